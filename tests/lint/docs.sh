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
[ "$is_good" = 1 ]
