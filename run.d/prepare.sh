#!/bin/bash
# prepare.sh CONFIG CONNINFO SHARE: what must be there before the gateway starts: its keys, the
# schema (by an owner of the database), the course. Safe to repeat; ./run and the containers call it.
set -eu
waypost keys --config "$1"
waypost migrate --conninfo "$2" "$3/sql"
waypost lessons publish --config "$1" "$3/lessons/children-on-the-move"
