//! A loop that drives a guest through wasmtime and nothing else: what a careful person would write by hand, with
//! fuel, epochs and the pooling allocator, but without any of what makes a plugin system.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use driftless_host::api::abi::PackedReply;
use driftless_host::api::function::Function;
use wasmtime::{
    Caller, Config, Engine, InstanceAllocationStrategy, InstancePre, Linker, Memory, Module, ModuleExport,
    PoolingAllocationConfig, Store, TypedFunc,
};

pub(crate) const FUEL: u64 = 1_000_000_000;
pub(crate) const TICKS: u64 = 3001;

/// A compiled guest.
pub(crate) struct Guest {
    engine: Engine,
    pre: InstancePre<()>,
    memory: ModuleExport,
    reserve: ModuleExport,
}

/// An instance of it.
pub(crate) struct Instance {
    store: Store<()>,
    memory: Memory,
    entry: Entry,
    reserved: usize,
}

#[allow(clippy::type_complexity, reason = "a function that takes four strings takes eight numbers")]
enum Entry {
    One(TypedFunc<(u32, u32), i64>),
    Two(TypedFunc<(u32, u32, u32, u32), i64>),
    Three(TypedFunc<(u32, u32, u32, u32, u32, u32), i64>),
    Four(TypedFunc<(u32, u32, u32, u32, u32, u32, u32, u32), i64>),
}

impl Guest {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut config = Config::new();
        config.consume_fuel(true).epoch_interruption(true).wasm_backtrace_max_frames(None);
        let mut pool = PoolingAllocationConfig::new();
        pool.total_core_instances(16).total_memories(16).total_tables(32).max_memory_size(64 << 20);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config).unwrap();
        tick(&engine);
        let mut linker = Linker::new(&engine);
        linker.func_wrap("env", "host_log", |_: Caller<'_, ()>, _: u32, _: u32, _: u32, _: u32| {}).unwrap();
        linker.func_wrap("env", "host_get_timestamp", || 0u64).unwrap();
        linker.func_wrap("env", "host_get_random", || 0u64).unwrap();
        linker.func_wrap("env", "host_panic", |_: Caller<'_, ()>, _: u32, _: u32| {}).unwrap();
        // Imported by those that ask for more, and not called here.
        linker.func_wrap("env", "host_take", |_: Caller<'_, ()>, _: u32| {}).unwrap();
        linker
            .func_wrap("env", "host_file", |_: Caller<'_, ()>, _: u32, _: u32, _: u32, _: u32| 0u64)
            .unwrap();
        let module = Module::from_binary(&engine, bytes).unwrap();
        let export = |name| module.get_export_index(name).unwrap();
        Self {
            memory: export("memory"),
            reserve: export("driftless_reserve"),
            pre: linker.instantiate_pre(&module).unwrap(),
            engine,
        }
    }

    pub(crate) fn instantiate(&self, function: Function) -> Instance {
        let mut store = Store::new(&self.engine, ());
        store.set_epoch_deadline(TICKS);
        store.set_fuel(FUEL).unwrap();
        let instance = self.pre.instantiate(&mut store).unwrap();
        let memory = instance.get_module_export(&mut store, &self.memory).unwrap().into_memory().unwrap();
        let reserve = instance.get_module_export(&mut store, &self.reserve).unwrap().into_func().unwrap();
        let reserve: TypedFunc<u32, u32> = reserve.typed(&store).unwrap();
        let reserved = reserve.call(&mut store, 4096).unwrap() as usize;
        let name = function.name();
        let entry = match function.arguments() {
            1 => Entry::One(instance.get_typed_func(&mut store, name).unwrap()),
            2 => Entry::Two(instance.get_typed_func(&mut store, name).unwrap()),
            3 => Entry::Three(instance.get_typed_func(&mut store, name).unwrap()),
            _ => Entry::Four(instance.get_typed_func(&mut store, name).unwrap()),
        };
        Instance { store, memory, entry, reserved }
    }
}

impl Instance {
    pub(crate) fn call(&mut self, arguments: &[&str]) -> String {
        self.call_in_place(arguments).to_owned()
    }

    #[inline]
    fn call_in_place(&mut self, arguments: &[&str]) -> &str {
        self.store.set_epoch_deadline(TICKS);
        self.store.set_fuel(FUEL).unwrap();
        let data = self.memory.data_mut(&mut self.store);
        let mut at = self.reserved;
        let mut spans = [(0, 0); 4];
        for (argument, span) in arguments.iter().zip(&mut spans) {
            data[at..at + argument.len()].copy_from_slice(argument.as_bytes());
            *span = (at as u32, argument.len() as u32);
            at += argument.len();
        }
        let [(a, al), (b, bl), (c, cl), (d, dl)] = spans;
        let store = &mut self.store;
        let packed = match &self.entry {
            Entry::One(function) => function.call(store, (a, al)),
            Entry::Two(function) => function.call(store, (a, al, b, bl)),
            Entry::Three(function) => function.call(store, (a, al, b, bl, c, cl)),
            Entry::Four(function) => function.call(store, (a, al, b, bl, c, cl, d, dl)),
        };
        let reply = PackedReply::unpack(packed.unwrap());
        let start = reply.pointer as usize;
        std::str::from_utf8(&self.memory.data(&self.store)[start..start + reply.length as usize]).unwrap()
    }
}

/// Counts the epochs of an engine for as long as it lives.
pub(crate) fn tick(engine: &Engine) {
    let weak = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(Duration::from_millis(10));
        }
    });
}

/// Parses and filters a file line by line, and writes what is kept.
pub(crate) fn pipeline(
    parser: &mut Instance,
    filter: &mut Instance,
    input: &Path,
    output: &Path,
    config: &str,
) {
    let text = std::fs::read_to_string(input).unwrap();
    let mut file = File::create(output).unwrap();
    let mut entries = Vec::with_capacity(1 << 18);
    for line in text.lines() {
        let entry = parser.call_in_place(&["combined", "{}", line]);
        if filter.call_in_place(&["min_status", config, entry]) == "true" {
            entries.extend_from_slice(entry.as_bytes());
            entries.push(b'\n');
        }
        if entries.len() > 128 << 10 {
            file.write_all(&entries).unwrap();
            entries.clear();
        }
    }
    file.write_all(&entries).unwrap();
}
