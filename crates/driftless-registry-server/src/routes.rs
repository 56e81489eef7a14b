//! Which path leads where, and what happens to every request before and after.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Extension, MatchedPath, Request, State as Shared};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use driftless_plugin_api::text::{printable_line, truncated};

use crate::access::{Caller, Peer, address};
use crate::event::Event;
use crate::refusal::{Refusal, RefusedAs};
use crate::scope::Scope;
use crate::state::State;
use crate::{files, publishing, reading};

const HEALTH: &str = "/healthz";

pub(crate) fn router(state: &Arc<State>) -> Router {
    Router::new()
        .route("/config.json", get(files::config))
        .route("/search.jsonl", get(files::search))
        .route("/index/{prefix}/{namespace}/{file}", get(files::index_file))
        .route("/blobs/sha256/{digest}", get(files::blob))
        .route("/keys/{file}", get(files::keys))
        .route("/api/v1/plugins", get(reading::list).post(publishing::publish))
        .route("/api/v1/plugins/{plugin}", get(reading::plugin))
        .route("/api/v1/plugins/{plugin}/{part}", get(reading::plugin))
        .route("/api/v1/plugins/{plugin}/{part}/{version}", get(reading::plugin))
        .route("/api/v1/plugins/{plugin}/{part}/{version}/yank", post(publishing::yank))
        .route("/api/v1/plugins/{plugin}/{part}/{version}/unyank", post(publishing::unyank))
        .route("/api/v1/plugins/{plugin}/{part}/{version}/revoke", post(publishing::revoke))
        .route("/api/v1/keys/{namespace}/rotate", post(publishing::rotate))
        .route("/api/v1/keys/{namespace}/renew", post(publishing::renew))
        .route("/metrics", get(metrics))
        .route(HEALTH, get(|| async { "ok\n" }))
        .method_not_allowed_fallback(|| async { Refusal::method() })
        .fallback(|| async { Refusal::not_found("there is nothing at this path") })
        .layer(from_fn_with_state(Arc::clone(state), around))
        .with_state(Arc::clone(state))
}

/// `GET /metrics`
async fn metrics(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Refusal> {
    if state.is_private {
        caller.with_scope(&state, |scope| matches!(scope, Scope::Read | Scope::Admin), "read")?;
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, state.metrics.to_text()).into_response())
}

/// Lets a request in or not, and notes how it went.
async fn around(Shared(state): Shared<Arc<State>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let path = printable_line(&truncated(request.uri().path(), 300)).into_owned();
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let peer = request.extensions().get::<Peer>().copied();
    let address = peer.map(|Peer(peer)| address(peer, request.headers(), &state.trusted_proxies));
    let admitted = match address {
        Some(address) => state.admit_address(address).and_then(|()| admitted(&state, &request)),
        None => Err(Refusal::failed()),
    };
    let (token, mut response) = match admitted {
        Ok(caller) => {
            let token = caller.token.as_ref().map(|token| token.name.clone());
            request.extensions_mut().insert(caller);
            (token, answered(&state, &method, request, next).await)
        }
        Err(refusal) => (None, refusal.into_response()),
    };
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let status = response.status().as_u16();
    let took = begun.elapsed();
    if let Some(RefusedAs(kind)) = response.extensions().get() {
        state.metrics.rejected(kind);
    }
    state.metrics.answered(route.as_deref().unwrap_or("other"), status, took);
    if let Some(address) = address {
        let method = printable_line(&truncated(method.as_str(), 20)).into_owned();
        state.emit(&Event::Answered { address, token, method, path, status, took });
    }
    response
}

fn admitted(state: &State, request: &Request) -> Result<Caller, Refusal> {
    let headers = request.headers();
    if request.uri().path() == HEALTH {
        return Ok(Caller { token: None });
    }
    let caller = Caller::of(state, headers)?;
    if state.is_private && caller.token.is_none() {
        return Err(Refusal::no_token("this registry is read with a token"));
    }
    Ok(caller)
}

async fn answered(state: &State, method: &Method, request: Request, next: Next) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        // What is sent has a time of its own, and what is begun to be written is ended.
        return next.run(request).await;
    }
    let answer = tokio::time::timeout(state.limits.request_timeout, next.run(request)).await;
    answer.unwrap_or_else(|_| Refusal::busy().into_response())
}
