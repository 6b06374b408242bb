-- Which version of a course is begun: published, for a time, withdrawn; who approved it.
begin;
select no_plan();
select core.publish(jsonb_build_object('course', 'c', 'version', v, 'hash', repeat(h, 64), 'bundle', '', 'units', '[]'::jsonb))
from (values ('1.0.0', 'a'), ('1.1.0', 'b')) as t (v, h);
select is_empty($$select 1 from core.course_starts('c')$$, 'published alone is not begun');
select lives_ok($$select core.start_course('c', '1.0.0', null, 'Ana, steering group')$$, 'begun');
select results_eq($$select value from core.course_starts('c')$$, format($$values ('1.0.0@%s')$$, (extract(epoch from now()) * 1000)::bigint),
    'now, and since when');
select lives_ok($$select core.start_course('c', '1.1.0', now() + interval '1 hour', null)$$, 'the next one later');
select results_eq($$select value from core.course_starts('c')$$,
    format($$values ('1.0.0@%s 1.1.0 %s')$$, (extract(epoch from now()) * 1000)::bigint, (extract(epoch from now() + interval '1 hour') * 1000)::bigint), 'from then on');
select throws_ok($$select core.start_course('c', '9.0.0', null, null)$$, 'P0002', null, 'only what is published');
select core.withdraw_course('c');
select results_eq($$select value from core.course_starts('c')$$, $$values ('-')$$, 'withdrawn');
select throws_ok($$select core.withdraw_course('nix')$$, 'P0002', null, 'only what there is');
select results_eq($$select version, state, approved like 'Ana, steering group, %' from core.list_courses() where course = 'c'$$,
    $$values ('1.0.0', 'not begun', true), ('1.1.0', 'not begun', null)$$, 'the list');
select * from finish();
rollback;
