//! `driftless plugin save` and `load`: plugins for machines without a network, in one file.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use driftless_plugin_api::text::listed;
use driftless_registry::bundle::{self, BundledPlugin};
use driftless_registry::{PublicKey, Trust};
use serde_json::json;

use super::{MAX_LISTED, installed, print_json};
use crate::args::{Global, Load};
use crate::failure::{Failure, unreadable};
use crate::terminal::{GOOD, Terminal, printable_path};
use crate::{context, registries};

/// Writes what is installed from registries into one file.
pub(crate) fn save(global: &Global, terminal: &Terminal, file: &Path) -> anyhow::Result<ExitCode> {
    let places = registries::places(global)?;
    // What is installed stays as long as it is being read.
    let _exclusive = registries::exclusive(&places, terminal)?;
    let lock = places.read_lock()?;
    if lock.is_empty() {
        return Err(Failure::NotFound("nothing is installed from a registry".to_owned()).into());
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unwritable = |error: std::io::Error| unreadable(file, &error);
    let written = driftless_files::NewFile::in_folder(folder).map_err(unwritable)?;
    bundle::save(&lock, &places.store(), BufWriter::new(written.as_file()))?;
    written.put(file).map_err(unwritable)?;
    let count = lock.plugins().count();
    if global.json {
        print_json(global, terminal, &json!({"file": file, "plugins": count}))?;
        return Ok(ExitCode::SUCCESS);
    }
    let plural = if count == 1 { "" } else { "s" };
    writeln!(terminal.out(), "{GOOD}saved{GOOD:#} {count} plugin{plural} in {}", printable_path(file))?;
    Ok(ExitCode::SUCCESS)
}

/// Installs what is in such a file.
pub(crate) fn load(global: &Global, terminal: &Terminal, asked: &Load) -> anyhow::Result<ExitCode> {
    let file = File::open(&asked.file).map_err(|error| unreadable(&asked.file, &error))?;
    let bundled = bundle::load(BufReader::new(file))?;
    let trusted = asked.trust.iter().map(|key| key.parse()).collect::<Result<Vec<PublicKey>, _>>()?;
    let known = registries::open(&context::settings(global)?, true)?;
    let mode = installed::Mode { is_locked: false, is_dry_run: false };
    let trust = |trust: &mut Trust, registry: &str, namespace: &str| {
        trust_keys(trust, &bundled, &trusted, registry, namespace)
    };
    installed::change(global, terminal, &known, mode, &trust, |installer, _| installer.load(bundled.clone()))
}

/// Trusts those of the keys that signed plugins of a namespace in the bundle.
fn trust_keys(
    trust: &mut Trust,
    bundled: &[BundledPlugin],
    keys: &[PublicKey],
    registry: &str,
    namespace: &str,
) -> anyhow::Result<()> {
    let of_namespace = |plugin: &&BundledPlugin| {
        plugin.package.registry == registry && plugin.package.id.namespace.as_str() == namespace
    };
    let plugins: Vec<_> = bundled.iter().filter(of_namespace).collect();
    let has_signed = |key: &&PublicKey| {
        let named = |plugin: &&BundledPlugin| plugin.locked.key.as_deref() == Some(key.as_str());
        plugins.iter().any(named)
    };
    let signers: Vec<_> = keys.iter().filter(has_signed).collect();
    if signers.is_empty() {
        let mut named: Vec<_> = plugins.iter().filter_map(|plugin| plugin.locked.key.clone()).collect();
        named.sort();
        named.dedup();
        let message = format!(
            "no key is trusted yet for `{registry}/{namespace}`. The file says that it is {}: ask the publisher whether that is so, and then say `--trust KEY`",
            listed(&named, MAX_LISTED)
        );
        return Err(Failure::Refused(message).into());
    }
    for plugin in &plugins {
        for key in &signers {
            trust.pin(registry, &plugin.locked.registry_id, &plugin.package.id.namespace, key)?;
        }
    }
    Ok(())
}
