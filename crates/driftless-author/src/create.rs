//! `driftless plugin new`: a project that builds and passes its tests.
//!
//! The templates are files in `templates/`: those of a language in `LANGUAGE/all`, those of a kind of component in it in `LANGUAGE/KIND`, and those
//! of a kind that every language has alike in `shared/KIND`. They hold words in double braces without spaces, `{{name}}`, which are replaced here.

use std::fs;
use std::path::{Path, PathBuf};

use driftless_plugin_api::manifest::is_valid_name;
use driftless_plugin_api::text::printable_line;

use crate::error::AuthorError;
use crate::language::Language;
use crate::project::NAME_RULE;
use crate::sdk::{self, TEMPLATES};
use crate::tools::{COMPONENTIZE_JS, COMPONENTIZE_PY, ESBUILD, JCO, PREVIEW2_SHIM, TYPESCRIPT};

/// What the project is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A task.
    Task,
    /// A facts collector, which reads a file that it asks for.
    Facts,
    /// A template filter and a template function.
    Template,
    /// A log parser and a log filter.
    Logs,
    /// What is called around tasks.
    Hooks,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Task, Self::Facts, Self::Template, Self::Logs, Self::Hooks];

    /// How it is called on the command line.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Facts => "facts",
            Self::Template => "template",
            Self::Logs => "logs",
            Self::Hooks => "hooks",
        }
    }

    /// The kind that is called this on the command line.
    pub fn named(flag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.flag() == flag)
    }

    /// The command that runs the example of a new project.
    fn example(self, name: &str, plugins: &str) -> String {
        let command = match self {
            Self::Task => "apply site.yml".to_owned(),
            Self::Facts => "facts --config facts.yml".to_owned(),
            Self::Template => "render page.j2 --set name=Ada".to_owned(),
            Self::Logs => "logs pipeline.yml".to_owned(),
            Self::Hooks => format!("plugin call {name} before_task '{{\"task_name\": \"build\"}}'"),
        };
        format!("driftless --plugin-dir {plugins} {command}")
    }
}

/// A project that is to be made.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// The folder that the project's folder is made in.
    pub within: &'a Path,
    /// The name of the plugin and of its folder.
    pub name: &'a str,
    /// What it is written in.
    pub language: Language,
    /// What it shows.
    pub kind: Kind,
    /// For Rust: the folder of the crate `plugin-sdk`, where it is not to be the one that this program brings along.
    pub sdk: Option<&'a Path>,
}

/// A project that was made.
#[derive(Clone, Debug)]
pub struct Created {
    /// Its folder.
    pub folder: PathBuf,
    /// Its files, relative to the folder, in order. Those of the folder that belongs to `driftless` are not among them.
    pub files: Vec<String>,
    /// What to type next, line by line.
    pub next: Vec<String>,
}

/// Makes a project.
///
/// # Errors
///
/// When the name is no plugin's, when the folder has something in it, and when it cannot be written.
pub fn create(new: &New<'_>) -> Result<Created, AuthorError> {
    let words = new.words()?;
    let folder = new.within.join(new.name);
    match fs::read_dir(&folder) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                let message = format!("{}: there is something in this folder already", folder.display());
                return Err(AuthorError::Usage(message));
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(AuthorError::file(&folder, error)),
    }
    let mut files: Vec<(String, String)> =
        new.templates().map(|(path, text)| (render(path, &words), render(text, &words))).collect();
    files.sort();
    for (path, text) in &files {
        write(&folder.join(path), text)?;
    }
    if new.sdk.is_none() {
        sdk::unpack(&folder, new.language)?;
    }
    Ok(Created { files: files.into_iter().map(|(path, _)| path).collect(), next: new.next(), folder })
}

/// Writes a file of a new project, with the folders that it is in.
fn write(path: &Path, text: &str) -> Result<(), AuthorError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| AuthorError::file(path, error))
}

