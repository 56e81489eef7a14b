//! Replays cases and records them, and says in what they do not hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use driftless_host::api::component::ComponentKind;
use driftless_host::api::function::Function;
use driftless_host::api::host_call::HostCalls;
use driftless_host::permissions::Grant;
use driftless_host::{
    Artifact, CallOptions, CancelHandle, Digest, Embedded, Error as HostError, GrantEvent, Grants, Loader,
    Measured, PluginHandle, PluginManager, ProtectedPaths, Session, Settings, Usage, this_machine,
};
use driftless_plugin_api::text::truncated;
use serde_json::{Map, Value};

use crate::budget::{Budget, Meter, Used, enough_for};
use crate::case::{Called, Case};
use crate::diff::{self, DiffLine};
use crate::error::Error;
use crate::expectation::{Ending, Expectation};
use crate::host_call::HostCall;
use crate::recorded::RecordedCase;
use crate::recorder::{Happened, Recorder};
use crate::redact::{Redacted, redact};
use crate::{pattern, reply};

/// What a plugin is tested under.
#[derive(Default)]
pub struct Setup {
    /// The limits and whatever else the user says about plugins.
    pub settings: Settings,
    /// What a recording may do on this machine. Without it, nothing is recorded but refusals.
    pub grants: Grants,
    /// Places of the program itself, which no recording reaches whatever is granted.
    pub protected_paths: ProtectedPaths,
    /// What answers the host calls of a plugin with this name and this grant while a case is recorded. Without it, this machine.
    pub host_calls: Option<Box<MakeHostCalls>>,
    /// Is told what of the grants does not hold.
    pub on_grant_event: Option<Box<OnGrantEvent>>,
    /// Ends what runs when it is cancelled.
    pub cancel: CancelHandle,
    /// What the transport does not measure. A case with a budget for it is [not applicable](Tester::not_applicable).
    pub unmetered: Vec<Meter>,
}

type MakeHostCalls = dyn Fn(&str, Grant) -> Arc<dyn HostCalls> + Send + Sync;
type OnGrantEvent = dyn Fn(&GrantEvent) + Send + Sync;

/// A plugin that is being tested.
pub struct Tester {
    pub(crate) manager: PluginManager,
    pub(crate) plugin: PluginHandle,
    recorder: Recorder,
    unmetered: Vec<Meter>,
}

/// How a case went.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// In what it does not hold. None, and it does.
    pub problems: Vec<Problem>,
    /// What came of it.
    pub actual: Expectation,
    /// What the last call used; of several, the most. `None` where the call broke its instance, or was not made.
    pub used: Option<Used>,
}

/// What was recorded of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// What is to be kept of it.
    pub case: RecordedCase,
    /// How it went.
    pub replay: Replay,
    /// What was replaced, so that it is in no recording.
    pub redacted: Vec<Redacted>,
    /// Whether the call ended otherwise with the replacements than with the values.
    pub ended_otherwise: bool,
}

/// In what a case does not hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// Nothing is expected of it yet.
    Unrecorded,
    /// Something else came of it.
    Different(Vec<DiffLine>),
    /// It asked for something that is not recorded, at its place.
    Unexpected(Vec<DiffLine>),
    /// It did not ask for everything that is recorded.
    Unasked(Vec<String>),
    /// It used more than it may.
    Budget {
        /// Of what.
        of: Meter,
        /// How much it used.
        used: u64,
        /// How much it may use.
        allowed: u64,
    },
    /// It has a budget for what the transport does not measure.
    Unmetered(Meter),
}

impl Replay {
    /// Whether the case holds.
    pub fn holds(&self) -> bool {
        self.problems.is_empty()
    }
}

/// A longer text is shown as its beginning, its length and its digest.
const MAX_SHOWN_BYTES: usize = 2000;

/// How much of a longer text is shown.
const BEGINNING_BYTES: usize = 100;

