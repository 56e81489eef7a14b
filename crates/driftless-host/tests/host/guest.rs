//! Plugins by hand: components, and what each of them does when it is called.

use driftless_host::{Artifact, Embedded, PluginManager, PluginManagerBuilder, Settings};
use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::function::Function;
use driftless_sandbox::Sandbox;
use serde_json::{Value, json};

/// What a component does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action<'a> {
    /// Replies with this.
    Says(&'a str),
    /// Replies with this, and marks it as a failure.
    Fails(&'a str),
    /// Replies with the first of these at the first call of an instance, and so on; with the last one from then on.
    Turns(&'a [&'a str]),
    /// Runs these instructions, which leave a packed reply. The arguments are `$a0` and `$l0` (the name), `$a1` and `$l1` (the
    /// configuration) and so on; see [`Guest::build`] for the functions that there are.
    Runs(&'a str),
}

/// Replies with the configuration.
pub(crate) const CONFIG: Action<'_> = Action::Runs("(call $reply (local.get $a1) (local.get $l1))");
/// Replies with the third argument: the line, the entry, the value.
pub(crate) const INPUT: Action<'_> = Action::Runs("(call $reply (local.get $a2) (local.get $l2))");
/// Replies with the third argument in quotes and an object: `{"line":"…"}`.
pub(crate) const WRAP: Action<'_> = Action::Runs("(call $wrap (local.get $a2) (local.get $l2))");
/// Breaks.
pub(crate) const TRAP: Action<'_> = Action::Runs("unreachable");
/// Never ends.
pub(crate) const LOOP: Action<'_> = Action::Runs("(loop $forever br $forever) unreachable");

/// A plugin that is being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guest {
    manifest: Option<Value>,
    components: Vec<(ComponentKind, String, Value)>,
    definitions: Vec<(Function, String)>,
    actions: Vec<(Function, String, String)>,
    /// What lies in memory, from [`DATA`] on.
    data: String,
}

/// Where texts lie in the guest's memory, where it builds replies, and where arguments are put.
const DATA: usize = 4096;
const REPLY: usize = 1 << 20;
const ARGUMENTS_AT: usize = 6 << 20;
/// Pages of memory: room for a line of four mebibytes, and its reply.
const PAGES: usize = 192;

impl Guest {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With a manifest of these keys.
    pub(crate) fn manifest(mut self, manifest: Value) -> Self {
        self.manifest = Some(manifest);
        self
    }

