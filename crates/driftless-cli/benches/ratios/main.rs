//! What Driftless adds to wasmtime: each measurement stands beside a loop that drives the same guest through wasmtime alone,
//! with fuel and epochs on.
//!
//! `cargo xtask bench` builds the guests, runs this, and prints the ratios.

mod bare;
mod bare_component;
mod guests;

use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use driftless_host::api::function::Function;
use driftless_host::{CallEnded, Embedded, Observer, PluginManager};
use driftless_logs::{Control, Pipeline, PipelineFile};
use driftless_sandbox::{CompiledPlugin, Limits, Sandbox};
use driftless_templates::Templates;
use serde_json::json;

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(5)).sample_size(50);
    targets = calls, component_calls, fresh_instances, template_filters, log_lines, process_start, interpreter_start
}
criterion_main!(benches);

/// A call on a warm instance, as a program makes it through a handle.
fn calls(criterion: &mut Criterion) {
    for (name, guest, function, arguments) in [
        ("short string", guests::echo(), Function::BeforeTask, vec![r#""a short string""#]),
        (
            "task",
            guests::example("custom-task-plugin"),
            Function::ExecuteTask,
            vec!["my_custom_task", guests::MESSAGE],
        ),
        (
            "log line",
            guests::example("log-pipeline-plugin"),
            Function::ExecuteLogParser,
            vec!["combined", "{}", guests::LINE],
        ),
    ] {
        let mut group = criterion.benchmark_group(format!("call/{name}"));
        let mut bare = bare::Guest::new(&guest).instantiate(function);
        let manager = manager(guest.clone());
        let name = manager.list().unwrap()[0].name.clone();
        let plugin = manager.plugin(&name).unwrap();
        assert_eq!(bare.call(&arguments), plugin.call(function, &arguments).unwrap());
        group.bench_function("wasmtime", |bencher| bencher.iter(|| bare.call(&arguments)));
        group.bench_function("driftless", |bencher| {
            bencher.iter(|| plugin.call(function, &arguments).unwrap())
        });
        let mut instance = compiled(&guest).instantiate().unwrap();
        group.bench_function("driftless, one instance", |bencher| {
            bencher.iter(|| instance.call(function, &arguments).unwrap().text.to_owned());
        });
        group.finish();
    }
}

/// Counts calls, as the least observer there is.
#[derive(Default)]
struct Counter(AtomicU64);

impl Observer for Counter {
    fn call_ended(&self, _: &CallEnded<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A manager that has one plugin, and counts its calls.
fn manager(guest: Vec<u8>) -> PluginManager {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let builder = PluginManager::builder().loader(sandbox).source(Embedded::new("guest", guest));
    builder.observer(Counter::default()).build().unwrap()
}

/// Whether anything is measured, rather than tried once. The interpreters of other languages take too long to compile for a try.
fn is_measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// A call of a plugin in another language, on a warm instance.
fn component_calls(criterion: &mut Criterion) {
    if !is_measuring() {
        return;
    }
    for (name, guest, function, arguments) in [
        (
            "JavaScript",
            guests::example("javascript-custom-task"),
            Function::ExecuteTask,
            vec!["yaml_text", guests::YAML],
        ),
        ("Python", guests::example("python-facts-collector"), Function::GetFactsCollectors, vec![]),
    ] {
        let mut group = criterion.benchmark_group(format!("call/{name}"));
        let mut bare = bare_component::Instance::new(&guest, function);
        let manager = manager(guest);
        let plugin = manager.plugin(&manager.list().unwrap()[0].name).unwrap();
        assert_eq!(bare.call(&arguments), plugin.call(function, &arguments).unwrap());
        group.bench_function("wasmtime", |bencher| bencher.iter(|| bare.call(&arguments)));
        group.bench_function("driftless", |bencher| {
            bencher.iter(|| plugin.call(function, &arguments).unwrap())
        });
        group.finish();
    }
}

/// An instance of its own for one call.
fn fresh_instances(criterion: &mut Criterion) {
    let guest = guests::example("custom-task-plugin");
    let arguments = ["my_custom_task", guests::MESSAGE];
    let mut group = criterion.benchmark_group("fresh instance");
    let bare = bare::Guest::new(&guest);
    group.bench_function("wasmtime", |bencher| {
        bencher.iter(|| bare.instantiate(Function::ExecuteTask).call(&arguments));
    });
    let plugin = compiled(&guest);
    group.bench_function("driftless", |bencher| {
        bencher.iter(|| {
            let mut instance = plugin.instantiate().unwrap();
            instance.call(Function::ExecuteTask, &arguments).unwrap().text.to_owned()
        });
    });
    group.finish();
}

fn compiled(guest: &[u8]) -> CompiledPlugin {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    sandbox.compile("guest", &sandbox.validate(guest).unwrap()).unwrap()
}

/// A filter in a template, beside the same template with a filter that does nothing.
fn template_filters(criterion: &mut Criterion) {
    let guest = guests::example("template-filter-plugin");
    let mut group = criterion.benchmark_group("template filter");
    let arguments = ["slugify", "{}", r#""Hello World of Templates""#, "[]"];
    let mut bare = bare::Guest::new(&guest).instantiate(Function::ExecuteTemplateFilter);
    group.bench_function("wasmtime", |bencher| bencher.iter(|| bare.call(&arguments)));

    let manager = manager(guest);
    let mut templates = Templates::new(&manager);
    templates.environment_mut().add_filter("nothing", |text: String| text);
    let mut environment = templates.environment().unwrap().clone();
    environment.add_template("without", "{{ title | nothing }}").unwrap();
    environment.add_template("with", "{{ title | slugify }}").unwrap();
    let vars = minijinja::context!(title => "Hello World of Templates");
    for name in ["without", "with"] {
        let template = environment.get_template(name).unwrap();
        group.bench_function(name, |bencher| bencher.iter(|| template.render(vars.clone()).unwrap()));
    }
    group.finish();
}

/// The real access log through a parser and a filter, from file to file.
fn log_lines(criterion: &mut Criterion) {
    const COPIES: usize = 60;
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("access.log"), folder.path().join("entries.jsonl"));
    let log = guests::access_log().repeat(COPIES);
    std::fs::write(&input, &log).unwrap();
    let lines = log.lines().count() as u64;
    let guest = guests::example("log-pipeline-plugin");

    let mut group = criterion.benchmark_group("log lines");
    group.throughput(Throughput::Elements(lines)).sample_size(20);
    let mut parser = bare::Guest::new(&guest).instantiate(Function::ExecuteLogParser);
    let mut filter = bare::Guest::new(&guest).instantiate(Function::ExecuteLogFilter);
    group.bench_function("wasmtime", |bencher| {
        bencher.iter(|| bare::pipeline(&mut parser, &mut filter, &input, &output, guests::MIN_STATUS));
    });
    // Empty where this measurement was left out.
    let entries = std::fs::read(&output).unwrap_or_default();

    let manager = manager(guest);
    for workers in [1, 2] {
        let file: PipelineFile = serde_json::from_value(json!({
            "sources": [{"type": "file", "paths": [input], "parser": {"type": "log-pipeline-plugin.combined"}}],
            "filters": [{"type": "log-pipeline-plugin.min_status", "status": 300}],
            "outputs": [{"type": "file", "path": output, "mode": "replace"}],
            "workers": workers,
        }))
        .unwrap();
        let pipeline = Pipeline::new(&manager, &file, false).unwrap();
        let name = format!("driftless, {workers} {}", if workers == 1 { "worker" } else { "workers" });
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let finished = pipeline.run(&Control::new(), &mut |problem| panic!("{problem:?}"));
                assert!(finished.error.is_none(), "{:?}", finished.error);
                assert_eq!(finished.summary.lines, lines);
            });
        });
        assert!(std::fs::read(&output).unwrap_or_default() == entries, "both write the same entries");
    }
    group.finish();
}

