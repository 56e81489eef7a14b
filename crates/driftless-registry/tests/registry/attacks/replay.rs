//! Registries that have lost, changed or hidden what they had.

use driftless_registry::{Error, RegistryConfig, SigningKey};
use serde_json::{Value, json};

use super::{id, index_file, installed, lines, refuses, restate, signed_line, write_lines};
use crate::machine::{Machine, Publisher};
use crate::release::plugin;

#[test]
fn an_older_index_after_a_newer_one_is_refused() {
    let (team, machine, registries) = installed();
    let old = lines(&team, "greeter");
    team.publish("greeter", "1.1.0", json!({})).unwrap();
    assert_eq!(machine.update(&registries, &[]).unwrap(), ["greeter 1.0.0 -> 1.1.0"]);
    write_lines(&team, "greeter", &old);
    for error in [
        refuses(&machine, || machine.update(&registries, &[])),
        refuses(&machine, || machine.update(&registries, &["greeter"])),
        refuses(&machine, || machine.install(&registries, &["greeter@=1.0.0"])),
    ] {
        assert!(matches!(error, Error::Replayed { .. }), "{error}");
        assert!(error.to_string().contains("1.1.0 (sha256:"), "it says what was there: {error}");
    }
    assert_eq!(machine.installed(), ["greeter 1.1.0"]);
}

#[test]
fn a_release_that_was_only_seen_is_missed_as_well() {
    let (team, machine, registries) = installed();
    let old = lines(&team, "greeter");
    team.publish("greeter", "2.0.0", json!({})).unwrap();
    // What is compatible has not changed, and `2.0.0` is not taken; but it was there.
    team.publish("greeter", "1.0.1", json!({})).unwrap();
    assert_eq!(machine.update(&registries, &[]).unwrap(), ["greeter 1.0.0 -> 1.0.1"]);
    let without_newest: Vec<_> =
        lines(&team, "greeter").into_iter().filter(|line| !line.to_string().contains("2.0.0")).collect();
    write_lines(&team, "greeter", &without_newest);
    let error = refuses(&machine, || machine.update(&registries, &[]));
    assert!(matches!(error, Error::Replayed { .. }), "{error}");
    write_lines(&team, "greeter", &old);
    let error = refuses(&machine, || machine.install(&registries, &["greeter@=1.0.0"]));
    assert!(matches!(error, Error::Replayed { .. }), "{error}");
}

#[test]
fn what_was_seen_is_remembered_when_it_is_not_installed_any_more() {
    let (team, machine, registries) = installed();
    let old = lines(&team, "greeter");
    team.publish("greeter", "1.1.0", json!({})).unwrap();
    machine.update(&registries, &[]).unwrap();
    machine.remove(&registries, "greeter").unwrap();
    write_lines(&team, "greeter", &old);
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::Replayed { .. }), "{error}");
    assert!(machine.installed().is_empty());
}

#[test]
fn a_version_whose_file_was_changed_is_refused_though_it_is_signed() {
    let (team, machine, registries) = installed();
    let was = lines(&team, "greeter")[0].clone();
    let bytes = plugin("greeter", "1.0.0", json!({"description": "Owned"}));
    let digest = driftless_plugin_api::digest::Digest::of(&bytes);
    std::fs::write(team.root.path().join(driftless_registry::layout::blob(&digest)), &bytes).unwrap();
    restate(&team, "greeter", |statement| {
        statement["digest"] = json!(digest.to_string());
        statement["size"] = json!(bytes.len());
        statement["description"] = json!("Owned");
    });
    let was: Value = serde_json::from_str(was["statement"].as_str().unwrap()).unwrap();
    machine.remove(&registries, "greeter").unwrap();
    for error in [
        refuses(&machine, || machine.install(&registries, &["greeter"])),
        refuses(&machine, || machine.install(&registries, &["greeter@=1.0.0"])),
    ] {
        assert!(matches!(error, Error::Replayed { .. }), "{error}");
        let told = error.to_string();
        assert!(
            told.contains(was["digest"].as_str().unwrap()) && told.contains(&digest.to_string()),
            "{told}"
        );
    }
}

#[test]
fn the_file_of_an_installed_version_is_not_changed_by_an_update() {
    let (team, machine, registries) = installed();
    let bytes = plugin("greeter", "1.0.0", json!({"description": "Owned"}));
    let digest = driftless_plugin_api::digest::Digest::of(&bytes);
    std::fs::write(team.root.path().join(driftless_registry::layout::blob(&digest)), &bytes).unwrap();
    restate(&team, "greeter", |statement| {
        statement["digest"] = json!(digest.to_string());
        statement["size"] = json!(bytes.len());
        statement["description"] = json!("Owned");
    });
    let error = refuses(&machine, || machine.update(&registries, &[]));
    assert!(matches!(error, Error::Replayed { .. }), "{error}");
    assert!(error.to_string().contains(&digest.to_string()), "{error}");
}

