-- How many sent STOP and have not come back?
select course, enrolled, stopped, percent_stopped
from report.leaving()
order by course;
