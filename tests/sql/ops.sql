-- Health, dead letters and their way back.
begin;
select no_plan();
select results_eq('select newest_event_at, seconds from ops.lag', 'values (null::timestamptz, null::bigint)', 'lag: nothing yet');
update core.log_place set ms = floor(extract(epoch from now() - interval '90 seconds') * 1000) where bucket = 7;
select results_eq('select seconds from ops.lag', array[90::bigint], 'lag: seconds since the newest fact');

select core.dead_letter('\xff00', 'not even text');
select core.dead_letter('\xff00', 'not even text');
select results_eq('select learner_id, reason, bytes from ops.dead_letters', $$values (null::uuid, 'not even text', 2)$$,
    'the same bytes are kept once');
select core.dead_letter(convert_to(make.step(1, 2, '2026-03-02 09:00Z', '[{"kind":"helped"}]')::text, 'UTF8'), 'by mistake', make.learner(1));
select results_eq('select learner_id from ops.dead_letters where reason = ''by mistake''', array[make.learner(1)], 'whose it is is noted');
select throws_ok(format('select ops.replay_dead_letter(%s)', id), '0A000', null, 'replay: a record of another version stays')
from ops.dead_letters where reason = 'not even text';
select ops.replay_dead_letter(id) from ops.dead_letters where reason = 'by mistake';
select isnt_empty('select from core.event where seq = 2', 'replay: taken in');
select results_eq('select count(*)::int from ops.dead_letters', array[1], 'replay: and removed');
select throws_ok('select ops.replay_dead_letter(0)', 'P0002', null, 'replay: no such letter');
-- What a newer program has written: a program that reads it says in JSON what it is.
select results_eq('select payload, id = (select max(d.id) from ops.dead_letter d) from core.next_record(0)', $$values ('\xff00'::bytea, false)$$,
    'records: those of the event log') from (select core.dead_letter('{', 'no record')) x;
select is_empty('select core.next_record(id) from ops.dead_letter', 'records: one after the other');
select throws_ok(format('select core.take_letter(%s, ''{"type":"?"}'')', id), '22023', null, 'records: refused, it stays') from core.next_record(0);
select is(core.take_letter(id, make.step(1, 3, '2026-03-02 09:01Z', '[{"kind":"helped"}]')), true, 'records: taken in') from core.next_record(0);
select is(core.take_letter(0, make.step(1, 4, '2026-03-02 09:02Z', '[{"kind":"helped"}]')), false, 'records: one that is gone is not taken in twice');
select results_eq('select seq from core.event where seq > 2', array[3], 'records: what it says is there');
select is_empty('select core.next_record(0)', 'records: and the letter is gone');
-- It does what it would have done by the log: to groups, and to others on the number.
insert into core.cohort (org_id, code, name, time_zone, join_code) select org_id, 'late', 'Late', 'UTC', 314159 from core.organisation where is_default;
create function pg_temp.replay(p_step jsonb) returns void language plpgsql as $$
begin
    perform core.dead_letter(convert_to(p_step::text, 'UTF8'), 'for a time', (p_step ->> 'learner_id')::uuid);
    perform ops.replay_dead_letter(max(id)) from ops.dead_letters;
end $$;
select core.ingest(make.module(20, '2026-03-02 09:00Z') || make.module(21, '2026-03-02 09:00Z'));
select pg_temp.replay(make.step(20, 7, '2026-03-03 09:00Z', '[{"kind":"group_joined","code":"314159"}]'));
select results_eq('select c.join_code from core.learner l join core.cohort c using (cohort_id) where l.learner = make.key(20)', array[314159], 'replay: a group is joined');
select pg_temp.replay(make.step(20, 8, '2026-03-03 09:01Z', '[{"kind":"helped"},{"kind":"stopped"}]', jsonb_build_object('also', replace(make.learner(21)::text, '-', ''))));
select results_eq('select learner, stopped_at from core.enrolment where learner = any (array[make.key(20), make.key(21)]) order by learner',
    $$select make.key(i), '2026-03-03 09:01Z'::timestamptz from generate_series(20, 21) i$$, 'replay: STOP is for all on the number');
