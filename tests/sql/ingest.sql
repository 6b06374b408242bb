-- core.ingest: idempotent, in any order, all or nothing, and it names what it refuses.
begin;
select no_plan();

-- A bit of everything, for three learners; learner 2 stops, comes back and stops, learner 3 is erased and
-- the same number starts anew as learner 4.
create temp table envelope on commit drop as
select row_number() over () as i, e
from jsonb_array_elements(
    make.module(1, '2026-11-02 09:00Z') || make.ending(1, '2026-11-20 09:00Z')
    || make.module(2, '2026-11-02 10:00Z') || jsonb_build_array(
        make.step(2, 7, '2026-11-03 10:00Z', '[{"kind":"stopped"}]'),
        make.step(2, 8, '2026-11-04 10:00Z', '[{"kind":"rejoined"}]'),
        make.step(2, 9, '2026-11-04 10:01Z', '[{"kind":"language_set","text":"fr"}]', '{"lang":"fr"}'),
        make.step(2, 10, '2026-11-04 10:02Z', '[{"kind":"unknown_input","unit":"m1l1","text":"what is ######?"}]'),
        make.step(2, 11, '2026-11-04 10:03Z', '[{"kind":"safe_raised","text":"00ff00ff","value":2}]'),
        make.step(2, 12, '2026-11-04 10:04Z', '[{"kind":"language_set","text":"en"}]'),
        make.step(2, 13, '2026-11-05 10:00Z', '[{"kind":"stopped"}]'))
    || make.module(3, '2026-11-02 11:00Z') || jsonb_build_array(
        make.step(3, 7, '2026-11-03 11:00Z', '[{"kind":"answered","unit":"y8","phase":"survey","text":"my secret"}]'),
        make.step(3, 8, '2026-11-03 11:01Z', '[{"kind":"unknown_input","text":"my other secret"}]'),
        make.step(3, 9, '2026-11-03 11:02Z', '[{"kind":"safe_raised","text":"00ff00ff","value":1}]'),
        make.step(3, 10, '2026-11-03 11:03Z', '[{"kind":"erased"}]', '{"state":null}'),
        make.step(4, 1, '2026-11-09 11:00Z', '[{"kind":"contact"}]',
            make.vault(4) || jsonb_build_object('number_id', make.number_id(3))))
    || (select jsonb_agg(jsonb_build_object('type', 'message', 'message_id', '17-1795505860000-0', 'number_id',
            make.number_id(1), 'learner_id', make.learner(1), 'seq', 2, 'at', '2026-11-02T09:01:0' || s.n || 'Z',
            'channel', 'at', 'class', 'reply', 'status', s.status, 'attempt', s.attempt)
            || case when s.status = 'sent' then '{"provider_id":"ATX1","segments":2,"encoding":"gsm7"}'::jsonb
                else '{}' end || case when s.status = 'errored' then '{"error":"http 503"}'::jsonb else '{}' end)
        from (values (1, 'sending', 1), (2, 'errored', 1), (3, 'sending', 2), (4, 'sent', 2), (5, 'delivered', 2))
            as s (n, status, attempt))) e;
create function pg_temp.ingest_ordered(p_order text, p_size integer) returns void language plpgsql as $$
declare
    v_batch jsonb;
begin
    for v_batch in execute format('select jsonb_agg(e order by k) from (select e, row_number() over (order by %s) - 1 as k
            from envelope) t group by k / %s order by k / %s', p_order, p_size, p_size) loop
        perform core.ingest(v_batch);
    end loop;
end $$;

select pg_temp.ingest_ordered('i', 1000);
create temp table expected on commit drop as select * from make.memory();
select results_eq('select count(*)::int, sum((at is null)::int)::int from core.event', 'values (46, 0)', 'all facts are there');

