//! The functions that a plugin exports, as text: they have to stand in the plugin's own crate.

/// For each function of the protocol that the SDK serves, a Rust function for tests and, in a guest, the export.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($plugin:expr) => {
        /// This module as a plugin that is a part of the program, for `driftless-builtin`.
        #[cfg(not(target_family = "wasm"))]
        #[allow(clippy::must_use_candidate, dead_code)]
        pub fn linked() -> impl $crate::api::linked::LinkedPlugin {
            const PLUGIN: &$crate::__private::Plugin = &$plugin;
            PLUGIN
        }

        $crate::__export! { @describe $plugin;
            get_plugin_metadata "get-plugin-metadata" GetPluginMetadata "The manifest, as JSON.",
            get_task_definitions "get-task-definitions" GetTaskDefinitions "The definitions of the tasks, as a JSON array.",
            get_facts_collectors "get-facts-collectors" GetFactsCollectors "The definitions of the facts collectors, as a JSON array.",
            get_template_extensions "get-template-extensions" GetTemplateExtensions "The definitions of the template extensions, as a JSON array.",
            get_log_sources "get-log-sources" GetLogSources "The definitions of the log sources, as a JSON array.",
            get_log_parsers "get-log-parsers" GetLogParsers "The definitions of the log parsers, as a JSON array.",
            get_log_filters "get-log-filters" GetLogFilters "The definitions of the log filters, as a JSON array.",
            get_log_outputs "get-log-outputs" GetLogOutputs "The definitions of the log outputs, as a JSON array.",
            get_commands "get-commands" GetCommands "The definitions of the commands, as a JSON array.",
            get_hooks "get-hooks" GetHooks "The names of the hooks, as a JSON array.",
        }
        $crate::__export! { @execute $plugin;
            execute_task "execute-task" ExecuteTask "Runs a task." (name, config_json),
            execute_facts_collector "execute-facts-collector" ExecuteFactsCollector "Runs a facts collector." (name, config_json),
            execute_log_source "execute-log-source" ExecuteLogSource "Runs a log source." (name, config_json),
            execute_log_parser "execute-log-parser" ExecuteLogParser "Runs a log parser." (name, config_json, input),
            execute_log_filter "execute-log-filter" ExecuteLogFilter "Runs a log filter." (name, config_json, entry_json),
            execute_log_output "execute-log-output" ExecuteLogOutput "Runs a log output." (name, config_json, entry_json),
            execute_template_filter "execute-template-filter" ExecuteTemplateFilter "Runs a template filter." (name, config_json, value_json, args_json),
            execute_template_function "execute-template-function" ExecuteTemplateFunction "Runs a template function." (name, config_json, args_json),
        }
        $crate::__export! { @hook $plugin;
            initialize "initialize" Initialize "Tells the plugin its configuration, before anything else is called." (config_json),
            before_task "before-task" BeforeTask "Asks the hook before a task." (context_json),
            after_task "after-task" AfterTask "Tells the hook after a task." (context_json, result_json),
            on_task_failure "on-task-failure" OnTaskFailure "Tells the hook after a task that failed." (context_json, error_json),
            shutdown "shutdown" Shutdown "Tells the plugin that this was the last call." (),
        }
    };
    (@hook $plugin:expr; $($name:ident $kebab:literal $function:ident $doc:literal ($($argument:ident),*),)*) => { $(
        #[doc = $doc]
        #[allow(clippy::must_use_candidate, dead_code)]
        pub fn $name($($argument: &str),*) -> ::std::string::String {
            $crate::__private::text(|reply| {
                $plugin.hook($crate::api::function::Function::$function, &[$($argument),*], reply);
            })
        }

        #[cfg(target_family = "wasm")]
        $crate::__guest_export! {
            $name $kebab ($($argument),*) |reply| {
                $plugin.hook($crate::api::function::Function::$function, &[$(&$argument),*], reply)
            }
        }
    )* };
    (@describe $plugin:expr; $($name:ident $kebab:literal $function:ident $doc:literal,)*) => { $(
        #[doc = $doc]
        #[allow(clippy::must_use_candidate, dead_code)]
        pub fn $name() -> ::std::string::String {
            $crate::__private::text(|reply| $plugin.describe($crate::api::function::Function::$function, reply))
        }

        #[cfg(target_family = "wasm")]
        $crate::__guest_export! {
            $name $kebab () |reply| {
                $plugin.describe($crate::api::function::Function::$function, reply);
                false
            }
        }
    )* };
    (@execute $plugin:expr; $($name:ident $kebab:literal $function:ident $doc:literal ($($argument:ident),*),)*) => { $(
        #[doc = $doc]
        #[allow(clippy::must_use_candidate, dead_code)]
        pub fn $name($($argument: &str),*) -> ::std::string::String {
            $crate::__private::text(|reply| {
                $plugin.execute(
                    $crate::api::function::Function::$function,
                    &$crate::__private::call(&[$($argument),*]),
                    reply,
                );
            })
        }

        #[cfg(target_family = "wasm")]
        $crate::__guest_export! {
            $name $kebab ($($argument),*) |reply| {
                $plugin.execute(
                    $crate::api::function::Function::$function,
                    &$crate::__private::call(&[$(&$argument),*]),
                    reply,
                )
            }
        }
    )* };
}

