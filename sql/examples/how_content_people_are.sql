-- What do people say of the course? Beside it how many answered at all.
select course, invited, answered, percent_answered, csat, mean_good, recommendation
from report.survey()
order by course;
