//! Variables from the command line, for the commands that fill in templates.

use driftless_templates::check_variable_name;
use serde_json::{Map, Value};

use crate::args::Variables;
use crate::document;
use crate::failure::Failure;

/// The variables of all files, and those set one by one on top: `--set`, then `--set-string`.
pub(super) fn read(args: &Variables) -> Result<Map<String, Value>, Failure> {
    let mut vars = Map::new();
    for path in &args.vars {
        // A file in which every line is a comment has none.
        vars.extend(document::read::<Option<Map<String, Value>>>(path)?.unwrap_or_default());
    }
    for setting in &args.set {
        let (name, value) = assignment("--set", setting)?;
        let value = driftless_documents::parse_setting(value).map_err(|error| {
            Failure::Usage(format!("--set {setting}: {error}; `--set-string` takes it as text"))
        })?;
        vars.insert(name.to_owned(), value);
    }
    for setting in &args.set_string {
        let (name, value) = assignment("--set-string", setting)?;
        vars.insert(name.to_owned(), value.into());
    }
    Ok(vars)
}

/// The name and the value of `NAME=VALUE`.
fn assignment<'a>(option: &str, setting: &'a str) -> Result<(&'a str, &'a str), Failure> {
    let Some((name, value)) = setting.split_once('=') else {
        return Err(Failure::Usage(format!("{option} {setting}: it has no `=`")));
    };
    check_variable_name(name).map_err(|error| Failure::Usage(format!("{option} {setting}: {error}")))?;
    Ok((name, value))
}
