//! The wiring of registries: settings, tokens, and what is installed from them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use driftless_host::{Candidate, Form, HOST_VERSION, PluginSource, Settings};
use driftless_plugin_api::text::printable_line;
use driftless_registry::{
    BlobStore, BucketOptions, Client, Credentials, Event, Exclusive, HttpOptions, Installer, Lock,
    OciRegistry, Package, Places, Policy, Registries, Registry, RegistryConfig, RemoteRegistry, S3Tree,
    Token, VerifiedRelease,
};
use driftless_validator::Rules;
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Global;
use crate::failure::{Failure, unreadable};
use crate::links::Links;
use crate::terminal::Terminal;
use crate::{interrupt, paths, text};

/// Where what is installed from registries is: beside the settings the lock, and the rest in the home folder.
pub(crate) fn places(global: &Global) -> Result<Places, Failure> {
    let home = home()?;
    let mut places = Places::beneath(&home);
    if let Some(folder) = global.settings.as_ref().and_then(|settings| settings.parent()) {
        places.lock = folder.join("plugins.lock");
    }
    Ok(places)
}

fn home() -> Result<PathBuf, Failure> {
    paths::home().ok_or_else(|| Failure::Usage("there is no home folder; set HOME".to_owned()))
}

/// The file of tokens.
pub(crate) fn credentials_file() -> Result<PathBuf, Failure> {
    Ok(home()?.join("credentials.toml"))
}

/// The folder of the keys that sign.
pub(crate) fn keys_folder() -> Result<PathBuf, Failure> {
    Ok(home()?.join("keys"))
}

/// The files and folders of registries, which no plugin may be granted.
pub(crate) fn own_places(global: &Global) -> Vec<PathBuf> {
    let Ok(places) = places(global) else { return Vec::new() };
    let own = [credentials_file(), keys_folder()].into_iter().flatten();
    [places.lock, places.trust, places.seen, places.store]
        .into_iter()
        .chain(own)
        .chain(paths::registry_cache())
        .collect()
}

