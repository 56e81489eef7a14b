//! What a guest returns: a number that says where its reply lies, and the text that lies there.
//!
//! An input is a header of [`HEADER`] bytes and, behind it, what lies in the guest's memory, in up to three parts with a byte `0xff` between
//! them: the reply, the definitions that announce the component, and the configuration that it is given. Where the header says so, the guest is a component of the
//! component model, and the reply is in one of its ways to write a text.

use std::ops::Range;
use std::sync::LazyLock;
use std::time::Duration;

use driftless_host::{Embedded, Error, PluginManager, Security, Settings};
use driftless_logs::{Control, Pipeline, PipelineFile};
use driftless_plugin_api::abi::PackedReply;
use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::result::{Failure, TaskResult};
use driftless_plugin_api::wit;
use driftless_sandbox::{CallFailure, Limits, ReplyDefect, Sandbox};
use driftless_templates::Templates;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::Coverage;
use crate::guest::{ARGUMENTS, Guest, MEMORY};

/// Bytes in front of the contents of memory, see [`Input`].
pub const HEADER: usize = 16;

/// Where replies lie, as long as the header does not say otherwise.
const REPLY_AT: u32 = 0x100;

/// Where a component says where its reply lies.
const RESULT_AT: u32 = 0x40;

/// Where other texts lie.
const OTHERS_AT: u32 = 0xc000;

/// The most bytes that replies, definitions and configuration have.
const MAX_VALUE_BYTES: usize = 0x4000;

/// The bytes that a reply may have where the sandbox is called directly.
const OUTPUT: usize = 8 << 10;

/// How a component writes texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes of UTF-8.
    Utf8,
    /// Units of UTF-16.
    Utf16,
    /// Letters of Latin-1, or, where the highest bit of the length says so, units of UTF-16.
    Latin1OrUtf16,
}

impl Encoding {
    const ALL: [Self; 3] = [Self::Utf8, Self::Utf16, Self::Latin1OrUtf16];

    /// What WebAssembly text calls it.
    const fn written(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Utf16 => "utf16",
            Self::Latin1OrUtf16 => "latin1+utf16",
        }
    }
}

/// What an input says.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The kind of component whose reply it is; `None` calls [`function`](Self::function) directly.
    pub kind: Option<ComponentKind>,
    /// The function that is called where there is no kind.
    pub function: Function,
    /// Whether the reply is marked as a failure.
    pub failed: bool,
    /// Whether the guest is a WebAssembly component that writes in this way. Only where there is no kind.
    pub component: Option<Encoding>,
    /// The number that the guest returns; without one, it says where the reply is.
    pub packed: Option<i64>,
    /// Where the guest lets arguments be written; without it, to where there is room.
    pub reserve: Option<u32>,
    /// What it replies.
    pub reply: &'a [u8],
    /// How it announces its components; empty: in the simplest way.
    pub definitions: &'a [u8],
    /// The configuration of its component; empty: none.
    pub config: &'a [u8],
}

