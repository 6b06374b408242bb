#!/bin/bash
# docs.sh BUILD_DIR: what is made from the command table is well-formed: man page and completion.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build}
"$build/waypost" man | mandoc -T lint -W style
"$build/waypost" man config | mandoc -T lint -W style
"$build/waypost" completion | shellcheck -s bash -

# gateway/README.md: every function, struct and file that it names exists.
is_good=1
while read -r name; do
    grep -rqE "(^|[^a-z_])$name\(" gateway --include='*.h' ||
        { printf 'gateway/README.md names %s(), which is declared nowhere\n' "$name" && is_good=0; }
done < <(grep -oE '`[a-z_]+\(\)' gateway/README.md | tr -d '`()' | sort -u)
while read -r name; do
    grep -rqE "^struct $name \{" gateway --include='*.h' ||
        { printf 'gateway/README.md names struct %s, which is defined nowhere\n' "$name" && is_good=0; }
done < <(grep -oE '`struct [a-z_]+' gateway/README.md | sed 's/.* //' | sort -u)
while read -r name; do
    [ -e "gateway/$name" ] || [ -e "$name" ] ||
        { printf 'gateway/README.md names %s, which does not exist\n' "$name" && is_good=0; }
done < <(grep -oE '[a-z_/]+\.(c|h|sh|md)\b' gateway/README.md | grep -v '^/' | sort -u)

# Comments of the program name files that there are.
files=$(git ls-files)
while read -r name; do
    grep -qE "(^|/)$name\$" <<<"$files" ||
        { printf 'a comment in gateway names %s, which does not exist\n' "$name" && is_good=0; }
done < <(grep -rhE '^ ?\*|/\*' gateway --include='*.[ch]' | grep -oP '(?<![.\w])[a-z][a-z0-9_/]*\.[ch]\b' | grep -v '^sysexits.h$' | sort -u)

# Tables that say where something is: it is there, and not somewhere else.
# is_at FILE TEXT
is_at()
{
    if ! grep -qF -- "$2" "gateway/$1" 2>/dev/null; then
        printf 'gateway/README.md says that %s is in %s, where it is not\n' "$2" "$1"
        is_good=0
    fi
}

while IFS='|' read -r _ what place _; do # | `struct a`, `struct b` | file | ... |
    while read -r name; do
        is_at "$(tr -d ' ' <<<"$place")" "struct $name {"
    done < <(grep -oE 'struct [a-z_]+' <<<"$what" | sed 's/.* //')
done < <(grep -E '^\| `struct [a-z_]+`.*\| [a-z_/]+\.h \|' gateway/README.md)
while IFS='|' read -r _ _ _ place _; do # | word | means | file: `text` |
    is_at "$(sed -E 's/^ ([^:]+): .*/\1/' <<<"$place")" "$(sed -E 's/^[^`]*`([^`]+)`.*/\1/' <<<"$place")"
done < <(grep -E '^\| [a-z, ]+ \| .* \| [a-z_/]+\.h: `[^`]+` \|$' gateway/README.md)
while read -r name file; do # `function()` (file)
    is_at "$file" "$name("
done < <(grep -oE '`[a-z_]+\(\)`[^`(]*\([a-z_/]+\.[ch]\)' gateway/README.md |
    sed -E 's/`([a-z_]+)\(\)`.*\(([a-z_\/]+\.[ch])\)/\1 \2/')
[ "$(grep -cE '^\| [a-z, ]+ \| .* \| [a-z_/]+\.h: `' gateway/README.md)" -ge 15 ] ||
    { printf 'gateway/README.md has lost its glossary\n' && is_good=0; }

