//! Files that a user writes: YAML, JSON or TOML, told apart by their extension.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::failure::{Failure, unreadable};

/// Reads a file. A mistake in it is told with its line.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    let parsed = match extension.to_ascii_lowercase().as_str() {
        "json" => serde_json::from_str(&text).map_err(|error| error.to_string()),
        "toml" => toml::from_str(&text).map_err(|error| error.to_string()),
        "yml" | "yaml" => serde_saphyr::from_str(&text).map_err(|error| error.to_string()),
        _ => Err("its name ends in none of .yml, .yaml, .json, .toml".to_owned()),
    };
    parsed.map_err(|message| Failure::Usage(format!("{}: {}", path.display(), message.trim_end())))
}
