//! Which version of each plugin is taken.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use driftless_plugin_api::text::listed;
use pubgrub::{
    Dependencies, DependencyConstraints, DependencyProvider, External, PackageResolutionStatistics,
    PubGrubError, Ranges,
};
use semver::{Version, VersionReq};

use crate::error::Error;
use crate::explain::{Tree, reasons};
use crate::id::PluginId;
use crate::index::Release;
use crate::range;

/// A plugin in one of the registries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Package {
    /// What the registry is called in the settings.
    pub registry: String,
    /// The plugin.
    pub id: PluginId,
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.id)
    }
}

/// What decides which releases may be taken.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The version of the host.
    pub host: Version,
    /// The time.
    pub now: SystemTime,
}

/// What is known of the registries.
pub trait Releases {
    /// All releases of a plugin.
    ///
    /// # Errors
    ///
    /// When the registry cannot be asked.
    fn releases(&self, package: &Package) -> Result<Vec<Release>, Error>;

    /// How old a release of a registry has to be.
    fn min_age(&self, registry: &str) -> Duration;
}

/// A plugin that is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The plugin.
    pub package: Package,
    /// Which versions will do.
    pub range: VersionReq,
}

/// Chooses a version for every plugin that is wanted and for all that these need. What is `locked` stays where it can.
///
/// # Errors
///
/// When a registry cannot be asked, or no choice satisfies all: with an explanation.
pub fn resolve(
    wanted: &[Wanted],
    locked: &BTreeMap<Package, Version>,
    policy: &Policy,
    registries: &dyn Releases,
) -> Result<BTreeMap<Package, Release>, Error> {
    resolve_anew(wanted, locked, locked, policy, registries)
}

/// The same where some of what is `installed` may move, and is not `locked`. A version that is installed may stay, even where it was withdrawn since.
///
/// # Errors
///
/// As for [`resolve`].
pub fn resolve_anew(
    wanted: &[Wanted],
    locked: &BTreeMap<Package, Version>,
    installed: &BTreeMap<Package, Version>,
    policy: &Policy,
    registries: &dyn Releases,
) -> Result<BTreeMap<Package, Release>, Error> {
    let provider = Provider {
        wanted,
        locked,
        installed,
        policy,
        registries,
        known: RefCell::default(),
        statement_bytes: Cell::new(0),
        decisions: Cell::new(0),
        begun: Instant::now(),
        waited: Cell::default(),
    };
    let root = Name::Root;
    match pubgrub::resolve(&provider, root, Version::new(0, 0, 0)) {
        Ok(chosen) => {
            let mut known = provider.known.into_inner();
            let of_package = |(name, version): (Name, Version)| {
                let Name::Plugin(package) = name else { return None };
                let plugin = known.get_mut(&package)?;
                let place =
                    plugin.releases.iter().position(|release| same(&release.statement.version, &version))?;
                Some((package, plugin.releases.swap_remove(place)))
            };
            Ok(chosen.into_iter().filter_map(of_package).collect())
        }
        Err(PubGrubError::NoSolution(tree)) => {
            Err(Error::NoSolution { explanation: provider.explain(tree), left_out: provider.left_out() })
        }
        Err(
            PubGrubError::ErrorChoosingVersion { source, .. }
            | PubGrubError::ErrorRetrievingDependencies { source, .. }
            | PubGrubError::ErrorInShouldCancel(source),
        ) => Err(source),
    }
}

/// The most plugins that are looked at.
const MAX_PLUGINS: usize = 1_000;
/// The most bytes of the statements of all of them.
const MAX_STATEMENTS_BYTES: usize = 128 << 20;
/// The most choices that are made: of versions, and anew after a conflict.
const MAX_DECISIONS: usize = 5_000;
/// The most time that choosing takes, without what registries take to answer.
const MAX_TIME: Duration = Duration::from_secs(10);

/// A name in the language of pubgrub.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Name {
    Root,
    Plugin(Package),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("what is asked for"),
            Self::Plugin(package) => package.fmt(f),
        }
    }
}

/// The releases of a plugin.
struct Known {
    releases: Vec<Release>,
    /// For each, why it may not be taken.
    barred: Vec<Option<String>>,
}

struct Provider<'a> {
    wanted: &'a [Wanted],
    locked: &'a BTreeMap<Package, Version>,
    installed: &'a BTreeMap<Package, Version>,
    policy: &'a Policy,
    registries: &'a dyn Releases,
    known: RefCell<BTreeMap<Package, Known>>,
    /// The bytes of the statements in there.
    statement_bytes: Cell<usize>,
    decisions: Cell<usize>,
    begun: Instant,
    /// How long registries were waited for.
    waited: Cell<Duration>,
}

