//! `driftless plugin search`, `install`, `outdated`, `update`, `verify` and `fetch`: plugins of registries on this machine.

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use comfy_table::CellAlignment;
use driftless_host::permissions::{Grant, Permissions};
use driftless_host::{Grants, nearest};
use driftless_plugin_api::text::{printable_line, truncated};
use driftless_registry::{
    Change, Error, Exclusive, Found, Installer, Lock, LockedPlugin, Package, Plan, Registries, Registry,
    Release, Request, Trust, is_unreachable,
};
use driftless_sandbox::Sandbox;
use driftless_validator::Rules;
use semver::Version;
use serde_json::{Value, json};

use super::print_json;
use super::request::print_request;
use crate::args::{self, Asking, Fetch, Global, Search, Update};
use crate::failure::Failure;
use crate::table::{self, Column};
use crate::terminal::{BAD, FAINT, GOOD, ODD, STRONG, Terminal};
use crate::{context, registries, words};

/// What is known of installed plugins besides what is in their files, by their origin.
pub(super) struct Details(BTreeMap<String, InstalledPlugin>);

/// What is known of one of them.
pub(super) struct InstalledPlugin {
    /// What the registry is called.
    pub(super) registry: String,
    /// The namespace there.
    pub(super) namespace: String,
    /// Its version.
    pub(super) version: String,
    /// Whether its file is on this machine.
    pub(super) is_here: bool,
    /// The bytes of its file.
    pub(super) size_bytes: u64,
    /// The key that signed it.
    pub(super) key: Option<String>,
    /// A newer version, as far as it is known without asking a server.
    pub(super) newer: Option<String>,
}

impl Details {
    pub(super) fn of(global: &Global) -> anyhow::Result<Self> {
        let Ok(places) = registries::places(global) else { return Ok(Self(BTreeMap::new())) };
        let lock = places.read_lock()?;
        // What a registry said before is there still. That it cannot be read now is no reason to list nothing.
        let known =
            if lock.is_empty() { None } else { registries::open(&context::settings(global)?, true).ok() };
        let newer = |package: &Package, plugin: &LockedPlugin| {
            let registry = known.as_ref()?.get(&package.registry).ok()?;
            newer(&registry.source().releases(&package.id).ok()?, plugin).pop()
        };
        let details = |(package, plugin): (&Package, &LockedPlugin)| {
            let installed = InstalledPlugin {
                registry: package.registry.clone(),
                namespace: package.id.namespace.to_string(),
                version: plugin.version.to_string(),
                is_here: places.store().has(&plugin.digest),
                size_bytes: plugin.size_bytes,
                key: plugin.key.clone(),
                newer: newer(package, plugin).map(|version| version.to_string()),
            };
            (registries::origin(package, &plugin.version), installed)
        };
        Ok(Self(lock.plugins().map(details).collect()))
    }

    /// Of the plugin of this origin.
    pub(super) fn get(&self, origin: &str) -> Option<&InstalledPlugin> {
        self.0.get(origin)
    }
}

impl InstalledPlugin {
    /// Where it comes from, for people.
    pub(super) fn from(&self) -> String {
        let unsigned = if self.key.is_none() { ", unsigned" } else { "" };
        format!("{}/{}{unsigned}", self.registry, self.namespace)
    }
}

/// The versions that are newer than the installed one and can be installed, in order.
fn newer(releases: &[Release], plugin: &LockedPlugin) -> Vec<Version> {
    let open = releases.iter().filter(|release| !release.is_yanked && release.revoked.is_none());
    let versions = open.map(|release| release.statement.version.clone());
    let mut newer: Vec<_> =
        versions.filter(|version| version.pre.is_empty() && *version > plugin.version).collect();
    newer.sort();
    newer
}

