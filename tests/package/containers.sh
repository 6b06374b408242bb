#!/bin/bash
# containers.sh: docker/compose.yaml as containers: the image is built by docker/Dockerfile over a base that debootstrap made,
# PostgreSQL, Redis and haproxy are stand-ins of Debian's packages, and podman starts all of them. A callback is answered
# through haproxy, and its facts are in PostgreSQL. Takes a quarter of an hour and 5 GB: `./run package containers`. With
# WAYPOST_CONTAINERS=DIR images stay there for the next time.
# What a kernel without systemd and with old control groups needs: runc (crun refuses "hybrid mode"), control groups by
# files, and limits that are no higher than this process' own.
. "$(dirname "$0")/../integration/lib.sh"
for name in debootstrap buildah podman podman-compose runc; do
    command -v "$name" >/dev/null || skip "there is no $name"
done
[ "$(id -u)" = 0 ] || skip 'only root makes a system in a folder'
STATE=$(mktemp -d /var/tmp/waypost-test.XXXXXX)
STORE=${WAYPOST_CONTAINERS:-$STATE}
SITE="$STATE/site/docker"
export CONTAINERS_CONF="$STATE/containers.conf" CONTAINERS_STORAGE_CONF="$STATE/storage.conf"

compose()
{
    (cd "$SITE" && podman-compose -f compose.yaml -p "$PROJECT" "$@") >>"$STATE/compose.log" 2>&1
}
PROJECT=waypost-test-$$

