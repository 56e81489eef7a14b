//! A plugin imports what it uses, and no more: a host refuses imports that the manifest does not ask for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use driftless_test_support::skip;
use wasmparser::{Parser, Payload};

const TARGET: &str = "wasm32-wasip1";

const MANIFEST: &str = r#"
[package]
name = "imports"
version = "0.1.0"
edition = "2024"

[lib]
crate-type = ["cdylib"]

[features]
file = []
http = []
environment = []
process = []
functions = []

[dependencies]
plugin-sdk = { path = 'SDK' }

# It is no part of the workspace around it.
[workspace]
"#;

const LIBRARY: &str = r##"
#[plugin_sdk::plugin]
mod imports {
    use plugin_sdk::prelude::*;

    #[task]
    fn nothing() {}

    #[cfg(feature = "file")]
    #[task]
    fn file() -> Result<String> {
        fs::write("/srv/x", "")?;
        Ok(fs::read_to_string("/srv/x")?)
    }

    #[cfg(feature = "http")]
    #[task]
    fn http() -> Result<String> {
        Ok(http::get("https://example.com/").send()?.ok()?.text()?.to_owned())
    }

    #[cfg(feature = "environment")]
    #[task]
    fn environment() -> Result<String> {
        Ok(env::var("X")?.unwrap_or_default())
    }

    #[cfg(feature = "process")]
    #[task]
    fn process() -> Result<String> {
        Ok(process::Command::new("git").run()?.ok()?.stdout_text()?.to_owned())
    }

    #[cfg(feature = "functions")]
    #[task]
    fn function() -> Result<String> {
        Ok(functions::call("f", "x")?)
    }
}
"##;

#[test]
fn a_plugin_imports_what_it_uses() {
    if !has_target() {
        return skip(&format!("the target {TARGET} is not installed"));
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("imports");
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), MANIFEST.replace("SDK", &sdk.display().to_string())).unwrap();
    fs::write(folder.join("src/lib.rs"), LIBRARY).unwrap();
    // The versions that are there already, so that nothing is downloaded.
    fs::copy(sdk.join("../../Cargo.lock"), folder.join("Cargo.lock")).unwrap();

    for (features, imports) in [
        ("", &[][..]),
        ("file", &["host_file", "host_take"]),
        ("http", &["host_http", "host_take"]),
        ("environment", &["host_environment", "host_take"]),
        ("process", &["host_process", "host_take"]),
        ("functions", &["host_function", "host_take"]),
        ("environment,file", &["host_environment", "host_file", "host_take"]),
    ] {
        let mut found = imports_of(&fs::read(build(&folder, features)).unwrap());
        // They are for every plugin, and ask for nothing.
        found.remove("host_panic");
        found.remove("host_log");
        assert!(found.iter().eq(imports), "with the features `{features}`: {found:?}");
    }
}

/// Builds the plugin as it is without any profile of the author's, where the linker has the least help.
fn build(folder: &Path, features: &str) -> PathBuf {
    let target = folder.join("target");
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--offline", "--target", TARGET, "--features", features, "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .expect("cargo runs this test as well");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join(TARGET).join("debug/imports.wasm")
}

/// What a module imports from the host.
fn imports_of(module: &[u8]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::ImportSection(section) = payload.unwrap() else { continue };
        for import in section.into_imports() {
            let import = import.unwrap();
            // The standard library's own are replaced by `driftless plugin build`.
            if import.module == "env" {
                names.insert(import.name.to_owned());
            }
        }
    }
    names
}

fn has_target() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    asked.is_ok_and(|asked| {
        asked.status.success() && Path::new(String::from_utf8_lossy(&asked.stdout).trim()).is_dir()
    })
}
