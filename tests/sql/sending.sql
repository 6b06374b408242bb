-- Delivery reports joined to what was sent; messages, their prices, and what a cap kept back.
begin;
select no_plan();

create function make.message(p_n integer, p_at timestamptz, p_more jsonb default '{}') returns jsonb language sql stable
return jsonb_strip_nulls(jsonb_build_object('type', 'message', 'message_id', '17-1795505860000-' || p_n, 'number_id', make.number_id(1),
    'learner_id', make.learner(1), 'seq', p_n, 'at', p_at, 'channel', 'at', 'class', 'reply', 'status', 'sent',
    'provider_id', 'ATX' || p_n, 'segments', 2, 'encoding', 'gsm7', 'attempt', 1) || p_more);
create function make.report(p_id text, p_status text, p_at timestamptz, p_more jsonb default '{}') returns jsonb language sql stable
return jsonb_strip_nulls(jsonb_build_object('type', 'report', 'channel', 'at', 'id', p_id, 'status', p_status, 'at', p_at) || p_more);
create function make.status(p_n integer) returns text language sql stable
return (select status::text || coalesce(' ' || error, '') from core.message where message_id = '17-1795505860000-' || p_n);

-- In any order, in one batch or several, once or twice: the same.
create temp table envelope on commit drop as
select row_number() over () as i, e from jsonb_array_elements(jsonb_build_array(
    make.message(1, '2026-11-02 09:00Z'), make.report('ATX1', 'sent', '2026-11-02 09:01Z'), make.report('ATX1', 'delivered', '2026-11-02 09:02Z'),
    make.message(2, '2026-11-02 09:00Z', '{"provider_id":null}'), make.report('17-1795505860000-2', 'delivered', '2026-11-02 09:02Z'),
    make.message(3, '2026-11-02 09:00Z'), make.report('ATX3', 'delivered', '2026-11-02 09:02Z'),
    make.report('ATX3', 'failed', '2026-11-02 09:03Z', '{"error":"UserIsInactive"}'), make.report('ATX3', 'delivered', '2026-11-02 09:04Z'),
    make.message(4, '2026-11-02 09:00Z', '{"provider_id":"007"}'), make.report('7', 'delivered', '2026-11-02 09:02Z'),
    make.message(5, '2026-11-02 09:00Z'), make.report('ATX5', 'delivered', '2026-11-02 09:02Z', '{"channel":"other"}'),
    make.message(6, '2026-11-02 09:00Z', '{"provider_id":null,"status":"unknown"}'), make.report('17-1795505860000-6', 'undelivered', '2026-11-02 09:02Z'),
    make.report('ATX99', 'failed', '2026-11-02 09:02Z'),
    make.message(7, '2026-11-02 09:00Z', '{"segments":1}'), make.report('ATX7', 'delivered', '2026-11-02 09:02Z'),
    make.report('ATX7', 'failed', '2026-11-02 09:03Z', '{"error":"Expired"}'),
    make.message(8, '2026-11-02 09:00Z', '{"segments":1}'), make.report('ATX8', 'failed', '2026-11-02 09:02Z', '{"error":"AbsentSubscriber"}'),
    make.report('ATX8', 'delivered', '2026-11-02 09:03Z'), make.report('ATX8', 'sent', '2026-11-02 09:04Z'),
    make.message(9, '2026-11-02 09:00Z', '{"segments":1}'), make.report('ATX9', 'delivered', '2026-11-02 09:02Z'),
    make.report('ATX9', 'failed', '2026-11-02 09:03Z'), make.report('ATX9', 'read', '2026-11-02 09:04Z'),
    make.message(10, '2026-11-02 09:00Z', '{"segments":1}'), make.report('ATX10', 'undelivered', '2026-11-02 09:02Z'),
    make.report('ATX10', 'failed', '2026-11-02 09:03Z', '{"error":"Rejected"}'), make.report('ATX10', 'sent', '2026-11-02 09:04Z'),
    make.report('ATX98', 'failed', '2026-11-02 09:02Z'), make.report('ATX98', 'delivered', '2026-11-02 09:03Z'))) e;
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
select is(make.status(1), 'delivered', 'joined by the id that the provider gave');
select is(make.status(2), 'delivered', 'joined by our own id');
select is(make.status(3), 'failed UserIsInactive', 'the worst part wins, a late report does not bring it back');
select is(make.status(7), 'delivered', 'one part: delivered is final');
select is(make.status(8), 'delivered', 'one part: delivered after failed has arrived');
select is(make.status(9), 'read', 'one part: read is more than delivered');
select is(make.status(10), 'failed Rejected', 'one part: failed for good is more than failed for now, and than sent');
select is(make.status(4), 'sent', 'ids are compared as texts: 007 is not 7');
select is(make.status(5), 'sent', 'a report of another channel changes nothing');
select is(make.status(6), 'undelivered', 'an unknown outcome becomes known');
select bag_eq($$select channel || ' ' || report_id || ' ' || status from core.parked_report$$,
    array['at 7 delivered', 'other ATX5 delivered', 'at ATX99 failed', 'at ATX98 failed', 'at ATX98 delivered'], 'what fits nothing is parked');
select results_eq('select channel, n::int from ops.parked_reports order by 1', $$values ('at', 4), ('other', 1)$$, 'and counted');