impl New<'_> {
    /// The files of the project: where each goes, and what is in it before words are replaced.
    fn templates(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let (language, kind) = (self.language.flag(), self.kind.flag());
        let folders = [
            format!("{language}/all/"),
            format!("{language}/{kind}/"),
            "shared/all/".to_owned(),
            format!("shared/{kind}/"),
        ];
        TEMPLATES.iter().filter_map(move |(path, text)| {
            Some((folders.iter().find_map(|folder| path.strip_prefix(folder.as_str()))?, *text))
        })
    }

    /// What stands for what in the templates.
    fn words(&self) -> Result<Vec<(&'static str, String)>, AuthorError> {
        let name = self.name;
        if !is_valid_name(name) {
            let message = format!("a plugin cannot be called `{}`: {NAME_RULE}", printable_line(name));
            return Err(AuthorError::Usage(message));
        }
        let module = name.replace('-', "_");
        if self.language == Language::Rust && (RUST_WORDS.contains(&module.as_str()) || name.ends_with('-')) {
            return Err(AuthorError::Usage(format!("a Rust plugin cannot be called `{name}`: no crate can")));
        }
        let sdk = match self.sdk {
            Some(_) if self.language != Language::Rust => {
                let message =
                    format!("`--sdk` is for Rust; the SDK for {} is a part of this command", self.language);
                return Err(AuthorError::Usage(message));
            }
            Some(path) => {
                if !path.join("Cargo.toml").is_file() {
                    let message = format!(
                        "{}: there is no `Cargo.toml`, so this is not the crate plugin-sdk",
                        path.display()
                    );
                    return Err(AuthorError::Usage(message));
                }
                let path = fs::canonicalize(path).map_err(|error| AuthorError::file(path, error))?;
                format!("{{ path = {} }}", toml::Value::from(path.display().to_string()))
            }
            None => format!("{{ path = {:?} }}", sdk::PLUGIN_SDK),
        };
        Ok(vec![
            ("{{name}}", name.to_owned()),
            ("{{module}}", module),
            ("{{sdk}}", sdk),
            ("{{repository}}", env!("CARGO_PKG_REPOSITORY").to_owned()),
            ("{{componentize-js}}", COMPONENTIZE_JS.to_owned()),
            ("{{preview2-shim}}", PREVIEW2_SHIM.to_owned()),
            ("{{jco}}", JCO.to_owned()),
            ("{{esbuild}}", ESBUILD.to_owned()),
            ("{{componentize-py}}", COMPONENTIZE_PY.to_owned()),
            ("{{typescript}}", TYPESCRIPT.to_owned()),
            ("{{example}}", self.kind.example(name, self.out_dir())),
            ("{{run}}", self.run().join("\n    ")),
        ])
    }

    fn out_dir(&self) -> &'static str {
        if self.language == Language::Rust { "target/plugins" } else { "dist" }
    }

    fn next(&self) -> Vec<String> {
        let mut next = vec![format!("cd {}", self.name)];
        match self.language {
            Language::Rust => {}
            Language::JavaScript | Language::TypeScript => next.push("npm install".to_owned()),
            Language::Python => {
                next.push(
                    "python3 -m venv .venv && .venv/bin/pip install -r requirements-dev.txt".to_owned(),
                );
            }
        }
        next.push("driftless plugin build".to_owned());
        next.push("driftless plugin test".to_owned());
        next.extend(self.run());
        next
    }

    /// What runs the example, once the plugin is built.
    fn run(&self) -> Vec<String> {
        let example = self.kind.example(self.name, self.out_dir());
        match self.kind {
            // Nothing is granted to a plugin that was just built.
            Kind::Facts => vec![
                format!("driftless --plugin-dir {} plugin grant {} --all", self.out_dir(), self.name),
                example,
            ],
            _ => vec![example],
        }
    }
}

/// Replaces words, and gives files the names that they cannot have among the templates: cargo leaves out a folder that has a `Cargo.toml`,
/// and hidden files are easily overlooked.
fn render(text: &str, words: &[(&str, String)]) -> String {
    let mut rendered = text.strip_suffix(".template").unwrap_or(text).to_owned();
    if let Some(hidden) = rendered.strip_prefix("dot-") {
        rendered = format!(".{hidden}");
    }
    for (word, meant) in words {
        rendered = rendered.replace(word, meant);
    }
    rendered
}

/// What no crate can be called.
const RUST_WORDS: [&str; 52] = [
    "Self",
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "unsafe",
    "use",
    "where",
    "while",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn project(language: Language, kind: Kind) -> (tempfile::TempDir, Created) {
        let within = tempfile::tempdir().unwrap();
        let created =
            create(&New { within: within.path(), name: "my-plugin", language, kind, sdk: None }).unwrap();
        (within, created)
    }

    #[test]
    fn nothing_is_left_to_replace() {
        for language in Language::ALL {
            for kind in Kind::ALL {
                let (_within, created) = project(language, kind);
                for file in &created.files {
                    let text = fs::read_to_string(created.folder.join(file)).unwrap();
                    let left = text
                        .split("{{")
                        .skip(1)
                        .find(|behind| behind.starts_with(|next: char| next.is_alphabetic()));
                    assert!(left.is_none(), "{language} {kind:?} {file}: {left:?}");
                    assert!(!file.contains("template") || file.contains("page"), "{file}");
                }
                let has = |file: &str| created.files.iter().any(|found| found == file);
                for file in ["README.md", ".gitignore", ".github/workflows/release-plugin.yml"] {
                    assert!(has(file), "{language} {kind:?} has no {file}: {:?}", created.files);
                }
                assert!(
                    created.files.iter().any(|file| file.starts_with("tests/cases/")),
                    "{:?}",
                    created.files
                );
                assert!(created.files.iter().any(|file| file == language.file()));
            }
        }
    }

    #[test]
    fn what_a_new_project_says_can_be_read() {
        for language in Language::ALL {
            let (_within, created) = project(language, Kind::Facts);
            let found = crate::Project::find(&created.folder, None).unwrap();
            assert_eq!(found.language, language);
            if let Some(metadata) = found.metadata {
                assert_eq!(metadata.manifest.name, "my-plugin");
                assert_eq!(metadata.manifest.permissions.len(), 1);
            }
        }
    }

    #[test]
    fn what_cannot_be_made() {
        let within = tempfile::tempdir().unwrap();
        let mistake = |name: &str, language: Language, kind: Kind, sdk: Option<&Path>| {
            create(&New { within: within.path(), name, language, kind, sdk }).unwrap_err().to_string()
        };
        assert!(
            mistake("../x", Language::Rust, Kind::Task, None)
                .starts_with("a plugin cannot be called `../x`: a name is 1 to 64")
        );
        assert!(mistake("match", Language::Rust, Kind::Task, None).ends_with("no crate can"));
        assert!(
            mistake("x", Language::Python, Kind::Task, Some(within.path()))
                .starts_with("`--sdk` is for Rust")
        );
        assert!(
            mistake("x", Language::Rust, Kind::Task, Some(within.path()))
                .contains("this is not the crate plugin-sdk")
        );
        fs::create_dir(within.path().join("full")).unwrap();
        fs::write(within.path().join("full/a"), "").unwrap();
        assert!(
            mistake("full", Language::Python, Kind::Task, None)
                .ends_with("there is something in this folder already")
        );
        fs::create_dir(within.path().join("empty")).unwrap();
        create(&New {
            within: within.path(),
            name: "empty",
            language: Language::Python,
            kind: Kind::Task,
            sdk: None,
        })
        .unwrap();
    }
}