impl Provider<'_> {
    /// Runs `with` on the releases of a plugin, which are asked for once.
    fn with<R>(&self, package: &Package, with: impl FnOnce(&Known) -> R) -> Result<R, Error> {
        if let Some(known) = self.known.borrow().get(package) {
            return Ok(with(known));
        }
        if self.known.borrow().len() == MAX_PLUGINS {
            return Err(Error::TooManyChoices(format!("they need more than {MAX_PLUGINS} plugins")));
        }
        let asked = Instant::now();
        let releases = self.registries.releases(package)?;
        self.waited.set(self.waited.get() + asked.elapsed());
        let bytes = releases.iter().map(|release| release.text.len()).sum::<usize>();
        self.statement_bytes.set(self.statement_bytes.get() + bytes);
        if self.statement_bytes.get() > MAX_STATEMENTS_BYTES {
            let why = format!("there are more than {MAX_STATEMENTS_BYTES} bytes of statements");
            return Err(Error::TooManyChoices(why));
        }
        let barred = releases.iter().map(|release| self.bars(package, release)).collect();
        let known = Known { releases, barred };
        let result = with(&known);
        self.known.borrow_mut().insert(package.clone(), known);
        Ok(result)
    }

    /// Why a release may not be taken.
    fn bars(&self, package: &Package, release: &Release) -> Option<String> {
        let statement = &release.statement;
        let installed = self.installed.get(package);
        let is_installed = installed.is_some_and(|installed| same(installed, &statement.version));
        if let Some(why) = &release.revoked {
            return Some(format!("it is revoked: {why}"));
        }
        if release.is_yanked && !is_installed {
            return Some("it is yanked".to_owned());
        }
        if !statement.host_range.matches(&self.policy.host) {
            return Some(format!(
                "it works with driftless {}, and this is {}",
                statement.host_range, self.policy.host
            ));
        }
        let min_age = self.registries.min_age(&package.registry);
        let age = self.policy.now.duration_since(statement.published);
        match age {
            _ if is_installed || statement.is_security_fix || min_age.is_zero() => None,
            Ok(age) if age >= min_age => None,
            Ok(age) => Some(format!(
                "it was published {} ago, and `min_age` of the registry is {}",
                humantime::format_duration(Duration::from_secs(age.as_secs())),
                humantime::format_duration(min_age)
            )),
            Err(_) => Some(format!(
                "it was published at {}, which this machine's clock has not reached",
                humantime::format_rfc3339_seconds(statement.published)
            )),
        }
    }

    /// Why there is no solution: what of all that is asked for does not go together, and what there is.
    fn explain(&self, tree: Tree<Name>) -> String {
        let mut facts: Vec<String> = Vec::new();
        let mut plugins = BTreeSet::new();
        for reason in reasons(tree, MAX_FACTS) {
            let fact = match &reason {
                External::FromDependencyOf(Name::Root, _, Name::Plugin(needed), set) => {
                    plugins.insert(needed.clone());
                    format!("asked for is {}", with_range(needed, set))
                }
                External::FromDependencyOf(Name::Plugin(plugin), own, Name::Plugin(needed), set) => {
                    plugins.insert(needed.clone());
                    format!("{} needs {}", with_range(plugin, own), with_range(needed, set))
                }
                External::NoVersions(Name::Plugin(plugin), _) => {
                    plugins.insert(plugin.clone());
                    continue;
                }
                _ => continue,
            };
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
        let known = self.known.borrow();
        for plugin in plugins {
            let mut versions: Vec<_> =
                known.get(&plugin).into_iter().flat_map(|known| &known.releases).collect();
            versions.sort_by(|one, other| other.statement.version.cmp(&one.statement.version));
            if !versions.is_empty() && facts.len() < 2 * MAX_FACTS {
                let versions = versions.iter().map(|release| &release.statement.version);
                facts.push(format!("of {plugin} there is {}", listed(versions, MAX_TOLD)));
            }
        }
        facts.join("; ")
    }

    /// What was not taken, and why.
    fn left_out(&self) -> Vec<String> {
        let mut told = Vec::new();
        for (package, known) in &*self.known.borrow() {
            if known.releases.is_empty() {
                told.push(format!("{package}: the registry has no release of it"));
            }
            let barred = known.releases.iter().zip(&known.barred).rev();
            let barred = barred.filter_map(|(release, why)| {
                Some(format!("{package} {}: {}", release.statement.version, why.as_ref()?))
            });
            told.extend(barred.take(MAX_TOLD));
        }
        told
    }
}

