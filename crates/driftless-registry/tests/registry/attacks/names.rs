//! Names, versions and digests that lead elsewhere, and texts that are more than text.

use driftless_registry::{Error, ErrorKind, PluginId, Registries, Registry, Slug, Statement};
use serde_json::{Value, json};

use super::{assert_printable, fails, id, index_file, installed, lines, refuses, restate, write_lines};
use crate::machine::{Machine, Publisher, config};

/// What is no name, whatever reads it.
const NAMES: &[&str] = &[
    "",
    ".",
    "..",
    "../greeter",
    "..\\greeter",
    "a/../../b",
    "%2e%2e",
    "greeter%00",
    "greeter\0",
    "greeter\n",
    "C:greeter",
    "greeter:stream",
    "CON",
    "nul",
    "Lpt1",
    "ｇreeter",
    "grееter",
    "greeter\u{202e}",
    "greeter\u{200b}",
    "\u{1b}[2Jgreeter",
    "-greeter",
    "greeter.wasm",
];

/// Escape sequences, a turned direction, a bell, a line of its own.
const TEXT: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}gnp.exe\r\nerror: all is well\u{9b}31m";

#[test]
fn a_name_that_leads_elsewhere_is_asked_for_nowhere() {
    let (team, machine, registries) = installed();
    let before = crate::machine::files(team.root.path());
    for name in NAMES {
        let error = name.parse::<Slug>().unwrap_err();
        assert!(matches!(error, Error::Name { .. }), "{error}");
        assert_printable(&error);
        // A path is a request for a plugin of a namespace or registry, so it may be one that is not there.
        let error = fails(&machine, || machine.install(&registries, &[name]));
        assert!(matches!(error, Error::Name { .. } | Error::UnknownRegistry { .. }), "{name:?}: {error}");
        let error = fails(&machine, || machine.remove(&registries, name));
        assert!(matches!(error, Error::Name { .. } | Error::NotInstalled { .. }), "{name:?}: {error}");
        let error = fails(&machine, || machine.install(&registries, &[&format!("{name}/main/greeter")]));
        assert!(matches!(error, Error::Name { .. } | Error::UnknownRegistry { .. }), "{name:?}: {error}");
    }
    assert!(crate::machine::files(team.root.path()) == before);
}

