#!/bin/bash
# try.sh: the Debian package in a bare Debian 12: installed, its units looked at, started as far as that goes without
# systemd as PID 1, upgraded, removed, purged. Nothing is left behind but the keys. Takes minutes: `./run package try`.
. "$(dirname "$0")/../integration/lib.sh"
for name in debootstrap lintian dpkg-shlibdeps; do
    command -v "$name" >/dev/null || skip "there is no $name"
done
[ "$(id -u)" = 0 ] || skip 'only root makes a system in a folder'
STATE=$(mktemp -d /var/tmp/waypost-test.XXXXXX)
chmod 755 "$STATE"
ROOT_DIR=${WAYPOST_CHROOT:-$STATE/root}
PID=

inside()
{
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$ROOT_DIR" "$@"
}

clean_up()
{
    [ -z "$PID" ] || stop_pid "$PID" TERM 20
    for name in redis-server postgres; do
        if [ -s "$ROOT_DIR/tmp/$name.pid" ]; then
            stop_pid "$(head -n 1 "$ROOT_DIR/tmp/$name.pid")" INT 20
        fi
    done
    ! mountpoint -q "$ROOT_DIR/proc" || umount "$ROOT_DIR/proc"
    rm -rf "$STATE"
}
trap clean_up EXIT

mapfile -t needed < <("$ROOT/run.d/packages.sh" list image | sed 's/>=.*//')
if [ ! -d "$ROOT_DIR/usr" ]; then
    debootstrap --variant=minbase --include="systemd,redis-server,postgresql-15,procps,$(IFS=, && echo "${needed[*]}")" \
        bookworm "$ROOT_DIR" >"$STATE/debootstrap.log" 2>&1 || skip "debootstrap: $(tail -n 1 "$STATE/debootstrap.log")"
fi
mountpoint -q "$ROOT_DIR/proc" || mount -t proc proc "$ROOT_DIR/proc" || skip 'no /proc can be mounted'
"$ROOT/run" package --no-install "$STATE" >"$STATE/lintian" 2>&1 || { sed 's/^/# /' "$STATE/lintian" && false; }
check_same 'lintian has nothing to say' '' "$(grep -v '^package:' "$STATE/lintian" || true)"
WAYPOST_PACKAGE_SUFFIX=+next "$ROOT/run" package --no-install "$STATE" >/dev/null 2>&1
mv "$STATE"/waypost_*.deb "$ROOT_DIR/tmp/"
cd "$ROOT_DIR"
new=$(echo tmp/waypost_*next*.deb)
old=${new/+next/}
cd "$ROOT"

# What is there: paths, without what changes by itself.
listing()
{
    (cd "$ROOT_DIR" && find etc usr var lib run -xdev ! -path 'var/lib/dpkg/*' ! -path 'var/log/*' ! -path 'var/cache/*' \
        ! -path 'var/lib/postgresql/*' ! -path 'var/lib/redis/*' ! -path 'etc/passwd*' ! -path 'etc/group*' \
        ! -path 'etc/shadow*' ! -path 'etc/gshadow*' ! -path 'run/*' | sort)
}

# quietly LOG COMMAND...: its words, of both kinds, in a file.
quietly()
{
    local log="$STATE/$1"
    shift
    "$@" >"$log" 2>&1 || { sed 's/^/# /' "$log" && false; }
}

listing >"$STATE/before"
check 'installed' quietly install.log inside dpkg -i "/$old"
check_same 'a user of its own, without a shell' 'waypost /usr/sbin/nologin' \
    "$(inside getent passwd waypost | awk -F: '{ print $1, $7 }')"
check_same 'folders and their owners' '755 root
700 root
700 waypost
640 waypost' "$(inside stat -c '%a %U' /etc/waypost /etc/waypost/keys /var/lib/waypost; inside stat -c '%a %G' /etc/waypost/waypost.yaml)"
check 'manual of the command' inside test -s /usr/share/man/man1/waypost.1.gz
check 'manual of the configuration' inside test -s /usr/share/man/man5/waypost.yaml.5.gz
check 'completion' inside bash -n /usr/share/bash-completion/completions/waypost
for unit in waypost.service waypost@writer.service waypost.socket; do
    check_same "systemd takes $unit" '' \
        "$(inside systemd-analyze verify "/usr/lib/systemd/system/${unit/writer/}" 2>&1 | grep -i waypost | grep -v "'man " || true)"
