//! Jinja2 templates with the filters and functions of plugins, rendered by [minijinja].

mod error;
mod templates;

pub use error::{Error, Result, TemplateError};
pub use minijinja;
pub use templates::Templates;
