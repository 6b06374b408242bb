#!/bin/bash
# packages.sh [list|install] PURPOSE...: the Debian packages for a purpose (build serve test bench),
# from packages.list. Installing needs root or sudo, and the network only when one is missing.
set -eu

packages_list()
{
    local purposes=" $* "
    local name needed purpose
    while read -r name needed; do
        case $name in '' | '#'*) continue ;; esac
        for purpose in $needed; do
            case $purposes in *" $purpose "*)
                printf '%s\n' "$name"
                break
                ;;
            esac
        done
    done <"$(dirname "${BASH_SOURCE[0]}")/packages.list"
}

# Names of those that are not installed, or older than they must be.
packages_missing()
{
    local entry name installed
    for entry in $(packages_list "$@"); do
        name=${entry%%>=*}
        installed=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$name" 2>/dev/null) || true
        case $installed in
            'installed '*)
                [ "$name" = "$entry" ] ||
                    dpkg --compare-versions "${installed#* }" ge "${entry#*>=}" ||
                    printf '%s\n' "$name"
                ;;
            *) printf '%s\n' "$name" ;;
        esac
    done
}

packages_install()
{
    local missing sudo=''
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || sudo=sudo
    printf 'installing packages: %s\n' "$(printf '%s' "$missing" | tr '\n' ' ')" >&2
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q update >&2
    # The names are ours and hold no blanks.
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends install $missing >&2
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    command=$1
    shift
    "packages_$command" "$@"
fi
