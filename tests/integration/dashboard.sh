#!/bin/bash
# dashboard.sh: the coordinators' pages, /report/ of the admin listener, over a simulated population: who gets in, that the
# figures on every page and in every CSV are those of the views, and what happens when the database is away or slow. In
# headless Chromium (desk/package.json) by keyboard, narrow and wide, on paper and without scripts; without Chromium, npm
# or its registry that part is skipped. SHOTS=FOLDER keeps its pictures.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip 'there is no python3'

world_make
redis_start "$STATE"
postgres_start "$STATE" -c fsync=off
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
"$WAYPOST" simulate --config "$STATE/waypost.yaml" --learners 300 --seed 7 >"$STATE/simulate.log" 2>&1
sql "insert into core.organisation (code, name, time_zone, lang) values ('north', 'Nord', 'Europe/Berlin', 'fr');
    select ops.add_coordinator('amina', 'demo'), ops.add_coordinator('ben', 'north');
    select ops.move_learner(learner_id, 'north') from core.learner where learner % 3 = 0;
    create role eve login password 'eve';
    create role mighty superuser login password 'mighty';
    alter role amina password 'sunflower'; alter role ben password 'moon & stars'" >/dev/null
# What was kept long enough, and who asked to be erased, goes now, not between the pages and the figures that they are compared
# with.
sql 'select count(*) from core.tidy(0)' >/dev/null
demo_start "$STATE" "$PORT"
is_erased() { [ "$(sql 'select count(*) from core.erasing')" = 0 ]; }
wait_for 60 is_erased
AT=http://127.0.0.1:$ADMIN_PORT
mkdir -p "${SHOTS:=$STATE/shots}"

# page ARG...: the status of a request; what it said is in $STATE/answer and $STATE/head.
page()
{
    curl -s -m 100 -o "$STATE/answer" -D "$STATE/head" -w '%{http_code}' "$@"
}
# sign_in NAME PASSWORD: its status; the cookie is in $STATE/NAME.
sign_in()
{
    page -c "$STATE/$1" -H "Origin: $AT" --data-urlencode "name=$1" --data-urlencode "password=$2" "$AT/report/login"
}
says() { grep -qF -- "$1" "$STATE/answer"; }
as() { page -b "$STATE/$1" "$AT/report/$2"; }

# ---- who gets in ----
check_same 'nobody is let in while the database asks for no password' 503 "$(sign_in amina sunflower)"
check 'which is said' says 'asks nobody for a password'
sed -i '1i local waypost postgres,waypost_writer,waypost_sender trust\nlocal waypost all scram-sha-256' "$STATE/pg/data/pg_hba.conf"
sql 'select pg_reload_conf()' >/dev/null
asks_for_password() { ! PGPASSWORD=no psql -h "$STATE/pg" -U amina -d waypost -c 'select 1' >/dev/null 2>&1; }
wait_for 10 asks_for_password
check_same 'no page without signing in' '303 /report/login' "$(page "$AT/report/people") $(sed -n 's/^Location: //p' "$STATE/head" | tr -d '\r')"
check_same 'nor a CSV' 303 "$(page "$AT/report/joined.csv")"
check_same 'nor with a cookie of nobody' 303 "$(page -H "Cookie: waypost_report=$(printf '0%.0s' {1..64})" "$AT/report/")"
check_same 'the form is there' 200 "$(page "$AT/report/login")"
check 'under a strict policy' grep -q "^Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self';" "$STATE/head"
check 'without a script or style within' eval "! grep -qE '<style|<script>|style=|onclick' '$STATE/answer'"
check_same 'no signing in from a page of somebody else' 403 "$(page -H 'Origin: http://evil.example' -d 'name=amina&password=sunflower' "$AT/report/login")"
check_same 'nor from nowhere' 403 "$(page -d 'name=amina&password=sunflower' "$AT/report/login")"
check_same 'no page under a name of somebody else' 403 "$(page -H 'Host: evil.example' "$AT/report/login")"
check_same 'a login that may not read the database is not for this' 401 "$(sign_in eve eve)"
check_same 'nor one that may do everything' 403 "$(sign_in mighty mighty)"
check_same 'nor nobody' 401 "$(sign_in '' '')"
check_same 'nor a name that is none' 401 "$(sign_in "$(printf 'x%.0s' {1..80})" y)"
check_same 'an unknown name is as wrong as a password' 401 "$(sign_in nobody-here y)"
check_same 'three wrong passwords are three tries' '401 401 401' "$(sign_in amina a) $(sign_in amina b) $(sign_in amina c)"
check_same 'then even the right one waits' 429 "$(sign_in amina sunflower)"
check 'and is told how long' grep -qE '^Retry-After: [12]' "$STATE/head"
check_same 'nobody else does' 303 "$(sign_in ben 'moon & stars')"
is_in() { [ "$(sign_in amina sunflower)" = 303 ]; }
check 'and not for long' wait_for 20 is_in
check 'the cookie is for these pages alone, and for no script' grep -qiE '^Set-Cookie: waypost_report=[0-9a-f]{64}; Path=/report/; HttpOnly; SameSite=Strict' "$STATE/head"
check 'no password is in a log' eval "! grep -rqE 'sunflower|moon' '$STATE/waypost.log'"

