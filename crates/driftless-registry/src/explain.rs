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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pubgrub::{Derived, Map};

    use super::*;

    fn of(one: Arc<Tree<String>>, other: Arc<Tree<String>>) -> Tree<String> {
        DerivationTree::Derived(Derived {
            terms: Map::default(),
            shared_id: None,
            cause1: one,
            cause2: other,
        })
    }

    fn leaf(name: &str) -> Arc<Tree<String>> {
        let (name, all) = (name.to_owned(), Ranges::full());
        Arc::new(DerivationTree::External(External::FromDependencyOf(name, all.clone(), "b".to_owned(), all)))
    }

    #[test]
    fn few_reasons_are_all_there() {
        assert_eq!(reasons(of(leaf("a"), leaf("c")), 10).len(), 2);
    }

    #[test]
    fn a_deep_tree_needs_no_stack() {
        let deep = (0..100_000).fold(leaf("a"), |tree, _| Arc::new(of(tree, leaf("c"))));
        assert_eq!(reasons(Arc::into_inner(deep).unwrap(), 10).len(), 10);
    }

    #[test]
    fn reasons_that_are_shared_are_not_visited_once_for_each_way_to_them() {
        let (done, waits) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let shared = (0..100).fold(leaf("a"), |tree, _| Arc::new(of(Arc::clone(&tree), tree)));
            done.send(reasons(Arc::into_inner(shared).unwrap(), 10).len()).unwrap();
        });
        let told = waits.recv_timeout(Duration::from_secs(60)).expect("there are 2^100 ways");
        assert_eq!(told, 1);
    }
}
