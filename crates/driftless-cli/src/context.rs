//! The wiring: settings, store and terminal become a plugin manager.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use driftless_files::{Readers, without_waiting};
use driftless_host::api::host_call::HostCalls;
use driftless_host::api::log::Level;
use driftless_host::permissions::Grant;
use driftless_host::{
    Artifact, Candidate, Digest, Error, Form, GrantEvent, Grants, LoadError, LogRecord, LogSink,
    PluginHandle, PluginManager, PluginManagerBuilder, PluginSource, ProtectedPaths, Refusal, Settings,
};
use driftless_registry::{LocalFolder, Store, StoredPlugin};
use driftless_sandbox::{MachineCodeCache, Sandbox};
use driftless_templates::{Event, Templates};
use driftless_validator::{PluginFile, Rules, ValidatedPlugin, ValidationError, Violation};

use crate::args::Global;
use crate::compile_progress::CompileProgress;
use crate::failure::{Failure, unreadable};
use crate::links::Links;
use crate::terminal::Terminal;
use crate::{document, interrupt, links, paths, registries, text, words};

/// Makes the manager that the global options ask for.
pub(crate) fn manager(global: &Global, terminal: &Terminal) -> anyhow::Result<PluginManager> {
    let settings = settings(global)?;
    if let Some(warning) = Links::read()?.warning() {
        terminal.warn(&warning);
    }
    let protected = own_places(global, &settings);
    let builder = with_sources(PluginManager::builder(), global, &settings)?
        .loader(sandbox(&settings, terminal)?)
        .protected_paths(protected.clone())
        .settings(settings)
        .grants(grants(global)?)
        .cancel(interrupt::cancel_handle())
        .host_calls(noted_host_calls(terminal, protected))
        .on_grant_event(told_grant_events(terminal))
        .log(ToTerminal { terminal: terminal.clone(), level: global.level() });
    Ok(builder.build()?)
}

/// This machine behind the host calls of plugins; what they are refused for want of a grant is told at the end.
///
/// What is `protected` no grant changes, so it is not told what would.
pub(crate) fn noted_host_calls(
    terminal: &Terminal,
    protected: ProtectedPaths,
) -> impl Fn(&str, Grant) -> Arc<dyn HostCalls> + Send + Sync + 'static {
    let missing = terminal.noted_grants().clone();
    move |plugin, grant| missing.noting(plugin, grant, protected.clone())
}

/// Tells what does not hold of a plugin's grant.
pub(crate) fn told_grant_events(terminal: &Terminal) -> impl Fn(&GrantEvent) + Send + Sync + 'static {
    let terminal = terminal.clone();
    move |event| {
        let file_of = |plugin: &str| terminal.noted_grants().file_of(plugin);
        if let Some((plugin, message)) = words::grant_event(event, file_of, terminal.places()) {
            terminal.log(&LogRecord { plugin, level: Level::Warn, message: &message });
        }
    }
}

/// Adds every place in which a plugin is looked for by its name: the plugin folder and the registries. All commands look there.
fn with_sources(
    builder: PluginManagerBuilder,
    global: &Global,
    settings: &Settings,
) -> Result<PluginManagerBuilder, Failure> {
    let builder = builder.source(in_folder(plugin_folder(global)?));
    let links = Links::read()?;
    // Without a home folder nothing can be installed from a registry.
    let builder = match registries::places(global) {
        Ok(places) => {
            let installed = registries::InstalledPlugins::of(&places, links.clone());
            builder.source(installed.map_err(|error| Failure::Usage(error.to_string()))?)
        }
        Err(_) => builder,
    };
    let builder = builder.source(links);
    let folders = registry_folders(settings);
    Ok(folders.into_iter().fold(builder, |builder, folder| builder.source(in_folder(folder))))
}

/// What runs plugins in WebAssembly.
pub(crate) fn sandbox(settings: &Settings, terminal: &Terminal) -> anyhow::Result<Sandbox> {
    let security = &settings.security;
    let mut sandbox = Sandbox::builder(security.limits());
    sandbox = sandbox.allow_wasi(security.allow_wasi).debug(security.debug_enabled);
    match machine_code_cache() {
        Ok(cache) => sandbox = sandbox.cache(cache),
        Err(why) => terminal.warn(&format!("machine code is not kept between runs: {why}")),
    }
    if terminal.shows_progress() {
        let progress = CompileProgress::default();
        sandbox = sandbox.on_compile(move |event| progress.hear(event));
    }
    Ok(sandbox.build()?)
}

