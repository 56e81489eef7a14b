//! `driftless render`

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value};

use super::{is_variable, not_a_variable};
use crate::args::{Global, Render};
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::{context, document, text};

/// Renders a template to standard output.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &Render) -> anyhow::Result<ExitCode> {
    let source = read_template(&args.template)?;
    let vars = variables(args)?;
    let manager = context::manager(global, terminal)?;
    let templates = context::templates(&manager, terminal);
    let rendered = templates.render(&args.template.to_string_lossy(), &source, &vars)?;
    terminal.result(&rendered)?;
    Ok(ExitCode::SUCCESS)
}

fn read_template(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") { text::read_stdin() } else { text::read_stream(path) }
}

/// The variables of all files, and those set one by one on top: `--set`, then `--set-string`.
fn variables(args: &Render) -> Result<Map<String, Value>, Failure> {
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
    if !is_variable(name) {
        return Err(Failure::Usage(format!("{option} {setting}: {}", not_a_variable(name))));
    }
    Ok((name, value))
}
