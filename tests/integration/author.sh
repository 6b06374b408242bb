#!/bin/bash
# author.sh: the path of a new author, as lessons/README.md has it ("Your first course"): its
# commands are run in their order, on a gateway that runs, and its first learner is seen in the
# reports. No C, no database, no Redis is touched by hand.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
world_up
DESK=$(mktemp -d /tmp/waypost-author.XXXXXX)

clean_up()
{
    local code=$?
    rm -rf "$DESK"
    world_down "$code"
}
trap clean_up EXIT

# The command as an author types it, for this test's gateway.
run_command()
{
    local line=${1//\/etc\/waypost\/waypost.yaml/$STATE/waypost.yaml}
    line=${line//waypost phone/waypost phone --url http://127.0.0.1:$PORT}
    (cd "$DESK" && PATH="$(dirname "$WAYPOST"):$PATH" bash -c "$line") >"$STATE/out" 2>&1
}

# first_learner: answers to the first question of the quiz that are in PostgreSQL.
first_learner()
{
    [ "$(sql "select count(*) from core.event e join core.course_version v using (course_id)
        where v.course = 'first-aid' and e.kind = 'answered' and e.unit = 'm1q1' and e.correct")" = 1 ]
}

# Every front has read it: "within half a minute", says publish.
is_loaded()
{
    [ "$(grep -c 'proc=front-.*version loaded.*first-aid' "$STATE/waypost.log")" = \
        "$(grep -o 'proc=front-[0-9]*' "$STATE/waypost.log" | sort -u | wc -l)" ]
}

n=0
while IFS= read -r line; do
    n=$((n + 1))
    case $line in
    'waypost phone'*) check 'the gateway knows the course' wait_for 60 is_loaded ;;
    esac
    check "${line:0:90}" run_command "$line"
    [ "$N_FAILED" = 0 ] || sed 's/^/# /' "$STATE/out"
    case $line in
    *'lessons list'*) check 'the new course is begun' grep -q '^first-aid.*begun' "$STATE/out" ;;
    *'lessons check'*) check 'without a warning' grep -q '0 errors, 0 warnings' "$STATE/out" ;;
    *'waypost phone'*) check 'the phone shows the quiz' grep -q 'This one' "$STATE/out" ;;
    esac
done < <(sed -n '/^## Your first course/,/^## A lesson/p' lessons/README.md |
    sed -n '/^```sh/,/^```$/p' | grep -v '^```')
check 'the path has its dozen steps' test "$n" -ge 14
check 'each kind of question is there, twice' \
    test "$(grep -c '^## m[12]q' "$DESK/lessons/first-aid/m1.md" "$DESK/lessons/first-aid/m2.md" | cut -d: -f2 | paste -sd+ | bc)" = 12
check 'the preview has the new lesson' grep -q 'Press on the wound' "$DESK/first-aid.html"
check 'the first learner has answered' wait_for 20 first_learner

# A pack is checked by itself, and its mistakes are named in its own files.
check 'the standard pack passes' run_command "waypost lessons check $ROOT/lessons/packs/standard"
check 'without an error' grep -q '/packs/standard: 0 errors' "$STATE/out"
mkdir -p "$DESK/lessons/packs"
cp -r lessons/packs/standard "$DESK/lessons/packs/ours"
sed -i 's/{n} /{m} /' "$DESK/lessons/packs/ours/texts.md"
check 'one with a mistake does not' eval '! run_command "waypost lessons check lessons/packs/ours"'
check 'the place of which is named' grep -q '^lessons/packs/ours/texts.md:[0-9]*:[0-9]*: error' "$STATE/out"
named_from_within()
{
    run_command 'cd lessons/packs/ours && waypost lessons check .' && return 1
    (cd "$DESK/lessons/packs/ours" && test -f "$(sed -n 's/^\([^:]*texts.md\):.*: error.*/\1/p' "$STATE/out" | head -n 1)")
}
check 'also from within' named_from_within
done_testing
