#!/bin/bash
# host.sh: docs/operating as an operator follows it: a Debian with systemd as PID 1, in which every command of these pages is run as it
# stands, in the order of the pages, with the package of this source. The host is this system with a layer in memory above it
# (nothing of it is changed), processes, network and mounts of its own. So the units are seen at work, too: watchdog,
# credentials, socket, sandbox; and pgBackRest, haproxy, and a restore to a moment.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
[ "$(id -u)" = 0 ] || skip 'only root starts a system in a folder'
for name in systemd-nspawn nsenter pgbackrest haproxy promtool dpkg-shlibdeps lintian; do
    command -v "$name" >/dev/null || skip "there is no $name"
done
STATE=$(mktemp -d /var/tmp/waypost-test.XXXXXX)
mkdir "$STATE/layer"
NSPAWN='' LEADER=''
HOST="$STATE/layer/root"
GROUPS_OF_TEST=(/sys/fs/cgroup/{systemd,unified,}/waypost-test-$$)

clean_up()
{
    local code=$? group
    trap '' INT TERM
    [ "$code" = 0 ] || [ -z "$LEADER" ] || on_host 'journalctl -n 60 --no-pager -o cat' | sed 's/^/# /' || true
    [ -z "$NSPAWN" ] || stop_pid "$NSPAWN" TERM 30
    for group in "${GROUPS_OF_TEST[@]}"; do
        [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
    rm -rf "$STATE"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# The system: in groups of its own, so that nothing stays behind.
host_boot()
{
    local group
    for group in "${GROUPS_OF_TEST[@]}"; do
        [ ! -e "$(dirname "$group")/cgroup.procs" ] || ! mkdir "$group" 2>/dev/null || echo "$BASHPID" >"$group/cgroup.procs" || true
    done
    mount -t tmpfs -o size=4g,mode=755 layer "$STATE/layer"
    mkdir "$STATE/layer/upper" "$STATE/layer/work" "$HOST"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$STATE/layer/upper,workdir=$STATE/layer/work" "$HOST"
    rm -f "$HOST"/etc/systemd/system/*.wants/* "$HOST"/etc/rc?.d/S* "$HOST/usr/sbin/policy-rc.d" "$HOST/var/lib/man-db/auto-update"
    rm -rf "$HOST"/var/lib/apt/lists/* "$HOST"/var/lib/redis/* "$HOST"/var/lib/waypost "$HOST"/etc/waypost
    exec systemd-nspawn --quiet --register=no --keep-unit --link-journal=no --private-network --console=passive \
        --resolv-conf=off -D "$HOST" -b systemd.unit=multi-user.target
}

# A command of a page, as root types it.
on_host()
{
    nsenter -t "$LEADER" -m -u -i -n -p -r -w env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root TERM=dumb LC_ALL=C.UTF-8 CURL_CA_BUNDLE=/etc/letsencrypt/live/YOUR.NAME/fullchain.pem \
        bash -ec "cd /root; $1" </dev/null
}

# systemd, the child of systemd-nspawn, has come up.
has_booted()
{
    LEADER=$(ps -o pid= --ppid "$NSPAWN" | head -n 1 | tr -d ' ')
    [ -n "$LEADER" ] && [ "$(cat "/proc/$LEADER/comm")" = systemd ] || return 1
    case $(on_host 'systemctl is-system-running' 2>/dev/null) in running | degraded) ;; *) false ;; esac
}

# ---- the packages, and the host
"$ROOT/run" package --no-install "$STATE" >"$STATE/lintian" 2>&1 || { sed 's/^/# /' "$STATE/lintian" && false; }
check_same 'lintian has nothing to say about the package' '' "$(grep -vE '^(package|ninja):' "$STATE/lintian" || true)"
WAYPOST_PACKAGE_SUFFIX=+next "$ROOT/run" package --no-install "$STATE" >/dev/null 2>&1
mv "$STATE"/waypost_*+next*.deb "$STATE/NEW.deb"
unshare --mount --propagation private bash -c "$(declare -f host_boot); $(declare -p GROUPS_OF_TEST); STATE='$STATE' HOST='$HOST'; host_boot" \
    >"$STATE/boot.log" 2>&1 </dev/null &
NSPAWN=$!
if ! wait_for 60 has_booted; then
    LEADER=
    skip "no systemd as PID 1 here: $(tail -n 1 "$STATE/boot.log")"
fi
HOST="/proc/$LEADER/root"
install -m 644 "$STATE"/waypost_*.deb "$HOST/root/"
mkdir -p "$HOST"/{mnt/backup,mnt/safe,etc/letsencrypt/live/YOUR.NAME,var/lib/prometheus/node-exporter}
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=YOUR.NAME -addext subjectAltName=DNS:YOUR.NAME \
    -keyout "$HOST/etc/letsencrypt/live/YOUR.NAME/privkey.pem" -out "$HOST/etc/letsencrypt/live/YOUR.NAME/fullchain.pem" 2>/dev/null
echo '127.0.0.1 localhost YOUR.NAME' >"$HOST/etc/hosts"
echo 'APT::Get::Assume-Yes "true";' >"$HOST/etc/apt/apt.conf.d/99yes" # what an operator answers
# What an operator does in an editor: a channel that is played by the simulator.
cat >"$HOST/usr/local/bin/editor" <<'EDITOR'
#!/bin/sh
sed -i -e 's|^simulator:.*|simulator: on|; s|unsigned_callbacks: refused|unsigned_callbacks: accepted|' \
    -e 's|^# trusted_proxies:.*|trusted_proxies: 127.0.0.1|' -e 's|private_addresses: refused|private_addresses: allowed|' \
    -e 's|plain_http: refused|plain_http: allowed|' \
    -e 's|^      apikey: ""|      apikey: demo\n      send_url: http://127.0.0.1:8081/sim/send/at|' "$1"
EDITOR
chmod 755 "$HOST/usr/local/bin/editor"
# As a Debian is whose database server has just been installed.
on_host 'systemctl stop postgresql redis-server; pg_dropcluster --stop 15 main; pg_createcluster 15 main' >/dev/null 2>&1
on_host 'systemctl start postgresql redis-server'

# page_commands FILE: what a page tells to run, in its order: its ```sh blocks whole, and `commands` between words; each
# behind its line number, ended by NUL.
page_commands()
{
    perl -0777 -ne '
        $words = qr/waypost(?= [a-z])|systemctl|journalctl|redis-cli|redis-check-aof|pgbackrest|runuser|promtool|zcat|df|dmesg|iostat|top|select/;
        while (/^( *)```(\w*)\n(.*?)^ *```$|`((?:$words)\b[^`]*)`/gms) {
            ($indent, $kind, $text) = defined $4 ? ("", "sh", $4) : ($1, $2, $3);
            next if $kind ne "sh";
            $line = 1 + (substr($_, 0, $-[0]) =~ tr/\n//);
            defined $4 ? $text =~ s/\s*\n\s*/ /g : $text =~ s/^$indent//gm;
            print "$line $text\0";
        }' "$1"
}

# What cannot be run here, and why; it is printed.
why_not()
{
    case $1 in
    *prometheus-node-exporter*) echo 'these packages are fetched; watch.sh has Prometheus read what this page names' ;;
    top | 'iostat -x 1' | 'redis-cli --latency') echo 'runs until somebody stops it' ;;
    'waypost channel try NAME') echo 'run in install.md' ;;
    'waypost spool retry NAME' | 'waypost spool refuse NAME') echo 'nothing lies aside; aside.sh has something' ;;
    'waypost doctor --drill /var/tmp/drill') echo 'drill.sh has just run it, with its servers' ;;
    'waypost serve') echo 'systemd has it' ;;
    redis-cli*\ 7000\ shutdown | redis-server\ --port\ 7000*) echo 'cluster.sh runs it, where there is a Cluster' ;;
    redis-cli*cluster*) echo 'cluster.sh runs it, where there is a Cluster' ;;
    'select pg_promote()') echo 'replica.sh runs it, where there is a replica' ;;
    'select ops.replay_dead_letter(ID)') echo 'there is no dead letter; tests/sql has one' ;;
    esac
}

