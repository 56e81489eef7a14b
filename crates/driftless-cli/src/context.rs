//! The wiring: settings, store and terminal become a plugin manager.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use driftless_host::api::log::Level;
use driftless_host::{
    Candidate, LogRecord, LogSink, MachineCodeCache, PluginHandle, PluginManager, PluginSource, Settings,
};
use driftless_registry::{LocalFolder, Store, StoredPlugin};
use driftless_sandbox::{ValidatedModule, ValidationError};

use crate::args::Global;
use crate::failure::{Failure, unreadable};
use crate::paths;
use crate::terminal::Terminal;

/// Makes the manager that the global options ask for.
pub(crate) fn manager(global: &Global, terminal: &Terminal) -> anyhow::Result<PluginManager> {
    let mut builder = PluginManager::builder()
        .settings(settings(global)?)
        .source(FromStore(LocalFolder::new(plugin_folder(global)?)))
        .log(ToTerminal {
            terminal: terminal.clone(),
            level: global.level(),
        });
    match machine_code_cache() {
        Ok(cache) => builder = builder.cache(cache),
        Err(why) => terminal.warn(&format!("machine code is not kept between runs: {why}")),
    }
    Ok(builder.build()?)
}

/// Loads a plugin by its name or from a file.
pub(crate) fn plugin(manager: &PluginManager, name_or_file: &str) -> anyhow::Result<PluginHandle> {
    match as_file(name_or_file) {
        Some(path) => Ok(manager.load(&stem(path), &read_file(path)?)?),
        None => Ok(manager.plugin(name_or_file)?),
    }
}

/// The bytes of a plugin, by its name or from a file, and what it is called.
pub(crate) fn bytes(global: &Global, name_or_file: &str) -> anyhow::Result<(String, PathBuf, Vec<u8>)> {
    if let Some(path) = as_file(name_or_file) {
        return Ok((stem(path), path.to_owned(), read_file(path)?));
    }
    let store = LocalFolder::new(plugin_folder(global)?);
    let (mut known, mut found) = (Vec::new(), Vec::new());
    for plugin in store.list().context("the plugin folder cannot be read")? {
        let bytes = store
            .read(&plugin)
            .map_err(|error| unreadable(&plugin.path, &error))?;
        let manifest = driftless_sandbox::outline(&bytes).manifest;
        let name = manifest.map_or(plugin.name, |manifest| manifest.name);
        if name == name_or_file {
            found.push((name, plugin.path, bytes));
        } else {
            known.push(name);
        }
    }
    if let [(_, one, _), (_, other, _), ..] = found.as_slice() {
        let message = format!(
            "two plugins are called `{name_or_file}`: {} and {}; say the file, or remove one",
            one.display(),
            other.display()
        );
        return Err(Failure::Usage(message).into());
    }
    if let Some(found) = found.pop() {
        return Ok(found);
    }
    let not_found = driftless_host::NotFound {
        what: "plugin".to_owned(),
        name: name_or_file.to_owned(),
        among: "installed".to_owned(),
        known,
    };
    Err(driftless_host::Error::from(not_found).into())
}

/// Checks a file by the rules that the settings ask for.
pub(crate) fn sandbox_validate(
    global: &Global,
    bytes: &[u8],
) -> anyhow::Result<Result<ValidatedModule, ValidationError>> {
    let security = settings(global)?.security;
    let validated = driftless_sandbox::validate_as(bytes, security.allow_wasi);
    Ok(validated.and_then(|module| {
        module
            .manifest()
            .map_or(Ok(()), driftless_host::suits_this_host)?;
        Ok(module)
    }))
}

fn plugin_folder(global: &Global) -> Result<PathBuf, Failure> {
    if let Some(folder) = &global.plugin_dir {
        // A folder that somebody names is meant to be there; the default one need not be.
        if !folder.is_dir() {
            return Err(Failure::NotFound(format!(
                "{}: there is no such folder",
                folder.display()
            )));
        }
        return Ok(folder.clone());
    }
    let home = paths::home()
        .ok_or_else(|| Failure::Usage("there is no home folder; say --plugin-dir".to_owned()))?;
    Ok(home.join("plugins"))
}

fn settings(global: &Global) -> anyhow::Result<Settings> {
    let (path, named) = match (&global.settings, paths::home()) {
        (Some(path), _) => (path.clone(), true),
        (None, Some(home)) => (home.join("plugins.toml"), false),
        (None, None) => return Ok(Settings::default()),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Settings::from_toml(&text).with_context(|| path.display().to_string())?),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !named => Ok(Settings::default()),
        Err(error) => Err(unreadable(&path, &error).into()),
    }
}

fn machine_code_cache() -> Result<MachineCodeCache, String> {
    let (folder, key) = paths::machine_code()
        .zip(paths::machine_code_key())
        .ok_or("there is no home folder")?;
    MachineCodeCache::open(&folder, &key).map_err(|error| error.to_string())
}

/// What looks like a path is one.
fn as_file(name_or_file: &str) -> Option<&Path> {
    let is_path = name_or_file.contains(std::path::is_separator) || name_or_file.ends_with(".wasm");
    is_path.then(|| Path::new(name_or_file))
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let plugin = StoredPlugin {
        name: stem(path),
        path: path.to_owned(),
    };
    LocalFolder::new(".")
        .read(&plugin)
        .map_err(|error| unreadable(path, &error))
}

/// A store, as the host takes its plugins.
struct FromStore<S>(S);

impl<S: Store> PluginSource for FromStore<S> {
    fn list(&self) -> io::Result<Vec<Candidate>> {
        let plugins = self.0.list()?;
        let candidate = |plugin: StoredPlugin| Candidate {
            name: plugin.name,
            origin: plugin.path.display().to_string(),
        };
        Ok(plugins.into_iter().map(candidate).collect())
    }

    fn read(&self, candidate: &Candidate) -> io::Result<Vec<u8>> {
        self.0.read(&StoredPlugin {
            name: candidate.name.clone(),
            path: PathBuf::from(&candidate.origin),
        })
    }
}

struct ToTerminal {
    terminal: Terminal,
    level: Level,
}

impl LogSink for ToTerminal {
    fn enabled(&self, level: Level) -> bool {
        level <= self.level
    }

    fn log(&self, record: &LogRecord<'_>) {
        if self.enabled(record.level) {
            self.terminal.log(record);
        }
    }
}
