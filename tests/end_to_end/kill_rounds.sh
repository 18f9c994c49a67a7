#!/bin/sh
# Five rounds of SIGKILL under load, every write endpoint retried at each point; `kill_rounds.py
# BUILD_DIR` runs two hundred.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/kill_rounds.py" "$1" --rounds "${2:-5}" --fsck-every 5
