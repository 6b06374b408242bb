# shellcheck shell=bash
# compare.sh: `./run bench --compare [LEARNERS]`: what others take for the same messages, in one run: nginx with a
# static line, the quiz in Node, and Kannel's text service, beside our USSD quiz and SMS loop. Each gets the seven
# answers of LEARNERS (5000) learners in a closed loop, 64 at once by USSD and up to 256 by SMS, after it has had what
# goes before the quiz from all of them. CPU is that of every process of a system. Prints a table with ratios to ours and
# what each promises, and writes STATE/compare.json; what is not installed is named as skipped. Needs bench.sh.

COMPARE_USSD_AT_ONCE=64
COMPARE_SMS_AT_ONCE=256 # Kannel takes at most 500 connections
# Learners that take turns on a connection by SMS. Whoever answers before the provider has told us that it took the
# question has not seen it, and is asked again; so nobody answers at once.
COMPARE_TURNS=8

# compare_cpu_us PID...: CPU of these processes and those below them, also of those that have ended.
compare_cpu_us()
{
    local pid below
    mapfile -t below < <(pgrep -P "$(tr ' ' , <<<"$*")")
    for pid in "$@" "${below[@]}"; do
        cat "/proc/$pid/stat" 2>/dev/null || true # it may have ended just now
    done | awk -v hz="$(getconf CLK_TCK)" '
        { sub(/^.*\) /, ""); ticks += $12 + $13 + $14 + $15 } # its own, and of children that have ended
        END { printf "%.0f\n", ticks * 1000000 / hz }'
}

# compare_pids FILE...: COMPARE_PIDS are those in these files below STATE.
compare_pids()
{
    local name
    COMPARE_PIDS=()
    for name in "$@"; do
        COMPARE_PIDS+=("$(cat "$STATE/$name")")
    done
}

# compare_row GROUP NAME US RESULT PROMISE: of the table; the ratios come when all is measured.
compare_row()
{
    COMPARE_ROWS+=("$1|$2|$3|$(field per_second <<<"$4")|$(field p50_ms <<<"$4")|$(field p99_ms <<<"$4")|$5")
}

compare_skip()
{
    say "skipped: $2: $3"
    COMPARE_ROWS+=("$1|$2||||$3")
}