/// The registries that are folders of `.wasm` files, without an index. Their plugins can be used like those in the plugin folder.
fn registry_folders(settings: &Settings) -> Vec<PathBuf> {
    let enabled = settings.registries.iter().filter(|registry| registry.enabled);
    let configs = enabled.map(registries::config).filter(|config| !config.is_index_folder());
    configs.filter_map(|config| config.folder()).collect()
}

/// Loads a plugin by its name or from a file.
pub(crate) fn plugin(
    manager: &PluginManager,
    terminal: &Terminal,
    name_or_file: &str,
) -> anyhow::Result<PluginHandle> {
    let Some(path) = as_file(name_or_file) else { return Ok(manager.plugin(name_or_file)?) };
    let artifact = Artifact::from_bytes(stem(path), path.display().to_string(), read_file(path)?);
    // While it is loaded, what does not hold of its grant is told.
    if let Ok(info) = manager.inspect(&artifact) {
        terminal.noted_grants().is_from_file(&info.name, name_or_file);
    }
    let plugin = manager.load(&artifact)?;
    terminal.noted_grants().is_from_file(plugin.name(), name_or_file);
    Ok(plugin)
}

/// Where a plugin is and its bytes, by its name or from a file.
pub(crate) fn bytes(global: &Global, name_or_file: &str) -> anyhow::Result<(PathBuf, Vec<u8>)> {
    if let Some(path) = as_file(name_or_file) {
        return Ok((path.to_owned(), read_file(path)?));
    }
    let settings = settings(global)?;
    let sandbox = Sandbox::new(settings.security.limits())?;
    let builder = with_sources(PluginManager::builder(), global, &settings)?;
    let artifact = builder.loader(sandbox).settings(settings).build()?.find(name_or_file)?;
    match artifact.form {
        Form::Bytes(bytes) => Ok((artifact.origin.to_string().into(), bytes.to_vec())),
        _ => Err(Failure::NotFound(format!("{}: this plugin is no file", artifact.origin)).into()),
    }
}

/// A plugin by its name or from a file, checked, and what it is called. Nothing of it is compiled.
pub(crate) fn validated(global: &Global, name_or_file: &str) -> anyhow::Result<(String, ValidatedPlugin)> {
    let (path, bytes) = bytes(global, name_or_file)?;
    let name = stem(&path);
    let module = sandbox_validate(global, &bytes)?
        .map_err(|error| Error::Load { plugin: name.clone(), source: LoadError::Refused(reasons(&error)) })?;
    Ok((module.manifest().map_or(name, |manifest| manifest.name.clone()), module))
}

/// Whether the plugin that is found by this name is this very file.
pub(crate) fn is_installed(global: &Global, name: &str, digest: Digest) -> bool {
    bytes(global, name).is_ok_and(|(_, bytes)| Digest::of(&bytes) == digest)
}

/// What is granted to which plugin.
pub(crate) fn grants(global: &Global) -> anyhow::Result<Grants> {
    // A file that the user names has to be there.
    read_grants(global, global.grants.is_some())
}

/// The same, for who changes it: the file may be yet to be made.
pub(crate) fn grants_to_change(global: &Global) -> anyhow::Result<Grants> {
    read_grants(global, false)
}

/// The files and folders of this command itself, which no plugin may be granted: those that are used, and those that are where nothing else
/// is named, since the next run may use them. Plugins of a registry are run as well.
pub(crate) fn own_places(global: &Global, settings: &Settings) -> ProtectedPaths {
    let in_home = |name: &str| paths::home().map(|home| home.join(name));
    let grants = [global.grants.clone(), in_home("grants.toml")].into_iter().flatten();
    let named = [global.settings.clone(), global.plugin_dir.clone()];
    let usual =
        [in_home("plugins.toml"), in_home("plugins"), paths::machine_code(), paths::machine_code_key()];
    // One that is not enabled now may be later.
    let registries = settings.registries.iter().filter_map(|registry| registries::config(registry).folder());
    let places = grants.flat_map(|grants| [grants.clone(), lock_beside(&grants)]);
    let of_registries = registries::own_places(global);
    let places = places.chain(of_registries).chain(links::file());
    ProtectedPaths::new(places.chain(named.into_iter().chain(usual).flatten()).chain(registries))
}

