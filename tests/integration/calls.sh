#!/bin/bash
# calls.sh [SECONDS]: system calls of front, writer, sender and timer fail now and then, under load: files and memory run out,
# the disk is full or broken, signals come, the other side goes, and half of it is done. Meanwhile Redis hangs again and
# again, so that the spool is used. Nothing that was answered with 2xx is lost or doubled.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/failing/shared.sh"

hang_redis()
{
    local pid
    pid=$(cat "$STATE/redis/pid")
    while is_alive "$LEDGER"; do
        kill -STOP "$pid"
        sleep 2
        kill -CONT "$pid"
        sleep 3
    done
}

failing_up calls.c
ledger_begin "${1:-30}"
hang_redis
ledger_check
check_same 'nor in the spool' '' "$(ls "$STATE/spool/quarantine" 2>/dev/null)"
check 'calls failed a hundred times and more' enough_failures 100
check 'no process crashed' no_crash
printf '# failed calls:%s\n' "$(cut -d' ' -f2,3 "$STATE/failures" | sort | uniq -c | tr -s ' \n' ' ')"
done_testing
