#!/bin/bash
# layers.sh BUILD_DIR: the folder is the layer, and arrows point down only.
#
# 1. What each folder of gateway/ may include: own layers, and which libraries.
# 2. A file of port/ wraps one library (libevent, the loop everyone waits in, does not count).
# 3. What core, wire and profile ask of the C library: nothing that reads, writes, waits or knows the
#    time.
# 4. The service (role and below) takes nothing of lab.
# 5. Every header compiles alone.
# 6. No circle of calls between files, but inside of what is one machine (below).
# 7. A type that a header shows has its name for itself: no other file has one of that name.
# 8. What a file shows, another one of gateway/ takes; or a test does, and the file itself.
# 9. Likewise a function of Redis; one that only gateways of before call is named in port/README.md.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build}
n_bad=0

bad()
{
    printf '%s\n' "$*"
    n_bad=$((n_bad + 1))
}

# Layers that a folder may include.
declare -A own=(
    [gateway]='cli'
    [base]='base'
    [core]='core base'
    [wire]='wire core base'
    [profile]='profile wire core base'
    [port]='port profile wire core base'
    [app]='app port profile wire core base'
    [role]='role app port profile wire core base'
    [lab]='lab app port profile wire core base'
    [cli]='cli role lab app port profile wire core base'
)
# Libraries that it may include, by the beginning of the header's name.
declare -A lib=(
    [gateway]=''
    [base]=''
    [core]='pcre2.h utf8proc.h cmark.h yaml.h uthash.h'
    [wire]='jansson.h expat.h zlib.h'
    [profile]='pcre2.h openssl/ uthash.h'
    [port]='argon2.h qrencode.h event2/ hiredis.h async.h libpq-fe.h curl/ openssl/ xlsxwriter.h uthash.h'
    [app]='uthash.h'
    [role]=''
    [lab]='jansson.h uthash.h xlsxwriter.h zip.h'
    [cli]='jansson.h openssl/'
)
pure='core wire profile'
# What the pure layers may include of the C library.
libc_pure='arpa/inet.h assert.h ctype.h errno.h inttypes.h limits.h math.h stdarg.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h uchar.h'

# Machines: files whose states call each other, or that share one struct, count as one.
machines='core/engine app/outbox/(machine|prepare|attempt) app/dialog/(dialog|ask) app/callback app/persist lab/mem/store_mem'

# Shown all the same, though nothing but tests takes it: names and why.
only_tests='
(sink|store)_mem_.*                 the ports in memory let tests look inside
dialog_rows                         the table of a machine, which tests walk
outbox_(move|state_name|event_name) likewise
(engine|outbox)_diagram             the pictures in READMEs, which tests compare
cli_(completion|man|version)        rows of cli/cli.h, whose table is in the same file
main                                of the program
'

# begins_with_one WORD LIST
begins_with_one()
{
    local word
    for word in $2; do
        case $1 in "$word"*) return 0 ;; esac
    done
    return 1
}

