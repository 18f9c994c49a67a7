#!/bin/sh
# A verifier that is not ours reads the log of a running node: Go's sumdb, as Debian packages it
# (golang-go, golang-golang-x-mod-dev). Skipped, with status 77, where that is not installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb ]; then
    echo "interop: no Go with x/mod here, skipped" >&2
    exit 77
fi
folder=$(mktemp -d)
node=
cleanup() {
    [ -z "$node" ] || kill "$node" 2>/dev/null || true
    [ -z "$node" ] || wait "$node" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT INT TERM

export GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$folder/cache" GOFLAGS=
go build -o "$folder/verify" "$here/interop/verify.go"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$build/tanjid" demo --nodes 1 --keep "$folder/demo" --no-input --port "$port" >"$folder/out" 2>&1 &
node=$!
tries=0
while [ ! -f "$folder/demo/demo.json" ]; do
    tries=$((tries + 1))
    if [ $tries -gt 600 ] || ! kill -0 "$node" 2>/dev/null; then
        cat "$folder/out" >&2
        exit 1
    fi
    sleep 0.1
done
"$folder/verify" "http://127.0.0.1:$port" "$folder/demo/policy.txt"
