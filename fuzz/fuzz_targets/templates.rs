//! Hands its input to `driftless_fuzzing::templates`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: driftless_fuzzing::seeds::write("templates"), |data: &[u8]| {
    driftless_fuzzing::templates::run(data);
});
