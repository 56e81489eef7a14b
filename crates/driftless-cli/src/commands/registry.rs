//! `driftless registry`: where plugins are found and published.

use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use comfy_table::CellAlignment;
use driftless_files::Readers;
use driftless_host::Settings;
use driftless_plugin_api::text::printable_line;
use driftless_registry::{
    OciRegistry, PublicKey, RegistryFolder, RegistryInfo, RegistryTree, Token, is_registry_name,
};
use serde_json::json;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::{mirror, print_json, serve};
use crate::args::{Global, RegistryAdd, RegistryCommand, RegistryInit};
use crate::failure::{Failure, unreadable};
use crate::registries::Place;
use crate::table::{self, Column};
use crate::terminal::{FAINT, GOOD, STRONG, Terminal, printable_path};
use crate::words::shell_word;
use crate::{context, document, paths, registries, text};

pub(crate) fn run(
    global: &Global,
    terminal: &Terminal,
    command: RegistryCommand,
) -> anyhow::Result<ExitCode> {
    match command {
        RegistryCommand::List => list(global, terminal),
        RegistryCommand::Add(asked) => add(global, terminal, &asked),
        RegistryCommand::Remove { name } => remove(global, terminal, &name),
        RegistryCommand::Serve(asked) => serve::serve(global, terminal, &asked),
        RegistryCommand::Token { command } => serve::token(global, terminal, &command),
        RegistryCommand::Init(asked) => init(global, terminal, &asked),
        RegistryCommand::Mirror(asked) => mirror::mirror(global, terminal, &asked),
        RegistryCommand::Login { name } => login(global, terminal, &name),
        RegistryCommand::Logout { name } => logout(global, terminal, &name),
    }
}

