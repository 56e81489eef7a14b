//! Why a server does not run.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a server does not run, or a file of tokens cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder is no registry.
    #[error(transparent)]
    Registry(#[from] driftless_registry::Error),
    /// A registry that only tokens may read, without any.
    #[error("a private registry is read with tokens, and no file of tokens is named")]
    NoTokens,
    /// The file of tokens would be served.
    #[error("{}: the file of tokens is in the folder that is served; keep it elsewhere", .0.display())]
    TokensInside(PathBuf),
    /// A file of tokens that is not as it was written.
    #[error("{path}: {why}", path = path.display())]
    Tokens {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// What no token can be called.
    #[error("`{name}` is no name of a token: one has 1 to 64 ASCII letters, digits, `-`, `_` and `.`")]
    TokenName {
        /// The name, printable.
        name: String,
    },
    /// A token that is there already.
    #[error("there is a token `{name}` already; revoke it, or choose another name")]
    TokenExists {
        /// The name.
        name: String,
    },
    /// What no scope is.
    #[error(
        "`{scope}` is no scope: there are `read`, `publish:NAMESPACE`, `publish:*`, `yank:NAMESPACE`, `yank:*` and `admin`"
    )]
    Scope {
        /// The scope, printable.
        scope: String,
    },
    /// A URL at which no registry can be reached.
    #[error("`{url}` is no URL of a registry: it begins with `https://` or `http://` and a host")]
    PublicUrl {
        /// The URL, printable.
        url: String,
    },
    /// A file that cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system has no more threads, sockets or random numbers.
    #[error("{what}: {source}")]
    System {
        /// What was asked of it.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