# docs/reliability.md: each target has what shows it, and that exists.
while IFS='|' read -r _ target _ proof _; do
    names=0
    while read -r name; do
        names=$((names + 1))
        case $name in
        './run '* | *_ms | *.h) continue ;;
        *.sh) [ -e "tests/integration/$name" ] && continue ;;
        *.talk) [ -e "tests/talk/$name" ] && continue ;;
        tests/*) [ -e "$name" ] && continue ;;
        fuzz_*) [ -e "tests/fuzz/$name.c" ] && continue ;;
        esac
        [ ! -e "tests/unit/$name.c" ] || { file="tests/unit/$name.c" && continue; }
        [ ! -e "${file:-}" ] || ! grep -q "^static void $name(" "$file" || continue
        printf 'docs/reliability.md: %s names %s, which is not there\n' "${target// /}" "$name" && is_good=0
    done < <(grep -oE '`[^`]+`' <<<"$proof" | tr -d '`')
    [ "$names" -gt 0 ] || [[ $target = *---* ]] || { printf 'docs/reliability.md: nothing shows %s\n' "$target" && is_good=0; }
done < <(grep -E '^\| T[0-9]+ ' docs/reliability.md)
[ "$(grep -cE '^\| T[0-9]+ ' docs/reliability.md)" = 40 ] || { printf 'docs/reliability.md: not 40 targets\n' && is_good=0; }

# What a document tells its reader to run: commands that there are, with words and options that they have.
mapfile -t documents < <(git ls-files "*.md" | grep -v CHANGELOG)
wrong_command()
{
    printf '%s: %s\n' "$(grep -lF -- "$1" "${documents[@]}" | tr '\n' ' ')" "$2"
    is_good=0
}
while read -r line; do
    read -r _ sub rest <<<"$line"
    help=$("$build/waypost" "$sub" --help 2>/dev/null) || { wrong_command "$line" "there is no waypost $sub" && continue; }
    if grep -q "^$sub [a-z]" <<<"$help" && [[ $rest =~ ^([a-z]+(\\?\|[a-z]+)*)( |$) ]]; then
        for word in $(tr -d '\134' <<<"${BASH_REMATCH[1]}" | tr '|' ' '); do
            grep -qE -- "^$sub ([a-z]+\|)*$word(\||[^a-z]|$)" <<<"$help" ||
                wrong_command "$line" "waypost $sub has no command $word"
        done
    fi
    for word in $rest; do
        case $word in
        --*) grep -qE -- "(^|[^a-z-])${word%%=*}([^a-z-]|$)" <<<"$help" || wrong_command "$line" "waypost $sub has no option $word" ;;
        '|' | '\|' | '>') break ;;
        esac
    done
done < <(grep -ohE '`(build/)?waypost [a-z]+[^`]*`|^(build/)?waypost [a-z]+.*' "${documents[@]}" | sed 's/`//g; s/^build.//; s/ # .*//' | sort -u)
run_help=$(./run --help && ./run test --help)
while read -r line; do
    read -r _ word rest <<<"$line"
    for word in ${word//|/ }; do
        [ "$word" = --help ] || grep -qE -- "(^|[^a-z-])$word([^a-z-]|$)" <<<"$run_help" || wrong_command "$line" "./run knows no $word"
    done
    for word in $rest; do
        [[ $word != --* || $word = --help ]] || grep -qE -- "(^|[^a-z-])$word([^a-z-]|$)" <<<"$run_help" ||
            wrong_command "$line" "./run knows no $word"
    done
done < <(grep -ohE '`./run [a-z-][^`]*`' "${documents[@]}" | tr -d '`' | sort -u)
while read -r file; do
    [ -e "$file" ] || wrong_command "$file" "there is no $file"
done < <(grep -ohE '`(tests|config|run.d|sql|docker|lessons|gateway)/[a-z0-9_./-]+\.[a-z]+`' "${documents[@]}" | tr -d '`' | sort -u)

# What code, SQL and tests cite lies in docs/, under the number that they give: "docs/course-rules.md
# 1.3", "docs/reliability.md T13", "finding 11", "recommendation 8".
is_cited()
{
    local file=$1 what=$2
    case $file:$what in
    *:'') return 0 ;;
    docs/reliability.md:T*) grep -q "^| $what |" "$file" ;;
    docs/reliability.md:finding*) sed -n '/^## Findings/,/^## R/p' "$file" | grep -q "^${what#finding }\." ;;
    docs/reliability.md:recommendation*) sed -n '/^## Recom/,/^## T/p' "$file" | grep -q "^${what#recommendation }\." ;;
    *) grep -qE "^##+ $(sed -E 's/^([0-9]+(\.[0-9]+)?).*/\1/; s/\./\\./' <<<"$what")\.? " "$file" ;;
    esac
}
while read -r file what; do
    [ -e "$file" ] || { printf '%s is cited, but does not exist\n' "$file" && is_good=0 && continue; }
    is_cited "$file" "$what" || { printf '%s has no "%s", which is cited\n' "$file" "$what" && is_good=0; }
done < <(git grep -hoE 'docs/[a-z-]+\.md( (T[0-9]+|(finding|recommendation) [0-9]+|[0-9]+(\.[0-9]+)*))?' -- gateway sql tests config lessons run.d | sort -u)
if git grep -nE '(^|[^a-z/-])(COURSE|RELIABILITY|DESIGN|AGGREGATORS|ECOSYSTEM|PEERS|STYLE)\.md' -- . ':!tests/lint/docs.sh'; then
    printf 'these files are not in the repository; docs/ has what is cited\n' && is_good=0
fi
[ "$is_good" = 1 ]
