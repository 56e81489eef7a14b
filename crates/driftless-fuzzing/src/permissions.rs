//! Entries of permissions, and what they allow, against a second reading of what they mean.
//!
//! An input is text. A line's first letter says what the rest of it is:
//!
//! | asked for | granted | the rest is |
//! |---|---|---|
//! | `F` | `f` | an entry of `FileSystem` |
//! | `N` | `n` | an entry of `Network` |
//! | `E` | `e` | an entry of `Environment` |
//! | `P` | `p` | an entry of `Process` |
//! | `H` | `h` | an entry of `HostFunction` |
//!
//! Behind `?` is something that the plugin would do: a path, a URL, an address, a name.

use std::net::IpAddr;

use driftless_permissions::{AbsolutePath, Access, Denial, Grant, HttpUrl, Permissions, is_public};
use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::manifest::Permission;

use crate::Coverage;

/// More lines than this take time and show nothing new: every question is put to every entry.
const MAX_LINES: usize = 50;

/// One side: what is asked for, or what is granted.
#[derive(Default)]
struct Side {
    permissions: Vec<Permission>,
    /// The same entries as they are printed.
    printed: Vec<(Capability, String)>,
}

/// Takes `data` for entries and questions.
pub fn run(data: &[u8]) -> Coverage {
    let Ok(text) = std::str::from_utf8(data) else {
        return Coverage::Refused;
    };
    let (mut asked, mut granted, mut questions) = (Side::default(), Side::default(), Vec::new());
    for line in text.split('\n').take(MAX_LINES) {
        let Some(first) = line.chars().next() else {
            continue;
        };
        let rest = line[first.len_utf8()..].to_owned();
        let capability = match first.to_ascii_uppercase() {
            'F' => Capability::File,
            'N' => Capability::Http,
            'E' => Capability::Environment,
            'P' => Capability::Process,
            'H' => Capability::Function,
            '?' => {
                questions.push(rest);
                continue;
            }
            _ => continue,
        };
        let side = if first.is_ascii_uppercase() { &mut asked } else { &mut granted };
        side.add(capability, rest);
    }
    if asked.permissions.is_empty() && granted.permissions.is_empty() {
        return Coverage::Refused;
    }
    let read = |side: &Side| Permissions::parse(&side.permissions).expect("each entry was read before");
    let grant = Grant::new(read(&asked), read(&granted));
    let mut judge = Judge { asked: &asked, granted: &granted, grant: &grant, allowed: false };
    for question in &questions {
        judge.name(question);
        if let Ok(path) = AbsolutePath::parse(question) {
            judge.path(&path);
        }
        if let Ok(url) = HttpUrl::parse(question) {
            judge.url(&url, &questions);
        }
    }
    if judge.allowed { Coverage::Answered } else { Coverage::Accepted }
}

impl Side {
    /// Takes an entry that means something, and checks that it means the same once it is printed.
    fn add(&mut self, capability: Capability, entry: String) {
        let permission = |entry: String| Permission::new(capability, vec![entry]);
        let written = permission(entry.clone());
        let read = match Permissions::parse(std::slice::from_ref(&written)) {
            Ok(read) => read,
            Err(error) => {
                assert!(is_fit_for_a_terminal(&error.to_string()), "{error:?} is not fit for a terminal");
                return;
            }
        };
        let [printed] = read.entries(capability).try_into().expect("one entry is one entry");
        let again = Permissions::parse(&[permission(printed.clone())]);
        assert_eq!(again.as_ref(), Ok(&read), "{entry:?} is printed as {printed:?}, which is another entry");
        assert_eq!(Permissions::parse(&read.to_manifest()).as_ref(), Ok(&read), "{entry:?}");
        assert!(is_fit_for_a_terminal(&printed), "{printed:?} is not fit for a terminal");
        self.permissions.push(written);
        self.printed.push((capability, printed));
    }

    /// Whether any entry of a capability covers something, as `covers` reads it.
    fn allows(&self, capability: Capability, covers: impl Fn(&str) -> bool) -> bool {
        self.printed.iter().any(|(of, entry)| *of == capability && covers(entry))
    }
}

/// A tab does no harm.
fn is_fit_for_a_terminal(line: &str) -> bool {
    !line.chars().any(|character| character.is_control() && character != '\t')
}

/// Puts questions to a grant, and knows the answers.
struct Judge<'a> {
    asked: &'a Side,
    granted: &'a Side,
    grant: &'a Grant,
    allowed: bool,
}

