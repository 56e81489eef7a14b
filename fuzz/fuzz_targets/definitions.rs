//! Hands its input to `driftless_fuzzing::definitions`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: driftless_fuzzing::seeds::write("definitions"), |data: &[u8]| {
    driftless_fuzzing::definitions::run(data);
});