impl Tester {
    /// Loads a plugin with the loader of its transport.
    ///
    /// # Errors
    ///
    /// When it is refused, or the settings are impossible.
    pub fn new(setup: Setup, loader: impl Loader + 'static, artifact: &Artifact) -> Result<Self, Error> {
        let recorder = Recorder::default();
        // A file that cannot be looked into is refused, with reasons, when it is loaded.
        let name = loader.inspect(artifact).map_or_else(|_| Arc::clone(&artifact.name), |info| info.name);
        let of_plugin = recorder.clone();
        let machine = setup.host_calls.unwrap_or_else(|| Box::new(this_machine));
        let manager = PluginManager::builder()
            .loader(loader)
            .settings(setup.settings)
            .source(Embedded::forms([(name.as_ref().to_owned(), artifact.form.clone())]))
            .grants(setup.grants)
            .protected_paths(setup.protected_paths)
            .cancel(&setup.cancel)
            .log(recorder.clone())
            .clock_and_random(Arc::new(recorder.clone()))
            .host_calls(move |plugin, grant| of_plugin.host_calls(Some(machine(plugin, grant))))
            .on_grant_event(setup.on_grant_event.unwrap_or_else(|| Box::new(|_| ())));
        let manager = manager.build()?;
        let plugin = manager.plugin(&name)?;
        Ok(Self { manager, plugin, recorder, unmetered: setup.unmetered })
    }

    /// The plugin.
    pub fn plugin(&self) -> &PluginHandle {
        &self.plugin
    }

    /// What a case is about that the transport does not measure. Such a case means nothing here, and a suite leaves it out and says so;
    /// replayed all the same, it does not hold.
    pub fn not_applicable(&self, case: &Case) -> Option<Meter> {
        case.budget.entries().map(|(meter, _)| meter).find(|meter| self.unmetered.contains(meter))
    }

    /// Replays a case: host calls are answered out of it, and nothing happens on this machine.
    pub fn replay(&self, case: &Case) -> Replay {
        let (ending, used, happened) = self.run(case, Recorder::replay);
        let actual = Expectation { ending, log: Some(happened.log.clone()) };
        let mut problems = problems(case, &actual, used, &happened);
        problems.extend(self.not_applicable(case).map(Problem::Unmetered));
        Replay { problems, actual, used }
    }

    /// Runs a case on this machine, with what was granted, and returns what is to be recorded of it. What the author has written is not recorded,
    /// but has to hold: host calls of the author's are answered out of the case, and problems are about the author's parts alone.
    ///
    /// Values of environment variables and of headers like `Authorization` are replaced in the answers of the machine, and the plugin is called once
    /// more with these: what is recorded is what came of that.
    pub fn record(&self, case: &Case) -> Recorded {
        let as_written = case.as_written();
        let (mut ending, mut used, mut happened) =
            self.run(&as_written, if case.written.host { Recorder::replay } else { Recorder::record });
        let mut redacted = BTreeSet::new();
        let granted = self.granted_variables();
        let mut ended_otherwise = false;
        if !case.written.host {
            redacted = redact(&mut happened.asked, &granted);
        }
        if !redacted.is_empty() {
            let before = way_of(&ending);
            let answers = happened.asked;
            (ending, used, happened) =
                self.run(&as_written, |recorder, case| recorder.rehearse(case, &answers));
            redact(&mut happened.asked, &granted);
            ended_otherwise = way_of(&ending) != before || happened.asked.len() != answers.len();
            happened.left.clear();
        }
        let actual = Expectation { ending, log: Some(happened.log.clone()) };
        let mut problems = problems(&as_written, &actual, used, &happened);
        problems.retain(|problem| *problem != Problem::Unrecorded);
        // Silence is not worth a line.
        let log = actual.log.clone().filter(|log| !log.is_empty());
        let recorded = RecordedCase {
            host: happened.asked,
            expect: Some(Expectation { ending: actual.ending.clone(), log }),
            budget: used.map_or_else(Budget::default, |used| enough_for(used, case.budget)),
        };
        Recorded {
            case: recorded.without(case.written),
            replay: Replay { problems, actual, used },
            redacted: redacted.into_iter().collect(),
            ended_otherwise,
        }
    }

