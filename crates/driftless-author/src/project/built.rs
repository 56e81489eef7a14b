//! The plugin that was built of a project.

use std::path::{Path, PathBuf};

use super::{Project, read_description};
use crate::error::AuthorError;
use crate::language::Language;

/// How many folders up from a package the folder of its workspace is looked for.
const MAX_WORKSPACE_DEPTH: usize = 3;

impl Project {
    /// The file that [`build()`](crate::build()) made of the project, where it goes unless it is said otherwise. A member of a workspace may
    /// have been built with the others, beside which it is then.
    ///
    /// # Errors
    ///
    /// When there is none, or `Cargo.toml` cannot be read.
    pub fn built(&self) -> Result<PathBuf, AuthorError> {
        let name = match &self.metadata {
            Some(metadata) => Some(metadata.manifest.name.clone()),
            None => name_of_package(&self.file())?,
        };
        let own = self.out_dir();
        if let Some(built) = built_in(&own, name.as_deref()) {
            return Ok(built);
        }
        let above = if self.language == Language::Rust { MAX_WORKSPACE_DEPTH } else { 0 };
        let folder = self.folder.canonicalize().map_err(|error| AuthorError::file(&self.folder, error))?;
        let workspaces = folder.ancestors().skip(1).take(above);
        let built = workspaces
            .map(|workspace| workspace.join("target").join("plugins"))
            .find_map(|folder| built_in(&folder, name.as_deref()));
        let several = driftless_files::list_regular(&own, "wasm").unwrap_or_default();
        if built.is_none() && name.is_none() && several.len() > 1 {
            let names: Vec<_> = several.iter().filter_map(|file| file.file_name()?.to_str()).collect();
            let why = format!(
                "{}: the project has several plugins: {}; name the folder of one, or its file",
                own.display(),
                names.join(", ")
            );
            return Err(AuthorError::Usage(why));
        }
        let what = || name.map_or_else(|| "plugin".to_owned(), |name| format!("{name}.wasm"));
        built.ok_or_else(|| AuthorError::NotBuilt { folder: own, what: what() })
    }
}

/// What the package is called, and with it most likely its plugin. A workspace without one has no name.
fn name_of_package(file: &Path) -> Result<Option<String>, AuthorError> {
    let text = read_description(file)?;
    let table: toml::Table = toml::from_str(&text)
        .map_err(|error| AuthorError::description(file, error.to_string().trim_end()))?;
    let name = table.get("package").and_then(|package| package.get("name"));
    Ok(name.and_then(toml::Value::as_str).map(str::to_owned))
}

/// The plugin of this name in a folder, or the only one that is there.
fn built_in(folder: &Path, name: Option<&str>) -> Option<PathBuf> {
    if let Some(path) = name.map(|name| folder.join(format!("{name}.wasm")))
        && path.is_file()
    {
        return Some(path);
    }
    let [only] = <[PathBuf; 1]>::try_from(driftless_files::list_regular(folder, "wasm").ok()?).ok()?;
    Some(only)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::AuthorErrorKind;
    use crate::project::tests::folder;

    #[test]
    fn a_plugin_is_where_its_build_put_it() {
        let package = r#"{"name": "@ada/greeter", "version": "1.0.0"}"#;
        let files = [
            ("package.json", package),
            ("src/index.js", ""),
            ("dist/greeter.wasm", ""),
            ("dist/old.wasm", ""),
        ];
        let project = folder(&files);
        let found = Project::find(&project.path().join("src"), None).unwrap().built().unwrap();
        assert!(found.ends_with("dist/greeter.wasm"), "{}", found.display());

        let unbuilt = folder(&files[..2]);
        let error = Project::find(unbuilt.path(), None).unwrap().built().unwrap_err();
        assert_eq!(error.kind(), AuthorErrorKind::NotFound);
        assert!(
            error.to_string().ends_with("dist: there is no greeter.wasm; run `driftless plugin build` first"),
            "{error}"
        );
    }

    #[test]
    fn a_member_of_a_workspace_may_have_been_built_with_the_others() {
        let member = "[package]\nname = \"one\"";
        let mut files = vec![
            ("Cargo.toml", "[workspace]"),
            ("plugins/one/Cargo.toml", member),
            ("target/plugins/one.wasm", ""),
            ("target/plugins/two.wasm", ""),
        ];
        let built = |workspace: &tempfile::TempDir, path: &str| {
            Project::find(&workspace.path().join(path), None).unwrap().built()
        };
        let workspace = folder(&files);
        assert!(built(&workspace, "plugins/one").unwrap().ends_with("target/plugins/one.wasm"));
        // One of several cannot be meant.
        let error = built(&workspace, ".").unwrap_err().to_string();
        let why = "several plugins: one.wasm, two.wasm; name the folder of one, or its file";
        assert!(error.ends_with(why), "{error}");

        files.push(("plugins/one/target/plugins/renamed.wasm", ""));
        assert!(built(&folder(&files), "plugins/one").unwrap().ends_with("one/target/plugins/renamed.wasm"));
    }
}
