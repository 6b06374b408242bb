-- What is there to read?
select distinct name, kind
from report.help
order by kind, name;
