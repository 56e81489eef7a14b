//! JavaScript and TypeScript: esbuild makes one file of the plugin and its packages, componentize-js makes a component of that.
//!
//! The work is done by a script that node runs, `scripts/build.mjs`. It asks the plugin for its components as well, outside of WebAssembly: to
//! compile the finished component for that would take ten seconds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::definitions::Definitions;
use super::{Compiled, Progress, read_made};
use crate::error::AuthorError;
use crate::project::{Metadata, Project, read_description};
use crate::tools::{COMPONENTIZE_JS, ESBUILD};
use crate::{sdk, tools, world};

/// The oldest node whose features the tools use.
const NODE: u32 = 20;

/// The oldest esbuild that has the options that are used.
const OLDEST_ESBUILD: (u32, u32) = (0, 25);

/// What the script ends with where the plugin uses something that it does not ask for.
const NOT_ASKED_FOR: i32 = 3;

pub(super) fn compile(
    project: &Project,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Compiled, AuthorError> {
    let metadata = project.metadata.as_ref().expect("a project that is not in Rust has metadata");
    let node = node()?;
    let folder =
        fs::canonicalize(&project.folder).map_err(|error| AuthorError::file(&project.folder, error))?;
    let tools = Packages::of(&folder)?;
    let unpacked = sdk::unpack(&folder, project.language)?;
    let out = unpacked.work.join("build");
    let plan = plan(&folder, metadata, &tools, &unpacked, &out)?;
    let plan_file = out.join("plan.json");
    sdk::write(&plan_file, plan.to_string())?;
    let run = |step: &str| -> Result<String, AuthorError> {
        let mut command = Command::new(&node);
        command
            .args(["--enable-source-maps", "--no-warnings"])
            .arg(unpacked.work.join("build.mjs"))
            .arg(step)
            .arg(&plan_file);
        let output = tools::output(command.current_dir(&folder))?;
        let said = tools::said(&output);
        match output.status.code() {
            Some(0) => Ok(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Some(NOT_ASKED_FOR) => Err(AuthorError::NotAskedFor { file: project.file(), why: said }),
            _ => Err(AuthorError::Code { file: project.file(), why: said }),
        }
    };
    // First what a plugin does not have: a compiler that does not find it gives advice that is none here.
    progress(Progress::Step("bundling"));
    warn(&run("bundle")?, progress);
    if let Some(compiler) = &tools.typescript {
        progress(Progress::Step("checking types"));
        let mut command = Command::new(&node);
        command.arg(compiler).args(["--noEmit", "--pretty", "false"]);
        let output = tools::output(command.current_dir(&folder))?;
        if !output.status.success() {
            let said = tools::said(&output);
            let why = format!("its types do not fit:\n{said}{}", advice_on_types(&said));
            return Err(AuthorError::Code { file: project.file(), why });
        }
    }
    progress(Progress::Step("loading the plugin"));
    warn(&run("describe")?, progress);
    Definitions::check_file(project, &out)?;
    progress(Progress::Step("making a component of it"));
    run("componentize")?;
    let read = |name: &str| read_made(&out.join(name));
    let bytes = read("plugin.wasm")?;
    let described = serde_json::from_slice(&read("manifest.json")?).map_err(|error| AuthorError::Code {
        file: project.file(),
        why: format!("what it says about itself: {error}"),
    })?;
    let stem = metadata.manifest.name.clone();
    Ok(Compiled { from: project.file(), stem, bytes, manifest: Some(described) })
}

/// What to do about what the compiler of TypeScript says, where that leaves the author alone.
fn advice_on_types(said: &str) -> &'static str {
    // In a variable, the type of a schema's `type: "object"` is any text.
    if said.contains("Type 'string' is not assignable to type") && said.contains("SchemaType") {
        "\na schema that stands in a variable of its own needs `as const` behind it: `const config = { type: \"object\", … } as const;`"
    } else {
        ""
    }
}

/// Tells what a step of the script has said that is no mistake.
fn warn(said: &str, progress: &mut dyn FnMut(Progress<'_>)) {
    if !said.is_empty() {
        progress(Progress::Warning(said));
    }
}

/// What the script is to do.
fn plan(
    folder: &Path,
    metadata: &Metadata,
    tools: &Packages,
    unpacked: &sdk::Unpacked,
    out: &Path,
) -> Result<Value, AuthorError> {
    let capabilities = world::capabilities(&metadata.permissions);
    let wit = out.join("wit");
    sdk::write(&wit.join("world.wit"), world::text(&capabilities))?;
    sdk::write(&wit.join("deps/plugin/plugin.wit"), driftless_plugin_api::wit::PACKAGE)?;
    Ok(json!({
        "project": folder,
        "entry": metadata.entry,
        "sdk": unpacked.sdk,
        "wit": wit,
        "world": world::NAME,
        "out": out,
        "manifest": metadata.manifest,
        "capabilities": capabilities.iter().map(|capability| capability.import().trim_start_matches("host_")).collect::<Vec<_>>(),
        "esbuild": tools.esbuild,
        "componentize": tools.componentize,
    }))
}

fn node() -> Result<PathBuf, AuthorError> {
    let Some(node) = tools::on_path("node") else {
        return Err(AuthorError::Tool(format!(
            "node is not on the PATH; install Node.js {NODE} or newer from nodejs.org"
        )));
    };
    let version = tools::version(&node)?;
    match tools::major_minor(&version) {
        Some((major, _)) if major >= NODE => Ok(node),
        _ => Err(AuthorError::Tool(format!(
            "node is version {version}; install Node.js {NODE} or newer from nodejs.org"
        ))),
    }
}

/// The packages that build a plugin, as npm installed them.
struct Packages {
    componentize: PathBuf,
    esbuild: PathBuf,
    /// The compiler, where the project has one and says what it is to check.
    typescript: Option<PathBuf>,
}

impl Packages {
    fn of(project: &Path) -> Result<Self, AuthorError> {
        let componentize = installed(project, "@bytecodealliance/componentize-js");
        let esbuild = installed(project, "esbuild");
        let (Some((componentize, found)), Some((esbuild, bundler))) = (&componentize, &esbuild) else {
            let missing = if componentize.is_none() { "componentize-js" } else { "esbuild" };
            return Err(AuthorError::Tool(format!(
                "{missing} is not in `node_modules` of {}; {}",
                project.display(),
                advice(project)
            )));
        };
        if found != COMPONENTIZE_JS {
            return Err(AuthorError::Tool(format!(
                "componentize-js is version {found}, and this driftless makes components with {COMPONENTIZE_JS}; install it with \
                 `npm install --save-dev --save-exact @bytecodealliance/componentize-js@{COMPONENTIZE_JS}`"
            )));
        }
        if tools::major_minor(bundler).is_none_or(|version| version < OLDEST_ESBUILD) {
            return Err(AuthorError::Tool(format!(
                "esbuild is version {bundler}, which is too old; install a newer one with `npm install --save-dev --save-exact esbuild@{ESBUILD}`"
            )));
        }
        let typescript = installed(project, "typescript")
            .filter(|_| project.join("tsconfig.json").is_file())
            .map(|(folder, _)| folder.join("bin").join("tsc"))
            .filter(|compiler| compiler.is_file());
        Ok(Self { componentize: componentize.clone(), esbuild: esbuild.clone(), typescript })
    }
}

/// How to install what is missing.
fn advice(project: &Path) -> String {
    let listed = read_description(&project.join("package.json")).unwrap_or_default();
    if listed.contains("@bytecodealliance/componentize-js") && listed.contains("\"esbuild\"") {
        let command = if project.join("package-lock.json").is_file() { "npm ci" } else { "npm install" };
        return format!("install what package.json lists with `{command}`");
    }
    format!(
        "install both with `npm install --save-dev --save-exact @bytecodealliance/componentize-js@{COMPONENTIZE_JS} esbuild@{ESBUILD}`"
    )
}

/// The folder and the version of a package, which is installed in the project or in a folder that it lies in.
fn installed(project: &Path, package: &str) -> Option<(PathBuf, String)> {
    project.ancestors().find_map(|folder| {
        let folder = folder.join("node_modules").join(package);
        let described = read_description(&folder.join("package.json")).ok()?;
        let described: Value = serde_json::from_str(&described).ok()?;
        Some((folder, described["version"].as_str()?.to_owned()))
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_schema_in_a_variable_gets_advice() {
        let said = "src/index.ts(3,19): error TS2322: …\n  Type 'string' is not assignable to type 'readonly SchemaType[] | SchemaType | undefined'.";
        assert!(advice_on_types(said).contains("`as const`"));
        assert_eq!(advice_on_types("error TS2322: Type 'string' is not assignable to type 'number'."), "");
    }

    #[test]
    fn a_package_that_has_no_end_is_not_installed() {
        let project = tempfile::tempdir().unwrap();
        let folder = project.path().join("node_modules/esbuild");
        fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.join("package.json")).unwrap();
        assert_eq!(installed(project.path(), "esbuild"), None);
        fs::remove_file(folder.join("package.json")).unwrap();
        fs::write(folder.join("package.json"), r#"{"version": "0.25.0"}"#).unwrap();
        assert_eq!(installed(project.path(), "esbuild"), Some((folder, "0.25.0".to_owned())));
        std::os::unix::fs::symlink("/dev/zero", project.path().join("package.json")).unwrap();
        assert!(advice(project.path()).starts_with("install both"));
    }
}
