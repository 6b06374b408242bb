#!/bin/bash
# readme.sh WAYPOST: the worked example of config/profiles/README.md works as it is printed there, and
# the page names every place, filter and key that the language has.
set -eu
cd "$(dirname "$0")/../.."
waypost=$(realpath "$1")
page=config/profiles/README.md
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# block LANGUAGE: the first fenced block in it.
block()
{
    awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } inside && /^```/ { exit } inside' "$page"
}

block yaml >"$folder/acme.yaml"
block json >"$folder/acme.json"
"$waypost" channel test --answers --profiles "$folder" "$folder/acme.json"

# rows FILE TABLE: the first word of each row of a table in C.
rows()
{
    sed -n "/ $2\\[\\] = {/,/^};/s/^ *{\"\([a-z0-9_-]*\)\".*/\1/p" "gateway/profile/$1"
}

# Places and filters are rows of tables of their own, keys are rows of the YAML mapper.
words=$(rows source.c sources; rows filter.c filters; grep -hoE \
    '(\.name = |(FIELD|WORD|ANSWER)_ROW\()"[a-z0-9_]+"' gateway/profile/*.[ch] | sed -E 's/.*"(.*)"/\1/' | sort -u)
[ "$(wc -w <<<"$words")" -gt 120 ] || {
    echo 'where the words of the language stand has changed; mend this test'
    exit 1
}
missing=$(
    for word in $words; do
        grep -qwF -- "$word" "$page" || printf '%s ' "$word"
    done
)
[ -z "$missing" ] || {
    printf '%s does not explain: %s\n' "$page" "$missing"
    exit 1
}
