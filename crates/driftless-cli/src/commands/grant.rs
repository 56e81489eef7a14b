//! `driftless plugin grant` and `revoke`: what plugins may do on this machine.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use driftless_host::Granted;
use driftless_host::api::host_call::Capability;
use driftless_host::api::manifest::Permission;
use driftless_host::permissions::{Coverage, Grant, Permissions};
use driftless_plugin_api::text::printable_line;
use driftless_validator::ValidatedPlugin;
use serde_json::{Value, json};

use super::print_json;
use crate::args::{self, Global};
use crate::context;
use crate::failure::Failure;
use crate::terminal::{BAD, GOOD, ODD, STRONG, Terminal};

/// Grants permissions to the file that a plugin is now.
pub(crate) fn grant(global: &Global, terminal: &Terminal, asked: &args::Grant) -> anyhow::Result<ExitCode> {
    let (name, module) = context::validated(global, &asked.plugin)?;
    let requested = module.permissions().clone();
    if requested.is_empty() {
        return Err(Failure::Usage(format!("plugin `{name}` asks for no permission")).into());
    }
    let grants = context::grants_to_change(global)?;
    let permissions = match chosen(asked)? {
        Some(chosen) => {
            check_against(&name, &requested, &chosen)?;
            // What is kept is what it asks for: a later file that asks for more does not get it by a wide word of today.
            Grant::new(requested.clone(), chosen).allowed()
        }
        None if asked.all => requested.clone(),
        None => {
            let before = grants.granted_to(&name, module.digest()).or(grants.granted(&name));
            show_request(terminal, &name, &module, before)?;
            if !io::stdin().is_terminal() {
                let message = "standard input is not a terminal, so this cannot be confirmed: say --all, or what to grant (--files, --network, --environment, --commands, --functions)";
                return Err(Failure::Usage(message.to_owned()).into());
            }
            if !confirmed(terminal, &format!("Grant all of this to `{name}`?"))? {
                return Err(Failure::Refused("nothing was granted".to_owned()).into());
            }
            requested.clone()
        }
    };
    check_own_places(global, &name, &permissions)?;
    let mut all = Permissions::NONE;
    let mut to_other = None;
    let digest = module.digest();
    context::change_grants(global, &name, |grants| {
        // Of another file of this name nothing is taken over: it may have asked for the same to do something else.
        let kept = grants.granted_to(&name, digest).filter(|_| !asked.only);
        all = kept.map_or(Permissions::NONE, |kept| kept.permissions.clone()).union(permissions);
        let other = grants.granted(&name).map(|other| other.digest).filter(|other| *other != digest);
        match other {
            // The installed plugin keeps what it has while its author tries another build.
            Some(other) if context::is_installed(global, &name, other) => {
                grants.grant_build(&name, digest, all.clone());
            }
            other => {
                to_other = other;
                grants.grant(&name, digest, all.clone());
            }
        }
        Ok(())
    })?;
    let grant = Grant::new(requested, all);
    if let Some(other) = to_other {
        terminal.note(format!("what was granted to another file of this name, {other}, is taken back"));
    }
    if global.json {
        print_json(
            global,
            terminal,
            &json!({"plugin": name, "digest": module.digest().to_string(), "permissions": as_json(&grant)}),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = terminal.out();
    writeln!(out, "{GOOD}granted{GOOD:#} to {} ({})", printable_line(&name), module.digest())?;
    for line in table(&grant) {
        writeln!(out, "  {line}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes back what was granted under a name. The plugin need not be there any more.
pub(crate) fn revoke(global: &Global, terminal: &Terminal, plugin: &str) -> anyhow::Result<ExitCode> {
    context::change_grants(global, plugin, |grants| {
        if !grants.revoke(plugin) {
            return Err(Failure::NotFound(format!("nothing is granted to a plugin `{plugin}`")).into());
        }
        Ok(())
    })?;
    if global.json {
        print_json(global, terminal, &json!({"plugin": plugin, "permissions": []}))?;
    } else {
        writeln!(
            terminal.out(),
            "{GOOD}revoked{GOOD:#} everything that was granted to {}",
            printable_line(plugin)
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is asked for and what is granted, entry by entry, for people.
pub(super) fn table(grant: &Grant) -> Vec<String> {
    let rows: Vec<_> = Capability::ALL
        .into_iter()
        .flat_map(|capability| {
            let row = move |(entry, coverage): (String, Coverage)| {
                (capability.permission(), printable_line(&entry).into_owned(), coverage)
            };
            grant.coverage(capability).into_iter().map(row)
        })
        .collect();
    let width = rows.iter().map(|(_, entry, _)| entry.chars().count()).max().unwrap_or(0);
    let row = |(permission, entry, coverage): (&str, String, Coverage)| {
        let verdict = match coverage {
            Coverage::Full => format!("{GOOD}granted{GOOD:#}"),
            Coverage::Partial(parts) => {
                format!("{ODD}only{ODD:#} {}", printable_line(&parts.join(", ")))
            }
            Coverage::None => format!("{BAD}not granted{BAD:#}"),
        };
        format!("{permission:<12} {entry:<width$}  {verdict}")
    };
    let mut lines: Vec<_> = rows.into_iter().map(row).collect();
    // Addresses are the user's own word, which no manifest asks for.
    let granted = grant.granted().entries(Capability::Http);
    let addresses = granted.into_iter().filter(|entry| entry.starts_with("address:"));
    lines.extend(addresses.map(|entry| format!("{:<12} {entry:<width$}  {GOOD}granted{GOOD:#}", "Network")));
    lines
}

/// The same for machines.
pub(super) fn as_json(grant: &Grant) -> Vec<Value> {
    let entry = |capability: Capability, (entry, coverage): (String, Coverage)| {
        let (granted, parts) = match coverage {
            Coverage::Full => ("full", vec![entry.clone()]),
            Coverage::Partial(parts) => ("partial", parts),
            Coverage::None => ("none", Vec::new()),
        };
        json!({"permission": capability.permission(), "entry": entry, "granted": granted, "parts": parts})
    };
    Capability::ALL
        .into_iter()
        .flat_map(|capability| grant.coverage(capability).into_iter().map(move |row| entry(capability, row)))
        .collect()
}

/// What was typed, if anything was.
fn chosen(asked: &args::Grant) -> Result<Option<Permissions>, Failure> {
    let chosen = Permissions::parse(&[
        Permission::FileSystem { paths: asked.files.clone() },
        Permission::Network { hosts: asked.network.clone() },
        Permission::Environment { vars: asked.environment.clone() },
        Permission::Process { commands: asked.commands.clone() },
        Permission::HostFunction { functions: asked.functions.clone() },
    ]);
    let chosen = chosen.map_err(|error| Failure::Usage(error.to_string()))?;
    Ok((!chosen.is_empty()).then_some(chosen))
}

/// A grant that the plugin did not ask for is a typing mistake, or a misunderstanding that a user should not take away.
fn check_against(name: &str, requested: &Permissions, chosen: &Permissions) -> Result<(), Failure> {
    // Seen from the other side: each chosen entry has to have something in common with what was asked for.
    let useless: Vec<String> = Capability::ALL
        .into_iter()
        .flat_map(|capability| Grant::new(chosen.clone(), requested.clone()).coverage(capability))
        .filter(|(_, coverage)| *coverage == Coverage::None)
        .map(|(entry, _)| format!("`{entry}`"))
        .collect();
    if useless.is_empty() {
        return check_stars(name, requested, chosen);
    }
    Err(Failure::Usage(format!(
        "the manifest of `{name}` does not ask for {}; `driftless plugin inspect {name}` shows what it asks for",
        useless.join(", ")
    )))
}

/// A `*` grants no address, so where the manifest names nothing but addresses, nothing would be granted.
fn check_stars(name: &str, requested: &Permissions, chosen: &Permissions) -> Result<(), Failure> {
    let entries = chosen.entries(Capability::Http);
    let (addresses, hosts): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| entry.starts_with("address:"));
    for host in hosts {
        let with_addresses = addresses.iter().chain([&host]).cloned().collect();
        let alone = Permissions::parse(&[Permission::Network { hosts: with_addresses }])
            .map_err(|error| Failure::Usage(error.to_string()))?;
        let allowed = Grant::new(requested.clone(), alone).allowed().entries(Capability::Http);
        if allowed.len() == addresses.len() {
            return Err(Failure::Usage(format!(
                "the manifest of `{name}` names addresses or `localhost`, which `{host}` does not grant: name them as it does; \
                 `driftless plugin inspect {name}` shows what it asks for"
            )));
        }
    }
    Ok(())
}

/// Refuses grants that reach the command's own files: a plugin that can write `grants.toml` grants itself the rest.
fn check_own_places(global: &Global, name: &str, permissions: &Permissions) -> anyhow::Result<()> {
    let (_, protected) = context::own_places(global, &context::settings(global)?).remove_from(permissions);
    if protected.is_empty() {
        return Ok(());
    }
    let reasons: Vec<_> = protected.iter().map(ToString::to_string).collect();
    Err(Failure::Refused(format!(
        "nothing was granted to `{name}`: {}; grant a part of what it asks for, with `--files /a/folder:rw` for example",
        reasons.join("; ")
    ))
    .into())
}

fn show_request(
    terminal: &Terminal,
    name: &str,
    module: &ValidatedPlugin,
    before: Option<&Granted>,
) -> anyhow::Result<()> {
    let mut out = terminal.err();
    let name = printable_line(name);
    writeln!(out, "{STRONG}{name}{STRONG:#} ({}) asks for", module.digest())?;
    let granted = before.map_or(Permissions::NONE, |before| before.permissions.clone());
    for line in table(&Grant::new(module.permissions().clone(), granted)) {
        writeln!(out, "  {line}")?;
    }
    if let Some(before) = before.filter(|before| before.digest != module.digest()) {
        writeln!(
            out,
            "What is marked as granted was granted to another file of this name, {}.",
            before.digest
        )?;
    }
    Ok(())
}

fn confirmed(terminal: &Terminal, question: &str) -> io::Result<bool> {
    write!(terminal.err(), "{} [y/N] ", printable_line(question))?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