for n in 1 2 3 4 5 6 7 8 9; do
    check "who never signs out is let in again, $n" wait_for 20 is_in # a place is free when a process of PostgreSQL has ended
done

# ---- the figures are those of the views ----
report() { PGPASSWORD=sunflower "$WAYPOST" report "$@" --conninfo "host=$STATE/pg user=amina dbname=waypost" 2>/dev/null; }
for name in people leaving questions learned survey messages reminders ''; do
    check_same "page '$name'" 200 "$(as amina "$name?grain=month&by=language")"
    check 'without a complaint' eval "! grep -q 'class=\"error\"' '$STATE/answer'"
    cp "$STATE/answer" "$STATE/page-$name.html"
done
PGPASSWORD=sunflower python3 "$(dirname "$0")/dashboard/figures.py" "$WAYPOST" "host=$STATE/pg user=amina dbname=waypost" \
    "$STATE"/page-*.html >"$STATE/figures" 2>&1 || true
check_same 'every cell of every table is what the view says' '' "$(grep -v '^good' "$STATE/figures")"
check 'of twenty tables' test "$(grep -c '^good' "$STATE/figures")" -ge 20
# csv ID REPORT OPTION...
csv()
{
    local id=$1 name=$2
    shift 2
    check_same "$id.csv" 200 "$(as amina "$id.csv?grain=week")"
    report export "$name" "$@" >"$STATE/exported"
    check "is what waypost report export $name writes" cmp -s "$STATE/exported" "$STATE/answer"
}
csv steps funnel
csv joined funnel --grain week
csv activity activity --grain week
csv five hazard
csv options distractors
csv gain gain
csv delivery delivery --grain week --by channel
csv effect reminders
# ---- the month to print ----
figures_of() { sed -n '/<body>/,$p' "$1"; }
report month 2026-03 >"$STATE/month.html"
check_same 'the month' 200 "$(as amina 'month?from=2026-03-15')"
check_same 'says what waypost report month says' "$(figures_of "$STATE/month.html")" "$(figures_of "$STATE/answer")"
check 'has figures' says '<dt><bdi>Enrolled this month</bdi></dt>'
check 'and no style inside, which the page may not have' eval "says /report/month.css && ! says '<style>'"
check_same 'its style' 200 "$(as amina month.css)"
sql "update core.organisation set lang = 'ar' where code = 'demo'" >/dev/null
check_same 'in the language of the organisation' 200 "$(as amina month)"
check 'from right to left' says '<html lang="ar" dir="rtl">'
sql "update core.organisation set lang = 'en' where code = 'demo'" >/dev/null
check_same 'not of an organisation that is not hers' 403 "$(as amina 'month?organisation=north')"
check_same 'nor of a month that is none' 400 "$(as amina 'month?from=2026-13-99')"
check_same 'hidden counts are called so' 200 "$(as amina 'people?by=language')"
check 'with words about it' says '<strong>hidden</strong>: fewer than 5 people'
check_same 'a value chooses rows' 200 "$(as amina 'joined.csv?by=language&value=fr&grain=all')"
check_same 'and no others' 'fr' "$(tail -n +2 "$STATE/answer" | cut -d, -f4 | sort -u)"
check_same 'a word that is none is as if it was not said' 200 "$(as amina "?by=colour&grain='--")"
check 'and breaks nothing' eval "! grep -q 'class=\"error\"' '$STATE/answer'"
check_same 'a day that is none is not the whole time' '400 400 400' "$(as amina 'people?from=2026-13-99') $(as amina 'joined.csv?to=1.3.2026') $(as amina 'people?to=infinity')"
check 'and how one is written is said' says 'written like 2026-03-15'
check_same 'what is chosen is no markup' 200 "$(as amina '?by=language&value=%3Cscript%3E')"
check 'of the page' eval "! grep -qi '<script>' '$STATE/answer'"
check_same 'a report that stands on no page is not given out' 404 "$(as amina wide.csv)"
check_same 'nor is there any other page' 404 "$(as amina nothing)"

