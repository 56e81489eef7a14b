//! `driftless plugin publish` and `yank`: an author's way into a registry.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use driftless_author::Project;
use driftless_registry::{PluginId, Publication, Request, Slug, Target};
use driftless_validator::Rules;
use semver::Version;
use serde_json::json;

use super::destination::{Destination, chosen};
use super::request::print_request;
use super::{key, print_json};
use crate::args::{self, Global};
use crate::failure::Failure;
use crate::terminal::{FAINT, GOOD, STRONG, Terminal};
use crate::{context, registries};

/// Signs a plugin and publishes it.
pub(crate) fn publish(
    global: &Global,
    terminal: &Terminal,
    asked: &args::Publish,
) -> anyhow::Result<ExitCode> {
    let settings = context::settings(global)?;
    let known = registries::open(&settings, false)?;
    let registry = chosen(&known, asked.registry.as_deref())?;
    let destination = Destination::of(registry, &settings)?;
    let namespace: Slug = match &asked.namespace {
        Some(namespace) => namespace.parse()?,
        None => registry.info()?.namespace.clone(),
    };
    let path = built(&asked.plugin)?;
    let bytes = context::read_file(&path)?;
    let (signing, is_new) = match &asked.key {
        Some(name) => (key::signing_key(name)?, false),
        None => key::signing_key_or_new(args::DEFAULT_KEY)?,
    };
    let target = Target {
        registry: &registry.info()?.id,
        namespace: &namespace,
        published: SystemTime::now(),
        is_security_fix: asked.security_fix,
    };
    // What only runs where WASI is turned on would be refused on most machines.
    let publication = Publication::sign(bytes, Rules { allow_wasi: false }, &target, &signing)?;
    if !asked.dry_run {
        // A key is kept before anything counts on it.
        if is_new {
            key::keep(args::DEFAULT_KEY, &signing)?;
            terminal.note(format!(
                "made the key {}, which signs what you publish; keep a copy of {}",
                signing.public(),
                registries::keys_folder()?.display()
            ));
        }
        destination.publish(&publication, signing.public())?;
        // What one publishes oneself one can install.
        let places = registries::places(global)?;
        let exclusive = registries::exclusive(&places, terminal)?;
        places.change_trust(&exclusive, |trust| {
            if trust.keys(registry.name(), &namespace).is_empty() {
                trust.pin(registry.name(), target.registry, &namespace, signing.public())?;
            }
            Ok(())
        })?;
    }
    let statement = publication.statement();
    if global.json {
        let told = json!({
            "plugin": statement.id.to_string(), "version": statement.version.to_string(), "registry": registry.name(),
            "digest": statement.digest.to_string(), "size": statement.size_bytes, "key": signing.public().as_str(),
            "permissions": statement.permissions.to_manifest(), "published": !asked.dry_run,
        });
        print_json(global, terminal, &told)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = terminal.out();
    let done = if asked.dry_run { "would publish" } else { "published" };
    writeln!(
        out,
        "{GOOD}{done}{GOOD:#} {STRONG}{}{STRONG:#} {} in {} {FAINT}({}){FAINT:#}",
        statement.id,
        statement.version,
        registry.name(),
        statement.digest
    )?;
    print_request(&mut out, &statement.permissions)?;
    Ok(ExitCode::SUCCESS)
}

/// Withdraws a version, or takes that back, or revokes it.
pub(crate) fn yank(global: &Global, terminal: &Terminal, asked: &args::Yank) -> anyhow::Result<ExitCode> {
    let settings = context::settings(global)?;
    let known = registries::open(&settings, false)?;
    let request: Request = asked.plugin.parse()?;
    let named = request.registry.as_deref().or(asked.registry.as_deref());
    let registry = chosen(&known, named)?;
    let Some(version) = exact(&request) else {
        let message = format!("say which version, `{}@1.2.0`: only one is withdrawn at a time", request.name);
        return Err(Failure::Usage(message).into());
    };
    let namespace = match &request.namespace {
        Some(namespace) => namespace.clone(),
        None => registry.info()?.namespace.clone(),
    };
    let id = PluginId { namespace, name: request.name };
    let destination = Destination::of(registry, &settings)?;
    let done = match &asked.revoke {
        Some(why) => {
            destination.revoke(&id, &version, why)?;
            "revoked"
        }
        None => {
            destination.yank(&id, &version, !asked.undo)?;
            if asked.undo { "restored" } else { "yanked" }
        }
    };
    if global.json {
        let told = json!({"plugin": id.to_string(), "version": version.to_string(), "registry": registry.name(), "done": done});
        print_json(global, terminal, &told)?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(terminal.out(), "{GOOD}{done}{GOOD:#} {STRONG}{id}{STRONG:#} {version} in {}", registry.name())?;
    Ok(ExitCode::SUCCESS)
}

/// The version of a request that names one.
fn exact(request: &Request) -> Option<Version> {
    let [only] = &request.range.comparators[..] else { return None };
    let (semver::Op::Exact, Some(minor), Some(patch)) = (only.op, only.minor, only.patch) else {
        return None;
    };
    Some(Version { pre: only.pre.clone(), ..Version::new(only.major, minor, patch) })
}

/// The file of a project's plugin, or the file that was named.
fn built(plugin: &Path) -> anyhow::Result<PathBuf> {
    if !plugin.is_dir() {
        return Ok(plugin.to_owned());
    }
    Ok(Project::find(plugin, None)?.built()?)
}
