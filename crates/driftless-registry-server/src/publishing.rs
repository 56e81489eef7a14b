//! What changes the registry: publishing, withdrawing, revoking, and the rotation of keys.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Extension, Request, State as Shared};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use driftless_plugin_api::text::{printable_line, truncated};
use driftless_registry::{
    Error, MAX_RENEWALS, PluginId, PublicKey, Publication, Release, Renewal, SignedRotation, Source,
    Statement,
};
use semver::Version;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::access::Caller;
use crate::event::Event;
use crate::files::slug;
use crate::form::Form;
use crate::refusal::Refusal;
use crate::state::{State, blocking};

/// The bytes of a body that is JSON.
const MAX_JSON_BYTES: usize = 16 << 10;
/// The bytes of signatures that take the place of others.
const MAX_RENEWAL_BYTES: usize = MAX_RENEWALS << 10;
/// How far the clocks of two machines may differ.
const CLOCKS: Duration = Duration::from_secs(10 * 60);

/// `POST /api/v1/plugins`
pub(crate) async fn publish(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Refusal> {
    let token = caller.with_scope(&state, |scope| scope.publishes_somewhere(), "publish:NAMESPACE")?;
    let published = received(&state, &caller, request).await;
    let statement = published.inspect_err(|refusal| told(&state, &token.name, refusal))?;
    state.metrics.published.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let id = statement.id;
    let answer = json!({
        "namespace": id.namespace.to_string(),
        "name": statement.name,
        "version": statement.version.to_string(),
        "checksum": statement.digest.to_string(),
    });
    state.emit(&Event::Published {
        id,
        version: statement.version,
        digest: statement.digest,
        token: token.name.clone(),
    });
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// Receives a release and publishes it.
async fn received(state: &Arc<State>, caller: &Caller, request: Request) -> Result<Statement, Refusal> {
    let form = Form::of(request, state.limits.max_plugin_bytes)?;
    let _permit = state.uploads.try_acquire().map_err(|_| Refusal::busy())?;
    let receive = async {
        let mut head = form.head().await?;
        let namespace = &head.statement.id.namespace;
        caller.with_scope(state, |scope| scope.publishes(namespace), &format!("publish:{namespace}"))?;
        check_time(state, &head.statement, SystemTime::now())?;
        let is_admin = caller.is_admin();
        let statement = head.statement.clone();
        let key = head.key.take();
        let key = blocking(state, move |state| admit(state, &statement, key, is_admin)).await?;
        let bytes = head.plugin().await?;
        Ok((head.text, head.signature, key, bytes))
    };
    let timeout = state.limits.upload_timeout;
    let received = tokio::time::timeout(timeout, receive).await;
    let (text, signature, key, bytes) = received.unwrap_or_else(|_| Err(Refusal::too_slow(timeout)))?;
    blocking(state, move |state| {
        let of = |error: Error| refusal(state, error);
        let publication = Publication::received(bytes, state.rules, text, signature).map_err(of)?;
        state.folder.publish(&publication, key.as_ref()).map_err(of)?;
        Ok(publication.statement().clone())
    })
    .await
}

/// Whether a release may come that is said to be this, before its plugin is received. Returns the key that becomes the first one of its namespace.
fn admit(
    state: &State,
    statement: &Statement,
    key: Option<PublicKey>,
    is_admin: bool,
) -> Result<Option<PublicKey>, Refusal> {
    let source = state.source();
    let namespace = &statement.id.namespace;
    let keys = source.keys(namespace).map_err(|error| state.failed(error))?;
    let key = match (keys.keys.is_empty(), key) {
        (false, _) => None,
        (true, Some(key)) if is_admin => Some(key),
        (true, _) => return Err(Refusal::no_key(namespace.as_str())),
    };
    let releases = source.releases(&statement.id).map_err(|error| state.failed(error))?;
    let is_same = |release: &&Release| release.statement.version.cmp_precedence(&statement.version).is_eq();
    match releases.iter().find(is_same) {
        Some(there) => Err(refusal(
            state,
            Error::Exists {
                plugin: format!("{} {}", statement.id, statement.version),
                digest: there.statement.digest,
            },
        )),
        None => Ok(key),
    }
}

/// Whether a release was signed about now.
fn check_time(state: &State, statement: &Statement, now: SystemTime) -> Result<(), Refusal> {
    let oldest = now.checked_sub(state.limits.max_statement_age.max(CLOCKS));
    let newest = now.checked_add(CLOCKS);
    let published = statement.published;
    if oldest.is_some_and(|oldest| published < oldest) || newest.is_some_and(|newest| published > newest) {
        return Err(Refusal::refused(
            "time",
            format!(
                "it was signed at {}, and here it is {}: sign it again",
                humantime::format_rfc3339_seconds(published),
                humantime::format_rfc3339_seconds(now)
            ),
        ));
    }
    Ok(())
}

/// `POST /api/v1/plugins/{namespace}/{name}/{version}/yank`
pub(crate) async fn yank(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, Refusal> {
    set_yanked(&state, &caller, &uri, true).await
}

/// `POST /api/v1/plugins/{namespace}/{name}/{version}/unyank`
pub(crate) async fn unyank(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, Refusal> {
    set_yanked(&state, &caller, &uri, false).await
}

async fn set_yanked(
    state: &Arc<State>,
    caller: &Caller,
    uri: &Uri,
    is_yanked: bool,
) -> Result<Response, Refusal> {
    let (id, version) = release_of(uri.path())?;
    let token = may_yank(state, caller, &id)?;
    let (of, at) = (id.clone(), version.clone());
    let done = blocking(state, move |state| {
        state.folder.yank(&of, &at, is_yanked).map_err(|error| refusal(state, error))
    });
    done.await.inspect_err(|refusal| told(state, &token, refusal))?;
    state.emit(&Event::Yanked { id, version, is_yanked, token });
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    why: String,
}

/// `POST /api/v1/plugins/{namespace}/{name}/{version}/revoke`
pub(crate) async fn revoke(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Refusal> {
    let (id, version) = release_of(request.uri().path())?;
    let token = may_yank(&state, &caller, &id)?;
    let Why { why } = json_of(&state, request).await?;
    let why = printable_line(&truncated(&why, 200)).into_owned();
    let (of, at, because) = (id.clone(), version.clone(), why.clone());
    let done = blocking(&state, move |state| {
        state.folder.revoke(&of, &at, &because).map_err(|error| refusal(state, error))
    });
    done.await.inspect_err(|refusal| told(&state, &token, refusal))?;
    state.emit(&Event::Revoked { id, version, why, token });
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    text: String,
    signature: String,
}

/// `POST /api/v1/keys/{namespace}/rotate`
pub(crate) async fn rotate(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Refusal> {
    let namespace = request.uri().path().strip_prefix("/api/v1/keys/");
    let namespace = namespace.and_then(|path| slug(path.strip_suffix("/rotate")?));
    let namespace = namespace.ok_or_else(|| Refusal::not_found("there is no such namespace"))?;
    let wanted = format!("publish:{namespace}");
    let token = caller.with_scope(&state, |scope| scope.publishes(&namespace), &wanted)?.name.clone();
    let Signed { text, signature } = json_of(&state, request).await?;
    let rotation = SignedRotation::parse(text, signature)
        .map_err(|why| Refusal::refused("rotation", format!("the rotation cannot be read: {why}")))?;
    if rotation.rotation.namespace != namespace {
        return Err(Refusal::refused("rotation", "the rotation is one of another namespace"));
    }
    let done =
        blocking(&state, move |state| state.folder.rotate(&rotation).map_err(|error| refusal(state, error)));
    done.await.inspect_err(|refusal| told(&state, &token, refusal))?;
    state.emit(&Event::Rotated { namespace, token });
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renewed {
    renewals: Vec<Renewal>,
}

/// `POST /api/v1/keys/{namespace}/renew`
pub(crate) async fn renew(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Refusal> {
    let namespace = request.uri().path().strip_prefix("/api/v1/keys/");
    let namespace = namespace.and_then(|path| slug(path.strip_suffix("/renew")?));
    let namespace = namespace.ok_or_else(|| Refusal::not_found("there is no such namespace"))?;
    let wanted = format!("publish:{namespace}");
    let token = caller.with_scope(&state, |scope| scope.publishes(&namespace), &wanted)?.name.clone();
    let Renewed { renewals } = json_within(&state, request, MAX_RENEWAL_BYTES).await?;
    if renewals.len() > MAX_RENEWALS {
        return Err(Refusal::too_large(format!("at most {MAX_RENEWALS} releases are signed anew at a time")));
    }
    let done = blocking(&state, move |state| {
        state.folder.renew(&namespace, &renewals).map_err(|error| refusal(state, error))
    });
    done.await.inspect_err(|refusal| told(&state, &token, refusal))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The release of a path `/api/v1/plugins/{namespace}/{name}/{version}/{what is done with it}`.
fn release_of(path: &str) -> Result<(PluginId, Version), Refusal> {
    let found = (|| {
        let parts: Vec<&str> = path.strip_prefix("/api/v1/plugins/")?.split('/').collect();
        let [namespace, name, version, _] = parts[..] else { return None };
        let id = PluginId { namespace: slug(namespace)?, name: name.parse().ok()? };
        Some((id, Version::parse(version).ok()?))
    })();
    found.ok_or_else(|| Refusal::not_found("there is no such release"))
}

fn may_yank(state: &State, caller: &Caller, id: &PluginId) -> Result<String, Refusal> {
    let namespace = &id.namespace;
    let token = caller.with_scope(state, |scope| scope.yanks(namespace), &format!("yank:{namespace}"))?;
    Ok(token.name.clone())
}

/// The body of a request, which is JSON whatever its type is said to be.
async fn json_of<T: DeserializeOwned>(state: &State, request: Request) -> Result<T, Refusal> {
    json_within(state, request, MAX_JSON_BYTES).await
}

/// The same, of at most so many bytes.
async fn json_within<T: DeserializeOwned>(
    state: &State,
    request: Request,
    max_bytes: usize,
) -> Result<T, Refusal> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let too_large = || Refusal::too_large(format!("the body has at most {max_bytes} bytes"));
    if length.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > max_bytes) {
        return Err(too_large());
    }
    let timeout = state.limits.request_timeout;
    let body = tokio::time::timeout(timeout, to_bytes(request.into_body(), max_bytes)).await;
    let bytes: Bytes = body.map_err(|_| Refusal::too_slow(timeout))?.map_err(|_| too_large())?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::malformed(format!("the body cannot be read as JSON: {error}")))
}

/// What a client is told of an error. What is about the server's own disk is for its operator only.
fn refusal(state: &State, error: Error) -> Refusal {
    let message = error.to_string();
    match error {
        Error::Exists { digest, .. } => Refusal::exists(message, digest),
        Error::UnknownPlugin { plugin, .. } => Refusal::not_found(format!("there is no release {plugin}")),
        Error::Invalid { .. } => Refusal::refused("invalid", message),
        Error::ManifestDiffers { .. } | Error::Manifest { .. } => Refusal::refused("manifest", message),
        Error::NotPublished { .. } | Error::Name { .. } | Error::Key { .. } => {
            Refusal::refused("refused", message)
        }
        _ => state.failed(message),
    }
}

fn told(state: &State, token: &str, refusal: &Refusal) {
    state.emit(&Event::Refused {
        token: token.to_owned(),
        kind: refusal.kind,
        why: printable_line(&truncated(&refusal.message, 1000)).into_owned(),
    });
}
