//! What a plugin says about itself: its manifest, read and held against the rules.

use std::fmt::Display;
use std::ops::Range;

use driftless_permissions::Permissions;
use driftless_plugin_api::PROTOCOL_VERSION;
use driftless_plugin_api::json::Bounds;
use driftless_plugin_api::manifest::{PluginManifest, is_valid_name};

use crate::error::Violation;
use crate::limits::{self, ModuleLimit};
use crate::text::printable;

/// What the text of a manifest may be. As values it takes no more than a few times its length.
const BOUNDS: Bounds = Bounds {
    text_bytes: limits::MANIFEST_BYTES.max as usize,
    depth: limits::MANIFEST_DEPTH.max as usize,
    value_bytes: 32 << 20,
};

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
        let unreadable = |error: &dyn Display| format!("its manifest cannot be read: {error}");
        let json = std::str::from_utf8(json).map_err(|error| unreadable(&error))?;
        let manifest: PluginManifest = BOUNDS.read(json).map_err(|error| unreadable(&error))?;
        check_sizes(&manifest)?;
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

/// Whether no text of a manifest is longer, and no list of it has more, than people and tables can show.
fn check_sizes(manifest: &PluginManifest) -> Result<(), String> {
    let some = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let components = manifest.components.as_deref().unwrap_or_default();
    let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let sizes: [(&str, usize, ModuleLimit); 13] = [
        ("`version`", manifest.version.len(), limits::MANIFEST_VERSION_BYTES),
        ("`description`", manifest.description.len(), limits::MANIFEST_DESCRIPTION_BYTES),
        ("`author`", manifest.author.len(), limits::MANIFEST_DESCRIPTION_BYTES),
        ("`license`", manifest.license.len(), limits::MANIFEST_URL_BYTES),
        ("`homepage`", some(&manifest.homepage), limits::MANIFEST_URL_BYTES),
        ("`repository`", some(&manifest.repository), limits::MANIFEST_URL_BYTES),
        ("`entry_point`", manifest.entry_point.len(), limits::MANIFEST_URL_BYTES),
        ("`driftless_version`", manifest.driftless_version.len(), limits::MANIFEST_RANGE_BYTES),
        ("`rust_version`", some(&manifest.rust_version), limits::MANIFEST_RANGE_BYTES),
        ("`dependencies`", manifest.dependencies.len(), limits::MANIFEST_DEPENDENCIES),
        (
            "a version of `dependencies`",
            longest(&mut manifest.dependencies.iter().map(|needed| needed.version.len())),
            limits::MANIFEST_RANGE_BYTES,
        ),
        ("`components`", components.len(), limits::MANIFEST_COMPONENTS),
        (
            "a description of `components`",
            longest(&mut components.iter().map(|component| component.description.len())),
            limits::MANIFEST_DESCRIPTION_BYTES,
        ),
    ];
    match sizes.iter().find(|(_, size, limit)| *size as u64 > limit.max) {
        Some((what, size, ModuleLimit { what: limit, max })) => {
            Err(format!("its manifest has {what} of {size}; there may be {max} {limit}"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refused(key: &str, value: Value) -> Option<String> {
        let mut manifest = json!({"name": "p", "version": "1.0.0"});
        manifest[key] = value;
        Description::parse(manifest.to_string().as_bytes()).err()
    }

    #[test]
    fn each_text_and_each_list_has_a_bound() {
        let text = |bytes: usize| Value::from("v".repeat(bytes));
        for (key, max) in [
            ("version", 128),
            ("description", 4096),
            ("author", 4096),
            ("license", 2048),
            ("homepage", 2048),
            ("repository", 2048),
            ("entry_point", 2048),
            ("driftless_version", 256),
            ("rust_version", 256),
        ] {
            assert_eq!(refused(key, text(max)), None, "{key}");
            let error = refused(key, text(max + 1)).unwrap();
            assert!(
                error.starts_with(&format!(
                    "its manifest has `{key}` of {}; there may be {max} bytes",
                    max + 1
                )),
                "{error}"
            );
        }
        let component =
            |number: usize| json!({"kind": "task", "name": format!("t{number}"), "description": ""});
        let components = |number: usize| Value::from((0..number).map(component).collect::<Vec<_>>());
        assert_eq!(refused("components", components(2_000)), None);
        assert_eq!(
            refused("components", components(2_001)).unwrap(),
            "its manifest has `components` of 2001; there may be 2000 components in the manifest"
        );
        let described = json!([{"kind": "task", "name": "t", "description": "d".repeat(4097)}]);
        assert!(refused("components", described).unwrap().contains("a description of `components` of 4097"));
        let needed = |number: usize| json!({"name": "other", "version": "1".repeat(number)});
        assert_eq!(refused("dependencies", vec![needed(256); 200].into()), None);
        assert!(
            refused("dependencies", vec![needed(1); 201].into()).unwrap().contains("`dependencies` of 201")
        );
        assert!(
            refused("dependencies", json!([needed(257)])).unwrap().contains("a version of `dependencies`")
        );
    }

    #[test]
    fn nothing_in_it_is_deeper_or_larger_than_it_may_be() {
        let nested = (0..16).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(
            refused("other", nested).unwrap(),
            "its manifest cannot be read: its lists and objects are nested deeper than 16 levels"
        );
        let error = refused("other", vec![json!([0]); 200_000].into()).unwrap();
        assert_eq!(error, "its manifest cannot be read: its values take more than 33554432 bytes of memory");
        let hidden = refused("$serde_json::private::RawValue", json!(1)).unwrap();
        assert!(hidden.ends_with("which no key may"), "{hidden}");
    }
}
