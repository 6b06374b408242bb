-- Who was active: what is hidden beside a count must hide it. A count that is as large as that of a longer period may be told by
-- it and by a shorter one: what it was to hide then comes out of their sum. So another is taken, if there is one.

set local role waypost_owner;

do $$
declare
    v_safe text := pg_get_functiondef('core.safe(core.cell[], boolean, integer[], text, boolean, integer, integer)'::regprocedure);
    v_pick text := '(array_agg(x.cell order by x.n, x.cell)';
    v_from text := 'v_n[(p.child - 1) * v_width + c] as n,';
begin
    if strpos(v_safe, v_pick) = 0 or strpos(v_safe, v_from) = 0 then
        raise exception 'core.safe does not choose as it did';
    end if;
    execute replace(replace(v_safe, v_pick, '(array_agg(x.cell order by x.is_bound, x.n, x.cell)'), v_from, v_from || '
                        not p_is_added_up and coalesce(v_n[(p.child - 1) * v_width + c] = any (v_near[(p.child - 1) * p_near + 1:p.child * p_near]), false) as is_bound,');
end $$;

reset role;
set local role report_owner;

-- Beside a count are those of longer periods; nothing where there are none, since by itself each would be told.
do $$
declare
    v_activity text := pg_get_functiondef('facts.activity(text, text)'::regprocedure);
    v_change text[];
begin
    foreach v_change slice 1 in array array[
        ['COALESCE(a_1.n, c_1.n)', 'a_1.n'],
        ['COALESCE(t.n, o.n)', 't.n'],
        ['(c_1.n + ((o.value IS NOT NULL))::integer)', 'CASE WHEN o.value IS NOT NULL THEN c_1.n + 1 END']]
    loop
        if strpos(v_activity, v_change[1]) = 0 then
            raise exception 'facts.activity does not read as it did: %', v_change[1];
        end if;
        v_activity := replace(v_activity, v_change[1], v_change[2]);
    end loop;
    execute v_activity;
end $$;

reset role;
