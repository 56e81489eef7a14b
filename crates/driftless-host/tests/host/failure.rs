//! What happens when a component fails where it is bound: policies and circuit breakers.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use driftless_host::{
    Binding, BindingEvent, Clock, Error, ErrorKind, FailurePolicy, Location, LogRecord, PluginManager,
    PluginPart, Policy, Settings,
};
use driftless_logs::Control;
use driftless_plugin_api::component::ComponentKind::{
    FactsCollector, LogFilter, LogOutput, LogParser, LogSource, Task, TemplateFilter,
};
use driftless_plugin_api::result::TaskResult;
use driftless_runner::{
    ApplyFile, FactsFile, Mistakes, Options, Plan, Progress, TaskFailure, TaskFile, TaskOutcome,
};
use driftless_templates::Templates;
use serde_json::{Map, Value, json};

use crate::guest::{Action, Action::*, CONFIG, Guest, INPUT, LOOP, WRAP, builder_in, object};
use crate::harness::{Ended, Folder, pipeline, run_on, run_under};

const TRAPPED: &str = "trapped: wasm `unreachable` instruction executed";

/// Tells its name, and breaks.
const TELL_AND_TRAP: Action<'_> =
    Runs("(call $log (local.get $a0) (local.get $l0) (local.get $a0) (local.get $l0)) unreachable");

/// Tells its name, and fails with it in its own words.
const TELL_AND_FAIL: Action<'_> = Runs(
    "(call $log (local.get $a0) (local.get $l0) (local.get $a0) (local.get $l0))
    (i64.or (i64.const 0x8000_0000) (call $reply (local.get $a0) (local.get $l0)))",
);

/// Breaks at a line or value that begins with `b`, after telling its name; says the others.
const FRAGILE: Action<'_> = Runs(
    "(if (i32.eq (i32.load8_u (local.get $a2)) (i32.const 98)) (then
        (call $log (local.get $a0) (local.get $l0) (local.get $a0) (local.get $l0)) unreachable))
    (call $wrap (local.get $a2) (local.get $l2))",
);

/// Logs its name, and replies with its configuration if the log sink takes [`SLOWLY`] over that; breaks otherwise. No
/// instance remembers how often it was called, so it is the log sink that decides.
const WORKS_WHEN_HEARD_SLOWLY: Action<'_> = Runs(
    "(call $now)
    (call $log (local.get $a0) (local.get $l0) (local.get $a0) (local.get $l0))
    (call $now)
    i64.sub i64.const -2 i64.gt_s
    (if (then unreachable))
    (call $reply (local.get $a1) (local.get $l1))",
);

/// Longer than the two seconds that the plugin looks for, on its clock of whole seconds.
const SLOWLY: Duration = Duration::from_millis(2100);

/// A clock that goes on when it is told to, and by a step each time it is looked at. Sleeping takes none of the test's time.
#[derive(Clone, Default)]
struct ByHand(Arc<Hands>);

#[derive(Default)]
struct Hands {
    millis: AtomicU64,
    step: AtomicU64,
    slept: Mutex<Vec<u64>>,
}

impl ByHand {
    fn pass(&self, seconds: u64) {
        self.0.millis.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// The pauses of retries, in milliseconds.
    fn slept(&self) -> Vec<u64> {
        std::mem::take(&mut self.0.slept.lock().unwrap())
    }
}

impl Clock for ByHand {
    fn now(&self) -> Duration {
        let step = self.0.step.load(Ordering::Relaxed);
        Duration::from_millis(self.0.millis.fetch_add(step, Ordering::Relaxed))
    }

    fn sleep(&self, time: Duration) {
        self.0.slept.lock().unwrap().push(time.as_millis().try_into().unwrap());
    }

    fn sleep_while(&self, time: Duration, is_of_use: &dyn Fn() -> bool) {
        if is_of_use() {
            self.sleep(time);
        }
    }
}

/// A plugin `p`, a clock, and what the plugin has told.
struct Site {
    manager: PluginManager,
    clock: ByHand,
    calls: Arc<AtomicU32>,
}

impl Site {
    fn new(guest: &Guest) -> Self {
        Self::with(guest, "", |_| {})
    }

