-- Module by module: how many completed it, their mean score, and how many passed with 60 percent or more.
select organisation, version, module, module_title, count(*) as completed,
    round(avg(score_percent), 1) as mean_score, round(100.0 * count(*) filter (where is_passed) / count(*), 1) as percent_passed
from report.module_completions
group by organisation, version, module, module_title
having count(*) >= 5
order by organisation, version, module;