# ---- one organisation sees nothing of another ----
as amina 'joined.csv?grain=week' >/dev/null
check_same 'amina has hers' demo "$(tail -n +2 "$STATE/answer" | cut -d, -f1 | sort -u)"
check_same 'and not another one by asking for it' 1 "$(as amina 'joined.csv?organisation=north' >/dev/null && wc -l <"$STATE/answer")"
as ben 'joined.csv?grain=week' >/dev/null
check_same 'ben has his' north "$(tail -n +2 "$STATE/answer" | cut -d, -f1 | sort -u)"
as ben '' >/dev/null
check 'whose page names nobody else' eval "says ben && ! says amina"

# ---- PostgreSQL is slow, or away ----
psql -h "$STATE/pg" -U postgres -d waypost -qc 'begin; lock table core.enrolment; select pg_sleep(600)' >/dev/null 2>&1 &
LOCKER=$!
has_lock() { [ "$(sql "select count(*) from pg_locks where relation = 'core.enrolment'::regclass and mode = 'AccessExclusiveLock' and granted")" = 1 ]; }
wait_for 10 has_lock
(as amina '' >"$STATE/slow" || true) &
SLOW=$!
is_waiting() { [ "$(sql "select count(*) from pg_stat_activity where application_name = 'waypost-report' and wait_event_type = 'Lock'")" -ge 1 ]; }
check 'a page waits for the database' wait_for 20 is_waiting
check_same 'and callbacks are answered meanwhile' 200 "$(curl -s -m 120 -o "$STATE/cb" -w '%{http_code}' -d 'from=+254700000001&to=20880&text=HELP&id=1' "http://127.0.0.1:$PORT/in/at")"
check_same 'so is the admin listener' 200 "$(curl -s -m 10 -o "$STATE/cb" -w '%{http_code}' "$AT/livez")"
check 'while the page still waits' kill -0 $SLOW
wait $SLOW
check_same 'it gives up what takes too long, and shows the rest' '200 yes' "$(cat "$STATE/slow") $(says 'took too long and was given up' && echo yes)"
kill $LOCKER
sql "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()" >/dev/null
wait $LOCKER 2>/dev/null || true
check_same 'the next one has all' '200 no' "$(as amina '') $(says 'took too long' || echo no)"
check_same 'four pages at once are made, one after the other' '200 200 200 200' "$(for i in 1 2 3 4; do
    curl -s -m 60 -o "$STATE/at-once-$i" -b "$STATE/amina" -w '%{http_code}\n' "$AT/report/people" &
done | sort | xargs; wait)"
postgres_stop "$STATE"
check_same 'PostgreSQL is away: a page that says so' 503 "$(as amina '')"
check 'in words that help' says 'The database does not answer just now'
check_same 'and nobody can sign in' 503 "$(sign_in ben 'moon & stars')"
postgres_start "$STATE" -c fsync=off
check_same 'it is back: sign in again' 303 "$(as amina '')"
check 'which works' wait_for 20 is_in
check_same 'and shows the figures' 200 "$(as amina '')"

