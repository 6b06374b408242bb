-- Erasures, to the end, and longer than backups. A database that is restored to an earlier moment has whoever was erased since: with number, place
-- and answers, and `waypost rebuild` brought them back into Redis, too. Of each erasure a hash of the pseudonym that ended with it stays
-- here, and in a file on the gateways' hosts (gateway/role/again.h), which no restore of the database takes back. By it they are
-- erased again.

set local role waypost_owner;

-- The pseudonym was random and is nowhere any more, so that the hash tells only whether one that lies before you was erased.
create table core.erasure (
    hash bytea primary key check (octet_length(hash) = 32)
);
alter table core.erasure enable row level security;
alter table core.erasure force row level security;
create policy owner on core.erasure to waypost_owner using (true) with check (true);
comment on table core.erasure is 'Of each person who was erased a hash of the pseudonym that is nowhere any more.';

create function core.erasure_hash(p_learner uuid) returns bytea
language sql immutable parallel safe
return sha256('waypost erasure'::bytea || uuid_send(p_learner));

create function core.change(p_function regprocedure, variadic p_changes text[]) returns void
language plpgsql
as $$
declare
    v_text text := pg_get_functiondef(p_function);
begin
    for i in 1 .. cardinality(p_changes) / 2 loop
        if strpos(v_text, p_changes[2 * i - 1]) = 0 then
            raise exception '% does not read as it did: %', p_function, p_changes[2 * i - 1];
        end if;
        v_text := replace(v_text, p_changes[2 * i - 1], p_changes[2 * i]);
    end loop;
    execute v_text;
end $$;

