//! What stands in the `;;` lines of a file.

use std::time::Duration;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::log::Level;
use driftless_sandbox::Limits;

use super::Stage;

#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) limits: Limits,
    pub(crate) steps: Vec<Step>,
    /// How many bytes are kept.
    pub(super) cut: Option<usize>,
    /// What stands in the place of a module.
    pub(super) skeleton: Option<String>,
    /// Permissions that the manifest asks for, each as JSON; possibly nonsense, which is an attack as well.
    pub(super) asks: Vec<String>,
    /// Permissions that are granted, each as JSON.
    pub(super) grants: Vec<String>,
    /// Whether everything is granted that the manifest asks for.
    pub(super) granted_all: bool,
    /// Whether the grant is one for another file of the same name.
    pub(crate) granted_to_another: bool,
    /// How many connections reach the server that `$PORT` stands for, in all steps.
    pub(crate) connections: usize,
    /// What the program says where it refuses a file before the library sees it.
    pub(crate) program_says: Option<Vec<String>>,
    /// MiB that the program may have resident, where the compiler needs more for it than the limit of memory has.
    pub(crate) resident: Option<u64>,
}

/// One call and what must come of it.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) call: Option<(Function, Vec<String>)>,
    pub(crate) verdict: Verdict,
    /// Where the failing happens: before the function was called.
    pub(crate) while_starting: bool,
    /// What must be on the log afterwards; empty where it does not matter.
    pub(crate) logs: Vec<(Level, String)>,
}

#[derive(Debug)]
pub(crate) enum Verdict {
    /// The validator says no, with all of these texts.
    Refused(Vec<String>),
    /// The compiler says no, with all of these texts.
    Uncompilable(Vec<String>),
    Limit(Limit),
    Trap(String),
    Panic(String),
    /// The reply breaks the protocol.
    Broken(String),
    Reply(String),
    /// A reply with all of these texts in it.
    ReplyContains(Vec<String>),
    /// A reply that is marked as a failure.
    Failure(String),
}

impl Verdict {
    pub(crate) fn is_a_failing_call(&self) -> bool {
        !matches!(
            self,
            Self::Reply(_)
                | Self::ReplyContains(_)
                | Self::Failure(_)
                | Self::Refused(_)
                | Self::Uncompilable(_)
        )
    }
}

impl Header {
    pub(crate) fn read(text: &str, stage: &Stage) -> Result<Self, String> {
        // One instance for the attacker and one for the control plugin, which fails when the other is not given back.
        let mut header = Self {
            limits: Limits { time: Duration::from_secs(20), instances: 2, ..Limits::default() },
            steps: Vec::new(),
            cut: None,
            skeleton: None,
            asks: Vec::new(),
            grants: Vec::new(),
            granted_all: false,
            granted_to_another: false,
            connections: 0,
            program_says: None,
            resident: None,
        };
        let mut call = None;
        for line in text.lines().filter_map(|line| line.strip_prefix(";; ")) {
            let Some((key, value)) = line.split_once(": ") else {
                continue;
            };
            match key {
                "limits" => value.split_whitespace().try_for_each(|setting| header.set(setting))?,
                "cut" => header.cut = Some(value.parse().map_err(|_| "`cut` takes a number")?),
                "skeleton" => header.skeleton = Some(value.to_owned()),
                "asks" => header.asks.push(stage.fill(value)?),
                "grants" if value == "all" => header.granted_all = true,
                "grants" => header.grants.push(stage.fill(value)?),
                "granted to" if value == "another file" => header.granted_to_another = true,
                "granted to" => return Err(format!("nothing can be granted to `{value}`")),
                "connections" => {
                    header.connections = value.parse().map_err(|_| "`connections` takes a number")?;
                }
                "program says" => header.program_says = Some(texts(value)?.1),
                "resident" => {
                    let number = value.strip_suffix(" MiB").and_then(|number| number.parse().ok());
                    header.resident = Some(number.ok_or("`resident` takes a number of MiB")?);
                }
                "call" if call.is_some() => return Err("a call has no verdict".to_owned()),
                "call" => call = Some(read_call(&stage.fill(value)?)?),
                "expect" => {
                    let step = read_verdict(&stage.fill(value)?, call.take())?;
                    header.steps.push(step);
                }
                "log" => {
                    let (level, texts) = texts(value)?;
                    let level = level.parse().map_err(|_| format!("`{level}` is no level"))?;
                    let step = header.steps.last_mut().ok_or("a log stands before a verdict")?;
                    step.logs.extend(texts.into_iter().map(|text| (level, text)));
                }
                _ => {}
            }
        }
        if call.is_some() {
            return Err("a call has no verdict".to_owned());
        }
        if header.steps.is_empty() {
            return Err("it has no verdict".to_owned());
        }
        if header.granted_all && !header.grants.is_empty() {
            return Err("all is granted, and something else".to_owned());
        }
        Ok(header)
    }

