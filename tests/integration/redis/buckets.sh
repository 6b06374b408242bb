# shellcheck shell=bash
# buckets.sh: behind lib.sh, for Redis Clusters: what asks all buckets asks each by itself, so that `redis` finds its server.

# buckets FORMAT: that command for each bucket, one reply a line.
buckets()
{
    local b
    for b in $(seq -f '%03.0f' 0 255); do
        # shellcheck disable=SC2059
        printf "$1\n" "$b"
    done | redis --raw
}

n_entries()
{
    buckets "XLEN wp:{b%s}:$1" | awk '{n += $1} END {print n + 0}'
}

log_ends()
{
    local b
    for b in $(seq 0 255); do
        printf 'ECHO b%d\nXREVRANGE wp:{b%03d}:events + - COUNT 1\n' "$b" "$b"
    done | redis --raw | awk '/^b[0-9]+$/ {b = substr($1, 2)} /^[0-9]+-[0-9]+$/ {print b, $1}'
}
