#!/bin/bash
# hostile.sh: what people named - an organisation, a group, a module, a question - and what they wrote holds markup, quotes,
# formulas, orders to a terminal and marks that turn the text around. It goes out by every way that there is, and hostile.py
# reads each as its reader would: nothing is run, nothing breaks out of its place, nothing is lost on the way.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip 'there is no python3'

sink()
{
    python3 "$ROOT/tests/integration/hostile.py" "$@" 2>"$STATE/why" || { sed 's/^/# /' "$STATE/why" && false; }
}
# on_terminal FILE COMMAND...: what it prints on one.
on_terminal()
{
    python3 - "$@" <<'PY'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
with open(sys.argv[1], "wb") as out:
    try:
        while data := os.read(fd, 65536):
            out.write(data)
    except OSError:
        pass  # the other end is closed
os.waitpid(pid, 0)
PY
}

world_make
redis_start "$STATE"
postgres_start "$STATE" -c fsync=off
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
"$WAYPOST" simulate --config "$STATE/waypost.yaml" --learners 60 --seed 7 >"$STATE/simulate.log" 2>&1
CONFIG=(--config "$STATE/waypost.yaml")
HOSTILE=$(sink text)
GROUP_NAME=$(sink name)
WORDS=$(sink words)
group=$("$WAYPOST" cohort create "$GROUP_NAME" --pace open "${CONFIG[@]}" 2>"$STATE/words")
check 'a group takes such a name' test -n "$group"
check_same 'but none with orders for a terminal' 65 "$("$WAYPOST" cohort create $'a\e[2Jb' "${CONFIG[@]}" >/dev/null 2>&1 || echo $?)"
check_same 'nor with signs that turn the text around' 65 "$("$WAYPOST" cohort create $'a\u202eb' "${CONFIG[@]}" >/dev/null 2>&1 || echo $?)"
check 'such a name is in the database' \
    into "$STATE/psql.log" psql -h "$STATE/pg" -U postgres -d waypost -qX -v ON_ERROR_STOP=1 -v h="$HOSTILE" -v w="$WORDS" <<'SQL'
    -- as some were called before 0054; as much as a name may have (organisation_name_has_at_most_160_bytes)
    alter table core.organisation drop constraint organisation_name_is_one;
    alter table core.cohort drop constraint cohort_name_is_one;
    update core.cohort set name = replace(name, U&'\200F', U&'\202E');
    update core.organisation set name = (select left(:'h', n) from generate_series(1, 160) n
        where octet_length(left(:'h', n)) <= 160 order by n desc limit 1);
    update core.unit set module_title = :'h', title = :'h', text = :'h', choices = array(select :'w' from unnest(choices));
    update core.message set error = left(:'w', 400), status = 'failed' where message_id in (select message_id from core.message limit 9);
    update core.learner set network = left(:'w', 30);
    update core.free_text set text = :'h';
    select ops.add_coordinator('amina', 'demo');
    alter role amina password 'sunflower';
