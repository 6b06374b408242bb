#!/bin/bash
# whole.sh: every process and nearly every command once, with real servers, in some ten seconds.
# ctest runs it too, so that a fast run executes what only a whole gateway does; what each part must
# withstand say the scripts beside it.
. "$(dirname "$0")/lib.sh"
for program in redis-server "$PG_BIN/initdb" curl python3; do
    command -v "$program" >/dev/null || { printf 'whole.sh needs %s\n' "$program" && exit 77; }
done

# says WORDS PATTERN COMMAND...: a command of waypost ends well and says that.
says()
{
    local words=$1 pattern=$2
    shift 2
    case $1 in config | migrate | report) ;; *) set -- "$@" --config "$STATE/waypost.yaml" ;; esac
    "$WAYPOST" "$@" >"$STATE/said" 2>&1 || printf 'exit code %s\n' $? >>"$STATE/said"
    check "$words" is_said "$pattern"
}

is_said()
{
    { [ -z "$1" ] || grep -q -- "$1" "$STATE/said"; } && ! grep '^exit code' "$STATE/said" &&
        ! grep -E '(^|[^0-9.,:/+-])1 (people|minutes|hours|errors|warnings|hints|files|words|rows|parts|groups|keys|screens)([^a-z]|$)' "$STATE/said"
}

# shows WORDS PATTERN PATH: so does a page of the admin listener.
shows()
{
    curl -fsS -m 60 "http://127.0.0.1:$ADMIN_PORT$3" >"$STATE/said" 2>&1 || printf 'exit code %s\n' $? >>"$STATE/said"
    check "$1" is_said "$2"
}

redis_has_courses()
{
    [ "$(redis exists wp:courses)" = 1 ] && demo_is_ready "$STATE" "$PORT"
}

world_folder # for once every step is made
world_start
says 'a person who reads disclosures gets a key' '' safe key "$STATE/sofia.key"
kill -s HUP "$(cat "$STATE/waypost.pid")"
check 'the configuration is read again' wait_for 60 grep -q 'configuration read again' "$STATE/waypost.log"
check 'and callbacks are taken' wait_for 60 demo_is_ready "$STATE" "$PORT"
URL="http://127.0.0.1:$PORT"
"$WAYPOST" talk --live "$URL" "$ROOT"/tests/talk/{00-join,22-choose-all,92-whole-course-mixed}.talk \
    >"$STATE/talk.tap" 2>&1 || true
check_same 'transcripts go live as they are written' '' "$(grep -A12 '^not ok' "$STATE/talk.tap" || true)"
printf '%s\n' JOIN 1 /dup /ussd 1 3 /drop /redial >"$STATE/phone.txt"
"$WAYPOST" phone --url "$URL" --from +254711999888 --script "$STATE/phone.txt" >"$STATE/phone.out" 2>&1
check 'the phone goes on by USSD where it was by SMS' grep -q '^ussd< ' "$STATE/phone.out"
check 'a callback that comes again gets the same answer' grep -q 'the answer is the same' "$STATE/phone.out"
"$WAYPOST" channel try at --config "$STATE/waypost.yaml" --url "$URL" --from +254711999777 >"$STATE/try.out" 2>&1 || true
check 'a sample of a provider is answered' grep -q 'CHILDREN ON THE MOVE' "$STATE/try.out"
printf '%s\n' JOIN 1 'SAFE my teacher locks us in' >"$STATE/safe.txt"
"$WAYPOST" phone --url "$URL" --from +254711222333 --script "$STATE/safe.txt" >"$STATE/phone.out" 2>&1
check 'a disclosure is answered' grep -q '116' "$STATE/phone.out"
check 'the writer takes in all that happened, and all SMS leave' wait_for 60 is_drained
check_same 'no event is there twice' 0 "$(sql 'select count(*) - count(distinct (learner, seq, n)) from core.event')"

check_same 'a load balancer is told so' ready "$(curl -fsS "$URL/check")"
check_same 'where it asks' 405 "$(curl -sS -o /dev/null -w '%{http_code}' -d x "$URL/check")"
says 'the gateway can take callbacks' ready status
says 'its log can be read' '"kind":' status events
says 'the channels are listed' kannel channel list
says 'one is paused' '' channel pause kannel
says 'and that is shown' paus channel list
says 'and goes on' '' channel resume kannel
says 'courses are published again without harm' published lessons publish "$ROOT/lessons/children-on-the-move"
says 'Redis is filled from PostgreSQL' '' rebuild
says 'PostgreSQL is told what only Redis knows' '' reconcile
says 'a key is made' '' keys rotate --conninfo "host=$STATE/pg dbname=waypost user=postgres"
shows 'metrics are there' '^waypost_callbacks_total [1-9]' /metrics
shows 'lessons are shown' 'children-on-the-move' /preview/
shows 'one of them as a page' '<html' /preview/children-on-the-move
shows 'the SMS of a phone are there' '"text"' '/sim/outbox?to=%2B254711999888'

sql 'create role sofia login in role waypost_safe'
SOFIA=(--conninfo "host=$STATE/pg dbname=waypost user=sofia")
case=$(sql 'select ref from core.safe_case')
says 'a disclosure waits' "$case" safe list "${SOFIA[@]}"
says 'it is read with her key' 'my teacher locks us in' safe read "$case" --key "$STATE/sofia.key" "${SOFIA[@]}"
says 'taken in hand' acknowledged safe acknowledge "$case" "${SOFIA[@]}"
says 'released' released safe release "$case" --outcome supported "${SOFIA[@]}"
says 'and handed over' transferred safe transfer "$case" --outcome referred "${SOFIA[@]}"

says 'a group is made' '[0-9]\{6\}' cohort create 'Nairobi A' --quiet 19:00-08:00
code=$(grep -o '[0-9]\{6\}' "$STATE/said" | head -n 1)
says 'it is listed' "$code" cohort list --json
says 'and shown' 'Nairobi A' cohort show "$code"
says 'on a page for the facilitator' "$code" cohort sheet "$code"
for verb in close open renew resume; do says "a group: $verb" '' cohort "$verb" "$code"; done
says 'it rests' '' cohort pause "$code" 2030-01-01 2030-01-31
says 'groups come into Redis again' '' cohort sync

for words in 'check' 'fmt --dry-run' 'preview' 'preview --transcript' 'pot'; do
    # shellcheck disable=SC2086 # words
    says "lessons $words" '' lessons ${words%% *} "$ROOT/lessons/children-on-the-move" ${words#"${words%% *}"}
done
says 'the configuration is shown' '^org' config print "$STATE/waypost.yaml"
says 'channels are explained' africastalking channel check
says 'a number is explained' +254711222333 channel number --channel at 0711222333
sql "select ops.add_coordinator('amina', 'demo')"
says 'reports are shown' '^demo ' report show contact_counts --conninfo "host=$STATE/pg dbname=waypost user=amina"
says 'and exported' '^demo,' report export contact_counts --conninfo "host=$STATE/pg dbname=waypost user=amina"
says 'nothing is pending' '' migrate --dry-run --conninfo "host=$STATE/pg dbname=waypost user=postgres" "$ROOT/sql"

redis flushall >/dev/null
check 'an emptied Redis is filled again' wait_for 60 redis_has_courses
kill -s TERM "$(cat "$STATE/waypost.pid")"
check 'it ends when it is told to' wait_for 60 is_gone "$(cat "$STATE/waypost.pid")"
done_testing
