//! What was asked for and what was granted, together.

use std::fmt;
use std::net::IpAddr;

use driftless_plugin_api::host_call::Capability;

use crate::network::{HostPattern, HttpUrl};
use crate::path::{AbsolutePath, Access, PathPattern};
use crate::permissions::Permissions;

/// What a plugin may do: what its manifest asks for *and* its user grants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    requested: Permissions,
    granted: Permissions,
}

/// Why something is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The plugin's manifest does not ask for it.
    NotRequested,
    /// The manifest asks for it, and the user has not granted it.
    NotGranted,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRequested => {
                "the plugin's manifest does not ask for it; its author adds it to the permissions there"
            }
            Self::NotGranted => "it is not granted",
        })
    }
}

/// How much of one requested entry is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of it.
    Full,
    /// Only these parts of it.
    Partial(Vec<String>),
    /// Nothing.
    None,
}

impl Grant {
    /// Nothing is allowed.
    pub const NOTHING: Self = Self { requested: Permissions::NONE, granted: Permissions::NONE };

    /// What both allow.
    pub fn new(requested: Permissions, granted: Permissions) -> Self {
        Self { requested, granted }
    }

    /// What the manifest asks for.
    pub fn requested(&self) -> &Permissions {
        &self.requested
    }

    /// What the user grants.
    pub fn granted(&self) -> &Permissions {
        &self.granted
    }

    /// Whether something may be done to a file or folder.
    ///
    /// # Errors
    ///
    /// Which of the two does not allow it.
    pub fn file(&self, path: &AbsolutePath, access: Access) -> Result<(), Denial> {
        self.both(|permissions| permissions.file(path, access))
    }

    /// What both allow, and the addresses that the user grants, which no manifest asks for.
    #[must_use]
    pub fn allowed(&self) -> Permissions {
        fn meeting<T>(asked: &[T], granted: &[T], meet: impl Fn(&T, &T) -> Option<T>) -> Vec<T> {
            asked
                .iter()
                .flat_map(|one| granted.iter().filter_map(|two| meet(one, two)).collect::<Vec<_>>())
                .collect()
        }
        let (asked, granted) = (&self.requested, &self.granted);
        let both = Permissions {
            files: meeting(&asked.files, &granted.files, PathPattern::meet),
            hosts: meeting(&asked.hosts, &granted.hosts, |asked, granted| self.host(asked, granted)),
            addresses: granted.addresses.clone(),
            variables: meeting(&asked.variables, &granted.variables, same),
            commands: meeting(&asked.commands, &granted.commands, same),
            functions: meeting(&asked.functions, &granted.functions, same),
        };
        Permissions::NONE.union(both)
    }

    /// The files and folders that both allow.
    pub fn files(&self) -> Vec<PathPattern> {
        let pairs = self
            .requested
            .files
            .iter()
            .flat_map(|asked| self.granted.files.iter().filter_map(|granted| asked.meet(granted)));
        let mut files: Vec<_> = pairs.collect();
        files.sort();
        files.dedup();
        files
    }