fn list(global: &Global, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let settings = context::settings(global)?;
    let trust = registries::places(global)?.read_trust()?;
    let mut all: Vec<_> = settings.registries.iter().collect();
    all.sort_by_key(|registry| std::cmp::Reverse(registry.priority));
    if global.json {
        let told = all.iter().map(|registry| {
            json!({
                "name": registry.name, "url": registry.url, "enabled": registry.enabled, "priority": registry.priority,
                "allow_unsigned": registry.allow_unsigned, "id": trust.identity(&registry.name),
                "min_age_secs": registry.min_age.map(|age| age.as_secs()),
            })
        });
        print_json(global, terminal, &told.collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if all.is_empty() {
        terminal.note("no registry is in plugins.toml; `driftless registry add NAME URL` adds one");
        return Ok(ExitCode::SUCCESS);
    }
    let columns = [
        Column("NAME", 4, CellAlignment::Left),
        Column("URL", 10, CellAlignment::Left),
        Column("STATE", 8, CellAlignment::Left),
    ];
    let rows = all.iter().map(|registry| {
        let config = registries::config(registry);
        let mut state = Vec::new();
        state.push(match (registry.enabled, config.folder(), config.is_index_folder()) {
            (false, ..) => "disabled",
            (true, Some(_), false) => "a folder of .wasm files",
            _ => "enabled",
        });
        if registry.allow_unsigned {
            state.push("takes unsigned plugins");
        }
        let line = |text: &str| printable_line(text).into_owned();
        vec![line(&registry.name), line(&registry.url), state.join(", ")]
    });
    table::print(terminal, &columns, rows)?;
    Ok(ExitCode::SUCCESS)
}

fn add(global: &Global, terminal: &Terminal, asked: &RegistryAdd) -> anyhow::Result<ExitCode> {
    if !is_registry_name(&asked.name) {
        let name = printable_line(&asked.name);
        let message = format!(
            "`{name}` is no name for a registry: it has 1 to 64 ASCII letters, digits, `-`, `_` and `.`, and begins with a letter"
        );
        return Err(Failure::Usage(message).into());
    }
    let url = absolute(&asked.url)?;
    let mut entry = Table::new();
    entry["name"] = value(&asked.name);
    entry["url"] = value(&url);
    if let Some(priority) = asked.priority {
        entry["priority"] = value(i64::from(priority));
    }
    if asked.allow_unsigned {
        entry["allow_unsigned"] = value(true);
    }
    if let Some(age) = &asked.min_age {
        entry["min_age"] = value(age);
    }
    if let Some(path) = &asked.ca_file {
        entry["ca_file"] = value(path.display().to_string());
    }
    if let Some(endpoint) = &asked.endpoint {
        entry["endpoint"] = value(endpoint);
    }
    if let Some(region) = &asked.region {
        entry["region"] = value(region);
    }
    if let Some(server) = &asked.token_server {
        entry["token_server"] = value(server);
    }
    let key = asked.key.as_deref().map(str::parse::<PublicKey>).transpose()?;
    change_settings(
        global,
        |settings, document| {
            if settings.registries.iter().any(|registry| registry.name == asked.name) {
                let message = format!(
                    "there is a registry `{}` already; `driftless registry remove {0}` removes it",
                    asked.name
                );
                return Err(Failure::Usage(message).into());
            }
            let none = || Item::ArrayOfTables(ArrayOfTables::new());
            let all = document.entry("registries").or_insert_with(none).as_array_of_tables_mut();
            let all = all.ok_or_else(|| {
                Failure::Usage("`registries` in plugins.toml is no list of tables".to_owned())
            })?;
            all.push(entry);
            Ok(())
        },
        |settings| {
            // Nothing is written before it is seen that this is a registry.
            let registry = settings.registries.iter().find(|registry| registry.name == asked.name);
            let config = registries::config(registry.expect("it was added"));
            if asked.no_check
                || (config.folder().is_some_and(|folder| folder.is_dir()) && !config.is_index_folder())
            {
                return Ok(());
            }
            let known = registries::open(settings, false)?;
            let id = match known.get(&asked.name) {
                Ok(registry) => registry.info()?.clone(),
                Err(_) => {
                    return Err(Failure::NotFound(format!(
                        "{url}: there is no such folder; `driftless registry init` makes a registry"
                    ))
                    .into());
                }
            };
            let Some(key) = &key else { return Ok(()) };
            let places = registries::places(global)?;
            let exclusive = registries::exclusive(&places, terminal)?;
            places.change_trust(&exclusive, |trust| trust.pin(&asked.name, &id.id, &id.namespace, key))?;
            Ok(())
        },
    )?;
    let place = settings_file(global)?;
    if global.json {
        print_json(global, terminal, &json!({"name": asked.name, "url": url, "file": place}))?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        terminal.out(),
        "{GOOD}added{GOOD:#} {STRONG}{}{STRONG:#} {FAINT}({}){FAINT:#}",
        asked.name,
        printable_path(&place)
    )?;
    Ok(ExitCode::SUCCESS)
}

/// A URL; a path of a folder becomes one.
fn absolute(url: &str) -> anyhow::Result<String> {
    let is_path = !url.contains("://");
    if !is_path {
        return Ok(url.to_owned());
    }
    let path = fs::canonicalize(url).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::NotFound(format!(
            "{}: there is no such folder; `driftless registry init {}` makes a registry in one",
            printable_line(url),
            shell_word(url)
        )),
        _ => unreadable(Path::new(url), &error),
    })?;
    Ok(format!("file://{}", path.display()))
}

