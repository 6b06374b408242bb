# shellcheck shell=bash
# test.sh: `./run test [STEP]...`: every check and test, the fastest first. One line per step; the
# last line of all is "N passed, N failed". Logs stay in build/test-logs.

TEST_STEPS='format scripts words banned budget cppcheck build layers docs unit tidy asan analyze sql integration'
N_PASSED=0
N_FAILED=0

test_format()
{
    git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format-14 --dry-run -Werror
}

test_scripts()
{
    local scripts
    mapfile -t scripts < <(git ls-files -co --exclude-standard run .ci/run '*.sh')
    shellcheck -x "${scripts[@]}" && git ls-files -co --exclude-standard '*.yaml' '*.yml' .clang-tidy |
        xargs yamllint -s
}

# The tables of what learners type hold misspelt words on purpose, and words of other languages.
test_words()
{
    git ls-files -co --exclude-standard -- '*.c' '*.h' '*.sh' '*.sql' '*.yaml' '*.md' run config \
        docker | grep -vE 'match|^tests/lessons/|lessons/.*/(po/|safe-)' |
        xargs codespell -q 3 -I tests/lint/words.txt
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
        --include=/usr/include/uthash.h --include=/usr/include/utlist.h \
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

test_integration()
{
    local script code=0
    for script in tests/integration/*.sh; do
        [ "$script" != tests/integration/lib.sh ] || continue
        printf '# %s\n' "$script"
        timeout --kill-after=20 600 bash "$script" || {
            printf 'not ok - %s ended with %d\n' "$script" $?
            code=1
        }
    done
    return "$code"
}

# How many single tests a log holds: "passed failed". Cmocka's sums and TAP lines count; a program
# of ctest that prints neither counts as one.
count_results()
{
    awk '
        { id = "" }
        match($0, /^[0-9]+: /) { id = substr($0, 1, RLENGTH - 2); $0 = substr($0, RLENGTH + 1) }
        /^ok / { ok++; seen[id]++ }
        /^not ok / { bad++; seen[id]++; badof[id]++ }
        /^\[  PASSED  \] [0-9]+ test/ { ok += $4; seen[id]++ }
        /^\[  FAILED  \] [0-9]+ test/ { bad += $4; seen[id]++; badof[id]++ }
        /^ *[0-9]+\/[0-9]+ Test +#[0-9]+:/ {
            id = $3; sub(/^#/, "", id); sub(/:.*/, "", id)
            is_passed = / Passed +[0-9.]+ sec/
            if (is_passed && !seen[id]) ok++
            if (!is_passed && !badof[id]) bad++
        }
        END { print ok + 0, bad + 0 }' "$1"
}

# One step in a subshell, its words in a log; adds to the sums.
run_step()
{
    local name=$1 log="$TEST_LOGS/$1.log" code=0 start=$SECONDS passed failed
    (set -e; cd "$ROOT"; "test_$name") >"$log" 2>&1 </dev/null || code=$?
    read -r passed failed < <(count_results "$log")
    [ $((passed + failed)) -gt 0 ] || [ "$code" != 0 ] || passed=1
    [ "$code" = 0 ] || [ "$failed" -gt 0 ] || failed=1
    N_PASSED=$((N_PASSED + passed))
    N_FAILED=$((N_FAILED + failed))
    if [ "$failed" = 0 ]; then
        printf 'ok      %-12s %4d s  %d passed\n' "$name" $((SECONDS - start)) "$passed"
    else
        printf 'FAILED  %-12s %4d s  %d passed, %d failed: %s\n' "$name" $((SECONDS - start)) \
            "$passed" "$failed" "$log"
        grep -nE '^([0-9]+: )?(not ok|\[  FAILED|\[  ERROR)|\*\*\*|error:|FAILED:' "$log" |
            head -n 40 | sed 's/^/    /' || true
        tail -n 15 "$log" | sed 's/^/    /'
    fi
    [ "$name" != budget ] || sed 's/^/    /' "$log"
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
    for name in "$@"; do
        run_step "$name"
    done
    printf '%d passed, %d failed\n' "$N_PASSED" "$N_FAILED"
    [ "$N_FAILED" = 0 ]
}
