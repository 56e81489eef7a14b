//! Tokens, each for the server that it was made for.

use std::collections::BTreeMap;

use driftless_permissions::HttpUrl;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::token::Token;

/// The tokens of a user, by the origin (scheme, host and port) of the server: the file `credentials.toml`, which no other user may read.
///
/// ```
/// use driftless_registry::{Credentials, Token};
///
/// let mut credentials = Credentials::default();
/// credentials.set("https://plugins.example.com/team", Token("secret".to_owned()))?;
/// assert!(credentials.token("https://plugins.example.com/").is_some());
/// assert!(credentials.token("https://plugins.example.com:8443/").is_none());
/// assert!(credentials.token("http://plugins.example.com/").is_none());
/// # Ok::<(), driftless_registry::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    tokens: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    token: String,
}

const HEADER: &str = "\
# Tokens for registries, each for one server. `driftless registry login` and `logout` write it.

";

impl Credentials {
    /// Reads `credentials.toml`.
    ///
    /// # Errors
    ///
    /// When it is none. Nothing of what is in it stands in the message.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let wrong = |why: String| Error::File { what: "credentials.toml".to_owned(), why };
        // The message of the parser shows the line, and so the token.
        let read: BTreeMap<String, Entry> = toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            wrong(format!("line {line}: it is no list of servers with a token each"))
        })?;
        let mut tokens = BTreeMap::new();
        for (server, entry) in read {
            tokens.insert(origin(&server)?, entry.token);
        }
        Ok(Self { tokens })
    }

    /// Writes it.
    pub fn to_toml(&self) -> String {
        let entry = |(server, token): (&String, &String)| (server.clone(), Entry { token: token.clone() });
        let entries: BTreeMap<_, _> = self.tokens.iter().map(entry).collect();
        format!("{HEADER}{}", toml::to_string(&entries).expect("texts are plain data"))
    }

    /// The token for the server of a URL.
    pub fn token(&self, url: &str) -> Option<Token> {
        self.tokens.get(&origin(url).ok()?).cloned().map(Token)
    }

    /// Keeps a token for the server of a URL.
    ///
    /// # Errors
    ///
    /// When it is no URL of HTTP.
    pub fn set(&mut self, url: &str, token: Token) -> Result<(), Error> {
        self.tokens.insert(origin(url)?, token.0);
        Ok(())
    }

    /// Forgets the token for the server of a URL. Returns whether there was one.
    pub fn forget(&mut self, url: &str) -> bool {
        origin(url).is_ok_and(|origin| self.tokens.remove(&origin).is_some())
    }
}

/// The origin of a URL, as it stands in the file.
fn origin(url: &str) -> Result<String, Error> {
    #[cfg(feature = "oci")]
    if crate::oci::is_oci(url) {
        let location = crate::oci::Location::parse(url);
        let location = location.map_err(|why| Error::Name { name: crate::printable(url), why })?;
        return Ok(location.endpoint().origin().to_string());
    }
    let parsed = HttpUrl::parse(url)
        .map_err(|error| Error::Name { name: crate::printable(url), why: error.to_string() })?;
    Ok(parsed.origin().to_string())
}
