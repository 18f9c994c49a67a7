#!/usr/bin/env bash
# Four nodes; a fifth joins as a learner and votes later; one dies and is replaced by another of its
# member. Receipts verify before, between and after, the old number is told that it is removed, and
# an auditor who knows genesis alone follows every step.
#
#     tests/end_to_end/membership.sh FOLDER_OF_THE_PROGRAMS
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
    echo "membership.sh: $*" >&2
    tail -n 15 "$folder"/*.log >&2 || true
    exit 1
}

# A command until it holds, for a minute.
await() {
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.2
    done
    fail "never came true: $*"
}

port=$((25000 + RANDOM % 4000))
api() { echo "http://127.0.0.1:$((port + 10 * $1))"; }
admin() { echo "http://127.0.0.1:$((port + 10 * $1 + 2))"; }
is_ready() { tanjid status --admin "$(admin "$1")" | grep '^readiness  ready$' >/dev/null; }
start() {
    tanjid start -c "$folder/four/$1/node.toml" >>"$folder/$1.log" 2>&1 &
    pid_of[$1]=$!
    running+=("$!")
}

tanjid cluster new --members metro,ev,wallet,registry --guests rail --origin log.example/story \
    --out "$folder/four" --loopback --port "$port" >"$folder/steps"
cd "$folder/four"
for member in metro ev wallet registry; do start "$member"; done
for node in 0 1 2 3; do await is_ready "$node"; done

# joins NUMBER MEMBER PLACE [--learner]: keys, a node.toml, and the entry that governance signs.
joins() {
    mkdir -p "$2-$1"
    tanjid init --genesis genesis.json --member "$2" --join "$1" "${@:4}" \
        --data-dir "$folder/four/$2-$1/data" --out "$folder/four/$2-$1" \
        --listen "127.0.0.1:$((port + 10 * $3))" --admin "127.0.0.1:$((port + 10 * $3 + 2))" \
        --address "127.0.0.1:$((port + 10 * $3 + 1))" --peers "127.0.0.1:$((port + 10 * $3 + 1))"
    sed -i 's/^#* *cache_mb.*/cache_mb = 64/; s/^#* *min_free_mb.*/min_free_mb = 64/' \
        "$2-$1/node.toml"
}
decide() {
    tanji membership decide "$@" --node "$(api 0)" --key metro/metro.key --also-key ev/ev.key \
        --also-key wallet/wallet.key --also-key rail/rail.key
}
newest() { tanji membership list --node "$(api "$1")" --json | tail -n 1; }
# settled PLACE VOTERS LEARNERS: that node knows no later membership than this one, in force.
settled() {
    newest "$1" | jq -e --argjson voters "$2" --argjson learners "$3" \
        '.phase == "final" and [.voters[].node] == $voters and [.learners[].node] == $learners'
}
# The newest leaf's receipt, proven offline under the policy of its size.
proves() {
    local last size
    last=$(($(curl -s "$(api "$1")/v1/ledger" | jq ".size // 0") - 1))
    curl -sf "$(api "$1")/v1/leaves/$last/receipt" >"$folder/$2.json"
    size=$(jq -r .proof "$folder/$2.json" | awk '/^$/ { getline; getline; print; exit }')
    curl -sf "$(api "$1")/log/policy?size=$size" >"$folder/$2.policy"
    tanji verify "$folder/$2.json" --policy "$folder/$2.policy"
}

await proves 0 before
echo "four nodes: $(newest 0 | jq -c '[.voters[].node]')"

joins 5 rail 4 --learner
if tanji membership decide --add rail-5/node-5.json --node "$(api 0)" --key metro/metro.key \
    --also-key ev/ev.key; then
    fail "two of five governors decided"
fi
decide --add rail-5/node-5.json
start rail-5
await settled 0 '[1,2,3,4]' '[5]'
await is_ready 4
await settled 4 '[1,2,3,4]' '[5]'
await proves 4 learning
echo "a fifth learns: $(newest 4 | jq -c .number)"

