//! Hands its input to `driftless_fuzzing::smith`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: driftless_fuzzing::seeds::write("smith"), |data: &[u8]| {
    driftless_fuzzing::smith::run(data);
});
