//! Matching never grants more than the written meaning: what is allowed is checked against a second reading of the entries, made the
//! plain and slow way.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use driftless_permissions::{
    AbsolutePath, Access, Coverage, Grant, HostPattern, HttpUrl, PathPattern, Permissions, is_public,
};
use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::manifest::Permission;
use proptest::prelude::*;

/// Few letters, so that paths often share a beginning, and everything that an attacker would put between slashes.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[ab]{1,2}",
        1 => Just("..".to_owned()),
        1 => Just(".".to_owned()),
        1 => Just(String::new()),
        1 => "[a:rwo*?\\\\% \u{0}é]{1,4}",
    ]
}

fn path() -> impl Strategy<Value = String> {
    (prop::collection::vec(name(), 0..5), any::<bool>())
        .prop_map(|(names, absolute)| format!("{}{}", if absolute { "/" } else { "" }, names.join("/")))
}

fn path_entry() -> impl Strategy<Value = String> {
    (path(), prop_oneof![Just(""), Just(":rw"), Just(":ro"), Just(":RW")])
        .prop_map(|(path, suffix)| path + suffix)
}

/// The written meaning: the names of the entry, one by one, are the first names of the path.
fn means(entry: &str, path: &str, write: bool) -> bool {
    let (folder, writable) = match (entry.strip_suffix(":rw"), entry.strip_suffix(":ro")) {
        (Some(folder), _) => (folder, true),
        (_, Some(folder)) => (folder, false),
        _ => (entry, false),
    };
    let names =
        |text: &str| text.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (folder, path) = (names(folder), names(path));
    (writable || !write) && path.len() >= folder.len() && path[..folder.len()] == folder[..]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_path_is_allowed_only_by_both(
        asked in prop::collection::vec(path_entry(), 0..3),
        granted in prop::collection::vec(path_entry(), 0..3),
        path in path(),
        write: bool,
    ) {
        let files = |entries: &[String]| {
            let readable: Vec<_> = entries.iter().filter(|entry| PathPattern::parse(entry).is_ok()).cloned().collect();
            (Permissions::parse(&[Permission::FileSystem { paths: readable.clone() }]).unwrap(), readable)
        };
        let ((asked, asked_entries), (granted, granted_entries)) = (files(&asked), files(&granted));
        let Ok(read) = AbsolutePath::parse(&path) else { return Ok(()) };
        prop_assert!(read.names().all(|name| name != ".." && name != "."));
        let access = if write { Access::Write } else { Access::Read };
        let allowed = Grant::new(asked, granted).file(&read, access).is_ok();
        let meant = |entries: &[String]| entries.iter().any(|entry| means(entry, &path, write));
        prop_assert_eq!(allowed, meant(&asked_entries) && meant(&granted_entries));
    }

    /// What is granted in two steps is what either of them grants.
    #[test]
    fn a_union_allows_what_either_allows(
        one in prop::collection::vec(path_entry(), 0..4),
        two in prop::collection::vec(path_entry(), 0..4),
        path in path(),
        write: bool,
    ) {
        let files = |entries: &[String]| {
            let paths = entries.iter().filter(|entry| PathPattern::parse(entry).is_ok()).cloned().collect();
            Permissions::parse(&[Permission::FileSystem { paths }]).unwrap()
        };
        let Ok(path) = AbsolutePath::parse(&path) else { return Ok(()) };
        let access = if write { Access::Write } else { Access::Read };
        let everything = Permissions::parse(&[Permission::FileSystem { paths: vec!["/:rw".to_owned()] }]).unwrap();
        let allows = |granted: Permissions| Grant::new(everything.clone(), granted).file(&path, access).is_ok();
        let (one, two) = (files(&one), files(&two));
        let both = one.clone().union(two.clone());
        prop_assert_eq!(allows(both.clone()), allows(one.clone()) || allows(two.clone()));
        prop_assert_eq!(both.clone().union(one), both);
    }

    #[test]
    fn an_entry_of_a_path_prints_as_what_it_is(entry in path_entry()) {
        if let Ok(pattern) = PathPattern::parse(&entry) {
            prop_assert_eq!(PathPattern::parse(&pattern.to_string()).unwrap(), pattern);
        }
    }

    /// What is said to be granted of an entry allows exactly what the two allow together.
    #[test]
    fn coverage_is_what_both_allow(asked in path_entry(), granted in prop::collection::vec(path_entry(), 0..3), path in path(), write: bool) {
        let (Ok(pattern), Ok(path)) = (PathPattern::parse(&asked), AbsolutePath::parse(&path)) else { return Ok(()) };
        let granted: Vec<_> = granted.into_iter().filter(|entry| PathPattern::parse(entry).is_ok()).collect();
        let files = |paths| Permissions::parse(&[Permission::FileSystem { paths }]).unwrap();
        let grant = Grant::new(files(vec![asked]), files(granted));
        let access = if write { Access::Write } else { Access::Read };
        let covered = match &grant.coverage(Capability::File)[0].1 {
            Coverage::Full => pattern.covers(&path, access),
            Coverage::Partial(parts) => parts.iter().any(|part| PathPattern::parse(part).unwrap().covers(&path, access)),
            Coverage::None => false,
        };
        prop_assert_eq!(covered, grant.file(&path, access).is_ok());
    }
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab]", 1 => "[a-b0-9]{1,3}", 1 => Just("xn--bcher-kva".to_owned()), 1 => Just(String::new())]
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::collection::vec(label(), 1..4).prop_map(|labels| labels.join(".")),
        1 => Just("127.0.0.1".to_owned()),
        1 => Just("[::1]".to_owned()),
        1 => Just("localhost".to_owned()),
        1 => "[ab.*@:/\\\\#?%0-9]{1,8}",
    ]
}

