# shellcheck shell=bash
# package.sh: `./run package [DIR]`: the Debian package, waypost_VERSION_ARCH.deb in DIR (default build-release), made of
# what `cmake --install` puts there and the few files of config/debian. Checked by lintian where that is installed.
# `./run package try` installs, upgrades, removes and purges it in a bare Debian (tests/package/try.sh);
# `./run package containers` builds the images of docker/ and starts the site of its compose file (tests/package/containers.sh).
# shellcheck disable=SC2153 # ROOT is the repository, root the package's folder

# Fields of the package, and the libraries that the program really needs.
package_control()
{
    local root=$1 version=$2 arch=$3 size depends
    size=$(du -sk --exclude=DEBIAN "$root" | cut -f1)
    mkdir -p "$root/../debian"
    : >"$root/../debian/control"
    depends=$(cd "$root/.." && dpkg-shlibdeps -O "root/usr/bin/waypost" | sed 's/^shlibs:Depends=//')
    sed -e "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@SIZE@/$size/" -e "s/@DEPENDS@/$depends/" \
        "$ROOT/config/debian/control" >"$root/DEBIAN/control"
}

package_stage()
{
    local root=$1 version=$2 doc="$1/usr/share/doc/waypost" file
    DESTDIR="$root" cmake --install "$ROOT/build-release" --prefix /usr --strip >/dev/null
    install -d "$root/DEBIAN" "$root/usr/share/man/man5" "$root/usr/share/bash-completion/completions" \
        "$root/etc/waypost"
    chmod -R u=rwX,go=rX "$root"
    "$ROOT/build-release/waypost" man config | gzip -9n >"$root/usr/share/man/man5/waypost.yaml.5.gz"
    "$ROOT/build-release/waypost" completion >"$root/usr/share/bash-completion/completions/waypost"
    install -m 644 "$ROOT/config/debian/copyright" "$ROOT/config/profiles/README.md" "$doc/"
    cp -r "$ROOT/docs/operating" "$ROOT/config/alerts" "$ROOT/config/grafana" "$doc/"
    printf 'waypost (%s) stable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n -- %s  %s\n' "$version" \
        "$(sed -n 's/^Maintainer: //p' "$ROOT/config/debian/control")" \
        "$(git -C "$ROOT" log -1 --format=%cD 2>/dev/null || date -R)" | gzip -9n >"$doc/changelog.gz"
    gzip -9nc "$ROOT/CHANGELOG.md" >"$doc/CHANGELOG.md.gz"
    for file in postinst prerm postrm; do
        install -m 755 "$ROOT/config/debian/$file" "$root/DEBIAN/$file"
    done
    rm -f "$root/usr/share/waypost/vectors/"*.sh # the rest is what `waypost channel try` sends
    # The example begins where the package has put things.
    sed -i -e 's|^profiles_dir:.*|profiles_dir: /usr/share/waypost/profiles|' \
        -e 's|^lessons_dir:.*|lessons_dir: /usr/share/waypost/lessons|' \
        -e 's|^spool_dir:.*|spool_dir: /var/lib/waypost/spool|' \
        -e 's#^\(writer\|sender\)_conninfo:.*#\1_conninfo: host=/run/postgresql dbname=waypost user=waypost_\1#' \
        "$doc/examples/waypost.yaml"
    # haproxy on the gateway's own host, with the certificate and without the containers' names.
    sed -e '/^resolvers/,/^$/d; /With a certificate/d; s/^    maxconn 20000$/    maxconn 8000\n    user haproxy\n    group haproxy/' \
        -e 's|^    bind :8080|    bind :443 ssl crt /etc/haproxy/waypost.pem alpn http/1.1|' \
        -e 's|^    server-template.*|    server here 127.0.0.1:8080 check inter 2s maxconn 2000|' \
        "$ROOT/docker/haproxy.cfg" >"$doc/examples/haproxy.cfg"
    # A host with one role: the same sandbox. A writer needs no keys.
    sed -e '/^# /d' -e 's/^Description=.*/Description=Waypost, role %i/' -e 's/^ExecStart=.*/& --role %i/' \
        -e 's/ waypost.socket$//' "$root/usr/lib/systemd/system/waypost.service" \
        >"$root/usr/lib/systemd/system/waypost@.service"
    find "$root" -type f ! -name '*.sh' ! -path '*/bin/*' ! -path '*/DEBIAN/*' -exec chmod 644 {} +
    find "$root" -type d -exec chmod 755 {} +
}

package_main()
{
    local out=${1:-$ROOT/build-release} version arch stage
    case $out in
    try | containers) exec bash "$ROOT/tests/package/$out.sh" ;;
    esac
    build_preset release
    version=$("$ROOT/build-release/waypost" version | cut -d' ' -f2)${WAYPOST_PACKAGE_SUFFIX:-}
    arch=$(dpkg --print-architecture)
    stage=$(mktemp -d /tmp/waypost-package.XXXXXX)
    # Expanded now: the variable is gone when the trap runs.
    # shellcheck disable=SC2064
    trap "rm -rf '$stage'" EXIT
    mkdir -p "$stage/root" "$out"
    package_stage "$stage/root" "$version"
    package_control "$stage/root" "$version" "$arch"
    (cd "$stage/root" && find usr lib -type f -exec md5sum {} + 2>/dev/null | sort -k2 >DEBIAN/md5sums)
    dpkg-deb --root-owner-group --build "$stage/root" "$out/waypost_${version}_$arch.deb" >/dev/null
    say "package: $out/waypost_${version}_$arch.deb"
    ! command -v lintian >/dev/null || lintian --allow-root --fail-on error,warning "$out/waypost_${version}_$arch.deb"
}