    /// With `plugins.toml`, and something that happens when the plugin tells something for the n-th time.
    fn with(guest: &Guest, settings: &str, heard: impl Fn(u32) + Send + Sync + 'static) -> Self {
        let (clock, calls) = (ByHand::default(), Arc::new(AtomicU32::new(0)));
        let counted = Arc::clone(&calls);
        let manager = builder_in(Settings::from_toml(settings).unwrap(), &[("p", guest)])
            .clock(clock.clone())
            .log(move |_: &LogRecord<'_>| heard(counted.fetch_add(1, Ordering::SeqCst) + 1))
            .build()
            .unwrap();
        Self { manager, clock, calls }
    }

    /// How often the plugin has told something since this was last asked.
    fn calls(&self) -> u32 {
        self.calls.swap(0, Ordering::SeqCst)
    }

    fn task(&self, name: &str, policy: FailurePolicy) -> driftless_host::Task {
        self.manager.task(&format!("p.{name}"), Map::new()).unwrap().on_failure(&policy).unwrap()
    }

    /// Runs a file without mistakes.
    #[track_caller]
    fn apply(&self, file: Value) -> Applied {
        self.try_apply(file).unwrap()
    }

    /// The same of a file that may have mistakes.
    fn try_apply(&self, file: Value) -> Result<Applied, Mistakes> {
        let file: ApplyFile = serde_json::from_value(file).unwrap();
        let (mut outcomes, mut without) = (Vec::new(), Vec::new());
        let templates = Templates::new(&self.manager);
        let plan = Plan::new(&self.manager, &templates, TaskFile::from(file), Options::default())?;
        let ended = plan.run(|progress| match progress {
            Progress::Task(report) if *report.outcome != TaskOutcome::NotRun => {
                outcomes.push(report.outcome.clone());
            }
            Progress::NoFacts(step, error) => without.push(format!("{}: {error}", step.key())),
            _ => {}
        });
        Ok((outcomes, without, ended))
    }
}

/// What became of each task, whose facts there are not, and how it ended.
type Applied = (Vec<TaskOutcome>, Vec<String>, Result<(), Mistakes>);

fn guest() -> Guest {
    Guest::new()
        .with(Task, "say", CONFIG)
        .with(Task, "trap", TELL_AND_TRAP)
        .with(Task, "fail", TELL_AND_FAIL)
        .with(Task, "rubbish", Says("rubbish"))
        .with(Task, "decline", Says(r#"{"status":"error","message":"not today"}"#))
        .with(Task, "slow", WORKS_WHEN_HEARD_SLOWLY)
        .with(FactsCollector, "given", CONFIG)
        .with(FactsCollector, "trap", TELL_AND_TRAP)
        .with(FactsCollector, "fail", TELL_AND_FAIL)
        .with(TemplateFilter, "trap", TELL_AND_TRAP)
        .with(TemplateFilter, "decline", TELL_AND_FAIL)
}

fn retry(retries: u32) -> FailurePolicy {
    FailurePolicy { retries: Some(retries), ..Policy::Retry.into() }
}

#[test]
fn a_task_without_a_result_is_skipped_where_that_is_said() {
    for policy in ["skip", "quarantine"] {
        for (task, why) in [
            ("trap", TRAPPED),
            ("fail", "fail"),
            ("rubbish", "its reply is not a task result: expected value at line 1 column 1"),
        ] {
            let (outcomes, _, ended) = Site::new(&guest()).apply(json!({"tasks": [
                {"type": format!("p.{task}"), "on_failure": policy, "register": "first"},
                {"type": "p.say", "status": "success", "message": "{{ first.status }}"},
            ]}));
            ended.unwrap();
            let [left_out @ TaskOutcome::LeftOut(TaskFailure::Error(error)), then] = &outcomes[..] else {
                panic!("{outcomes:?}")
            };
            assert!(!left_out.has_failed());
            assert_eq!(error.to_string(), format!("plugin `p`, task `{task}`: {why}"));
            assert_eq!(*then, TaskOutcome::Ran(TaskResult::success("skipped")));
        }
    }
}

#[test]
fn what_is_not_a_failure_of_the_plugin_is_never_skipped() {
    let site = Site::with(&guest(), "failure.policy = 'skip'", |_| {});
    let then = json!({"type": "p.say", "status": "success"});
    let (outcomes, _, ended) = site.apply(json!({"tasks": [{"type": "p.decline"}, then]}));
    ended.unwrap();
    assert_eq!(outcomes.len(), 1);
    assert!(outcomes[0].has_failed());
    for (task, kind) in [
        (json!({"type": "p.missing"}), ErrorKind::NotFound),
        (json!({"type": "q.say"}), ErrorKind::NotFound),
        (json!({"type": "say"}), ErrorKind::Configuration),
    ] {
        assert_eq!(site.try_apply(json!({"tasks": [task, then]})).unwrap_err().kind(), kind);
    }
    let task = json!({"type": "p.say", "message": "{{ missing }}"});
    let (outcomes, _, ended) = site.apply(json!({"tasks": [task, then]}));
    assert_eq!((ended.unwrap_err().kind(), outcomes), (ErrorKind::Failed, vec![]));
}

#[test]
fn facts_that_are_not_there_are_left_out_where_that_is_said() {
    for policy in ["skip", "quarantine"] {
        let site = Site::new(&guest());
        let collectors = json!([
            {"type": "p.trap", "on_failure": policy},
            {"type": "p.given", "n": 1},
            {"type": "p.fail", "name": "x", "on_failure": policy},
        ]);
        let trap = format!("trap: plugin `p`, facts collector `trap`: {TRAPPED}");
        let expected = [trap, "x: plugin `p`, facts collector `fail`: fail".to_owned()];

        let file: FactsFile = serde_json::from_value(json!({"collectors": collectors})).unwrap();
        let mut without = Vec::new();
        let templates = Templates::new(&site.manager);
        let plan = Plan::new(&site.manager, &templates, file.into(), Options::default()).unwrap();
        let facts = plan.collect(|step, error| without.push(format!("{}: {error}", step.key())));
        assert_eq!(Value::Object(facts.unwrap()), json!({"given": {"n": 1}}));
        assert_eq!(without, expected);

        let (outcomes, without, ended) = site.apply(json!({
            "collectors": collectors,
            "tasks": [{
                "type": "p.say", "status": "success",
                "message": "{{ facts.given.n }} {{ facts.trap is defined }}",
            }],
        }));
        ended.unwrap();
        assert_eq!(outcomes, [TaskOutcome::Ran(TaskResult::success("1 False"))]);
        assert_eq!(without, expected);
    }
}

#[test]
fn two_collectors_of_a_name_are_a_mistake_even_where_one_fails() {
    let twice = json!({"type": "p.trap", "on_failure": "skip"});
    let tried = Site::new(&guest()).try_apply(json!({"collectors": [twice, twice], "tasks": []}));
    assert_eq!(tried.unwrap_err().kind(), ErrorKind::Configuration);
}

#[test]
fn a_task_that_fails_twice_and_then_works_is_retried() {
    let site = Site::with(&guest(), "", |call| {
        if call == 3 {
            std::thread::sleep(SLOWLY);
        }
    });
    let config = object(json!({"status": "success"}));
    let task = site.manager.task("p.slow", config).unwrap().on_failure(&retry(5)).unwrap();
    assert_eq!(task.run().unwrap().message, None);
    assert_eq!((site.calls(), site.clock.slept()), (3, vec![100, 200]));
}

#[test]
fn retries_come_to_an_end() {
    let site = Site::new(&guest());
    let error = site.task("trap", Policy::Retry.into()).run().unwrap_err();
    assert_eq!(error.to_string(), format!("after 3 retries: plugin `p`, task `trap`: {TRAPPED}"));
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert_eq!((site.calls(), site.clock.slept()), (4, vec![100, 200, 400]));

    // The plugin's own word for it is a failure of a task as well, and what the task says is none.
    let policy = FailurePolicy { pause_ms: Some(0), ..retry(1) };
    let error = site.task("fail", policy.clone()).run().unwrap_err();
    assert_eq!(error.to_string(), "after 1 retry: plugin `p`, task `fail`: fail");
    assert_eq!((site.calls(), site.clock.slept()), (2, vec![0]));
    site.task("decline", policy).run().unwrap();
    assert_eq!(site.clock.slept(), [0; 0]);

    // All tries and the pauses between them have the time of one call.
    let policy = FailurePolicy { pause_ms: Some(20_000), ..retry(4) };
    let error = site.task("trap", policy.clone()).run().unwrap_err();
    assert_eq!(error.to_string(), format!("after 1 retry: plugin `p`, task `trap`: {TRAPPED}"));
    assert_eq!(site.clock.slept(), [20_000]);

    // No pause is longer than a minute.
    let site = Site::with(&guest(), "[security]\nexecution_timeout_secs = 600", |_| {});
    site.task("trap", policy).run().unwrap_err();
    assert_eq!(site.clock.slept(), [20_000, 40_000, 60_000, 60_000]);
}

#[test]
fn a_retry_begins_with_a_fresh_instance() {
    // Says rubbish at the first call of an instance, and would say a result at the second.
    let guest = Guest::new().with(Task, "t", Turns(&["rubbish", r#"{"status":"success"}"#]));
    let site = Site::new(&guest);
    let error = site.task("t", retry(2)).run().unwrap_err();
    assert!(error.to_string().contains("its reply is not a task result"), "{error}");
}

#[test]
fn a_limit_stays_a_limit_however_often_it_is_reached() {
    let guest = Guest::new().with(Task, "loop", LOOP);
    let site = Site::with(&guest, "security.fuel_limit = 100000", |_| {});
    let task = site.task("loop", FailurePolicy { failures: Some(2), pause_ms: Some(0), ..retry(1) });
    for _ in 0..2 {
        assert_eq!(task.run().unwrap_err().kind(), ErrorKind::Limit);
    }
    let error = task.run().unwrap_err();
    assert!(matches!(error, Error::CircuitOpen { failures: 2, .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Limit);
}

#[test]
fn a_binding_that_keeps_failing_has_its_circuit_open_for_a_while() {
    let site = Site::new(&guest());
    let task = site.task("trap", FailurePolicy::default());
    for _ in 0..5 {
        assert!(matches!(task.run(), Err(Error::Call { .. })));
    }
    assert_eq!(site.calls(), 5);
    let circuit_open = |again: &str| {
        format!(
            "plugin `p`, task `trap`: circuit open after 5 failures in a row within 60 s, the last: {TRAPPED}; it is {again} (`on_failure`)"
        )
    };
    assert_eq!(task.run().unwrap_err().to_string(), circuit_open("tried again in 30 s"));
    site.clock.pass(29);
    assert_eq!(task.clone().run().unwrap_err().to_string(), circuit_open("tried again in 1 s"));
    assert_eq!(site.calls(), 0, "a call was made");

    // Another binding of the same component is another matter.
    assert!(matches!(site.task("trap", FailurePolicy::default()).run(), Err(Error::Call { .. })));
    assert_eq!(site.calls(), 1);

    // One call to see whether it works again. It does not.
    site.clock.pass(1);
    assert!(matches!(task.run(), Err(Error::Call { .. })));
    assert_eq!(task.run().unwrap_err().to_string(), circuit_open("tried again in 30 s"));
    assert_eq!(site.calls(), 1);
}

#[test]
fn what_happens_to_a_binding_is_data_for_its_caller() {
    let site = Site::new(&guest());
    let location =
        Location { plugin: "p".into(), version: None, part: PluginPart::Component(Task, "trap".into()) };
    let bind = |policy: Policy| {
        let task = site.manager.component(Task, "p.trap").unwrap();
        task.configure(()).unwrap().on_failure(&policy.into()).unwrap()
    };
    let call = |binding: &Binding| binding.call(&[], |_| Ok(())).unwrap_err();
    let binding = bind(Policy::Quarantine);
    for _ in 0..4 {
        call(&binding);
        assert!(binding.guard().take_events().is_empty());
    }
    call(&binding);
    call(&binding);
    let opened = BindingEvent::CircuitOpened {
        location,
        failures: 5,
        within: Duration::from_secs(60),
        last: TRAPPED.into(),
        kind: ErrorKind::Failed,
        limit: None,
        again_in: Duration::from_secs(30),
    };
    assert_eq!(binding.guard().take_events(), [opened]);
    assert!(binding.guard().take_events().is_empty(), "each is taken once");
    // The calls that are not made say the same.
    let error = call(&binding);
    assert!(error.to_string().contains(TRAPPED), "{error}");
    assert!(matches!(error, Error::CircuitOpen { failures: 5, limit: None, .. }), "{error:?}");

    // Where failures end the call, the errors say it and there are no events.
    let binding = bind(Policy::Fail);
    (0..6).for_each(|_| drop(call(&binding)));
    assert!(binding.guard().take_events().is_empty());
}

#[test]
fn retries_of_a_call_are_one_failure_and_the_call_on_trial_has_none() {
    let site = Site::new(&guest());
    let task = site.task("trap", FailurePolicy { failures: Some(2), ..retry(4) });
    (0..2).for_each(|_| drop(task.run().unwrap_err()));
    assert_eq!(site.calls(), 10);
    assert!(matches!(task.run(), Err(Error::CircuitOpen { .. })));
    site.clock.pass(30);
    assert!(matches!(task.run(), Err(Error::Call { .. })));
    assert_eq!(site.calls(), 1);
}

#[test]
fn where_each_call_is_to_be_made_no_circuit_opens() {
    let site = Site::new(&guest());
    let task = site.task("trap", Policy::Skip.into());
    (0..50).for_each(|_| drop(task.run().unwrap_err()));
    assert_eq!(site.calls(), 50);
}

#[test]
fn of_many_callers_one_tries_whether_it_works_again() {
    // The call on trial is held until all other callers have been refused, and works then.
    let refused = Arc::new(Barrier::new(8));
    let holds = Arc::clone(&refused);
    let site = Site::with(&guest(), "", move |call| {
        if call == 3 {
            holds.wait();
            std::thread::sleep(SLOWLY);
        }
    });
    let config = object(json!({"status": "success"}));
    let policy = FailurePolicy { failures: Some(2), ..FailurePolicy::default() };
    let task = site.manager.task("p.slow", config).unwrap().on_failure(&policy).unwrap();
    (0..2).for_each(|_| drop(task.run().unwrap_err()));
    site.clock.pass(30);
    let worked = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| match task.run() {
                Ok(_) => drop(worked.fetch_add(1, Ordering::SeqCst)),
                Err(error @ Error::CircuitOpen { again_in: None, .. }) => {
                    assert!(error.to_string().contains("it is being tried again just now"), "{error}");
                    refused.wait();
                }
                Err(error) => panic!("{error}"),
            });
        }
    });
    assert_eq!((worked.into_inner(), site.calls()), (1, 3));
    // It is called as before.
    assert!(matches!(task.run(), Err(Error::Call { .. })));
    assert_eq!(site.calls(), 1);
}

#[test]
fn the_settings_say_what_holds_where_nothing_else_is_said() {
    let settings = "failure = {policy = 'retry', retries = 2, pause_ms = 7, failures = 1}";
    let site = Site::with(&guest(), settings, |_| {});
    site.task("trap", FailurePolicy::default()).run().unwrap_err();
    assert_eq!((site.calls(), site.clock.slept()), (3, vec![7, 14]));
    site.task("trap", retry(1)).run().unwrap_err();
    assert_eq!((site.calls(), site.clock.slept()), (2, vec![7]));
    let task = site.task("trap", Policy::Fail.into());
    task.run().unwrap_err();
    assert!(matches!(task.run(), Err(Error::CircuitOpen { .. })));
    assert_eq!(site.calls(), 1);

    let site = Site::with(&guest(), "failure = 'skip'", |_| {});
    let (outcomes, ..) = site.apply(json!({"tasks": [{"type": "p.trap"}]}));
    assert!(matches!(outcomes[..], [TaskOutcome::LeftOut(_)]));
    let (outcomes, _, ended) = site.apply(json!({"tasks": [{"type": "p.trap", "on_failure": "fail"}]}));
    assert_eq!((outcomes, ended.is_err()), (vec![], true));
}

#[test]
fn settings_that_cannot_be_are_told_with_their_line() {
    for (settings, expected) in [
        ("[failure]\npolicy = 'x'", "unknown variant `x`"),
        ("[failure]\nretry = 3", "unknown field `retry`"),
        ("[failure]\nretries = 1000", "expected `retries` from 1 to 100"),
        ("[config.p.c]\non_failure = 'skip'", "a template filter or function cannot have `skip`"),
        ("[config.p.c]\non_failure = {policy = 'quarantine'}", "cannot have `quarantine`"),
    ] {
        let error = Settings::from_toml(settings).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

fn render(site: &Site, template: &str) -> driftless_templates::Result<String> {
    Templates::new(&site.manager).render("t", template, Map::new())
}

#[test]
fn a_template_fails_whatever_holds_for_all() {
    for policy in ["skip", "quarantine"] {
        let site = Site::with(&guest(), &format!("failure.policy = '{policy}'"), |_| {});
        let error = render(&site, "{{ 1 | trap }}").unwrap_err();
        assert_eq!(error.to_string(), format!("t:1: plugin `p`, template filter `trap`: {TRAPPED}"));
    }
    let site = Site::new(&guest());
    let filter = site.manager.component(TemplateFilter, "p.trap").unwrap().configure(Map::new()).unwrap();
    let error = filter.on_failure(&Policy::Skip.into()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("use `fail` or `retry`"), "{error}");
}

#[test]
fn a_filter_in_a_template_is_retried_where_that_is_said() {
    let settings = "[config.p.trap]\non_failure = {policy = 'retry', retries = 1}";
    let site = Site::with(&guest(), settings, |_| {});
    let error = render(&site, "{{ 1 | trap }}").unwrap_err();
    let expected = format!("t:1: after 1 retry: plugin `p`, template filter `trap`: {TRAPPED}");
    assert_eq!(error.to_string(), expected);
    assert_eq!((site.calls(), site.clock.slept()), (2, vec![100]));
}

#[test]
fn the_circuit_of_a_filter_opens_when_it_breaks_and_not_when_it_declines() {
    let site = Site::new(&guest());
    let templates = Templates::new(&site.manager);
    let render = |template| templates.render("t", template, Map::new()).unwrap_err().to_string();
    for _ in 0..20 {
        assert_eq!(render("{{ 1 | decline }}"), "t:1: plugin `p`, template filter `decline`: decline");
    }
    assert_eq!(site.calls(), 20);
    (0..5).for_each(|_| drop(render("{{ 1 | trap }}")));
    assert!(render("{{ 1 | trap }}").contains("circuit open after 5 failures in a row"));
    assert_eq!(site.calls(), 5);
}

/// A plugin with stages that break.
fn stages() -> Guest {
    Guest::new()
        .with(LogParser, "wrap", WRAP)
        .with(LogParser, "same", INPUT)
        .with(LogParser, "fragile", FRAGILE)
        .with(LogParser, "trap", TELL_AND_TRAP)
        .with(LogParser, "decline", TELL_AND_FAIL)
        .with(LogFilter, "trap", TELL_AND_TRAP)
        .with(LogFilter, "perhaps", Says("perhaps"))
        .with(LogFilter, "decline", TELL_AND_FAIL)
        .with(LogFilter, "no", Says("false"))
        .with(LogOutput, "trap", TELL_AND_TRAP)
        .with(LogOutput, "fail", TELL_AND_FAIL)
        .with(LogSource, "trap", TELL_AND_TRAP)
        .with(LogSource, "rubbish", Says("[1]"))
}

/// Runs a pipeline from `in` through a parser that has this policy.
fn run_parser(site: &Site, folder: &Folder, parser: &str, policy: &Value, more: Value) -> Ended {
    let source = json!({
        "type": "file", "paths": [folder.text("in")],
        "parser": {"type": format!("p.{parser}"), "on_failure": policy},
    });
    let mut file = json!({"sources": [source], "workers": 1});
    file.as_object_mut().unwrap().extend(object(more));
    run_on(&site.manager, folder.file(None, file))
}

#[test]
fn a_line_whose_parser_breaks_is_skipped_where_that_is_said() {
    let folder = Folder::new();
    folder.write("in", "one\nbad\r\ntwo\n");
    for rejected in [json!({}), json!({"rejected": folder.text("rejected")})] {
        let site = Site::new(&stages());
        let ended = run_parser(&site, &folder, "fragile", &json!("skip"), rejected);
        assert!(ended.finished.error.is_none());
        assert_eq!((ended.counts(), ended.finished.summary.skipped), ([2, 0, 0], 1));
        assert!(!ended.finished.lost_lines, "it is not lost but skipped");
        let place = folder.text("in");
        let expected = format!("{place}, line 2: plugin `p`, log parser `fragile`: {TRAPPED}; it is skipped");
        assert_eq!(ended.reported, [expected]);
        assert!(
            ended
                .finished
                .summary
                .to_string()
                .starts_with("3 lines: 2 kept, 0 dropped, 0 failed, 1 skipped, in ")
        );
    }
    assert_eq!(folder.read("rejected"), "bad\r\n");
}

#[test]
fn a_line_that_a_parser_declines_has_failed_whatever_is_said() {
    for policy in ["fail", "skip", "retry", "quarantine"] {
        let folder = Folder::new();
        folder.write("in", "x\n".repeat(100));
        let site = Site::new(&stages());
        let ended = run_parser(&site, &folder, "decline", &json!(policy), json!({}));
        assert!(ended.finished.error.is_none(), "its circuit was opened");
        assert_eq!((ended.counts(), ended.finished.lost_lines), ([0, 0, 100], true));
        assert_eq!((site.calls(), site.clock.slept()), (100, vec![]));
    }
}

#[test]
fn a_parser_in_quarantine_is_tried_again() {
    let folder = Folder::new();
    // Five that break, and then good ones. Each that is refused takes a second.
    folder.write("in", ["bad\n".repeat(5), "good\n".repeat(100)].concat());
    let site = Site::new(&stages());
    site.clock.0.step.store(1000, Ordering::Relaxed);
    let rejected = json!({"rejected": folder.text("rejected")});
    let ended = run_parser(&site, &folder, "fragile", &json!("quarantine"), rejected);
    assert!(ended.finished.error.is_none());
    assert_eq!(site.calls(), 5);
    let skipped = ended.finished.summary.skipped;
    assert_eq!(ended.counts(), [105 - skipped, 0, 0]);
    assert!((30..=40).contains(&skipped), "{skipped}");
    // Each failure, that the circuit is open, that it works again, and how many more lines were skipped.
    assert_eq!(ended.reported.len(), 8, "{:?}", ended.reported);
    let circuit_open = format!("plugin `p`, log parser `fragile`: circuit open after 5, the last: {TRAPPED}");
    assert_eq!(ended.reported[5], circuit_open);
    assert_eq!(ended.reported[6], "plugin `p`, log parser `fragile`: works again");
    assert_eq!(ended.reported[7], format!("{} more lines are skipped", skipped - 5));
    let good = usize::try_from(skipped).unwrap() - 5;
    assert_eq!(folder.read("rejected"), ["bad\n".repeat(5), "good\n".repeat(good)].concat());
}

#[test]
fn a_parser_is_retried_where_that_is_said() {
    let folder = Folder::new();
    folder.write("in", "one\nbad\ntwo\n");
    let site = Site::new(&stages());
    let policy = json!({"policy": "retry", "retries": 2, "pause_ms": 5});
    let ended = run_parser(&site, &folder, "fragile", &policy, json!({}));
    assert_eq!(ended.counts(), [2, 0, 1]);
    assert_eq!((site.calls(), site.clock.slept()), (3, vec![5, 10]));
    assert!(ended.reported[0].contains("line 2: after 2 retries: plugin `p`"), "{}", ended.reported[0]);
}

#[test]
fn a_parser_that_breaks_now_and_then_keeps_its_circuit_closed() {
    let folder = Folder::new();
    folder.write("in", "bad\nbad\ngood\n".repeat(100));
    let site = Site::new(&stages());
    let ended = run_parser(&site, &folder, "fragile", &json!("fail"), json!({}));
    assert!(ended.finished.error.is_none());
    assert_eq!(ended.counts(), [100, 0, 200]);
}

#[test]
fn an_entry_goes_past_a_filter_that_breaks_where_that_is_said() {
    for (filter, why) in [("trap", TRAPPED), ("perhaps", "its reply is neither true nor false")] {
        let folder = Folder::new();
        folder.write("in", "one\ntwo\n");
        let site = Site::new(&stages());
        let filters = json!({"filters": [{"type": format!("p.{filter}"), "on_failure": "skip"}]});
        let ended = run_on(&site.manager, folder.file(Some("wrap"), filters));
        assert!(ended.finished.error.is_none());
        assert_eq!((ended.counts(), ended.finished.summary.unfiltered), ([2, 0, 0], 2));
        let told = |line: u32| {
            let place = folder.text("in");
            format!(
                "{place}, line {line}: plugin `p`, log filter `{filter}`: {why}; it goes on without this filter"
            )
        };
        assert_eq!(ended.reported, [told(1), told(2)]);
        assert_eq!(folder.read("out"), "{\"line\":\"one\"}\n{\"line\":\"two\"}\n");
    }
}

#[test]
fn the_other_filters_still_count() {
    let folder = Folder::new();
    folder.write("in", "one\n".repeat(20));
    let site = Site::new(&stages());
    let filters = json!([{"type": "p.trap", "on_failure": "quarantine"}, {"type": "p.no"}]);
    let file = folder.file(Some("wrap"), json!({"filters": filters, "workers": 1}));
    let ended = run_on(&site.manager, file);
    assert_eq!((ended.counts(), ended.finished.summary.unfiltered), ([0, 20, 0], 20));
    assert_eq!(site.calls(), 5);
    assert!(ended.reported[5].contains("log filter `trap`: circuit open after 5"), "{:?}", ended.reported);
    assert_eq!(ended.reported[6..], ["15 more entries went past a filter"]);

    // What a filter says about an entry is no failure of the filter.
    let filters = json!([{"type": "p.decline", "on_failure": "skip"}]);
    let ended = run_on(&site.manager, folder.file(Some("wrap"), json!({"filters": filters})));
    assert_eq!((ended.counts(), ended.finished.summary.unfiltered), ([0, 0, 20], 0));
}

#[test]
fn an_output_that_breaks_misses_entries_where_that_is_said() {
    for (output, policy, calls) in [("trap", "skip", 20), ("fail", "skip", 20), ("fail", "quarantine", 5)] {
        let folder = Folder::new();
        let lines = "{}\n".repeat(20);
        folder.write("in", &lines);
        let site = Site::new(&stages());
        let outputs = json!([
            {"type": format!("p.{output}"), "on_failure": policy},
            {"type": "file", "path": folder.text("out")},
        ]);
        let ended = run_on(&site.manager, folder.file(Some("same"), json!({"outputs": outputs})));
        assert!(ended.finished.error.is_none());
        assert_eq!((ended.counts(), ended.finished.summary.missed), ([20, 0, 0], 20));
        assert_eq!(folder.read("out"), lines);
        assert_eq!(site.calls(), calls);
        let why = if output == "trap" { TRAPPED } else { "fail" };
        let first = format!("plugin `p`, log output `{output}`: {why}; it misses an entry");
        assert_eq!(ended.reported[0], first);
        let most = if calls == 5 { 15 } else { 10 };
        assert_eq!(*ended.reported.last().unwrap(), format!("{most} more entries are missed by an output"));
    }
}

#[test]
fn a_source_that_breaks_is_left_alone_where_that_is_said() {
    for (source, why) in
        [("trap", TRAPPED), ("rubbish", "one of its records is neither a string nor an object")]
    {
        for policy in ["skip", "quarantine"] {
            let folder = Folder::new();
            folder.write("in", "one\n");
            let sources = json!({"sources": [
                {"type": format!("p.{source}"), "on_failure": policy},
                {"type": "file", "paths": [folder.text("in")]},
            ]});
            let ended = run_on(&Site::new(&stages()).manager, folder.file(None, sources));
            assert!(ended.finished.error.is_none());
            assert_eq!(ended.counts(), [1, 0, 0]);
            let expected = format!("plugin `p`, log source `{source}`: {why}; nothing more is read from it");
            assert_eq!(ended.reported, [expected]);
        }
    }
}

#[test]
fn what_is_built_in_has_no_policy() {
    let folder = Folder::new();
    folder.write("in", "one\n");
    let site = Site::new(&stages());
    for more in [
        json!({"outputs": [{"type": "stdout", "on_failure": "skip"}]}),
        json!({"outputs": [{"type": "file", "path": "x", "on_failure": "skip"}]}),
        json!({"sources": [{"type": "stdin", "on_failure": "skip"}]}),
        json!({"sources": [{"type": "file", "paths": [folder.text("in")], "on_failure": "skip"}]}),
    ] {
        let error = pipeline(&site.manager, folder.file(None, more), false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("`on_failure` is for plugins"), "{error}");
    }
}

#[test]
fn the_open_circuit_of_a_parser_stays_open_in_the_next_run() {
    let folder = Folder::new();
    folder.write("in", "x\n".repeat(20));
    let site = Site::new(&stages());
    let file = folder.file(Some("trap"), json!({"workers": 3}));
    let pipeline = pipeline(&site.manager, file, false).unwrap();
    for calls in [5, 0] {
        let ended = run_under(&Control::new(), &pipeline);
        assert!(
            matches!(ended.error(), driftless_logs::Error::Plugin(error) if matches!(**error, Error::CircuitOpen { .. }))
        );
        assert_eq!((ended.counts(), site.calls()), ([0, 0, 20], calls));
    }
}

#[test]
fn one_plugins_timeout_interrupts_no_other_plugin() {
    let endless = Guest::new().with(Task, "t", LOOP);
    let fine = Guest::new().with(Task, "t", Says(r#"{"status":"success"}"#));
    let settings = Settings::from_toml(
        "[security]\nexecution_timeout_secs = 1\nfuel_limit = 1000000000000\n[failure]\nfailures = 1000",
    );
    let manager = builder_in(settings.unwrap(), &[("endless", &endless), ("fine", &fine)]);
    let manager = manager.build().unwrap();
    let tasks = ["endless.t", "fine.t"].map(|name| manager.task(name, Map::new()).unwrap());
    let [endless, fine] = &tasks;
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..2 {
                let error = endless.run().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
                assert!(error.to_string().contains("took longer than its 1 second"), "{error}");
            }
            over.store(true, Ordering::Relaxed);
        });
        scope.spawn(|| {
            let (mut calls, mut slowest) = (0u64, Duration::ZERO);
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                fine.run().unwrap();
                slowest = slowest.max(began.elapsed());
                calls += 1;
            }
            assert!(calls > 100, "{calls} calls, of which one took {slowest:?}");
        });
    });
}
