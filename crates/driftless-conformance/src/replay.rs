//! Replays cases and records them, and says in what they do not hold.

use std::sync::Arc;

use driftless_host::api::component::ComponentKind;
use driftless_host::api::function::Function;
use driftless_host::{
    CallOptions, Embedded, Error as HostError, Grants, Measured, PluginHandle, PluginManager, Session,
    Settings, Usage, this_machine,
};
use driftless_plugin_api::text::truncated;
use driftless_sandbox::{Digest, MachineCodeCache, Sandbox, SetupError, inspect};
use serde_json::{Map, Value};

use crate::case::{Budget, Called, Case, HostCall};
use crate::diff::{self, DiffLine};
use crate::error::Error;
use crate::expectation::{Ending, Expectation};
use crate::recorded::RecordedCase;
use crate::recorder::{Happened, Recorder};
use crate::{pattern, reply};

/// What a plugin is tested under.
#[derive(Default)]
pub struct Setup {
    /// The limits and whatever else is in `plugins.toml`.
    pub settings: Settings,
    /// Keeps machine code between runs.
    pub cache: Option<MachineCodeCache>,
    /// What a recording may do on this machine. Without it, nothing is recorded but refusals.
    pub grants: Grants,
}

/// A plugin that is being tested.
pub struct Tester {
    pub(crate) manager: PluginManager,
    pub(crate) plugin: PluginHandle,
    recorder: Recorder,
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

/// What a call used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Units of fuel.
    pub fuel: u64,
    /// Bytes of memory.
    pub memory: u64,
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
    /// It used more than it may, of `fuel` or `memory`.
    Budget {
        /// Of what.
        of: &'static str,
        /// How much it used.
        used: u64,
        /// How much it may use.
        allowed: u64,
    },
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
    /// Loads a plugin. `name` is what it is called where it has no manifest.
    ///
    /// # Errors
    ///
    /// When it is refused, or the settings are impossible.
    pub fn new(setup: Setup, name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let recorder = Recorder::default();
        let info = inspect(bytes);
        let name = info.manifest().map_or(name, |manifest| &manifest.name).to_owned();
        let of_plugin = recorder.clone();
        let security = &setup.settings.security;
        let mut sandbox = Sandbox::builder(security.limits());
        sandbox = sandbox.allow_wasi(security.allow_wasi).debug(security.debug_enabled);
        if let Some(cache) = setup.cache {
            sandbox = sandbox.cache(cache);
        }
        let manager = PluginManager::builder()
            .loader(sandbox.build().map_err(no_sandbox)?)
            .settings(setup.settings)
            .source(Embedded::new(name.clone(), bytes))
            .grants(setup.grants)
            .log(recorder.clone())
            .clock_and_random(Arc::new(recorder.clone()))
            .host_calls(move |plugin, grant| of_plugin.host_calls(Some(this_machine(plugin, grant))));
        let manager = manager.build()?;
        let plugin = manager.plugin(&name)?;
        Ok(Self { manager, plugin, recorder })
    }

    /// The plugin.
    pub fn plugin(&self) -> &PluginHandle {
        &self.plugin
    }

    /// Replays a case: host calls are answered out of it, and nothing happens on this machine.
    pub fn replay(&self, case: &Case) -> Replay {
        let (ending, used, happened) = self.run(case, Recorder::replay);
        let actual = Expectation { ending, log: Some(happened.log.clone()) };
        Replay { problems: problems(case, &actual, used, &happened), actual, used }
    }

    /// Runs a case on this machine, with what was granted, and returns what is to be recorded of it. What the author has written is not recorded,
    /// but has to hold: host calls of the author's are answered out of the case, and problems are about the author's parts alone.
    pub fn record(&self, case: &Case) -> (RecordedCase, Replay) {
        let as_written = case.as_written();
        let begin = if case.written.host { Recorder::replay } else { Recorder::record };
        let (ending, used, happened) = self.run(&as_written, begin);
        let actual = Expectation { ending, log: Some(happened.log.clone()) };
        let mut problems = problems(&as_written, &actual, used, &happened);
        problems.retain(|problem| *problem != Problem::Unrecorded);
        // Silence is not worth a line.
        let log = actual.log.clone().filter(|log| !log.is_empty());
        let recorded = RecordedCase {
            host: happened.asked,
            expect: Some(Expectation { ending: actual.ending.clone(), log }),
            budget: used.map_or_else(Budget::default, |used| budget(used, case.budget)),
        };
        (recorded.without(case.written), Replay { problems, actual, used })
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
        let over = |of, used, allowed: Option<u64>| {
            allowed.filter(|allowed| used > *allowed).map(|allowed| Problem::Budget { of, used, allowed })
        };
        problems.extend(over("fuel", used.fuel, case.budget.fuel));
        problems.extend(over("memory", used.memory, case.budget.memory));
    }
    problems
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

fn no_sandbox(error: SetupError) -> HostError {
    HostError::Configuration { what: "the sandbox".to_owned(), violations: vec![error.to_string()] }
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

/// A quarter more than was used, in round numbers. A budget that still holds stays.
fn budget(used: Used, before: Budget) -> Budget {
    const PAGE: u64 = 64 << 10;
    let more = |used: u64| used.saturating_add(used / 4);
    let round = |fuel: u64| {
        let unit = 10_u64.pow(fuel.max(1).ilog10().saturating_sub(1));
        fuel.div_ceil(unit).saturating_mul(unit)
    };
    let kept = |before: Option<u64>, used: u64| before.filter(|allowed| used <= *allowed);
    Budget {
        fuel: kept(before.fuel, used.fuel).or_else(|| Some(round(more(used.fuel)))),
        memory: kept(before.memory, used.memory).or_else(|| Some(more(used.memory).div_ceil(PAGE) * PAGE)),
    }
}

/// A value as lines of YAML, for people.
fn shown(value: &Value) -> String {
    // Lists stand out, and a line is a line of the text.
    let options = serde_saphyr::ser_options! {
        compact_list_indent: false,
        min_fold_chars: usize::MAX,
        folded_wrap_chars: usize::MAX,
    };
    let value = without_long_texts(value);
    serde_saphyr::to_string_with_options(&value, options).unwrap_or_else(|_| format!("{value:#}\n"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_quarter_more_in_round_numbers() {
        let none = Budget::default();
        let used = Used { fuel: 123_456, memory: 1_114_112 };
        assert_eq!(budget(used, none), Budget { fuel: Some(160_000), memory: Some(1_441_792) });
        let enough = Budget { fuel: Some(130_000), memory: Some(1) };
        assert_eq!(budget(used, enough).fuel, Some(130_000));
        assert_eq!(budget(Used { fuel: 0, memory: 0 }, none), Budget { fuel: Some(0), memory: Some(0) });
    }
}
