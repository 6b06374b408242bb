-- What is done for each event, message or person reads no more rows and pages as there are more people: 400 people cost four
-- times what the 100 before them did, in a database that was never analyzed, that was analyzed while it was empty, and
-- while there were a few. Plans that a connection keeps must find rows by their keys in all of them.
-- run.sh gives it a database of its own, with autovacuum off: it commits as the writer does, and asks what nobody analyzed.
select plan(3);
set jit = off;
do $$ begin perform make.publish(); end $$;
insert into core.organisation (code, name) values ('others', 'Others');

-- What is done: of the people from $1 to $2, twenty at a time. is_anew: planned for each call, so what would be scanned while it is
-- small counts as found by key. is_once: for all people that there are, once, so five times as many.
create temp table verb (place integer generated always as identity, name text, is_anew boolean default false, is_once boolean default false, sql text);
insert into verb (name, sql) values
('steps', $$select core.ingest(jsonb_agg(s)) from generate_series($1, $2) i cross join jsonb_array_elements(make.module(i, $3)) s$$),
('messages', $$select core.ingest(jsonb_agg(pg_temp.message(i))) from generate_series($1, $2) i$$),
('reports', $$select core.ingest(jsonb_agg(pg_temp.report(i, 'read'))) from generate_series($1, $2) i$$),
('groups', $$select core.put_groups(array_agg(make.learner(i)), array_agg(6), array_agg(i - $1 + 1), array_agg('group_joined'::text),
    array_agg('482156'::text)) from generate_series($1, $2) i$$),
('answers of a group', $$select core.put_led(array_agg(decode(make.number_id(0), 'hex')), array_agg(make.learner(i)), array_agg(6), array_agg($3),
    array_agg('children-on-the-move'::text), array_agg(i - $1 + 1), array_agg(0), array_agg('group_entered'::text), array_agg('m1'::text),
    array_agg(null::integer), array_agg(null::boolean), array_agg(2), array_agg(1), array_agg('482156'::text), array_agg('n' || i || ' 1 2'))
    from generate_series($1, $2) i$$),