    /// The environment variables that the plugin may read, with their values.
    fn granted_variables(&self) -> Vec<(String, Vec<u8>)> {
        let Ok(grant) = self.manager.grant(self.plugin.info()) else { return Vec::new() };
        // A program prints those as well that are no text.
        let value = |name: &str| Some(std::env::var_os(name)?.into_encoded_bytes());
        grant.variables().filter_map(|name| Some((name.to_owned(), value(name)?))).collect()
    }

    fn run(&self, case: &Case, begin: impl Fn(&Recorder, &Case)) -> (Ending, Option<Used>, Happened) {
        let (function, arguments, calls) = match self.prepare(&case.called) {
            Ok(prepared) => prepared,
            Err(ending) => {
                return (ending, None, Happened { left: case.host.clone(), ..Happened::default() });
            }
        };
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        begin(&self.recorder, case);
        let mut session = self.plugin.session();
        let mut used: Option<Used> = None;
        let ending = match calls {
            Some(calls) => drain(&mut session, &arguments, calls, &mut used),
            None => once(&mut session, function, &arguments, &mut used),
        };
        (ending, used, self.recorder.end())
    }

    /// The function and its arguments, and for a log source how often it may be called.
    fn prepare(&self, called: &Called) -> Result<(Function, Vec<String>, Option<usize>), Ending> {
        let (kind, name, config, more, calls) = match called {
            Called::Function(function, arguments) => return Ok((*function, arguments.clone(), None)),
            Called::Component { kind, name, config, more, calls } => (*kind, name, config, more, *calls),
        };
        let component = self.manager.component(kind, &format!("{}.{name}", self.plugin.name()));
        let configured = component.and_then(|component| component.configure(config.clone()));
        let configured = configured.map_err(|error| match error {
            HostError::Configuration { violations, .. } => Ending::Refused(violations.join("\n")),
            HostError::NotFound(missing) => Ending::Refused(missing.to_string()),
            other => ended(&other),
        })?;
        let mut arguments = vec![name.clone(), configured.config().to_owned()];
        arguments.extend(more.iter().cloned());
        Ok((kind.execute(), arguments, (kind == ComponentKind::LogSource).then_some(calls)))
    }
}

impl std::fmt::Debug for Tester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tester").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

/// In what a case does not hold.
fn problems(case: &Case, actual: &Expectation, used: Option<Used>, happened: &Happened) -> Vec<Problem> {
    let mut problems = Vec::new();
    let holds = case.expect.as_ref().is_none_or(|expect| case.holds(expect, actual));
    if let Some(mismatch) = &happened.mismatch {
        let recorded =
            mismatch.recorded.as_ref().map_or_else(String::new, |call| shown(&call.request_value()));
        problems.push(Problem::Unexpected(diff::between(&recorded, &shown(&mismatch.asked.request_value()))));
    } else if !happened.left.is_empty() && holds {
        // Where something else came of it, that is why.
        let line = |call: &HostCall| shown(&call.request_value()).trim_end().to_owned();
        problems.push(Problem::Unasked(happened.left.iter().map(line).collect()));
    }
    match &case.expect {
        None => problems.push(Problem::Unrecorded),
        Some(expect) if !holds => {
            let (mut expected, seen) = (expect.to_value(), expect.seen(actual).to_value());
            if case.written.expect {
                expected = pattern::resolve(&expected, &seen);
            }
            // In the order of what is expected, so that only what differs is shown.
            let seen = in_order_of(&expected, &seen);
            problems.push(Problem::Different(diff::between(&shown(&expected), &shown(&seen))));
        }
        Some(_) => {}
    }
    if let Some(used) = used {
        let over = case.budget.entries().filter(|(of, allowed)| used.of(*of) > *allowed);
        problems.extend(over.map(|(of, allowed)| Problem::Budget { of, used: used.of(of), allowed }));
    }
    problems
}

