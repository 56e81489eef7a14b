//! Runs an untrusted module beside one that does nothing wrong, and holds the sandbox to its promises.

use std::sync::Arc;
use std::time::Duration;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::log::Level;
use driftless_sandbox::{
    CallError, CallFailure, CompileError, CompiledPlugin, HostContext, Instance, Limits, LogRecord, LogSink,
    Sandbox,
};
use driftless_validator::ValidatedPlugin;

use crate::Coverage;
use crate::guest::Guest;

/// A sandbox with narrow limits, and a plugin in it that has to work whatever the others do.
pub(crate) struct Harness {
    sandbox: Sandbox,
    control: CompiledPlugin,
}

/// What the control plugin replies.
const WORKS: &[u8] = br#"{"status":"success"}"#;
const WORKS_AT: u32 = 16;

/// What the names of WASI's functions begin with, in a list of imports.
pub(crate) const WASI: &str = "wasi_snapshot_preview1.";

/// How many functions of a module are called.
const MAX_CALLED_FUNCTIONS: usize = 6;

/// What a call came to.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    NotStarted(CallFailure),
    Failed(Function, CallFailure),
    Replied(Function, bool, String),
}

/// Listens, and checks what it hears.
struct Listener {
    most: usize,
}

impl LogSink for Listener {
    fn log(&self, record: &LogRecord<'_>) {
        // The sandbox's own messages about fuel are longer than the shortest limit, and end.
        let most = if record.level == Level::Debug { self.most.max(100) } else { self.most };
        assert!(record.message.len() <= most, "a message of {} bytes was let through", record.message.len());
        assert!(!record.message.is_empty(), "an empty message was let through");
    }
}

impl Harness {
    pub(crate) fn new(fuel: u64, debug: bool) -> Self {
        // Two instances: one for the module, one for the control plugin, which fails when the other is not given back.
        let limits = Limits {
            fuel,
            memory: 1 << 20,
            time: Duration::from_secs(1),
            stack: 64 << 10,
            output: 4 << 10,
            log_message: 64,
            log: 1 << 10,
            table_elements: 1000,
            instances: 2,
            ..Limits::default()
        };
        let listener = Listener { most: limits.log_message };
        let sandbox = Sandbox::builder(limits)
            .context(HostContext { log: Arc::new(listener), ..HostContext::default() })
            .debug(debug)
            .allow_wasi(true)
            .build();
        let sandbox = sandbox.expect("a sandbox can be had");
        let control = Guest::new()
            .holds(WORKS_AT, WORKS)
            .returns(Function::ExecuteTask, i64::from(WORKS_AT) << 32 | WORKS.len() as i64)
            .build();
        let control = sandbox.validate(&control).expect("the control plugin is valid");
        let control = sandbox.compile("control", &control).expect("the control plugin compiles");
        Self { sandbox, control }
    }

    /// A module that has to be valid, unless it has more of something than a module may have.
    pub(crate) fn validate(&self, bytes: &[u8]) -> Option<ValidatedPlugin> {
        let error = match self.sandbox.validate(bytes) {
            Ok(module) => return Some(module),
            Err(error) => error,
        };
        let too_many = error.violations.iter().all(|violation| violation.message.ends_with(" is the most"));
        assert!(too_many, "a module that fits the protocol is refused: {error}");
        None
    }

    /// Compiles a module and calls its functions, twice. `repeats` says that both times have to be alike.
    pub(crate) fn run(&self, module: &ValidatedPlugin, repeats: bool, argument: &str) -> Coverage {
        let plugin = match self.sandbox.compile("attacker", module) {
            Ok(plugin) => plugin,
            Err(CompileError::Limit(exceeded)) => {
                let at_the_beginning = matches!(exceeded.limit, Limit::Memory | Limit::Table);
                assert!(at_the_beginning || exceeded.limit == Limit::CompileTime, "{exceeded}");
                return Coverage::Accepted;
            }
            Err(CompileError::Compiler(why)) => {
                assert!(!why.is_empty(), "nothing is said against it");
                assert!(!why.contains("panicked"), "it makes the compiler panic");
                return Coverage::Accepted;
            }
            Err(CompileError::Setup(error)) => panic!("there is no engine: {error}"),
        };
        let first = self.round(&plugin, module, argument);
        self.check_control();
        let second = self.round(&plugin, module, argument);
        self.check_control();
        // On a machine that does something else as well, time may run out at any place.
        let out_of_time = first.iter().chain(&second).any(Outcome::is_out_of_time);
        assert!(
            !repeats || out_of_time || first == second,
            "a fresh instance differs: {first:?}, {second:?}"
        );
        let answered = first.iter().any(|outcome| matches!(outcome, Outcome::Replied(..)));
        if answered { Coverage::Answered } else { Coverage::Failed }
    }

