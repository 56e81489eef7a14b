//! Manifests of the OCI: what they may be like, and how they are read and written.

use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::json::Bounds;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The media type of a manifest.
pub(super) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of the config of an artifact of WebAssembly, as the CNCF has it.
pub(super) const WASM_CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
/// The media type of its layer.
pub(super) const WASM_TYPE: &str = "application/wasm";
/// The media type of what has nothing in it.
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";
/// What has nothing in it.
pub(super) const EMPTY: &[u8] = b"{}";

/// The annotations in which what is ours stands.
pub(super) const FORM: &str = "io.github.driftless.form";
pub(super) const STATEMENT: &str = "io.github.driftless.statement";
pub(super) const SIGNATURE: &str = "io.github.driftless.signature";
pub(super) const YANKED: &str = "io.github.driftless.yanked";
pub(super) const REVOKED: &str = "io.github.driftless.revoked";
pub(super) const REGISTRY: &str = "io.github.driftless.registry";
pub(super) const KEYS: &str = "io.github.driftless.keys";
pub(super) const NAME: &str = "io.github.driftless.name";

/// The form of these annotations that this program knows. What has a later one is left out, so that a registry can begin to have some.
const KNOWN_FORM: u32 = 1;

/// The most bytes of a manifest: a statement or the keys of a namespace, escaped, and what stands around them.
pub(super) const MAX_MANIFEST_BYTES: u64 = 1 << 20;

const BOUNDS: Bounds = Bounds { text_bytes: MAX_MANIFEST_BYTES as usize, depth: 8, value_bytes: 8 << 20 };

/// A manifest. Others may write more into it than this program knows.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    #[serde(rename = "schemaVersion")]
    schema_version: u32,
    #[serde(rename = "mediaType")]
    media_type: Option<String>,
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
    #[serde(default)]
    pub(super) annotations: Annotations,
}

/// What a manifest says of a blob.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Descriptor {
    #[serde(rename = "mediaType")]
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) size: u64,
}

/// The annotations that are ours. One that is there twice is refused.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Annotations {
    #[serde(rename = "io.github.driftless.form")]
    form: Option<String>,
    #[serde(rename = "io.github.driftless.statement")]
    pub(super) statement: Option<String>,
    #[serde(rename = "io.github.driftless.signature")]
    pub(super) signature: Option<String>,
    #[serde(rename = "io.github.driftless.yanked")]
    pub(super) yanked: Option<String>,
    #[serde(rename = "io.github.driftless.revoked")]
    pub(super) revoked: Option<String>,
    #[serde(rename = "io.github.driftless.registry")]
    pub(super) registry: Option<String>,
    #[serde(rename = "io.github.driftless.keys")]
    pub(super) keys: Option<String>,
}

impl Manifest {
    /// Reads a manifest; `None` for one of a later form.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
        let manifest: Self = BOUNDS.read(text).map_err(|error| error.to_string())?;
        if manifest.schema_version != 2 {
            return Err(format!("its `schemaVersion` is {}, and not 2", manifest.schema_version));
        }
        if let Some(kind) = manifest.media_type.as_deref().filter(|kind| *kind != MANIFEST_TYPE) {
            return Err(format!("it is `{}`, and no manifest", crate::printable(kind)));
        }
        let form = manifest.annotations.form.as_deref().unwrap_or_default();
        match form.parse::<u32>() {
            Ok(form) if form > KNOWN_FORM => Ok(None),
            Ok(KNOWN_FORM) => Ok(Some(manifest)),
            _ => Err(format!("it was not made by driftless: its annotation `{FORM}` is no number of a form")),
        }
    }
}

impl Descriptor {
    pub(super) fn of(media_type: &str, bytes: &[u8]) -> Self {
        let (digest, size) = (Digest::of(bytes).to_string(), bytes.len() as u64);
        Self { media_type: media_type.to_owned(), digest, size }
    }
}

/// A manifest as it is written.
pub(super) fn to_bytes(config: &Descriptor, layer: &Descriptor, annotations: Value) -> Vec<u8> {
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": [layer], "annotations": annotations,
    });
    manifest.to_string().into_bytes()
}

/// A manifest that is nothing but an annotation, of a kind of artifact.
pub(super) fn document(kind: &str, annotation: &str, text: &str) -> Vec<u8> {
    let empty = Descriptor::of(EMPTY_TYPE, EMPTY);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "artifactType": kind, "config": empty, "layers": [empty],
        "annotations": {FORM: KNOWN_FORM.to_string(), annotation: text},
    });
    manifest.to_string().into_bytes()
}

/// The annotation that says which form the others have.
pub(super) fn form() -> (String, Value) {
    (FORM.to_owned(), KNOWN_FORM.to_string().into())
}

/// A manifest in which annotations are changed, or are gone, and everything else is as it was.
pub(super) fn annotated(manifest: &[u8], changes: &[(&str, Option<&str>)]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(manifest).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let mut manifest: Map<String, Value> = BOUNDS.read(text).map_err(|error| error.to_string())?;
    let annotations = manifest.get_mut("annotations").and_then(Value::as_object_mut);
    let annotations = annotations.ok_or("it has no annotations")?;
    for (name, value) in changes {
        match value {
            Some(value) => annotations.insert((*name).to_owned(), (*value).into()),
            None => annotations.remove(*name),
        };
    }
    Ok(Value::from(manifest).to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_has_in_it_has_the_digest_that_all_know() {
        let known = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(Digest::of(EMPTY).to_string(), known);
    }

    #[test]
    fn annotations_are_changed_and_nothing_else() {
        let before = document("application/x", KEYS, "{\"keys\":[\"\\u00e9 \"]}");
        let after = annotated(&before, &[(YANKED, Some("true"))]).unwrap();
        let read = Manifest::parse(&after).unwrap().unwrap();
        assert_eq!(read.annotations.yanked.as_deref(), Some("true"));
        assert_eq!(read.annotations.keys.as_deref(), Some("{\"keys\":[\"\\u00e9 \"]}"));
        assert_eq!(annotated(&after, &[(YANKED, None)]).unwrap(), before);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(place in 0usize..400, bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..8)) {
            let mut manifest = document("application/x", KEYS, "{}");
            let place = place.min(manifest.len());
            let end = (place + bytes.len()).min(manifest.len());
            manifest.splice(place..end, bytes);
            let _ = Manifest::parse(&manifest);
            let _ = annotated(&manifest, &[(YANKED, Some("true"))]);
        }
    }

    #[test]
    fn what_is_no_manifest_of_ours_is_refused() {
        let right = String::from_utf8(document("application/x", KEYS, "{}")).unwrap();
        for (from, to) in [
            ("\"schemaVersion\":2", "\"schemaVersion\":1"),
            ("image.manifest.v1", "image.index.v1"),
            ("\"io.github.driftless.form\":\"1\"", "\"a\":\"1\""),
            ("\"io.github.driftless.form\":\"1\"", "\"io.github.driftless.form\":\"one\""),
            (
                "\"io.github.driftless.keys\":",
                "\"io.github.driftless.form\":\"1\",\"io.github.driftless.keys\":",
            ),
            ("\"annotations\":{", "\"annotations\":[{"),
            ("\"size\":2", "\"size\":-2"),
        ] {
            assert!(right.contains(from), "{from}");
            assert!(Manifest::parse(right.replace(from, to).as_bytes()).is_err(), "{to}");
        }
        let later = right.replace("driftless.form\":\"1\"", "driftless.form\":\"2\"");
        assert!(Manifest::parse(later.as_bytes()).unwrap().is_none());
    }
}
