//! The functions of the protocol, by name and number of arguments.

use std::fmt;

macro_rules! functions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal / $arguments:literal,)*) => {
        /// A function of the protocol. A plugin exports some of them, a host calls no others.
        ///
        /// ```
        /// use driftless_plugin_api::function::Function;
        ///
        /// assert_eq!(Function::ExecuteTask.name(), "execute_task");
        /// assert_eq!(Function::ExecuteTask.arguments(), 2);
        /// assert_eq!(Function::named("execute_task"), Some(Function::ExecuteTask));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Function { $($(#[$doc])* $variant,)* }

        impl Function {
            /// Every function. The index of a function is its [`slot`](Self::slot).
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name under which a plugin exports it, which is also its method name in JSON-RPC.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How many strings it takes. It always returns one.
            pub const fn arguments(self) -> usize {
                match self { $(Self::$variant => $arguments,)* }
            }
        }
    };
}

functions! {
    /// `() -> manifest`: who the plugin is, as in its manifest section.
    GetPluginMetadata = "get_plugin_metadata" / 0,
    /// `() -> [definition]`
    GetTaskDefinitions = "get_task_definitions" / 0,
    /// `() -> [definition]`
    GetFactsCollectors = "get_facts_collectors" / 0,
    /// `() -> [definition]`, filters and functions together, told apart by `type`.
    GetTemplateExtensions = "get_template_extensions" / 0,
    /// `() -> [definition]`
    GetLogSources = "get_log_sources" / 0,
    /// `() -> [definition]`
    GetLogParsers = "get_log_parsers" / 0,
    /// `() -> [definition]`
    GetLogFilters = "get_log_filters" / 0,
    /// `() -> [definition]`
    GetLogOutputs = "get_log_outputs" / 0,
    /// `() -> [definition]` of commands that the plugin adds.
    GetCommands = "get_commands" / 0,
    /// `() -> [name]` of the hooks that the plugin wants to be called for.
    GetHooks = "get_hooks" / 0,
    /// `(name, config) -> task result`, see [`crate::result::TaskResult`].
    ExecuteTask = "execute_task" / 2,
    /// `(name, config) -> object of facts`
    ExecuteFactsCollector = "execute_facts_collector" / 2,
    /// `(name, config) -> records`, see [`crate::records::Records`].
    ExecuteLogSource = "execute_log_source" / 2,
    /// `(name, config, line) -> entry`. The line is plain text, not JSON; the entry is an object.
    ExecuteLogParser = "execute_log_parser" / 3,
    /// `(name, config, entry) -> true | false`: whether the entry is kept.
    ExecuteLogFilter = "execute_log_filter" / 3,
    /// `(name, config, entry) -> anything but a failure`
    ExecuteLogOutput = "execute_log_output" / 3,
    /// `(name, config, value, args) -> value`, see [`crate::arguments::Arguments`].
    ExecuteTemplateFilter = "execute_template_filter" / 4,
    /// `(name, config, args) -> value`
    ExecuteTemplateFunction = "execute_template_function" / 3,
    /// `(name, args) -> command result`
    ExecuteCommand = "execute_command" / 2,
    /// `(config)`, before any other function is called.
    Initialize = "initialize" / 1,
    /// `()`, after the last call.
    Shutdown = "shutdown" / 0,
    /// `(context) -> verdict`
    BeforeTask = "before_task" / 1,
    /// `(context, result)`
    AfterTask = "after_task" / 2,
    /// `(context, error)`
    OnTaskFailure = "on_task_failure" / 2,
}

impl Function {
    /// How many functions there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The most arguments that any function takes.
    pub const MAX_ARGUMENTS: usize = 4;

    /// The function with this exported name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name() == name)
    }

    /// A number below [`COUNT`](Self::COUNT), for tables that are indexed by function.
    pub const fn slot(self) -> usize {
        self as usize
    }
}

/// A set of functions: those that a plugin has.
///
/// ```
/// use driftless_plugin_api::function::{Function, FunctionSet};
///
/// let functions: FunctionSet = [Function::Shutdown, Function::ExecuteTask].into_iter().collect();
/// assert!(functions.contains(Function::ExecuteTask));
/// assert_eq!(functions.iter().collect::<Vec<_>>(), [Function::ExecuteTask, Function::Shutdown]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionSet(u32);

// One bit for each function.
const _: () = assert!(Function::COUNT <= u32::BITS as usize);

impl FunctionSet {
    /// Whether a function is in it.
    #[inline]
    pub const fn contains(self, function: Function) -> bool {
        self.0 & 1 << function.slot() != 0
    }

    /// Its functions, in the order of [`Function::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Function> {
        Function::ALL.iter().copied().filter(move |function| self.contains(*function))
    }
}

impl FromIterator<Function> for FunctionSet {
    fn from_iter<I: IntoIterator<Item = Function>>(functions: I) -> Self {
        Self(functions.into_iter().fold(0, |set, function| set | 1 << function.slot()))
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_the_place_in_the_list() {
        for (place, function) in Function::ALL.iter().enumerate() {
            assert_eq!(function.slot(), place);
        }
    }

    #[test]
    fn no_function_takes_more_than_the_maximum() {
        let most = Function::ALL.iter().map(|function| function.arguments()).max();
        assert_eq!(most, Some(Function::MAX_ARGUMENTS));
    }
}
