//! Hands its input to `driftless_fuzzing::manifest`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: driftless_fuzzing::seeds::write("manifest"), |data: &[u8]| {
    driftless_fuzzing::manifest::run(data);
});
