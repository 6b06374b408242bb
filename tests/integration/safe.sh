#!/bin/bash
# safe.sh: what a learner discloses is sealed to a person's key, and only that person reads it, on record;
# messages are held until he or she lets them go on.
. "$(dirname "$0")/lib.sh"
world_up

# A case system that is away at first: each request is a file, its headers and its body.
HOOK_PORT=$(free_port)
mkdir "$STATE/hook"
python3 - "$HOOK_PORT" "$STATE/hook" <<'HOOK' &
import http.server, sys, pathlib
class Hook(http.server.BaseHTTPRequestHandler):
    n = 0
    def do_POST(self):
        Hook.n += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        folder = pathlib.Path(sys.argv[2])
        (folder / f"{Hook.n}.body").write_bytes(body)
        (folder / f"{Hook.n}.sign").write_text(self.headers["X-Waypost-Signature"])
        self.send_response(503 if Hook.n == 1 else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *args):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Hook).serve_forever()
HOOK
HOOK_PID=$!
trap 'kill "$HOOK_PID" 2>/dev/null; world_down' EXIT
{
    sed '/^channels:/q' "$STATE/waypost.yaml"
    printf '  - {name: cases, profile: alert-hook, country: KE, private_addresses: allowed, plain_http: allowed,\n'
    printf '     settings: {send_url: "http://127.0.0.1:%s/hook", secret: a-key-that-nobody-knows}}\n' "$HOOK_PORT"
    sed '1,/^channels:/d' "$STATE/waypost.yaml"
    printf 'alert_channel: cases\n'
} >"$STATE/with_hook.yaml"
mv "$STATE/with_hook.yaml" "$STATE/waypost.yaml"

PHONE=+254700000811
DATABASE="host=$STATE/pg dbname=waypost"

sms()
{
    curl -fsS -o /dev/null "http://127.0.0.1:$PORT/in/at" --data-urlencode "id=safe-$RANDOM-$RANDOM" \
        --data-urlencode "from=$PHONE" --data-urlencode to=20880 --data-urlencode "text=$1"
}

texts_to()
{
    curl -fsS -G "http://127.0.0.1:$ADMIN_PORT/sim/outbox" --data-urlencode "to=$1" | jq -r '.[].text'
}

