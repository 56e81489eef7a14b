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

/// The variables of all files, and those set one by one on top.
fn variables(args: &Render) -> Result<Map<String, Value>, Failure> {
    let mut vars = Map::new();
    for path in &args.vars {
        vars.extend(document::read::<Map<String, Value>>(path)?);
    }
    for setting in &args.set {
        let Some((name, value)) = setting.split_once('=') else {
            return Err(Failure::Usage(format!("--set {setting}: it has no `=`")));
        };
        if !is_variable(name) {
            return Err(Failure::Usage(format!("--set {setting}: {}", not_a_variable(name))));
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        vars.insert(name.to_owned(), value);
    }
    Ok(vars)
}
