-- What a group does together, and who is behind it.

set local role waypost_owner;

-- A module in short and its quiz. Its answers count as learning, in the learner's own score, and in no figure of a
-- question; a module_completed of this phase is told apart from those that came by the lessons.
alter type core.phase add value 'catchup';

set local role report_owner;

create function report.caught_up(by text default 'all')
returns table (organisation text, course text, module text, value text, caught_up bigint, n_hidden integer)
language sql stable
begin atomic
    select s.organisation, s.course, s.item, s.value, s.cells[1], s.n_hidden
    from core.safe(array(
        select row(x.organisation, x.course, x.module, null, x.value, null, array[count(*)], null)::core.cell
        from (select distinct u.organisation, u.course, u.module, g.value, u.learner_id
            from report.units_done u
                cross join lateral (values (core.value_of(by, u.lang, u.cohort, u.country, u.role_choice, u.first_channel, u.first_via)))
                    as g (value)
                join report.module_completions m on m.learner_id = u.learner_id and m.course = u.course and m.module = u.module
                    and m.via_catchup) x
        group by x.organisation, x.course, x.module, x.value)) s
    where core.is_property(by)
    order by 1, 2, 3, 4;
end;
comment on function report.caught_up(text) is
'C1, beside report.modules: learners who were more than one module behind and completed this one in short, with three of four quiz questions right. Empty = too few to show.';
revoke execute on function report.caught_up(text) from public;
grant execute on function report.caught_up(text) to coordinator;

set local role waypost_owner;