impl Judge<'_> {
    fn name(&mut self, name: &str) {
        let is = |entry: &str| entry == name;
        self.hold(Capability::Environment, self.grant.variable(name), is, name);
        self.hold(Capability::Process, self.grant.command(name), is, name);
        self.hold(Capability::Function, self.grant.function(name), is, name);
    }

    fn path(&mut self, path: &AbsolutePath) {
        let again = AbsolutePath::parse(path.as_str());
        assert_eq!(again.as_ref(), Ok(path), "a path changes when it is printed");
        for access in [Access::Read, Access::Write] {
            let covers = |entry: &str| path_covers(entry, path.as_str(), access);
            self.hold(Capability::File, self.grant.file(path, access), covers, path.as_str());
        }
    }

    fn url(&mut self, url: &HttpUrl, questions: &[String]) {
        let again = HttpUrl::parse(url.as_str());
        assert_eq!(again.as_ref(), Ok(url), "a URL changes when it is printed");
        let covers = |entry: &str| host_covers(entry, url.as_str());
        self.hold(Capability::Http, self.grant.url(url), covers, url.as_str());
        for address in questions.iter().filter_map(|question| question.parse::<IpAddr>().ok()) {
            check_public(address);
            let means = |entry: &str| {
                address_covers(entry, address)
                    || (host_covers(entry, url.as_str()) && host_is(entry, address))
            };
            let expected = is_public(address) || self.granted.allows(Capability::Http, means);
            assert_eq!(self.grant.address(url, address), expected, "{url} at {address}");
        }
    }

    /// Holds an answer against what the entries mean, and against what is said about the grant as a whole.
    fn hold(
        &mut self,
        capability: Capability,
        answer: Result<(), Denial>,
        covers: impl Fn(&str) -> bool,
        question: &str,
    ) {
        let expected =
            match (self.asked.allows(capability, &covers), self.granted.allows(capability, &covers)) {
                (false, _) => Err(Denial::NotRequested),
                (true, false) => Err(Denial::NotGranted),
                (true, true) => Ok(()),
            };
        assert_eq!(answer, expected, "{question:?}");
        if self.grant.is_complete() {
            assert_ne!(answer, Err(Denial::NotGranted), "all was said to be granted, {question:?} is not");
        }
        self.allowed |= answer.is_ok();
    }
}

/// A path lies beneath another if its names begin with the names of that one.
fn path_covers(entry: &str, path: &str, access: Access) -> bool {
    let writable = entry.strip_suffix(":rw");
    let entry = writable.or_else(|| entry.strip_suffix(":ro")).unwrap_or(entry);
    let names =
        |path: &str| path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    (access == Access::Read || writable.is_some()) && names(path).starts_with(&names(entry))
}

/// Scheme, host and port of something that begins as a URL does.
fn origin(text: &str) -> (&str, &str, u16) {
    let (scheme, rest) = text.split_once("://").expect("it was printed with its scheme");
    let authority = rest.split(['/', '?', '#']).next().expect("a part of a text");
    let default = if scheme == "https" { 443 } else { 80 };
    // The colons of an IPv6 address stand in brackets.
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (scheme, host, port.parse().expect("it is a port")),
        _ => (scheme, authority, default),
    }
}

fn host_covers(entry: &str, url: &str) -> bool {
    if entry.starts_with("address:") {
        return false;
    }
    let ((scheme, host, port), (asked_scheme, asked, asked_port)) = (origin(entry), origin(url));
    let is_address = asked.starts_with('[') || asked.parse::<IpAddr>().is_ok();
    let named = match host.strip_prefix('*') {
        Some("") => true,
        Some(ending) => !is_address && asked.len() > ending.len() && asked.ends_with(ending),
        None => host == asked,
    };
    named && scheme == asked_scheme && port == asked_port
}

/// Whether an entry names an address, or is this machine's own name and the address is as well.
fn host_is(entry: &str, address: IpAddr) -> bool {
    let (_, host, _) = origin(entry);
    let written = host.trim_start_matches('[').trim_end_matches(']').parse() == Ok(address);
    written || (host == "localhost" && address.is_loopback())
}

/// A range covers an address if their first bits are the same.
fn address_covers(entry: &str, address: IpAddr) -> bool {
    let Some(range) = entry.strip_prefix("address:") else {
        return false;
    };
    let (first, length) = range.split_once('/').expect("a range is printed with its length");
    let length: u32 = length.parse().expect("a length is a number");
    let same = |first: u128, second: u128, bits: u32| {
        (0..length).all(|bit| (first ^ second) >> (bits - 1 - bit) & 1 == 0)
    };
    match (first.parse().expect("a range begins with an address"), address) {
        (IpAddr::V4(first), IpAddr::V4(address)) => {
            same(first.to_bits().into(), address.to_bits().into(), 32)
        }
        (IpAddr::V6(first), IpAddr::V6(address)) => same(first.to_bits(), address.to_bits(), 128),
        _ => false,
    }
}

/// What the standard library knows to be special is not public.
fn check_public(address: IpAddr) {
    let special = match address.to_canonical() {
        IpAddr::V4(address) => {
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_documentation()
                || address.is_multicast()
                || address.is_broadcast()
                || address.is_unspecified()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_multicast()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_unspecified()
        }
    };
    assert!(!(special && is_public(address)), "{address} is said to be public");
}