# compare_measure GROUP NAME PROMISE PORT PATH LOAD_OPTION...: the CPU of COMPARE_PIDS, until the command
# COMPARE_SETTLED succeeds. COMPARE_PART are those of them that get a row of their own first, COMPARE_PART_NAME.
compare_measure()
{
    local group=$1 name=$2 promise=$3 inputs n_before before result part_before=0 us
    local load=(timeout 900 "$ROOT/build/bench_load" --port "$4" --path "$5" --learners "$LEARNERS")
    shift 5
    if [ "$group" = USSD ]; then
        load+=(--connections "$COMPARE_USSD_AT_ONCE")
        inputs=("${BENCH_BEFORE[@]}" "${BENCH_QUIZ[@]}") n_before=${#BENCH_BEFORE[@]}
    else # other people than by USSD
        load+=(--connections "$COMPARE_SMS_AT_ONCE" --first "$LEARNERS" --sms "$SINK_PORT")
        inputs=("${BENCH_SMS_BEFORE[@]}" "${BENCH_SMS_QUIZ[@]}") n_before=${#BENCH_SMS_BEFORE[@]}
    fi
    step "$group: $name"
    "${load[@]}" "$@" "${inputs[@]:0:n_before}" >/dev/null || die 70 "$name did not answer; see the logs in $STATE"
    wait_for 600 "$COMPARE_SETTLED" || die 70 "$name did not finish; see the logs in $STATE"
    bench_sql "vacuum analyze" # what autovacuum does within a minute: a new database has neither plans nor free places
    before=$(compare_cpu_us "${COMPARE_PIDS[@]}")
    [ ${#COMPARE_PART[@]} = 0 ] || part_before=$(compare_cpu_us "${COMPARE_PART[@]}")
    result=$("${load[@]}" "$@" --skip "$n_before" "${inputs[@]}") || die 70 "$name did not answer; see the logs in $STATE"
    if [ ${#COMPARE_PART[@]} != 0 ]; then
        us=$(quotient "$(($(compare_cpu_us "${COMPARE_PART[@]}") - part_before))" "$(field callbacks <<<"$result")" 1)
        compare_row "$group" "$COMPARE_PART_NAME" "$us" "$result" "$promise"
        promise='the same, and rows for reports'
    fi
    wait_for 600 "$COMPARE_SETTLED" || die 70 "$name did not finish; see the logs in $STATE"
    us=$(quotient "$(($(compare_cpu_us "${COMPARE_PIDS[@]}") - before))" "$(field callbacks <<<"$result")" 1)
    compare_row "$group" "$name" "$us" "$result" "$promise"
    [ "${name#Waypost}" = "$name" ] || COMPARE_OURS[$group]=$us
    COMPARE_PART=()
}

compare_nginx()
{
    if ! command -v nginx >/dev/null; then
        compare_skip USSD 'nginx, a static line' 'no nginx here (nginx-light)'
        return
    fi
    bench_nginx_start
    compare_pids nginx.pid
    compare_measure USSD 'nginx, a static line' 'nothing' "$NGINX_PORT" /in/at-ussd
    stop_pid "$(cat "$STATE/nginx.pid")" TERM 10
}

compare_ours()
{
    "$WAYPOST" rebuild --config "$STATE/waypost.yaml" >>"$STATE/waypost.log" 2>&1 # opens the fence
    bench_serve front "$PORT"
    bench_serve writer "$(free_port)"
    wait_for 30 curl -fsS -m 2 "http://127.0.0.1:$((PORT + 1))/readyz" ||
        die 69 "the front did not get ready; see $STATE/waypost.log"
    COMPARE_SETTLED=is_drained
    compare_pids front.pid redis/pid
    COMPARE_PART=("${COMPARE_PIDS[@]}") COMPARE_PART_NAME='Waypost, front and Redis alone'
    compare_pids front.pid writer.pid redis/pid pg/pid
    compare_measure USSD 'Waypost, until the rows are in PostgreSQL' \
        'state, answer and reply on disk before the reply; a repeat is known' "$PORT" /in/at-ussd
    bench_serve sender "$(free_port)"
    compare_pids front.pid sender.pid redis/pid
    COMPARE_PART=("${COMPARE_PIDS[@]}") COMPARE_PART_NAME='Waypost, front, sender and Redis alone'
    compare_pids front.pid sender.pid writer.pid redis/pid pg/pid
    compare_measure SMS 'Waypost, until the rows are in PostgreSQL' \
        'state, answer and SMS on disk before the callback is answered; a repeat is known' "$PORT" /in/at
    COMPARE_SETTLED=true
    stop_pid "$(cat "$STATE/sender.pid")" TERM 20
    stop_pid "$(cat "$STATE/writer.pid")" TERM 20
    stop_pid "$(cat "$STATE/front.pid")" TERM 20
}

compare_node()
{
    local name='Node with express, redis and pg'
    if ! bench_rival_start; then
        compare_skip USSD "$name" 'no node and npm, or npm does not get the packages'
        return
    fi
    compare_pids rival.pid redis/pid pg/pid
    compare_measure USSD "$name" 'state and answer on disk before the reply; a repeat counts twice' "$RIVAL_PORT" /in/at-ussd
    bench_rival_stored "$LEARNERS"
    compare_measure SMS "$name" 'state and answer on disk before the callback is answered; a crash loses the SMS' "$RIVAL_PORT" /in/at
    bench_rival_stored "$((2 * LEARNERS))"
    stop_pid "$(cat "$STATE/rival.pid")" TERM 20
}

compare_listens()
{
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# compare_kannel NAME PROMISE STORE SERVICE [PIDFILE]: one of its text services; STORE and SERVICE are lines of
# tests/bench/kannel.conf, PIDFILE is what runs behind it.
compare_kannel()
{
    local box operator sendsms dir="$STATE/kannel"
    box=$(free_port)
    operator=$(free_port)
    sendsms=$(free_port)
    install -d "$dir/spool"
    sed "s|ADMIN|$box|; s|BOX|$((box + 1))|; s|OPERATOR|$operator|; s|SENDSMS|$sendsms|; s|SINK|$SINK_PORT|; \
        s|^STORE|$3|; s|^SERVICE|$4|" "$ROOT/tests/bench/kannel.conf" >"$dir/kannel.conf"
    setsid bearerbox -v 4 "$dir/kannel.conf" </dev/null >>"$STATE/kannel.log" 2>&1 9>&- &
    printf '%s\n' $! >"$STATE/bearerbox.pid"
    wait_for 20 compare_listens "$((box + 1))" || die 69 "bearerbox did not start; see $STATE/kannel.log"
    setsid smsbox -v 4 "$dir/kannel.conf" </dev/null >>"$STATE/kannel.log" 2>&1 9>&- &
    printf '%s\n' $! >"$STATE/smsbox.pid"
    wait_for 20 compare_listens "$sendsms" || die 69 "smsbox did not start; see $STATE/kannel.log"
    compare_pids bearerbox.pid smsbox.pid ${5:+"$5"}
    compare_measure SMS "$1" "$2" "$operator" /sms --kannel
    stop_pid "$(cat "$STATE/smsbox.pid")" TERM 20
    stop_pid "$(cat "$STATE/bearerbox.pid")" TERM 20
}

compare_kannels()
{
    local text='text = "What should you do first? 1 Ask 2 Listen 3 Leave 4 Call"'
    if ! command -v bearerbox >/dev/null || ! command -v smsbox >/dev/null; then
        compare_skip SMS 'Kannel, a text service' 'no kannel here'
        return
    fi
    compare_kannel 'Kannel, text =' 'nothing: no state; a crash loses the SMS' '' "$text"
    compare_kannel 'Kannel, text =, with its spool' 'no state; a file for each SMS, no fsync' \
        "store-type = spool\nstore-location = $STATE/kannel/spool" "$text"
    command -v nginx >/dev/null || {
        compare_skip SMS 'Kannel, get-url from nginx' 'no nginx here (nginx-light)'
        return
    }
    bench_nginx_start
    compare_kannel 'Kannel, get-url from nginx' 'nothing: no state; a crash loses the SMS' '' \
        "get-url = \"http://127.0.0.1:$NGINX_PORT/?from=%p\&text=%a\"" nginx.pid
}

compare_report()
{
    local row group name us per_s p50 p99 words at last='' comma=''
    printf '[' >"$COMPARE_OUT"
    for row in "${COMPARE_ROWS[@]}"; do
        IFS='|' read -r group name us per_s p50 p99 words <<<"$row"
        if [ "$group" != "$last" ]; then
            at=$COMPARE_SMS_AT_ONCE
            [ "$group" != USSD ] || at=$COMPARE_USSD_AT_ONCE
            printf '%-44s %8s %6s %8s %8s %8s  %s\n' "$group, $((LEARNERS * 7)) messages, $at at once" \
                'us of CPU' ratio a/s 'p50 ms' 'p99 ms' 'what it promises'
            last=$group
        fi
        if [ -z "$us" ]; then
            printf '  %-42s skipped: %s\n' "$name" "$words"
            continue
        fi
        printf '  %-42s %9s %6s %8s %8s %8s  %s\n' "$name" "$us" \
            "$(quotient "$us" "${COMPARE_OURS[$group]}" 2)" "$per_s" "$p50" "$p99" "$words"
        printf '%s\n {"load": "%s", "system": "%s", "cpu_us": %s, "ratio": %s, "per_second": %s, "p50_ms": %s, "p99_ms": %s}' \
            "$comma" "$group" "$name" "$us" "$(quotient "$us" "${COMPARE_OURS[$group]}" 2)" "$per_s" "$p50" "$p99" >>"$COMPARE_OUT"
        comma=,
    done
    printf '\n]\n' >>"$COMPARE_OUT"
}

compare_main()
{
    LEARNERS=$1
    [ "$LEARNERS" -ge $((COMPARE_USSD_AT_ONCE * COMPARE_TURNS)) ] ||
        die 64 "bench --compare needs at least $((COMPARE_USSD_AT_ONCE * COMPARE_TURNS)) learners"
    bench_prepare
    [ "$LEARNERS" -ge $((COMPARE_SMS_AT_ONCE * COMPARE_TURNS)) ] || COMPARE_SMS_AT_ONCE=$((LEARNERS / COMPARE_TURNS))
    COMPARE_OUT="${BENCH_OUT%/*}/compare.json"
    COMPARE_ROWS=() COMPARE_PIDS=() COMPARE_PART=() COMPARE_SETTLED=true
    declare -gA COMPARE_OURS=()
    redis-cli -s "$STATE/redis/redis.sock" config set auto-aof-rewrite-percentage 0 >/dev/null
    compare_nginx
    compare_ours
    compare_node
    compare_kannels
    mapfile -t COMPARE_ROWS < <(printf '%s\n' "${COMPARE_ROWS[@]}" | sort -s -t'|' -rk1,1) # USSD first
    say "the machine meanwhile: load $(cut -d' ' -f1-3 /proc/loadavg) on $(nproc) cores"
    compare_report
    say "written to $COMPARE_OUT"
}