/// Searches the registries. One that cannot be reached does not hide what the others have.
pub(crate) fn search(global: &Global, terminal: &Terminal, asked: &Search) -> anyhow::Result<ExitCode> {
    let known = open(global, &asked.asking)?;
    let mut found = Vec::new();
    let mut failure = None;
    for (registry, result) in known.search(&asked.words, asked.limit) {
        match result {
            Ok(plugins) => found.push((registry, plugins)),
            Err(error) if is_unreachable(&error) => {
                terminal.warn(&error.to_string());
                failure = Some(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    if let (Some(error), true) = (failure, found.is_empty()) {
        return Err(error.into());
    }
    if global.json {
        let told = found.iter().flat_map(|(registry, found)| {
            found.plugins.iter().map(|plugin| {
                json!({
                    "registry": registry.name(), "namespace": plugin.namespace, "name": plugin.name,
                    "version": plugin.version, "description": plugin.description,
                })
            })
        });
        print_json(global, terminal, &told.collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if found.iter().all(|(_, found)| found.plugins.is_empty()) {
        terminal.note("no plugin has all of these words in its name or description");
        return Ok(ExitCode::SUCCESS);
    }
    print_found(terminal, &found)
}

fn print_found(terminal: &Terminal, found: &[(&Registry, Found)]) -> anyhow::Result<ExitCode> {
    let columns = [
        Column("PLUGIN", 6, CellAlignment::Left),
        Column("VERSION", 9, CellAlignment::Left),
        Column("DESCRIPTION", 11, CellAlignment::Left),
    ];
    let line = |text: &str| printable_line(&truncated(text, 300)).into_owned();
    let rows = found.iter().flat_map(|(registry, found)| {
        found.plugins.iter().map(move |plugin| {
            let name = format!("{}/{}/{}", registry.name(), plugin.namespace, plugin.name);
            vec![line(&name), line(&plugin.version), line(&plugin.description)]
        })
    });
    table::print(terminal, &columns, rows)?;
    for (registry, _) in found.iter().filter(|(_, found)| found.more) {
        terminal.note(format!("registry `{}` has more; say more words, or --limit", registry.name()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Installs plugins of registries.
pub(crate) fn install(
    global: &Global,
    terminal: &Terminal,
    asked: &args::Install,
) -> anyhow::Result<ExitCode> {
    let requests = asked.plugins.iter().map(|plugin| plugin.parse()).collect::<Result<Vec<Request>, _>>()?;
    let known = open(global, &asked.asking)?;
    if known.iter().next().is_none() {
        let plugin = printable_line(&asked.plugins[0]).into_owned();
        let message = format!(
            "`{plugin}` is no file, and no registry is in plugins.toml; `driftless registry add NAME URL` adds one, and a file is named by its path, `./NAME.wasm`"
        );
        return Err(Failure::Usage(message).into());
    }
    let mode = Mode { is_locked: asked.locked, is_dry_run: false };
    let ask = |trust: &mut Trust, registry: &str, namespace: &str| {
        ask_for_trust(global, terminal, trust, known.get(registry)?, namespace)
    };
    change(global, terminal, &known, mode, &ask, |installer, exclusive| {
        installer.install(exclusive, &requests)
    })
}

/// Brings plugins up to date.
pub(crate) fn update(global: &Global, terminal: &Terminal, asked: &Update) -> anyhow::Result<ExitCode> {
    let known = open(global, &asked.asking)?;
    let mode = Mode { is_locked: false, is_dry_run: asked.dry_run };
    let ask = |trust: &mut Trust, registry: &str, namespace: &str| {
        ask_for_trust(global, terminal, trust, known.get(registry)?, namespace)
    };
    change(global, terminal, &known, mode, &ask, |installer, exclusive| {
        installer.update(exclusive, &asked.plugins)
    })
}

/// How far a change goes.
#[derive(Clone, Copy)]
pub(super) struct Mode {
    pub(super) is_locked: bool,
    pub(super) is_dry_run: bool,
}

/// Plans a change, compiles what comes, carries it out, and tells what it was.
///
/// Where no key of a namespace is trusted yet, `trust` may make one count.
pub(super) fn change(
    global: &Global,
    terminal: &Terminal,
    known: &Registries,
    mode: Mode,
    trust: &dyn Fn(&mut Trust, &str, &str) -> anyhow::Result<()>,
    plan: impl Fn(&Installer<'_>, &Exclusive) -> Result<Plan, Error>,
) -> anyhow::Result<ExitCode> {
    let places = registries::places(global)?;
    let settings = context::settings(global)?;
    let rules = Rules { allow_wasi: settings.security.allow_wasi };
    let exclusive = registries::exclusive(&places, terminal)?;
    let make_plan = || {
        registries::with_installer(&places, known, rules, terminal, |installer| plan(installer, &exclusive))
    };
    let plan = loop {
        match make_plan() {
            Err(Error::NoTrustedKey { registry, namespace }) => {
                let mut trusted = places.read_trust()?;
                trust(&mut trusted, &registry, &namespace)?;
                places.change_trust(&exclusive, |trust| {
                    *trust = trusted;
                    Ok(())
                })?;
            }
            Err(Error::UnknownPlugin { plugin, asked }) => return Err(unknown(known, &plugin, asked)),
            plan => break plan?,
        }
    };
    let before = places.read_lock()?;
    check_names(global, terminal, &before, &plan)?;
    if mode.is_locked && !plan.changes.is_empty() {
        let why = plan.changes.iter().map(summary).collect::<Vec<_>>().join(", ");
        return Err(Error::Locked { lock: places.lock, why }.into());
    }
    let grants = context::grants_to_change(global)?;
    if !mode.is_dry_run {
        compile(global, terminal, &plan)?;
        registries::with_installer(&places, known, rules, terminal, |installer| {
            installer.carry_out(&exclusive, &plan)
        })?;
        carry_grants(global, &grants, &plan)?;
    }
    tell(global, terminal, &plan, mode)
}

/// What is called almost like a plugin that no registry has.
fn unknown(known: &Registries, plugin: &str, asked: Vec<String>) -> anyhow::Error {
    let name = plugin.split('@').next().unwrap_or(plugin);
    let name = name.rsplit('/').next().unwrap_or(name);
    let all = known.search(&[], MAX_COMPARED).filter_map(|(_, found)| found.ok());
    let names: Vec<String> = all.flat_map(|found| found.plugins).map(|plugin| plugin.name).collect();
    let error = Error::UnknownPlugin { plugin: plugin.to_owned(), asked };
    match nearest(name, &names) {
        Some(near) => Failure::NotFound(format!("{error}; did you mean `{}`?", printable_line(near))).into(),
        None => error.into(),
    }
}

/// How many names are compared with one that is not there.
const MAX_COMPARED: usize = 100_000;

/// Asks a person whether the keys of a namespace are its publisher's. Where there is none to be asked, it is an error that says what to type.
fn ask_for_trust(
    global: &Global,
    terminal: &Terminal,
    trust: &mut Trust,
    registry: &Registry,
    namespace: &str,
) -> anyhow::Result<()> {
    let namespace = namespace.parse()?;
    let name = registry.name();
    let told = registry.source().keys(&namespace);
    let keys = told.map_err(|source| Error::Registry { registry: name.to_owned(), source })?.keys;
    if keys.is_empty() {
        let message = format!(
            "the registry `{name}` names no key for the namespace `{namespace}`, so nothing of it can be verified"
        );
        return Err(Failure::Refused(message).into());
    }
    let listed = keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if global.json || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let message = format!(
            "no key is trusted yet for `{name}/{namespace}`. The registry says that it is {listed}: ask the publisher whether that is so, and then `driftless{} key trust {name} {namespace} {}`",
            global.places(),
            keys[0]
        );
        return Err(Failure::Refused(message).into());
    }
    terminal.note(format!(
        "The plugins of `{namespace}` in the registry `{name}` ({}) are signed with\n  {listed}\nThat is the registry's own word. Ask the publisher, or compare it with what is published elsewhere.",
        printable_line(&registry.source().place())
    ));
    write!(terminal.err(), "Trust it from now on? [y/N] ")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        return Err(Failure::Refused("nothing was installed: the key is not trusted".to_owned()).into());
    }
    let id = registry.info()?.id.clone();
    Ok(keys.iter().try_for_each(|key| trust.pin(name, &id, &namespace, key))?)
}

/// Refuses a plugin whose name another one has that is there in another way, and warns of one whose name is a letter away from that.
fn check_names(global: &Global, terminal: &Terminal, before: &Lock, plan: &Plan) -> anyhow::Result<()> {
    use driftless_host::api::manifest::likeness;
    let there = context::manager(global, terminal)?.list()?;
    for change in &plan.changes {
        let Change::Install(package, plugin) = change else { continue };
        let wanted = likeness(&plugin.name);
        let alike = there.iter().find(|other| likeness(&other.name) == wanted);
        let Some(other) = alike else {
            let is_near =
                |name: &str| wanted.len() > 3 && strsim::osa_distance(&likeness(name), &wanted) == 1;
            for near in there.iter().filter(|other| is_near(&other.name)) {
                terminal.warn(&format!(
                    "{package} is called almost like `{}` ({}), which is there already: see whether it is the one that is meant",
                    printable_line(&near.name),
                    printable_line(&near.origin)
                ));
            }
            continue;
        };
        // What goes at the same time is not in the way.
        let goes = before.named(&other.name).any(|(package, _)| {
            plan.changes.iter().any(|change| matches!(change, Change::Remove(gone, _) if gone == package))
        });
        if !goes {
            let message = format!(
                "{package} would be another plugin with the name of `{}` ({}); remove that first",
                printable_line(&other.name),
                printable_line(&other.origin)
            );
            return Err(Failure::Usage(message).into());
        }
    }
    Ok(())
}

/// Makes machine code of what comes, so that the first call need not.
fn compile(global: &Global, terminal: &Terminal, plan: &Plan) -> anyhow::Result<()> {
    if plan.plugins.is_empty() {
        return Ok(());
    }
    let sandbox: Sandbox = context::sandbox(&context::settings(global)?, terminal)?;
    for (package, plugin) in &plan.plugins {
        let compiled = sandbox.compile(package.id.name.as_str(), plugin);
        compiled.map_err(|error| Failure::Refused(format!("{package}: {error}")))?;
    }
    Ok(())
}

/// What was granted to a version holds for the next one that the same key signed, as far as that asks for it. What it asks for besides is not granted.
fn carry_grants(global: &Global, grants: &Grants, plan: &Plan) -> anyhow::Result<()> {
    for (before, after) in replaced(plan) {
        let granted = grants.granted(&before.name).filter(|granted| granted.digest == before.digest);
        let (Some(granted), true) = (granted, before.key.is_some() && before.key == after.key) else {
            continue;
        };
        let kept = Grant::new(after.permissions.clone(), granted.permissions.clone()).allowed();
        context::change_grants(global, &after.name, |grants| {
            grants.grant(&after.name, after.digest, kept);
            Ok(())
        })?;
    }
    Ok(())
}

fn replaced(plan: &Plan) -> impl Iterator<Item = (&LockedPlugin, &LockedPlugin)> {
    plan.changes.iter().filter_map(|change| match change {
        Change::Replace(_, before, after) => Some((before, after)),
        Change::Install(..) | Change::Remove(..) => None,
    })
}

fn summary(change: &Change) -> String {
    match change {
        Change::Install(package, plugin) => format!("{package} {} would come", plugin.version),
        Change::Replace(package, before, after) => {
            format!("{package} {} would become {}", before.version, after.version)
        }
        Change::Remove(package, plugin) => format!("{package} {} would go", plugin.version),
    }
}

fn tell(global: &Global, terminal: &Terminal, plan: &Plan, mode: Mode) -> anyhow::Result<ExitCode> {
    let grants = context::grants_to_change(global)?;
    let lacks = |plugin: &LockedPlugin| {
        !grants.grant_to(&plugin.name, plugin.digest, plugin.permissions.clone()).is_complete()
    };
    if global.json {
        let changes = plan.changes.iter().map(|change| change_as_json(change, &lacks));
        let unchanged = plan
            .unchanged
            .iter()
            .map(|(package, plugin)| plugin_as_json(package, plugin, "unchanged", &lacks));
        print_json(global, terminal, &changes.chain(unchanged).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = terminal.out();
    let would = if mode.is_dry_run { "would be " } else { "" };
    for change in &plan.changes {
        let (done, package, version, plugin) = match change {
            Change::Install(package, plugin) => {
                ("installed", package, plugin.version.to_string(), Some(plugin))
            }
            Change::Replace(package, before, after) => {
                ("updated", package, format!("{} → {}", before.version, after.version), Some(after))
            }
            Change::Remove(package, plugin) => ("removed", package, plugin.version.to_string(), None),
        };
        let needed = plugin.is_some_and(|plugin| plugin.requested.is_none());
        let why = if needed { ", which another one needs" } else { "" };
        writeln!(out, "{GOOD}{would}{done}{GOOD:#} {STRONG}{package}{STRONG:#} {version}{why}")?;
        match change {
            Change::Install(_, plugin) => print_request(&mut out, &plugin.permissions)?,
            Change::Replace(_, before, after) => {
                print_difference(&mut out, &before.permissions, &after.permissions)?
            }
            Change::Remove(..) => {}
        }
    }
    for (package, plugin) in &plan.unchanged {
        writeln!(out, "{STRONG}{package}{STRONG:#} {} is there already", plugin.version)?;
    }
    if !mode.is_dry_run {
        let has_some = |plugin: &LockedPlugin| {
            grants.granted(&plugin.name).is_some_and(|granted| granted.digest == plugin.digest)
        };
        let (partly, not): (Vec<_>, Vec<_>) = plan
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Install(_, plugin) | Change::Replace(_, _, plugin) => {
                    Some(plugin).filter(|plugin| lacks(plugin))
                }
                Change::Remove(..) => None,
            })
            .partition(|plugin| has_some(plugin));
        if !not.is_empty() {
            terminal.note(words::not_yet_granted(
                not.iter().map(|plugin| plugin.name.as_str()),
                &global.places(),
            ));
        }
        for plugin in partly {
            let name = words::shell_word(&plugin.name);
            terminal.note(format!(
                "what it asks for now and did not before is not granted: `driftless{} plugin grant {name}`",
                global.places()
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints what a version asks for that the one before did not, and the other way round.
fn print_difference(out: &mut impl Write, before: &Permissions, after: &Permissions) -> io::Result<()> {
    use driftless_host::api::host_call::Capability;
    for capability in Capability::ALL {
        let (old, new) = (before.entries(capability), after.entries(capability));
        let kind = capability.permission();
        for entry in new.iter().filter(|entry| !old.contains(entry)) {
            writeln!(out, "      {ODD}now asks for{ODD:#} {kind}: {}", printable_line(entry))?;
        }
        for entry in old.iter().filter(|entry| !new.contains(entry)) {
            writeln!(out, "      no longer asks for {kind}: {}", printable_line(entry))?;
        }
    }
    Ok(())
}

fn change_as_json(change: &Change, lacks: &dyn Fn(&LockedPlugin) -> bool) -> Value {
    match change {
        Change::Install(package, plugin) => plugin_as_json(package, plugin, "installed", lacks),
        Change::Remove(package, plugin) => plugin_as_json(package, plugin, "removed", lacks),
        Change::Replace(package, before, after) => {
            let mut told = plugin_as_json(package, after, "updated", lacks);
            told["version_before"] = before.version.to_string().into();
            told
        }
    }
}

fn plugin_as_json(
    package: &Package,
    plugin: &LockedPlugin,
    done: &str,
    lacks: &dyn Fn(&LockedPlugin) -> bool,
) -> Value {
    json!({
        "done": done, "plugin": plugin.name, "registry": package.registry, "namespace": package.id.namespace.as_str(),
        "version": plugin.version.to_string(), "digest": plugin.digest.to_string(), "size": plugin.size_bytes,
        "key": plugin.key, "requested": plugin.requested.as_ref().map(ToString::to_string),
        "permissions": plugin.permissions.to_manifest(), "granted": !lacks(plugin),
    })
}

/// Shows for which plugins there are newer versions.
pub(crate) fn outdated(global: &Global, terminal: &Terminal, asking: &Asking) -> anyhow::Result<ExitCode> {
    let known = open(global, asking)?;
    let lock = registries::places(global)?.read_lock()?;
    let mut rows = Vec::new();
    for (package, plugin) in lock.plugins() {
        let registry = known.get(&package.registry)?;
        let releases = registry.source().releases(&package.id);
        let releases =
            releases.map_err(|source| Error::Registry { registry: package.registry.clone(), source })?;
        let newer = newer(&releases, plugin);
        let latest = newer.last().map(ToString::to_string);
        let within =
            |version: &&Version| plugin.requested.as_ref().is_none_or(|range| range.matches(version));
        let compatible = newer.iter().rfind(within).map(ToString::to_string);
        let own = releases.iter().find(|release| release.statement.version == plugin.version);
        let note = match own {
            Some(own) if own.revoked.is_some() => "revoked",
            Some(own) if own.is_yanked => "yanked",
            _ => "",
        };
        if latest.is_some() || !note.is_empty() {
            rows.push((package, plugin, compatible, latest, note));
        }
    }
    if global.json {
        let told = rows.iter().map(|(package, plugin, compatible, latest, note)| {
            json!({
                "plugin": plugin.name, "registry": package.registry, "namespace": package.id.namespace.as_str(),
                "version": plugin.version.to_string(), "compatible": compatible, "latest": latest,
                "yanked": *note == "yanked", "revoked": *note == "revoked",
            })
        });
        print_json(global, terminal, &told.collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if rows.is_empty() {
        terminal.note("everything that is installed from registries is up to date");
        return Ok(ExitCode::SUCCESS);
    }
    let columns = [
        Column("PLUGIN", 6, CellAlignment::Left),
        Column("INSTALLED", 9, CellAlignment::Left),
        Column("COMPATIBLE", 10, CellAlignment::Left),
        Column("LATEST", 6, CellAlignment::Left),
        Column("", 0, CellAlignment::Left),
    ];
    let or_none = |version: Option<String>| version.unwrap_or_else(|| "-".to_owned());
    let rows = rows.into_iter().map(|(package, plugin, compatible, latest, note)| {
        let installed = plugin.version.to_string();
        vec![package.to_string(), installed, or_none(compatible), or_none(latest), note.to_owned()]
    });
    table::print(terminal, &columns, rows)?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a plugin is installed from a registry.
pub(super) fn is_installed(global: &Global, name: &str) -> anyhow::Result<bool> {
    let Ok(places) = registries::places(global) else { return Ok(false) };
    let Ok(request) = name.parse::<Request>() else { return Ok(false) };
    Ok(places.read_lock()?.plugins().any(|(package, _)| {
        package.id.name == request.name
            && request.namespace.as_ref().is_none_or(|namespace| *namespace == package.id.namespace)
            && request.registry.as_ref().is_none_or(|registry| *registry == package.registry)
    }))
}

/// Removes a plugin that was installed from a registry, with what was there for it only, and what was granted to them.
pub(super) fn remove(global: &Global, terminal: &Terminal, name: &str) -> anyhow::Result<ExitCode> {
    let places = registries::places(global)?;
    let exclusive = registries::exclusive(&places, terminal)?;
    let none = Registries::new(Vec::new());
    let changes = registries::with_installer(&places, &none, Rules::default(), terminal, |installer| {
        installer.remove(&exclusive, name)
    })?;
    let grants = context::grants_to_change(global)?;
    let mut told = Vec::new();
    for change in &changes {
        let Change::Remove(package, plugin) = change else { continue };
        let was_granted = grants.granted(&plugin.name).is_some_and(|granted| granted.digest == plugin.digest);
        if was_granted {
            context::change_grants(global, &plugin.name, |grants| {
                grants.revoke(&plugin.name);
                Ok(())
            })?;
        }
        told.push((package, plugin, was_granted));
    }
    if global.json {
        // The form is that of removing a file; what goes along stands beside it.
        let entry = |(package, plugin, was_granted): &(&Package, &LockedPlugin, bool)| json!({"plugin": plugin.name, "file": registries::origin(package, &plugin.version), "revoked": was_granted});
        let mut all: Vec<_> = told.iter().map(entry).collect();
        let place = told.iter().position(|(_, plugin, _)| plugin.name == name).unwrap_or(0);
        let mut first = all.remove(place);
        first["with_it"] = all.into();
        print_json(global, terminal, &first)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = terminal.out();
    for (package, plugin, was_granted) in told {
        let revoked = if was_granted { ", and what was granted to it" } else { "" };
        writeln!(out, "{GOOD}removed{GOOD:#} {STRONG}{package}{STRONG:#} {}{revoked}", plugin.version)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks what is installed.
pub(crate) fn verify(global: &Global, terminal: &Terminal, names: &[String]) -> anyhow::Result<ExitCode> {
    let places = registries::places(global)?;
    let known = Registries::new(Vec::new());
    let rules = Rules { allow_wasi: context::settings(global)?.security.allow_wasi };
    let verdicts =
        registries::with_installer(&places, &known, rules, terminal, |installer| installer.verify(names))?;
    let failed = verdicts.iter().filter(|verdict| verdict.problem.is_some()).count();
    if global.json {
        let told = verdicts.iter().map(|verdict| {
            json!({
                "plugin": verdict.plugin.name, "registry": verdict.package.registry,
                "namespace": verdict.package.id.namespace.as_str(), "version": verdict.plugin.version.to_string(),
                "digest": verdict.plugin.digest.to_string(), "key": verdict.plugin.key,
                "verified": verdict.problem.is_none(), "problem": verdict.problem.as_ref().map(ToString::to_string),
            })
        });
        print_json(global, terminal, &told.collect::<Vec<_>>())?;
    } else {
        let mut out = terminal.out();
        for verdict in &verdicts {
            let (package, version) = (&verdict.package, &verdict.plugin.version);
            match (&verdict.problem, &verdict.plugin.key) {
                (None, Some(key)) => {
                    writeln!(
                        out,
                        "{GOOD}verified{GOOD:#} {STRONG}{package}{STRONG:#} {version} {FAINT}(signed with {key}){FAINT:#}"
                    )?;
                }
                (None, None) => writeln!(
                    out,
                    "{ODD}unsigned{ODD:#} {STRONG}{package}{STRONG:#} {version}: its bytes are those of the lock"
                )?,
                (Some(problem), _) => {
                    writeln!(
                        out,
                        "{BAD}refused{BAD:#}  {STRONG}{package}{STRONG:#} {version}: {}",
                        printable_line(&problem.to_string())
                    )?;
                }
            }
        }
        if verdicts.is_empty() {
            terminal.note("nothing is installed from a registry");
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(crate::failure::REFUSED) })
}

/// Fetches what the lock names.
pub(crate) fn fetch(global: &Global, terminal: &Terminal, asked: &Fetch) -> anyhow::Result<ExitCode> {
    let known = open(global, &asked.asking)?;
    let places = registries::places(global)?;
    let rules = Rules { allow_wasi: context::settings(global)?.security.allow_wasi };
    let exclusive = registries::exclusive(&places, terminal)?;
    let fetched = registries::with_installer(&places, &known, rules, terminal, |installer| {
        installer.fetch(&exclusive)
    })?;
    if global.json {
        let told = fetched.iter().map(|(package, plugin, is_new)| {
            json!({
                "plugin": plugin.name, "registry": package.registry, "namespace": package.id.namespace.as_str(),
                "version": plugin.version.to_string(), "digest": plugin.digest.to_string(), "fetched": is_new,
            })
        });
        print_json(global, terminal, &told.collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = terminal.out();
    for (package, plugin, is_new) in &fetched {
        let there = if *is_new { "" } else { ", which was there already" };
        writeln!(out, "{GOOD}fetched{GOOD:#} {STRONG}{package}{STRONG:#} {}{there}", plugin.version)?;
    }
    if fetched.is_empty() {
        terminal.note(format!("{} names no plugin", places.lock.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn open(global: &Global, asking: &Asking) -> anyhow::Result<Registries> {
    registries::open(&context::settings(global)?, asking.offline)
}
