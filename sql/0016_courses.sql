-- Several courses on one gateway: which version of each may be begun, and who approved which text.

set local role waypost_owner;

create table core.course_start (
    course text primary key check (char_length(course) between 1 and 31),
    version text,
    next_version text,
    next_at timestamptz,
    changed_at timestamptz not null default now(),
    check ((next_version is null) = (next_at is null))
);
comment on table core.course_start is 'Which version of a course new learners begin. Learners who have begun stay on theirs, unless its number says otherwise.';
comment on column core.course_start.course is 'Id of the course.';
comment on column core.course_start.version is 'Version that is begun now; empty where the course is withdrawn.';
comment on column core.course_start.next_version is 'Version that takes its place at next_at.';
comment on column core.course_start.next_at is 'When the next version goes live.';
comment on column core.course_start.changed_at is 'When this was last changed.';

-- Before, the version that was published last was begun.
insert into core.course_start (course, version)
select distinct on (course) course, version from core.course_version
where hash is not null order by course, published_at desc, course_id desc;

create table core.approval (
    course_id integer not null references core.course_version,
    hash text not null check (char_length(hash) = 64),
    approved_by text not null check (char_length(approved_by) between 1 and 120),
    approved_at timestamptz not null default now(),
    primary key (course_id, approved_by)
);
comment on table core.approval is 'Who approved the text of a version for publishing, and when.';
comment on column core.approval.course_id is 'The version.';
comment on column core.approval.hash is 'SHA-256 of its files: the text that was approved.';
comment on column core.approval.approved_by is 'Name and role, as given to `waypost lessons publish --approved-by`.';
comment on column core.approval.approved_at is 'When it was approved.';

-- As the gateways read it, by course: "1.0.0@1767225600000" (since when the first version of this first number is
-- live), "1.0.0@1767225600000 1.1.0 1798761600000" (the next and from when), "-" for none.
create function core.course_starts(p_course text default null) returns table (course text, value text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select s.course, coalesce(b.version || '@' || (extract(epoch from greatest(f.published_at,
            case when s.next_at <= now() then s.next_at end)) * 1000)::bigint, '-') ||
        case when s.next_at > now() then
            format(' %s %s', s.next_version, (extract(epoch from s.next_at) * 1000)::bigint) else '' end
    from core.course_start s
        cross join lateral (select case when s.next_at <= now() then s.next_version else s.version end as version) b
        left join lateral (select min(v.published_at) as published_at from core.course_version v
            where v.course = s.course and v.hash is not null
                and split_part(v.version, '.', 1) = split_part(b.version, '.', 1)) f on true
    where p_course is null or s.course = p_course order by s.course;
end;
comment on function core.course_starts(text) is 'Which version of each course is begun, for gateways.';

-- A published version goes live, now or at a time; who approved it is written down.
create function core.start_course(p_course text, p_version text, p_at timestamptz, p_approved_by text) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v core.course_version;
begin
    select * into v from core.course_version c
    where c.course = p_course and c.version = p_version and c.hash is not null;
    if not found then
        raise exception '%@% is not published', p_course, p_version using errcode = 'no_data_found';
    end if;
    if p_approved_by is not null then
        insert into core.approval (course_id, hash, approved_by) values (v.course_id, v.hash, p_approved_by)
        on conflict do nothing;
    end if;
    insert into core.course_start as s (course, version, next_version, next_at)
    values (p_course, case when p_at is null or p_at <= now() then p_version end,
        case when p_at > now() then p_version end, case when p_at > now() then p_at end)
    on conflict (course) do update
    set version = case when excluded.version is not null then excluded.version
            when s.next_at <= now() then s.next_version else s.version end,
        next_version = excluded.next_version, next_at = excluded.next_at, changed_at = now();
end $$;
comment on function core.start_course(text, text, timestamptz, text) is
    'New learners begin this version of the course, from now or from a time on.';

create function core.withdraw_course(p_course text) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.course_start set version = null, next_version = null, next_at = null, changed_at = now()
    where course = p_course;
    if not found then
        raise exception 'no course % is published', p_course using errcode = 'no_data_found';
    end if;
end $$;
comment on function core.withdraw_course(text) is 'Nobody begins the course any more; who has begun goes on.';

create function core.list_courses() returns table (course text, version text, published_at text, state text, learners text,
    approved text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select c.course, c.version, to_char(c.published_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
        case when c.version = s.next_version and s.next_at > now()
                then 'from ' || to_char(s.next_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
            when c.version = case when s.next_at <= now() then s.next_version else s.version end then 'begun'
            else 'not begun' end,
        (select count(*) from core.enrolment e where e.course_id = c.course_id)::text,
        (select string_agg(format('%s, %s', a.approved_by, to_char(a.approved_at at time zone 'UTC', 'YYYY-MM-DD')), '; '
            order by a.approved_at) from core.approval a where a.course_id = c.course_id)
    from core.course_version c left join core.course_start s on s.course = c.course
    where c.hash is not null order by c.course, c.published_at, c.course_id;
end;
comment on function core.list_courses() is 'All published versions, for `waypost lessons list`.';

grant execute on function core.course_starts(text), core.start_course(text, text, timestamptz, text),
    core.withdraw_course(text), core.list_courses() to waypost_writer;
