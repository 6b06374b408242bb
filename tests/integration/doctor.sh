#!/bin/bash
# doctor.sh: ninety mistakes that operators make, one after the other in a site that is well: `waypost doctor`
# names each with its place and the remedy, and nothing else that the site had not before.
# shellcheck disable=SC2317 # undo is called by mistake
. "$(dirname "$0")/lib.sh"
world_make
redis_start "$STATE"
postgres_start "$STATE" -c fsync=on
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
mkdir -p "$STATE/spool" "$STATE/profiles"
cp "$ROOT"/config/profiles/*.yaml "$STATE/profiles/"
sql "create role well_writer login; grant waypost_writer to well_writer;
    create role well_sender login; grant waypost_sender to well_sender;
    create role nobody_else login; grant connect on database waypost to nobody_else; grant usage on schema ops to nobody_else;
    grant select on ops.schema_migration to nobody_else"
for login in well_writer well_sender nobody_else; do
    sql "alter role $login set log_error_verbosity = terse; alter role $login set log_parameter_max_length = 0"
done
# A site that goes live: no simulator, a price, logins of their own.
sed -e 's/^simulator:.*/simulator: off/; /^profiles_dir/d' -e "s|^keys_dir|profiles_dir: profiles\ncurrency: KES\nkeys_dir|" \
    -e 's/user=waypost_\([a-z]*\)"/user=well_\1"/; s/^    from: "20880"$/&\n    price: 0.8/' \
    -e 's|send_url: "http:[^"]*|send_url: "https://api.example.org/send|' "$STATE/waypost.yaml" >"$STATE/good.yaml"
cp "$STATE/good.yaml" "$STATE/site.yaml"
chmod 600 "$STATE/site.yaml"

doctor()
{
    (cd "$STATE" && "$WAYPOST" doctor --config site.yaml "$@") 2>"$STATE/said"
}

check 'a site that is well: nothing stops it' eval 'doctor >"$STATE/before"'
check_same 'and nothing hurts it, but translations that nobody has approved' "hurts: course: \
children-on-the-move@1.0.0: languages not offered, since they are not whole or not approved: fr es ar tr de ru" \
    "$(sed 's/; waypost lessons check.*//' "$STATE/before")"
check 'which it counts' grep -q '0 would stop serve, 1 would hurt it' "$STATE/said"
redis client pause 2000 write >/dev/null # longer than a learner would wait
check 'what stands still for a moment does not hurt' eval 'doctor >"$STATE/paused" && cmp "$STATE/before" "$STATE/paused"'

# mistake CODE PATTERN WORDS COMMAND...: after the command the report has one line more, which matches; `undo` is
# run afterwards, then it has none again.
N_MISTAKES=0
mistake()
{
    local code=$1 pattern=$2 words=$3 found
    shift 3
    N_MISTAKES=$((N_MISTAKES + 1))
    "$@" >/dev/null
    found=$(doctor >"$STATE/after" || echo $?)
    check_same "$N_MISTAKES. $words: exit code" "$code" "${found:-0}"
    check "$N_MISTAKES. $words: place and remedy" grep -qE -- "$pattern" "$STATE/after"
    [ "$N_FAILED" = 0 ] || sed "s/^/# $N_MISTAKES: /" "$STATE/after"
    cp "$STATE/good.yaml" "$STATE/site.yaml"
    undo >/dev/null
    undo() { :; }
}
undo() { :; }

# edit SED...: of the configuration.
edit()
{
    sed -i "$@" "$STATE/site.yaml"
}

# line PATTERN: number of the first line of the good configuration that matches, for the patterns below.
line()
{
    grep -nm1 -- "$1" "$STATE/good.yaml" | cut -d: -f1
}

