//! The file of tokens: what each is called, its hash, and what it is good for.
//!
//! ```toml
//! [[token]]
//! name = "ci"
//! sha256 = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
//! scopes = ["publish:acme", "yank:acme"]
//! expires = "2027-01-01T00:00:00Z"
//! ```

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use driftless_files::Readers;
use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::text::{printable_line, truncated};
use driftless_registry::Token;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::scope::Scope;

/// The bytes of a file of tokens.
const MAX_TOKENS_BYTES: u64 = 1 << 20;
/// The random bytes of a token.
const TOKEN_BYTES: usize = 32;
/// What a token begins with, so that programs that look for secrets find it.
const PREFIX: &str = "drft_";

/// A token, as its file tells of it. The token itself is in no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// What it is called.
    pub name: String,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// When it ends to be good for anything.
    pub expires: Option<SystemTime>,
}

impl TokenInfo {
    /// Whether it counted until a time that is over.
    pub fn has_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// A file of tokens, to be changed. Processes that change it wait for each other.
#[derive(Clone, Debug)]
pub struct TokensFile(PathBuf);

impl TokensFile {
    /// The file at this path. It need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes a token, which is returned and kept nowhere.
    ///
    /// # Errors
    ///
    /// When the name is none, or taken, or the file cannot be read and written.
    pub fn make(&self, name: &str, scopes: Vec<Scope>, expires: Option<SystemTime>) -> Result<Token, Error> {
        let _guard = self.exclusive()?;
        if !driftless_registry::is_registry_name(name) {
            return Err(Error::TokenName { name: printable_line(&truncated(name, 100)).into_owned() });
        }
        let mut all = self.read()?;
        if all.iter().any(|(_, token)| token.name == name) {
            return Err(Error::TokenExists { name: name.to_owned() });
        }
        let mut random = [0; TOKEN_BYTES];
        getrandom::fill(&mut random)
            .map_err(|error| Error::System { what: "random numbers for a token", source: error.into() })?;
        let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let token = format!("{PREFIX}{token}");
        all.push((Digest::of(token.as_bytes()), TokenInfo { name: name.to_owned(), scopes, expires }));
        self.write(&all)?;
        Ok(Token(token))
    }

    /// All tokens, in the order in which they were made.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn list(&self) -> Result<Vec<TokenInfo>, Error> {
        Ok(self.read()?.into_iter().map(|(_, token)| token).collect())
    }

    /// Takes a token out of the file. Returns whether it was there.
    ///
    /// # Errors
    ///
    /// When the file cannot be read and written.
    pub fn revoke(&self, name: &str) -> Result<bool, Error> {
        let _guard = self.exclusive()?;
        let mut all = self.read()?;
        let before = all.len();
        all.retain(|(_, token)| token.name != name);
        let was_there = all.len() < before;
        if was_there {
            self.write(&all)?;
        }
        Ok(was_there)
    }

    /// While the guard is there, no other process changes the file.
    fn exclusive(&self) -> Result<File, Error> {
        if let Some(folder) = self.0.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        let mut path = self.0.clone().into_os_string();
        path.push(".lock");
        let path = PathBuf::from(path);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let file = driftless_files::without_following(&mut options).open(&path).map_err(Error::io(&path))?;
        file.lock().map_err(Error::io(&path))?;
        Ok(file)
    }

