# shellcheck shell=bash
# soak.sh: `./run soak [MINUTES]`: load and random kills for so long (default 60), about one kill a
# second, in a state folder of its own; after every hundred of them, every acknowledged callback must
# be in PostgreSQL once and every SMS must have left once. Before that, two restarts a minute of
# senders that share the outbox, after which no SMS may be of unknown outcome.

soak_main()
{
    local minutes=${1:-60}
    case $minutes in '' | *[!0-9]*) die 64 "soak: '$minutes' is no number of minutes" ;; esac
    build_preset dev
    bash "$ROOT/tests/integration/overlap.sh" $((minutes * 2))
    exec bash "$ROOT/tests/integration/kill.sh" $((minutes * 60))
}
