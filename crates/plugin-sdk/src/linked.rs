//! A plugin of the SDK as a part of a program.

use std::sync::Arc;

use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::linked::{LinkedHost, LinkedPlugin};

use crate::__private::call;
use crate::dispatch::Plugin;
use crate::testing;

impl LinkedPlugin for &'static Plugin {
    fn manifest(&self) -> &str {
        self.manifest
    }

    fn functions(&self) -> FunctionSet {
        // Those that the export of a module has: all but the commands, for which there is no attribute.
        Function::ALL.iter().copied().filter(|function| *function != Function::ExecuteCommand).collect()
    }

    fn call(
        &self,
        function: Function,
        arguments: &[&str],
        host: Arc<dyn LinkedHost>,
        reply: &mut Vec<u8>,
    ) -> bool {
        let _host = testing::link(host);
        match (function, arguments) {
            (
                Function::Initialize
                | Function::Shutdown
                | Function::BeforeTask
                | Function::AfterTask
                | Function::OnTaskFailure,
                _,
            ) => self.hook(function, arguments, reply),
            (_, []) => {
                self.describe(function, reply);
                false
            }
            _ => self.execute(function, &call(arguments), reply),
        }
    }
}
