-- Rows that make no sense are refused by the tables themselves.
begin;
select no_plan();
select core.ingest(make.module(1, '2026-11-02 09:00Z'));

create function make.refused(p_sql text, p_state text, p_what text) returns text language sql
return throws_ok(p_sql, p_state, null, p_what);

select make.refused(format('insert into core.event (learner, at, seq, kind, org_id, n, unit, phase, lang)
    values (9, now(), %s, ''en'')', v), s, w)
from (values
    ($$0, 'contact', 1, 0, null, null$$, '23514', 'seq from 1'),
    ($$1, 'contact', 1, 4096, null, null$$, '23514', 'n up to 4095'),
    ($$1, 'contact', 1, -1, null, null$$, '23514', 'n from 0'),
    ($$1, 'danced', 1, 0, null, null$$, '22P02', 'a kind that nobody knows'),
    ($$1, 'answered', 1, 0, null, 'quiz'$$, '23514', 'an answer without a question'),
    ($$1, 'answered', 1, 0, 'm1q1', null$$, '23514', 'an answer without a phase'),
    ($$1, 'answered', 1, 0, repeat('x', 32), 'quiz'$$, '23514', 'a unit id of 32 characters'),
    ($$1, null, 1, 0, null, null$$, '23502', 'no kind')) t (v, s, w);
select lives_ok($$insert into core.event (learner, at, seq, kind, org_id, n, unit, phase, lang)
    values (9, now(), 1, 'answered', 1, 4095, repeat('x', 31), 'quiz', 'en')$$,
    'n = 4095 and a unit id of 31 characters');

select make.refused(format('insert into core.vault values (%s, now())', v), '23514', w)
from (values
    ($$'\x01', decode(repeat('00', 12), 'hex'), decode(repeat('00', 29), 'hex'), 1$$, 'number_id of one byte'),
    ($$decode(repeat('00', 16), 'hex'), '\x00', decode(repeat('00', 29), 'hex'), 1$$, 'nonce of one byte'),
    ($$decode(repeat('00', 16), 'hex'), decode(repeat('00', 12), 'hex'), decode(repeat('00', 16), 'hex'), 1$$, 'a tag and nothing in it'),
    ($$decode(repeat('00', 16), 'hex'), decode(repeat('00', 12), 'hex'), decode(repeat('00', 29), 'hex'), 0$$, 'key 0')) t (v, w);

select make.refused(format('insert into core.certificate (code, learner, course_id, score, issued_at)
    values (%s, %L, 1, %s, now())', c, make.key(1), s), '23514', w)
from (values ($$'12345678901'$$, 80, 'a code of 11 digits'), ($$'12345678901a'$$, 80, 'a letter in a code'),
    ($$'123456789012'$$, 101, 'more than 100 percent')) t (c, s, w);
insert into core.certificate (code, learner, course_id, score, issued_at)
values ('123456789012', make.key(1), (select course_id from core.course_version limit 1), 80, now());
select make.refused(format('insert into core.certificate (code, learner, course_id, score, issued_at)
    values (''123456789012'', %L, (select course_id from core.course_version limit 1), 80, now())', make.key(1)),
    '23505', 'a certificate code that is taken');

select make.refused($$insert into core.organisation (code, name, is_default) values ('second', 'Second', true)$$,
    '23505', 'two default organisations');
select make.refused($$insert into core.organisation (code, name) values ('Not a code', 'x')$$, '23514', 'organisation code');
select lives_ok(format('insert into core.organisation (code, name) values (%L, %L)', 'north', repeat('ж', 80)), 'an organisation name of 160 bytes');
select throws_ok(format('update core.organisation set name = %L where code = %L', repeat('ж', 80) || 'x', 'north'), '23514',
    'new row for relation "organisation" violates check constraint "organisation_name_has_at_most_160_bytes"', 'and of 161');
-- What they are called holds nothing that a reader does not see, or that changes what stands beside it.
select is(core.is_name(n), true, format('a name: %s', n))
from (values ('Nairobi A'), ('O''Brien & Sons (2)'), (U&'\0634\0628\0627\0628 5'), (U&'\0645\06CC\200C\062E\0648\0627\0647\0645'), (U&'Vie\0323\0302t'),
    (U&'\+01F468\200D\+01F469'), (U&'e\0301\0301\0301\0301\0301')) t (n);
select is(core.is_name(n), false, format('no name: %s', w))
from (values ('', 'nothing'), (' a', 'a blank before'), ('a ', 'and behind'), (E'a\nb', 'two lines'), (E'a\x1b[2J', 'an order to a terminal'), (U&'a\0085b', 'a C1 control'),
    (U&'a\202Eb', 'an override'), (U&'a\2066b', 'an isolate'), (U&'a\2028b', 'a separator'), (U&'a\200Bb', 'no width'), (U&'\FEFFa', 'a byte order mark'),
    (U&'a\E000', 'a private sign'), (U&'a\+0E0041', 'a tag'), (U&'\3164', 'a filler'), (U&'\0301a', 'a mark first'),
    (U&'e\0301\0301\0301\0301\0301\0301', 'six marks upon a letter')) t (n, w);
select throws_ok(format('update core.organisation set name = %L where code = %L', U&'a\202Eb', 'north'), '23514',
    'new row for relation "organisation" violates check constraint "organisation_name_is_one"', 'so an organisation is not called so');
select make.refused($$select core.create_cohort(jsonb_build_object('code', '482164', 'name', U&'a\202Eb'))$$, '23514', 'nor a group');
-- A group that has the longest of everything: gateways read its description, with 160 bytes of nicknames and 20 for larger figures.
insert into core.cohort (org_id, code, name, join_code, course, lang, time_zone, pace, start_on, dates, pauses, quiet_from, quiet_to, days_off, join_until)
select o.org_id, '482156', repeat('🌻', 40), 482156, repeat('c', 31), 'zh-Hant', 'America/Argentina/ComodRivadavia', 'weekly', '2026-01-05',
    array(select date '2026-01-05' + i * 7 from generate_series(1, 16) i), array(select daterange(date '2026-01-05' + i * 7, date '2026-01-07' + i * 7) from generate_series(1, 8) i),
    '20:00', '08:00', '{mon,tue,wed,thu,fri,sat,sun}', now()
from core.organisation o where o.code = 'north';
select core.set_facilitator(482156, make.number_id(i), repeat('01', 8), repeat('02', 16)) from generate_series(1, 3) i;
select cmp_ok(octet_length(l.line || ';finished=M10:1000;hardest=M10Q10:100;nudge=4:2026-01-05T06:00:00Z;silent=') + 160 + 20, '<=', 1536, 'it stays within COHORT_MAX_BYTES')
from core.cohorts(482156) l;
select make.refused($$insert into core.enrolment (learner, course, org_id) values (77, 'c', 1)$$, '23503', 'an enrolment of nobody');
select make.refused($$insert into core.free_text (learner, seq, n, org_id, at, text) values (1, 1, 0, 1, now(), repeat('x', 1601))$$,
    '23514', 'free text of 1601 characters');
select * from finish();
rollback;
