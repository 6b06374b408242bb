#!/bin/bash
# reconcile.sh: PostgreSQL is restored from a dump that is older than the event log reaches back
# (docs/reliability.md T30). What the log still has comes back by itself; after `waypost reconcile` the
# vault, consents and milestones are there, too, in spite of a running gateway.
. "$(dirname "$0")/lib.sh"

sms()
{
    curl -fsS -m 120 "http://127.0.0.1:$PORT/in/at" --data-urlencode "from=+$1" --data-urlencode 'to=20880' \
        --data-urlencode "text=$2" --data-urlencode "id=$1-$RANDOM$RANDOM" >/dev/null
}

# n_texts NUMBER: SMS that stand on the phone.
n_texts()
{
    curl -fsS "http://127.0.0.1:$ADMIN_PORT/sim/outbox?to=%2B$1" | grep -o '"text"' | wc -l
}

has_texts()
{
    [ "$(n_texts "$1")" -ge "$2" ]
}

# learn NUMBER TEXT...: each when the answer to the last one is there.
learn()
{
    local number=$1 n text
    shift
    for text in "$@"; do
        n=$(n_texts "$number")
        sms "$number" "$text"
        wait_for 20 has_texts "$number" "$((n + 1))"
    done
}

# joins NUMBER CODE: once the front knows the group; with a blank more each time, else it is the same SMS.
joins()
{
    blanks+=' '
    learn "$1" "JOIN $2$blanks"
    curl -fsS "http://127.0.0.1:$ADMIN_PORT/sim/outbox?to=%2B$1" | grep -q 'Your group'
}

reconcile()
{
    "$WAYPOST" reconcile --config "$STATE/waypost.yaml" 2>>"$STATE/reconcile.log"
}

# What reconcile is to bring back, one line for each learner.
known()
{
    sql "select encode(n.number_id, 'hex'), l.learner_id, l.lang, l.country, c.join_code, e.course, v.version,
            e.consent_at, e.stopped_at is not null, t.key_id is not null,
            case when n.seq = max(n.seq) over (partition by number_id) -- else it is of before another person
                then overlay(n.state placing '\x000000000000' from 6) end -- but for the note that an SMS was taken
        from core.number_state n join core.learner l using (learner) left join core.enrolment e using (learner)
            left join core.cohort c on c.cohort_id = l.cohort_id left join core.course_version v using (course_id) left join core.vault t using (number_id) order by 1, 2"
}

# All entries are older than the log is kept.
trim_log()
{
    local bucket
    for bucket in $(seq 0 255); do
        printf 'XTRIM wp:{b%03d}:events MAXLEN 0\n' "$bucket"
    done | redis >/dev/null
}

n_vault()
{
    sql 'select count(*) from core.vault'
}

# newest_step NUMBER_ID: as it lies in the log, in hex.
newest_step()
{
    redis EVAL 'local found = ""
        for bucket = 0, 255 do
            for _, entry in ipairs(redis.call("XRANGE", string.format("wp:{b%03d}:events", bucket), "-", "+")) do
                local hex = entry[2][2]:gsub(".", function(c) return string.format("%02x", c:byte()) end)
                if hex:sub(1, 4) == "0101" and hex:find(ARGV[1], 1, true) then found = hex end
            end
        end
        return found' 0 "$1"
}

blanks=''
world_up
code=$("$WAYPOST" cohort create 'Nairobi A' --config "$STATE/waypost.yaml" 2>>"$STATE/reconcile.log")
learn 254700000001 JOIN 1
check 'the first learner is in PostgreSQL' wait_for 20 is_drained
pg_dump -h "$STATE/pg" -U postgres waypost >"$STATE/dump.sql"
learn 254700000001 0 1 2
check 'the gateway hears of the group' wait_for 20 joins 254700000002 "$code"
learn 254700000002 1 0 1
learn 254700000003 JOIN 1 STOP
learn 254700000004 HELP
learn 254700000006 JOIN 1 SWITCH ANA 0 2 BO 0 1
check 'all who have written are in PostgreSQL' wait_for 20 is_drained
check_same 'two people share a phone' 2 "$(sql "select count(*) from core.number_state
    group by number_id having count(*) > 1")"
known >"$STATE/before"
# A step that an earlier program put aside, as it lay in the log: the newest one of the second learner.
id=$(sql "select encode(number_id, 'hex') from core.number_state join core.learner l using (learner) where l.cohort_id is not null")
record=$(newest_step "$id")
check_same 'one of them in a group' 1 "$(grep -c "|$code|" "$STATE/before")"
trim_log
psql -h "$STATE/pg" -U postgres -d postgres -qc 'drop database waypost with (force)' -c 'create database waypost'
psql -h "$STATE/pg" -U postgres -d waypost -q -v ON_ERROR_STOP=1 -f "$STATE/dump.sql" >/dev/null
check_same 'a database from an older dump knows one number' 1 "$(n_vault)"
learn 254700000005 JOIN
check 'it goes on' wait_for 30 log_is_stored
check_same 'what is older than the log is missing' 2 "$(n_vault)"

sql "select core.dead_letter('\\x02${record:2}', 'of another version altogether'); select core.dead_letter('\\x$record', 'of another version')" >/dev/null
check_same 'what to do is said' 1 "$(sql "select ops.replay_dead_letter(max(id)) from ops.dead_letters" 2>&1 | grep -c 'waypost reconcile')"

check_same 'reconcile says what was new' 'numbers 6
new 4
without_number 0
unreadable 0
letters 1
letters_left 1' "$(reconcile)"
check_same 'the step that was put aside is there' 1 "$(sql "select count(distinct seq) from core.event e join core.number_state n
    using (learner, seq) where n.number_id = decode('$id', 'hex')")"
check_same 'what nobody can read stays' 'of another version altogether' "$(sql 'select reason from ops.dead_letters')"
check_same 'all six numbers are in the vault' 6 "$(n_vault)"
known | grep -F -f <(cut -d'|' -f1 "$STATE/before") >"$STATE/after"
check 'link, consent, STOP and state of each are as before' diff "$STATE/before" "$STATE/after"
check_same 'again nobody is new' 'new 0 letters 0' "$(reconcile | grep -E '^(new|letters) ' | paste -sd' ')"
learn 254700000002 2
check 'learners go on' wait_for 30 is_drained
check_same 'one person stays one learner' 7 "$(sql 'select count(*) from core.learner')"
check_same 'no step was taken for another' 0 "$(sql 'select count(*) from core.conflict')"

check_same 'every number opens' 'numbers 6
failed 0' "$("$WAYPOST" keys rotate --config "$STATE/waypost.yaml" --conninfo "host=$STATE/pg dbname=waypost user=postgres" \
    2>>"$STATE/reconcile.log" | grep -E 'numbers|failed')"
check_same 'a wrong word is refused' 64 "$("$WAYPOST" reconcile now 2>/dev/null; echo $?)"
done_testing
