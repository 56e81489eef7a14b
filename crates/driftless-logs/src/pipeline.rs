//! A pipeline, from its description to its end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};
use driftless_host::{Configured, FailurePolicy, PluginManager};
use driftless_plugin_api::component::ComponentKind;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::batch::{Batch, ProblemKind};
use crate::config::{FileOutput, FileSource, Mode, Nothing, PipelineFile, SourceStage, Stage};
use crate::control::{Control, Summary};
use crate::error::{Error, Result};
use crate::reader::{Exchange, Input};
use crate::worker::{Stages, Worker};
use crate::writer::{LineFile, Output, Sink};

/// A pipeline that is ready to run: every plugin is loaded and every configuration checked, and no file is open yet.
#[derive(Debug)]
pub struct Pipeline {
    inputs: Vec<Input>,
    stages: Stages,
    outputs: Vec<Output>,
    rejected: Option<PathBuf>,
    workers: usize,
}

/// How a pipeline ended.
#[derive(Debug)]
pub struct Finished {
    /// What became of the lines.
    pub summary: Summary,
    /// Why it ended before its sources did, if it did.
    pub error: Option<Error>,
    /// Whether lines failed that are not kept in a file either.
    pub lost_lines: bool,
}

/// The stack of a thread that calls plugins: theirs, and the host's beside it.
const STACK: usize = 4 << 20;

/// How many lines that failed are reported in words; as many that were skipped, and so on.
const MOST_REPORTED: u64 = 10;