/// The tokens of this user. The file is read only where no other user can.
pub(crate) fn credentials() -> anyhow::Result<Credentials> {
    let path = credentials_file()?;
    match text::read(&path) {
        Ok(text) => {
            check_private(&path)?;
            Ok(Credentials::from_toml(&text)?)
        }
        Err(Failure::NotFound(_)) => Ok(Credentials::default()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(unix)]
fn check_private(path: &std::path::Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(|error| unreadable(path, &error))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(Failure::Refused(format!("{path}: other users can read this file of tokens; `chmod 600 {path}`")))
}

#[cfg(not(unix))]
fn check_private(_: &std::path::Path) -> Result<(), Failure> {
    Ok(())
}

/// A registry of the settings, as the library takes it.
pub(crate) fn config(registry: &driftless_host::Registry) -> RegistryConfig {
    RegistryConfig {
        name: registry.name.clone(),
        url: registry.url.clone(),
        priority: registry.priority,
        allow_unsigned: registry.allow_unsigned,
        min_age: registry.min_age,
    }
}

/// The registries that are asked, without the folders of `.wasm` files, which are used as they are.
pub(crate) fn open(settings: &Settings, is_offline: bool) -> anyhow::Result<Registries> {
    let credentials = credentials()?;
    let asked = settings.registries.iter().filter(|registry| registry.enabled);
    let asked = asked.map(|registry| (registry, config(registry)));
    let asked = asked.filter(|(_, config)| config.folder().is_none() || config.is_index_folder());
    let all = asked.map(|(registry, config)| one(registry, config, &credentials, is_offline));
    Ok(Registries::new(all.collect::<anyhow::Result<_>>()?))
}

fn one(
    registry: &driftless_host::Registry,
    config: RegistryConfig,
    credentials: &Credentials,
    is_offline: bool,
) -> anyhow::Result<Registry> {
    let http = HttpOptions { is_offline, ..http_options(registry, &config, credentials)? };
    Ok(Registry::new(config, http)?)
}

fn http_options(
    registry: &driftless_host::Registry,
    config: &RegistryConfig,
    credentials: &Credentials,
) -> anyhow::Result<HttpOptions> {
    let authorities = match &registry.ca_file {
        Some(path) => Some(
            driftless_files::read_regular(path, MAX_AUTHORITIES_BYTES)
                .map_err(|error| unreadable(path, &error))?,
        ),
        None => None,
    };
    Ok(HttpOptions {
        token: token(config, credentials),
        authorities,
        token_server: registry.token_server.clone(),
        ..usual_options()
    })
}

/// How every server is asked.
fn usual_options() -> HttpOptions {
    HttpOptions {
        cache: paths::registry_cache(),
        cancel: interrupt::cancel_handle().clone(),
        docker_config: paths::docker_config(),
        ..HttpOptions::default()
    }
}

/// How an OCI registry is asked, which need not be in the settings yet.
pub(crate) fn oci_options(settings: &Settings, url: &str) -> anyhow::Result<HttpOptions> {
    let credentials = credentials()?;
    match settings.registries.iter().find(|registry| registry.url == url) {
        Some(registry) => http_options(registry, &config(registry), &credentials),
        None => Ok(HttpOptions { token: credentials.token(url), ..usual_options() }),
    }
}

/// How a bucket is asked: what is no secret is in the settings, or like everything else in the environment.
fn bucket_options(registry: Option<&driftless_host::Registry>) -> BucketOptions {
    let environment = BucketOptions::from_environment(|name| std::env::var(name).ok());
    BucketOptions {
        endpoint: registry.and_then(|registry| registry.endpoint.clone()).or(environment.endpoint),
        region: registry.and_then(|registry| registry.region.clone()).or(environment.region),
        credentials: environment.credentials,
    }
}

/// The bucket at a URL, `s3://…`, which is that of a registry or of none yet.
pub(crate) fn bucket(settings: &Settings, url: &str) -> anyhow::Result<S3Tree> {
    let registry = settings.registries.iter().find(|registry| registry.url == url);
    let http = match registry {
        Some(registry) => http_options(registry, &config(registry), &Credentials::default())?,
        None => HttpOptions {
            cancel: interrupt::cancel_handle().clone(),
            bucket: bucket_options(None),
            ..HttpOptions::default()
        },
    };
    // What is written has to be what is there, and not what was read before.
    let http = HttpOptions { cache: None, ..http };
    Ok(S3Tree::new(url, http).map_err(|why| Failure::Usage(format!("{}: {why}", printable_line(url))))?)
}

const MAX_AUTHORITIES_BYTES: u64 = 16 << 20;

/// The server of a registry, to be written to.
pub(crate) fn server(settings: &Settings, name: &str) -> anyhow::Result<RemoteRegistry> {
    let (config, http) = written_to(settings, name)?;
    let client =
        Client::new(&config.url, http).map_err(|why| Failure::Usage(format!("registry `{name}`: {why}")))?;
    Ok(RemoteRegistry::new(client))
}

/// The OCI registry of a registry, to be written to.
pub(crate) fn oci(settings: &Settings, name: &str) -> anyhow::Result<OciRegistry> {
    let (config, http) = written_to(settings, name)?;
    Ok(OciRegistry::open(&config.url, http)?)
}

fn written_to(settings: &Settings, name: &str) -> anyhow::Result<(RegistryConfig, HttpOptions)> {
    let registry = settings.registries.iter().find(|registry| registry.name == name);
    let registry = registry.ok_or_else(|| Failure::NotFound(format!("there is no registry `{name}`")))?;
    let config = config(registry);
    let http = http_options(registry, &config, &credentials()?)?;
    Ok((config, http))
}

/// The token for a registry: that of the environment, or the one that was made for its server.
pub(crate) fn token(config: &RegistryConfig, credentials: &Credentials) -> Option<Token> {
    let from_environment = std::env::var(token_variable(&config.name)).ok().filter(|token| !token.is_empty());
    from_environment.map(Token).or_else(|| credentials.token(&config.url))
}

/// The environment variable with the token for a registry.
pub(crate) fn token_variable(registry: &str) -> String {
    let letter =
        |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    format!("DRIFTLESS_TOKEN_{}", registry.chars().map(letter).collect::<String>())
}

/// What decides which releases may be taken.
pub(crate) fn policy() -> Policy {
    let host = HOST_VERSION.parse().expect("cargo checks the version of a package");
    Policy { host, now: SystemTime::now() }
}

/// Waits until no other command changes what is installed.
pub(crate) fn exclusive(
    places: &Places,
    terminal: &Terminal,
) -> Result<Exclusive, driftless_registry::Error> {
    places.exclusive(|| terminal.note("waiting for another `driftless` that installs or removes plugins"))
}

/// Runs `work` with what installs, and shows its progress on a terminal.
pub(crate) fn with_installer<R>(
    places: &Places,
    registries: &Registries,
    rules: Rules,
    terminal: &Terminal,
    work: impl FnOnce(&Installer<'_>) -> R,
) -> R {
    let progress = Progress { bar: terminal.shows_progress().then(ProgressBar::new_spinner), terminal };
    let events = |event: Event<'_>| progress.tell(&event);
    let result = work(&Installer { places, registries, policy: policy(), rules, events: &events });
    if let Some(bar) = &progress.bar {
        bar.finish_and_clear();
    }
    result
}

/// Runs `work` with what hears how much of a file has come, and shows that on a terminal.
pub(crate) fn with_progress<R>(
    terminal: &Terminal,
    work: impl FnOnce(&dyn Fn(&VerifiedRelease, u64)) -> R,
) -> R {
    let progress = Progress { bar: terminal.shows_progress().then(ProgressBar::new_spinner), terminal };
    let result = work(&|release: &VerifiedRelease, done: u64| progress.tell(&Event::Fetching(release, done)));
    if let Some(bar) = &progress.bar {
        bar.finish_and_clear();
    }
    result
}

struct Progress<'a> {
    bar: Option<ProgressBar>,
    terminal: &'a Terminal,
}

impl Progress<'_> {
    fn tell(&self, event: &Event<'_>) {
        match event {
            Event::KeyRotated(registry, rotation) => self.terminal.note(format!(
                "registry `{registry}`: the publisher of `{}` signs with {} from now on, as the key before says",
                rotation.rotation.namespace, rotation.rotation.new
            )),
            Event::TakenYoung(package, statement) => self.terminal.note(format!(
                "{package} {} is younger than `min_age`; it is taken, since its publisher calls it a security fix",
                statement.version
            )),
            Event::Unsigned(package, statement) => self.terminal.warn(&format!(
                "{package} {} is not signed: its registry alone says which bytes it is (`allow_unsigned` in plugins.toml)",
                statement.version
            )),
            Event::Yanked(package, version) => {
                self.terminal.warn(&format!("{package} {version} was withdrawn by its publisher; it stays as it is"));
            }
            _ => {}
        }
        let Some(bar) = &self.bar else { return };
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        match event {
            Event::Resolving => bar.set_message("looking for versions"),
            Event::Fetching(release, done) => {
                bar.set_style(style());
                bar.set_length(release.statement().size_bytes);
                bar.set_position(*done);
                bar.set_message(format!("{} {}", release.package(), release.statement().version));
            }
            Event::Checking(release) => bar.set_message(format!("checking {}", release.package())),
            _ => {}
        }
    }
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{spinner} {msg} {bytes}/{total_bytes} {bytes_per_sec}");
    style.unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// What is installed from registries, as the host takes it.
pub(crate) struct InstalledPlugins {
    lock: Lock,
    store: BlobStore,
    /// What stands in front of them.
    links: Links,
}

impl InstalledPlugins {
    /// What the lock names, without what is linked.
    pub(crate) fn of(places: &Places, links: Links) -> Result<Self, driftless_registry::Error> {
        Ok(Self { lock: places.read_lock()?, store: places.store(), links })
    }
}

/// Where an installed plugin comes from, for people.
pub(crate) fn origin(package: &Package, version: &impl std::fmt::Display) -> String {
    format!("{package}@{version}")
}

impl PluginSource for InstalledPlugins {
    fn list(&self) -> io::Result<Vec<Candidate>> {
        let candidate = |(package, plugin): (&Package, &driftless_registry::LockedPlugin)| Candidate {
            name: plugin.name.clone(),
            origin: origin(package, &plugin.version),
        };
        let shown = self.lock.plugins().filter(|(_, plugin)| !self.links.has(&plugin.name));
        Ok(shown.map(candidate).collect())
    }

    fn open(&self, candidate: &Candidate) -> io::Result<Form> {
        let mut plugins = self.lock.plugins();
        let found = plugins.find(|(package, plugin)| origin(package, &plugin.version) == candidate.origin);
        let (_, plugin) = found.ok_or(io::ErrorKind::NotFound)?;
        let bytes = self.store.read(&plugin.digest).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::new(
                error.kind(),
                "plugins.lock names it, and it is not on this machine; `driftless plugin fetch --locked` fetches it",
            ),
            _ => error,
        })?;
        Ok(Form::Bytes(bytes.into()))
    }
}