    fn read(&self) -> Result<Vec<(Digest, TokenInfo)>, Error> {
        match driftless_files::read_regular(&self.0, MAX_TOKENS_BYTES) {
            Ok(bytes) => parse(&self.0, &bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(Error::io(&self.0)(error)),
        }
    }

    fn write(&self, all: &[(Digest, TokenInfo)]) -> Result<(), Error> {
        let entry = |(digest, token): &(Digest, TokenInfo)| Entry {
            name: token.name.clone(),
            sha256: digest.to_string(),
            scopes: token.scopes.iter().map(Scope::to_string).collect(),
            expires: token.expires.map(|expires| humantime::format_rfc3339_seconds(expires).to_string()),
        };
        let file = TokensToml { token: all.iter().map(entry).collect() };
        let text = toml::to_string(&file)
            .map_err(|error| Error::Tokens { path: self.0.clone(), why: error.to_string() })?;
        driftless_files::replace(&self.0, text.as_bytes(), Readers::Owner).map_err(Error::io(&self.0))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokensToml {
    #[serde(default)]
    token: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    sha256: String,
    scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<(Digest, TokenInfo)>, Error> {
    let wrong = |why: String| Error::Tokens { path: path.to_owned(), why };
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8 text".to_owned()))?;
    // What the parser shows of the file could be a token that was written into it by mistake.
    let file: TokensToml = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
    let mut names = std::collections::HashSet::new();
    let token = |entry: Entry| {
        let of =
            |why: String| wrong(format!("token `{}`: {why}", printable_line(&truncated(&entry.name, 100))));
        if !names.insert(entry.name.clone()) {
            return Err(of("it is there twice".to_owned()));
        }
        let digest = entry.sha256.parse().map_err(|error| of(format!("`sha256`: {error}")))?;
        let scopes =
            entry.scopes.iter().map(|scope| scope.parse().map_err(|error: Error| of(error.to_string())));
        let scopes = scopes.collect::<Result<_, _>>()?;
        let expires = entry.expires.as_deref().map(humantime::parse_rfc3339).transpose();
        let expires = expires.map_err(|error| of(format!("`expires` is no time of RFC 3339: {error}")))?;
        Ok((digest, TokenInfo { name: entry.name, scopes, expires }))
    };
    file.token.into_iter().map(token).collect()
}

/// The tokens that count now: those of a file, which is read again whenever it changed.
#[derive(Debug)]
pub(crate) struct Tokens {
    path: PathBuf,
    read: Mutex<Read>,
}

#[derive(Debug, Default)]
struct Read {
    stamp: Option<Stamp>,
    /// By their hashes: how long a look-up takes tells of a hash, and nothing of a token. `None` where the file cannot be used.
    tokens: Option<HashMap<Digest, Arc<TokenInfo>>>,
}

/// Changes whenever a file is replaced, and when it is written in place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    #[cfg(unix)]
    inode: u64,
}

/// The file of tokens cannot be used.
#[derive(Debug)]
pub(crate) struct Unusable {
    /// Why, the first time that it is seen.
    pub(crate) news: Option<String>,
}

impl Tokens {
    /// Reads a file.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let tokens = Self { path: path.to_owned(), read: Mutex::default() };
        let (stamp, all) = tokens.load()?;
        *tokens.read.lock().unwrap_or_else(PoisonError::into_inner) =
            Read { stamp: Some(stamp), tokens: Some(all) };
        Ok(tokens)
    }

    /// The token that a client showed, if it is one and has not expired.
    pub(crate) fn find(&self, shown: &[u8], now: SystemTime) -> Result<Option<Arc<TokenInfo>>, Unusable> {
        let stamp = std::fs::metadata(&self.path).ok().as_ref().map(Stamp::of);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if stamp != read.stamp || stamp.is_none() {
            // A token that was taken out must not go on because the file has a mistake: then no token counts.
            match self.load() {
                Ok((stamp, all)) => *read = Read { stamp: Some(stamp), tokens: Some(all) },
                Err(error) => {
                    let is_known = stamp == read.stamp && read.tokens.is_none();
                    *read = Read { stamp, tokens: None };
                    return Err(Unusable { news: (!is_known).then(|| error.to_string()) });
                }
            }
        }
        let tokens = read.tokens.as_ref().ok_or(Unusable { news: None })?;
        Ok(tokens.get(&Digest::of(shown)).filter(|token| !token.has_expired(now)).cloned())
    }

    fn load(&self) -> Result<(Stamp, HashMap<Digest, Arc<TokenInfo>>), Error> {
        let file = driftless_files::open_regular(&self.path).map_err(Error::io(&self.path))?;
        let metadata = file.metadata().map_err(Error::io(&self.path))?;
        let bytes = driftless_files::read_opened(&file, MAX_TOKENS_BYTES).map_err(Error::io(&self.path))?;
        let all = parse(&self.path, &bytes)?;
        Ok((Stamp::of(&metadata), all.into_iter().map(|(digest, token)| (digest, Arc::new(token))).collect()))
    }
}

impl Stamp {
    fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            #[cfg(unix)]
            inode: std::os::unix::fs::MetadataExt::ino(metadata),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn scopes(text: &str) -> Vec<Scope> {
        text.split(' ').map(|scope| scope.parse().unwrap()).collect()
    }

    #[test]
    fn a_token_is_made_found_and_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        let file = TokensFile::new(&path);
        let token = file.make("ci", scopes("publish:acme yank:acme"), None).unwrap();
        assert_eq!((token.0.len(), &token.0[..5]), (69, "drft_"));
        assert!(!std::fs::read_to_string(&path).unwrap().contains(&token.0[5..]), "only its hash is kept");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let error = file.make("ci", Vec::new(), None).unwrap_err();
        assert!(matches!(error, Error::TokenExists { .. }), "{error}");
        assert!(matches!(file.make("a b", Vec::new(), None).unwrap_err(), Error::TokenName { .. }));

        let now = SystemTime::now();
        let tokens = Tokens::open(&path).unwrap();
        let found =
            |token: &Token| tokens.find(token.0.as_bytes(), now).unwrap().map(|found| found.name.clone());
        assert_eq!(found(&token).as_deref(), Some("ci"));
        assert_eq!(found(&Token("drft_".to_owned())), None);
        let other = file.make("other", scopes("read"), Some(now + Duration::from_secs(60))).unwrap();
        assert_eq!(found(&other).as_deref(), Some("other"), "the file is read again");
        assert!(tokens.find(other.0.as_bytes(), now + Duration::from_secs(61)).unwrap().is_none());
        let listed: Vec<_> = file.list().unwrap().into_iter().map(|token| token.name).collect();
        assert_eq!(listed, ["ci", "other"]);

        assert!(file.revoke("ci").unwrap());
        assert!(!file.revoke("ci").unwrap());
        assert_eq!(found(&token), None);
        assert_eq!(found(&other).as_deref(), Some("other"));
    }

    #[test]
    fn no_token_counts_while_the_file_cannot_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        let file = TokensFile::new(&path);
        let token = file.make("ci", scopes("admin"), None).unwrap();
        let good = std::fs::read(&path).unwrap();
        let tokens = Tokens::open(&path).unwrap();
        for bad in
            ["[[token]]\nname = 1", "[[token]]\nname = 'a'\nsha256 = 'x'\nscopes = []", "x = 1", "\u{0}"]
        {
            std::fs::write(&path, bad).unwrap();
            let error = tokens.find(token.0.as_bytes(), SystemTime::now()).unwrap_err();
            assert!(error.news.is_some(), "{bad}");
            let error = tokens.find(token.0.as_bytes(), SystemTime::now()).unwrap_err();
            assert!(error.news.is_none(), "it is told once");
        }
        std::fs::remove_file(&path).unwrap();
        tokens.find(token.0.as_bytes(), SystemTime::now()).unwrap_err();
        std::fs::write(&path, good).unwrap();
        assert!(tokens.find(token.0.as_bytes(), SystemTime::now()).unwrap().is_some());
    }

    #[test]
    fn a_token_that_was_written_into_the_file_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        std::fs::write(&path, "[[token]]\nname = 'a'\nsha256 = 'drft_secret'\nscopes = []").unwrap();
        let error = Tokens::open(&path).unwrap_err().to_string();
        assert!(error.contains("`sha256`") && !error.contains("secret"), "{error}");
        std::fs::write(&path, "[[token]]\nname = 'a'\nsha256 = drft_secret").unwrap();
        let error = Tokens::open(&path).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