    fn set(&mut self, setting: &str) -> Result<(), String> {
        let wrong = || format!("`{setting}` is no limit");
        let (name, value) = setting.split_once('=').ok_or_else(wrong)?;
        let value: u64 = value.parse().map_err(|_| wrong())?;
        let limits = &mut self.limits;
        match name {
            "fuel" => limits.fuel = value,
            "milliseconds" => limits.time = Duration::from_millis(value),
            "compile_milliseconds" => limits.compile_time = Duration::from_millis(value),
            "memory" => limits.memory = value as usize,
            "stack" => limits.stack = value as usize,
            "output" => limits.output = value as usize,
            "answer" => limits.answer = value as usize,
            "log" => limits.log = value as usize,
            "log_message" => limits.log_message = value as usize,
            "table_elements" => limits.table_elements = value as usize,
            _ => return Err(wrong()),
        }
        Ok(())
    }
}

fn read_call(value: &str) -> Result<(Function, Vec<String>), String> {
    let (name, arguments) = texts(value)?;
    let function = Function::named(&name).ok_or_else(|| format!("there is no function `{name}`"))?;
    Ok((function, arguments))
}

fn read_verdict(value: &str, call: Option<(Function, Vec<String>)>) -> Result<Step, String> {
    let (value, while_starting) = match value.strip_suffix(" while starting") {
        Some(value) => (value, true),
        None => (value, false),
    };
    let (words, mut texts) = texts(value)?;
    if texts.is_empty() && !words.starts_with("limit ") && is_a_verdict(&words) {
        return Err(format!("`{words}` needs a text"));
    }
    let mut one = || match texts.len() {
        1 => Ok(texts.remove(0)),
        _ => Err(format!("`{words}` takes one text")),
    };
    let verdict = match words.as_str() {
        "refused" => Verdict::Refused(texts),
        "uncompilable" => Verdict::Uncompilable(texts),
        "trap" => Verdict::Trap(one()?),
        "panic" => Verdict::Panic(one()?),
        "broken" => Verdict::Broken(one()?),
        "reply" => Verdict::Reply(one()?),
        "reply contains" => Verdict::ReplyContains(texts),
        "failure" => Verdict::Failure(one()?),
        "limit fuel" => Verdict::Limit(Limit::Fuel),
        "limit time" => Verdict::Limit(Limit::Time),
        "limit memory" => Verdict::Limit(Limit::Memory),
        "limit stack" => Verdict::Limit(Limit::Stack),
        "limit output" => Verdict::Limit(Limit::Output),
        "limit table" => Verdict::Limit(Limit::Table),
        "limit log" => Verdict::Limit(Limit::Log),
        other => return Err(format!("`{other}` is no verdict")),
    };
    if call.is_none() && !matches!(verdict, Verdict::Refused(_) | Verdict::Uncompilable(_)) {
        return Err("a verdict about a call has no call".to_owned());
    }
    Ok(Step { call, verdict, while_starting, logs: Vec::new() })
}

fn is_a_verdict(words: &str) -> bool {
    let with_text =
        ["refused", "uncompilable", "trap", "panic", "broken", "reply", "reply contains", "failure"];
    with_text.contains(&words)
}

/// Words, and behind them texts in quotes, written as in JSON.
fn texts(value: &str) -> Result<(String, Vec<String>), String> {
    let (words, quoted) = value.split_at(value.find('"').unwrap_or(value.len()));
    let texts: Result<Vec<String>, _> = serde_json::Deserializer::from_str(quoted).into_iter().collect();
    let texts = texts.map_err(|error| format!("{value}: {error}"))?;
    Ok((words.trim().to_owned(), texts))
}
