//! `driftless key`: keys that sign, and keys that are trusted.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use driftless_files::Readers;
use driftless_plugin_api::text::printable_line;
use driftless_registry::{PublicKey, Rotation, SigningKey, Slug, renewals};
use serde_json::json;

use super::destination::{Destination, chosen};
use super::print_json;
use crate::args::{Global, KeyCommand};
use crate::failure::{Failure, unreadable};
use crate::terminal::{BAD, FAINT, GOOD, STRONG, Terminal, printable_path};
use crate::{context, registries, text};

pub(crate) fn run(global: &Global, terminal: &Terminal, command: KeyCommand) -> anyhow::Result<ExitCode> {
    match command {
        KeyCommand::Generate { name } => generate(global, terminal, &name),
        KeyCommand::List => list(global, terminal),
        KeyCommand::Trust { registry, namespace, key } => {
            trust(global, terminal, &registry, &namespace, &key)
        }
        KeyCommand::Revoke { key } => revoke(global, terminal, &key),
        KeyCommand::Rotate { name, registry, namespace } => {
            rotate(global, terminal, &name, registry.as_deref(), namespace.as_deref())
        }
    }
}

/// The environment variable with the password of a key that has one, as minisign makes them.
const PASSWORD: &str = "DRIFTLESS_KEY_PASSWORD";

/// The key of a name that signs.
pub(super) fn signing_key(name: &str) -> anyhow::Result<SigningKey> {
    let path = secret_path(name)?;
    let text = text::read(&path).map_err(|error| match error {
        Failure::NotFound(_) => Failure::NotFound(format!(
            "there is no key `{}` in {}; `driftless key generate` makes one",
            printable_line(name),
            printable_path(path.parent().unwrap_or(&path))
        )),
        error => error,
    })?;
    let password = std::env::var(PASSWORD).ok();
    Ok(SigningKey::from_text(&text, password.as_deref())?)
}

/// The key of a name, or a new one where there is none, which is not kept yet. Tells whether it is new.
pub(super) fn signing_key_or_new(name: &str) -> anyhow::Result<(SigningKey, bool)> {
    if secret_path(name)?.symlink_metadata().is_ok() {
        return Ok((signing_key(name)?, false));
    }
    Ok((SigningKey::generate()?, true))
}

fn secret_path(name: &str) -> anyhow::Result<PathBuf> {
    let name: Slug = name.parse()?;
    Ok(registries::keys_folder()?.join(format!("{name}.key")))
}

/// Writes a key, and beside it what checks its signatures.
pub(super) fn keep(name: &str, key: &SigningKey) -> anyhow::Result<PathBuf> {
    let path = secret_path(name)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| unreadable(folder, &error))?;
    driftless_files::replace(&path, key.to_text()?.as_bytes(), Readers::Owner)
        .map_err(|error| unreadable(&path, &error))?;
    let public = path.with_extension("pub");
    let text = format!("untrusted comment: public key of driftless\n{}\n", key.public());
    driftless_files::replace(&public, text.as_bytes(), Readers::Umask)
        .map_err(|error| unreadable(&public, &error))?;
    Ok(path)
}

