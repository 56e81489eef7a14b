//! A machine that plugins are installed on, and a registry beside it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use driftless_registry::{
    Change, Error, HttpOptions, Installer, Lock, Places, Plan, Policy, PublicKey, Publication, Registries,
    Registry, RegistryConfig, RegistryFolder, SigningKey, Target,
};
use driftless_validator::Rules;
use semver::Version;
use serde_json::Value;
use tempfile::TempDir;

use crate::release::padded_plugin;

pub(crate) const ID: &str = "https://plugins.example.com/";

/// The rules of a sandbox that allows nothing more.
pub(crate) const RULES: Rules = Rules { allow_wasi: false };

/// A registry that is a folder, and the key that signs for it.
pub(crate) struct Publisher {
    pub(crate) root: TempDir,
    pub(crate) folder: RegistryFolder,
    pub(crate) key: SigningKey,
}

impl Publisher {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = RegistryFolder::create(root.path(), ID, "main".parse().unwrap()).unwrap();
        Self { root, folder, key: SigningKey::generate().unwrap() }
    }

    /// Signs a release; nothing is published.
    pub(crate) fn signed(&self, name: &str, version: &str, more: Value) -> Result<Publication, Error> {
        self.padded(name, version, more, "")
    }

    /// The same, of a file that is as much larger.
    pub(crate) fn padded(
        &self,
        name: &str,
        version: &str,
        more: Value,
        padding: &str,
    ) -> Result<Publication, Error> {
        let target = Target {
            registry: ID,
            namespace: &"main".parse().unwrap(),
            published: SystemTime::now(),
            is_security_fix: false,
        };
        Publication::sign(padded_plugin(name, version, more, padding), RULES, &target, &self.key)
    }

    pub(crate) fn publish(&self, name: &str, version: &str, more: Value) -> Result<(), Error> {
        self.folder.publish(&self.signed(name, version, more)?, Some(self.key.public()))
    }

    pub(crate) fn config(&self) -> RegistryConfig {
        config("team", &format!("file://{}", self.root.path().display()))
    }
}

pub(crate) fn config(name: &str, url: &str) -> RegistryConfig {
    RegistryConfig {
        name: name.to_owned(),
        url: url.to_owned(),
        priority: 0,
        allow_unsigned: false,
        min_age: Some(Duration::ZERO),
    }
}

/// A machine with nothing on it.
pub(crate) struct Machine {
    pub(crate) home: TempDir,
    pub(crate) places: Places,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let places = Places::beneath(home.path());
        Self { home, places }
    }

    /// One that trusts a key of the registry `team`.
    pub(crate) fn trusting(key: &PublicKey) -> Self {
        let machine = Self::new();
        machine.trust("team", key);
        machine
    }

    pub(crate) fn trust(&self, registry: &str, key: &PublicKey) {
        let exclusive = self.places.exclusive(|| ()).unwrap();
        let pin =
            |trust: &mut driftless_registry::Trust| trust.pin(registry, ID, &"main".parse().unwrap(), key);
        self.places.change_trust(&exclusive, pin).unwrap();
    }

    /// Does something with an installer for these registries.
    pub(crate) fn with<R>(
        &self,
        configs: &[RegistryConfig],
        act: impl FnOnce(&Installer<'_>, &driftless_registry::Exclusive) -> R,
    ) -> R {
        self.with_options(configs, &HttpOptions::default(), act)
    }

    /// The same, where servers are asked in this way.
    pub(crate) fn with_options<R>(
        &self,
        configs: &[RegistryConfig],
        http: &HttpOptions,
        act: impl FnOnce(&Installer<'_>, &driftless_registry::Exclusive) -> R,
    ) -> R {
        let open = |config: &RegistryConfig| Registry::new(config.clone(), http.clone()).unwrap();
        let registries = Registries::new(configs.iter().map(open).collect());
        let installer = Installer {
            places: &self.places,
            registries: &registries,
            policy: Policy { host: Version::new(0, 1, 0), now: SystemTime::now() },
            rules: RULES,
            events: &|_| (),
        };
        let exclusive = self.places.exclusive(|| ()).unwrap();
        act(&installer, &exclusive)
    }

    /// Installs plugins: `name` or `name@range`.
    pub(crate) fn install(&self, configs: &[RegistryConfig], names: &[&str]) -> Result<Vec<String>, Error> {
        self.install_with(configs, &HttpOptions::default(), names)
    }

    /// The same, where servers are asked in this way.
    pub(crate) fn install_with(
        &self,
        configs: &[RegistryConfig],
        http: &HttpOptions,
        names: &[&str],
    ) -> Result<Vec<String>, Error> {
        self.with_options(configs, http, |installer, exclusive| {
            let requests = names.iter().map(|name| name.parse()).collect::<Result<Vec<_>, _>>()?;
            carry_out(installer, exclusive, installer.install(exclusive, &requests)?)
        })
    }

    /// Brings plugins up to date.
    pub(crate) fn update(&self, configs: &[RegistryConfig], names: &[&str]) -> Result<Vec<String>, Error> {
        self.update_with(configs, &HttpOptions::default(), names)
    }

    /// The same, where servers are asked in this way.
    pub(crate) fn update_with(
        &self,
        configs: &[RegistryConfig],
        http: &HttpOptions,
        names: &[&str],
    ) -> Result<Vec<String>, Error> {
        self.with_options(configs, http, |installer, exclusive| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            carry_out(installer, exclusive, installer.update(exclusive, &names)?)
        })
    }

    /// Removes a plugin.
    pub(crate) fn remove(&self, configs: &[RegistryConfig], name: &str) -> Result<Vec<String>, Error> {
        self.with(configs, |installer, exclusive| Ok(told(&installer.remove(exclusive, name)?)))
    }

    pub(crate) fn lock(&self) -> Lock {
        self.places.read_lock().unwrap()
    }

    /// What is installed, each as `name version`.
    pub(crate) fn installed(&self) -> Vec<String> {
        let lock = self.lock();
        for (_, plugin) in lock.plugins() {
            self.places.store().read(&plugin.digest).expect("what is locked is there");
        }
        lock.plugins().map(|(package, plugin)| format!("{} {}", package.id.name, plugin.version)).collect()
    }

    /// Every file beneath the home, with its contents.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        files(self.home.path())
    }
}

pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

fn carry_out(
    installer: &Installer<'_>,
    exclusive: &driftless_registry::Exclusive,
    plan: Plan,
) -> Result<Vec<String>, Error> {
    installer.carry_out(exclusive, &plan)?;
    Ok(told(&plan.changes))
}

fn told(changes: &[Change]) -> Vec<String> {
    let told = |change: &Change| match change {
        Change::Install(package, plugin) => format!("+ {} {}", package.id.name, plugin.version),
        Change::Replace(package, before, plugin) => {
            format!("{} {} -> {}", package.id.name, before.version, plugin.version)
        }
        Change::Remove(package, plugin) => format!("- {} {}", package.id.name, plugin.version),
    };
    changes.iter().map(told).collect()
}
