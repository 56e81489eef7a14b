#!/usr/bin/env bash
# Builds both plugins and the program, and measures. PROGRAM_TOOLCHAIN names a toolchain for the program, where the default is older than Rust 1.96.
set -euo pipefail
cd "$(dirname "$0")"
# They make every call of extism slower: src/main.rs says why.
unset RUST_BACKTRACE RUST_LIB_BACKTRACE
target="${CARGO_TARGET_DIR:-$PWD/target}"
if [ -z "${DRIFTLESS:-}" ]; then
    (cd ../.. && env -u CARGO_TARGET_DIR cargo build --bin driftless)
    DRIFTLESS="../../target/debug/driftless"
fi
"$DRIFTLESS" plugin build plugins/driftless-guest --out-dir "$target/guests"
CARGO_TARGET_DIR="$target/plugins" cargo build --release --manifest-path plugins/Cargo.toml -p extism-guest --target wasm32-unknown-unknown
CARGO_TARGET_DIR="$target" cargo ${PROGRAM_TOOLCHAIN:+"+$PROGRAM_TOOLCHAIN"} run --release --locked -j 1 -- \
    "$target/guests/driftless-guest.wasm" "$target/plugins/wasm32-unknown-unknown/release/extism_guest.wasm"
