#!/bin/bash
# build.sh [PRESET]: configures and compiles one preset of CMakePresets.json (default: dev, into
# build/). The container image is built by the same script.
set -eu

build_preset()
{
    local root preset=${1:-dev} dir="build-${1:-dev}"
    root=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
    [ "$preset" != dev ] || dir=build
    # One at a time: two tests may want the same build.
    (cd "$root" && mkdir -p "$dir" && exec 7<"$dir" && flock 7 && cmake --preset "$preset" >/dev/null &&
        cmake --build --preset "$preset" -- --quiet)
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    build_preset "$@"
fi
