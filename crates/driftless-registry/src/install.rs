//! Installing, updating and removing: a plan of what changes, and carrying it out.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use driftless_files::Readers;
use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::limit::MAX_PLUGIN_BYTES;
use driftless_validator::{Rules, ValidatedPlugin};
use semver::{Version, VersionReq};

use crate::bundle::BundledPlugin;
use crate::error::{Error, SourceError, TreeError};
use crate::gate::{Gate, VerifiedRelease};
use crate::id::{PluginId, Request};
use crate::index::Release;
use crate::keys::PublicKey;
use crate::lock::{Lock, LockedPlugin};
use crate::registries::{Registries, Registry};
use crate::resolve::{Package, Policy, Releases, Wanted, resolve_anew};
use crate::rotation::SignedRotation;
use crate::signed::KeptStatement;
use crate::statement::Statement;
use crate::store::BlobStore;
use crate::trust::{Seen, Trust};

/// Where things are on this machine.
#[derive(Clone, Debug)]
pub struct Places {
    /// `plugins.lock`.
    pub lock: PathBuf,
    /// `trust.toml`.
    pub trust: PathBuf,
    /// The newest releases that were seen.
    pub seen: PathBuf,
    /// The files of plugins.
    pub store: PathBuf,
}

const MAX_FILE_BYTES: u64 = 32 << 20;

impl Places {
    /// The usual places: beside each other in the folder of the command.
    pub fn beneath(home: &Path) -> Self {
        Self {
            lock: home.join("plugins.lock"),
            trust: home.join("trust.toml"),
            seen: home.join("seen.json"),
            store: home.join("store"),
        }
    }

    /// What is installed.
    ///
    /// # Errors
    ///
    /// When the lock cannot be read.
    pub fn read_lock(&self) -> Result<Lock, Error> {
        read(&self.lock, Lock::from_toml)
    }

    /// Whose signatures count.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn read_trust(&self) -> Result<Trust, Error> {
        read(&self.trust, Trust::from_toml)
    }

    /// What was seen.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn read_seen(&self) -> Result<Seen, Error> {
        read(&self.seen, Seen::from_json)
    }

    /// The files of plugins.
    pub fn store(&self) -> BlobStore {
        BlobStore::new(&self.store)
    }

    /// Waits until no other process changes what is installed, and lets none until the guard is dropped. `waiting` is called when it has to wait.
    ///
    /// # Errors
    ///
    /// When the file that is locked cannot be made.
    pub fn exclusive(&self, waiting: impl FnOnce()) -> Result<Exclusive, Error> {
        let path = self.store.with_extension("changing");
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let file = driftless_files::without_following(&mut options).open(&path).map_err(Error::io(&path))?;
        if !file.metadata().map_err(Error::io(&path))?.is_file() {
            let source =
                std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no regular file; remove it");
            return Err(Error::Io { path, source });
        }
        if file.try_lock().is_err() {
            waiting();
            file.lock().map_err(Error::io(&path))?;
        }
        Ok(Exclusive { _file: file })
    }

    /// Changes whose signatures count.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written, or `change` says no.
    pub fn change_trust<R>(
        &self,
        _: &Exclusive,
        change: impl FnOnce(&mut Trust) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut trust = self.read_trust()?;
        let result = change(&mut trust)?;
        write(&self.trust, &trust.to_toml(), Readers::Owner)?;
        Ok(result)
    }

    fn write_lock(&self, exclusive: &Exclusive, lock: &Lock) -> Result<(), Error> {
        self.note_lock(exclusive)?;
        write(&self.lock, &lock.to_toml(), Readers::Umask)
    }

    /// The file with the locks whose plugins are in the store: a project may have one of its own.
    fn locks_file(&self) -> PathBuf {
        self.store.join("locks.json")
    }

    /// The locks whose plugins are in the store, as far as they are there still.
    fn locks(&self) -> Result<BTreeSet<PathBuf>, Error> {
        let parse = |text: &str| {
            serde_json::from_str::<BTreeSet<PathBuf>>(text)
                .map_err(|error| Error::File { what: "locks.json".to_owned(), why: error.to_string() })
        };
        let mut locks = read(&self.locks_file(), parse)?;
        // Where it cannot be seen whether one is there, it counts.
        locks.retain(|lock| lock.try_exists().unwrap_or(true));
        Ok(locks)
    }

    /// Notes that plugins of this lock are in the store.
    fn note_lock(&self, _: &Exclusive) -> Result<(), Error> {
        let mut locks = self.locks()?;
        if locks.insert(std::path::absolute(&self.lock).map_err(Error::io(&self.lock))?) {
            let text = serde_json::to_string_pretty(&locks).map_err(|error| Error::File {
                what: self.lock.display().to_string(),
                why: error.to_string(),
            })?;
            write(&self.locks_file(), &text, Readers::Umask)?;
        }
        Ok(())
    }
}

