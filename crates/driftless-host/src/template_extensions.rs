//! Template filters and functions, for programs that call them without a template. The crate `driftless-templates` renders templates.

use driftless_plugin_api::arguments::Arguments;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::calls::{CallOptions, Measured};
use crate::component::Binding;
use crate::error::Result;
use crate::failure_policy::FailurePolicy;
use crate::reply;

/// A template filter with its configuration, see [`PluginManager::template_filter`](crate::PluginManager::template_filter).
#[derive(Clone, Debug)]
pub struct TemplateFilter(pub(crate) Binding);

/// A template function with its configuration, see [`PluginManager::template_function`](crate::PluginManager::template_function).
#[derive(Clone, Debug)]
pub struct TemplateFunction(pub(crate) Binding);

impl TemplateFilter {
    /// Lets `policy` say what is done when it brings no value.
    ///
    /// # Errors
    ///
    /// When `policy` says to go on without one: a template would go on with a hole in it.
    pub fn on_failure(self, policy: &FailurePolicy) -> Result<Self> {
        self.0.on_failure(policy).map(Self)
    }

    /// What it makes of a value, as `{{ value | filter(arguments) }}` does.
    ///
    /// # Errors
    ///
    /// When the plugin fails, when the value cannot be written as JSON, and when the result cannot be read as a `T`.
    pub fn apply<T: DeserializeOwned>(
        &self,
        value: &(impl Serialize + ?Sized),
        arguments: &Arguments,
    ) -> Result<T> {
        self.0.call(&[&self.value(value)?, &self.0.argument("its arguments", arguments)?], read)
    }

    /// The same within bounds of the caller's own, with what it used.
    ///
    /// # Errors
    ///
    /// As for [`apply`](Self::apply), and when it is cancelled.
    pub fn apply_with<T: DeserializeOwned>(
        &self,
        options: &CallOptions,
        value: &(impl Serialize + ?Sized),
        arguments: &Arguments,
    ) -> Result<Measured<T>> {
        let more = [&*self.value(value)?, &*self.0.argument("its arguments", arguments)?];
        self.0.call_with(options, &more, read)
    }

    fn value(&self, value: &(impl Serialize + ?Sized)) -> Result<String> {
        self.0.argument("the value", value)
    }
}

impl TemplateFunction {
    /// Lets `policy` say what is done when it brings no value.
    ///
    /// # Errors
    ///
    /// When `policy` says to go on without one: a template would go on with a hole in it.
    pub fn on_failure(self, policy: &FailurePolicy) -> Result<Self> {
        self.0.on_failure(policy).map(Self)
    }

    /// What it returns, as `{{ function(arguments) }}` does.
    ///
    /// # Errors
    ///
    /// When the plugin fails, and when the result cannot be read as a `T`.
    pub fn call<T: DeserializeOwned>(&self, arguments: &Arguments) -> Result<T> {
        self.0.call(&[&self.0.argument("its arguments", arguments)?], read)
    }

    /// The same within bounds of the caller's own, with what it used.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call), and when it is cancelled.
    pub fn call_with<T: DeserializeOwned>(
        &self,
        options: &CallOptions,
        arguments: &Arguments,
    ) -> Result<Measured<T>> {
        self.0.call_with(options, &[&self.0.argument("its arguments", arguments)?], read)
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    reply::read(text, "its result is not what the program expects")
}
