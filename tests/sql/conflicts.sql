-- The log and its fence: places, epochs, steps that came twice under one number, and what is brought back.
begin;
select no_plan();

-- Redis lost its end: seq 5 and 6 are given again, to other answers. Both stay.
select core.ingest(make.module(1, '2026-03-02 09:00Z'));
create temp table again on commit drop as
select e from (values (make.step(1, 5, '2026-03-02 10:00Z', '[{"kind":"answered","unit":"m1q1","phase":"quiz","choice":1,"correct":false,"attempt":1}]')),
    (make.step(1, 6, '2026-03-02 10:01Z', '[{"kind":"answered","unit":"m1q2","phase":"quiz","choice":2,"correct":true,"attempt":1}]')),
    (make.step(1, 7, '2026-03-02 10:02Z', '[{"kind":"helped"}]'))) v (e);
select core.ingest((select jsonb_agg(e) from again));
select results_eq('select seq, n::int, unit, choice, at from core.event where learner = make.key(1) and seq in (5, 6) order by seq, n',
    $$values (5, 0, 'm1q1', 3, '2026-03-02 09:04Z'::timestamptz), (5, 8, 'm1q1', 1, '2026-03-02 10:00Z'),
        (6, 0, 'm1q2', 1, '2026-03-02 09:05Z'), (6, 1, 'm1', null, '2026-03-02 09:05Z'), (6, 8, 'm1q2', 2, '2026-03-02 10:01Z')$$,
    'both are kept, the later one renumbered');
select results_eq('select learner_id, seq, at, shift::int from ops.conflicts order by seq',
    $$values (make.learner(1), 5, '2026-03-02 10:00Z'::timestamptz, 8), (make.learner(1), 6, '2026-03-02 10:01Z', 8)$$, 'and shown');
select results_eq($$select convert_from(state, 'UTF8') collate "default", seq from core.number_state where learner = make.key(1)$$,
    $$values ('state 1 7', 7)$$, 'the state is that of the newest step');
create temp table expected on commit drop as select * from make.memory();
select core.ingest((select jsonb_agg(e) from again));
select core.ingest((select jsonb_agg(e order by e ->> 'seq' desc) from again));
select core.ingest(make.module(1, '2026-03-02 09:00Z'));
select bag_eq('select * from make.memory()', 'select * from expected', 'again, in any order, changes nothing');
select core.ingest(jsonb_build_array(make.step(1, 5, '2026-03-02 11:00Z', '[{"kind":"menu_opened"}]'),
    make.step(1, 5, '2026-03-02 11:30Z', '[{"kind":"helped"}]')));
select results_eq('select n::int from core.event where learner = make.key(1) and seq = 5 order by n', array[0, 8, 16, 24], 'a third and a fourth time');
select core.ingest(jsonb_build_array(make.step(1, 5, '2026-03-02 11:00Z', '[]')));
select results_eq('select count(*)::int from ops.conflicts', array[4], 'a step that says nothing is no conflict');

-- Places move with the data, from where the caller knows them, or not at all.
select core.move_log(7, array[3, 4]::smallint[], array[0, 0], array[0, 0], array[100, 200], array[1, 2]);
select results_eq('select bucket::int, ms, n from core.log_places(7) order by 1', $$values (3, '100', '1'), (4, '200', '2')$$, 'places move');
select throws_ok($$select core.move_log(7, array[3, 4]::smallint[], array[100, 100], array[1, 1], array[300, 300], array[0, 0])$$,
    'WP001', null, 'not from where they are not');
select results_eq('select bucket::int, ms, n from core.log_places(7) order by 1', $$values (3, '100', '1'), (4, '200', '2')$$, 'then none of them');
select is_empty('select from core.log_places(8)', 'another epoch begins at the beginning');
select core.move_log(8, array[3]::smallint[], array[0], array[0], array[5], array[0]);
select results_eq('select bucket::int, ms from core.log_places(8)', $$values (3, '5')$$, 'from there');
select throws_ok($$select core.move_log(7, array[3]::smallint[], array[100], array[1], array[300], array[0])$$, 'WP001', null, 'who still reads the old one is refused');

