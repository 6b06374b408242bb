-- After which lesson or question did people go quiet in March 2026, in each group? Quiet: 14 days without learning, or STOP.
-- Of the whole time: report.hazard(by => 'cohort').
select course, coalesce(cohort, 'none') as cohort, last_unit, count(*) as learners
from report.enrolments
where last_active_at >= '2026-03-01' and last_active_at < '2026-04-01' and status in ('dormant', 'lost', 'stopped')
group by course, coalesce(cohort, 'none'), last_unit
having count(*) >= 5
order by learners desc, cohort, last_unit;
