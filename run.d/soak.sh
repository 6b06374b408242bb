# shellcheck shell=bash
# soak.sh: `./run soak [KILLS [OVERLAPS]]`: so many overlaps of whole gateways under load (default 100), after
# which no SMS may be of unknown outcome, then so many random kills of every kind of process, Redis and
# PostgreSQL among them (default 1000). After each round a ledger counts: every acknowledged callback is in
# PostgreSQL once, every SMS left once, and only those that stood between request and answer when their sender
# was killed are unknown. Says how far it is after each round (40 overlaps, 100 kills) and
# ends with the sums of all. Takes five to ten seconds for an overlap, one to two for a kill: half an hour to an hour.

# soak_versions REVISION: this version and an earlier one side by side, rolling there and back under load: first gateways
# that come and go, then the way of docs/operating/upgrade.md behind haproxy, with the schema and the course of the
# earlier one to begin with, at 500 callbacks a second (RATE=... says otherwise, where a machine takes less).
soak_versions()
{
    local before code=0
    before=$(mktemp -d /tmp/waypost-before.XXXXXX)
    # Expanded now: the variable is gone when the trap runs.
    # shellcheck disable=SC2064
    trap "rm -rf '$before'" EXIT
    git -C "$ROOT" archive "$1" | tar -x -C "$before" || die 64 "soak: git knows no revision '$1'"
    (cd "$before" && cmake --preset release >/dev/null && cmake --build --preset release -- --quiet waypost)
    export WAYPOST_BEFORE="$before/build-release/waypost"
    RATE=${RATE:-500} BEFORE_SHARE="$before" bash "$ROOT/tests/soak/rolling.sh" || code=1
    # An earlier writer waits for its schema: this test, at whose end it must have written, is for one of the same.
    [ "$(cd "$before/sql" && echo 0*)" = "$(cd "$ROOT/sql" && echo 0*)" ] || return "$code"
    # The course is the one that the earlier version can read.
    mkdir "$before/share"
    ln -s "$ROOT/sql" "$before/share/sql"
    ln -s "$before/lessons" "$before/share/lessons"
    WAYPOST_SHARE="$before/share" bash "$ROOT/tests/integration/overlap.sh" 8 || code=1
    return "$code"
}

soak_main()
{
    if [ "${1:-}" = versions ]; then
        build_preset dev
        soak_versions "${2:-HEAD~1}"
        return
    fi
    if [ "${1:-}" = cluster ]; then
        build_preset dev
        EVERY=10 MOST=3 RATE=250 bash "$ROOT/tests/integration/cluster.sh" 30
        return
    fi
    if [ "${1:-}" = counts ]; then # of 200 people: two minutes for a seed
        build_preset dev
        shift
        [ $# -gt 0 ] || set -- $((SRANDOM % 1000000)) $((SRANDOM % 1000000)) $((SRANDOM % 1000000))
        bash "$ROOT/tests/integration/shield.sh" 200 "$@"
        return
    fi
    local kills=${1:-1000} overlaps=${2:-100} code=0
    case $kills$overlaps in *[!0-9]*) die 64 "soak: KILLS and OVERLAPS are numbers, not '$kills' and '$overlaps'" ;; esac
    build_preset dev
    export LEDGER_TOTALS
    LEDGER_TOTALS=$(mktemp)
    SECONDS=0
    [ "$overlaps" = 0 ] || bash "$ROOT/tests/integration/overlap.sh" "$overlaps" || code=1
    [ "$kills" = 0 ] || bash "$ROOT/tests/integration/kill.sh" "$kills" || code=1
    awk -v seconds="$SECONDS" '
        $1 == "kills" { kills += $2; next } # those that were made, where a run ended early
        $1 == "overlaps" { overlaps += $2; next }
        { numbers += $1; sms += $2; unknown += $3; wrong += $4; if ($5 != "-") { looked += $3; outside += $5 } }
        END {
            printf "soak: %d kills and %d overlaps in %d s; %d numbers, %d SMS: ", kills, overlaps, seconds, numbers, sms
            printf "%d numbers with something lost or doubled, %d SMS of unknown outcome, ", wrong, unknown
            printf "of %d looked at %d without a sender that ended while they were on their way\n", looked, outside
        }' "$LEDGER_TOTALS"
    rm -f "$LEDGER_TOTALS"
    [ "$code" = 0 ] || say 'soak: see the lines "not ok" above'
    return "$code"
}