('the same steps', $$select core.ingest(jsonb_agg(s)) from generate_series($1, $2) i cross join jsonb_array_elements(make.module(i, $3)) s$$),
('ending', $$select core.ingest(jsonb_agg(s)) from generate_series($1, $2) i cross join jsonb_array_elements(make.ending(i, $3)) s$$),
('words', $$select core.ingest(jsonb_agg(make.step(i, 11, $3, '[{"kind":"unknown_input","unit":"m1l1","text":"what?"},
    {"kind":"safe_raised","text":"00ff","value":2},{"kind":"agreed","text":"share_group","choice":1},{"kind":"language_set","text":"fr"}]')))
    from generate_series($1, $2) i$$),
('steps that came twice', $$select core.ingest(jsonb_agg(make.step(i, 5, $3,
    '[{"kind":"answered","unit":"m1q1","phase":"quiz","choice":1,"correct":false,"attempt":1}]'))) from generate_series($1, $2, 10) i$$),
('STOP', $$select core.ingest(jsonb_agg(make.step(i, 12, $3, '[{"kind":"stopped","choice":1}]'))) from generate_series($1, $2) i$$),
('JOIN', $$select core.ingest(jsonb_agg(make.step(i, 13, $3, '[{"kind":"rejoined"}]'))) from generate_series($1, $2) i$$),
('new numbers', $$select core.ingest(jsonb_agg(make.step(i, 14, $3, jsonb_build_array(jsonb_build_object('kind', 'moved', 'code', make.number_id(i),
    'text', make.learner(i + 1000000))), pg_temp.new_number(i)))) from generate_series($1, $2) i$$),
('moves', $$select ops.move_learner(make.learner(i), 'others') from generate_series($1, $2, 10) i$$),
('moves back', $$select ops.move_learner(make.learner(i), (select o.code from core.organisation o where o.is_default)) from generate_series($1, $2, 10) i$$),
('reconcile', $$select core.reconcile(jsonb_agg(pg_temp.new_number(i) || jsonb_build_object('learner_id', make.learner(i), 'seq', 15, 'at', $3, 'lang', 'en',
    'course', 'children-on-the-move', 'version', '1.0.0', 'consent_at', $3, 'state', 'ff'))) from generate_series($1, $2) i$$),
('broadcasts', $$insert into core.broadcast_target (broadcast_id, learner) select 1, make.key(i) from generate_series($1, $2) i$$),
('people of a correction', $$insert into core.correction_person (correction_id, learner) select 1, make.key(i) from generate_series($1, $2) i$$),
('corrected', $$select core.ingest(jsonb_agg(make.step(i, 16, $3, '[{"kind":"corrected","text":"children-on-the-move","unit":"m1q1","choice":1}]',
    pg_temp.new_number(i)))) from generate_series($1, $2) i$$);
insert into verb (name, is_anew, is_once, sql) values
('people of a broadcast', true, true, $$select core.next_of_broadcast(1, 0)$$),
('cards', true, false, $$select core.learner_cards(null, make.learner(i), 'show', 'x') from generate_series($1, $2, 10) i$$),
('badges', true, false, $$select core.issue_badge(lpad((i * 7919)::text, 12, '0')) from generate_series($1, $2) i$$),
('states', true, false, $$select core.states_page(decode(make.number_id($1), 'hex'), 8)$$),
('suppressed', true, false, $$select core.suppressed(string_agg(make.number_id(i), ' ')) from generate_series($1, $2) i$$),
('calls of groups', true, true, $$select core.group_calls()$$),
('groups as they stand', true, true, $$select core.cohorts(482156)$$);
insert into verb (name, sql) values
('DELETE', $$select core.ingest(jsonb_agg(make.step(i, 17, $3, '[{"kind":"erased"}]', jsonb_build_object('state', null) || pg_temp.new_number(i))))
    from generate_series($1, $2, 10) i$$),
('forget', $$select core.forget_numbers(array[decode(make.number_id(i + 1000000), 'hex')]) from generate_series($1, $2, 10) i$$);

create function pg_temp.message(p_i integer) returns jsonb language sql stable
return jsonb_build_object('type', 'message', 'message_id', '17-1795505860000-' || p_i, 'number_id', make.number_id(p_i), 'learner_id', make.learner(p_i),
    'seq', 2, 'at', now(), 'channel', 'at', 'class', 'reply', 'status', 'sent', 'provider_id', 'ATX' || p_i, 'segments', 2, 'encoding', 'gsm7', 'attempt', 1);
create function pg_temp.report(p_i integer, p_status text) returns jsonb language sql stable
return jsonb_build_object('type', 'report', 'channel', 'at', 'id', 'ATX' || p_i, 'status', p_status, 'at', now());
create function pg_temp.new_number(p_i integer) returns jsonb language sql stable
return jsonb_build_object('number_id', make.number_id(p_i + 1000000));

-- What was read of each table and its indexes.
create function pg_temp.read() returns table (name text, n_rows bigint, n_pages bigint) language sql as $$
    select regexp_replace(r.relname, '^event_[0-9]+$', 'event'),
        sum(pg_stat_get_xact_tuples_returned(r.oid) + pg_stat_get_xact_tuples_fetched(r.oid) + coalesce(x.n_rows, 0)),
        sum(pg_stat_get_xact_blocks_fetched(r.oid) + coalesce(x.n_pages, 0))
    from pg_class r
        cross join lateral (select sum(pg_stat_get_xact_tuples_returned(i.indexrelid)) as n_rows, sum(pg_stat_get_xact_blocks_fetched(i.indexrelid)) as n_pages
            from pg_index i where i.indrelid = r.oid) x
    where r.relnamespace in ('core'::regnamespace, 'ops'::regnamespace) and r.relkind = 'r'
    group by 1
$$;
create temp table reading (state text, phase integer, place integer, name text, n_rows bigint, n_pages bigint);
create temp table before (name text, n_rows bigint, n_pages bigint);

create procedure pg_temp.do_all(p_state text, p_phase integer, p_from integer, p_to integer) language plpgsql as $$
declare
    v verb;
begin
    for v in select * from verb order by place loop
        insert into before select * from pg_temp.read();
        for i in p_from .. case when v.is_once then p_from else p_to end by 20 loop
            perform set_config('enable_seqscan', (not v.is_anew)::text, true), set_config('enable_hashjoin', (not v.is_anew)::text, true),
                set_config('enable_mergejoin', (not v.is_anew)::text, true);
            execute v.sql using i, i + 19, date_trunc('month', now());
            commit;
        end loop;
        insert into reading
        select p_state, p_phase, v.place, r.name, r.n_rows - b.n_rows, r.n_pages - b.n_pages from pg_temp.read() r join before b using (name);
        delete from before;
        commit;
    end loop;
end $$;

create procedure pg_temp.try(p_state text, p_n_analyzed integer) language plpgsql as $$
declare
    v_table regclass;
begin
    truncate core.learner, core.event, core.enrolment, core.consent, core.certificate, core.badge, core.message, core.parked_report, core.number_state,
        core.vault, core.conflict, core.learner_unit, core.unit_cohort, core.active_day, core.membership, core.free_text, core.unknown_input,
        core.safe_case, core.suppression, core.erasing, core.erasure, core.erasure_time, core.broadcast, core.broadcast_text, core.broadcast_target, core.correction,
        core.correction_person, core.rescored, core.cohort, core.facilitator, core.member_group, core.learner_access, core.lead_act, core.group_answer
        restart identity;
    insert into core.cohort (org_id, code, name, join_code) select o.org_id, 'spring', 'Spring', 482156 from core.organisation o where o.is_default;
    insert into core.facilitator (cohort_id, number_id, pin_salt, pin_hash)
    select c.cohort_id, decode(make.number_id(0), 'hex'), decode(repeat('00', 8), 'hex'), decode(repeat('00', 16), 'hex') from core.cohort c;
    insert into core.broadcast_text (name, lang, text, written_by, approved_by) values ('hello', 'en', 'Hello', 'amina', 'ben');
    insert into core.broadcast (name, filter, sent_by) values ('hello', '{}', 'amina');
    insert into core.correction (course, unit, why, ordered_by, decided_by) values ('children-on-the-move', 'm1q1', 'wrong', 'amina', 'ben');
    discard plans; -- as a new connection begins
    perform set_config('waypost.planned_for', '', false);
    commit;
    if p_n_analyzed > 0 then
        call pg_temp.do_all(p_state, 0, 1001, 1000 + p_n_analyzed);
    end if;
    if p_n_analyzed is not null then
        for v_table in select c.oid from pg_class c where c.relnamespace = 'core'::regnamespace and c.relkind in ('r', 'p') loop
            execute format('analyze %s', v_table);
        end loop;
    end if;
    call pg_temp.do_all(p_state, 1, 1, 100);
    call pg_temp.do_all(p_state, 2, 101, 500);
end $$;
call pg_temp.try('never analyzed', null);
call pg_temp.try('analyzed while empty', 0);
call pg_temp.try('analyzed while there were a few', 1);

-- Five times as much is four times as much here, where trees of keys grow higher and what was changed is not cleared away; whatever is read
-- anew for each batch or person is twenty times as much. Less than 15 rows for each person is what PostgreSQL had better read than look up.
select is_empty(format($$select v.name, b.name as "table", a.n_rows, b.n_rows as then_rows, a.n_pages, b.n_pages as then_pages
    from reading a join reading b using (state, place, name) join verb v using (place)
    where a.state = %L and a.phase = 1 and b.phase = 2 and (b.n_rows > greatest(10 * a.n_rows, 6000) or b.n_pages > greatest(10 * a.n_pages, 6000))
    order by place, b.name$$, s), s)
from unnest(array['never analyzed', 'analyzed while empty', 'analyzed while there were a few']) s;
select * from finish();