#[test]
fn releases_that_no_key_signed_do_not_hide_which_was_newest() {
    let (team, _, registries) = installed();
    team.publish("greeter", "1.1.0", json!({})).unwrap();
    let right = lines(&team, "greeter");
    let machine = Machine::trusting(team.key.public());
    // More releases that are newer and signed by nothing that counts than are looked at. They are withdrawn, so that none is chosen.
    let other = SigningKey::generate().unwrap();
    let mut statement: Value = serde_json::from_str(right[0]["statement"].as_str().unwrap()).unwrap();
    let mut flooded = right.clone();
    for major in 10..60 {
        statement["version"] = json!(format!("{major}.0.0"));
        let mut line = signed_line(&other, &statement.to_string());
        line["yanked"] = json!(true);
        flooded.push(line);
    }
    write_lines(&team, "greeter", &flooded);
    assert_eq!(machine.install(&registries, &["greeter"]).unwrap(), ["+ greeter 1.1.0"]);
    write_lines(&team, "greeter", &right[..1]);
    machine.remove(&registries, "greeter").unwrap();
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::Replayed { .. }), "{error}");
}

#[test]
fn a_plugin_that_is_gone_from_its_registry_stays_installed() {
    let (team, machine, registries) = installed();
    std::fs::remove_file(index_file(&team, "greeter")).unwrap();
    let before = machine.files();
    let error = machine.update(&registries, &[]).unwrap_err();
    assert!(error.to_string().contains("the registry has no release of it"), "{error}");
    assert!(machine.files() == before);
    assert!(machine.install(&registries, &["greeter"]).unwrap().is_empty());
    assert_eq!(machine.installed(), ["greeter 1.0.0"]);
}

#[test]
fn a_registry_that_is_another_now_is_refused() {
    let (team, machine, registries) = installed();
    team.publish("greeter", "1.1.0", json!({})).unwrap();
    let path = team.root.path().join("config.json");
    let config = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, config.replace("plugins.example.com", "elsewhere.example.com")).unwrap();
    let error = refuses(&machine, || machine.update(&registries, &[]));
    assert!(matches!(error, Error::OtherRegistry { .. }), "{error}");
    let told = error.to_string();
    assert!(told.contains("plugins.example.com") && told.contains("elsewhere.example.com"), "{told}");
}

#[test]
fn a_registry_is_the_one_whose_key_was_trusted() {
    let (team, _, registries) = installed();
    let machine = Machine::trusting(team.key.public());
    let path = team.root.path().join("config.json");
    let other = "https://elsewhere.example.com/";
    let config = std::fs::read_to_string(&path).unwrap().replace(crate::machine::ID, other);
    std::fs::write(&path, config).unwrap();
    // With the very key: it was trusted for another registry.
    restate(&team, "greeter", |statement| statement["registry"] = json!(other));
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::OtherRegistry { .. }), "{error}");
}

#[test]
fn a_registry_without_signatures_is_not_exchanged_either() {
    let team = Publisher::new();
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let lenient = [RegistryConfig { allow_unsigned: true, ..team.config() }];
    let machine = Machine::new();
    machine.install(&lenient, &["greeter"]).unwrap();
    // No key is known of it, so what it was stands in the lock only.
    std::fs::remove_file(machine.home.path().join("trust.toml")).ok();
    team.publish("greeter", "1.1.0", json!({})).unwrap();
    let path = team.root.path().join("config.json");
    let other = "https://elsewhere.example.com/";
    let config = std::fs::read_to_string(&path).unwrap().replace(crate::machine::ID, other);
    std::fs::write(&path, config).unwrap();
    restate(&team, "greeter", |statement| statement["registry"] = json!(other));
    let error = refuses(&machine, || machine.update(&lenient, &[]));
    assert!(matches!(error, Error::OtherRegistry { .. }), "{error}");
}

#[test]
fn a_version_is_published_once() {
    let team = Publisher::new();
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let before = crate::machine::files(team.root.path());
    let error = team.publish("greeter", "1.0.0", json!({"description": "Other"})).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error}");
    assert_eq!(error.kind(), driftless_registry::ErrorKind::Refused);
    assert!(crate::machine::files(team.root.path()) == before);
    // Not under a name that is spelled otherwise, and not after it was withdrawn.
    team.folder.yank(&id("greeter"), &"1.0.0".parse().unwrap(), true).unwrap();
    assert!(matches!(team.publish("greeter", "1.0.0", json!({})), Err(Error::Exists { .. })));
    assert!(team.publish("Greeter", "1.0.0", json!({})).is_err());
}
