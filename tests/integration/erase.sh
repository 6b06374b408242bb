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
    redis --raw eval "local all = {}
        local function add(value)
            if type(value) ~= 'table' then
                all[#all + 1] = value
            else
                for _, v in ipairs(value) do add(v) end
            end
        end
        local reads = {string = {'get'}, stream = {'xrange', '-', '+'}, hash = {'hgetall'}, set = {'smembers'},
            zset = {'zrange', 0, -1, 'withscores'}}
        for _, key in ipairs(redis.call('keys', 'wp:*')) do
            local read = reads[redis.call('type', key).ok]
            add(key)
            add(redis.call(read[1], key, unpack(read, 2)))
        end
        return all" 0
    cat "$STATE"/redis/appendonlydir/* "$STATE"/spool/* "$STATE"/*.log "$STATE"/pg/*.log 2>/dev/null
    pg_dump -h "$STATE/pg" -U postgres waypost
}

# n_traces WORD...: in how many lines of all that, as text, as hex or as bytes.
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
pg_dump -h "$STATE/pg" -U postgres waypost >"$STATE/earlier.sql"

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

# A database from before the erasure has all of it again. What the event log would tell it is over, too.
restore_earlier()
{
    demo_stop "$STATE"
    psql -h "$STATE/pg" -U postgres -d postgres -qc 'drop database waypost with (force)' -c 'create database waypost'
    psql -h "$STATE/pg" -U postgres -d waypost -q -v ON_ERROR_STOP=1 -f "$STATE/earlier.sql" >/dev/null
}
trim_log()
{
    local bucket
    for bucket in $(seq 0 255); do
        printf 'XTRIM wp:{b%03d}:events MAXLEN 0\n' "$bucket"
    done | redis >/dev/null
}
demo_stop "$STATE" # likewise
demo_start "$STATE" "$PORT"
check 'of the erasure one line stays beside the database' wait_for 20 test -s "$STATE/spool/erased"
check_same 'that is nobody' 0 "$(grep -c "$learner_id\|$number_id" "$STATE/spool/erased")"
cp "$STATE/spool/erased" "$STATE/erased.kept"
trim_log
restore_earlier
check_same 'a database restored to a moment before has the person' 1 "$(sql 'select count(*) from core.number_state')"
demo_start "$STATE" "$PORT"
check 'who is erased again at the start' wait_for 20 sql_is \
    "select (select count(*) from core.vault) + (select count(*) from core.number_state) + (select count(*) from core.unknown_input)" 0
check 'to the end' wait_for 60 sql_is 'select count(*) from core.erasing' 0
check_same 'PostgreSQL has no pseudonym of it' 0 "$(pg_dump -h "$STATE/pg" -U postgres waypost | grep -c "$number_id\|$learner_id")"
# Of each number what Redis has; of the erased one its tombstone, for 72 hours.
states()
{
    redis --scan --pattern 'wp:*:s:*' | while read -r key; do
        printf '%s %s\n' "$key" "$(redis --raw get "$key" | md5sum)"
    done
}
kept=$(states)
"$WAYPOST" rebuild --config "$STATE/waypost.yaml" >/dev/null 2>&1
check_same 'a rebuild brings nobody back' "$kept" "$(states)"
# Redis is lost as well: it is filled from the database that had the person.
restore_earlier
redis flushall >/dev/null
demo_start "$STATE" "$PORT"
check 'nor does a database from before, of a lost Redis' wait_for 60 sql_is 'select count(*) from core.number_state' 0
check_same 'into Redis' '' "$(states)"
check 'to the end, again' wait_for 60 sql_is 'select count(*) from core.erasing' 0
rm "$STATE/earlier.sql"
check_same 'no word' 0 "$(n_traces 'mango tree')"
check_same 'nobody may write to it' 1 \
    "$(sql "select count(*) from core.suppression where hash = core.suppression_hash(decode('$number_id', 'hex'))")"
check_same 'the file is as it was' '' "$(diff "$STATE/erased.kept" "$STATE/spool/erased")"

# An erased number that returns is a new person.
sms JOIN
check 'who returns is asked anew' wait_for 10 has_sms 1 # the simulator has begun anew, too
check 'as somebody else' wait_for 10 sql_is "select count(*) from core.learner where learner_id = '$learner_id'" 0
check 'under the same number' wait_for 10 sql_is "select encode(number_id, 'hex') from core.number_state" "$number_id"

# Of two people on a phone one says DELETE: nothing of this one is anywhere, and the other goes on.
PHONE=+254700000822
OTHER='we meet beside the red bridge'
say()
{
    local n
    n=$(n_sms)
    sms "$1"
    wait_for 10 has_sms $((n + 1))
}
for text in JOIN 1 0 SWITCH EVA 0 2 BO 0 1 "$OTHER"; do say "$text"; done
wait_for 10 is_drained
bo=$(sql "select l.learner_id from core.learner l join core.unknown_input u using (learner) where u.text like '%bridge%'")
check 'two people learn on a phone' test -n "$bo" -a "$(n_traces 'red bridge')" -gt 0
say DELETE
say 'DELETE 1'
check 'PostgreSQL has one of them' wait_for 10 sql_is "select count(*) from core.number_state where learner in
    (select learner from core.learner where learner_id = '$bo')" 0
wait_for 10 is_drained
demo_stop "$STATE"
demo_start "$STATE" "$PORT"
check 'ended' wait_for 60 sql_is 'select count(*) from core.erasing' 0
# has_traces MOST WORD...
has_traces()
{
    local most=$1
    shift
    [ "$(n_traces "$@")" -le "$most" ]
}
check 'no word of who is gone' wait_for 30 has_traces 0 'red bridge'
check 'no pseudonym but that of the erasure itself, in the log and its file' wait_for 30 has_traces 2 "${bo//-/}"
check 'the other one goes on' eval "say 1 && [ \"\$(sql \"select count(*) from core.number_state\")\" -ge 2 ]"

# DELETE is confirmed while Redis is away: it waits in the spool, and then nothing is left of the person, nor in the spool.
PHONE=+254700000823
AWAY='we meet under the yellow arch'
for text in JOIN 1 0 "$AWAY" DELETE; do say "$text"; done
wait_for 20 is_drained
away=$(sql "select l.learner_id || ' ' || encode(s.number_id, 'hex') from core.learner l join core.unknown_input u using (learner)
    join core.number_state s using (learner) where u.text like '%arch%'")
check 'a third person is in PostgreSQL' test -n "$away"
redis_stop "$STATE"
n=$(n_sms)
sms 'DELETE 1'
check 'while Redis is away the confirmation is taken, into the spool' test -s "$STATE/spool/spool.log"
check_same 'where nobody reads number or words' 0 "$(grep -ac 'DELETE\|254700000823' "$STATE/spool/spool.log")"
redis_start "$STATE"
check 'it is confirmed when Redis is back' wait_for 30 has_sms $((n + 1))
check 'PostgreSQL has forgotten this one, too' wait_for 20 sql_is \
    "select count(*) from core.number_state where encode(number_id, 'hex') = '${away#* }'" 0
wait_for 20 is_drained
demo_stop "$STATE"
demo_start "$STATE" "$PORT"
check 'to the end' wait_for 60 sql_is 'select count(*) from core.erasing' 0
check 'no word of it' wait_for 30 has_traces 0 'yellow arch'
away_id=${away%% *}
check 'no pseudonym but that of the erasure itself, in the log and its file' wait_for 30 has_traces 2 "${away_id//-/}"

# DELETE is confirmed while a coordinator moves the person to another organisation: whichever comes first, nothing of the
# person is left, and nobody is made anew.
sql "insert into core.organisation (code, name) values ('north', 'North')"
movers=()
for n in 1 2 3 4 5 6; do
    PHONE=+25470000083$n
    for text in JOIN 1 0 "we meet by the old well" DELETE; do say "$text"; done
done
wait_for 20 is_drained
mapfile -t ids < <(sql "select learner_id from core.learner l join core.unknown_input u using (learner)
    where u.text like '%well%' order by learner")
check_same 'six more are in PostgreSQL' 6 "${#ids[@]}"
for n in 1 2 3 4 5 6; do
    PHONE=+25470000083$n
    # The odd ones are asked to go when the move has begun, the even ones before.
    [ $((n % 2)) = 1 ] || sms 'DELETE 1'
    "$WAYPOST" learner move "${ids[n - 1]}" --organisation north --config "$STATE/waypost.yaml" >>"$STATE/moves.out" 2>&1 &
    movers+=($!)
    [ $((n % 2)) = 0 ] || sms 'DELETE 1'
done
n_moved=0
for pid in "${movers[@]}"; do
    if wait "$pid"; then n_moved=$((n_moved + 1)); fi
done
printf '# %d of 6 moves were done before the person was gone\n' "$n_moved"
check 'all six are gone from PostgreSQL' wait_for 30 sql_is "select count(*) from core.learner l join core.number_state s using (learner)
    where l.learner_id in ('${ids[0]}', '${ids[1]}', '${ids[2]}', '${ids[3]}', '${ids[4]}', '${ids[5]}')" 0
wait_for 20 is_drained
demo_stop "$STATE"
demo_start "$STATE" "$PORT"
check 'to the end, in both organisations' wait_for 60 sql_is 'select count(*) from core.erasing' 0
check 'no word of them' wait_for 30 has_traces 0 'old well'
check 'no pseudonym but that of each erasure itself, in the log and its file' wait_for 30 has_traces 12 "${ids[@]//-/}"
check_same 'no number' 0 "$(n_traces 254700000823 254700000831 254700000832 254700000833 254700000834 254700000835 254700000836)"
done_testing
