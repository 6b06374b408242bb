-- A wrong key: all answers are counted anew, on record, and nobody's shown score goes down; a lesson with an error.
begin;
select no_plan();
select make.publish();
create temp table envelope on commit drop as
select jsonb_array_elements(make.module(1, '2026-11-02 09:00Z') || make.ending(1, '2026-11-20 09:00Z')
    || make.module(2, '2026-11-02 10:00Z') || make.module(3, '2026-11-02 11:00Z')
    || jsonb_build_array(make.step(4, 1, '2026-11-02 12:00Z', '[{"kind":"contact"}]', make.vault(4)),
        make.step(4, 2, '2026-11-02 12:01Z', '[{"kind":"consented","value":1}]'),
        make.step(4, 3, '2026-11-02 12:02Z',
            '[{"kind":"answered","unit":"m1q2","phase":"quiz","choice":2,"correct":true,"attempt":1},
              {"kind":"module_completed","unit":"m1","value":1,"attempt":2}]'))) as e;
select core.ingest(jsonb_agg(e)) from envelope;
update core.learner set is_test = true where learner_id = make.learner(3);
create temp view counted as
select u.unit, u.answered, u.n_right, u.post_answered, u.post_right from core.unit_cohort u where u.unit in ('m1q2', 'p1');
create function pg_temp.right_of(p_i integer) returns text language sql stable as
$$select string_agg(e.unit || ' ' || e.correct, ', ' order by e.seq) from core.event e
    where e.learner = make.key(p_i) and e.kind = 'answered' and e.correct is not null$$;

-- ---- what is refused ----

select throws_ok(format('select core.preview_correction(''children-on-the-move'', %L, %L)', u, k), s, null, w)
from (values ('m9q9', '{1}', 'P0002', 'what is not there'), ('m1q2', null, '23514', 'a question without a key'),
    ('m1q2', '{3}', '23514', 'an option that it does not have'), ('m1q2', '{}', '23514', 'none'), ('m1l1', '{1}', '23514', 'a key for a lesson'),
    ('y8', '{1}', '23514', 'a question without options'), ('m1l1', null, 'P0002', 'a lesson without a right text')) t (u, k, s, w);
select throws_ok($$select core.correct('children-on-the-move', 'm1q2', '{1}', 'w', 'ana', 'ana')$$, '23514',
    'ana runs the command: somebody else must decide', 'two pairs of eyes');
select throws_ok($$select core.correct('children-on-the-move', 'm1q2', '{2}', 'w', 'ana', 'Bo')$$, '23514', null, 'the key that it has');

-- ---- the preview changes nothing ----

create temp table before on commit drop as select * from make.memory();
select results_eq($$select * from core.preview_correction('children-on-the-move', 'm1q2', '{1}')$$,
    $$values ('answers that become right', '3'), ('answers that become wrong in the statistics; no learner''s score goes down', '1'),
        ('people who are told, in en', '4')$$, 'a preview in numbers');
select bag_eq('select * from make.memory()', 'select * from before', 'and nothing else');

-- ---- a quiz ----

select results_eq('select * from counted where unit = ''m1q2''', $$values ('m1q2', 3::bigint, 1::bigint, 0::bigint, 0::bigint)$$, 'before');
create temp table c on commit drop as select core.correct('children-on-the-move', 'm1q2', '{1}', 'the story says separated', 'ana', 'Bo, steering group')::integer as id;
select results_eq('select * from counted where unit = ''m1q2''', $$values ('m1q2', 3::bigint, 2::bigint, 0::bigint, 0::bigint)$$,
    'the counters are true; test learners are left out');
select results_eq($$select pg_temp.right_of(i) from generate_series(1, 4) i$$, $$values
    ('p1 true, m1q1 true, m1q2 true, p1 true'), ('p1 true, m1q1 true, m1q2 true'), ('p1 true, m1q1 true, m1q2 true'), ('m1q2 false')$$, 'so are the answers');
select results_eq($$select value from core.event where kind = 'module_completed' order by learner$$, 'values (2), (2), (2), (1)',
    'nobody has fewer than he or she was told, others have more');
select results_eq($$select old_key, right_key, why, ordered_by, decided_by, became_right, became_wrong, people from ops.corrections$$,
    $$values ('2', '1', 'the story says separated', 'ana', 'Bo, steering group', 3::bigint, 1::bigint, 0::bigint)$$, 'it is on record');
select results_eq($$select right_choices from core.unit where unit = 'm1q2'$$, $$values ('{1}'::smallint[])$$, 'reports name the right key');
select results_eq('select name, value from core.corrections()', $$values ('children-on-the-move/m1q2', '1')$$, 'gateways are told');
create temp table after on commit drop as select * from make.memory();
select results_eq($$select core.correct('children-on-the-move', 'm1q2', '{1}', 'again', 'ana', 'Bo')$$, 'select id::text from c', 'the same again goes on with it');
select bag_eq('select * from make.memory()', 'select * from after', 'and changes nothing');
select results_eq('select count(*)::int from core.rescored', 'values (4)', 'a row for each answer that counts otherwise');

-- ---- late, or anew ----

select core.ingest(jsonb_build_array(make.step(5, 1, '2026-11-02 13:00Z', '[{"kind":"contact"}]', make.vault(5)),
    make.step(5, 2, '2026-11-02 13:01Z', '[{"kind":"answered","unit":"m1q2","phase":"quiz","choice":1,"correct":false,"attempt":1}]')));
select is(pg_temp.right_of(5), 'm1q2 true', 'what a gateway judged by the old key comes in right');
select results_eq('select * from counted where unit = ''m1q2''', $$values ('m1q2', 4::bigint, 3::bigint, 0::bigint, 0::bigint)$$, 'and is counted so');
select core.publish(jsonb_build_object('course', 'children-on-the-move', 'version', '1.0.1', 'hash', repeat('c', 64), 'bundle', '', 'units',
    '[{"unit":"m1q2","module":"m1","module_kind":"lessons","module_title":"The situation","kind":"question","text":"Sami, 8, is...",
       "choices":["unaccompanied","separated"],"right":[2]},
      {"unit":"m1l1","module":"m1","module_kind":"lessons","module_title":"The situation","kind":"lesson","title":"t","text":"Right now."}]'::jsonb));
select results_eq($$select distinct right_choices from core.unit where unit = 'm1q2'$$, $$values ('{1}'::smallint[])$$, 'a wrong key does not come back');

-- ---- who is told ----

select core.correction_in_force(id) from c;
select results_eq('select learner, seq, is_right, pre, post_first, post_best, running from (select x.* from c, core.next_of_correction(c.id, 0) x) t',
    $$select make.key(i)::text, case i when 1 then '10' when 4 then '3' when 5 then '2' else '6' end, (i <> 4)::integer::text,
        case when i < 4 then '1' else '0' end, (i = 1)::integer::text, (i = 1)::integer::text, '0' from generate_series(1, 5) i$$,
    'all who answered, with what they have now');
select core.ingest(jsonb_build_array(
    make.step(2, 7, now(), '[{"kind":"corrected","unit":"m1q2","choice":1,"text":"children-on-the-move"}]'),
    make.step(3, 7, now(), '[{"kind":"corrected","unit":"m1q2","choice":1,"text":"another"}]'),
    make.step(4, 4, now(), '[{"kind":"corrected","unit":"m1q2","choice":0,"text":"children-on-the-move"}]')));
select results_eq('select x.learner from c, core.next_of_correction(c.id, 0) x', $$select make.key(i)::text from (values (1), (3), (5)) t (i)$$,
    'who was told, or has left, is not told again');
select results_eq($$select people, told, waiting from ops.corrections$$, $$values (5::bigint, 1::bigint, 3::bigint)$$, 'how far it is');
select core.ingest(jsonb_build_array(make.step(1, 11, now(), '[{"kind":"erased"}]', '{"state":null}')));
select results_eq('select x.learner from c, core.next_of_correction(c.id, 0) x', $$select make.key(i)::text from (values (3), (5)) t (i)$$, 'nor who is erased');

-- ---- the test ----

select results_eq($$select * from core.preview_correction('children-on-the-move', 'p1', '{2}')$$,
    $$values ('answers that become right', '0'), ('answers that become wrong in the statistics; no learner''s score goes down', '4'),
        ('people without a certificate who get a point in the test', '0'), ('people who are told, in en', '2')$$, 'a preview of the test');
select core.correct('children-on-the-move', 'p1', '{2}', 'w', 'ana', 'Bo');
select results_eq('select * from counted where unit = ''p1''', $$values ('p1', 2::bigint, 0::bigint, 1::bigint, 0::bigint)$$, 'both tests are counted');
select results_eq($$select score, certified_at is not null from core.enrolment where learner = make.key(1)$$, 'values (86::smallint, true)',
    'a certificate is not taken back');
select core.correct('children-on-the-move', 'p1', '{1}', 'it was right after all', 'ana', 'Bo');
select results_eq('select * from counted where unit = ''p1''', $$values ('p1', 2::bigint, 2::bigint, 1::bigint, 1::bigint)$$, 'and the other way round');

-- ---- a lesson ----

select core.start_course('children-on-the-move', '1.0.1', null, null);
select results_eq($$select * from core.preview_correction('children-on-the-move', 'm1l1', null)$$,
    $$values ('people who are told, in en', '2')$$, 'who read other words than are begun now');
select ok(core.correct('children-on-the-move', 'm1l1', null, 'the law has changed', 'ana', 'Bo') is not null, 'a lesson');
select core.ingest(jsonb_build_array(make.step(6, 1, '2026-11-02 13:00Z', '[{"kind":"contact"}]', make.vault(6)),
    make.step(6, 2, '2026-11-02 13:01Z', '[{"kind":"lesson_read","unit":"m1l1","value":1}]', '{"version":"1.0.1"}')));
select results_eq($$select * from core.preview_correction('children-on-the-move', 'm1l1', null)$$,
    $$values ('people who are told, in en', '2')$$, 'not who reads the right ones');
select * from finish();
rollback;
