-- Who completed which module: of each learner and unit what was completed was looked for among all units and completions, sorted together by a pseudonym.
-- For 100,000 learners who had done 7,000,000 units that took 22 processor seconds, and report.modules(), caught_up() and module_rates() ask it. Now the
-- units of a module are put together first, and completions are joined to what is left. The counts are the same. Replaces facts.modules of 0013.

set local role report_owner;

create or replace function facts.modules(p_by text) returns setof core.cell
language sql stable
set enable_hashjoin = on
set enable_nestloop = off
set enable_sort = off
begin atomic
    with reached as (
        select u.organisation, u.course, u.module, u.learner_id,
            core.value_of(p_by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via) as value
        from facts.units_done u
        where u.module_kind = 'lessons'
        group by 1, 2, 3, 4, 5),
    done as (
        select m.learner_id, m.course, m.module, bool_or(not m.via_catchup) as is_completed, bool_or(m.is_passed and not m.via_catchup) as is_passed
        from facts.module_completions m
        group by 1, 2, 3)
    select s.organisation, s.course, s.item, s.period, s.value, s.is_mature, s.cells, s.n_hidden, s.part
    from core.safe(array(
        select row(r.organisation, r.course, r.module, null::date, r.value, null::boolean, array[count(*), count(d.learner_id), count(*) filter (where d.is_completed),
            count(*) filter (where d.is_passed)], null::integer, null::text)::core.cell
        from reached r
            left join done d on d.learner_id = r.learner_id and d.course = r.course and d.module = r.module
        group by r.organisation, r.course, r.module, r.value)) s;
end;

reset role;
