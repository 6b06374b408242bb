-- Certificates: what anybody is told who has the code, which ones were taken back, and who looked.

set local role waypost_owner;

-- The line is made when the certificate is (gateway/core/certificate.h), and lies in Redis by the code: V or R, module
-- (0: the course), modules, hours, month, version, language, title, organisation, with tabs between them. It has nothing
-- of the learner, so that it may stay when the learner is erased.
alter table core.certificate
    add column says text check (says ~ E'^V\t[0-9]+\t[0-9]+\t[0-9]+\t' and octet_length(says) <= 400),
    add column module smallint not null default 0 check (module >= 0),
    add column revoked_reason text check (revoked_reason in ('fraud', 'wrong-profile', 'course-withdrawn')),
    add check ((revoked_at is null) = (revoked_reason is null));
comment on table core.certificate is 'Certificates by their code, five years. The learner is known until he or she is erased; what is told of one names nobody.';
comment on column core.certificate.code is 'Twelve digits, random, the last one a check digit.';
comment on column core.certificate.learner is 'Whose it is; after an erasure a pseudonym that leads to nobody.';
comment on column core.certificate.course_id is 'The version that was finished.';
comment on column core.certificate.lang is 'In which language.';
comment on column core.certificate.score is 'Of the last test, in percent: told to the learner only.';
comment on column core.certificate.issued_at is 'When; after an erasure the day.';
comment on column core.certificate.revoked_at is 'When it was taken back; empty: it is valid.';
comment on column core.certificate.says is 'What anybody is told who has the code, as gateways keep it; empty: of an earlier program, core.certificate_line makes one.';
comment on column core.certificate.module is 'Number of the module that it is for; 0: the whole course.';
comment on column core.certificate.revoked_reason is 'Why it was taken back.';

create function core.certificate_line(c core.certificate) returns text
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select case when c.revoked_at is null then 'V' else 'R' end || coalesce(substr(c.says, 2), (
        select concat_ws(E'\t', '', c.module, m.n, m.n, to_char(c.issued_at at time zone 'UTC', 'MM/YYYY'),
            substring(v.version from '^[^.]+[.][^.]+'), coalesce(c.lang, ''), v.course, coalesce(o.name, ''))
        from core.course_version v
            cross join lateral (select count(distinct u.module) as n from core.unit u
                where u.course_id = v.course_id and u.module_kind = 'lessons') m
            left join core.learner l on l.learner = c.learner
            left join core.organisation o using (org_id)
        where v.course_id = c.course_id));
end;
comment on function core.certificate_line(core.certificate) is 'What anybody is told who has the code, as gateways keep it.';

