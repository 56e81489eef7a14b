//! Rust that stands in the book itself: one crate with a module for each block, tested as a whole.

use std::fmt::Write;
use std::fs;

use anyhow::Result;

use super::blocks::{How, Page};
use super::target;
use crate::run::{cargo, root, run};

/// Compiles the blocks, and runs the tests in them. A block may use `plugin-sdk` and `serde_json`; one of another library is an include of a file
/// that is compiled with that library.
pub(super) fn check(pages: &[Page]) -> Result<()> {
    let folder = target().join("rust");
    let source = folder.join("src");
    if source.is_dir() {
        fs::remove_dir_all(&source)?;
    }
    fs::create_dir_all(&source)?;
    let mut modules = String::from("//! The Rust of the book.\n\n");
    for page in pages {
        let name = page.path.file_stem().unwrap_or_default().to_string_lossy().replace('-', "_");
        for block in &page.blocks {
            if block.language != "rust" || block.how != How::Plain || block.is_included {
                continue;
            }
            let module = format!("{name}_{}", block.line);
            fs::write(source.join(format!("{module}.rs")), &block.text)?;
            let _ = writeln!(modules, "pub mod {module};");
        }
    }
    fs::write(source.join("lib.rs"), modules)?;
    let sdk = root().join("crates").join("plugin-sdk");
    let manifest = format!(
        "[package]\nname = \"book\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\nplugin-sdk = {{ path = {:?} }}\nserde_json = \"1\"\n\n[workspace]\n",
        sdk.display().to_string()
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    // The versions that everything else here is tested with.
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    run(cargo()
        .args(["test", "--quiet", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", target().join("cargo"))
        .env("RUSTFLAGS", "--allow dead_code"))
}
