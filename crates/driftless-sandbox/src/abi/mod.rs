//! The ABIs at run time: each has a folder with what stands behind its imports (`host`) and how a call travels (`call`), and a line in the
//! table below. What a file of each may import and has to export is in [`driftless_validator::abi`].
//!
//! The table becomes two enums, so a call is dispatched by a comparison and not through a pointer: a warm call is counted in nanoseconds.

mod bindgen;
mod core_module;
mod guest_memory;
mod runtime;
mod sdk;
mod wasm_component;

pub(crate) use runtime::{Failure, Linkers, Returned};

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_transport::CallFailure;
use driftless_validator::{Abi, ValidatedPlugin};
use wasmtime::{Engine, Linker, Store, component};

use crate::error::CompileError;
use crate::machine_code::MachineCode;
use crate::state::State;
use runtime::Runtime;

macro_rules! abis {
    ($($abi:ident => $runtime:ty),* $(,)?) => {
        /// A plugin's machine code with everything that it imports in place.
        #[allow(clippy::large_enum_variant, reason = "there is one for each plugin")]
        pub(crate) enum Code {
            $($abi(<$runtime as Runtime>::Code),)*
        }

        /// What is called of an instance.
        #[allow(
            clippy::large_enum_variant,
            reason = "an instance lies in a box of its own, and the largest kind is the one whose calls are counted in ns"
        )]
        pub(crate) enum Guest {
            $($abi($runtime),)*
        }

        /// Makes the linkers of an engine, with what every plugin may import.
        pub(crate) fn linkers(engine: &Engine) -> wasmtime::Result<Linkers> {
            let mut linkers =
                Linkers { modules: Linker::new(engine), components: component::Linker::new(engine) };
            $(<$runtime as Runtime>::offer(&mut linkers)?;)*
            Ok(linkers)
        }

        impl Code {
            /// Puts what a plugin imports in place.
            pub(crate) fn link(
                linkers: &Linkers,
                code: &MachineCode,
                plugin: &ValidatedPlugin,
            ) -> Result<Self, CompileError> {
                let functions = plugin.functions();
                Ok(match plugin.abi() {
                    $(Abi::$abi => Self::$abi(<$runtime as Runtime>::link(linkers, code, functions)?),)*
                })
            }

            /// Whether there is a function.
            #[inline]
            pub(crate) fn exports(&self, function: Function) -> bool {
                match self {
                    $(Self::$abi(code) => <$runtime as Runtime>::exports(code, function),)*
                }
            }

            /// The limit that an error of the engine stands for, where only the ABI can tell.
            pub(crate) fn limit_of(&self, error: &wasmtime::Error) -> Option<Limit> {
                match self {
                    $(Self::$abi(_) => <$runtime as Runtime>::limit_of(error),)*
                }
            }
        }

        impl Guest {
            /// Makes an instance of a plugin in a store that has fuel and time.
            pub(crate) fn start(store: &mut Store<State>, code: &Code) -> wasmtime::Result<Self> {
                Ok(match code {
                    $(Code::$abi(code) => Self::$abi(<$runtime as Runtime>::start(store, code)?),)*
                })
            }

            /// Calls a function with as many arguments as it takes. The reply is read with [`reply`](Self::reply).
            #[inline]
            pub(crate) fn call(
                &mut self,
                store: &mut Store<State>,
                code: &Code,
                function: Function,
                arguments: &[&str],
            ) -> Result<Returned, Failure> {
                match (self, code) {
                    $((Self::$abi(guest), Code::$abi(code)) => guest.call(store, code, function, arguments),)*
                    _ => unreachable!("an instance is of the ABI of its plugin"),
                }
            }

            /// Whether the plugin marked its reply as a failure.
            #[inline]
            pub(crate) fn is_failure(&self, returned: Returned) -> bool {
                match self {
                    $(Self::$abi(_) => <$runtime as Runtime>::is_failure(returned),)*
                }
            }

            /// The text of the last call's reply, where it lies.
            #[inline]
            pub(crate) fn reply<'a>(
                &'a self,
                store: &'a Store<State>,
                returned: Returned,
                max_bytes: usize,
            ) -> Result<&'a str, CallFailure> {
                match self {
                    $(Self::$abi(guest) => guest.reply(store, returned, max_bytes),)*
                }
            }
        }
    };
}

abis! {
    Sdk => sdk::Guest,
    Bindgen => bindgen::Guest,
    WasmComponent => wasm_component::Guest,
}