SQL
GROUP_NAME=${GROUP_NAME//$'\u200f'/$'\u202e'}
sed -i '1i local waypost postgres,waypost_writer,waypost_sender trust\nlocal waypost all scram-sha-256' "$STATE/pg/data/pg_hba.conf"
sql 'select pg_reload_conf()' >/dev/null
export PGPASSWORD=sunflower
DB="host=$STATE/pg user=amina dbname=waypost"
asks_for_password() { ! PGPASSWORD=no psql "$DB" -c 'select 1' >/dev/null 2>&1; }
wait_for 10 asks_for_password
demo_start "$STATE" "$PORT"

# ---- every report, by every way ----
n=0
for name in $("$WAYPOST" report list --json --conninfo "$DB" | jq -r .name); do
    for format in csv ndjson xlsx; do
        "$WAYPOST" report export "$name" --format $format --conninfo "$DB" --out "$STATE/out.$format" >"$STATE/said" 2>&1 ||
            { grep -q 'permission denied\|dhis2\|may not\|needs\|--set' "$STATE/said" && continue; }
        sink $format "$STATE/out.$format" || check "report $name as $format" false
        n=$((n + 1))
    done
    on_terminal "$STATE/terminal" "$WAYPOST" report show "$name" --conninfo "$DB"
    sink terminal "$STATE/terminal" || check "report $name on a terminal" false
done
check "every report as csv, ndjson, xlsx and on a terminal ($n files)" test "$n" -gt 60
"$WAYPOST" report export items --conninfo "$DB" --format csv --out "$STATE/items.csv" 2>/dev/null
check 'nothing is lost on the way: CSV' sink whole "$STATE/items.csv"
"$WAYPOST" report month --conninfo "$DB" >"$STATE/month.html" 2>/dev/null
check 'the month to print' sink html "$STATE/month.html" no-script

# ---- terminals ----
learner=$(sql 'select learner_id from core.learner limit 1')
for command in "cohort list" "cohort show $group" "learner show $learner" "channel list" "certificate list" "broadcast status" "status"; do
    # shellcheck disable=SC2086 # words
    on_terminal "$STATE/terminal" "$WAYPOST" $command "${CONFIG[@]}"
    check "a terminal: $command" sink terminal "$STATE/terminal"
done
on_terminal "$STATE/terminal" "$WAYPOST" learner show "$WORDS" "${CONFIG[@]}"
check 'a terminal: a complaint' sink terminal "$STATE/terminal"
"$WAYPOST" cohort list --json "${CONFIG[@]}" >"$STATE/out.json"
check 'groups for programs' sink json "$STATE/out.json" "$GROUP_NAME"
"$WAYPOST" cohort sheet "$group" "${CONFIG[@]}" >"$STATE/sheet.html"
check 'the sheet of a group' sink html "$STATE/sheet.html" no-script

# ---- pages ----
AT=http://127.0.0.1:$ADMIN_PORT
page() { curl -s -m 100 -b "$STATE/jar" -c "$STATE/jar" -H "Origin: $AT" -o "$STATE/page.html" -w '%{http_code}' "$@"; }
is_in() { [ "$(page --data-urlencode name=amina --data-urlencode password=sunflower "$AT/report/login")" = 303 ]; }
check 'amina is let in' wait_for 20 is_in
value=$(sink query)
for name in '' people leaving questions learned survey messages reminders; do
    check_same "page '$name'" 200 "$(page "$AT/report/$name?grain=all&by=cohort&value=$value&course=$value&organisation=$value&from=2020-01-01")"
    check "is a page of ours alone, '$name'" sink html "$STATE/page.html"
done
check_same 'a month of nobody' 403 "$(page "$AT/report/month?organisation=$value")"
check 'is a page of ours alone' sink html "$STATE/page.html"
check_same 'the month' 200 "$(page "$AT/report/month")"
check 'is one' sink html "$STATE/page.html"
page "$AT/report/items.csv" >/dev/null
check 'the CSV of a panel' sink csv "$STATE/page.html"
page "$AT/report/$value" >/dev/null
check 'a page that is none' sink html "$STATE/page.html"
curl -s -m 20 -o "$STATE/page.html" "http://127.0.0.1:$PORT/check/$value"
check 'the page of certificates' sink html "$STATE/page.html" no-script
curl -s -m 20 -o "$STATE/page.html" -H "Host: $(printf 'x"><b>')" -G --data-urlencode "code=$WORDS" "http://127.0.0.1:$PORT/check/"
check 'and its form' sink html "$STATE/page.html" no-script
curl -s -m 20 -o "$STATE/page.html" --data-urlencode "codes=$HOSTILE" "http://127.0.0.1:$PORT/check/list"
check 'and its list' sink html "$STATE/page.html" no-script
curl -s -m 20 -o "$STATE/out.json" -H 'Accept: application/json' -G --data-urlencode "code=$WORDS" "http://127.0.0.1:$PORT/check/"
check 'and for programs' sink json "$STATE/out.json"

# ---- what strangers send, and the log ----
curl -s -m 20 -o "$STATE/answer" -d "from=%2B254700000009&to=20880&id=$value" --data-urlencode "text=$HOSTILE" "http://127.0.0.1:$PORT/in/at"
curl -s -m 20 -o "$STATE/answer" -d "id=$value&status=$value&failureReason=$value" "http://127.0.0.1:$PORT/dlr/at"
curl -s -m 20 -o "$STATE/answer" -H "X-Forwarded-For: $WORDS" "http://127.0.0.1:$PORT/in/$value"
curl -s -m 20 -o "$STATE/out.json" "$AT/sim/outbox"
check 'the simulator for programs' sink json "$STATE/out.json"
curl -s -m 20 -o "$STATE/page.html" "$AT/sim/"
check 'and as a page' sink html "$STATE/page.html"
demo_stop "$STATE"
check 'each line of the log is one of ours' sink log "$STATE/waypost.log"
done_testing