impl<'a> Input<'a> {
    /// Reads an input. Any bytes are one that are long enough.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let (header, rest) = data.split_at_checked(HEADER)?;
        let mut parts =
            rest.splitn(3, |byte| *byte == 0xff).map(|part| &part[..part.len().min(MAX_VALUE_BYTES)]);
        let flags = header[2];
        let word = |at: usize| header[at..at + 4].try_into().map(u32::from_le_bytes).expect("four bytes");
        let packed = (u64::from(word(4)) << 32 | u64::from(word(8))) as i64;
        Some(Self {
            kind: ComponentKind::ALL.get(usize::from(header[0]) % (ComponentKind::ALL.len() + 1)).copied(),
            function: Function::ALL[usize::from(header[1]) % Function::COUNT],
            failed: flags & 1 != 0,
            component: usize::from(header[3] & 3).checked_sub(1).map(|number| Encoding::ALL[number]),
            packed: (flags & 2 != 0).then_some(packed),
            reserve: (flags & 4 != 0).then_some(word(12)),
            reply: parts.next().unwrap_or_default(),
            definitions: parts.next().unwrap_or_default(),
            config: parts.next().unwrap_or_default(),
        })
    }

    /// Writes an input.
    pub fn write(&self) -> Vec<u8> {
        let kind = self.kind.and_then(|kind| ComponentKind::ALL.iter().position(|other| *other == kind));
        let mut flags = u8::from(self.failed);
        flags |= u8::from(self.packed.is_some()) << 1 | u8::from(self.reserve.is_some()) << 2;
        let packed = self.packed.unwrap_or_default() as u64;
        let component = self.component.and_then(|used| Encoding::ALL.iter().position(|other| *other == used));
        let mut data =
            vec![kind.unwrap_or(ComponentKind::ALL.len()) as u8, self.function.slot() as u8, flags];
        data.push(component.map_or(0, |number| number as u8 + 1));
        data.extend(((packed >> 32) as u32).to_le_bytes());
        data.extend((packed as u32).to_le_bytes());
        data.extend(self.reserve.unwrap_or_default().to_le_bytes());
        data.extend([self.reply, self.definitions, self.config].join(&0xff));
        data
    }

    /// The number that the guest returns.
    fn returns(&self) -> PackedReply {
        match self.packed {
            Some(packed) => PackedReply::unpack(packed),
            None => PackedReply { pointer: REPLY_AT, length: self.reply.len() as u32, failed: self.failed },
        }
    }

    /// The reply as text, if that is what it is.
    fn text(&self) -> Option<&'a str> {
        std::str::from_utf8(self.reply).ok()
    }
}

/// Takes `data` for an [`Input`].
pub fn run(data: &[u8]) -> Coverage {
    match Input::read(data) {
        None => Coverage::Refused,
        Some(input @ Input { kind: None, component: None, .. }) => directly(&input),
        Some(input @ Input { kind: None, component: Some(encoding), .. }) => as_component(&input, encoding),
        Some(input @ Input { kind: Some(kind), .. }) => through_the_host(&input, kind),
    }
}

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let limits = Limits {
        fuel: 20_000,
        memory: 1 << 20,
        time: Duration::from_secs(5),
        output: OUTPUT,
        instances: 1,
        ..Limits::default()
    };
    Sandbox::new(limits).expect("a sandbox can be had")
});

/// Calls the sandbox, and finds the reply a second time by itself.
fn directly(input: &Input<'_>) -> Coverage {
    let function = input.function;
    let reserve = input.reserve.unwrap_or(ARGUMENTS);
    let bytes = Guest::new()
        .holds(REPLY_AT, input.reply)
        .reserves(reserve)
        .returns(function, input.returns().pack())
        .build();
    let module = SANDBOX.validate(&bytes).expect("the guest is valid");
    let plugin = SANDBOX.compile("guest", &module).expect("the guest compiles");
    let mut instance = plugin.instantiate().expect("the guest starts");
    let arguments = ["abc", "{}", "", "[1]"];
    let arguments = &arguments[..function.arguments()];

    let mut memory = vec![0; MEMORY];
    memory[REPLY_AT as usize..][..input.reply.len()].copy_from_slice(input.reply);
    let expected =
        write_arguments(&mut memory, reserve, arguments).and_then(|()| find_reply(&memory, input.returns()));
    // What holds for the first call holds for the second.
    for _ in 0..2 {
        match (instance.call(function, arguments), &expected) {
            (Ok(reply), Ok(text)) => {
                assert_eq!(reply.text, *text);
                assert_eq!(reply.failed, input.returns().failed);
            }
            (Err(error), Err(cause)) => {
                assert_eq!(error.cause, *cause);
                assert!(!error.to_string().is_empty());
                assert!(instance.has_failed(), "it would be used again");
                let again = instance.call(function, arguments).expect_err("a failed instance is not used");
                assert!(matches!(again.cause, CallFailure::Transport(_)), "{again}");
                return Coverage::Failed;
            }
            (result, expected) => panic!("{result:?} is not {expected:?}"),
        }
    }
    Coverage::Answered
}

