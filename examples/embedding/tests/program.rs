//! The program, with its plugins compiled, as a reader of its README runs it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use driftless_test_support::skip;

const TARGET: &str = "wasm32-unknown-unknown";

#[test]
fn it_does_what_it_says() {
    if !has_target() {
        return skip(&format!("the target {TARGET} is not installed"));
    }
    let built = build();
    // The program replaces the file.
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("deploy.wasm");
    fs::copy(built.join("deploy.wasm"), &plugin).unwrap();

    let output = Command::new(env!("CARGO_BIN_EXE_embedding"))
        .args([&plugin, &built.join("deploy_next.wasm")])
        .output()
        .unwrap();
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    for expected in [
        "it may not call `inventory.owner`: it is not granted\n",
        "   deployed to web1, which belongs to Web Shop\n",
        " KiB of memory, 1 host call, ",
        "   /teams/web-shop\n",
        "cancelled",
        "   before: stop, start\n   the file is another one: stop, start\n   loaded anew: drain, stop, start\n",
    ] {
        assert!(said.contains(expected), "{expected:?} is missing in\n{said}");
    }
    let fuel = said.lines().find_map(|line| line.trim().split_once(" units of fuel")).unwrap().0;
    assert!(fuel.parse::<u64>().unwrap() > 0);
}

/// Compiles the plugins, and returns where they are.
fn build() -> PathBuf {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins");
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--locked", "--target", TARGET, "--manifest-path"])
        .arg(plugins.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    target.join(TARGET).join("debug")
}

fn has_target() -> bool {
    let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    asked.is_ok_and(|asked| Path::new(text(&asked.stdout).trim()).is_dir())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
