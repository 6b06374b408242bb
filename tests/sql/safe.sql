-- What learners write to people: who may see it, that each look is on record, and when it goes.
begin;
select no_plan();
create role sofia login in role waypost_safe;
create role ingrid login in role waypost_inbox;
select core.ingest(make.module(1, '2026-03-02 09:00Z') || jsonb_build_array(
    make.step(1, 7, '2026-03-06 16:00Z', '[{"kind":"safe_raised","text":"00ff","value":1,"code":"0000000007"}]'),     -- Friday
    make.step(1, 8, '2026-03-06 16:30Z', '[{"kind":"safe_raised","text":"00fe","value":2,"code":"0000000008,psea,child"}]'),
    make.step(1, 9, '2026-03-06 16:40Z', '[{"kind":"asked","text":"00fd","code":"0000000009"}]'),
    make.step(1, 10, '2026-03-06 16:41Z', '[{"kind":"agreed","text":"reminders","choice":1}]'),
    make.step(1, 11, '2026-03-06 16:42Z', '[{"kind":"agreed","text":"reminders","choice":0}]')));

select results_eq($$select purpose, is_given, via::text from core.consent where learner = make.key(1) order by seq$$,
    $$values ('course', true, 'ussd'), ('reminders', true, 'ussd'), ('reminders', false, 'sms')$$, 'consents by purpose');
select results_eq($$select consent_at from core.enrolment where learner = make.key(1)$$, array['2026-03-02 09:01Z'::timestamptz],
    'a later one does not touch that to the course');

create function make.as(p_login text, p_sql text) returns text language plpgsql as $$
declare
    v_result text;
begin
    execute format('set local session authorization %I', p_login);
    execute p_sql into v_result;
    reset session authorization;
    return v_result;
end $$;
select is(make.as('sofia', 'select string_agg(ref, '' '' order by ref) from ops.safe_list()'), '0000000007 0000000008', 'her queue');
select is(make.as('sofia', 'select string_agg(about || is_child, '' '' order by ref) from ops.safe_list()'), 'harmfalse pseatrue',
    'what it seems to be about');
select is(make.as('ingrid', 'select string_agg(ref || source, '' '') from ops.inbox_list()'), '0000000009ask', 'and the other one');

create function make.refused(p_login text, p_sql text, p_why text default '42501') returns text language plpgsql as $$
declare
    v_result text;
begin
    execute format('set local session authorization %I', p_login);
    v_result := throws_ok(p_sql, p_why, null, format('%s may not: %s', p_login, p_sql));
    reset session authorization;
    return v_result;
end $$;
select make.refused('sofia', s) from unnest(array['select * from ops.inbox_list()', 'select 1 from core.safe_case', 'select 1 from core.case_access',
    'select 1 from core.vault', 'select core.case_list(''safe'', true)', 'select 1 from core.learner', 'select 1 from core.event',
    'select ops.safe_text(1)']) s; -- nothing is on record under that number
select make.refused('ingrid', s) from unnest(array['select * from ops.safe_list()', 'select ops.safe_read(''0000000007'')', 'select 1 from ops.safe_access']) s;
select make.refused('waypost_writer', 'select * from ops.safe_list()');
select make.refused('sofia', 'select ops.safe_read(''0000000009'')', 'P0002'); -- is the other queue's
-- In one transaction with its line on record there is no text: it could be rolled back.
select make.refused('sofia', 'select ops.safe_text(ops.safe_read(''0000000007''))');
select is((select count(*)::int from core.case_access where what = 'read'), 0, 'what was refused is gone');
-- As if committed by an earlier one.
insert into core.case_access (login, queue, what, ref, xact) values ('sofia', 'safe', 'read', '0000000007', '1');
select is(make.as('sofia', format('select encode(sealed, ''hex'') || encode(number_id, ''hex'') from ops.safe_text(%s)', max(access))),
    '00ff' || make.number_id(1), 'the sealed text, once it is on record') from core.case_access;
