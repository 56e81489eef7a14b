//! Hands its input to `driftless_fuzzing::validator`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: driftless_fuzzing::seeds::write("validator"), |data: &[u8]| {
    driftless_fuzzing::validator::run(data);
});
