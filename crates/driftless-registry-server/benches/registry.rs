//! A registry of 100,000 plugins behind a server: what a search costs, and what it costs to choose versions for one plugin with ten that it needs,
//! with a warm cache of what the server said before. Each beside a request that reads nothing, as the baseline.

#![allow(missing_docs, reason = "a benchmark has no users")]

use std::fmt::Write as _;
use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use criterion::{Criterion, criterion_group, criterion_main};
use driftless_registry::{
    HttpOptions, Installer, Places, Policy, Publication, Registries, Registry, RegistryConfig,
    RegistryFolder, SigningKey, Target, layout,
};
use driftless_registry_server::{Limits, Server, ServerOptions};
use driftless_validator::Rules;
use semver::Version;

const PLUGINS: usize = 100_000;
const DEPENDENCIES: usize = 10;
const RULES: Rules = Rules { allow_wasi: false };

fn plugin(name: &str, dependencies: &str) -> Vec<u8> {
    let manifest = format!(r#"{{"name":"{name}","version":"1.0.0","dependencies":[{dependencies}]}}"#);
    let manifest = manifest.replace('"', "\\22");
    let text = format!(
        r#"(module (@custom "driftless.manifest.v1" "{manifest}")
            (memory (export "memory") 1) (data (i32.const 0) "[]")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 1024))
            (func (export "get_task_definitions") (result i64) (i64.const 2)))"#
    );
    wat::parse_str(text).unwrap()
}

/// Makes the registry; the index of all but the plugins that are asked for has no more than their lines for searching.
fn fill(folder: &RegistryFolder, key: &SigningKey) {
    let namespace = "main".parse().unwrap();
    let id = folder.info().id.clone();
    let target =
        Target { registry: &id, namespace: &namespace, published: SystemTime::now(), is_security_fix: false };
    let mut dependencies = String::new();
    for number in 0..DEPENDENCIES {
        let name = format!("needed-{}", ["a", "b", "c", "d", "e", "f", "g", "h", "j", "k"][number]);
        let comma = if number == 0 { "" } else { "," };
        write!(dependencies, r#"{comma}{{"name":"{name}","version":"^1"}}"#).unwrap();
        let publication = Publication::sign(plugin(&name, ""), RULES, &target, key).unwrap();
        folder.publish(&publication, Some(key.public())).unwrap();
    }
    let publication = Publication::sign(plugin("top", &dependencies), RULES, &target, key).unwrap();
    folder.publish(&publication, Some(key.public())).unwrap();
    let mut search = String::new();
    for number in 0..PLUGINS {
        writeln!(
            search,
            r#"{{"namespace":"main","name":"plugin-{number}","version":"1.{number}.0","description":"Does the thing of the number {number} to a file, a host or a template"}}"#
        )
        .unwrap();
    }
    std::fs::write(folder.root().join(layout::SEARCH), search).unwrap();
}

fn of_100_000(criterion: &mut Criterion) {
    let shelf = tempfile::tempdir().unwrap();
    let folder = RegistryFolder::create(shelf.path(), "bench", "main".parse().unwrap()).unwrap();
    let key = SigningKey::generate().unwrap();
    fill(&folder, &key);
    let limits = Limits { address_rate: 0, ..Limits::default() };
    let server = Server::new(ServerOptions { limits, ..ServerOptions::new(shelf.path()) }).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || server.run(listener, std::future::pending()));

    let home = tempfile::tempdir().unwrap();
    let places = Places::beneath(home.path());
    let exclusive = places.exclusive(|| ()).unwrap();
    places
        .change_trust(&exclusive, |trust| trust.pin("team", "bench", &"main".parse().unwrap(), key.public()))
        .unwrap();
    let open = || {
        let config = RegistryConfig {
            name: "team".to_owned(),
            url: url.clone(),
            priority: 0,
            allow_unsigned: false,
            min_age: Some(Duration::ZERO),
        };
        let http = HttpOptions { cache: Some(home.path().join("cache")), ..HttpOptions::default() };
        Registry::new(config, http).unwrap()
    };

    let mut group = criterion.benchmark_group("a registry of 100,000 plugins");
    group.sample_size(20);
    group.bench_function("baseline: which registry it is", |bencher| {
        bencher.iter(|| open().info().unwrap().clone());
    });
    group.bench_function("search", |bencher| {
        let words = ["number".to_owned(), "99999".to_owned()];
        bencher.iter(|| {
            let found = open().source().search(&words, 20).unwrap();
            assert_eq!(found.plugins.len(), 1);
        });
    });
    group.bench_function("a plan for one plugin with ten that it needs", |bencher| {
        bencher.iter(|| {
            let registries = Registries::new(vec![open()]);
            let policy = Policy { host: Version::new(0, 1, 0), now: SystemTime::now() };
            let installer =
                Installer { places: &places, registries: &registries, policy, rules: RULES, events: &|_| () };
            let plan = installer.install(&exclusive, &["top".parse().unwrap()]).unwrap();
            assert_eq!(plan.changes.len(), DEPENDENCIES + 1);
        });
    });
    group.finish();
}

criterion_group!(benches, of_100_000);
criterion_main!(benches);
