//! The manifest of the plugin that is being compiled.

use driftless_plugin_api::PROTOCOL_VERSION;
use driftless_plugin_api::manifest::{ComponentEntry, PluginManifest, PluginType};

use crate::model::Plugin;
use crate::package::{AUTHORS, DESCRIPTION, HOMEPAGE, LICENSE, REPOSITORY, RUST_VERSION, VERSION, field};

/// What the author wrote, and what their `Cargo.toml` says of the package.
pub(crate) fn of(plugin: &Plugin) -> PluginManifest {
    let components = plugin.components.iter().map(|component| ComponentEntry {
        kind: component.kind,
        name: component.name.clone(),
        description: component.description.clone(),
    });
    PluginManifest {
        name: plugin.name.clone(),
        version: field(VERSION),
        description: field(DESCRIPTION),
        author: field(AUTHORS).replace(':', ", "),
        license: field(LICENSE),
        homepage: Some(field(HOMEPAGE)).filter(|text| !text.is_empty()),
        repository: Some(field(REPOSITORY)).filter(|text| !text.is_empty()),
        driftless_version: plugin.host_version.clone().unwrap_or_else(|| "*".to_owned()),
        rust_version: Some(field(RUST_VERSION)).filter(|text| !text.is_empty()),
        plugin_type: PluginType::Wasm,
        entry_point: String::new(),
        dependencies: Vec::new(),
        permissions: plugin.permissions.clone(),
        protocol: PROTOCOL_VERSION,
        components: Some(components.collect()),
    }
}
