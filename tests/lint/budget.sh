#!/bin/bash
# budget.sh: how long and how branchy the C code is. Prints the ten worst functions; fails past the
# hard limits: 60 lines and complexity 15 for a function, 800 lines for a file (1200 for a table of
# tests), 500 where its head does not say why, and where it cannot read one.
set -eu
cd "$(dirname "$0")/../.."

# pmccabe: complexity with a switch counted once, complexity, statements, first line, lines, place
trap 'rm -f /tmp/budget.$$ /tmp/budget.unread.$$' EXIT
find gateway -name '*.c' -print0 | xargs -0 pmccabe >/tmp/budget.$$ 2>/tmp/budget.unread.$$
printf 'complexity lines function (ten worst)\n'
sort -rn /tmp/budget.$$ | awk 'NR <= 10 { printf "%10d %5d %s %s\n", $1, $5, $6, $7 }'
printf 'lines function (ten longest)\n'
sort -rnk5 /tmp/budget.$$ | awk 'NR <= 10 { printf "%5d %s %s\n", $5, $6, $7 }'
is_good=1
! grep . /tmp/budget.unread.$$ || is_good=0
awk '$1 > 15 || $5 > 60 { print "over the budget: " $6, $7 ": complexity " $1 ", lines " $5; bad = 1 }
     END { exit bad }' /tmp/budget.$$ || is_good=0
find gateway tests -name '*.[ch]' -print0 | xargs -0 wc -l | awk '
    { limit = $2 ~ /^tests/ ? 1200 : 800 }
    $2 != "total" && $1 > limit { print "over the budget: " $2 ": lines " $1; bad = 1 }
    END { exit bad }' || is_good=0
while read -r n_lines file; do
    head -15 "$file" | grep -q 'Longer than a file should be' && continue
    printf 'over the budget: %s: lines %s, and its head does not say why ("Longer than a file should be: ...")\n' "$file" "$n_lines"
    is_good=0
done < <(find gateway -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 500')
[ "$is_good" = 1 ]
