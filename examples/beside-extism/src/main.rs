//! Measures both, one beside the other. `./measure.sh` builds the plugins and runs this; see README.md.

#![allow(clippy::print_stdout, reason = "it is what it is for")]

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use driftless_host::api::host_call::HostCallError;
use driftless_host::{Files, Grants, HostFunctionCall, Limits, PluginManager, Task};
use driftless_sandbox::{MachineCodeCache, Sandbox};
use extism::convert::Json;
use extism::{CompiledPlugin, Manifest, PTR, Plugin, PluginBuilder, UserData, Wasm, host_fn};
use serde::{Deserialize, Serialize};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

#[derive(Clone, Copy, Serialize)]
struct Target<'a> {
    host: &'a str,
}

#[derive(Deserialize)]
struct Deployed {
    message: String,
    team: String,
}

#[derive(Deserialize)]
struct OwnerOf {
    host: String,
}

#[derive(Serialize)]
struct Owner {
    team: String,
}

fn owner_of(asked: &OwnerOf) -> Owner {
    Owner { team: format!("team of {}", asked.host) }
}

fn owner(asked: OwnerOf, _: &HostFunctionCall<'_>) -> Result<Owner, HostCallError> {
    Ok(owner_of(&asked))
}

host_fn!(inventory_owner(_data: (); asked: Json<OwnerOf>) -> Json<Owner> {
    Ok(Json(owner_of(&asked.0)))
});

const WEB1: Target<'_> = Target { host: "web1" };
const FUEL: u64 = 1_000_000_000;
/// As Driftless has it by default: 64 MiB, in pages.
const PAGES: u32 = 1024;
const TIME: Duration = Duration::from_secs(30);

fn manager(file: &Path, grants: Grants, cache: Option<MachineCodeCache>) -> Result<PluginManager> {
    let mut sandbox = Sandbox::builder(Limits::default());
    if let Some(cache) = cache {
        sandbox = sandbox.cache(cache);
    }
    Ok(PluginManager::builder()
        .loader(sandbox.build()?)
        .source(Files::new([file]))
        .host_function("inventory.owner", owner)?
        .grants(grants)
        .build()?)
}

fn granted(file: &Path) -> Result<Grants> {
    let manager = manager(file, Grants::default(), None)?;
    let plugin = manager.plugin("driftless-guest")?;
    let mut grants = Grants::default();
    grants.grant("driftless-guest", plugin.digest(), manager.grant(plugin.info())?.requested().clone());
    Ok(grants)
}

/// What is switched on in extism.
#[derive(Clone, Copy)]
enum Switched {
    /// Nothing: its defaults.
    Nothing,
    /// Memory and time.
    MemoryAndTime,
    /// Fuel as well, which is what Driftless has by default.
    Fuel,
}

/// The builder, with a cache that the file `cache` configures, or none.
fn extism(file: &Path, switched: Switched, cache: Option<&Path>) -> PluginBuilder<'static> {
    let mut manifest = Manifest::new([Wasm::file(file)]);
    if !matches!(switched, Switched::Nothing) {
        manifest = manifest.with_memory_max(PAGES).with_timeout(TIME);
    }
    let builder = PluginBuilder::new(manifest).with_function(
        "inventory_owner",
        [PTR],
        [PTR],
        UserData::new(()),
        inventory_owner,
    );
    let builder = match cache {
        Some(cache) => builder.with_cache_config(cache),
        None => builder.with_cache_disabled(),
    };
    if matches!(switched, Switched::Fuel) { builder.with_fuel_limit(FUEL) } else { builder }
}

fn call(plugin: &mut Plugin, function: &str) {
    let Json(done) = plugin.call::<_, Json<Deployed>>(function, Json(WEB1)).expect("it can be called");
    black_box((done.message, done.team));
}

fn run(task: &Task) {
    let done: Deployed = task.run_as().expect("it can be run");
    black_box((done.message, done.team));
}

