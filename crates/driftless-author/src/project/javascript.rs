//! `package.json`, which npm reads as well.

use std::path::Path;

use serde_json::Value;

use super::fields::person;
use super::{Fields, Metadata, read_description};
use crate::error::AuthorError;

/// Where the code begins if `main` does not say.
const ENTRIES: [&str; 2] = ["src/index.js", "src/index.ts"];

pub(super) fn read(file: &Path) -> Result<Metadata, AuthorError> {
    let text = read_description(file)?;
    let root: Value =
        serde_json::from_str(&text).map_err(|error| AuthorError::description(file, error.to_string()))?;
    let package = Fields::of(file, &root)?;
    let own = package.within("driftless")?;
    own.allow(&["name", "permissions", "driftless_version"])?;
    let name = package.needed("name")?;
    // `@scope/name` is npm's way to tell apart who publishes.
    let short = name.rsplit_once('/').map_or(name.as_str(), |(_, short)| short);
    let mut metadata = own.metadata(&package, short)?;
    let manifest = &mut metadata.manifest;
    manifest.author = package.get("author").and_then(person).unwrap_or_default();
    manifest.license = package.text("license")?.unwrap_or_default();
    manifest.homepage = package.text("homepage")?;
    manifest.repository = package.get("repository").and_then(|repository| {
        let url = repository.as_str().or_else(|| repository["url"].as_str())?;
        Some(url.strip_prefix("git+").unwrap_or(url).to_owned())
    });
    let folder = file.parent().unwrap_or(Path::new("."));
    metadata.entry = match package.text("main")? {
        Some(main) if folder.join(&main).is_file() => main,
        Some(main) => return Err(package.mistake("main", &format!("is `{main}`, and there is no such file"))),
        None => match ENTRIES.into_iter().find(|entry| folder.join(entry).is_file()) {
            Some(entry) => entry.to_owned(),
            None => {
                let why = "is missing, and there is neither `src/index.js` nor `src/index.ts`";
                return Err(package.mistake("main", why));
            }
        },
    };
    metadata.source = folder.to_owned();
    Ok(metadata)
}
