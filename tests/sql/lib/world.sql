-- A known world for sql/examples: 60 learners start in two weeks of March 2026, 35 finish.
select make.publish();
select core.ingest(make.module(i, '2026-03-02 09:00Z'::timestamptz + i * interval '1 min')) from generate_series(1, 40) i;
select core.ingest(make.module(i, '2026-03-10 09:00Z'::timestamptz + i * interval '1 min')) from generate_series(41, 60) i;
select core.ingest(make.ending(i, '2026-03-20 09:00Z'::timestamptz + i * interval '1 min')) from generate_series(1, 35) i;
select ops.add_coordinator('amina', 'demo');
