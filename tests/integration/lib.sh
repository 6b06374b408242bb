# shellcheck shell=bash
# lib.sh: a private world for one integration test: a temporary state folder with Redis and
# PostgreSQL, and the gateway of the demo on a free port. Source it first; everything that was
# started is stopped and removed at exit. Results are TAP on stdout.
#
#   . "$(dirname "$0")/lib.sh"
#   world_up                                # STATE, PORT, ADMIN_PORT
#   check 'the course is joined' test "$(sql 'select count(*) from report.enrolments')" = 1
#   done_testing
set -eu
export PYTHONDONTWRITEBYTECODE=1 # nothing is left in the source tree
export PATH="/usr/bin:/bin:$PATH" # Debian's python3 has the packages; a version manager before it takes a second to find its own
ROOT=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
for part in common servers demo; do
    # shellcheck source=/dev/null
    . "$ROOT/run.d/$part.sh"
done

# What a quiet machine may take is what the tests say to wait_for (run.d/common.sh). A busy one gets as long as it needs, so
# that no test fails for what runs beside it: only a failure waits so long.
# shellcheck disable=SC2034 # wait_for reads it
WAIT_MIN_S=120

STATE=
PORT=
N_CHECKS=0
N_FAILED=0

# template_make FOLDER: there a stopped PostgreSQL whose database waypost has the schema of sql/ and nothing else.
template_make()
{
    (
        made=$(mktemp -d /tmp/waypost-made.XXXXXX)
        trap 'postgres_stop "$made"; rm -rf "$made"' EXIT
        trap 'exit 130' INT TERM
        chmod 0711 "$made"
        postgres_start "$made" -c fsync=off -c min_wal_size=32MB
        psql -h "$made/pg" -U postgres -d postgres -qc 'create database waypost' &&
            "$WAYPOST" migrate --conninfo "host=$made/pg dbname=waypost user=postgres" "$ROOT/sql" &&
            postgres_stop "$made" && rm -rf "$1" && mv "$made/pg/data" "$1"
    )
}

