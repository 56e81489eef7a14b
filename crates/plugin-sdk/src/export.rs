//! The functions that a plugin exports, as text: they have to stand in the plugin's own crate.

/// For each function of the protocol that the SDK serves, a Rust function for tests and, in a guest, the export.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($plugin:expr) => {
        $crate::__export! { @describe $plugin;
            get_plugin_metadata GetPluginMetadata "The manifest, as JSON.",
            get_task_definitions GetTaskDefinitions "The definitions of the tasks, as a JSON array.",
            get_facts_collectors GetFactsCollectors "The definitions of the facts collectors, as a JSON array.",
            get_template_extensions GetTemplateExtensions "The definitions of the template extensions, as a JSON array.",
            get_log_sources GetLogSources "The definitions of the log sources, as a JSON array.",
            get_log_parsers GetLogParsers "The definitions of the log parsers, as a JSON array.",
            get_log_filters GetLogFilters "The definitions of the log filters, as a JSON array.",
            get_log_outputs GetLogOutputs "The definitions of the log outputs, as a JSON array.",
            get_commands GetCommands "The definitions of the commands, as a JSON array.",
            get_hooks GetHooks "The names of the hooks, as a JSON array.",
        }
        $crate::__export! { @execute $plugin;
            execute_task ExecuteTask "Runs a task." (name, config_json),
            execute_facts_collector ExecuteFactsCollector "Runs a facts collector." (name, config_json),
            execute_log_source ExecuteLogSource "Runs a log source." (name, config_json),
            execute_log_parser ExecuteLogParser "Runs a log parser." (name, config_json, input),
            execute_log_filter ExecuteLogFilter "Runs a log filter." (name, config_json, entry_json),
            execute_log_output ExecuteLogOutput "Runs a log output." (name, config_json, entry_json),
            execute_template_filter ExecuteTemplateFilter "Runs a template filter." (name, config_json, value_json, args_json),
            execute_template_function ExecuteTemplateFunction "Runs a template function." (name, config_json, args_json),
        }
    };
    (@describe $plugin:expr; $($name:ident $function:ident $doc:literal,)*) => { $(
        #[doc = $doc]
        #[allow(clippy::must_use_candidate, dead_code)]
        pub fn $name() -> ::std::string::String {
            $crate::__private::text(|reply| $plugin.describe($crate::api::function::Function::$function, reply))
        }

        #[cfg(target_family = "wasm")]
        const _: () = {
            #[allow(unsafe_code)]
            #[unsafe(export_name = ::core::stringify!($name))]
            extern "C" fn export() -> i64 {
                $crate::__private::guest::reply(|reply| {
                    $plugin.describe($crate::api::function::Function::$function, reply);
                    false
                })
            }
        };
    )* };
    (@execute $plugin:expr; $($name:ident $function:ident $doc:literal ($($argument:ident),*),)*) => { $(
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
        $crate::__export! { @guest $plugin; $name $function ($($argument),*) }
    )* };
    (@guest $plugin:expr; $name:ident $function:ident ($a:ident, $b:ident)) => {
        $crate::__export! { @guest $plugin; $name $function ($a a_len, $b b_len) }
    };
    (@guest $plugin:expr; $name:ident $function:ident ($a:ident, $b:ident, $c:ident)) => {
        $crate::__export! { @guest $plugin; $name $function ($a a_len, $b b_len, $c c_len) }
    };
    (@guest $plugin:expr; $name:ident $function:ident ($a:ident, $b:ident, $c:ident, $d:ident)) => {
        $crate::__export! { @guest $plugin; $name $function ($a a_len, $b b_len, $c c_len, $d d_len) }
    };
    (@guest $plugin:expr; $name:ident $function:ident ($($pointer:ident $length:ident),*)) => {
        const _: () = {
            #[allow(unsafe_code)]
            #[unsafe(export_name = ::core::stringify!($name))]
            extern "C" fn export($($pointer: *const u8, $length: usize),*) -> i64 {
                $crate::__private::guest::reply(|reply| {
                    $plugin.execute(
                        $crate::api::function::Function::$function,
                        // SAFETY: the host wrote these arguments, as the protocol says.
                        &$crate::__private::call(&[
                            $(unsafe { $crate::__private::guest::argument($pointer, $length) }),*
                        ]),
                        reply,
                    )
                })
            }
        };
    };
}
