# shellcheck shell=bash
# What the scripts share; sourced, never run.
#
# Sets ROOT (the checkout), SIT_CACHE, and the environment that scripts/setup chose: the compiler first on the PATH, and
# one target directory for each version of it, shared by all checkouts.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${SIT_CACHE:=${XDG_CACHE_HOME:-${HOME:?set HOME or SIT_CACHE}/.cache}/sit}"
export SIT_CACHE

die() {
    echo "error: $*" >&2
    exit 1
}

# Flags in these variables would replace the ones in .cargo/config.toml, or send the programs to another folder.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_BUILD_TARGET

# Runs setup, which returns at once when all is there, and takes over its choices.
use_toolchain() {
    "$ROOT/scripts/setup" --quiet >&2
    # shellcheck source=/dev/null
    source "$SIT_CACHE/toolchain.env"
}

# stage TITLE COMMAND...: runs the command under a title and says how long it took; all on stderr.
stage() {
    local title=$1 start=$SECONDS
    shift
    echo "==> $title" >&2
    "$@" >&2
    echo "    $title: $((SECONDS - start)) s" >&2
}

# Compiles the programs. The whole workspace at once: cargo would compile shared dependencies again, with other
# features, for another choice of packages.
build_programs() {
    (cd "$ROOT" && cargo build --locked --workspace --bins)
}

# Builds the contracts that changed.
build_contracts() {
    (cd "$ROOT" && "$CARGO_TARGET_DIR/debug/sit-contracts" build "$@")
}

# run_program NAME ARGUMENTS...: replaces this script by a program of the workspace.
run_program() {
    local program=$1
    shift
    exec "$CARGO_TARGET_DIR/debug/$program" "$@"
}
