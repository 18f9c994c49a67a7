#!/bin/sh
# A node that was away longer than the logs of the others reach comes back by a snapshot: killed
# again and again while it does, with one neighbour that sends a wrong chunk; then with its ledger
# lost, and with its ledger and its own snapshots lost.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python3 "$here/snapshot.py" "$1"
echo "snapshot: ok"