select core.change('core.end_erasure(bigint[])', E'begin\n    insert into core.erasure_time ', E'begin
    insert into core.erasure (hash)
    select core.erasure_hash(l.learner_id) from core.learner l where l.learner = any (p_learners)
    on conflict do nothing;
    insert into core.erasure_time ',
    E'    delete from core.conflict c ', E'    update core.lead_act a set at = date_trunc(\'day\', a.at, \'UTC\'), taken_at = date_trunc(\'day\', a.taken_at, \'UTC\')
    where a.learner = any (p_learners);
    update core.group_answer a set at = date_trunc(\'day\', a.at, \'UTC\') where a.learner = any (p_learners);
    update core.broadcast_target t set at = date_trunc(\'day\', t.at, \'UTC\') where t.learner = any (p_learners);
    update core.correction_person p set told_at = date_trunc(\'day\', p.told_at, \'UTC\') where p.learner = any (p_learners);
    delete from core.conflict c ');

-- DELETE of one of several people on a phone says nothing of the others: they are written to as before.
select core.change('core.put_rare(core.rare_row[])',
    E'            and not (v.kind = \'stopped\' and v.value is not distinct from 1) -- LEAVE: others are still there\n',
    E'            and not (v.kind = \'stopped\' and v.value is not distinct from 1) -- LEAVE: others are still there
            and not (v.kind = \'erased\' and exists (select from core.number_state s
                where s.number_id = v.number_id and s.learner <> v.learner))\n');

-- Who came back after an erasure and agreed anew is written to, also when `waypost reconcile` tells of it.
select core.change('core.reconcile(jsonb)', E'    return v_n;\n', E'
    delete from core.suppression x
    using jsonb_to_recordset(p) as s (number_id text, consent_at timestamptz, stopped_at timestamptz)
    where s.stopped_at is null and x.hash = core.suppression_hash(decode(s.number_id, \'hex\')) and x.since < s.consent_at;
    return v_n;\n');

-- DELETE takes the groups that somebody looks after along: their row knew the pseudonym of the number, and the PIN. A number that never
-- learned here and says STOP is no erasure of that; nor is the age of what a facilitator of a running group once learned.
select core.change('core.erase(bigint[], timestamp with time zone[], bytea[])',
    E'\nbegin\n', E'\ndeclare
    v_known bytea[] := array(select distinct s.number_id from core.number_state s
        where s.learner = any (p_learners) and s.number_id = any (p_numbers));
begin\n',
    -- Who agreed and said DELETE within one batch of the writer never had a row of a place.
    E'    delete from core.number_state s ', E'    insert into core.erasing (learner, number_id, erased_at)
    select l.learner, v.number_id, l.erased_at
    from unnest(p_learners, p_numbers) as v (learner, number_id) join core.learner l on l.learner = v.learner
    where v.number_id is not null
        and exists (select from core.consent c where c.learner = l.learner and c.purpose = \'course\' and c.is_given)
    on conflict do nothing;
    delete from core.number_state s ',
    E'    delete from core.free_text t ', E'    delete from core.facilitator f
    where f.number_id = any (v_known) and not exists (select from core.number_state s where s.number_id = f.number_id);
    delete from core.free_text t ');
create or replace function core.numbers_to_forget(p_limit integer, p_now timestamptz default now()) returns setof bytea
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select n.number_id
    from core.number_state n
        join core.learner l on l.learner = n.learner
        left join core.enrolment e on e.org_id = l.org_id and e.learner = l.learner
    where n.at < p_now - interval '1 month' -- spares a look at all who are in the middle of it
        and not exists (select from core.facilitator f join core.cohort c using (cohort_id)
            where f.number_id = n.number_id and c.closed_at is null and coalesce(c.start_on, c.created_at::date) > p_now - interval '200 days')
    group by n.number_id
    having max(greatest(l.created_at, e.consent_at, e.last_at, e.completed_at, e.stopped_at,
            case when e.completed_at is null and e.stopped_at is null then n.at end)
            + case when e.completed_at is null and e.stopped_at is null then interval '6 months' else interval '12 months' end)
        < p_now
    order by n.number_id
    limit p_limit;
end;
drop function core.change(regprocedure, text[]);

-- How many there are, and their first eight bytes by exclusive or: equal where the file has the same ones.
create function core.erasures_mark() returns text
language sql stable security definer
set search_path = pg_catalog, pg_temp
return (select format('%s %s', count(*), lpad(to_hex(coalesce(bit_xor(('x' || encode(substr(e.hash, 1, 8), 'hex'))::bit(64)::bigint), 0)), 16, '0'))
    from core.erasure e);
comment on function core.erasures_mark() is 'Tells whether a file has the same erasures as this database.';

-- The file's lines, each a hash in hex. Whoever is here in spite of it is erased, as DELETE does: the gateway does the rest. Their numbers
-- get nothing any more but by a consent that is later than the last that is known of them here. Returns what the file does not have.
create function core.erase_again(p_lines text) returns setof text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_came bytea[] := array(select distinct decode(l, 'hex') from regexp_split_to_table(p_lines, E'\n') l where l ~ '^[0-9a-f]{64}$');
    v_new bytea[];
    v_learners bigint[];
    v_numbers bytea[];
begin
    with put as (insert into core.erasure (hash) select unnest(v_came) on conflict do nothing returning hash)
    select array_agg(p.hash) into v_new from put p;
    if v_new is not null then
        v_learners := array(select l.learner from core.learner l join unnest(v_new) as n (hash) on n.hash = core.erasure_hash(l.learner_id));
        v_numbers := array(select distinct n.number_id from core.number_state n where n.learner = any (v_learners));
        insert into core.suppression as s (hash, since)
        select core.suppression_hash(n.number_id), max(n.at) from core.number_state n
        where n.number_id = any (v_numbers) group by n.number_id having bool_and(n.learner = any (v_learners))
        on conflict (hash) do update set since = greatest(s.since, excluded.since);
        perform core.erase(v_learners, array_fill(now(), array[cardinality(v_learners)]), v_numbers);
        perform core.end_erasure(array(select unnest(v_learners) except select x.learner from core.erasing x));
    end if;
    return query select encode(e.hash, 'hex') from core.erasure e where not exists (select from unnest(v_came) as c (hash) where c.hash = e.hash);
end $$;
comment on function core.erase_again(text) is
    'Erases again whom a restored database has brought back: lines with the hashes of erasures. Returns those of this database that are not among them.';
grant execute on function core.erasures_mark(), core.erase_again(text) to waypost_writer;

reset role;
