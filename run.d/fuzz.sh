# shellcheck shell=bash
# fuzz.sh: `./run fuzz [SECONDS] [TARGET]...`: each libFuzzer target for so long (default 60 s), two
# at a time. New inputs stay in build-fuzz/corpus, a crash in build-fuzz/crashes: mend it, then move
# it to tests/fuzz/corpus/TARGET, where every later test run replays it. The target `conversations`
# plays 100,000 random conversations, however long that takes (tests/unit/test_shown.c).

# The seed is said, so that a failure can be played again: build/test_shown 100000 SEED.
fuzz_conversations()
{
    local seed=$RANDOM$RANDOM
    if (cd "$ROOT" && build/test_shown 100000 "$seed" >build-fuzz/conversations.log 2>&1); then
        printf 'ok - conversations, seed %s: %s\n' "$seed" \
            "$(grep -a 'conversations,' "$ROOT/build-fuzz/conversations.log")"
    else
        printf 'not ok - conversations, seed %s: build-fuzz/conversations.log\n' "$seed"
        return 1
    fi
}

# fuzz_one TARGET SECONDS
fuzz_one()
{
    local target=$1 seconds=$2 corpus="$ROOT/build-fuzz/corpus/$1" dictionary=()
    if [ "$target" = conversations ]; then
        fuzz_conversations
        return
    fi
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
        set -- "$@" conversations
    fi
    case " $* " in *" conversations "*) build_preset dev ;; esac
    export ROOT
    export -f fuzz_one fuzz_conversations
    printf '%s\n' "$@" | xargs -P 2 -I TARGET bash -c 'fuzz_one TARGET "$1"' - "$seconds" || code=1
    return "$code"
}