impl Pipeline {
    /// Makes a pipeline ready. With `follow`, files are read on as they grow.
    ///
    /// # Errors
    ///
    /// When a plugin is not there or refused, a configuration does not match its schema, or a pattern of paths matches nothing.
    pub fn new(manager: &PluginManager, file: &PipelineFile, follow: bool) -> Result<Self> {
        let context = Context { manager };
        let mut inputs = Vec::new();
        let mut parsers = Vec::new();
        for (number, source) in file.sources.iter().enumerate() {
            let label = format!("sources[{number}]");
            inputs.push(context.input(source, follow).map_err(|error| error.at(&label))?);
            let parser = source.parser.as_ref();
            let parser = parser.map(|stage| context.stage(ComponentKind::LogParser, stage));
            parsers.push(parser.transpose().map_err(|error| error.at(format!("{label}.parser")))?);
        }
        let filters = file.filters.iter().enumerate().map(|(number, stage)| {
            let filter = context.stage(ComponentKind::LogFilter, stage);
            filter.map_err(|error| error.at(format!("filters[{number}]")))
        });
        let filters = filters.collect::<Result<_>>()?;
        let outputs = file.outputs.iter().enumerate().map(|(number, stage)| {
            context.output(stage).map_err(|error| error.at(format!("outputs[{number}]")))
        });
        let outputs: Vec<_> = outputs.collect::<Result<_>>()?;
        if inputs.is_empty() || outputs.is_empty() {
            return Err(Error::impossible("the pipeline", "it needs at least one source and one output"));
        }
        if inputs.iter().filter(|input| matches!(input, Input::Stdin)).count() > 1 {
            return Err(Error::impossible("the pipeline", "only one of its sources can be `stdin`"));
        }
        let rejected = file.rejected.as_ref().map(PathBuf::from);
        let workers = match file.workers {
            Some(0) => return Err(Error::impossible("workers", "at least one is needed")),
            Some(number) => number.min(64),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let stages = Stages { parsers, filters };
        let instances = manager.settings().security.limits().instances as usize;
        let workers = workers.min(most_workers(instances, &inputs, &stages, &outputs));
        let pipeline = Self { inputs, stages, outputs, rejected, workers };
        match pipeline.circle() {
            None => Ok(pipeline),
            Some(path) => {
                let why = "the same pipeline cannot read it and write it";
                Err(Error::impossible(path.display().to_string(), why))
            }
        }
    }

    /// Whether entries go to standard output.
    pub fn writes_to_stdout(&self) -> bool {
        self.outputs.iter().any(|output| matches!(output, Output::Stdout))
    }

    /// Runs to the end of all sources, or until `control` says stop. `report` hears, in order, of the first lines that fail, and of
    /// whatever is skipped.
    pub fn run(&self, control: &Control, report: &mut dyn FnMut(&str)) -> Finished {
        let started = Instant::now();
        let finish = |error: Option<Error>| {
            let summary = control.summary(started.elapsed());
            let lost_lines = summary.failed > 0 && self.rejected.is_none();
            Finished { summary, error, lost_lines }
        };
        let sinks = self.outputs.iter().map(Output::open).collect::<Result<Vec<_>>>();
        let rejected = self.rejected.as_deref().map(|path| LineFile::open(path, Mode::Append)).transpose();
        let (sinks, rejected) = match (sinks, rejected) {
            (Ok(sinks), Ok(rejected)) => (sinks, rejected),
            (Err(error), _) | (_, Err(error)) => return finish(Some(error)),
        };
        finish(self.circulate(Drain::new(self, sinks, rejected, control, report)))
    }

    /// The plugins in it.
    fn bindings(&self) -> impl Iterator<Item = &Configured> {
        let sources = self.inputs.iter().filter_map(|input| match input {
            Input::Plugin(configured) => Some(configured),
            Input::Files { .. } | Input::Stdin => None,
        });
        let outputs = self.outputs.iter().filter_map(|output| match output {
            Output::Plugin(configured) => Some(configured),
            Output::File { .. } | Output::Stdout => None,
        });
        let Stages { parsers, filters } = &self.stages;
        sources.chain(parsers.iter().flatten()).chain(filters).chain(outputs)
    }

    /// A file that is both read and written.
    fn circle(&self) -> Option<&Path> {
        let written = self.outputs.iter().filter_map(|output| match output {
            Output::File { path, .. } => Some(path.as_path()),
            Output::Stdout | Output::Plugin(_) => None,
        });
        let written: Vec<_> = written.chain(self.rejected.as_deref()).filter_map(identity).collect();
        let read = self.inputs.iter().flat_map(|input| match input {
            Input::Files { paths, .. } => paths.as_slice(),
            Input::Stdin | Input::Plugin(_) => &[],
        });
        read.map(PathBuf::as_path).find(|path| identity(path).is_some_and(|file| written.contains(&file)))
    }

    /// Lets the batches go round until the sources are dry. Returns the first error.
    fn circulate(&self, mut drain: Drain<'_>) -> Option<Error> {
        let control = drain.control;
        let batches = self.workers * 4 + self.inputs.len() + 2;
        let (empty_in, empty_out) = bounded(batches);
        let (read_in, read_out) = bounded::<Batch>(batches);
        let (done_in, done_out) = bounded::<Batch>(batches);
        for _ in 0..batches {
            empty_in.send(Batch::default()).expect("there is room for all of them");
        }
        let number = AtomicU64::new(0);
        let first_error = Mutex::new(None);
        let give_up = |error: Error| {
            control.stop();
            first_error.lock().expect("nobody panics with it").get_or_insert(error);
        };
        std::thread::scope(|scope| {
            for (source, input) in self.inputs.iter().enumerate() {
                let circle =
                    Circle { source, number: &number, empty: empty_out.clone(), read: read_in.clone() };
                let give_up = &give_up;
                spawn(scope, "driftless-reader", move || {
                    if let Err(error) = input.read(&circle, control) {
                        give_up(error);
                    }
                });
            }
            for _ in 0..self.workers {
                let (read, done, give_up, stages) =
                    (read_out.clone(), done_in.clone(), &give_up, &self.stages);
                spawn(scope, "driftless-worker", move || {
                    let mut worker = Worker::new(stages);
                    for mut batch in read {
                        if let Err(error) = worker.work(&mut batch) {
                            give_up(error.into());
                        }
                        if done.send(batch).is_err() {
                            return;
                        }
                    }
                });
            }
            // The threads have their own ends; with ours gone, the channels close when the threads end.
            drop((read_in, read_out, done_in, empty_out));
            for batch in done_out {
                if let Err(error) = drain.take(batch, &empty_in) {
                    give_up(error);
                }
            }
        });
        drain.finish();
        first_error.into_inner().expect("nobody panics with it")
    }
}

/// How many workers find an instance for each of their stages, beside those of the sources and outputs.
fn most_workers(instances: usize, inputs: &[Input], stages: &Stages, outputs: &[Output]) -> usize {
    let sources = inputs.iter().filter(|input| matches!(input, Input::Plugin(_))).count();
    let outputs = outputs.iter().filter(|output| matches!(output, Output::Plugin(_))).count();
    let of_each_worker = stages.parsers.iter().flatten().count() + stages.filters.len();
    let left = instances.saturating_sub(sources + outputs);
    left.checked_div(of_each_worker).unwrap_or(usize::MAX).max(1)
}

/// A thread of a pipeline. That the system has no thread left is an error that nothing here can go on from.
fn spawn<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    name: &str,
    run: impl FnOnce() + Send + 'scope,
) {
    let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(STACK);
    thread.spawn_scoped(scope, run).expect("the system has a thread");
}

