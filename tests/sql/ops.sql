-- Health, dead letters and their way back.
begin;
select no_plan();
select results_eq('select newest_event_at, seconds from ops.lag', 'values (null::timestamptz, null::bigint)', 'lag: nothing yet');
select core.ingest(jsonb_build_array(make.step(1, 1, now() - interval '90 seconds', '[{"kind":"contact"}]')));
select results_eq('select seconds from ops.lag', array[90::bigint], 'lag: seconds since the newest fact');

select core.dead_letter('\xff00', 'not even text');
select core.dead_letter('\xff00', 'not even text');
select results_eq('select learner_id, reason, bytes from ops.dead_letters', $$values (null::uuid, 'not even text', 2)$$,
    'the same bytes are kept once');
select core.dead_letter(convert_to(make.step(1, 2, '2026-03-02 09:00Z', '[{"kind":"helped"}]')::text, 'UTF8'), 'by mistake');
select results_eq('select learner_id from ops.dead_letters where reason = ''by mistake''', array[make.learner(1)], 'whose it is is noted');
select throws_ok(format('select ops.replay_dead_letter(%s)', id), '22021', null, 'replay: bytes that are no text stay')
from ops.dead_letters where reason = 'not even text';
select ops.replay_dead_letter(id) from ops.dead_letters where reason = 'by mistake';
select isnt_empty('select from core.event where seq = 2', 'replay: taken in');
select results_eq('select count(*)::int from ops.dead_letters', array[1], 'replay: and removed');
select throws_ok('select ops.replay_dead_letter(0)', 'P0002', null, 'replay: no such letter');

select make.forget();
select core.ingest(jsonb_build_array(
    make.step(2, 1, '2026-01-01 09:00Z', '[{"kind":"unknown_input","text":"?"},{"kind":"answered","unit":"y8","phase":"survey","text":"words"},
        {"kind":"safe_raised","text":"00","value":1}]'),
    jsonb_build_object('type', 'message', 'message_id', '1-1-0', 'learner_id', make.learner(2), 'seq', 1,
        'at', '2026-01-01 09:00Z', 'channel', 'at', 'class', 'reply', 'status', 'sent')));
select results_eq(format('select n_forgotten::int from ops.forget_old(%L)', d), n, 'forget_old on ' || d)
from (values ('2026-01-31 09:00Z', array[0, 0, 0, 0]), ('2026-01-31 09:01Z', array[1, 0, 0, 0]), ('2027-01-01 09:00Z', array[0, 0, 0, 0]),
    ('2027-01-01 09:01Z', array[0, 1, 1, 0])) t (d, n);
update core.safe_case set acknowledged_at = '2026-01-02 09:00Z';
select results_eq($$select n_forgotten::int from ops.forget_old('2026-02-01 09:01Z')$$, array[0, 0, 0, 1], 'forget_old: a disclosure 30 days after it was taken over');
select results_eq('select count(*)::int from core.event where learner_id = make.learner(2)', array[3], 'forget_old: the facts stay');
select * from finish();
rollback;