/// A plugin, and which of its versions; nothing where that is all of them.
fn with_range(package: &Package, set: &Ranges<Version>) -> String {
    if *set == Ranges::full() { package.to_string() } else { format!("{package} {set}") }
}

/// How much is said about why there is no solution.
const MAX_FACTS: usize = 12;

/// How many releases of a plugin are told of that were left out.
const MAX_TOLD: usize = 5;

impl DependencyProvider for Provider<'_> {
    type P = Name;
    type V = Version;
    type VS = Ranges<Version>;
    type Priority = Reverse<usize>;
    type M = String;
    type Err = Error;

    fn prioritize(
        &self,
        name: &Name,
        set: &Ranges<Version>,
        _: &PackageResolutionStatistics,
    ) -> Self::Priority {
        let Name::Plugin(package) = name else { return Reverse(0) };
        // The fewer there are to choose from, the sooner one is chosen. An error comes up again when one is.
        let count = self.with(package, |known| {
            known
                .releases
                .iter()
                .filter(|release| set.contains(&range::without_build(&release.statement.version)))
                .count()
        });
        Reverse(count.unwrap_or(0))
    }

    fn choose_version(&self, name: &Name, set: &Ranges<Version>) -> Result<Option<Version>, Error> {
        let Name::Plugin(package) = name else { return Ok(Some(Version::new(0, 0, 0))) };
        let locked = self.locked.get(package).map(range::without_build);
        self.with(package, |known| {
            let open = known.releases.iter().zip(&known.barred).filter(|(_, barred)| barred.is_none());
            let versions = open.map(|(release, _)| range::without_build(&release.statement.version));
            let mut fitting: Vec<_> = versions.filter(|version| range::admits(set, version)).collect();
            fitting.sort();
            match locked {
                Some(locked) if fitting.contains(&locked) => Some(locked),
                _ => fitting.pop(),
            }
        })
    }

    fn get_dependencies(
        &self,
        name: &Name,
        version: &Version,
    ) -> Result<Dependencies<Name, Ranges<Version>, String>, Error> {
        let Name::Plugin(package) = name else {
            let wanted = self.wanted.iter();
            let wanted =
                wanted.map(|wanted| (Name::Plugin(wanted.package.clone()), range::of(&wanted.range)));
            return Ok(Dependencies::Available(merged(wanted)));
        };
        self.with(package, |known| {
            let release = known.releases.iter().find(|release| same(&release.statement.version, version));
            let dependencies = release.into_iter().flat_map(|release| &release.statement.dependencies);
            let (own, dependencies): (Vec<_>, Vec<_>) =
                dependencies.partition(|dependency| dependency.id == package.id);
            if let Some(own) = own.iter().find(|own| !range::of(&own.range).contains(version)) {
                return Dependencies::Unavailable(format!("because it needs itself as {}", own.range));
            }
            // A plugin's own registry has what it needs: another one could have another plugin of that name.
            let dependencies = dependencies.into_iter().map(|dependency| {
                let package = Package { registry: package.registry.clone(), id: dependency.id.clone() };
                (Name::Plugin(package), range::of(&dependency.range))
            });
            Dependencies::Available(merged(dependencies))
        })
    }

    fn should_cancel(&self) -> Result<(), Error> {
        self.decisions.set(self.decisions.get() + 1);
        if self.decisions.get() > MAX_DECISIONS {
            return Err(Error::TooManyChoices(format!("it takes more than {MAX_DECISIONS} choices")));
        }
        if self.begun.elapsed().saturating_sub(self.waited.get()) > MAX_TIME {
            return Err(Error::TooManyChoices(format!("it takes more than {} seconds", MAX_TIME.as_secs())));
        }
        Ok(())
    }
}

/// What is asked for of one plugin in several places has to hold at once.
fn merged(
    wanted: impl Iterator<Item = (Name, Ranges<Version>)>,
) -> DependencyConstraints<Name, Ranges<Version>> {
    let mut all: Vec<(Name, Ranges<Version>)> = Vec::new();
    for (name, set) in wanted {
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = known.intersection(&set),
            None => all.push((name, set)),
        }
    }
    all.into_iter().collect()
}

/// Whether two versions are one, but for their build metadata.
fn same(one: &Version, other: &Version) -> bool {
    one.cmp_precedence(other).is_eq()
}