/// A source's end of the circle.
struct Circle<'a> {
    source: usize,
    number: &'a AtomicU64,
    empty: Receiver<Batch>,
    read: Sender<Batch>,
}

impl Exchange for Circle<'_> {
    fn empty(&self) -> Option<Batch> {
        self.empty.recv().ok()
    }

    fn send(&self, mut batch: Batch) -> bool {
        batch.source = self.source;
        batch.number = self.number.fetch_add(1, Ordering::Relaxed);
        self.read.send(batch).is_ok()
    }
}

/// The end of the pipeline: puts batches back into order, writes them, counts them, and sends them round again.
struct Drain<'a> {
    pipeline: &'a Pipeline,
    sinks: Vec<Sink>,
    rejected: Option<LineFile>,
    control: &'a Control,
    report: &'a mut dyn FnMut(&str),
    next: u64,
    waiting: BTreeMap<u64, Batch>,
    /// How many lines each origin has had, by source and origin.
    lines: BTreeMap<(usize, usize), u64>,
    failed: Told,
    skipped: Told,
    unfiltered: Told,
    missed: Told,
    /// After an output is lost, nothing more is written, and nothing more counts as done.
    lost: bool,
}

/// How much of one kind went wrong, and how much of it was told in words.
#[derive(Clone, Copy, Default)]
struct Told {
    all: u64,
    told: u64,
}

impl Told {
    /// Whether one more is told in words.
    fn tells(&mut self) -> bool {
        let tells = self.told < MOST_REPORTED;
        self.told += u64::from(tells);
        tells
    }
}

impl<'a> Drain<'a> {
    fn new(
        pipeline: &'a Pipeline,
        sinks: Vec<Sink>,
        rejected: Option<LineFile>,
        control: &'a Control,
        report: &'a mut dyn FnMut(&str),
    ) -> Self {
        let (next, waiting, lines) = (0, BTreeMap::new(), BTreeMap::new());
        Self {
            pipeline,
            sinks,
            rejected,
            control,
            report,
            next,
            waiting,
            lines,
            failed: Told::default(),
            skipped: Told::default(),
            unfiltered: Told::default(),
            missed: Told::default(),
            lost: false,
        }
    }

    fn take(&mut self, batch: Batch, empty: &Sender<Batch>) -> Result<()> {
        self.waiting.insert(batch.number, batch);
        let mut outcome = Ok(());
        while let Some(mut batch) = self.waiting.remove(&self.next) {
            self.next += 1;
            if !self.lost {
                outcome = self.write(&batch);
                self.lost = outcome.is_err();
            }
            batch.clear();
            // When every source has ended, nobody needs it any more.
            let _ = empty.try_send(batch);
            if outcome.is_err() {
                break;
            }
        }
        outcome
    }

    fn write(&mut self, batch: &Batch) -> Result<()> {
        let mut tally = batch.tally;
        if !batch.entries.is_empty() {
            let mut missed = |error: driftless_host::Error| {
                tally.missed += 1;
                // That an output is put aside is told once.
                if !matches!(error, driftless_host::Error::PutAside { .. }) && self.missed.tells() {
                    (self.report)(&format!("{error}; it misses an entry"));
                }
            };
            self.sinks.iter_mut().try_for_each(|sink| sink.write(&batch.entries, &mut missed))?;
        }
        if let (Some(file), false) = (&mut self.rejected, batch.rejected.is_empty()) {
            file.write(&batch.rejected)?;
        }
        let before = self.lines.entry((batch.source, batch.origin)).or_insert(0);
        for problem in &batch.problems {
            let told = match problem.kind {
                ProblemKind::Failed => &mut self.failed,
                ProblemKind::Skipped => &mut self.skipped,
                ProblemKind::Unfiltered => &mut self.unfiltered,
            };
            if told.tells() {
                let origin = self.pipeline.inputs[batch.source].origin(batch.origin);
                let number = *before + problem.line + 1;
                (self.report)(&format!("{origin}, line {number}: {}", problem.why));
            }
        }
        *before += tally.lines();
        self.failed.all += tally.failed;
        self.skipped.all += tally.skipped;
        self.unfiltered.all += tally.unfiltered;
        self.missed.all += tally.missed;
        self.control.count(tally);
        self.tell_news();
        Ok(())
    }

    /// Tells which plugins were put aside, and which work again.
    fn tell_news(&mut self) {
        for news in self.pipeline.bindings().flat_map(|binding| binding.guard().news()) {
            (self.report)(&news);
        }
    }

