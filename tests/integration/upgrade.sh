#!/bin/bash
# upgrade.sh: what a host of the version before has to read is written in its way, until the operator says that none is left
# (`waypost migrate --finish`). All processes notice, a Redis that loses its data knows it again, and records of both
# versions are read whatever comes. How two versions work side by side: `./run soak versions`.
. "$(dirname "$0")/lib.sh"
export WAYPOST_FRONTS=1
N=0

# say_sms DIGIT TEXT: an SMS of one of the phones.
say_sms()
{
    N=$((N + 1))
    curl -fsS -m 60 -o /dev/null "http://127.0.0.1:$PORT/in/at" --data-urlencode "id=upgrade-$N" --data-urlencode 'to=20880' \
        --data-urlencode "from=+25470000000$1" --data-urlencode "text=$2"
}

# Of each number's record in Redis its version, the lower ones first.
versions()
{
    redis --scan --pattern 'wp:*:s:*' | while read -r key; do
        redis --raw getrange "$key" 4 4 | head -c 1 | od -An -tu1
    done | sort | tr -d ' \n'
}

formats()
{
    redis --raw hget wp:formats learner
}

# noticed VERSION TIMES: front, sender and timer have told so often that they write it.
noticed()
{
    [ "$(grep -c "learners are written in another version.*record=$1" "$STATE/waypost.log")" = $(($2 * 3)) ]
}

finish()
{
    "$WAYPOST" migrate --finish --config "$STATE/waypost.yaml" "$@"
}

# refused CODE WORDS: what finish returns and says.
refused()
{
    local code=0
    finish >"$STATE/finish" 2>&1 || code=$?
    [ "$code" = "$1" ] && grep -qE "$2" "$STATE/finish"
}

doctor_says()
{
    "$WAYPOST" doctor --config "$STATE/waypost.yaml" 2>/dev/null | grep -qE "$1"
}

# seen SECONDS: so long ago, as hosts note it.
seen()
{
    printf '%s' "$((($(date +%s) - $1) * 1000))"
}

# Redis loses everything, and has it again from PostgreSQL.
lose_redis()
{
    check 'all is in PostgreSQL' wait_for 20 log_is_stored
    redis flushall >/dev/null
    check 'Redis has everybody again' wait_for 30 is_back
}
is_back() { [ "$(versions | tr -d '\n' | wc -c)" = 2 ] && demo_is_ready "$STATE" "$PORT"; }

world_up
check_same 'a new site writes what is newest' 5 "$(formats)"
check 'and there is nothing to finish' refused 0 'finished before: .* record 5'
say_sms 1 JOIN
check_same 'from the first message' 5 "$(versions)"

printf '# as a site of the version before\n'
redis del wp:formats >/dev/null
check 'nobody has said so any more: all processes notice' wait_for 20 noticed 4 1
say_sms 2 JOIN
check_same 'then the way of before is written' 45 "$(versions)"
say_sms 1 1
check_same 'of who was written otherwise, too' 44 "$(versions)"
redis hset wp:hosts elsewhere "0.0.9 $(seen 10)" >/dev/null
check 'it is not finished while a host of before is at work' refused 75 'host elsewhere ran waypost 0.0.9 at .*: upgrade it'
check_same 'and nothing has changed' '' "$(formats)"
check 'doctor names the host' doctor_says '^hurts: versions: host elsewhere runs waypost 0.0.9'
check 'and does not ask to finish' eval '! doctor_says "not finished"'
lose_redis
check_same 'a Redis that is filled again knows no more than before' ':44' "$(formats):$(versions)"

printf '# finished\n'
redis hset wp:hosts elsewhere "0.0.9 $(seen 1200)" "$(hostname)" "0.0.9/5 $(seen 1)" >/dev/null
check 'doctor asks to finish once all hosts can' doctor_says '^hurts: versions: the upgrade is not finished.*; .*migrate --finish'
check_same 'what would be done is said' 'pending record 5' "$(finish --dry-run 2>/dev/null)"
check_same 'and not done' '' "$(formats)"
check 'it is finished, with a word about who was not seen lately' refused 0 'host elsewhere ran waypost 0.0.9 at .*: upgrade it before it starts again'
check 'the way back is closed, it says' grep -q 'no way back' "$STATE/finish"
check 'all processes notice' wait_for 20 noticed 5 1
say_sms 1 2
check_same 'what is newest is written' 45 "$(versions)"
check 'it may be said again' refused 0 'finished before: .* record 5'
check 'doctor is content' eval '! doctor_says "not finished"'
lose_redis
check_same 'a Redis that is filled again knows it, and has both' '5:45' "$(formats):$(versions)"
say_sms 2 1
check_same 'who was written in the old way goes on in the new one' 55 "$(versions)"
check 'all is in PostgreSQL' wait_for 20 log_is_stored
check_same 'nobody became a stranger' 2 "$(sql 'select count(*) from core.learner')"
check_same 'nor was anything refused' 0 "$(sql 'select count(*) from ops.dead_letters')"
check_same 'and each is consented' 2 "$(sql "select count(*) from core.event where kind = 'consented'")"
check_same 'no FOLDER, and no --conninfo' 64 "$(finish sql 2>/dev/null || echo $?)"
done_testing
