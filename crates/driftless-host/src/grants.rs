//! Grants: what a user grants to which plugin.

use std::collections::BTreeMap;

use driftless_permissions::{Grant, Permissions};
use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::manifest::Permission;
use driftless_transport::Digest;
use serde::{Deserialize, Serialize};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use crate::error::{Error, Result};

/// What a user grants to which plugin. A grant holds for one file: a plugin that changed has to be granted its permissions again.
///
/// ```
/// use driftless_host::Grants;
///
/// let grants = Grants::from_toml(r#"
///     [plugins.facts-collector-plugin]
///     digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
///     files = ["/etc/os-release", "/srv/app:rw"]
///     network = ["https://api.example.com"]
///     environment = ["SLACK_TOKEN"]
///     commands = ["git"]
/// "#)?;
/// let granted = grants.granted("facts-collector-plugin").unwrap();
/// assert_eq!(granted.permissions.files()[1].to_string(), "/srv/app:rw");
/// # Ok::<(), driftless_host::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    plugins: BTreeMap<String, Granted>,
    /// What is granted to a file that is not the installed one, beside what is granted to that: to what its author has just built.
    builds: BTreeMap<String, Granted>,
}

/// What is granted to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The file.
    pub digest: Digest,
    /// What it may do, as far as its manifest asks for it.
    pub permissions: Permissions,
}

impl Grants {
    /// Reads grants in TOML.
    ///
    /// # Errors
    ///
    /// When it is no TOML, has an unknown key, or an entry that means nothing.
    pub fn from_toml(text: &str) -> Result<Self> {
        let wrong = |violation: String| Error::Configuration {
            what: "the grants".to_owned(),
            violations: vec![violation],
        };
        let file: File =
            toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        let read = |table: &str, entries: BTreeMap<String, Entry>| -> Result<BTreeMap<String, Granted>> {
            let read = entries.into_iter().map(|(name, entry)| {
                let granted = entry.read().map_err(|error| wrong(format!("{table}.{name}: {error}")))?;
                Ok((name, granted))
            });
            read.collect()
        };
        Ok(Self { plugins: read(PLUGINS, file.plugins)?, builds: read(BUILDS, file.builds)? })
    }

    /// Writes grants in TOML.
    pub fn to_toml(&self) -> String {
        let written = |granted: &BTreeMap<String, Granted>| {
            granted.iter().map(|(name, granted)| (name.clone(), Entry::of(granted))).collect()
        };
        let file = File { plugins: written(&self.plugins), builds: written(&self.builds) };
        toml::to_string_pretty(&file).expect("names and lists of texts are TOML")
    }

    /// A text in TOML with what is granted under one name now. Everything else stays as the user wrote it, comments too.
    ///
    /// # Errors
    ///
    /// When `text` is no TOML, or `plugins` or `builds` in it is no table.
    pub fn update_toml(&self, text: &str, plugin: &str) -> Result<String> {
        let wrong = |violation: String| Error::Configuration {
            what: "the grants".to_owned(),
            violations: vec![violation],
        };
        let mut document: DocumentMut = text
            .parse()
            .map_err(|error: toml_edit::TomlError| wrong(error.to_string().trim_end().to_owned()))?;
        for (table, granted) in [(PLUGINS, &self.plugins), (BUILDS, &self.builds)] {
            let Some(granted) = granted.get(plugin) else {
                remove(&mut document, table, plugin);
                continue;
            };
            let not_a_table = |name: &str| wrong(format!("{name}: this is no table"));
            let all = document.entry(table).or_insert_with(|| {
                let mut all = Table::new();
                all.set_implicit(true);
                Item::Table(all)
            });
            let all = all.as_table_like_mut().ok_or_else(|| not_a_table(table))?;
            let entry = all.entry(plugin).or_insert_with(|| Item::Table(Table::new()));
            let entry = entry.as_table_like_mut().ok_or_else(|| not_a_table(&format!("{table}.{plugin}")))?;
            Entry::of(granted).write(entry);
        }
        Ok(document.to_string())
    }

    /// What is granted under a name, to whichever file; not what is granted to a build beside it.
    pub fn granted(&self, plugin: &str) -> Option<&Granted> {
        self.plugins.get(plugin)
    }