/// While this is there, no other process changes what is installed.
#[derive(Debug)]
pub struct Exclusive {
    _file: File,
}

fn read<T: Default>(path: &Path, parse: impl Fn(&str) -> Result<T, Error>) -> Result<T, Error> {
    let bytes = match driftless_files::read_regular(path, MAX_FILE_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(Error::io(path)(error)),
    };
    let what = || path.display().to_string();
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::File { what: what(), why: "it is not UTF-8 text".to_owned() })?;
    parse(&text).map_err(|error| match error {
        Error::File { why, .. } => Error::File { what: what(), why },
        other => other,
    })
}

fn write(path: &Path, text: &str, readers: Readers) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
    }
    driftless_files::replace(path, text.as_bytes(), readers).map_err(Error::io(path))
}

/// What installs.
pub struct Installer<'a> {
    /// Where things are.
    pub places: &'a Places,
    /// The registries.
    pub registries: &'a Registries,
    /// What decides which releases may be taken.
    pub policy: Policy,
    /// What decides which files may run.
    pub rules: Rules,
    /// Hears what goes on.
    pub events: &'a dyn Fn(Event<'_>),
}

/// What goes on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Which versions are taken is found out.
    Resolving,
    /// The file of a plugin comes: so many of its bytes are there.
    Fetching(&'a VerifiedRelease, u64),
    /// The file of a plugin is checked.
    Checking(&'a VerifiedRelease),
    /// The publisher of a namespace has another key now, as the old one says.
    KeyRotated(&'a str, &'a SignedRotation),
    /// A release is taken that is younger than it would have to be, because it mends a hole.
    TakenYoung(&'a Package, &'a Statement),
    /// A release is taken that is not signed: its registry alone is believed about it.
    Unsigned(&'a Package, &'a Statement),
    /// A plugin that stays is withdrawn by its publisher.
    Yanked(&'a Package, &'a Version),
}

/// What became of checking an installed plugin.
#[derive(Debug)]
pub struct Verdict {
    /// The plugin.
    pub package: Package,
    /// What the lock says of it.
    pub plugin: LockedPlugin,
    /// What is wrong with it.
    pub problem: Option<Error>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there are few, and what they hold is looked at")]
pub enum Change {
    /// A plugin comes.
    Install(Package, LockedPlugin),
    /// A plugin takes the place of another version of itself.
    Replace(Package, LockedPlugin, LockedPlugin),
    /// A plugin goes.
    Remove(Package, LockedPlugin),
}

/// What an installation leads to: every file of it is checked, and none is in its place yet.
pub struct Plan {
    /// What changes, in the order of the names.
    pub changes: Vec<Change>,
    /// The plugins that were asked for and are there already.
    pub unchanged: Vec<(Package, LockedPlugin)>,
    /// The plugins that come, checked.
    pub plugins: Vec<(Package, ValidatedPlugin)>,
    lock: Lock,
    statements: Vec<(Digest, KeptStatement)>,
    seen: Seen,
}

impl Installer<'_> {
    /// Plans to install what is asked for. What is installed stays as it is where it can.
    ///
    /// # Errors
    ///
    /// When there is no such plugin, no version fits, or one is not what it should be.
    pub fn install(&self, exclusive: &Exclusive, requests: &[Request]) -> Result<Plan, Error> {
        let lock = self.places.read_lock()?;
        let mut roots = roots(&lock);
        let mut asked = BTreeSet::new();
        let mut known = BTreeMap::new();
        for request in requests {
            let (package, releases) = self.package(&lock, request)?;
            known.extend(releases.map(|releases| (package.clone(), releases)));
            // Without a range the one of before counts, and else whatever is compatible with what is found.
            let range = if request.has_range { Some(request.range.clone()) } else { None };
            let before = roots.get(&package).cloned().flatten();
            roots.insert(package.clone(), range.or(before));
            asked.insert(package);
        }
        self.plan(exclusive, lock, roots, &BTreeSet::new(), &asked, known)
    }

    /// Plans to bring plugins up to date within the ranges that were asked for: these, or all.
    ///
    /// # Errors
    ///
    /// As for [`install`](Self::install), and when one is not installed.
    pub fn update(&self, exclusive: &Exclusive, names: &[String]) -> Result<Plan, Error> {
        let lock = self.places.read_lock()?;
        let mut free = BTreeSet::new();
        for name in names {
            let (package, _) = only(&lock, name)?;
            // What it needs may have to move with it.
            needed(&lock, package, &mut free);
        }
        if names.is_empty() {
            free = lock.plugins().map(|(package, _)| package.clone()).collect();
        }
        let roots = roots(&lock);
        let asked = free.clone();
        self.plan(exclusive, lock, roots, &free, &asked, BTreeMap::new())
    }

    /// Removes a plugin that was asked for, and what was there for it only.
    ///
    /// # Errors
    ///
    /// When it is not installed, or another one needs it.
    pub fn remove(&self, exclusive: &Exclusive, name: &str) -> Result<Vec<Change>, Error> {
        let mut lock = self.places.read_lock()?;
        let (package, plugin) = only(&lock, name)?;
        let (package, mut plugin) = (package.clone(), plugin.clone());
        plugin.requested = None;
        lock.insert(package.clone(), plugin);
        // What needs it counts where it stays itself: two plugins that need each other go together.
        let (lock, removed) = without_needless(lock);
        let needing = lock.plugins().find(|(other, plugin)| {
            **other != package
                && other.registry == package.registry
                && plugin.dependencies.contains(&package.id)
        });
        if let Some((other, _)) = needing {
            let why = format!("{other} needs it; remove that first");
            return Err(Error::NotRemoved { plugin: package.to_string(), why });
        }
        self.places.write_lock(exclusive, &lock)?;
        self.sweep(&lock)?;
        Ok(removed.into_iter().map(|(package, plugin)| Change::Remove(package, plugin)).collect())
    }

    /// Plans to install what a bundle has. Each plugin goes through the gate, or is what the lock of this machine names.
    ///
    /// # Errors
    ///
    /// When one is not what it should be.
    pub fn load(&self, bundled: Vec<BundledPlugin>) -> Result<Plan, Error> {
        let before = self.places.read_lock()?;
        let (trust, store) = (self.places.read_trust()?, self.places.store());
        let mut plan = Plan {
            changes: Vec::new(),
            unchanged: Vec::new(),
            plugins: Vec::new(),
            lock: before.clone(),
            statements: Vec::new(),
            seen: self.places.read_seen()?,
        };
        for BundledPlugin { package, locked, signed, bytes } in bundled {
            let here = before.get(&package);
            let release = match here {
                Some(here) if here.statement == locked.statement => {
                    VerifiedRelease::of_lock(&package, here, signed.clone(), &[])?
                }
                _ => {
                    // That the lock in the bundle says what was signed.
                    let release = VerifiedRelease::of_lock(&package, &locked, signed.clone(), &[])?;
                    let allow_unsigned = self
                        .registries
                        .get(&package.registry)
                        .is_ok_and(|registry| registry.config().allow_unsigned);
                    let (registry, identity) = (package.registry.as_str(), locked.registry_id.as_str());
                    trust.check_identity(registry, identity)?;
                    let gate = Gate { registry, identity, allow_unsigned, trust: &trust, seen: &plan.seen };
                    gate.verify_alone(&package.id, release.release().clone())?
                }
            };
            (self.events)(Event::Checking(&release));
            let checked = release.check(bytes, self.rules)?;
            let requested = here.and_then(|here| here.requested.clone()).or(locked.requested);
            let plugin = locked_plugin(&release, requested, signed.digest());
            let statement = release.statement();
            plan.seen.note(
                &statement.registry,
                &package.id,
                &statement.version,
                &statement.digest.to_string(),
            );
            match here {
                Some(here) if here.digest == plugin.digest && store.read(&here.digest).is_ok() => {
                    plan.unchanged.push((package.clone(), plugin.clone()));
                }
                Some(here) if here.digest != plugin.digest => {
                    plan.changes.push(Change::Replace(package.clone(), here.clone(), plugin.clone()));
                }
                _ => plan.changes.push(Change::Install(package.clone(), plugin.clone())),
            }
            plan.lock.insert(package.clone(), plugin);
            plan.statements.push((statement.digest, signed));
            plan.plugins.push((package, checked));
        }
        Ok(plan)
    }

    /// Checks what is installed, all or what is named: its bytes against the lock, its statement and signature, and whether the key counts still.
    ///
    /// # Errors
    ///
    /// When the lock or the keys cannot be read, or a plugin that is named is not installed.
    pub fn verify(&self, names: &[String]) -> Result<Vec<Verdict>, Error> {
        let lock = self.places.read_lock()?;
        let trust = self.places.read_trust()?;
        let named = names.iter().map(|name| only(&lock, name)).collect::<Result<Vec<_>, _>>()?;
        let plugins: Vec<_> = if names.is_empty() { lock.plugins().collect() } else { named };
        let verdict = |(package, plugin): (&Package, &LockedPlugin)| {
            let problem = self.verify_one(&trust, package, plugin).err();
            Verdict { package: package.clone(), plugin: plugin.clone(), problem }
        };
        Ok(plugins.into_iter().map(verdict).collect())
    }

    fn verify_one(&self, trust: &Trust, package: &Package, plugin: &LockedPlugin) -> Result<(), Error> {
        let store = self.places.store();
        let release = self.kept(&store, package, plugin)?;
        // A key may have been revoked since.
        if let Some(key) = &plugin.key
            && trust.is_revoked(&package.registry, key)
        {
            return Err(Error::KeyRevoked { registry: package.registry.clone(), key: key.clone() });
        }
        let path = store.path_of(&plugin.digest);
        let bytes = driftless_files::read_regular(&path, plugin.size_bytes).map_err(Error::io(&path))?;
        release.check(bytes, self.rules)?;
        Ok(())
    }

    /// The statement of an installed plugin, which the lock names by its digest, signed by the key that the lock names.
    fn kept(
        &self,
        store: &BlobStore,
        package: &Package,
        plugin: &LockedPlugin,
    ) -> Result<VerifiedRelease, Error> {
        let kept = store.statement(&plugin.statement).map_err(Error::io(store.root()))?;
        VerifiedRelease::of_lock(package, plugin, kept, &self.trusted(package)?)
    }

    /// The keys that are trusted for a plugin.
    fn trusted(&self, package: &Package) -> Result<Vec<PublicKey>, Error> {
        Ok(self.places.read_trust()?.keys(&package.registry, &package.id.namespace))
    }

    /// Fetches what the lock names and is not here, and nothing else: each byte is that of the lock, whatever a registry says. Tells of each plugin whether it
    /// was fetched.
    ///
    /// # Errors
    ///
    /// When a registry cannot be asked or does not have it, or sends something else.
    pub fn fetch(&self, exclusive: &Exclusive) -> Result<Vec<(Package, LockedPlugin, bool)>, Error> {
        let lock = self.places.read_lock()?;
        self.places.note_lock(exclusive)?;
        let store = self.places.store();
        let mut fetched = Vec::new();
        for (package, plugin) in lock.plugins() {
            let mut is_new = false;
            if self.kept(&store, package, plugin).is_err() || store.read(&plugin.digest).is_err() {
                let registry = self.registries.get(&package.registry)?;
                let all = registry.source().releases(&package.id).map_err(|source| registry.error(source))?;
                let is_locked = |release: &Release| Digest::of(release.text.as_bytes()) == plugin.statement;
                let named = || format!("{package} {}", plugin.version);
                let missing = || Error::MissingRelease { plugin: named(), digest: plugin.statement };
                let mut opened = None;
                let release = if registry.source().tells_all() {
                    all.into_iter().find(is_locked)
                } else {
                    let has_file = |release: &Release| release.statement.digest == plugin.digest;
                    let outline = all.into_iter().find(has_file).ok_or_else(missing)?;
                    let (whole, bytes) = open_outline(registry, package, &outline)?;
                    opened = Some(bytes);
                    Some(whole).filter(is_locked)
                };
                let release = release.ok_or_else(missing)?;
                if let Some(why) = &release.revoked {
                    return Err(Error::Revoked { plugin: named(), why: why.clone() });
                }
                let signed = KeptStatement::of(&release);
                let release =
                    VerifiedRelease::of_lock(package, plugin, signed.clone(), &self.trusted(package)?)?;
                let bytes = match opened {
                    Some(bytes) => bytes,
                    None => {
                        let mut progress = |done| (self.events)(Event::Fetching(&release, done));
                        store.fetch(&release, registry.source(), &mut progress)?
                    }
                };
                (self.events)(Event::Checking(&release));
                let checked = release.check(bytes, self.rules)?;
                store.put(&plugin.digest, checked.bytes(), &signed)?;
                is_new = true;
            }
            fetched.push((package.clone(), plugin.clone(), is_new));
        }
        Ok(fetched)
    }

    /// Puts everything into its place. From one moment to the next the lock names the new files, and then the old ones go.
    ///
    /// # Errors
    ///
    /// When something cannot be written: then what was installed is installed still.
    pub fn carry_out(&self, exclusive: &Exclusive, plan: &Plan) -> Result<(), Error> {
        let store = self.places.store();
        for ((_, plugin), (_, signed)) in plan.plugins.iter().zip(&plan.statements) {
            store.put(&plugin.digest(), plugin.bytes(), signed)?;
        }
        write(&self.places.seen, &plan.seen.to_json(), Readers::Umask)?;
        self.places.write_lock(exclusive, &plan.lock)?;
        self.sweep(&plan.lock)
    }

    /// The plugin that a request means: one that is installed, or one of a registry; that with its releases, where they had to be asked for.
    fn package(&self, lock: &Lock, request: &Request) -> Result<(Package, Option<Vec<Release>>), Error> {
        let mut installed = lock.plugins().map(|(package, _)| package).filter(|package| {
            package.id.name == request.name
                && request.namespace.as_ref().is_none_or(|namespace| *namespace == package.id.namespace)
                && request.registry.as_ref().is_none_or(|registry| *registry == package.registry)
        });
        match (installed.next(), installed.next()) {
            (Some(only), None) => Ok((only.clone(), None)),
            _ => self.registries.package_and_releases(request),
        }
    }

    fn plan(
        &self,
        exclusive: &Exclusive,
        lock: Lock,
        mut roots: BTreeMap<Package, Option<VersionReq>>,
        free: &BTreeSet<Package>,
        asked: &BTreeSet<Package>,
        known: BTreeMap<Package, Vec<Release>>,
    ) -> Result<Plan, Error> {
        (self.events)(Event::Resolving);
        let store = self.places.store();
        let wanted: Vec<_> = roots
            .iter()
            .map(|(package, range)| Wanted {
                package: package.clone(),
                range: range.clone().unwrap_or_default(),
            })
            .collect();
        let version =
            |(package, plugin): (&Package, &LockedPlugin)| (package.clone(), plugin.version.clone());
        let installed: BTreeMap<_, _> = lock.plugins().map(version).collect();
        let is_kept = |(package, _): &(&Package, &LockedPlugin)| !free.contains(*package);
        let locked: BTreeMap<_, _> = lock.plugins().filter(is_kept).map(version).collect();
        let asking = Asking {
            registries: self.registries,
            kept: BTreeMap::new(),
            asked: RefCell::new(known),
            opened: Cell::new(0),
        };
        // What is installed and may stay is not asked for, unless it does not fit.
        let kept = locked
            .keys()
            .filter_map(|package| Some((package.clone(), kept_release(&store, lock.get(package)?)?)));
        let mut asking = Asking { kept: kept.collect(), ..asking };
        let mut opened = BTreeMap::new();
        let chosen = loop {
            match resolve_anew(&wanted, &locked, &installed, &self.policy, &asking) {
                Err(Error::NoSolution { .. }) if !asking.kept.is_empty() => asking.kept.clear(),
                chosen => {
                    let chosen = chosen?;
                    if !self.complete(&lock, &chosen, &asking, &mut opened)? {
                        break chosen;
                    }
                }
            }
        };
        let mut plan = Plan {
            changes: Vec::new(),
            unchanged: Vec::new(),
            plugins: Vec::new(),
            lock: Lock::default(),
            statements: Vec::new(),
            seen: self.places.read_seen()?,
        };
        let mut trust = self.places.read_trust()?;
        let mut verified = Vec::new();
        for (package, release) in chosen {
            let before = lock.get(&package);
            let root = roots.remove(&package);
            let version = &release.statement.version;
            let requested = root.map(|range| range.unwrap_or_else(|| compatible(version)));
            let same = before
                .filter(|before| before.version == *version && before.digest == release.statement.digest);
            if let Some(before) = before {
                self.check_not_rolled_back(&package, before, &plan.seen, &asking)?;
            }
            if let Some(before) = same
                && store.has(&before.digest)
            {
                if release.is_yanked {
                    (self.events)(Event::Yanked(&package, version));
                }
                let plugin = LockedPlugin { requested, ..before.clone() };
                if asked.contains(&package) {
                    plan.unchanged.push((package.clone(), plugin.clone()));
                }
                plan.lock.insert(package, plugin);
                continue;
            }
            let registry = self.registries.get(&package.registry)?;
            if let Some(before) = before {
                same_registry(registry.name(), &before.registry_id, &registry.info()?.id)?;
            }
            let release = self.believe(exclusive, &mut trust, &mut plan.seen, &package, release, &asking)?;
            if registry.min_age() > age(self.policy.now, release.statement()) {
                (self.events)(Event::TakenYoung(&package, release.statement()));
            }
            if release.key().is_none() {
                (self.events)(Event::Unsigned(&package, release.statement()));
            }
            verified.push((package, requested, release));
        }
        // Nothing is fetched before everything is believed.
        for (package, requested, release) in verified {
            let registry = self.registries.get(&package.registry)?;
            let bytes = match opened.remove(&package) {
                Some((digest, Some(bytes))) if digest == release.statement().digest => bytes,
                _ => {
                    let mut progress = |done| (self.events)(Event::Fetching(&release, done));
                    store.fetch(&release, registry.source(), &mut progress)?
                }
            };
            (self.events)(Event::Checking(&release));
            let checked = release.check(bytes, self.rules)?;
            let signed = KeptStatement::of(release.release());
            let plugin = locked_plugin(&release, requested, signed.digest());
            plan.changes.push(match lock.get(&package) {
                Some(before) => Change::Replace(package.clone(), before.clone(), plugin.clone()),
                None => Change::Install(package.clone(), plugin.clone()),
            });
            plan.lock.insert(package.clone(), plugin);
            plan.statements.push((release.statement().digest, signed));
            plan.plugins.push((package, checked));
        }
        let gone = lock.plugins().filter(|(package, _)| plan.lock.get(package).is_none());
        plan.changes.extend(gone.map(|(package, plugin)| Change::Remove(package.clone(), plugin.clone())));
        Ok(plan)
    }

    /// Opens the files of chosen releases of which their registries do not tell all, and puts what the files say in the place of that. Returns whether
    /// there were any: another choice may be right then.
    fn complete(
        &self,
        lock: &Lock,
        chosen: &BTreeMap<Package, Release>,
        asking: &Asking<'_>,
        opened: &mut BTreeMap<Package, (Digest, Option<Vec<u8>>)>,
    ) -> Result<bool, Error> {
        let store = self.places.store();
        let mut is_new = false;
        for (package, release) in chosen {
            let digest = release.statement.digest;
            if asking.kept.contains_key(package) || opened.get(package).is_some_and(|(of, _)| *of == digest) {
                continue;
            }
            let registry = self.registries.get(&package.registry)?;
            if registry.source().tells_all() {
                continue;
            }
            // What is installed is known.
            let stays = lock.get(package).filter(|before| before.digest == digest && store.has(&digest));
            let (whole, bytes) = match stays.and_then(|before| kept_release(&store, before)) {
                Some(Release { statement, text, .. }) => {
                    (Release { statement, text, ..release.clone() }, None)
                }
                None => {
                    asking.count_opened()?;
                    let (whole, bytes) = open_outline(registry, package, release)?;
                    (whole, Some(bytes))
                }
            };
            asking.put(package, whole);
            opened.insert(package.clone(), (digest, bytes));
            is_new = true;
        }
        Ok(is_new)
    }

    /// Checks of a plugin that is installed, and was asked for, that its registry has what it had: where there is nothing new, it may be hidden.
    fn check_not_rolled_back(
        &self,
        package: &Package,
        before: &LockedPlugin,
        seen: &Seen,
        asking: &Asking<'_>,
    ) -> Result<(), Error> {
        if asking.kept.contains_key(package) {
            return Ok(());
        }
        let gate = Gate {
            registry: &package.registry,
            identity: &before.registry_id,
            allow_unsigned: false,
            trust: &Trust::default(),
            seen,
        };
        gate.check_seen(&package.id, &asking.releases(package)?)
    }

    /// Lets a release through the gate.
    fn believe(
        &self,
        exclusive: &Exclusive,
        trust: &mut Trust,
        seen: &mut Seen,
        package: &Package,
        release: Release,
        asking: &Asking<'_>,
    ) -> Result<VerifiedRelease, Error> {
        let registry = self.registries.get(&package.registry)?;
        let identity = &registry.info()?.id;
        trust.check_identity(registry.name(), identity)?;
        let all = asking.releases(package)?;
        let allow_unsigned = registry.config().allow_unsigned;
        let verify = |trust: &Trust, seen: &Seen| {
            let gate = Gate { registry: registry.name(), identity, allow_unsigned, trust, seen };
            let verified = gate.verify(&package.id, release.clone(), &all)?;
            let newest = gate.newest(&package.id, &all).map(|newest| (newest.version.clone(), newest.digest));
            Ok((verified, newest))
        };
        let verified = match verify(trust, seen) {
            // Its publisher may have another key by now.
            Err(error @ Error::WrongSignature { .. }) => {
                let keys =
                    registry.source().keys(&package.id.namespace).map_err(|source| registry.error(source))?;
                let followed = trust.follow(registry.name(), &package.id.namespace, &keys.rotations);
                if followed.is_empty() {
                    return Err(error);
                }
                let verified = verify(trust, seen)?;
                self.places.change_trust(exclusive, |written| {
                    written.follow(registry.name(), &package.id.namespace, &keys.rotations);
                    Ok(())
                })?;
                for rotation in &followed {
                    (self.events)(Event::KeyRotated(registry.name(), rotation));
                }
                verified
            }
            verified => verified?,
        };
        let (verified, newest) = verified;
        // Itself as well: among many others the newest may not have been found.
        let own = (verified.statement().version.clone(), verified.statement().digest);
        for (version, digest) in newest.into_iter().chain([own]) {
            seen.note(identity, &package.id, &version, &digest.to_string());
        }
        Ok(verified)
    }

    /// Removes the files that no lock names. Where one of the locks cannot be read, nothing is removed.
    fn sweep(&self, lock: &Lock) -> Result<(), Error> {
        let (mut files, mut statements) = (BTreeSet::new(), BTreeSet::new());
        let mut keep = |lock: &Lock| {
            files.extend(lock.plugins().map(|(_, plugin)| plugin.digest));
            statements.extend(lock.plugins().map(|(_, plugin)| plugin.statement));
        };
        keep(lock);
        for other in self.places.locks()? {
            match read(&other, Lock::from_toml) {
                Ok(other) => keep(&other),
                Err(_) => return Ok(()),
            }
        }
        self.places.store().keep_only(&files, &statements)
    }
}

/// How many files are opened to find out what they need.
const MAX_OPENED: usize = 100;

/// Opens the file of a release of which its registry has told an outline. Its checksum is seen to be right before anything in it is looked at.
fn open_outline(
    registry: &Registry,
    package: &Package,
    outline: &Release,
) -> Result<(Release, Vec<u8>), Error> {
    let Statement { version, digest, .. } = &outline.statement;
    let plugin = || format!("{package} {version}");
    let source = registry.source();
    let found = source.open(outline, 0).map_err(|error| registry.error(error))?;
    let found = found.ok_or_else(|| Error::MissingFile { plugin: plugin(), digest: *digest })?;
    let bytes = driftless_files::read_bounded(found.reader, MAX_PLUGIN_BYTES).map_err(|error| {
        let too_large = || TreeError::TooLarge { what: plugin(), max_bytes: MAX_PLUGIN_BYTES };
        registry.error(SourceError::Tree(match error.get_ref().and_then(|error| error.downcast_ref()) {
            Some(TreeError::Cancelled) => TreeError::Cancelled,
            _ if error.kind() == std::io::ErrorKind::FileTooLarge => too_large(),
            _ => TreeError::Unreachable { url: source.place(), why: error.to_string() },
        }))
    })?;
    let found = Digest::of(&bytes);
    if found != *digest {
        return Err(Error::WrongDigest { plugin: plugin(), expected: *digest, found });
    }
    let whole = outline.completed_by(&bytes);
    let whole = whole.map_err(|why| Error::ManifestDiffers { plugin: plugin(), why })?;
    Ok((whole, bytes))
}

/// The registries, each plugin of which is asked for once.
struct Asking<'a> {
    registries: &'a Registries,
    /// The plugins that are installed, with the one release of each that is.
    kept: BTreeMap<Package, Release>,
    asked: RefCell<BTreeMap<Package, Vec<Release>>>,
    /// How many files were opened to see what they need.
    opened: Cell<usize>,
}

