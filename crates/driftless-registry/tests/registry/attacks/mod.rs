//! What goes wrong when not everybody is honest. Each attack is refused, and leaves what is installed as it was, to the byte.

mod concurrency;
mod downloads;
#[cfg(unix)]
mod files_and_links;
mod index;
mod names;
mod redirects_and_tokens;
mod replay;
mod signatures;

use std::path::PathBuf;

use driftless_registry::{Error, ErrorKind, PluginId, RegistryConfig, SigningKey, layout};
use serde_json::{Value, json};

use crate::machine::{Machine, Publisher};

/// A plugin of the namespace `main`.
fn id(name: &str) -> PluginId {
    PluginId { namespace: "main".parse().unwrap(), name: name.parse().unwrap() }
}

/// A plugin's file of the index.
fn index_file(team: &Publisher, name: &str) -> PathBuf {
    team.root.path().join(layout::index(&id(name)))
}

/// The lines of a plugin's file of the index.
fn lines(team: &Publisher, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(index_file(team, name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn write_lines(team: &Publisher, name: &str, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let file = index_file(team, name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

/// A line of the index, signed by a key.
fn signed_line(key: &SigningKey, statement: &str) -> Value {
    json!({"v": 1, "statement": statement, "signature": key.sign(statement.as_bytes()).unwrap()})
}

/// Changes what the newest release of a plugin states, and signs it with the very key that is trusted.
fn restate(team: &Publisher, name: &str, change: impl FnOnce(&mut Value)) {
    let mut lines = lines(team, name);
    let newest = lines.last_mut().unwrap();
    let mut statement: Value = serde_json::from_str(newest["statement"].as_str().unwrap()).unwrap();
    change(&mut statement);
    *newest = signed_line(&team.key, &statement.to_string());
    write_lines(team, name, &lines);
}

/// A registry with `greeter 1.0.0`, and a machine that trusts it and has installed that.
fn installed() -> (Publisher, Machine, [RegistryConfig; 1]) {
    let team = Publisher::new();
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let machine = Machine::trusting(team.key.public());
    let registries = [team.config()];
    machine.install(&registries, &["greeter"]).unwrap();
    (team, machine, registries)
}

/// Does what has to fail, and leave the machine as it is. Returns the error.
#[track_caller]
pub(crate) fn fails<R: std::fmt::Debug>(machine: &Machine, act: impl FnOnce() -> Result<R, Error>) -> Error {
    let before = machine.files();
    let error = act().unwrap_err();
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
    let after = machine.files();
    assert_eq!(names(&after), names(&before), "files came or went: {error}");
    assert!(after == before, "a file was changed: {error}");
    assert_printable(&error);
    error
}

/// The same, where a check has to say no: exit code 3.
#[track_caller]
pub(crate) fn refuses<R: std::fmt::Debug>(
    machine: &Machine,
    act: impl FnOnce() -> Result<R, Error>,
) -> Error {
    let error = fails(machine, act);
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    error
}

/// Whether a terminal shows a message as it is.
#[track_caller]
fn assert_printable(error: &Error) {
    let text = error.to_string();
    let strange = text.chars().find(|char| *char != '\n' && !driftless_plugin_api::text::is_printable(*char));
    assert_eq!(strange, None, "{text:?}");
    assert!(text.len() < 100_000, "a message of {} bytes", text.len());
}
