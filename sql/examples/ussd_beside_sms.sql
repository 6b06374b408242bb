-- Do people who came by USSD complete the course as often as those who came by SMS? Only people who have had 70 days. Where the
-- intervals overlap widely nothing is shown: and who chooses USSD differs from who does not.
select course, value as came_by, started, completed, percent_of_started, percent_low, percent_high
from report.funnel(by => 'via', mature_only => true)
order by course, came_by;
