#!/bin/bash
# readme.sh: README.md does what it says. Its commands are run in the order in which they stand, on
# another port and state folder; what it shows of their answers must be in the real ones, and what
# it links to must exist. Then what sql/README.md tells coordinators and operators is asked of the same site.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
world_folder
RUN=

clean_up()
{
    local code=$?
    [ -z "$RUN" ] || stop_pid "$RUN" TERM 60
    world_down "$code"
}
trap clean_up EXIT

is_ready()
{
    demo_is_ready "$STATE" "$PORT"
}

# The command as a reader types it, for this test's port and folder.
relocate()
{
    sed "s|127.0.0.1:8080|127.0.0.1:$PORT|g; s|127.0.0.1:8081|127.0.0.1:$ADMIN_PORT|g
        s|waypost phone|waypost phone --url http://127.0.0.1:$PORT|
        s|^./run psql|./run psql --state $STATE|" <<<"$1"
}

run_command()
{
    case $1 in
    './run')
        ./run --no-install --state "$STATE" --port "$PORT" >"$STATE/run.log" 2>&1 &
        RUN=$!
        wait_for 60 is_ready
        ;;
    './run test') grep -q '^exec .*/run" test' .ci/run ;; # which runs this
    *) bash -c "$(relocate "$1")" >"$STATE/out" 2>&1 ;;
    esac
}

squeeze()
{
    sed 's/  */ /g; s/^ //; s/ $//' "$1"
}

# Every line of a block that shows an answer, but "...", is in what the last command said. The
# writer carries answers to PostgreSQL in batches: a query is asked again until it knows them.
is_shown()
{
    local line
    while read -r line; do
        [ "$line" = ... ] || squeeze "$STATE/out" | grep -qF -- "$line" || return 1
    done < <(squeeze "$STATE/block")
}

is_shown_again()
{
    run_command "$last" && is_shown
}

kind='' last=''
while IFS= read -r line; do
    case $line in
    '```sh') kind='sh' ;;
    '```text')
        kind=text
        : >"$STATE/block"
        ;;
    '```')
        [ "$kind" != text ] || case $last in
        *psql*) check "shown: $last" wait_for 20 is_shown_again ;;
        *) check "shown: ${last:0:60}..." is_shown ;;
        esac
        kind=''
        ;;
    *)
        if [ "$kind" = sh ]; then
            last=$line
            check "run: $line" run_command "$line"
        elif [ "$kind" = text ]; then
            printf '%s\n' "$line" >>"$STATE/block"
        fi
        ;;
    esac
done <README.md
[ "$N_FAILED" = 0 ] || sed 's/^/# /' "$STATE/out" "$STATE/run.log"
while read -r link; do
    check "link: $link" test -e "$link"
done < <(grep -oE '\]\([^)#]+' README.md | sed 's/](//' | sort -u)
# ---- sql/README.md: statements, with a learner of the demo where it says '...', and reports
learner=$(sql 'select learner_id from core.learner limit 1')
sql "insert into core.organisation (code, name, time_zone) values ('south', 'South', 'UTC')" >/dev/null
while IFS= read -r -d ';' statement; do
    statement=${statement//$'\n'/ }
    statement=${statement# } statement=${statement//\'...\'/\'$learner\'} statement=${statement//\'spring\'/null}
    case $statement in
    '') ;;
    *replay_dead_letter*) printf '# sql/README.md not run: %s (there is no dead letter; tests/sql has one)\n' "$statement" ;;
    *) check "sql/README.md: ${statement:0:80}" eval 'sql "$statement" >"$STATE/out"' ;;
    esac
done < <(sed -n '/^```sql/,/^```$/p' sql/README.md | sed '/^```/d; s/ *--.*//')
export PGHOST="$STATE/pg" PGUSER=amina PGDATABASE=waypost
PGPASSWORD=$(cat "$STATE/amina.password") # which ./run has made
export PGPASSWORD
while IFS= read -r command; do
    check "sql/README.md: $command" bash -c "cd '$STATE' && PATH='$ROOT/build:$PATH' $command >/dev/null"
done < <(grep -oE '^waypost report [^ ]+( [^ ]+)*' sql/README.md | sed -E 's/  .*//')
done_testing
