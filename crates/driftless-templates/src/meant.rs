//! What was probably meant by a name that is not there.

use driftless_host::nearest;
use minijinja::value::ValueKind;
use minijinja::{Environment, ErrorKind, Value};

/// The filters that are built in, but for those of one letter. The engine does not list them.
pub(crate) const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "default",
    "dictsort",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "urlencode",
    "zip",
];

/// The tests that are built in, but for signs and other names of the same.
pub(crate) const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// A test with nearly this name.
pub(crate) fn test(name: &str) -> Option<String> {
    let known: Vec<String> = TESTS.iter().map(|name| (*name).to_owned()).collect();
    nearest(name, &known).map(did_you_mean)
}

/// What is known where something was not found.
pub(crate) struct Known<'a> {
    pub(crate) environment: &'a Environment<'static>,
    /// The filters that plugins bring.
    pub(crate) filters: &'a [String],
    pub(crate) vars: &'a Value,
}

impl Known<'_> {
    /// What was probably meant by what an error says is not there: `did you mean …?`.
    pub(crate) fn meant(&self, error: &minijinja::Error) -> Option<String> {
        let detail = error.detail()?;
        let near = match error.kind() {
            ErrorKind::UnknownFilter => {
                let name = detail.strip_prefix("filter ")?.strip_suffix(" is unknown")?;
                return self.filter(name);
            }
            ErrorKind::UnknownFunction => {
                let name = detail.strip_suffix(" is unknown")?;
                return self.function(name, []);
            }
            // Something was done with a value that is not there: `cannot calculate length … (`host` is undefined)`.
            ErrorKind::UndefinedError | ErrorKind::InvalidOperation => {
                let (before, _) = detail.split_once("` is undefined")?;
                self.variable(before.rsplit('`').next()?)?
            }
            _ => return None,
        };
        Some(did_you_mean(&near))
    }

    /// A filter with nearly this name.
    pub(crate) fn filter(&self, name: &str) -> Option<String> {
        let own = self.filters.iter().cloned();
        let known: Vec<String> = FILTERS.iter().map(|name| (*name).to_owned()).chain(own).collect();
        nearest(name, &known).map(did_you_mean)
    }

    /// A function with nearly this name, or a filter of this name.
    pub(crate) fn function<'n>(
        &self,
        name: &str,
        variables: impl IntoIterator<Item = &'n String>,
    ) -> Option<String> {
        let globals = self.environment.globals().map(|(name, _)| name.to_owned());
        let known: Vec<String> = globals.chain(variables.into_iter().cloned()).collect();
        if let Some(near) = nearest(name, &known) {
            return Some(did_you_mean(near));
        }
        let is_filter = FILTERS.contains(&name) || self.filters.iter().any(|filter| filter == name);
        is_filter.then(|| format!("`{name}` is a filter: write `value | {name}`"))
    }

    /// A variable with nearly this name: of `facts.hostnam`, a key of `facts`.
    fn variable(&self, written: &str) -> Option<String> {
        let mut names: Vec<&str> = written.split('.').map(str::trim).collect();
        let is_name =
            |name: &&str| !name.is_empty() && name.chars().all(|part| part.is_alphanumeric() || part == '_');
        if !names.iter().all(is_name) {
            return None;
        }
        let missing = names.pop()?;
        let mut owner = self.vars.clone();
        for name in &names {
            owner = owner.get_attr(name).ok()?;
        }
        if owner.kind() != ValueKind::Map {
            return None;
        }
        let known: Vec<String> =
            owner.try_iter().ok()?.filter_map(|key| key.as_str().map(str::to_owned)).collect();
        let near = nearest(missing, &known)?;
        names.push(near);
        Some(names.join("."))
    }
}

fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extensions::{has_filter, has_test};

    #[test]
    fn what_is_listed_is_built_in() {
        let environment = Environment::new();
        for name in FILTERS {
            assert!(has_filter(&environment, name), "{name}");
        }
        for name in TESTS {
            assert!(has_test(&environment, name), "{name}");
        }
        assert!(!has_test(&environment, "definde"));
    }
}
