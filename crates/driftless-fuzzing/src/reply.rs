//! What a component returns, and how the plugin announces it: what the host makes of the text of a reply.
//!
//! An input is a byte that says which kind of component replies, a byte that says whether the reply is marked as a failure, and, behind them, up to
//! three texts with a byte `0xff` between them: the reply, the definitions that announce the component, and the configuration that it is given.

use std::sync::Arc;

use driftless_host::{Error, PluginManager};
use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::result::{Failure, TaskResult};
use driftless_templates::Templates;
use serde_json::{Map, Value, json};

use crate::Coverage;
use crate::says::{self, Said};

/// The most bytes that each text has. What a plugin says is cut in a message, and here it is held against the whole.
const MAX_TEXT_BYTES: usize = 0x4000;

/// How deep what a reply holds may be nested, written again.
const MAX_DEPTH: usize = 100;

/// What an input says.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The kind of component whose reply it is.
    pub kind: ComponentKind,
    /// Whether the reply is marked as a failure.
    pub failed: bool,
    /// What it replies.
    pub reply: &'a str,
    /// How it announces its components; empty: in the simplest way.
    pub definitions: &'a str,
    /// The configuration of its component; empty: none.
    pub config: &'a str,
}

impl<'a> Input<'a> {
    /// Reads an input: any that is long enough, and text.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let (&[kind, flags], rest) = data.split_first_chunk()?;
        let mut parts = rest.splitn(3, |byte| *byte == 0xff).map(std::str::from_utf8);
        let mut part = || {
            let text = parts.next().transpose().ok()?.unwrap_or_default();
            Some(&text[..text.floor_char_boundary(MAX_TEXT_BYTES)])
        };
        Some(Self {
            kind: ComponentKind::ALL[usize::from(kind) % ComponentKind::ALL.len()],
            failed: flags & 1 != 0,
            reply: part()?,
            definitions: part()?,
            config: part()?,
        })
    }

    /// How it announces its components.
    fn announced(&self) -> &'a str {
        const SIMPLEST: &str = r#"[{"name":"c"}]"#;
        const SIMPLEST_FUNCTION: &str = r#"[{"name":"c","type":"function"}]"#;
        match (self.definitions, self.kind) {
            ("", ComponentKind::TemplateFunction) => SIMPLEST_FUNCTION,
            ("", _) => SIMPLEST,
            (definitions, _) => definitions,
        }
    }

    /// Writes an input.
    pub fn write(&self) -> Vec<u8> {
        let mut data = vec![self.kind as u8, u8::from(self.failed)];
        data.extend([self.reply.as_bytes(), self.definitions.as_bytes(), self.config.as_bytes()].join(&0xff));
        data
    }
}

/// Takes `data` for an [`Input`], and uses a component that replies like this in the way in which the host uses its kind.
pub fn run(data: &[u8]) -> Coverage {
    let Some(input) = Input::read(data) else { return Coverage::Refused };
    let manager = manager(&input);
    let (name, config) = match configured(&input, &manager) {
        Ok(configured) => configured,
        Err(coverage) => return coverage,
    };
    match input.kind {
        ComponentKind::Task => task(&input, &manager, &name, config),
        ComponentKind::FactsCollector => facts(&input, &manager, &name, config),
        ComponentKind::TemplateFilter | ComponentKind::TemplateFunction => template(&input, &manager, &name),
        _ => stage(&input, &manager, &name, config),
    }
}

/// The name of the first component that is announced, and the configuration that it takes; or how far the input comes without them.
pub(crate) fn configured(
    input: &Input<'_>,
    manager: &PluginManager,
) -> Result<(String, Map<String, Value>), Coverage> {
    let kind = input.kind;
    let plugin = manager.plugin("p").expect("there is no file to be refused");
    let announced: Vec<Definition> = match plugin.definitions(kind) {
        Ok(announced) => announced.into_iter().cloned().collect(),
        Err(error) => {
            assert!(matches!(error, Error::Protocol { .. }), "{error}");
            return Err(Coverage::Failed);
        }
    };
    let read: Vec<Definition> = serde_json::from_str(input.announced()).expect("they were understood");
    let of_kind: Vec<_> = read.into_iter().filter(|definition| kind.announces(definition)).collect();
    assert_eq!(announced, of_kind, "other components were announced");
    let first = announced.first().ok_or(Coverage::Failed)?;
    let name = format!("p.{}", first.name);
    let config: Map<String, Value> = serde_json::from_str(input.config).unwrap_or_default();
    let component = manager.component(kind, &name).expect("what was announced is there");
    let configured = match component.configure(config.clone()) {
        Ok(configured) => configured,
        Err(error) => {
            assert!(matches!(&error, Error::Configuration { violations, .. } if !violations.is_empty()));
            return Err(Coverage::Failed);
        }
    };
    let complete: Map<String, Value> =
        serde_json::from_str(configured.config()).expect("a configuration is an object");
    assert!(config.keys().all(|key| complete.contains_key(key)), "{config:?} became {complete:?}");
    Ok((name, config))
}