fn grants_file(global: &Global) -> Option<PathBuf> {
    global.grants.clone().or_else(|| Some(paths::home()?.join("grants.toml")))
}

fn read_grants(global: &Global, must_exist: bool) -> anyhow::Result<Grants> {
    let Some(path) = grants_file(global) else { return Ok(Grants::default()) };
    match text::read(&path) {
        Ok(text) => Ok(Grants::from_toml(&text).map_err(|error| named_by_its_path(error, &path))?),
        Err(Failure::NotFound(_)) if !must_exist => Ok(Grants::default()),
        Err(error) => Err(error.into()),
    }
}

/// Changes what is granted to one plugin, as `change` does with what is granted now. Commands that do so at the same time wait for each
/// other, and a command that reads the file meanwhile sees the old or the new one.
pub(crate) fn change_grants(
    global: &Global,
    plugin: &str,
    change: impl FnOnce(&mut Grants) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let path = grants_file(global)
        .ok_or_else(|| Failure::Usage("there is no home folder; say --grants".to_owned()))?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let unwritable = |error: io::Error| unreadable(&path, &error);
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    // The file itself is replaced, so what is locked is another one. It is given back when it is closed.
    let lock = lock_beside(&path);
    let _locked = locked(&lock).map_err(|error| unreadable(&lock, &error))?;

    let text = match text::read(&path) {
        Err(Failure::NotFound(_)) => String::new(),
        text => text?,
    };
    let named = |error| named_by_its_path(error, &path);
    let mut grants = Grants::from_toml(&text).map_err(named)?;
    change(&mut grants)?;
    let text = grants.update_toml(&text, plugin).map_err(named)?;
    driftless_files::replace(&path, text.as_bytes(), Readers::Owner).map_err(unwritable)?;
    Ok(())
}

/// Opens a file, makes it where there is none, and waits until no other process has it locked.
fn locked(path: &Path) -> io::Result<File> {
    let no_file = || io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file; remove it");
    let mut options = File::options();
    let opened = without_waiting(options.create(true).truncate(false).write(true)).open(path);
    let file = match opened {
        // A pipe that nothing reads cannot be opened.
        Err(_) if path.metadata().is_ok_and(|there| !there.is_file() && !there.is_dir()) => {
            return Err(no_file());
        }
        opened => opened?,
    };
    if !file.metadata()?.is_file() {
        return Err(no_file());
    }
    file.lock()?;
    Ok(file)
}

