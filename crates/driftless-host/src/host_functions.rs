//! Functions of the program that embeds the host, which plugins can call.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use driftless_permissions::{Denial, Grant, is_function_name};
use driftless_plugin_api::host_call::{
    Allowance, Answer, Capability, HostCallError, HostCallErrorKind, HostCalls, MissingGrant, Outcome,
};
use driftless_plugin_api::text::{printable_line, truncated};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::reply;

/// One call of a function of the program, see [`PluginManagerBuilder::host_function`](crate::PluginManagerBuilder::host_function).
#[derive(Clone, Copy, Debug)]
pub struct HostFunctionCall<'a> {
    plugin: &'a str,
    deadline: Option<Instant>,
    allowance: Allowance<'a>,
}

impl HostFunctionCall<'_> {
    /// The plugin that calls. It was granted the function.
    pub fn plugin(&self) -> &str {
        self.plugin
    }

    /// The time that is left of the call in which the plugin calls. What takes longer is lost: the plugin's call has ended by then.
    pub fn time_left(&self) -> Duration {
        match self.deadline {
            Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            None => self.allowance.time,
        }
    }

    /// Whether the call was cancelled in which the plugin calls. What waits should look now and then.
    pub fn is_cancelled(&self) -> bool {
        self.allowance.is_cancelled()
    }
}

type HostFunction =
    dyn Fn(&str, &HostFunctionCall<'_>) -> Result<Value, HostCallError> + Send + Sync + 'static;

/// The functions of a program, by name.
#[derive(Clone, Default)]
pub(crate) struct HostFunctions(BTreeMap<String, Arc<HostFunction>>);

impl HostFunctions {
    /// One function more.
    ///
    /// # Errors
    ///
    /// When no function can be called this, or one is already.
    pub(crate) fn add<A: DeserializeOwned, R: Serialize>(
        &mut self,
        name: String,
        function: impl Fn(A, &HostFunctionCall<'_>) -> Result<R, HostCallError> + Send + Sync + 'static,
    ) -> Result<()> {
        let refuse = |why: &str| {
            Err(Error::Configuration {
                what: format!("the host function `{name}`"),
                violations: vec![why.to_owned()],
            })
        };
        if !is_function_name(&name) {
            return refuse(
                "its name is words with dots between them, each of ASCII letters, digits, `_` and `-` and beginning with a letter; at most 64 bytes",
            );
        }
        if self.0.contains_key(&name) {
            return refuse("there is one of this name already");
        }
        let untyped = move |arguments: &str, call: &HostFunctionCall<'_>| {
            let arguments = reply::BOUNDS.read(arguments).map_err(|error| {
                HostCallError::new(HostCallErrorKind::Invalid, format!("its arguments do not fit: {error}"))
            })?;
            let returned = function(arguments, call)?;
            serde_json::to_value(returned).map_err(|error| {
                let message = format!("what it returns cannot be written as JSON: {error}");
                HostCallError::new(HostCallErrorKind::Failed, message)
            })
        };
        self.0.insert(name, Arc::new(untyped));
        Ok(())
    }

    /// Puts these functions in front of what answers everything else.
    pub(crate) fn before(
        &self,
        plugin: Arc<str>,
        grant: Grant,
        rest: Arc<dyn HostCalls>,
    ) -> Arc<dyn HostCalls> {
        if self.0.is_empty() {
            return rest;
        }
        Arc::new(GrantedFunctions { plugin, grant, functions: self.clone(), rest })
    }
}

impl fmt::Debug for HostFunctions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Bytes that an error of a function may have: it goes to the plugin, and from there to a terminal or a log.
const MAX_ERROR_BYTES: usize = 4 << 10;

/// A [`FunctionRequest`](driftless_plugin_api::host_call::FunctionRequest) whose arguments are not read yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked<'a> {
    #[serde(borrow)]
    function: Cow<'a, str>,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

/// The functions that one plugin may call.
struct GrantedFunctions {
    plugin: Arc<str>,
    grant: Grant,
    functions: HostFunctions,
    rest: Arc<dyn HostCalls>,
}

impl HostCalls for GrantedFunctions {
    fn answer(&self, capability: Capability, request: &str, body: &[u8], allowance: Allowance<'_>) -> Answer {
        if capability != Capability::Function {
            return self.rest.answer(capability, request, body, allowance);
        }
        // What makes no sense, or names no function of the program, is for the rest to refuse. Arguments are read once it is known that they may be.
        let asked = serde_json::from_str::<Asked<'_>>(request).ok();
        match asked.and_then(|asked| Some((self.functions.0.get(&*asked.function)?, asked))) {
            Some((function, asked)) => self.call(&**function, asked, allowance).unwrap_or_else(Answer::error),
            None => self.rest.answer(capability, request, body, allowance),
        }
    }
}

impl GrantedFunctions {
    fn call(
        &self,
        function: &HostFunction,
        request: Asked<'_>,
        allowance: Allowance<'_>,
    ) -> Result<Answer, HostCallError> {
        let Asked { function: name, arguments } = request;
        let arguments = arguments.map_or("null", RawValue::get);
        self.grant.function(&name).map_err(|denial| {
            let message = format!("it may not call `{name}`: {denial}");
            match denial {
                Denial::NotGranted => {
                    let missing = MissingGrant { capability: Capability::Function, entry: name.to_string() };
                    HostCallError::not_granted(message, missing)
                }
                Denial::NotRequested => HostCallError::new(HostCallErrorKind::Denied, message),
            }
        })?;
        let deadline = Instant::now().checked_add(allowance.time);
        let call = HostFunctionCall { plugin: &self.plugin, deadline, allowance };
        // A mistake of the program ends this call, and not the thread that the plugin runs on.
        let returned = catch_unwind(AssertUnwindSafe(|| function(arguments, &call))).unwrap_or_else(|_| {
            Err(HostCallError::new(
                HostCallErrorKind::Failed,
                "it panicked, which is a mistake of the host's program",
            ))
        });
        let returned = returned.map_err(|error| {
            let message = truncated(&error.message, MAX_ERROR_BYTES);
            HostCallError::new(
                error.kind,
                format!("the host's function `{name}`: {}", printable_line(&message)),
            )
        })?;
        let answer = Answer::new(&Outcome::Ok(returned), Vec::new());
        if answer.head.len() > allowance.bytes {
            let (has, most) = (answer.head.len(), allowance.bytes);
            let message =
                format!("the host's function `{name}` returned {has} bytes; an answer may have {most}");
            return Err(HostCallError::new(HostCallErrorKind::Limit, message));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_within_bounds() {
        let mut functions = HostFunctions::default();
        functions.add("any".to_owned(), |any: serde_json::Value, _| Ok(any)).unwrap();
        let allowance = Allowance { time: Duration::from_secs(1), bytes: 1 << 20, cancel: None };
        let call = HostFunctionCall { plugin: "p", deadline: None, allowance };
        let said = |arguments: &str| functions.0["any"](arguments, &call).map_err(|error| error.message);
        assert_eq!(said("[1]").unwrap(), serde_json::json!([1]));
        let hidden = r#"{"$serde_json::private::RawValue":"#.repeat(50_000) + &"}".repeat(50_000);
        assert!(said(&hidden).unwrap_err().starts_with("its arguments do not fit: it has a key"));
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert!(said(&deep).unwrap_err().contains("nested deeper than 100 levels"));
    }
}
