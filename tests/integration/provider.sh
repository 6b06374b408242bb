#!/bin/bash
# provider.sh: providers that throttle, fail, hang, lie and break off (provider.py): each message
# ends as gateway/app/outbox/outbox.h says, none is lost, and none is sent twice. Runs in a mount
# namespace of its own, where the machine trusts the test's authority and asks its name server.
if [ "${IN_NAMESPACE:-}" != 1 ] && unshare --mount true 2>/dev/null; then
    IN_NAMESPACE=1 exec unshare --mount bash "$0"
fi
. "$(dirname "$0")/lib.sh"

# script | profile | port | status, attempts and requests in the end. The scripts are provider.py's.
# "-" is a message that still waits when the others have ended.
CASES='
ok                 generic        PLAIN          sent     1  1
throttle-seconds   generic        PLAIN          sent     1  2
throttle-date      generic        PLAIN          sent     1  2
throttle-huge      generic        PLAIN          -        -  1
throttle-negative  generic        PLAIN          sent     1  2
throttle-inside    vonage         PLAIN          sent     1  2
error              generic        PLAIN          sent     3  3
refuse             generic        PLAIN          failed   1  1
error-inside       africastalking PLAIN          failed   1  1
same-id            generic        PLAIN          sent     1  1
close              generic        PLAIN          sent     1  1
hang               generic        PLAIN          unknown  1  1
drop               generic        PLAIN          unknown  1  1
slow               generic        PLAIN          sent     1  1
slower             generic        PLAIN          unknown  1  1
endless            generic        PLAIN          unknown  1  1
endless-head       generic        PLAIN          unknown  1  1
redirect           generic        PLAIN          failed   1  1
redirect-file      generic        PLAIN          failed   1  1
cut                generic        TLS            unknown  1  1
garbage            generic        PLAIN          unknown  1  1
reset              generic        PLAIN          unknown  1  1
informs            generic        PLAIN          sent     1  1
informs-always     generic        PLAIN          unknown  1  1
chunks             generic        PLAIN          sent     1  1
chunks-garbage     generic        PLAIN          unknown  1  1
chunks-huge        generic        PLAIN          unknown  1  1
chunks-cut         generic        PLAIN          unknown  1  1
'
# Only where the machine can be made to trust the test's authority.
TLS_CASES='
expired            generic        EXPIRED        sent     2  1
self-signed        generic        SELF_SIGNED    sent     2  1
wrong-host         generic        WRONG_HOST     sent     2  1
old-tls            generic        OLD_TLS        sent     2  1
cut-handshake      generic        CUT_HANDSHAKE  sent     2  1
'
# What the configuration of the channel forbids never gets there.
FORBIDDEN_CASES='
private            generic        PLAIN          -        -  0
plain              generic        PLAIN          -        -  0
'
NAME_SERVER="127.$((RANDOM % 200 + 20)).$((RANDOM % 200 + 20)).$((RANDOM % 200 + 20))"
N_NAMELESS=20
N_PHONES=0

has_namespace()
{
    [ "${IN_NAMESPACE:-}" = 1 ]
}

provider_start()
{
    local arguments=("$STATE/provider")
    ! has_namespace || arguments+=("$NAME_SERVER")
    install -d "$STATE/provider"
    touch "$STATE/provider/requests"
    setsid python3 "$ROOT/tests/integration/provider.py" "${arguments[@]}" \
        </dev/null >"$STATE/provider.log" 2>&1 &
    printf '%s\n' $! >"$STATE/provider.pid"
    wait_for 20 test -e "$STATE/provider/ports" || die 69 'the provider did not start'
    # shellcheck source=/dev/null
    . "$STATE/provider/ports"
}

all_down()
{
    local code=$?
    stop_pid "$(cat "$STATE/provider.pid")" TERM 5
    world_down "$code"
}