-- Those behind a code, in order, for a Redis that lost them.
create function core.certificates(p_after text, p_limit integer)
    returns table (code text, line text, until_ms text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select c.code, core.certificate_line(c), (extract(epoch from c.issued_at + interval '5 years') * 1000)::bigint::text
    from core.certificate c
    where c.code > p_after and c.issued_at > now() - interval '5 years'
    order by c.code limit p_limit;
end;
comment on function core.certificates(text, integer) is 'Certificates behind a code, in order, for gateways.';

-- ---- for people ----

create table core.certificate_access (
    access bigint generated always as identity primary key,
    at timestamptz not null default now(),
    login name not null default session_user,
    what text not null check (what in ('list', 'check', 'revoke', 'issue')),
    code text check (char_length(code) <= 40),
    detail text check (char_length(detail) <= 200)
);
comment on table core.certificate_access is 'Who looked at certificates or took one back. Nobody can change it.';
comment on column core.certificate_access.access is 'In order.';
comment on column core.certificate_access.at is 'When.';
comment on column core.certificate_access.login is 'Whose login.';
comment on column core.certificate_access.what is 'list check revoke issue.';
comment on column core.certificate_access.code is 'The code that was asked about; empty for a list.';
comment on column core.certificate_access.detail is 'The answer, or the reason.';
create trigger only_added before update or delete or truncate on core.certificate_access
    for each statement execute function core.refuse_change();
alter table core.certificate_access enable row level security;
alter table core.certificate_access force row level security;
create policy owner on core.certificate_access to waypost_owner using (true) with check (true);

-- Codes as they were given, one answer for each, in their order. Without a row: NOT FOUND.
create function core.check_certificates(p_codes text[]) returns table (code text, line text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.certificate_access (what, code, detail)
    select 'check', left(a.code, 40), case when c.code is null then 'not found' when c.revoked_at is null then 'valid' else 'revoked' end
    from unnest(p_codes) with ordinality a (code, n) left join core.certificate c on c.code = a.code
    order by a.n;
    return query
    select a.code, core.certificate_line(c)
    from unnest(p_codes) with ordinality a (code, n) left join core.certificate c on c.code = a.code
    order by a.n;
end $$;
comment on function core.check_certificates(text[]) is 'What each of these codes stands for, in their order; on record.';

create function core.list_certificates(p_course text, p_after text, p_limit integer)
    returns table (code text, course text, version text, module text, lang text, issued text, revoked text, reason text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_after = '' then
        insert into core.certificate_access (what, detail) values ('list', p_course);
    end if;
    return query
    select c.code, v.course, v.version, case when c.module > 0 then c.module::text end, c.lang,
        to_char(c.issued_at at time zone 'UTC', 'YYYY-MM'), to_char(c.revoked_at at time zone 'UTC', 'YYYY-MM-DD'), c.revoked_reason
    from core.certificate c join core.course_version v using (course_id)
    where c.code > p_after and (p_course is null or v.course = p_course)
    order by c.code limit p_limit;
end $$;
comment on function core.list_certificates(text, text, integer) is 'Certificates without their learners; on record.';

-- Taken back for good. The line is for the gateways, which get it at once.
create function core.revoke_certificate(p_code text, p_reason text) returns table (line text, until_ms text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.certificate c set revoked_at = now(), revoked_reason = p_reason
    where c.code = p_code and c.revoked_at is null;
    if not found and not exists (select from core.certificate c where c.code = p_code) then
        raise exception 'there is no certificate %', p_code using errcode = '22023';
    end if;
    insert into core.certificate_access (what, code, detail) values ('revoke', p_code, p_reason);
    return query
    select core.certificate_line(c), (extract(epoch from c.issued_at + interval '5 years') * 1000)::bigint::text
    from core.certificate c where c.code = p_code;
end $$;
comment on function core.revoke_certificate(text, text) is 'Takes a certificate back, for good; on record.';

-- ---- Open Badges ----

create table core.badge (
    code text primary key references core.certificate on delete cascade,
    status_index integer generated always as identity (minvalue 0 start 0 maxvalue 131071) unique,
    issued_at timestamptz not null default now()
);
comment on table core.badge is 'Certificates of which a credential was issued: its place in the list of revoked ones.';
comment on column core.badge.code is 'The certificate.';
comment on column core.badge.status_index is 'Bit in the list.';
comment on column core.badge.issued_at is 'When the first one was.';
alter table core.badge enable row level security;
alter table core.badge force row level security;
create policy owner on core.badge to waypost_owner using (true) with check (true);

-- What a badge is made of, and its place in the list; no row: there is no such certificate, or it was revoked.
create function core.issue_badge(p_code text) returns table (line text, status_index text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.badge (code) select c.code from core.certificate c where c.code = p_code and c.revoked_at is null
    on conflict do nothing;
    insert into core.certificate_access (what, code) values ('issue', p_code);
    return query
    select core.certificate_line(c), b.status_index::text from core.certificate c join core.badge b using (code)
    where c.code = p_code and c.revoked_at is null;
end $$;
comment on function core.issue_badge(text) is 'What the credential of a certificate is made of; on record.';

create function core.revoked_badges() returns table (status_index text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select b.status_index::text from core.badge b join core.certificate c using (code) where c.revoked_at is not null order by 1;
end;
comment on function core.revoked_badges() is 'Places of revoked badges in the list that is published.';

create view ops.certificate_access as
select a.at, a.login::text collate "default" as login, a.what, a.code, a.detail from core.certificate_access a order by a.access;
comment on view ops.certificate_access is 'Who looked at certificates or took one back; nobody can change it.';
comment on column ops.certificate_access.at is 'When.';
comment on column ops.certificate_access.login is 'Whose login.';
comment on column ops.certificate_access.what is 'list check revoke issue.';
comment on column ops.certificate_access.code is 'The code that was asked about; empty for a list.';
comment on column ops.certificate_access.detail is 'The answer, or the reason.';

grant execute on function core.certificates(text, integer), core.check_certificates(text[]),
    core.list_certificates(text, text, integer), core.revoke_certificate(text, text), core.issue_badge(text),
    core.revoked_badges() to waypost_writer;
grant select on ops.certificate_access to waypost_operator;
