#!/bin/bash
# memory.sh [SECONDS]: front, writer, sender and timer are without memory now and then, under load: one allocation fails, at
# random, ours and those of the libraries. A process then goes on or ends itself, which is a kill (base/xalloc.h), and
# nothing that was answered with 2xx is lost or doubled.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/failing/shared.sh"

failing_up memory.c
ledger_begin "${1:-30}"
ledger_check
check 'allocations failed thirty times and more' enough_failures 30
check 'no process crashed, and no library in it' no_crash
printf '# failed allocations, by process:%s\n' "$(sort "$STATE/failures" | uniq -c | tr -s ' \n' ' ')"
done_testing
