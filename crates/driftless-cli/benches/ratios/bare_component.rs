//! The same loop for a component: the engine's own typed calls, with fuel and epochs.

use driftless_host::api::function::Function;
use driftless_host::api::wit;
use wasmtime::component::{Component, Func, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

use super::bare::{FUEL, TICKS, tick};

/// An instance of a component, and the function that is called.
pub(crate) struct Instance {
    store: Store<()>,
    function: Func,
}

impl Instance {
    pub(crate) fn new(bytes: &[u8], function: Function) -> Self {
        let mut config = Config::new();
        config.consume_fuel(true).epoch_interruption(true).wasm_backtrace_max_frames(None);
        let mut pool = PoolingAllocationConfig::new();
        pool.total_core_instances(200)
            .total_memories(4)
            .total_tables(16)
            .max_memory_size(64 << 20)
            .table_elements(100_000);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config).unwrap();
        tick(&engine);
        let component = Component::from_binary(&engine, bytes).unwrap();
        let mut linker = Linker::new(&engine);
        // Interpreters ask for these when they start. What is measured calls nothing of the host.
        let mut host = linker.instance(wit::HOST).unwrap();
        host.func_wrap("get-random", |_, ()| Ok((4u64,))).unwrap();
        host.func_wrap("get-timestamp", |_, ()| Ok((0u64,))).unwrap();
        linker.allow_shadowing(true).define_unknown_imports_as_traps(&component).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(TICKS);
        store.set_fuel(FUEL).unwrap();
        let instance = linker.instantiate(&mut store, &component).unwrap();
        let function = instance.get_func(&mut store, wit::export(function).to_string().as_str()).unwrap();
        Self { store, function }
    }

    pub(crate) fn call(&mut self, arguments: &[&str]) -> String {
        type Output = (Result<String, String>,);
        self.store.set_epoch_deadline(TICKS);
        self.store.set_fuel(FUEL).unwrap();
        let store = &mut self.store;
        let (reply,) = match *arguments {
            [] => self.function.typed::<(), Output>(&*store).unwrap().call(store, ()),
            [a, b] => self.function.typed::<(&str, &str), Output>(&*store).unwrap().call(store, (a, b)),
            _ => unreachable!("nothing else is measured"),
        }
        .unwrap();
        reply.unwrap()
    }
}