/// An export of a core module: `(pointer, length)` for each argument, and a packed reply.
#[cfg(not(feature = "component"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __guest_export {
    ($name:ident $kebab:literal () $($run:tt)*) => {
        $crate::__guest_export! { @with $name () $($run)* }
    };
    ($name:ident $kebab:literal ($a:ident) $($run:tt)*) => {
        $crate::__guest_export! { @with $name ($a a_len) $($run)* }
    };
    ($name:ident $kebab:literal ($a:ident, $b:ident) $($run:tt)*) => {
        $crate::__guest_export! { @with $name ($a a_len, $b b_len) $($run)* }
    };
    ($name:ident $kebab:literal ($a:ident, $b:ident, $c:ident) $($run:tt)*) => {
        $crate::__guest_export! { @with $name ($a a_len, $b b_len, $c c_len) $($run)* }
    };
    ($name:ident $kebab:literal ($a:ident, $b:ident, $c:ident, $d:ident) $($run:tt)*) => {
        $crate::__guest_export! { @with $name ($a a_len, $b b_len, $c c_len, $d d_len) $($run)* }
    };
    (@with $name:ident ($($pointer:ident $length:ident),*) |$reply:ident| $run:block) => {
        const _: () = {
            #[allow(unsafe_code)]
            #[unsafe(export_name = ::core::stringify!($name))]
            extern "C" fn export($($pointer: *const u8, $length: usize),*) -> i64 {
                // SAFETY: the host wrote these arguments, as the protocol says.
                $(let $pointer = unsafe { $crate::__private::guest::argument($pointer, $length) };)*
                $crate::__private::guest::reply(|$reply| $run)
            }
        };
    };
}

/// An export that a component is made of: `(pointer, length)` for each argument, which the guest takes over, and the place of a result.
#[cfg(feature = "component")]
#[doc(hidden)]
#[macro_export]
macro_rules! __guest_export {
    ($name:ident $kebab:literal () $($run:tt)*) => {
        $crate::__guest_export! { @with $kebab () $($run)* }
    };
    ($name:ident $kebab:literal ($a:ident) $($run:tt)*) => {
        $crate::__guest_export! { @with $kebab ($a a_len) $($run)* }
    };
    ($name:ident $kebab:literal ($a:ident, $b:ident) $($run:tt)*) => {
        $crate::__guest_export! { @with $kebab ($a a_len, $b b_len) $($run)* }
    };
    ($name:ident $kebab:literal ($a:ident, $b:ident, $c:ident) $($run:tt)*) => {
        $crate::__guest_export! { @with $kebab ($a a_len, $b b_len, $c c_len) $($run)* }
    };
    ($name:ident $kebab:literal ($a:ident, $b:ident, $c:ident, $d:ident) $($run:tt)*) => {
        $crate::__guest_export! { @with $kebab ($a a_len, $b b_len, $c c_len, $d d_len) $($run)* }
    };
    (@with $kebab:literal ($($pointer:ident $length:ident),*) |$reply:ident| $run:block) => {
        const _: () = {
            #[allow(unsafe_code)]
            #[unsafe(export_name = $kebab)]
            extern "C" fn export($($pointer: *mut u8, $length: usize),*) -> *const u8 {
                // SAFETY: the engine made these arguments for this call alone, as the canonical ABI says.
                $(let $pointer = unsafe { $crate::__private::guest::argument($pointer, $length) };)*
                $crate::__private::guest::reply(|$reply| $run)
            }
        };
    };
}
