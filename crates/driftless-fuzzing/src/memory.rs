//! Where a guest says that its reply lies, and what lies there: what the sandbox reads in a guest's memory.
//!
//! An input is a header of [`HEADER`] bytes and, behind it, what lies in the guest's memory. Where the header says so, the guest is a component of the
//! component model, and the reply is in one of its ways to write a text.
//!
//! There are four guests, which are compiled once. Each fills its memory with what it is given as randomness, and that is the input.

use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use driftless_plugin_api::abi::PackedReply;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::wit;
use driftless_sandbox::{
    CallFailure, ClockAndRandom, CompiledPlugin, HostContext, Instance, Limits, ReplyDefect, Sandbox,
};

use crate::Coverage;

/// Bytes in front of the contents of memory, see [`Input`].
pub const HEADER: usize = 16;

/// Bytes of a guest's memory.
const MEMORY: usize = 2 << 16;

/// Where replies lie, as long as the header does not say otherwise.
const REPLY_AT: u32 = 0x100;

/// Where a component says where its reply lies.
const RESULT_AT: u32 = 0x40;

/// Where a guest lets the host write arguments, as long as the header does not say otherwise.
const ARGUMENTS: u32 = 0x1_8000;

/// The most bytes of a reply that lie in memory.
const MAX_REPLY_BYTES: usize = 0x4000;

/// The bytes that a reply may have.
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
    /// The function that is called.
    pub function: Function,
    /// Whether the reply is marked as a failure.
    pub failed: bool,
    /// Whether the guest is a WebAssembly component that writes in this way.
    pub component: Option<Encoding>,
    /// The number that the guest returns; without one, it says where the reply is.
    pub packed: Option<i64>,
    /// Where the guest lets arguments be written; without it, to where there is room.
    pub reserve: Option<u32>,
    /// What it replies.
    pub reply: &'a [u8],
}

impl<'a> Input<'a> {
    /// Reads an input. Any bytes are one that are long enough.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let (header, rest) = data.split_at_checked(HEADER)?;
        let flags = header[1];
        let word = |at: usize| header[at..at + 4].try_into().map(u32::from_le_bytes).expect("four bytes");
        let packed = (u64::from(word(4)) << 32 | u64::from(word(8))) as i64;
        Some(Self {
            function: called()[usize::from(header[0]) % called().len()],
            failed: flags & 1 != 0,
            component: usize::from(header[2] & 3).checked_sub(1).map(|number| Encoding::ALL[number]),
            packed: (flags & 2 != 0).then_some(packed),
            reserve: (flags & 4 != 0).then_some(word(12)),
            reply: &rest[..rest.len().min(MAX_REPLY_BYTES)],
        })
    }

    /// Writes an input.
    pub fn write(&self) -> Vec<u8> {
        let function = called().iter().position(|function| *function == self.function);
        let component = self.component.and_then(|used| Encoding::ALL.iter().position(|other| *other == used));
        let mut flags = u8::from(self.failed);
        flags |= u8::from(self.packed.is_some()) << 1 | u8::from(self.reserve.is_some()) << 2;
        let packed = self.packed.unwrap_or_default() as u64;
        let mut data = vec![function.unwrap_or_default() as u8, flags];
        data.extend([component.map_or(0, |number| number as u8 + 1), 0]);
        data.extend(((packed >> 32) as u32).to_le_bytes());
        data.extend((packed as u32).to_le_bytes());
        data.extend(self.reserve.unwrap_or_default().to_le_bytes());
        data.extend(self.reply);
        data
    }

    /// The number that the guest returns.
    fn returns(&self) -> PackedReply {
        match self.packed {
            Some(packed) => PackedReply::unpack(packed),
            None => PackedReply { pointer: REPLY_AT, length: self.reply.len() as u32, failed: self.failed },
        }
    }

    /// Where a component says that its reply is, and how long in its own units.
    fn component_reply(&self) -> (u32, u32) {
        match (self.packed, self.component) {
            (Some(packed), _) => ((packed as u64 >> 32) as u32, packed as u32),
            (None, Some(Encoding::Utf16)) => (REPLY_AT, self.reply.len() as u32 / 2),
            (None, _) => (REPLY_AT, self.reply.len() as u32),
        }
    }

    fn reserve(&self) -> u32 {
        self.reserve.unwrap_or(ARGUMENTS)
    }

    /// What a component's function points at: whether it failed, and where its reply is.
    fn result_area(&self) -> [u32; 3] {
        let (pointer, length) = self.component_reply();
        [u32::from(self.failed), pointer, length]
    }

    /// The words that a guest asks for: where arguments go, what it returns, the result of a component, and its memory behind the number of
    /// its words.
    fn words(&self) -> Vec<u64> {
        let [failed, pointer, length] = self.result_area().map(u64::from);
        let packed = self.returns().pack() as u64;
        let mut words = vec![u64::from(self.reserve()), packed, failed | pointer << 32, length];
        words.push(self.reply.len().div_ceil(8) as u64);
        words.extend(self.reply.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        }));
        words
    }

    /// What lies in the guest's memory when it is called.
    fn memory(&self) -> Vec<u8> {
        let mut memory = vec![0; MEMORY];
        memory[REPLY_AT as usize..][..self.reply.len()].copy_from_slice(self.reply);
        memory[RESULT_AT as usize..][..12]
            .copy_from_slice(&self.result_area().map(u32::to_le_bytes).concat());
        memory
    }
}

