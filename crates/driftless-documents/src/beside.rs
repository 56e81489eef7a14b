//! A configuration that stands beside keys of the file.

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

/// The key below which a configuration can be written whose own keys are keys of the file as well.
pub const WITH: &str = "with";

/// Reads the keys that are left over beside those of the file, and those below [`WITH`], as one configuration. For serde's `flatten`.
///
/// ```
/// use serde::Deserialize;
/// use serde_json::{Map, Value, json};
///
/// #[derive(Deserialize)]
/// struct Stage {
///     r#type: String,
///     #[serde(flatten, deserialize_with = "driftless_documents::configuration")]
///     config: Map<String, Value>,
/// }
///
/// // The configuration has a `type` of its own.
/// let stage = json!({"type": "site.room", "size": 3, "with": {"type": "kitchen"}});
/// let stage: Stage = serde_json::from_value(stage)?;
/// assert_eq!(stage.r#type, "site.room");
/// assert_eq!(Value::from(stage.config), json!({"size": 3, "type": "kitchen"}));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// When what is below [`WITH`] is no mapping, or has a key that is written beside it, too.
pub fn configuration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    let mut config = Map::deserialize(deserializer)?;
    match config.remove(WITH) {
        None => {}
        Some(Value::Object(with)) => {
            for (key, value) in with {
                if config.insert(key.clone(), value).is_some() {
                    let message = format!("`{key}` is written twice: below `{WITH}`, and beside it");
                    return Err(de::Error::custom(message));
                }
            }
        }
        Some(_) => {
            return Err(de::Error::custom(format!("`{WITH}` is a mapping, with the configuration in it")));
        }
    }
    Ok(config)
}
