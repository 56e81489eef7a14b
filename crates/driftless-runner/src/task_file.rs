//! A file of tasks as it was read, with the places of what is written in it.

use std::ops::Range;

use driftless_documents::{Document, DocumentError, Member, ValuePath, WITH};
use driftless_host::NotFound;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::file::{ApplyFile, CollectorStep, FactsFile, TaskStep};
use crate::mistake::Mistake;
use crate::{foreign, mistyped};

/// The keys at the top of a file of tasks, and of one of collectors.
const KEYS: [&str; 3] = ["vars", "collectors", "tasks"];
const KEYS_OF_FACTS: [&str; 2] = ["vars", "collectors"];

/// What a task is, for those who have written one otherwise.
const A_TASK: &str = "a task has `type: plugin.task`, and its configuration beside it";

/// What a collector is, for those who have written one otherwise.
const A_COLLECTOR: &str = "a collector has `type: plugin.collector`, and its configuration beside it";

/// A file of tasks, or of collectors alone, and where in the text everything of it is.
///
/// What is wrong with it is kept, and told by [`Plan::new`](crate::Plan::new) together with what is found there: all mistakes at once.
#[derive(Debug)]
pub struct TaskFile<'t> {
    file: ApplyFile,
    /// The position of each task in its list, and of each collector: what could not be read is missing among them.
    tasks: Vec<usize>,
    collectors: Vec<usize>,
    /// Whether it has collectors and no tasks.
    is_of_facts: bool,
    document: Option<Document<'t>>,
    mistakes: Vec<Mistake>,
    /// Where tasks with `no_log` are.
    hidden: Vec<Range<usize>>,
}

impl<'t> TaskFile<'t> {
    /// Reads a document. What is wrong with it is found out by making a [`Plan`](crate::Plan) of it.
    pub fn read(document: Document<'t>) -> Self {
        Self::read_as(document, false)
    }

    /// Reads a document that has collectors and no tasks.
    pub fn read_facts(document: Document<'t>) -> Self {
        Self::read_as(document, true)
    }

    fn read_as(document: Document<'t>, is_of_facts: bool) -> Self {
        let mut reading = Self {
            file: ApplyFile::default(),
            tasks: Vec::new(),
            collectors: Vec::new(),
            is_of_facts,
            document: Some(document.clone()),
            mistakes: Vec::new(),
            hidden: Vec::new(),
        };
        reading.read_top(document);
        reading
    }

    /// The same file with some of its collectors: those that have one of these names, as `name` or `type`. One that is not there and is written
    /// `plugin.collector` is added, without a configuration.
    ///
    /// # Errors
    ///
    /// When a name is neither.
    pub fn with_collectors(mut self, names: &[String]) -> Result<Self, Error> {
        let mut chosen = (Vec::new(), Vec::new());
        for name in names {
            let mut known = self.collectors();
            let (number, step) = match known.find(|(_, step)| step.key() == name || step.r#type == *name) {
                Some((number, step)) => (number, step.clone()),
                // It has no place in the text.
                None if name.contains('.') => (usize::MAX, CollectorStep::new(name)),
                None => {
                    return Err(driftless_host::Error::from(NotFound {
                        what: "facts collector".to_owned(),
                        name: name.clone(),
                        among: "in the file".to_owned(),
                        known: self.file.collectors.iter().map(|step| step.key().to_owned()).collect(),
                    })
                    .into());
                }
            };
            chosen.0.push(number);
            chosen.1.push(step);
        }
        (self.collectors, self.file.collectors) = chosen;
        Ok(self)
    }

    /// The tasks and collectors. Those that are wrong may be missing, until a [`Plan`](crate::Plan) was made of the file.
    pub fn file(&self) -> &ApplyFile {
        &self.file
    }

    /// What is wrong with the way in which it is written.
    pub(crate) fn mistakes(&mut self) -> Vec<Mistake> {
        std::mem::take(&mut self.mistakes)
    }

    /// Where tasks with `no_log` are in the text.
    pub(crate) fn hidden(&self) -> &[Range<usize>] {
        &self.hidden
    }

