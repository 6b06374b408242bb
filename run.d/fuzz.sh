# shellcheck shell=bash
# fuzz.sh: `./run fuzz [SECONDS] [TARGET]...`: each libFuzzer target for so long (default 60 s), two
# at a time. New inputs stay in build-fuzz/corpus, a crash in build-fuzz/crashes: mend it, then move
# it to tests/fuzz/corpus/TARGET, where every later test run replays it.

# fuzz_one TARGET SECONDS
fuzz_one()
{
    local target=$1 seconds=$2 corpus="$ROOT/build-fuzz/corpus/$1" dictionary=()
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
    fi
    export ROOT
    export -f fuzz_one
    printf '%s\n' "$@" | xargs -P 2 -I TARGET bash -c 'fuzz_one TARGET "$1"' - "$seconds" || code=1
    return "$code"
}
