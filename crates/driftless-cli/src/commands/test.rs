//! `driftless plugin test`

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use driftless_author::Project;
use driftless_conformance::{
    Case, CaseFile, Check, DiffLine, DiffMark, Error, Problem, Recorded, Redacted, Replay, Setup, Tester,
    Verdict, find_case_files,
};
use driftless_host::Artifact;
use driftless_plugin_api::text::printable_line;
use serde_json::{Value, json};

use super::{language, print_json};
use crate::args::{Global, Test};
use crate::excerpt::excerpt;
use crate::failure::{Failure, unreadable};
use crate::terminal::{BAD, FAINT, GOOD, STRONG, Terminal, printable_path};
use crate::words::option;
use crate::{context, interrupt};

/// Which of the checks of what every plugin has to get right are told one by one. All are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    All,
    Failures,
}

/// Replays the cases of a plugin, and checks what every plugin has to get right.
pub(crate) fn run(
    global: &Global,
    terminal: &Terminal,
    args: &Test,
    shown: Shown,
) -> anyhow::Result<ExitCode> {
    let found = find(args)?;
    if let Some(newer) = found.newer_source() {
        terminal.warn(&format!(
            "{} is newer than {}, and what is tested is the older plugin; `driftless plugin build` makes it anew",
            newer.display(),
            found.plugin.display()
        ));
    }
    let files = case_files(&found.cases, &args.case)?;
    let bytes = context::read_file(&found.plugin)?;
    let settings = context::settings(global)?;
    let sandbox = context::sandbox(&settings, terminal)?;
    let protected = context::own_places(global, &settings);
    let setup = Setup {
        protected_paths: protected.clone(),
        settings,
        grants: context::grants(global)?,
        host_calls: Some(Box::new(context::noted_host_calls(terminal, protected))),
        // A case that is replayed needs no grant.
        on_grant_event: args.record.then(|| Box::new(context::told_grant_events(terminal)) as _),
        cancel: interrupt::cancel_handle().clone(),
        // The sandbox measures all of it.
        unmetered: Vec::new(),
    };
    let origin = found.plugin.display().to_string();
    // While it is loaded, what does not hold of its grant is told.
    if let Some(manifest) = driftless_validator::inspect(&bytes).manifest() {
        terminal.noted_grants().is_from_file(&manifest.name, &found.plugin.to_string_lossy());
    }
    let artifact = Artifact::from_bytes(context::stem(&found.plugin), origin, bytes);
    let tester = Tester::new(setup, sandbox, &artifact).map_err(told)?;
    let mut report = Report {
        global,
        terminal,
        cases: Vec::new(),
        checks: Vec::new(),
        written: Vec::new(),
        held: 0,
        failed: 0,
        shown,
    };
    report.heading(&tester, &found.plugin)?;
    for (file, wanted) in &files {
        if args.record {
            report.record(&tester, file, wanted)?;
        } else {
            report.replay(&tester, file, wanted)?;
        }
    }
    // A user who asks for one case is at work on that one.
    if !args.record && !args.no_conformance && args.case.is_empty() {
        for check in tester.checks(&args.except) {
            report.check(&check)?;
        }
    }
    if files.iter().all(|(_, wanted)| wanted.is_empty()) && !global.json {
        terminal.note(format!(
            "there are no cases yet: write one to {}, like `task: NAME` and `config: {{…}}`, and let `--record` write what comes of it",
            found.cases[0].join("NAME.yml").display()
        ));
    }
    report.finish(args.record)
}

/// What is tested.
struct Found {
    /// The built file.
    plugin: PathBuf,
    /// The folders of its cases, one at least.
    cases: Vec<PathBuf>,
    /// Its project, where it is known.
    project: Option<Project>,
}

/// Finds the built file of a project, or takes the file that is named.
fn find(args: &Test) -> anyhow::Result<Found> {
    let cases = |folder: &Path| match args.cases.as_slice() {
        // `./` in front of a path says nothing.
        [] if folder == Path::new(".") => vec![Path::new("tests").join("cases")],
        [] => vec![folder.join("tests").join("cases")],
        folders => folders.to_vec(),
    };
    // A folder that the user names has to be there.
    if let Some(missing) = args.cases.iter().find(|folder| !folder.is_dir()) {
        return Err(Failure::NotFound(format!("{}: there is no such folder", missing.display())).into());
    }
    if args.plugin.extension().is_some_and(|extension| extension == "wasm") {
        return Ok(Found { plugin: args.plugin.clone(), cases: cases(Path::new(".")), project: None });
    }
    let project = Project::find(&args.plugin, language(args.lang.as_deref()))?;
    Ok(Found { plugin: project.built()?, cases: cases(&project.folder), project: Some(project) })
}

