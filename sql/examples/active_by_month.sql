-- Active learners of each month, and all who were ever active up to its end. Publish both together.
select organisation, period_start as month, active_learners, ever_active
from report.active_learners
where period = 'month'
order by organisation, period_start;
