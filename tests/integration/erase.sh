#!/bin/bash
# erase.sh: after DELETE nothing of a number is anywhere: neither the number, nor its pseudonym, nor an answer, in Redis, its
# files, PostgreSQL, spool and logs. What may stay is said here, and nothing else. The certificate stays good.
. "$(dirname "$0")/lib.sh"
world_up

PHONE=+254700000821
SAID='we teach under the mango tree'

sms()
{
    curl -fsS -o /dev/null "http://127.0.0.1:$PORT/in/at" --data-urlencode "id=erase-$RANDOM-$RANDOM" \
        --data-urlencode "from=$PHONE" --data-urlencode to=20880 --data-urlencode "text=$1"
}

n_sms()
{
    curl -fsS -G "http://127.0.0.1:$ADMIN_PORT/sim/outbox" --data-urlencode "to=$PHONE" | jq length
}

has_sms()
{
    [ "$(n_sms)" = "$1" ]
}

sql_is()
{
    [ "$(sql "$1")" = "$2" ]
}

# All that is on disk or in memory of the servers: Redis by key and value, its files, PostgreSQL as a dump, spool, logs.
everything()
{
    redis --raw keys 'wp:*' | while read -r key; do
        printf '%s\n' "$key"
        case $(redis --raw type "$key") in
        string) redis --raw get "$key" ;;
        stream) redis --raw xrange "$key" - + ;;
        hash) redis --raw hgetall "$key" ;;
        zset) redis --raw zrange "$key" 0 -1 withscores ;;
        set) redis --raw smembers "$key" ;;
        esac
    done
    cat "$STATE"/redis/appendonlydir/* "$STATE"/spool/* "$STATE"/*.log "$STATE"/pg/*.log 2>/dev/null
    pg_dump -h "$STATE/pg" -U postgres waypost
}

# places WORDS PATTERN: in how many lines of all that, as text, as hex or as bytes.
n_traces()
{
    everything >"$STATE/everything"
    python3 - "$STATE/everything" "$@" <<'FIND'
import sys
data = open(sys.argv[1], "rb").read()
n = 0
for word in sys.argv[2:]:
    forms = {word.encode(), word.encode().hex().encode()}
    if len(word) == 32:
        forms.add(bytes.fromhex(word))
    n += sum(data.count(form) for form in forms)
print(n)
FIND
}

sms JOIN
check 'joined' wait_for 10 has_sms 1
sms 1
wait_for 10 has_sms 2
sms 2
wait_for 10 has_sms 3
sms "$SAID" # an answer that is none
wait_for 10 has_sms 4
sms 1
check 'answered' wait_for 10 has_sms 5
check 'all of it is in PostgreSQL' wait_for 10 is_drained
number_id=$(sql "select encode(number_id, 'hex') from core.number_state")
learner_id=$(sql 'select learner_id from core.learner')
sql "insert into core.certificate (code, learner, course_id, lang, score, issued_at)
    select '482109375526', l.learner, v.course_id, 'en', 86, now() from core.learner l, core.course_version v limit 1"
check 'this test would find the words' test "$(n_traces "$SAID")" -gt 0
check 'and the pseudonym' test "$(n_traces "$number_id")" -gt 0
check_same 'but never the number' 0 "$(n_traces "$PHONE" 254700000821 700000821)"
n_facts=$(sql 'select count(*) from core.event')

sms DELETE
wait_for 10 has_sms 6
sms 'DELETE 1'
check 'asked for, and confirmed' wait_for 10 has_sms 7
check 'PostgreSQL has forgotten the number' wait_for 10 sql_is \
    "select (select count(*) from core.vault) + (select count(*) from core.number_state)" 0
check 'all SMS have left' wait_for 10 is_drained
demo_stop "$STATE" # so that what comes every ten minutes comes soon
demo_start "$STATE" "$PORT"
check 'and ends the erasure once Redis has nothing left' wait_for 60 sql_is 'select count(*) from core.erasing' 0
files_are_new()
{
    redis info persistence | grep -q 'aof_rewrite_in_progress:0' && redis info persistence | grep -q 'aof_rewrite_scheduled:0'
}
wait_for 20 files_are_new
check_same 'no word of it is anywhere' 0 "$(n_traces "$SAID" 'mango tree')"
grep -a -n -o '.\{0,80\}mango tree.\{0,40\}' "$STATE/everything" | head -3 | sed 's/^/# /'
check_same 'no number' 0 "$(n_traces "$PHONE" 254700000821 700000821)"
# What remains, and until when: the tombstone in Redis, so that a repeated callback makes nobody anew (72 hours), with what
# was last said ("Your data are erased") and the hashes of what was seen; `erased` itself in the log, for a PostgreSQL that
# comes from a dump (keep_events_hours); the day's count of messages to it (two days).
kinds=$(redis --raw eval "
    local id = string.gsub(ARGV[1], '..', function(c) return string.char(tonumber(c, 16)) end)
    local kinds = {}
    for _, key in ipairs(redis.call('keys', 'wp:*')) do
        if string.find(key, ARGV[2], 1, true) then
            kinds[#kinds + 1] = string.match(key, '}:(%w+)')
        elseif redis.call('type', key).ok == 'stream' then
            for _, entry in ipairs(redis.call('xrange', key, '-', '+')) do
                if string.find(entry[2][2], id, 1, true) then
                    kinds[#kinds + 1] = string.match(key, '}:(%w+)') .. #redis.call('xrange', key, '-', '+')
                end
            end
        end
    end
    table.sort(kinds)
    return table.concat(kinds, ' ')" 0 "$number_id" "$(python3 -c 'import base64, sys
print(base64.b64encode(bytes.fromhex(sys.argv[1])[1:], b"-_").decode())' "$number_id")")
# More than these would be a trace; what a quiet number has less is none.
check 'Redis has its pseudonym only where a repeated callback, a restored dump and the day need it' \
    test -z "$(printf '%s' "$kinds" | tr ' ' '\n' | grep -vxE 'events1|[a-z]')" -a -n "$kinds"
check_same 'PostgreSQL has no pseudonym of it' 0 "$(pg_dump -h "$STATE/pg" -U postgres waypost | grep -c "$number_id\|$learner_id")"
check_same 'but who wants nothing is known, by a hash of it' 1 \
    "$(sql "select count(*) from core.suppression where hash = core.suppression_hash(decode('$number_id', 'hex'))")"
check 'what was counted stays' test "$(sql 'select count(*) from core.event')" -ge "$n_facts"
check_same 'by day' 0 "$(sql "select count(*) from core.event where at <> date_trunc('day', at, 'UTC')")"
check_same 'the certificate is good' '482109375526' "$(sql 'select code from core.certificate where revoked_at is null')"
check_same 'nothing is kept too long' '' "$(sql 'select * from ops.retention')"

# An erased number that returns is a new person.
sms JOIN
check 'who returns is asked anew' wait_for 10 has_sms 1 # the simulator has begun anew, too
check 'as somebody else' wait_for 10 sql_is "select count(*) from core.learner where learner_id = '$learner_id'" 0
check 'under the same number' wait_for 10 sql_is "select encode(number_id, 'hex') from core.number_state" "$number_id"
done_testing
