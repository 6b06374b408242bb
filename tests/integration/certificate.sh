#!/bin/bash
# certificate.sh: a certificate that was earned by SMS, on the public page, in lists of codes, revoked, and after Redis was
# emptied; the page in a browser, judged by axe-core.
. "$(dirname "$0")/lib.sh"
world_make
printf 'trusted_proxies: 127.0.0.1\ncheck_url: "http://127.0.0.1:%s/check"\nclaim_links: on\n' "$PORT" >>"$STATE/waypost.yaml"
redis_start "$STATE"
postgres_start "$STATE"
demo_prepare "$STATE" >"$STATE/prepare.log" 2>&1 || die 69 "$(cat "$STATE/prepare.log")"
demo_start "$STATE" "$PORT"

certificate() { "$WAYPOST" certificate "$@" --config "$STATE/waypost.yaml" 2>"$STATE/words"; }
# get ADDRESS PATH [CURL ARGUMENT...]: body in $STATE/body, headers in $STATE/head; prints the status.
get()
{
    curl -sS -o "$STATE/body" -D "$STATE/head" -w '%{http_code}' -H "X-Forwarded-For: $1" "${@:3}" "http://127.0.0.1:$PORT$2"
}
json() { jq -r "$1" "$STATE/body"; }

{ cat "$ROOT/tests/talk/90-whole-course-sms.talk" && printf 'sms>     CLAIM\nsms<     Your certificate as a digital badge: *\n'; } >"$STATE/whole.talk"
check 'a course is finished by SMS, another phone checks the certificate, and its badge is asked for' \
    into "$STATE/talk.log" "$WAYPOST" talk --show --live "http://127.0.0.1:$PORT" "$STATE/whole.talk"
TOKEN=$(sed -n 's|.*/check/claim/\([a-z2-9]*\).*|\1|p' "$STATE/talk.log" | tail -n 1)
has_certificate() { [ -n "$(sql 'select code from core.certificate')" ]; }
wait_for 20 has_certificate
CODE=$(sql 'select code from core.certificate')
MONTH=$(TZ=Africa/Nairobi date +%m/%Y) # the learner's, which begins before that of UTC

HAS_NPM=1
if (npm_packages "$ROOT/tests/integration/certificate") | grep -q SKIP; then HAS_NPM=0; fi

# ---- the page ----
check_same 'the balancer has its answer as before' 'ready' "$(curl -sS "http://127.0.0.1:$PORT/check")"
check_same 'JSON by its name' 200 "$(get 10.0.0.1 "/check/$CODE.json")"
check_same 'says what CHECK says, and nothing of the learner' \
    "VALID|Children on the move|1.0|7|6|$MONTH|Waypost Demo|answer code course finished hours issuer language modules status type version" \
    "$(json '[.status, .course, .version, .modules, .hours, .finished, .issuer, (keys | join(" "))] | join("|")')"
check_same 'JSON for who asks for it' 200 "$(get 10.0.0.1 "/check/$CODE" -H 'Accept: application/json')"
check 'is JSON' into /dev/null jq -e . "$STATE/body"
check_same 'a page for everybody else' 200 "$(get 10.0.0.2 "/check/${CODE:0:4}-${CODE:4:4}%20${CODE:8:4}")"
cp "$STATE/body" "$STATE/valid.html"
check 'which says so' grep -q 'VALID. Course Children on the move v1.0, modules: 7, about 6 h' "$STATE/body"
check 'has a QR code of its own address' grep -q "<svg.*http://127.0.0.1:$PORT/check/$CODE" "$STATE/body"
check 'runs no script' grep -qvi '<script' "$STATE/body"
check 'no cache keeps it, no frame shows it, nothing else is loaded' \
    test "$(grep -ciE '^(cache-control: no-store|x-frame-options: deny|x-content-type-options: nosniff|referrer-policy: no-referrer|content-security-policy: default-src .none.)' "$STATE/head")" = 5
