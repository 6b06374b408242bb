-- With which operator do messages not arrive? What it says why: report.failures(). none: the provider did not say who it was.
select value as operator, sent, delivered, failed, no_report, percent_delivered, segments
from report.delivery(by => 'operator')
order by percent_delivered, operator;
