#!/bin/bash
# growth.sh: twice as much to read is at most two and a half times the work, and never more than a third of a second, for every
# reader of files and callbacks that others write. What a processor does is counted by valgrind, in instructions: no clock matters.
. "$(dirname "$0")/lib.sh"
command -v valgrind >/dev/null || skip 'there is no valgrind'

world_folder
for reader in gift aiken moodle-xml csv xlsx markdown po yaml form json xml; do
    python3 "$ROOT/tests/integration/growth.py" "$WAYPOST" "$ROOT" "$STATE" "$reader" >"$STATE/said" 2>&1 || true
    sed -n 's/^# /# /p' "$STATE/said"
    check "$reader: twice as much is at most 2.5 times the work" grep -qx 'good' "$STATE/said"
done
done_testing