select pg_temp.ingest_ordered('i', 1000);
select bag_eq('select * from make.memory()', 'select * from expected', 'the same batch again changes nothing');
select pg_temp.ingest_ordered('i', 7);
select bag_eq('select * from make.memory()', 'select * from expected', 'nor in smaller batches');
select make.forget();
select pg_temp.ingest_ordered('i', 1);
select bag_eq('select * from make.memory()', 'select * from expected', 'one by one gives the same');
select make.forget();
select pg_temp.ingest_ordered('i desc', 1000);
select bag_eq('select * from make.memory()', 'select * from expected', 'backwards in one batch gives the same');
select make.forget();
select pg_temp.ingest_ordered('i desc', 1);
select bag_eq('select * from make.memory()', 'select * from expected', 'backwards one by one gives the same');
create function pg_temp.shuffled(p_seed integer) returns setof text language plpgsql as $$
begin
    perform make.forget();
    perform pg_temp.ingest_ordered(format('md5(i::text || %s)', p_seed), 1 + p_seed % 9);
    perform pg_temp.ingest_ordered(format('md5(i::text || %s)', p_seed + 1000), 1 + p_seed % 13);
    return next bag_eq('select * from make.memory()', 'select * from expected', 'twice in shuffled order ' || p_seed);
end $$;
select pg_temp.shuffled(s) from generate_series(1, 25) s;

-- What it should have made of them.
select results_eq($$select consent_at, started_at, completed_at, certified_at, score::int, stopped_at from core.enrolment
    where learner = make.key(1)$$,
    $$values ('2026-11-02 09:01Z'::timestamptz, '2026-11-02 09:02Z'::timestamptz, '2026-11-20 09:00Z'::timestamptz,
        '2026-11-20 09:01Z'::timestamptz, 86, null::timestamptz)$$, 'milestones');
select results_eq('select stopped_at, stop_seq from core.enrolment where learner = make.key(2)',
    $$values ('2026-11-05 10:00Z'::timestamptz, 13)$$, 'the last STOP counts');
