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

-- Fails with WP001 when one of the buckets is not where the caller thinks it is, or when another epoch has begun:
-- a writer that has not heard of it reads the log of the new one already, and its places would say nothing of that.
create function core.move_log(p_epoch numeric, p_bucket smallint[], p_from_ms numeric[], p_from_n numeric[],
    p_to_ms numeric[], p_to_n numeric[]) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_moved integer;
begin
    if p_epoch <> core.epoch() then
        raise exception 'another epoch has begun' using errcode = 'WP001';
    end if;
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

grant execute on function core.log_places(numeric),
    core.move_log(numeric, smallint[], numeric[], numeric[], numeric[], numeric[]) to waypost_writer;
