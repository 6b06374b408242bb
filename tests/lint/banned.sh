#!/bin/bash
# banned.sh: what may not stand in a committed file: functions that overflow or share static
# buffers, allocation outside base and port, unfinished work, paths of somebody's machine.
set -eu
cd "$(dirname "$0")/../.."
n_bad=0

# none WORDS PATTERN FILE...: no line of the files may match.
none()
{
    local words=$1 pattern=$2
    shift 2
    if grep -nE -- "$pattern" "$@"; then
        printf '^^ %s\n' "$words"
        n_bad=$((n_bad + 1))
    fi
}

# call NAME|NAME: a call that is no part of a longer name and no member.
call()
{
    printf '(^|[^A-Za-z0-9_.>])(%s)\\(' "$1"
}

mapfile -t code < <(git ls-files -co --exclude-standard 'gateway/*.[ch]' 'tests/*.[ch]')
mapfile -t timeless < <(printf '%s\n' "${code[@]}" | grep -vE '^gateway/base/clock.c$|^tests/bench/|^tests/integration/failing/')
mapfile -t layers < <(printf '%s\n' "${code[@]}" | grep -E '^gateway/(core|wire|profile|app)/')
mapfile -t all < <(git ls-files -co --exclude-standard | grep -vE '^LICENSE$|^tests/fuzz/corpus/|^tests/lint/banned.sh$')

none 'may overflow, or keeps its result in a static buffer; use snprintf, str.h, buf.h, the _r form' \
    "$(call 'strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|gets|atoi|atol|atoll|atof|gmtime|localtime|ctime|asctime|alloca|strerror_l|tmpnam|mktemp|rand|srand')" "${code[@]}"
none 'the time comes from base/clock.h or the loop' "$(call 'time|gettimeofday|clock_gettime')" \
    "${timeless[@]}"
none 'memory comes from arena.h, buf.h or xalloc.h' "$(call 'malloc|calloc|realloc')" "${layers[@]}"
none 'unfinished work is not committed' '(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)' "${all[@]}"
none 'a path of one machine' '(^|[^A-Za-z0-9._-])/(wor[k]|hom[e]/[a-z]+)/' "${all[@]}"
# A check whose output goes to a file or a pipe takes its verdict along: the TAP has no line of it, and a failure no words.
mapfile -t scripts < <(git ls-files -co --exclude-standard 'tests/*.sh')
hidden=$(awk '
    FNR == 1 { said = "" }
    { line = said $0; said = "" }
    line ~ /\\$/ { sub(/\\$/, "", line); said = line; next }
    line ~ /(^|[;&|(]|then|do|else) *(check|check_same) / &&
        line ~ / >>?(\/[^ \047"]*|"[^"]*")( 2>&1)?( <<.*)?$/ && gsub(/\047/, "&", line) % 2 == 0 { print FILENAME ":" FNR ": " line }' "${scripts[@]}")
if [ -n "$hidden" ]; then
    printf '%s\n^^ the verdict goes where the output goes; use `check WORDS into FILE COMMAND` (tests/integration/lib.sh)\n' "$hidden"
    n_bad=$((n_bad + 1))
fi
[ "$n_bad" = 0 ]