at=$(line 'name: at$')
mistake 78 "^stops: site.yaml:$(line '^org:'):1: no key .orgg. here, did you mean .org.*; remove or mend it" 'a typo in a key' edit 's/^org:/orgg:/'
mistake 78 "^stops: site.yaml:$((at + 1)):[0-9]+: .*; " 'a line that is indented wrongly' edit "$((at + 1))s/^    /      /"
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: .*port is .*; it must be a whole number' 'a port that is no number' edit 's/^port:.*/port: http/'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: port and admin_port are both' 'one port for both listeners' edit "s/^admin_port:.*/admin_port: $PORT/"
busy()
{
    rm -f "$STATE/busy" # of the mistake before: it says "up"
    python3 -c "import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', $PORT)); s.listen(); print('up', flush=True); time.sleep(600)" >"$STATE/busy" &
    BUSY=$!
    wait_for 10 grep -q up "$STATE/busy"
    undo() { stop_pid "$BUSY" TERM 5; }
}
mistake 78 "^stops: site.yaml:$(line '^port:'):1: port: cannot listen on .* port $PORT: .*; .*ss -ltnp" 'the port is taken' busy
open_key() { chmod 644 "$STATE/keys/number_id.key"; undo() { chmod 600 "$STATE/keys/number_id.key"; }; }
mistake 78 "^stops: site.yaml:$(line '^keys_dir'):1: keys_dir: .*number_id.key: others may read this key .*chmod 600" 'a key that others may read' open_key
lose_key() { mv "$STATE/keys/seal_1.key" "$STATE/away.key"; undo() { mv "$STATE/away.key" "$STATE/keys/seal_1.key"; }; }
mistake 78 "^stops: site.yaml:$(line '^keys_dir'):1: keys_dir: .*seal_1.key: key is missing.*; .waypost keys" 'a key that was forgotten when the host was moved' lose_key
foreign_spool() { chown 65534 "$STATE/spool"; undo() { chown "$(id -u)" "$STATE/spool"; }; }
if [ "$(id -u)" = 0 ]; then
    mistake 78 '^stops: .*number_id.key: the key is of user 0, the spool of user 65534.*; chown' 'key and spool of two users' foreign_spool
else
    skip_check 'key and spool of two users' 'only root gives files away'
    N_MISTAKES=$((N_MISTAKES + 1))
