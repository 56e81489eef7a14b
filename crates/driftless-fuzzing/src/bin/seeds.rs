//! Writes the seeds of every target to where its fuzzer looks for them: `fuzz/corpus/TARGET/`.

use std::fs;
use std::io;

use driftless_fuzzing::{TARGETS, seeds};

fn main() -> io::Result<()> {
    for target in TARGETS {
        let folder = seeds::folder().join("corpus").join(target.name);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in seeds::of(target.name) {
            fs::write(folder.join(format!("seed-{name}")), bytes)?;
        }
    }
    Ok(())
}
