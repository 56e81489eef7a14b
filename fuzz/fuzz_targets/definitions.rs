//! Hands its input to `driftless_fuzzing::definitions`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    driftless_fuzzing::definitions::run(data);
});
