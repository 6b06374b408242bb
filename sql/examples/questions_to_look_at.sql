-- Which questions are too hard, too easy, or tell nothing about what somebody knows?
select unit, question, answered, p, discrimination, flag
from report.items()
where flag is not null
order by p;