    /// What is granted to a file of this name.
    pub fn granted_to(&self, plugin: &str, digest: Digest) -> Option<&Granted> {
        let all = [&self.plugins, &self.builds];
        all.into_iter().filter_map(|granted| granted.get(plugin)).find(|granted| granted.digest == digest)
    }

    /// Grants; what was granted under this name before is forgotten.
    pub fn grant(&mut self, plugin: &str, digest: Digest, permissions: Permissions) {
        self.plugins.insert(plugin.to_owned(), Granted { digest, permissions });
        if self.builds.get(plugin).is_some_and(|build| build.digest == digest) {
            self.builds.remove(plugin);
        }
    }

    /// Grants to a file beside another of this name, which keeps what is granted to it. What was granted to a build before is forgotten.
    pub fn grant_build(&mut self, plugin: &str, digest: Digest, permissions: Permissions) {
        self.builds.insert(plugin.to_owned(), Granted { digest, permissions });
    }

    /// Takes back what was granted under a name. Returns whether there was anything.
    pub fn revoke(&mut self, plugin: &str) -> bool {
        let (plugins, builds) = (self.plugins.remove(plugin), self.builds.remove(plugin));
        plugins.or(builds).is_some()
    }

    /// What a file may do that asks for this.
    pub fn grant_to(&self, plugin: &str, digest: Digest, requested: Permissions) -> Grant {
        let granted = self.granted_to(plugin, digest);
        Grant::new(requested, granted.map_or(Permissions::NONE, |granted| granted.permissions.clone()))
    }
}

/// The tables of the file.
const PLUGINS: &str = "plugins";
const BUILDS: &str = "builds";

/// The file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    plugins: BTreeMap<String, Entry>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    builds: BTreeMap<String, Entry>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    digest: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    network: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    environment: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    commands: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    functions: Vec<String>,
}

impl Entry {
    fn of(granted: &Granted) -> Self {
        let mut entry = Self { digest: granted.digest.to_string(), ..Self::default() };
        for capability in Capability::ALL {
            *entry.list(capability).1 = granted.permissions.entries(capability);
        }
        entry
    }

    /// The key of a capability in the file, and what is granted of it.
    fn list(&mut self, capability: Capability) -> (&'static str, &mut Vec<String>) {
        match capability {
            Capability::File => ("files", &mut self.files),
            Capability::Http => ("network", &mut self.network),
            Capability::Environment => ("environment", &mut self.environment),
            Capability::Process => ("commands", &mut self.commands),
            Capability::Function => ("functions", &mut self.functions),
        }
    }

    /// Changes a table of the file into this.
    fn write(mut self, table: &mut dyn TableLike) {
        set(table, "digest", self.digest.as_str().into());
        for capability in Capability::ALL {
            let (key, entries) = self.list(capability);
            if entries.is_empty() {
                table.remove(key);
                continue;
            }
            if let Some(array) = table.get_mut(key).and_then(Item::as_array_mut) {
                for index in (0..array.len()).rev() {
                    let known = array.get(index).and_then(Value::as_str).unwrap_or_default();
                    if !entries.iter().any(|entry| entry == known) {
                        remove_from_list(array, index);
                    }
                }
                for entry in entries.iter() {
                    if !array.iter().any(|known| known.as_str() == Some(entry)) {
                        array.push(entry.as_str());
                    }
                }
            } else {
                set(table, key, entries.iter().map(String::as_str).collect::<Array>().into());
            }
        }
    }

    fn read(mut self) -> std::result::Result<Granted, String> {
        let digest = self.digest.parse().map_err(|error| format!("digest: {error}"))?;
        let permission = |capability| Permission::new(capability, std::mem::take(self.list(capability).1));
        let permissions = Permissions::parse(&Capability::ALL.map(permission));
        Ok(Granted { digest, permissions: permissions.map_err(|error| error.to_string())? })
    }
}

