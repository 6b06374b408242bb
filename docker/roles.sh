#!/bin/bash
# roles.sh: of docker/compose.yaml, run once by the image of PostgreSQL in a new database: the logins of writer and
# sender, each with a password of its own (scram-sha-256), before `waypost migrate` gives them their rights. With
# BACKUP_PASSWORD, too, a replica may follow.
set -eu
psql -v ON_ERROR_STOP=1 -v writer="$WRITER_PASSWORD" -v sender="$SENDER_PASSWORD" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
create role waypost_writer login password :'writer';
create role waypost_sender login password :'sender';
SQL
[ -n "${BACKUP_PASSWORD:-}" ] || exit 0
psql -v ON_ERROR_STOP=1 -v backup="$BACKUP_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
create role waypost_backup login replication password :'backup';
grant pg_read_all_settings to waypost_backup;
SQL
echo 'host replication waypost_backup samenet scram-sha-256' >>"$PGDATA/pg_hba.conf"