#[test]
fn a_statement_with_a_name_that_leads_elsewhere_is_none() {
    let (team, _, registries) = installed();
    let machine = Machine::trusting(team.key.public());
    let right = lines(&team, "greeter");
    for name in NAMES {
        let changes: [fn(&mut Value, &str); 3] = [
            |statement, name| statement["name"] = json!(name),
            |statement, name| statement["namespace"] = json!(name),
            |statement, name| statement["dependencies"] = json!([{"name": name, "version": "*"}]),
        ];
        for (what, change) in changes.into_iter().enumerate() {
            // A dependency `a/b` is the plugin `b` of the namespace `a`.
            if what == 2 && matches!(*name, "a/../../b") {
                continue;
            }
            restate(&team, "greeter", |statement| change(statement, name));
            let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
            assert!(matches!(error, Error::Registry { .. }), "{name:?} {what}: {error}");
            write_lines(&team, "greeter", &right);
        }
    }
    assert_eq!(machine.install(&registries, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
}

#[test]
fn versions_and_digests_that_lead_elsewhere_are_none() {
    let (team, _, registries) = installed();
    let machine = Machine::trusting(team.key.public());
    let right = lines(&team, "greeter");
    let zeros = "0".repeat(63);
    for (key, value) in [
        ("version", "../1.0.0".to_owned()),
        ("version", "1.0.0/../../x".to_owned()),
        ("version", "1.0.0\0".to_owned()),
        ("version", "1.0.0+../x".to_owned()),
        ("version", "1.0.0-\u{202e}".to_owned()),
        ("version", "01.0.0".to_owned()),
        ("version", "99999999999999999999.0.0".to_owned()),
        ("digest", "sha256:../../../../etc/passwd".to_owned()),
        ("digest", "md5:d41d8cd98f00b204e9800998ecf8427e".to_owned()),
        ("digest", zeros.clone()),
        ("digest", format!("sha256:{zeros}")),
        ("digest", format!("sha256:{zeros}/")),
        ("digest", format!("sha256:{zeros}\0")),
        ("digest", format!("sha256:{zeros}00")),
        ("digest", format!("sha256:{zeros}０")),
        ("registry", "https://plugins.example.com/\u{1b}[2J".to_owned()),
        ("registry", String::new()),
        ("driftless_version", "\u{1b}[2J".to_owned()),
        ("published", "\u{1b}[2J".to_owned()),
        ("published", "1969-12-31T23:59:59Z".to_owned()),
        ("published", "10000-01-01T00:00:00Z".to_owned()),
    ] {
        restate(&team, "greeter", |statement| statement[key] = json!(value));
        let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
        assert!(matches!(error, Error::Registry { .. }), "{key} {value:?}: {error}");
        write_lines(&team, "greeter", &right);
    }
}

#[test]
fn what_cannot_be_filed_is_not_published() {
    let team = Publisher::new();
    let before = crate::machine::files(team.root.path());
    for name in ["CON", "..", "a/b", "ｇreeter"] {
        let error = team.publish(name, "1.0.0", json!({})).unwrap_err();
        assert_printable(&error);
        assert!(
            matches!(error, Error::Name { .. } | Error::Invalid { .. } | Error::Manifest { .. }),
            "{error}"
        );
    }
    assert!(crate::machine::files(team.root.path()) == before);
}

#[test]
fn a_name_that_looks_like_another_is_not_published() {
    let team = Publisher::new();
    team.publish("slack-notify", "1.0.0", json!({})).unwrap();
    let before = crate::machine::files(team.root.path());
    for name in ["s1ack-notify", "slacknotify", "SLACK--notify", "siack-notify", "slack-n0tify"] {
        let error = team.publish(name, "1.0.0", json!({})).unwrap_err();
        assert!(matches!(error, Error::NotPublished { .. }), "{name}: {error}");
        assert_eq!(error.kind(), ErrorKind::Refused);
    }
    let error = team.publish("Slack_Notify", "1.1.0", json!({})).unwrap_err();
    assert!(error.to_string().contains("are called `slack-notify`"), "{error}");
    assert_eq!(crate::machine::files(team.root.path()).len(), before.len());
}

#[test]
fn texts_of_strangers_are_shown_as_text() {
    // In a reason for revoking.
    let (team, machine, registries) = installed();
    let mut revoked = lines(&team, "greeter");
    revoked[0]["revoked"] = json!(format!("{TEXT}{}", "x".repeat(10_000)));
    write_lines(&team, "greeter", &revoked);
    let other = Machine::trusting(team.key.public());
    let error = fails(&other, || other.install(&registries, &["greeter"]));
    assert!(error.to_string().contains("it is revoked"), "{error}");

    // In the keys and values of what is read, and in what is not even JSON.
    for line in [
        json!({"v": 1, "statement": "{}", TEXT: 1}).to_string(),
        json!({"v": 1, "statement": json!({TEXT: 1}).to_string()}).to_string(),
        json!({"v": TEXT, "statement": ""}).to_string(),
        TEXT.to_owned(),
    ] {
        std::fs::write(index_file(&team, "greeter"), line).unwrap();
        refuses(&other, || other.install(&registries, &["greeter"]));
    }
    let error = Statement::parse(&json!({TEXT: 1}).to_string()).unwrap_err();
    assert!(!error.contains('\u{1b}'), "{error:?}");

    // In the registry's own file.
    for config in [json!({"v": 1, "id": TEXT, "namespace": "main"}), json!({TEXT: 1})] {
        std::fs::write(team.root.path().join("config.json"), config.to_string()).unwrap();
        refuses(&other, || other.install(&registries, &["greeter"]));
    }

    // In the files of the machine, which may have come with a project.
    for file in [&machine.places.lock, &machine.places.trust, &machine.places.seen] {
        let right = std::fs::read(file).unwrap();
        std::fs::write(file, format!("\"{TEXT}\" = \"{TEXT}")).unwrap();
        fails(&machine, || machine.update(&registries, &[]));
        std::fs::write(file, format!("x = {}", "[".repeat(1_000_000))).unwrap();
        fails(&machine, || machine.update(&registries, &[]));
        std::fs::write(file, right).unwrap();
    }
}

#[test]
fn a_search_finds_no_names_that_are_none_and_no_escapes() {
    let team = Publisher::new();
    team.publish("greeter", "1.0.0", json!({"description": "Says hello"})).unwrap();
    let path = team.root.path().join("search.jsonl");
    let line = |namespace: &str, name: &str, version: &str, description: &str| {
        json!({"namespace": namespace, "name": name, "version": version, "description": description})
            .to_string()
            + "\n"
    };
    let mut text = std::fs::read_to_string(&path).unwrap();
    for name in NAMES {
        text += &line("main", name, "1.0.0", "hello");
        text += &line(name, "greeter", "1.0.0", "hello");
    }
    text += &line("main", "other", TEXT, "hello");
    text += &line("main", "escaping", "1.0.0", &format!("hello {TEXT}"));
    text += &("[".repeat(5_000) + "hello\n");
    text += &line("main", "long", "1.0.0", &format!("hello {}", "x".repeat(20_000)));
    std::fs::write(&path, text).unwrap();
    let registry = Registry::new(team.config(), driftless_registry::HttpOptions::default()).unwrap();
    let found = registry.source().search(&["hello".to_owned()], 1_000).unwrap();
    let names: Vec<_> = found.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    assert_eq!(names, ["greeter", "escaping"]);
    for plugin in found.plugins {
        assert!(plugin.description.chars().all(driftless_plugin_api::text::is_printable), "{plugin:?}");
    }
}

#[test]
fn a_registry_with_a_name_that_is_none_is_not_opened() {
    for name in ["", "..", "a/b", "a\\b", "теам", "-a", "a\0", TEXT] {
        let config = config(name, "file:///nowhere");
        let error = Registry::new(config, driftless_registry::HttpOptions::default()).err().unwrap();
        assert!(matches!(error, Error::Name { .. }), "{name:?}: {error}");
        assert_printable(&error);
    }
    for url in ["file://relative", "ftp://example.com", "javascript:1", "http://user:pass@example.com", TEXT]
    {
        let opened = Registry::new(config("team", url), driftless_registry::HttpOptions::default());
        let error = opened.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        assert_printable(&error);
    }
}

#[test]
fn a_name_in_two_registries_is_chosen_by_the_user_alone() {
    let (team, evil) = (Publisher::new(), Publisher::new());
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    evil.publish("greeter", "9.0.0", json!({})).unwrap();
    let machine = Machine::trusting(team.key.public());
    machine.trust("evil", evil.key.public());
    for priority in [-1, 0, 1] {
        let mut other = driftless_registry::RegistryConfig { name: "evil".to_owned(), ..evil.config() };
        other.priority = priority;
        let registries = [team.config(), other];
        let error = fails(&machine, || machine.install(&registries, &["greeter"]));
        assert!(matches!(error, Error::SeveralRegistries { .. }), "{error}");
        assert!(error.to_string().contains("/main/greeter`"), "it says how to choose: {error}");
    }
    let other = driftless_registry::RegistryConfig { name: "evil".to_owned(), ..evil.config() };
    let registries = [team.config(), other];
    assert_eq!(machine.install(&registries, &["team/main/greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    assert!(
        machine.install(&registries, &["greeter"]).unwrap().is_empty(),
        "the one that is installed is meant"
    );
    // What it needs is looked for in its own registry, whichever other ones have it.
    evil.publish("base", "1.0.0", json!({})).unwrap();
    team.publish("top", "1.0.0", json!({"dependencies": [{"name": "base"}]})).unwrap();
    let error = fails(&machine, || machine.install(&registries, &["top"]));
    assert!(matches!(error, Error::NoSolution { .. }), "{error}");
    assert!(error.to_string().contains("team/main/base"), "{error}");
}

#[test]
fn one_registry_that_cannot_be_asked_is_not_passed_over() {
    let (team, machine, registries) = installed();
    team.publish("other", "1.0.0", json!({})).unwrap();
    let gone = config("gone", "file:///nowhere/at/all");
    let both = [registries[0].clone(), gone];
    let error = fails(&machine, || machine.install(&both, &["other"]));
    assert!(matches!(error, Error::Registry { ref registry, .. } if registry == "gone"), "{error}");
    let registries = Registries::new(Vec::new());
    let asked = PluginId { ..id("greeter") };
    assert!(registries.package(&asked.to_string().parse().unwrap()).is_err());
}
