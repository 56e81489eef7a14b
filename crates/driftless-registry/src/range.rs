//! Ranges of versions as sets that can be cut and joined, which is what resolving is.

use pubgrub::Ranges;
use semver::{BuildMetadata, Comparator, Op, Prerelease, Version, VersionReq};

/// The versions between the bounds of a range. Versions before a release are among them; whether one counts is for [`admits`] to say.
pub(crate) fn of(range: &VersionReq) -> Ranges<Version> {
    range.comparators.iter().map(between).fold(Ranges::full(), |all, one| all.intersection(&one))
}

/// Whether a version of a set may be chosen: one before a release only where a bound of the set is before the same release.
pub(crate) fn admits(set: &Ranges<Version>, version: &Version) -> bool {
    let before_same = |bound: &Version| {
        !bound.pre.is_empty()
            && (bound.major, bound.minor, bound.patch) == (version.major, version.minor, version.patch)
    };
    let bounds = set.iter().flat_map(|(low, high)| [low, high]);
    let mut bounds = bounds.filter_map(|bound| match bound {
        std::ops::Bound::Included(version) | std::ops::Bound::Excluded(version) => Some(version),
        std::ops::Bound::Unbounded => None,
    });
    set.contains(version) && (version.pre.is_empty() || bounds.any(before_same))
}

/// What of a version is no part of its place in the order.
pub(crate) fn without_build(version: &Version) -> Version {
    Version { build: BuildMetadata::EMPTY, ..version.clone() }
}

fn between(comparator: &Comparator) -> Ranges<Version> {
    let Comparator { op, major, minor, patch, pre } = comparator;
    let low = version(*major, minor.unwrap_or(0), patch.unwrap_or(0), pre.clone());
    // The first version behind those that share these numbers. Behind the greatest number of all there is none.
    let next_major = || Some(version(major.checked_add(1)?, 0, 0, Prerelease::EMPTY));
    let next_minor = |minor: u64| match minor.checked_add(1) {
        Some(next) => Some(version(*major, next, 0, Prerelease::EMPTY)),
        None => next_major(),
    };
    let next_patch = |minor: u64, patch: u64| match patch.checked_add(1) {
        Some(next) => Some(version(*major, minor, next, Prerelease::EMPTY)),
        None => next_minor(minor),
    };
    let up_to = |low: Version, behind: Option<Version>| match behind {
        Some(behind) => Ranges::between(low, behind),
        None => Ranges::higher_than(low),
    };
    // Whether it is a partial version, `1` or `1.2`, and then what is behind all that it stands for.
    let behind = match (minor, patch) {
        (None, _) => Some(next_major()),
        (Some(minor), None) => Some(next_minor(*minor)),
        (Some(_), Some(_)) => None,
    };
    match op {
        Op::Exact | Op::Wildcard => match behind {
            Some(behind) => up_to(low, behind),
            None => Ranges::singleton(low),
        },
        Op::Greater => match behind {
            Some(Some(behind)) => Ranges::higher_than(behind),
            Some(None) => Ranges::empty(),
            None => Ranges::strictly_higher_than(low),
        },
        Op::GreaterEq => Ranges::higher_than(low),
        Op::Less => Ranges::strictly_lower_than(low),
        Op::LessEq => match behind {
            Some(Some(behind)) => Ranges::strictly_lower_than(behind),
            Some(None) => Ranges::full(),
            None => Ranges::lower_than(low),
        },
        Op::Tilde => match minor {
            Some(minor) => up_to(low, next_minor(*minor)),
            None => up_to(low, next_major()),
        },
        Op::Caret => match (major, minor, patch) {
            (0, Some(0), Some(patch)) => up_to(low, next_patch(0, *patch)),
            (0, Some(minor), _) => up_to(low, next_minor(*minor)),
            _ => up_to(low, next_major()),
        },
        // The crate may learn more; until this program does, nothing is in what it does not know.
        _ => Ranges::empty(),
    }
}

fn version(major: u64, minor: u64, patch: u64, pre: Prerelease) -> Version {
    Version { major, minor, patch, pre, build: BuildMetadata::EMPTY }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![9 => 0..4_u64, 1 => Just(u64::MAX)]
    }

    fn pre() -> impl Strategy<Value = &'static str> {
        prop_oneof![3 => Just(""), 1 => Just("-alpha"), 1 => Just("-beta.2")]
    }

    prop_compose! {
        fn comparator()(op in prop::sample::select(vec!["=", ">", ">=", "<", "<=", "~", "^", ""]),
            major in number(), minor in prop::option::of(number()), patch in prop::option::of(number()), pre in pre()) -> String {
            match (minor, patch) {
                (Some(minor), Some(patch)) => format!("{op}{major}.{minor}.{patch}{pre}"),
                (Some(minor), None) => format!("{op}{major}.{minor}"),
                _ => format!("{op}{major}"),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn a_range_is_what_semver_takes_it_for(
            ranges in prop::collection::vec(comparator(), 1..3), major in number(), minor in number(), patch in number(), pre in pre(),
        ) {
            let range = VersionReq::parse(&ranges.join(", ")).unwrap();
            let version = Version::parse(&format!("{major}.{minor}.{patch}{pre}")).unwrap();
            let ours = admits(&of(&range), &version);
            // Of versions before a release, two comparators may make something else: the bound that named one may be gone where their sets are cut, and
            // `>=1` has 1.1.1-alpha for semver only where it is asked alone.
            let is_special = !version.pre.is_empty() && ranges.len() > 1;
            prop_assert!(ours == range.matches(&version) || is_special, "{range} {version}: {ours}");
        }
    }

    #[test]
    fn the_greatest_numbers_are_no_range_upside_down() {
        let max = u64::MAX;
        for range in
            [format!("^{max}"), format!("~{max}.{max}"), format!("={max}.{max}"), format!("^0.0.{max}")]
        {
            let low = VersionReq::parse(&range).unwrap().comparators[0].clone();
            let version = Version::new(low.major, low.minor.unwrap_or(0), low.patch.unwrap_or(0));
            let set = of(&VersionReq::parse(&range).unwrap());
            assert!(set.contains(&version), "{range}");
            assert!(set.intersection(&set.complement()).is_empty(), "{range}: it is well-formed");
        }
    }
}
