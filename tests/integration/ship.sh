#!/bin/bash
# ship.sh: what is shipped is what is tested: the container's steps are the scripts of ./run and do
# work, the systemd unit is tight and starts what is installed, haproxy takes its configuration.
# No container engine is needed.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
STATE=$(mktemp -d /tmp/waypost-ship.XXXXXX)
trap 'rm -rf "$STATE"' EXIT
image="$STATE/image"

# Lines of the Dockerfile that begin with a word, without it.
docker_lines()
{
    sed -n "s/^$1 //p" docker/Dockerfile
}

# Every RUN line, with what it calls made harmless: packages are looked for, not installed; the
# image's folder is a temporary one. The rest is run as it stands.
run_line()
{
    local line=$1
    case $line in
    *packages.sh\ install*)
        local purpose=${line#*packages.sh install }
        [ -z "$(run.d/packages.sh missing "${purpose%% *}")" ]
        ;;
    'useradd '*) true ;;
    run.d/build.sh*) bash -c "$line" ;;
    DESTDIR=/image*) bash -c "DESTDIR=$image ${line#* }" >/dev/null ;;
    *) return 1 ;;
    esac
}

# Direct libraries only: what they need in turn comes with their packages.
direct_libraries()
{
    local name
    readelf -d build-release/waypost | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | while read -r name; do
        dpkg-query -S "*/$name" 2>/dev/null | head -n 1 | cut -d: -f1
    done | grep -vxE 'libc6(-i386)?' | sort -u # the latter where clang is installed, with the same names
}

copied_are_there()
{
    local words word
    while read -r words; do
        for word in ${words% *}; do
            [ -e "$word" ] || return 1
        done
    done < <(docker_lines COPY | grep -v '^--from')
}

while read -r line; do
    check "image: RUN $line" run_line "$line"
done < <(docker_lines RUN)
check 'image: every copied file exists' copied_are_there
check 'image: runs as a fixed user that is not root' grep -qx 'USER 10017' docker/Dockerfile
check 'image: has a health check' grep -q '^HEALTHCHECK .*CMD' docker/Dockerfile
check_same 'image: its packages hold every library of the program' '' \
    "$(comm -23 <(direct_libraries) <(run.d/packages.sh list image | sed 's/>=.*//' | sort))"
check 'image: the installed program runs' "$image/usr/bin/waypost" version
check 'image: it finds what compose mounts and calls' test -x "$image/usr/share/waypost/prepare.sh"
check 'image: the lessons are in it' test -d "$image/usr/share/waypost/lessons/children-on-the-move"
for compose in docker/compose.yaml docker/cluster/compose.yaml; do
    check_same "$compose: the gateway's configuration is good" '' \
        "$(build/waypost config print "$(dirname "$compose")/waypost.yaml" 2>&1 >/dev/null)"
    check "$compose: one service for each role" diff \
        <(build/waypost serve --help | sed -n 's/^    \([a-z][a-z]*\)  .*/\1/p' | sort) \
        <(sed -n 's/^ *command: \[serve, --role, \([a-z]*\)\]/\1/p' "$compose" | sort)
    check_same "$compose: nobody is trusted" '' "$(grep -n 'METHOD: trust\|auth.*=trust' "$compose" || true)"
    check_same "$compose: only the sender has keys and a login to the database" sender \
        "$(python3 - "$compose" <<'PY'
import re, sys
text = open(sys.argv[1]).read().split("\nservices:\n")[1]
for block in re.split(r"\n(?=  [a-z0-9-]+:\n)", text):
    name = block.strip().split(":")[0]
    if "keys:/var/lib" in block and "_CONNINFO" in block and name != "prepare":
        print(name)
PY
)"
    check "$compose: Redis has the settings of ./run" grep -q 'config/redis.conf' "$compose"
done
check 'haproxy: the configuration is good' haproxy -c -q -f docker/haproxy.cfg
check 'systemd: the sandbox scores 1.3 or less' systemd-analyze security --offline=yes \
    --threshold=13 --no-pager config/systemd/waypost.service
check 'systemd: the unit starts what is installed' grep -q \
    "^ExecStart=/usr/bin/waypost serve" "$image/usr/lib/systemd/system/waypost.service"
check 'hardening: position independent, immediate binding' bash -c \
    'readelf -d "$1" | grep -q "NOW PIE" && readelf -lW "$1" | grep -q GNU_RELRO' - "$image/usr/bin/waypost"
check 'hardening: marked for CET' bash -c \
    'readelf -nW "$1" | grep -q "IBT, SHSTK"' - "$image/usr/bin/waypost"
check 'hardening: no executable stack' bash -c \
    'readelf -lW "$1" | grep GNU_STACK | grep -q "RW "' - "$image/usr/bin/waypost"
done_testing
