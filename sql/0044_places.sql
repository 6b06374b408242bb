-- Gateways keep at most 4096 groups. A closed one in which nobody learns any more gives its place to a new one, once there is none left: its
-- code is known to nobody from then on, its people stay in it and in its figures, and one who comes back learns as without a group.

set local role waypost_owner;

alter table core.cohort add column away_at timestamptz, add check (away_at is null or closed_at is not null);
comment on column core.cohort.away_at is 'Since when gateways do not know it: it gave its place to another. `waypost cohort` brings it back when it changes it.';

create or replace function core.n_cohorts() returns bigint
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
select count(*) from core.cohort c where c.join_code is not null and c.away_at is null
$$;
comment on function core.n_cohorts() is 'How many groups gateways know, closed ones too.';

-- Who gives its place: closed for 60 days, and so long nobody of it did anything, who is lost by then (docs/course-rules.md 3.2, B4), nor
-- had anything before them; the longest first.
create function core.cohort_in_the_way(p_code integer default null) returns text
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
select coalesce((select c.join_code::text
    from core.cohort c
    where c.join_code is not null and c.away_at is null and c.closed_at < now() - interval '60 days'
        and not exists (select from unnest(c.dates || array(select upper(r) from unnest(c.pauses) r)) d where d > current_date - 60)
        and not exists (select from core.learner l
                left join core.number_state s on s.learner = l.learner
                left join core.enrolment e on e.org_id = l.org_id and e.learner = l.learner
            where l.org_id = c.org_id and l.cohort_id = c.cohort_id
                and greatest(l.created_at, s.at, e.last_at) > now() - interval '60 days')
    order by c.closed_at, c.cohort_id
    limit 1), 'none')
where core.n_cohorts() >= 4096 and not exists (select from core.cohort c where c.join_code = p_code and c.away_at is null)
$$;
comment on function core.cohort_in_the_way(integer) is
    'Which group must be put away before a new one, or this one again, is known to gateways: none where no group may be. No row: there is room.';

create function core.put_away_cohort(p_code integer) returns void
language sql security definer
set search_path = pg_catalog, pg_temp
as $$
update core.cohort c set away_at = now() where c.join_code = p_code and c.closed_at is not null
$$;
comment on function core.put_away_cohort(integer) is 'Gateways know this closed group no more: its description is null until it is changed.';

-- No description is none in Redis either: who puts it there takes away what lies there.
do $$
declare
    v_change text[];
    v_text text;
begin
    foreach v_change slice 1 in array array[
        ['core.cohort_line(core.cohort)', 'where o.org_id = p.org_id', 'where o.org_id = p.org_id and p.away_at is null'],
        ['core.change_cohort(integer, jsonb)', 'set closed_at = case', 'set away_at = null, closed_at = case'],
        ['core.set_facilitator(integer, text, text, text)', 'select * into v_cohort from core.cohort c where c.join_code = p_code for update;',
            'update core.cohort c set away_at = null where c.join_code = p_code returning * into v_cohort;'],
        ['ops.merge_organisations(text, text)', 'join_until, closed_at, created_at)', 'join_until, closed_at, created_at, away_at)'],
        ['ops.merge_organisations(text, text)', 'c.closed_at, c.created_at', 'c.closed_at, c.created_at, c.away_at']] loop
        v_text := pg_get_functiondef(v_change[1]::regprocedure);
        if strpos(v_text, v_change[2]) = 0 then
            raise exception '% is not what it was: %', v_change[1], v_change[2];
        end if;
        execute replace(v_text, v_change[2], v_change[3]);
    end loop;
end $$;
comment on function core.cohorts(integer) is
    'Groups that have a code, with their description for the gateways: null where one gave its place to another.';

revoke all on function core.cohort_in_the_way(integer), core.put_away_cohort(integer) from public;
grant execute on function core.cohort_in_the_way(integer), core.put_away_cohort(integer) to waypost_writer;

reset role;
