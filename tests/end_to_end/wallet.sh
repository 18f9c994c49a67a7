#!/bin/sh
# A wallet of a few lines of JavaScript, written from openapi.json and the README alone, against a
# demo: it opens an account, sees points arrive, redeems them, and verifies its receipts offline.
# Skipped, with status 77, without Node.js.
set -eu
contract=$(cd "$(dirname "$0")/../contract" && pwd)
build=$1
# shellcheck source=tests/contract/install.sh
. "$contract/install.sh"
folder=$(mktemp -d)
node=
client=
cleanup() {
    [ -z "$client" ] || kill "$client" 2>/dev/null || true
    [ -z "$node" ] || kill "$node" 2>/dev/null || true
    [ -z "$node" ] || wait "$node" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT INT TERM
export HOME="$folder/home" LC_ALL=C.UTF-8
mkdir "$HOME"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
demo=$folder/demo
"$build/tanjid" demo --nodes 1 --keep "$demo" --no-input --port "$port" >"$folder/out" 2>&1 &
node=$!
tries=0
while [ ! -f "$demo/demo.json" ]; do
    tries=$((tries + 1))
    if [ $tries -gt 600 ] || ! kill -0 "$node" 2>/dev/null; then
        cat "$folder/out" >&2
        exit 1
    fi
    sleep 0.1
done

# What the wallet says in a step, as soon as it has taken it.
told() {
    tries=0
    while ! grep -q "^{\"$1\":" "$folder/steps"; do
        tries=$((tries + 1))
        if [ $tries -gt 600 ] || ! kill -0 "$client" 2>/dev/null; then
            echo "wallet: no step \"$1\":" >&2
            cat "$folder/steps" "$folder/fault" >&2
            exit 1
        fi
        sleep 0.1
    done
    sed -n "s/^{\"$1\":\"\([0-9a-f]*\)\".*/\1/p" "$folder/steps"
}

: >"$folder/steps"
node "$contract/wallet.mjs" "$url" "$demo/keys/wallet.key" "$demo/policy.txt" shop.coffee \
    >"$folder/steps" 2>"$folder/fault" &
client=$!
account=$(told opened)
batch=$(node "$contract/ride.mjs" "$demo" "$account" 12340)
"$build/tanji" attest "$batch" --node "$url" --accept --key "$demo/keys/verico.key" \
    --token-file "$demo/keys/verico.token" -y >"$folder/attested" 2>&1 ||
    { cat "$folder/attested" >&2; exit 1; }
redemption=$(told reserved)
"$build/tanji" confirm "$redemption" --node "$url" --key "$demo/keys/shop.key" \
    --points 200 --voucher-file "$folder/voucher.json" -y >"$folder/confirmed" 2>&1 ||
    { cat "$folder/confirmed" >&2; exit 1; }
wait "$client" || { cat "$folder/steps" "$folder/fault" >&2; exit 1; }
client=
cut -c 1-160 "$folder/steps"

# The same receipt by our own verifier, and a forged one by the wallet's.
node -e 'const lines = require("fs").readFileSync(0, "utf8").trim().split("\n");
    console.log(JSON.stringify(JSON.parse(lines.at(-1)).receipt));' <"$folder/steps" >"$folder/receipt.json"
"$build/tanji" verify "$folder/receipt.json" --policy "$demo/policy.txt"
sed 's/applied/refused/' "$folder/receipt.json" >"$folder/forged.json"
cat >"$folder/forged.mjs" <<EOF
import { readFileSync } from 'node:fs';
import { verify } from '$contract/receipt.mjs';
verify(JSON.parse(readFileSync('$folder/forged.json', 'utf8')), readFileSync('$demo/policy.txt', 'utf8'));
EOF
if node "$folder/forged.mjs" 2>"$folder/fault"; then
    echo "wallet: a forged receipt was taken for good" >&2
    exit 1
fi
grep -q 'the path does not lead to the root' "$folder/fault"
echo "wallet: ok"
