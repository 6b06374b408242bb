-- What learners gained, of those who answered every question of both tests (post-test: first try). Without a group
-- that took no course this is no proof of its effect. Beside it, the pre-test of those without a post-test: if it is
-- much lower, the course lost those who needed it most.
select course, version, n as learners, questions, pre_mean, post_mean, gain, gain_plus_minus, n_without_post, pre_mean_without_post
from report.gain()
order by course, version;
