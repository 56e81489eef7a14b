//! Hashes the sources of this crate, so that a proof of validation that was kept is never older than the rules.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=src");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut files = BTreeSet::new();
    collect(&root.join("src"), &mut files);
    let mut hasher = DefaultHasher::new();
    for file in &files {
        let path = file.strip_prefix(&root).expect("it lies in the crate");
        path.hash(&mut hasher);
        fs::read(file).expect("a source file can be read").hash(&mut hasher);
    }
    println!("cargo::rustc-env=DRIFTLESS_VALIDATOR_SOURCES={:016x}", hasher.finish());
}

fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder of the sources can be read") {
        let path = entry.expect("the folder of the sources can be read").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.insert(path);
        }
    }
}
