//! The world of a plugin: what it exports, and what it may ask its host for.

use std::fmt::Write as _;

use driftless_permissions::Permissions;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::wit;
use wit_parser::{Resolve, WorldId, WorldKey};

/// What the generated world is called.
pub(crate) const NAME: &str = "built";

/// The text of a world with every function of the protocol and the interfaces of these capabilities.
pub(crate) fn text(capabilities: &[Capability]) -> String {
    let mut text = format!(
        "package driftless:built;\n\nworld {NAME} {{\n    include {}/{}@{};\n",
        wit::PACKAGE_NAME,
        wit::WORLD,
        wit::VERSION
    );
    for capability in capabilities {
        let _ = writeln!(text, "    import {};", wit::interface(*capability));
    }
    text.push_str("}\n");
    text
}

/// As [`text`], but one function has another name.
pub(crate) fn text_with(capabilities: &[Capability], function: Function, name: &str) -> String {
    let mut text = format!("package driftless:built;\n\nworld {NAME} {{\n    import {};\n", wit::HOST);
    for capability in capabilities {
        let _ = writeln!(text, "    import {};", wit::interface(*capability));
    }
    let before = format!("export {}:", wit::export(function));
    for line in wit::PACKAGE.lines().filter(|line| line.trim_start().starts_with("export ")) {
        let _ = writeln!(text, "{}", line.replace(&before, &format!("export {name}:")));
    }
    text.push_str("}\n");
    text
}

/// The capabilities that permissions are about.
pub(crate) fn capabilities(permissions: &Permissions) -> Vec<Capability> {
    Capability::ALL.into_iter().filter(|capability| permissions.mentions(*capability)).collect()
}

/// The world of a core module that exports these functions, read.
pub(crate) fn of_exports(
    exports: &[&str],
    capabilities: &[Capability],
) -> Result<(Resolve, WorldId), String> {
    let mut resolve = Resolve::default();
    let mut push =
        |name: &str, text: &str| resolve.push_source(name, text).map_err(|error| format!("{error:#}"));
    push("plugin.wit", wit::PACKAGE)?;
    let package = push("built.wit", &text(capabilities))?;
    let world = resolve.select_world(&[package], Some(NAME)).map_err(|error| format!("{error:#}"))?;
    // A component exports what its module does, and no other functions.
    resolve.worlds[world]
        .exports
        .retain(|key, _| matches!(key, WorldKey::Name(name) if exports.contains(&name.as_str())));
    Ok((resolve, world))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_has_what_was_asked_for() {
        let (resolve, world) =
            of_exports(&["execute-task", "memory"], &[Capability::File, Capability::Process]).unwrap();
        let world = &resolve.worlds[world];
        assert_eq!(world.exports.len(), 1);
        let imports: Vec<String> = world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
        assert_eq!(
            imports,
            [wit::interface(Capability::File), wit::interface(Capability::Process), wit::HOST]
        );
    }

    #[test]
    fn a_world_with_another_name_has_every_function() {
        let mut resolve = Resolve::default();
        resolve.push_source("plugin.wit", wit::PACKAGE).unwrap();
        let text = text_with(&[Capability::Http], Function::Shutdown, "other");
        let package = resolve.push_source("built.wit", &text).unwrap();
        let world = &resolve.worlds[resolve.select_world(&[package], None).unwrap()];
        assert_eq!(world.exports.len(), Function::COUNT);
        let has = |name: &str| world.exports.contains_key(&WorldKey::Name(name.into()));
        assert!(has("other") && has("initialize") && !has("shutdown"));
    }
}