/// The same with a component, whose replies the engine reads.
fn as_component(input: &Input<'_>, encoding: Encoding) -> Coverage {
    let function = input.function;
    let module = SANDBOX.validate(&component(input, encoding)).expect("the guest is valid");
    let plugin = SANDBOX.compile("guest", &module).expect("the guest compiles");
    let mut instance = plugin.instantiate().expect("the guest starts");
    let arguments = &["abc", "{}", "", "[1]"][..function.arguments()];
    let mut memory = vec![0; MEMORY];
    memory[REPLY_AT as usize..][..input.reply.len()].copy_from_slice(input.reply);
    memory[RESULT_AT as usize..][..12].copy_from_slice(&result_area(input));
    let (pointer, length) = component_reply(input);
    let place = place_of(pointer, length, encoding).filter(|place| place.end <= MEMORY);
    // Where its arguments are written, nothing is known of what lies there.
    let known = place.as_ref().is_none_or(|place| place.end <= ARGUMENTS as usize);
    let expected = place.and_then(|place| read_text(&memory[place], length, encoding));
    for _ in 0..2 {
        match (instance.call(function, arguments), &expected) {
            (Ok(reply), Some(text)) if known => {
                assert_eq!((reply.text, reply.failed), (text.as_str(), input.failed));
                assert!(text.len() <= OUTPUT, "a reply of {} bytes was let through", text.len());
            }
            (Err(error), expected) => {
                let too_long = expected.as_ref().is_some_and(|text| text.len() > OUTPUT);
                match &error.cause {
                    CallFailure::Limit(exceeded) => {
                        assert!(!known || too_long && exceeded.limit == Limit::Output, "{error}");
                    }
                    CallFailure::Trap(why) => {
                        assert!(!why.is_empty() && (!known || expected.is_none()), "{error}");
                    }
                    _ => panic!("{error}"),
                }
                assert!(instance.has_failed(), "it would be used again");
                return Coverage::Failed;
            }
            (result, expected) => assert!(!known, "{result:?} is not {expected:?}"),
        }
    }
    Coverage::Answered
}

/// Where a component says that its reply is, and how long in its own units.
fn component_reply(input: &Input<'_>) -> (u32, u32) {
    match (input.packed, input.component) {
        (Some(packed), _) => ((packed as u64 >> 32) as u32, packed as u32),
        (None, Some(Encoding::Utf16)) => (REPLY_AT, input.reply.len() as u32 / 2),
        (None, _) => (REPLY_AT, input.reply.len() as u32),
    }
}

/// A component whose only function replies what the input says.
fn component(input: &Input<'_>, encoding: Encoding) -> Vec<u8> {
    let escaped = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:02x}")).collect::<String>();
    let number = input.function.arguments();
    let parameters: String = (0..number).map(|number| format!("(param \"a{number}\" string)")).collect();
    let (name, encoding) = (wit::export(input.function), encoding.written());
    let (core, reply, result) =
        ("i32 ".repeat(2 * number), escaped(input.reply), escaped(&result_area(input)));
    let text = format!(
        r#"(component
            (core module $m
                (memory (export "memory") {})
                (data (i32.const {RESULT_AT}) "{result}") (data (i32.const {REPLY_AT}) "{reply}")
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const {ARGUMENTS}))
                (func (export "run") (param {core}) (result i32) (i32.const {RESULT_AT})))
            (core instance $i (instantiate $m))
            (func (export "{name}") {parameters} (result (result string (error string)))
                (canon lift (core func $i "run") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
                    string-encoding={encoding})))"#,
        MEMORY >> 16
    );
    wat::parse_str(text).expect("the guest is written well")
}

/// What a component's function points at: whether it failed, and where its reply is.
fn result_area(input: &Input<'_>) -> Vec<u8> {
    let (pointer, length) = component_reply(input);
    [u32::from(input.failed), pointer, length].map(u32::to_le_bytes).concat()
}