    /// The environment variables that both allow.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let asked = self.requested.variables.iter().map(String::as_str);
        asked.filter(|name| self.granted.variable(name))
    }

    /// Whether a URL may be asked for. Where it leads is for [`address`](Self::address) to judge.
    ///
    /// # Errors
    ///
    /// Which of the two does not allow it.
    pub fn url(&self, url: &HttpUrl) -> Result<(), Denial> {
        self.both(|permissions| permissions.url(url))
    }

    /// Whether the host of a URL that may be asked for may be at this address.
    ///
    /// Only the user is asked: an author does not know the networks of those who run the plugin.
    pub fn address(&self, url: &HttpUrl, address: IpAddr) -> bool {
        self.granted.address(url, address)
    }

    /// Whether an environment variable may be read.
    ///
    /// # Errors
    ///
    /// Which of the two does not allow it.
    pub fn variable(&self, name: &str) -> Result<(), Denial> {
        self.both(|permissions| permissions.variable(name))
    }

    /// Whether a command may be run.
    ///
    /// # Errors
    ///
    /// Which of the two does not allow it.
    pub fn command(&self, command: &str) -> Result<(), Denial> {
        self.both(|permissions| permissions.command(command))
    }

    /// Whether a function of the host's program may be called.
    ///
    /// # Errors
    ///
    /// Which of the two does not allow it.
    pub fn function(&self, name: &str) -> Result<(), Denial> {
        self.both(|permissions| permissions.function(name))
    }

    /// Each requested entry of a capability, and how much of it is granted.
    pub fn coverage(&self, capability: Capability) -> Vec<(String, Coverage)> {
        let (requested, granted) = (&self.requested, &self.granted);
        match capability {
            Capability::File => compare(&requested.files, &granted.files, PathPattern::meet),
            Capability::Http => {
                compare(&requested.hosts, &granted.hosts, |asked, granted| self.host(asked, granted))
            }
            Capability::Environment => compare(&requested.variables, &granted.variables, same),
            Capability::Process => compare(&requested.commands, &granted.commands, same),
            Capability::Function => compare(&requested.functions, &granted.functions, same),
        }
    }

    /// Whether everything that was asked for is granted.
    pub fn is_complete(&self) -> bool {
        Capability::ALL.iter().all(|capability| {
            self.coverage(*capability).iter().all(|(_, coverage)| *coverage == Coverage::Full)
        })
    }

    /// What an entry that is asked for and one that is granted allow together.
    ///
    /// A granted star covers the URL of an address and does not allow the address: that is for a range, or for an entry that names it.
    fn host(&self, asked: &HostPattern, granted: &HostPattern) -> Option<HostPattern> {
        let both = asked.meet(granted)?;
        (both == *granted || !both.is_address() || self.granted.reaches(&both)).then_some(both)
    }

    fn both(&self, allows: impl Fn(&Permissions) -> bool) -> Result<(), Denial> {
        if !allows(&self.requested) {
            Err(Denial::NotRequested)
        } else if !allows(&self.granted) {
            Err(Denial::NotGranted)
        } else {
            Ok(())
        }
    }
}

/// Compares entry by entry; `meet` is what two entries have in common.
fn compare<T: fmt::Display + PartialEq>(
    requested: &[T],
    granted: &[T],
    meet: impl Fn(&T, &T) -> Option<T>,
) -> Vec<(String, Coverage)> {
    let coverage = |entry: &T| {
        let parts: Vec<T> = granted.iter().filter_map(|grant| meet(entry, grant)).collect();
        if parts.contains(entry) {
            return Coverage::Full;
        }
        let mut shown: Vec<String> = parts.iter().map(T::to_string).collect();
        shown.sort();
        shown.dedup();
        if shown.is_empty() { Coverage::None } else { Coverage::Partial(shown) }
    };
    requested.iter().map(|entry| (entry.to_string(), coverage(entry))).collect()
}

fn same(one: &String, other: &String) -> Option<String> {
    (one == other).then(|| one.clone())
}

#[cfg(test)]
mod tests {
    use driftless_plugin_api::manifest::Permission;

    use super::*;

    fn paths(entries: &[&str]) -> Permissions {
        let paths = entries.iter().map(|entry| (*entry).to_owned()).collect();
        Permissions::parse(&[Permission::FileSystem { paths }]).unwrap()
    }

    fn hosts(entries: &[&str]) -> Permissions {
        let hosts = entries.iter().map(|entry| (*entry).to_owned()).collect();
        Permissions::parse(&[Permission::Network { hosts }]).unwrap()
    }

    #[test]
    fn coverage_is_told_entry_by_entry() {
        let grant =
            Grant::new(paths(&["/etc", "/srv:rw", "/opt"]), paths(&["/etc/os-release", "/srv", "/opt", "/"]));
        assert!(!grant.is_complete());
        let coverage = grant.coverage(Capability::File);
        assert_eq!(coverage[0], ("/etc".to_owned(), Coverage::Full));
        // Reading all of the machine is granted, and writing to /srv is not.
        assert_eq!(coverage[1], ("/srv:rw".to_owned(), Coverage::Partial(vec!["/srv".to_owned()])));
        assert_eq!(grant.coverage(Capability::Http), []);
    }

    #[test]
    fn what_is_allowed_is_what_both_allow() {
        let allowed =
            Grant::new(paths(&["/srv/app", "/etc:rw"]), paths(&["/srv:rw", "/etc/motd:rw"])).allowed();
        assert_eq!(allowed.entries(Capability::File), ["/srv/app", "/etc/motd:rw"]);
        let granted = hosts(&["https://*", "address:10.0.0.0/8"]);
        let allowed = Grant::new(hosts(&["https://a.example", "http://b.example"]), granted).allowed();
        assert_eq!(allowed.entries(Capability::Http), ["https://a.example", "address:10.0.0.0/8"]);
    }

