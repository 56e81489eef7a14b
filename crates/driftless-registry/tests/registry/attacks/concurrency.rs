//! Many at once, killed in the middle, and on a full disk.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use driftless_registry::{
    Error, HttpOptions, Installer, Places, Policy, Publication, Registries, Registry, RegistryConfig,
    RegistryFolder, SigningKey, Target, index, layout,
};
use semver::Version;
use serde_json::json;

use super::{id, lines};
use crate::machine::{ID, Machine, Publisher, RULES, files};
use crate::release::plugin;

/// What a process of this test's own is to do, in its environment.
const TASK: &str = "DRIFTLESS_TEST_TASK";

/// Not a test: the other process of the tests below, which run this program again.
#[test]
fn as_another_process() {
    let Ok(task) = std::env::var(TASK) else { return };
    let task: Vec<_> = task.split('|').collect();
    match task[..] {
        ["install", home, root, names] => {
            let names: Vec<_> = names.split(',').collect();
            change(Path::new(home), Path::new(root), Some(&names)).unwrap();
        }
        ["publish and update", home, root, version] => {
            publish(Path::new(root), version).unwrap();
            change(Path::new(home), Path::new(root), None).unwrap();
        }
        _ => unreachable!("{task:?}"),
    }
}

fn process(task: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "attacks::concurrency::as_another_process", "--nocapture"]);
    command.env(TASK, task.join("|")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn registry(root: &Path) -> RegistryConfig {
    crate::machine::config("team", &format!("file://{}", root.display()))
}

/// Installs plugins, or brings all up to date.
fn change(home: &Path, root: &Path, names: Option<&[&str]>) -> Result<usize, Error> {
    let places = Places::beneath(home);
    let registries = Registries::new(vec![Registry::new(registry(root), HttpOptions::default())?]);
    let installer = Installer {
        places: &places,
        registries: &registries,
        policy: Policy { host: Version::new(0, 1, 0), now: SystemTime::now() },
        rules: RULES,
        events: &|_| (),
    };
    let exclusive = places.exclusive(|| ())?;
    let plan = match names {
        Some(names) => {
            let requests = names.iter().map(|name| name.parse()).collect::<Result<Vec<_>, _>>()?;
            installer.install(&exclusive, &requests)?
        }
        None => installer.update(&exclusive, &[])?,
    };
    installer.carry_out(&exclusive, &plan)?;
    Ok(plan.changes.len())
}

/// Publishes `greeter`, and what it needs, with the key that lies beside the registry.
fn publish(root: &Path, version: &str) -> Result<(), Error> {
    let key = SigningKey::from_text(&std::fs::read_to_string(root.join("key")).unwrap(), None)?;
    let folder = RegistryFolder::open(root)?;
    let namespace = "main".parse()?;
    let target =
        Target { registry: ID, namespace: &namespace, published: SystemTime::now(), is_security_fix: false };
    for (name, more) in [
        ("base", json!({})),
        ("greeter", json!({"dependencies": [{"name": "base", "version": format!("={version}")}]})),
    ] {
        let publication = Publication::sign(plugin(name, version, more), RULES, &target, &key)?;
        match folder.publish(&publication, Some(key.public())) {
            // The process before this one came that far.
            Ok(()) | Err(Error::Exists { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What names that are installed at once have in common.
fn published() -> (Publisher, Machine) {
    let team = Publisher::new();
    team.publish("base", "1.0.0", json!({})).unwrap();
    for number in 0..10 {
        let needs = json!({"dependencies": [{"name": "base", "version": "^1"}]});
        team.publish(&format!("top{number}x"), "1.0.0", needs).unwrap();
    }
    let machine = Machine::trusting(team.key.public());
    (team, machine)
}

/// Two neighbouring plugins of ten.
fn names(number: usize) -> [String; 2] {
    [number % 10, (number + 1) % 10].map(|number| format!("top{number}x"))
}

fn assert_all_installed(machine: &Machine) {
    let mut expected: Vec<_> = (0..10).map(|number| format!("top{number}x 1.0.0")).collect();
    expected.insert(0, "base 1.0.0".to_owned());
    assert_eq!(machine.installed(), expected);
    assert_nothing_begun(machine.home.path());
}

/// Whether nothing half written is left.
#[track_caller]
fn assert_nothing_begun(home: &Path) {
    for (path, _) in files(&home.join("store")) {
        assert!(!path.ends_with(".new") && !path.contains("/partial/"), "{path}");
    }
}

#[test]
fn twenty_threads_install_at_once() {
    let (team, machine) = published();
    std::thread::scope(|scope| {
        for number in 0..20 {
            let (team, machine) = (&team, &machine);
            scope.spawn(move || {
                let names = names(number);
                let names = names.each_ref().map(String::as_str);
                change(machine.home.path(), team.root.path(), Some(&names)).unwrap();
            });
        }
    });
    assert_all_installed(&machine);
}

#[test]
fn twenty_processes_install_at_once() {
    let (team, machine) = published();
    let children: Vec<Child> = (0..20)
        .map(|number| {
            let names = names(number).join(",");
            let task = ["install", text(machine.home.path()), text(team.root.path()), &names];
            process(&task).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_all_installed(&machine);
}

#[test]
fn a_version_that_is_published_by_many_at_once_is_published_once() {
    let team = Publisher::new();
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let results: Vec<_> = std::thread::scope(|scope| {
        let publish = |number: usize| {
            let team = &team;
            scope.spawn(move || {
                // Each is another file of the same version.
                let publication =
                    team.signed("greeter", "1.1.0", json!({"description": format!("{number}")})).unwrap();
                let folder = RegistryFolder::open(team.root.path()).unwrap();
                folder.publish(&publication, Some(team.key.public()))
            })
        };
        let threads: Vec<_> = (0..8).map(publish).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for error in results.into_iter().filter_map(Result::err) {
        assert!(matches!(error, Error::Exists { .. }), "{error}");
    }
    assert_eq!(lines(&team, "greeter").len(), 2);
    let machine = Machine::trusting(team.key.public());
    assert_eq!(machine.install(&[team.config()], &["greeter"]).unwrap(), ["+ greeter 1.1.0"]);
}

/// A registry with `greeter 1.0.0`, whose key lies beside it, and a home that has that.
fn begun() -> (Publisher, Machine) {
    let team = Publisher::new();
    std::fs::write(team.root.path().join("key"), team.key.to_text().unwrap()).unwrap();
    publish(team.root.path(), "1.0.0").unwrap();
    let machine = Machine::trusting(team.key.public());
    change(machine.home.path(), team.root.path(), Some(&["greeter"])).unwrap();
    (team, machine)
}

/// Whether everything that the index names is there, as it was signed.
#[track_caller]
fn assert_whole(root: &Path) {
    for name in ["base", "greeter"] {
        let bytes = std::fs::read(root.join(layout::index(&id(name)))).unwrap();
        for release in index::parse(&bytes).unwrap() {
            let blob = std::fs::read(root.join(layout::blob(&release.statement.digest))).unwrap();
            assert_eq!(driftless_plugin_api::digest::Digest::of(&blob), release.statement.digest);
        }
    }
}

#[test]
#[cfg(unix)]
fn a_process_that_is_killed_at_any_moment_leaves_old_or_new() {
    let (team, machine) = begun();
    let (home, root) = (machine.home.path(), team.root.path());
    let task = |version: &str| process(&["publish and update", text(home), text(root), version]);
    let begin = Instant::now();
    assert!(task("1.0.1").status().unwrap().success());
    let whole = begin.elapsed();
    let mut current = 1;
    let (mut killed, mut random) = (0, 1_u64);
    for round in 2..=201 {
        let version = format!("1.0.{round}");
        let mut child = task(&version).spawn().unwrap();
        // Moments that differ from run to run only by the speed of the machine.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(whole.mul_f64((random >> 40) as f64 / f64::from(1 << 24)));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());

        // Old or new, and both plugins together.
        let installed = machine.installed();
        let [before, after] =
            [current, round].map(|patch| ["base", "greeter"].map(|name| format!("{name} 1.0.{patch}")));
        assert!(installed == before || installed == after, "round {round}: {installed:?}, {before:?}");
        assert_whole(root);
        // The next command works, and now and then it is needed to go on.
        if round % 4 == 0 {
            publish(root, &version).unwrap();
            change(home, root, None).unwrap();
            assert_eq!(machine.installed(), after);
            assert_nothing_begun(home);
        }
        current = machine.lock().plugins().next().unwrap().1.version.patch;
    }
    assert!(killed > 50, "only {killed} of 200 were killed before they were done");
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_an_error_and_nothing_is_lost() {
    let (team, machine) = begun();
    let (home, root) = (machine.home.path(), team.root.path());
    // Files of a kilobyte and more: the plugin is none that fits below the smaller limits.
    let large = json!({"description": "x".repeat(400)});
    team.publish("large", "1.0.0", large).unwrap();
    let before = files(home);
    let mut failed = 0;
    for kilobytes in 0..4 {
        let child = process(&["install", text(home), text(root), "large"]);
        let limited = limited(child, kilobytes).output().unwrap();
        if limited.status.success() {
            break;
        }
        failed += 1;
        let told = String::from_utf8_lossy(&limited.stderr);
        assert!(told.contains("File too large") || told.contains("FileTooLarge"), "{told}");
        // A file that nothing names is no harm, and a newer release may have been seen. All the rest is as it was.
        let after = files(home);
        let lost = before.iter().find(|file| !file.0.ends_with("seen.json") && !after.contains(file));
        assert_eq!(lost.map(|file| &file.0), None, "{kilobytes}");
        assert_eq!(machine.installed(), ["base 1.0.0", "greeter 1.0.0"]);
    }
    assert!(failed > 0);
    change(home, root, Some(&["large"])).unwrap();
    assert_eq!(machine.installed(), ["base 1.0.0", "greeter 1.0.0", "large 1.0.0"]);
    assert_nothing_begun(home);

    // And a registry on a full disk.
    let whole = files(root);
    for kilobytes in 0..2 {
        let child = process(&["publish and update", text(home), text(root), "1.0.1"]);
        let limited = limited(child, kilobytes).output().unwrap();
        assert!(!limited.status.success());
        assert_whole(root);
        let lines_before = whole.iter().filter(|(path, _)| path.ends_with(".jsonl")).count();
        assert_eq!(files(root).iter().filter(|(path, _)| path.ends_with(".jsonl")).count(), lines_before);
    }
    publish(root, "1.0.1").unwrap();
    change(home, root, None).unwrap();
    assert_eq!(machine.installed(), ["base 1.0.1", "greeter 1.0.1", "large 1.0.0"]);
}

/// Lets a process write no file of more than so many kilobytes, as if the disk were full then.
#[cfg(unix)]
fn limited(command: Command, kilobytes: u64) -> Command {
    let mut shell = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kilobytes * 2);
    shell.args(["-c", &script, "sh"]).arg(command.get_program()).args(command.get_args());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    shell
}

#[test]
fn who_waits_for_another_process_is_told() {
    let (_, machine) = published();
    let first = machine.places.exclusive(|| panic!("nothing is waited for")).unwrap();
    let (told, waits) = std::sync::mpsc::channel();
    let places = machine.places.clone();
    let second = std::thread::spawn(move || drop(places.exclusive(|| told.send(()).unwrap()).unwrap()));
    waits.recv_timeout(Duration::from_secs(60)).unwrap();
    drop(first);
    second.join().unwrap();
}
