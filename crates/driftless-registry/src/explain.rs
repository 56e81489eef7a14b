//! Why no choice of versions fits.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use pubgrub::{DerivationTree, External, Package, Ranges};
use semver::Version;

/// The most reasons that are simplified. What does that calls itself for each level of them, and goes twice through what has two consequences.
const MAX_REASONS: usize = 2_000;
const MAX_DEPTH: usize = 200;

pub(crate) type Tree<P> = DerivationTree<P, Ranges<Version>, String>;
pub(crate) type Reason<P> = External<P, Ranges<Version>, String>;

/// The reasons: what needs what, and of what there is nothing that fits; the first of very many.
pub(crate) fn reasons<P: Package>(mut tree: Tree<P>, max: usize) -> Vec<Reason<P>> {
    let (count, depth) = size(&tree);
    if count <= MAX_REASONS && depth <= MAX_DEPTH {
        tree.collapse_no_versions();
    }
    let mut reasons = Vec::new();
    let mut seen = BTreeSet::new();
    let mut left = vec![&tree];
    while let (Some(tree), true) = (left.pop(), reasons.len() < max) {
        if !seen.insert(std::ptr::from_ref(tree)) {
            continue;
        }
        match tree {
            DerivationTree::Derived(derived) => left.extend([&*derived.cause2, &*derived.cause1]),
            DerivationTree::External(reason) => reasons.push(reason.clone()),
        }
    }
    dismantle(tree);
    reasons
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

/// Drops a tree without the stack that its depth would need.
fn dismantle<P: Package>(tree: Tree<P>) {
    let mut left = vec![tree];
    while let Some(tree) = left.pop() {
        if let DerivationTree::Derived(derived) = tree {
            left.extend([derived.cause1, derived.cause2].into_iter().filter_map(Arc::into_inner));
        }
    }
}