    #[test]
    fn an_address_that_is_named_is_not_covered_by_a_star() {
        let entries = |permissions: Permissions| permissions.entries(Capability::Http);
        let star = hosts(&["http://*:8080", "http://*"]);
        let named = hosts(&["http://127.0.0.1:8080", "http://localhost", "http://a.example"]);
        let both = ["http://127.0.0.1:8080", "http://localhost", "http://*:8080", "http://*"];
        assert_eq!(entries(named.clone().union(star.clone())), both);
        let both = ["http://*:8080", "http://*", "http://127.0.0.1:8080", "http://localhost"];
        assert_eq!(entries(star.clone().union(named.clone())), both);
        assert_eq!(entries(star.clone().union(named.clone()).union(named)), both);
        // A star does not become the address that a manifest names, and does not stay either: a later file could ask for all of it.
        for asked in ["http://localhost", "http://127.0.0.1", "http://[::1]"] {
            let narrow = Grant::new(hosts(&[asked]), hosts(&["http://*"]));
            assert_eq!(entries(narrow.allowed()), [""; 0], "{asked}");
            assert_eq!(narrow.coverage(Capability::Http), [(asked.to_owned(), Coverage::None)]);
            // With a range that has the address in it, both allow it.
            let range = if asked.contains("::") { "address:::1" } else { "address:127.0.0.0/8" };
            let ranged = Grant::new(hosts(&[asked]), hosts(&["http://*", range]));
            assert_eq!(entries(ranged.allowed())[0], asked);
            assert!(ranged.is_complete(), "{asked}");
        }
        // A public address needs no word of its own.
        let public = Grant::new(hosts(&["http://93.184.215.14"]), hosts(&["http://*"]));
        assert_eq!(entries(public.allowed()), ["http://93.184.215.14"]);
        // So the address is still allowed.
        let url = HttpUrl::parse("http://localhost").unwrap();
        let all = hosts(&["http://*"]);
        let granted = hosts(&["http://localhost"]).union(all.clone());
        assert!(Grant::new(all.clone(), granted.clone()).address(&url, "127.0.0.1".parse().unwrap()));
        assert!(
            Grant::new(all.clone(), Grant::new(all, granted).allowed())
                .address(&url, "127.0.0.1".parse().unwrap())
        );
    }

    #[test]
    fn a_manifest_asks_for_what_people_can_read() {
        let says = |entries: &[&str]| {
            let hosts = entries.iter().map(|entry| (*entry).to_owned()).collect();
            Permissions::requested(&[Permission::Network { hosts }]).map_err(|error| error.to_string())
        };
        assert!(says(&["http://a.b"]).is_ok());
        assert!(says(&["http://a.b", "address:0.0.0.0/0"]).unwrap_err().contains("for the user to grant"));
        assert!(says(&["a.b"; 65]).unwrap_err().contains("at most 64 things"));
        assert!(says(&[&"a".repeat(300)]).unwrap_err().contains("at most 256 bytes"));
        let file =
            |path: &str| Permissions::requested(&[Permission::FileSystem { paths: vec![path.to_owned()] }]);
        assert!(file("/a b").is_ok());
        assert!(file("/a  b").is_err());
        assert!(file("/a\u{a0}b").is_err());
    }

    #[test]
    fn a_private_address_needs_the_users_word() {
        let asked = hosts(&["http://*", "address:0.0.0.0/0"]);
        let url = HttpUrl::parse("http://intranet.example").unwrap();
        let private = "10.0.0.1".parse().unwrap();
        // What the manifest says of addresses is of no weight.
        assert!(!Grant::new(asked.clone(), hosts(&["http://*"])).address(&url, private));
        assert!(Grant::new(asked.clone(), hosts(&["http://*", "address:10.0.0.0/8"])).address(&url, private));
        assert!(!Grant::new(asked.clone(), hosts(&["http://10.0.0.1"])).address(&url, private));
        let literal = HttpUrl::parse("http://10.0.0.1").unwrap();
        assert!(Grant::new(asked.clone(), hosts(&["http://10.0.0.1"])).address(&literal, private));
        assert!(!Grant::new(asked.clone(), hosts(&["http://*"])).address(&literal, private));
        let local = HttpUrl::parse("http://localhost").unwrap();
        let loopback = "127.0.0.1".parse().unwrap();
        assert!(Grant::new(asked.clone(), hosts(&["http://localhost"])).address(&local, loopback));
        assert!(!Grant::new(asked, hosts(&["http://localhost"])).address(&local, private));
    }
}
