#!/usr/bin/env bash
# Replays the README: every line of its console blocks that starts with `$ ` runs in an empty folder
# against a demo, and what follows it has to be what it prints.
#
#     tests/end_to_end/readme.sh BUILD_DIR        # with tanjid and tanji in it
#
# A line `> …` goes on with the command above it. `…` stands for anything within a line; a line that
# is `…` alone stands for any number of lines. `$ tools/demo …` is played by `tanjid demo …`, whose
# first output is compared like any other. Exit 0: the README is true; 77: there are no programs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
programs=$(cd "${1:?usage: readme.sh BUILD_DIR}" 2>/dev/null && pwd) || programs=$1
if ! [ -x "$programs/tanjid" ] || ! [ -x "$programs/tanji" ]; then
    echo "no tanjid and tanji in $programs: build the preset programs first"
    exit 77
fi

work=$(mktemp -d)
demo=0
cleanup() {
    if [ "$demo" -ne 0 ]; then
        kill "$demo" 2>/dev/null && wait "$demo" 2>/dev/null
    fi
    rm -rf "$work"
}
trap cleanup EXIT

# Another port than the README's, so that a demo that runs already is not in the way; and a home of
# its own, so that nobody's pinned ledgers or settings count.
port=$((20000 + RANDOM % 10000))
export PATH="$programs:$PATH" HOME="$work/home" TANJI_NODE="http://127.0.0.1:$port" NO_COLOR=1 LC_ALL=C.UTF-8
unset TANJI_KEY XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME
mkdir -p "$work/home" "$work/folder" "$work/expected" "$work/actual"
cd "$work/folder"

# One file per command, `N.command`, and one with what it should print, `expected/N`.
count=$(awk -v work="$work" '
    /^```console$/ { inside = 1; next }
    /^```$/ { inside = 0; next }
    !inside { next }
    /^\$ / { n++; file = sprintf("%s/%d.command", work, n); print substr($0, 3) >file
             printf "" >(work "/expected/" n); next }
    /^> / && n { print substr($0, 3) >file; next }
    n { print >(work "/expected/" n) }
    END { print n + 0 }' "$root/README.md")
if [ "$count" -eq 0 ]; then
    echo "README.md has no console block"
    exit 1
fi

# The demo runs beside the commands, until the end.
start_demo() {
    # shellcheck disable=SC2086  # the arguments of the README, as a shell would split them
    tanjid demo --port "$port" --no-input $1 >"$2" 2>&1 &
    demo=$!
    for _ in $(seq 300); do
        if grep -q '^  Audit ' "$2"; then
            return 0
        fi
        kill -0 "$demo" 2>/dev/null || break
        sleep 0.1
    done
    echo "the demo does not start:"
    cat "$2"
    exit 1
}

# The commands share one shell, so a variable that one sets is there for the next.
exec 3< <(seq "$count")
while read -r n <&3; do
    command=$(sed "s/127\.0\.0\.1:8460/127.0.0.1:$port/g" "$work/$n.command")
    printf '$ %s\n' "$command"
    case $command in
        tools/demo*) start_demo "${command#tools/demo}" "$work/actual/$n" ;;
        *)
            set +e
            eval "$command" >"$work/actual/$n" 2>&1 3<&-
            status=$?
            set -e
            if [ "$status" -ne 0 ]; then
                cat "$work/actual/$n"
                echo "README.md: exit $status: $command"
                exit 1
            fi
            ;;
    esac
    sed -i "s/127\.0\.0\.1:$port/127.0.0.1:8460/g" "$work/actual/$n"
    if ! python3 "$root/tests/end_to_end/same_text.py" "$work/expected/$n" "$work/actual/$n"; then
        echo "README.md: the output of this command is not what it says: $command"
        exit 1
    fi
done
echo "README.md: $count commands, all as it says"
