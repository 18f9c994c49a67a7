#!/bin/sh
# Three nodes under load, killed a few times, the leader among them: nothing acknowledged is lost,
# doubled or read too late. tools/chaos goes on for hours and breaks more.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python3 "$here/chaos.py" "$1" --nodes 3 --rounds "${2:-6}" --kinds kill --seed 18
echo "cluster: ok"