decide --promote 5
await settled 0 '[1,2,3,4,5]' '[]'
await proves 4 voting
tanji membership list --node "$(api 4)"

# A node dies for good; another of its member takes its place.
kill -9 "${pid_of[registry]}"
wait "${pid_of[registry]}" || true
joins 6 registry 5
decide --add registry-6/node-6.json --remove 4
start registry-6
await settled 0 '[1,2,3,5,6]' '[]'
await is_ready 5
await settled 5 '[1,2,3,5,6]' '[]'
await proves 5 replaced
tanjid status --admin "$(admin 0)"

# What was proven before stays proven.
for story in before learning voting replaced; do
    tanji verify "$folder/$story.json" --policy "$folder/$story.policy"
done
tanji verify "$folder/replaced.json" --policy "$folder/replaced.policy" --json |
    jq -e '.cosigners | index("registry.leaving") == null' >/dev/null

# The old number is dead, and is told so.
start registry
told() { grep -a removed "$folder/registry.log"; }
await told
kill "${pid_of[registry]}" || true
wait "${pid_of[registry]}" || true

# Whoever leads is taken out: it hands over, and four go on.
declare -a places=(metro ev wallet registry rail-5 registry-6)
leader=$(curl -s "$(api 0)/v1/cluster" | jq '.data[] | select(.leader) | .node')
other=$((leader == 1 ? 2 : 1))
decide --remove "$leader"
left=$(jq -cn --argjson gone "$leader" '[1, 2, 3, 5, 6] - [$gone]')
await settled "$((other - 1))" "$left" '[]'
await proves "$((other - 1))" without
told_leader() { tanjid status --admin "$(admin "$((leader - 1))")" | grep removed; }
await told_leader
gone=${places[leader - 1]}
kill "${pid_of[$gone]}"
wait "${pid_of[$gone]}" || fail "$gone ended with $?"

# A node that starts again finds all of it in its own ledger.
again=${places[other - 1]}
kill "${pid_of[$again]}"
wait "${pid_of[$again]}" || fail "a node that was stopped ended with $?"
start "$again"
await is_ready "$((other - 1))"
await settled "$((other - 1))" "$left" '[]'
tanji audit "$(api "$((other - 1))")" --policy genesis.json

# A node of genesis loses log and ledger; the one that leads came later, and genesis does not name
# it. What it finds beside them says who that is.
lost=$([ "$gone" = ev ] && echo wallet || echo ev)
declare -A place_of=([metro]=0 [ev]=1 [wallet]=2 [rail-5]=4 [registry-6]=5)
leads() { tanjid status --admin "$(admin "$1")" | grep '^node .*, leader of term' >/dev/null; }
leads_now() {
    for one in metro ev wallet rail-5 registry-6; do
        if [ "$one" != "$gone" ] && leads "${place_of[$one]}"; then
            leader_at=${place_of[$one]}
            return 0
        fi
    done
    return 1
}
rail_leads() {
    leads 4 || { leads_now && tanjid transfer rail --admin "$(admin "$leader_at")" && leads 4; }
}
if [ "$gone" != rail-5 ]; then
    await rail_leads
    kill "${pid_of[$lost]}"
    wait "${pid_of[$lost]}" || fail "$lost ended with $?"
    jq -e "[.nodes[].node] == $left" "$lost/data/peers.json" >/dev/null
    rm -r "$lost/data/log" "$lost/data/ledger"
    start "$lost"
    await is_ready "${place_of[$lost]}"
    await settled "${place_of[$lost]}" "$left" '[]'
    leads 4 || fail "the lead moved: nothing was shown"
    echo "found again by a node that genesis does not name"
fi
for member in metro ev wallet rail-5 registry-6; do
    if [ "$member" != "$gone" ]; then
        kill "${pid_of[$member]}"
        wait "${pid_of[$member]}" || fail "$member ended with $?"
    fi
done
tanjid fsck --data-dir "$folder/four/$again/data"
echo "membership: ok"
