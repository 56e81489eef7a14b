//! The form in which a release is sent.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use bytes::Bytes;
use driftless_plugin_api::digest::Digest;
use driftless_registry::{MAX_STATEMENT_BYTES, PublicKey, Statement};
use multer::{Constraints, Field, Multipart, SizeLimit};

use crate::refusal::Refusal;

const MAX_SIGNATURE_BYTES: u64 = 1 << 10;
const MAX_KEY_BYTES: u64 = 1 << 10;
/// What a form has besides its parts: their heads and boundaries.
const MAX_FRAME_BYTES: u64 = 16 << 10;

/// The bytes of a form with a plugin of at most so many.
pub(crate) fn max_bytes(max_plugin_bytes: u64) -> u64 {
    max_plugin_bytes + MAX_STATEMENT_BYTES as u64 + MAX_SIGNATURE_BYTES + MAX_KEY_BYTES + MAX_FRAME_BYTES
}

/// A form whose parts come one after the other. The plugin comes last, so that it is not received where what is said of it is refused.
pub(crate) struct Form {
    parts: Multipart<'static>,
    max_plugin_bytes: u64,
}

/// What comes before the plugin.
pub(crate) struct Head {
    /// What is said of it.
    pub(crate) statement: Statement,
    /// That, byte for byte.
    pub(crate) text: String,
    pub(crate) signature: String,
    pub(crate) key: Option<PublicKey>,
    plugin: Field<'static>,
}

impl Form {
    /// The form that a request sends. Nothing of it is read yet.
    pub(crate) fn of(request: Request, max_plugin_bytes: u64) -> Result<Self, Refusal> {
        let max = max_bytes(max_plugin_bytes);
        let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if length.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > max) {
            return Err(Refusal::too_large(format!("a form has at most {max} bytes")));
        }
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let boundary = multer::parse_boundary(kind.unwrap_or_default()).map_err(|_| {
            Refusal::malformed("a release is sent as `multipart/form-data` with the parts `statement`, `signature` and `plugin`")
        })?;
        let limits = SizeLimit::new()
            .whole_stream(max)
            .for_field("statement", MAX_STATEMENT_BYTES as u64)
            .for_field("signature", MAX_SIGNATURE_BYTES)
            .for_field("key", MAX_KEY_BYTES)
            .for_field("plugin", max_plugin_bytes);
        let parts = ["statement", "signature", "key", "plugin"].map(str::to_owned).to_vec();
        let constraints = Constraints::new().allowed_fields(parts).size_limit(limits);
        let body: Body = request.into_body();
        let parts = Multipart::with_constraints(body.into_data_stream(), boundary, constraints);
        Ok(Self { parts, max_plugin_bytes })
    }

    /// Reads up to the plugin.
    pub(crate) async fn head(mut self) -> Result<Head, Refusal> {
        let (mut statement, mut signature, mut key) = (None, None, None);
        loop {
            let Some(field) = self.parts.next_field().await.map_err(|error| refused(&error))? else {
                return Err(missing("plugin"));
            };
            let name = field.name().unwrap_or_default().to_owned();
            let into = match name.as_str() {
                "statement" => &mut statement,
                "signature" => &mut signature,
                "key" => &mut key,
                _ => {
                    let text = statement.ok_or_else(|| missing("statement"))?;
                    let signature = signature.ok_or_else(|| missing("signature"))?;
                    return self.complete(text, signature, key, field);
                }
            };
            let bytes = field.bytes().await.map_err(|error| refused(&error))?;
            let text = String::from_utf8(bytes.into())
                .map_err(|_| Refusal::malformed(format!("the part `{name}` is not UTF-8 text")))?;
            if into.replace(text).is_some() {
                return Err(Refusal::malformed(format!("the part `{name}` is there twice")));
            }
        }
    }

    fn complete(
        &self,
        text: String,
        signature: String,
        key: Option<String>,
        plugin: Field<'static>,
    ) -> Result<Head, Refusal> {
        let statement = Statement::parse(&text)
            .map_err(|why| Refusal::refused("statement", format!("the statement cannot be read: {why}")))?;
        if statement.size_bytes > self.max_plugin_bytes {
            let max = self.max_plugin_bytes;
            return Err(Refusal::too_large(format!("a plugin has at most {max} bytes here")));
        }
        let key = key.map(|key| key.trim().parse()).transpose();
        let key = key.map_err(|error: driftless_registry::Error| Refusal::malformed(error.to_string()))?;
        Ok(Head { statement, text, signature, key, plugin })
    }
}

impl Head {
    /// Reads the plugin: no more bytes than were signed, and those that were signed.
    pub(crate) async fn plugin(&mut self) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        let differs = || Refusal::refused("plugin", "the plugin is not the one that the statement is about");
        let mut next: Option<Bytes>;
        while {
            next = self.plugin.chunk().await.map_err(|error| refused(&error))?;
            next.is_some()
        } {
            bytes.extend_from_slice(next.as_deref().unwrap_or_default());
            if bytes.len() as u64 > self.statement.size_bytes {
                return Err(differs());
            }
        }
        if Digest::of(&bytes) != self.statement.digest {
            return Err(differs());
        }
        Ok(bytes)
    }
}

fn missing(part: &str) -> Refusal {
    Refusal::malformed(format!("the part `{part}` is missing, or comes after the plugin"))
}

fn refused(error: &multer::Error) -> Refusal {
    match error {
        multer::Error::FieldSizeExceeded { limit, field_name } => {
            let part = field_name.as_deref().unwrap_or_default();
            Refusal::too_large(format!("the part `{part}` has at most {limit} bytes"))
        }
        multer::Error::StreamSizeExceeded { limit } => {
            Refusal::too_large(format!("a form has at most {limit} bytes"))
        }
        multer::Error::UnknownField { .. } => {
            Refusal::malformed("the parts are `statement`, `signature`, `key` and `plugin`")
        }
        error => Refusal::malformed(format!("the form cannot be read: {error}")),
    }
}