    /// Calls the functions of a module, each on the instance of the one before unless that failed.
    fn round(&self, plugin: &CompiledPlugin, module: &ValidatedPlugin, argument: &str) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let mut instance = None;
        // The first one is called again at the end, when the instance is no longer fresh.
        let functions = || module.functions().iter();
        for function in functions().take(MAX_CALLED_FUNCTIONS).chain(functions().next()) {
            let mut running = match instance.take().map_or_else(|| plugin.instantiate(), Ok) {
                Ok(running) => running,
                Err(error) => {
                    assert!(matches!(error.function, None | Some(Function::Initialize)), "{error}");
                    self.check(&error);
                    outcomes.push(Outcome::NotStarted(error.cause));
                    return outcomes;
                }
            };
            let outcome = self.call(&mut running, function, argument);
            if let Outcome::Replied(..) = outcome {
                instance = Some(running);
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    fn call(&self, instance: &mut Instance, function: Function, argument: &str) -> Outcome {
        let arguments = [argument; Function::MAX_ARGUMENTS];
        let arguments = &arguments[..function.arguments()];
        assert!(!instance.has_failed(), "an instance failed before it was called");
        match instance.call(function, arguments) {
            Ok(reply) => {
                let most = self.sandbox.limits().output;
                assert!(reply.text.len() <= most, "a reply of {} bytes was let through", reply.text.len());
                let outcome = Outcome::Replied(function, reply.failed, reply.text.to_owned());
                assert!(!instance.has_failed(), "it failed with a reply");
                outcome
            }
            Err(error) => {
                assert_eq!(error.function, Some(function));
                self.check(&error);
                assert!(instance.has_failed(), "it would be used again after: {error}");
                let again = instance.call(function, arguments).expect_err("a failed instance is not used");
                assert!(matches!(again.cause, CallFailure::Transport(_)), "{again}");
                Outcome::Failed(function, error.cause)
            }
        }
    }

    /// A failure has to be the guest's, and has to name the limit as it stood.
    fn check(&self, error: &CallError) {
        let limits = self.sandbox.limits();
        assert!(!error.to_string().is_empty());
        match &error.cause {
            CallFailure::Limit(exceeded) => {
                let allowed = match exceeded.limit {
                    Limit::Memory => limits.memory as u64,
                    Limit::Fuel => limits.fuel,
                    Limit::Time => limits.time.as_millis() as u64,
                    Limit::Stack => limits.stack as u64,
                    Limit::Output => limits.output as u64,
                    Limit::Table => limits.table_elements as u64,
                    Limit::Log => limits.log as u64,
                    Limit::Instances => panic!("an instance was not given back: {error}"),
                    Limit::CompileTime => panic!("a call compiled something: {error}"),
                };
                assert_eq!(exceeded.allowed, allowed, "{error}");
            }
            CallFailure::Panic(message) => {
                assert!(message.len() <= limits.log_message, "a message of {} bytes", message.len());
            }
            CallFailure::Reply(_) | CallFailure::Trap(_) | CallFailure::Initialize(_) => {}
            other => panic!("a guest's failure is told as the sandbox's: {other:?}"),
        }
    }

    fn check_control(&self) {
        let mut instance = self.control.instantiate().expect("there is room for the control plugin");
        let reply = instance.call(Function::ExecuteTask, &["any", "{}"]).expect("the control plugin works");
        assert_eq!(reply.text.as_bytes(), WORKS);
    }
}

impl Outcome {
    fn is_out_of_time(&self) -> bool {
        match self {
            Self::NotStarted(cause) | Self::Failed(_, cause) => {
                matches!(cause, CallFailure::Limit(exceeded) if exceeded.limit == Limit::Time)
            }
            Self::Replied(..) => false,
        }
    }
}

/// Whether two runs of a module with these imports have to be alike.
pub(crate) fn repeats_itself(imports: &[String]) -> bool {
    let differs = |import: &String| {
        import == "env.host_get_random"
            || import == "env.host_get_timestamp"
            || import.starts_with(WASI)
            // Which functions of an interface it uses does not show.
            || import.starts_with("driftless:plugin/host@")
            || import.starts_with("wasi:")
            || import.contains("__wbg_now_")
            || import.contains("__wbg_random_")
    };
    !imports.iter().any(differs)
}