/// The command, with a home of its own.
struct Command {
    driftless: std::ffi::OsString,
    home: tempfile::TempDir,
}

impl Command {
    /// `None` where there is no command to measure.
    fn find() -> Option<Self> {
        let driftless = std::env::var_os("DRIFTLESS_BIN")?;
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("plugins")).unwrap();
        Some(Self { driftless, home })
    }

    fn install(&self, file: &str, plugin: &[u8]) {
        std::fs::write(self.home.path().join("plugins").join(file), plugin).unwrap();
    }

    fn run(&self, args: &[&str]) {
        let mut command = std::process::Command::new(&self.driftless);
        command.env("HOME", self.home.path()).env_remove("XDG_CACHE_HOME").current_dir(self.home.path());
        command.stderr(Stdio::null()).stdout(Stdio::null());
        assert!(command.args(["--plugin-dir", "plugins"]).args(args).status().unwrap().success());
    }

    /// Measures a run, once the cache is warm.
    fn measure(&self, criterion: &mut Criterion, name: &str, args: &[&str]) {
        self.run(args);
        let mut group = criterion.benchmark_group("process");
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let started = Instant::now();
                (0..times).for_each(|_| self.run(args));
                started.elapsed()
            });
        });
        group.finish();
    }

    /// Puts a file of tasks there.
    fn tasks(&self, tasks: &str) -> &'static str {
        std::fs::write(self.home.path().join("site.yml"), tasks).unwrap();
        "site.yml"
    }
}

/// From the start of the process to the first result of a task, with ten installed plugins and a warm cache.
fn process_start(criterion: &mut Criterion) {
    let Some(command) = Command::find() else { return };
    for (number, name) in guests::EXAMPLES.iter().cycle().take(10).enumerate() {
        // Four are called like their file, as installed plugins are; the others stand for more that are not used.
        if number < guests::EXAMPLES.len() {
            command.install(&format!("{name}.wasm"), &guests::example(name));
        } else {
            command.install(&format!("other-{number}.wasm"), &guests::renamed(number));
        }
    }
    let file = command.tasks("tasks: [{type: custom-task-plugin.my_custom_task, message: hi}]");
    command.measure(criterion, "start to first task result", &["apply", file]);
}

/// The same for plugins that bring an interpreter along.
fn interpreter_start(criterion: &mut Criterion) {
    let Some(command) = Command::find().filter(|_| is_measuring()) else { return };
    for name in ["javascript-custom-task", "python-facts-collector"] {
        command.install(&format!("{name}.wasm"), &guests::example(name));
    }
    let file =
        command.tasks("tasks: [{type: javascript-custom-task.yaml_text, text: 'a: 1', key: a, value: 2}]");
    command.measure(criterion, "start to first task result, JavaScript", &["apply", file]);
    command.run(&["plugin", "grant", "python-facts-collector", "--all"]);
    command.measure(criterion, "start to first facts, Python", &["facts", "python-facts-collector.uptime"]);
}
