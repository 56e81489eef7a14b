//! A folder with a plugin's source: its language, who the plugin is, what it asks for.

mod built;
mod fields;
mod javascript;
mod python;
mod rust;
mod sources;

use std::path::{Path, PathBuf};

use driftless_permissions::Permissions;
use driftless_plugin_api::PROTOCOL_VERSION;
use driftless_plugin_api::manifest::{PluginManifest, PluginType};

use crate::error::AuthorError;
use crate::language::Language;
use fields::Fields;
pub(crate) use fields::NAME_RULE;
pub(crate) use rust::folder_with_sdk;

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    /// Where it is.
    pub folder: PathBuf,
    /// What it is written in.
    pub language: Language,
    /// Who its plugin is. `None` in Rust: a workspace may have several plugins, and the SDK compiles into each who it is.
    pub metadata: Option<Metadata>,
}

/// Who a plugin is, as the file that describes its project says.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Its manifest, without its components.
    pub manifest: PluginManifest,
    /// What the manifest asks for, read.
    pub permissions: Permissions,
    /// Where its code begins: in JavaScript and TypeScript a file, relative to the project; in Python a module.
    pub entry: String,
    /// The folder that modules are looked for in.
    pub source: PathBuf,
}

impl Project {
    /// Finds the project that a folder is, or lies in: the nearest, as cargo and npm do. The file that describes a project stands for its
    /// folder.
    ///
    /// # Errors
    ///
    /// When there is none, when `language` is not said and could be one of several, or when the file that describes the project cannot be meant.
    pub fn find(path: &Path, language: Option<Language>) -> Result<Self, AuthorError> {
        let describes = |language: &Language| path.file_name().is_some_and(|name| name == language.file());
        let named = Language::ALL.into_iter().find(describes).filter(|_| path.is_file());
        let folder = match (named, path.parent()) {
            (Some(_), Some(parent)) if parent.as_os_str().is_empty() => Path::new("."),
            (Some(_), Some(parent)) => parent,
            (Some(_), None) => Path::new("."),
            (None, _) => path,
        };
        let described = |folder: &Path| match language {
            Some(language) => folder.join(language.file()).is_file(),
            None => Language::ALL.iter().any(|language| folder.join(language.file()).is_file()),
        };
        let above = if named.is_some() || described(folder) { None } else { folder.canonicalize().ok() };
        let above =
            above.as_deref().and_then(|folder| folder.ancestors().skip(1).find(|above| described(above)));
        let folder = above.unwrap_or(folder);
        let language = match (language, named) {
            (Some(language), _) => language,
            (None, Some(named)) => named,
            (None, None) => only_language(folder)?,
        };
        let file = folder.join(language.file());
        if !file.is_file() {
            return Err(AuthorError::NoProjectOf { file, language });
        }
        let (language, metadata) = match language {
            Language::Rust => (Language::Rust, None),
            Language::Python => (Language::Python, Some(python::read(&file)?)),
            Language::JavaScript | Language::TypeScript => {
                let metadata = javascript::read(&file)?;
                let typed = [".ts", ".mts", ".cts"].iter().any(|ending| metadata.entry.ends_with(ending));
                (if typed { Language::TypeScript } else { Language::JavaScript }, Some(metadata))
            }
        };
        Ok(Self { folder: folder.to_owned(), language, metadata })
    }

    /// The file that describes it.
    pub fn file(&self) -> PathBuf {
        self.beneath(self.language.file())
    }

    /// Where finished plugins go unless it is said otherwise: `target/plugins` in Rust, `dist` elsewhere.
    pub fn out_dir(&self) -> PathBuf {
        match self.language {
            Language::Rust => self.beneath("target").join("plugins"),
            _ => self.beneath("dist"),
        }
    }

    /// A path in it, without `./` in front of it where it is the current folder.
    pub fn beneath(&self, path: &str) -> PathBuf {
        if self.folder == Path::new(".") { path.into() } else { self.folder.join(path) }
    }
}

/// The language of a folder that has the file of one language only.
fn only_language(folder: &Path) -> Result<Language, AuthorError> {
    // One file stands for JavaScript and TypeScript.
    let candidates = [Language::Rust, Language::JavaScript, Language::Python];
    let found: Vec<Language> =
        candidates.into_iter().filter(|language| folder.join(language.file()).is_file()).collect();
    match found.as_slice() {
        [] => Err(AuthorError::NoProject { folder: folder.to_owned() }),
        [language] => Ok(*language),
        _ => Err(AuthorError::SeveralLanguages { folder: folder.to_owned(), languages: found }),
    }
}