# channel NAME PROFILE URL [LINE]...
channel()
{
    printf '  - name: %s\n    profile: %s\n    country: KE\n    unsigned_callbacks: accepted\n    new_numbers_hour: 100000\n    tps: 100\n' "$1" "$2"
    printf '    %s\n' "${@:4}"
    printf '    settings:\n      send_url: "%s"\n' "$3"
    case $2 in
    africastalking) printf '      username: demo\n      apikey: demo\n' ;;
    vonage) printf '      api_key: demo\n      api_secret: demo\n' ;;
    esac
}

# channels URL [all-allowed]: URL is the nameless channel's.
channels()
{
    local name profile port scheme lines rest
    while read -r name profile port rest; do
        [ -n "$name" ] || continue
        lines=('private_addresses: allowed' 'plain_http: allowed')
        scheme=http
        case $name$2 in
        private) lines=('plain_http: allowed') ;;
        plain) lines=('private_addresses: allowed') ;;
        esac
        # Unless that is what is tried out, certificates are checked.
        case $port in
        PLAIN) ;;
        TLS) scheme=https ;;
        *) scheme=https lines=('private_addresses: allowed') ;;
        esac
        port=PORT_$port
        channel "$name" "$profile" "$scheme://127.0.0.1:${!port}/$name" "${lines[@]}"
    done <<<"$CASES"
    channel nameless generic "$1" 'private_addresses: allowed' 'plain_http: allowed'
}

# say CHANNEL: JOIN from a phone of its own; its answer goes out through that channel. The names of
# the three profiles' fields do not get in each other's way. Prints how long it took.
say()
{
    N_PHONES=$((N_PHONES + 1))
    local phone
    phone=$(printf '+2547%08d' "$N_PHONES")
    curl -fsS -m 120 -o /dev/null -w '%{time_total}\n' --data-urlencode "from=$phone" \
        --data-urlencode "msisdn=${phone#+}" -d "to=20880&text=JOIN&id=$N_PHONES&messageId=$N_PHONES" \
        "http://127.0.0.1:$PORT/in/$1"
}

# requests_of JQ: of the log of requests, one answer a line.
requests_of()
{
    jq -r "select(.script != \"read\") | $1" "$STATE/provider/requests"
}

n_requests()
{
    requests_of "select(.script == \"$1\") | .n" | wc -l
}

# Seconds between the first two requests of a script, in whole numbers.
gap_of()
{
    requests_of "select(.script == \"$1\") | .at" | awk 'NR == 1 { first = $1 } NR == 2 { print int($1 - first) }'
}

# has_settled NAME N: so many messages of a channel have an outcome.
has_settled()
{
    [ "$(sql "select count(*) from core.message where channel = '$1'")" -ge "$2" ]
}

has_requests()
{
    [ "$(n_requests "$1")" -ge "$2" ]
}

metric()
{
    curl -fsS -m 10 "http://127.0.0.1:$ADMIN_PORT/metrics" | sed -n "s/^waypost_$1 //p"
}

metric_is()
{
    [ "$(metric "$1")" = "$2" ]
}

pid_of_sender()
{
    curl -sS -m 10 "http://127.0.0.1:$ADMIN_PORT/readyz" | jq '.processes[] | select(.role == "sender") | .pid'
}

write_config()
{
    demo_write_config "$STATE" "$PORT" | sed '/^channels:/q'
    channels "$1" "${2:-}"
    printf 'countries:\n  - {code: KE, cost: Free, emergency: "999", helpline: "116"}\n'
}

world_make
provider_start
if has_namespace; then
    CASES+=$TLS_CASES
    mount --bind "$STATE/provider/ca.pem" /etc/ssl/certs/ca-certificates.crt
    printf 'nameserver %s\n' "$NAME_SERVER" >"$STATE/resolv.conf"
    mount --bind "$STATE/resolv.conf" /etc/resolv.conf
else
    skip_check 'certificates and names' 'this user may not make a mount namespace'
fi
CASES+=$FORBIDDEN_CASES
write_config 'http://provider.example/nameless' >"$STATE/waypost.yaml"
redis_start "$STATE"
postgres_start "$STATE"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"
trap all_down EXIT

