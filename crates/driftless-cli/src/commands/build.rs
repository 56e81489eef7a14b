//! `driftless plugin build`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context as _;
use driftless_sandbox::{Digest, replace_imports, validate};
use serde_json::{Value, json};

use super::print_json;
use crate::args::{Build, Global};
use crate::failure::{Failure, unreadable};
use crate::terminal::{GOOD, STRONG, Terminal};

/// Compiles a Rust project, makes plugins of its libraries, and checks them.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &Build) -> anyhow::Result<ExitCode> {
    // Whoever names the file means the folder.
    let project = match args.project.parent() {
        Some(folder) if args.project.is_file() && args.project.ends_with("Cargo.toml") => folder,
        _ => &args.project,
    };
    let manifest = project.join("Cargo.toml");
    if !manifest.is_file() {
        let message = format!("{}: there is no such file, so this is no Rust project", manifest.display());
        return Err(Failure::NotFound(message).into());
    }
    target_is_installed(&args.target)?;
    let libraries = compile(&manifest, &args.target)?;
    let out_dir = match &args.out_dir {
        Some(folder) => folder.clone(),
        None => project.join("target").join("plugins"),
    };
    std::fs::create_dir_all(&out_dir).map_err(|error| unreadable(&out_dir, &error))?;
    let mut built = Vec::new();
    for library in &libraries {
        built.push(finish(library, &out_dir)?);
    }
    if built.is_empty() {
        let message =
            "nothing in it is a plugin: a plugin's Cargo.toml has `[lib] crate-type = [\"cdylib\"]`";
        return Err(Failure::Usage(format!("{}: {message}", manifest.display())).into());
    }
    if global.json {
        print_json(global, terminal, &built)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = terminal.out();
    for plugin in &built {
        let text = |key: &str| plugin[key].as_str().unwrap_or_default().to_owned();
        writeln!(out, "{GOOD}built{GOOD:#} {STRONG}{}{STRONG:#} {}", text("name"), text("version"))?;
        let components = match plugin["components"].as_array().map_or(0, Vec::len) {
            1 => "1 component".to_owned(),
            count => format!("{count} components"),
        };
        writeln!(out, "      {}, {} bytes, {components}", text("file"), plugin["size"])?;
        writeln!(out, "      {}", text("digest"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The compiler needs the standard library of its target.
fn target_is_installed(target: &str) -> anyhow::Result<()> {
    let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    let asked =
        asked.map_err(|error| Failure::NotFound(format!("rustc: {error}; install Rust from rustup.rs")))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim());
    if asked.status.success() && folder.is_dir() {
        return Ok(());
    }
    let message = format!("the target {target} is not installed; add it with `rustup target add {target}`");
    Err(Failure::NotFound(message).into())
}

/// Runs cargo, whose own messages go to the terminal, and returns the libraries that it made.
fn compile(manifest: &Path, target: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "build",
        "--lib",
        "--release",
        "--message-format",
        "json-render-diagnostics",
        "--target",
        target,
    ]);
    cargo.arg("--manifest-path").arg(manifest).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = cargo.output().map_err(|error| Failure::NotFound(format!("cargo: {error}")))?;
    if !output.status.success() {
        return Err(Failure::Failed(format!("{}: it does not compile", manifest.display())).into());
    }
    let mut libraries = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: Value = serde_json::from_str(line).context("cargo said something that is not JSON")?;
        let kinds = message["target"]["crate_types"].as_array();
        if message["reason"] != "compiler-artifact"
            || !kinds.is_some_and(|kinds| kinds.contains(&json!("cdylib")))
        {
            continue;
        }
        let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
        libraries.extend(files.filter(|file| file.ends_with(".wasm")).map(PathBuf::from));
    }
    Ok(libraries)
}

/// Makes a plugin of a library and puts it where it belongs.
fn finish(library: &Path, out_dir: &Path) -> anyhow::Result<Value> {
    let compiled = std::fs::read(library).map_err(|error| unreadable(library, &error))?;
    let refused = |why: String| Failure::Refused(format!("{} is no plugin:\n{why}", library.display()));
    let bytes = replace_imports(&compiled).map_err(|error| refused(error.to_string()))?;
    let module = validate(&bytes).map_err(|error| refused(error.to_string()))?;
    let manifest = module.manifest();
    let stem = || library.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = manifest.map_or_else(stem, |manifest| manifest.name.clone());
    let path = out_dir.join(format!("{name}.wasm"));
    // Whoever reads the folder meanwhile finds the old plugin or the new one.
    let new = out_dir.join(format!(".{name}.wasm.new"));
    std::fs::write(&new, &bytes)
        .and_then(|()| std::fs::rename(&new, &path))
        .map_err(|error| unreadable(&path, &error))?;
    Ok(json!({
        "name": name,
        "version": manifest.map(|manifest| manifest.version.as_str()),
        "file": path,
        "size": bytes.len(),
        "digest": Digest::of(&bytes).to_string(),
        "components": manifest.and_then(|manifest| manifest.components.as_ref()),
        "permissions": manifest.map(|manifest| &manifest.permissions),
    }))
}
