-- Published figures are rounded to fives, and a coordinator knows the sum of them: about 30 and about 15 of 41 can only be 28 and 13, and
-- with the whole time of a country that said who joined in the other months. So the values of a month are said of a count only where the
-- sum leaves room between what each of them may be. What is published already stays: nobody can change it. Replaces that of 0023.

set local role waypost_owner;

create or replace function core.publish_month(p_month date, p_now timestamptz default now()) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_month date := date_trunc('month', p_month::timestamp)::date;
    v_end timestamptz := (v_month + interval '1 month') at time zone 'UTC';
    v_is_sensitive boolean := exists (select from core.sensitive_country);
    v_least integer := case when v_is_sensitive then 20 else 10 end;
    v_room constant integer := 2;
    v_n bigint;
begin
    if p_now < v_end + interval '5 days' then
        raise exception 'the month % is published from the 6th of the next one on', to_char(v_month, 'YYYY-MM')
            using errcode = 'object_not_in_prerequisite_state';
    elsif exists (select from core.public_figure f where f.month >= v_month) then
        raise exception 'the month % is published, or a later one', to_char(v_month, 'YYYY-MM') using errcode = 'unique_violation';
    end if;
    with counted as (
        select e.course, g.by, g.value, count(*) as enrolled, count(*) filter (where e.started_at < v_end) as started,
            count(*) filter (where e.completed_at < v_end) as completed, count(*) filter (where e.certified_at < v_end) as certified
        from core.enrolment e
            join core.learner l on l.org_id = e.org_id and l.learner = e.learner
            cross join lateral (values ('all', 'all'), ('language', coalesce(l.lang, 'und')), ('country', coalesce(l.country, 'none'))) as g (by, value)
        where e.consent_at < v_end and not l.is_test and (e.started_at is not null or e.stopped_at is null)
            and not (v_is_sensitive and g.by = 'language')
        group by 1, 2, 3),
    kinds as (
        select c.course, c.by, c.value, k.kind, k.n, k.n_before, k.n between 1 and v_least - 1
                or k.n_before - k.n between 1 and v_least - 1 or k.n_before between 1 and v_least - 1 as is_small
        from counted c cross join lateral (values ('enrolled', c.enrolled, null::bigint), ('started', c.started, c.enrolled),
            ('completed', c.completed, c.started), ('certified', c.certified, c.completed)) as k (kind, n, n_before)),
    beside as (
        select k.*, count(*) filter (where k.is_small) over same as n_small, sum(k.n) filter (where k.is_small) over same as in_small,
            row_number() over (partition by k.course, k.by, k.kind, k.is_small or k.n = 0 order by k.n, k.value) as place
        from kinds k window same as (partition by k.course, k.by, k.kind)),
    rounded as (
        select b.course, b.by, b.value, b.kind, b.n, case when not coalesce(b.is_small, false)
            and not (b.place = 1 and b.n > 0 and (b.n_small = 1 or b.n_small > 1 and b.in_small < v_least)) then core.public_count(b.n, v_least) end as shown
        from beside b),
    -- How far all values together may be below what is said of them, and above: their sum is known, so with no room at all each is known.
    said as (
        select r.course, r.by, r.value, r.kind, r.n, case when r.by = 'all' or r.is_any_unsaid or r.n_values = 1 or r.below >= v_room and r.above >= v_room then r.shown end as shown
        from (select x.*, bool_or(x.shown is null) over same as is_any_unsaid, count(*) filter (where x.n > 0) over same as n_values,
                sum(x.n - x.shown + 2) filter (where x.n > 0) over same as below, sum(x.shown + 2 - x.n) filter (where x.n > 0) over same as above
            from rounded x window same as (partition by x.course, x.by, x.kind)) r),
    rows as (
        select s.course, s.by, s.value, max(s.shown) filter (where s.kind = 'enrolled') as enrolled, max(s.shown) filter (where s.kind = 'started') as started,
            max(s.shown) filter (where s.kind = 'completed') as completed, max(s.shown) filter (where s.kind = 'certified') as certified,
            max(s.n) filter (where s.kind = 'started') as n_started,
            round(100.0 * max(s.n) filter (where s.kind = 'completed') / nullif(max(s.n) filter (where s.kind = 'started'), 0)) as percent
        from said s group by 1, 2, 3)
    insert into core.public_figure (month, course, by, value, enrolled, started, completed, certified, percent_completed)
    select v_month, r.course, r.by, r.value, r.enrolled, r.started, r.completed, r.certified,
        case when r.started >= v_least and r.completed is not null then
            case when r.n_started >= 30 then round(r.percent / 5) * 5 else least(95, greatest(5, round(r.percent / 5) * 5)) end end::integer
    from rows r;
    get diagnostics v_n = row_count;
    return v_n;
end $$;

reset role;
