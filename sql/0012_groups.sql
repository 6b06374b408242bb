-- Groups: codes to join by, how each learns, and members who come by the event log.

set local role waypost_owner;

alter type core.event_kind add value 'group_joined';
alter type core.event_kind add value 'group_left';

-- ---- what a group is ----

-- The group's code is spoken and typed, so it is short and has a check digit (gateway/core/cohort.h). Whoever has
-- it may join: thirty days long, and not later than in the third week.
alter table core.cohort
    add column join_code integer unique check (join_code between 100000 and 999999),
    add column course text check (char_length(course) between 1 and 31),
    add column lang text check (char_length(lang) between 2 and 7),
    add column pace text not null default 'weekly' check (pace in ('weekly', 'open', 'dates')),
    add column start_on date,
    add column dates date[] not null default '{}' check (cardinality(dates) <= 16),
    add column quiet_from time,
    add column quiet_to time,
    add column days_off text[] not null default '{}'
        check (days_off <@ array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']),
    add column pauses daterange[] not null default '{}' check (cardinality(pauses) <= 8),
    add column join_until timestamptz,
    add column closed_at timestamptz,
    add column created_at timestamptz not null default now(),
    add check ((quiet_from is null) = (quiet_to is null)),
    add check (name !~ '[;=[:cntrl:]]' and char_length(name) <= 40);

-- Who looks after a group: known by the number's pseudonym, so that GROUP finds it; the number itself is nowhere.
create table core.facilitator (
    cohort_id integer not null references core.cohort,
    number_id bytea not null check (octet_length(number_id) = 16),
    pin_salt bytea not null check (octet_length(pin_salt) = 8),
    pin_hash bytea not null check (octet_length(pin_hash) = 16),
    added_at timestamptz not null default now(),
    primary key (cohort_id, number_id)
);

-- What a facilitator is told: how many are in, learned this week, finished the furthest module that a third of them
-- (or anybody) finished, and which question of the quizzes fewest had right, of those that five answered.
create function core.cohort_figures(p core.cohort, p_zone text) returns text
language sql stable
as $$
with member as materialized (
    select l.learner from core.learner l
    where l.org_id = p.org_id and l.cohort_id = p.cohort_id and not l.is_test),
finished as (
    select e.unit, count(distinct e.learner) as n
    from member m join core.event e on e.org_id = p.org_id and e.learner = m.learner and e.kind = 'module_completed'
    group by e.unit)
select concat_ws(';', 'joined=' || (select count(*) from member),
    'active=' || (select count(distinct d.learner) from member m join core.active_day d on d.org_id = p.org_id
        and d.learner = m.learner and d.day >= date_trunc('week', now() at time zone p_zone)::date),
    'finished=' || (select upper(f.unit) || ':' || f.n from finished f
        order by 3 * f.n >= (select count(*) from member) desc, char_length(f.unit) desc, f.unit desc limit 1),
    'hardest=' || (select upper(u.unit) || ':' || round(100.0 * sum(u.n_right) / sum(u.answered))
        from core.unit_cohort u join core.unit t using (course_id, unit)
        where u.org_id = p.org_id and u.cohort_id = p.cohort_id and t.module_kind = 'lessons'
        group by u.unit having sum(u.answered) >= 5
        order by sum(u.n_right) / sum(u.answered), u.unit limit 1))
$$;

-- As gateways keep it in memory: gateway/core/cohort.h says how it is read.
create function core.cohort_line(p core.cohort) returns text
language sql stable
as $$
select concat_ws(';', 'name=' || p.name, 'org=' || translate(o.name, ';=', ',-'), 'lang=' || p.lang, 'course=' || p.course,
    'zone=' || coalesce(p.time_zone, o.time_zone), 'pace=' || p.pace, 'start=' || p.start_on,
    'dates=' || nullif(array_to_string(p.dates, ' '), ''),
    'pauses=' || (select string_agg(lower(r) || '..' || upper(r) - 1, ' ') from unnest(p.pauses) r),
    'quiet=' || to_char(p.quiet_from, 'HH24:MI') || '-' || to_char(p.quiet_to, 'HH24:MI'),
    'off=' || nullif(array_to_string(p.days_off, ' '), ''),
    'state=' || case when p.closed_at is null then 'open' else 'closed' end,
    'until=' || to_char(p.join_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'lead=' || (select string_agg(concat_ws(':', encode(f.number_id, 'hex'), encode(f.pin_salt, 'hex'),
        encode(f.pin_hash, 'hex')), ' ' order by f.added_at) from core.facilitator f where f.cohort_id = p.cohort_id),
    core.cohort_figures(p, coalesce(p.time_zone, o.time_zone)))
from core.organisation o where o.org_id = p.org_id
$$;

-- ---- what `waypost cohort` asks for ----

-- {code, name, organisation, course, lang, pace, start, dates, zone, quiet_from, quiet_to, days_off}: all but code
-- and name may be left out. Its description for the gateways, and null where the code is another group's already.
create function core.create_cohort(p jsonb) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_org core.organisation;
    v_zone text := p ->> 'zone';
    v_start date := coalesce((p ->> 'start')::date, current_date);
    v_cohort core.cohort;
begin
    select * into v_org from core.organisation o
    where case when p ->> 'organisation' is null then o.is_default else o.code = p ->> 'organisation' end;
    if v_org.org_id is null then
        raise exception 'there is no organisation %; there are %', p ->> 'organisation',
            (select string_agg(o.code, ', ' order by o.code) from core.organisation o) using errcode = 'no_data_found';
    elsif v_zone is not null and not exists (select from pg_timezone_names z where z.name = v_zone) then
        raise exception 'there is no time zone %; write it like Africa/Nairobi', v_zone using errcode = 'no_data_found';
    end if;
    insert into core.cohort (org_id, code, name, time_zone, join_code, course, lang, pace, start_on, dates, quiet_from,
        quiet_to, days_off, join_until)
    values (v_org.org_id, p ->> 'code', p ->> 'name', v_zone, (p ->> 'code')::integer, p ->> 'course', p ->> 'lang',
        coalesce(p ->> 'pace', 'weekly'), v_start,
        array(select d::date from jsonb_array_elements_text(coalesce(p -> 'dates', '[]')) d),
        (p ->> 'quiet_from')::time, (p ->> 'quiet_to')::time,
        array(select d from jsonb_array_elements_text(coalesce(p -> 'days_off', '[]')) d),
        least(now() + interval '30 days', (v_start + 21)::timestamp at time zone coalesce(v_zone, v_org.time_zone)))
    on conflict do nothing
    returning * into v_cohort;
    if v_cohort.join_until < now() then
        raise exception 'the group began more than three weeks ago: nobody could join it' using errcode = 'check_violation';
    end if;
    return core.cohort_line(v_cohort);
end $$;
comment on function core.create_cohort(jsonb) is
    'Makes a group that may be joined by its code. Its description for the gateways; null where the code is taken.';

-- What changes: {closed: true or false, renew: true, pause: [first day, last day], resume: true}.
create function core.change_cohort(p_code integer, p jsonb) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_cohort core.cohort;
begin
    update core.cohort c
    set closed_at = case when p -> 'closed' = 'true' then coalesce(c.closed_at, now())
            when p -> 'closed' = 'false' then null else c.closed_at end,
        join_until = case when p -> 'renew' = 'true' then now() + interval '30 days' else c.join_until end,
        pauses = case when p ? 'pause'
                then c.pauses || daterange((p -> 'pause' ->> 0)::date, (p -> 'pause' ->> 1)::date, '[]')
            when p -> 'resume' = 'true' then array(
                select case when upper(r) > current_date then daterange(lower(r), current_date) else r end
                from unnest(c.pauses) r where lower(r) < current_date)
            else c.pauses end
    where c.join_code = p_code
    returning * into v_cohort;
    if not found then
        raise exception 'there is no group %; `waypost cohort list` shows all', p_code using errcode = 'no_data_found';
    end if;
    return core.cohort_line(v_cohort);
end $$;
comment on function core.change_cohort(integer, jsonb) is
    'Closes, opens, pauses a group or makes its code good for another thirty days. Its description for the gateways.';

-- All groups with a code, or one of them, in words. Members are those who agreed; active this week who learned
-- since Monday.
create function core.cohorts(p_code integer default null)
returns table (code text, line text, name text, organisation text, course text, lang text, pace text, start_on text,
    join_until text, state text, members text, active text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
select c.join_code::text, core.cohort_line(c), c.name, o.code, c.course, c.lang, c.pace, c.start_on::text,
    to_char(c.join_until at time zone coalesce(c.time_zone, o.time_zone), 'YYYY-MM-DD HH24:MI'),
    case when c.closed_at is not null then 'closed'
        when current_date <@ any (c.pauses) then 'paused'
        when c.join_until <= now() then 'full' else 'open' end,
    (select count(*) from core.learner l where l.org_id = c.org_id and l.cohort_id = c.cohort_id
        and not l.is_test)::text,
    (select count(distinct d.learner) from core.learner l join core.active_day d on d.org_id = l.org_id
        and d.learner = l.learner
        where l.org_id = c.org_id and l.cohort_id = c.cohort_id and not l.is_test
            and d.day >= date_trunc('week', now() at time zone coalesce(c.time_zone, o.time_zone))::date)::text
from core.cohort c join core.organisation o using (org_id)
where c.join_code is not null and (p_code is null or c.join_code = p_code)
order by c.created_at, c.cohort_id
$$;
comment on function core.cohorts(integer) is 'Groups that may be joined by a code, with their description for the gateways.';

-- At most three a group; the same number again gets the new PIN. A null hash takes it away.
create function core.set_facilitator(p_code integer, p_number text, p_salt text, p_hash text) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_cohort core.cohort;
begin
    select * into v_cohort from core.cohort c where c.join_code = p_code for update;
    if not found then
        raise exception 'there is no group %; `waypost cohort list` shows all', p_code using errcode = 'no_data_found';
    end if;
    delete from core.facilitator f where f.cohort_id = v_cohort.cohort_id and f.number_id = decode(p_number, 'hex');
    if p_hash is null and not found then
        raise exception 'that number does not look after group %', p_code using errcode = 'no_data_found';
    elsif p_hash is not null then
        if (select count(*) from core.facilitator f where f.cohort_id = v_cohort.cohort_id) >= 3 then
            raise exception 'group % has three facilitators already; remove one first', p_code
                using errcode = 'check_violation';
        end if;
        insert into core.facilitator (cohort_id, number_id, pin_salt, pin_hash)
        values (v_cohort.cohort_id, decode(p_number, 'hex'), decode(p_salt, 'hex'), decode(p_hash, 'hex'));
    end if;
    return core.cohort_line(v_cohort);
end $$;
comment on function core.set_facilitator(integer, text, text, text) is
    'Who looks after a group, by the pseudonym of the number, and the hash of the PIN (null: not any more).';

-- ---- members ----

alter table core.learner add column group_seq integer not null default 0; -- of the step that set the cohort

-- A step of the log moves its own learner, whose other steps come by the same writer: there is nothing to hold.
create or replace function core.hold_ingest() returns trigger
language plpgsql
as $$
begin
    if current_setting('waypost.is_ingesting', true) is distinct from 'on' then
        lock table core.membership in share row exclusive mode;
    end if;
    return null;
end $$;

-- Who joined a group or left one, from the steps of a batch, behind core.put_steps and as idempotent.
create function core.put_groups(p_learner uuid[], p_seq integer[], p_step integer[], p_kind text[], p_code text[])
returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    if not p_kind && array['group_joined', 'group_left'] then
        return;
    end if;
    perform set_config('waypost.is_ingesting', 'on', true);
    update core.learner l
    set org_id = coalesce(c.org_id, l.org_id), cohort_id = c.cohort_id, group_seq = v.seq
    from (select distinct on (p_learner[e.step]) p_learner[e.step] as learner_id, p_seq[e.step] as seq, e.kind, e.code
            from unnest(p_step, p_kind, p_code) with ordinality as e (step, kind, code, i)
            where e.kind in ('group_joined', 'group_left')
            order by p_learner[e.step], p_seq[e.step] desc, e.i desc) v
        left join core.cohort c on v.kind = 'group_joined' and c.join_code = v.code::integer
    where l.learner_id = v.learner_id and v.seq > l.group_seq and (v.kind = 'group_left' or c.cohort_id is not null);
    perform set_config('waypost.is_ingesting', 'off', true);
end $$;
comment on function core.put_groups(uuid[], integer[], integer[], text[], text[]) is
    'Sets the group, and its organisation, of who joined or left one in the steps of a batch.';

-- Groups go with their codes and settings.
create or replace function ops.merge_organisations(p_from text, p_into text) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_from smallint := (select o.org_id from core.organisation o where o.code = p_from);
    v_into smallint := (select o.org_id from core.organisation o where o.code = p_into);
    v_n bigint;
begin
    if v_from is null or v_into is null or v_from = v_into then
        raise exception 'two organisations are needed, by their codes; see core.organisation' using errcode = 'no_data_found';
    end if;
    insert into core.cohort (org_id, code, name, time_zone, course, lang, pace, start_on, dates, quiet_from, quiet_to,
        days_off, pauses, join_until, closed_at, created_at)
    select v_into, c.code, c.name, c.time_zone, c.course, c.lang, c.pace, c.start_on, c.dates, c.quiet_from, c.quiet_to,
        c.days_off, c.pauses, c.join_until, c.closed_at, c.created_at
    from core.cohort c where c.org_id = v_from
    on conflict (org_id, code) do nothing;
    update core.learner l
    set org_id = v_into,
        cohort_id = (select n.cohort_id from core.cohort o join core.cohort n on n.org_id = v_into and n.code = o.code
            where o.cohort_id = l.cohort_id)
    where l.org_id = v_from;
    get diagnostics v_n = row_count;
    update core.cohort c set join_code = null, closed_at = coalesce(c.closed_at, now()) where c.org_id = v_from;
    update core.cohort c set join_code = c.code::integer
    where c.org_id = v_into and c.join_code is null and c.code ~ '^[1-9][0-9]{5}$';
    insert into core.member (login, org_id) select m.login, v_into from core.member m where m.org_id = v_from
    on conflict do nothing;
    if (select o.is_default from core.organisation o where o.org_id = v_from) then
        update core.organisation set is_default = false where org_id = v_from;
        update core.organisation set is_default = true where org_id = v_into;
    end if;
    return v_n;
end $$;

grant execute on function core.put_groups(uuid[], integer[], integer[], text[], text[]), core.create_cohort(jsonb),
    core.change_cohort(integer, jsonb), core.cohorts(integer), core.set_facilitator(integer, text, text, text)
    to waypost_writer;

reset role;
