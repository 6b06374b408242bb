-- The answers just given: the newest ten, from quiz, pre-test and post-test.
select answered_at, module, question, question_text, answer_text, is_correct, via, channel
from report.quiz_answers
order by answered_at desc
limit 10;
