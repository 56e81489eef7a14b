//! Hands its input to `driftless_fuzzing::permissions`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: driftless_fuzzing::seeds::write("permissions"), |data: &[u8]| {
    driftless_fuzzing::permissions::run(data);
});
