//! What the permissions of a plugin mean.
//!
//! A permission is needed twice: the plugin's manifest *asks* for it, and the user *grants* it. What a plugin may do is what both cover,
//! so a grant can be narrower than what was asked for, and is never wider. A [`Grant`] is the two together and answers each question
//! with yes or with the [`Denial`] that says which of them is missing. Nothing here does any input or output.
//!
//! # What the entries mean
//!
//! | permission | entry | covers |
//! |---|---|---|
//! | `FileSystem` | `/etc/os-release` | reading this file, or what lies in this folder, at any depth |
//! | | `/srv/app:rw` | reading and writing the same |
//! | `Network` | `https://api.example.com` | this name, this scheme, port 443 |
//! | | `api.example.com` | the same: `https` is what is meant where nothing is said |
//! | | `http://localhost:8080` | this name, plain HTTP, port 8080, on this machine |
//! | | `https://*.example.com` | every name below `example.com`, and not `example.com` itself |
//! | | `https://*` | every name, and every address that is public |
//! | | `address:10.0.0.0/8` | granted only: names that are granted may resolve to these addresses |
//! | `Environment` | `SLACK_TOKEN` | this variable |
//! | `Process` | `/usr/bin/git` | running this program |
//! | | `git` | running what the host's `PATH` finds under this name |
//! | `HostFunction` | `inventory.owner` | calling this function of the host's program |
//!
//! A name that resolves to an address that is not public (of this machine, of a private network, of the cloud's metadata service) is
//! refused unless the address is granted: by an `address:` entry, by a host entry that is this very address, or by `localhost`
//! for this machine's own.
//!
//! ```
//! use driftless_permissions::{AbsolutePath, Access, Denial, Grant, Permissions};
//! use driftless_plugin_api::manifest::Permission;
//!
//! let paths = |paths: &[&str]| Permission::FileSystem { paths: paths.iter().map(|path| path.to_string()).collect() };
//! let asked = Permissions::parse(&[paths(&["/etc", "/srv/app:rw"])])?;
//! let granted = Permissions::parse(&[paths(&["/etc/os-release", "/home"])])?;
//! let grant = Grant::new(asked, granted);
//!
//! let may_read = |path: &str| grant.file(&AbsolutePath::parse(path).unwrap(), Access::Read);
//! assert_eq!(may_read("/etc/os-release"), Ok(()));
//! assert_eq!(may_read("/etc/shadow"), Err(Denial::NotGranted));
//! assert_eq!(may_read("/home/ada"), Err(Denial::NotRequested));
//! # Ok::<(), driftless_permissions::Malformed>(())
//! ```

mod grant;
mod name;
mod network;
mod path;
mod permissions;

pub use grant::{Coverage, Denial, Grant};
pub use name::is_function_name;
pub use network::{HostPattern, HttpUrl, is_public};
pub use path::{AbsolutePath, Access, PathPattern};
pub use permissions::Permissions;

use driftless_plugin_api::text::{printable_line, truncated};
use thiserror::Error;

/// An entry that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{entry}`: {why}")]
pub struct Malformed {
    /// What it says, fit for a terminal.
    pub entry: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Malformed {
    fn new(entry: &str, why: &'static str) -> Self {
        const MAX_BYTES: usize = 300;
        Self { entry: printable_line(&truncated(entry, MAX_BYTES)).into_owned(), why }
    }
}
