-- Envelopes and rows for the tests, in a schema of their own.
create schema make;

create function make.learner(p_i integer) returns uuid language sql immutable
return ('00000000-0000-4000-8000-' || lpad(p_i::text, 12, '0'))::uuid;

-- The key of that learner inside core.
create function make.key(p_i integer) returns bigint language sql stable
begin atomic
    select l.learner from core.learner l where l.learner_id = make.learner(p_i);
end;

create function make.number_id(p_i integer) returns text language sql immutable
return md5('number ' || p_i);

-- Events get their n from their place. p_more overrides members; a null in it takes one away.
create function make.step(p_i integer, p_seq integer, p_at timestamptz, p_events jsonb, p_more jsonb default '{}')
returns jsonb language sql stable
return (select jsonb_strip_nulls(jsonb_build_object(
        'type', 'step', 'number_id', make.number_id(p_i), 'learner_id', make.learner(p_i), 'seq', p_seq,
        'at', p_at, 'channel', 'at', 'via', case when p_seq % 2 = 0 then 'ussd' else 'sms' end,
        'network', '63902', 'course', 'children-on-the-move', 'version', '1.0.0', 'lang', 'en',
        'country', 'KE', 'state', encode(convert_to('state ' || p_i || ' ' || p_seq, 'UTF8'), 'hex'))
        || p_more)
    || case when p_events is null then '{}' else jsonb_build_object('events', coalesce((
        select jsonb_agg(jsonb_build_object('n', i - 1) || e order by i)
        from jsonb_array_elements(p_events) with ordinality as t (e, i)), '[]')) end);

create function make.vault(p_i integer) returns jsonb language sql immutable
return jsonb_build_object('vault', jsonb_build_object('key_id', 1,
    'nonce', substr(md5('nonce ' || p_i), 1, 24),
    'ciphertext', md5('cipher ' || p_i) || substr(md5('tag ' || p_i), 1, 26)));

-- Contact, consent, a pre-test answer, a lesson, two quiz answers, module m1 done: seq 1 to 6.
create function make.module(p_i integer, p_at timestamptz) returns jsonb language sql stable
return jsonb_build_array(
    make.step(p_i, 1, p_at, '[{"kind":"contact"},{"kind":"consent_asked"}]', make.vault(p_i)),
    make.step(p_i, 2, p_at + interval '1 min', '[{"kind":"consented","value":1}]'),
    make.step(p_i, 3, p_at + interval '2 min', '[{"kind":"role_set","choice":2},
        {"kind":"answered","unit":"p1","phase":"pretest","choice":1,"correct":true,"attempt":1}]'),
    make.step(p_i, 4, p_at + interval '3 min', '[{"kind":"lesson_read","unit":"m1l1","value":0}]'),
    make.step(p_i, 5, p_at + interval '4 min',
        '[{"kind":"answered","unit":"m1q1","phase":"quiz","choice":3,"correct":true,"attempt":1}]'),
    make.step(p_i, 6, p_at + interval '5 min',
        '[{"kind":"answered","unit":"m1q2","phase":"quiz","choice":1,"correct":false,"attempt":1},
          {"kind":"module_completed","unit":"m1","value":1,"attempt":2}]'));

-- What follows up to the certificate and the survey: seq 7 to 10.
create function make.ending(p_i integer, p_at timestamptz) returns jsonb language sql stable
return jsonb_build_array(
    make.step(p_i, 7, p_at, '[{"kind":"answered","unit":"p1","phase":"posttest","choice":1,"correct":true,"attempt":1},
        {"kind":"course_completed"}]'),
    make.step(p_i, 8, p_at + interval '1 min', jsonb_build_array(jsonb_build_object(
        'kind', 'certified', 'code', lpad((p_i * 7919)::text, 12, '0'), 'value', 86))),
    make.step(p_i, 9, p_at + interval '2 min', '[{"kind":"survey_started"},
        {"kind":"answered","unit":"y1","phase":"survey","choice":5}]'),
    make.step(p_i, 10, p_at + interval '3 min', '[{"kind":"answered","unit":"y8","phase":"survey","text":"Thank you"},
        {"kind":"survey_completed"}]'));

create function make.publish() returns void language sql
begin atomic
    select core.publish(jsonb_build_object('course', 'children-on-the-move', 'version', '1.0.0',
        'hash', repeat('ab', 32), 'bundle', encode('bundle', 'base64'), 'units', '[
        {"unit":"p1","module":"test","module_kind":"test","module_title":"Test","kind":"question",
         "text":"A girl of 17 is alone. Is she a child?","choices":["Yes","No"],"right":[1]},
        {"unit":"m1l1","module":"m1","module_kind":"lessons","module_title":"The situation","kind":"lesson",
         "title":"Children first","text":"A child is a person under 18."},
        {"unit":"m1q1","module":"m1","module_kind":"lessons","module_title":"The situation","kind":"question",
         "text":"Under the CRC, a child is a person under...","choices":["15","16","18"],"right":[3]},
        {"unit":"m1q2","module":"m1","module_kind":"lessons","module_title":"The situation","kind":"question",
         "text":"Sami, 8, is...","choices":["unaccompanied","separated"],"right":[2]},
        {"unit":"y1","module":"survey","module_kind":"survey","module_title":"Survey","kind":"question",
         "text":"How good was the course?","choices":["1","2","3","4","5"]},
        {"unit":"y8","module":"survey","module_kind":"survey","module_title":"Survey","kind":"question",
         "text":"Anything else?"}]'::jsonb));
end;

-- Everything that core remembers, a row a line, in no order; learners by their uuid, as keys come in order of arrival.
create function make.memory() returns table (line text) language plpgsql stable as $$
declare
    v_table text;
begin
    foreach v_table in array array['learner', 'event', 'enrolment', 'consent', 'certificate', 'free_text',
            'unknown_input', 'safe_case', 'message', 'parked_report', 'number_state', 'vault', 'conflict',
            'learner_unit', 'unit_cohort', 'active_day', 'membership'] loop
        return query execute format('select %L || jsonb_set(to_jsonb(t), ''{learner}'', coalesce((select to_jsonb(l.learner_id)
            from core.learner l where l.learner = (to_jsonb(t) ->> ''learner'')::bigint), ''0''))::text
            from core.%I t', v_table || ' ', v_table);
    end loop;
end $$;

create function make.forget() returns void language sql
begin atomic
    delete from core.certificate; delete from core.consent; delete from core.enrolment; delete from core.event;
    delete from core.free_text; delete from core.unknown_input; delete from core.safe_case; delete from core.message;
    delete from core.parked_report; delete from core.number_state; delete from core.vault; delete from core.conflict;
    delete from core.learner_unit; delete from core.unit_cohort; delete from core.active_day;
    delete from core.membership; delete from core.learner;
end;