fn remove(global: &Global, terminal: &Terminal, name: &str) -> anyhow::Result<ExitCode> {
    let places = registries::places(global)?;
    let used = places.read_lock()?;
    if let Some((package, _)) = used.plugins().find(|(package, _)| package.registry == name) {
        let message =
            format!("{package} is installed from it; `driftless plugin remove {}` first", package.id.name);
        return Err(Failure::Usage(message).into());
    }
    change_settings(
        global,
        |_, document| {
            let all = document.get_mut("registries").and_then(Item::as_array_of_tables_mut);
            let place = all.as_ref().and_then(|all| {
                all.iter().position(|entry| entry.get("name").and_then(Item::as_str) == Some(name))
            });
            match (all, place) {
                (Some(all), Some(place)) => {
                    all.remove(place);
                    Ok(())
                }
                _ => Err(Failure::NotFound(format!(
                    "there is no registry `{}` in plugins.toml",
                    printable_line(name)
                ))
                .into()),
            }
        },
        |_| Ok(()),
    )?;
    let exclusive = registries::exclusive(&places, terminal)?;
    places.change_trust(&exclusive, |trust| Ok(trust.forget(name)))?;
    if global.json {
        print_json(global, terminal, &json!({"name": name, "removed": true}))?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        terminal.out(),
        "{GOOD}removed{GOOD:#} the registry {STRONG}{}{STRONG:#}, and the keys that were trusted for it",
        printable_line(name)
    )?;
    Ok(ExitCode::SUCCESS)
}

fn init(global: &Global, terminal: &Terminal, asked: &RegistryInit) -> anyhow::Result<ExitCode> {
    let folder = match Place::of(&asked.folder)? {
        Place::Bucket(url) => return init_bucket(global, terminal, asked, url),
        Place::Oci(url) => return init_oci(global, terminal, asked, url),
        Place::Folder(folder) => folder,
    };
    fs::create_dir_all(&folder).map_err(|error| unreadable(&folder, &error))?;
    let folder = fs::canonicalize(&folder).map_err(|error| unreadable(&folder, &error))?;
    let id = asked.id.clone().unwrap_or_else(|| format!("file://{}", folder.display()));
    let made = RegistryFolder::create(&folder, &id, asked.namespace.parse()?)?;
    if global.json {
        let info = made.info();
        print_json(
            global,
            terminal,
            &json!({"folder": folder, "id": info.id, "namespace": info.namespace.as_str()}),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let path = printable_path(&folder);
    writeln!(terminal.out(), "{GOOD}made{GOOD:#} a registry in {path}")?;
    terminal.note(format!("`driftless registry add NAME {path}` lets this machine use it and publish to it"));
    Ok(ExitCode::SUCCESS)
}

/// Makes a registry in a bucket.
fn init_bucket(
    global: &Global,
    terminal: &Terminal,
    asked: &RegistryInit,
    url: &str,
) -> anyhow::Result<ExitCode> {
    let tree = registries::bucket(&context::settings(global)?, url)?;
    let id = asked.id.as_deref().unwrap_or(url);
    let made = RegistryTree::create_in(tree, id, asked.namespace.parse()?)?;
    tell_made(global, terminal, url, made.info())
}

/// Makes a registry of plugins inside an OCI registry.
fn init_oci(
    global: &Global,
    terminal: &Terminal,
    asked: &RegistryInit,
    url: &str,
) -> anyhow::Result<ExitCode> {
    let url = url.trim_end_matches('/');
    let options = registries::oci_options(&context::settings(global)?, url)?;
    let id = asked.id.as_deref().unwrap_or(url);
    let made = OciRegistry::create(url, options, id, asked.namespace.parse()?)?;
    tell_made(global, terminal, url, made.info())
}

/// Tells of a registry that was made on a server.
fn tell_made(
    global: &Global,
    terminal: &Terminal,
    url: &str,
    info: &RegistryInfo,
) -> anyhow::Result<ExitCode> {
    if global.json {
        let told = json!({"url": url, "id": info.id, "namespace": info.namespace.as_str()});
        print_json(global, terminal, &told)?;
        return Ok(ExitCode::SUCCESS);
    }
    let url = printable_line(url);
    writeln!(terminal.out(), "{GOOD}made{GOOD:#} a registry at {url}")?;
    terminal.note(format!("`driftless registry add NAME {url}` lets this machine use it and publish to it"));
    Ok(ExitCode::SUCCESS)
}

fn login(global: &Global, terminal: &Terminal, name: &str) -> anyhow::Result<ExitCode> {
    let url = url_of(&context::settings(global)?, name)?;
    if io::stdin().is_terminal() {
        let what = if url.starts_with("oci://") { "USER:PASSWORD" } else { "token" };
        write!(terminal.err(), "{what} for {}: ", printable_line(&url))?;
    }
    let mut token = String::new();
    io::stdin().take(8 << 10).read_to_string(&mut token)?;
    let token = token.lines().next().unwrap_or_default().trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::Usage(
            "standard input has no token: one line of visible ASCII characters".to_owned(),
        )
        .into());
    }
    let mut credentials = registries::credentials()?;
    credentials.set(&url, Token(token.to_owned()))?;
    write_private(&registries::credentials_file()?, &credentials.to_toml())?;
    tell_login(global, terminal, name, &url, true)
}

