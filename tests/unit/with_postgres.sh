#!/bin/bash
# with_postgres.sh PROGRAM [ARG]...: runs it with WAYPOST_TEST_PG, the conninfo (without user) of a
# PostgreSQL of its own with the schema of sql/. 77, which ctest shows as skipped, where none is installed.
# shellcheck source=/dev/null
. "$(dirname "$0")/../integration/lib.sh"
[ -x "$PG_BIN/initdb" ] || exit 77

world_make
postgres_start "$STATE" -c fsync=off >/dev/null
WAYPOST_TEST_PG="host=$STATE/pg dbname=waypost" "$@"
