#!/bin/bash
# numbers.sh: `waypost channel number` against Google's libphonenumber (numbers/package.json): no
# number of any country, in any form, becomes another valid number. Without npm or its registry this
# is skipped. SEED=N: with other numbers than always.
. "$(dirname "$0")/lib.sh"

world_folder
npm_packages "$ROOT/tests/integration/numbers"
NODE_PATH="$STATE/packages/node_modules" node "$ROOT/tests/integration/numbers/compare.js" "$WAYPOST" ${SEED:+"$SEED"} \
    >"$STATE/said" 2>"$STATE/node.log" || die 70 "$(cat "$STATE/node.log")"
grep '^#' "$STATE/said"
check 'numbers of all regions were read' grep -qE '^# 2[0-9]{2} regions, [0-9]{5} numbers$' "$STATE/said"
check_same 'no number becomes another valid number' 'strangers 0' "$(grep '^strangers' "$STATE/said")"
check_same 'none is lost where the form is told' 'lost 0' "$(grep '^lost' "$STATE/said")"
done_testing