impl Found {
    /// A source file that was changed after the plugin was built.
    fn newer_source(&self) -> Option<PathBuf> {
        let built = changed(&self.plugin)?;
        let sources = self.project.as_ref()?.sources();
        sources.into_iter().find(|source| changed(source).is_some_and(|changed| changed > built))
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// A file of cases, and the places of those in it that were asked for.
type Wanted = (CaseFile, Vec<usize>);

fn case_files(folders: &[PathBuf], names: &[String]) -> anyhow::Result<Vec<Wanted>> {
    let mut files = Vec::new();
    let mut paths = Vec::new();
    for folder in folders {
        paths.extend(find_case_files(folder).map_err(told)?);
    }
    for path in paths {
        let file = CaseFile::read(&path).map_err(told)?;
        let is_wanted = |case: &Case| names.is_empty() || names.iter().any(|name| case.name.contains(name));
        let wanted = (0..file.cases().len()).filter(|place| is_wanted(&file.cases()[*place])).collect();
        files.push((file, wanted));
    }
    if !names.is_empty() && files.iter().all(|(_, wanted): &Wanted| wanted.is_empty()) {
        let known: Vec<_> =
            files.iter().flat_map(|(file, _)| file.cases()).map(|case| case.name.as_str()).collect();
        let known =
            if known.is_empty() { String::new() } else { format!("; there are {}", known.join(", ")) };
        let message =
            format!("no case in {} has `{}` in its name{known}", folders[0].display(), names.join("` or `"));
        return Err(Failure::NotFound(message).into());
    }
    Ok(files)
}

/// An error of the cases, with the line that it is about.
fn told(error: Error) -> anyhow::Error {
    if let Error::Host(error) = error {
        return error.into();
    }
    match &error {
        Error::File { path, source } => unreadable(path, source).into(),
        Error::Syntax { line, column, text, .. } => {
            let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
            let inside = text[start..].char_indices().nth(column.saturating_sub(1)).map_or(0, |(at, _)| at);
            let excerpt = excerpt(text, start + inside..start + inside + 1);
            Failure::Usage(format!("{error}\n{excerpt}")).into()
        }
        Error::Recorded { .. } => {
            let message = "remove the file and record the cases again (`driftless plugin test --record`)";
            Failure::Usage(format!("{error}; {message}")).into()
        }
        _ => Failure::Failed(error.to_string()).into(),
    }
}

/// What is told, and how it stands.
struct Report<'a> {
    global: &'a Global,
    terminal: &'a Terminal,
    cases: Vec<Value>,
    checks: Vec<Value>,
    /// The files of recordings that were written.
    written: Vec<PathBuf>,
    held: usize,
    failed: usize,
    shown: Shown,
}

impl Report<'_> {
    fn heading(&self, tester: &Tester, path: &Path) -> anyhow::Result<()> {
        if self.global.json {
            return Ok(());
        }
        let plugin = tester.plugin();
        let version = plugin.manifest().map_or_else(String::new, |manifest| format!(" {}", manifest.version));
        let (name, version) = (printable_line(plugin.name()), printable_line(&version));
        let path = printable_path(path);
        Ok(writeln!(self.terminal.out(), "{STRONG}{name}{STRONG:#}{version} {FAINT}({path}){FAINT:#}")?)
    }

    fn replay(&mut self, tester: &Tester, file: &CaseFile, wanted: &[usize]) -> anyhow::Result<()> {
        for name in file.unused_recordings() {
            self.terminal.warn(&format!(
                "{} has a recording of `{name}`, and {} no such case; the next `--record` drops it",
                file.recordings().path().display(),
                file.path().display()
            ));
        }
        for case in wanted.iter().map(|place| &file.cases()[*place]) {
            let replay = tester.replay(case);
            self.count(replay.holds());
            if self.global.json {
                self.cases.push(as_json(case, &replay));
                continue;
            }
            let mut out = self.terminal.out();
            verdict(&mut out, replay.holds(), &case.name)?;
            for problem in &replay.problems {
                print_problem(&mut out, problem, &case.name)?;
            }
        }
        Ok(())
    }

