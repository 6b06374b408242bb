-- How many groups there are, without the figures of each: `waypost cohort create` asks before it makes one more than gateways read.

set local role waypost_owner;

create function core.n_cohorts() returns bigint
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
select count(*) from core.cohort c where c.join_code is not null
$$;
comment on function core.n_cohorts() is 'How many groups have a code, closed ones too: as many as core.cohorts() has rows.';

revoke all on function core.n_cohorts() from public;
grant execute on function core.n_cohorts() to waypost_writer;

reset role;
