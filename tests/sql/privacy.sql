-- A phone number can be in core.vault only, sealed; its pseudonym only where the link is kept.
begin;
select no_plan();

select bag_eq($$select table_schema || '.' || table_name from information_schema.columns
    where table_schema in ('core', 'report', 'ops') and column_name ~ 'number_id|msisdn|phone'
        and table_name not in ('rare_row')$$,
    array['core.erasing', 'core.facilitator', 'core.number_state', 'core.vault'], 'only these tables know a pseudonym of a number');
select is_empty($$select table_name, column_name from information_schema.columns
    where table_schema = 'report' and data_type not in ('uuid', 'text', 'date', 'timestamp with time zone', 'integer',
        'smallint', 'bigint', 'numeric', 'boolean')$$, 'report shows plain types, no bytes, JSON, arrays, intervals or enumerations');

-- A whole life with a number that must turn up nowhere, in any of the ways of writing it.
create function make.sealed(p_text text) returns text language sql immutable
return encode(sha256(convert_to('sealed ' || p_text, 'UTF8')), 'hex');
select make.publish();
select core.ingest(make.module(1, '2026-03-02 09:00Z') || make.ending(1, '2026-03-09 09:00Z') || jsonb_build_array(
    make.step(1, 11, now(), '[{"kind":"unknown_input","text":"call #########"}]'),
    make.step(1, 12, now(), jsonb_build_array(jsonb_build_object('kind', 'safe_raised', 'text', make.sealed('+254700000001'), 'value', 1))),
    jsonb_build_object('type', 'message', 'message_id', '1-1-0', 'number_id', make.number_id(1), 'learner_id', make.learner(1), 'seq', 1,
        'at', now(), 'channel', 'at', 'class', 'reply', 'status', 'sent')));
create function make.cells(p_schema text, p_table text) returns table (place text, value text) language plpgsql as $$
begin
    return query execute format('select format(''%%s.%%s.%%s'', %1$L, %2$L, c.key) collate "default", c.value
        from %1$I.%2$I t cross join lateral jsonb_each_text(to_jsonb(t)) c', p_schema, p_table);
end $$;
create temp table cell on commit drop as
select c.* from information_schema.tables t cross join lateral make.cells(t.table_schema, t.table_name) c
where t.table_schema in ('core', 'report', 'ops');
select cmp_ok((select count(*) from cell), '>', 200::bigint, 'the canary test looks at many cells');
-- Digits as they are, and as the bytes of a text would be shown.
select is_empty($$select * from cell where value ~ '700000001|373030303030303031'$$, 'the number is nowhere');
select bag_eq($$select distinct place from cell where value ~ make.number_id(1)$$,
    array['core.number_state.number_id', 'core.vault.number_id'], 'its pseudonym only where it belongs');
insert into core.unknown_input (learner, seq, n, org_id, at, text) values (make.key(1), 99, 0, 1, now(), 'my number is 0700000001');
select isnt_empty($$select * from make.cells('core', 'unknown_input') where value ~ '700000001|373030303030303031'$$,
    'and this test would find it');
select * from finish();
rollback;