select is(core.epoch(), null, 'no epoch yet');
select ok(core.begin_epoch(null, 11), 'the first one begins');
select ok(not core.begin_epoch(null, 12), 'once');
select ok(core.begin_epoch(11, 18446744073709551615), 'the next one begins after it');
select ok(not core.begin_epoch(11, 13), 'once');
select results_eq('select epoch, n from ops.epoch', 'values (18446744073709551615::numeric, 2::bigint)', 'and is shown');
select throws_ok('select core.move_log(11, array[5]::smallint[], array[0], array[0], array[5], array[0])', 'WP001', null, 'who has not heard of it moves no place');
select lives_ok('select core.move_log(18446744073709551615, array[5]::smallint[], array[0], array[0], array[5], array[0])', 'who has, does');

-- What Redis knows and PostgreSQL does not.
insert into core.cohort (org_id, code, name, time_zone, join_code)
select org_id, 'behind', 'Behind', 'UTC', 271828 from core.organisation where is_default;
create temp table known on commit drop as
select jsonb_build_array(
    jsonb_build_object('number_id', make.number_id(30), 'learner_id', make.learner(30), 'seq', 40, 'at', '2026-03-05T09:00Z', 'state', '0028',
        'channel', 'at', 'lang', 'fr', 'country', 'KE', 'role', 2, 'course', 'c', 'version', '1.0.0', 'consent_at', '2026-03-01T09:00Z',
        'completed_at', '2026-03-04T09:00Z', 'certified_at', '2026-03-04T09:01Z', 'score', 86, 'code', '000000000030') || make.vault(30),
    jsonb_build_object('number_id', make.number_id(31), 'learner_id', make.learner(31), 'seq', 3, 'at', '2026-03-05T09:00Z', 'state', '0003',
        'cohort', '271828', 'course', 'c', 'version', '1.0.0', 'consent_at', '2026-03-01T09:00Z', 'stopped_at', '2026-03-05T09:00Z'),
    jsonb_build_object('number_id', make.number_id(1), 'learner_id', make.learner(1), 'seq', 6, 'at', '2026-03-02T09:00Z', 'state', '0006',
        'cohort', '271828', 'lang', 'fr', 'course', 'children-on-the-move', 'version', '1.0.0')) as j;
select is(core.reconcile(j), 2::bigint, 'reconcile: two were not known') from known;
select results_eq($$select l.lang, e.consent_at, e.completed_at, e.certified_at, e.score::int, s.seq, v.key_id, c.code from core.learner l join core.enrolment e using (learner)
    join core.number_state s using (learner) join core.vault v using (number_id) join core.certificate c using (learner) where l.learner = make.key(30)$$,
    $$values ('fr', '2026-03-01 09:00Z'::timestamptz, '2026-03-04 09:00Z'::timestamptz, '2026-03-04 09:01Z'::timestamptz, 86, 40, 1, '000000000030')$$, 'reconcile: link, number, milestones');
select results_eq('select stopped_at from core.enrolment where learner = make.key(31)', array['2026-03-05 09:00Z'::timestamptz], 'reconcile: STOP');
select results_eq($$select l.learner, e.learner from core.cohort c left join core.learner l using (cohort_id)
    left join core.enrolment e on e.cohort_id = c.cohort_id where c.join_code = 271828$$,
    'values (make.key(31), make.key(31))', 'reconcile: the group of whom steps are missing');
select results_eq('select seq, state from core.number_state where learner = make.key(1)',
    $$values (7, convert_to('state 1 5', 'UTF8'))$$, 'reconcile: what is newer here stays');
-- Who wrote after the restoring, and before this: the log has brought the newest step, and not the one by which they joined.
select core.ingest(jsonb_build_array(make.step(32, 9, '2026-03-05 09:00Z', '[{"kind":"helped"}]')));
select is(core.reconcile(jsonb_build_array(jsonb_build_object('number_id', make.number_id(32), 'learner_id', make.learner(32), 'seq', seq, 'at', '2026-03-05T09:00Z',
    'state', '0009', 'role', 3, 'cohort', '271828'))), 0::bigint, 'reconcile: known by step 9, told of step ' || seq) from unnest(array[8, 9]) seq;
