#!/bin/bash
# suites.sh: public suites as data (suites/package.json): JSONTestSuite against the reader of JSON bodies,
# the big list of naughty strings as SMS in the middle of the course. Without npm or its registry this is
# skipped. In no package: the strict requests of llhttp are rows of tests/unit/test_http.c, the HTTP Garden's lie in
# tests/unit/http_garden.txt, Wycheproof's vectors in tests/unit/wycheproof.
. "$(dirname "$0")/lib.sh"

world_folder
npm_packages "$ROOT/tests/integration/suites"
(cd "$ROOT" && node "$ROOT/tests/integration/suites/check.mjs" "$WAYPOST" "$STATE/packages") \
    >"$STATE/said" 2>"$STATE/node.log" || die 70 "$(cat "$STATE/node.log")"
grep '^#' "$STATE/said" || true
check 'JSON is read and refused as the suite says' grep -qE '^json 31[0-9] wrong 0 mended [0-9]+$' "$STATE/said"
check 'no string upsets a conversation' grep -qE '^naughty 4[0-9]{2} code 0$' "$STATE/said"
done_testing
