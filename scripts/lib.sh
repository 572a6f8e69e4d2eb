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

# Numbers with a point, whatever the user's own language writes: awk and bash take theirs from it.
export LC_ALL=C.UTF-8

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
# features, for another choice of packages. Cargo takes a second to see that nothing has changed: it is not asked where
# no file is newer than the last build.
build_programs() {
    local built=$CARGO_TARGET_DIR/programs-built
    if programs_are_current "$built"; then return; fi
    # Before cargo reads the first file: what is edited while it compiles is newer. Cargo has made no folder on a machine
    # that has built nothing.
    mkdir -p "$CARGO_TARGET_DIR"
    echo "$ROOT" >"$built.part"
    (cd "$ROOT" && cargo build --locked --workspace --bins)
    mv "$built.part" "$built"
}

# programs_are_current BUILT: this checkout was built last, and nothing that a program is made of is newer: its sources,
# which cargo lists beside it, the manifests, and the choice of the compiler.
programs_are_current() {
    local built=$1 list sources
    [ "$(cat "$built" 2>/dev/null)" = "$ROOT" ] || return 1
    for list in "$CARGO_TARGET_DIR"/debug/sit*.d; do [ -x "${list%.d}" ] || return 1; done
    sources=$(sed 's/^[^:]*: //' "$CARGO_TARGET_DIR"/debug/sit*.d | tr ' ' '\n' | sort -u)
    # Another checkout has built one of them since, or has one that this one lacks.
    if grep -qv "^$ROOT/" <<<"$sources"; then return 1; fi
    # What find cannot find has gone, and is said to be changed by its complaint.
    # shellcheck disable=SC2016 # the inner shell expands them
    [ -z "$(printf '%s\0' "$sources" "$SIT_CACHE/toolchain.env" "$ROOT"/{Cargo.lock,.cargo/config.toml,scripts/lib.sh} \
        "$ROOT"/Cargo.toml "$ROOT"/*/Cargo.toml "$ROOT"/*/*/Cargo.toml | tr '\n' '\0' |
        xargs -0 sh -c 'find "$@" -prune -newer "$0" -print -quit' "$built" 2>&1)" ]
}

# Builds the contracts that changed.
build_contracts() {
    (cd "$ROOT" && "$CARGO_TARGET_DIR/debug/sit-contracts" build "$@")
}

# compiler_of_blobs: whether this machine's compiler is the one that contracts/blobs.toml names. By another one the same source
# gives other code, so that a difference says nothing.
compiler_of_blobs() { grep -qxF "compiler = \"$SIT_RUSTC_VERSION\"" "$ROOT/contracts/blobs.toml"; }

# run_program NAME ARGUMENTS...: replaces this script by a program of the workspace.
run_program() {
    local program=$1
    shift
    exec "$CARGO_TARGET_DIR/debug/$program" "$@"
}
