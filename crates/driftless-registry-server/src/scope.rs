//! What a token is good for.

use std::fmt;
use std::str::FromStr;

use driftless_plugin_api::text::{printable_line, truncated};
use driftless_registry::Slug;

use crate::error::Error;

/// What a token is good for, besides reading, which every token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Reading, the metrics included.
    Read,
    /// Publishing in a namespace, or in all of them, and rotating its keys.
    Publish(Namespaces),
    /// Withdrawing and revoking in a namespace, or in all of them.
    Yank(Namespaces),
    /// Everything, and bringing the first key of a namespace.
    Admin,
}

/// The namespaces of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Namespaces {
    /// All of them, `*`.
    All,
    /// One.
    One(Slug),
}

impl Namespaces {
    fn have(&self, namespace: &Slug) -> bool {
        match self {
            Self::All => true,
            Self::One(own) => own == namespace,
        }
    }
}

impl Scope {
    /// Whether it is enough to publish in a namespace.
    pub(crate) fn publishes(&self, namespace: &Slug) -> bool {
        match self {
            Self::Publish(namespaces) => namespaces.have(namespace),
            other => *other == Self::Admin,
        }
    }

    /// Whether it is enough to publish somewhere.
    pub(crate) fn publishes_somewhere(&self) -> bool {
        matches!(self, Self::Publish(_) | Self::Admin)
    }

    /// Whether it is enough to withdraw and revoke in a namespace.
    pub(crate) fn yanks(&self, namespace: &Slug) -> bool {
        match self {
            Self::Yank(namespaces) => namespaces.have(namespace),
            other => *other == Self::Admin,
        }
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || Error::Scope { scope: printable_line(&truncated(text, 100)).into_owned() };
        let namespaces = |name: &str| match name {
            "*" => Ok(Namespaces::All),
            name => Ok(Namespaces::One(name.parse().map_err(|_| unknown())?)),
        };
        match text.split_once(':') {
            None if text == "read" => Ok(Self::Read),
            None if text == "admin" => Ok(Self::Admin),
            Some(("publish", name)) => namespaces(name).map(Self::Publish),
            Some(("yank", name)) => namespaces(name).map(Self::Yank),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => f.write_str("read"),
            Self::Publish(namespaces) => write!(f, "publish:{namespaces}"),
            Self::Yank(namespaces) => write!(f, "yank:{namespaces}"),
            Self::Admin => f.write_str("admin"),
        }
    }
}

impl fmt::Display for Namespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::One(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back_what_they_print() {
        for text in ["read", "publish:acme", "publish:*", "yank:acme", "yank:*", "admin"] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        for text in ["", "publish", "publish:", "publish:../x", "admin:acme", "write:acme", "read:*"] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_scope_is_for_its_own_namespace() {
        let (acme, other): (Slug, Slug) = ("acme".parse().unwrap(), "other".parse().unwrap());
        let scope = |text: &str| text.parse::<Scope>().unwrap();
        assert!(scope("publish:acme").publishes(&acme) && !scope("publish:acme").publishes(&other));
        assert!(scope("publish:*").publishes(&other) && !scope("publish:*").yanks(&other));
        assert!(scope("yank:acme").yanks(&acme) && !scope("yank:acme").publishes(&acme));
        assert!(scope("admin").publishes(&acme) && scope("admin").yanks(&acme));
        assert!(!scope("read").publishes(&acme) && !scope("read").yanks(&acme));
    }
}
