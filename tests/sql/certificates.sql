-- Certificates: what anybody is told of a code, for five years and after an erasure as well; taking one back; who looked.
begin;
select no_plan();
select make.publish();
select core.ingest(make.module(1, '2026-03-01 09:00Z') || make.module(2, '2026-03-01 09:00Z'));
create function pg_temp.says(p_org text) returns text language sql
return E'V\t0\t7\t6\t03/2026\t1.0\ten\tChildren on the Move\t' || p_org;
select core.ingest(jsonb_build_array(
    make.step(1, 7, '2026-03-02 09:00Z', jsonb_build_array(jsonb_build_object('kind', 'certified', 'code', '482109375523', 'value', 86,
        'text', pg_temp.says('Red Cross')))),
    make.step(2, 7, '2026-04-02 09:00Z', '[{"kind":"certified","code":"000000000075","value":71}]')));

select results_eq($$select code, line from core.certificates('', 10)$$, format($$values ('000000000075',
    E'V\t0\t1\t1\t04/2026\t1.0\ten\tchildren-on-the-move\tDemo organisation'), ('482109375523', %L)$$, pg_temp.says('Red Cross')),
    'for a Redis that lost them: as the gateway wrote it, or made of what is known');
select results_eq($$select code from core.certificates('000000000075', 10)$$, array['482109375523'], 'page by page');
select is(until_ms::bigint, (extract(epoch from '2031-03-02 09:00Z'::timestamptz) * 1000)::bigint, 'for five years')
from core.certificates('000000000075', 1);

select results_eq($$select code, left(line, 3) from core.check_certificates('{482109375523,111111111111,"x, \"y",000000000075}')$$,
    $$values ('482109375523', E'V\t0'), ('111111111111', null), ('x, "y', null), ('000000000075', E'V\t0')$$,
    'a list of codes is answered in its order');
select results_eq('select what, code, detail from ops.certificate_access', $$values ('check', '482109375523', 'valid'),
    ('check', '111111111111', 'not found'), ('check', 'x, "y', 'not found'), ('check', '000000000075', 'valid')$$, 'each is on record');
select throws_ok('delete from core.certificate_access', '42501', null, 'which nobody can change');

-- A holder who chooses a PIN: the gateway's own words take the place of those of before, once more when it is done again, and of no
-- certificate of somebody else, nor of one that is not there.
create function pg_temp.pinned(p_i integer, p_seq integer, p_code text, p_says text) returns bigint language sql
return (select count(core.ingest(jsonb_build_array(make.step(p_i, p_seq, '2026-03-03 09:00Z', jsonb_build_array(jsonb_build_object(
    'kind', 'certificate_pinned', 'code', p_code, 'text', p_says)))))));
select pg_temp.pinned(1, 9, '482109375523', pg_temp.says('Red Cross') || E'\tpin one'), pg_temp.pinned(2, 9, '482109375523', 'of another'),
    pg_temp.pinned(2, 10, '999999999999', 'of none');
select results_eq($$select code, line from core.certificates('', 10)$$, format($$values ('000000000075',
    E'V\t0\t1\t1\t04/2026\t1.0\ten\tchildren-on-the-move\tDemo organisation'), ('482109375523', %L)$$, pg_temp.says('Red Cross') || E'\tpin one'),
    'a PIN: kept for a Redis that lost it, by whose certificate it is alone');
select pg_temp.pinned(1, 10, '482109375523', pg_temp.says('Red Cross'));
select results_eq($$select line from core.certificates('000000000075', 10)$$, array[pg_temp.says('Red Cross')], 'another one takes its place');
select results_eq($$select issued_at, score::integer from core.certificate where code = '482109375523'$$, $$values ('2026-03-02 09:00Z'::timestamptz, 86)$$,
    'day and score are as they were');

-- Of one module: a certificate, and not that of the course.
select core.ingest(jsonb_build_array(make.step(2, 11, '2026-04-03 09:00Z', jsonb_build_array(jsonb_build_object(
    'kind', 'module_certified', 'unit', 'm1', 'code', '111122223334', 'value', 75,
    'text', replace(pg_temp.says('Red Cross'), E'V\t0', E'V\t1'))))));
select results_eq($$select module::integer, score::integer from core.certificate where code = '111122223334'$$, 'values (1, 75)', 'of a module');
select results_eq($$select certified_at, score::integer from core.enrolment where learner = make.key(2)$$,
    $$values ('2026-04-02 09:00Z'::timestamptz, 71)$$, 'the course was certified when it was, and as well as it was');
delete from core.certificate where code = '111122223334';
select results_eq($$select left(line, 2) from core.revoke_certificate('482109375523', 'fraud')$$, array[E'R\t'], 'taken back');
select results_eq($$select left(line, 2) from core.revoke_certificate('482109375523', 'wrong-profile')$$, array[E'R\t'], 'again: no harm');
select results_eq($$select revoked_reason, revoked_at is not null from core.certificate where code = '482109375523'$$,
    $$values ('fraud', true)$$, 'and the first reason stays');
select throws_ok($$select core.revoke_certificate('111111111111', 'fraud')$$, '22023', null, 'one that is not there');
select throws_ok($$select core.revoke_certificate('000000000075', 'because')$$, '23514', null, 'a reason that is none');
select results_eq($$select code, course, version, issued, reason from core.list_certificates('children-on-the-move', '', 10)$$,
    $$values ('000000000075', 'children-on-the-move', '1.0.0', '2026-04', null), ('482109375523', 'children-on-the-move', '1.0.0', '2026-03', 'fraud')$$,
    'the list has nobody in it');
select is_empty($$select from core.list_certificates('nix', '', 10)$$, 'nor another course');

-- Badges: each certificate has its place in the list, once; a revoked one has none any more.
select results_eq($$select left(line, 1), status_index from core.issue_badge('000000000075')$$, $$values ('V', '0')$$, 'a badge');
select results_eq($$select status_index from core.issue_badge('000000000075')$$, array['0'], 'the same again');
select is_empty($$select from core.issue_badge('482109375523')$$, 'none of what was revoked');
select is_empty('select from core.revoked_badges()', 'no badge was taken back');

-- After an erasure it can be checked as before, and leads to nobody.
select core.ingest(jsonb_build_array(make.step(2, 12, '2026-05-02 09:00Z', '[{"kind":"erased"}]', '{"erased":true}')));
select core.end_erasure(array[make.key(2)]);
select results_eq($$select line from core.certificates('', 1)$$,
    array[E'V\t0\t1\t1\t04/2026\t1.0\ten\tchildren-on-the-move\tDemo organisation'], 'an erased learner''s certificate');
select is_empty('select from core.vault where number_id = decode(make.number_id(2), ''hex'')', 'whose number is gone');
select results_eq($$select extract(hour from issued_at)::int from core.certificate where code = '000000000075'$$, array[0], 'the day is all that is left of its time');
select * from finish();
rollback;
