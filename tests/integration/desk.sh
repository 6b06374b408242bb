#!/bin/bash
# desk.sh: the author's desk (`waypost lessons edit`), the phone of /sim/, and what facilitators print, in
# headless Chromium with axe-core (desk/package.json); and what the desk refuses. Without Chromium, npm or its
# registry the browser's part is skipped. SHOTS=FOLDER keeps its pictures.
. "$(dirname "$0")/lib.sh"

world_up
cp -r "$ROOT/lessons" "$STATE/lessons"
COURSE=$STATE/lessons/children-on-the-move
mkdir -p "${SHOTS:=$STATE/shots}"
"$WAYPOST" lessons edit "$COURSE" >"$STATE/address" 2>"$STATE/edit.log" &
EDIT=$!
trap 'kill $EDIT 2>/dev/null || true; world_down' EXIT
wait_for 10 test -s "$STATE/address"
URL=$(cat "$STATE/address")
HOST=${URL#http://}
HOST=${HOST%%/*}

status() { curl -s -o "$STATE/answer" -w '%{http_code}' "$@"; }
check_same 'the page is there' 200 "$(status "$URL")"
check_same 'no page without the token' 403 "$(status "http://$HOST/")"
check_same 'no page under a name of somebody else' 403 "$(status -H 'Host: evil.example' "$URL")"
check_same 'no file outside of the course' 404 "$(status "${URL}file?name=../../waypost.yaml")"
check_same 'nor one of the pack' 404 "$(status "${URL}file?name=packs/standard/texts.md")"
check_same 'nor a new one' 404 "$(status -H "Origin: http://$HOST" -d 'name=new.md&hash=0&text=x' "${URL}save")"
check_same 'no change from a page of somebody else' 403 \
    "$(status -H 'Origin: http://evil.example' -d 'name=m1.md&hash=0&text=x' "${URL}save")"
check_same 'nor from nowhere' 403 "$(status -d 'name=m1.md&hash=0&text=x' "${URL}save")"
check_same 'no change of an older text' 409 "$(status -H "Origin: http://$HOST" -d 'name=m1.md&hash=0&text=x' "${URL}save")"
check 'the file is as it was' cmp -s "$COURSE/m1.md" "$ROOT/lessons/children-on-the-move/m1.md"
SIM=http://127.0.0.1:$ADMIN_PORT/sim/
check_same '/sim/: the page is there' 200 "$(status "$SIM")"
check_same '/sim/: no message from a page of somebody else' 403 \
    "$(status -H 'Origin: http://evil.example' -d 'number=%2B254700000001&do=sms&text=JOIN' "${SIM}phone")"
check_same '/sim/: a number has a form' 400 \
    "$(status -H "Origin: http://127.0.0.1:$ADMIN_PORT" -d 'number=1&do=sms&text=JOIN' "${SIM}phone")"

export CHROMIUM
CHROMIUM=$(command -v chromium || true)
if [ -z "$CHROMIUM" ]; then
    skip_check 'the desk in a browser' 'no chromium'
else
    (npm_packages "$ROOT/tests/integration/desk") >"$STATE/said" || true
    if grep -q SKIP "$STATE/said"; then
        skip_check 'the desk in a browser' "$(sed 's/.*SKIP //' "$STATE/said")"
    else
        for lang in en ar; do
            for kind in booklet meeting; do
                "$WAYPOST" lessons preview "$COURSE" --lang $lang --$kind >"$STATE/$kind-$lang.html" 2>/dev/null ||
                    "$WAYPOST" lessons preview "$COURSE" --$kind >"$STATE/$kind-$lang.html"
            done
            "$WAYPOST" lessons preview "$COURSE" --lang ar >"$STATE/preview-ar.html"
        done
        NODE_PATH="$STATE/packages/node_modules" node "$ROOT/tests/integration/desk/drive.js" "$URL" "$SIM" \
            "$COURSE" "$SHOTS" "$STATE"/{booklet-en,booklet-ar,meeting-en,meeting-ar,preview-ar}.html >"$STATE/seen" || true
        browser_says "$STATE/seen"
    fi
fi
done_testing
