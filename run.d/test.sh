# shellcheck shell=bash
# test.sh: `./run test [STEP]...`: every check and test, the fastest first. One line per step; the
# last line of all is "N passed, N failed, N skipped". Logs stay in build/test-logs.
#
# What is skipped (no npm, no Redis) is counted and named. With CI=true it fails, unless ALLOWED_SKIPS
# has a shell pattern for it, blank-separated: ALLOWED_SKIPS='signatures.sh* numbers.sh*'.

TEST_STEPS='format words banned budget build unit scripts layers docs cppcheck sanitize tidy analyze sql integration asan'
N_PASSED=0
N_FAILED=0
N_SKIPPED=0

# cpu_read: CPU_S is how many seconds of a processor the children of this shell have taken, with theirs, that have ended. What
# something costs is said so: on a machine that has more to do its seconds on the clock tell little.
cpu_read()
{
    local file="$TEST_LOGS/times.$BASHPID"
    times >"$file"
    CPU_S=$(awk -F '[ms ]+' 'NR == 2 { print int($1 * 60 + $2 + $3 * 60 + $4) }' "$file")
    rm -f "$file"
}

test_format()
{
    git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format-14 --dry-run -Werror
}

test_scripts()
{
    local scripts
    mapfile -t scripts < <(git ls-files -co --exclude-standard run .ci/run '*.sh')
    printf '%s\0' "${scripts[@]}" | xargs -0 -P2 -n15 shellcheck -x && git ls-files -co --exclude-standard '*.yaml' '*.yml' .clang-tidy |
        xargs yamllint -s
}

# The tables of what learners type hold misspelt words on purpose, and words of other languages.
test_words()
{
    git ls-files -co --exclude-standard -- '*.c' '*.h' '*.sh' '*.sql' '*.yaml' '*.md' run config \
        docker | grep -vE 'match|^tests/lessons/|lessons/.*/(po/|safe-|guide-|words-)' |
        xargs codespell -q 3 -I tests/lint/words.txt --ignore-regex "\('(fr|es|ar|tr|de|ru)', '[a-z_]+', .*"
}

test_banned()
{
    tests/lint/banned.sh
}

test_budget()
{
    tests/lint/budget.sh
}

test_cppcheck()
{
    cppcheck -q -j2 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
        --suppress=missingInclude --std=c11 -D_GNU_SOURCE -DWAYPOST_VERSION='""' -Igateway \
        --include=/usr/include/uthash.h \
        --include="/usr/include/$(gcc -print-multiarch)/sys/queue.h" gateway tests
}

test_build()
{
    build_preset dev
}

test_layers()
{
    tests/lint/layers.sh build
}

test_docs()
{
    tests/lint/docs.sh build
}

test_unit()
{
    ctest --test-dir build -V -j2
}

test_tidy()
{
    git ls-files 'gateway/*.c' | xargs -P2 -n4 clang-tidy-14 -p build --quiet
}

# What asan runs; to build it takes longer than to run it.
test_sanitize()
{
    build_preset asan
}

test_asan()
{
    build_preset asan && ctest --test-dir build-asan -V -j2
}

test_analyze()
{
    build_preset analyze
}

# Each file starts what it needs in a state folder of its own.
test_sql()
{
    tests/sql/run.sh
}

# silent_end PID LOG: ends a script that has said nothing for ten minutes. How long all of it takes tells nothing: beside much
# else ten minutes and more, in each of which it goes on.
SILENT_S=${SILENT_S:-600}

silent_end()
{
    while sleep 5 && kill -0 "$1" 2>/dev/null; do
        [ $(($(date +%s) - $(stat -c %Y "$2"))) -lt "$SILENT_S" ] || {
            printf 'not ok - nothing was said for %d s\n' "$SILENT_S" >>"$2"
            kill "$1"
        }
    done
}