check_file()
{
    local file=$1 folder=$2 header libraries=''
    while read -r header; do
        case $header in
        \"*.inc\") ;; # made by CMake out of a file beside it
        \"*)
            header=${header//\"/}
            begins_with_one "$header" "${own[$folder]// // }/" ||
                bad "$file includes $header: $folder may include ${own[$folder]} only"
            ;;
        '<'*)
            header=${header//[<>]/}
            if begins_with_one "$header" "${lib[*]}"; then
                begins_with_one "$header" "${lib[$folder]}" ||
                    bad "$file includes <$header>: no library for $folder"
                case $header in
                event2/* | uthash.h) ;;
                async.h) libraries+=hiredis.h$'\n' ;;
                *) libraries+="${header%%/*}"$'\n' ;;
                esac
            elif [[ " $pure " = *" $folder "* ]]; then
                begins_with_one "$header" "$libc_pure" ||
                    bad "$file includes <$header>: $folder is pure, no system calls"
            fi
            ;;
        esac
    done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*(["<][^">]*[">]).*/\1/p' "$file")
    if [ "$folder" = port ] && [ "$(printf '%s' "$libraries" | sort -u | grep -c .)" -gt 1 ]; then
        bad "$file wraps more than one library: $(printf '%s' "$libraries" | sort -u | tr '\n' ' ')"
    fi
}

check_includes()
{
    local folder file
    for folder in gateway/*/; do
        folder=$(basename "$folder")
        [ -n "${own[$folder]:-}" ] || bad "gateway/$folder is no layer (tests/lint/layers.sh lists them)"
        while read -r file; do
            check_file "$file" "$folder"
        done < <(find gateway/"$folder" -name '*.[ch]')
    done
    check_file gateway/main.c gateway
}

# Names that a library takes from outside itself and the layers below it.
check_symbols()
{
    local layer=$1 below=$2 allowed=$3 archives=() name
    for name in $layer $below; do
        [ ! -e "$build/libwp_$name.a" ] || archives+=("$build/libwp_$name.a")
    done
    nm -u "$build/libwp_$layer.a" | awk 'NF == 2 { print $2 }' | sort -u >"$tmp/wanted"
    nm --defined-only "${archives[@]}" | awk 'NF == 3 { print $3 }' | sort -u >"$tmp/given"
    while read -r name; do
        bad "wp_$layer calls $name: it may not (tests/lint/layers.sh says what it may)"
    done < <(comm -23 "$tmp/wanted" "$tmp/given" | grep -vxE "$allowed")
    while read -r name; do
        bad "wp_$layer calls $name: time, logs and memory without a ceiling come from above"
    done < <(grep -xE 'clock_mono|clock_wall|log_.*' "$tmp/wanted")
}

# The service runs without lab: nothing that role or a layer below it takes is defined there.
check_service()
{
    local name
    nm --defined-only "$build/libwp_lab.a" | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | sort -u >"$tmp/lab"
    nm -u "$build"/libwp_{role,app,port,profile,wire,core,base}.a | awk 'NF == 2 { print $2 }' |
        sort -u >"$tmp/wanted"
    while read -r name; do
        bad "the service calls $name, which lab defines"
    done < <(comm -12 "$tmp/lab" "$tmp/wanted")
}

# Is NAME in FILE beside its definition? (Comments do not count.)
is_used_within()
{
    [ "$(${CC:-cc} -fpreprocessed -dD -E -P "$2" 2>/dev/null | grep -cw "$1")" -gt 1 ]
}

# Functions and data with external linkage: who takes them?
check_takers()
{
    local name file is_tested allowed
    allowed=$(awk 'NF { print $1 }' <<<"$only_tests" | paste -sd'|')
    nm -u "$build"/CMakeFiles/{test,fuzz,bench}_*.dir/tests/*/*.o | awk 'NF == 2 { print $2 }' | sort -u >"$tmp/tests"
    awk 'NR == FNR { tested[$1] = 1; next }
         $2 == "U" { taken[$3] = 1; next }
         { home[$3] = $1 }
         END { for (name in home) if (!(name in taken)) print name, home[name], (name in tested) ? "tested" : "" }' \
        "$tmp/tests" "$tmp/program" | sort -k2 >"$tmp/untaken"
    while read -r name file is_tested; do
        if [ "$is_tested" != tested ]; then
            bad "gateway/$file shows $name, which no other file takes: make it static"
        elif ! is_used_within "$name" "gateway/$file"; then
            bad "gateway/$file has $name for tests only: delete it, call it, or say why (only_tests in tests/lint/layers.sh)"
        fi
    done < <(grep -vE "^($allowed) " "$tmp/untaken")
    while read -r name _; do
        [ -z "$name" ] || grep -qE "^$name " "$tmp/untaken" || bad "only_tests in tests/lint/layers.sh has $name for nothing"
    done <<<"$only_tests"
}

check_headers()
{
    local file
    export FLAGS
    FLAGS=$(pkg-config --cflags hiredis libpq)
    # shellcheck disable=SC2016 # of the inner shell; flags are words
    find gateway -mindepth 2 -name '*.h' -printf '%P\n' | xargs -P2 -I{} sh -c 'printf "#include \"%s\"\n" {} |
        ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -DWAYPOST_VERSION="\"\"" -Wall -Wextra -Werror -Igateway $FLAGS -fsyntax-only -x c - ||
        printf "%s\n" {} >>"$0"' "$tmp/dependent"
    while read -r file; do
        bad "gateway/$file does not compile alone"
    done < <(cat "$tmp/dependent" 2>/dev/null)
}

# "app/board.c T board_new" for all that the program's object files have and want; of a file that is
# gone an old build may still have one.
list_symbols()
{
    find gateway -name '*.c' -printf '%P\n' >"$tmp/files"
    find "$build/CMakeFiles" -path '*/gateway/*.o' -exec nm -A -P {} + |
        sed -nE 's|^.*/gateway/([^:]*)\.o: ([^ ]+) ([TDBRU]).*|\1 \3 \2|p' |
        awk 'NR == FNR { there[$1] = 1; next } $1 in there' "$tmp/files" - >"$tmp/program"
}

# Who calls whom; tsort finds the circles.
check_circles()
{
    awk -v machines="$machines" '
        BEGIN { n = split(machines, machine, " ") }
        { for (i = 1; i <= n; i++) if ($1 ~ "^" machine[i]) $1 = machine[i]; print }' "$tmp/program" >"$tmp/symbols"
    awk 'NR == FNR { if ($2 != "U") home[$3] = $1; next }
         $2 == "U" && ($3 in home) && home[$3] != $1 { print $1, home[$3] }' \
        "$tmp/symbols" "$tmp/symbols" | sort -u >"$tmp/calls"
    tsort "$tmp/calls" >/dev/null 2>"$tmp/circles" ||
        bad "files that call each other in a circle: $(sed -n 's/^tsort: //p' "$tmp/circles" | tr '\n' ' ')"
}

check_functions()
{
    local name
    while read -r name; do
        grep -qw "$name" gateway/port/store/*.c gateway/port/README.md ||
            bad "functions.lua: nobody calls $name; take it away, or say in gateway/port/README.md who does"
    done < <(sed -n "s/.*function_name = '\([a-z_]*\)'.*/\1/p" gateway/port/store/functions.lua)
}

check_types()
{
    local words
    find gateway -name '*.[ch]' -exec grep -HoE '^(struct|enum|union) [a-z_0-9]+ \{' {} + >"$tmp/types"
    while read -r words; do
        bad "$words"
    done < <(awk -F: '{ n[$2]++; at[$2] = at[$2] " " $1 } $1 ~ /\.h$/ { shown[$2] = 1 }
                      END { for (type in shown) if (n[type] > 1) print type " is defined in" at[type] }' "$tmp/types" |
        tr -d '{')
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
libc='(__)?(mem(cpy|move|set|cmp|chr|mem|rchr)|str(len|nlen|cmp|ncmp|chr|rchr|casecmp|ncasecmp|str|pbrk|spn|cspn|toll?|toull?|tol)|v?snprintf|qsort|bsearch|abs|labs|llabs)(_chk)?'
libc+='|__isoc(99|23)_.*|__assert_fail|__ctype_b_loc|__ctype_tolower_loc|__ctype_toupper_loc|tolower|toupper|free|__stack_chk_fail|__errno_location|_GLOBAL_OFFSET_TABLE_'
check_includes
check_symbols core base "$libc|pcre2_.*|utf8proc_.*|cmark_.*|yaml_.*"
check_symbols wire 'core base' "$libc|json(p)?_.*|XML_.*|deflate.*|inet_pton"
check_symbols profile 'wire core base' "$libc|pcre2_.*|HMAC|EVP_.*|CRYPTO_memcmp|ERR_.*|BIO_.*|SHA.*|MD5"
check_service
list_symbols
check_circles
check_takers
check_headers
check_types
check_functions
[ "$n_bad" = 0 ]
