# Read by tools/demo and tools/test with `.`: steps that print their name and time, and Debian
# packages that are installed only when one of them is missing.

build_packages=(
    g++ cmake ninja-build ccache pkg-config git
    libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libsodium-dev libssl-dev
    librocksdb-dev libcereal-dev libfmt-dev libspdlog-dev libcli11-dev libtomlplusplus-dev
    prometheus-cpp-dev libsystemd-dev
)
test_packages=(
    clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev llvm-19
    libgtest-dev libgmock-dev golang-go golang-golang-x-mod-dev python3 jq curl
)
# Another Node.js than Debian's may be here; it brings its own npm and refuses Debian's.
if ! command -v npm >/dev/null; then
    test_packages+=(nodejs npm)
fi

# Objects can be shared between checkouts, and with precompiled headers.
export CCACHE_NOHASHDIR=1
export CCACHE_BASEDIR="$root"
export CCACHE_SLOPPINESS=pch_defines,time_macros

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "packages are missing and this is neither root nor is sudo here: $missing" >&2
        return 1
    fi
}

# install PACKAGE…: does nothing, and needs no network, when all are there.
install() {
    missing=""
    local package
    for package in "$@"; do
        if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            missing="$missing $package"
        fi
    done
    if [ -z "$missing" ]; then
        echo "all $# packages are there"
        return
    fi
    echo "installing$missing"
    as_root apt-get -qq update
    # shellcheck disable=SC2086  # one word per package is what is wanted
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
        -o Dpkg::Use-Pty=0 install $missing >/dev/null
}

times=""
begun=$SECONDS

# step NAME COMMAND…: the first that fails ends the run with its name. The command runs in a shell
# of its own, because `set -e` does not hold inside a condition.
step() {
    local name=$1 start=$SECONDS status=0
    shift
    printf '\n== %s\n' "$name"
    set +e
    (
        set -e
        "$@"
    )
    status=$?
    set -e
    if [ "$status" -ne 0 ]; then
        printf '\n== %s: FAILED after %d s\n' "$name" $((SECONDS - start))
        exit 1
    fi
    times+=$(printf '%-9s %4d s' "$name" $((SECONDS - start)))$'\n'
    printf '== %s: ok, %d s\n' "$name" $((SECONDS - start))
}

print_times() {
    printf '\n%sso far   %5d s\n' "$times" $((SECONDS - begun))
}
