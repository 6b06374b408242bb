#!/bin/bash
# disks.sh: what a small host runs into: the disk of the spool, of Redis or of PostgreSQL is full, the spool's folder can only
# be read. Learners get an answer or providers are told to keep the SMS; /readyz names it; once it is mended all that was
# taken is there, once.
. "$(dirname "$0")/lib.sh"
world_make
MOUNTS=()

clean_up()
{
    local code=$? folder
    demo_stop "$STATE"
    postgres_stop "$STATE"
    redis_stop "$STATE"
    for folder in "${MOUNTS[@]}"; do umount -l "$folder" || true; done
    world_down "$code"
}
trap clean_up EXIT

# small FOLDER SIZE: a disk of its own. Needs the right to mount.
small()
{
    install -d -m 0700 "$1"
    mount -t tmpfs -o "size=$2,mode=0700" none "$1" 2>/dev/null || skip 'no disk may be mounted here'
    MOUNTS+=("$1")
}

# fill FOLDER: to the last byte.
fill()
{
    cat /dev/zero >"$1/filler" 2>/dev/null || true
}

# next: one more, also in a subshell.
next()
{
    N=$(($(cat "$STATE/n" 2>/dev/null || echo 0) + 1))
    printf '%s\n' "$N" >"$STATE/n"
}

# sms TEXT: prints the HTTP code; each is of another number.
sms()
{
    next
    curl -sS -o /dev/null -m 30 -w '%{http_code}\n' "http://127.0.0.1:$PORT/in/at" --data-urlencode "id=disk-$N" \
        --data-urlencode "from=+2547001$((10000 + N))" --data-urlencode to=20880 --data-urlencode "text=$1"
}

# ussd: what the screen says.
ussd()
{
    next
    curl -sS -m 30 "http://127.0.0.1:$PORT/in/at-ussd" --data-urlencode "sessionId=d$N" \
        --data-urlencode "phoneNumber=+254700200001" --data-urlencode networkCode=63902 \
        --data-urlencode 'serviceCode=*384*7#' --data-urlencode text=
}

is_saying()
{
    curl -sS -m 10 "http://127.0.0.1:$ADMIN_PORT/readyz" >"$STATE/readyz"
    grep -q "$1" "$STATE/readyz"
}
is_not_saying() { ! is_saying "$1"; }

doctor()
{
    "$WAYPOST" doctor --config "$STATE/waypost.yaml" >"$STATE/doctor" 2>&1 || true
    grep -qiE "$1" "$STATE/doctor"
}

n_numbers() { sql 'select count(*) from core.number_state'; }
has_numbers() { [ "$(n_numbers)" = "$1" ]; }
is_alive_and_well() { is_alive "$(cat "$STATE/waypost.pid")" && curl -fsS -m 10 -o /dev/null "http://127.0.0.1:$ADMIN_PORT/livez"; }

small "$STATE/spool" 40k
small "$STATE/redis" 24m
redis_start "$STATE"
install -d -m 0700 "$STATE/pg"
small "$STATE/pg" 400m
chown postgres:postgres "$STATE/pg"
postgres_start "$STATE" -c max_wal_size=64MB -c min_wal_size=32MB
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"
check_same 'an SMS is taken' 200 "$(sms HELP)"
n_taken=1

# ---- the spool's disk is full while Redis is away ----

redis_stop "$STATE"
code=200
while [ "$code" = 200 ] && [ "$n_taken" -lt 3000 ]; do
    code=$(sms HELP)
    [ "$code" != 200 ] || n_taken=$((n_taken + 1))
done
printf '# a disk of 40 KiB took %d SMS\n' "$((n_taken - 1))"
check_same 'spool full: the provider is told to keep it' 503 "$code"
check '/readyz says that there is no room' wait_for 10 is_saying 'neither Redis nor the spool'
check 'doctor, too' doctor 'spool'
check 'USSD has words' grep -q '^END' <(ussd)
check 'the gateway lives' is_alive_and_well
redis_start "$STATE"
check 'Redis is back: what was taken is in PostgreSQL, each once' wait_for 60 has_numbers "$n_taken"
check 'and the spool is empty' wait_for 30 is_drained
check '/readyz has nothing to say of it' wait_for 30 is_not_saying 'spool'
check_same 'and takes more' 200 "$(sms HELP)"
n_taken=$((n_taken + 1))

# ---- the spool's folder can only be read ----

demo_stop "$STATE"
mount -o remount,ro "$STATE/spool"
timeout 60 "$WAYPOST" serve --config "$STATE/waypost.yaml" >"$STATE/refused" 2>&1 && code=0 || code=$?
check 'a spool that can only be read: the gateway does not begin' test "$code" != 0
check 'and names the folder' grep -q "$STATE/spool" "$STATE/refused"
check 'doctor, too' doctor 'spool_dir.*(read|writ|permission)'
mount -o remount,rw "$STATE/spool"
demo_start "$STATE" "$PORT"
check_same 'mended, it begins' 200 "$(sms HELP)"
n_taken=$((n_taken + 1))
check 'all is in PostgreSQL' wait_for 60 has_numbers "$n_taken"

# ---- the disk of Redis is full ----

wait_for 30 is_drained
fill "$STATE/redis"
check_same 'the disk of Redis is full: an SMS is taken, into the spool' 200 "$(sms HELP)"
n_taken=$((n_taken + 1))
check '/readyz says that Redis is away' wait_for 20 is_saying 'Redis is'
check 'USSD has words' grep -qE '^(END|CON)' <(ussd)
rm "$STATE/redis/filler"
redis_is_up "$STATE" || redis_start "$STATE"
check 'all is in PostgreSQL once it has room again' wait_for 60 has_numbers "$n_taken"

# ---- the disk of PostgreSQL is full ----

wait_for 30 is_drained
fill "$STATE/pg"
for _ in 1 2 3 4 5 6 7 8; do
    check_same 'the disk of PostgreSQL is full: an SMS is taken' 200 "$(sms JOIN)"
    n_taken=$((n_taken + 1))
done
has_screen() { ussd | grep -q '^CON'; }
check 'USSD goes on' wait_for 20 has_screen
check 'the gateway lives' is_alive_and_well
rm "$STATE/pg/filler"
postgres_is_up "$STATE" || postgres_start "$STATE"
check 'all is in PostgreSQL once it has room again' wait_for 60 has_numbers "$((n_taken + 1))" # who dialled is one more
check 'spool and streams run empty' wait_for 60 is_drained
check_same 'each callback is one step' 0 "$(sql 'select count(*) from core.conflict')"

done_testing
