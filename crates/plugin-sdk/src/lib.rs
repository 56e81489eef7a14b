//! Write Driftless plugins as plain typed Rust functions.
//!
//! A plugin is one module under [`#[plugin]`](macro@plugin). Each component is a function with an attribute that says
//! of which kind it is; its configuration is a type that derives `Deserialize` and `JsonSchema`. Everything else (the
//! exports of the protocol, the schemas, the manifest, the handling of memory) is generated.
//!
//! ```
//! #[plugin_sdk::plugin]
//! mod greetings {
//!     use plugin_sdk::prelude::*;
//!
//!     /// Whom to greet.
//!     #[derive(Deserialize, JsonSchema)]
//!     pub struct Greet {
//!         /// The name of a person.
//!         who: String,
//!     }
//!
//!     /// Greets a person.
//!     #[task]
//!     fn greet(config: Greet) -> Result<TaskResult> {
//!         if config.who.is_empty() {
//!             bail!("the name to greet is empty");
//!         }
//!         log::info!("greeting {}", config.who);
//!         Ok(TaskResult::success(format!("Hello {}", config.who)))
//!     }
//!
//!     /// `{{ name | shout }}`, `{{ name | shout(3) }}`, `{{ name | shout(marks=3) }}`
//!     #[template_filter]
//!     fn shout(value: String, #[default(1)] marks: usize) -> String {
//!         value.to_uppercase() + &"!".repeat(marks)
//!     }
//! }
//!
//! // What the host calls can be called in an ordinary test.
//! assert_eq!(
//!     execute_task("greet", r#"{"who": "Ada"}"#),
//!     r#"{"status":"success","message":"Hello Ada"}"#,
//! );
//! assert_eq!(execute_template_filter("shout", "{}", r#""hey""#, "[3]"), r#""HEY!!!""#);
//! ```
//!
//! # Building
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib", "rlib"]
//!
//! [dependencies]
//! plugin-sdk = { path = ".driftless/sdk/rust/plugin-sdk" } # `driftless plugin build` puts it there
//!
//! [profile.release]
//! opt-level = "s" # 3 where a plugin handles millions of log lines
//! lto = "fat"
//! codegen-units = 1
//! panic = "abort"
//! strip = true
//! ```
//!
//! `driftless plugin build` compiles it, for `wasm32-wasip1` or `wasm32-unknown-unknown`, and checks what came out. What a
//! plugin is called, its version, its authors and its licence come from its `Cargo.toml`; `#[plugin(name = "…")]` gives it another
//! name, `#[plugin(driftless = ">=0.1, <2")]` says with which hosts it works.
//!
//! # The kinds of component
//!
//! | attribute | the function | what it returns |
//! |---|---|---|
//! | `#[task]` | `fn(config)` | [`TaskResult`], a message (`String`, `&str`), or `()` |
//! | `#[facts]` | `fn(config)` | anything that serialises to a JSON object |
//! | `#[template_filter]` | `fn(value, arguments…)` | anything that serialises |
//! | `#[template_function]` | `fn(arguments…)` | anything that serialises |
//! | `#[log_source]` | `fn(config)` | an iterator of lines (`String`) or entries |
//! | `#[log_parser]` | `fn(config, line: &str)` | anything that serialises to a JSON object |
//! | `#[log_filter]` | `fn(config, entry)` | `bool`: whether the entry is kept |
//! | `#[log_output]` | `fn(config, entry)` | `()` |
//!
//! Each may return a `Result` of that instead, by whatever name, with any error that can be displayed.
//!
//! `#[task(name = "other", type = "facts")]` gives a component another name than its function's, and a task another type than
//! `apply`. The first paragraph of the doc comment is what people read in `driftless plugin inspect`.
//!
//! # Configurations
//!
//! The configuration can be left out where there is none. Taken by reference (`config: &Config`) it is read once and kept for
//! as long as the calls bring the same configuration, which is what a log stage wants. A log source takes it by value, since
//! its iterator lives on after the call. Template extensions take their configuration, if they have one, in a parameter
//! marked `#[config]`.
//!
//! The schema is that of the type, with what `#[serde(…)]` and `#[schemars(…)]` add to it. The host checks a
//! configuration against it and fills in its defaults before the plugin sees it.
//!
//! A derive inside the `#[plugin]` module finds serde and schemars by itself. Outside of it, also in another file of the
//! plugin, a line says where they are:
//!
//! ```
//! use plugin_sdk::schemars::JsonSchema;
//! use plugin_sdk::serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, Serialize, JsonSchema)]
//! #[serde(crate = "plugin_sdk::serde")]
//! #[schemars(crate = "plugin_sdk::schemars")]
//! struct Host {
//!     name: String,
//! }
//! ```
//!
//! # Arguments of templates
//!
//! What else a template extension takes are the arguments of the template, by position or by name: `{{ 5 | f(1, unit="m") }}`.
//! An argument may be left out if it is an `Option` or has a `#[default(…)]`. Text can be taken as a `String`, `&str`
//! or `Option<&str>`.
//!
//! # Entries
//!
//! An entry is any type that derives `Deserialize`. It needs the fields that the component looks at and no others, and it
//! may borrow from the call, so that nothing is copied:
//!
//! ```
//! # #[plugin_sdk::plugin]
//! # mod pages {
//! # use plugin_sdk::prelude::*;
//! #[derive(Deserialize)]
//! struct Entry<'a> {
//!     #[serde(borrow)]
//!     path: Option<Text<'a>>,
//! }
//!
//! #[log_filter]
//! fn is_page(entry: Entry<'_>) -> bool {
//!     entry.path.is_some_and(|path| !path.starts_with("/static/"))
//! }
//! # }
//! # assert_eq!(execute_log_filter("is_page", "{}", r#"{"path": "/static/app.js"}"#), "false");
//! ```
//!
//! [`Text`] points at the text in the entry unless that has escapes. The obvious other choices have a catch each:
//! `&str` fails at run time on the first text with an escape; `Option<Cow<'a, str>>` copies every time, because serde
//! borrows a `Cow` only where it is the whole field.
//!
//! # Log sources
//!
//! The iterator that a log source returns is handed over in batches, over as many calls as it takes, and asked no
//! faster than the pipeline takes its records. After its end a call starts it anew.
//!
//! Where a source can fail on its way, its records are a `Result` each: the first `Err` ends it. What came before is handed
//! over, then the host hears of the failure. So a source of lines that ends early is not mistaken for one that is complete:
//!
//! ```
//! # #[plugin_sdk::plugin]
//! # mod numbers {
//! # use plugin_sdk::prelude::*;
//! #[derive(Deserialize, JsonSchema)]
//! struct Numbers {
//!     text: String,
//! }
//!
//! #[log_source]
//! fn numbers(config: Numbers) -> impl Iterator<Item = Result<Value>> {
//!     let words: Vec<String> = config.text.split(' ').map(str::to_owned).collect();
//!     words.into_iter().map(|word| Ok(json!({"number": word.parse::<u32>()?})))
//! }
//! # }
//! # let call = || execute_log_source("numbers", r#"{"text": "1 2 x"}"#);
//! # assert_eq!(call(), r#"{"records":[{"number":1},{"number":2}],"more":true}"#);
//! # assert_eq!(call(), r#"{"error":"invalid digit found in string"}"#);
//! ```
//!
//! # Hooks
//!
//! A plugin may want to be called around the tasks of others: before each, which it can change or keep from running, and after.
//!
//! ```
//! #[plugin_sdk::plugin]
//! mod guard {
//!     use plugin_sdk::prelude::*;
//!
//!     #[before_task]
//!     fn check(task: TaskContext) -> Verdict {
//!         if task.command.contains("rm -rf /") {
//!             return Verdict::abort("this deletes everything");
//!         }
//!         Verdict::Continue
//!     }
//!
//!     #[after_task]
//!     fn report(task: TaskContext, outcome: TaskOutcome) {
//!         log::info!("{} took {} ms", task.task_name, outcome.duration_ms.unwrap_or_default());
//!     }
//! }
//!
//! assert_eq!(get_hooks(), r#"["before_task","after_task"]"#);
//! assert_eq!(
//!     before_task(r#"{"task_name": "clean", "command": "rm -rf /"}"#),
//!     r#"{"verdict":"abort","message":"this deletes everything"}"#,
//! );
//! ```
//!
//! | attribute | the function | what it returns |
//! |---|---|---|
//! | `#[initialize]` | `fn(config)`: any type that derives `Deserialize` | `()` |
//! | `#[before_task]` | `fn(context: TaskContext)` | [`Verdict`] or `()` |
//! | `#[after_task]` | `fn(context: TaskContext, outcome: TaskOutcome)` | `()` |
//! | `#[on_task_failure]` | `fn(context: TaskContext, error: TaskError)` | `()` |
//! | `#[shutdown]` | `fn()` | `()` |
//!
//! Each may take less, from the right, and return a `Result`.
//!
//! # Permissions
//!
//! A plugin computes, writes messages, knows the time and has random numbers. For more it asks, and its user grants what of it they
//! like:
//!
//! ```
//! #[plugin_sdk::plugin(
//!     files("/etc/hostname", "/srv/app:rw"),
//!     network("https://api.example.com", "https://*.example.org"),
//!     environment("DEPLOY_TOKEN"),
//!     commands("git", "/usr/bin/rsync")
//! )]
//! mod deploy {
//!     use plugin_sdk::prelude::*;
//!
//!     /// Notes the name of this machine.
//!     #[task]
//!     fn note() -> Result<String> {
//!         let name = fs::read_to_string("/etc/hostname")?;
//!         fs::write("/srv/app/name", &name)?;
//!         Ok(format!("this is {}", name.trim()))
//!     }
//! }
//!
//! use plugin_sdk::testing::{self, FakeHost};
//!
//! let host = testing::host(FakeHost::new().file("/etc/hostname", "moon\n"));
//! assert_eq!(execute_task("note", "{}"), r#"{"status":"success","message":"this is moon"}"#);
//! assert_eq!(host.written("/srv/app/name").as_deref(), Some("moon\n"));
//! ```
//!
//! | argument of `#[plugin]` | an entry is | for |
//! |---|---|---|
//! | `files(…)` | an absolute path, with all that lies beneath; `:rw` behind it where it is written as well | [`fs`] |
//! | `network(…)` | `https://` or `http://`, a name or `*.` and a name, perhaps a port | [`http`] |
//! | `environment(…)` | the name of a variable | [`env`](mod@env) |
//! | `commands(…)` | the name of a program, or its absolute path; no arguments | [`process`] |
//! | `functions(…)` | the name of a function of the program in which the host is embedded | [`functions`] |
//!
//! `driftless plugin grant NAME` grants what was asked for, or a part of it: a plugin that asks for `files("/:rw")` and is granted
//! `/srv/app:rw` may write there and nowhere else. What is not granted is answered with a [`HostError`] of the kind
//! [`Denied`](HostErrorKind::Denied). A plugin that uses one of these modules without asking for anything of its kind is refused before it
//! runs, by `driftless plugin build` already.
//!
//! In a test on the author's machine these modules touch nothing of it: see [`testing`](crate#testing).
//!
//! # The standard library
//!
//! What computes works. What would touch the machine finds nothing: files are in [`fs`], requests in [`http`], variables in
//! [`env`](mod@env), programs in [`process`], the time in [`timestamp`]. A plugin has one thread, and does not wait. The compiler warns
//! where the module of a plugin uses `std` for one of these; where a library does, the failure says so. What is printed goes to the
//! log, line by line, with the target `wasm32-wasip1`, and nowhere with `wasm32-unknown-unknown`.
//!
//! # Testing
//!
//! What the host calls can be called in an ordinary test, as above. What the plugin asks the host for is answered by what the test sets
//! with `plugin_sdk::testing::host`: a `FakeHost` of files, variables, responses and outputs of commands, or an implementation of
//! [`HostCalls`](api::host_call::HostCalls). The module `testing` is there wherever the target is not WebAssembly.
//!
//! # When something fails
//!
//! A **task** always answers with a task result. An `Err`, a configuration that cannot be read, or a name that no task has
//! becomes `{"status": "error", "message": …}`, like a [`TaskResult::error`] that the author returns. For the host that
//! is a result like any other: the task ran, and says that it did not do what it was asked to do.
//!
//! **Every other component** answers with `{"error": …}`, marked as a failure beside the text. For the host the call has
//! failed, and there is no result. An object that the author returns is never mistaken for one, even if `error` is its
//! only key.
//!
//! **A panic** is a failure for every kind. The host gets its message and place, throws the instance away, and takes a
//! fresh one for the next call. The records that a source had not handed over yet are lost with it.

