-- Organisation and cohort are set in one place, and everything that was recorded follows; counters stay true.
begin;
select no_plan();
select make.publish();
insert into core.organisation (code, name, time_zone) values ('north', 'North', 'UTC'), ('south', 'South', 'UTC');
insert into core.cohort (org_id, code, name) select o.org_id, 'spring', 'Spring' from core.organisation o where o.code in ('north', 'south');
select core.ingest(make.module(i, '2026-03-02 09:00Z') || make.ending(i, '2026-03-09 09:00Z')) from generate_series(1, 12) i;
select core.ingest(make.module(i, '2026-03-02 09:00Z')) from generate_series(13, 20) i;

-- What ingest keeps is what the events say.
create function make.recount() returns table (line text) language sql stable
begin atomic
    select format('%s %s %s %s: %s %s %s %s %s', u.org_id, u.course_id, u.unit, coalesce(u.cohort_id, 0), count(*),
            count(u.is_right), count(*) filter (where u.is_right), count(u.is_post_right), count(*) filter (where u.is_post_right))
    from (select e.learner, e.org_id, e.course_id, e.unit, e.cohort_id,
            (array_agg(e.correct order by e.seq) filter (where e.phase is distinct from 'posttest'))[1] as is_right,
            (array_agg(e.correct order by e.seq) filter (where e.phase = 'posttest'))[1] as is_post_right
        from core.event e join core.learner l using (learner)
        where core.is_learning_action(e.kind, e.phase) and not l.is_test
        group by 1, 2, 3, 4, 5) u
    group by u.org_id, u.course_id, u.unit, u.cohort_id;
end;
create function make.counted() returns table (line text) language sql stable
begin atomic
    select format('%s %s %s %s: %s %s %s %s %s', c.org_id, c.course_id, c.unit, c.cohort_id, c.reached, c.answered, c.n_right,
            c.post_answered, c.post_right)
    from core.unit_cohort c where c.reached > 0;
end;
create function make.totals() returns text language sql stable
begin atomic
    select format('%s %s %s %s', (select count(*) from core.event), (select sum(reached) from core.unit_cohort),
        (select sum(n_sms + n_ussd) from core.active_day), (select count(*) from core.enrolment));
end;
select bag_eq('select * from make.counted()', 'select * from make.recount()', 'the counters say what the events say');
create temp table total on commit drop as select make.totals() as was;

select lives_ok(format('select ops.move_learner(%L, ''north'', ''spring'')', make.learner(i)), 'moves ' || i) from generate_series(1, 7) i;
select lives_ok(format('select ops.move_learner(%L, ''south'')', make.learner(i)), 'moves ' || i) from generate_series(8, 14) i;
select bag_eq('select * from make.counted()', 'select * from make.recount()', 'moved: the counters say what the events say');
select is(make.totals(), was, 'moved: nothing more, nothing less') from total;
create function make.strays() returns setof text language plpgsql as $$
declare
    v_table text;
begin
    foreach v_table in array array['event', 'enrolment', 'learner_unit', 'active_day', 'free_text'] loop
        return query execute format('select %L || '' '' || t.learner from core.%I t join core.learner l using (learner)
            where t.org_id <> l.org_id', v_table, v_table);
    end loop;
end $$;
select is_empty('select * from make.strays()', 'all that was recorded came along');
select results_eq($$select o.code, m.since, c.code from core.membership m join core.organisation o using (org_id)
    left join core.cohort c using (cohort_id) where m.learner = make.key(1)$$,
    $$values ('demo', '2026-03-02 09:00Z'::timestamptz, null::text)$$, 'core.membership knows where a learner was');
select ops.move_learner(make.learner(1), 'south', 'spring');
select results_eq($$select o.code, c.code from core.membership m join core.organisation o using (org_id)
    left join core.cohort c on c.cohort_id = m.cohort_id where m.learner = make.key(1) order by m.since$$,
    $$values ('demo', null), ('north', 'spring')$$, 'and where then');

-- What comes after a move counts where the learner is now; late facts too.
select core.ingest(jsonb_build_array(make.step(13, 7, '2026-03-10 09:00Z', '[{"kind":"lesson_read","unit":"m1l1"}]'),
    make.step(13, 8, '2026-03-10 09:01Z', '[{"kind":"answered","unit":"m1q2","phase":"quiz","choice":2,"correct":true,"attempt":2}]')));
select is_empty('select * from make.strays()', 'new facts are where the learner is');
select bag_eq('select * from make.counted()', 'select * from make.recount()', 'and are counted there');

-- Who only tries the course is in no count, before and after.
select ops.mark_test(make.learner(2)), ops.mark_test(make.learner(15));
select bag_eq('select * from make.counted()', 'select * from make.recount()', 'test learners are not counted');
select core.ingest(jsonb_build_array(make.step(15, 7, '2026-03-10 09:00Z', '[{"kind":"answered","unit":"y1","phase":"survey","choice":1}]')));
select bag_eq('select * from make.counted()', 'select * from make.recount()', 'nor what they do');
select ops.mark_test(make.learner(15), false);
select bag_eq('select * from make.counted()', 'select * from make.recount()', 'until they are learners again');

-- Two organisations become one.
select ops.add_coordinator('sam', 'south');
select is(ops.merge_organisations('south', 'north'), 8::bigint, 'merge: eight learners');
select results_eq($$select o.code, count(*) from core.learner l join core.organisation o using (org_id) group by 1 order by 1$$,
    $$values ('demo', 6::bigint), ('north', 14)$$, 'merge: they are there');
select results_eq($$select c.code, o.code from core.learner l join core.cohort c using (cohort_id) join core.organisation o on o.org_id = c.org_id
    where l.learner = make.key(1)$$, $$values ('spring', 'north')$$, 'merge: in the cohort of that name');
select is_empty('select * from make.strays()', 'merge: with all that was recorded');
select bag_eq('select * from make.counted()', 'select * from make.recount()', 'merge: and all that was counted');
select results_eq($$select o.code from core.member m join core.organisation o using (org_id) where m.login = 'sam' order by 1$$,
    array['north', 'south'], 'merge: who read the one reads the other');
select ops.merge_organisations('demo', 'north');
select results_eq('select code from core.organisation where is_default', array['north'], 'merge: of the default organisation, too');

select throws_ok(s, 'P0002', null, s) from unnest(array[format('select ops.move_learner(%L, ''east'')', make.learner(1)),
    format('select ops.move_learner(%L, ''north'', ''autumn'')', make.learner(1)), format('select ops.move_learner(%L, ''north'')', make.learner(99)),
    'select ops.merge_organisations(''north'', ''north'')', 'select ops.merge_organisations(''north'', ''east'')',
    format('select ops.mark_test(%L)', make.learner(99))]) s;
select throws_ok($$update core.learner set cohort_id = (select min(cohort_id) from core.cohort), org_id = 1 where learner = make.key(2)$$,
    '23503', null, 'a cohort of another organisation');
select * from finish();
rollback;
