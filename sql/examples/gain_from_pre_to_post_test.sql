-- What learners gained: right answers in the pre-test and in the first post-test, of those who took both.
-- Without a group that took no course this is no proof of its effect. Beside it, the pre-test of those who
-- did not finish: if it is much lower, the course lost those who needed it most.
with score as (
    select learner_id, course, version,
        count(*) filter (where phase = 'pretest' and is_correct) as pre,
        count(*) filter (where phase = 'posttest' and is_correct and attempt = 1) as post,
        bool_or(phase = 'posttest') as is_finished
    from report.quiz_answers
    where phase in ('pretest', 'posttest')
    group by learner_id, course, version
    having bool_or(phase = 'pretest'))
select course, version,
    count(*) filter (where is_finished) as learners,
    round(avg(post - pre) filter (where is_finished), 2) as mean_gain,
    round(avg(pre) filter (where is_finished), 2) as pre_of_finished,
    round(avg(pre) filter (where not is_finished), 2) as pre_of_others
from score
group by course, version
having count(*) filter (where is_finished) >= 5;
