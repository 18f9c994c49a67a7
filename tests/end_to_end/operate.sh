#!/usr/bin/env bash
# An alliance of four processes, by the commands that `tanjid cluster new` prints, as they are: made,
# started, looked at, led by another, one member stopped and back. Then the story of `tanjid demo`
# with four nodes in one process.
#
#     tests/end_to_end/operate.sh FOLDER_OF_THE_PROGRAMS
set -euo pipefail
programs=$(cd "$1" && pwd)
PATH=$programs:$PATH
folder=$(mktemp -d)
export HOME="$folder/home" XDG_STATE_HOME="$folder/home/state" LC_ALL=C.UTF-8
mkdir "$HOME"
declare -a running=()
declare -A pid_of=()

cleanup() {
    for pid in "${running[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT

fail() {
    echo "operate.sh: $*" >&2
    tail -n 20 "$folder"/*.log >&2 || true
    exit 1
}

# A command until it holds, for half a minute.
await() {
    for _ in $(seq 150); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.2
    done
    fail "never came true: $*"
}
# grep without -q: a reader that goes early would break the pipe.
says() { tanjid status --admin "$1" | grep "$2" >/dev/null; }
is_ready() { says "$1" '^readiness  ready$'; }
leads() { says "$1" 'leader of term'; }

port=$((21000 + RANDOM % 4000))
admin() { echo "http://127.0.0.1:$((port + 10 * $1 + 2))"; }

tanjid cluster new --members metro,ev,wallet,registry --origin log.example/story \
    --out "$folder/four" --loopback --port "$port" --scheme sz-ph \
    --role registry:registrar:sz-ph --role ev:provider:bike-demo:operator >"$folder/steps"
cat "$folder/steps"

start() {
    local line
    line=$(grep "tanjid start -c .*/$1/node.toml" "$folder/steps")
    $line >>"$folder/$1.log" 2>&1 &
    pid_of[$1]=$!
    running+=("$!")
}
for member in metro ev wallet registry; do start "$member"; done
for node in 0 1 2 3; do await is_ready "$(admin $node)"; done

# The printed transfer is for the first node, which has to lead for it.
for node in 1 2 3; do
    if leads "$(admin $node)"; then tanjid transfer metro --admin "$(admin $node)"; fi
done
await leads "$(admin 0)"
grep -A4 '^Then:' "$folder/steps" | grep '^  tanji' | while read -r step; do
    echo "\$ $step"
    bash -c "$step" </dev/null || fail "failed: $step"
done
await leads "$(admin 3)"

# One member less: the others go on, and it catches up when it is back.
kill "${pid_of[ev]}"
wait "${pid_of[ev]}" || fail "a member that was stopped ended with $?"
await says "$(admin 3)" '^2 *ev *follower *no '
tanjid status --admin "$(admin 3)"
start ev
await is_ready "$(admin 1)"
tanjid drain --admin "$(admin 3)"
if leads "$(admin 3)"; then fail "a drained node leads"; fi
if tanjid transfer ghost --admin "$(admin 1)"; then fail "a ghost was taken for a member"; fi
for member in metro ev wallet registry; do kill "${pid_of[$member]}"; done
for member in metro ev wallet registry; do
    wait "${pid_of[$member]}" || fail "$member ended with $?"
done

tanjid demo --port "$port" --check --no-input >"$folder/demo.log" || fail "the demo failed"
tail -n 30 "$folder/demo.log"
tail -n 1 "$folder/demo.log" | grep -x 'demo: ok' >/dev/null
echo "operate: ok"
