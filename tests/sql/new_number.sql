-- A place that comes to another number: nothing of the learner is lost or doubled, whichever bucket is read first.
begin;
select no_plan();

-- 2 had begun on the new number and agreed to nothing; 1 comes there, as step 10.
create temp table begun on commit drop as
    select make.module(1, '2026-03-02 09:00Z') || jsonb_build_array(make.step(2, 1, '2026-03-05 09:00Z', '[{"kind":"contact"}]')) as steps;
create temp table moved on commit drop as select jsonb_build_array(
    make.step(1, 10, '2026-03-05 09:02Z', jsonb_build_array(jsonb_build_object('kind', 'moved', 'code', make.number_id(1),
        'text', make.learner(2))), jsonb_build_object('number_id', make.number_id(2), 'vault', jsonb_build_object('key_id', 1,
        'nonce', repeat('02', 12), 'ciphertext', repeat('02', 32)))),
    make.step(1, 11, '2026-03-05 09:03Z', '[{"kind":"lesson_read","unit":"m1l1"}]', jsonb_build_object('number_id', make.number_id(2)))) as steps;
create function make.numbers() returns table (line text) language sql stable
begin atomic
    select format('%s %s %s', encode(n.number_id, 'hex') = make.number_id(2), l.learner_id, n.seq)
    from core.number_state n join core.learner l using (learner)
    union all
    select format('vault %s', encode(v.number_id, 'hex') = make.number_id(2)) from core.vault v;
end;
create function make.learnt() returns table (line text) language sql stable
begin atomic
    select format('%s %s %s', e.kind, e.unit, e.seq) from core.event e where e.learner = make.key(1) and e.seq < 10;
end;

select core.ingest(steps) from begun;
select core.create_cohort('{"code": 482156, "name": "Nairobi A"}');
select core.set_facilitator(482156, make.number_id(1), repeat('01', 8), repeat('02', 16));
create temp table before on commit drop as select line from make.learnt();
select core.ingest(steps) from moved;
select bag_eq('select * from make.numbers()', format('values (%L), (%L)', 't ' || make.learner(1) || ' 11', 'vault t'),
    'one learner, on the new number; the old one, and who had begun on the new one, are known no more');
select bag_eq('select * from make.learnt()', 'select line from before', 'with all that was learned');
select isnt_empty('select 1 from core.learner where learner_id = make.learner(2) and erased_at is not null', 'who had begun there is erased');
select is((select encode(number_id, 'hex') from core.facilitator), make.number_id(2), 'the groups that its owner looks after come along');
select core.ingest(steps) from moved;
select is((select count(*) from core.event where learner = make.key(1) and kind = 'moved'), 1::bigint, 'and again it is the same');
select core.ingest(jsonb_build_array(make.step(1, 8, '2026-03-04 09:00Z', '[{"kind":"lesson_read","unit":"m1l2"}]')));
select bag_eq('select * from make.numbers()', format('values (%L), (%L)', 't ' || make.learner(1) || ' 11', 'vault t'),
    'what comes late of the old number leads nobody back');
select * from finish();
rollback;