select results_eq('select seq, n::int, kind::text from core.event where learner = make.key(21) and seq > 6', $$values (8, 0, 'stopped')$$, 'replay: a step of its own for each');
select pg_temp.replay(make.step(20, 9, '2026-03-03 09:02Z', '[{"kind":"group_left"}]'));
select is_empty('select from core.learner where learner = make.key(20) and cohort_id is not null', 'replay: a group is left');
insert into core.facilitator (cohort_id, number_id, pin_salt, pin_hash) select cohort_id, decode(make.number_id(20), 'hex'), '12345678', '1234567890123456' from core.cohort where join_code = 314159;
select pg_temp.replay(make.step(20, 10, '2026-03-03 09:03Z', '[{"kind":"group_paced","choice":2,"code":"314159"}]'));
select results_eq('select pace from core.cohort where join_code = 314159', array['open'], 'replay: what a facilitator ordered is done');
select make.forget();
select core.ingest(jsonb_build_array(make.step(1, 3, '2026-03-02 09:01Z', '[{"kind":"helped"}]')));
-- An erasure takes along what could not be read.
select core.dead_letter('\x0101ff', 'of another version', make.learner(1));
select core.ingest(jsonb_build_array(make.step(1, 5, '2026-03-02 10:00Z', '[{"kind":"erased"}]')));
select is_empty('select from ops.dead_letter where learner_id is not null', 'erased: with the letters of who is erased');
select core.end_erasure(array(select learner from core.erasing));

select make.forget();
delete from ops.dead_letter;
select core.dead_letter('\x01', 'of another version');
update ops.dead_letter set at = '2026-01-01 09:00Z';
select core.ingest(jsonb_build_array(
    make.step(2, 1, '2026-01-01 09:00Z', '[{"kind":"unknown_input","text":"?"},{"kind":"answered","unit":"y8","phase":"survey","text":"words"},
        {"kind":"safe_raised","text":"00","value":1}]'),
    jsonb_build_object('type', 'message', 'message_id', '1-1-0', 'learner_id', make.learner(2), 'seq', 1,
        'at', '2026-01-01 09:00Z', 'channel', 'at', 'class', 'reply', 'status', 'sent')));
select results_eq(format('select n_forgotten::int from ops.forget_old(%L)', d), n, 'forget_old on ' || d)
from (values ('2026-01-31 09:00Z', array[0, 0, 0, 0, 0, 0]), ('2026-01-31 09:01Z', array[1, 0, 0, 0, 0, 0]), ('2027-01-01 09:00Z', array[0, 0, 0, 0, 0, 0]),
    ('2027-01-01 09:01Z', array[0, 1, 1, 1, 0, 0])) t (d, n);
update core.safe_case set transferred_at = '2026-01-02 09:00Z';
select results_eq($$select n_forgotten::int from ops.forget_old('2026-02-01 09:01Z')$$, array[0, 0, 0, 0, 1, 0], 'forget_old: a disclosure 30 days after it was taken over');
select results_eq('select count(*)::int from core.event where learner = make.key(2)', array[3], 'forget_old: the facts stay');
-- Twelve months after STOP or the end, six months after anything else a number is forgotten; progress stays.
select make.forget();
select core.ingest(make.module(10, '2026-01-01 09:00Z') || make.ending(10, '2026-02-01 09:00Z'));       -- last answer 02-01 09:03
select core.ingest(make.module(11, '2026-01-01 09:00Z') || jsonb_build_array(make.step(11, 7, '2026-03-01 09:00Z', '[{"kind":"stopped"}]')));
select core.ingest(jsonb_build_array(make.step(12, 1, '2026-01-15 09:00Z', '[{"kind":"contact"}]', make.vault(12))));
select core.ingest(make.module(13, '2026-01-01 09:00Z') || jsonb_build_array(make.step(13, 7, '2026-12-01 09:00Z', '[{"kind":"lesson_read","unit":"m1l1"}]')));
select bag_eq(format('select core.numbers_to_forget(100, %L)', d),
    format('select decode(make.number_id(i), ''hex'') from unnest(%L::integer[]) i', n), 'to be forgotten on ' || d)
from (values ('2026-07-15 09:00Z', '{}'), ('2026-07-15 09:01Z', '{12}'), ('2027-02-01 09:03Z', '{12}'), ('2027-02-01 09:04Z', '{10,12}'),
    ('2027-03-01 09:00Z', '{10,12}'), ('2027-03-01 09:01Z', '{10,11,12}'), ('2027-06-01 09:00Z', '{10,11,12}'),
    ('2027-06-01 09:01Z', '{10,11,12,13}')) t (d, n);
select results_eq($$select count(*)::int from core.numbers_to_forget(1, '2027-03-01 09:01Z')$$, array[1], 'a few at a time');
create temp table ten on commit drop as select make.key(10) as learner;
select is(core.forget_numbers(array(select decode(make.number_id(i), 'hex') from generate_series(10, 13) i), '2027-02-01 09:04Z'), 2::bigint,
    'forget_numbers: only who is due');
