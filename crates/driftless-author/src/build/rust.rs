//! Rust: cargo compiles it, and wasm-bindgen finishes what was written for it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use driftless_plugin_api::manifest::{PluginManifest, is_valid_name};
use serde::Deserialize;

use super::{Compiled, Options, Progress, Target, definitions, read_made};
use crate::error::AuthorError;
use crate::language::Language;
use crate::project::{Project, folder_with_sdk, manifest};
use crate::sdk::{self, PLUGIN_SDK};
use crate::{sections, tools};

/// The section of a module that wasm-bindgen has yet to finish.
const UNFINISHED: &str = "__wasm_bindgen_unstable";

/// Compiles every library of a project that could be a plugin.
pub(super) fn compile(
    project: &Project,
    options: &Options,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Vec<Compiled>, AuthorError> {
    let file = project.file();
    let cargo =
        Cargo { program: std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).into(), file: &file };
    // Cargo reads the manifests of dependencies as well, so they are there first.
    if let Some(folder) = folder_with_sdk(&project.folder)? {
        sdk::unpack(&folder, Language::Rust)?;
    }
    let packages = cargo.packages()?;
    let mut by_target: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in &packages {
        by_target.entry(package.target(options.target).name()).or_default().push(package);
    }
    if by_target.is_empty() {
        let why = "nothing in it is a plugin: a plugin's Cargo.toml has `[lib] crate-type = [\"cdylib\"]`";
        return Err(AuthorError::description(&file, why));
    }
    for target in by_target.keys() {
        target_is_installed(target)?;
    }
    let mut compiled = Vec::new();
    for (target, packages) in by_target {
        // Cargo shows by itself how far it is.
        progress(Progress::Silence);
        for artifact in cargo.build(target, &packages)? {
            let package = packages.iter().find(|package| package.manifest_path == artifact.manifest_path);
            compiled.push(finish(&artifact, package.copied(), progress)?);
        }
    }
    Ok(compiled)
}

/// The compiler needs the standard library of its target.
fn target_is_installed(target: &str) -> Result<(), AuthorError> {
    let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    let asked =
        asked.map_err(|error| AuthorError::Tool(format!("rustc: {error}; install Rust from rustup.rs")))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim());
    if asked.status.success() && folder.is_dir() {
        return Ok(());
    }
    Err(AuthorError::Tool(format!(
        "the target {target} is not installed; add it with `rustup target add {target}`"
    )))
}

struct Cargo<'a> {
    program: PathBuf,
    file: &'a Path,
}

/// What `cargo metadata` says of a package.
#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    description: Option<String>,
    authors: Vec<String>,
    license: Option<String>,
    homepage: Option<String>,
    repository: Option<String>,
    rust_version: Option<String>,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    targets: Vec<CrateTarget>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    features: Vec<String>,
    path: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct CrateTarget {
    crate_types: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Workspace {
    packages: Vec<Package>,
    /// Those that cargo builds where none is named.
    workspace_default_members: Vec<String>,
}

/// A message of `cargo build`.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    target: Option<CrateTarget>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// A library that cargo made.
struct Artifact {
    manifest_path: PathBuf,
    file: PathBuf,
}

impl Package {
    fn depends_on(&self, name: &str) -> Option<&Dependency> {
        self.dependencies.iter().find(|dependency| dependency.name == name && dependency.kind.is_none())
    }

    /// What it has to be compiled for, whatever was asked for: neither wasm-bindgen nor components know WASI as it is for core modules.
    fn target(&self, asked: Target) -> Target {
        match self.depends_on("plugin-sdk") {
            Some(sdk) if sdk.features.iter().any(|feature| feature == "component") => Target::Unknown,
            None if self.depends_on("wasm-bindgen").is_some() => Target::Unknown,
            _ => asked,
        }
    }

    fn manifest(&self) -> PluginManifest {
        let some = |text: &Option<String>| text.clone().unwrap_or_default();
        PluginManifest {
            description: some(&self.description),
            author: self.authors.join(", "),
            license: some(&self.license),
            homepage: self.homepage.clone(),
            repository: self.repository.clone(),
            rust_version: self.rust_version.clone(),
            ..manifest(self.name.clone(), self.version.clone())
        }
    }
}

fn is_library(target: &CrateTarget) -> bool {
    target.crate_types.iter().any(|kind| kind == "cdylib")
}

impl Cargo<'_> {
    fn command(&self, command: &str) -> Command {
        let mut cargo = Command::new(&self.program);
        cargo
            .arg(command)
            .arg("--manifest-path")
            .arg(self.file)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit());
        cargo
    }

    /// The packages that cargo would build here and that have a library for others than Rust.
    fn packages(&self) -> Result<Vec<Package>, AuthorError> {
        let mut cargo = self.command("metadata");
        let output = cargo.args(["--format-version", "1", "--no-deps"]).output();
        let output = output.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                AuthorError::Tool("cargo is not on the PATH; install Rust from rustup.rs".to_owned())
            }
            _ => tools::cannot_start(cargo.get_program(), &error),
        })?;
        if !output.status.success() {
            return Err(AuthorError::Code { file: self.file.to_owned(), why: "cargo cannot read it".into() });
        }
        let workspace: Workspace = self.read(&output.stdout)?;
        let is_plugin = |package: &Package| {
            workspace.workspace_default_members.contains(&package.id)
                && package.targets.iter().any(is_library)
        };
        Ok(workspace.packages.into_iter().filter(is_plugin).collect())
    }

    /// Builds packages, and returns the libraries that it made. Cargo's own messages go to the terminal.
    fn build(&self, target: &str, packages: &[&Package]) -> Result<Vec<Artifact>, AuthorError> {
        let mut cargo = self.command("build");
        cargo.args(["--lib", "--release", "--message-format", "json-render-diagnostics", "--target", target]);
        for package in packages {
            cargo.args(["--package", &package.name]);
        }
        let output = cargo.output().map_err(|error| tools::cannot_start(cargo.get_program(), &error))?;
        if !output.status.success() {
            let mut why = "cargo could not build it; its messages stand above".to_owned();
            let from_registry = |package: &&Package| {
                package.depends_on("plugin-sdk").is_some_and(|dependency| dependency.path.is_none())
            };
            if packages.iter().any(from_registry) {
                why.push_str(&format!(
                    "; the crate plugin-sdk comes with this program: write `plugin-sdk = {{ path = {PLUGIN_SDK:?} }}`"
                ));
            }
            return Err(AuthorError::Code { file: self.file.to_owned(), why });
        }
        let mut artifacts = Vec::new();
        for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let message: Message = self.read(line)?;
            if message.reason == "compiler-artifact" && message.target.as_ref().is_some_and(is_library) {
                let wasm = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "wasm");
                artifacts.extend(
                    message
                        .filenames
                        .into_iter()
                        .filter(wasm)
                        .map(|file| Artifact { manifest_path: message.manifest_path.clone(), file }),
                );
            }
        }
        Ok(artifacts)
    }

    fn read<'a, T: Deserialize<'a>>(&self, json: &'a [u8]) -> Result<T, AuthorError> {
        serde_json::from_slice(json).map_err(|error| AuthorError::Code {
            file: self.file.to_owned(),
            why: format!("cargo said something that cannot be read: {error}"),
        })
    }
}

