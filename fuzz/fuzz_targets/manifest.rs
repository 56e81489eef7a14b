//! Hands its input to `driftless_fuzzing::manifest`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    driftless_fuzzing::manifest::run(data);
});
