#!/bin/bash
# report.sh: reports as coordinators get them out, on a known world and with their own rights.
. "$(dirname "$0")/lib.sh"

world_make
postgres_start "$STATE" -c fsync=off
OWNER="host=$STATE/pg user=postgres dbname=waypost"
load()
{
    psql -qX -v ON_ERROR_STOP=1 "$OWNER" "$@" >/dev/null
}
load -f "$ROOT/tests/sql/lib/make.sql"
load -c 'set search_path = make, public' -f "$ROOT/tests/sql/lib/world.sql"
load -c "insert into core.organisation (code, name, time_zone) values ('north', 'Nord', 'Europe/Berlin');
    select ops.add_coordinator('ben', 'north');
    update core.learner set lang = case when learner % 12 = 0 then 'sw' when learner % 2 = 0 then 'ar' else 'fr' end;
    update core.unit set module_title = '=1+1, \"L''été\"' where module = 'm1'"
as()
{
    local login=$1
    shift
    "$WAYPOST" report "$@" --conninfo "host=$STATE/pg user=$login dbname=waypost"
}

# ---- list and show ----
as amina list >"$STATE/list" 2>&1
check 'list names a report with its options' grep -q 'options: grain, by, mature_only, as_of, from, to, organisation, course' "$STATE/list"
check 'and says what it counts' grep -q 'A2 enrolled (consent' "$STATE/list"
check 'list for programs' test "$(as amina list --json | jq -r 'select(.name == "funnel").arguments')" = 'grain, by, mature_only, as_of'
as amina show funnel --by language >"$STATE/show" 2>"$STATE/words"
check_same 'show: an aligned table, with what is hidden said so' \
    'demo children-on-the-move - ar 25 25 hidden hidden 100.0 - - - - yes no 4
demo children-on-the-move - fr 30 30 18 18 100.0 60.0 60.0 42.3 75.4 yes no 4
demo children-on-the-move - sw 5 5 hidden hidden 100.0 - - - - yes no 4' "$(tail -n +2 "$STATE/show" | tr -s ' ')"
check 'and words about it' grep -q 'by the day of consent' "$STATE/words"
check_same 'days choose rows' 2026-03-09 "$(as amina show funnel --grain week --from 2026-03-05 --json 2>/dev/null | jq -r .period_start)"
check_same 'what is chosen freely is for analysts' 77 "$(as amina show rolling --set days=5 >/dev/null 2>&1 || echo $?)"
load -c 'grant analyst to amina'
check_same 'any other argument' 35 "$(as amina show rolling --set days=5 --as-of 2026-03-21 --json 2>/dev/null | jq .active)"

# ---- what is refused ----
refused()
{
    local words=$1 code=$2 pattern=$3 found=0
    shift 3
    as amina "$@" >"$STATE/said" 2>&1 || found=$?
    check "$words" eval "[ $found = $code ] && grep -q -- '$pattern' '$STATE/said'"
}
refused 'an unknown report, with those there are' 65 'contact_counts' show funnnel
refused 'an unknown grain, with those there are' 65 'day|week|month|quarter|all' show funnel --grain year
refused 'an unknown property' 65 'Known are: all, language, cohort, country, role, channel, via' show funnel --by colour
refused 'an option that the report does not have' 65 'option of standing cannot be .grain.. Known are: by, as_of' show standing --grain week
refused 'a day that is none' 65 'a date like 2027-01-18' show funnel --from tomorrowish
for value in days=-1 days=NaN days=0 days=2147483647 as_of=infinity as_of=5874897-12-31 as_of=2026-02-30; do
    refused "a value that nothing can be counted by, $value" 65 "${value%%=*} cannot be .${value#*=}.. Known are: " show rolling --set $value
done
refused 'nor a month' 65 'month cannot be .infinity.. Known are: days' show month --set month=infinity
refused 'nor yes and no' 65 'mature_only cannot be .perhaps.. Known are: yes, no' show funnel --set mature_only=perhaps
refused 'a sheet without a file' 64 '--out FILE.xlsx' export funnel --format xlsx
refused 'a format that there is not' 65 'csv|xlsx|ndjson|dhis2|table' export funnel --format ods
refused 'a report that is not named' 64 'which one' show
refused 'an argument without a value' 64 'NAME=VALUE' show funnel --set by

