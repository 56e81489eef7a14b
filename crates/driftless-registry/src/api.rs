//! Registries of the first design: servers that speak the HTTP API `/api/v1/plugins`, and have no index.
//!
//! Nothing there is signed, so they are asked only where a registry may have unsigned plugins. What they tell of a release is an outline: which bytes
//! it is, by `checksum`, and where those are, by `download_url`. The rest is read from the file, when its checksum was seen to be right.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use driftless_permissions::Permissions;
use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::json::Bounds;
use driftless_plugin_api::manifest::PluginDependency;
use driftless_plugin_api::text::printable_line;
use semver::{Version, VersionReq};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{SourceError, TreeError};
use crate::http::{Client, HttpTree, shown_url};
use crate::id::{PluginId, Slug};
use crate::index::{MAX_INDEX_BYTES, MAX_RELEASES, Release};
use crate::source::{FORM, Found, FoundPlugin, IndexSource, Keys, RegistryInfo, Source};
use crate::statement::{Statement, dependency_of, registry_identity};
use crate::tree::Opened;

/// The namespace of all its plugins: it knows of none.
const NAMESPACE: &str = "main";
/// How many versions are asked for one by one, where a plugin's own answer does not tell enough of them. The newest come first.
const MAX_ASKED: usize = 50;
/// How many pages of a list are read for one search.
const MAX_PAGES: usize = 10;
/// The most bytes of a page of a list.
const MAX_LIST_BYTES: u64 = 4 << 20;

const BOUNDS: Bounds = Bounds { text_bytes: MAX_INDEX_BYTES as usize, depth: 12, value_bytes: 64 << 20 };

/// A server that speaks the HTTP API alone.
pub(crate) struct ApiSource {
    client: Client,
    /// Where the file of each digest is, as the server says.
    urls: Mutex<BTreeMap<Digest, String>>,
}

/// A list of plugins: a page of it, or all of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Page {
        plugins: Vec<Listed>,
        #[serde(default)]
        next_page: Option<usize>,
    },
    All(Vec<Listed>),
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    namespace: Option<String>,
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    description: Option<String>,
}

/// A plugin, with its newest version or one that was asked for.
#[derive(Deserialize)]
struct Plugin {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    versions: Vec<Told>,
    #[serde(flatten)]
    own: Details,
}

/// A version, by its number or with what is told of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Number(String),
    Details(Details),
}

#[derive(Default, Deserialize)]
struct Details {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    download_url: Option<String>,
    #[serde(default)]
    checksum: Option<String>,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    driftless_version: Option<String>,
    #[serde(default)]
    dependencies: Option<Vec<PluginDependency>>,
    #[serde(default)]
    published: Option<String>,
    #[serde(default)]
    yanked: bool,
    #[serde(default)]
    revoked: Option<String>,
}

impl ApiSource {
    /// The server that a client asks.
    pub(crate) fn new(client: Client) -> Self {
        Self { client, urls: Mutex::default() }
    }

