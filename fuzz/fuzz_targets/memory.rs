//! Hands its input to `driftless_fuzzing::memory`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: driftless_fuzzing::seeds::write("memory"), |data: &[u8]| {
    driftless_fuzzing::memory::run(data);
});