fn generate(global: &Global, terminal: &Terminal, name: &str) -> anyhow::Result<ExitCode> {
    let path = secret_path(name)?;
    if path.symlink_metadata().is_ok() {
        let path = path.display();
        let message = format!(
            "{path}: there is a key `{name}` already; `driftless key rotate` puts another in its place"
        );
        return Err(Failure::Usage(message).into());
    }
    let key = SigningKey::generate()?;
    keep(name, &key)?;
    if global.json {
        print_json(global, terminal, &json!({"name": name, "key": key.public().as_str(), "file": path}))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = terminal.out();
    writeln!(
        out,
        "{GOOD}made{GOOD:#} the key {STRONG}{}{STRONG:#} {FAINT}({}){FAINT:#}",
        key.public(),
        printable_path(&path)
    )?;
    terminal
        .note("keep the file to yourself, and a copy where it is not lost: what it signs is taken for yours");
    Ok(ExitCode::SUCCESS)
}

fn list(global: &Global, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let folder = registries::keys_folder()?;
    let mut own = Vec::new();
    for path in driftless_files::list_regular(&folder, "key").map_err(|error| unreadable(&folder, &error))? {
        let name = context::stem(&path);
        let public = text::read(&path.with_extension("pub")).unwrap_or_default();
        let key = public.lines().nth(1).and_then(|key| key.parse::<PublicKey>().ok());
        own.push((name, key));
    }
    let trust = registries::places(global)?.read_trust()?;
    if global.json {
        let own =
            own.iter().map(|(name, key)| json!({"name": name, "key": key.as_ref().map(PublicKey::as_str)}));
        let trusted = trust.all().map(|(registry, namespace, key, is_revoked)| {
            json!({"registry": registry, "namespace": namespace, "key": key, "revoked": is_revoked})
        });
        let told = json!({"own": own.collect::<Vec<_>>(), "trusted": trusted.collect::<Vec<_>>()});
        print_json(global, terminal, &told)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = terminal.out();
    for (name, key) in &own {
        let key = key.as_ref().map_or("(its .pub file is missing)".to_owned(), ToString::to_string);
        writeln!(out, "{STRONG}own{STRONG:#}      {key}  {}", printable_line(name))?;
    }
    for (registry, namespace, key, is_revoked) in trust.all() {
        let mark = if is_revoked { format!("  {BAD}revoked{BAD:#}") } else { String::new() };
        writeln!(
            out,
            "{STRONG}trusted{STRONG:#}  {}  {}/{}{mark}",
            printable_line(key),
            printable_line(registry),
            printable_line(namespace)
        )?;
    }
    if own.is_empty() && trust.all().next().is_none() {
        terminal.note("there is no key, and none is trusted");
    }
    Ok(ExitCode::SUCCESS)
}

fn trust(
    global: &Global,
    terminal: &Terminal,
    registry: &str,
    namespace: &str,
    key: &str,
) -> anyhow::Result<ExitCode> {
    let places = registries::places(global)?;
    let known = registries::open(&context::settings(global)?, false)?;
    let (namespace, key): (Slug, PublicKey) = (namespace.parse()?, key.parse()?);
    let id = known.get(registry)?.info()?.id.clone();
    let exclusive = registries::exclusive(&places, terminal)?;
    places.change_trust(&exclusive, |trust| trust.pin(registry, &id, &namespace, &key))?;
    if global.json {
        let told = json!({"registry": registry, "namespace": namespace.as_str(), "key": key.as_str(), "trusted": true});
        print_json(global, terminal, &told)?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(terminal.out(), "{GOOD}trusted{GOOD:#} {key} for {registry}/{namespace}")?;
    Ok(ExitCode::SUCCESS)
}

fn revoke(global: &Global, terminal: &Terminal, key: &str) -> anyhow::Result<ExitCode> {
    let places = registries::places(global)?;
    let key: PublicKey = key.parse()?;
    let exclusive = registries::exclusive(&places, terminal)?;
    if !places.change_trust(&exclusive, |trust| Ok(trust.revoke(&key)))? {
        return Err(Failure::NotFound(format!("no registry's plugins are trusted by the key {key}")).into());
    }
    if global.json {
        print_json(global, terminal, &json!({"key": key.as_str(), "trusted": false}))?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(terminal.out(), "{GOOD}revoked{GOOD:#} {key}: nothing that it signed is installed any more")?;
    Ok(ExitCode::SUCCESS)
}

fn rotate(
    global: &Global,
    terminal: &Terminal,
    name: &str,
    registry: Option<&str>,
    namespace: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let settings = context::settings(global)?;
    let known = registries::open(&settings, false)?;
    let registry = chosen(&known, registry)?;
    let target = Destination::of(registry, &settings)?;
    let namespace: Slug = match namespace {
        Some(namespace) => namespace.parse()?,
        None => registry.info()?.namespace.clone(),
    };
    let old = signing_key(name)?;
    let new = SigningKey::generate()?;
    // It is there before anything counts on it.
    let waiting = format!("{name}-next");
    keep(&waiting, &new)?;
    let rotation = Rotation {
        registry: registry.info()?.id.clone(),
        namespace: namespace.clone(),
        old: old.public().clone(),
        new: new.public().clone(),
    };
    target.rotate(&rotation.sign(&old)?)?;
    let old_name = format!(
        "{name}-before-{}",
        &old.public().as_str()[2..10]
            .to_lowercase()
            .replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")
    );
    keep(&old_name, &old)?;
    let path = keep(name, &new)?;
    let waiting = secret_path(&waiting)?;
    let _ = fs::remove_file(waiting.with_extension("pub"));
    let _ = fs::remove_file(waiting);
    // What the old key has signed stays installable, and its statements stay as they are.
    let mut renewed = Vec::new();
    for before in public_keys_before(name)? {
        renewed.extend(renewals(registry.source(), &namespace, &before, &new)?);
    }
    target.renew(&namespace, &renewed)?;
    if global.json {
        let told = json!({"name": name, "key": new.public().as_str(), "before": old.public().as_str(), "file": path, "renewed": renewed.len()});
        print_json(global, terminal, &told)?;
        return Ok(ExitCode::SUCCESS);
    }
    terminal.note(format!("{} releases are signed with it as well", renewed.len()));
    writeln!(
        terminal.out(),
        "{GOOD}rotated{GOOD:#} {STRONG}{name}{STRONG:#}: {} signs for {}/{namespace} from now on {FAINT}(the key before is kept as `{old_name}`){FAINT:#}",
        new.public(),
        registry.name()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The keys that signed under a name before: a rotation that was interrupted left what they had signed as it was.
fn public_keys_before(name: &str) -> anyhow::Result<Vec<PublicKey>> {
    let folder = registries::keys_folder()?;
    let files = driftless_files::list_regular(&folder, "pub").map_err(|error| unreadable(&folder, &error))?;
    let before = format!("{name}-before-");
    let files = files.into_iter().filter(|path| context::stem(path).starts_with(&before));
    let key = |path: PathBuf| text::read(&path).ok()?.lines().nth(1)?.parse().ok();
    Ok(files.filter_map(key).collect())
}
