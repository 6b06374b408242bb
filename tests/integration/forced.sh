#!/bin/bash
# forced.sh: every stage is made to fail while a known number writes known words: PostgreSQL refuses rows and times out,
# Redis loses its functions, its room and its types, the provider answers with what it was sent. Whatever is logged then, by the
# gateway and by both servers (which tell slow statements with all they know), holds neither the number nor the words.
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

printf '# where it must not be\n'
is_silent 'the log of the gateway' cat "$STATE/waypost.log"
is_silent 'the log of PostgreSQL' cat "$STATE/pg/postgres.log"
is_silent 'the log of Redis' cat "$STATE/redis/redis.log"
is_silent 'why letters are dead' sql 'select reason from ops.dead_letters'
is_silent 'the errors of providers' sql 'select error, status from core.message'
is_silent 'what the gateway says of itself' curl -sS "http://127.0.0.1:$ADMIN_PORT/readyz" "http://127.0.0.1:$ADMIN_PORT/metrics"
done_testing