# world_database: the world's PostgreSQL is a copy of build/postgres, which is made once for each state of sql/: to make it anew
# takes seven seconds, and fifty scripts would.
world_database()
{
    local template="$ROOT/build/postgres" schema
    [ -x "$PG_BIN/initdb" ] || return 0
    mkdir -p "$ROOT/build"
    schema=$(cd "$ROOT/sql" && sha256sum "$PG_BIN/initdb" ./*.sql | sha256sum)
    (
        flock 8
        if [ "$(cat "$template.schema" 2>/dev/null)" != "$schema" ]; then
            rm -f "$template.schema"
            template_make "$template" >"$template.log" 2>&1 8>&- || die 69 "$(cat "$template.log")"
            printf '%s\n' "$schema" >"$template.schema"
        fi
        install -d -m 0700 "$STATE/pg"
        cp -a "$template" "$STATE/pg/data"
    ) 8>"$template.lock"
}

# world_folder: a state folder, nothing in it started yet.
world_folder()
{
    STATE=$(mktemp -d /tmp/waypost-test.XXXXXX)
    chmod 0711 "$STATE"
    PORT=$(free_port)
    ADMIN_PORT=$((PORT + 1))
    export STATE PORT ADMIN_PORT
    demo_write_config "$STATE" "$PORT" >"$STATE/waypost.yaml"
    trap world_down EXIT
    trap 'exit 130' INT TERM
}

# world_make: likewise, with a database that has the schema.
world_make()
{
    world_folder
    world_database
}

# world_up: the whole demo, ready for callbacks.
world_up()
{
    world_make
    world_start
}

# world_start: the servers and the gateway, as the world's waypost.yaml says.
world_start()
{
    redis_start "$STATE"
    postgres_start "$STATE"
    demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
    demo_start "$STATE" "$PORT"
}

world_down()
{
    local code=${1:-$?} # that of what ended the script
    trap '' INT TERM
    if [ "$code" != 0 ] || [ "$N_FAILED" != 0 ]; then
        tail -n 40 "$STATE"/*.log "$STATE"/redis/redis.log "$STATE"/pg/postgres.log 2>/dev/null |
            sed 's/^/# /' || true
    fi
    demo_stop "$STATE"
    postgres_stop "$STATE"
    redis_stop "$STATE"
    rm -rf "$STATE"
}

# sql TEXT: unaligned rows, as the superuser.
sql()
{
    psql -h "$STATE/pg" -U postgres -d waypost -v ON_ERROR_STOP=1 -Atqc "$1"
}

# redis ARG...
redis()
{
    redis-cli -s "$STATE/redis/redis.sock" "$@"
}

# n_entries NAME: of the stream of that name (events, outbox) in all buckets.
n_entries()
{
    redis --raw eval "local n = 0
        for b = 0, 255 do n = n + redis.call('xlen', string.format('wp:{b%03d}:$1', b)) end
        return n" 0
}

# log_ends: "bucket last-entry" of each bucket's event log that is not empty.
log_ends()
{
    redis --raw eval "local ends = {}
        for b = 0, 255 do
            local last = redis.call('xrevrange', string.format('wp:{b%03d}:events', b), '+', '-', 'count', 1)[1]
            if last then ends[#ends + 1] = b .. ' ' .. last[1] end
        end
        return ends" 0
}

# The event log is in PostgreSQL up to its end, or beyond: of who is erased nothing stays in the log, its last entry neither.
log_is_stored()
{
    sql "select bucket || ' ' || ms || '-' || n from core.log_place" >"$STATE/log_places" 2>/dev/null &&
        log_ends | awk -F'[ -]' '!is_end { ms[$1] = $2; n[$1] = $3; next }
            ms[$1] + 0 < $2 || (ms[$1] == $2 && n[$1] + 0 < $3) { is_behind = 1 }
            END { exit is_behind }' "$STATE/log_places" is_end=1 -
}

# All that was taken is in PostgreSQL and all SMS have left: nothing waits in spool, outbox and log.
is_drained()
{
    [ ! -s "$STATE/spool/spool.log" ] && log_is_stored && [ "$(n_entries outbox)" = 0 ] && log_is_stored
}

# histories: what PostgreSQL knows of each number, one line for each: number_id seq facts.
histories()
{
    sql "select encode(s.number_id, 'hex') || ' ' || s.seq || ' ' || coalesce((select string_agg(
            concat_ws(',', seq, n, kind, phase, unit, choice, value, correct, attempt, via, channel, lang),
            ' ' order by seq, n) from core.event e where e.learner = s.learner), '')
        from core.number_state s"
}

# number_steps: "number_id seq sent unknown other IDS" of each number; the three count its SMS, IDS is "step:provider's id"
# of each that was sent and got one, with commas, or "-".
number_steps()
{
    sql "select encode(s.number_id, 'hex'), s.seq, count(*) filter (where m.status = 'sent'),
            count(*) filter (where m.status = 'unknown'),
            count(*) filter (where m.status not in ('sent', 'unknown')),
            coalesce(string_agg(m.seq || ':' || m.provider_id, ',') filter (where m.status = 'sent'), '-')
        from core.number_state s left join core.message m using (learner) group by 1, 2" | tr '|' ' '
}

# unknown_sms FILE: "number_id entered status_at error" of each SMS of unknown outcome, in milliseconds since 1970: when it
# came into the outbox, which its id says, and when its outcome was told.
unknown_sms()
{
    sql "select encode(s.number_id, 'hex'), split_part(m.message_id, '-', 2), floor(extract(epoch from m.status_at) * 1000),
            coalesce(m.error, '-')
        from core.number_state s join core.message m using (learner) where m.status = 'unknown'" | tr '|' ' ' >"$1"
}

# sender_ends FILE: when a sender of this gateway was ended by a signal, likewise, as its supervisor saw it.
sender_ends()
{
    grep -a 'msg="process ended" name=sender-[0-9]* signal=' "$STATE/waypost.log" | sed 's/^ts=\([^ ]*\) .*/\1/' |
        date -f - +%s%3N >"$1" || true # none was
}

# check WORDS COMMAND...: one TAP line.
check()
{
    local words=$1
    shift
    N_CHECKS=$((N_CHECKS + 1))
    if "$@"; then
        printf 'ok %d - %s\n' "$N_CHECKS" "$words"
    else
        N_FAILED=$((N_FAILED + 1))
        printf 'not ok %d - %s\n# failed: %s\n' "$N_CHECKS" "$words" "$*"
    fi
}

# into FILE COMMAND...: what the command says, in FILE. `check ... >FILE` would hide the verdict there, too (tests/lint/banned.sh).
into()
{
    local file=$1
    shift
    "$@" >"$file" 2>&1
}

# check_same WORDS EXPECTED ACTUAL
check_same()
{
    N_CHECKS=$((N_CHECKS + 1))
    if [ "$2" = "$3" ]; then
        printf 'ok %d - %s\n' "$N_CHECKS" "$1"
    else
        N_FAILED=$((N_FAILED + 1))
        printf 'not ok %d - %s\n' "$N_CHECKS" "$1"
        printf '%s\n' "expected: $2" "found:    $3" | sed 's/^/# /'
    fi
}

# skip WHY: this test cannot be run here. It is counted, and fails where CI demands all of them.
skip()
{
    printf '1..0 # SKIP %s: %s\n' "$(basename "$0")" "$1"
    exit 0
}

# skip_check WORDS WHY: one of several checks cannot be made here.
skip_check()
{
    N_CHECKS=$((N_CHECKS + 1))
    printf 'ok %d - %s # SKIP %s: %s\n' "$N_CHECKS" "$1" "$(basename "$0")" "$2"
}

# browser_says FILE: what a driver of the browser has told (browser.js), as checks of this script.
browser_says()
{
    local line
    while read -r line; do
        case $line in
        'ok - '*) check "browser: ${line#ok - }" true ;;
        'not ok - '*) check "browser: ${line#not ok - }" false ;;
        *) printf '# %s\n' "${line#\# }" ;;
        esac
    done <"$1"
    check 'the browser got to the end' grep -q "no error in the browser's log" "$1"
}

