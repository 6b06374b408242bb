#!/bin/bash
# readme.sh WAYPOST: the worked example of config/profiles/README.md works as it is printed there, and
# the page names every place, filter and field that the language has.
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

missing=$(
    grep -hoE '^ *X\([A-Z0-9_]+, "[a-z0-9_-]+"' gateway/wire/profile_model.h |
        sed -E 's/.*"(.*)"/\1/' | sort -u |
        while read -r word; do
            grep -qwF -- "$word" "$page" || printf '%s ' "$word"
        done
)
[ -z "$missing" ] || {
    printf '%s does not explain: %s\n' "$page" "$missing"
    exit 1
}