/// Sets a key; the comments around its value stay.
fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(before) => {
            *value.decor_mut() = before.decor().clone();
            *before = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// Removes an entry of a list. What stands before it may be the comment behind the one above, which stays.
fn remove_from_list(array: &mut Array, index: usize) {
    let removed = array.remove(index);
    let before = removed.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
    if !before.contains('#') {
        return;
    }
    match array.get_mut(index) {
        Some(next) => {
            let prefix = next.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
            let prefix = format!("{before}{prefix}");
            next.decor_mut().set_prefix(prefix);
        }
        None => {
            let trailing = format!("{before}{}", array.trailing().as_str().unwrap_or_default());
            array.set_trailing(trailing);
        }
    }
}

/// Removes a plugin's table. The comment right above it goes too; one that a blank line separates from it is about the file, and stays.
fn remove(document: &mut DocumentMut, table: &str, plugin: &str) {
    let Some(plugins) = document.get_mut(table).and_then(Item::as_table_like_mut) else { return };
    let Some(Item::Table(removed)) = plugins.remove(plugin) else { return };
    let above = removed.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
    let Some((about_the_file, _)) = above.rsplit_once("\n\n").filter(|(above, _)| !above.trim().is_empty())
    else {
        return;
    };
    let tables = plugins.iter_mut().filter_map(|(_, item)| match item {
        Item::Table(table) if table.position() > removed.position() => Some(table),
        _ => None,
    });
    match tables.min_by_key(|table| table.position()) {
        Some(next) => {
            let prefix = next.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
            let prefix = format!("{about_the_file}\n\n{}", prefix.trim_start_matches('\n'));
            next.decor_mut().set_prefix(prefix);
        }
        None => {
            let trailing = document.trailing().as_str().unwrap_or_default();
            let trailing = format!("{about_the_file}\n\n{}", trailing.trim_start_matches('\n'));
            document.set_trailing(trailing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_wrote_beside_it_stays() {
        let digest = Digest::of(b"one");
        let text = format!(
            "# Of this machine.\n\n# Asked for by the team.\n[plugins.p] # first\ndigest = \"{digest}\" # 1.0\n\
             files = [\n  \"/srv/a\", # data\n  \"/srv/b\",\n]\n\n# Another.\n[plugins.q]\ndigest = \"{digest}\"\n# the end\n"
        );
        let mut grants = Grants::from_toml(&text).unwrap();
        let files = |paths: &[&str]| {
            let paths = paths.iter().map(|path| (*path).to_owned()).collect();
            Permissions::parse(&[Permission::FileSystem { paths }]).unwrap()
        };
        let other = Digest::of(b"two");
        grants.grant("p", other, files(&["/srv/a", "/srv/c"]));
        let granted = grants.update_toml(&text, "p").unwrap();
        assert_eq!(Grants::from_toml(&granted).unwrap(), grants);
        for comment in [
            "# Of this machine.",
            "# Asked for by the team.",
            "# first",
            "# 1.0",
            "# data",
            "# Another.",
            "# the end",
        ] {
            assert!(granted.contains(comment), "{comment}\n{granted}");
        }
        grants.grant("new", other, files(&["/srv"]));
        let granted = grants.update_toml(&granted, "new").unwrap();
        assert_eq!(Grants::from_toml(&granted).unwrap(), grants);

        grants.revoke("p");
        let revoked = grants.update_toml(&granted, "p").unwrap();
        assert_eq!(Grants::from_toml(&revoked).unwrap(), grants);
        assert!(revoked.starts_with("# Of this machine.\n\n# Another.\n[plugins.q]\n"), "{revoked}");
        assert!(!revoked.contains("the team"), "{revoked}");
        assert_eq!(grants.update_toml(&revoked, "p").unwrap(), revoked);
    }

    #[test]
    fn they_are_written_as_they_are_read() {
        let mut grants = Grants::default();
        let files = Permission::FileSystem { paths: vec!["/srv/app:rw".into()] };
        grants.grant("p", Digest::of(b"one"), Permissions::parse(&[files]).unwrap());
        grants.grant("q", Digest::of(b"two"), Permissions::NONE);
        assert_eq!(Grants::from_toml(&grants.to_toml()).unwrap(), grants);
        assert!(grants.revoke("q"));
        assert!(!grants.revoke("q"));
        assert_eq!(
            grants.to_toml(),
            "[plugins.p]\n\
             digest = \"sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed\"\n\
             files = [\"/srv/app:rw\"]\n"
        );
    }

    #[test]
    fn a_build_is_granted_beside_the_installed_file() {
        let environment = |name: &str| {
            Permissions::parse(&[Permission::Environment { vars: vec![name.to_owned()] }]).unwrap()
        };
        let digests = [Digest::of(b"installed"), Digest::of(b"built"), Digest::of(b"built again")];
        let mut grants = Grants::default();
        grants.grant("p", digests[0], environment("TOKEN"));
        grants.grant_build("p", digests[1], environment("DEBUG"));
        let text = grants.update_toml("# mine\n", "p").unwrap();
        assert_eq!(Grants::from_toml(&text).unwrap(), grants, "{text}");
        assert_eq!(Grants::from_toml(&grants.to_toml()).unwrap(), grants);
        assert_eq!(grants.granted_to("p", digests[0]).unwrap().permissions, environment("TOKEN"));
        assert_eq!(grants.granted_to("p", digests[1]).unwrap().permissions, environment("DEBUG"));
        // A build that takes the place of another inherits nothing, and takes the grant with it.
        grants.grant_build("p", digests[2], Permissions::NONE);
        assert_eq!(grants.granted_to("p", digests[1]), None);
        // Once it is the installed one, there is one entry.
        grants.grant("p", digests[2], environment("DEBUG"));
        let text = grants.update_toml(&text, "p").unwrap();
        assert!(text.contains("# mine\n") && !text.contains("builds"), "{text}");
        grants.grant_build("p", digests[1], Permissions::NONE);
        assert!(grants.revoke("p"));
        assert_eq!(grants.update_toml(&text, "p").unwrap().trim(), "# mine");
    }

    #[test]
    fn a_changed_file_inherits_nothing() {
        let asked = Permissions::parse(&[Permission::Environment { vars: vec!["TOKEN".into()] }]).unwrap();
        let mut grants = Grants::default();
        grants.grant("p", Digest::of(b"one"), asked.clone());
        assert_eq!(grants.grant_to("p", Digest::of(b"one"), asked.clone()).variable("TOKEN"), Ok(()));
        assert!(grants.grant_to("p", Digest::of(b"two"), asked.clone()).variable("TOKEN").is_err());
        assert!(grants.grant_to("q", Digest::of(b"one"), asked).variable("TOKEN").is_err());
    }

    #[test]
    fn what_means_nothing_is_refused() {
        let says = |text: &str| Grants::from_toml(text).unwrap_err().to_string();
        let digest = Digest::of(b"");
        assert!(says("[plugins.p]\nfiles = []").contains("missing field `digest`"));
        assert!(says("[plugins.p]\ndigest = \"md5:1\"").contains("plugins.p: digest: "));
        assert!(
            says(&format!("[plugins.p]\ndigest = \"{digest}\"\nfiles = [\"etc\"]"))
                .contains("plugins.p: `etc`: a path begins with `/`")
        );
        assert!(
            says(&format!("[plugins.p]\ndigest = \"{digest}\"\nfile = []")).contains("unknown field `file`")
        );
    }

    #[test]
    fn what_is_written_of_every_permission_is_what_is_read() {
        let entry = |capability| match capability {
            Capability::File => "/srv/app:rw",
            Capability::Http => "https://api.example.com",
            Capability::Environment => "TOKEN",
            Capability::Process => "git",
            Capability::Function => "inventory.owner",
        };
        let asked = |capability| Permission::new(capability, vec![entry(capability).to_owned()]);
        let all = Permissions::parse(&Capability::ALL.map(asked)).unwrap();
        let grants = |permissions: &Permissions, digest| {
            let mut grants = Grants::default();
            grants.grant("p", digest, permissions.clone());
            grants
        };
        let (old, new) = (Digest::of(b"old"), Digest::of(b"new"));
        let everything = grants(&all, old);
        let text = everything.update_toml("", "p").unwrap();
        assert_eq!(Grants::from_toml(&text).unwrap(), everything, "{text}");
        assert_eq!(Grants::from_toml(&everything.to_toml()).unwrap(), everything);
        // What another file is granted afterwards has nothing of what was granted before.
        for capability in Capability::ALL {
            let less = grants(&Permissions::parse(&[asked(capability)]).unwrap(), new);
            let narrowed = less.update_toml(&text, "p").unwrap();
            assert_eq!(Grants::from_toml(&narrowed).unwrap(), less, "{narrowed}");
        }
    }
}
