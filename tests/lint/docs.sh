#!/bin/bash
# docs.sh BUILD_DIR: what is made from the command table is well-formed: man page and completion.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build}
"$build/waypost" man | mandoc -T lint -W style
"$build/waypost" completion | shellcheck -s bash -
