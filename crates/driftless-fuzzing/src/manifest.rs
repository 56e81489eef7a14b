//! The manifest of a plugin that is faultless otherwise: what is let in, and what is remembered of it.

use driftless_permissions::Permissions;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::json::Bounds;
use driftless_plugin_api::manifest::PluginManifest;
use driftless_plugin_api::{PROTOCOL_VERSION, manifest};
use driftless_validator::limits::{self, ModuleLimit};
use driftless_validator::{inspect, manifest_name, validate};

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
            && sizes_are_fit(manifest)
            && manifest.protocol <= PROTOCOL_VERSION
            && Permissions::parse(&manifest.permissions).is_ok()
    };
    let keeps_to_bounds = std::str::from_utf8(data).is_ok_and(|text| BOUNDS.check(text).is_ok());
    let should_pass = keeps_to_bounds && read.as_ref().is_some_and(fits);

    let plugin = Guest::new().returns(Function::GetHooks, 0).with_manifest(data).build();
    let listed = inspect(&plugin);
    match validate(&plugin) {
        Ok(module) => {
            assert!(should_pass, "let in: {read:?}");
            assert_eq!(module.manifest(), read.as_ref(), "the manifest is another one");
            assert_eq!(module.manifest(), listed.manifest(), "a list shows another manifest");
            let name = module.manifest().map(|manifest| manifest.name.clone());
            assert_eq!(name, manifest_name(&plugin), "it is found by another name");
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

/// What the text of a manifest may be, written again.
const BOUNDS: Bounds = Bounds {
    text_bytes: limits::MANIFEST_BYTES.max as usize,
    depth: limits::MANIFEST_DEPTH.max as usize,
    value_bytes: 32 << 20,
};

/// The rule for texts and lists, written again.
fn sizes_are_fit(manifest: &PluginManifest) -> bool {
    let components = || manifest.components.iter().flatten();
    let described = components().map(|component| &component.description);
    let ranges = manifest.dependencies.iter().map(|needed| &needed.version);
    let within =
        |limit: ModuleLimit, texts: &[&String]| texts.iter().all(|text| text.len() as u64 <= limit.max);
    let urls = [&manifest.homepage, &manifest.repository].into_iter().flatten();
    within(limits::MANIFEST_VERSION_BYTES, &[&manifest.version])
        && within(
            limits::MANIFEST_RANGE_BYTES,
            &ranges.chain([&manifest.driftless_version]).chain(&manifest.rust_version).collect::<Vec<_>>(),
        )
        && within(
            limits::MANIFEST_DESCRIPTION_BYTES,
            &described.chain([&manifest.description, &manifest.author]).collect::<Vec<_>>(),
        )
        && within(
            limits::MANIFEST_URL_BYTES,
            &urls.chain([&manifest.license, &manifest.entry_point]).collect::<Vec<_>>(),
        )
        && components().count() as u64 <= limits::MANIFEST_COMPONENTS.max
        && manifest.dependencies.len() as u64 <= limits::MANIFEST_DEPENDENCIES.max
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