    fn json<J: DeserializeOwned>(&self, path: &str, max_bytes: u64) -> Result<Option<J>, SourceError> {
        let base = self.client.base();
        let url = base.join(path).map_err(|error| self.malformed(path, &error))?;
        let mut response = self.client.get(&url, &[])?;
        match response.status().as_u16() {
            200 => {}
            404 | 410 => return Ok(None),
            status => return Err(TreeError::Status { url: shown_url(&url), status }.into()),
        }
        let bytes = self.client.read_body(&mut response, &url, max_bytes)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| self.malformed(path, &"it is not UTF-8 text"))?;
        BOUNDS.read(text).map(Some).map_err(|error| self.malformed(path, &error))
    }

    fn malformed(&self, path: &str, why: &dyn std::fmt::Display) -> SourceError {
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let what = format!("{}{path}", self.client.base().as_str());
        SourceError::Malformed { what, why: crate::printable(&why.to_string()) }
    }

    /// The path of a plugin that the server knows, and what it says of it. What differs in `-` and `_` only is one name here, and two there.
    fn plugin(&self, id: &PluginId) -> Result<Option<(String, Plugin)>, SourceError> {
        let namespace =
            if id.namespace.as_str() == NAMESPACE { String::new() } else { format!("{}/", id.namespace) };
        let name = id.name.as_str();
        for name in BTreeSet::from([name.to_owned(), name.replace('-', "_")]) {
            let path = format!("api/v1/plugins/{namespace}{name}");
            if let Some(plugin) = self.json::<Plugin>(&path, MAX_INDEX_BYTES)? {
                return Ok(Some((path, plugin)));
            }
        }
        Ok(None)
    }

    /// A release, as far as it is told.
    fn outline(&self, id: &PluginId, name: &str, details: &Details) -> Result<Outline, String> {
        let Details { checksum, download_url, .. } = details;
        let version = details.version.as_deref().ok_or("a version without a number")?;
        let named = |what: &str, why: String| format!("version {}: {what}: {why}", crate::printable(version));
        let (Some(checksum), Some(url)) = (checksum, download_url) else {
            return Err(named("`checksum` and `download_url`", "both are needed".to_owned()));
        };
        let range = details.driftless_version.as_deref().map_or(Ok(VersionReq::STAR), VersionReq::parse);
        let dependencies = details.dependencies.iter().flatten();
        let dependencies = dependencies.map(|dependency| dependency_of(dependency, &id.namespace));
        let published = details.published.as_deref().map(humantime::parse_rfc3339).transpose();
        let statement = Statement {
            registry: self.client.base().as_str().to_owned(),
            id: id.clone(),
            name: name.to_owned(),
            version: Version::parse(version).map_err(|error| named("`version`", error.to_string()))?,
            digest: digest(checksum).ok_or_else(|| {
                named("`checksum`", "it is no SHA-256, 64 digits with or without `sha256:`".to_owned())
            })?,
            size_bytes: details.size.unwrap_or_default(),
            description: details.description.clone().unwrap_or_default(),
            host_range: range.map_err(|error| named("`driftless_version`", error.to_string()))?,
            dependencies: dependencies
                .collect::<Result<_, _>>()
                .map_err(|why| named("`dependencies`", why))?,
            permissions: Permissions::default(),
            // What has no time is as old as can be: its server is believed about everything else as well.
            published: published
                .map_err(|error| named("`published`", error.to_string()))?
                .unwrap_or(SystemTime::UNIX_EPOCH),
            is_security_fix: false,
        };
        let release = Release {
            text: statement.to_text(),
            statement,
            signature: None,
            is_yanked: details.yanked,
            revoked: details.revoked.as_deref().map(crate::printable),
        };
        Ok(Outline { release, url: url.clone() })
    }
}

struct Outline {
    release: Release,
    url: String,
}

/// A checksum, as `sha256:` and 64 digits, or the digits alone.
fn digest(checksum: &str) -> Option<Digest> {
    let digits = checksum.strip_prefix("sha256:").unwrap_or(checksum);
    format!("sha256:{}", digits.to_ascii_lowercase()).parse().ok()
}

/// A text in the query of a URL.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

impl Source for ApiSource {
    fn info(&self) -> Result<RegistryInfo, SourceError> {
        let path = "api/v1/plugins";
        if self.json::<List>(path, MAX_LIST_BYTES)?.is_none() {
            return Err(SourceError::NoRegistry(self.place()));
        }
        let id = self.client.base().as_str();
        registry_identity(id).map_err(|why| self.malformed(path, &why))?;
        let namespace = NAMESPACE.parse().map_err(|error: crate::Error| self.malformed(path, &error))?;
        Ok(RegistryInfo { v: FORM, id: id.to_owned(), namespace })
    }

    fn releases(&self, id: &PluginId) -> Result<Vec<Release>, SourceError> {
        let Some((path, plugin)) = self.plugin(id)? else { return Ok(Vec::new()) };
        let malformed = |why: String| self.malformed(&path, &why);
        let name = plugin.name.unwrap_or_else(|| id.name.to_string());
        if name.parse::<Slug>().ok().as_ref() != Some(&id.name) {
            return Err(malformed(format!("it calls itself `{}`", crate::printable(&name))));
        }
        if plugin.versions.len() > MAX_RELEASES {
            return Err(malformed(format!("it has more than {MAX_RELEASES} releases")));
        }
        // What is told twice is told best by the plugin's own answer.
        let mut told: BTreeMap<Version, Details> = BTreeMap::new();
        let own = plugin.own.version.is_some().then_some(Told::Details(plugin.own));
        for version in own.into_iter().chain(plugin.versions) {
            let details = match version {
                Told::Number(number) => Details { version: Some(number), ..Details::default() },
                Told::Details(details) => details,
            };
            let number = details.version.as_deref().unwrap_or_default();
            let parsed = Version::parse(number);
            let parsed = parsed
                .map_err(|error| malformed(format!("version `{}`: {error}", crate::printable(number))))?;
            told.entry(parsed).or_insert(details);
        }
        let mut asked = 0;
        let mut releases: Vec<Release> = Vec::new();
        for (version, mut details) in told.into_iter().rev() {
            if details.checksum.is_none() || details.download_url.is_none() {
                if asked == MAX_ASKED {
                    continue;
                }
                asked += 1;
                let path = format!("{path}/{version}");
                let Some(one) = self.json::<Plugin>(&path, MAX_LIST_BYTES)? else { continue };
                details = Details { version: Some(version.to_string()), ..one.own };
            }
            let Outline { release, url } = self.outline(id, &name, &details).map_err(malformed)?;
            self.urls.lock().unwrap_or_else(PoisonError::into_inner).insert(release.statement.digest, url);
            // What differs in build metadata only has one place in an order of versions.
            if !releases.iter().any(|other| other.statement.version.cmp_precedence(&version).is_eq()) {
                releases.push(release);
            }
        }
        releases.reverse();
        Ok(releases)
    }

