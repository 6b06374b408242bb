-- Which module was the last one that people completed who have been quiet for 14 days since, and have not completed the course?
select last.course, last.module, last.module_title, count(*) as learners
from (select distinct on (learner_id, course) learner_id, course, module, module_title
    from report.module_completions
    order by learner_id, course, completed_at desc, length(module) desc, module desc) last
    join report.enrolments e using (learner_id, course)
where e.status in ('dormant', 'lost')
group by last.course, last.module, last.module_title
having count(*) >= 5
order by learners desc, last.module;