/// The bit of a length that says UTF-16.
const IS_UTF16: u32 = 1 << 31;

/// Whether a text of this length has units of two bytes.
fn is_wide(length: u32, encoding: Encoding) -> bool {
    encoding == Encoding::Utf16 || encoding == Encoding::Latin1OrUtf16 && length & IS_UTF16 != 0
}

/// The bytes that a text has; none where it cannot begin there.
fn place_of(pointer: u32, length: u32, encoding: Encoding) -> Option<Range<usize>> {
    let (begin, wide) = (pointer as usize, is_wide(length, encoding));
    let units = if encoding == Encoding::Latin1OrUtf16 { length & !IS_UTF16 } else { length } as usize;
    let aligned = encoding == Encoding::Utf8 || begin % 2 == 0;
    aligned.then(|| begin..begin + if wide { 2 * units } else { units })
}

/// What the component model says of these bytes; none where they are no text.
fn read_text(bytes: &[u8], length: u32, encoding: Encoding) -> Option<String> {
    if is_wide(length, encoding) {
        let units: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        return String::from_utf16(&units).ok();
    }
    match encoding {
        Encoding::Latin1OrUtf16 => Some(bytes.iter().copied().map(char::from).collect()),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

/// What a host does with arguments: at least 4 KiB are reserved where there are any.
fn write_arguments(memory: &mut [u8], reserve: u32, arguments: &[&str]) -> Result<(), CallFailure> {
    let text = arguments.concat();
    if text.is_empty() {
        return Ok(());
    }
    let place = memory.get_mut(reserve as usize..).and_then(|place| place.get_mut(..4096));
    let place = place.ok_or(CallFailure::Reply(outside_reserved()))?;
    place[..text.len()].copy_from_slice(text.as_bytes());
    Ok(())
}

fn outside_reserved() -> ReplyDefect {
    ReplyDefect::Unreachable("the place that it reserved for arguments lies outside its memory".to_owned())
}

/// What a host does with a reply: its length counts first, then its place, then its contents.
fn find_reply(memory: &[u8], reply: PackedReply) -> Result<&str, CallFailure> {
    let PackedReply { pointer, length, .. } = reply;
    if length as usize > OUTPUT {
        return Err(CallFailure::Limit(Limit::Output.exceeded(OUTPUT as u64)));
    }
    let bytes = memory.iter().skip(pointer as usize).take(length as usize);
    if bytes.len() < length as usize || pointer as usize > memory.len() {
        let memory = memory.len();
        return Err(CallFailure::Reply(ReplyDefect::Unreachable(format!(
            "its reply of {length} bytes at {pointer:#x} lies outside its memory of {memory} bytes"
        ))));
    }
    let bytes = &memory[pointer as usize..][..length as usize];
    std::str::from_utf8(bytes)
        .map_err(|error| CallFailure::Reply(ReplyDefect::NotUtf8 { at: error.valid_up_to() }))
}

/// Runs a component that replies like this, in the way in which the host uses its kind.
fn through_the_host(input: &Input<'_>, kind: ComponentKind) -> Coverage {
    const SIMPLEST: &[u8] = br#"[{"name":"c"}]"#;
    const SIMPLEST_FUNCTION: &[u8] = br#"[{"name":"c","type":"function"}]"#;
    let definitions = match (input.definitions, kind) {
        ([], ComponentKind::TemplateFunction) => SIMPLEST_FUNCTION,
        ([], _) => SIMPLEST,
        (definitions, _) => definitions,
    };
    let at =
        |address: u32, length: usize| PackedReply { pointer: address, length: length as u32, failed: false };
    const NOTHING: &[u8] = b"[]";
    let nothing_at = OTHERS_AT + MAX_VALUE_BYTES as u32;
    // A source that always has more would be asked for ever.
    let later = match kind {
        ComponentKind::LogSource => at(nothing_at, NOTHING.len()),
        _ => input.returns(),
    };
    let bytes = Guest::new()
        .holds(REPLY_AT, input.reply)
        .holds(OTHERS_AT, definitions)
        .holds(nothing_at, NOTHING)
        .returns(kind.definitions(), at(OTHERS_AT, definitions.len()).pack())
        .turns(kind.execute(), input.returns().pack(), later.pack())
        .build();
    let security = Security {
        max_memory: 1 << 20,
        fuel_limit: 20_000,
        execution_timeout: Duration::from_secs(5),
        // Fewer than by default take less time to set up.
        max_instances: 8,
        ..Security::default()
    };
    let sandbox = Sandbox::new(security.limits()).expect("a sandbox can be had");
    let manager = PluginManager::builder()
        .loader(sandbox)
        .settings(Settings { security, ..Settings::default() })
        .source(Embedded::new("p", bytes))
        .build()
        .expect("a manager can be had");

    let plugin = manager.plugin("p").expect("the guest is let in");
    let announced: Vec<Definition> = match plugin.definitions(kind) {
        Ok(announced) => announced.into_iter().cloned().collect(),
        Err(error) => {
            assert!(matches!(error, Error::Call { .. } | Error::Protocol { .. }), "{error}");
            return Coverage::Failed;
        }
    };
    let read: Vec<Definition> = serde_json::from_slice(definitions).expect("they were understood");
    let of_kind: Vec<_> = read.into_iter().filter(|definition| kind.announces(definition)).collect();
    assert_eq!(announced, of_kind, "other components were announced");
    let Some(first) = announced.first() else {
        return Coverage::Failed;
    };
    let name = format!("p.{}", first.name);
    let config: Map<String, Value> = serde_json::from_slice(input.config).unwrap_or_default();
    let component = manager.component(kind, &name).expect("what was announced is there");
    let configured = match component.configure(config.clone()) {
        Ok(configured) => configured,
        Err(error) => {
            assert!(matches!(&error, Error::Configuration { violations, .. } if !violations.is_empty()));
            return Coverage::Failed;
        }
    };
    let complete: Map<String, Value> =
        serde_json::from_str(configured.config()).expect("a configuration is an object");
    assert!(config.keys().all(|key| complete.contains_key(key)), "{config:?} became {complete:?}");

    // Arguments have to fit into the place that the guest reserves.
    if configured.config().len() > MAX_VALUE_BYTES {
        return Coverage::Accepted;
    }

    match kind {
        ComponentKind::Task => task(input, &manager, &name, config),
        ComponentKind::FactsCollector => facts(input, &manager, &name, config),
        ComponentKind::TemplateFilter | ComponentKind::TemplateFunction => {
            template(input, &manager, kind, &first.name)
        }
        _ => pipeline(input, &manager, kind, &name, config),
    }
}

fn task(input: &Input<'_>, manager: &PluginManager, name: &str, config: Map<String, Value>) -> Coverage {
    let task = manager.task(name, config).expect("it could be configured before");
    came_to(input, task.run(), |text| serde_json::from_str::<TaskResult>(text).ok())
}

fn facts(input: &Input<'_>, manager: &PluginManager, name: &str, config: Map<String, Value>) -> Coverage {
    let collector = manager.facts_collector(name, config).expect("it could be configured before");
    came_to(input, collector.collect(), |text| serde_json::from_str::<Map<String, Value>>(text).ok())
}

/// Holds a result against the reply as `read` reads it.
fn came_to<T: PartialEq + std::fmt::Debug>(
    input: &Input<'_>,
    result: driftless_host::Result<T>,
    read: impl Fn(&str) -> Option<T>,
) -> Coverage {
    match (&result, input.text()) {
        // Where the number points elsewhere, only the kind of the error is known.
        _ if input.packed.is_some() => assert!(
            matches!(result, Ok(_) | Err(Error::Call { .. } | Error::Failed { .. } | Error::Protocol { .. })),
            "{result:?}"
        ),
        (Err(Error::Failed { message, .. }), Some(text)) if input.failed => {
            let failure = serde_json::from_str::<Failure>(text).map(|failure| failure.error);
            assert_eq!(*message, failure.unwrap_or_else(|_| text.to_owned()));
        }
        (Ok(value), Some(text)) if !input.failed => assert_eq!(Some(value), read(text).as_ref()),
        (Err(Error::Protocol { .. }), Some(text)) if !input.failed => assert_eq!(read(text), None),
        (Err(Error::Call { .. }), None) => {}
        other => panic!("{other:?} for {input:?}"),
    }
    if result.is_ok() { Coverage::Answered } else { Coverage::Failed }
}

fn template(input: &Input<'_>, manager: &PluginManager, kind: ComponentKind, name: &str) -> Coverage {
    let templates = Templates::new(manager);
    // By its full name, which no filter of the engine's own has. One with `-` in it is no name in an expression, and an error.
    let expression = match kind {
        ComponentKind::TemplateFilter => format!("'value' | p.{name}"),
        _ => format!("p.{name}()"),
    };
    let expected = (!input.failed && input.packed.is_none()).then_some(input.text()).flatten();
    let expected = expected.and_then(|text| serde_json::from_str::<Value>(text).ok());
    match templates.evaluate(&expression, Map::new()) {
        Ok(_) => {
            assert!(expected.is_some() || input.packed.is_some(), "a value out of {input:?}");
            Coverage::Answered
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Coverage::Failed
        }
    }
}

/// Runs a pipeline of three lines in which the component has the part of its kind.
fn pipeline(
    input: &Input<'_>,
    manager: &PluginManager,
    kind: ComponentKind,
    name: &str,
    mut config: Map<String, Value>,
) -> Coverage {
    const LINES: &str = "first\nsecond\r\n{\"third\": 3}\n";
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let (from, to) = (folder.path().join("in"), folder.path().join("out"));
    std::fs::write(&from, LINES).expect("a temporary file can be written");

    // What stands beside the type is the configuration, so a key of that name is not for the component.
    for taken in ["type", "name", "parser"] {
        config.remove(taken);
    }
    config.insert("type".to_owned(), name.into());
    let mut source = json!({"type": "file", "paths": [from]});
    let (mut filters, mut outputs) = (json!([]), json!([{"type": "file", "path": to}]));
    match kind {
        ComponentKind::LogSource => source = config.into(),
        ComponentKind::LogParser => source["parser"] = config.into(),
        ComponentKind::LogFilter => filters = json!([config]),
        _ => outputs = json!([config, outputs[0]]),
    }
    let file = json!({"sources": [source], "filters": filters, "outputs": outputs, "workers": 1});
    let file: PipelineFile = serde_json::from_value(file).expect("the pipeline can be read");
    // Without those keys, the configuration may be one that the schema does not let through.
    let Ok(pipeline) = Pipeline::new(manager, &file, false) else {
        return Coverage::Failed;
    };
    let finished = pipeline.run(&Control::new(), &mut |_| {});
    let summary = &finished.summary;
    assert_eq!(summary.lines, summary.kept + summary.dropped + summary.failed, "{summary:?}");
    assert_eq!(finished.lost_lines, summary.failed > 0);

    let written = std::fs::read_to_string(&to).expect("the output is there, and text");
    for entry in written.lines() {
        let is_object = entry.starts_with('{') && serde_json::from_str::<&RawValue>(entry).is_ok();
        assert!(is_object, "{entry:?} was written");
    }
    if finished.error.is_none() {
        assert_eq!(written.lines().count() as u64, summary.kept, "{summary:?}");
    }
    if kind == ComponentKind::LogFilter && input.packed.is_none() {
        let expected = match input.text().map(str::trim) {
            Some("true") if !input.failed => [3, 0, 0],
            Some("false") if !input.failed => [0, 3, 0],
            _ => [0, 0, 3],
        };
        assert_eq!([summary.kept, summary.dropped, summary.failed], expected, "{input:?}");
    }
    if summary.kept > 0 { Coverage::Answered } else { Coverage::Failed }
}
