//! `pyproject.toml`, which pip and the like read as well.

use std::path::{Path, PathBuf};

use driftless_plugin_api::text::printable_line;
use serde_json::Value;

use super::fields::person;
use super::{Fields, Metadata, read_description};
use crate::error::AuthorError;

pub(super) fn read(file: &Path) -> Result<Metadata, AuthorError> {
    let text = read_description(file)?;
    let root: Value = toml::from_str(&text)
        .map_err(|error| AuthorError::description(file, error.to_string().trim_end()))?;
    let root = Fields::of(file, &root)?;
    let package = root.within("project")?;
    let own = root.within("tool")?.within("driftless")?;
    own.allow(&["name", "entry", "permissions", "driftless_version"])?;
    let mut metadata = own.metadata(&package, &package.needed("name")?)?;
    let manifest = &mut metadata.manifest;
    let authors = package.get("authors").and_then(Value::as_array).into_iter().flatten();
    manifest.author = authors.filter_map(person).collect::<Vec<_>>().join(", ");
    manifest.license = package
        .get("license")
        .and_then(|license| license.as_str().or_else(|| license["text"].as_str()))
        .unwrap_or_default()
        .to_owned();
    // What the links are called is up to the author; these are the names that PyPI knows.
    let urls = package.within("urls")?;
    let url = |names: &[&str]| names.iter().find_map(|name| urls.get(name)?.as_str().map(str::to_owned));
    manifest.homepage = url(&["Homepage", "homepage"]);
    manifest.repository = url(&["Repository", "repository", "Source", "source"]);
    let folder = file.parent().unwrap_or(Path::new("."));
    let entry = own.text("entry")?.unwrap_or_else(|| "plugin".to_owned());
    let is_name = |part: &str| {
        part.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && part.chars().all(|char| char.is_alphanumeric() || char == '_')
    };
    if !entry.split('.').all(is_name) {
        return Err(own.mistake(
            "entry",
            &format!("is `{}`; it is the name of a module, like plugin", printable_line(&entry)),
        ));
    }
    let module = entry.replace('.', "/");
    let has = |source: &PathBuf| {
        source.join(format!("{module}.py")).is_file() || source.join(&module).join("__init__.py").is_file()
    };
    let Some(source) = [folder.join("src"), folder.to_owned()].into_iter().find(has) else {
        let why = format!("is `{entry}`, and there is neither `src/{module}.py` nor `{module}.py`");
        return Err(own.mistake("entry", &why));
    };
    metadata.source = source;
    metadata.entry = entry;
    Ok(metadata)
}
