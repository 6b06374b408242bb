#!/bin/bash
# septets.sh: how long a text is, and how many SMS it takes, as two packages of npm count it (septets/package.json): each SMS
# and each USSD screen of the shipped course in every language, and texts drawn at random around where a part ends. Without npm
# or its registry this is skipped. SEED=N: with other texts than always.
. "$(dirname "$0")/lib.sh"

world_folder
npm_packages "$ROOT/tests/integration/septets"
COURSE=$ROOT/lessons/children-on-the-move

# is_counted FILE...: the transcripts are counted the same; what was found is in STATE/said.
is_counted()
{
    NODE_PATH="$STATE/packages/node_modules" node "$ROOT/tests/integration/septets/count.js" "$@" >"$STATE/said" ||
        die 70 'node failed'
    sed 's/^/# /' "$STATE/said" | tail -n 12
    grep -qE '^texts [0-9]+ UCS-2 [0-9]+ wrong 0$' "$STATE/said"
}

n_texts() { sed -n 's/^texts \([0-9]*\) .*/\1/p' "$STATE/said"; }

"$WAYPOST" lessons preview "$COURSE" --transcript >"$STATE/en.txt"
for lang in fr es ar tr de ru; do
    "$WAYPOST" lessons preview "$COURSE" --lang $lang --transcript >"$STATE/$lang.txt"
done
check 'every text of every language is counted the same' is_counted "$STATE"/??.txt
check 'and there are many' test "$(n_texts)" -gt 6000
sed '0,/^-- SMS, 271 septets/s//-- SMS, 272 septets/' "$STATE/en.txt" >"$STATE/wrong.txt"
check 'one that were told a septet longer would be found' eval '! is_counted "$STATE/wrong.txt"'

mkdir "$STATE/lessons"
cp -r "$ROOT/lessons/packs" "$STATE/lessons/"
for alphabet in gsm7 ucs2; do
    "$WAYPOST" lessons new "$STATE/lessons/$alphabet" >"$STATE/log"
    node "$ROOT/tests/integration/septets/random.js" "${SEED:-1}" $alphabet >"$STATE/lessons/$alphabet/m1.md"
    sed -i "s/^language:/alphabet: $alphabet\n&/" "$STATE/lessons/$alphabet/course.md"
    sed -i 's/source: m1l1/source: nowhere/' "$STATE/lessons/$alphabet/test.md"
    "$WAYPOST" lessons preview "$STATE/lessons/$alphabet" --transcript >"$STATE/$alphabet.txt" 2>"$STATE/log" ||
        die 70 "$(tail -n 20 "$STATE/log")"
    check "texts drawn at random are counted the same: $alphabet" is_counted "$STATE/$alphabet.txt"
    check 'and there are many' test "$(n_texts)" -gt 240
done
done_testing
