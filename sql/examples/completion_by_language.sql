-- Do learners of one language finish more seldom than others? Only people who have had 70 days.
select value as language, enrolled, started, completed, percent_of_started, percent_low, percent_high
from report.funnel(by => 'language', mature_only => true)
order by percent_of_started;
