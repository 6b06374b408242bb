-- How many learners are active, quiet or done, by language. Groups of one to four are left out.
select organisation, lang, status, count(*) as learners
from report.enrolments
group by organisation, lang, status
having count(*) >= 5
order by organisation, lang, status;
