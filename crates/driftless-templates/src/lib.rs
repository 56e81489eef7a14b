//! Jinja2 templates with the filters and functions of plugins, rendered by [minijinja].

mod constructs;
mod error;
mod event;
mod extensions;
mod imports;
mod lookup;
mod meant;
mod named_function;
mod names;
mod nesting;
mod templates;
mod variable;

pub use error::{Error, Result, TemplateError};
pub use event::Event;
pub use minijinja;
pub use templates::Templates;
pub use variable::{NotAVariable, check_variable_name};
