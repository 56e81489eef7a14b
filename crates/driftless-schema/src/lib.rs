//! JSON Schemas of unknown origin: what a plugin says about the configurations of its components.
//!
//! Checking a configuration is work of the host's, which neither fuel nor a plugin's memory bounds. So a schema is
//! [admitted](ConfigSchema::admit) first, by an allow-list: keywords that are known, references within the schema, and [limits] on its size.
//! What a keyword beside it means to a library does not matter then, since only what was admitted is handed to one. And the work of
//! [checking](ConfigSchema::complete) a configuration is counted before it is done.
//!
//! ```
//! use driftless_schema::ConfigSchema;
//! use serde_json::{Map, json};
//!
//! let schema = ConfigSchema::admit(&json!({
//!     "type": "object",
//!     "properties": {"port": {"type": "integer", "default": 80}, "host": {"type": "string"}},
//!     "required": ["host"],
//! }))?;
//! let config = Map::from_iter([("host".to_owned(), json!("web1"))]);
//! assert_eq!(schema.complete(config).unwrap(), json!({"host": "web1", "port": 80}));
//! assert_eq!(schema.complete(Map::new()).unwrap_err(), ["\"host\" is a required property"]);
//! # Ok::<(), driftless_schema::Refused>(())
//! ```

mod admission;
mod cost;
mod document;
mod fill;
mod keyword;
pub mod limits;
mod patterns;
mod schema;
mod type_hint;
mod unknown_key;
mod work;

pub use admission::Refused;
pub use schema::ConfigSchema;