check_same 'HEAD is answered' 200 "$(get 10.0.0.2 "/check/$CODE" -I)"
check_same 'POST is not' 405 "$(get 10.0.0.2 "/check/$CODE" -X POST)"
check_same 'the form' 200 "$(get 10.0.0.2 /check/)"
cp "$STATE/body" "$STATE/form.html"
check_same 'sends its code to an address of its own' 303 "$(get 10.0.0.2 "/check/?code=${CODE:0:4}+${CODE:4:4}+${CODE:8:4}")"
check 'which is that of the code' grep -qi "^location: /check/$CODE" "$STATE/head"
printf 'name\n%s\n12\n' "$CODE" >"$STATE/codes"
check_same 'a list of several' 200 "$(get 10.0.0.3 /check/list --data-urlencode "codes@$STATE/codes")"
cp "$STATE/body" "$STATE/list.html"
check 'says of each what its page says' test "$(grep -o '<li><p class="answer [a-z]*"' "$STATE/body" | cut -d'"' -f2 | tr '\n' ' ')" = 'answer valid answer missing '
check_same 'and as JSON' 200 "$(get 10.0.0.3 /check/list -H 'Accept: application/json' --data-urlencode "codes@$STATE/codes")"
check_same 'nothing of the learner' 'VALID NO CODE' "$(json '[.certificates[].status] | join(" ")')"
check_same 'two lists an hour' 429 "$(get 10.0.0.3 /check/list --data-urlencode "codes@$STATE/codes")"
wrong=$(printf '%012d' $(((10#$CODE + 1) % 1000000000000)))
check_same 'a mistyped digit' 400 "$(get 10.0.0.2 "/check/$wrong")"
check 'is named' grep -q 'NOT FOUND. One digit is mistyped' "$STATE/body"
for bad in '12' '%3Cscript%3Ealert(1)%3C/script%3E' '..%2f..%2fetc' '%00' '9999999999999999999999'; do
    check_same "no code: $bad" 400 "$(get 10.0.0.2 "/check/$bad")"
    check "nor said again as it is: $bad" grep -qv '<script' "$STATE/body"
done
check_same 'a code that nobody has' 404 "$(get 10.0.0.3 /check/482109375523)"
check 'NOT FOUND' grep -q 'NOT FOUND. No certificate has this code' "$STATE/body"
for i in 1 2 3 4 5; do get 2001:db8::$i "/check/$CODE" >/dev/null; done
check_same 'five an hour from one network' 429 "$(get 2001:db8::99 "/check/$CODE")"
check 'and when to come again' grep -qi '^retry-after: 3600' "$STATE/head"
check_same 'not from another' 200 "$(get 2001:db8:1::1 "/check/$CODE")"
check_same 'the address is nowhere' '' "$(redis --raw keys '*' | grep -e 2001 -e '10\.0')"

# ---- lists of codes, and taking one back ----
printf 'Code;Name\n%s;a\n"%s %s %s",b\n%s;c\n4821 0937 5523;d\nnonsense;e\n' "$CODE" "${CODE:0:4}" "${CODE:4:4}" "${CODE:8:4}" "$wrong" >"$STATE/codes.csv"
certificate check --file "$STATE/codes.csv" >"$STATE/answers"
check_same 'a list of codes is answered row by row' \
    "VALID,VALID,NOT FOUND,NOT FOUND,NOT FOUND" "$(tail -n +2 "$STATE/answers" | sed 's/"[^"]*"/x/' | cut -d, -f2 | paste -sd,)"
check 'with what is wrong with it' grep -q "^$wrong,NOT FOUND,.*one digit is mistyped$" "$STATE/answers"
seq -f '%012.0f' 1 20000 >"$STATE/many.csv"
certificate check --file "$STATE/many.csv" >"$STATE/answers"
check_same 'twenty thousand as well' 20001 "$(wc -l <"$STATE/answers")"
check_same 'all of it on record' '20005' "$(sql "select count(*)::text from ops.certificate_access where what = 'check'")"
check_same 'what a stranger wrote is no formula' "\"'=1+1\",NOT FOUND" "$(printf '=1+1\n' | certificate check --file - | sed -n 2p | cut -d, -f1,2)"
check_same 'a file that is not there' 66 "$(certificate check --file /nowhere >"$STATE/answers"; echo $?)"
check_same 'the list' "$CODE,children-on-the-move,1.0.0,,en,$(date -u +%Y-%m),," "$(certificate list | tail -n +2)"
# ---- a badge, which a person signs ----
ISSUER=https://learn.example.org/badges
check_same 'a key that signs badges' "$STATE/badge.key" "$(certificate key "$STATE/badge.key")"
check_same 'which only its owner reads' 600 "$(stat -c %a "$STATE/badge.key")"
check_same 'and is never written over' 73 "$(certificate key "$STATE/badge.key" >/dev/null; echo $?)"
certificate issuer --key "$STATE/badge.key" --issuer "$ISSUER" >"$STATE/issuer.json"
certificate issue "$CODE" --key "$STATE/badge.key" --issuer "$ISSUER" --email Lina@Example.org \
    --criteria 'Finished all modules and passed the last test.' >"$STATE/badge.jwt"
certificate status --key "$STATE/badge.key" --issuer "$ISSUER" >"$STATE/status.jwt"
# judged WORDS EXPECTED [EMAIL]: whose badge it is; nobody's where that is empty.
judged()
{
    if [ "$HAS_NPM" = 1 ]; then
        cp "$ROOT/tests/integration/certificate/verify.mjs" "$STATE/packages/"
        check_same "$1" "$2" "$(node "$STATE/packages/verify.mjs" "$STATE" "${3-lina@example.org}" 2>&1)"
    else
        skip_check "$1" 'npm could not install what other houses verify by'
    fi
}
judged 'other houses accept the badge, and nothing forged' 'Children on the move, Waypost Demo, valid'
check_same 'it has neither number nor code' 0 "$(cut -d. -f2 "$STATE/badge.jwt" | tr '_-' '/+' | base64 -d 2>/dev/null | grep -c -e 25470 -e "$CODE" -e ina@)"
certificate issue "$CODE" --key "$STATE/badge.key" --issuer "$ISSUER" --criteria 'Finished.' >"$STATE/badge.jwt"
judged 'and one without an address' 'Children on the move, Waypost Demo, valid' ''
check_same 'no badge of a code that nobody has' 65 "$(certificate issue 482109375523 --key "$STATE/badge.key" --issuer "$ISSUER" --criteria x; echo $?)"
check_same 'nor without a key' 64 "$(certificate issue "$CODE" --issuer "$ISSUER" --criteria x; echo $?)"

# ---- the same by the link of CLAIM ----
check_same 'the link has nothing of number or code in it' 16 "${#TOKEN}"
check_same 'it opens' 200 "$(get 10.0.2.1 "/check/claim/$TOKEN")"
cp "$STATE/body" "$STATE/claim.html"
check 'and asks' grep -q '<form method="post">.*Ask for the badge' "$STATE/body"
check_same 'looking asks for nothing, however often' "200 200 0" \
    "$(get 10.0.2.1 "/check/claim/$TOKEN") $(get 10.0.2.1 "/check/claim/$TOKEN" -I) $(redis hlen wp:claims)"
check_same 'an address that is none, neither' "200 0" "$(get 10.0.2.1 "/check/claim/$TOKEN" -d email=lina) $(redis hlen wp:claims)"
check_same 'who asks is shown the page anew' 303 "$(get 10.0.2.1 "/check/claim/$TOKEN" -d email=Lina%40Example.org)"
check_same 'which says to wait' 200 "$(get 10.0.2.1 "/check/claim/$TOKEN")"
check 'until it is signed' grep -q 'Your badge is being signed' "$STATE/body"
check_same 'the address is kept nowhere' '1 0' "$(redis hlen wp:claims) $(redis --raw hvals wp:claims | grep -ci lina || true)"
certificate sign --key "$STATE/badge.key" --issuer "$ISSUER" --criteria 'Finished all modules and passed the last test.'
check_same 'who has the key signs what was asked for' 'waypost: of 1 badge asked for done: 1' "$(cat "$STATE/words")"
check_same 'and has no more to do' 0 "$(redis hlen wp:claims)"
check_same 'it is ready' 200 "$(get 10.0.2.1 "/check/claim/$TOKEN")"
check 'to be saved' grep -q 'Save the badge' "$STATE/body"
cp "$STATE/body" "$STATE/ready.html"
check_same 'once' 200 "$(get 10.0.2.1 "/check/claim/$TOKEN" -X POST)"
check 'as a file' grep -qi '^content-type: application/vc+jwt' "$STATE/head"
cp "$STATE/body" "$STATE/badge.jwt"
judged 'which another house accepts' 'Children on the move, Waypost Demo, valid'
check_same 'then no more' 200 "$(get 10.0.2.1 "/check/claim/$TOKEN" -X POST)"
check 'and says how to get another link' grep -q 'This link was used' "$STATE/body"
check_same 'a link that nobody was given' 410 "$(get 10.0.2.1 /check/claim/aaaabbbbccccdddd)"
check_same 'or that is none' 410 "$(get 10.0.2.1 "/check/claim/x$TOKEN")"
for i in $(seq 60); do get 2001:db8:7::"$i" /check/claim/aaaabbbbccccdddd >/dev/null; done
check_same 'sixty an hour from one network' 429 "$(get 2001:db8:7::99 /check/claim/aaaabbbbccccdddd)"

check_same 'no code to revoke' 64 "$(certificate revoke 12 --reason fraud; echo $?)"
check_same 'a reason that is none' 65 "$(certificate revoke "$CODE" --reason because; echo $?)"
check_same 'one that nobody has' 65 "$(certificate revoke 482109375523 --reason fraud; echo $?)"
check_same 'revoked' "$CODE revoked: fraud" "$(certificate revoke "$CODE" --reason fraud)"
check_same 'at once on the page' 200 "$(get 10.0.1.1 "/check/$CODE.json")"
check_same 'REVOKED' REVOKED "$(json .status)"
check 'in the list' grep -q ',fraud$' <<<"$(certificate list)"

certificate status --key "$STATE/badge.key" --issuer "$ISSUER" >"$STATE/status.jwt"
judged 'and in the list of badges' 'Children on the move, Waypost Demo, revoked'

# ---- Redis is emptied ----
redis --raw keys 'wp:{b*}:k:*' | while read -r key; do redis del "$key" >/dev/null; done
check_same 'gone' 404 "$(get 10.0.1.2 "/check/$CODE")"
"$WAYPOST" rebuild --config "$STATE/waypost.yaml" >/dev/null 2>&1
check_same 'and there again' 200 "$(get 10.0.1.3 "/check/$CODE.json")"
check_same 'as it was' "REVOKED|Children on the move|1.0|$MONTH" "$(json '[.status, .course, .version, .finished] | join("|")')"

# ---- in a browser ----
if [ "$(id -u)" = 0 ]; then SANDBOX=--no-sandbox; else SANDBOX=; fi
browser() { timeout 60 chromium --headless $SANDBOX --disable-gpu --user-data-dir="$STATE/chromium" "$@" 2>/dev/null; }
# n_violations FILE: by axe-core, with all of its rules, on the page as it is 320 points wide.
n_violations()
{
    sed "s#</body>#<script src=\"$STATE/packages/node_modules/axe-core/axe.min.js\"></script><script>axe.run().then(r => { document.title = 'violations ' + r.violations.length + ' ' + r.violations.map(v => v.id) })</script></body>#" "$1" >"$1.axe.html"
    browser --window-size=320,640 --virtual-time-budget=8000 --dump-dom "file://$1.axe.html" | grep -o '<title>violations[^<]*' | sed 's/<title>violations //; s/ *$//'
}
sed 's/lang="en" dir="ltr"/lang="ar" dir="rtl"/' "$STATE/valid.html" >"$STATE/rtl.html"
if ! command -v chromium >/dev/null; then
    skip_check 'axe-core has nothing against the page' 'there is no chromium'
elif [ "$HAS_NPM" = 0 ]; then
    skip_check 'axe-core has nothing against the page' 'npm could not install axe-core'
else
    for page in valid form list rtl claim ready; do
        check_same "axe-core has nothing against the page: $page" 0 "$(n_violations "$STATE/$page.html")"
    done
    browser --no-pdf-header-footer --print-to-pdf="$STATE/valid.pdf" "file://$STATE/valid.html"
    check 'it can be printed' grep -aq '%PDF' "$STATE/valid.pdf"
fi
[ -z "${KEEP:-}" ] || cp "$STATE"/*.html "$STATE"/*.pdf "$KEEP"
done_testing
