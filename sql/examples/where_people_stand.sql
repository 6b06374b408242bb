-- Of all who started: who is active, quiet for two weeks, lost, has stopped, has finished?
select course, standing, learners
from report.standing()
order by course, standing;