# ---- export ----
as amina export modules --bom >"$STATE/modules.csv" 2>"$STATE/words"
cat >"$STATE/modules.expected" <<'CSV'
organisation,course,module,module_title,value,reached,completed,passed,percent_completed,percent_low,percent_high,n_hidden
demo,children-on-the-move,m1,"'=1+1, ""L'été""",all,60,60,0,100.0,94.0,100.0,0
CSV
check_same 'csv: RFC 4180, marked as UTF-8, no formula' "$(printf '\xef\xbb\xbf' && sed 's/$/\r/' "$STATE/modules.expected")" \
    "$(cat "$STATE/modules.csv")"
check 'and how many rows there were' grep -qx '1 row.' "$STATE/words"
check_same 'it is on record' 'amina|waypost report export|modules|1' "$(psql -XqAt "$OWNER" -c 'select login, purpose, name, n_rows from ops.exports')"
as amina export funnel --by language --out "$STATE/funnel.xlsx" 2>"$STATE/words"
cat >"$STATE/sheet.py" <<'PY'
import re, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
sheet = z.read('xl/worksheets/sheet1.xml').decode()
for row in re.findall(r'<row .*?</row>', sheet, re.S):
    cells = re.findall(r'<c r="[A-Z]+\d+"[^>]*?(?:/>|>(.*?)</c>)', row, re.S)
    print('|'.join(re.sub(r'<[^>]+>', '', c) for c in cells))
PY
check_same 'xlsx: numbers are numbers, hidden ones are words' 'demo|children-on-the-move|ar|25|25|hidden|hidden|100|yes|no|4' \
    "$(python3 "$STATE/sheet.py" "$STATE/funnel.xlsx" | sed -n 2p)"
check_same 'ndjson: what may not be seen is null' '{"value":"ar","completed":null,"is_mature":true}' \
    "$(as amina export funnel --by language --format ndjson 2>/dev/null | jq -c 'select(.value == "ar") | {value, completed, is_mature}')"
as amina export wide --out "$STATE/wide.csv" 2>/dev/null
check_same 'wide: a row for each learner, a column for each question' '61 _id,organisation,cohort,version,lang,country,role,via,enrolled_on,completed_on,progress,reachability,pretest/p1,m1/m1q1,m1/m1q2,posttest/p1,survey/y1,survey/y8' \
    "$(wc -l <"$STATE/wide.csv") $(head -n 1 "$STATE/wide.csv" | tr -d '\r')"
check 'whose pseudonyms are not ours' eval "! grep -q 00000000-0000-4000 '$STATE/wide.csv'"
load -c "update core.unit set text = 'هل الفتاة طفلة؟ Où?' where unit = 'm1q1'"
check 'Arabic and accents survive' eval "as amina export items 2>/dev/null | grep -qF 'هل الفتاة طفلة؟ Où?'"
as amina export items --out "$STATE/items.xlsx" 2>/dev/null
check 'in a sheet, too' eval "python3 '$STATE/sheet.py' '$STATE/items.xlsx' | grep -qF 'هل الفتاة طفلة؟ Où?'"