select results_eq('select lang, role_choice::int, country, network, first_channel, first_via::text from core.learner
    where learner_id = make.learner(2)', $$values ('en', 2, 'KE', '63902', 'at', 'sms')$$, 'learner');
select results_eq($$select is_given from core.consent where learner = make.key(2) order by seq$$,
    array[true, false, true, false], 'consents and their ends');
select results_eq($$select status::text, status_at, sent_at, attempts::int, provider_id, segments::int, error from core.message$$,
    $$values ('delivered', '2026-11-02 09:01:05Z'::timestamptz, '2026-11-02 09:01:04Z'::timestamptz, 2, 'ATX1', 2, null)$$,
    'a message gets as far as its best report');
select results_eq($$select convert_from(state, 'UTF8') collate "default", seq from core.number_state where learner = make.key(1)$$,
    $$values ('state 1 10', 10)$$, 'the newest state');
select results_eq($$select number_id, due_ms from core.states_page('', 10) order by 1$$,
    $$select decode(make.number_id(i), 'hex'), 0::bigint from generate_series(1, 3) i order by 1$$, 'states_page: one per number');
select is_empty($$select * from core.states_page('\xffffffffffffffffffffffffffffffff', 10)$$, 'states_page ends');
select core.ingest(jsonb_build_array(make.step(5, 1, now(), '[]', '{"due":"2026-11-24T07:37:40.123Z"}')));
select results_eq($$select due_ms from core.states_page('', 10) where due_ms > 0$$, array[1795505860123],
    'states_page: due time in milliseconds');

-- Erasure: the link, the words and the number are gone; the number lives on with learner 4.
select is_empty('select from core.number_state where learner = make.key(3)', 'erased: no state');
select is_empty('select from core.free_text where learner = make.key(3)', 'erased: no free text');
select is_empty('select from core.unknown_input where learner = make.key(3)', 'erased: no unknown input');
select results_eq('select sealed is null from core.safe_case where learner = make.key(3)', array[true], 'erased: no disclosure');
select isnt_empty('select from core.event where learner = make.key(3) and kind = ''lesson_read''', 'erased: progress stays, anonymous');
select results_eq($$select sealed_at from core.vault where number_id = decode(make.number_id(3), 'hex')$$,
    array['2026-11-09 11:00Z'::timestamptz], 'erased: the vault keeps the number for who learns on it now');
select core.dead_letter(convert_to(make.step(4, 2, now(), '[{"kind":"no such kind"}]')::text, 'UTF8'), 'test', make.learner(4));
select core.ingest(jsonb_build_array(make.step(4, 3, '2026-11-10 11:00Z', '[{"kind":"erased"}]',
    jsonb_build_object('number_id', make.number_id(3), 'state', null))));
select is_empty($$select from core.vault where number_id = decode(make.number_id(3), 'hex')$$, 'erased: the last one takes the number along');
select is_empty('select from ops.dead_letter', 'erased: no dead letter either');

-- The state is that of Redis; where it is not known the step still counts, and a rebuild gives nothing back.
select core.ingest(jsonb_build_array(make.step(9, 1, now(), '[{"kind":"contact"}]', '{"state":null}')));
select results_eq('select seq, state from core.number_state where learner = make.key(9)', 'values (1, null::bytea)', 'a step without state');
select is_empty(format('select from core.states_page(%L, 1) where number_id = %1$L', '\x' || make.number_id(9)), 'which is in no page of states');
select core.ingest(jsonb_build_array(make.step(9, 2, now(), '[]')));
select core.ingest(jsonb_build_array(make.step(9, 3, now(), '[]', '{"state":null}')));
select results_eq($$select seq, convert_from(state, 'UTF8') collate "default" from core.number_state where learner = make.key(9)$$,
    $$values (3, 'state 9 2')$$, 'the last state that was known stays');

-- A milestone reached again keeps its first day and the best score; a second language or role the last one.
select core.ingest(jsonb_build_array(make.step(75, 1, '2026-11-02 09:00Z', '[{"kind":"consented","value":1},{"kind":"role_set","choice":1}]'),
    make.step(75, 2, '2026-11-03 09:00Z', '[{"kind":"course_completed"}]'),
    make.step(75, 3, '2026-11-04 09:00Z', '[{"kind":"certified","code":"000000000075","value":86}]')));
select core.ingest(jsonb_build_array(make.step(75, 4, '2026-11-05 09:00Z', '[{"kind":"course_completed"},{"kind":"consented","value":1},{"kind":"role_set","choice":3}]'),
    make.step(75, 5, '2026-11-06 09:00Z', '[{"kind":"certified","code":"000000000076","value":71},{"kind":"role_set","choice":2}]')));
select results_eq('select consent_at, completed_at, certified_at, score::int from core.enrolment where learner = make.key(75)',
    $$values ('2026-11-02 09:00Z'::timestamptz, '2026-11-03 09:00Z'::timestamptz, '2026-11-04 09:00Z'::timestamptz, 86)$$, 'milestones keep their first day');
select is(role_choice, 2::smallint, 'the last role counts') from core.learner where learner = make.key(75);

-- Several options: their numbers are kept as such, and last longer than words.
select make.publish();
select core.ingest(jsonb_build_array(make.step(70, 1, '2026-11-02 09:00Z', '[{"kind":"answered","unit":"m1q1","phase":"quiz","text":"1,3","correct":true,"attempt":1},
    {"kind":"answered","unit":"m1q2","phase":"quiz","text":"2","correct":true,"attempt":1},
    {"kind":"answered","unit":"y8","phase":"survey","text":"12 of 3,4"},{"kind":"answered","unit":"y9","phase":"survey","text":"5"}]')));
select results_eq('select unit, choices, choice from core.event where learner = make.key(70) order by n',
    $$values ('m1q1', '{1,3}'::smallint[], null::int), ('m1q2', '{2}', null), ('y8', null, null), ('y9', '{5}', null)$$, 'several options');
select results_eq('select text from core.free_text where learner = make.key(70)', array['12 of 3,4'], 'words are apart');
insert into core.member values ('postgres', 1);
select results_eq('select answer_text, choices, choice from facts.quiz_answers where learner_id = make.learner(70) order by question',
    $$values ('15; 18', '1,3', null::int), ('separated', '2', null)$$, 'and read as words');
select results_eq('select answer_text from facts.survey_answers where learner_id = make.learner(70) order by question',
    array['12 of 3,4', '5'], 'where there are no options the number is the answer');

-- Refusals: the call fails as a whole and says which envelope and why.
create function pg_temp.refused(p_bad jsonb, p_state text, p_pattern text, p_what text) returns setof text language plpgsql as $$
declare
    v_before bigint := (select count(*) from make.memory());
    v_state text;
    v_message text;
begin
    begin
        perform core.ingest(jsonb_build_array(make.step(6, 1, now(), '[{"kind":"contact"}]'), p_bad,
            make.step(6, 2, now(), '[{"kind":"helped"}]')));
    exception when others then
        get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
    end;
    return next is(v_state, p_state, p_what || ': refused');
    return next matches(v_message, p_pattern, p_what || ': named');
    return next is((select count(*) from make.memory()), v_before, p_what || ': nothing kept');
end $$;
select pg_temp.refused(make.step(7, 3, now(), '[{"kind":"danced"}]'), '22P02', '^envelope 1 \(00000000-0000-4000-8000-000000000007 seq 3\): .*danced', 'unknown kind');
select pg_temp.refused(make.step(7, 3, now(), '[{"unit":"m1l1"}]'), '23502', '^envelope 1 .*"kind"', 'no kind');
select pg_temp.refused(make.step(7, 3, now(), '[{"kind":"answered","unit":"x","phase":"exam"}]'), '22P02', '^envelope 1 .*exam', 'unknown phase');
select pg_temp.refused(make.step(7, 3, now(), '[{"kind":"answered","unit":"x"}]'), '23514', '^envelope 1 ', 'an answer without phase');
select pg_temp.refused(make.step(7, 3, now(), '[{"kind":"answered","unit":"x","phase":"quiz","choice":"two"}]'), '22P02', '^envelope 1 .*two', 'a choice that is no number');
select pg_temp.refused(make.step(7, 3, now(), '[{"kind":"contact","n":0},{"kind":"helped","n":0}]'), '23505', '^envelope 1 ', 'n twice');
select pg_temp.refused(make.step(7, 3, now(), '[{"kind":"safe_raised","text":"0","value":1}]'), '22023', '^envelope 1 ', 'odd hex');
select pg_temp.refused(make.step(7, 3, now(), '[{"kind":"safe_raised","text":"00","value":3}]'), '23502', '^envelope 1 ', 'a safe source nobody knows');
select pg_temp.refused(make.step(7, 3, now(), '[{"kind":"certified","code":"123","value":80}]'), '23514', '^envelope 1 ', 'a short certificate code');
select pg_temp.refused(make.step(7, 3, now(), '[{"kind":"certified","code":"000000007919","value":80}]'), '23505', '^envelope 1 ', 'the certificate code of another');
select pg_temp.refused(make.step(7, 3, now(), null), '23502', '^envelope 1 .*events', 'no events');
select pg_temp.refused(make.step(7, 3, now(), '[]') || '{"events":{}}', '22023', '^envelope 1 ', 'events that are no array');
select pg_temp.refused(make.step(7, 3, now(), '[{"kind":"contact"}]', jsonb_build_object(m, null)), '23502', '^envelope 1 .*[ "]' || m || '([",]| is missing)', 'no ' || m)
from unnest(array['learner_id', 'seq', 'at', 'number_id']) m;
select pg_temp.refused(make.step(7, 3, now(), '[]', m.more), m.state, '^envelope 1 ', m.what)
from (values ('{"seq":"many"}'::jsonb, '22P02', 'seq that is no number'), ('{"seq":3000000000}', '22003', 'seq past 31 bits'),
    ('{"at":"yesterday-ish"}', '22007', 'at that is no time'), ('{"learner_id":"me"}', '22P02', 'learner_id that is none'),
    ('{"number_id":"00ff"}', '23514', 'number_id of two bytes'), ('{"number_id":"zz"}', '22023', 'number_id that is no hex'),
    ('{"via":"pigeon"}', '22P02', 'unknown via'), ('{"country":"Kenya"}', '23514', 'country in words'),
    ('{"version":null}', '23502', 'course without version'), ('{"course":"Not An Id"}', '23514', 'course that is no id'),
    ('{"vault":{"key_id":1,"nonce":"00"}}', '23502', 'vault without ciphertext'),
    ('{"vault":{"key_id":1,"nonce":"00","ciphertext":"00"}}', '23514', 'vault with a short nonce'),
    ('{"type":"poem"}', '22023', 'unknown type'), ('{"type":null}', '22023', 'no type')) m (more, state, what);
select pg_temp.refused(jsonb_build_object('type', 'message', 'message_id', '1-1-0', 'learner_id', make.learner(1), 'seq', 1, 'at', now(),
    'channel', 'at', 'class', 'reply', 'status', 'sent') || m.more, m.state, '^envelope 1 ', 'message: ' || m.what)
from (values ('{"status":"lost"}'::jsonb, '22P02', 'unknown status'), ('{"message_id":"x"}', '23514', 'odd id'), ('{"message_id":null}', '23502', 'no id'),
    ('{"class":"spam"}', '23514', 'unknown class'), ('{"encoding":"morse"}', '23514', 'unknown encoding'), ('{"status":null}', '23502', 'no status')) m (more, state, what);
select throws_ok($$select core.ingest('{}')$$, '22023', null, 'an object is no array');
select throws_ok($$select core.ingest('[{"type":"step","x":"\u0000"}]')$$, '22P05', null, 'a NUL in a text');
select lives_ok($$select core.ingest('[]')$$, 'an empty array is fine');

-- What phones and providers wrote is cut at its limit: one short of it, at it, past it.
create function pg_temp.cut(p_i integer, p_n integer) returns setof text language plpgsql as $$
begin
    perform core.ingest(jsonb_build_array(
        make.step(p_i, 1, now(), jsonb_build_array(
            jsonb_build_object('kind', 'answered', 'unit', 'y8', 'phase', 'survey', 'text', repeat('é', 1600 + p_n)),
            jsonb_build_object('kind', 'unknown_input', 'text', repeat('é', 1600 + p_n))),
            jsonb_build_object('network', repeat('n', 32 + p_n))),
        jsonb_build_object('type', 'message', 'message_id', '9-9-' || p_i, 'learner_id', make.learner(p_i), 'seq', 1, 'at', now(),
            'channel', 'at', 'class', 'reply', 'status', 'failed', 'provider_id', repeat('p', 255 + p_n), 'error', repeat('e', 500 + p_n))));
    return next is((select char_length(text) from core.free_text where learner = make.key(p_i)), 1600 + least(p_n, 0), 'free text' || p_n);
    return next is((select char_length(text) from core.unknown_input where learner = make.key(p_i)), 1600 + least(p_n, 0), 'unknown input' || p_n);
    return next is((select char_length(network) from core.learner where learner_id = make.learner(p_i)), 32 + least(p_n, 0), 'network' || p_n);
    return next is((select char_length(provider_id) from core.message where learner = make.key(p_i)), 255 + least(p_n, 0), 'provider_id' || p_n);
    return next is((select char_length(error) from core.message where learner = make.key(p_i)), 500 + least(p_n, 0), 'error' || p_n);
end $$;
select pg_temp.cut(80 + n, n) from generate_series(-1, 1) n;
-- A test with forms: in the second try other questions are asked, and only the first one says what was learned.
select core.ingest(jsonb_build_array(make.step(77, 1, '2026-11-02 09:00Z', '[{"kind":"contact"}]', make.vault(77)),
    make.step(77, 2, '2026-11-02 09:01Z', '[{"kind":"answered","unit":"fa","phase":"pretest","choice":1,"correct":false,"attempt":1}]'),
    make.step(77, 3, '2026-11-02 09:02Z', '[{"kind":"answered","unit":"fb","phase":"posttest","choice":1,"correct":true,"attempt":1}]'),
    make.step(77, 4, '2026-11-03 09:02Z', '[{"kind":"answered","unit":"fa","phase":"posttest","choice":1,"correct":true,"attempt":2}]')));
select results_eq('select unit, is_right, is_post_right from core.learner_unit where learner = make.key(77) order by unit',
    $$values ('fa', false, null::boolean), ('fb', null, true)$$, 'forms: each counts where it was asked first');
select * from finish();
rollback;