impl Asking<'_> {
    /// Counts a file that is opened to see what it needs.
    fn count_opened(&self) -> Result<(), Error> {
        self.opened.set(self.opened.get() + 1);
        if self.opened.get() > MAX_OPENED {
            let why = format!("more than {MAX_OPENED} files have to be opened to see what they need");
            return Err(Error::TooManyChoices(why));
        }
        Ok(())
    }

    /// Puts what is known of a release from its file in the place of what was told of it.
    fn put(&self, package: &Package, whole: Release) {
        let mut asked = self.asked.borrow_mut();
        let releases = asked.get_mut(package).into_iter().flatten();
        for release in releases.filter(|release| release.statement.version == whole.statement.version) {
            *release = whole.clone();
        }
    }
}

impl Releases for Asking<'_> {
    fn releases(&self, package: &Package) -> Result<Vec<Release>, Error> {
        if let Some(kept) = self.kept.get(package) {
            return Ok(vec![kept.clone()]);
        }
        if let Some(known) = self.asked.borrow().get(package) {
            return Ok(known.clone());
        }
        let releases = self.registries.get(&package.registry)?.releases(&package.id)?;
        self.asked.borrow_mut().insert(package.clone(), releases.clone());
        Ok(releases)
    }

    fn min_age(&self, registry: &str) -> Duration {
        self.registries.get(registry).map_or(Duration::ZERO, |registry| registry.min_age())
    }
}

