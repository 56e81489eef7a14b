//! `driftless plugin new`

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use driftless_author::{Kind, Language, create};
use serde_json::json;

use super::print_json;
use crate::args::{Global, New};
use crate::terminal::{GOOD, STRONG, Terminal};

/// Makes a project, and says what to type next.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &New) -> anyhow::Result<ExitCode> {
    let language = Language::named(&args.lang).expect("the parser lets only languages through");
    let created = create(&driftless_author::New {
        within: Path::new(""),
        name: &args.name,
        language,
        kind: Kind::named(&args.kind).expect("the parser lets only kinds through"),
        sdk: args.sdk.as_deref(),
    })?;
    if global.json {
        let created = json!({"folder": created.folder, "files": created.files, "next": created.next});
        print_json(global, terminal, &created)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = terminal.out();
    writeln!(out, "{GOOD}created{GOOD:#} {STRONG}{}{STRONG:#}, a plugin in {language}", args.name)?;
    for file in &created.files {
        writeln!(out, "        {file}")?;
    }
    writeln!(out, "\nnext:")?;
    for line in &created.next {
        writeln!(out, "  {line}")?;
    }
    Ok(ExitCode::SUCCESS)
}
