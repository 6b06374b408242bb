-- The survey: how often each option was chosen. Options chosen by one to four learners are left out.
select question, question_text, answer_text, count(*) as answers,
    round(100.0 * count(*) / sum(count(*)) over (partition by question), 1) as percent
from report.survey_answers
where survey = 'survey' and choice is not null
group by question, question_text, choice, answer_text
having count(*) >= 5
order by question, choice;
