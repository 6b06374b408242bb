# shellcheck shell=bash
# growth.sh: `./run bench --growth [LEARNERS [EVENTS]]`: what a callback costs with 10,000, 100,000 ... up to
# LEARNERS (1,000,000) learners in Redis, and how long a batch of the writer takes in an empty PostgreSQL and in
# one that holds EVENTS (10,000,000) made in SQL. Prints the ratios to the smallest, and ends with an error when one
# is over its limit: 1.15 for the CPU of a callback, 1.5 for the 95th percentile of a batch. Needs bench.sh.
# `./run bench --continent [LEARNERS]`: with 17,000,000 in one Redis, which needs 12 GB of memory and of disk.
# `./run bench --timers [LEARNERS]`: 1,000,000 whose reminders are due in one hour.
# `./run bench --reports [LEARNERS]`: how long each report takes among 1,000,000, for an organisation with a tenth and for all; ends
# with an error when one takes more than 5 s, or by cohort more than 1 s.

GROWTH_CPU_MAX=1.15
GROWTH_P95_MAX=1.5
GROWTH_SAMPLE=3000 # learners of each measurement

# growth_sample: what a learner in mid-course is in Redis goes to STATE/sample; there must be some.
growth_sample()
{
    local key
    key=$(redis-cli -s "$STATE/redis/redis.sock" --scan --pattern 'wp:*:s:*' | sed 1q)
    redis-cli -s "$STATE/redis/redis.sock" --raw get "$key" | head -c -1 >"$STATE/sample"
}

# growth_put FROM N KIND: copies of the sample, as tests/bench/timers.c makes them.
growth_put()
{
    "$ROOT/build/bench_timers" "$STATE/redis/redis.sock" "$STATE/keys" "$1" "$2" "$3" <"$STATE/sample" ||
        die 70 'the learners cannot be made'
}

# growth_cpu FIRST SKIP INPUT...: CPU of front and Redis for a callback of so many learners.
growth_cpu()
{
    local pids before result
    read -ra pids < <(printf '%s %s\n' "$(children "$(cat "$STATE/front.pid")")" "$(cat "$STATE/redis/pid")")
    before=$(cpu_ns "${pids[@]}")
    result=$("$ROOT/build/bench_load" --port "$PORT" --first "$1" --learners "$GROWTH_SAMPLE" --skip "$2" "${@:3}")
    quotient "$(($(cpu_ns "${pids[@]}") - before))" "$(($(field callbacks <<<"$result") * 1000))" 2
}