fn logout(global: &Global, terminal: &Terminal, name: &str) -> anyhow::Result<ExitCode> {
    let url = url_of(&context::settings(global)?, name)?;
    let mut credentials = registries::credentials()?;
    if !credentials.forget(&url) {
        return Err(Failure::NotFound(format!("there is no token for {}", printable_line(&url))).into());
    }
    write_private(&registries::credentials_file()?, &credentials.to_toml())?;
    tell_login(global, terminal, name, &url, false)
}

fn tell_login(
    global: &Global,
    terminal: &Terminal,
    name: &str,
    url: &str,
    has_token: bool,
) -> anyhow::Result<ExitCode> {
    if global.json {
        print_json(global, terminal, &json!({"name": name, "url": url, "has_token": has_token}))?;
        return Ok(ExitCode::SUCCESS);
    }
    let done = if has_token { "kept the token" } else { "forgot the token" };
    writeln!(terminal.out(), "{GOOD}{done}{GOOD:#} for {}", printable_line(url))?;
    Ok(ExitCode::SUCCESS)
}

fn url_of(settings: &Settings, name: &str) -> Result<String, Failure> {
    let found = settings.registries.iter().find(|registry| registry.name == name);
    let url = found.map(|registry| registry.url.clone());
    url.ok_or_else(|| {
        Failure::NotFound(format!("there is no registry `{}` in plugins.toml", printable_line(name)))
    })
}

fn write_private(path: &Path, contents: &str) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| unreadable(folder, &error))?;
    }
    driftless_files::replace(path, contents.as_bytes(), Readers::Owner)
        .map_err(|error| unreadable(path, &error))
}

fn settings_file(global: &Global) -> Result<PathBuf, Failure> {
    let usual = || paths::home().map(|home| home.join("plugins.toml"));
    let file = global.settings.clone().or_else(usual);
    file.ok_or_else(|| Failure::Usage("there is no home folder; say --config".to_owned()))
}

/// Changes `plugins.toml` as a person would: what is not changed stays as it stands there. It is written when `check` has seen what it says then.
fn change_settings(
    global: &Global,
    change: impl FnOnce(&Settings, &mut DocumentMut) -> anyhow::Result<()>,
    check: impl FnOnce(&Settings) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let path = settings_file(global)?;
    let before = match text::read(&path) {
        Err(Failure::NotFound(_)) => String::new(),
        text => text?,
    };
    let settings: Settings = document::read_toml(&path, &before)?;
    let mut changed: DocumentMut = before
        .parse()
        .map_err(|error: toml_edit::TomlError| Failure::Usage(format!("{}: {error}", path.display())))?;
    change(&settings, &mut changed)?;
    let after = changed.to_string();
    let settings: Settings = document::read_toml(&path, &after)?;
    check(&settings)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| unreadable(folder, &error))?;
    }
    driftless_files::replace(&path, after.as_bytes(), Readers::Umask)
        .map_err(|error| unreadable(&path, &error))?;
    Ok(())
}
