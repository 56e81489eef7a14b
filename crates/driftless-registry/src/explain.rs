//! Why no choice of versions fits, in sentences.

use std::collections::{BTreeSet, HashMap};
use std::fmt::{Debug, Display};
use std::sync::Arc;

use driftless_plugin_api::text::listed;
use pubgrub::{DefaultStringReporter, DerivationTree, External, Package, Ranges, Reporter};
use semver::Version;

/// The most reasons that are told. What tells them calls itself for each level of them, and tells what has two consequences twice.
const MAX_REASONS: usize = 2_000;
const MAX_DEPTH: usize = 200;

type Tree<P> = DerivationTree<P, Ranges<Version>, String>;

/// The reasons, in sentences; of very many the plugins only.
pub(crate) fn explain<P: Package + Ord + Debug + Display>(mut tree: Tree<P>) -> String {
    let (reasons, depth) = size(&tree);
    let explanation = if reasons <= MAX_REASONS && depth <= MAX_DEPTH {
        tree.collapse_no_versions();
        DefaultStringReporter::report(&tree)
    } else {
        format!("too many reasons to tell, about {}", listed(packages(&tree), 20))
    };
    dismantle(tree);
    explanation
}

/// How many reasons would be told, and how deep they follow from one another.
fn size<P: Package>(tree: &Tree<P>) -> (usize, usize) {
    let mut known: HashMap<*const Tree<P>, (usize, usize)> = HashMap::new();
    let mut left = vec![tree];
    while let Some(&tree) = left.last() {
        let size = match tree {
            DerivationTree::External(_) => (1, 1),
            DerivationTree::Derived(derived) => {
                let causes = [&*derived.cause1, &*derived.cause2];
                let sizes = causes.map(|cause| known.get(&std::ptr::from_ref(cause)).copied());
                if let [Some(one), Some(other)] = sizes {
                    (one.0.saturating_add(other.0).saturating_add(1), one.1.max(other.1) + 1)
                } else {
                    left.extend(causes);
                    continue;
                }
            }
        };
        known.insert(std::ptr::from_ref(tree), size);
        left.pop();
    }
    known[&std::ptr::from_ref(tree)]
}

/// The plugins that it is about.
fn packages<P: Package + Ord>(tree: &Tree<P>) -> BTreeSet<&P> {
    let mut packages = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut left = vec![tree];
    while let Some(tree) = left.pop() {
        if !seen.insert(std::ptr::from_ref(tree)) {
            continue;
        }
        match tree {
            DerivationTree::Derived(derived) => left.extend([&*derived.cause1, &*derived.cause2]),
            DerivationTree::External(External::FromDependencyOf(one, _, other, _)) => {
                packages.extend([one, other]);
            }
            DerivationTree::External(
                External::NoVersions(package, _)
                | External::NotRoot(package, _)
                | External::Custom(package, _, _),
            ) => {
                packages.insert(package);
            }
        }
    }
    packages
}

/// Drops a tree without the stack that its depth would need.
fn dismantle<P: Package>(tree: Tree<P>) {
    let mut left = vec![tree];
    while let Some(tree) = left.pop() {
        if let DerivationTree::Derived(derived) = tree {
            left.extend([derived.cause1, derived.cause2].into_iter().filter_map(Arc::into_inner));
        }
    }
}