# --- one message for each ---
while read -r name _; do
    [ -z "$name" ] || say "$name" >/dev/null
done <<<"$CASES"
while read -r name _ _ status attempts requests; do
    [ -n "$name" ] || continue
    [ "$status" = - ] || wait_for 40 has_settled "$name" 1 || true
    check_same "$name: outcome and attempts, requests" "${status#-} ${attempts#-} $requests" \
        "$(sql "select status || ' ' || attempts from core.message where channel = '$name'" |
            grep . || echo ' ') $(n_requests "$name")"
done <<<"$CASES"
check 'Retry-After in seconds is waited for' test "$(gap_of throttle-seconds)" -ge 2
check 'Retry-After as a date is waited for' test "$(gap_of throttle-date)" -ge 2
check 'a negative one is no reason to wait for long' test "$(gap_of throttle-negative)" -le 20
check 'a body without end is not read to the end' \
    test "$(jq -s 'map(select(.script == "read") | .bytes) | max' "$STATE/provider/requests")" -lt 30000000
check_same 'nobody follows a redirect' 0 "$(n_requests redirected)"
check_same 'a number in words of the provider is masked' 0 \
    "$(sql "select count(*) from core.message where error ~ '[0-9]{7}'")"
check 'a channel that begins to fail says so, and why' \
    grep -q 'channel is in trouble.*why="' "$STATE/waypost.log"
check_same 'what failed, and what is unknown, says why' 0 \
    "$(sql "select count(*) from core.message where status in ('failed', 'unknown') and error is null")"

# --- the same id, and a connection that is closed after each answer ---
for name in same-id close; do
    say "$name" >/dev/null
    wait_for 20 has_settled "$name" 2 || true
    check_same "$name: two messages, two rows" '2 2' \
        "$(n_requests "$name") $(sql "select count(*) from core.message where channel = '$name' and status = 'sent'")"
done

# --- the sender dies in the middle of a request ---
say hang >/dev/null
wait_for 10 has_requests hang 2 || true
kill -KILL "$(pid_of_sender)"
check 'a sender that died leaves an unknown outcome' wait_for 20 has_settled hang 2
check_same 'and no second request' '2 unknown' \
    "$(n_requests hang) $(sql "select distinct status from core.message where channel = 'hang'")"

# --- a name server that does not answer ---
if has_namespace; then
    # The resolver waits for 5 s and asks again: one look-up in a loop's way would take 10 s, all 200.
    for _ in $(seq "$N_NAMELESS"); do
        say nameless >/dev/null
    done
    n=$(n_requests ok)
    for _ in $(seq 30); do
        say ok
    done >"$STATE/times"
    slowest=$(sort -n "$STATE/times" | tail -n 1)
    check 'others are sent while names are looked up' wait_for 60 has_requests ok $((n + 30))
    printf '# slowest callback meanwhile: %s s\n' "$slowest"
    check 'no callback waits for one' awk -v t="$slowest" 'BEGIN { exit !(t < 4.5) }'
    check_same 'nothing of these is lost or decided' "$N_NAMELESS 0" \
        "$(($(metric outbox_pending) - 2)) $(sql "select count(*) from core.message where channel = 'nameless'")"
fi

# --- and in the end ---
demo_stop "$STATE"
write_config "http://127.0.0.1:$PORT_PLAIN/nameless" all-allowed >"$STATE/waypost.yaml"
demo_start "$STATE" "$PORT"
check 'all that waited is sent when it can be' wait_for 30 metric_is outbox_pending 0
check_same 'each phone has one message, and each message one row' "$N_PHONES $N_PHONES" \
    "$(sql 'select count(*), count(distinct learner) from core.message' | tr '|' ' ')"
check_same 'and no message may have been sent twice' 1 \
    "$(requests_of 'select(.may_be_taken) | .script + .id' | sort | uniq -c | awk '{ print $1 }' | sort -nr | head -n 1)"
done_testing
