#!/bin/bash
# learned.sh LEARN_SAFE [--write]: is lessons/packs/standard/safe-learned.hex what LEARN_SAFE gives, to the byte?
# With --write it is learned anew; then build, and see what build/test_match_safe says.
set -euo pipefail
cd "$(dirname "$0")/../.."
file=lessons/packs/standard/safe-learned.hex
new=$(mktemp)
trap 'rm -f "$new"' EXIT
"$1" tests/safe/{,development-,learned-}{disclosures,ordinary}.txt tests/safe/course-ordinary.txt >"$new"
if [ "${2-}" = --write ]; then
    cp "$new" "$file"
elif ! cmp "$new" "$file"; then
    echo "$file is not what its examples give: tests/safe/learned.sh $1 --write, then build and test" >&2
    exit 1
fi