select bag_eq($$select make.learner(i) from generate_series(10, 13) i where exists (select from core.number_state s
        where s.number_id = decode(make.number_id(i), 'hex')) and exists (select from core.vault v where v.number_id = decode(make.number_id(i), 'hex'))$$,
    array[make.learner(11), make.learner(13)], 'forget_numbers: number and place are gone');
select results_eq('select erased_at, learner_id = make.learner(10) from core.learner natural join ten', $$values ('2027-02-01 00:00Z'::timestamptz, false)$$, 'forget_numbers: as erased, under a new pseudonym');
select is_empty('select from core.free_text natural join ten', 'forget_numbers: no words');
select results_eq('select count(*)::int, min(certified_at) from core.event join core.enrolment using (learner) natural join ten where kind = ''answered''',
    $$values (6, '2026-02-01 00:00Z'::timestamptz)$$, 'forget_numbers: progress stays, by day');
select is_empty('select from core.event natural join ten where at <> date_trunc(''day'', at, ''UTC'')', 'forget_numbers: no time of the day');
select is_empty('select from core.erasing', 'forget_numbers: nothing is left to do');
select is(core.forget_numbers('{}'), 0::bigint, 'forget_numbers: nobody');
-- The gateway erases by a step that says nothing else.
select core.ingest(jsonb_build_array(jsonb_build_object('type', 'step', 'number_id', make.number_id(11), 'learner_id', make.learner(11), 'seq', 8,
    'at', '2027-03-02T09:00Z', 'events', '[{"n":0,"kind":"erased"}]'::jsonb)));
select is_empty($$select from core.vault where number_id = decode(make.number_id(11), 'hex')$$, 'erased by age: the number is gone');
select results_eq('select stopped_at, (select erased_at from core.learner where learner = make.key(11)) from core.enrolment where learner = make.key(11)',
    $$values ('2026-03-01 09:00Z'::timestamptz, '2027-03-02 09:00Z'::timestamptz)$$, 'erased by age: what was stopped stays stopped');
insert into core.free_text (learner, seq, n, org_id, at, text) values (make.key(13), 99, 0, 1, '2020-01-01 09:00Z', 'old words');
update core.learner set created_at = created_at - interval '3 years';
update core.enrolment set consent_at = consent_at - interval '3 years', last_at = last_at - interval '3 years';
update core.number_state set at = at - interval '3 years';
select results_eq('select what, n_over::int from ops.retention order by 1', $$values ('free text', 1), ('numbers', 1)$$, 'retention: shows what is too old');
select bag_eq('select * from core.tidy(10)', $$values (decode(make.number_id(11), 'hex'), true), (decode(make.number_id(13), 'hex'), false)$$,
    'tidy: says who is to be forgotten, and whose erasure is to be ended');
select is(core.forget_numbers(array[decode(make.number_id(11), 'hex'), decode(make.number_id(13), 'hex')]), 1::bigint, 'tidy: the gateway does so');
select is_empty('select core.tidy(10)', 'tidy: that was all');
select results_eq('select is_more from core.job', array[false], 'tidy: nothing more today');
insert into core.unknown_input (learner, seq, n, org_id, at, text) values (999, 99, 0, 1, '2020-01-01 09:00Z', 'old words');
select is_empty('select core.tidy(10)', 'tidy: once a day');
select isnt_empty('select from core.unknown_input where seq = 99', 'tidy: not again on that day');
update core.job set done_at = now() - interval '1 day 1 s';
select is_empty('select core.tidy(10)', 'tidy: the next day');
select is_empty('select from core.unknown_input where seq = 99', 'tidy: again');
select is_empty('select from ops.retention', 'retention: nothing is kept too long');
select results_eq('select n::int, segments from core.message_day', $$values (1, null::bigint)$$, 'messages are counted before they go');
select results_eq($$select n::int from ops.messages where day = '2026-01-01'$$, array[1], 'and stay in the counts');
select is_empty('select from core.free_text where seq = 99', 'tidy: deletes what is old');
update core.certificate set issued_at = '2026-02-01 09:01Z';
select results_eq($$select n_forgotten::int from ops.forget_old('2031-02-01 09:01Z') where what = 'certificates'$$, array[0], 'a certificate of five years');
select results_eq($$select n_forgotten::int from ops.forget_old('2031-02-01 09:02Z') where what = 'certificates'$$, array[1], 'and one of more');
select * from finish();
rollback;
