//! A set of permissions, read.

use std::net::IpAddr;

use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::manifest::Permission;
use ipnet::IpNet;

use crate::network::{ADDRESS, HostPattern, HttpUrl, address_range, is_public};
use crate::path::{AbsolutePath, Access, PathPattern};
use crate::{Malformed, name};

/// What a manifest asks for, or what a user grants: every entry read, none of them malformed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    pub(crate) files: Vec<PathPattern>,
    pub(crate) hosts: Vec<HostPattern>,
    pub(crate) addresses: Vec<IpNet>,
    pub(crate) variables: Vec<String>,
    pub(crate) commands: Vec<String>,
    pub(crate) functions: Vec<String>,
}

/// The entries that a manifest may have.
const MAX_REQUESTED_ENTRIES: usize = 64;

/// The bytes of each of them.
const MAX_REQUESTED_ENTRY_BYTES: usize = 256;

impl Permissions {
    /// Nothing at all.
    pub const NONE: Self = Self {
        files: Vec::new(),
        hosts: Vec::new(),
        addresses: Vec::new(),
        variables: Vec::new(),
        commands: Vec::new(),
        functions: Vec::new(),
    };

    /// Reads permissions as they stand in a manifest or in a file of grants.
    ///
    /// # Errors
    ///
    /// The first entry that means nothing.
    pub fn parse(permissions: &[Permission]) -> Result<Self, Malformed> {
        let mut read = Self::NONE;
        for permission in permissions {
            for entry in permission.entries() {
                match permission {
                    Permission::FileSystem { .. } => read.files.push(PathPattern::parse(entry)?),
                    Permission::Network { .. } if entry.starts_with(ADDRESS) => {
                        read.addresses.push(address_range(entry)?);
                    }
                    Permission::Network { .. } => read.hosts.push(HostPattern::parse(entry)?),
                    Permission::Environment { .. } => {
                        name::variable(entry)?;
                        read.variables.push(entry.clone());
                    }
                    Permission::Process { .. } => {
                        name::command(entry)?;
                        read.commands.push(entry.clone());
                    }
                    Permission::HostFunction { .. } => {
                        name::function(entry)?;
                        read.functions.push(entry.clone());
                    }
                }
            }
        }
        Ok(read)
    }

    /// Reads what a manifest asks for. An author does not know the networks of those who run the plugin, so `address:` is not to be asked
    /// for; and what is asked for is to be read by people, so it is not long, not much, and has no gaps in it.
    ///
    /// # Errors
    ///
    /// The first entry that means nothing or that no manifest may have.
    pub fn requested(permissions: &[Permission]) -> Result<Self, Malformed> {
        let mut entries = permissions.iter().flat_map(Permission::entries);
        if let Some(entry) = entries.clone().nth(MAX_REQUESTED_ENTRIES) {
            return Err(Malformed::new(entry, "a manifest asks for at most 64 things"));
        }
        let odd = |char: char| char.is_whitespace() && char != ' ';
        if let Some(entry) = entries.find(|entry| entry.contains("  ") || entry.contains(odd)) {
            return Err(Malformed::new(entry, "what a manifest asks for has no spaces but single ones"));
        }
        let mut entries = permissions.iter().flat_map(Permission::entries);
        if let Some(entry) = entries.find(|entry| entry.len() > MAX_REQUESTED_ENTRY_BYTES) {
            return Err(Malformed::new(entry, "what a manifest asks for has at most 256 bytes"));
        }
        let requested = Self::parse(permissions)?;
        match requested.addresses.first() {
            Some(range) => Err(Malformed::new(
                &format!("{ADDRESS}{range}"),
                "addresses are for the user to grant, and not for a manifest to ask for",
            )),
            None => Ok(requested),
        }
    }

    /// What either of the two allows. An entry of which another one covers everything is left out.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        fn same<T: PartialEq>(one: &T, other: &T) -> bool {
            one == other
        }
        Self {
            files: without_covered([self.files, other.files], |one, two| one.meet(two).as_ref() == Some(two)),
            // One that names an address allows that address as well, which a star does not.
            hosts: without_covered([self.hosts, other.hosts], |one, two| {
                one == two || !two.is_address() && one.meet(two).as_ref() == Some(two)
            }),
            addresses: without_covered([self.addresses, other.addresses], |one, two| one.contains(two)),
            variables: without_covered([self.variables, other.variables], same),
            commands: without_covered([self.commands, other.commands], same),
            functions: without_covered([self.functions, other.functions], same),
        }
    }

    /// As they stand in a manifest.
    pub fn to_manifest(&self) -> Vec<Permission> {
        let entries = |capability| self.entries(capability);
        let mut permissions = Vec::new();
        for capability in Capability::ALL {
            let entries = entries(capability);
            if entries.is_empty() {
                continue;
            }
            permissions.push(Permission::new(capability, entries));
        }
        permissions
    }

    /// The entries for one capability, printed.
    pub fn entries(&self, capability: Capability) -> Vec<String> {
        match capability {
            Capability::File => self.files.iter().map(PathPattern::to_string).collect(),
            Capability::Http => {
                let addresses = self.addresses.iter().map(|range| format!("{ADDRESS}{range}"));
                self.hosts.iter().map(HostPattern::to_string).chain(addresses).collect()
            }
            Capability::Environment => self.variables.clone(),
            Capability::Process => self.commands.clone(),
            Capability::Function => self.functions.clone(),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// Whether there is anything in it about a capability.
    pub fn mentions(&self, capability: Capability) -> bool {
        match capability {
            Capability::File => !self.files.is_empty(),
            Capability::Http => !self.hosts.is_empty(),
            Capability::Environment => !self.variables.is_empty(),
            Capability::Process => !self.commands.is_empty(),
            Capability::Function => !self.functions.is_empty(),
        }
    }

    /// Files and folders.
    pub fn files(&self) -> &[PathPattern] {
        &self.files
    }

    /// Environment variables.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    pub(crate) fn file(&self, path: &AbsolutePath, access: Access) -> bool {
        self.files.iter().any(|pattern| pattern.covers(path, access))
    }

    pub(crate) fn url(&self, url: &HttpUrl) -> bool {
        self.hosts.iter().any(|pattern| pattern.covers(url))
    }

    pub(crate) fn address(&self, url: &HttpUrl, address: IpAddr) -> bool {
        is_public(address)
            || self.addresses.iter().any(|range| range.contains(&address))
            || self.hosts.iter().any(|pattern| pattern.covers(url) && pattern.names_address(address))
    }

    /// Whether the address that an entry names is allowed without an entry that names it.
    pub(crate) fn reaches(&self, named: &HostPattern) -> bool {
        let allowed =
            |address| is_public(address) || self.addresses.iter().any(|range| range.contains(&address));
        named.addresses().into_iter().any(allowed)
    }

    pub(crate) fn variable(&self, name: &str) -> bool {
        self.variables.iter().any(|known| known == name)
    }

    pub(crate) fn command(&self, command: &str) -> bool {
        self.commands.iter().any(|known| known == command)
    }

    pub(crate) fn function(&self, name: &str) -> bool {
        self.functions.iter().any(|known| known == name)
    }
}

/// The entries of both lists, without those that another one covers.
fn without_covered<T>(lists: [Vec<T>; 2], covers: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for entry in lists.into_iter().flatten() {
        if kept.iter().any(|known| covers(known, &entry)) {
            continue;
        }
        kept.retain(|known| !covers(&entry, known));
        kept.push(entry);
    }
    kept
}