/// The functions that are called: all but those that a transport calls by itself.
fn called() -> &'static [Function] {
    static CALLED: LazyLock<Vec<Function>> = LazyLock::new(|| {
        let by_itself = [Function::Initialize, Function::Shutdown];
        Function::ALL.iter().copied().filter(|function| !by_itself.contains(function)).collect()
    });
    &CALLED
}

/// The guests: one of the sandbox's own ABI, and a component for each encoding.
struct Guests {
    plain: CompiledPlugin,
    components: [CompiledPlugin; 3],
}

/// What the guests are given as randomness: words, the last one first.
struct Words;

static WORDS: Mutex<Vec<u64>> = Mutex::new(Vec::new());

impl ClockAndRandom for Words {
    fn timestamp(&self) -> u64 {
        0
    }

    fn random(&self) -> std::io::Result<u64> {
        let next = WORDS.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(next.expect("a guest asks for as many words as there are"))
    }
}

/// Takes `data` for an [`Input`], and calls the guest twice. Where the reply is, and what it is, is found here a second time.
pub fn run(data: &[u8]) -> Coverage {
    static GUESTS: LazyLock<Mutex<Guests>> = LazyLock::new(|| Mutex::new(guests()));
    let Some(input) = Input::read(data) else { return Coverage::Refused };
    // They share the words, and the tests run several inputs at a time.
    let guests = GUESTS.lock().unwrap_or_else(PoisonError::into_inner);
    *WORDS.lock().unwrap_or_else(PoisonError::into_inner) = input.words().into_iter().rev().collect();
    match input.component {
        None => plain(&input, &mut instance(&guests.plain)),
        Some(encoding) => component(&input, encoding, &mut instance(&guests.components[encoding as usize])),
    }
}

fn instance(plugin: &CompiledPlugin) -> Instance {
    plugin.instantiate().expect("the guest starts")
}

fn guests() -> Guests {
    let limits = Limits {
        fuel: 1_000_000,
        memory: 1 << 20,
        time: Duration::from_secs(5),
        output: OUTPUT,
        instances: 1,
        ..Limits::default()
    };
    let context = HostContext { clock_and_random: Arc::new(Words), ..HostContext::default() };
    let sandbox = Sandbox::builder(limits).context(context).build().expect("a sandbox can be had");
    let compile = |text: &str| {
        let bytes = wat::parse_str(text).expect("the guest is written well");
        let module = sandbox.validate(&bytes).expect("the guest is valid");
        sandbox.compile("guest", &module).expect("the guest compiles")
    };
    Guests {
        plain: compile(&plain_text()),
        components: Encoding::ALL.map(|encoding| compile(&component_text(encoding))),
    }
}