fi
mistake 78 "^stops: site.yaml:$(line '^spool_dir'):1: spool_dir: .* cannot be written; make it" 'no folder for the spool' edit 's|^spool_dir:.*|spool_dir: /proc/no/spool|'
mistake 0 "^hurts: site.yaml:[0-9]+:1: spool_dir: its disk has [0-9]+ MiB free, .*; free room" 'a spool that is bigger than the disk' edit 's|^spool_dir:.*|&\nspool_quota_mb: 1048576|'
mistake 78 '^stops: site.yaml:[0-9]+:1: writer_conninfo: .*; write it in' 'a host name for PostgreSQL' edit 's|^writer_conninfo: "host=[^ ]*|writer_conninfo: "host=db.example.org|'
mistake 78 "^stops: site.yaml:$(line '^writer_conninfo'):1: writer_conninfo: the login is not in role waypost_writer; grant" 'the writer with a wrong login' edit 's/well_writer/nobody_else/'
mistake 78 "^stops: site.yaml:$(line '^sender_conninfo'):1: sender_conninfo: the login is not in role waypost_sender; grant" 'both with one login' edit 's/well_sender/well_writer/'
mistake 78 "^stops: site.yaml:$(line '^writer_conninfo'):1: writer_conninfo: PostgreSQL does not let it in: .*; start PostgreSQL" 'a database that is not there' edit 's/dbname=waypost user=well_writer/dbname=wayfar user=well_writer/'
old_schema() { sql "update ops.schema_migration set version = version + 100 where version = 1"; undo() { sql "update ops.schema_migration set version = 1 where version = 101"; }; }
mistake 78 'writer_conninfo: the schema is version 101, this program needs [0-9]+; install the newer' 'a schema of another version' old_schema
evict() { redis config set maxmemory-policy allkeys-lru; undo() { redis config set maxmemory-policy noeviction; }; }
mistake 78 '^stops: Redis: maxmemory-policy is not noeviction.*; set maxmemory-policy noeviction' 'Redis throws learners away when full' evict
everysec() { redis config set appendfsync everysec; undo() { redis config set appendfsync always; }; }
mistake 78 '^stops: Redis: appendfsync is not always.*; set appendfsync always' 'Redis keeps answers for a second' everysec
truncated() { redis config set aof-load-truncated yes; undo() { redis config set aof-load-truncated no; }; }
mistake 0 '^hurts: Redis: aof-load-truncated is not no.*; set aof-load-truncated no' 'Redis starts with a file that was cut' truncated
wide() { redis config set zset-max-listpack-entries 64; undo() { redis config set zset-max-listpack-entries 128; }; }
mistake 0 '^hurts: Redis: zset-max-listpack-entries is not 128.*; set zset-max-listpack-entries 128' 'Redis spends memory on reminders' wide
unlimited() { redis config set maxmemory 0; undo() { redis config set maxmemory 1gb; }; }
mistake 0 '^hurts: Redis: maxmemory is not set.*; set maxmemory' 'Redis may take all memory' unlimited
too_much() { redis config set maxmemory 100000gb; undo() { redis config set maxmemory 1gb; }; }
mistake 0 '^hurts: Redis: maxmemory is [0-9]+ MiB, its host has [0-9]+.*; set maxmemory' 'Redis may take more than there is' too_much
thrown_away()
{
    redis config set maxmemory-policy volatile-ttl
    redis set wp:test:away 1 ex 1000
    redis config set maxmemory 1mb
    redis config set maxmemory-policy noeviction
    redis config set maxmemory 1gb
    undo() { redis config resetstat; }
}
mistake 0 '^hurts: Redis: .* thrown keys away .*evicted_keys is [1-9].*; waypost rebuild' 'Redis has thrown keys away' thrown_away
refused()
{
    python3 - "$STATE/redis/redis.sock" <<'PY'
import socket, sys

def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    return s
first = connect()
for most, expected in ((b"1", b"max number of clients"), (b"10000", None)):
    first.sendall(b"CONFIG SET maxclients " + most + b"\r\n")
    assert first.recv(100) == b"+OK\r\n"
    assert expected is None or expected in connect().recv(100)
PY
    undo() { redis config resetstat; }
}
mistake 0 '^hurts: Redis: .* refused connections .*rejected_connections is [1-9].*; raise maxclients' 'Redis had no room for connections' refused
saved() { redis info persistence | grep -q "rdb_last_bgsave_status:$1" && redis info persistence | grep -q rdb_bgsave_in_progress:0; }
no_copy()
{
    mkdir -p "$STATE/redis/dump.rdb/full"
    redis bgsave
    wait_for 20 saved err
    undo()
    {
        rm -r "$STATE/redis/dump.rdb"
        redis bgsave
        wait_for 20 saved ok
    }
}
mistake 0 '^hurts: Redis: the last copy of all data failed.*; free room' 'Redis cannot write a copy' no_copy
ago() { printf '%s\n' "$((($(date +%s) - $1) * 1000))"; }
older() { redis hset wp:hosts elsewhere "0.0.1 $(ago 10)"; undo() { redis hset wp:hosts elsewhere "0.0.1 $(ago 500000)" gone "0.0.1 $(ago 700000)"; }; }
mistake 0 '^hurts: versions: host elsewhere runs waypost 0.0.1, .*; install one version' 'a host that was forgotten in the upgrade' older
other_epoch() { redis mset wp:epoch '12345 00' 'wp:{b000}:epoch' 12345; undo() { redis del wp:epoch 'wp:{b000}:epoch'; }; }
mistake 78 '^stops: epoch: Redis and PostgreSQL are not of one site.*; .*waypost rebuild' 'Redis of another site' other_epoch
mistake 78 "^stops: site.yaml:$((at + 3)):[0-9]+: channel at: .* checks no signature or secret.*; set its secret" 'a channel without signature' edit "$((at + 3))s/accepted/refused/"
mistake 78 "^stops: site.yaml:$((at + 4)):[0-9]+: channel at: it takes callbacks of anybody and has no limit.*; set new_numbers_hour" 'and without a cap' edit "$((at + 4))s/new_numbers_hour:.*/new_numbers_hour: 0/"
mistake 78 "^stops: site.yaml:$((at + 1)):[0-9]+: channel at: its profile cannot be used: .*; name one that is in profiles_dir" 'a profile that does not exist' edit "$((at + 1))s/africastalking/africantalking/"
mistake 78 "^stops: site.yaml:[0-9]+:[0-9]+: channel at: .*apikey.*; see settings" 'credentials that are missing' edit '0,/^      apikey: demo/{/^      apikey: demo/d}'
mistake 0 '^hurts: site.yaml:[0-9]+:[0-9]+: country KE has no .psea.*; write both' 'complaints about aid staff go to the team' edit 's/ psea: "[^"]*",//'
mistake 0 "^hurts: site.yaml:[0-9]+:1: cap_number_day is 0.*; set it" 'no cap for a number' edit '$a cap_number_day: 0'
mistake 78 "^stops: site.yaml:[0-9]+:1: course first-aid is not published.*; waypost lessons publish" 'a course that is not published' edit '$a course: first-aid'
mistake 78 "^stops: site.yaml:$(line 'code: KE,'):[0-9]+: countries, code KE: write .helpline.*; " 'a country without its referral table' edit 's/helpline: "116",//; s/contact: "[^"]*",//'
check_same 'these were 34' 34 "$N_MISTAKES"
# ---- thirty more
pg="$STATE/pg"
writer_at=$(line '^writer_conninfo')
conninfo() { edit "s|^writer_conninfo:.*|writer_conninfo: $1|"; }
mistake 78 "^stops: site.yaml:$writer_at:1: writer_conninfo: missing .=.*; .*it.'s" 'a password with blanks and quotes' conninfo "\"host=$pg password=it's a\""
mistake 78 "^stops: site.yaml:$writer_at:1: writer_conninfo: .*@ is written %40.*; " 'a password with @ and / in an address' conninfo 'postgresql://well_writer:p@ss/w0rd@10.0.0.1/waypost'
check_same 'and no part of it is shown' 0 "$(grep -cE 'p@ss|w0rd' "$STATE/after" || true)"
mistake 78 "^stops: site.yaml:$writer_at:1: writer_conninfo: host=10.0.0.6,db.example.org is a name" 'a name among addresses' conninfo 'host=10.0.0.6,db.example.org user=well_writer'
mistake 78 "^stops: site.yaml:$writer_at:1: writer_conninfo: PostgreSQL does not let it in: .*127.0.0.1.*" 'a port of PostgreSQL that is closed' conninfo 'host=127.0.0.1,127.0.0.1 port=1,2 user=well_writer'
mistake 78 "^stops: site.yaml:$writer_at:1: writer_conninfo: the login is not in role waypost_writer; grant" 'both logins swapped' edit 's/well_writer/well_third/; s/well_sender/well_writer/; s/well_third/well_sender/'
busy_admin() { ADMIN_PORT_IS=$PORT PORT=$ADMIN_PORT; busy; PORT=$ADMIN_PORT_IS; }
mistake 78 "^stops: site.yaml:$(line '^admin_port:'):1: admin_port: cannot listen on 127.0.0.1 port $ADMIN_PORT: .*; .*ss -ltnp" 'the admin port is taken' busy_admin
mistake 78 '^stops: site.yaml:[0-9]+:1: listen_address: cannot listen on 192.0.2.9 .*; ip address shows' 'an address of another host' edit '$a listen_address: 192.0.2.9'
foreign_key() { cp -p "$STATE/keys/$1" "$STATE/$1"; openssl rand -hex 32 >"$STATE/keys/$1"; undo() { cp -p "$STATE/number_id.key" "$STATE/seal_1.key" "$STATE/keys/"; }; }
cp -p "$STATE"/keys/*.key "$STATE/"
sealed_number() { # of +254700000001, as the front seals it
    (cd "$STATE" && "$WAYPOST" serve --config "$STATE/waypost.yaml") >"$STATE/serve.log" 2>&1 &
    local pid=$!
    wait_for 30 demo_is_ready "$STATE" "$PORT"
    "$WAYPOST" phone --url "http://127.0.0.1:$PORT" --from +254700000001 --script <(printf '%s\n' JOIN 1) >/dev/null
    wait_for 20 log_is_stored
    stop_pid "$pid" TERM 20
}
sealed_number
check_same 'what was told of a host a week ago is gone' 'elsewhere' "$(redis hkeys wp:hosts | grep -v "^$(hostname)\$")"
mistake 78 '^stops: keys: 1 of 1 number cannot be read with these keys; find the keys' "another site's key of numbers" foreign_key number_id.key
mistake 78 '^stops: keys: 1 of 1 number cannot be read with these keys; find the keys' "another site's seal key" foreign_key seal_1.key
cut_key() { cp -p "$STATE/keys/number_id.key" "$STATE/"; head -c 10 "$STATE/number_id.key" >"$STATE/keys/number_id.key"; undo() { cp -p "$STATE/number_id.key" "$STATE/keys/"; }; }
mistake 78 '^stops: site.yaml:[0-9]+:1: keys_dir: .*number_id.key: a key is 64 hexadecimal digits.*; restore' 'a key that was copied half' cut_key
if [ "$(id -u)" = 0 ]; then
    mkdir "$STATE/small"
    small() { mount -t tmpfs -o "$1" small "$STATE/small"; edit "s|^spool_dir:.*|spool_dir: $STATE/small|"; undo() { umount "$STATE/small"; }; }
    full() { small size=64k; head -c 64k /dev/zero >"$STATE/small/log" 2>/dev/null || true; }
    mistake 78 "^stops: site.yaml:$(line '^spool_dir'):1: spool_dir: its disk is full; free room" 'a full disk' full
    mistake 78 "^stops: site.yaml:$(line '^spool_dir'):1: spool_dir: .* cannot be written; make it" 'a disk that is mounted to be read' small ro
    full
    check_same 'serve does not die of a full disk, but says so' 78 "$( (cd "$STATE" && timeout 30 "$WAYPOST" serve --config site.yaml) 2>"$STATE/serve" || echo $?)"
    check 'with the folder and the remedy' grep -q "spool folder .*No space left on device.*spool_dir" "$STATE/serve"
    undo && cp "$STATE/good.yaml" "$STATE/site.yaml"
else
    skip_check 'full disks' 'only root mounts them'
fi
follow() { redis replicaof 127.0.0.1 1; undo() { redis replicaof no one; }; }
mistake 78 '^stops: Redis: this is a replica.*; name the primary in redis_host' 'a replica of Redis' follow
small_redis() { redis config set maxmemory 1mb; undo() { redis config set maxmemory 1gb; }; }
mistake 78 '^stops: Redis: it takes no writes: full; raise maxmemory' 'a Redis that is full' small_redis
mistake 78 '^stops: site.yaml:[0-9]+:1: Redis does not answer: .*No such file.*; start it .*redis_password' 'a Redis of another place' edit 's|^redis_socket:.*|redis_socket: /run/nowhere.sock|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: redis_host is .redis.example.org.; it must be an IP address' 'a name for Redis' edit 's|^redis_socket:.*|redis_host: redis.example.org|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: .*; it must be a time zone that tzdata has' 'a wrong time zone' edit 's|utc_offset: "+03:00"|zone: Africa/Nairobbi|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: utc_offset is .3.; it must be hours and minutes' 'a zone as a number' edit 's|utc_offset: "+03:00"|utc_offset: 3|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: country is .Kenya.; it must be' 'a country in words' edit '0,/country: KE/s|country: KE|country: Kenya|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: no channel is called .att.; see' 'a channel that is not there' edit '0,/sms_channel: at/s|sms_channel: at|&t|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: a second name .at.; keep one' 'one name for two channels' edit 's|name: kannel|name: at|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: dial_code is .384.; it must look like' 'a code without its signs' edit '0,/dial_code/s|dial_code: .*|dial_code: 384|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: prefix is .256.; it must be how numbers begin' 'a route without +' edit '$a routes: [{prefix: "256", channel: at}]'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: channels have prices; add their currency' 'prices without a currency' edit '/^currency/d'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: cap_number_day is .-1.; it must be a whole number from' 'a cap below nothing' edit '$a cap_number_day: -1'
mistake 0 '^hurts: site.yaml:[0-9]+:[0-9]+: cap_money_day is 0: nothing limits .*; set it' 'no cap on money' edit '$a cap_money_day: 0'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: .*is no address and no network; write' 'a name of a caller' edit '0,/unsigned_callbacks/s|unsigned_callbacks: .*|callers: provider.example.org|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: .*path_secret needs at least 16 .*openssl rand' 'a short secret' edit '0,/unsigned_callbacks/s|unsigned_callbacks: .*|path_secret: abc|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: countries, code KE: write .checked.' 'referral numbers that nobody has dialled for a year' edit 's|checked: [0-9-]*|checked: 2020-01-01|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: focal_points is .\(hidden\).; it must be' 'a focal point without country' edit 's|+254733000001|0733000001|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: found a tab character' 'tabs' edit 's|^    profile: kannel|\tprofile: kannel|'
utf16() { iconv -t UTF-16 "$STATE/good.yaml" >"$STATE/site.yaml"; }
mistake 78 '^stops: site.yaml:1:1: .*; save the file as UTF-8' 'a file of an editor that writes UTF-16' utf16
check_same 'thirty and more' 1 "$((N_MISTAKES >= 57))"
for who in 0700000001 'zzzzzzzz-0000-4000-8000-000000000000'; do
    check_same "learner show $who: judged before any server is asked" "64 waypost: learner: $who is neither a number like +254700000001 nor a learner's id; write the number with + and the country code" \
        "$("$WAYPOST" learner show "$who" --config /nowhere 2>"$STATE/said" || echo $?) $(cat "$STATE/said")"
done
# What else is told.
ca() { edit "s|^redis_socket:.*|&\nredis_tls_ca: $1|"; }
mistake 78 '^stops: site.yaml:[0-9]+:1: redis_tls_ca: /nowhere/ca.pem: No such file.*; make it' 'a certificate that is not there' ca /nowhere/ca.pem
mistake 78 '^stops: site.yaml:[0-9]+:1: redis_tls_ca: .*number_id.key holds no certificate; ' 'a key in place of a certificate' ca keys/number_id.key
mistake 0 "^hurts: site.yaml:$(line '^lessons_dir'):1: lessons_dir: /nowhere: No such file.*; make it" 'no folder of lessons' edit 's|^lessons_dir:.*|lessons_dir: /nowhere|'
mistake 78 "^stops: site.yaml:$(line '^keys_dir'):1: keys_dir: etc: No such file.*; .*with / in front" 'a path without its first slash' edit 's|^keys_dir:.*|keys_dir: etc/keys|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: focal_points is .\(hidden\).; it must be two people.s' 'one focal point twice' edit 's|+254733000002|+254733000001|'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: send_url is no address of the web; write it whole' 'an address without https' edit '0,/send_url: "https:/s|send_url: "https://|send_url: "|'
mistake 0 '^hurts: site.yaml:[0-9]+:[0-9]+: channel at: its send_url has no TLS and plain_http is refused.*; write https' 'sending without TLS' \
    edit '0,/send_url: "https:/s|send_url: "https:|send_url: "http:|; /plain_http/d'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: no channel is called .nowhere.; see' 'an operator to ask that is not there' edit 's/code: UG/code: UG, recycling_channel: nowhere/'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: country UG: channel kannel asks no operator .*; name a channel with the profile number-recycling' 'and one that would send it as an SMS' edit 's/code: UG/code: UG, recycling_channel: kannel/'
mistake 0 'country XK: its time is not known.*; write its .zone.' 'a country without a zone' edit 's/code: UG/code: XK/'
# ---- fifteen that somebody made who had never seen it
password() { redis config set requirepass secret; undo() { redis -a secret --no-auth-warning config set requirepass ''; }; }
wrong_password() { password; (umask 077 && echo wrong >"$STATE/password"); edit "s|^redis_socket:.*|&\nredis_password_file: $STATE/password|"; }
mistake 78 "^stops: site.yaml:$(line '^redis_socket'):1: Redis does not answer: NOAUTH .*redis_password" 'no password for a Redis that asks for one' password
mistake 78 "^stops: site.yaml:$(line '^redis_socket'):1: Redis does not answer: WRONGPASS .*redis_password" 'a wrong password' wrong_password
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: cannot read /nowhere/password: No such file.*; make' 'a password in no file' edit 's|^redis_socket:.*|&\nredis_password_file: /nowhere/password|'
mistake 78 '^stops: site.yaml:[0-9]+:1: Redis does not answer: .*refused; start it' 'a wrong port of Redis' edit 's|^redis_socket:.*|redis_host: 127.0.0.1\nredis_port: 1|'
TLS_PORT=$(free_port)
expired()
{
    certificates
    openssl x509 -req -in "$STATE/tls/redis.csr" -CA "$STATE/tls/ca.pem" -CAkey "$STATE/tls/ca.key" -days -1 \
        -extfile <(printf 'subjectAltName=IP:127.0.0.1\n') -out "$STATE/tls/redis.pem" 2>/dev/null
    redis config set tls-cert-file "$STATE/tls/redis.pem" tls-key-file "$STATE/tls/redis.key" tls-ca-cert-file "$STATE/tls/ca.pem" \
        tls-auth-clients no tls-port "$TLS_PORT"
    edit "s|^redis_socket:.*|redis_host: 127.0.0.1\nredis_port: $TLS_PORT\nredis_tls_ca: $STATE/tls/ca.pem|"
    undo() { redis config set tls-port 0; }
}
mistake 78 '^stops: site.yaml:[0-9]+:1: Redis does not answer: .*expired.*; ' 'a certificate of Redis that has run out' expired
aof_off() { redis config set appendonly no; undo() { redis config set appendonly yes; }; }
mistake 78 '^stops: Redis: appendonly is off.*; include config/redis.conf' 'a Redis without its file' aof_off
read_only() { sql 'alter role well_writer set default_transaction_read_only = on'; undo() { sql 'alter role well_writer reset default_transaction_read_only'; }; }
talkative()
{
    sql "alter role well_writer set log_parameter_max_length = 200"
    undo() { sql "alter role well_writer set log_parameter_max_length = 0"; }
}
mistake 0 "^hurts: site.yaml:$writer_at:1: writer_conninfo: PostgreSQL may write into its log what people say; as a superuser" 'a log of PostgreSQL that tells parameters' talkative
mistake 78 "^stops: site.yaml:$writer_at:1: writer_conninfo: default_transaction_read_only is on.*; reset it" 'a database that takes no rows' read_only
no_room() { sql 'alter role well_writer connection limit 0'; undo() { sql 'alter role well_writer connection limit -1'; }; }
mistake 78 "^stops: site.yaml:$writer_at:1: writer_conninfo: PostgreSQL does not let it in: .*too many connections for role" 'a login that may not connect' no_room
no_right() { sql 'revoke usage on schema core from waypost_sender'; undo() { sql 'grant usage on schema core to waypost_sender'; }; }
mistake 78 "^stops: site.yaml:[0-9]+:1: sender_conninfo: permission denied for schema core" 'a role without a right, as after a dump without grants' no_right
check_same 'and the keys are not blamed for it' 0 "$(grep -c '^stops: keys' "$STATE/after" || true)"
readable() { chmod 644 "$STATE/site.yaml"; undo() { chmod 600 "$STATE/site.yaml"; }; }
mistake 0 '^hurts: site.yaml: others may read the credentials in it .*; chmod 640' 'a configuration that all may read' readable
mistake 0 '^hurts: site.yaml:[0-9]+:1: trusted_proxies: everybody is trusted.*; name the proxies' 'everybody as a proxy' edit '$a trusted_proxies: 0.0.0.0/0'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: this key stands here twice; keep one' 'one key twice' edit '$a port: 9000'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: price is .0,8.; it must be an amount' 'a price with a comma' edit '0,/price: 0.8/s//price: 0,8/'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: keep_events_hours is .72h.; it must be' 'a number with its unit' edit '$a keep_events_hours: 72h'
mistake 78 '^stops: site.yaml:[0-9]+:[0-9]+: listen_address is .localhost.; it must be an IP address' 'a name to listen on' edit '$a listen_address: localhost'
# One of a Cluster, named as if it were alone.
CLUSTER_PORT=$(free_port)
one_of_many()
{
    mkdir -p "$STATE/many"
    (cd "$STATE/many" && exec redis-server --port "$CLUSTER_PORT" --cluster-enabled yes --cluster-port $((CLUSTER_PORT + 1)) \
        --bind 127.0.0.1) >"$STATE/many/log" 2>&1 9>&- &
    MANY=$!
    wait_for 10 redis-cli -p "$CLUSTER_PORT" ping
    edit "s|^redis_socket:.*|redis_host: 127.0.0.1\nredis_port: $CLUSTER_PORT|"
    undo() { stop_pid "$MANY" KILL 5; }
}
mistake 78 '^stops: Redis: this server is of a Cluster.*; name some of its servers in redis_cluster' \
    'one server of a Cluster as if it were alone' one_of_many
mistake 78 '^stops: Redis: 0 replicas follow it, redis_wait_replicas is 1.*; give it replicas' 'no replica, and waiting for one' \
    edit '$a redis_wait_replicas: 1'
check_same 'as JSON: what, where and the remedy' "$(line '^org:') stops" \
    "$(edit 's/^org:/orgg:/'; doctor --json | jq -r '.findings[0] | "\(.line) \(.level)"')"
cp "$STATE/good.yaml" "$STATE/site.yaml"
check_same 'a site that is well again' "$(cat "$STATE/before")" "$(doctor)"
# What serve says when it refuses to start is the same.
edit "$((at + 1))s/africastalking/africantalking/"
check_same 'serve refuses the same' 78 "$( (cd "$STATE" && "$WAYPOST" serve --config site.yaml) 2>"$STATE/serve" || echo $?)"
check_same 'in the same words' "$(doctor | sed -n 's/^stops: //p')" "$(sed 's/^waypost: //' "$STATE/serve")"
cp "$STATE/good.yaml" "$STATE/site.yaml"
# Last, since it takes the time that Redis has to answer.
redis_stop "$STATE"
mistake 78 "^stops: site.yaml:$(line '^redis_socket'):1: Redis does not answer: .*; start it" 'no Redis' true
alone()
{
    redis_start "$STATE"
    redis config set port "$CLUSTER_PORT"
    edit "s|^redis_socket:.*|redis_cluster: 127.0.0.1:$CLUSTER_PORT|"
}
mistake 78 "^stops: site.yaml:$(line '^redis_socket'):1: no Redis Cluster answers: .*; .*goes into redis_host" 'a Redis alone named as a Cluster' alone
done_testing