/// Something that is measured.
type Subject<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// Times all, `rounds` times in an order that is drawn anew for each, a batch of `calls` each, and prints the time of one call: the least, the median of the
/// rounds, their quartiles, and the median of the ratio to the first subject, taken within each round.
fn measure(title: &str, rounds: usize, calls: u32, subjects: &mut [Subject<'_>]) {
    let mut times = vec![Vec::with_capacity(rounds); subjects.len()];
    let mut order: Vec<usize> = (0..subjects.len()).collect();
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
    for round in 0..=rounds {
        for last in (1..order.len()).rev() {
            order.swap(last, random.below(last + 1));
        }
        for &at in &order {
            // What the one before left for its other threads to do is not this one's.
            thread::sleep(Duration::from_millis(2));
            let start = Instant::now();
            for _ in 0..calls {
                subjects[at].1();
            }
            // The first round warms up.
            if round > 0 {
                times[at].push(start.elapsed().as_nanos() as f64 / f64::from(calls));
            }
        }
    }
    println!("\n{title}: {rounds} rounds of {calls}");
    println!("{:<44} {:>9} {:>9} {:>20} {:>6}", "", "least", "median", "quartiles", "ratio");
    for (at, (name, _)) in subjects.iter().enumerate() {
        let ratios = times[at].iter().zip(&times[0]).map(|(this, first)| this / first).collect();
        let [least, low, median, high] = quartiles(times[at].clone()).map(human);
        let [.., ratio, _] = quartiles(ratios);
        println!("{name:<44} {least:>9} {median:>9} {:>20} {ratio:>6.2}", format!("{low} .. {high}"));
    }
}

/// Draws orders, the same ones in every run.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// The least of them, and the three quartiles.
fn quartiles(mut values: Vec<f64>) -> [f64; 4] {
    values.sort_unstable_by(f64::total_cmp);
    [0, 1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}

fn human(nanoseconds: f64) -> String {
    match nanoseconds {
        ..10_000.0 => format!("{nanoseconds:.0} ns"),
        ..10_000_000.0 => format!("{:.1} µs", nanoseconds / 1e3),
        _ => format!("{:.1} ms", nanoseconds / 1e6),
    }
}

fn main() -> Result<()> {
    // extism asks for its fuel at the end of every call. Where none is configured that is an error, which is thrown away; with this variable, it is
    // given a backtrace first, which costs more than the call.
    if ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| value != "0"))
    {
        return Err("unset RUST_BACKTRACE and RUST_LIB_BACKTRACE: they make calls of extism slower".into());
    }
    let files: Vec<_> = env::args_os().skip(1).collect();
    let [ours, theirs] = files.as_slice() else {
        return Err("say which two files: driftless-guest.wasm and extism_guest.wasm".into());
    };
    let (ours, theirs) = (Path::new(ours), Path::new(theirs));
    println!(
        "guest file: Driftless {} bytes, extism {} bytes",
        fs::metadata(ours)?.len(),
        fs::metadata(theirs)?.len()
    );

    calls(ours, theirs)?;
    loads(ours, theirs)?;
    behaviour(ours, theirs)
}

fn calls(ours: &Path, theirs: &Path) -> Result<()> {
    let manager = manager(ours, granted(ours)?, None)?;
    for function in ["plan", "deploy"] {
        let name = format!("driftless-guest.{function}");
        let bound = manager.task(&name, WEB1)?;
        let mut plain = extism(theirs, Switched::Nothing, None).build()?;
        let mut limited = extism(theirs, Switched::MemoryAndTime, None).build()?;
        let mut fuelled = extism(theirs, Switched::Fuel, None).build()?;
        let title =
            if function == "plan" { "struct in, struct out" } else { "struct in, struct out, one host call" };
        measure(
            title,
            200,
            500,
            &mut [
                (
                    "Driftless, its defaults, a new struct",
                    Box::new(|| run(&manager.task(&name, WEB1).expect("it is there"))),
                ),
                ("Driftless, its defaults, the same struct again", Box::new(|| run(&bound))),
                ("extism, its defaults", Box::new(|| call(&mut plain, function))),
                ("extism, memory and time", Box::new(|| call(&mut limited, function))),
                ("extism, memory, time and fuel", Box::new(|| call(&mut fuelled, function))),
            ],
        );
    }
    Ok(())
}

