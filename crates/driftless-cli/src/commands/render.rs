//! `driftless render`

use std::path::Path;
use std::process::ExitCode;

use super::variables;
use crate::args::{Global, Render};
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::{context, text};

/// Renders a template to standard output.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &Render) -> anyhow::Result<ExitCode> {
    let source = read_template(&args.template)?;
    let vars = variables::read(&args.variables)?;
    let manager = context::manager(global, terminal)?;
    let templates = context::templates(&manager, terminal);
    let rendered = templates.render(&args.template.to_string_lossy(), &source, &vars)?;
    terminal.result(&rendered)?;
    Ok(ExitCode::SUCCESS)
}

fn read_template(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") { text::read_stdin() } else { text::read_stream(path) }
}
