//! A release as a manifest.

use driftless_plugin_api::text::{printable_line, truncated};
use semver::Version;
use serde_json::{Map, Value, json};

use super::artifact::{
    self, Descriptor, Manifest, REVOKED, SIGNATURE, STATEMENT, WASM_CONFIG_TYPE, WASM_TYPE, YANKED,
};
use crate::id::PluginId;
use crate::index::Release;
use crate::keys::MAX_SIGNATURE_BYTES;
use crate::publish::Publication;
use crate::statement::Statement;

/// What an annotation says that says yes.
const YES: &str = "true";

/// Reads the release of a version of a plugin; `None` for one of a later form. The manifest has to name the file that the statement names, and
/// nothing else.
pub(super) fn read(bytes: &[u8], id: &PluginId, version: &Version) -> Result<Option<Release>, String> {
    let Some(manifest) = Manifest::parse(bytes)? else { return Ok(None) };
    if manifest.config.media_type != WASM_CONFIG_TYPE {
        return Err(format!(
            "its config is `{}`, and that of a plugin is `{WASM_CONFIG_TYPE}`",
            crate::printable(&manifest.config.media_type)
        ));
    }
    let [layer] = &manifest.layers[..] else {
        return Err(format!("it has {} layers, and a plugin has one", manifest.layers.len()));
    };
    if layer.media_type != WASM_TYPE {
        let kind = crate::printable(&layer.media_type);
        return Err(format!("its layer is `{kind}`, and that of a plugin is `{WASM_TYPE}`"));
    }
    let annotations = manifest.annotations;
    let text = annotations.statement.ok_or_else(|| format!("it has no annotation `{STATEMENT}`"))?;
    let statement = Statement::parse(&text)?;
    if statement.id != *id || statement.version != *version {
        return Err(format!("it is that of {} {}", statement.id, statement.version));
    }
    if layer.digest != statement.digest.to_string() || layer.size != statement.size_bytes {
        return Err(format!(
            "its layer is not the file that was signed: expected {} of {} bytes, found {} of {} bytes",
            statement.digest,
            statement.size_bytes,
            crate::printable(&layer.digest),
            layer.size
        ));
    }
    if annotations.signature.as_ref().is_some_and(|signature| signature.len() > MAX_SIGNATURE_BYTES) {
        return Err(format!("its signature is longer than {MAX_SIGNATURE_BYTES} bytes"));
    }
    let is_yanked = match annotations.yanked.as_deref() {
        None => false,
        Some(YES) => true,
        Some(other) => return Err(format!("`{YANKED}` is `{}`, and not `{YES}`", crate::printable(other))),
    };
    Ok(Some(Release {
        statement,
        text,
        signature: annotations.signature,
        is_yanked,
        revoked: annotations.revoked.map(|why| printable_line(&truncated(&why, 300)).into_owned()),
    }))
}

/// The config of a plugin, as the CNCF has it: what others show and choose by. Nothing of ours depends on it.
pub(super) fn config(publication: &Publication) -> Vec<u8> {
    let statement = publication.statement();
    let info = publication.plugin().info();
    let mut config = json!({
        "created": humantime::format_rfc3339_seconds(statement.published).to_string(),
        "architecture": "wasm",
        // The layout has no word for a module that needs no WASI.
        "os": if info.is_wasm_component() { "wasip2" } else { "wasip1" },
        "layerDigests": [statement.digest.to_string()],
    });
    if info.is_wasm_component() {
        let functions = publication.plugin().functions();
        let exports: Vec<_> = functions.iter().map(|function| function.name().replace('_', "-")).collect();
        config["component"] = json!({"exports": exports, "imports": info.imports()});
    }
    config.to_string().into_bytes()
}

/// The manifest of a release, with the config that was made of it.
pub(super) fn manifest(publication: &Publication, config: &[u8]) -> Vec<u8> {
    let statement = publication.statement();
    let mut annotations: Map<String, Value> = Map::from_iter([artifact::form()]);
    let mut insert = |name: &str, value: &str| annotations.insert(name.to_owned(), value.into());
    insert("org.opencontainers.image.title", &statement.name);
    insert("org.opencontainers.image.version", &statement.version.to_string());
    insert(
        "org.opencontainers.image.created",
        &humantime::format_rfc3339_seconds(statement.published).to_string(),
    );
    if !statement.description.is_empty() {
        insert("org.opencontainers.image.description", &statement.description);
    }
    insert(STATEMENT, publication.text());
    insert(SIGNATURE, publication.signature());
    let config = Descriptor::of(WASM_CONFIG_TYPE, config);
    artifact::to_bytes(&config, &Descriptor::of(WASM_TYPE, publication.bytes()), annotations.into())
}

/// A manifest that withdraws its release, or no longer.
pub(super) fn yanked(manifest: &[u8], is_yanked: bool) -> Result<Vec<u8>, String> {
    artifact::annotated(manifest, &[(YANKED, is_yanked.then_some(YES))])
}

/// A manifest that revokes its release.
pub(super) fn revoked(manifest: &[u8], why: &str) -> Result<Vec<u8>, String> {
    artifact::annotated(manifest, &[(REVOKED, Some(why))])
}

/// A manifest with another signature.
pub(super) fn renewed(manifest: &[u8], signature: &str) -> Result<Vec<u8>, String> {
    artifact::annotated(manifest, &[(SIGNATURE, Some(signature))])
}
