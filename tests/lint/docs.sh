#!/bin/bash
# docs.sh BUILD_DIR: what is made from the command table is well-formed: man page and completion.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build}
"$build/waypost" man | mandoc -T lint -W style
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
[ "$is_good" = 1 ]
