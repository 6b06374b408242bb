-- The hardest questions: share of right first answers, from 30 answers on. Below 30 percent or above 95
-- the question does not tell those who know from those who do not: have a look at it.
select question, question_text, count(*) as answers,
    round(100.0 * count(*) filter (where is_correct) / count(*), 1) as percent_right,
    round(100.0 * count(*) filter (where is_correct) / count(*), 1) not between 30 and 95 as is_suspicious
from report.quiz_answers
where phase = 'quiz' and attempt = 1
group by question, question_text
having count(*) >= 30
order by percent_right, question;
