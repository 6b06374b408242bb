# shellcheck shell=bash
# fuzz.sh: `./run fuzz [SECONDS] [TARGET]...`: each libFuzzer target for so long (default 60 s), two
# at a time. New inputs stay in build-fuzz/corpus, a crash in build-fuzz/crashes: mend it, then move
# it to tests/fuzz/corpus/TARGET, where every later test run replays it. The targets `conversations`
# and `histories` play 100,000 random ones each, however long that takes (tests/unit/test_shown.c,
# test_pace.c).

# fuzz_random TARGET PROGRAM. The seed is said, so that a failure can be played again:
# build/PROGRAM 100000 SEED.
fuzz_random()
{
    local seed=$RANDOM$RANDOM
    if (cd "$ROOT" && "build/$2" 100000 "$seed" >"build-fuzz/$1.log" 2>&1); then
        printf 'ok - %s, seed %s: %s\n' "$1" "$seed" "$(grep -a "$1," "$ROOT/build-fuzz/$1.log")"
    else
        printf 'not ok - %s, seed %s: build-fuzz/%s.log\n' "$1" "$seed" "$1"
        return 1
    fi
}

# fuzz_one TARGET SECONDS
fuzz_one()
{
    local target=$1 seconds=$2 corpus="$ROOT/build-fuzz/corpus/$1" dictionary=()
    case $target in
        conversations) fuzz_random conversations test_shown; return ;;
        histories) fuzz_random histories test_pace; return ;;
    esac
    mkdir -p "$corpus" "$ROOT/build-fuzz/crashes"
    [ ! -e "$ROOT/tests/fuzz/$target.dict" ] || dictionary=(-dict="$ROOT/tests/fuzz/$target.dict")
    if (cd "$ROOT" && "build-fuzz/$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 \
        -rss_limit_mb=2048 ${dictionary[@]+"${dictionary[@]}"} \
        -artifact_prefix="build-fuzz/crashes/$target-" "$corpus" "tests/fuzz/corpus/$target" \
        >"build-fuzz/$target.log" 2>&1); then
        printf 'ok - %s: %s\n' "$target" "$(grep -a 'DONE' "$ROOT/build-fuzz/$target.log" | tail -n 1)"
    else
        printf 'not ok - %s: build-fuzz/%s.log\n' "$target" "$target"
        return 1
    fi
}

fuzz_main()
{
    local seconds=${1:-60} target code=0
    [ $# -eq 0 ] || shift
    case $seconds in *[!0-9]*) die 64 "fuzz: '$seconds' is no number of seconds" ;; esac
    build_preset fuzz
    if [ $# -eq 0 ]; then
        for target in "$ROOT"/tests/fuzz/fuzz_*.c; do
            target=${target##*/}
            set -- "$@" "${target%.c}"
        done
        set -- "$@" conversations histories
    fi
    case " $* " in *" conversations "* | *" histories "*) build_preset dev ;; esac
    export ROOT
    export -f fuzz_one fuzz_random
    printf '%s\n' "$@" | xargs -P 2 -I TARGET bash -c 'fuzz_one TARGET "$1"' - "$seconds" || code=1
    return "$code"
}