pub mod env;
pub mod error;
pub mod fs;
pub mod functions;
pub mod host;
pub mod http;
pub mod log;
pub mod process;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

#[doc(hidden)]
pub mod __private;
mod advice;
mod arguments;
mod config;
mod dispatch;
mod export;
#[cfg(target_family = "wasm")]
mod guest;
mod host_error;
mod input;
#[cfg(not(target_family = "wasm"))]
mod linked;
mod output;
mod request;
mod source;
mod text;

pub use driftless_plugin_api as api;
pub use driftless_plugin_api::hook::{TaskContext, TaskError, TaskOutcome, Verdict};
pub use driftless_plugin_api::result::TaskResult;
pub use error::{Error, Result};
pub use host::{random, timestamp};
pub use host_error::{HostError, HostErrorKind};
pub use plugin_sdk_macros::{
    after_task, before_task, facts, initialize, log_filter, log_output, log_parser, log_source,
    on_task_failure, plugin, shutdown, task, template_filter, template_function,
};
pub use text::Text;
pub use {schemars, serde, serde_json};

/// What nearly every plugin uses.
pub mod prelude {
    pub use crate::{
        Error, HostError, HostErrorKind, Result, TaskContext, TaskError, TaskOutcome, TaskResult, Text,
        Verdict, after_task, bail, before_task, env, facts, fs, functions, http, initialize, log, log_filter,
        log_output, log_parser, log_source, on_task_failure, plugin, process, shutdown, task,
        template_filter, template_function,
    };
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
    pub use serde_json::{Value, json};
}
