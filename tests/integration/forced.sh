#!/bin/bash
# forced.sh: every stage is made to fail while a known number writes known words: PostgreSQL refuses rows and times out,
# Redis loses its functions, its room and its types, the provider answers with what it was sent; timers find what they cannot
# read, an erasure is refused, commands find one server or the other away. Whatever is said then, by the gateway, by commands and
# by both servers (which tell slow statements with all they know), holds neither the number nor the words.
. "$(dirname "$0")/lib.sh"
CANARY=+254722555019
WORD=xylophone
export CANARY

# is_silent NAME COMMAND...
is_silent()
{
    local name=$1
    shift
    "$@" >"$STATE/said" 2>&1 || true
    check "the number is not in $name" python3 "$ROOT/tests/integration/canary.py" search "$name" <"$STATE/said"
    check "nor are the words" eval '! grep -a -i -m 1 "$WORD" "$STATE/said"'
}

sms()
{
    N=$((N + 1))
    curl -sS -m 20 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/in/at" --data-urlencode "from=$CANARY" \
        --data-urlencode to=20880 --data-urlencode "text=$1" --data-urlencode "id=forced-$N"
}
N=0

says()
{
    grep -q "$1" "$STATE/waypost.log"
}

n_letters()
{
    sql 'select count(*) from ops.dead_letters'
}
has_letters()
{
    [ "$(n_letters)" -ge "$1" ]
}

# A question counts as asked once its SMS has gone.
has_sent()
{
    [ "$(sql "select count(*) from core.message where status in ('sent', 'delivered')")" -ge "$1" ]
}

world_make
# The provider: it refuses everything, in the words that it was sent.
cat >"$STATE/echo.py" <<'PY'
import http.server, sys, urllib.parse
class Echo(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.refuse(self.rfile.read(int(self.headers["content-length"])).decode())
    def do_GET(self):
        self.refuse(self.path)
    def refuse(self, said):
        said = urllib.parse.unquote_plus(said)
        body = ("cannot deliver " + said).encode()
        self.send_response(400, "Bad " + said.replace("\n", " ")[:200])
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Echo)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 "$STATE/echo.py" >"$STATE/echo.port" &
ECHO=$!
trap 'kill "$ECHO" 2>/dev/null || true; world_down' EXIT
printf 'log_level: debug\n' >>"$STATE/waypost.yaml"
redis_start "$STATE"
postgres_start "$STATE" -c log_min_duration_statement=0
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"

check_same 'the number joins' 200 "$(sms JOIN)"
check 'is asked for consent' wait_for 20 has_sent 1
check_same 'agrees' 200 "$(sms 1)"
check 'and is asked for its work' wait_for 20 has_sent 2
check_same 'and writes words' 200 "$(sms "my $WORD is $CANARY")"
check 'which PostgreSQL has' wait_for 20 eval '[ "$(sql "select count(*) from core.unknown_input where text like '"'%xylo%'"'")" -gt 0 ]'

printf '# PostgreSQL\n'
sql "alter table core.unknown_input add constraint forced check (text not like '%xylo%') not valid"
sms "a second $WORD" >/dev/null
check 'a row is refused' wait_for 20 has_letters 1
sql 'alter table core.unknown_input drop constraint forced'
sql "begin; lock table core.unknown_input; select pg_sleep(8); rollback" >/dev/null &
sms "a fourth $WORD" >/dev/null
wait $!
check 'all is taken in' wait_for 60 is_drained

printf '# Redis\n'
redis config set maxmemory 1 >/dev/null
sms "a fifth $WORD" >/dev/null
check 'there is no room' wait_for 20 says 'module=\(store\|dialog\)'
redis config set maxmemory 0 >/dev/null
redis function flush >/dev/null
sms "a sixth $WORD" >/dev/null
demo_stop "$STATE"
demo_start "$STATE" "$PORT"
for key in $(redis --scan --pattern 'wp:{b*}:s:*'); do
    redis rename "$key" kept >/dev/null
    redis rpush "$key" 1 >/dev/null
    sms "a seventh $WORD" >/dev/null
    redis rename kept "$key" >/dev/null
done
redis_stop "$STATE"
check_same 'into the spool' 200 "$(sms "an eighth $WORD")"
redis_start "$STATE"
check 'all is taken in' wait_for 60 is_drained

printf '# the provider\n'
sed -i "s|http://127.0.0.1:$ADMIN_PORT/sim/send|http://127.0.0.1:$(cat "$STATE/echo.port")/|" "$STATE/waypost.yaml"
demo_stop "$STATE"
demo_start "$STATE" "$PORT"
check_same 'somebody asks' 200 "$(sms MENU)"
# This one's error is all of the body.
check_same 'and by another provider, too' 200 "$(curl -sS -o /dev/null -w '%{http_code}' -G "http://127.0.0.1:$PORT/in/kannel" \
    --data-urlencode "sender=$CANARY" --data-urlencode to=20880 --data-urlencode message=HELP --data-urlencode id=forced-kannel)"
check 'both are refused' wait_for 30 eval '[ "$(sql "select count(distinct channel) from core.message where status = '"'failed'"'")" = 2 ]'
check_same 'one with words' 1 "$(sql "select count(*) from core.message where error like 'cannot deliver%'")"
check 'all is taken in' wait_for 60 is_drained

