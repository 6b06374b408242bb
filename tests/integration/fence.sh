#!/bin/bash
# fence.sh: Redis emptied, Redis rolled back to an older copy of itself, PostgreSQL restored from an older
# dump, under a running gateway (docs/reliability.md T28, T29, T30): each is noticed before anybody is answered
# wrongly, and mended without help; nobody becomes a stranger and no answer is lost.
. "$(dirname "$0")/lib.sh"

# ussd NUMBER PATH: the screen after these inputs of a session.
ussd()
{
    curl -sS -m 120 "http://127.0.0.1:$PORT/in/at-ussd" --data-urlencode "sessionId=s$1" \
        --data-urlencode "phoneNumber=+$1" --data-urlencode 'networkCode=63902' \
        --data-urlencode 'serviceCode=*384*7#' --data-urlencode "text=$2"
}

# shows NUMBER PATH WORDS: the screen has these words; busy ones are asked for again, as a person would.
shows()
{
    ussd "$1" "$2" >"$STATE/screen"
    grep -q "$3" "$STATE/screen"
}

# walk NUMBER PATH...: each of them is answered, by whichever front.
walk()
{
    local number=$1 path
    shift
    for path in "$@"; do
        wait_for 30 shows "$number" "$path" '^CON '
    done
}

n_answers()
{
    sql "select count(*) from core.event where kind = 'answered'" 2>/dev/null || true
}

has_answers()
{
    [ "$(n_answers)" = "$1" ]
}

epochs()
{
    sql 'select n from core.epoch'
}

LEARNER=254700000001
world_up
walk $LEARNER '' 9 '9*1' '9*1*0' '9*1*0*9' '9*1*0*9*1' '9*1*0*9*1*1'
check 'two answers are in PostgreSQL' wait_for 20 has_answers 2
check_same 'in the first epoch' 1 "$(epochs)"

# T29
redis flushall >/dev/null
check 'an emptied Redis is filled before it is answered from' wait_for 30 shows $LEARNER '9*1*0*9*1*1*1' '^CON .*4/7'
check 'the answer counts' wait_for 20 has_answers 3
check_same 'nobody became somebody else' '1 1' \
    "$(sql "select (select count(*) from core.learner) || ' ' || (select count(*) from core.event where kind = 'contact')")"
check_same 'a new epoch began' 2 "$(epochs)"
check 'the log says why' grep -q 'Redis has not the data' "$STATE/waypost.log"

# T28
cp -r "$STATE/redis/appendonlydir" "$STATE/older"
walk $LEARNER '9*1*0*9*1*1*1*1' '9*1*0*9*1*1*1*1*1'
check 'two more answers are in PostgreSQL' wait_for 20 has_answers 5
stop_pid "$(cat "$STATE/redis/pid")" KILL 10
rm -rf "$STATE/redis/appendonlydir"
mv "$STATE/older" "$STATE/redis/appendonlydir"
redis_start "$STATE"
check 'a Redis that lost its newest entries is mended before it is answered from' \
    wait_for 30 shows $LEARNER '9*1*0*9*1*1*1*1*1*1' '^CON .*7/7'
check 'no answer is lost, old or new' wait_for 20 has_answers 6
check_same 'none took the place of another' 0 "$(sql 'select count(*) from core.conflict')"
check_same 'a new epoch began again' 3 "$(epochs)"
check 'the log says why' grep -q 'Redis has lost its newest entries' "$STATE/waypost.log"

# A Redis that was only started anew keeps its epoch.
stop_pid "$(cat "$STATE/redis/pid")" KILL 10
redis_start "$STATE"
check 'one that has lost nothing is there again' wait_for 30 shows 254700000002 '' '^CON '
check_same 'in the same epoch' 3 "$(epochs)"

# T30
pg_dump -h "$STATE/pg" -U postgres waypost >"$STATE/dump.sql"
walk 254700000002 9 '9*1' '9*1*0' '9*1*0*9' '9*1*0*9*1'
walk 254700000003 '' 9 '9*1' '9*1*0' '9*1*0*9' '9*1*0*9*1'
check 'two more answers, and a new learner' wait_for 20 has_answers 8
before=$(histories | sort)
psql -h "$STATE/pg" -U postgres -d postgres -qc 'drop database waypost with (force)' -c 'create database waypost'
psql -h "$STATE/pg" -U postgres -d waypost -q -v ON_ERROR_STOP=1 -f "$STATE/dump.sql" >/dev/null
check_same 'a database from an older dump knows less' 6 "$(n_answers)"
check 'and reads on from where it was' wait_for 60 has_answers 8
check_same 'to all that it knew' "$before" "$(histories | sort)"
check_same 'numbers of new learners, too' 3 "$(sql 'select count(*) from core.vault')"
done_testing