/// Reads a library, finished by wasm-bindgen if it was written for it.
fn finish(
    artifact: &Artifact,
    package: Option<&Package>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Compiled, AuthorError> {
    let from = artifact.file.clone();
    let bytes = read_made(&from)?;
    let stem = from.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let refused = |why: String| AuthorError::Refused { file: from.clone(), why };
    if !sections::has_custom(&bytes, UNFINISHED).map_err(|error| refused(error.to_string()))? {
        return Ok(Compiled { from, stem, bytes, manifest: None });
    }
    progress(Progress::Step("finishing with wasm-bindgen"));
    let bytes = bind(artifact, &stem)?;
    // The SDK writes a manifest; here only cargo and the module itself know who the plugin is.
    let manifest = match package {
        Some(package) if is_valid_name(&package.name) => Some(PluginManifest {
            components: Some(definitions::ask(&package.name, &bytes).map_err(refused)?),
            ..package.manifest()
        }),
        _ => None,
    };
    Ok(Compiled { from, stem, bytes, manifest })
}

/// Runs wasm-bindgen, in the version that the library was compiled with: what the two say to each other changes.
fn bind(artifact: &Artifact, stem: &str) -> Result<Vec<u8>, AuthorError> {
    let wanted = locked(&artifact.manifest_path);
    let install = match &wanted {
        Some(version) => format!("`cargo install wasm-bindgen-cli --version {version} --locked`"),
        None => "`cargo install wasm-bindgen-cli --locked`".to_owned(),
    };
    let Some(program) = tools::on_path("wasm-bindgen") else {
        let why = format!(
            "wasm-bindgen is not installed, and the plugin is written for it; install it with {install}"
        );
        return Err(AuthorError::Tool(why));
    };
    let found = tools::version(&program)?;
    if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
        let why = format!(
            "wasm-bindgen {found} is installed, and Cargo.lock has version {wanted}: the two have to be the same; install it with {install}, or \
             change Cargo.lock with `cargo update -p wasm-bindgen --precise {found}`"
        );
        return Err(AuthorError::Tool(why));
    }
    let folder = tempfile::tempdir().map_err(|error| AuthorError::file(&std::env::temp_dir(), error))?;
    let mut command = Command::new(&program);
    command.args(["--target", "web", "--no-typescript", "--out-name", stem, "--out-dir"]);
    let output = tools::output(command.arg(folder.path()).arg(&artifact.file))?;
    if !output.status.success() {
        return Err(AuthorError::Code { file: artifact.file.clone(), why: tools::said(&output) });
    }
    let made = folder.path().join(format!("{stem}_bg.wasm"));
    read_made(&made)
}

/// The bytes up to which a lock file is read: those of large workspaces have a tenth of it.
const MAX_LOCK_BYTES: u64 = 16 << 20;

/// The version of wasm-bindgen in the lock file, which lies with the package or with its workspace.
fn locked(manifest: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
    }
    let read = |folder: &Path| driftless_files::read_regular(&folder.join("Cargo.lock"), MAX_LOCK_BYTES).ok();
    let text = manifest.ancestors().skip(1).find_map(read)?;
    let lock: Lock = toml::from_str(&String::from_utf8(text).ok()?).ok()?;
    lock.package.into_iter().find(|package| package.name == "wasm-bindgen").map(|package| package.version)
}
