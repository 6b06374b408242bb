#!/bin/bash
# trouble_redis.sh: a Redis that is there and does not do its work: full, busy, reading its file, unable to save, it throws our
# user out or may do nothing for it, ends our connections, stands still; under a light load (trouble/load.sh).
. "$(dirname "$0")/lib.sh"
# shellcheck source=/dev/null
. "$ROOT/tests/integration/trouble/load.sh"

# Of the server's own; key-load-delay is in microseconds.
redis_write_config()
{
    cat >"$2" <<REDIS
include "$ROOT/config/redis.conf"
port 0
unixsocket "$1/redis.sock"
unixsocketperm 700
dir "$1"
logfile "$1/redis.log"
busy-reply-threshold 100
user gateway on >secret ~* &* +@all
${LOAD_DELAY_US:+key-load-delay $LOAD_DELAY_US}
REDIS
}

world_make
sed -i '/^redis_socket:/a redis_username: gateway\nredis_password: secret' "$STATE/waypost.yaml"
world_start
load_begin
check 'learners are at it' wait_for 20 has_more_than 20

trouble_begin 'full'
redis config set maxmemory 1 >/dev/null
trouble_is 'Redis is full' 'redis refuses a command.*OOM'
trouble_lasts 4
redis config set maxmemory 0 >/dev/null
trouble_ends 'Redis is full'

trouble_begin 'a script that does not end'
redis eval "local t = redis.call('time') local till = t[1] * 1000000 + t[2] + 4000000
    repeat t = redis.call('time') until t[1] * 1000000 + t[2] > till" 0 >/dev/null &
script=$!
trouble_is 'Redis is (away|there and refuses)' 'BUSY|no reply in time'
wait "$script"
trouble_ends 'Redis is (away|there and refuses)'

trouble_begin 'it cannot save'
redis config set save '3600 1' >/dev/null
mkdir -p "$STATE/redis/dump.rdb/in-its-place"
redis bgsave >/dev/null
trouble_is 'Redis is full or cannot write' 'redis refuses a command.*MISCONF'
trouble_lasts 4
rm -r "$STATE/redis/dump.rdb"
redis bgsave >/dev/null
trouble_ends 'Redis is full or cannot write'
redis config set save '' >/dev/null

trouble_begin 'our user may do nothing'
redis acl setuser gateway -@all >/dev/null
trouble_is 'Redis is there and refuses its work' 'redis refuses a command.*NOPERM'
trouble_lasts 5
redis acl setuser gateway +@all >/dev/null
trouble_ends 'Redis is there and refuses'

trouble_begin 'our user is gone'
redis acl deluser gateway >/dev/null
trouble_is 'Redis is away' 'redis is away.*WRONGPASS'
redis acl setuser gateway on '>secret' '~*' '&*' +@all >/dev/null
trouble_ends 'Redis is away'

trouble_begin 'our connections are ended again and again'
while [ $((SECONDS - BEGAN)) -lt 4 ]; do
    redis client kill type normal skipme yes >/dev/null
done
trouble_is '' 'redis is away'
trouble_ends 'Redis is away'

trouble_begin 'it stands still'
redis client pause 3000 all >/dev/null
trouble_is 'Redis is away' 'redis is away.*no reply in time'
trouble_lasts 4
trouble_ends 'Redis is away'

redis eval "for i = 1, 16000 do redis.call('set', 'filler:' .. i, 'x') end" 0 >/dev/null
trouble_begin 'it reads its file'
stop_pid "$(cat "$STATE/redis/pid")" KILL 10
LOAD_DELAY_US=500 redis_start "$STATE" &
start=$!
trouble_is 'Redis is away' 'redis is away.*LOADING'
wait "$start"
trouble_ends 'Redis is away'

load_end
done_testing
