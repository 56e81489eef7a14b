//! Plugins that are being written: files that stand in front of what is installed, until they are removed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use driftless_files::Readers;
use driftless_host::api::manifest::likeness;
use driftless_host::{Candidate, Form, PluginSource};
use driftless_plugin_api::limit::MAX_PLUGIN_BYTES;
use driftless_plugin_api::text::{listed, printable_line};
use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Table, value};

use crate::failure::{Failure, unreadable};
use crate::terminal::printable_path;
use crate::{document, paths, text};

/// The links of this user: names of plugins, and files.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Links {
    #[serde(default)]
    links: BTreeMap<String, PathBuf>,
}

const HEADER: &str = "\
# Plugins that are being written. `driftless plugin install --link` and `driftless plugin remove` write it.

";

/// How many links stand in a message.
const MAX_LISTED: usize = 10;

pub(crate) fn file() -> Option<PathBuf> {
    Some(paths::home()?.join("links.toml"))
}

impl Links {
    /// Reads them.
    pub(crate) fn read() -> Result<Self, Failure> {
        let Some(path) = file() else { return Ok(Self::default()) };
        match text::read(&path) {
            Ok(text) => document::read_toml(&path, &text),
            Err(Failure::NotFound(_)) => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    fn write(&self) -> Result<(), Failure> {
        let path = file().ok_or_else(|| Failure::Usage("there is no home folder; set HOME".to_owned()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|error| unreadable(folder, &error))?;
        let mut document = DocumentMut::new();
        let mut links = Table::new();
        for (name, path) in &self.links {
            links[name] = value(path.display().to_string());
        }
        document["links"] = Item::Table(links);
        let text = format!("{HEADER}{document}");
        driftless_files::replace(&path, text.as_bytes(), Readers::Umask)
            .map_err(|error| unreadable(&path, &error))
    }

    /// Links a plugin to a file, instead of the one that it was linked to.
    pub(crate) fn add(name: &str, file: PathBuf) -> Result<(), Failure> {
        let mut links = Self::read()?;
        links.links.retain(|other, _| likeness(other) != likeness(name));
        links.links.insert(name.to_owned(), file);
        links.write()
    }

    /// Removes a link. Returns where it led, if there was one.
    pub(crate) fn remove(name: &str) -> Result<Option<PathBuf>, Failure> {
        let mut links = Self::read()?;
        let removed = links.links.remove(name);
        if removed.is_some() {
            links.write()?;
        }
        Ok(removed)
    }

    /// Whether a plugin of this name is linked.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.links.keys().any(|linked| likeness(linked) == likeness(name))
    }

    /// Whether this is where a link leads.
    pub(crate) fn lead_to(&self, origin: &str) -> bool {
        self.links.values().any(|path| path.display().to_string() == origin)
    }

    /// What is to be said whenever there are any.
    pub(crate) fn warning(&self) -> Option<String> {
        let told = self
            .links
            .iter()
            .map(|(name, path)| format!("{} ({})", printable_line(name), printable_path(path)));
        (!self.links.is_empty()).then(|| format!("linked for development: {}", listed(told, MAX_LISTED)))
    }
}

impl PluginSource for Links {
    fn list(&self) -> io::Result<Vec<Candidate>> {
        let candidate = |(name, path): (&String, &PathBuf)| Candidate {
            name: name.clone(),
            origin: path.display().to_string(),
        };
        Ok(self.links.iter().map(candidate).collect())
    }

    fn open(&self, candidate: &Candidate) -> io::Result<Form> {
        let path = self.links.get(&candidate.name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Form::Bytes(driftless_files::read_regular(path, MAX_PLUGIN_BYTES)?.into()))
    }
}
