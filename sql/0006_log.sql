-- How far PostgreSQL has read in the event log of Redis: a place for each bucket, moved in the transaction
-- that stores what lies before it.

set local role waypost_owner;

create table core.log_place (
    bucket smallint primary key check (bucket between 0 and 255),
    epoch numeric(20) not null default 0,  -- of the log; a place of another epoch says nothing of this one
    ms numeric(20) not null default 0,     -- the two numbers of a stream id
    n numeric(20) not null default 0
);
insert into core.log_place (bucket) select generate_series(0, 255);
comment on table core.log_place is 'The last entry of each event stream that was taken in.';

create function core.log_places(p_epoch numeric) returns table (bucket smallint, ms text, n text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select p.bucket, p.ms::text, p.n::text from core.log_place p where p.epoch = p_epoch;
end;
comment on function core.log_places(numeric) is 'How far the event log of this epoch has been read, bucket by bucket.';

-- Fails with WP001 when one of the buckets is not where the caller thinks it is.
create function core.move_log(p_epoch numeric, p_bucket smallint[], p_from_ms numeric[], p_from_n numeric[],
    p_to_ms numeric[], p_to_n numeric[]) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_moved integer;
begin
    perform from core.log_place p where p.bucket = any (p_bucket) order by p.bucket for update;
    update core.log_place p set epoch = p_epoch, ms = m.to_ms, n = m.to_n
    from unnest(p_bucket, p_from_ms, p_from_n, p_to_ms, p_to_n) as m (bucket, from_ms, from_n, to_ms, to_n)
    where p.bucket = m.bucket and m.from_ms = case when p.epoch = p_epoch then p.ms else 0 end
        and m.from_n = case when p.epoch = p_epoch then p.n else 0 end;
    get diagnostics v_moved = row_count;
    if v_moved <> cardinality(p_bucket) then
        raise exception 'the event log was read further by somebody else' using errcode = 'WP001';
    end if;
end $$;
comment on function core.move_log(numeric, smallint[], numeric[], numeric[], numeric[], numeric[]) is
    'Remembers how far the event log has been read.';

-- The state that Redis had when these steps were taken in, perhaps a later one, and the sealed number of a
-- first contact. Erased learners leave no link, also when their envelopes come late.
create or replace function core.put_states(p_steps core.step_row[], p_erased uuid[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
    insert into core.number_state as t (number_id, learner_id, seq, at, due_at, state)
    select distinct on (s.number_id, s.learner_id) s.number_id, s.learner_id, s.seq, s.at, s.due_at, s.state
    from unnest(p_steps) s
    where s.type = 'step' and s.state is not null and not s.is_erased and s.learner_id <> all (p_erased)
    order by s.number_id, s.learner_id, s.seq desc
    on conflict (number_id, learner_id) do update
        set seq = excluded.seq, at = excluded.at, due_at = excluded.due_at, state = excluded.state
        where excluded.seq > t.seq;

    insert into core.vault as t (number_id, nonce, ciphertext, key_id, sealed_at)
    select distinct on (s.number_id) s.number_id, decode(s.vault ->> 'nonce', 'hex'),
            decode(s.vault ->> 'ciphertext', 'hex'), (s.vault ->> 'key_id')::integer, s.at
    from unnest(p_steps) s
    where s.vault is not null and not s.is_erased and s.learner_id <> all (p_erased)
    order by s.number_id, s.at desc
    on conflict (number_id) do update
        set nonce = excluded.nonce, ciphertext = excluded.ciphertext, key_id = excluded.key_id,
            sealed_at = excluded.sealed_at
        where excluded.sealed_at > t.sealed_at;
end $$;

grant execute on function core.log_places(numeric),
    core.move_log(numeric, smallint[], numeric[], numeric[], numeric[], numeric[]) to waypost_writer;
