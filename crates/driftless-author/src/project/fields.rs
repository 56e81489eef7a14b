//! The keys of the file that describes a project, JSON or TOML, with mistakes that name them.

use std::path::Path;

use driftless_permissions::Permissions;
use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::manifest::{Permission, PluginManifest, is_valid_name};
use driftless_plugin_api::text::printable_line;
use semver::{Version, VersionReq};
use serde_json::{Map, Value};

use super::{Metadata, manifest};
use crate::error::AuthorError;

/// An object in the file, and where in it that is.
pub(super) struct Fields<'a> {
    file: &'a Path,
    /// `project.`, or nothing.
    path: String,
    /// `None` where there is none: that is like one without keys.
    keys: Option<&'a Map<String, Value>>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(file: &'a Path, root: &'a Value) -> Result<Self, AuthorError> {
        match root.as_object() {
            Some(keys) => Ok(Self { file, path: String::new(), keys: Some(keys) }),
            None => Err(AuthorError::description(file, "it has to be an object")),
        }
    }

    /// The object under a key.
    pub(super) fn within(&self, key: &str) -> Result<Self, AuthorError> {
        let path = format!("{}{key}.", self.path);
        match self.get(key) {
            None => Ok(Self { file: self.file, path, keys: None }),
            Some(Value::Object(keys)) => Ok(Self { file: self.file, path, keys: Some(keys) }),
            Some(_) => Err(self.mistake(key, "has to be an object")),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.keys?.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<String>, AuthorError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.mistake(key, "has to be text")),
        }
    }

    pub(super) fn needed(&self, key: &str) -> Result<String, AuthorError> {
        self.text(key)?.ok_or_else(|| self.mistake(key, "is missing"))
    }

    /// Refuses keys that mean nothing: most likely another was meant.
    pub(super) fn allow(&self, known: &[&str]) -> Result<(), AuthorError> {
        let unknown = self.keys.into_iter().flat_map(Map::keys).find(|key| !known.contains(&key.as_str()));
        let Some(unknown) = unknown else { return Ok(()) };
        let known = known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        Err(self.complain(format!("there is no key `{}{unknown}`; there are {known}", self.path)))
    }

    pub(super) fn mistake(&self, key: &str, why: &str) -> AuthorError {
        self.complain(format!("`{}{key}` {why}", self.path))
    }

    pub(super) fn complain(&self, why: String) -> AuthorError {
        AuthorError::description(self.file, why)
    }

    fn texts(&self, key: &str) -> Result<Vec<String>, AuthorError> {
        let refuse = || self.mistake(key, "has to be a list of texts");
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(refuse)?;
        list.iter().map(|entry| entry.as_str().map(str::to_owned).ok_or_else(refuse)).collect()
    }

    /// Reads `permissions`, whose keys are called as in the SDKs: `files`, `network`, `environment`, `commands`, `functions`.
    fn permissions(&self) -> Result<(Vec<Permission>, Permissions), AuthorError> {
        let asked = self.within("permissions")?;
        const KEYS: [(&str, Capability); 5] = [
            ("files", Capability::File),
            ("network", Capability::Http),
            ("environment", Capability::Environment),
            ("commands", Capability::Process),
            ("functions", Capability::Function),
        ];
        asked.allow(&KEYS.map(|(key, _)| key))?;
        let mut permissions = Vec::new();
        for (key, capability) in KEYS {
            let entries = asked.texts(key)?;
            if entries.is_empty() {
                continue;
            }
            let permission = Permission::new(capability, entries);
            Permissions::requested(std::slice::from_ref(&permission))
                .map_err(|error| self.complain(format!("`{}{key}`: {error}", asked.path)))?;
            permissions.push(permission);
        }
        let read = Permissions::requested(&permissions)
            .map_err(|error| self.mistake("permissions", &format!("is too much: {error}")))?;
        Ok((permissions, read))
    }

    /// Reads what every language has alike: `self` are the keys of Driftless, `package` those that the language's own tools read as well.
    pub(super) fn metadata(&self, package: &Self, name: &str) -> Result<Metadata, AuthorError> {
        let name = self.text("name")?.unwrap_or_else(|| name.to_owned());
        if !is_valid_name(&name) {
            return Err(self.complain(format!(
                "a plugin cannot be called `{}`: {NAME_RULE}; `{}name` gives it another name than its package",
                printable_line(&name),
                self.path
            )));
        }
        let version = package.needed("version")?;
        if Version::parse(&version).is_err() {
            return Err(package
                .mistake("version", &format!("is `{version}`; a version is three numbers, like 1.0.0")));
        }
        let (permissions, read) = self.permissions()?;
        let mut described = PluginManifest {
            description: package.text("description")?.unwrap_or_default(),
            permissions,
            ..manifest(name, version)
        };
        if let Some(wanted) = self.text("driftless_version")? {
            if VersionReq::parse(&wanted).is_err() {
                let why = format!("is `{wanted}`; that is no requirement of versions, like >=0.1");
                return Err(self.mistake("driftless_version", &why));
            }
            described.driftless_version = wanted;
        }
        Ok(Metadata {
            manifest: described,
            permissions: read,
            entry: String::new(),
            source: Default::default(),
        })
    }
}

/// What a plugin may be called.
pub(crate) const NAME_RULE: &str = "a name is 1 to 64 letters, digits, `-` and `_`, and begins with a letter";

/// `Ada <ada@example.com>`
pub(super) fn person(person: &Value) -> Option<String> {
    if let Some(name) = person.as_str() {
        return Some(name.to_owned());
    }
    match (person["name"].as_str(), person["email"].as_str()) {
        (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}
