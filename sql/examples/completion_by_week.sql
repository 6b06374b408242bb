-- How many complete the course, by week of enrolment. Rates appear once a week is 70 days old.
select organisation, cohort_week, enrolled, started, completed, percent_of_enrolled, percent_of_started
from report.completion_rate
where course = 'children-on-the-move'
order by organisation, cohort_week;