/// A manifest with nothing in it but the name and the version.
pub(crate) fn manifest(name: String, version: String) -> PluginManifest {
    PluginManifest {
        name,
        version,
        description: String::new(),
        author: String::new(),
        license: String::new(),
        homepage: None,
        repository: None,
        driftless_version: "*".to_owned(),
        rust_version: None,
        plugin_type: PluginType::Wasm,
        entry_point: String::new(),
        dependencies: Vec::new(),
        permissions: Vec::new(),
        protocol: PROTOCOL_VERSION,
        components: None,
    }
}

/// Bytes that the file may have which describes a project.
const MAX_DESCRIPTION_BYTES: u64 = 4 << 20;

/// Reads `package.json`, `pyproject.toml` or `Cargo.toml`.
pub(crate) fn read_description(file: &Path) -> Result<String, AuthorError> {
    let bytes = driftless_files::read_regular(file, MAX_DESCRIPTION_BYTES);
    let bytes = bytes.map_err(|error| AuthorError::file(file, error))?;
    String::from_utf8(bytes).map_err(|_| AuthorError::description(file, "it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::AuthorErrorKind;

    pub(super) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn mistake(files: &[(&str, &str)]) -> String {
        let folder = folder(files);
        let error = Project::find(folder.path(), None).unwrap_err();
        assert_eq!(error.kind(), AuthorErrorKind::Usage, "{error}");
        error.to_string().replace(&format!("{}/", folder.path().display()), "")
    }

    #[test]
    fn a_description_is_read_within_a_bound() {
        for name in ["package.json", "pyproject.toml"] {
            let project = folder(&[(name, "")]);
            let file = fs::File::options().write(true).open(project.path().join(name)).unwrap();
            file.set_len(MAX_DESCRIPTION_BYTES + 1).unwrap();
            let error = Project::find(project.path(), None).unwrap_err().to_string();
            assert!(error.contains(&MAX_DESCRIPTION_BYTES.to_string()), "{error}");
        }
    }

    #[test]
    fn the_language_is_told_by_what_is_there() {
        let rust = folder(&[("Cargo.toml", "")]);
        assert_eq!(Project::find(rust.path(), None).unwrap().language, Language::Rust);
        assert_eq!(Project::find(&rust.path().join("Cargo.toml"), None).unwrap().folder, rust.path());

        let package = r#"{"name": "x", "version": "1.0.0", "main": "src/index.ts"}"#;
        let typed = folder(&[("package.json", package), ("src/index.ts", "")]);
        assert_eq!(Project::find(typed.path(), None).unwrap().language, Language::TypeScript);

        let empty = folder(&[]);
        let error = Project::find(empty.path(), None).unwrap_err();
        assert_eq!(error.kind(), AuthorErrorKind::NotFound);
        let error = Project::find(rust.path(), Some(Language::Python)).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("pyproject.toml: there is no such file, so this is no Python project")
        );

        let both = folder(&[("Cargo.toml", ""), ("package.json", package), ("src/index.ts", "")]);
        let error = Project::find(both.path(), None).unwrap_err().to_string();
        assert!(
            error
                .ends_with("it is a project in Rust and in JavaScript; `--lang` says which of them is meant"),
            "{error}"
        );
        assert_eq!(
            Project::find(both.path(), Some(Language::JavaScript)).unwrap().language,
            Language::TypeScript
        );
    }

    #[test]
    fn a_folder_in_a_project_stands_for_it() {
        let package = r#"{"name": "x", "version": "1.0.0"}"#;
        let project = folder(&[
            ("Cargo.toml", ""),
            ("tests/cases/a.yml", ""),
            ("web/package.json", package),
            ("web/src/index.js", ""),
        ]);
        let root = project.path().canonicalize().unwrap();
        let found = |path: &str, language| Project::find(&root.join(path), language).unwrap();
        assert_eq!(found("tests/cases", None).folder, root);
        assert_eq!(found("web/src", None).folder, root.join("web"), "the nearest counts");
        assert_eq!(found("web/src", Some(Language::Rust)).folder, root);
        assert_eq!(found("web", None).language, Language::JavaScript);
        let error = Project::find(&root.join("nowhere"), None).unwrap_err();
        assert_eq!(error.kind(), AuthorErrorKind::NotFound, "a folder that is not there is in no project");
    }

    #[test]
    fn package_json_says_who_the_plugin_is() {
        let package = r#"{
            "name": "@ada/greeter", "version": "1.2.3", "description": "Greets",
            "author": {"name": "Ada", "email": "ada@example.com"}, "license": "MIT",
            "repository": {"type": "git", "url": "git+https://example.com/greeter.git"}, "homepage": "https://example.com",
            "driftless": {
                "permissions": {"files": ["/etc/hostname"], "commands": ["git"]}, "driftless_version": ">=0.1"
            }
        }"#;
        let project = folder(&[("package.json", package), ("src/index.js", "")]);
        let metadata = Project::find(project.path(), None).unwrap().metadata.unwrap();
        let manifest = &metadata.manifest;
        assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("greeter", "1.2.3"));
        assert_eq!(manifest.author, "Ada <ada@example.com>");
        assert_eq!(manifest.repository.as_deref(), Some("https://example.com/greeter.git"));
        assert_eq!(manifest.driftless_version, ">=0.1");
        assert_eq!(metadata.entry, "src/index.js");
        let asked: Vec<_> =
            manifest.permissions.iter().map(|permission| permission.capability().permission()).collect();
        assert_eq!(asked, ["FileSystem", "Process"]);
    }

    #[test]
    fn pyproject_toml_says_who_the_plugin_is() {
        let described = r#"
            [project]
            name = "facts"
            version = "0.1.0"
            authors = [{name = "Ada"}, {name = "Bob", email = "bob@example.com"}]
            license = {text = "MIT"}
            urls = {Source = "https://example.com"}
            [tool.driftless]
            name = "host-facts"
            permissions = {environment = ["HOME"]}
        "#;
        let project = folder(&[("pyproject.toml", described), ("src/plugin.py", "")]);
        let metadata = Project::find(project.path(), None).unwrap().metadata.unwrap();
        assert_eq!(metadata.manifest.name, "host-facts");
        assert_eq!(metadata.manifest.author, "Ada, Bob <bob@example.com>");
        assert_eq!(metadata.manifest.license, "MIT");
        assert_eq!(metadata.manifest.repository.as_deref(), Some("https://example.com"));
        assert_eq!((metadata.entry.as_str(), metadata.source), ("plugin", project.path().join("src")));
    }

    #[test]
    fn mistakes_name_the_file_and_the_key() {
        let package = |text: &str| mistake(&[("package.json", text), ("src/index.js", "")]);
        assert_eq!(package("{"), "package.json: EOF while parsing an object at line 1 column 1");
        assert_eq!(package(r#"{"name": "x"}"#), "package.json: `version` is missing");
        assert_eq!(package(r#"{"name": 1, "version": "1.0.0"}"#), "package.json: `name` has to be text");
        assert_eq!(
            package(r#"{"name": "x", "version": "1.0"}"#),
            "package.json: `version` is `1.0`; a version is three numbers, like 1.0.0"
        );
        assert_eq!(
            package(r#"{"name": "x.y", "version": "1.0.0"}"#),
            "package.json: a plugin cannot be called `x.y`: a name is 1 to 64 letters, digits, `-` and `_`, and begins with a letter; \
             `driftless.name` gives it another name than its package"
        );
        assert_eq!(
            package(r#"{"name": "x", "version": "1.0.0", "driftless": {"permisions": {}}}"#),
            "package.json: there is no key `driftless.permisions`; there are `name`, `permissions`, `driftless_version`"
        );
        assert_eq!(
            package(r#"{"name": "x", "version": "1.0.0", "driftless": {"permissions": {"files": ["etc"]}}}"#),
            "package.json: `driftless.permissions.files`: `etc`: a path begins with `/`"
        );
        assert_eq!(
            package(r#"{"name": "x", "version": "1.0.0", "driftless": {"permissions": {"files": "/etc"}}}"#),
            "package.json: `driftless.permissions.files` has to be a list of texts"
        );
        assert_eq!(
            package(r#"{"name": "x", "version": "1.0.0", "driftless": {"driftless_version": "new"}}"#),
            "package.json: `driftless.driftless_version` is `new`; that is no requirement of versions, like >=0.1"
        );
        assert_eq!(
            package(r#"{"name": "x", "version": "1.0.0", "main": "lib.js"}"#),
            "package.json: `main` is `lib.js`, and there is no such file"
        );
        let python = |text: &str| mistake(&[("pyproject.toml", text)]);
        assert_eq!(
            python("[project]\nname = \"x\"\ndynamic = [\"version\"]"),
            "pyproject.toml: `project.version` is missing"
        );
        assert!(python("[project").starts_with("pyproject.toml: TOML parse error at line 1, column 9"));
        assert_eq!(
            python("[project]\nname = \"x\"\nversion = \"1.0.0\"\n[tool.driftless]\nentry = \"main\""),
            "pyproject.toml: `tool.driftless.entry` is `main`, and there is neither `src/main.py` nor `main.py`"
        );
    }
}
