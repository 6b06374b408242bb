# shellcheck shell=bash
# demo.sh: the gateway as `./run` starts it, in a state folder, on a private Redis and PostgreSQL,
# with channels whose SMS go to the built-in simulator. Needs common.sh and servers.sh.

WAYPOST="${WAYPOST:-$ROOT/build/waypost}" # or another build of it

# demo_channel NAME PROFILE [LINE]... [-- SETTING]...: one entry under channels:.
demo_channel()
{
    local line indent='    '
    printf '  - name: %s\n    profile: %s\n    country: KE\n' "$1" "$2"
    printf '    unsigned_callbacks: accepted\n    new_numbers_hour: 100000\n    private_addresses: allowed\n'
    printf '    plain_http: allowed\n'
    for line in "${@:3}"; do
        if [ "$line" = -- ]; then
            printf '    settings:\n      send_url: "%s/%s"\n' "$DEMO_SEND_URL" "$1"
            indent='      '
        else
            printf '%s%s\n' "$indent" "$line"
        fi
    done
}

# demo_write_config STATE PORT: the whole waypost.yaml of the demo.
demo_write_config()
{
    local state=$1 port=$2 DEMO_SEND_URL="http://127.0.0.1:$(($2 + 1))/sim/send"
    cat <<YAML
# Written by ./run at each start. config/waypost.yaml explains every key.
org: Waypost Demo
url: example.org/course
port: $port
admin_port: $((port + 1))
fronts: ${WAYPOST_FRONTS:-0}
simulator: on
keys_dir: "$state/keys"
spool_dir: "$state/spool"
profiles_dir: "$ROOT/config/profiles"
lessons_dir: "$ROOT/lessons"
redis_socket: "$state/redis/redis.sock"
writer_conninfo: "host=$state/pg dbname=waypost user=waypost_writer"
sender_conninfo: "host=$state/pg dbname=waypost user=waypost_sender"
report_conninfo: "host=$state/pg dbname=waypost"
channels:
YAML
    demo_channel at africastalking 'from: "20880"' 'tps: 1000' -- 'username: demo' 'apikey: demo'
    demo_channel at-ussd africastalking-ussd 'dial_code: "*384*7#"' 'sms_channel: at'
    demo_channel at-voice africastalking-voice 'sms_channel: at'
    demo_channel kannel kannel 'from: "20880"' 'tps: 1000' -- 'username: demo' 'password: demo'
    demo_channel twilio twilio 'from: "+254700020880"' 'tps: 1000' -- 'account_sid: AC0' 'token: demo' \
        "public_url: http://127.0.0.1:$port/in/twilio"
    demo_channel infobip-ussd infobip-ussd 'dial_code: "*384*7#"' 'sms_channel: at'
    printf 'countries:\n  - {code: KE, utc_offset: "+03:00", emergency: "999", helpline: "116",\n'
    printf '     cost: "Each SMS costs you your normal rate.", contact: "Waypost Demo (0800 7000)",\n'
    printf '     crisis: "0800 116 123", psea: "0800 7322", psea_points: "+254733000003 +254733000004",\n'
    printf '     focal_points: "+254733000001 +254733000002", checked: %s}\n' "$(date -u +%F)"
    # Nothing is sent to countries that are not named. These are of numbers that people try.
    printf '  - {code: %s}\n' UG TZ RW ET SO NG GH ZA GB HR KI
}

# The database, then what prepare.sh does, with the schema and lessons of WAYPOST_SHARE where that is given. Safe to
# repeat.
demo_prepare()
{
    local state=$1
    [ -n "$(psql -h "$state/pg" -U postgres -d postgres -Atqc \
        "select 1 from pg_database where datname = 'waypost'")" ] ||
        psql -h "$state/pg" -U postgres -d postgres -qc 'create database waypost'
    PATH="$ROOT/build:$PATH" bash "$ROOT/run.d/prepare.sh" "$state/waypost.yaml" \
        "host=$state/pg dbname=waypost user=postgres" "${WAYPOST_SHARE:-$ROOT}"
    demo_psql "$state" -qc "insert into core.member (login, org_id)
        select 'postgres', org_id from core.organisation on conflict do nothing"
}

# Coordinators are asked for their password, or /report/ lets nobody in; amina gets one, kept in STATE/amina.password.
demo_add_coordinator()
{
    local state=$1 hba="$1/pg/data/pg_hba.conf"
    [ -s "$state/amina.password" ] ||
        (umask 077 && od -An -N6 -tx1 /dev/urandom | tr -d ' \n' >"$state/amina.password")
    grep -q '+coordinator' "$hba" || sed -i '1i local waypost +coordinator scram-sha-256' "$hba"
    demo_psql "$state" -qXAtc "select ops.add_coordinator('amina', 'demo')" \
        -c "alter role amina password '$(cat "$state/amina.password")'" -c 'select pg_reload_conf()' >/dev/null
}

# Views show a login the rows of its own organisations, whoever it is; in the demo the operator of
# `./run psql` coordinates all of them.
demo_psql()
{
    local state=$1
    shift
    psql -h "$state/pg" -U postgres -d waypost "$@"
}

# Starts `waypost serve` and waits until it takes callbacks; its log is STATE/waypost.log.
demo_start()
{
    local state=$1 port=$2
    (cd / && exec setsid "$WAYPOST" serve --config "$state/waypost.yaml") \
        </dev/null >>"$state/waypost.log" 2>&1 9>&- &
    printf '%s\n' $! >"$state/waypost.pid"
    wait_for 30 demo_is_settled "$state" "$port" ||
        die 69 "the gateway did not get ready; see $state/waypost.log"
    is_alive "$(cat "$state/waypost.pid")" ||
        die 69 "the gateway ended at once; see $state/waypost.log"
}

# Ready, or over: a gateway that has ended will not get ready.
demo_is_settled()
{
    ! is_alive "$(cat "$1/waypost.pid")" || demo_is_ready "$@"
}

demo_is_ready()
{
    curl -fsS -m 2 "http://127.0.0.1:$(($2 + 1))/readyz"
}

demo_stop()
{
    local pid
    pid=$(cat "$1/waypost.pid" 2>/dev/null) || return 0
    stop_pid "$pid" TERM 25
    rm -f "$1/waypost.pid"
}

# Something of an earlier ./run that was killed may still hold the state folder's sockets. Only what
# works in this very folder is stopped.
demo_stop_orphans()
{
    local file pid
    for file in "$1/waypost.pid" "$1/pg/pid" "$1/redis/pid"; do
        pid=$(cat "$file" 2>/dev/null) || continue
        if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$1"; then
            say "stopping process $pid, left over from an earlier run"
            stop_pid "$pid" TERM 20
        fi
        rm -f "$file"
    done
}