/// What is installed, as a release.
fn kept_release(store: &BlobStore, plugin: &LockedPlugin) -> Option<Release> {
    let KeptStatement { text, signature } = store.statement(&plugin.statement).ok()?;
    let statement = Statement::parse(&text).ok()?;
    Some(Release { statement, text, signature, is_yanked: false, revoked: None })
}

fn locked_plugin(
    release: &VerifiedRelease,
    requested: Option<VersionReq>,
    statement: Digest,
) -> LockedPlugin {
    let signed = release.statement();
    LockedPlugin {
        name: signed.name.clone(),
        registry_id: signed.registry.clone(),
        version: signed.version.clone(),
        requested,
        digest: signed.digest,
        size_bytes: signed.size_bytes,
        statement,
        key: release.key().map(ToString::to_string),
        dependencies: signed.dependencies.iter().map(|dependency| dependency.id.clone()).collect(),
        permissions: signed.permissions.clone(),
    }
}

/// Checks that a plugin comes from the registry that it came from before. `trust.toml` knows those with signatures only.
fn same_registry(name: &str, before: &str, now: &str) -> Result<(), Error> {
    if before == now {
        return Ok(());
    }
    Err(Error::OtherRegistry {
        registry: name.to_owned(),
        expected: before.to_owned(),
        found: now.to_owned(),
    })
}