/// A plugin with one component, that announces it and replies as the input says.
pub(crate) fn manager(input: &Input<'_>) -> PluginManager {
    let kind = input.kind;
    let said = |text: &str, failed: bool| Said { text: Arc::from(text), failed };
    let (announced, reply, nothing) =
        (said(input.announced(), false), said(input.reply, input.failed), said("[]", false));
    says::manager([kind.definitions(), kind.execute()], move |function, again| match function {
        _ if function == kind.definitions() => announced.clone(),
        // A source that always has more would be asked for ever.
        _ if again && kind == ComponentKind::LogSource => nothing.clone(),
        _ => reply.clone(),
    })
}

fn task(input: &Input<'_>, manager: &PluginManager, name: &str, config: Map<String, Value>) -> Coverage {
    let task = manager.task(name, config).expect("it could be configured before");
    came_to(input, task.run(), |text| serde_json::from_str::<TaskResult>(text).ok())
}

fn facts(input: &Input<'_>, manager: &PluginManager, name: &str, config: Map<String, Value>) -> Coverage {
    let collector = manager.facts_collector(name, config).expect("it could be configured before");
    came_to(input, collector.collect(), |text| serde_json::from_str::<Map<String, Value>>(text).ok())
}

/// Calls a stage of a log pipeline by itself.
fn stage(input: &Input<'_>, manager: &PluginManager, name: &str, config: Map<String, Value>) -> Coverage {
    const CONFIGURED: &str = "it could be configured before";
    let entry = json!({"message": "entry"});
    match input.kind {
        ComponentKind::LogSource => {
            let source = manager.log_source(name, config).expect(CONFIGURED);
            let portion = source.reader().read::<Value>();
            if let Ok(portion) = &portion {
                let read: Value = serde_json::from_str(input.reply).expect("it was understood");
                let records = read.get("records").unwrap_or(&read).as_array();
                assert_eq!(Some(&portion.records), records, "other records were read");
            }
            if portion.is_ok() { Coverage::Answered } else { Coverage::Failed }
        }
        ComponentKind::LogParser => {
            let parser = manager.log_parser(name, config).expect(CONFIGURED);
            came_to(input, parser.parse("a line"), |text| {
                serde_json::from_str::<Map<String, Value>>(text).ok()
            })
        }
        ComponentKind::LogFilter => {
            let filter = manager.log_filter(name, config).expect(CONFIGURED);
            came_to(input, filter.keeps(&entry), |text| serde_json::from_str::<bool>(text).ok())
        }
        _ => {
            let output = manager.log_output(name, config).expect(CONFIGURED);
            // What it says is not looked at, so long as it is no failure.
            let written = output.write(&entry);
            assert_eq!(written.is_err(), input.failed, "{written:?}");
            if written.is_ok() { Coverage::Answered } else { Coverage::Failed }
        }
    }
}

/// Holds a result against the reply as `read` reads it.
fn came_to<T: PartialEq + std::fmt::Debug>(
    input: &Input<'_>,
    result: driftless_host::Result<T>,
    read: impl Fn(&str) -> Option<T>,
) -> Coverage {
    let text = input.reply;
    match (&result, input.failed) {
        (Err(Error::Failed { message, .. }), true) => {
            let failure = serde_json::from_str::<Failure>(text).map(|failure| failure.error);
            assert_eq!(*message, failure.unwrap_or_else(|_| text.to_owned()));
        }
        (Ok(value), false) => {
            assert!(depth(text) <= MAX_DEPTH, "what is nested {} levels deep was read", depth(text));
            assert_eq!(Some(value), read(text).as_ref());
        }
        (Err(Error::Protocol { .. }), false) => {
            assert!(read(text).is_none() || depth(text) > MAX_DEPTH || is_reserved(text), "it is refused");
        }
        other => panic!("{other:?} for {input:?}"),
    }
    if result.is_ok() { Coverage::Answered } else { Coverage::Failed }
}

/// How deep lists and objects are nested in a text of JSON.
fn depth(text: &str) -> usize {
    let (mut depth, mut most, mut in_string, mut is_escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                most = most.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Whether a text may have a key that the reader of JSON keeps for itself. In escapes it does not show.
fn is_reserved(text: &str) -> bool {
    text.contains("$serde_json::private::") || text.contains("\\u")
}

fn template(input: &Input<'_>, manager: &PluginManager, name: &str) -> Coverage {
    let templates = Templates::new(manager);
    // By its full name, which no filter of the engine's own has. One with `-` in it is no name in an expression, and an error.
    let expression = match input.kind {
        ComponentKind::TemplateFilter => format!("'value' | {name}"),
        _ => format!("{name}()"),
    };
    let expected = serde_json::from_str::<Value>(input.reply).ok().filter(|_| !input.failed);
    match templates.evaluate(&expression, Map::new()) {
        Ok(_) => {
            assert!(expected.is_some(), "a value out of {input:?}");
            Coverage::Answered
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Coverage::Failed
        }
    }
}