# npm_packages FOLDER: what its package-lock.json names, in $STATE/packages; or skip.
npm_packages()
{
    local name
    for name in npm node; do
        command -v "$name" >/dev/null || skip "there is no $name"
    done
    install -d "$STATE/packages"
    cp "$1/package.json" "$1/package-lock.json" "$STATE/packages/"
    (cd "$STATE/packages" && timeout 90 npm ci --ignore-scripts --no-audit --no-fund \
        --fetch-retries=1 --fetch-timeout=20000) >"$STATE/npm.log" 2>&1 ||
        skip "npm could not install the packages: $(grep -m 1 'npm error' "$STATE/npm.log" || echo 'it took too long')"
}

done_testing()
{
    printf '1..%d\n' "$N_CHECKS"
    [ "$N_FAILED" = 0 ]
}

# certificates: an authority, and one certificate for 127.0.0.1.
certificates()
{
    local dir=$STATE/tls
    mkdir "$dir"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout "$dir/ca.key" -out "$dir/ca.pem" \
        2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj /CN=redis -keyout "$dir/redis.key" -out "$dir/redis.csr" 2>/dev/null
    openssl x509 -req -in "$dir/redis.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 2 \
        -extfile <(printf 'subjectAltName=IP:127.0.0.1\n') -out "$dir/redis.pem" 2>/dev/null
}

# haproxy_configure FRONT PORT PORT: the proxy of docker/ on port FRONT in $STATE/haproxy.cfg, its servers a and b at those
# ports of this host. The containers' names become addresses, it looks more often, and it tells how they are; nothing else.
haproxy_configure()
{
    sed -e "s|bind :8080|bind 127.0.0.1:$1|; s|inter 2s|inter 200ms|" \
        -e "s|^    maxconn 20000|    maxconn 2000\n    stats socket $STATE/haproxy.sock|" \
        -e "s|^    server-template front 4 front:8080 \(.*\) resolvers.*|    server a 127.0.0.1:$2 \1\n    server b 127.0.0.1:$3 \1|" \
        -e '/^resolvers/,/^$/d' "$ROOT/docker/haproxy.cfg" >"$STATE/haproxy.cfg"
}

# haproxy_state NAME: UP, DOWN, DRAIN ..., or UNCHECKED: until it has looked for the first time haproxy takes a server for up.
haproxy_state()
{
    python3 - "$STATE/haproxy.sock" "$1" <<'PY'
import csv, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"show stat\n")
text = b""
while data := s.recv(65536):
    text += data
for row in csv.DictReader(text.decode().removeprefix("# ").splitlines()):
    if (row["pxname"], row["svname"]) == ("fronts", sys.argv[2]):
        print("UNCHECKED" if row["check_status"].endswith("INI") else row["status"].split()[0])
PY
}

# haproxy_has NAME STATE
haproxy_has()
{
    [ "$(haproxy_state "$1")" = "$2" ]
}