# ---- the month as a page ----
page()
{
    as amina month 2026-03 "$@" 2>/dev/null
}
check 'the month is a page' eval "page | grep -q '^<html lang=\"en\">'"
check 'that says what was counted' eval "page | grep -q '<dt><bdi>Enrolled this month</bdi></dt><dd><bdi>60</bdi></dd>'"
check 'with bars' eval "page | grep -q '<rect '"
check 'and what not to conclude' eval "page | grep -q 'What not to conclude'"
load -c "update core.organisation set lang = 'ar', name = 'A & <b>' where code = 'demo'"
check 'in the language of the organisation' eval "page | grep -q '<html lang=\"ar\" dir=\"rtl\">' && page | grep -qF 'التقرير الشهري'"
check 'a name is no markup' eval "page --lang fr | grep -qF '<p><bdi>A &amp; &lt;b&gt;</bdi>, <bdi dir=\"ltr\">2026-03</bdi></p>'"
check 'or in another' eval "page --lang ru | grep -qF 'Месячный отчёт'"
check 'or in English where there is no translation' eval "page --lang sw | grep -q 'Monthly report'"
refused 'a month that is none' 64 'like 2026-11' month soon
load -c "insert into core.member (login, org_id) select 'amina', org_id from core.organisation where code = 'north'"
refused 'of several organisations one is to be said' 64 '--organisation CODE' month 2026-03
check 'and is enough' eval "page --organisation north | grep -q 'Nord</bdi>, <bdi dir=\"ltr\">2026-03'"
load -c "delete from core.member where login = 'amina' and org_id = (select org_id from core.organisation where code = 'north')"

# ---- for other systems ----
load -c "insert into core.consent (learner, seq, n, purpose, is_given, at) select learner, 99, 0, 'share_org', true, now() from core.learner"
as amina export statements --format ndjson --set home=https://learn.example --set lrs=ours 2>/dev/null >"$STATE/statements"
cat >"$STATE/statements.py" <<'PY'
import json, re, sys, uuid
n = 0
for line in open(sys.argv[1]):
    s = json.loads(line)
    uuid.UUID(s['id']); uuid.UUID(s['context']['registration']); uuid.UUID(s['actor']['account']['name'])
    assert set(s) <= {'id', 'timestamp', 'actor', 'verb', 'object', 'result', 'context'}, s
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT00:00:00Z', s['timestamp']), s
    assert s['actor']['account']['homePage'] == 'https://learn.example', s
    assert s['verb']['id'].startswith('http://adlnet.gov/expapi/verbs/') and s['object']['id'].startswith('https://learn.example/xapi/'), s
    assert -1 <= s.get('result', {}).get('score', {}).get('scaled', 0) <= 1, s
    n += 1
print(n)
PY
check 'xAPI: each line is a statement' test "$(python3 "$STATE/statements.py" "$STATE/statements")" -gt 300
# ---- to a Learning Record Store that fails in the middle ----
store_start() # SCRIPT...
{
    rm -f "$STATE/lrs.port" "$STATE/lrs.log"
    python3 "$ROOT/tests/integration/lrs.py" "$STATE/lrs.port" "$STATE/lrs.log" "$@" &
    LRS_PID=$!
    trap 'kill "$LRS_PID" 2>/dev/null || true; world_down' EXIT
    wait_for 20 test -s "$STATE/lrs.port"
    STORE=http://127.0.0.1:$(cat "$STATE/lrs.port")/xapi
}
store_stop()
{
    kill "$LRS_PID"
    wait "$LRS_PID" 2>/dev/null || true
}
push()
{
    as amina export statements --set home=https://learn.example --set lrs=ours --send-to "$STORE" --credentials "$STATE/lrs.key" \
        --sent "$STATE/lrs.sent" 2>"$STATE/words"
}
N_STATEMENTS=$(wc -l <"$STATE/statements")
(umask 077 && echo key:secret >"$STATE/lrs.key")
store_start ok 503 wait lost
check 'a store that fails thrice gets all of them' push
check_same 'each once, in pieces that it takes' "$N_STATEMENTS" "$(curl -fsS "$STORE/statements")"
check 'after what it was told to repeat' grep -qx '503 .*' "$STATE/lrs.log"
check 'and whose answer was lost' grep -qx 'lost .*' "$STATE/lrs.log"
check_same 'their ids are kept' "$N_STATEMENTS" "$(sort -u "$STATE/lrs.sent" | wc -l)"
check 'and passed over the next time' eval "push && grep -q '^0 statements taken, $N_STATEMENTS before' '$STATE/words'"
rm "$STATE/lrs.sent"
check 'without these the store says that it has them' eval "push && grep -q '^$N_STATEMENTS statements taken, 0 before' '$STATE/words'"
store_stop
rm "$STATE/lrs.sent"
store_start ok ok ok 400
check_same 'one that refuses is not asked again' 65 "$(push || echo $?)"
check 'in its words, without what a terminal would obey' eval "grep -q 'refuses: 400 no .31m' '$STATE/words'"
TAKEN=$(wc -l <"$STATE/lrs.sent")
check 'what it took before is kept' test "$TAKEN" -gt 0
truncate -s -3 "$STATE/lrs.sent" # somebody pulled the plug
check 'and the same command goes on from there' eval "push && grep -q ' $((TAKEN - 1)) before' '$STATE/words'"
check_same 'to the end' "$N_STATEMENTS" "$(curl -fsS "$STORE/statements")"
store_stop
rm "$STATE/lrs.sent"
check_same 'a store that is away is to be tried later' 75 "$(push || echo $?)"
echo key:other >"$STATE/lrs.key"
store_start
check_same 'a wrong key' 77 "$(push || echo $?)"
chmod 644 "$STATE/lrs.key"
check_same 'a key that all can read' 65 "$(push || echo $?)"
STORE=http://lrs.example.org/xapi
check_same 'a store elsewhere without TLS' 65 "$(push || echo $?)"
store_stop
check_same 'DHIS2: dataValueSets' '{"dataElement":"WAYPOST_ENROLLED","period":"202603","orgUnit":"demo","value":"60"}' \
    "$(as amina export data_values --format dhis2 2>/dev/null | jq -c '.dataValues[] | select(.dataElement == "WAYPOST_ENROLLED")')"
