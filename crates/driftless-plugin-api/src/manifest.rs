//! Who a plugin is, what it brings and what it asks for.

use serde::{Deserialize, Serialize};

use crate::component::ComponentKind;
use crate::host_call::Capability;

/// The custom section of a module or component that holds its manifest, as JSON.
///
/// Everything that only looks at a plugin (listing, inspecting, resolving) reads this section, and executes nothing.
pub const SECTION: &str = "driftless.manifest.v1";

/// The manifest of a plugin.
///
/// The SDK writes it from the author's `Cargo.toml`; only the name and the version have to be there.
///
/// ```
/// use driftless_plugin_api::manifest::PluginManifest;
///
/// let manifest: PluginManifest = serde_json::from_str(r#"{"name": "slack-notify", "version": "1.0.0"}"#)?;
/// assert!(manifest.permissions.is_empty(), "a plugin that asks for nothing gets nothing");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginManifest {
    /// What it is called: letters, digits, `-` and `_`.
    pub name: String,
    /// Its version, semantic.
    pub version: String,
    /// One sentence for people.
    #[serde(default)]
    pub description: String,
    /// Who wrote it.
    #[serde(default)]
    pub author: String,
    /// An SPDX expression.
    #[serde(default)]
    pub license: String,
    /// Where people read about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Where its source is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Which versions of the host it works with, as a semantic version requirement; `*` where it does not matter.
    #[serde(default = "any_version", alias = "taskrush_version")]
    pub driftless_version: String,
    /// The lowest Rust version that builds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rust_version: Option<String>,
    /// What carries the protocol.
    #[serde(default)]
    pub plugin_type: PluginType,
    /// The file, symbol or command by which it starts; a module needs none.
    #[serde(default)]
    pub entry_point: String,
    /// Other plugins that it needs.
    #[serde(default)]
    pub dependencies: Vec<PluginDependency>,
    /// What it asks for beyond computing. Asking is not getting.
    #[serde(default)]
    pub permissions: Vec<Permission>,
    /// Which version of the protocol it speaks.
    #[serde(default = "first_protocol")]
    pub protocol: u32,
    /// Its components, where the tool that built it knows them. They let a host find the plugin that brings a component without running any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<Vec<ComponentEntry>>,
}

/// What carries the protocol between host and plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginType {
    /// A WebAssembly module or component.
    #[default]
    Wasm,
    /// A library of the machine's own kind.
    Native,
    /// A process that speaks JSON-RPC.
    External,
}

/// A plugin that another needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginDependency {
    /// Its name.
    pub name: String,
    /// Which versions will do, as a semantic version requirement.
    #[serde(default = "any_version")]
    pub version: String,
}

/// Something beyond computing that a plugin asks for. What the entries may say and what they mean is the subject of the crate
/// `driftless-permissions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Permission {
    /// Files and folders.
    FileSystem {
        /// Absolute paths, each with all that lies beneath; `:rw` behind one that is to be written as well.
        paths: Vec<String>,
    },
    /// HTTP.
    Network {
        /// Where to: `https://api.example.com`, `http://localhost:8080`, `https://*.example.com`.
        hosts: Vec<String>,
    },
    /// Environment variables.
    Environment {
        /// Their names.
        vars: Vec<String>,
    },
    /// Other programs.
    Process {
        /// Absolute paths, or names that are looked up in the `PATH` of the host.
        commands: Vec<String>,
    },
    /// Functions of the host's program.
    HostFunction {
        /// Their names.
        functions: Vec<String>,
    },
}

impl Permission {
    /// What it lets a plugin ask for.
    pub const fn capability(&self) -> Capability {
        match self {
            Self::FileSystem { .. } => Capability::File,
            Self::Network { .. } => Capability::Http,
            Self::Environment { .. } => Capability::Environment,
            Self::Process { .. } => Capability::Process,
            Self::HostFunction { .. } => Capability::Function,
        }
    }

    /// The permission for one capability, with these entries.
    pub const fn new(capability: Capability, entries: Vec<String>) -> Self {
        match capability {
            Capability::File => Self::FileSystem { paths: entries },
            Capability::Http => Self::Network { hosts: entries },
            Capability::Environment => Self::Environment { vars: entries },
            Capability::Process => Self::Process { commands: entries },
            Capability::Function => Self::HostFunction { functions: entries },
        }
    }

    /// What it names.
    pub fn entries(&self) -> &[String] {
        match self {
            Self::FileSystem { paths: entries }
            | Self::Network { hosts: entries }
            | Self::Environment { vars: entries }
            | Self::Process { commands: entries }
            | Self::HostFunction { functions: entries } => entries,
        }
    }
}

/// A component, as far as one can know it without running the plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentEntry {
    /// What kind of component.
    pub kind: ComponentKind,
    /// Its name.
    pub name: String,
    /// One sentence for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Whether a plugin or a component may be called this: 1 to 64 ASCII letters, digits, `-` and `_`, beginning with a
/// letter.
///
/// Names stand in front of a dot in `plugin.component`, become file names and are printed on terminals, so nothing
/// else is let through.
///
/// ```
/// use driftless_plugin_api::manifest::is_valid_name;
///
/// assert!(is_valid_name("log-pipeline-plugin"));
/// assert!(!is_valid_name("../../etc/passwd"));
/// assert!(!is_valid_name("a.b"));
/// ```
pub fn is_valid_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// What a name and all others have in common that people would take for it: they differ in case, `-` and `_` only.
///
/// ```
/// use driftless_plugin_api::manifest::likeness;
///
/// assert_eq!(likeness("Good-Plugin"), likeness("good_plugin"));
/// assert_ne!(likeness("good-plugin"), likeness("goodplugin"));
/// ```
pub fn likeness(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

fn any_version() -> String {
    "*".into()
}

const fn first_protocol() -> u32 {
    // A manifest that does not say was written before there was a second version.
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfcs_manifest_is_read() {
        let manifest: PluginManifest = serde_json::from_str(
            r#"{
                "name": "slack-notify", "version": "1.0.0", "description": "d", "author": "a", "license": "MIT",
                "taskrush_version": "^1.0", "plugin_type": "wasm", "entry_point": "slack_notify.wasm",
                "dependencies": [{"name": "http", "version": "^2"}],
                "permissions": [{"Network": {"hosts": ["hooks.slack.com"]}}, {"Environment": {"vars": ["TOKEN"]}}]
            }"#,
        )
        .unwrap();
        assert_eq!(manifest.driftless_version, "^1.0");
        assert_eq!(manifest.protocol, 1);
        assert_eq!(manifest.permissions[0], Permission::Network { hosts: vec!["hooks.slack.com".into()] });
    }

    #[test]
    fn names_are_bounded() {
        assert!(is_valid_name(&"a".repeat(64)));
        assert!(!is_valid_name(&"a".repeat(65)));
        assert!(!is_valid_name(""));
        assert!(!is_valid_name("-a"));
        assert!(!is_valid_name("naïve"));
    }
}