/// The file that is locked while `grants.toml` is changed.
fn lock_beside(grants: &Path) -> PathBuf {
    let mut name = grants.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// The file's own name says more than what it is usually called.
fn named_by_its_path(error: Error, path: &Path) -> Error {
    match error {
        Error::Configuration { violations, .. } => {
            Error::Configuration { what: path.display().to_string(), violations }
        }
        other => other,
    }
}

/// Templates with what plugins bring to them, for files that the user wrote.
pub(crate) fn templates(manager: &PluginManager, terminal: &Terminal) -> Templates {
    let terminal = terminal.clone();
    Templates::new(manager).with_lookups().on_event(move |event| {
        if let Event::PluginLeftOut(error) = event {
            terminal.warn(&format!("left out of templates: {}", words::host_error(error)));
        }
    })
}

/// Checks a file by the rules that the settings ask for.
pub(crate) fn sandbox_validate(
    global: &Global,
    bytes: &[u8],
) -> anyhow::Result<Result<ValidatedPlugin, ValidationError>> {
    let security = settings(global)?.security;
    let rules = Rules { allow_wasi: security.allow_wasi };
    let validated = PluginFile::inspect(bytes).validate(rules);
    Ok(validated.and_then(|module| match module.manifest().map_or(Ok(()), driftless_host::suits_this_host) {
        Ok(()) => Ok(module),
        Err(error) => Err(ValidationError { violations: vec![Violation::of_file(error.to_string())] }),
    }))
}

/// Everything that is wrong with a file.
pub(crate) fn reasons(error: &ValidationError) -> Vec<Refusal> {
    let reason = |violation: &Violation| Refusal { message: violation.to_string(), remedy: violation.remedy };
    error.violations.iter().map(reason).collect()
}

fn in_folder(folder: PathBuf) -> FromStore<LocalFolder> {
    FromStore { place: folder.display().to_string(), store: LocalFolder::new(folder) }
}

fn plugin_folder(global: &Global) -> Result<PathBuf, Failure> {
    let folder = plugin_folder_to_change(global)?;
    // A folder that the user names has to be there; the default one need not be.
    if global.plugin_dir.is_some() && !folder.is_dir() {
        return Err(Failure::NotFound(format!("{}: there is no such folder", folder.display())));
    }
    Ok(folder)
}

/// The plugin folder, for a command that puts something into it: it may be yet to be made.
pub(crate) fn plugin_folder_to_change(global: &Global) -> Result<PathBuf, Failure> {
    if let Some(folder) = &global.plugin_dir {
        return Ok(folder.clone());
    }
    let home = paths::home()
        .ok_or_else(|| Failure::Usage("there is no home folder; say --plugin-dir".to_owned()))?;
    Ok(home.join("plugins"))
}

/// What `plugins.toml` says.
pub(crate) fn settings(global: &Global) -> anyhow::Result<Settings> {
    let (path, named) = match (&global.settings, paths::home()) {
        (Some(path), _) => (path.clone(), true),
        (None, Some(home)) => (home.join("plugins.toml"), false),
        (None, None) => return Ok(Settings::default()),
    };
    match text::read(&path) {
        Ok(text) => Ok(document::read_toml(&path, &text)?),
        // Only where it is not there: settings that cannot be read may be stricter than the defaults.
        Err(Failure::NotFound(_)) if !named => Ok(Settings::default()),
        Err(error) => Err(error.into()),
    }
}

/// Where machine code is kept between runs. The error says why it is not.
pub(crate) fn machine_code_cache() -> Result<MachineCodeCache, String> {
    let (folder, key) =
        paths::machine_code().zip(paths::machine_code_key()).ok_or("there is no home folder")?;
    MachineCodeCache::open(&folder, &key).map_err(|error| error.to_string())
}

/// What looks like a path is one.
pub(crate) fn is_file(name_or_file: &str) -> bool {
    name_or_file.contains(std::path::is_separator) || name_or_file.ends_with(".wasm")
}

fn as_file(name_or_file: &str) -> Option<&Path> {
    is_file(name_or_file).then(|| Path::new(name_or_file))
}

/// What a plugin is called that does not say so itself.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The bytes of a plugin's file.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let plugin = StoredPlugin { name: stem(path), path: path.to_owned() };
    LocalFolder::new(".").read(&plugin).map_err(|error| match error.kind() {
        // A limit on plugins, as for one that is found by its name.
        io::ErrorKind::FileTooLarge => Failure::Refused(format!("{}: {error}", path.display())),
        _ => unreadable(path, &error),
    })
}

/// A store, as the host takes its plugins.
struct FromStore<S> {
    store: S,
    /// Where it is, for messages.
    place: String,
}

impl<S: Store> PluginSource for FromStore<S> {
    fn list(&self) -> io::Result<Vec<Candidate>> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", self.place));
        let plugins = self.store.list().map_err(named)?;
        let candidate =
            |plugin: StoredPlugin| Candidate { name: plugin.name, origin: plugin.path.display().to_string() };
        Ok(plugins.into_iter().map(candidate).collect())
    }

    fn open(&self, candidate: &Candidate) -> io::Result<Form> {
        let plugin = StoredPlugin { name: candidate.name.clone(), path: PathBuf::from(&candidate.origin) };
        Ok(Form::Bytes(self.store.read(&plugin)?.into()))
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
