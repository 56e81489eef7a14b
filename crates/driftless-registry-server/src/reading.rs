//! The API for programs that do not read the tree: lists, plugins and their releases, as JSON.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Shared};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use driftless_plugin_api::digest::Digest;
use driftless_registry::{PluginId, Release, Source, layout};
use semver::Version;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::files::{REVALIDATED, slug};
use crate::refusal::Refusal;
use crate::state::{State, blocking};
use crate::tag;

/// The plugins of a page.
const PAGE: usize = 50;
const MAX_PAGES: usize = 1000;
const MAX_QUERY_BYTES: usize = 200;
const PLUGINS: &str = "/api/v1/plugins/";

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default = "first")]
    page: usize,
}

fn first() -> usize {
    1
}

/// `GET /api/v1/plugins?q=&page=`
pub(crate) async fn list(
    Shared(state): Shared<Arc<State>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(Wanted { q, page }) = wanted.map_err(|error| Refusal::malformed(error.body_text()))?;
    if !(1..=MAX_PAGES).contains(&page) {
        return Err(Refusal::malformed(format!("`page` is a number from 1 to {MAX_PAGES}")));
    }
    if q.len() > MAX_QUERY_BYTES {
        return Err(Refusal::malformed(format!("`q` has at most {MAX_QUERY_BYTES} bytes")));
    }
    let _permit = state.searches.acquire().await.map_err(|_| Refusal::busy())?;
    let found = blocking(&state, move |state| {
        let words: Vec<String> = q.split_whitespace().map(str::to_owned).collect();
        state.source().search(&words, page * PAGE).map_err(|error| state.failed(error))
    });
    let found = found.await?;
    let plugins: Vec<Value> = found
        .plugins
        .iter()
        .skip((page - 1) * PAGE)
        .map(|plugin| {
            json!({
                "namespace": plugin.namespace,
                "name": plugin.name,
                "version": plugin.version,
                "description": plugin.description,
            })
        })
        .collect();
    let next_page = (found.more && page < MAX_PAGES).then_some(page + 1);
    Ok(answer(&headers, &json!({"plugins": plugins, "page": page, "next_page": next_page})))
}

/// `GET /api/v1/plugins/[{namespace}/]{name}[/{version}]`. A version begins with a digit and a name with a letter, so each of these is one thing only.
pub(crate) async fn plugin(
    Shared(state): Shared<Arc<State>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Some((id, version)) = parse(&state, uri.path()) else {
        return Err(Refusal::not_found("there is no such plugin"));
    };
    let base = base(&state, &headers);
    let found = blocking(&state, move |state| {
        let releases = state.source().releases(&id).map_err(|error| state.failed(error))?;
        let release = match &version {
            Some(version) => releases.iter().find(|release| release.statement.version == *version),
            None => newest(&releases),
        };
        match (release, &version) {
            (Some(release), _) => Ok(described(release, &releases, &base)),
            (None, Some(version)) if !releases.is_empty() => {
                Err(Refusal::not_found(format!("there is no version {version} of {id}")))
            }
            (None, _) => Err(Refusal::not_found(format!("there is no plugin {id}"))),
        }
    });
    Ok(answer(&headers, &found.await?))
}

fn parse(state: &State, path: &str) -> Option<(PluginId, Option<Version>)> {
    let parts: Vec<&str> = path.strip_prefix(PLUGINS)?.split('/').collect();
    let is_version = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
    let (namespace, name, version) = match parts[..] {
        [name] => (None, name, None),
        [name, version] if is_version(version) => (None, name, Some(version)),
        [namespace, name] => (Some(namespace), name, None),
        [namespace, name, version] => (Some(namespace), name, Some(version)),
        _ => return None,
    };
    let namespace = match namespace {
        Some(namespace) => slug(namespace)?,
        None => state.folder.info().namespace.clone(),
    };
    let version = version.map(Version::parse).transpose().ok()?;
    // As a manifest may spell it.
    Some((PluginId { namespace, name: name.parse().ok()? }, version))
}

/// The release that is installed where none is named; of those that are withdrawn only where there is no other.
fn newest(releases: &[Release]) -> Option<&Release> {
    releases.iter().max_by_key(|release| {
        let version = &release.statement.version;
        let is_open = !release.is_yanked && release.revoked.is_none();
        (is_open, version.pre.is_empty(), version.clone())
    })
}

fn described(release: &Release, all: &[Release], base: &str) -> Value {
    let statement = &release.statement;
    let mut value = of_version(release, base);
    let dependencies: Vec<Value> = statement
        .dependencies
        .iter()
        .map(|dependency| json!({"name": dependency.id.to_string(), "version": dependency.range.to_string()}))
        .collect();
    value["namespace"] = statement.id.namespace.to_string().into();
    value["name"] = statement.name.clone().into();
    value["description"] = statement.description.clone().into();
    value["driftless_version"] = statement.host_range.to_string().into();
    value["permissions"] = json!(statement.permissions.to_manifest());
    value["dependencies"] = dependencies.into();
    value["security_fix"] = statement.is_security_fix.into();
    value["statement"] = release.text.clone().into();
    value["signature"] = json!(release.signature);
    let mut all: Vec<&Release> = all.iter().collect();
    all.sort_by(|one, other| other.statement.version.cmp(&one.statement.version));
    value["versions"] = all.into_iter().map(|release| of_version(release, base)).collect();
    value
}

fn of_version(release: &Release, base: &str) -> Value {
    let statement = &release.statement;
    json!({
        "version": statement.version.to_string(),
        "download_url": format!("{base}/{}", layout::blob(&statement.digest)),
        "checksum": statement.digest.to_string(),
        "size": statement.size_bytes,
        "yanked": release.is_yanked,
        "revoked": release.revoked,
        "published": humantime::format_rfc3339_seconds(statement.published).to_string(),
    })
}

/// The URL of the registry, without `/` at its end: the one that the operator named, or the one that the client used.
fn base(state: &State, headers: &HeaderMap) -> String {
    if let Some(url) = &state.public_url {
        return url.clone();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host =
        host.and_then(|host| host.parse::<Authority>().ok()).filter(|host| !host.as_str().contains('@'));
    host.map_or_else(String::new, |host| format!("http://{host}"))
}

fn answer(headers: &HeaderMap, value: &Value) -> Response {
    let bytes = value.to_string().into_bytes();
    let tag = tag::tag(&Digest::of(&bytes));
    tag::answer(headers, bytes.into(), &tag, "application/json", REVALIDATED)
}
