# shellcheck shell=bash
# bench.sh: `./run bench [LEARNERS]`: what a callback costs, in CPU time from /proc (not wall time),
# beside nginx returning a static line under the same load in the same run. Prints a table, writes
# STATE/bench.json. Redis and PostgreSQL run with full durability. tests/bench/README.md tells what
# each number is and where the time goes.

# Inputs of one USSD session: dial, the second page of the consent, agree, skip the role, the second page
# of the welcome; then the seven questions of the pre-test, each answer stored and followed by the next question.
BENCH_BEFORE=('' 9 1 0 9)
BENCH_QUIZ=(1 1 1 1 1 1 1)
# The same by SMS: join, agree, work; no two alike in a row, since within ten seconds that is a repeat.
BENCH_SMS_BEFORE=(JOIN 1 2)
BENCH_SMS_QUIZ=(1 2 1 2 1 2 1)

# On-CPU time of processes in nanoseconds, all their threads (first field of schedstat).
cpu_ns()
{
    local pid
    for pid in "$@"; do
        cat "/proc/$pid/task/"*/schedstat 2>/dev/null || true # a helper of PostgreSQL may have ended
    done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# field NAME < JSON of one line
field()
{
    sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p"
}

# quotient A B DIGITS
quotient()
{
    awk -v a="$1" -v b="$2" -v digits="$3" \
        'BEGIN { printf("%." digits "f\n", (b > 0) ? a / b : 0) }'
}

# Every process of a role: the supervisor's children.
children()
{
    ps -o pid= --ppid "$1" | tr '\n' ' '
}

# bench_serve ROLE PORT: starts one role of the gateway, with an admin listener of its own; its pid
# goes to STATE/ROLE.pid. SMS of the channel `at` go to the load, as many as there are.
bench_serve()
{
    WAYPOST_FRONTS=1 demo_write_config "$STATE" "$2" |
        sed "s|tps: 1000|tps: 10000|; s|http://[^/]*/sim/send/at\"|http://127.0.0.1:$SINK_PORT/at\"|; ${BENCH_SED:-}" \
            >"$STATE/$1.yaml"
    (cd / && exec setsid "$WAYPOST" serve --config "$STATE/$1.yaml" --role "$1") \
        </dev/null >>"$STATE/waypost.log" 2>&1 9>&- &
    printf '%s\n' $! >"$STATE/$1.pid"
}

bench_stop()
{
    local role
    for role in front writer sender timer nginx rival smsbox bearerbox; do
        [ ! -e "$STATE/$role.pid" ] || stop_pid "$(cat "$STATE/$role.pid")" TERM 20
    done
    postgres_stop "$STATE"
    redis_stop "$STATE"
}

# redis_info SECTION NAME
redis_info()
{
    redis-cli -s "$STATE/redis/redis.sock" info "$1" | tr -d '\r' | sed -n "s/^$2://p"
}

bench_sql()
{
    psql -h "$STATE/pg" -U postgres -d waypost -v ON_ERROR_STOP=1 -Atqc "$1"
}

# The load of the measurement on a port: closed loop, 64 connections.
bench_load_quiz()
{
    "$ROOT/build/bench_load" --port "$1" --learners "$LEARNERS" --skip "${#BENCH_BEFORE[@]}" \
        "${BENCH_BEFORE[@]}" "${BENCH_QUIZ[@]}"
}

bench_front()
{
    local pids before aof result
    "$WAYPOST" rebuild --config "$STATE/waypost.yaml" >>"$STATE/waypost.log" 2>&1 # opens the fence
    bench_serve front "$PORT"
    wait_for 30 curl -fsS -m 2 "http://127.0.0.1:$((PORT + 1))/readyz" ||
        die 69 "the front did not get ready; see $STATE/waypost.log"
    EMPTY_BYTES=$(redis_info memory used_memory)
    "$ROOT/build/bench_load" --port "$PORT" --learners "$LEARNERS" "${BENCH_BEFORE[@]}" >/dev/null
    read -ra pids < <(printf '%s %s\n' "$(children "$(cat "$STATE/front.pid")")" "$(cat "$STATE/redis/pid")")
    before=$(cpu_ns "${pids[@]}")
    redis-cli -s "$STATE/redis/redis.sock" config set auto-aof-rewrite-percentage 0 >/dev/null
    aof=$(redis_info persistence aof_current_size)
    result=$(bench_load_quiz "$PORT")
    AOF_BYTES=$(quotient "$(($(redis_info persistence aof_current_size) - aof))" \
        "$(field callbacks <<<"$result")" 0)
    CALLBACK_US=$(quotient "$(($(cpu_ns "${pids[@]}") - before))" \
        "$(($(field callbacks <<<"$result") * 1000))" 2)
    CALLBACKS_PER_S=$(field per_second <<<"$result")
    result=$("$ROOT/build/bench_load" --port "$PORT" --first "$LEARNERS" --learners 2000 \
        --rate 1000 "${BENCH_BEFORE[@]}" "${BENCH_QUIZ[@]}")
    P50_MS=$(field p50_ms <<<"$result")
    P99_MS=$(field p99_ms <<<"$result")
    P999_MS=$(field p999_ms <<<"$result")
}

# nginx with a static line, on NGINX_PORT.
bench_nginx_start()
{
    local dir="$STATE/nginx"
    NGINX_PORT=$(free_port)
    install -d "$dir"
    sed "s|DIR|$dir|g; s|PORT|$NGINX_PORT|g" "$ROOT/tests/bench/nginx.conf" >"$dir/nginx.conf"
    setsid nginx -p "$dir" -c "$dir/nginx.conf" </dev/null >/dev/null 2>&1 9>&- &
    printf '%s\n' $! >"$STATE/nginx.pid"
    wait_for 10 curl -fsS -m 2 "http://127.0.0.1:$NGINX_PORT/" || die 69 "nginx did not start"
}

bench_nginx()
{
    local before result
    bench_nginx_start
    before=$(cpu_ns "$(cat "$STATE/nginx.pid")")
    result=$(bench_load_quiz "$NGINX_PORT")
    NGINX_US=$(quotient "$(($(cpu_ns "$(cat "$STATE/nginx.pid")") - before))" \
        "$(($(field callbacks <<<"$result") * 1000))" 2)
    stop_pid "$(cat "$STATE/nginx.pid")" TERM 10
}

# True when the events of the load are all in PostgreSQL.
is_drained()
{
    local bucket
    bench_sql "select ms || '-' || n from core.log_place order by bucket" >"$STATE/log_places"
    for bucket in $(seq 0 255); do
        printf 'XREVRANGE wp:{b%03d}:events + - COUNT 1\n' "$bucket"
    done | redis-cli -s "$STATE/redis/redis.sock" | grep -a -E '^[0-9]+-[0-9]+$' >"$STATE/log_ends"
    ! grep -qvxFf "$STATE/log_places" "$STATE/log_ends"
}

# has_written PORT N: the writer with this admin listener has stored that many; how many there are is in WRITTEN.
has_written()
{
    WRITTEN=$(curl -fsS -m 2 "http://127.0.0.1:$1/metrics" | sed -n 's/^waypost_events_written_total //p')
    [ "${WRITTEN:-0}" -ge "$2" ]
}

# writer_is_done PORT N: likewise, or nothing is left for it: a batch that PostgreSQL stored although its answer came too
# late is in no count.
writer_is_done()
{
    local before=${WRITTEN:-0}
    has_written "$1" "$2" || { [ "$WRITTEN" = "$before" ] && is_drained; }
}

# How fast the writer stores what the fronts have left for it, from its first batch to its last, and the bytes that
# learners take when nothing but them is in Redis. It is asked itself how far it is, which costs the least.
bench_writer()
{
    local port start first all
    port=$(free_port)
    all=$(for bucket in $(seq 0 255); do
        printf 'XLEN wp:{b%03d}:events\n' "$bucket"
    done | redis-cli -s "$STATE/redis/redis.sock" | awk '{ sum += $1 } END { print sum }')
    bench_serve writer "$port"
    wait_for 60 has_written "$((port + 1))" 1 || die 70 "the writer stores nothing; see $STATE/waypost.log"
    start=$(date +%s%N) first=$WRITTEN
    wait_for 600 writer_is_done "$((port + 1))" "$all" || die 70 "the writer did not finish; see $STATE/waypost.log"
    EVENTS_PER_S=$(quotient "$(((WRITTEN - first) * 1000))" "$((($(date +%s%N) - start) / 1000000))" 0)
    wait_for 60 is_drained || die 70 "the writer did not finish; see $STATE/waypost.log"
    EVENTS=$(bench_sql 'select count(*) from core.event')
    for bucket in $(seq 0 255); do
        printf 'XTRIM wp:{b%03d}:events MAXLEN 0\n' "$bucket"
    done | redis-cli -s "$STATE/redis/redis.sock" >/dev/null
    BYTES_PER_LEARNER=$(quotient "$(($(redis_info memory used_memory) - EMPTY_BYTES))" \
        "$((LEARNERS + 2000))" 0)
    bench_sql "copy (table core.event) to '$STATE/pg/event.copy'"
    bench_sql 'create table public.copied (like core.event including all)'
    start=$(date +%s%N)
    bench_sql "copy public.copied from '$STATE/pg/event.copy'"
    COPY_PER_S=$(quotient "$((EVENTS * 1000))" "$((($(date +%s%N) - start) / 1000000))" 0)
}

# Every process at once: new learners, until their rows are in PostgreSQL.
bench_whole()
{
    local pids before result first=$((LEARNERS + 2000))
    "$ROOT/build/bench_load" --port "$PORT" --first "$first" --learners "$LEARNERS" \
        "${BENCH_BEFORE[@]}" >/dev/null
    wait_for 600 is_drained || die 70 "the writer did not finish; see $STATE/waypost.log"
    read -ra pids < <(printf '%s %s %s %s %s\n' "$(children "$(cat "$STATE/front.pid")")" \
        "$(children "$(cat "$STATE/writer.pid")")" "$(cat "$STATE/redis/pid")" \
        "$(cat "$STATE/pg/pid")" "$(children "$(cat "$STATE/pg/pid")")")
    before=$(cpu_ns "${pids[@]}")
    result=$("$ROOT/build/bench_load" --port "$PORT" --first "$first" --learners "$LEARNERS" \
        --skip "${#BENCH_BEFORE[@]}" "${BENCH_BEFORE[@]}" "${BENCH_QUIZ[@]}")
    wait_for 600 is_drained || die 70 "the writer did not finish; see $STATE/waypost.log"
    WHOLE_US=$(quotient "$(($(cpu_ns "${pids[@]}") - before))" \
        "$(($(field callbacks <<<"$result") * 1000))" 2)
}

# From an answer by SMS to the next question at the provider: front, Redis and sender. 512 people at
# once, since an SMS waits up to 10 ms for others that are read with it; others take their turns between.
bench_sms()
{
    local pids before result load=("$ROOT/build/bench_load" --port "$PORT" --path /in/at --sms "$SINK_PORT"
        --first "$((2 * LEARNERS + 2000))" --learners "$((LEARNERS / 4 + 1024))" --connections 512)
    stop_pid "$(cat "$STATE/writer.pid")" TERM 20
    bench_serve sender "$(free_port)"
    timeout 300 "${load[@]}" "${BENCH_SMS_BEFORE[@]}" >/dev/null || die 70 "SMS did not come; see $STATE/waypost.log"
    read -ra pids < <(printf '%s %s %s\n' "$(children "$(cat "$STATE/front.pid")")" \
        "$(children "$(cat "$STATE/sender.pid")")" "$(cat "$STATE/redis/pid")")
    before=$(cpu_ns "${pids[@]}")
    result=$(timeout 300 "${load[@]}" --skip "${#BENCH_SMS_BEFORE[@]}" "${BENCH_SMS_BEFORE[@]}" "${BENCH_SMS_QUIZ[@]}") ||
        die 70 "SMS did not come; see $STATE/waypost.log"
    SMS_US=$(quotient "$(($(cpu_ns "${pids[@]}") - before))" "$(($(field callbacks <<<"$result") * 1000))" 2)
    SMS_PER_S=$(field per_second <<<"$result")
    SMS_P50_MS=$(field p50_ms <<<"$result")
    stop_pid "$(cat "$STATE/sender.pid")" TERM 20
}

# The same quiz as people write it today, on the same Redis and PostgreSQL: tests/bench/rival.js, on RIVAL_PORT.
# False, with a word why, where it is not to be had.
bench_rival_start()
{
    local dir="$STATE/rival"
    if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
        say 'skipped: no npm here, so nothing to compare with in Node'
        return 1
    fi
    mkdir -p "$dir"
    if ! timeout 90 npm install --prefix "$dir" --no-audit --no-fund --silent --fetch-retries=1 --fetch-timeout=20000 \
        express@4 redis@4 pg@8 >"$dir/npm.log" 2>&1; then
        say "skipped: npm does not get express, redis and pg; see $dir/npm.log"
        return 1
    fi
    RIVAL_PORT=$(free_port)
    PORT=$RIVAL_PORT SEND_PORT=$SINK_PORT REDIS_SOCKET="$STATE/redis/redis.sock" PGHOST="$STATE/pg" NODE_ENV=production \
        NODE_PATH="$dir/node_modules" setsid node "$ROOT/tests/bench/rival.js" </dev/null >"$dir/log" 2>&1 9>&- &
    printf '%s\n' $! >"$STATE/rival.pid"
    wait_for 20 curl -fsS -m 2 "http://127.0.0.1:$RIVAL_PORT/" || die 69 "the rival did not start; see $dir/log"
}

# bench_rival_stored N: it has stored the seven answers of N learners.
bench_rival_stored()
{
    [ "$(bench_sql 'select count(*) from public.rival_answer')" = "$(($1 * 7))" ] ||
        die 70 "the rival has lost answers; see $STATE/rival/log"
}

# What it does not finish is null: our own numbers are told in any case.
bench_rival()
{
    local pids before result
    RIVAL_US=null RIVAL_PER_S=null RIVAL_RATIO=null
    stop_pid "$(cat "$STATE/front.pid")" TERM 20
    bench_rival_start || return 0
    if ! "$ROOT/build/bench_load" --port "$RIVAL_PORT" --learners "$LEARNERS" "${BENCH_BEFORE[@]}" >/dev/null; then
        say "the rival did not answer all of them; see $STATE/rival/log"
        return 0
    fi
    read -ra pids < <(printf '%s %s %s %s\n' "$(cat "$STATE/rival.pid")" "$(cat "$STATE/redis/pid")" \
        "$(cat "$STATE/pg/pid")" "$(children "$(cat "$STATE/pg/pid")")")
    before=$(cpu_ns "${pids[@]}")
    if ! result=$(bench_load_quiz "$RIVAL_PORT"); then
        say "the rival did not answer all of them; see $STATE/rival/log"
        return 0
    fi
    RIVAL_US=$(quotient "$(($(cpu_ns "${pids[@]}") - before))" "$(($(field callbacks <<<"$result") * 1000))" 2)
    RIVAL_PER_S=$(field per_second <<<"$result")
    RIVAL_RATIO=$(quotient "$RIVAL_US" "$WHOLE_US" 2)
    bench_rival_stored "$LEARNERS"
}

bench_report()
{
    local ratio bench engine free_text load turn
    ratio=$(quotient "$CALLBACK_US" "$NGINX_US" 2)
    bench=$(cd "$ROOT" && build/bench_engine)
    engine=$(field engine_step_us <<<"$bench")
    free_text=$(field free_text_us <<<"$bench")
    load=$(field course_load_ms <<<"$bench")
    turn=$(field course_turn_ms <<<"$bench")
    cat <<TABLE
USSD quiz callback, front and Redis   $CALLBACK_US us of CPU   ($CALLBACKS_PER_S/s, answers on disk)
nginx, a static line, same load       $NGINX_US us of CPU   (ratio $ratio)
the same until the rows are in PG     $WHOLE_US us of CPU, all processes
the same quiz in Node, rows in PG     $RIVAL_US us of CPU   ($RIVAL_PER_S/s; $RIVAL_RATIO times ours)
SMS: answer in, next question out     $SMS_US us of CPU, front, Redis and sender   ($SMS_PER_S/s, p50 $SMS_P50_MS ms)
one step of the engine                $engine us
safe words in a free text             $free_text us
a course is loaded                    $load ms of each process, at most $turn ms of them in one turn
at 1,000 callbacks/s                  p50 $P50_MS ms, p99 $P99_MS ms, p99.9 $P999_MS ms
writer, events into PostgreSQL        $EVENTS_PER_S/s   ($EVENTS events)
PostgreSQL COPY of the same rows      $COPY_PER_S/s
Redis, one learner                    $BYTES_PER_LEARNER bytes
Redis, append-only file               $AOF_BYTES bytes a callback
TABLE
    cat >"$BENCH_OUT" <<JSON
{"callback_cpu_us": $CALLBACK_US, "nginx_cpu_us": $NGINX_US, "ratio": $ratio,
 "engine_step_us": $engine, "free_text_us": $free_text, "course_load_ms": $load, "course_turn_ms": $turn,
 "p50_ms": $P50_MS, "p99_ms": $P99_MS, "p999_ms": $P999_MS,
 "writer_events_per_s": $EVENTS_PER_S, "copy_rows_per_s": $COPY_PER_S,
 "whole_cpu_us": $WHOLE_US, "redis_bytes_per_learner": $BYTES_PER_LEARNER,
 "aof_bytes_per_callback": $AOF_BYTES, "callbacks_per_s": $CALLBACKS_PER_S,
 "sms_loop_us": $SMS_US, "sms_loops_per_s": $SMS_PER_S, "sms_p50_ms": $SMS_P50_MS,
 "rival_cpu_us": $RIVAL_US, "rival_per_s": $RIVAL_PER_S, "rival_ratio": $RIVAL_RATIO,
 "learners": $LEARNERS}
JSON
    say "written to $BENCH_OUT"
}

# Redis and PostgreSQL with full durability in a folder of their own, below STATE. What is measured is what is shipped, the
# release build, which is optimised across files; with BENCH_PRESET=dev the one that the load is of.
bench_prepare()
{
    build_preset dev
    if [ "${BENCH_PRESET:-release}" != dev ]; then
        build_preset release
        WAYPOST="$ROOT/build-release/waypost"
    fi
    lock_state
    BENCH_OUT="$STATE/bench.json"
    STATE="$STATE/bench"
    PORT=$(free_port)
    SINK_PORT=$(free_port)
    demo_stop_orphans "$STATE"
    rm -rf "$STATE"
    mkdir -p "$STATE"
    chmod 0711 "$STATE"
    state_check_path "$STATE"
    trap bench_stop EXIT
    trap 'exit 130' INT TERM
    step 'preparing'
    redis_start "$STATE"
    postgres_start "$STATE"
    demo_write_config "$STATE" "$PORT" >"$STATE/waypost.yaml"
    demo_prepare "$STATE"
}

bench_main()
{
    if [ "${1:-}" = compare ]; then
        # shellcheck source=/dev/null
        . "$ROOT/run.d/compare.sh"
        compare_main "${2:-5000}"
        return
    fi
    if [ "${1:-}" = cluster ]; then
        # shellcheck source=/dev/null
        . "$ROOT/run.d/cluster.sh"
        bench_prepare
        cluster_bench "${2:-20000}"
        return
    fi
    if [ "${1:-}" = growth ] || [ "${1:-}" = continent ] || [ "${1:-}" = timers ] || [ "${1:-}" = reports ]; then
        # shellcheck source=/dev/null
        . "$ROOT/run.d/growth.sh"
        bench_prepare
        "$WAYPOST" rebuild --config "$STATE/waypost.yaml" >>"$STATE/waypost.log" 2>&1 # opens the fence
        case $1 in
        growth) growth_main "${2:-1000000}" "${3:-10000000}" ;;
        timers) growth_timers "${2:-1000000}" ;;
        reports) growth_reports "${2:-100000}" ;;
        continent) growth_continent "${2:-17000000}" ;;
        esac
        return
    fi
    LEARNERS=${1:-20000}
    bench_prepare
    step "callbacks of $LEARNERS learners"
    bench_front
    step 'nginx under the same load'
    bench_nginx
    step 'events into PostgreSQL'
    bench_writer
    step 'callbacks until their rows are in PostgreSQL'
    bench_whole
    step 'answers and questions by SMS'
    bench_sms
    step 'the same quiz in Node'
    bench_rival
    bench_report
}
