//! A machine that plugins are installed on.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use driftless_registry::{
    Change, Error, HttpOptions, Installer, Places, Plan, Policy, PublicKey, Registries, Registry,
    RegistryConfig, Token,
};
use driftless_validator::Rules;
use semver::Version;
use tempfile::TempDir;

pub(crate) const ID: &str = "https://plugins.example.com/";

/// The rules of a sandbox that allows nothing more.
pub(crate) const RULES: Rules = Rules { allow_wasi: false };

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
    pub(crate) token: Option<Token>,
}

impl Machine {
    /// One that trusts a key of the registry `team`.
    pub(crate) fn trusting(key: &PublicKey) -> Self {
        let home = tempfile::tempdir().unwrap();
        let places = Places::beneath(home.path());
        let exclusive = places.exclusive(|| ()).unwrap();
        let pin =
            |trust: &mut driftless_registry::Trust| trust.pin("team", ID, &"main".parse().unwrap(), key);
        places.change_trust(&exclusive, pin).unwrap();
        drop(exclusive);
        Self { home, places, token: None }
    }

    /// Where answers of servers are kept.
    pub(crate) fn cache(&self) -> PathBuf {
        self.home.path().join("cache-of-answers")
    }

    pub(crate) fn registry(&self, config: &RegistryConfig) -> Registry {
        let options =
            HttpOptions { token: self.token.clone(), cache: Some(self.cache()), ..HttpOptions::default() };
        Registry::new(config.clone(), options).unwrap()
    }

    fn with(
        &self,
        config: &RegistryConfig,
        plan: impl FnOnce(&Installer<'_>, &driftless_registry::Exclusive) -> Result<Plan, Error>,
    ) -> Result<Vec<String>, Error> {
        let registries = Registries::new(vec![self.registry(config)]);
        let installer = Installer {
            places: &self.places,
            registries: &registries,
            policy: Policy { host: Version::new(0, 1, 0), now: SystemTime::now() },
            rules: RULES,
            events: &|_| (),
        };
        let exclusive = self.places.exclusive(|| ()).unwrap();
        let plan = plan(&installer, &exclusive)?;
        installer.carry_out(&exclusive, &plan)?;
        Ok(plan.changes.iter().map(told).collect())
    }

    pub(crate) fn install(&self, config: &RegistryConfig, names: &[&str]) -> Result<Vec<String>, Error> {
        let requests = names.iter().map(|name| name.parse()).collect::<Result<Vec<_>, _>>()?;
        self.with(config, |installer, exclusive| installer.install(exclusive, &requests))
    }

    pub(crate) fn update(&self, config: &RegistryConfig) -> Result<Vec<String>, Error> {
        self.with(config, |installer, exclusive| installer.update(exclusive, &[]))
    }
}

fn told(change: &Change) -> String {
    match change {
        Change::Install(package, plugin) => format!("+ {} {}", package.id.name, plugin.version),
        Change::Replace(package, before, plugin) => {
            format!("{} {} -> {}", package.id.name, before.version, plugin.version)
        }
        Change::Remove(package, plugin) => format!("- {} {}", package.id.name, plugin.version),
    }
}