# integration_one SCRIPT: its output in one piece, behind that of others.
integration_one()
{
    local script=$1 log code=0 began=$SECONDS cpu_before pid watch
    cpu_read
    cpu_before=$CPU_S
    log=$(mktemp "$TEST_LOGS/script.XXXXXX")
    timeout --kill-after=20 3600 bash "$script" >"$log" &
    pid=$!
    silent_end "$pid" "$log" >/dev/null 2>&1 &
    watch=$!
    # shellcheck disable=SC2064 # now; `timeout` makes a group of its own, which it ends with itself
    trap "kill $pid $watch 2>/dev/null" TERM
    wait "$pid" || code=$?
    cpu_read
    trap - TERM
    kill "$watch" 2>/dev/null || true
    grep -q '^1\.\.' "$log" || { # a plan ends every script
        printf 'not ok - %s did not come to its end\n' "$script" >>"$log"
        code=1
    }
    [ "$code" = 0 ] || printf 'not ok - %s ended with %d\n' "$script" "$code" >>"$log"
    (
        flock 8
        printf '# %s took %d s, %d s of a processor\n' "$script" "$((SECONDS - began))" "$((CPU_S - cpu_before))"
        if [ "$code" != 0 ] && [ "${IS_LAST_TRY:-}" != true ]; then
            printf '%s\n' "$script" >>"$TEST_LOGS/again"
            sed 's/^/# first try: /; s/ # SKIP/ (skipped)/' "$log"
        else
            cat "$log"
        fi
    ) 8>"$TEST_LOGS/script.lock"
    rm -f "$log"
    [ "$code" = 0 ]
}

# What failed beside others runs once more, alone, when the machine is quiet: each script has a world of its own of five servers
# and more, and a virtual machine that another one stops for seconds breaks deadlines that are part of the product. It is told as
# unsteady, and more than MAX_UNSTEADY of them are a failure of their own.
MAX_UNSTEADY=3

integration_again()
{
    local script code=0
    [ -s "$TEST_LOGS/again" ] || return 0
    if [ "$(wc -l <"$TEST_LOGS/again")" -gt "$MAX_UNSTEADY" ]; then
        sed 's/^/not ok - /' "$TEST_LOGS/again"
        return 1
    fi
    while read -r script; do
        if IS_LAST_TRY=true integration_one "$script"; then
            printf '# unsteady: %s failed beside others, passed alone\n' "$script"
        else
            code=1
        fi
    done <"$TEST_LOGS/again"
    return "$code"
}

# Those that take longest begin first, so that none of them is left alone at the end.
LONG_SCRIPTS='cluster kill provider overlap kannel recycling sentinel readme report'
# These wait for nearly all of their time, for rounds and deadlines of the gateway, and have a lane of their own.
WAITING_SCRIPTS='groups doctor canary correct acl acl_sentinel acl_cluster author watch keys erase trouble_postgres trouble_redis'

# scripts_of NAME...: their files, one a line.
scripts_of()
{
    local name
    for name in "$@"; do
        printf 'tests/integration/%s.sh\n' "$name"
    done
}

# next_script LIST: takes the first off it.
next_script()
{
    (
        flock 7
        head -n1 "$1"
        sed -i 1d "$1"
    ) 7>"$1.lock"
}

# run_scripts LIST...: one after the other, until all lists are empty.
run_scripts()
{
    local list script
    for list in "$@"; do
        while script=$(next_script "$list") && [ -n "$script" ]; do
            integration_one "$script" || true
        done
    done
}

