-- Erasures outlast backups, and take along what a number looked after.
begin;
select no_plan();
select core.create_cohort('{"code": 482156, "name": "Nairobi A"}');
select core.set_facilitator(482156, make.number_id(i), repeat('01', 8), repeat('02', 16)) from unnest(array[1, 3, 9]) i;
select core.ingest(make.module(i, '2026-03-02 09:00Z')) from generate_series(1, 3) i;

-- One of two people on a phone: the other is written to as before.
select core.ingest(jsonb_build_array(
    make.step(21, 1, '2026-03-02 09:00Z', '[{"kind":"contact"},{"kind":"consented","value":1}]', jsonb_build_object('number_id', make.number_id(20))),
    make.step(20, 2, '2026-03-02 09:01Z', '[{"kind":"contact"},{"kind":"consented","value":1}]')));
select core.ingest(jsonb_build_array(make.step(21, 3, '2026-03-02 09:02Z', '[{"kind":"erased"}]', jsonb_build_object('number_id', make.number_id(20)))));
select ok(not core.is_suppressed(decode(make.number_id(20), 'hex')), 'DELETE of one says nothing of the others');
select isnt_empty('select from core.number_state where learner = make.key(20)', 'who stay');
select core.ingest(jsonb_build_array(make.step(20, 4, '2026-03-02 09:03Z', '[{"kind":"erased"}]', '{"state":null}')));
select ok(core.is_suppressed(decode(make.number_id(20), 'hex')), 'DELETE of the last one does');
select core.forget_numbers(array[decode(make.number_id(20), 'hex')]);

-- No time of day of theirs stays, wherever a learner has one.
insert into core.group_answer (learner, seq, n, org_id, cohort_id, at, mode, module, unit, choices, n_right, n_asked)
    select make.key(1), 7, 0, c.org_id, c.cohort_id, now(), 'group', 'm1', 'm1q1', '{3}', 1, 1 from core.cohort c;
insert into core.lead_act (learner, seq, n, cohort_id, at, kind)
    select make.key(1), 8, 0, c.cohort_id, now(), 'nudge_sent' from core.cohort c;
create temp table who on commit drop as select make.key(1) as learner;
create function make.times() returns setof text language plpgsql as $$
declare
    v record;
begin
    for v in select c.table_name, c.column_name from information_schema.columns c join information_schema.columns l using (table_schema, table_name)
            join information_schema.tables t using (table_schema, table_name)
        where c.table_schema = 'core' and l.column_name = 'learner' and c.data_type = 'timestamp with time zone' and t.table_type = 'BASE TABLE'
    loop
        return query execute format('select %L from core.%I x join who using (learner) where x.%I <> date_trunc(''day'', x.%3$I, ''UTC'')',
            v.table_name || '.' || v.column_name, v.table_name, v.column_name);
    end loop;
end $$;

-- DELETE of 1; 9 has never learned here, and says STOP.
select core.ingest(jsonb_build_array(make.step(1, 10, now(), '[{"kind":"erased"}]', '{"state":null}'),
    make.step(9, 1, now(), '[{"kind":"stopped"},{"kind":"erased"}]', '{"state":null}')));
select bag_eq('select number_id from core.facilitator', format('values (decode(%L, ''hex'')), (decode(%L, ''hex''))', make.number_id(3), make.number_id(9)),
    'an erased facilitator has no group any more; who learned nothing stays');
select isnt_empty('select t from make.times() t', 'there are times of the learner');
select core.forget_numbers(array[decode(make.number_id(1), 'hex')]);
select is_empty('select t from make.times() t', 'no time of day is left');
select is(split_part(core.erasures_mark(), ' ', 1), '3', 'three erasures have ended');
select is_empty('select from core.learner where learner_id = make.learner(1)', 'its pseudonym is nowhere');
select results_eq('select count(*)::text from core.erase_again('''')', array['3'], 'a file that has nothing gets them');
select is_empty('select r from core.erase_again((select string_agg(encode(e.hash, ''hex''), E''\n'') from core.erasure e)) r', 'and has all then');

-- A file knows of the erasure of 2, which this database has lost; what is no line of it says nothing.
create temp table came on commit drop as select E'no line\n' || encode(core.erasure_hash(make.learner(2)), 'hex') || E'\n'
    || encode(core.erasure_hash(make.learner(1)), 'hex') || E'\n' as lines;
select results_eq('select count(*)::int from came, core.erase_again(came.lines) r', array[2], 'what is new to the file comes back');
select is_empty('select from core.number_state where learner = make.key(2)', 'erased again: no place');
select is_empty(format('select from core.vault where number_id = decode(%L, ''hex'')', make.number_id(2)), 'no number');
select ok(core.is_suppressed(decode(make.number_id(2), 'hex')), 'nothing is sent there');
select results_eq('select number_id from core.erasing', format('values (decode(%L, ''hex''))', make.number_id(2)), 'the gateway ends it');
select core.forget_numbers(array[decode(make.number_id(2), 'hex')]);
select is_empty('select from core.learner where learner_id = make.learner(2)', 'erased again: no pseudonym');
select results_eq('select count(*)::int from came, core.erase_again(came.lines) r', array[2], 'a second time it does nothing else');
select isnt_empty('select from core.number_state where learner = make.key(3)', 'others stay');

-- Came back since: a new person, whom `waypost reconcile` tells of.
select core.reconcile(jsonb_build_array(jsonb_build_object('number_id', make.number_id(2), 'learner_id', make.learner(4), 'seq', 3, 'at', now(),
    'course', 'children-on-the-move', 'version', '1.0.0', 'consent_at', now())));
select ok(not core.is_suppressed(decode(make.number_id(2), 'hex')), 'who agreed anew is written to');

-- Who looks after a running group is not forgotten for the age of what he or she learned.
select is_empty(format('select n from core.numbers_to_forget(10, ''2026-10-01'') n where n = decode(%L, ''hex'')', make.number_id(3)), 'a facilitator stays');
update core.cohort set closed_at = now();
select isnt_empty(format('select n from core.numbers_to_forget(10, ''2026-10-01'') n where n = decode(%L, ''hex'')', make.number_id(3)), 'until the group is closed');

-- Joined and said DELETE within one batch of the writer.
select core.ingest(jsonb_build_array(make.step(30, 1, '2026-03-02 09:00Z', '[{"kind":"contact"},{"kind":"consented","value":1}]'),
    make.step(30, 2, '2026-03-02 09:01Z', '[{"kind":"erased"}]', '{"state":null}')));
select isnt_empty(format('select from core.erasing where number_id = decode(%L, ''hex'')', make.number_id(30)), 'in one batch: it is to be ended');
select core.forget_numbers(array[decode(make.number_id(30), 'hex')]);
select is_empty('select from core.learner where learner_id = make.learner(30)', 'in one batch: its pseudonym is nowhere');
select is_empty('select from core.erasing', 'nothing is left to be ended');
select * from finish();
rollback;
