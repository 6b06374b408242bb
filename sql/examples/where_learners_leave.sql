-- The five places in the course where most learners leave, among those that at least 30 reached.
select organisation, module, unit, coalesce(title, text) as what, reached, left_here, percent_left
from report.drop_off
where reached >= 30
order by percent_left desc nulls last, position
limit 5;