fn host_entry() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![Just(""), Just("https://"), Just("http://"), Just("ftp://")];
    let star = prop_oneof![3 => Just(""), 1 => Just("*."), 1 => Just("*")];
    let port = prop_oneof![3 => Just(String::new()), 1 => Just(":80".into()), 1 => Just(":443".into()), 1 => Just(":8080".into())];
    (scheme, star, host(), port).prop_map(|(scheme, star, host, port)| format!("{scheme}{star}{host}{port}"))
}

fn url() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![Just("https://"), Just("http://"), Just("HTTP://"), Just("//")];
    let port = prop_oneof![3 => Just(""), 1 => Just(":80"), 1 => Just(":443"), 1 => Just(":8080")];
    let rest = prop_oneof![Just(""), Just("/"), Just("/x?y#z"), Just("@b"), Just("\\@a"), Just("?@a.b")];
    (scheme, host(), port, rest).prop_map(|(scheme, host, port, rest)| format!("{scheme}{host}{port}{rest}"))
}

/// The written meaning, read off the texts.
fn names_host(entry: &str, url: &HttpUrl) -> bool {
    let (https, rest) = match entry.split_once("://") {
        Some((scheme, rest)) => (scheme == "https", rest),
        None => (true, entry),
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().unwrap()),
        _ => (rest, if https { 443 } else { 80 }),
    };
    let asked = url.host().to_string();
    let is_name = matches!(url.host(), url::Host::Domain(_));
    let named = match host.strip_prefix("*.") {
        _ if host == "*" => true,
        Some(parent) => {
            let labels = |name: &str| name.split('.').rev().map(str::to_owned).collect::<Vec<_>>();
            let (parent, asked) = (labels(parent), labels(&asked));
            is_name && asked.len() > parent.len() && asked[..parent.len()] == parent[..]
        }
        None => HttpUrl::parse(&format!("http://{host}/")).is_ok_and(|url| url.host().to_string() == asked),
    };
    named && https == url.is_https() && port == url.port()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_host_is_allowed_only_as_it_is_written(entry in host_entry(), url in url()) {
        let (Ok(pattern), Ok(url)) = (HostPattern::parse(&entry), HttpUrl::parse(&url)) else { return Ok(()) };
        if pattern.covers(&url) {
            prop_assert!(names_host(&entry, &url), "{entry} covers {url}");
        }
        prop_assert_eq!(HostPattern::parse(&pattern.to_string()).unwrap(), pattern);
    }

    /// A parser that reads the text of a URL again finds the same host and path: no two parsers can be played off against each other.
    #[test]
    fn a_url_reads_the_same_again(url in url()) {
        if let Ok(url) = HttpUrl::parse(&url) {
            let again = HttpUrl::parse(url.as_str()).unwrap();
            prop_assert_eq!(again.host(), url.host());
            prop_assert_eq!(again.port(), url.port());
            prop_assert!(!url.as_str().contains('@') || url.as_str().find('@') > url.as_str()[8..].find(['/', '?']).map(|at| at + 8));
        }
    }

    /// An IPv4 address is treated alike in all its disguises.
    #[test]
    fn an_address_has_no_disguise(bits: u32) {
        let plain = Ipv4Addr::from(bits);
        let mapped = plain.to_ipv6_mapped();
        let nat64 = Ipv6Addr::from(0x0064_ff9b_u128 << 96 | u128::from(bits));
        let expected = is_public(IpAddr::V4(plain));
        prop_assert_eq!(is_public(IpAddr::V6(mapped)), expected);
        prop_assert_eq!(is_public(IpAddr::V6(nat64)), expected);
    }

    /// No text makes the readers panic, and what they accept prints back to itself.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}|[ -~]{0,40}") {
        for permission in [
            Permission::FileSystem { paths: vec![text.clone()] },
            Permission::Network { hosts: vec![text.clone()] },
            Permission::Environment { vars: vec![text.clone()] },
            Permission::Process { commands: vec![text.clone()] },
            Permission::HostFunction { functions: vec![text.clone()] },
        ] {
            if let Ok(read) = Permissions::parse(&[permission]) {
                prop_assert_eq!(Permissions::parse(&read.to_manifest()).unwrap(), read);
            }
        }
    }
}