    fn record(&mut self, tester: &Tester, file: &CaseFile, wanted: &[usize]) -> anyhow::Result<()> {
        let mut recorded = Vec::new();
        let failed_before = self.failed;
        for place in wanted {
            let case = &file.cases()[*place];
            let Recorded { case: new, replay, redacted, ended_otherwise } = tester.record(case);
            // How an interrupted call ended is nothing to expect of the next.
            if interrupt::has_cancelled() {
                let message =
                    format!("it was interrupted; nothing of {} was recorded", file.path().display());
                return Err(Failure::Failed(message).into());
            }
            self.count(replay.holds());
            let before = file.recorded(*place);
            let changed = replay.holds() && new != before;
            if self.global.json {
                let mut entry = as_json(case, &replay);
                entry["changed"] = changed.into();
                entry["redacted"] = redacted.iter().map(ToString::to_string).collect();
                self.cases.push(entry);
            } else {
                let mut out = self.terminal.out();
                let (style, word) = match (replay.holds(), changed) {
                    (false, _) => (BAD, "FAILED"),
                    (true, true) => (GOOD, "recorded"),
                    (true, false) => (GOOD, "same"),
                };
                writeln!(out, "{style}{word:<8}{style:#}  {}", printable_line(&case.name))?;
                for problem in &replay.problems {
                    print_problem(&mut out, problem, &case.name)?;
                }
                if !redacted.is_empty() {
                    print_redacted(&mut out, &redacted, ended_otherwise)?;
                }
                if !replay.holds() {
                    writeln!(
                        out,
                        "        that is written in {}: mend it, or remove it from the case and record again",
                        printable_path(file.path())
                    )?;
                }
            }
            if changed {
                recorded.push((*place, new));
            }
        }
        let recordings = file.with_recorded(&recorded);
        // A file stays as it was where none of its cases was asked for, and where nothing was recorded because it failed.
        let failed = self.failed > failed_before && recorded.is_empty();
        if recordings != *file.recordings() && !wanted.is_empty() && !failed {
            recordings.write().map_err(told)?;
            self.written.push(recordings.path().to_owned());
        }
        Ok(())
    }

    fn check(&mut self, check: &Check) -> anyhow::Result<()> {
        self.count(check.holds());
        let complaints: &[String] = match &check.verdict {
            Verdict::Wrong(complaints) => complaints,
            Verdict::Right | Verdict::Nothing => &[],
        };
        if self.global.json {
            self.checks.push(json!({"name": check.name, "ok": check.holds(), "complaints": complaints}));
            return Ok(());
        }
        if check.verdict == Verdict::Nothing || self.shown == Shown::Failures && check.holds() {
            return Ok(());
        }
        let mut out = self.terminal.out();
        verdict(&mut out, check.holds(), &format!("conformance: {}", check.name))?;
        for complaint in complaints {
            writeln!(out, "        {BAD}-{BAD:#} {}", printable_line(complaint))?;
        }
        Ok(())
    }

    fn count(&mut self, holds: bool) {
        if holds { self.held += 1 } else { self.failed += 1 }
    }