    /// The tasks with their positions in the list.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = (usize, &TaskStep)> {
        self.tasks.iter().copied().zip(&self.file.tasks)
    }

    /// The collectors with their positions in the list.
    pub(crate) fn collectors(&self) -> impl Iterator<Item = (usize, &CollectorStep)> {
        self.collectors.iter().copied().zip(&self.file.collectors)
    }

    /// Where a value is in the text, if the file was read from one. It is no part of a configuration.
    pub(crate) fn place_of(&self, path: &ValuePath) -> Option<Range<usize>> {
        self.document.as_ref().map(|document| document.place_of(path))
    }

    /// Where a value of the configuration of a step is.
    pub(crate) fn config_place_of(&self, step: &ValuePath, path: &ValuePath) -> Option<Range<usize>> {
        self.document.as_ref().map(|document| document.place_of(&self.as_written(step, path)))
    }

    /// Where the key of a value of the configuration of a step is.
    pub(crate) fn config_key_place_of(&self, step: &ValuePath, path: &ValuePath) -> Option<Range<usize>> {
        self.document.as_ref().map(|document| document.key_place_of(&self.as_written(step, path)))
    }

    /// Whether a key of the configuration of a step stands below `with`.
    pub(crate) fn is_below_with(&self, step: &ValuePath, key: &str) -> bool {
        let path = step.clone().with(WITH).with(key);
        self.document.as_ref().is_some_and(|document| document.has(&path))
    }

    /// The way to a value of a configuration in the text: its key may stand below `with`.
    fn as_written(&self, step: &ValuePath, path: &ValuePath) -> ValuePath {
        let with = step.clone().with(WITH);
        let key = path.steps().first().cloned().into_iter().collect();
        match self.document.as_ref().is_some_and(|document| document.has(&with.clone().join(&key))) {
            true if !path.is_empty() => with.join(path),
            _ => step.clone().join(path),
        }
    }

    fn read_top(&mut self, document: Document<'t>) {
        let start = document.place();
        let members = match document.members() {
            Ok(members) => members,
            Err(error) => {
                let error = match self.document.as_ref().map(|document| document.clone().items()) {
                    Some(Ok(_)) => {
                        let what = if self.is_of_facts { "collectors" } else { "tasks" };
                        let message = format!(
                            "a file of {what} is no list: write `{what}:` at the top, and the list behind it"
                        );
                        wrong(&message, start)
                    }
                    _ => error.into(),
                };
                return self.mistake(None, error);
            }
        };
        let (mut has_tasks, mut has_collectors) = (false, false);
        // Where something begins that is not in the task before it.
        let mut starts = Vec::new();
        for Member { key, key_place, value } in members {
            starts.push(key_place.start);
            if let Ok(items) = value.clone().items() {
                starts.extend(items.iter().map(|item| item.place().start));
            }
            match &*key {
                "vars" => {
                    self.file.vars = self.value(None, (&key_place, value)).unwrap_or_default();
                }
                "collectors" => {
                    has_collectors = true;
                    self.each(Some(A_COLLECTOR), value, Self::read_collector);
                }
                "tasks" if !self.is_of_facts => {
                    has_tasks = true;
                    self.each(Some(A_TASK), value, Self::read_task);
                }
                _ => {
                    let keys = if self.is_of_facts { &KEYS_OF_FACTS[..] } else { &KEYS };
                    let error = match foreign::at_the_top(&key) {
                        Some(instead) => unknown_key(&key, instead),
                        None => DocumentError::at(unknown_field(&key, keys), key_place.clone()).into(),
                    };
                    self.mistakes.push(Mistake::of_file(None, Some(key_place), error));
                }
            }
        }
        starts.sort_unstable();
        for hidden in &mut self.hidden {
            let next = starts.partition_point(|start| *start <= hidden.start);
            hidden.end = starts.get(next).copied().unwrap_or(usize::MAX);
        }
        if !self.mistakes.is_empty() {
            return;
        }
        if self.is_of_facts && !has_collectors {
            self.mistake(
                None,
                wrong(&format!("missing field `collectors`: a list, in which {A_COLLECTOR}"), start),
            );
        } else if !self.is_of_facts && !has_tasks {
            let message = match has_collectors {
                true => "missing field `tasks`: a file that has `collectors` only is one of facts".to_owned(),
                false => format!("missing field `tasks`: a list, in which {A_TASK}"),
            };
            self.mistake(None, wrong(&message, start));
        }
    }

    /// Reads the items of a list. `instead` is told where it is none.
    fn each(
        &mut self,
        instead: Option<&str>,
        list: Document<'t>,
        mut read: impl FnMut(&mut Self, usize, Document<'t>),
    ) {
        match list.items() {
            Ok(items) => items.into_iter().enumerate().for_each(|(number, item)| read(self, number, item)),
            Err(error) => {
                let message = match instead {
                    Some(instead) => format!("{error}; {instead}"),
                    None => error.to_string(),
                };
                let place = error.place().unwrap_or_default();
                self.mistake(None, wrong(&message, place));
            }
        }
    }

    fn read_collector(&mut self, number: usize, collector: Document<'t>) {
        let (at, place) = (position("collectors", number, ""), collector.place());
        if let Some(collector) = self.value(Some(&at), (&place, collector)) {
            self.file.collectors.push(collector);
            self.collectors.push(number);
        }
    }

    fn read_task(&mut self, number: usize, task: Document<'t>) {
        let place = task.place();
        let members = match task.members() {
            Ok(members) => members,
            Err(error) => {
                let message = format!("{error}; {A_TASK}");
                let place = error.place().unwrap_or(place);
                return self.mistake(Some(&format!("tasks[{number}]")), wrong(&message, place));
            }
        };
        let text = |wanted: &str| {
            let member = members.iter().find(|member| member.key == wanted)?;
            member.value.clone().read::<String>().ok()
        };
        let (r#type, name) = (text("type"), text("name"));
        let at = position("tasks", number, name.as_ref().or(r#type.as_ref()).map_or("", |label| label));
        let at = Some(at.as_str());
        let (before, span) = (self.mistakes.len(), place.clone());
        let mut step = TaskStep::new(r#type.unwrap_or_default());
        let (mut has_type, mut is_hidden, mut no_log, mut with) = (false, false, None, None);
        for Member { key, key_place, value } in members {
            let member = (&key_place, value);
            match &*key {
                "type" => {
                    has_type = true;
                    self.value::<String>(at, member);
                }
                "name" => step.name = self.value(at, member).flatten(),
                "register" => step.register = self.value(at, member).flatten(),
                "loop" => step.r#loop = self.value(at, member).flatten(),
                "loop_control" => step.loop_control = self.value(at, member).unwrap_or_default(),
                "tags" => step.tags = self.value(at, member).unwrap_or_default(),
                // What is wrong is not taken for an open door.
                "no_log" => {
                    step.no_log = member.1.read().unwrap_or_else(|_| {
                        no_log = Some(key_place.clone());
                        true
                    })
                }
                "ignore_errors" => step.ignore_errors = self.value(at, member).unwrap_or_default(),
                "when" => step.when = self.value(at, member).flatten(),
                "on_failure" => step.on_failure = self.value(at, member).flatten(),
                WITH => with = self.value::<Map<String, Value>>(at, member).map(|with| (key_place, with)),
                _ => {
                    // A blank is missing, as in `{no_log:true}`: what was meant is clear.
                    let rest = key.strip_prefix("no_log").map(str::trim_start);
                    is_hidden |= rest.is_some_and(|rest| rest.starts_with([':', '=']));
                    is_hidden |= mistyped::is_no_log(&key);
                    let value: Option<Value> = self.value(at, member);
                    step.config.insert(key.into_owned(), value.unwrap_or_default());
                }
            }
        }
        if let Some((place, with)) = with {
            for (key, value) in with {
                if step.config.contains_key(&key) {
                    let message = format!("`{key}` is written twice: below `{WITH}`, and beside it");
                    self.mistake(at, wrong(&message, place.clone()));
                }
                step.config.insert(key, value);
            }
        }
        step.no_log |= is_hidden;
        if step.no_log {
            let found = self.mistakes.split_off(before);
            self.mistakes.extend(found.into_iter().map(|mistake| mistake.hidden(None)));
            self.hidden.push(span.start..usize::MAX);
        }
        // What follows says nothing of what is written.
        let before = self.mistakes.len();
        if let Some(place) = no_log {
            self.mistake(at, wrong("`no_log` is `true` or `false`, without quotes", place));
        }
        if !has_type {
            self.mistake(at, wrong(&format!("missing field `type`: {A_TASK}"), place));
        }
        self.mistakes[before..].iter_mut().for_each(|mistake| mistake.no_log = step.no_log);
        self.file.tasks.push(step);
        self.tasks.push(number);
    }

    /// Reads a value, or notes a mistake: at its place, or where there is nothing at that of its key.
    fn value<T: Deserialize<'t>>(
        &mut self,
        step: Option<&str>,
        (key, value): (&Range<usize>, Document<'t>),
    ) -> Option<T> {
        match value.read() {
            Ok(read) => Some(read),
            Err(error) => {
                let place = error.place().unwrap_or_else(|| key.clone());
                self.mistake(step, wrong(&error.to_string(), place));
                None
            }
        }
    }

    fn mistake(&mut self, step: Option<&str>, error: Error) {
        let place = match &error {
            Error::Document(error) => error.place(),
            _ => None,
        };
        self.mistakes.push(Mistake::of_file(step, place, error));
    }
}

/// A file that a program has made, which has no text.
impl From<ApplyFile> for TaskFile<'static> {
    fn from(file: ApplyFile) -> Self {
        Self {
            tasks: (0..file.tasks.len()).collect(),
            collectors: (0..file.collectors.len()).collect(),
            file,
            is_of_facts: false,
            document: None,
            mistakes: Vec::new(),
            hidden: Vec::new(),
        }
    }
}

/// The same of collectors alone.
impl From<FactsFile> for TaskFile<'static> {
    fn from(FactsFile { vars, collectors }: FactsFile) -> Self {
        Self { is_of_facts: true, ..ApplyFile { vars, collectors, tasks: Vec::new() }.into() }
    }
}

/// A step of a list, as messages have it.
pub(crate) fn position(list: &str, number: usize, label: &str) -> String {
    match label {
        "" => format!("{list}[{number}]"),
        label => format!("{list}[{number}] ({label})"),
    }
}

fn wrong(message: &str, place: Range<usize>) -> Error {
    DocumentError::at(message, place).into()
}

pub(crate) fn unknown_key(key: &str, instead: &str) -> Error {
    Error::UnknownKey { key: key.to_owned(), instead: instead.to_owned() }
}

fn unknown_field(key: &str, known: &[&str]) -> String {
    let known: Vec<_> = known.iter().map(|known| format!("`{known}`")).collect();
    format!("unknown field `{key}`, expected one of {}", known.join(", "))
}
