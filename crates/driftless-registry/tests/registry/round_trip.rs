//! What works when everybody is honest.

use driftless_registry::{Error, Lock};
use serde_json::json;

use crate::machine::{Machine, Publisher};

#[test]
fn a_plugin_is_published_installed_updated_and_removed() {
    let team = Publisher::new();
    let registries = [team.config()];
    team.publish("greeter", "1.0.0", json!({"description": "Says hello"})).unwrap();
    let machine = Machine::trusting(team.key.public());

    assert_eq!(machine.install(&registries, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    assert!(machine.install(&registries, &["greeter"]).unwrap().is_empty(), "it is there already");
    assert!(machine.update(&registries, &[]).unwrap().is_empty(), "there is no other");

    team.publish("greeter", "1.1.0", json!({})).unwrap();
    team.publish("greeter", "2.0.0", json!({})).unwrap();
    assert!(machine.install(&registries, &["greeter"]).unwrap().is_empty(), "installing updates nothing");
    assert_eq!(machine.update(&registries, &[]).unwrap(), ["greeter 1.0.0 -> 1.1.0"]);
    assert_eq!(machine.install(&registries, &["greeter@^2"]).unwrap(), ["greeter 1.1.0 -> 2.0.0"]);
    assert_eq!(machine.installed(), ["greeter 2.0.0"]);
    assert_eq!(Lock::from_toml(&machine.lock().to_toml()).unwrap(), machine.lock());

    assert_eq!(machine.remove(&registries, "greeter").unwrap(), ["- greeter 2.0.0"]);
    assert!(machine.installed().is_empty());
    let left = machine.files().into_iter().filter(|(path, _)| path.ends_with(".wasm")).count();
    assert_eq!(left, 0, "no file stays behind");
}

#[test]
fn what_a_plugin_needs_comes_and_goes_with_it() {
    let team = Publisher::new();
    let registries = [team.config()];
    team.publish("base", "1.0.0", json!({})).unwrap();
    team.publish("base", "1.2.0", json!({})).unwrap();
    team.publish("base", "2.0.0", json!({})).unwrap();
    team.publish("top", "1.0.0", json!({"dependencies": [{"name": "base", "version": "^1.1"}]})).unwrap();
    let machine = Machine::trusting(team.key.public());
    assert_eq!(machine.install(&registries, &["top"]).unwrap(), ["+ base 1.2.0", "+ top 1.0.0"]);
    let error = machine.remove(&registries, "base").unwrap_err();
    assert!(matches!(error, Error::NotRemoved { .. }), "{error}");
    assert_eq!(machine.remove(&registries, "top").unwrap(), ["- base 1.2.0", "- top 1.0.0"]);
}

#[test]
fn what_does_not_fit_together_is_explained() {
    let team = Publisher::new();
    let registries = [team.config()];
    team.publish("base", "1.0.0", json!({})).unwrap();
    team.publish("base", "2.0.0", json!({})).unwrap();
    team.publish("one", "1.0.0", json!({"dependencies": [{"name": "base", "version": "^1"}]})).unwrap();
    team.publish("two", "1.0.0", json!({"dependencies": [{"name": "base", "version": "^2"}]})).unwrap();
    team.publish("far", "1.0.0", json!({"driftless_version": "^9"})).unwrap();
    let machine = Machine::trusting(team.key.public());
    let before = machine.files();
    for (names, expected) in [
        (&["one", "two"][..], "team/main/two"),
        (&["base@^3"], "base"),
        (&["far"], "team/main/far 1.0.0: it works with driftless ^9, and this is 0.1.0"),
    ] {
        let error = machine.install(&registries, names).unwrap_err();
        assert!(matches!(error, Error::NoSolution { .. }), "{error}");
        eprintln!("{error}\n");
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert_eq!(machine.files().len(), before.len(), "nothing was installed");
}

#[test]
fn what_is_withdrawn_stays_where_it_is_and_comes_to_no_one_else() {
    let team = Publisher::new();
    let registries = [team.config()];
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    team.publish("greeter", "1.1.0", json!({})).unwrap();
    let machine = Machine::trusting(team.key.public());
    machine.install(&registries, &["greeter"]).unwrap();
    let id = "main/greeter".split_once('/').unwrap();
    let id = driftless_registry::PluginId { namespace: id.0.parse().unwrap(), name: id.1.parse().unwrap() };
    team.folder.yank(&id, &"1.1.0".parse().unwrap(), true).unwrap();
    assert!(machine.install(&registries, &["greeter"]).unwrap().is_empty());
    let other = Machine::trusting(team.key.public());
    assert_eq!(other.install(&registries, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    let error = other.install(&registries, &["greeter@=1.1.0"]).unwrap_err();
    assert!(error.to_string().contains("it is yanked"), "{error}");
    team.folder.yank(&id, &"1.1.0".parse().unwrap(), false).unwrap();
    assert_eq!(other.update(&registries, &["greeter"]).unwrap(), ["greeter 1.0.0 -> 1.1.0"]);
}

#[test]
fn a_lock_of_its_own_keeps_what_another_one_does_not_name() {
    let team = Publisher::new();
    let registries = [team.config()];
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    team.publish("other", "1.0.0", json!({})).unwrap();
    let machine = Machine::trusting(team.key.public());
    machine.install(&registries, &["greeter"]).unwrap();
    // A project on the same machine.
    let project = tempfile::tempdir().unwrap();
    let mut of_project = Machine::new();
    of_project.places = machine.places.clone();
    of_project.places.lock = project.path().join("plugins.lock");
    of_project.install(&registries, &["other"]).unwrap();
    assert_eq!(
        (machine.installed(), of_project.installed()),
        (vec!["greeter 1.0.0".to_owned()], vec!["other 1.0.0".to_owned()])
    );
    machine.remove(&registries, "greeter").unwrap();
    assert_eq!(of_project.installed(), ["other 1.0.0"]);
    // A lock that is gone keeps nothing.
    drop(project);
    machine.install(&registries, &["greeter"]).unwrap();
    let left = machine.files().into_iter().filter(|(path, _)| path.ends_with(".wasm")).count();
    assert_eq!(left, 1);
}

#[test]
fn a_bundle_carries_what_is_installed_and_nothing_else() {
    let team = Publisher::new();
    let registries = [team.config()];
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let machine = Machine::trusting(team.key.public());
    machine.install(&registries, &["greeter"]).unwrap();
    let mut saved = Vec::new();
    driftless_registry::bundle::save(&machine.lock(), &machine.places.store(), &mut saved).unwrap();

    // Without a registry: with the key, and not without it.
    let load = |machine: &Machine, bytes: &[u8]| {
        machine.with(&[], |installer, exclusive| {
            let plan = installer.load(driftless_registry::bundle::load(bytes)?)?;
            installer.carry_out(exclusive, &plan)
        })
    };
    let stranger = Machine::new();
    assert!(matches!(load(&stranger, &saved).unwrap_err(), Error::NoTrustedKey { .. }));
    assert!(stranger.installed().is_empty());
    let other = Machine::trusting(team.key.public());
    load(&other, &saved).unwrap();
    assert_eq!(other.lock().to_toml(), machine.lock().to_toml());
    assert_eq!(other.installed(), ["greeter 1.0.0"]);

    // What its lock does not name, what is cut off, and what is no bundle.
    let mut more = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(1);
    more.append_data(&mut header, "plugins.toml", &b"x"[..]).unwrap();
    let mut twice = saved.clone();
    twice.truncate(saved.len() - 1024);
    twice.extend(more.into_inner().unwrap());
    for bytes in [&twice[..], &saved[..saved.len() / 2], b"no archive"] {
        let empty = Machine::trusting(team.key.public());
        assert!(matches!(load(&empty, bytes).unwrap_err(), Error::Bundle(_)));
        assert!(empty.installed().is_empty());
    }
}
