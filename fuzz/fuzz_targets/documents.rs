//! Hands its input to `driftless_fuzzing::documents`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: driftless_fuzzing::seeds::write("documents"), |data: &[u8]| {
    driftless_fuzzing::documents::run(data);
});