printf '# timers\n'
# By USSD to the first lesson: from there on something is due.
begin_module()
{
    local text='' screen=''
    for _ in $(seq 40); do
        screen=$(curl -sS -m 20 "http://127.0.0.1:$PORT/in/at-ussd" -d sessionId=forced --data-urlencode "phoneNumber=$CANARY" \
            --data-urlencode 'serviceCode=*384*7#' --data-urlencode "text=$text")
        case $screen in
        *M1*) return 0 ;;
        *'9 More'*) text+='*9' ;;
        *'When will'*) text+='*3' ;;
        *) text+='*1' ;;
        esac
        text=${text#\*}
    done
    printf '%s\n' "$screen" && return 1
}
check 'the number learns' begin_module
# All that is due is due now.
due_now()
{
    redis eval "local n = 0
        for _, key in ipairs(redis.call('keys', 'wp:{b*}:due*')) do
            for _, member in ipairs(redis.call('zrange', key, 0, -1)) do
                redis.call('zadd', key, 1, member)
                n = n + 1
            end
        end
        return n" 0
}
state=$(redis --scan --pattern 'wp:{b*}:s:*' | head -1)
redis rename "$state" kept >/dev/null
redis set "$state" "my $WORD is $CANARY" >/dev/null
check 'somebody is due' test "$(due_now)" -gt 0
check 'a state that nobody can read is told' wait_for 20 says 'proc=timer.*state cannot be read'
redis del "$state" >/dev/null
redis rpush "$state" "my $WORD is $CANARY" >/dev/null
timer_says_more_than()
{
    [ "$(grep -c 'proc=timer.*module=dialog' "$STATE/waypost.log")" -gt "$1" ]
}
n_said=$(grep -c 'proc=timer.*module=dialog' "$STATE/waypost.log")
due_now >/dev/null
check 'and one of another kind' wait_for 20 timer_says_more_than "$n_said"
redis rename kept "$state" >/dev/null

printf '# the command line\n'
# cli COMMAND...: whatever comes of it, what it says is kept.
cli()
{
    local code=0
    "$WAYPOST" "$@" --config "$STATE/waypost.yaml" >"$STATE/said" 2>&1 || code=$?
    cat "$STATE/said" >>"$STATE/cli.log"
    return "$code"
}
commands_fail()
{
    printf 'number,role\n%s,2\n' "$CANARY" >"$STATE/people.csv"
    check "learner import fails: $1" eval '! cli learner import "$STATE/people.csv" --channel at'
    check "learner show fails: $1" eval '! cli learner show "$CANARY"'
    check "learner transfer fails: $1" eval '! cli learner transfer "$CANARY"'
    check "learner erase fails: $1" eval '! cli learner erase "$CANARY" --yes'
    check "cohort facilitator fails: $1" eval '! cli cohort facilitator add 482156 "$CANARY" --pin 482913'
    check "cohort create fails: $1" eval '! cli cohort create "$WORD"'
    check "broadcast text fails: $1" eval '! cli broadcast text news "a $WORD at $CANARY"'
}
postgres_stop "$STATE"
commands_fail 'PostgreSQL is away'
postgres_start "$STATE" -c log_min_duration_statement=0
psql -q -h "$STATE/pg" -U postgres waypost -c 'revoke all on schema core, ops from public, waypost_writer, waypost_sender' >/dev/null
commands_fail 'PostgreSQL refuses'
psql -q -h "$STATE/pg" -U postgres waypost -c 'grant usage on schema core, ops to waypost_writer, waypost_sender' >/dev/null
redis_stop "$STATE"
cli learner import "$STATE/people.csv" --channel at || true
check 'learner erase fails: Redis is away' eval '! cli learner erase "$CANARY" --yes'
redis_start "$STATE"
check 'commands have complained' test "$(grep -c '' "$STATE/cli.log")" -ge 14

printf '# erasure\n'
is_silent 'why letters are dead' sql 'select reason from ops.dead_letters'
check 'all is taken in' wait_for 60 is_drained
sql "create function core.forced() returns trigger language plpgsql as \$\$ begin raise exception 'forced'; end \$\$;
    create trigger forced before delete or update on core.unknown_input for each row execute function core.forced()" >/dev/null
sms DELETE >/dev/null
sms 'DELETE 1' >/dev/null
check 'PostgreSQL refuses to erase' wait_for 30 eval 'grep -q forced "$STATE/pg/postgres.log"'
sql 'drop trigger forced on core.unknown_input' >/dev/null
check 'all is taken in' wait_for 60 is_drained

printf '# where it must not be\n'
is_silent 'what commands say' cat "$STATE/cli.log"
is_silent 'the log of the gateway' cat "$STATE/waypost.log"
is_silent 'the log of PostgreSQL' cat "$STATE/pg/postgres.log"
is_silent 'the log of Redis' cat "$STATE/redis/redis.log"
is_silent 'the errors of providers' sql 'select error, status from core.message'
is_silent 'what the gateway says of itself' curl -sS "http://127.0.0.1:$ADMIN_PORT/readyz" "http://127.0.0.1:$ADMIN_PORT/metrics"
done_testing
