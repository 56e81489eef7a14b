//! What a plugin says about itself: its manifest, read and held against the rules.

use std::ops::Range;

use driftless_permissions::Permissions;
use driftless_plugin_api::PROTOCOL_VERSION;
use driftless_plugin_api::manifest::{PluginManifest, is_valid_name};

use crate::error::Violation;
use crate::text::printable;

/// What a plugin says about itself, which may be nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Description {
    pub(crate) manifest: Option<PluginManifest>,
    pub(crate) permissions: Permissions,
}

impl Description {
    /// Reads the manifest of a file. `sections` are the places of all that are called like it.
    ///
    /// # Errors
    ///
    /// When there is one that cannot be used, or more than one.
    pub(crate) fn read(bytes: &[u8], sections: &[Range<usize>]) -> Result<Self, Violation> {
        let section = match sections {
            [] => return Ok(Self::default()),
            [one] => one,
            [_, second, ..] => return Err(Violation::at(second.start as u64, "it has two manifests")),
        };
        let json = bytes.get(section.clone()).unwrap_or_default();
        Self::parse(json).map_err(|why| Violation::at(section.start as u64, why))
    }

    fn parse(json: &[u8]) -> Result<Self, String> {
        let manifest: PluginManifest =
            serde_json::from_slice(json).map_err(|error| format!("its manifest cannot be read: {error}"))?;
        let components = manifest.components.iter().flatten().map(|component| &component.name);
        let mut names = std::iter::once(&manifest.name).chain(components);
        if let Some(name) = names.find(|name| !is_valid_name(name)) {
            return Err(format!(
                "its manifest has the name `{}`; a name is 1 to 64 letters, digits, `-` and `_`, and begins with a letter",
                printable(name)
            ));
        }
        if manifest.protocol > PROTOCOL_VERSION {
            return Err(format!(
                "it speaks version {} of the protocol, and this host up to version {PROTOCOL_VERSION}: update Driftless",
                manifest.protocol
            ));
        }
        let permissions = Permissions::requested(&manifest.permissions)
            .map_err(|error| format!("its manifest asks for a permission that means nothing: {error}"))?;
        Ok(Self { manifest: Some(manifest), permissions })
    }
}
