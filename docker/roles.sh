#!/bin/bash
# roles.sh: of docker/compose.yaml, run once by the image of PostgreSQL in a new database: the logins of writer and
# sender, each with a password of its own (scram-sha-256), before `waypost migrate` gives them their rights.
set -eu
psql -v ON_ERROR_STOP=1 -v writer="$WRITER_PASSWORD" -v sender="$SENDER_PASSWORD" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
create role waypost_writer login password :'writer';
create role waypost_sender login password :'sender';
SQL