fn loads(ours: &Path, theirs: &Path) -> Result<()> {
    let grants = granted(ours)?;
    let folder = tempfile::tempdir()?;
    let (code, key) = (folder.path().join("driftless"), folder.path().join("key"));
    let config = folder.path().join("wasmtime.toml");
    // A JSON string is a TOML string.
    let directory = serde_json::to_string(&folder.path().join("wasmtime"))?;
    fs::write(&config, format!("[cache]\ndirectory = {directory}\n"))?;

    let load_ours = |cached: bool| {
        let cache = cached.then(|| MachineCodeCache::open(&code, &key).expect("it can be opened"));
        let manager = manager(ours, grants.clone(), cache).expect("it can be made");
        run(&manager.task("driftless-guest.plan", WEB1).expect("it is there"));
    };
    let load_theirs = |switched, cache: Option<&Path>| {
        call(&mut extism(theirs, switched, cache).build().expect("it can be built"), "plan");
    };
    measure(
        "from the file to the first result, without a cache",
        15,
        1,
        &mut [
            ("Driftless", Box::new(|| load_ours(false))),
            ("extism, its defaults", Box::new(|| load_theirs(Switched::Nothing, None))),
            ("extism, memory, time and fuel", Box::new(|| load_theirs(Switched::Fuel, None))),
        ],
    );
    measure(
        "from the file to the first result, with a warm cache",
        100,
        1,
        &mut [
            ("Driftless", Box::new(|| load_ours(true))),
            ("extism, its defaults", Box::new(|| load_theirs(Switched::Nothing, Some(&config)))),
            ("extism, memory, time and fuel", Box::new(|| load_theirs(Switched::Fuel, Some(&config)))),
        ],
    );
    Ok(())
}

/// What either does in cases that the page tells of.
fn behaviour(ours: &Path, theirs: &Path) -> Result<()> {
    println!("\nwhat happens");
    let manager = manager(ours, granted(ours)?, None)?;
    let count = manager.task("driftless-guest.count", ())?;
    let said: Vec<_> =
        (0..3).map(|_| count.run().map(|done| done.data["calls"].to_string())).map(brief).collect();
    println!("Driftless, calls of a plugin that counts and panics in the second: {}", said.join(" | "));
    let mut plugin = extism(theirs, Switched::MemoryAndTime, None).build()?;
    let said: Vec<_> = (0..3)
        .map(|_| {
            plugin.call::<_, Json<serde_json::Value>>("count", ()).map(|Json(done)| done["calls"].to_string())
        })
        .map(brief)
        .collect();
    println!("extism, the same: {}", said.join(" | "));

    println!(
        "Driftless, takes memory: {}",
        brief(manager.task("driftless-guest.hoard", ())?.run().map(|_| String::new()))
    );
    println!("extism, takes memory: {}", brief(plugin.call::<_, ()>("hoard", ()).map(|()| String::new())));

    // Two plugins of one compiled plugin, one of which is cancelled.
    let compiled: CompiledPlugin = extism(theirs, Switched::MemoryAndTime, None).compile()?;
    let mut cancelled = Plugin::new_from_compiled(&compiled)?;
    let mut bystander = Plugin::new_from_compiled(&compiled)?;
    let handle = cancelled.cancel_handle();
    let start = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| cancelled.call::<_, ()>("wait", ()));
        let other = scope.spawn(|| brief(bystander.call::<_, ()>("wait", ()).map(|()| String::new())));
        thread::sleep(Duration::from_millis(100));
        let _ = handle.cancel();
        let said = other.join().expect("it does not panic");
        println!(
            "extism, one of two plugins of a CompiledPlugin is cancelled, the other: {said} after {:?}",
            start.elapsed()
        );
    });
    Ok(())
}

fn brief<E: std::fmt::Display>(result: Result<String, E>) -> String {
    match result {
        Ok(value) => value,
        Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}