/// A place that a user names, at which a registry is made or copied to.
pub(crate) enum Place<'a> {
    Folder(PathBuf),
    /// A URL.
    Bucket(&'a str),
    /// A URL.
    Oci(&'a str),
}

impl<'a> Place<'a> {
    /// What is typed for a URL is taken for no folder.
    pub(crate) fn of(typed: &'a Path) -> Result<Self, Failure> {
        let Some((scheme, _)) = typed.to_str().and_then(|text| text.split_once(":/")) else {
            return Ok(Self::Folder(typed.to_owned()));
        };
        let url = typed.to_str().unwrap_or_default();
        let rest = &url[scheme.len()..];
        match scheme {
            // A folder on a drive of Windows.
            _ if scheme.len() == 1 || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Ok(Self::Folder(typed.to_owned()))
            }
            "s3" if rest.starts_with("://") => Ok(Self::Bucket(url)),
            "oci" if rest.starts_with("://") => Ok(Self::Oci(url)),
            "file" if rest.starts_with(":///") => Ok(Self::Folder(PathBuf::from(&rest["://".len()..]))),
            _ => Err(Failure::Usage(format!(
                "`{}`: it is no folder, no `file:///a/folder`, and no place in a bucket, `s3://bucket/prefix`, or in an OCI registry, `oci://host/prefix`",
                printable_line(url)
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_no_folder() {
        let folder = |typed: &str| match Place::of(Path::new(typed)) {
            Ok(Place::Folder(folder)) => Some(folder.display().to_string()),
            _ => None,
        };
        for typed in ["shelf", "/a/b", "./a:b/c", "c:/shelf", "a b:/c"] {
            assert_eq!(folder(typed).as_deref(), Some(typed));
        }
        assert_eq!(folder("file:///srv/shelf").as_deref(), Some("/srv/shelf"));
        for typed in
            ["https://example.com/x", "S3://bucket/x", "ocl://x/y", "oci:/x", "file:/srv", "file://srv"]
        {
            assert!(Place::of(Path::new(typed)).is_err(), "{typed}");
        }
        assert!(matches!(Place::of(Path::new("s3://a/b")), Ok(Place::Bucket("s3://a/b"))));
        assert!(matches!(Place::of(Path::new("oci://a/b")), Ok(Place::Oci("oci://a/b"))));
    }
}
