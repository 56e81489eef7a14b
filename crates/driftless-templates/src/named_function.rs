//! Functions that know their names.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Environment, Error, State, Value};

/// A function under the name by which templates know it. Where a template prints it instead of calling it, that is what is printed; the engine
/// would print the path of a Rust function.
struct NamedFunction {
    name: String,
    function: Value,
}

/// A function as a value for templates.
pub(crate) fn named_function(name: impl Into<String>, function: Value) -> Value {
    Value::from_object(NamedFunction { name: name.into(), function })
}

/// Gives the functions that an environment has their names.
pub(crate) fn name_functions(environment: &mut Environment<'_>) {
    let functions: Vec<_> = environment.globals().map(|(name, value)| (name.to_owned(), value)).collect();
    for (name, function) in functions {
        environment.add_global(name.clone(), named_function(name, function));
    }
}

impl Object for NamedFunction {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, arguments: &[Value]) -> Result<Value, Error> {
        self.function.call(state, arguments)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Debug for NamedFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}
