//! What a plugin in Rust uses and does not ask for, told where it is used. In the other languages the plugin itself says so before it is compiled.

use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::manifest::PluginManifest;

use crate::error::AuthorError;
use crate::project::Project;

/// The bytes of a source file that is looked through.
const MAX_SOURCE_BYTES: u64 = 4 << 20;

/// Refuses a plugin that imports what its manifest does not ask for.
pub(super) fn check(project: &Project, bytes: &[u8]) -> Result<(), AuthorError> {
    let info = driftless_validator::inspect(bytes);
    let Some(manifest) = info.manifest() else { return Ok(()) };
    let imports = |capability: &Capability| {
        let import = format!("env.{}", capability.import());
        info.imports().contains(&import)
    };
    let unasked = Capability::ALL.into_iter().filter(imports).find(|capability| !asks(manifest, *capability));
    let Some(capability) = unasked else { return Ok(()) };
    let (module, attribute, example) = names(capability);
    let place = place(project, module);
    let at = place.map_or_else(String::new, |place| format!(", at {place},"));
    let why = format!(
        "it uses `plugin_sdk::{module}`{at} without asking for it: add `{attribute}(…)` to `#[plugin_sdk::plugin]`, as in `#[plugin_sdk::plugin({attribute}(\"{example}\"))]`"
    );
    Err(AuthorError::NotAskedFor { file: project.file(), why })
}

fn asks(manifest: &PluginManifest, capability: Capability) -> bool {
    manifest.permissions.iter().any(|permission| permission.capability() == capability)
}

/// The module of the SDK for a capability, what its permission is called in the attribute, and one that could be asked for.
fn names(capability: Capability) -> (&'static str, &'static str, &'static str) {
    match capability {
        Capability::File => ("fs", "files", "/etc/os-release"),
        Capability::Http => ("http", "network", "https://api.example.com"),
        Capability::Environment => ("env", "environment", "TOKEN"),
        Capability::Process => ("process", "commands", "git"),
        Capability::Function => ("functions", "functions", "name"),
    }
}

/// The first line of the project that names a module of the SDK, as `src/lib.rs:12`. There is none where another crate uses it.
fn place(project: &Project, module: &str) -> Option<String> {
    let used = format!("{module}::");
    let standard = format!("std::{module}::");
    let sources = project.sources();
    let sources = sources.iter().filter(|source| source.extension().is_some_and(|ending| ending == "rs"));
    for source in sources {
        let Ok(bytes) = driftless_files::read_regular(source, MAX_SOURCE_BYTES) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let is_use = |line: &str| {
            let code = line.split("//").next().unwrap_or_default();
            code.contains(&used) && !code.contains(&standard) && !code.trim_start().starts_with("use ")
        };
        if let Some(number) = text.lines().position(is_use) {
            let path = source.strip_prefix(&project.folder).unwrap_or(source);
            return Some(format!("{}:{}", path.display(), number + 1));
        }
    }
    None
}