clean_up()
{
    local name
    [ "$N_FAILED" = 0 ] || tail -n 30 "$STATE"/*.log | cut -c1-300 | sed 's/^/# /'
    for name in $(podman ps -aq --filter "label=io.podman.compose.project=$PROJECT"); do
        podman rm -f -t 5 "$name" >/dev/null 2>&1 || true
    done
    podman volume ls -q | grep "^${PROJECT}_" | xargs -r podman volume rm >/dev/null 2>&1 || true
    podman network rm "${PROJECT}_default" >/dev/null 2>&1 || true
    rm -rf "$STATE"
}
trap clean_up EXIT

mkdir -p "$STORE"
cat >"$CONTAINERS_STORAGE_CONF" <<CONF
[storage]
driver = "vfs"
graphroot = "$STORE/store"
runroot = "$STORE/run"
CONF
cat >"$CONTAINERS_CONF" <<CONF
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF

# image NAME FOLDER [ARG...]: built there, unless it is there.
image()
{
    podman image exists "$1" ||
        buildah bud --isolation chroot --network host -t "$1" "${@:3}" "$2" >>"$STATE/build.log" 2>&1
}

if ! podman image exists debian:12-slim; then
    debootstrap --variant=minbase bookworm "$STATE/base" >"$STATE/debootstrap.log" 2>&1 ||
        skip "debootstrap: $(tail -n 1 "$STATE/debootstrap.log")"
    tar -C "$STATE/base" -c . | podman import - debian:12-slim >/dev/null 2>&1
    rm -rf "$STATE/base"
fi
said=$(podman run --rm debian:12-slim echo started 2>&1) || true
[ "$said" = started ] || skip "podman starts nothing here: $said"

# ---- what stands in for the images of others ----

mkdir -p "$STATE/side" "$STATE/postgres" "$STATE/haproxy"
cat >"$STATE/side/entry.sh" <<'ENTRY'
#!/bin/bash
# What the image of PostgreSQL does: a new database on an empty volume, and the scripts that are mounted for it.
set -eu
export POSTGRES_USER=postgres PGHOST=/var/run/postgresql PGPASSWORD=$POSTGRES_PASSWORD
if [ "$(id -u)" = 0 ]; then
    install -d -o postgres -g postgres -m 0700 "$PGDATA"
    install -d -o postgres -g postgres -m 3777 "$PGHOST"
    exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    read -ra arguments <<<"$POSTGRES_INITDB_ARGS"
    initdb -U postgres --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") "${arguments[@]}"
    pg_ctl -w -o '-c listen_addresses=' start
    createdb -U postgres "$POSTGRES_DB"
    for script in /docker-entrypoint-initdb.d/*.sh; do bash "$script"; done
    pg_ctl -w -m fast stop
fi
exec "$@"
ENTRY
chmod 755 "$STATE/side/entry.sh"
cat >"$STATE/side/Dockerfile" <<'STEPS'
FROM debian:12-slim
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install redis-server haproxy \
    postgresql-15 && mkdir -p /usr/local/etc/haproxy
COPY entry.sh /usr/local/bin/
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/15/bin PGDATA=/var/lib/postgresql/data
STEPS
printf 'FROM localhost/side\nENTRYPOINT ["entry.sh"]\n' >"$STATE/postgres/Dockerfile"
printf 'FROM localhost/side\nCMD ["haproxy", "-W", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]\n' >"$STATE/haproxy/Dockerfile"
check 'what others make is built of packages' image localhost/side "$STATE/side"
check 'one with PostgreSQL' image docker.io/library/postgres:15-bookworm "$STATE/postgres"
check 'one with haproxy' image docker.io/library/haproxy:2.6-bookworm "$STATE/haproxy"
check 'one with Redis' podman tag localhost/side docker.io/library/redis:7.0-bookworm

# ---- ours ----

mkdir "$STATE/source"
git -C "$ROOT" archive HEAD | tar -x -C "$STATE/source"
check "the gateway's image is built by its Dockerfile" image localhost/waypost "$STATE/source" -f "$STATE/source/docker/Dockerfile"
check 'it holds the program' eval 'podman run --rm --network none localhost/waypost version >/dev/null'
check_same 'whose user is not root' 10017 "$(podman run --rm --network none --entrypoint id localhost/waypost -u)"
check_same 'no compiler is left in it' '' \
    "$(podman run --rm --network none --entrypoint find localhost/waypost /usr/bin -name gcc -o -name cmake -o -name ninja)"

# ---- the site, with numbers to call and passwords as the head of compose.yaml says ----

mkdir "$STATE/site"
cp -r "$ROOT/docker" "$ROOT/config" "$STATE/site/"
sed -i -E 's/^    # (emergency|helpline|contact|focal_points|crisis|psea|psea_points|checked):/    \1:/' "$SITE/waypost.yaml"
# Nobody else's port, and no more files than this kernel allows.
PORT=$(free_port)
sed -i 's/maxconn 20000/maxconn 400/' "$SITE/haproxy.cfg"
for name in POSTGRES WRITER SENDER; do
    declare "$name=$(openssl rand -hex 24)"
    sed -i "s/\${${name}_PASSWORD:?[^}]*}/${!name}/" "$SITE/compose.yaml"
done
sed -i -e 's/\${[A-Z_]*:-}//' -e "s/\"8080:8080\"/\"127.0.0.1:$PORT:8080\"/" \
    -e 's/ulimits: {core: 0}/ulimits: {core: 0, nofile: 1024, nproc: 4096}/' "$SITE/compose.yaml"

# database QUERY: in PostgreSQL's own container.
database()
{
    podman exec -e PGPASSWORD="$POSTGRES" "${PROJECT}_postgres_1" psql -h /var/run/postgresql -U postgres -d waypost -Atc "$1"
}

has_logins()
{
    [ "$(database "select count(*) from pg_roles where rolname in ('waypost_writer', 'waypost_sender')")" = 2 ]
}

dials()
{
    curl -sS -m 5 "http://127.0.0.1:$PORT/in/at-ussd" -d 'sessionId=s1&phoneNumber=%2B254700000001&networkCode=63902&text=' \
        --data-urlencode 'serviceCode=*384*7#' | grep -q '^CON CHILDREN ON THE MOVE'
}

has_facts()
{
    [ "$(database 'select count(*) from core.event')" -gt 0 ]
}

compose up -d redis postgres || true
check 'PostgreSQL has a login for each who needs one' wait_for 120 has_logins
check 'schema, keys and course are prepared, without rights and on a file system that is read only' compose run -T --rm prepare
for name in front writer sender timer haproxy; do
    check "$name starts" compose up -d --no-deps "$name"
done
check 'a callback is answered through haproxy' wait_for 120 dials
check 'its facts are in PostgreSQL' wait_for 60 has_facts
check_same 'the front has keys, and no login to the database' 'number_id.key' \
    "$(podman exec "${PROJECT}_front_1" bash -c 'ls /var/lib/waypost/keys | grep number_id; env | grep CONNINFO' || true)"
check_same 'the writer has a login, and no keys' 0 "$(podman exec "${PROJECT}_writer_1" bash -c 'ls -A /var/lib/waypost/keys | wc -l')"
done_testing
