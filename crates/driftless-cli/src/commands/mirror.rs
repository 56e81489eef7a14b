//! `driftless registry mirror`: a copy of a registry.

use std::io::Write;
use std::process::ExitCode;

use driftless_host::Settings;
use driftless_plugin_api::text::printable_line;
use driftless_registry::{
    BlobStore, Error, Folder, Mirror, Mirrored, PluginId, Registry, RegistryTree, Request, WritableTree,
};
use driftless_validator::Rules;
use serde_json::json;

use super::print_json;
use crate::args::{Global, RegistryMirror};
use crate::failure::{Failure, REFUSED};
use crate::registries::Place;
use crate::terminal::{BAD, FAINT, GOOD, STRONG, Terminal, printable_path};
use crate::{context, paths, registries};

/// Copies a registry.
pub(crate) fn mirror(
    global: &Global,
    terminal: &Terminal,
    asked: &RegistryMirror,
) -> anyhow::Result<ExitCode> {
    let settings = context::settings(global)?;
    let known = registries::open(&settings, false)?;
    let from = known.get(&asked.from)?;
    let plugins = asked.plugins.iter().map(|name| plugin(from, name)).collect::<anyhow::Result<Vec<_>>>()?;
    let (place, mirrored) = match Place::of(&asked.to)? {
        Place::Oci(url) => {
            let url = printable_line(url);
            return Err(Failure::Usage(format!(
                "`{url}`: a copy is a folder, or in a bucket, `s3://bucket/prefix`"
            ))
            .into());
        }
        Place::Bucket(url) => {
            let bucket = registries::bucket(&settings, url)?;
            (printable_line(url).into_owned(), copy(global, terminal, &settings, from, bucket, &plugins)?)
        }
        Place::Folder(folder) => {
            let folder = Folder(std::path::absolute(folder)?);
            (printable_path(&folder.0), copy(global, terminal, &settings, from, folder, &plugins)?)
        }
    };
    if global.json {
        let refused = mirrored
            .refused
            .iter()
            .map(|refusal| json!({"what": refusal.what, "why": refusal.error.to_string()}));
        let told = json!({
            "registry": from.name(), "to": asked.to, "copied": mirrored.copied, "present": mirrored.present,
            "refused": refused.collect::<Vec<_>>(),
        });
        print_json(global, terminal, &told)?;
    } else {
        tell(terminal, from, &place, &mirrored)?;
    }
    Ok(if mirrored.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
}

fn copy<W: WritableTree>(
    global: &Global,
    terminal: &Terminal,
    settings: &Settings,
    from: &Registry,
    tree: W,
    plugins: &[PluginId],
) -> anyhow::Result<Mirrored> {
    let to = RegistryTree::open_or_create(tree, from.info()?)?;
    let trust = registries::places(global)?.read_trust()?;
    let downloads = paths::registry_cache().unwrap_or_else(std::env::temp_dir).join("mirror");
    let (rules, downloads) = (Rules { allow_wasi: settings.security.allow_wasi }, BlobStore::new(downloads));
    Ok(registries::with_progress(terminal, |progress| {
        Mirror { from, to: &to, trust: &trust, rules, downloads: &downloads, progress }.copy(plugins)
    })?)
}

/// The plugin that is meant by `name` or `namespace/name`.
fn plugin(from: &Registry, name: &str) -> anyhow::Result<PluginId> {
    let request: Request = name.parse()?;
    if request.has_range || request.registry.as_deref().is_some_and(|registry| registry != from.name()) {
        let name = printable_line(name);
        return Err(Failure::Usage(format!(
            "`{name}`: every version of a plugin is copied; say `name` or `namespace/name`"
        ))
        .into());
    }
    let namespace = match request.namespace {
        Some(namespace) => namespace,
        None => from.info()?.namespace.clone(),
    };
    Ok(PluginId { namespace, name: request.name })
}

fn tell(terminal: &Terminal, from: &Registry, place: &str, mirrored: &Mirrored) -> anyhow::Result<()> {
    let mut out = terminal.out();
    for copied in &mirrored.copied {
        writeln!(out, "{GOOD}copied{GOOD:#}  {STRONG}{copied}{STRONG:#}")?;
    }
    for refusal in &mirrored.refused {
        let (what, why) = (printable_line(&refusal.what), refusal.error.to_string());
        writeln!(out, "{BAD}refused{BAD:#} {STRONG}{what}{STRONG:#}: {}", printable_line(&why))?;
    }
    let (copied, present) = (mirrored.copied.len(), mirrored.present);
    writeln!(
        out,
        "{place} is a copy of {} {FAINT}({copied} new, {present} there already){FAINT:#}",
        from.name()
    )?;
    if mirrored.refused.iter().any(|refusal| matches!(refusal.error, Error::NoTrustedKey { .. })) {
        terminal.note(format!(
            "what is copied is verified: `driftless key trust {} NAMESPACE KEY` says whose signatures count",
            from.name()
        ));
    }
    Ok(())
}
