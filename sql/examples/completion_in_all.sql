-- How many of all who started have finished? Counted as a whole: adding up weeks leaves out what is hidden there.
select course, enrolled, started, completed, certified, percent_of_started, is_mature
from report.funnel()
order by course;