    fn finish(&mut self) {
        self.tell_news();
        let mut tell = |told: Told, one: &str, several: &str| match told.all - told.told {
            0 => {}
            1 => (self.report)(&format!("1 more {one}")),
            more => (self.report)(&format!("{more} more {several}")),
        };
        tell(self.failed, "line failed", "lines failed");
        tell(self.skipped, "line is skipped", "lines are skipped");
        tell(self.unfiltered, "entry went past a filter", "entries went past a filter");
        tell(self.missed, "entry is missed by an output", "entries are missed by an output");
    }
}

/// What the stages of a description are made with.
struct Context<'a> {
    manager: &'a PluginManager,
}

impl Context<'_> {
    fn input(&self, source: &SourceStage, follow: bool) -> Result<Input> {
        match source.r#type.as_str() {
            "file" => {
                never_fails("file", source.on_failure.as_ref())?;
                let FileSource { paths } = built_in("file", &source.config)?;
                Ok(Input::Files { paths: matching(&paths, follow)?, follow })
            }
            "stdin" => {
                never_fails("stdin", source.on_failure.as_ref())?;
                let Nothing {} = built_in("stdin", &source.config)?;
                Ok(Input::Stdin)
            }
            plugin => {
                let SourceStage { config, on_failure, .. } = source;
                let kind = ComponentKind::LogSource;
                Ok(Input::Plugin(self.component(kind, plugin, config, on_failure.as_ref())?))
            }
        }
    }

    fn output(&self, stage: &Stage) -> Result<Output> {
        match stage.r#type.as_str() {
            "file" => {
                never_fails("file", stage.on_failure.as_ref())?;
                let FileOutput { path, mode } = built_in("file", &stage.config)?;
                Ok(Output::File { path: path.into(), mode })
            }
            "stdout" => {
                never_fails("stdout", stage.on_failure.as_ref())?;
                let Nothing {} = built_in("stdout", &stage.config)?;
                Ok(Output::Stdout)
            }
            _ => Ok(Output::Plugin(self.stage(ComponentKind::LogOutput, stage)?)),
        }
    }

    fn stage(&self, kind: ComponentKind, stage: &Stage) -> Result<Configured> {
        self.component(kind, &stage.r#type, &stage.config, stage.on_failure.as_ref())
    }

    fn component(
        &self,
        kind: ComponentKind,
        name: &str,
        config: &Map<String, Value>,
        on_failure: Option<&FailurePolicy>,
    ) -> Result<Configured> {
        let configured = self.manager.component(kind, name)?.configure(config.clone())?;
        Ok(match on_failure {
            Some(policy) => configured.on_failure(policy)?,
            None => configured,
        })
    }
}

/// The configuration of what is built in.
fn built_in<T: DeserializeOwned>(what: &str, config: &Map<String, Value>) -> Result<T> {
    serde_json::from_value(Value::Object(config.clone()))
        .map_err(|error| Error::impossible(what, error.to_string()))
}

/// What is built in has no failure policy: that a disk is full is an error.
fn never_fails(what: &str, on_failure: Option<&FailurePolicy>) -> Result<()> {
    match on_failure {
        Some(_) => Err(Error::impossible(what, "`on_failure` is for plugins, and this is built in")),
        None => Ok(()),
    }
}

/// The files that patterns stand for. A path without a pattern is taken as it is, so that its absence is told when it is opened.
fn matching(patterns: &[String], follow: bool) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for pattern in patterns {
        if !pattern.contains(['*', '?', '[']) {
            if !follow && let Err(source) = std::fs::metadata(pattern) {
                return Err(Error::Input { what: pattern.clone(), source });
            }
            paths.push(pattern.into());
            continue;
        }
        let found = glob::glob(pattern).map_err(|error| Error::impossible(pattern, error.to_string()))?;
        let before = paths.len();
        for path in found {
            let path = path.map_err(|error| Error::Input { what: pattern.clone(), source: error.into() })?;
            // A pattern means the files beside it, not the folders.
            if !path.is_dir() {
                paths.push(path);
            }
        }
        if paths.len() == before && !follow {
            return Err(Error::Input {
                what: pattern.clone(),
                source: std::io::Error::new(std::io::ErrorKind::NotFound, "no file matches"),
            });
        }
    }
    if paths.is_empty() {
        return Err(Error::impossible("paths", "there is none"));
    }
    Ok(paths)
}

/// What tells one regular file from all others, whatever it is called; `None` where there is none yet.
fn identity(path: &Path) -> Option<impl PartialEq + use<>> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        std::fs::canonicalize(path).ok()
    }
}
