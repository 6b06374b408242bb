-- How many have few, some, most of the quiz questions right at the first attempt?
select course, band, learners, percent
from report.scores()
order by course, band;
