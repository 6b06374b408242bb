#!/bin/bash
# canary.sh: a known phone number takes the whole course by SMS and USSD, and writes itself into messages,
# answers and mistakes, in every form that people and providers use. Then everything that the gateway
# keeps and says is searched for it. Only the fake aggregator's memory may know it: it is the phone.
. "$(dirname "$0")/lib.sh"
CANARY=+254722555019
export CANARY

canary()
{
    python3 "$ROOT/tests/integration/canary.py" "$@"
}

# search NAME COMMAND...: what the command prints does not hold the number.
search()
{
    local name=$1
    shift
    # The command's own status says nothing here; no output does.
    check "the number is not in $name" canary search "$name" < <("$@" 2>&1 || true)
}

# finds COMMAND...: the opposite. Neither an empty output nor a search that breaks off is a find.
finds()
{
    "$@" | (canary search it || true) | grep -q ' at byte '
}

admin()
{
    curl -sS -m 10 "http://127.0.0.1:$ADMIN_PORT$1"
}

# Everything of this state folder that runs: names and arguments.
processes()
{
    pgrep -f -- "$STATE" | while read -r pid; do
        tr '\0' ' ' <"/proc/$pid/cmdline"
        cat "/proc/$pid/comm"
    done
}

# Every key with its value, as clients see it.
redis_values()
{
    redis --raw eval "local out = {}
        for _, key in ipairs(redis.call('keys', '*')) do
            local kind = redis.call('type', key).ok
            local value = kind == 'string' and redis.call('get', key)
                or kind == 'stream' and redis.call('xrange', key, '-', '+')
                or kind == 'zset' and redis.call('zrange', key, 0, -1, 'withscores')
                or kind == 'hash' and redis.call('hgetall', key)
                or kind == 'set' and redis.call('smembers', key)
                or redis.call('lrange', key, 0, -1)
            out[#out + 1] = {key, value}
        end
        return out" 0
}

# The number's pseudonym in hex.
number_id()
{
    printf '%s' "$CANARY" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(cat "$STATE/keys/number_id.key")" |
        sed 's/.*= \(.\{32\}\).*/\1/'
}

# Bytes of the number's state in Redis, in hex.
state_hex()
{
    redis --raw get "wp:{b$(printf '%03d' "0x${1:0:2}")}:s:$(python3 -c 'import base64, sys
print(base64.urlsafe_b64encode(bytes.fromhex(sys.argv[1])[1:]).decode())' "$1")" | od -An -v -tx1 | tr -d ' \n'
}

has_state()
{
    state_hex "$(number_id)" | grep -q "${learner//-/}"
}

dump()
{
    pg_dump -h "$STATE/pg" -U postgres "$@" waypost
}

world_make
printf 'log_level: debug\n' >>"$STATE/waypost.yaml"
redis_start "$STATE"
postgres_start "$STATE"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"

# --- the number comes in wherever it can ---
check 'the number takes the course' canary play --port "$PORT" --type "$ROOT/tests/talk/90-whole-course-sms.talk" \
    "$ROOT/tests/talk/91-whole-course-ussd.talk"
canary errors --port "$PORT" >"$STATE/answers"
check 'mistakes are answered' grep -q '^HTTP/1.1 4' "$STATE/answers"
redis_values >"$STATE/values" # streams are not empty yet
redis_stop "$STATE"
check 'it writes while Redis is away' canary play --port "$PORT" "$ROOT/tests/talk/10-lesson.talk"
cat "$STATE"/spool/* >"$STATE/spooled"
check 'which is in the spool' test -s "$STATE/spool/spool.log"
redis_start "$STATE"
check 'spool and streams run empty' wait_for 60 is_drained

# --- the search finds every form, where there is one ---
mkdir "$STATE/forms"
(cd "$STATE/forms" && canary forms)
for form in "$STATE"/forms/*; do
    check "the search would find ${form##*/form-}" finds cat "$form"
done
check 'and finds it on the phone' finds admin /sim/outbox
check_same 'the vault holds it, sealed' 1 \
    "$(sql "select count(*) from core.vault where encode(number_id, 'hex') = '$(number_id)'")"
check_same 'the answer in which it was typed is kept' 't|t' \
    "$(sql "select bool_or(text like 'call me%'), bool_and(text like '%#%') from core.free_text")"

# --- where it must not be ---
search 'logs of the gateway' cat "$STATE/waypost.log" "$STATE/prepare.log"
search 'the log of PostgreSQL' cat "$STATE/pg/postgres.log"
search 'the log of Redis' cat "$STATE/redis/redis.log"
search '/metrics' admin /metrics
search '/readyz' admin /readyz
search 'answers to requests that were refused' cat "$STATE/answers"
search 'the list of processes' processes
search 'the files of the spool' cat "$STATE/spooled"
search 'keys and values of Redis, during' cat "$STATE/values"
search 'keys and values of Redis, after' redis_values
search 'the append-only files of Redis' cat "$STATE"/redis/appendonlydir/*
redis config set rdbcompression no >/dev/null
redis save >/dev/null
search 'a snapshot of Redis' cat "$STATE/redis/dump.rdb"
search 'tables of PostgreSQL but the vault' dump --exclude-table-data=core.vault
search 'the vault, which is sealed' dump --data-only --table=core.vault

# --- who erases is gone ---
learner=$(sql "select learner_id from core.number_state join core.learner using (learner) where encode(number_id, 'hex') = '$(number_id)'")
key=$(sql "select learner from core.learner where learner_id = '$learner'")
check 'the learner is in Redis' has_state
printf 'sms> DELETE\nsms> DELETE 1\n' >"$STATE/erase.talk"
check_same 'words of the learner are kept: an answer, mistakes, a disclosure' 't|t|t' \
    "$(sql "select (select count(*) from core.free_text where learner = $key) > 0,
        (select count(*) from core.unknown_input where learner = $key) > 0,
        (select count(*) from core.safe_case where learner = $key and sealed is not null) > 0")"
check 'and erases' canary play --port "$PORT" "$STATE/erase.talk"
check 'spool and streams run empty' wait_for 60 is_drained
check_same 'the vault is empty' 0 "$(sql 'select count(*) from core.vault')"
check_same 'no state leads to the learner' 0 \
    "$(sql "select count(*) from core.number_state where learner = $key")"
check_same 'no words are kept' 0 "$(sql "select (select count(*) from core.free_text where learner = $key)
    + (select count(*) from core.unknown_input where learner = $key)
    + (select count(*) from core.safe_case where learner = $key and sealed is not null)")"
check_same 'nor in Redis' no "$(has_state && echo yes || echo no)"
done_testing
