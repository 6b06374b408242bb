-- How many days does the course take? The last column counts those who are not through yet, too.
select course, completed, median_days, p25_days, p75_days, kaplan_meier_median_days
from report.time_to_complete()
order by course;
