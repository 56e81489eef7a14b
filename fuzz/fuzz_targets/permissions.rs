//! Hands its input to `driftless_fuzzing::permissions`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    driftless_fuzzing::permissions::run(data);
});
