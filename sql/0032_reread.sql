-- A log that is read again (a new epoch of Redis, a database restored from a dump) brings each step a second time.
-- core.put_steps asked of them one by one whether it is here, and looked through the whole batch for each: the time grew
-- with the square of the batch (3.4 s for 960 steps, 12.4 s for 1,920), and the writer's batches ran into their
-- timeout. Now one question is asked for all of them; one by one go only those that are here with other content.

set local role waypost_owner;

-- Of the steps p_rest: true for those that are in core.event with the same content or have none, null for the others.
create function core.which_are_here(p_rest integer[], p_org smallint[], p_learner bigint[], p_seq integer[],
    p_at timestamptz[], p_step integer[], p_n integer[], p_kind core.event_kind[], p_unit text[], p_choice integer[],
    p_value integer[]) returns boolean[]
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan
as $$
declare
    v_is_here boolean[] := array_fill(null::boolean, array[cardinality(p_seq)]);
    v_i integer;
begin
    for v_i in
        select r.i
        from unnest(p_rest) as r (i)
            left join (
                select e.step, array_agg(row(e.n, e.kind, e.unit, e.choice, e.value) order by e.n) as content
                from unnest(p_step, p_n, p_kind, p_unit, p_choice, p_value) as e (step, n, kind, unit, choice, value)
                group by e.step
            ) came on came.step = r.i
            left join lateral ( -- the same step with other content is kept beside it, eight numbers further on
                select min(e.at) as at, array_agg(row(e.n % 8, e.kind, e.unit, e.choice, e.value) order by e.n) as content
                from core.event e
                where e.org_id = p_org[r.i] and e.learner = p_learner[r.i] and e.seq = p_seq[r.i]
                group by e.n / 8
            ) here on true
        where came.content is null or (here.at = p_at[r.i] and here.content is not distinct from came.content)
    loop
        v_is_here[v_i] := true;
    end loop;
    return v_is_here;
end $$;
revoke execute on function core.which_are_here(integer[], smallint[], bigint[], integer[], timestamptz[], integer[],
    integer[], core.event_kind[], text[], integer[], integer[]) from public;

do $$
declare
    v_put text := pg_get_functiondef('core.put_steps(bytea[], uuid[], integer[], timestamptz[], timestamptz[], text[], text[],
        text[], text[], text[], text[], text[], bigint[], text[], bytea[], integer[], bytea[], bytea[], integer[], integer[],
        text[], text[], text[], integer[], boolean[], integer[], integer[], text[], text[])'::regprocedure);
    v_change text[];
begin
    foreach v_change slice 1 in array array[
        [E'    v_i integer;\n', E'    v_is_here boolean[];  -- which of them are\n    v_i integer;\n'],
        [E'        if v_i > 0 then\n', E'        if v_i > 0 then\n            continue when v_is_here[v_i];\n'],
        [E'    end loop;\nend ', E'        if v_i = 0 and v_rest is not null then
            v_is_here := core.which_are_here(v_rest, v_org, v_learner, p_seq, p_at, p_step, p_n, v_kind, p_unit, p_choice, p_value);
        end if;
    end loop;\nend ']] loop
        if strpos(v_put, v_change[1]) = 0 then
            raise exception 'core.put_steps does not read as it did: %', v_change[1];
        end if;
        v_put := replace(v_put, v_change[1], v_change[2]);
    end loop;
    execute v_put;
end $$;

reset role;