# Two lanes, and one of those that wait; with three that do not, a host where processes are dear let fronts stand still for seconds
# while other steps had the rest of it. One more begins when those are done.
test_integration()
{
    local waiting="$TEST_LOGS/waiting" others="$TEST_LOGS/others"
    rm -f "$TEST_LOGS/again"
    # The names hold no blanks.
    # shellcheck disable=SC2086
    scripts_of $WAITING_SCRIPTS >"$waiting"
    # shellcheck disable=SC2086
    {
        scripts_of $LONG_SCRIPTS
        printf '%s\n' tests/integration/*.sh
    } | grep -v '/lib\.sh$' | grep -vxFf "$waiting" | awk '!seen[$0]++' >"$others"
    run_scripts "$waiting" "$others" &
    run_scripts "$others" "$waiting" &
    run_scripts "$others" "$waiting" &
    flock "$TEST_LOGS/beside.lock" true
    run_scripts "$waiting" "$others"
    wait
    integration_again
}

# How many single tests a log holds: "passed failed skipped". Cmocka's sums and TAP lines count; a
# program of ctest that prints neither counts as one.
count_results()
{
    awk '
        { id = "" }
        match($0, /^[0-9]+: /) { id = substr($0, 1, RLENGTH - 2); $0 = substr($0, RLENGTH + 1) }
        / # SKIP/ { skipped++; seen[id]++; next }
        /^\[  SKIPPED \] [0-9]+ test/ { skipped += $4; seen[id]++ }
        /^ok / { ok++; seen[id]++ }
        /^not ok / { bad++; seen[id]++; badof[id]++ }
        /^\[  PASSED  \] [0-9]+ test/ { ok += $4; seen[id]++ }
        /^\[  FAILED  \] [0-9]+ test/ { bad += $4; seen[id]++; badof[id]++ }
        /^ *[0-9]+\/[0-9]+ Test +#[0-9]+:/ {
            id = $3; sub(/^#/, "", id); sub(/:.*/, "", id)
            is_passed = / Passed +[0-9.]+ sec/
            is_skipped = /\*\*\*Skipped/
            if (is_skipped && !seen[id]) skipped++
            if (is_passed && !seen[id]) ok++
            if (!is_passed && !is_skipped && !badof[id]) bad++
        }
        END { print ok + 0, bad + 0, skipped + 0 }' "$1"
}

# Their names, and why, where that was said; one a line.
skipped_names()
{
    sed -nE -e 's/^[0-9]+: //' -e 's/^.* # SKIP *//p' -e 's/^\[  SKIPPED \] ([a-z_0-9]+)$/\1/p' \
        -e 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) .*\*\*\*Skipped.*/\1/p' "$1" | sort -u
}

is_skip_allowed()
{
    local name=$1 pattern
    [ "${CI:-}" = true ] || return 0
    set -f
    # The patterns are words.
    # shellcheck disable=SC2086
    set -- ${ALLOWED_SKIPS:-}
    set +f
    for pattern in "$@"; do
        # shellcheck disable=SC2053 # it is a pattern
        [[ $name != $pattern ]] || return 0
    done
    return 1
}

# Names what the log says was skipped; one that may not be is a failure.
tell_skips()
{
    local name
    while read -r name; do
        if is_skip_allowed "$name"; then
            printf 'skipped %-12s %s\n' "$2" "$name"
        else
            printf 'FAILED  %-12s skipped, and ALLOWED_SKIPS does not name it: %s\n' "$2" "$name"
            N_FAILED=$((N_FAILED + 1))
        fi
    done < <(skipped_names "$1")
}

# One step in a subshell, its words in a log; its exit code, its seconds and those of a processor are kept beside it. It is a group
# of its own, which ends with us: the lanes of integration would go on to start scripts otherwise, beside whatever is run next.
do_step()
{
    local name=$1 log="$TEST_LOGS/$1.log" code=0 start=$SECONDS cpu_before
    cpu_read
    cpu_before=$CPU_S
    set -m
    (set -e; cd "$ROOT"; "test_$name") >"$log" 2>&1 </dev/null &
    set +m
    # shellcheck disable=SC2064 # now
    trap "kill -- -$! 2>/dev/null; exit 143" TERM INT
    wait "$!" || code=$?
    trap - TERM INT
    cpu_read
    printf '%s %s %s\n' "$code" $((SECONDS - start)) $((CPU_S - cpu_before)) >"$TEST_LOGS/$name.ended"
}