    fn open(&self, release: &Release, from: u64) -> Result<Option<Opened>, SourceError> {
        let known = |source: &Self| {
            let urls = source.urls.lock().unwrap_or_else(PoisonError::into_inner);
            urls.get(&release.statement.digest).cloned()
        };
        let url = match known(self) {
            Some(url) => Some(url),
            None => {
                self.releases(&release.statement.id)?;
                known(self)
            }
        };
        let Some(url) = url else { return Ok(None) };
        Ok(self.client.open(&self.client.lead(&url)?, from)?)
    }

    fn search(&self, words: &[String], max: usize) -> Result<Found, SourceError> {
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let mut found = Found::default();
        let mut page = 1;
        for _ in 0..MAX_PAGES {
            let path = format!("api/v1/plugins?q={}&page={page}", encoded(&words.join(" ")));
            let list = self.json::<List>(&path, MAX_LIST_BYTES)?;
            let (plugins, next) = match list.ok_or_else(|| SourceError::NoRegistry(self.place()))? {
                List::Page { plugins, next_page } => (plugins, next_page),
                List::All(plugins) => (plugins, None),
            };
            for listed in plugins {
                let text = |text: Option<String>| printable_line(&text.unwrap_or_default()).into_owned();
                let plugin = FoundPlugin {
                    namespace: listed.namespace.unwrap_or_else(|| NAMESPACE.to_owned()),
                    name: listed.name,
                    version: text(listed.version),
                    description: text(listed.description),
                };
                // The server may know nothing of searching.
                if !plugin.is_possible() || !plugin.has(&words) {
                    continue;
                }
                if found.plugins.len() == max {
                    return Ok(Found { more: true, ..found });
                }
                found.plugins.push(plugin);
            }
            match next {
                Some(next) if next > page => page = next,
                _ => return Ok(found),
            }
        }
        Ok(Found { more: true, ..found })
    }

    fn keys(&self, _: &Slug) -> Result<Keys, SourceError> {
        Ok(Keys::default())
    }

    fn tells_all(&self) -> bool {
        false
    }

    fn place(&self) -> String {
        self.client.base().as_str().to_owned()
    }
}

/// A server that may have unsigned plugins: one with an index is asked for that, and one without by the HTTP API.
pub(crate) struct Detected {
    index: IndexSource<HttpTree>,
    api: ApiSource,
    has_index: OnceLock<bool>,
}

impl Detected {
    /// The server that a client asks.
    pub(crate) fn new(client: Client) -> Self {
        let index = IndexSource::new(HttpTree::new(client.clone()));
        Self { index, api: ApiSource::new(client), has_index: OnceLock::new() }
    }

    fn source(&self) -> Result<&dyn Source, SourceError> {
        let has_index = match self.has_index.get() {
            Some(has_index) => *has_index,
            None => {
                let has_index = match self.index.info() {
                    Ok(_) => true,
                    Err(SourceError::NoRegistry(_)) => false,
                    Err(error) => return Err(error),
                };
                *self.has_index.get_or_init(|| has_index)
            }
        };
        Ok(if has_index { &self.index } else { &self.api })
    }
}

impl Source for Detected {
    fn info(&self) -> Result<RegistryInfo, SourceError> {
        self.source()?.info()
    }

    fn releases(&self, id: &PluginId) -> Result<Vec<Release>, SourceError> {
        self.source()?.releases(id)
    }

    fn open(&self, release: &Release, from: u64) -> Result<Option<Opened>, SourceError> {
        self.source()?.open(release, from)
    }

    fn search(&self, words: &[String], max: usize) -> Result<Found, SourceError> {
        self.source()?.search(words, max)
    }

    fn keys(&self, namespace: &Slug) -> Result<Keys, SourceError> {
        self.source()?.keys(namespace)
    }

    fn tells_all(&self) -> bool {
        self.source().is_ok_and(Source::tells_all)
    }

    fn place(&self) -> String {
        self.index.place()
    }
}