# page_run FILE
page_run()
{
    local page=$1 line command why
    while IFS= read -r -d '' command; do
        line=${command%% *}
        command=${command#* }
        why=$(why_not "$command")
        if [ -n "$why" ]; then
            printf '# %s:%d not run: %s (%s)\n' "$page" "$line" "${command%$'\n'}" "$why"
            continue
        fi
        before "$page" "$command"
        check "$page:$line: $(head -n 1 <<<"$command")" said_on_host "$(filled "$command")"
        after "$page" "$command"
    done < <(page_commands "docs/operating/$page")
}

# A command with what a reader puts in place of names in capitals; SQL as the owner.
filled()
{
    local command=${1//2026-11-28 12:00:00+00/$MOMENT}
    command=${command// NAME/ at} command=${command// DIR/ /usr/share/waypost/lessons/children-on-the-move}
    command=${command//--config FILE/--config /etc/waypost/waypost.yaml}
    case $command in
    select*) printf 'runuser -u postgres -- psql -d waypost -v ON_ERROR_STOP=1 -c "%s"' "$command" ;;
    *) printf '%s' "$command" ;;
    esac
}

said_on_host()
{
    on_host "$1" >"$STATE/said" 2>&1 ||
        { { cat "$STATE/said" && tail -n 15 "$HOST"/var/tmp/drill/*.log 2>/dev/null; } | sed 's/^/# /' && false; }
}

# ---- between the commands of a page: what happens to the site, and what is looked at
MOMENT='2026-11-28 12:00:00+00'
N_LEARNERS=0

learn()
{
    N_LEARNERS=$((N_LEARNERS + 1))
    on_host "printf 'JOIN\n1\n2\n' >/tmp/script; waypost phone --from +25470000000$N_LEARNERS --script /tmp/script" >"$STATE/phone" ||
        sed 's/^/# /' "$STATE/phone"
    check "learner $N_LEARNERS is in PostgreSQL" wait_for 20 has_learners "$N_LEARNERS"
}

on_sql()
{
    on_host "cd /; runuser -u postgres -- psql -d waypost -Atqc \"$1\""
}

has_learners()
{
    [ "$(on_sql 'select count(*) from core.number_state')" = "$1" ]
}

# Callbacks all the time, each on a connection of its own; the answers' codes in FILE.
ask_on()
{
    on_host "n=0; while [ ! -e /tmp/stop ]; do n=\$((n + 1)); curl -s -o /dev/null -m 120 -w '%{http_code}\n' \
        -d 'from=+254700000001&to=20880&text=HELP&id=$RANDOM'\$n http://127.0.0.1:8080/in/at; done" >"$1" &
    ASKING=$!
    wait_for 10 test -s "$1"
}

ask_off()
{
    on_host 'touch /tmp/stop' && wait "$ASKING"
    on_host 'rm /tmp/stop'
}

before()
{
    case "$1:$2" in
    *:'waypost status') wait_for 20 on_host 'waypost status' || true ;;
    install.md:*'keys rotate'*) ask_on "$STATE/restart.codes" ;;
    upgrade.md:*waypost_NEW*) ask_on "$STATE/upgrade.codes" ;;
    backup.md:*'--pg1-path'*)
        learn
        cp -r "$HOST/etc/waypost/keys" "$HOST/mnt/safe/"
        on_host 'runuser -u postgres -- pgbackrest --stanza=waypost check' >/dev/null # all WAL is there
        ;;
    backup.md:*'stop waypost.socket'*)
        learn
        MOMENT=$(on_sql 'select clock_timestamp()')
        learn
        ;;
    esac
}

after()
{
    case "$1:$2" in
    install.md:*'enable --now'*)
        check 'the unit: no right but its own user' unit_is_tight
        check_same 'the keys are its credentials' '400 waypost' "$(on_host 'stat -c "%a %U" /run/credentials/waypost.service/keys_number_id.key')"
        learn
        ;;
    install.md:*'channel try'*) N_LEARNERS=$((N_LEARNERS + 1)) ;; # it asks as a number of its own
    install.md:*'keys rotate'*)
        ask_off
        check_same 'nobody was refused while it restarted' 200 "$(sort -u "$STATE/restart.codes")"
        ;;
    upgrade.md:*waypost_NEW*)
        ask_off
        check_same 'nobody was refused while it was upgraded' 200 "$(sort -u "$STATE/upgrade.codes")"
        check 'the new program runs' on_host '[ "$(readlink /proc/$(systemctl show -P MainPID waypost)/exe)" = /usr/bin/waypost ]'
        ;;
    backup.md:*'--delta --type=time'*) check 'the moment: without who came after it' has_learners $((N_LEARNERS - 1)) ;;
    backup.md:*'start waypost.socket'*) check 'the log of Redis brings back who came after it' wait_for 30 has_learners "$N_LEARNERS" ;;
    backup.md:*'drill.sh /etc'*)
        check 'the drill has all learners, and opens every number' grep -q \
            "learners: $N_LEARNERS in PostgreSQL, $N_LEARNERS in Redis; numbers opened: $N_LEARNERS of $N_LEARNERS" "$STATE/said"
        ;;
    esac
}

unit_is_tight()
{
    on_host 'p=$(systemctl show -P MainPID waypost); [ "$(stat -c %U /proc/$p)" = waypost ] &&
        grep -q "^CapBnd:\s*0*$" /proc/$p/status && grep -q "^Seccomp:\s*2" /proc/$p/status &&
        ! nsenter -t $p -m -- test -w /etc && [ "$(systemctl show -P WatchdogTimestampMonotonic waypost)" != 0 ]'
}

page_run install.md
page_run watching.md
page_run backup.md
page_run alerts.md
page_run capacity.md
mv "$HOST"/root/waypost_*.deb "$HOST/root/waypost_OLD.deb"
install -m 644 "$STATE/NEW.deb" "$HOST/root/waypost_NEW.deb"
page_run upgrade.md
check 'purged' said_on_host 'apt purge waypost'
check_same 'but the keys' 'number_id.key
seal_1.key
seal_2.key' "$(ls "$HOST/etc/waypost/keys")"
done_testing