    /// One component without a schema.
    pub(crate) fn with(self, kind: ComponentKind, name: &str, action: Action<'_>) -> Self {
        let r#type = match kind {
            ComponentKind::TemplateFunction => "function",
            ComponentKind::TemplateFilter => "filter",
            _ => "apply",
        };
        self.defined(kind, json!({"name": name, "type": r#type}), action)
    }

    /// One component with a schema.
    pub(crate) fn with_schema(
        self,
        kind: ComponentKind,
        name: &str,
        schema: Value,
        action: Action<'_>,
    ) -> Self {
        self.defined(kind, json!({"name": name, "config_schema": schema}), action)
    }

    fn defined(mut self, kind: ComponentKind, definition: Value, action: Action<'_>) -> Self {
        let name = definition["name"].as_str().expect("it has a name").to_owned();
        self.components.push((kind, name.clone(), definition));
        let body = self.body(action);
        self.actions.push((kind.execute(), name, body));
        self
    }

    /// Replies to one of the `get_*` functions with this, whatever components there are.
    pub(crate) fn replies(mut self, function: Function, reply: &str) -> Self {
        self.definitions.push((function, reply.to_owned()));
        self
    }

    /// The instructions that an action stands for.
    fn body(&mut self, action: Action<'_>) -> String {
        let (text, mark) = match action {
            Action::Runs(body) => return body.to_owned(),
            Action::Turns(texts) => return self.turns(texts),
            Action::Says(text) => (text, ""),
            Action::Fails(text) => (text, "(i64.or (i64.const 0x8000_0000)"),
        };
        let reply = self.reply(text);
        if mark.is_empty() { reply } else { format!("{mark} {reply})") }
    }

    fn turns(&mut self, texts: &[&str]) -> String {
        let mut body = "(global.set $count (i32.add (global.get $count) (i32.const 1)))".to_owned();
        let (last, others) = texts.split_last().expect("there is a turn");
        for (number, text) in others.iter().enumerate() {
            let reply = self.reply(text);
            let number = number + 1;
            body += &format!("(if (i32.eq (global.get $count) (i32.const {number})) (then {reply} return))");
        }
        body + &self.reply(last)
    }

    fn reply(&mut self, text: &str) -> String {
        let at = self.put(text);
        format!("(call $reply (i32.const {at}) (i32.const {}))", text.len())
    }

    /// Puts a text into memory and says where.
    fn put(&mut self, text: &str) -> usize {
        let at = DATA + self.data.len();
        self.data.push_str(text);
        at
    }

    /// The module.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut guest = self.clone();
        let mut functions = String::new();
        for function in Function::ALL {
            if let Some(body) = guest.definition_body(*function).or_else(|| guest.execute_body(*function)) {
                let parameters: String = (0..function.arguments())
                    .map(|n| format!("(param $a{n} i32) (param $l{n} i32)"))
                    .collect();
                let name = function.name();
                functions += &format!(r#"(func (export "{name}") {parameters} (result i64) {body})"#);
            }
        }
        let section = guest.manifest.as_ref().map_or_else(String::new, |manifest| {
            format!(r#"(@custom "driftless.manifest.v1" "{}")"#, escaped(&manifest.to_string()))
        });
        let data = escaped(&guest.data);
        let text = format!(
            r#"(module
                {section}
                (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
                (import "env" "host_panic" (func $panic (param i32 i32)))
                (import "env" "host_get_timestamp" (func $now (result i64)))
                (memory (export "memory") {PAGES})
                (data (i32.const {DATA}) "{data}")
                (data (i32.const 16) "{{\"line\":\"")
                (data (i32.const 32) "\"}}")
                ;; Whatever a plugin wants to remember between two calls.
                (global $count (mut i32) (i32.const 0))
                (func (export "driftless_reserve") (param i32) (result i32) i32.const {ARGUMENTS_AT})
                (func $reply (param $at i32) (param $length i32) (result i64)
                    (i64.or (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32))
                        (i64.extend_i32_u (local.get $length))))
                (func $wrap (param $at i32) (param $length i32) (result i64)
                    (memory.copy (i32.const {REPLY}) (i32.const 16) (i32.const 9))
                    (memory.copy (i32.const {inside}) (local.get $at) (local.get $length))
                    (memory.copy (i32.add (i32.const {inside}) (local.get $length)) (i32.const 32) (i32.const 2))
                    (call $reply (i32.const {REPLY}) (i32.add (local.get $length) (i32.const 11))))
                (func $is (param $at i32) (param $length i32) (param $other i32) (param $other_length i32) (result i32)
                    (if (i32.ne (local.get $length) (local.get $other_length)) (then (return (i32.const 0))))
                    (block $end (loop $next
                        (br_if $end (i32.eqz (local.get $length)))
                        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
                        (br_if $next (i32.eq
                            (i32.load8_u (i32.add (local.get $at) (local.get $length)))
                            (i32.load8_u (i32.add (local.get $other) (local.get $length)))))
                        (return (i32.const 0))))
                    i32.const 1)
                {functions})"#,
            inside = REPLY + 9,
        );
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// What a `get_*` function does, if there is anything to announce.
    fn definition_body(&mut self, function: Function) -> Option<String> {
        let given = self.definitions.iter().find(|(given, _)| *given == function);
        if let Some((_, reply)) = given.cloned() {
            return Some(self.reply(&reply));
        }
        let announced = self.components.iter().filter(|(kind, ..)| kind.definitions() == function);
        let announced: Vec<_> = announced.map(|(_, _, definition)| definition).collect();
        if announced.is_empty() {
            return None;
        }
        let text = json!(announced).to_string();
        Some(self.reply(&text))
    }

    /// What an `execute_*` function does: looks its name up.
    fn execute_body(&mut self, function: Function) -> Option<String> {
        let actions: Vec<_> =
            self.actions.iter().filter(|(executed, ..)| *executed == function).cloned().collect();
        let mut body = String::new();
        for (_, name, action) in &actions {
            let at = self.put(name);
            let length = name.len();
            body += &format!(
                "(if (call $is (local.get $a0) (local.get $l0) (i32.const {at}) (i32.const {length}))
                    (then {action} return))"
            );
        }
        (!actions.is_empty()).then(|| body + "unreachable")
    }
}

/// A text as WebAssembly text writes it.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("\\{byte:02x}")).collect()
}

/// A manager that has nothing but these plugins.
pub(crate) fn manager(plugins: &[(&str, &Guest)]) -> PluginManager {
    builder(plugins).build().unwrap()
}

/// A manager that has nothing but these plugins, still to be set up.
pub(crate) fn builder(plugins: &[(&str, &Guest)]) -> PluginManagerBuilder {
    builder_in(Settings::default(), plugins)
}

/// The same under settings.
pub(crate) fn builder_in(settings: Settings, plugins: &[(&str, &Guest)]) -> PluginManagerBuilder {
    let embedded = plugins
        .iter()
        .fold(Embedded::default(), |embedded, (name, guest)| embedded.and(*name, guest.build()));
    sandboxed(settings).source(embedded)
}

/// A manager with a sandbox that keeps to the settings, still to be set up.
pub(crate) fn sandboxed(settings: Settings) -> PluginManagerBuilder {
    let security = &settings.security;
    let sandbox = Sandbox::builder(security.limits()).allow_wasi(security.allow_wasi);
    let sandbox = sandbox.debug(security.debug_enabled).build().unwrap();
    PluginManager::builder().loader(sandbox).settings(settings)
}

/// A plugin that no source has.
pub(crate) fn artifact(name: &str, bytes: &[u8]) -> Artifact {
    Artifact::from_bytes(name, "a test", bytes)
}

/// The keys of a JSON object.
pub(crate) fn object(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}
