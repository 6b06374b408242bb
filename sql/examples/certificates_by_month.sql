-- How many certificates did we give, month by month, whenever people enrolled? report.funnel() counts by the month of enrolment.
select organisation, course, date_trunc('month', certified_at)::date as month, count(*) as certificates
from report.enrolments
where certified_at is not null
group by organisation, course, month
having count(*) >= 5
order by organisation, course, month;
