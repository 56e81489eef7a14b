//! Hands its input to `driftless_fuzzing::pipeline`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: driftless_fuzzing::seeds::write("pipeline"), |data: &[u8]| {
    driftless_fuzzing::pipeline::run(data);
});