/// In which way a call ended: with a result, and where that says how it went, how.
fn way_of(ending: &Ending) -> (std::mem::Discriminant<Ending>, Option<String>) {
    let status = match ending {
        Ending::Result(result) => result.get("status").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    (std::mem::discriminant(ending), status)
}

/// One call.
fn once(session: &mut Session, function: Function, arguments: &[&str], used: &mut Option<Used>) -> Ending {
    let called = session.call_with(&CallOptions::default(), function, arguments);
    measure(&called, used);
    match called.map(|called| called.value) {
        Ok(text) => reply::read(function, &text).map_or_else(Ending::Error, Ending::Result),
        Err(error) => ended(&error),
    }
}

/// The calls of a log source, until it has no more.
fn drain(session: &mut Session, arguments: &[&str], calls: usize, used: &mut Option<Used>) -> Ending {
    let mut all = Vec::new();
    for _ in 0..calls {
        let called = session.call_with(&CallOptions::default(), Function::ExecuteLogSource, arguments);
        measure(&called, used);
        match called.map(|called| reply::records(&called.value)) {
            Ok(Ok((records, more))) => {
                all.extend(records);
                if !more {
                    break;
                }
            }
            Ok(Err(defect)) => return Ending::Error(defect),
            Err(error) => return ended(&error),
        }
    }
    Ending::Result(Value::Array(all))
}

fn measure(called: &Result<Measured<String>, HostError>, used: &mut Option<Used>) {
    let usage = match called {
        Ok(called) => called.usage,
        Err(error) => error.usage(),
    };
    let Usage { fuel: Some(fuel), memory: Some(memory), .. } = usage else {
        *used = None;
        return;
    };
    let before = used.unwrap_or(Used { fuel: 0, memory: 0 });
    *used = Some(Used { fuel: before.fuel.max(fuel), memory: before.memory.max(memory) });
}

/// How a call ended that brought no reply.
pub(crate) fn ended(error: &HostError) -> Ending {
    match error {
        HostError::Failed { message, .. } => Ending::Failure(message.clone()),
        HostError::Call { source, .. } => Ending::Error(source.cause.to_string()),
        HostError::Protocol { defect, .. } => Ending::Error(defect.clone()),
        other => Ending::Error(other.to_string()),
    }
}

/// A value as lines of YAML, for people.
fn shown(value: &Value) -> String {
    driftless_documents::to_yaml(&without_long_texts(value))
}

/// The value with long texts cut, so that what differs elsewhere is seen.
fn without_long_texts(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > MAX_SHOWN_BYTES => {
            let digest = Digest::of(text.as_bytes());
            Value::String(format!("{} ({} bytes, {digest})", truncated(text, BEGINNING_BYTES), text.len()))
        }
        Value::Array(items) => items.iter().map(without_long_texts).collect(),
        Value::Object(members) => Value::Object(
            members.iter().map(|(key, value)| (key.clone(), without_long_texts(value))).collect(),
        ),
        other => other.clone(),
    }
}

/// The value with the keys of its objects in the order in which `model` has them.
fn in_order_of(model: &Value, value: &Value) -> Value {
    match (model, value) {
        (Value::Object(model), Value::Object(members)) => {
            let known = model
                .iter()
                .filter_map(|(key, model)| Some((key.clone(), in_order_of(model, members.get(key)?))));
            let new = members.iter().filter(|(key, _)| !model.contains_key(*key));
            let new = new.map(|(key, value)| (key.clone(), value.clone()));
            Value::Object(known.chain(new).collect::<Map<_, _>>())
        }
        (Value::Array(model), Value::Array(items)) => {
            let nothing = Value::Null;
            let models = model.iter().chain(std::iter::repeat(&nothing));
            items.iter().zip(models).map(|(item, model)| in_order_of(model, item)).collect()
        }
        (_, other) => other.clone(),
    }
}