select results_eq('select role_choice::int, c.join_code from core.learner l left join core.cohort c using (cohort_id) where l.learner = make.key(32)',
    'values (3, 271828)', 'reconcile: role and group of who wrote meanwhile');
select core.ingest(jsonb_build_array(make.step(32, 10, '2026-03-06 09:00Z', '[{"kind":"group_left"}]')));
select core.reconcile(jsonb_build_array(jsonb_build_object('number_id', make.number_id(32), 'learner_id', make.learner(32), 'seq', 10, 'at', '2026-03-06T09:00Z',
    'state', '000a', 'role', 3, 'cohort', '271828')));
select is_empty('select from core.learner where learner = make.key(32) and cohort_id is not null', 'reconcile: who has left stays away');
delete from core.learner where learner = make.key(32);
create temp table reconciled on commit drop as select * from make.memory();
select is(core.reconcile(j), 0::bigint, 'reconcile: again nobody is new') from known;
select bag_eq('select * from make.memory()', 'select * from reconciled', 'reconcile: and nothing changes');
-- The log still has their last events: these come late, and count.
select core.ingest(jsonb_build_array(make.step(30, 39, '2026-03-04 09:00Z', '[{"kind":"course_completed"}]', '{"course":"c"}'),
    make.step(30, 40, '2026-03-05 09:00Z', '[{"kind":"answered","unit":"y1","phase":"survey","choice":5}]', '{"course":"c"}')));
select results_eq('select seq from core.event where learner = make.key(30) order by seq', array[39, 40], 'reconcile: the log is read on');

-- A number that was answered from an empty store has two learners: who has more behind it comes back.
select core.ingest(jsonb_build_array(make.step(50, 9, '2026-03-01 09:00Z', '[{"kind":"helped"}]'),
    make.step(51, 2, '2026-03-08 09:00Z', '[{"kind":"contact"}]', jsonb_build_object('number_id', make.number_id(50)))));
select results_eq(format($$select convert_from(state, 'UTF8') collate "default" from core.states_page('', 100) where number_id = %L$$, '\x' || make.number_id(50)),
    array['state 50 9'], 'rebuild: one learner for a number, the one with more behind it');

-- The SMS of the last step was taken after the state was read.
select core.ingest(jsonb_build_array(make.step(52, 4, '2026-03-09 09:00Z', '[{"kind":"helped"}]')));
update core.number_state set state = '\x0000000403ffff000000040102' where learner = make.key(52);
select results_eq(format($q$select state from core.states_page('', 100) where number_id = %L$q$, '\x' || make.number_id(52)), array['\x0000000403ffff000000040102'::bytea], 'rebuild: an SMS that nobody took is waited for');
insert into core.message (message_id, learner, seq, channel, class, status, status_at, created_at, attempts, sent_at)
select '5-' || s || '-1', make.key(52), s, 'at', 'reply', 'sent', now(), now(), 1, '1970-01-01 00:00:01.234Z'::timestamptz + s * interval '1 s' from generate_series(3, 4) s;
select results_eq(format($q$select state from core.states_page('', 100) where number_id = %L$q$, '\x' || make.number_id(52)), array['\x00000004030000000014720102'::bytea], 'rebuild: of one that was taken it is known when');

select is(core.count_states(), count(distinct number_id), 'rebuild: a number counts once') from core.number_state;

-- Years that cannot be.
select throws_ok(format('select core.ingest(%L)', jsonb_build_array(make.step(60, 1, t::timestamptz, '[{"kind":"contact"}]'))), '22008', null, 'an event of ' || t)
from unnest(array['2019-12-31 23:59Z', '2100-01-01 00:00Z', 'infinity']) t;
select lives_ok(format('select core.ingest(%L)', jsonb_build_array(make.step(60 + i::integer, 1, t::timestamptz, '[{"kind":"contact"}]'))), 'an event of ' || t)
from unnest(array['2020-01-01 00:00Z', '2099-12-31 23:59Z']) with ordinality t (t, i);
select has_table('core', 'event_209912'::name, 'its month was made');
select * from finish();
rollback;
