#!/bin/sh
# api/openapi.json is clean for two linters; a whole story through prism, and random requests against
# every route, find a node that does what it says. Skipped, with status 77, without Node.js.
set -eu
contract=$(cd "$(dirname "$0")/../contract" && pwd)
build=$(cd "$1" 2>/dev/null && pwd) || build=$1
if ! [ -x "$build/tanjid" ]; then
    echo "contract: no tanjid in $build: build the preset programs first"
    exit 77
fi
# shellcheck source=tests/contract/install.sh
. "$contract/install.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM
mkdir "$folder/story" "$folder/properties"

cd "$contract"
node lint.mjs
node_modules/.bin/spectral lint --quiet -r spectral.yaml --fail-severity=warn ../../api/openapi.json
echo "spectral: 0 errors, 0 warnings"
node story.mjs "$build" "$folder/story"
node properties.mjs "$build" "$folder/properties"