/// What was asked for.
fn roots(lock: &Lock) -> BTreeMap<Package, Option<VersionReq>> {
    let roots =
        lock.plugins().filter_map(|(package, plugin)| Some((package.clone(), plugin.requested.clone()?)));
    roots.map(|(package, range)| (package, Some(range))).collect()
}

/// The range of what is compatible with a version.
fn compatible(version: &Version) -> VersionReq {
    VersionReq::parse(&format!("^{}", crate::range::without_build(version))).unwrap_or_default()
}

fn age(now: std::time::SystemTime, statement: &Statement) -> Duration {
    now.duration_since(statement.published).unwrap_or_default()
}

/// The one plugin of a lock that is called this: `name`, `namespace/name` or `registry/namespace/name`.
fn only<'l>(lock: &'l Lock, name: &str) -> Result<(&'l Package, &'l LockedPlugin), Error> {
    let request: Request = name.parse()?;
    let fits = |package: &Package| {
        package.id.name == request.name
            && request.namespace.as_ref().is_none_or(|namespace| *namespace == package.id.namespace)
            && request.registry.as_ref().is_none_or(|registry| *registry == package.registry)
    };
    let found: Vec<_> = lock.plugins().filter(|(package, _)| fits(package)).collect();
    match &found[..] {
        [only] => Ok(*only),
        [] => Err(Error::NotInstalled {
            plugin: crate::printable(name),
            installed: lock.plugins().map(|(package, _)| package.id.name.to_string()).collect(),
        }),
        several => Err(Error::SeveralRegistries {
            plugin: several[0].0.id.to_string(),
            registries: several.iter().map(|(package, _)| package.registry.clone()).collect(),
        }),
    }
}

/// A plugin and all that it needs.
fn needed(lock: &Lock, package: &Package, into: &mut BTreeSet<Package>) {
    let mut left = vec![package.clone()];
    while let Some(package) = left.pop() {
        if into.insert(package.clone()) {
            let ids = lock.get(&package).into_iter().flat_map(|plugin| &plugin.dependencies);
            left.extend(ids.map(|id| in_same_registry(&package, id)));
        }
    }
}

fn in_same_registry(package: &Package, id: &PluginId) -> Package {
    Package { registry: package.registry.clone(), id: id.clone() }
}

/// A lock without the plugins that nothing needs, and those.
fn without_needless(lock: Lock) -> (Lock, Vec<(Package, LockedPlugin)>) {
    let mut kept = BTreeSet::new();
    for package in roots(&lock).keys() {
        needed(&lock, package, &mut kept);
    }
    let all = lock.plugins().map(|(package, plugin)| (package.clone(), plugin.clone()));
    let (kept, removed): (Vec<_>, Vec<_>) = all.partition(|(package, _)| kept.contains(package));
    (kept.into_iter().collect(), removed)
}