/// Fills the memory with the input, once.
fn prepare() -> String {
    format!(
        r#"(global $is_ready (mut i32) (i32.const 0))
        (global $reserve (mut i32) (i32.const 0))
        (global $packed (mut i64) (i64.const 0))
        (func $prepare (local $at i32) (local $left i64)
            (if (global.get $is_ready) (then (return)))
            (global.set $is_ready (i32.const 1))
            (global.set $reserve (i32.wrap_i64 (call $next)))
            (global.set $packed (call $next))
            (i64.store (i32.const {RESULT_AT}) (call $next))
            (i64.store offset=8 (i32.const {RESULT_AT}) (call $next))
            (local.set $left (call $next))
            (local.set $at (i32.const {REPLY_AT}))
            (block $done (loop $more
                (br_if $done (i64.eqz (local.get $left)))
                (i64.store (local.get $at) (call $next))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (local.set $left (i64.sub (local.get $left) (i64.const 1)))
                (br $more))))"#
    )
}

fn plain_text() -> String {
    let function = |function: &Function| {
        let (name, core) = (function.name(), "i32 ".repeat(2 * function.arguments()));
        format!(
            r#"(func (export "{name}") (param {core}) (result i64) (call $prepare) (global.get $packed))"#
        )
    };
    let (prepare, functions): (String, String) = (prepare(), called().iter().map(function).collect());
    format!(
        r#"(module
            (import "env" "host_get_random" (func $next (result i64)))
            (memory (export "memory") {})
            {prepare}
            (func (export "driftless_reserve") (param i32) (result i32) (call $prepare) (global.get $reserve))
            {functions})"#,
        MEMORY >> 16
    )
}

fn component_text(encoding: Encoding) -> String {
    let core = |function: &Function| {
        let (name, core) = (function.name(), "i32 ".repeat(2 * function.arguments()));
        format!(
            r#"(func (export "{name}") (param {core}) (result i32) (call $prepare) (i32.const {RESULT_AT}))"#
        )
    };
    let lifted = |function: &Function| {
        let (name, exported) = (function.name(), wit::export(*function));
        let parameters: String =
            (0..function.arguments()).map(|number| format!("(param \"a{number}\" string)")).collect();
        format!(
            r#"(func (export "{exported}") {parameters} (result (result string (error string)))
                (canon lift (core func $i "{name}") (memory (core memory $i "memory"))
                    (realloc (core func $i "realloc")) string-encoding={}))"#,
            encoding.written()
        )
    };
    let (functions, exports): (String, String) =
        (called().iter().map(core).collect(), called().iter().map(lifted).collect());
    let prepare = prepare();
    format!(
        r#"(component
            (import "driftless:plugin/host@1.0.0" (instance $host (export "get-random" (func (result u64)))))
            (core func $next (canon lower (func $host "get-random")))
            (core module $m
                (import "host" "next" (func $next (result i64)))
                (memory (export "memory") {})
                {prepare}
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const {ARGUMENTS}))
                {functions})
            (core instance $i (instantiate $m (with "host" (instance (export "next" (func $next))))))
            {exports})"#,
        MEMORY >> 16
    )
}

/// What each function is called with.
const ARGUMENTS_OF_A_CALL: [&str; Function::MAX_ARGUMENTS] = ["abc", "{}", "", "[1]"];

fn plain(input: &Input<'_>, instance: &mut Instance) -> Coverage {
    let function = input.function;
    let arguments = &ARGUMENTS_OF_A_CALL[..function.arguments()];
    let mut memory = input.memory();
    let expected = write_arguments(&mut memory, input.reserve(), arguments)
        .and_then(|()| find_reply(&memory, input.returns()));
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
fn component(input: &Input<'_>, encoding: Encoding, instance: &mut Instance) -> Coverage {
    let function = input.function;
    let arguments = &ARGUMENTS_OF_A_CALL[..function.arguments()];
    let memory = input.memory();
    let (pointer, length) = input.component_reply();
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
