//! What the host hands over, read into the author's types: configurations, entries, values, arguments.
//!
//! The traits are there for the compiler's messages: they say what a type lacks in the words of a plugin's author.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Result};

/// A type that a configuration can be read into.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a configuration",
    label = "this type has to derive `Deserialize` and `JsonSchema`",
    note = "write `#[derive(Deserialize, JsonSchema)]` above a type of your own"
)]
pub trait Config: DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> Config for T {}

/// A type that an entry, or the value that a filter is applied to, can be read into.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read out of what the host hands over",
    label = "this type has to derive `Deserialize`",
    note = "write `#[derive(Deserialize)]` above a type of your own; it is taken by value, as `entry: Entry<'_>`"
)]
pub trait Input<'a>: Deserialize<'a> {}

#[diagnostic::do_not_recommend]
impl<'a, T: Deserialize<'a>> Input<'a> for T {}

/// A type that an argument in a template can be read into.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument in a template",
    label = "this type has to derive `Deserialize`",
    note = "write `#[derive(Deserialize)]` above a type of your own"
)]
pub trait Argument: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Argument for T {}

/// A type that a text can be the default of.
#[diagnostic::on_unimplemented(
    message = "a text cannot be the default of `{Self}`",
    label = "this is not a `{Self}`"
)]
pub trait FromText: From<&'static str> {}

#[diagnostic::do_not_recommend]
impl<T: From<&'static str>> FromText for T {}

/// The default of an argument, so that `#[default("-")] separator: String` works.
pub fn default_text<T: FromText>(text: &'static str) -> T {
    text.into()
}

/// Reads a configuration.
pub fn config<C: Config>(json: &str) -> Result<C> {
    serde_json::from_str(json).map_err(|error| misfit("its configuration", &error))
}

/// Reads an entry, or what a filter is applied to.
pub fn value<'a, T: Input<'a>>(what: &str, json: &'a str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| misfit(&format!("the {what}"), &error))
}

/// Reads what a hook is told. Nothing at all is `null`.
pub fn told<T: DeserializeOwned>(what: &str, json: Option<&&str>) -> Result<T> {
    let json = json.copied().filter(|json| !json.trim().is_empty()).unwrap_or("null");
    serde_json::from_str(json).map_err(|error| misfit(&format!("the {what}"), &error))
}

/// The schema of a configuration type.
pub fn schema_of<C: Config>() -> Value {
    let mut generator = SchemaGenerator::default();
    let schema = C::json_schema(&mut generator);
    with_definitions(schema, generator)
}

/// What `schema_for!` does behind the type's own part, once and not for each type.
fn with_definitions(mut schema: Schema, mut generator: SchemaGenerator) -> Value {
    let definitions = generator.take_definitions(true);
    let object = schema.ensure_object();
    if !definitions.is_empty() {
        object.insert("$defs".to_owned(), definitions.into());
    }
    schema.into()
}

/// The schema of a component without configuration: any key is one too many.
pub fn schema_of_nothing() -> Value {
    serde_json::json!({"type": "object", "additionalProperties": false})
}

/// Says that something does not have the type that the author wanted.
pub(crate) fn misfit(what: &str, error: &serde_json::Error) -> Error {
    let text = error.to_string();
    // The place is one in JSON that the host wrote. It tells the user nothing.
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&place).unwrap_or(&text);
    Error::new(format!("{what} does not fit: {text}"))
}
