-- How many people wrote or dialled, month by month, and how many of those who were asked joined within a week?
select organisation, period_start as month, contacts, asked, opted_in, percent_opted_in, is_over
from report.contact_counts('month')
order by organisation, month;
