#!/bin/bash
# rebuild.sh: a Redis that lost everything gets back 100,000 learners within a minute, and nothing that is
# newer there is touched.
. "$(dirname "$0")/lib.sh"

N=100000

rebuild()
{
    "$WAYPOST" rebuild --config "$STATE/waypost.yaml" 2>"$STATE/rebuild.log"
}

n_states()
{
    redis --scan --pattern 'wp:*:s:*' | wc -l
}

# Prints the key of a number_id in hex, whose first byte is the bucket.
key_of()
{
    redis --scan --pattern "wp:{b$(printf '%03d' "0x${1:0:2}")}:s:*" | head -n 1
}

world_make
postgres_start "$STATE" -c fsync=off
sql "insert into core.number_state (number_id, learner, seq, at, due_at, state)
    select substr(sha256(int4send(i)), 1, 16), i, 7, now(), case when i % 2 = 0 then now() end,
        '\\x00000007'::bytea || sha256(int4send(i)) from generate_series(1, $N) i"
sql "insert into core.number_state (number_id, learner, seq, at, state)
    select substr(sha256(int4send(1)), 1, 16), $N + 1, 3, now(), '\\x00000003'::bytea || 'enrolled anew by mistake'::bytea"
for version in 1.0.0 1.1.0; do
    sql "select core.publish(jsonb_build_object('course', 'c', 'version', '$version', 'hash', repeat('a', 64),
        'bundle', encode('bundle of $version', 'base64'), 'units', '[]'::jsonb))"
done

check_same 'without Redis it says so' 69 "$(rebuild >/dev/null; echo $?)"
redis_start "$STATE"
start=$SECONDS
check_same 'it counts what it put back' "courses 2
numbers $N" "$(rebuild)"
check "in $((SECONDS - start)) seconds" test $((SECONDS - start)) -le 60
check 'it shows its progress' grep -q "of $N numbers" "$STATE/rebuild.log"
check_same 'each number is there' "$N" "$(n_states)"

# One learner has moved on meanwhile, another one's place was lost again.
newer=$(key_of "$(sql "select encode(substr(sha256(int4send(1)), 1, 16), 'hex')")")
lost=$(key_of "$(sql "select encode(substr(sha256(int4send(2)), 1, 16), 'hex')")")
printf '\x00\x00\x00\x08newer' | redis -x set "$newer" >/dev/null
redis del "$lost" >/dev/null
# A third one was enrolled anew, since nobody was known: the older one has more behind it, and goes on.
anew=$(key_of "$(sql "select encode(substr(sha256(int4send(3)), 1, 16), 'hex')")")
known=$(redis --raw get "$anew" | sha256sum)
printf '\x00\x00\x00\x03enrolled anew by mistake' | redis -x set "$anew" >/dev/null
check 'it may be repeated' rebuild
check_same 'who was enrolled anew by mistake is who he or she was' "$known" "$(redis --raw get "$anew" | sha256sum)"
check_same 'what is newer in Redis stays' newer "$(redis --raw get "$newer" | tr -d '\0\010')"
check_same 'what was missing is back' "$N" "$(n_states)"
done_testing