# ---- the end of a session ----
check_same 'signing out from a page of somebody else' 403 "$(page -b "$STATE/amina" -H 'Origin: http://evil.example' -X POST "$AT/report/logout")"
check_same 'does nothing' 200 "$(as amina '')"
check_same 'signing out' 303 "$(page -b "$STATE/amina" -H "Origin: $AT" -X POST "$AT/report/logout")"
check_same 'ends the session' 303 "$(as amina '')"
no_connection() { [ "$(sql "select count(*) from pg_stat_activity where application_name = 'waypost-report'")" = 0 ]; }
check 'and its connection' wait_for 10 no_connection

# ---- behind a proxy, and what config check says ----
edit()
{
    sed "$1" "$STATE/waypost.yaml" >"$STATE/edited.yaml"
    "$WAYPOST" config check "$STATE/edited.yaml" 2>&1 || true
}
check 'a user in report_conninfo' eval "edit 's|^report_conninfo: \"|&user=x |' | grep -q 'leave them out'"
check 'a name in it that has to be looked up' eval "edit 's|^report_conninfo: \"host=[^ ]*|report_conninfo: \"host=db.example|' | grep -q 'report_conninfo: host=db.example is a name'"
check 'a report_url that is none' eval "edit '1a report_url: http://x/y' | grep -q 'https://reports.example.org'"
sed -i '1a report_url: https://reports.example.org\ntrusted_proxies: 127.0.0.1' "$STATE/waypost.yaml"
demo_stop "$STATE"
demo_start "$STATE" "$PORT"
proxied() { page -H 'Host: reports.example.org' -H 'Origin: https://reports.example.org' "$@"; }
check_same 'the name of the proxy is taken' 200 "$(proxied "$AT/report/login")"
check_same 'for these pages alone' 403 "$(proxied "$AT/metrics")"
check_same 'and signs people in' 303 "$(proxied --data-urlencode name=amina --data-urlencode password=sunflower "$AT/report/login")"
check 'with a cookie for TLS' grep -qiE '^Set-Cookie: .*; Secure' "$STATE/head"
try() { proxied -H "X-Forwarded-For: 6.6.6.6, $1" --data-urlencode "name=$2" --data-urlencode "password=$3" "$AT/report/login"; }
check_same 'ten wrong names of one network' "$(printf '401%.0s' {1..10})" "$(for i in {1..10}; do try "2001:db8:1:2:$i::1" "name$i" x; done)"
check_same 'are enough' 429 "$(try 2001:db8:1:2:ff::1 name x)"
check_same 'of many networks no number is' "$(printf '401%.0s' {1..22})" "$(for i in {1..22}; do try "198.51.100.$i" "name$i" x; done)"
check_same 'and coordinators come in' '303 303' "$(try 203.0.113.1 amina sunflower) $(try 203.0.113.2 ben 'moon & stars')"
check 'no proxy is unknown' eval "! grep -q 'not in trusted_proxies' '$STATE/waypost.log'"
sed -i '/^report_url:/d; /^trusted_proxies:/d' "$STATE/waypost.yaml"
demo_stop "$STATE"
demo_start "$STATE" "$PORT"

# ---- in a browser ----
export CHROMIUM
CHROMIUM=$(command -v chromium || true)
if [ -z "$CHROMIUM" ]; then
    skip_check 'the pages in a browser' 'no chromium'
else
    (npm_packages "$ROOT/tests/integration/desk") >"$STATE/said" || true
    if grep -q SKIP "$STATE/said"; then
        skip_check 'the pages in a browser' "$(sed 's/.*SKIP //' "$STATE/said")"
    else
        for file in uPlot.iife.min.js uPlot.min.css; do
            check "$file is what npm has" cmp -s "$STATE/packages/node_modules/uplot/dist/$file" "$ROOT/gateway/app/report/third_party/uplot/$file"
        done
        check 'so is its licence' cmp -s "$STATE/packages/node_modules/uplot/LICENSE" "$ROOT/gateway/app/report/third_party/uplot/LICENSE"
        NODE_PATH="$STATE/packages/node_modules" node "$ROOT/tests/integration/dashboard/drive.js" "$AT" amina sunflower "$SHOTS" >"$STATE/seen" 2>&1 || true
        browser_says "$STATE/seen"
    fi
fi
done_testing
