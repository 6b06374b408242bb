-- Which answers do people choose, and is one never chosen, or chosen by the best although it is wrong?
select unit, choice, n, percent, is_right, flag
from report.distractors()
order by unit, choice;
