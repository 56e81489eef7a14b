//! A pipeline, from its description to its end.

use std::path::PathBuf;
use std::time::Instant;

use driftless_documents::ValuePath;
use driftless_host::{Binding, PluginManager};
use driftless_plugin_api::cancel::CancelHandle;
use driftless_plugin_api::component::ComponentKind;

use crate::config::PipelineFile;
use crate::conflicts;
use crate::control::{Control, Summary};
use crate::error::{Error, Mistakes, Result};
use crate::event::Event;
use crate::file_id::FileId;
use crate::line_file::LineFile;
use crate::ordered_writer::OrderedWriter;
use crate::reader::Input;
use crate::resolve::Resolver;
use crate::threads::{self, Parts};
use crate::worker::Stages;
use crate::writer::{Output, Sink};

/// A pipeline that is ready to run: every plugin is loaded and every configuration checked, and no file is open yet.
#[derive(Clone, Debug)]
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

/// More threads than this make no pipeline faster.
const MAX_WORKERS: usize = 64;

impl Pipeline {
    /// Makes a pipeline ready. With `follow`, files are read on as they grow.
    ///
    /// # Errors
    ///
    /// Everything that is wrong: a plugin that is not there or refused, a configuration that does not match its schema, a pattern of paths that
    /// matches nothing, a file that would be used twice.
    pub fn new(manager: &PluginManager, file: &PipelineFile, follow: bool) -> Result<Self, Mistakes> {
        let resolver = Resolver(manager);
        let mut wrong = Vec::new();
        let mut inputs = Vec::new();
        let mut parsers = Vec::new();
        let at = |list: &str, number: usize| ValuePath::default().with(list).with(number);
        for (number, source) in file.sources.iter().enumerate() {
            match resolver.input(source, follow) {
                Ok(input) => inputs.push(input),
                Err(error) => wrong.push(error.at(at("sources", number))),
            }
            let parser = source.parser.as_ref();
            match parser.map(|stage| resolver.stage(ComponentKind::LogParser, stage)).transpose() {
                Ok(parser) => parsers.push(parser),
                Err(error) => wrong.push(error.at(at("sources", number).with("parser"))),
            }
        }
        let mut filters = Vec::new();
        for (number, stage) in file.filters.iter().enumerate() {
            match resolver.stage(ComponentKind::LogFilter, stage) {
                Ok(filter) => filters.push(filter),
                Err(error) => wrong.push(error.at(at("filters", number))),
            }
        }
        let mut outputs = Vec::new();
        for (number, stage) in file.outputs.iter().enumerate() {
            match resolver.output(stage) {
                Ok(output) => outputs.push(output),
                Err(error) => wrong.push(error.at(at("outputs", number))),
            }
        }
        if let Some(mistakes) = Mistakes::new(wrong) {
            return Err(mistakes);
        }
        if inputs.is_empty() || outputs.is_empty() {
            return Err(
                Error::impossible("the pipeline", "it needs at least one source and one output").into()
            );
        }
        let rejected = file.rejected.as_ref().map(PathBuf::from);
        conflicts::check_paths(&inputs, &outputs, rejected.as_deref())?;
        let workers = match file.workers {
            Some(0) => return Err(Error::impossible("workers", "at least one is needed").into()),
            Some(number) => number.min(MAX_WORKERS),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let stages = Stages { parsers, filters };
        let instances = manager.settings().security.limits().instances as usize;
        let workers = workers.min(max_workers(instances, &inputs, &stages, &outputs));
        Ok(Self { inputs, stages, outputs, rejected, workers })
    }

    /// Whether entries go to standard output.
    pub fn writes_to_stdout(&self) -> bool {
        self.outputs.iter().any(|output| matches!(output, Output::Stdout))
    }

    /// Runs to the end of all sources, or until `control` says stop. `report` hears, in order, of the first lines that fail, and of
    /// whatever is skipped.
    ///
    /// # Panics
    ///
    /// When `report` panics, or what the program gave its plugins does: the log, what answers host calls. The sources have stopped and all
    /// files are closed then.
    pub fn run(&self, control: &Control, report: &mut dyn FnMut(&Event)) -> Finished {
        let started = Instant::now();
        let error = self.stopped_by(control.stop_handle()).run_stages(control, report);
        let summary = control.summary(started.elapsed());
        let lost_lines = summary.failed > 0 && self.rejected.is_none();
        Finished { summary, error, lost_lines }
    }

    /// The same pipeline with plugins whose pauses between retries end with it.
    fn stopped_by(&self, stop: &CancelHandle) -> Self {
        let mut pipeline = self.clone();
        pipeline.bindings_mut().for_each(|binding| *binding = binding.clone().stopped_by(stop));
        pipeline
    }

    /// Runs to the end. Returns the first error.
    fn run_stages(&self, control: &Control, report: &mut dyn FnMut(&Event)) -> Option<Error> {
        let Opened { sinks, rejected, written } = match self.open() {
            Ok(opened) => opened,
            Err(error) => return Some(error),
        };
        let bindings = self.bindings().collect();
        let mut writer = OrderedWriter::new(&self.inputs, bindings, sinks, rejected, control, report);
        let Self { inputs, stages, workers, .. } = self;
        let parts = Parts { inputs, stages, workers: *workers, written: &written, control };
        threads::run(parts, &mut writer)
    }

    /// Opens the outputs. Only then is it known which files they are, and nothing that is in them goes before that is.
    fn open(&self) -> Result<Opened> {
        let mut sinks = self.outputs.iter().map(Output::open).collect::<Result<Vec<_>>>()?;
        let rejected = self.rejected.as_deref().map(LineFile::open).transpose()?;
        let written = conflicts::check_open(&self.inputs, &self.outputs, &sinks, rejected.as_ref())?;
        sinks.iter_mut().try_for_each(Sink::prepare)?;
        Ok(Opened { sinks, rejected, written })
    }

    /// The plugins in it.
    fn bindings(&self) -> impl Iterator<Item = &Binding> {
        let sources = self.inputs.iter().filter_map(|input| match input {
            Input::Plugin(binding) => Some(binding),
            Input::Files { .. } | Input::Stdin => None,
        });
        let outputs = self.outputs.iter().filter_map(|output| match output {
            Output::Plugin(binding) => Some(binding),
            Output::File { .. } | Output::Stdout => None,
        });
        let Stages { parsers, filters } = &self.stages;
        sources.chain(parsers.iter().flatten()).chain(filters).chain(outputs)
    }

    fn bindings_mut(&mut self) -> impl Iterator<Item = &mut Binding> {
        let sources = self.inputs.iter_mut().filter_map(|input| match input {
            Input::Plugin(binding) => Some(binding),
            Input::Files { .. } | Input::Stdin => None,
        });
        let outputs = self.outputs.iter_mut().filter_map(|output| match output {
            Output::Plugin(binding) => Some(binding),
            Output::File { .. } | Output::Stdout => None,
        });
        let Stages { parsers, filters } = &mut self.stages;
        sources.chain(parsers.iter_mut().flatten()).chain(filters).chain(outputs)
    }
}

/// The outputs of a pipeline that runs.
struct Opened {
    sinks: Vec<Sink>,
    rejected: Option<LineFile>,
    /// Which files they are.
    written: Vec<FileId>,
}

/// How many workers find an instance for each of their stages, beside those of the sources and outputs.
fn max_workers(instances: usize, inputs: &[Input], stages: &Stages, outputs: &[Output]) -> usize {
    let sources = inputs.iter().filter(|input| matches!(input, Input::Plugin(_))).count();
    let outputs = outputs.iter().filter(|output| matches!(output, Output::Plugin(_))).count();
    let of_each_worker = stages.parsers.iter().flatten().count() + stages.filters.len();
    let left = instances.saturating_sub(sources + outputs);
    left.checked_div(of_each_worker).unwrap_or(usize::MAX).max(1)
}