check_same 'DHIS2: nothing is nothing' '{"dataValues":[]}' "$(as ben export data_values --format dhis2 --set grain=quarter 2>/dev/null | jq -c .)"

# ---- rights ----
check_same 'another organisation sees nothing of it' '' "$(as ben export funnel --format ndjson 2>/dev/null)"
refused 'nor a page, with the reason' 74 '/nonexistent/x.html: No such file' month 2026-03 --organisation demo --out /nonexistent/x.html
check_same 'a file that cannot be written' 74 "$(as amina export funnel --out /nonexistent/x.csv >/dev/null 2>&1 || echo $?)"
psql -qX "$OWNER" -c 'create role nobody login' -c 'grant connect on database waypost to nobody' >/dev/null
check_same 'a login without rights' 77 "$(as nobody show funnel >/dev/null 2>&1 || echo $?)"
check_same 'a database that does not answer' 69 \
    "$("$WAYPOST" report list --conninfo "host=$STATE/nowhere dbname=waypost" >/dev/null 2>&1 || echo $?)"

# ---- size: streamed ----
load -c "select core.ingest((select jsonb_agg(s) from (select jsonb_array_elements(make.module(i, now())) s from generate_series(1000 + b * 200, 1199 + b * 200) i) x)) from generate_series(0, 49) b"
check_same 'ten thousand people in a sheet' 10061 "$(as amina export wide 2>/dev/null | wc -l)"

# ---- killed on the way: on record all the same ----
mkfifo "$STATE/stuck"
exec 7<>"$STATE/stuck" # nobody reads from it
as amina export enrolments >"$STATE/stuck" 2>/dev/null 7<&- &
stuck=$!
last() { psql -XqAt "$OWNER" -c 'select login, name, n_rows, ended_at is null from ops.exports offset greatest((select count(*) from ops.exports) - 1, 0)'; }
is_begun() { [ "$(last)" = 'amina|enrolments||t' ]; }
check 'an export is on record before its rows have left' wait_for 30 is_begun
kill -KILL $stuck
wait $stuck 2>/dev/null || true
exec 7<&-
check_same 'and stays there when it is killed, without a count' 'amina|enrolments||t' "$(last)"
check_same 'nobody ends that of another' '' "$(PGOPTIONS='-c default_transaction_read_only=off' psql -XqAt "host=$STATE/pg user=ben dbname=waypost" \
    -c "select report.end_export('$(psql -XqAt "$OWNER" -c 'select mark from core.export order by export desc limit 1')', 5)")"
check_same 'it did not' 'amina|enrolments||t' "$(last)"
done_testing