has_sms()
{
    [ "$(curl -fsS -G "http://127.0.0.1:$ADMIN_PORT/sim/outbox" --data-urlencode "to=$PHONE" | jq length)" = "$1" ]
}

# The hook has got so many requests.
hook_has()
{
    [ -s "$STATE/hook/$1.sign" ]
}

sql_is()
{
    [ "$(sql "$1")" = "$2" ]
}

safe()
{
    "$WAYPOST" safe "$@" --config "$STATE/waypost.yaml" --conninfo "$DATABASE user=sofia" 2>>"$STATE/safe.log"
}

sql 'create role sofia login in role waypost_safe'
check 'a pair of keys for the person who reads' safe key "$STATE/sofia.key"
check_same 'the private one is hers alone' 600 "$(stat -c %a "$STATE/sofia.key")"
check_same 'which is never overwritten' 65 "$(safe key "$STATE/sofia.key" || echo $?)"
demo_stop "$STATE"
demo_start "$STATE" "$PORT"

sms JOIN
check 'the consent question is there' wait_for 10 has_sms 1
sms 1
check 'one has joined' wait_for 10 has_sms 2
sms 'SAFE my teacher locks us in'
check 'and disclosed harm' wait_for 10 has_sms 3
check 'it is in PostgreSQL, sealed to her key' wait_for 10 sql_is "select encode(substr(sealed, 1, 2), 'hex') from core.safe_case" 0000

ref=$(sql 'select ref from core.safe_case')
told="Waypost has a message for the safeguarding team, number $ref. To open it, run waypost safe read $ref"
has_told()
{
    [ "$(texts_to +254733000001)" = "$told" ] && [ "$(texts_to +254733000002)" = "$told" ]
}
check 'two people are told, without a word of it' wait_for 10 has_told
check 'and the case system, which was away at first' wait_for 20 hook_has 2
check_same 'of the number only' "safeguarding $ref" "$(jq -r '.event + " " + .case' "$STATE/hook/2.body")"
check_same 'signed' "sha256=$(openssl dgst -sha256 -hmac a-key-that-nobody-knows -hex "$STATE/hook/2.body" | sed 's/.*= //')" \
    "$(cat "$STATE/hook/2.sign")"
check 'what became of that is no learner'\''s' wait_for 10 sql_is \
    "select count(*) from core.message where learner is null and status = 'sent'" 3
check_same 'and nothing was refused' 0 "$(sql 'select count(*) from ops.dead_letters')"
check_same 'she sees that something waits' "$ref waits" "$(safe list | awk '{print $1, $(NF)}')"
check_same 'the same for programs' "$ref true" "$(safe list --json | jq -r '.case + " " + (.has_text | tostring)')"
check_same 'without her key nobody reads it' 64 "$(safe read "$ref" || echo $?)"
safe key "$STATE/other.key" >/dev/null
check_same 'nor with another one' 77 "$(safe read "$ref" --key "$STATE/other.key" || echo $?)"
check_same 'she does' 'SAFE my teacher locks us in' "$(safe read "$ref" --key "$STATE/sofia.key")"
check_same 'takes it in hand' "$ref acknowledged" "$(safe acknowledge "$ref")"

held()
{
    redis --raw eval "local s = redis.call('get', KEYS[1]) return #s" 1 "$(redis --raw keys 'wp:{b*}:s:*')"
}
before=$(held)
seq=$(sql 'select seq from core.number_state')
check_same 'lets messages go on' "$ref released; messages go on" "$(safe release "$ref" --outcome supported)"
check 'which Redis has' test "$(held)" -lt "$before"
check 'and PostgreSQL' wait_for 10 sql_is "select seq from core.number_state" $((seq + 1))
check_same 'again: no harm' "$ref released; messages go on" "$(safe release "$ref")"
check_same 'an outcome is a code' 65 "$(safe transfer "$ref" --outcome 'she said' || echo $?)"
check_same 'handed over' "$ref transferred" "$(safe transfer "$ref" --outcome referred | cut -d';' -f1)"
check_same 'nothing waits' '' "$(safe list)"
check_same 'a case that is not there' 66 "$(safe read 0000000000 --key "$STATE/sofia.key" || echo $?)"
check_same 'all is on record' 'list list read read read acknowledge release release transfer list' \
    "$(sql "select string_agg(what, ' ' order by access) from core.case_access where login = 'sofia'")"
check_same 'the text is in no log' 0 "$(cat "$STATE"/*.log "$STATE"/redis/*.log "$STATE"/pg/*.log | grep -c 'locks us in')"
check 'nor in the clear in Redis' test "$(find "$STATE/redis" -type f -exec grep -l 'locks us in' {} + | wc -l)" = 0
check 'nor in PostgreSQL' test "$(find "$STATE/pg" -type f -exec grep -l 'locks us in' {} + | wc -l)" = 0
check_same 'a coordinator may not look' 77 \
    "$("$WAYPOST" safe list --conninfo "$DATABASE user=waypost_writer" 2>/dev/null || echo $?)"
# A question for people of the organisation: another queue, another role, one SMS back.
inbox()
{
    "$WAYPOST" learner inbox "$@" --config "$STATE/waypost.yaml" --conninfo "$DATABASE user=ingrid" 2>>"$STATE/safe.log"
}
sql 'create role ingrid login in role waypost_inbox'
printf 'inbox_answers: Thank you. | Please ask your guardian office.\n' >>"$STATE/waypost.yaml"
sms 'ASK where is the guardian office now'
check 'a question is in PostgreSQL' wait_for 10 sql_is "select count(*) from core.safe_case where queue = 'inbox'" 1
ref=$(sql "select ref from core.safe_case where queue = 'inbox'")
check_same 'it is no disclosure' '' "$(safe list)"
check_same 'who answers sees that it waits' "$ref waits" "$(inbox list | awk '{print $1, $(NF)}')"
check_same 'and reads it' 'ASK where is the guardian office now' "$(inbox read "$ref")"
check_same 'one way to answer' 64 "$(inbox answer "$ref" || echo $?)"
check_same 'no text has that number' 65 "$(inbox answer "$ref" --choice 3 || echo $?)"
check_same 'an approved text' "$ref answered" "$(inbox answer "$ref" --choice 2)"
got_answer()
{
    texts_to "$PHONE" | grep -qx "$1"
}
check 'which the learner gets' wait_for 10 got_answer 'Waypost Demo answers you: Please ask your guardian office.'
check_same 'own words' "$ref answered" "$(inbox answer "$ref" --text 'It is behind the town hall.')"
check 'likewise' wait_for 10 got_answer 'Waypost Demo answers you: It is behind the town hall.'
check_same 'nothing waits' '' "$(inbox list)"
check_same 'a third' "$ref answered" "$(inbox answer "$ref" --choice 1)"
check_same 'but no fourth on one day' 65 "$(inbox answer "$ref" --choice 1 || echo $?)"
check_same 'what was answered, and by whom, is on record' 'choice 2|own words|choice 1' \
    "$(sql "select string_agg(detail, '|' order by access) from core.case_access where what = 'answer' and login = 'ingrid'")"
# What the demo may do, a gateway that writes to people may not: only with the whole table of its country.
sed 's/^simulator:.*/simulator: off/; s/checked: [0-9-]*/checked: 2020-01-01/' "$STATE/waypost.yaml" >"$STATE/live.yaml"
check_same 'no gateway goes live with numbers that nobody has dialled lately' 78 \
    "$("$WAYPOST" serve --config "$STATE/live.yaml" 2>"$STATE/live.log" || echo $?)"
check 'it says what to write, and where' grep -q 'countries, code KE: write `checked`' "$STATE/live.log"
check_same 'nothing is published for it either' 78 \
    "$("$WAYPOST" lessons publish --config "$STATE/live.yaml" "$ROOT/lessons/children-on-the-move" 2>/dev/null || echo $?)"
check 'a check of the configuration says it before' \
    grep -q 'write `checked`' <("$WAYPOST" config check "$STATE/live.yaml" 2>&1)
done_testing
