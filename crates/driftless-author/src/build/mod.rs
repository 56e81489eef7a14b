//! From a project to files that run.
//!
//! Each language makes WebAssembly in its own way. From there on there is one way: WASI is replaced, a module that speaks the component's ABI is wrapped
//! into a component, the manifest is embedded, sections that no run needs are left out, and what came out is validated before it is written.

mod component;
mod definitions;
mod javascript;
mod kept;
mod python;
mod rust;
mod unasked;

use std::fs;
use std::path::{Path, PathBuf};

use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::manifest::{PluginManifest, SECTION};
use driftless_validator::validate;

use crate::error::AuthorError;
use crate::language::Language;
use crate::project::Project;
use crate::sdk;
use crate::sections::{self, Names};
use crate::wasi::replace_imports;

/// How to build.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What Rust compiles for. A plugin made with wasm-bindgen, and one that is to be a component, is always compiled for
    /// [`Target::Unknown`].
    pub target: Target,
    /// Where finished plugins go; by default where [`Project::out_dir`] says.
    pub out_dir: Option<PathBuf>,
    /// Keeps the names of functions, for the messages of traps.
    pub debug: bool,
    /// A folder of the user's, where components of Python are kept, so that one which is built again of the same source is the same. Without one, each
    /// build makes other bytes.
    pub kept: Option<PathBuf>,
}

/// What Rust compiles for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// `wasm32-wasip1`: what is printed goes to the log, and time and randomness are there.
    #[default]
    Wasi,
    /// `wasm32-unknown-unknown`
    Unknown,
}

impl Target {
    /// Its name for rustc.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wasi => "wasm32-wasip1",
            Self::Unknown => "wasm32-unknown-unknown",
        }
    }
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// This takes a while.
    Step(&'a str),
    /// Something that the author should know.
    Warning(&'a str),
    /// Another program writes to the terminal from here on, or it is over.
    Silence,
}

/// A finished plugin.
#[derive(Clone, Debug)]
pub struct Built {
    /// What it is called.
    pub name: String,
    /// What it is written in.
    pub language: Language,
    /// Where it is.
    pub file: PathBuf,
    /// Its bytes.
    pub size: usize,
    /// How much of it was left out.
    pub shrunk: Shrunk,
    /// The SHA-256 of the file.
    pub digest: Digest,
    /// Whether it is a component.
    pub component: bool,
    /// What it says about itself.
    pub manifest: Option<PluginManifest>,
}

/// How many bytes are saved by leaving out sections that no run needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The bytes before.
    pub before: usize,
    /// The bytes after.
    pub after: usize,
}

/// Builds every plugin of a project.
///
/// # Errors
///
/// When a tool is missing, when the code does not compile, and when what comes out may not run.
pub fn build(
    project: &Project,
    options: &Options,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Vec<Built>, AuthorError> {
    let out_dir = match &options.out_dir {
        Some(folder) => folder.clone(),
        None => {
            let folder = project.out_dir();
            stays_in_project(project, &folder)?;
            folder
        }
    };
    project.check_links()?;
    let compiled = match project.language {
        Language::Rust => rust::compile(project, options, progress)?,
        Language::JavaScript | Language::TypeScript => vec![javascript::compile(project, progress)?],
        Language::Python => vec![python::compile(project, options, &out_dir, progress)?],
    };
    progress(Progress::Step("checking the plugin"));
    let mut finished: Vec<(PathBuf, Built, Vec<u8>)> = Vec::new();
    for compiled in compiled {
        let from = compiled.from.clone();
        let (built, bytes) = finish(compiled, project, options, &out_dir)?;
        if let Some((other, ..)) = finished.iter().find(|(_, other, _)| other.file == built.file) {
            let why = format!(
                "it is called `{}`, and so is {}; they would be one file",
                built.name,
                other.display()
            );
            return Err(AuthorError::Refused { file: from, why });
        }
        finished.push((from, built, bytes));
    }
    let written = finished.into_iter().map(|(_, built, bytes)| replace(&built.file, &bytes).map(|()| built));
    let written = written.collect();
    progress(Progress::Silence);
    written
}

/// Whether no link leads out of the project on the way to a folder in it. Cargo follows that of its `target` by itself.
fn stays_in_project(project: &Project, folder: &Path) -> Result<(), AuthorError> {
    let inside = folder.ancestors().take_while(|path| *path != project.folder);
    let is_link = |path: &&Path| fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink());
    match inside.filter(is_link).find(|path| project.language != Language::Rust || !path.ends_with("target"))
    {
        None => Ok(()),
        Some(link) => Err(AuthorError::Usage(format!(
            "{}: it is a link, and may lead out of the project; name the folder for finished plugins with `--out-dir`",
            link.display()
        ))),
    }
}