done
check 'what it may do is little: exposure 1.3 or less' quietly security inside systemd-analyze security --offline=yes --threshold=13 \
    --no-pager /usr/lib/systemd/system/waypost.service

# Servers in the chroot, and the installed program with the packaged example, filled in.
inside sh -c 'redis-server /usr/share/doc/waypost/examples/redis.conf --dir /tmp --port 0 --unixsocket /tmp/redis.sock \
    --unixsocketperm 777 --pidfile /tmp/redis-server.pid --daemonize yes' >"$STATE/redis.log"
inside sh -c 'mkdir -p /run/postgresql && chown postgres /run/postgresql &&
    su postgres -s /bin/sh -c "/usr/lib/postgresql/15/bin/initdb -D /tmp/pg -A trust >/dev/null &&
    /usr/lib/postgresql/15/bin/pg_ctl -D /tmp/pg -l /tmp/pg.log -w -o \"-c listen_addresses=\" start >/dev/null"'
head -n 1 "$ROOT_DIR/tmp/pg/postmaster.pid" >"$ROOT_DIR/tmp/postgres.pid"
inside su postgres -s /bin/sh -c 'createdb waypost'
check 'the schema' quietly migrate.log inside su postgres -s /bin/sh -c 'waypost migrate --conninfo "dbname=waypost"'
PORT=$(free_port)
sed -i -e "s|^port:.*|port: $PORT|; s|^admin_port:.*|admin_port: $((PORT + 1))|" -e 's|^redis_socket:.*|redis_socket: /tmp/redis.sock|' \
    -e 's|^simulator:.*|simulator: on|; s|unsigned_callbacks: refused|unsigned_callbacks: accepted|' \
    -e 's|apikey: ""|apikey: demo|' "$ROOT_DIR/etc/waypost/waypost.yaml"
check 'keys' inside waypost keys
check 'the course' quietly publish.log inside waypost lessons publish /usr/share/waypost/lessons/children-on-the-move
check 'doctor finds nothing that would stop it' quietly doctor inside waypost doctor
[ "$N_FAILED" = 0 ] || sed 's/^/# /' "$STATE"/*.log "$STATE/doctor"
# As systemd would: the keys as credentials in a folder that the service may read, no right to their own.
install -d -m 700 "$ROOT_DIR/tmp/credentials"
for key in "$ROOT_DIR"/etc/waypost/keys/*; do
    install -m 400 "$key" "$ROOT_DIR/tmp/credentials/keys_$(basename "$key")"
done
inside chown -R waypost /tmp/credentials
env -i PATH=/usr/sbin:/usr/bin CREDENTIALS_DIRECTORY=/tmp/credentials chroot --userspec=waypost "$ROOT_DIR" \
    waypost serve >"$STATE/serve.log" 2>&1 &
PID=$!
is_ready() { curl -fsS -m 2 "http://127.0.0.1:$((PORT + 1))/readyz" >/dev/null; }
check 'started as its own user, with credentials for keys' wait_for 60 is_ready
[ "$N_FAILED" = 0 ] || tail -n 20 "$STATE/serve.log" | sed 's/^/# /'
check_same 'a callback is answered' 200 "$(curl -s -o /dev/null -w '%{http_code}' \
    -d 'from=+254700000001&to=20880&text=JOIN&id=1' "http://127.0.0.1:$PORT/in/at")"
echo '# mine' >>"$ROOT_DIR/etc/waypost/waypost.yaml"
check 'upgraded' quietly upgrade.log inside dpkg -i "/$new"
check 'the configuration is still mine' grep -q '^# mine' "$ROOT_DIR/etc/waypost/waypost.yaml"
check 'the gateway ran on meanwhile' is_ready
stop_pid "$PID" TERM 20
PID=
check 'removed' quietly remove.log inside dpkg -r waypost
check 'configuration, keys and state stay' inside test -e /etc/waypost/waypost.yaml -a -e /etc/waypost/keys/number_id.key -a -d /var/lib/waypost
check 'purged' quietly purge.log inside dpkg -P waypost
check 'it says that the keys stay, and why' grep -q 'the keys stay in /etc/waypost/keys' "$STATE/purge.log"
check_same 'nothing else is left' 'etc/waypost
etc/waypost/keys
etc/waypost/keys/number_id.key
etc/waypost/keys/seal_1.key' "$(listing | comm -13 "$STATE/before" -)"
done_testing
