#!/bin/bash
# shield.sh [PEOPLE SEED...]: what the counts of schema report tell whoever reads all of them and calculates. Each run draws
# new seeds and prints them; the same seeds find the same. `./run soak counts` does it for 200 people.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip 'there is no python3'

world_make
postgres_start "$STATE" -c fsync=off
OWNER="host=$STATE/pg user=postgres dbname=waypost"
psql -qX -v ON_ERROR_STOP=1 "$OWNER" -f "$ROOT/tests/sql/lib/make.sql" -c 'select make.publish()' \
    -c "select ops.add_person('amina', 'analyst', 'demo')" -c "insert into core.member select 'postgres', org_id from core.organisation" >/dev/null

attack()
{
    python3 "$(dirname "$0")/attack.py" "$OWNER" "host=$STATE/pg user=amina dbname=waypost" "$@" --solve >"$STATE/known" 2>&1 || true
    sed 's/^/# /' "$STATE/known"
    check_same "$1 people: no count and no difference of 1 to 4 is found out" '' "$(grep -v '^[a-z_]*[ 0-9]*: ' "$STATE/known" | grep -v '^good seed')"
    check "$1 people: something was compared" grep -q '^good seed' "$STATE/known"
}

if [ $# -gt 0 ]; then
    attack "$@"
else
    attack 25 519802 846627 772368 # where several reports together told cells of the whole time
    attack 30 119
    attack 60 496961 381451 # where what is published of a month could be only one number beside its sum
    attack 25 $((SRANDOM % 1000000)) $((SRANDOM % 1000000))
    attack 60 $((SRANDOM % 1000000)) $((SRANDOM % 1000000))
fi

# Break it, and it is found: a report that nobody has looked at, one of reports that reads more than these, and parts are not
# hidden any more that only a sum tells of.
psql -qX -v ON_ERROR_STOP=1 "$OWNER" -c 'create view report.fresh as select 1 as n' -c "create or replace function report.data_values(grain text default 'month')
    returns table (\"dataElement\" text, period text, \"orgUnit\" text, value text) language sql begin atomic select '', '', '', count(*)::text from core.learner; end" \
    -c "create or replace function core.hidden_in_row(p_cells bigint[], p_known boolean[], p_is_chain boolean, p_near bigint[],
    p_near_of integer) returns boolean[] language sql immutable as 'select array(select c between 1 and 4 from unnest(p_cells) with ordinality as t (c, i) order by i)'" \
    -c "create or replace function core.found_out(p_n bigint[], p_hidden boolean[], p_width integer, p_is_chain boolean, p_level integer[], p_parent integer[],
    p_child integer[], p_column integer[]) returns integer[] language sql immutable as 'select null::integer[]'" >/dev/null
python3 "$(dirname "$0")/attack.py" "$OWNER" "host=$STATE/pg user=amina dbname=waypost" 25 1 >"$STATE/known" 2>&1 || true
check 'a report that is not known to the attack is found' grep -qx 'bad not known here fresh' "$STATE/known"
check 'and one that reads more than it should' grep -q '^bad reads more than reports data_values' "$STATE/known"
check 'a leak would be found' grep -q '^bad seed' "$STATE/known"
done_testing
