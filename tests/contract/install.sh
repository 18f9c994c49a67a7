# shellcheck shell=sh
# Read with `.` by the stories that need Node.js: `contract` is this folder, with its packages
# installed as package-lock.json says. Ends the story with 77 (skipped) where that cannot be done.
contract=${contract:?the folder of this file}
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "$(basename "$0"): no Node.js with npm here (Debian: nodejs npm), skipped" >&2
    exit 77
fi
if ! node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'; then
    echo "$(basename "$0"): Node.js $(node --version) is older than 18, skipped" >&2
    exit 77
fi
# npm writes this file last.
done_at=$contract/node_modules/.package-lock.json
if [ -z "$(find "$done_at" -newer "$contract/package-lock.json" 2>/dev/null)" ]; then
    echo "npm ci in tests/contract"
    if ! (cd "$contract" && timeout 150 npm ci --ignore-scripts --silent --no-progress); then
        echo "$(basename "$0"): npm ci failed, skipped; is the registry reachable?" >&2
        exit 77
    fi
fi