    fn finish(self, recorded: bool) -> anyhow::Result<ExitCode> {
        let Self { global, terminal, cases, checks, written, held, failed, .. } = self;
        if global.json {
            let mut report = json!({"ok": failed == 0, "cases": cases, "conformance": checks});
            if recorded {
                report["written"] = json!(written);
            }
            print_json(global, terminal, &report)?;
        } else if recorded {
            // What was refused is recorded like everything else.
            terminal.missing_grants(true);
            for path in &written {
                terminal.note(format_args!("wrote {}", printable_path(path)));
            }
            if !written.is_empty() {
                terminal.note(
                    "look at what was recorded before you keep it: from now on it is what has to happen",
                );
            }
        } else {
            let mut out = terminal.out();
            let style = if failed == 0 { GOOD } else { BAD };
            writeln!(out, "{style}{held} ok, {failed} failed{style:#}")?;
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn verdict(out: &mut impl Write, holds: bool, name: &str) -> std::io::Result<()> {
    let (style, word) = if holds { (GOOD, "ok") } else { (BAD, "FAILED") };
    writeln!(out, "{style}{word:<6}{style:#}  {}", printable_line(name))
}

/// Says what is not in a recording, and what to do where the plugin cannot do without it.
fn print_redacted(out: &mut impl Write, redacted: &[Redacted], ended_otherwise: bool) -> std::io::Result<()> {
    let names = redacted.iter().map(|redacted| printable_line(&redacted.to_string()).into_owned());
    writeln!(
        out,
        "        not recorded, with a placeholder in its place: {}",
        names.collect::<Vec<_>>().join(", ")
    )?;
    if ended_otherwise {
        writeln!(
            out,
            "        with the placeholder it goes otherwise than with the value; write `host` into the case, with values that are no secret"
        )?;
    }
    Ok(())
}

/// Says in what a case does not hold, and what would mend it.
fn print_problem(out: &mut impl Write, problem: &Problem, name: &str) -> std::io::Result<()> {
    match problem {
        Problem::Unrecorded => {
            // What cannot be printed as it is cannot be copied either.
            let case = if printable_line(name) == name { option("--case", name) } else { String::new() };
            writeln!(
                out,
                "        it expects nothing yet: write `expect`, or run `driftless plugin test --record{case}`"
            )
        }
        Problem::Different(lines) => {
            writeln!(
                out,
                "        something else came of it ({BAD}- expected{BAD:#}, {GOOD}+ actual{GOOD:#}):"
            )?;
            differences(out, lines)
        }
        Problem::Unexpected(lines) => {
            let what = "it asked its host for something that the recording does not have here";
            writeln!(out, "        {what} ({BAD}- recorded{BAD:#}, {GOOD}+ asked{GOOD:#}):")?;
            differences(out, lines)
        }
        Problem::Unasked(requests) => {
            writeln!(out, "        it did not ask its host for what is recorded:")?;
            let lines = requests.iter().flat_map(|request| request.lines());
            lines
                .into_iter()
                .try_for_each(|line| writeln!(out, "        {BAD}-{BAD:#} {}", printable_line(line)))
        }
        Problem::Budget { of, used, allowed } => {
            writeln!(out, "        it used {used} {of}, and its budget is {allowed} (`budget.{}`)", of.key())
        }
        Problem::Unmetered(of) => {
            writeln!(out, "        it has a budget (`budget.{}`), and {of} are not measured here", of.key())
        }
    }
}

fn differences(out: &mut impl Write, lines: &[DiffLine]) -> std::io::Result<()> {
    lines.iter().try_for_each(|DiffLine { mark, text }| {
        let (sign, text) = (mark.sign(), printable_line(text));
        match mark {
            DiffMark::Same => writeln!(out, "        {sign} {text}"),
            DiffMark::Gap => writeln!(out, "        {sign} {FAINT}{text}{FAINT:#}"),
            DiffMark::Expected => writeln!(out, "        {BAD}{sign} {text}{BAD:#}"),
            DiffMark::Actual => writeln!(out, "        {GOOD}{sign} {text}{GOOD:#}"),
        }
    })
}

fn as_json(case: &Case, replay: &Replay) -> Value {
    let diff = |lines: &[DiffLine]| -> Vec<String> {
        lines.iter().map(|DiffLine { mark, text }| format!("{}{text}", mark.sign())).collect()
    };
    let problem = |problem: &Problem| match problem {
        Problem::Unrecorded => json!({"kind": "unrecorded"}),
        Problem::Different(lines) => json!({"kind": "different", "diff": diff(lines)}),
        Problem::Unexpected(lines) => json!({"kind": "unexpected_host_call", "diff": diff(lines)}),
        Problem::Unasked(requests) => json!({"kind": "missing_host_call", "requests": requests}),
        Problem::Budget { of, used, allowed } => {
            json!({"kind": "budget", "of": of.key(), "used": used, "allowed": allowed})
        }
        Problem::Unmetered(of) => json!({"kind": "unmetered", "of": of.key()}),
    };
    let problems: Vec<Value> = replay.problems.iter().map(problem).collect();
    let used = replay.used.map(|used| json!({"fuel": used.fuel, "memory": used.memory}));
    json!({"name": case.name, "ok": replay.holds(), "problems": problems, "used": used})
}
