//! The manifest of a plugin that is faultless otherwise: what is let in, and what is remembered of it.

use driftless_permissions::Permissions;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::manifest::PluginManifest;
use driftless_plugin_api::{PROTOCOL_VERSION, manifest};
use driftless_validator::{inspect, limits, validate};

use crate::Coverage;
use crate::guest::Guest;

/// Puts `data` where a plugin has its manifest.
pub fn run(data: &[u8]) -> Coverage {
    let read = serde_json::from_slice::<PluginManifest>(data).ok();
    if let Some(read) = &read {
        let written = serde_json::to_vec(read).expect("a manifest can be written");
        let again = serde_json::from_slice(&written).expect("what was written can be read");
        assert_eq!(*read, again, "a manifest changes when it is written");
        // Whether it works with this host is a yes or a no, whatever it demands.
        let _ = driftless_host::suits_this_host(read);
    }
    let fits = |manifest: &PluginManifest| {
        names_are_fit(manifest)
            && manifest.protocol <= PROTOCOL_VERSION
            && Permissions::parse(&manifest.permissions).is_ok()
    };
    let should_pass = data.len() as u64 <= limits::MANIFEST_BYTES.max && read.as_ref().is_some_and(fits);

    let plugin = Guest::new().returns(Function::GetHooks, 0).with_manifest(data).build();
    let listed = inspect(&plugin);
    match validate(&plugin) {
        Ok(module) => {
            assert!(should_pass, "let in: {read:?}");
            assert_eq!(module.manifest(), read.as_ref(), "the manifest is another one");
            assert_eq!(module.manifest(), listed.manifest(), "a list shows another manifest");
            assert!(module.functions().iter().eq([Function::GetHooks]));
            Coverage::Accepted
        }
        Err(error) => {
            assert!(!should_pass, "refused: {error}");
            assert!(!error.to_string().is_empty(), "nothing is said against it");
            assert_eq!(listed.manifest(), None, "a list shows a manifest that is refused: {error}");
            Coverage::Refused
        }
    }
}

/// The rule for names, written again.
fn names_are_fit(manifest: &PluginManifest) -> bool {
    let fit = |name: &str| {
        let mut letters = name.chars();
        let begins = matches!(letters.next(), Some('a'..='z' | 'A'..='Z'));
        let fits = begins
            && letters.all(|letter| matches!(letter, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_'))
            && name.chars().count() <= 64;
        assert_eq!(fits, manifest::is_valid_name(name), "is {name:?} a name?");
        fits
    };
    let components = manifest.components.iter().flatten();
    fit(&manifest.name) && components.map(|component| &component.name).all(|name| fit(name))
}