# growth_callbacks FIRST: of new learners: until they have begun, most of which move a reminder; then of an answer.
growth_callbacks()
{
    printf '%s %s\n' "$(growth_cpu "$1" 0 "${BENCH_BEFORE[@]}")" \
        "$(growth_cpu "$1" "${#BENCH_BEFORE[@]}" "${BENCH_BEFORE[@]}" "${BENCH_QUIZ[@]}")"
}

# growth_ratio WORDS VALUE SMALLEST UNIT MAX
growth_ratio()
{
    local ratio
    ratio=$(quotient "$2" "$3" 2)
    printf '%-42s %10s %-4s ratio %s (at most %s)\n' "$1" "$2" "$4" "$ratio" "$5"
    awk -v ratio="$ratio" -v max="$5" 'BEGIN { exit !(ratio <= max) }' || GROWTH_FAILED=1
}

growth_redis()
{
    local size n=0 smallest='' cpu filled=0
    bench_serve front "$PORT"
    wait_for 30 curl -fsS -m 2 "http://127.0.0.1:$((PORT + 1))/readyz" ||
        die 69 "the front did not get ready; see $STATE/waypost.log"
    growth_callbacks 0 >/dev/null # warm
    growth_sample
    for ((size = 10000; size <= $1; size *= 10)); do
        growth_put "$filled" $((size - filled)) later
        filled=$size
        n=$((n + 1))
        read -r _ cpu < <(growth_callbacks $((n * GROWTH_SAMPLE)))
        smallest=${smallest:-$cpu}
        growth_ratio "callback with $size learners in Redis" "$cpu" "$smallest" us "$GROWTH_CPU_MAX"
    done
    stop_pid "$(cat "$STATE/front.pid")" TERM 20
}

# CPU of PostgreSQL's processes that have ended, in ms.
growth_ended_ms()
{
    awk -v hz="$(getconf CLK_TCK)" '{ print ($16 + $17) * 1000 / hz }' "/proc/$(cat "$STATE/pg/pid")/stat"
}

# p95 of the writer's batches, each of about a gathering time's events, in ms; and CPU for an event, in us. That of
# the backend is known when it has ended.
growth_batches()
{
    local before p95 n=40000
    bench_sql "delete from core.log_place; insert into core.log_place (bucket) select generate_series(0, 255)"
    before=$(growth_ended_ms)
    p95=$("$ROOT/build/bench_writer" "host=$STATE/pg dbname=waypost user=waypost_writer" "$n" 4000 4000 \
        2>>"$STATE/waypost.log" | sed -n 's/.*"batch_p95_ms":\([0-9.]*\).*/\1/p')
    wait_for 10 growth_has_ended
    printf '%s %s\n' "$p95" "$(quotient "$(awk -v a="$(growth_ended_ms)" -v b="$before" 'BEGIN { print (a - b) * 1000 }')" "$n" 1)"
}

# Each measurement has the same learners, and a step that is there with another time would be a conflict.
growth_empty()
{
    bench_sql 'truncate core.event, core.learner_unit, core.unit_cohort, core.active_day, core.number_state, core.vault,
        core.consent, core.certificate, core.free_text, core.enrolment, core.learner cascade'
}

growth_has_ended()
{
    [ "$(bench_sql "select count(*) from pg_stat_activity where usename = 'waypost_writer'")" = 0 ]
}

growth_postgres()
{
    local small_ms small_us large_ms large_us
    bench_sql 'delete from core.epoch' # bench_writer has a log of its own
    growth_batches >/dev/null # warm
    growth_empty
    read -r small_ms small_us < <(growth_batches)
    growth_ratio 'batch of the writer in an empty PostgreSQL' "$small_ms" "$small_ms" ms "$GROWTH_P95_MAX"
    growth_ratio 'CPU for an event in it' "$small_us" "$small_us" us "$GROWTH_P95_MAX"
    growth_empty
    psql -h "$STATE/pg" -U postgres -d waypost -v ON_ERROR_STOP=1 -v learners="$(($1 / 10))" \
        -qf "$ROOT/tests/bench/grow.sql"
    read -r large_ms large_us < <(growth_batches)
    growth_ratio "batch with $1 events there" "$large_ms" "$small_ms" ms "$GROWTH_P95_MAX"
    growth_ratio 'CPU for an event among them' "$large_us" "$small_us" us "$GROWTH_P95_MAX"
}

# Memory of Redis, in bytes.
growth_memory()
{
    redis-cli -s "$STATE/redis/redis.sock" info memory | sed -n 's/^used_memory:\([0-9]*\).*/\1/p'
}

growth_is_rewritten()
{
    redis-cli -s "$STATE/redis/redis.sock" info persistence | grep -q '^aof_rewrite_in_progress:0'
}

# growth_continent LEARNERS: as many as a continent has in one Redis: memory, the cost of a callback beside that with
# 10,000, and how long Redis takes to write its file anew and to start. The limits are those of docs/design.md.
growth_continent()
{
    local size=$1 few_first few many_first many start memory
    GROWTH_FAILED=0
    redis-cli -s "$STATE/redis/redis.sock" config set maxmemory 12gb >/dev/null
    bench_serve front "$PORT"
    wait_for 30 curl -fsS -m 2 "http://127.0.0.1:$((PORT + 1))/readyz" ||
        die 69 "the front did not get ready; see $STATE/waypost.log"
    growth_callbacks 0 >/dev/null # warm
    growth_sample
    growth_put 0 10000 later
    read -r few_first few < <(growth_callbacks "$GROWTH_SAMPLE")
    memory=$(growth_memory)
    start=$SECONDS
    growth_put 10000 $((size - 10000)) later
    memory=$(($(growth_memory) - memory))
    printf '%-42s %10s s\n' "restored $size learners in" $((SECONDS - start))
    printf '%-42s %10s GB\n' 'memory of their places and reminders' "$(quotient "$memory" 1000000000 2)"
    printf '%-42s %10s B\n' 'that is for one' "$(quotient "$memory" "$size" 0)"
    wait_for 1200 growth_is_rewritten # while a child of Redis writes, each page that is touched is copied
    read -r many_first many < <(growth_callbacks $((2 * GROWTH_SAMPLE)))
    growth_ratio 'answer with 10,000 learners' "$few" "$few" us "$GROWTH_CPU_MAX"
    growth_ratio "answer with $size" "$many" "$few" us "$GROWTH_CPU_MAX"
    growth_ratio 'beginning with 10,000' "$few_first" "$few_first" us "$GROWTH_CPU_MAX"
    growth_ratio "beginning with $size" "$many_first" "$few_first" us "$GROWTH_CPU_MAX"
    stop_pid "$(cat "$STATE/front.pid")" TERM 20
    start=$SECONDS
    redis-cli -s "$STATE/redis/redis.sock" bgrewriteaof >/dev/null
    wait_for 1200 growth_is_rewritten
    printf '%-42s %10s s\n' 'append-only file written anew in' $((SECONDS - start))
    printf '%-42s %10s GB\n' 'its size' "$(quotient "$(du -sb "$STATE/redis/appendonlydir" | cut -f1)" 1000000000 2)"
    redis_stop "$STATE"
    start=$SECONDS
    redis-server "$STATE/redis/redis.conf" --maxmemory 12gb >/dev/null 2>&1 9>&- &
    printf '%s\n' $! >"$STATE/redis/pid"
    wait_for 1200 redis_is_up "$STATE"
    wait_for 1200 growth_is_rewritten
    printf '%-42s %10s s\n' 'Redis is there again after a restart in' $((SECONDS - start))
    [ "$GROWTH_FAILED" = 0 ] || die 1 'the cost grows faster than it may'
}

# growth_hour HOUR: what makes it that time of day for the learners, four minutes before the next hour; on no day off,
# and with a channel that carries 1,000 SMS a second.
growth_hour()
{
    local minutes=$((($1 * 60 + 56 - (10#$(date -u +%H) * 60 + 10#$(date -u +%M)) + 1440) % 1440)) sign=+
    [ "$minutes" -le 840 ] || { minutes=$((1440 - minutes)) sign=-; }
    BENCH_SED=$(printf 's|utc_offset: "[^"]*"|utc_offset: "%s%02d:%02d", day_off: none|; ' \
        "$sign" $((minutes / 60)) $((minutes % 60)))
    BENCH_SED+='/name: at$/,/name: kannel/s|tps: 10000|tps: 1000|; s|tps: 10000|tps: 1|'
}

growth_outbox()
{
    local bucket
    for bucket in $(seq 0 255); do
        printf 'XLEN wp:{b%03d}:outbox\n' "$bucket"
    done | redis-cli -s "$STATE/redis/redis.sock" | awk '{ sum += $1 } END { print sum }'
}

# growth_bytes FROM N KIND: bytes of one of them in Redis.
growth_bytes()
{
    local before
    before=$(growth_memory)
    growth_put "$1" "$2" "$3"
    quotient $(($(growth_memory) - before)) "$2" 0
}

# growth_p99 FIRST: of callbacks at 1,000 a second.
growth_p99()
{
    "$ROOT/build/bench_load" --port "$PORT" --first "$1" --learners 2000 --rate 1000 \
        "${BENCH_BEFORE[@]}" "${BENCH_QUIZ[@]}" | field p99_ms
}

# growth_ticks PID: of CPU so far, its own and its children's.
growth_ticks()
{
    local pid
    for pid in "$1" $(pgrep -P "$1"); do
        sed 's/^.*) //' "/proc/$pid/stat" || true # one that has just ended
    done | awk '{ ticks += $12 + $13 } END { print ticks }'
}

# growth_woke_any BEFORE
growth_woke_any()
{
    [ "$(growth_outbox)" -gt "$1" ]
}

# growth_wake HOUR: timers work for half a minute at that time of day; sets GROWTH_WOKEN, SMS a second.
growth_wake()
{
    local before start
    growth_hour "$1"
    before=$(growth_outbox)
    start=$(date +%s%N)
    bench_serve timer "$(free_port)"
    sleep 20
    GROWTH_WOKEN=$(quotient "$((($(growth_outbox) - before) * 1000))" "$((($(date +%s%N) - start) / 1000000))" 0)
    stop_pid "$(cat "$STATE/timer.pid")" TERM 20
}

# growth_pair: the same callbacks while nobody is woken, and while timers wake all that the channel carries; adds a line
# "P99_WITHOUT P99_WITH TIMER_PERCENT REDIS_PERCENT", the shares of one processor, to STATE/pairs.
growth_pair()
{
    local without with before start timer redis
    GROWTH_FIRST=$((GROWTH_FIRST + 4000))
    without=$(growth_p99 "$GROWTH_FIRST")
    before=$(growth_outbox)
    bench_serve timer "$(free_port)"
    wait_for 60 growth_woke_any "$before" || die 1 'nobody is woken'
    timer=$(cat "$STATE/timer.pid") redis=$(cat "$STATE/redis/pid") start=$(date +%s%N)
    before="$(growth_ticks "$timer") $(growth_ticks "$redis")"
    with=$(growth_p99 $((GROWTH_FIRST + 2000)))
    awk -v without="$without" -v with="$with" -v ms=$((($(date +%s%N) - start) / 1000000)) -v hz="$(getconf CLK_TCK)" \
        -v before="$before" -v after="$(growth_ticks "$timer") $(growth_ticks "$redis")" \
        'BEGIN { split(before, b, " "); split(after, a, " ")
            printf "%s %s %.0f %.0f\n", without, with, (a[1] - b[1]) / hz * 100000 / ms, (a[2] - b[2]) / hz * 100000 / ms }' \
        >>"$STATE/pairs"
    stop_pid "$timer" TERM 20
}

# growth_median COLUMN: of the pairs.
growth_median()
{
    cut -d' ' -f"$1" "$STATE/pairs" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# growth_pairs N: as many, one line each, and their medians.
growth_pairs()
{
    local i
    : >"$STATE/pairs"
    growth_hour 9
    printf '%-30s %9s %9s %9s %9s\n' 'p99 at 1,000 callbacks a second' without with timer Redis
    for i in $(seq "$1"); do
        growth_pair
        tail -n 1 "$STATE/pairs" | awk -v i="$i" '{ printf "%-31s %6s ms %6s ms %7s %% %7s %%\n", "pair " i, $1, $2, $3, $4 }'
    done
    printf '%-31s %6s ms %6s ms %7s %% %7s %%\n' median "$(growth_median 1)" "$(growth_median 2)" "$(growth_median 3)" "$(growth_median 4)"
    growth_most 'that is so many times as much' "$(quotient "$(growth_median 2)" "$(growth_median 1)" 2)" '' 1.5
}

# growth_timers LEARNERS: so many whose reminder became due within the last hour, as after an outage: in the morning, and the
# rest of them at night. SMS may come into the outbox only as fast as the channel carries them, and callbacks do not wait.
growth_timers()
{
    local size=$1 start bytes shared
    GROWTH_FAILED=0 GROWTH_FIRST=2000
    growth_hour 9
    bench_serve front "$PORT"
    wait_for 30 curl -fsS -m 2 "http://127.0.0.1:$((PORT + 1))/readyz" ||
        die 69 "the front did not get ready; see $STATE/waypost.log"
    "$ROOT/build/bench_load" --port "$PORT" --learners 1 --connections 1 "${BENCH_BEFORE[@]}" "${BENCH_QUIZ[@]}" 1 >/dev/null
    growth_sample
    start=$SECONDS
    bytes=$(growth_bytes 0 $((size * 9 / 10)) plain)
    shared=$(growth_bytes $((size * 9 / 10)) $((size / 10)) shared) # no more in all: Redis doubles its table once in a while
    printf '%-52s %10s s\n' "$size learners made in" $((SECONDS - start))
    redis-cli -s "$STATE/redis/redis.sock" config set auto-aof-rewrite-percentage 0 >/dev/null
    wait_for 1200 growth_is_rewritten
    growth_most 'Redis, a learner with a reminder' "$bytes" B 300
    growth_most 'and of a group, with another person' "$shared" B 300
    growth_pairs "${BENCH_PAIRS:-5}"
    growth_wake 9
    growth_most 'SMS a second in the morning' "$GROWTH_WOKEN" '' 1050
    growth_wake 2
    growth_most 'SMS a second at night' "$GROWTH_WOKEN" '' 0
    [ "$GROWTH_FAILED" = 0 ] || die 1 'more than there may be'
}

# growth_most WORDS VALUE UNIT MOST
growth_most()
{
    printf '%-52s %10s %-2s (at most %s)\n' "$1" "$2" "$3" "$4"
    awk -v value="$2" -v most="$4" 'BEGIN { exit !(value <= most) }' || GROWTH_FAILED=1
}

growth_main()
{
    GROWTH_FAILED=0
    step "callbacks with up to $1 learners in Redis"
    growth_redis "$1"
    step "batches of the writer with $2 events in PostgreSQL"
    growth_postgres "$2"
    [ "$GROWTH_FAILED" = 0 ] || die 1 'the cost grows faster than it may'
}

# growth_ask LOGIN QUERY: processor seconds of its backend, or - when it took more than ten minutes.
growth_ask()
{
    local used="\\! awk '{ print \$14 + \$15 }' /proc/\$BACKEND/stat"
    printf '%s\n' 'select pg_backend_pid() as pid \gset' '\setenv BACKEND :pid' "set statement_timeout = '600s';" "$used" '\o /dev/null' "$2;" '\o' "$used" |
        psql -h "$STATE/pg" -U "$1" -d waypost -XAtq -v ON_ERROR_STOP=1 2>&1 |
        awk -v hz="$(getconf CLK_TCK)" '/^[0-9]+$/ { used[++n] = $1 } END { if (n < 2) print "-"; else printf "%.1f\n", (used[2] - used[1]) / hz }' ||
        true
}

# growth_report NAME QUERY MOST: a row of the table; MOST: seconds that it may take.
growth_report()
{
    local tenth whole
    tenth=$(growth_ask tenth "$2")
    whole=$(growth_ask whole "$2")
    printf '%-44s %10s %10s\n' "$1" "$tenth" "$whole"
    awk -v whole="$whole" -v most="$3" 'BEGIN { exit !(whole != "-" && whole <= most) }' || GROWTH_FAILED=1
}

# growth_reports LEARNERS: seconds for each report of a login of the organisation with a tenth of them, and of one that reads all.
growth_reports()
{
    local name kind arguments columns start most
    GROWTH_FAILED=0
    step "$1 learners of a year"
    psql -h "$STATE/pg" -U postgres -d waypost -v ON_ERROR_STOP=1 -v learners="$1" -qf "$ROOT/tests/bench/year.sql"
    bench_sql "select ops.add_coordinator('tenth', 'tenth'), ops.add_coordinator('whole', 'tenth');
        insert into core.member select 'whole', o.org_id from core.organisation o on conflict do nothing"
    step 'counting in the background, as the writer does it'
    start=$SECONDS
    while [ -n "$(bench_sql 'select core.keep_answers()')" ]; do :; done
    printf '%-52s %10s s\n' 'took' $((SECONDS - start))
    step 'reports'
    printf '%-44s %10s %10s\n' 'processor seconds' 'a tenth' 'all'
    while IFS='|' read -r name kind arguments columns; do
        if [ "$kind" = view ]; then
            most=5
            [[ ", $columns," != *', learner_id,'* ]] || most=1000 # rows of people, one for each
            growth_report "$name" "select * from report.$name" "$most"
            [[ ", $columns," != *', cohort,'* ]] ||
                growth_report "$name, one cohort" "select * from report.$name where cohort = 'year7'" 1
        else
            growth_report "$name()" "select * from report.$name()" 5
            [[ ", $arguments," != *', by,'* || $name =~ ^(cost|delivery|failures|unmatched)$ ]] ||
                growth_report "$name(), each cohort" "select * from report.$name(by => 'cohort')" 1
        fi
    done < <(bench_sql "select name, kind, arguments, columns from report.catalogue where kind <> 'sheet' order by kind desc, name")
    [ "$GROWTH_FAILED" = 0 ] || die 1 'a report takes longer than it may'
}
