# shellcheck shell=bash
# soak.sh: `./run soak [KILLS [OVERLAPS]]`: so many overlaps of whole gateways under load (default 100), after
# which no SMS may be of unknown outcome, then so many random kills of every kind of process, Redis and
# PostgreSQL among them (default 1000). After each round a ledger counts: every acknowledged callback is in
# PostgreSQL once, every SMS left once, and only those that stood between request and answer when their sender
# was killed are unknown. Takes about five seconds for an overlap, one for a kill.

soak_main()
{
    local kills=${1:-1000} overlaps=${2:-100} code=0
    case $kills$overlaps in *[!0-9]*) die 64 "soak: KILLS and OVERLAPS are numbers, not '$kills' and '$overlaps'" ;; esac
    build_preset dev
    [ "$overlaps" = 0 ] || bash "$ROOT/tests/integration/overlap.sh" "$overlaps" || code=1
    [ "$kills" = 0 ] || bash "$ROOT/tests/integration/kill.sh" "$kills" || code=1
    return "$code"
}