select pg_temp.ingest_ordered('i desc', 1);
select bag_eq('select * from make.memory()', 'select * from expected', 'again, backwards, changes nothing');
create function pg_temp.shuffled(p_seed integer) returns setof text language plpgsql as $$
begin
    perform make.forget();
    perform pg_temp.ingest_ordered(format('md5(i::text || %s)', p_seed), 1 + p_seed % 7);
    perform pg_temp.ingest_ordered(format('md5(i::text || %s)', p_seed + 1000), 1 + p_seed % 11);
    return next bag_eq('select * from make.memory()', 'select * from expected', 'twice in shuffled order ' || p_seed);
end $$;
select pg_temp.shuffled(s) from generate_series(1, 25) s;

-- The same said twice: the earlier time holds, in one batch, in two, and while it is parked.
select make.forget();
select core.ingest(jsonb_build_array(make.report('ATX1', 'delivered', '2026-11-02 09:05Z'), make.report('ATX1', 'delivered', '2026-11-02 09:03Z')));
select core.ingest(jsonb_build_array(make.message(1, '2026-11-02 09:01Z'), make.message(1, '2026-11-02 09:00Z')));
select core.ingest(jsonb_build_array(make.message(2, '2026-11-02 09:02Z')));
select core.ingest(jsonb_build_array(make.message(2, '2026-11-02 09:01Z')));
select results_eq('select status::text, status_at, created_at, sent_at from core.message order by message_id',
    $$values ('delivered', '2026-11-02 09:03Z'::timestamptz, '2026-11-02 09:00Z'::timestamptz, '2026-11-02 09:00Z'::timestamptz),
        ('sent', '2026-11-02 09:01Z', '2026-11-02 09:01Z', '2026-11-02 09:01Z')$$, 'the earlier time holds');

-- Several messages with one id of the provider: the newest is meant.
select make.forget();
select core.ingest(jsonb_build_array(make.message(1, '2026-11-02 09:00Z', '{"provider_id":"same"}'),
    make.message(2, '2026-11-03 09:00Z', '{"provider_id":"same"}')));
select core.ingest(jsonb_build_array(make.report('same', 'delivered', '2026-11-03 09:01Z')));
select is(make.status(1) || ', ' || make.status(2), 'sent, delivered', 'one id for several: the newest');

-- Parking is bounded in time and number.
select make.forget();
insert into core.parked_report select 'at', 'old' || i, 'sent', now(), null, now() - interval '6 hours 1 second' from generate_series(1, 10) i;
insert into core.parked_report select 'other', 'old' || i, 'sent', now(), null, now() - interval '7 hours' from generate_series(1, 10) i;
insert into core.parked_report select 'at', 'new' || i, 'sent', now(), null, now() - i * interval '1 second' from generate_series(1, 9999) i;
select core.ingest(jsonb_build_array(make.report('one', 'sent', now())));
select results_eq('select channel, n::int from ops.parked_reports order by 1', $$values ('at', 10000), ('other', 10)$$, 'reports of six hours go, 10,000 stay');
select core.ingest(jsonb_build_array(make.report('two', 'sent', now())));
select results_eq('select n::int from ops.parked_reports where channel = ''at''', array[10000], 'and not one more');
select is_empty($$select from core.parked_report where report_id in ('new9999')$$, 'the oldest goes');

-- What is refused.
create function pg_temp.refused(p_more jsonb, p_state text, p_what text) returns setof text language plpgsql as $$
begin
    return next throws_ok(format('select core.ingest(%L)', jsonb_build_array(jsonb_strip_nulls(make.report('x', 'sent', now()) || p_more))),
        p_state, null, 'report: ' || p_what);
end $$;
select pg_temp.refused(m, s, w) from (values ('{"id":null}'::jsonb, '23502', 'no id'), ('{"id":""}', '23514', 'an empty id'),
    ('{"channel":null}', '23502', 'no channel'), ('{"status":"lost"}', '22P02', 'unknown status'), ('{"status":null}', '23502', 'no status'),
    ('{"at":null}', '23502', 'no time')) t (m, s, w);
select core.ingest(jsonb_build_array(make.report(repeat('9', 256), 'sent', now(), jsonb_build_object('error', repeat('e', 501)))));
select results_eq($$select char_length(report_id), char_length(error) from core.parked_report where report_id like '99%'$$,
    'values (255, 500)', 'what a provider wrote is cut');
select core.ingest(jsonb_build_array(make.message(9, now(), jsonb_build_object('provider_id', repeat('9', 256)))));
select is_empty($$select from core.parked_report where report_id like '99%'$$, 'a cut id still finds its message');

-- Prices, and what a cap kept back.
select make.forget();
select core.ingest(jsonb_build_array(
    make.message(1, '2026-11-02 09:00Z', '{"price":1.6,"currency":"KES","country":"KE","network":"63902"}'),
    make.message(2, '2026-11-02 09:00Z', '{"price":0.8,"currency":"KES","segments":1}'),
    make.message(3, '2026-11-02 09:00Z', '{"status":"capped","provider_id":null,"attempt":null,"error":"cap number"}')));
select results_eq('select day::text, channel, status, n::int, segments::int, price, currency from ops.messages order by status',
    $$values ('2026-11-02', 'at', 'capped', 1, 2, null, null), ('2026-11-02', 'at', 'sent', 2, 3, 2.400000, 'KES')$$, 'ops.messages');
select core.ingest(jsonb_build_array(make.step(1, 1, '2026-11-02 08:00Z', '[{"kind":"contact"}]'), make.step(1, 20, '2026-11-03 09:00Z', '[{"kind":"erased"}]', '{"state":null}')));
select is_empty('select from core.message where network is not null', 'erased: the operator goes from the messages');
select * from finish();
rollback;