/// What a language made of a project.
struct Compiled {
    /// What it made it of, for messages.
    from: PathBuf,
    /// What the plugin is called if it has no manifest.
    stem: String,
    /// A core module or a component.
    bytes: Vec<u8>,
    /// Its manifest, if it has none inside.
    manifest: Option<PluginManifest>,
}

/// Makes a plugin of what was compiled, and says where it belongs.
fn finish(
    compiled: Compiled,
    project: &Project,
    options: &Options,
    out_dir: &Path,
) -> Result<(Built, Vec<u8>), AuthorError> {
    let refused = |why: String| AuthorError::Refused { file: compiled.from.clone(), why };
    let unreadable = |error: sections::Unreadable| refused(error.to_string());
    let before = compiled.bytes.len();
    let mut bytes = compiled.bytes.clone();
    if !sections::is_component(&bytes) {
        bytes = if component::is_meant(&bytes).map_err(unreadable)? {
            component::wrap(&bytes).map_err(&refused)?
        } else {
            replace_imports(&bytes).map_err(|error| refused(error.to_string()))?
        };
    }
    if let Some(manifest) = &compiled.manifest {
        let (mut rest, _) = sections::take(&bytes, SECTION).map_err(unreadable)?;
        let json = serde_json::to_vec(manifest).expect("a manifest has string keys only");
        sections::append(&mut rest, SECTION, &json);
        bytes = rest;
    }
    let language = project.language;
    if language == Language::Rust {
        unasked::check(project, &bytes)?;
    }
    let names = if options.debug { Names::Keep } else { Names::Drop };
    let bytes = sections::shrink(&bytes, names).map_err(unreadable)?;
    let validated = validate(&bytes).map_err(|error| refused(error.to_string()))?;
    let manifest = validated.manifest().cloned();
    let name = manifest.as_ref().map_or_else(|| compiled.stem.clone(), |manifest| manifest.name.clone());
    // In the other languages the plugin itself has said so before it was compiled.
    if language == Language::Rust {
        definitions::of_module(&name, &bytes).map_err(&refused)?.check(&compiled.from, language, None)?;
    }
    let file = out_dir.join(format!("{name}.wasm"));
    let built = Built {
        name,
        language,
        file,
        size: bytes.len(),
        shrunk: Shrunk { before, after: bytes.len() },
        digest: validated.digest(),
        component: sections::is_component(&bytes),
        manifest,
    };
    Ok((built, bytes))
}

/// The bytes up to which is read what a tool has made. Debugging information, which is left out later, may be most of it.
const MAX_MADE_BYTES: u64 = 1 << 30;

/// Reads what a tool has made.
fn read_made(path: &Path) -> Result<Vec<u8>, AuthorError> {
    driftless_files::read_regular(path, MAX_MADE_BYTES).map_err(|error| AuthorError::file(path, error))
}

/// Writes a file so that a process that reads it meanwhile finds the old one or the new one.
fn replace(file: &Path, bytes: &[u8]) -> Result<(), AuthorError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| AuthorError::file(folder, error))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let new = file.with_file_name(format!(".{name}.new"));
    sdk::create_anew(&new, bytes)
        .and_then(|()| fs::rename(&new, file))
        .map_err(|error| AuthorError::file(file, error))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn finished_plugins_stay_in_the_project() {
        let within = tempfile::tempdir().unwrap();
        let (folder, elsewhere) = (within.path().join("project"), within.path().join("elsewhere"));
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        fs::write(folder.join("package.json"), r#"{"name": "x", "version": "1.0.0"}"#).unwrap();
        fs::write(folder.join("src/index.js"), "").unwrap();
        let project = Project::find(&folder, None).unwrap();
        assert!(stays_in_project(&project, &project.out_dir()).is_ok());
        symlink(&elsewhere, folder.join("dist")).unwrap();
        let error = stays_in_project(&project, &project.out_dir()).unwrap_err().to_string();
        assert!(error.contains("dist: it is a link") && error.contains("--out-dir"), "{error}");
    }

    #[test]
    fn a_link_in_the_place_of_the_new_file_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (file, precious) = (folder.path().join("p.wasm"), folder.path().join("precious"));
        fs::write(&precious, "precious").unwrap();
        symlink(&precious, folder.path().join(".p.wasm.new")).unwrap();
        replace(&file, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::read(&precious).unwrap(), b"precious");
    }
}
