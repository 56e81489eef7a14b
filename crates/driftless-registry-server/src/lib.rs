//! The registry of a team: a folder of plugins, served and published to over HTTP.
//!
//! The folder is a registry as [`RegistryFolder`](driftless_registry::RegistryFolder) writes it. This crate hands out its files, tells of them as JSON,
//! and lets those who have a token publish. It has no database: what is in the folder is what there is, and a copy of the folder is a backup and a
//! mirror.
//!
//! ```no_run
//! use driftless_registry_server::{Server, ServerOptions, TokensFile};
//!
//! let tokens = TokensFile::new("/etc/driftless/tokens.toml");
//! let token = tokens.make("ci", vec!["publish:acme".parse()?], None)?;
//! let server = Server::new(ServerOptions { tokens: Some("/etc/driftless/tokens.toml".into()), ..ServerOptions::new("/srv/plugins") })?;
//! let listener = std::net::TcpListener::bind("127.0.0.1:8090")?;
//! server.run(listener, std::future::pending())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # TLS
//!
//! The server speaks HTTP/1.1 without TLS. On anything but this machine, put a reverse proxy that speaks TLS before it, name that one's address in
//! [`trusted_proxies`](ServerOptions::trusted_proxies) and its URL in [`public_url`](ServerOptions::public_url). Clients of this project show a token
//! over `http:` to their own machine only.
//!
//! # What it answers
//!
//! | request | answer |
//! |---|---|
//! | `GET /config.json`, `/search.jsonl`, `/index/…`, `/keys/NAMESPACE.json` | the files of the registry, with a tag; with `If-None-Match`, 304 |
//! | `GET /blobs/sha256/HEX` | a plugin, also from a byte on (`Range`, `If-Range`) |
//! | `GET /api/v1/plugins?q=WORDS&page=1` | `plugins`, 50 at a time, each with `namespace`, `name`, `version`, `description`; `next_page` |
//! | `GET /api/v1/plugins/NAME`, `/NAMESPACE/NAME` | the newest release: what follows, and all `versions` |
//! | `GET /api/v1/plugins/NAME/VERSION`, `/NAMESPACE/NAME/VERSION` | one release: `download_url`, `checksum` (`sha256:…`), `size`, `yanked`, `revoked`, `permissions`, `dependencies`, `statement`, `signature`, … |
//! | `POST /api/v1/plugins` | 201: a release was published |
//! | `POST /api/v1/plugins/NAMESPACE/NAME/VERSION/yank`, `…/unyank` | 204: it is withdrawn, or no longer |
//! | `POST /api/v1/plugins/NAMESPACE/NAME/VERSION/revoke` with `{"why": "…"}` | 204: it is revoked |
//! | `POST /api/v1/keys/NAMESPACE/rotate` with `{"text": "…", "signature": "…"}` | 204: a key took the place of another |
//! | `POST /api/v1/keys/NAMESPACE/renew` with `{"renewals": [{"name": "…", "version": "…", "signature": "…"}]}` | 204: releases are signed by the new key |
//! | `GET /metrics` | counters and a histogram for Prometheus; in a private registry with the scope `read` or `admin` |
//! | `GET /healthz` | `ok`, with or without a token |
//!
//! A name without a namespace is one of the registry's own. `a/b` is never ambiguous: a version begins with a digit, a name with a letter. What is asked
//! for by `GET` can be asked for by `HEAD`. Paths of the tree are not percent-decoded: none has a character that needs it.
//!
//! # Publishing
//!
//! A release is a form (`multipart/form-data`) of these parts, the plugin being the last one, so that a release which is refused is not sent as a
//! whole:
//!
//! - `statement`: what was signed, byte for byte, as [`Publication::text`](driftless_registry::Publication::text) has it,
//! - `signature`: the signature of minisign over it,
//! - `key`: the public key, where it is the first one of its namespace,
//! - `plugin`: the file.
//!
//! ```console
//! $ curl -H "Authorization: Bearer $TOKEN" -F statement=@release.json -F signature=@release.json.minisig -F plugin=@greeter.wasm \
//!     https://plugins.example.com/api/v1/plugins
//! ```
//!
//! The plugin is validated and never run. What [`RegistryFolder::publish`](driftless_registry::RegistryFolder::publish) refuses is refused, and so is what
//! was not signed about now ([`max_statement_age`](Limits::max_statement_age)).
//!
//! # Tokens
//!
//! `Authorization: Bearer drft_…`. A [`TokensFile`] has the hashes of all tokens, with their [`Scope`]s; it is read again when it changed, and while
//! it cannot be used no token counts. Every token is good for reading. `publish:NAMESPACE` publishes and rotates keys (which needs the old
//! key as well), `yank:NAMESPACE` withdraws and revokes, `*` stands for all namespaces, and `admin` may do all of it. Only `admin` brings the first
//! key of a namespace: it decides whose the namespace is.
//!
//! # Errors
//!
//! `{"error": {"kind": "…", "message": "…"}}`, and `digest` where the kind is `exists`.
//!
//! | status | kinds |
//! |---|---|
//! | 400 | `malformed` |
//! | 401 | `no_token`: there is none, or one that is unknown, revoked or expired |
//! | 403 | `scope`, `no_key` (the namespace has no key yet), `read_only` (the registry has no tokens) |
//! | 404, 405 | `not_found`, `method` |
//! | 408 | `too_slow` |
//! | 409 | `exists`: a release never changes |
//! | 413 | `too_large` |
//! | 416 | `range` |
//! | 422 | `statement`, `plugin`, `manifest`, `invalid` (it may not run), `time`, `rotation`, `refused` |
//! | 429, 503 | `too_many_requests`, `busy`, with `Retry-After` |
//! | 500 | `failed`: the [`Event`] says what |

mod access;
mod connection;
mod error;
mod event;
mod files;
mod form;
mod limits;
mod metrics;
mod publishing;
mod rate;
mod reading;
mod refusal;
mod routes;
mod scope;
mod server;
mod state;
mod tag;
mod tokens;

pub use error::Error;
pub use event::Event;
pub use limits::Limits;
pub use scope::{Namespaces, Scope};
pub use server::{Server, ServerOptions};
pub use state::EventSink;
pub use tokens::{TokenInfo, TokensFile};
