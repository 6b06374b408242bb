#!/bin/bash
# outside.sh: reports as other people's programs read them: plain psql, LibreOffice, the ODBC driver and a library of
# npm for xAPI. Accents and Arabic survive. What is not installed is skipped and counted.
. "$(dirname "$0")/lib.sh"

WORDS='هل الفتاة طفلة؟ Où, «là»?'

world_make
postgres_start "$STATE" -c fsync=off
OWNER="host=$STATE/pg user=postgres dbname=waypost"
psql -qX -v ON_ERROR_STOP=1 "$OWNER" -f "$ROOT/tests/sql/lib/make.sql" -c 'set search_path = make, public' \
    -f "$ROOT/tests/sql/lib/world.sql" -c "update core.unit set text = '$WORDS' where unit = 'm1q1'" \
    -c "insert into core.consent (learner, seq, n, purpose, is_given, at) select learner, 99, 0, 'share_org', true, now() from core.learner" >/dev/null
READER="host=$STATE/pg user=amina dbname=waypost"
as() { "$WAYPOST" report "$@" --conninfo "$READER" 2>/dev/null; }
QUERY='select unit, question, answered, p from report.items()'
ANSWER="m1q1|$WORDS|60|1.00
m1q2|Sami, 8, is...|60|0.00"

# ---- psql ----
check_same 'psql: a function' "$ANSWER" "$(psql -XAt "$READER" -c "$QUERY")"
check 'psql: what its columns say' eval "psql -X '$READER' -c '\d+ report.drop_off' | grep -q 'it was their last one'"
check_same 'psql: its own CSV' "$(printf 'unit,question,answered,p\nm1q1,"%s",60,1.00\nm1q2,"Sami, 8, is...",60,0.00' "$WORDS")" \
    "$(psql -X --csv "$READER" -c "$QUERY")"

# ---- LibreOffice ----
# office FORMAT: our export, opened by LibreOffice and saved as CSV: UTF-8 (76), texts quoted.
office()
{
    mkdir -p "$STATE/office"
    as export items --out "$STATE/items.$1" "${@:2}"
    HOME=$STATE timeout 180 soffice --headless --infilter='CSV:44,34,76,1' --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76,1' \
        --outdir "$STATE/office" "$STATE/items.$1" >"$STATE/office.log" 2>&1 || true
    cut -d, -f 1-5,7-9 "$STATE/office/items.csv"
}
if command -v soffice >/dev/null; then
    for format in csv xlsx; do
        as_read=$(office $format | tr -d '"\r')
        check "LibreOffice: $format has its rows" eval "[ \"\$(wc -l <'$STATE/office/items.csv')\" = 3 ]"
        check "LibreOffice: $format, accents and Arabic" eval "grep -qF '$WORDS' '$STATE/office/items.csv'"
        check "LibreOffice: $format, numbers are numbers" eval "printf '%s' '$as_read' | grep -q '^demo,children-on-the-move,m1q1,m1,.*60'"
        rm -f "$STATE/office/items.csv"
    done
else
    skip_check 'LibreOffice: csv and xlsx' 'no LibreOffice'
fi

# ---- ODBC: what Excel, Power BI and others come by ----
DRIVER=/usr/lib/$(uname -m)-linux-gnu/odbc/psqlodbcw.so
if command -v isql >/dev/null && [ -e "$DRIVER" ]; then
    odbc()
    {
        printf '%s\n' "$1" | LC_ALL=C.UTF-8 isql -b -v '-d|' -k \
            "Driver=$DRIVER;Servername=$STATE/pg;Port=5432;Database=waypost;UID=amina;SSLmode=disable" 2>&1
    }
    check_same 'ODBC: the same' "$ANSWER" "$(odbc "$QUERY")"
    check_same 'ODBC: rows' 60 "$(odbc 'select count(*) from report.enrolments')"
    check 'ODBC: and no more than the login may' eval "odbc 'select * from core.learner' | grep -q 'permission denied'"
else
    skip_check 'ODBC: the same' 'no unixodbc with odbc-postgresql'
fi

# ---- xAPI ----
(npm_packages "$ROOT/tests/integration/outside") >"$STATE/said" || true
if grep -q SKIP "$STATE/said"; then
    skip_check 'xAPI: each statement is one for learninglocker' "$(sed 's/.*SKIP //' "$STATE/said")"
else
    valid() { NODE_PATH="$STATE/packages/node_modules" node "$ROOT/tests/integration/outside/validate.js" "$1"; }
    as export statements --format ndjson --set home=https://learn.example --set lrs=ours >"$STATE/statements"
    check_same 'xAPI: each statement is one for learninglocker' "$(wc -l <"$STATE/statements")" "$(valid "$STATE/statements")"
    check 'xAPI: and there are many' test "$(wc -l <"$STATE/statements")" -gt 300
    sed 's/"verb"/"werb"/' "$STATE/statements" >"$STATE/wrong"
    check 'xAPI: it would say what is wrong' eval "valid '$STATE/wrong' | grep -q 'verb'"
fi
done_testing