select make.refused('ingrid', format('select ops.inbox_text(%s)', max(access))) from core.case_access;
select throws_ok(s, '42501', null, 'not even the owner may: ' || s) from unnest(array['update core.case_access set login = ''me''',
    'delete from core.case_access', 'truncate core.case_access']) s;

select ok(make.as('sofia', 'select ops.safe_acknowledge(''0000000007'')') is not null, 'acknowledged');
select is(make.as('sofia', 'select up_to from ops.safe_release(''0000000007'', ''supported'')'), null, 'held on: another one waits');
select is(make.as('sofia', 'select up_to || encode(number_id, ''hex'') from ops.safe_release(''0000000008'', null)'),
    '2026-03-06 16:30:00+00' || make.number_id(1), 'now all of this learner are looked after, up to the last');
select ok(make.as('sofia', 'select ops.safe_transfer(''0000000007'', ''referred'')') is not null, 'handed over');
select throws_ok($$select core.case_transfer('safe', '0000000007', 'she was ...')$$, '23514', null, 'an outcome is a code, never words');
select is(make.as('sofia', 'select string_agg(ref || outcome, '' '') from ops.safe_list(true) where outcome is not null'), '0000000007referred', 'list: all');
select results_eq($$select login, what, ref, detail from ops.safe_access where what in ('acknowledge', 'release', 'transfer') order by at, ref, what$$,
    $$values ('sofia', 'acknowledge', '0000000007', null), ('sofia', 'release', '0000000007', 'supported'), ('sofia', 'transfer', '0000000007', 'referred'),
        ('sofia', 'release', '0000000008', null)$$, 'all of it is on record');
select is(make.as('ingrid', 'select encode(ops.inbox_answer(''0000000009'', ''thanks''), ''hex'')'), make.number_id(1), 'whom an answer goes to');

-- The text goes 30 days after it was handed over; what nobody took over stays.
update core.safe_case set transferred_at = '2026-04-01 09:00Z' where ref = '0000000007';
update core.safe_case set transferred_at = null where ref = '0000000008';
select ops.forget_old('2026-05-01 09:00Z');
select is((select count(sealed)::int from core.safe_case), 3, 'after 30 days it is there');
select ops.forget_old('2026-05-01 09:01Z');
select results_eq('select ref, outcome from core.safe_case where sealed is null', $$values ('0000000007', 'referred')$$, 'a minute later only the outcome');

select is(core.working_hours('2026-03-06 16:00Z', '2026-03-09 09:30Z', 'UTC'), 2.5::numeric, 'a week-end is no working time');
select is(core.working_hours('2026-03-06 16:00Z', '2026-03-06 16:00Z', 'Africa/Nairobi'), 0::numeric, 'no time');
update core.safe_case set acknowledged_at = raised_at + interval '3 days' where queue = 'safe';
select results_eq('select year, raised::int, acknowledged::int, median_hours, over_4_working_hours::int, over_24_hours::int, still_open::int from ops.safe_times',
    $$values (2026, 2, 2, 72.0, 2, 2, 1)$$, 'S1');
-- LEAVE of one person of a number says nothing of the others on it; STOP is for the number.
select core.ingest(jsonb_build_array(make.step(1, 12, '2026-05-02 09:00Z', '[{"kind":"stopped","value":1}]')));
select is(core.is_suppressed(decode(make.number_id(1), 'hex')), false, 'LEAVE: the others are still written to');
select results_eq($$select is_given from core.consent where learner = make.key(1) and purpose = 'course' order by seq$$, array[true, false], 'who left has taken the consent back');
select core.ingest(jsonb_build_array(make.step(1, 13, '2026-05-02 09:01Z', '[{"kind":"rejoined"}]'), make.step(1, 14, '2026-05-02 09:02Z', '[{"kind":"stopped"}]')));
select is(core.is_suppressed(decode(make.number_id(1), 'hex')), true, 'STOP: nobody is');
select * from finish();
rollback;
