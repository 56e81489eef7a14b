//! The command `minisign`, which is none of ours: it checks what we sign, and we check what it signs.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use driftless_registry::{Error, PublicKey, Publication, SigningKey, Statement, Target};
use driftless_validator::{PluginFile, Rules};
use serde_json::json;

use super::program;
use crate::machine::{ID, Machine, Publisher, RULES};
use crate::release::plugin;

/// Runs `minisign` in a folder. Returns whether it was content.
fn minisign(program: &Path, folder: &Path, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    eprintln!("minisign {arguments:?}: {}", String::from_utf8_lossy(&output.stdout).trim());
    output.status.success()
}

#[test]
fn minisign_verifies_what_we_sign() {
    let Some(program) = program("minisign") else { return };
    let team = Publisher::new();
    let publication = team.signed("greeter", "1.0.0", json!({})).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("statement.json", publication.text());
    write("statement.json.minisig", publication.signature());
    let key = team.key.public().to_string();
    let verify = ["-V", "-q", "-m", "statement.json", "-P", &key];
    assert!(minisign(&program, folder.path(), &verify));
    let other = SigningKey::generate().unwrap().public().to_string();
    assert!(!minisign(&program, folder.path(), &["-V", "-q", "-m", "statement.json", "-P", &other]));
    write("statement.json", &publication.text().replace("1.0.0", "1.0.1"));
    assert!(!minisign(&program, folder.path(), &verify));
    // Its signature is over the comment as well.
    write("statement.json", publication.text());
    let changed = publication.signature().replace("trusted comment: ", "trusted comment: not ");
    assert_ne!(changed, publication.signature());
    write("statement.json.minisig", &changed);
    assert!(!minisign(&program, folder.path(), &verify));
}

#[test]
fn what_minisign_signs_is_published_and_installed() {
    let Some(program) = program("minisign") else { return };
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(minisign(&program, folder.path(), &["-G", "-W", "-p", "key.pub", "-s", "key"]));
    let key: PublicKey = read("key.pub").lines().nth(1).unwrap().parse().unwrap();

    let bytes = plugin("greeter", "1.0.0", json!({}));
    let namespace = "main".parse().unwrap();
    let target =
        Target { registry: ID, namespace: &namespace, published: SystemTime::now(), is_security_fix: false };
    let inspected = PluginFile::inspect(bytes.clone());
    let manifest = inspected.info().manifest().unwrap();
    let statement = Statement::of(manifest, &bytes, &target).unwrap();
    std::fs::write(folder.path().join("statement.json"), statement.to_text()).unwrap();
    assert!(minisign(&program, folder.path(), &["-S", "-s", "key", "-m", "statement.json", "-t", "by hand"]));
    let signature = read("statement.json.minisig");
    assert!(key.has_signed(statement.to_text().as_bytes(), &signature));

    let team = Publisher::new();
    let rules = Rules { allow_wasi: false };
    let publication = Publication::received(bytes, rules, statement.to_text(), signature).unwrap();
    team.folder.publish(&publication, Some(&key)).unwrap();
    let machine = Machine::trusting(&key);
    assert_eq!(machine.install(&[team.config()], &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    let stranger = Machine::trusting(team.key.public());
    let error = stranger.install(&[team.config()], &["greeter"]).unwrap_err();
    assert!(matches!(error, Error::WrongSignature { .. }), "{error}");

    // A key that it made signs here, too, and it verifies that.
    let written = read("key");
    let ours = SigningKey::from_text(&written, None).unwrap();
    assert_eq!(*ours.public(), key);
    let again = plugin("greeter", "1.1.0", json!({}));
    let publication = Publication::sign(again, RULES, &target, &ours).unwrap();
    team.folder.publish(&publication, None).unwrap();
    assert_eq!(machine.update(&[team.config()], &[]).unwrap(), ["greeter 1.0.0 -> 1.1.0"]);
    std::fs::write(folder.path().join("statement.json"), publication.text()).unwrap();
    std::fs::write(folder.path().join("statement.json.minisig"), publication.signature()).unwrap();
    let verify = ["-V", "-q", "-m", "statement.json", "-p", "key.pub"];
    assert!(minisign(&program, folder.path(), &verify));
    // And it signs with the file of a key that we have written.
    std::fs::write(folder.path().join("key"), ours.to_text().unwrap()).unwrap();
    assert!(minisign(&program, folder.path(), &["-S", "-s", "key", "-m", "statement.json"]));
    assert!(minisign(&program, folder.path(), &verify));
    // A key that was damaged signs nothing.
    let damaged = damaged(&written);
    assert_ne!(damaged, written);
    assert!(SigningKey::from_text(&damaged, None).is_err());
}

/// A file of a key in which one letter is another, in the middle of the secret half.
fn damaged(key: &str) -> String {
    let (comment, key) = key.split_once('\n').unwrap();
    let (before, after) = key.split_at(100);
    let letter = if after.starts_with('A') { 'B' } else { 'A' };
    format!("{comment}\n{before}{letter}{}", &after[1..])
}
