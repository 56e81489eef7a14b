//! Puts the SDKs and the templates of projects into the library, as lists of paths and texts.
//!
//! A list of what belongs in it, rather than whole folders: those also hold tests, and what running these leaves behind.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The name of a list, where its files are, and which of them it has: files, and folders with all that lies beneath.
const LISTS: [(&str, &str, &[&str]); 4] = [
    ("RUST", "crates", &RUST_SDK),
    ("JAVASCRIPT", "packages/javascript", &["package.json", "src"]),
    ("PYTHON", "packages/python/src", &["driftless_plugin"]),
    ("TEMPLATES", "templates", &["."]),
];

/// The crates that a plugin in Rust is made with, without their tests.
const RUST_SDK: [&str; 7] = [
    "driftless-plugin-api/Cargo.toml",
    "driftless-plugin-api/src",
    "driftless-plugin-api/wit",
    "plugin-sdk-macros/Cargo.toml",
    "plugin-sdk-macros/src",
    "plugin-sdk/Cargo.toml",
    "plugin-sdk/src",
];

/// The manifest of the workspace, from which those crates inherit: where it is in this repository, and where it is in a package of this crate.
const WORKSPACE: [&str; 2] = ["../../Cargo.toml", "crates/workspace.toml"];

fn main() {
    let own = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the crate is"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo says where to write"));
    let mut code = String::new();
    for (name, folder, wanted) in LISTS {
        // Who packs this crate for crates.io copies `packages` and `crates` into it: a package has nothing from beside its folder.
        let folder =
            [own.join(folder), own.join("../..").join(folder)].into_iter().find(|folder| folder.is_dir());
        let folder = folder.unwrap_or_else(|| panic!("there is no folder for {name}"));
        let mut files = Vec::new();
        for wanted in wanted {
            println!("cargo::rerun-if-changed={}", folder.join(wanted).display());
            collect(&folder.join(wanted), &mut files);
        }
        files.sort();
        let _ = writeln!(code, "pub(crate) static {name}: &[(&str, &str)] = &[");
        for file in files {
            let file = file.canonicalize().expect("it was found a moment ago");
            let path =
                file.strip_prefix(folder.canonicalize().expect("it is a folder")).expect("it lies beneath");
            let path = path.to_str().expect("files here have plain names").replace('\\', "/");
            let _ = writeln!(code, "    ({path:?}, include_str!({:?})),", file.display().to_string());
        }
        code.push_str("];\n");
    }
    let workspace = WORKSPACE.map(|file| own.join(file)).into_iter().find(|file| {
        fs::read_to_string(file).is_ok_and(|text| text.lines().any(|line| line == "[workspace.dependencies]"))
    });
    let workspace = workspace.expect("there is the manifest of the workspace");
    let _ = writeln!(
        code,
        "pub(crate) static WORKSPACE: &str = include_str!({:?});",
        workspace.display().to_string()
    );
    fs::write(out.join("embedded.rs"), code).expect("cargo's folder can be written to");
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name == "__pycache__" || name == "node_modules" {
        return;
    }
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("it is a folder") {
            collect(&entry.expect("it can be read").path(), files);
        }
    } else {
        files.push(path.to_owned());
    }
}