# What came of it; adds to the sums.
tell_step()
{
    local name=$1 log="$TEST_LOGS/$1.log" code took cpu passed failed skipped
    read -r code took cpu <"$TEST_LOGS/$name.ended"
    read -r passed failed skipped < <(count_results "$log")
    [ $((passed + failed + skipped)) -gt 0 ] || [ "$code" != 0 ] || passed=1
    [ "$code" = 0 ] || [ "$failed" -gt 0 ] || failed=1
    N_PASSED=$((N_PASSED + passed))
    N_FAILED=$((N_FAILED + failed))
    N_SKIPPED=$((N_SKIPPED + skipped))
    if [ "$failed" = 0 ]; then
        printf 'ok      %-12s %4d s  %4d s of a processor  %d passed\n' "$name" "$took" "$cpu" "$passed"
    else
        printf 'FAILED  %-12s %4d s  %4d s of a processor  %d passed, %d failed: %s\n' "$name" "$took" "$cpu" "$passed" "$failed" "$log"
        grep -nE '^([0-9]+: |# first try: )?(not ok|\[  FAILED|\[  ERROR)|\*\*\*|error:|FAILED:' "$log" |
            head -n 40 | sed 's/^/    /' || true
        tail -n 15 "$log" | sed 's/^/    /'
    fi
    tell_skips "$log" "$name"
    sed -n 's/^# unsteady: /unsteady             /p' "$log"
    [ "$name" != budget ] || sed 's/^/    /' "$log"
}

# The scripts of integration wait more than they work. What only needs a processor and no clock runs beside them, with a
# priority that takes what they leave.
BESIDE_INTEGRATION='scripts layers docs cppcheck sanitize tidy analyze sql'

step_is_beside()
{
    case " $BESIDE_INTEGRATION " in *" $1 "*) ;; *) return 1 ;; esac
}

# do_beside STEP...: one after the other.
do_beside()
{
    local name
    chrt --idle --pid 0 "$BASHPID" 2>/dev/null || renice -n 19 -p "$BASHPID" >/dev/null
    for name in "$@"; do
        do_step "$name"
    done
    flock -u 9
}

# integration_with STEP...: integration, and these beside it.
integration_with()
{
    local name
    if [ $# -gt 0 ]; then
        exec 9>"$TEST_LOGS/beside.lock" # which they hold until they are done
        flock 9
        set -m # a group of their own, which ends with us
        do_beside "$@" &
        set +m
        exec 9>&-
        # shellcheck disable=SC2064 # now
        trap "kill -- -$! 2>/dev/null || true" EXIT
    fi
    do_step integration
    tell_step integration
    wait
    trap - EXIT
    for name in "$@"; do
        tell_step "$name"
    done
}

# run_steps STEP...: in their order; without integration none is beside another.
run_steps()
{
    local name
    local -a beside=()
    for name in "$@"; do
        if [[ " $* " = *' integration '* ]] && step_is_beside "$name"; then
            beside+=("$name")
        fi
    done
    for name in "$@"; do
        if [ "$name" = integration ]; then
            integration_with "${beside[@]}"
        elif [[ " ${beside[*]} " != *" $name "* ]]; then
            do_step "$name"
            tell_step "$name"
        fi
    done
}

test_main()
{
    local name
    TEST_LOGS="$ROOT/build/test-logs"
    mkdir -p "$TEST_LOGS"
    for name in "$@"; do
        case " $TEST_STEPS " in *" $name "*) ;; *) die 64 "no step '$name'; there are: $TEST_STEPS" ;; esac
    done
    # The names hold no blanks.
    # shellcheck disable=SC2086
    [ $# -gt 0 ] || set -- $TEST_STEPS
    run_steps "$@"
    printf '%d passed, %d failed, %d skipped\n' "$N_PASSED" "$N_FAILED" "$N_SKIPPED"
    [ "$N_FAILED" = 0 ]
}
