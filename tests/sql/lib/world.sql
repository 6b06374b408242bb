-- A known world for sql/examples: 60 learners start in two weeks of March 2026, 35 finish.
select make.publish();
select core.ingest(make.module(i, '2026-03-02 09:00Z'::timestamptz + i * interval '1 min')) from generate_series(1, 40) i;
select core.ingest(make.module(i, '2026-03-10 09:00Z'::timestamptz + i * interval '1 min')) from generate_series(41, 60) i;
select core.ingest(make.ending(i, '2026-03-20 09:00Z'::timestamptz + i * interval '1 min')) from generate_series(1, 35) i;
select ops.add_coordinator('amina', 'demo');
-- One SMS to each, by one of two operators: with one of them some do not arrive.
select core.ingest((select jsonb_agg(jsonb_build_object('type', 'message', 'message_id', i || '-1-0', 'number_id', make.number_id(i), 'learner_id', make.learner(i), 'seq', 6,
    'at', '2026-03-10 10:00Z', 'channel', 'at', 'class', 'reply', 'status', case when i % 4 = 0 and i > 20 then 'failed' else 'delivered' end, 'country', 'KE',
    'network', case when i > 20 then '63902' else '63903' end, 'segments', 2)) from generate_series(1, 60) i));
