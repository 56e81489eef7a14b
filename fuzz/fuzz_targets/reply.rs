//! Hands its input to `driftless_fuzzing::reply`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: driftless_fuzzing::seeds::write("reply"), |data: &[u8]| {
    driftless_fuzzing::reply::run(data);
});
