//! An index that is too much, or not what it seems.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use driftless_registry::resolve::{Releases, Wanted, resolve};
use driftless_registry::{
    Error, ErrorKind, Lock, Package, Policy, Publication, Release, Statement, Target, Trust, index,
};
use proptest::prelude::*;
use semver::{Version, VersionReq};
use serde_json::{Value, json};

use super::{fails, id, index_file, installed, lines, refuses, restate, signed_line, write_lines};
use crate::machine::{ID, Machine, Publisher, RULES};
use crate::release::plugin;

#[test]
fn an_index_without_end_is_not_read_to_it() {
    let (team, _, registries) = installed();
    let machine = Machine::trusting(team.key.public());
    let line = lines(&team, "greeter")[0].to_string();
    let with_version =
        |number: usize| line.replace(r#"\"version\":\"1.0.0\""#, &format!(r#"\"version\":\"{number}.0.0\""#));
    let of_lines = |count: usize| (0..count).map(|number| with_version(number) + "\n").collect::<String>();
    for (what, text) in [
        ("a million lines", "{\"v\":2}\n".repeat(1_000_000)),
        ("a million empty lines", "\n".repeat(1_000_000)),
        ("one release too many", of_lines(10_001)),
        ("more than there may be", " ".repeat((16 << 20) + 1)),
        ("a line of 16 MB", format!("{{\"v\":1,\"statement\":\"{}\"}}", "x".repeat((16 << 20) - 100))),
        ("a number of 16 MB", format!("{{\"v\":{}}}", "1".repeat((16 << 20) - 100))),
        ("lists in lists", "[".repeat(1_000_000)),
        ("objects in objects", "{\"v\":".repeat(1_000_000)),
        ("lists in a statement", json!({"v": 1, "statement": "[".repeat(50_000)}).to_string()),
        ("lists that are much in memory", format!("{{\"v\":1,\"x\":[{}0]}}", "[0],".repeat(100_000))),
    ] {
        std::fs::write(index_file(&team, "greeter"), text).unwrap();
        let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
        assert!(matches!(error, Error::Registry { .. }), "{what}: {error}");
    }
    std::fs::File::create(index_file(&team, "greeter")).unwrap().set_len(1 << 40).unwrap();
    refuses(&machine, || machine.install(&registries, &["greeter"]));
}

#[test]
fn as_many_releases_as_there_may_be_are_read() {
    let (team, _, _) = installed();
    let line = lines(&team, "greeter")[0].to_string();
    let with_version =
        |number: usize| line.replace(r#"\"version\":\"1.0.0\""#, &format!(r#"\"version\":\"{number}.0.0\""#));
    let text: String = (0..10_000).map(|number| with_version(number) + "\n").collect();
    assert_eq!(index::parse(text.as_bytes()).unwrap().len(), 10_000);
}

#[test]
fn a_key_that_is_there_twice_is_refused_wherever_it_is() {
    let (team, _, registries) = installed();
    let machine = Machine::trusting(team.key.public());
    let line = lines(&team, "greeter")[0].clone();
    let statement = line["statement"].as_str().unwrap().to_owned();
    let signed = |text: &str| signed_line(&team.key, text).to_string();
    let with = |more: &str| signed(&statement.replacen('{', &format!("{{{more},"), 1));
    let mut twice = Vec::new();
    // In the line: one that this program reads, and one that decides whether it does.
    for more in [r#""yanked":true,"yanked":false"#, r#""v":1"#, r#""v":2"#, r#""statement":"{}""#] {
        twice.push(line.to_string().replacen('{', &format!("{{{more},"), 1));
    }
    // In the statement, at its top and in what stands in it.
    for more in [
        r#""version":"1.0.0""#,
        r#""digest":"sha256:00""#,
        r#""dependencies":[{"name":"a","name":"b"}]"#,
        r#""permissions":[{"FileSystem":{"paths":["/a"]},"FileSystem":{"paths":["/b"]}}]"#,
        r#""permissions":[{"FileSystem":{"paths":["/a"],"paths":["/b"]}}]"#,
        r#""permissions":[{"FileSystem":{"paths":["/a"]},"Network":{"hosts":["b"]}}]"#,
    ] {
        twice.push(with(more));
    }
    for line in twice {
        std::fs::write(index_file(&team, "greeter"), &line).unwrap();
        let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
        assert!(matches!(error, Error::Registry { .. }), "{line}: {error}");
    }
}

#[test]
fn what_is_unknown_is_no_condition_that_may_be_overlooked() {
    let (team, _, registries) = installed();
    let machine = Machine::trusting(team.key.public());
    let right = lines(&team, "greeter");
    for change in [
        (|statement: &mut Value| statement["only_if"] = json!("x")) as fn(&mut Value),
        |statement| statement["schema"] = json!(2),
        |statement| statement["size"] = json!(-1),
        |statement| statement["size"] = json!(1e300),
        |statement| statement["security_fix"] = json!("yes"),
        |statement| statement["permissions"] = json!([{"Everything": {}}]),
    ] {
        restate(&team, "greeter", change);
        refuses(&machine, || machine.install(&registries, &["greeter"]));
        write_lines(&team, "greeter", &right);
    }
}

#[test]
fn one_version_is_there_once_whatever_its_build_is_called() {
    let (team, _, registries) = installed();
    let machine = Machine::trusting(team.key.public());
    let right = lines(&team, "greeter");
    for again in ["1.0.0", "1.0.0+b"] {
        let mut statement: Value = serde_json::from_str(right[0]["statement"].as_str().unwrap()).unwrap();
        statement["version"] = json!(again);
        write_lines(&team, "greeter", &[right[0].clone(), signed_line(&team.key, &statement.to_string())]);
        let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
        assert!(error.to_string().contains("is there twice"), "{error}");
    }
    // And it is published once.
    write_lines(&team, "greeter", &right);
    let error = team.publish("greeter", "1.0.0+b", json!({})).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error}");
    assert!(error.to_string().contains("sha256:"), "it says what is there: {error}");
}

#[test]
fn lines_of_a_later_form_are_left_out_and_not_lost() {
    let (team, _, registries) = installed();
    let machine = Machine::trusting(team.key.public());
    let file = index_file(&team, "greeter");
    let text = std::fs::read_to_string(&file).unwrap() + "{\"v\":2,\"what\":[\"ever\"]}\n";
    std::fs::write(&file, &text).unwrap();
    assert_eq!(machine.install(&registries, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    let version = "1.0.0".parse().unwrap();
    for error in [
        team.publish("greeter", "1.1.0", json!({})).unwrap_err(),
        team.folder.yank(&id("greeter"), &version, true).unwrap_err(),
    ] {
        assert!(matches!(error, Error::NotPublished { .. }), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_registry_of_a_later_form_is_not_guessed_at() {
    let (team, machine, registries) = installed();
    let path = team.root.path().join("config.json");
    for (config, expected) in [
        (json!({"v": 2, "id": ID, "namespace": "main"}), "its form is 2"),
        (json!({"v": 1, "id": ID, "namespace": "main", "tuf": true}), "unknown field"),
        (json!({"v": 1, "id": ID, "namespace": "../.."}), "is no name"),
        (json!({"v": 1, "id": "", "namespace": "main"}), "1 to 200 visible"),
        (json!({"v": 1, "id": "x".repeat(100_000), "namespace": "main"}), "more than 65536 bytes"),
        (json!([]), "invalid"),
    ] {
        std::fs::write(&path, config.to_string()).unwrap();
        let other = Machine::trusting(team.key.public());
        let error = refuses(&other, || other.install(&registries, &["greeter"]));
        assert!(error.to_string().contains(expected), "{error}");
        // What is installed goes on without the registry.
        assert_eq!(machine.installed(), ["greeter 1.0.0"]);
    }
    std::fs::remove_file(&path).unwrap();
    let error = fails(&machine, || machine.install(&registries, &["other"]));
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[test]
fn a_size_that_no_plugin_has_is_not_downloaded() {
    let (team, _, registries) = installed();
    let machine = Machine::trusting(team.key.public());
    for size in [u64::MAX, (64 << 20) + 1] {
        restate(&team, "greeter", |statement| statement["size"] = json!(size));
        let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
        assert!(error.to_string().contains(&size.to_string()), "{error}");
    }
}

#[test]
fn a_clock_that_is_far_ahead_does_not_make_a_release_old() {
    let (team, _, registries) = installed();
    restate(&team, "greeter", |statement| statement["published"] = json!("9999-12-31T23:59:59Z"));
    let machine = Machine::trusting(team.key.public());
    let mut waiting = registries[0].clone();
    waiting.min_age = Some(Duration::from_secs(60));
    let error = fails(&machine, || machine.install(&[waiting], &["greeter"]));
    assert!(matches!(error, Error::NoSolution { .. }), "{error}");
    assert!(error.to_string().contains("which this machine's clock has not reached"), "{error}");
}

#[test]
fn what_needs_itself_or_goes_in_a_circle_comes_to_an_end() {
    let team = Publisher::new();
    let needs = |name: &str, range: &str| json!({"dependencies": [{"name": name, "version": range}]});
    team.publish("one", "1.0.0", needs("two", "^1")).unwrap();
    team.publish("two", "1.0.0", needs("one", "^1")).unwrap();
    team.publish("itself", "1.0.0", needs("itself", "^1")).unwrap();
    team.publish("another", "1.0.0", needs("another", "<1.0.0")).unwrap();
    team.publish("another", "0.9.0", needs("another", "^1")).unwrap();
    team.publish("newer", "1.0.0", needs("older", "*")).unwrap();
    team.publish("older", "1.0.0", needs("newer", "<1.0.0")).unwrap();
    let registries = [team.config()];
    let machine = Machine::trusting(team.key.public());
    assert_eq!(machine.install(&registries, &["one"]).unwrap(), ["+ one 1.0.0", "+ two 1.0.0"]);
    assert_eq!(machine.install(&registries, &["itself"]).unwrap(), ["+ itself 1.0.0"]);
    for name in ["another", "newer"] {
        let error = fails(&machine, || machine.install(&registries, &[name]));
        assert!(matches!(error, Error::NoSolution { .. }), "{name}: {error}");
    }
    assert_eq!(machine.remove(&registries, "itself").unwrap(), ["- itself 1.0.0"]);
    assert!(machine.update(&registries, &[]).unwrap().is_empty());
    let error = fails(&machine, || machine.remove(&registries, "two"));
    assert!(matches!(error, Error::NotRemoved { .. }), "{error}");
    assert_eq!(machine.remove(&registries, "one").unwrap(), ["- one 1.0.0", "- two 1.0.0"]);
}

/// A registry in memory: what a plugin needs is made up when it is asked for.
struct MadeUp<F>(F);

impl<F: Fn(&str) -> Vec<(String, Value)>> Releases for MadeUp<F> {
    fn releases(&self, package: &Package) -> Result<Vec<Release>, Error> {
        let release = |(version, dependencies): (String, Value)| {
            let statement = json!({
                "schema": 1, "registry": ID, "namespace": "main", "name": package.id.name.as_str(),
                "version": version, "digest": format!("sha256:{}", "0".repeat(64)), "size": 1,
                "driftless_version": "*", "dependencies": dependencies, "published": "2026-01-01T00:00:00Z",
            });
            let text = statement.to_string();
            let statement = Statement::parse(&text).unwrap();
            Release { statement, text, signature: None, is_yanked: false, revoked: None }
        };
        Ok((self.0)(package.id.name.as_str()).into_iter().map(release).collect())
    }

    fn min_age(&self, _: &str) -> Duration {
        Duration::ZERO
    }
}

fn resolved(
    root: &str,
    made_up: impl Fn(&str) -> Vec<(String, Value)>,
) -> Result<BTreeMap<Package, Release>, Error> {
    let package = Package { registry: "team".to_owned(), id: id(root) };
    let wanted = [Wanted { package, range: VersionReq::STAR }];
    let policy = Policy { host: Version::new(0, 1, 0), now: SystemTime::now() };
    resolve(&wanted, &BTreeMap::new(), &policy, &MadeUp(made_up))
}

fn number(name: &str) -> usize {
    name[1..].parse().unwrap()
}

#[test]
fn a_chain_without_end_needs_no_stack_and_is_cut_off() {
    let next = |name: &str| json!([{"name": format!("p{}", number(name) + 1), "version": "^1"}]);
    let error = resolved("p0", |name| vec![("1.0.0".to_owned(), next(name))]).unwrap_err();
    assert!(matches!(error, Error::TooManyChoices(_)), "{error}");
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.to_string().contains("more than 1000 plugins"), "{error}");
    // One that ends is followed, and one that ends in nothing is explained.
    let of_length = |length: usize| {
        move |name: &str| match number(name) {
            last if last == length => vec![("1.0.0".to_owned(), json!([]))],
            last if last > length => Vec::new(),
            _ => vec![("1.0.0".to_owned(), next(name))],
        }
    };
    assert_eq!(resolved("p0", of_length(900)).unwrap().len(), 901);
    let error = resolved("p0", |name| match number(name) {
        900 => Vec::new(),
        _ => vec![("1.0.0".to_owned(), next(name))],
    })
    .unwrap_err();
    assert!(matches!(error, Error::NoSolution { .. }), "{error}");
    assert!(error.to_string().len() < 20_000, "{}", error.to_string().len());
}

#[test]
fn a_lock_with_a_chain_of_ten_thousand_needs_no_stack() {
    let (_team, machine, registries) = installed();
    let text = std::fs::read_to_string(&machine.places.lock).unwrap();
    let (header, entry) = text.split_once("[[plugin]]").unwrap();
    let entry = entry.replace("requested = \"^1.0.0\"\n", "");
    assert_ne!(entry, text, "it was asked for");
    let mut chain = header.to_owned();
    for number in 0..10_000 {
        let requested = if number % 5_000 == 0 { "requested = \"*\"\n" } else { "" };
        chain += &format!(
            "[[plugin]]{}{requested}dependencies = [\"main/p{}\"]\n\n",
            entry.replace("\"greeter\"", &format!("\"p{number}\"")).trim_end().to_owned() + "\n",
            (number + 1) % 10_000
        );
    }
    let lock = Lock::from_toml(&chain).unwrap();
    assert_eq!(lock.plugins().count(), 10_000);
    std::fs::write(&machine.places.lock, chain).unwrap();
    let error = fails(&machine, || machine.remove(&registries, "p0"));
    assert!(matches!(error, Error::NotRemoved { .. }), "{error}");
    let error = fails(&machine, || machine.update(&registries, &["p0"]));
    assert!(matches!(error, Error::NoSolution { .. }), "the registry has none of them: {error}");
    let one_root = std::fs::read_to_string(&machine.places.lock).unwrap();
    let (before, after) = one_root.rsplit_once("requested = \"*\"\n").unwrap();
    std::fs::write(&machine.places.lock, format!("{before}{after}")).unwrap();
    assert_eq!(machine.remove(&registries, "p0").unwrap().len(), 10_000, "a circle that nothing else needs");
}

#[test]
fn many_versions_that_need_many_do_not_hold_up_the_machine() {
    // Every version of every plugin needs one version of each of the others, and no two of them agree.
    let bomb = |name: &str| {
        let own = number(name);
        let release = |version: usize| {
            let others = (0..10).filter(|other| *other != own);
            let needs = others.map(|other| {
                json!({"name": format!("p{other}"), "version": format!("={}.0.0", (version * 7 + own * 3 + other) % 60)})
            });
            (format!("{version}.0.0"), needs.collect::<Value>())
        };
        (0..60).map(release).collect::<Vec<_>>()
    };
    let error = resolved("p0", bomb).unwrap_err();
    assert!(matches!(error, Error::NoSolution { .. } | Error::TooManyChoices(_)), "{error}");
    assert!(error.to_string().len() < 1_000_000, "{}", error.to_string().len());
    // Pigeons and holes: no two of twelve may share one of eleven. Every proof of that is long.
    let pigeons = |name: &str| {
        if name == "root" {
            let all = (0..12).map(|pigeon| json!({"name": format!("p{pigeon}")}));
            return vec![("1.0.0".to_owned(), all.collect())];
        }
        match name.split_at(1) {
            ("p", pigeon) => (0..11)
                .map(|hole| {
                    let pigeon: usize = pigeon.parse().unwrap();
                    let range = format!("={pigeon}.0.0");
                    (format!("{hole}.0.0"), json!([{"name": format!("h{hole}"), "version": range}]))
                })
                .collect(),
            _ => (0..12).map(|pigeon| (format!("{pigeon}.0.0"), json!([]))).collect(),
        }
    };
    let error = resolved("root", pigeons).unwrap_err();
    assert!(matches!(error, Error::NoSolution { .. } | Error::TooManyChoices(_)), "{error}");
    assert!(error.to_string().len() < 1_000_000, "{}", error.to_string().len());
}

#[test]
fn ranges_at_the_end_of_all_numbers_are_ranges() {
    let max = u64::MAX;
    let ranges = [format!("^{max}"), format!("~{max}"), format!("={max}.{max}"), format!("^0.0.{max}")];
    for range in ranges.iter().chain([&format!("<={max}"), &format!(">{max}"), &">3, <2".to_owned()]) {
        let needs = json!([{"name": "p1", "version": range}]);
        let made_up = |name: &str| match name {
            "p0" => vec![("1.0.0".to_owned(), needs.clone())],
            _ => vec![(format!("{max}.{max}.{max}"), json!([])), (format!("0.0.{max}"), json!([]))],
        };
        match resolved("p0", made_up) {
            Ok(chosen) => assert_eq!(chosen.len(), 2, "{range}"),
            Err(error) => assert!(
                matches!(error, Error::NoSolution { .. }) && range.starts_with('>'),
                "{range}: {error}"
            ),
        }
    }
}

#[test]
fn a_patch_at_the_end_of_all_numbers_is_refused_without_a_panic() {
    let team = Publisher::new();
    let version = |patch: u64| format!("1.{}.{patch}", u64::MAX);
    team.publish("greeter", &version(0), json!({})).unwrap();
    let more = json!({"permissions": [{"Environment": {"vars": ["HOME"]}}]});
    let error = team.publish("greeter", &version(1), more).unwrap_err();
    assert!(matches!(error, Error::NotPublished { .. }), "{error}");
}

#[test]
fn a_manifest_that_asks_for_more_than_was_signed_is_refused() {
    let (team, _, registries) = installed();
    let machine = Machine::trusting(team.key.public());
    let right = lines(&team, "greeter");
    type Edit = fn(&mut Value);
    let changes: [(&str, Edit); 8] = [
        ("name", |statement| statement["name"] = json!("Greeter")),
        ("version", |statement| statement["version"] = json!("1.0.1")),
        ("description", |statement| statement["description"] = json!("Something else")),
        ("driftless_version", |statement| statement["driftless_version"] = json!("^0.1")),
        ("dependencies", |statement| statement["dependencies"] = json!([{"name": "base", "version": "*"}])),
        ("more permissions", |statement| {
            statement["permissions"] = json!([{"Environment": {"vars": ["HOME"]}}]);
        }),
        ("size", |statement| statement["size"] = json!(1)),
        ("digest", |statement| statement["digest"] = json!(format!("sha256:{}", "0".repeat(64)))),
    ];
    team.publish("base", "1.0.0", json!({})).unwrap();
    for (what, change) in changes {
        restate(&team, "greeter", change);
        let error = machine.install(&registries, &["greeter"]).unwrap_err();
        match what {
            "digest" => assert!(matches!(error, Error::MissingFile { .. }), "{what}: {error}"),
            "size" => assert!(matches!(error, Error::TooLong { .. }), "{what}: {error}"),
            _ => assert!(matches!(error, Error::ManifestDiffers { .. }), "{what}: {error}"),
        }
        assert!(machine.installed().is_empty(), "{what}");
        write_lines(&team, "greeter", &right);
    }
    // The file asks for what its statement does not say.
    let asking = json!({"permissions": [{"Network": {"hosts": ["https://example.com"]}}]});
    let target = Target {
        registry: ID,
        namespace: &"main".parse().unwrap(),
        published: SystemTime::now(),
        is_security_fix: false,
    };
    let signed = Publication::sign(plugin("asker", "1.0.0", asking), RULES, &target, &team.key).unwrap();
    team.folder.publish(&signed, None).unwrap();
    restate(&team, "asker", |statement| {
        statement.as_object_mut().unwrap().remove("permissions");
    });
    let error = machine.install(&registries, &["asker"]).unwrap_err();
    assert!(matches!(error, Error::ManifestDiffers { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Refused);
    let (text, signature) = (lines(&team, "asker")[0]["statement"].clone(), team.key.sign(b"x").unwrap());
    let received =
        Publication::received(signed.bytes().to_vec(), RULES, text.as_str().unwrap().to_owned(), signature);
    assert!(matches!(received.err(), Some(Error::ManifestDiffers { .. })));
}

#[test]
fn a_file_that_is_no_plugin_is_refused_though_it_is_signed() {
    let (team, machine, registries) = installed();
    let bytes = b"#!/bin/sh\n".to_vec();
    let digest = driftless_plugin_api::digest::Digest::of(&bytes);
    std::fs::write(team.root.path().join(driftless_registry::layout::blob(&digest)), &bytes).unwrap();
    team.publish("greeter", "1.1.0", json!({})).unwrap();
    restate(&team, "greeter", |statement| {
        statement["digest"] = json!(digest.to_string());
        statement["size"] = json!(bytes.len());
    });
    let error = machine.update(&registries, &[]).unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(machine.installed(), ["greeter 1.0.0"]);
}

/// Texts that are nearly what is read: what is right, cut and changed in places.
fn nearly(right: String) -> impl Strategy<Value = Vec<u8>> {
    let length = right.len();
    let edits = prop::collection::vec((0..length, any::<u8>(), any::<bool>()), 0..6);
    (edits, 0..=length).prop_map(move |(edits, cut)| {
        let mut bytes = right.clone().into_bytes();
        bytes.truncate(cut.max(1));
        for (at, byte, inserted) in edits {
            match at.min(bytes.len().saturating_sub(1)) {
                at if inserted => bytes.insert(at, byte),
                at => bytes[at] = byte,
            }
        }
        bytes
    })
}

fn right_line() -> String {
    let team = Publisher::new();
    let more =
        json!({"dependencies": [{"name": "base"}], "permissions": [{"Environment": {"vars": ["HOME"]}}]});
    let text = team.signed("greeter", "1.0.0", more).unwrap().text().to_owned();
    signed_line(&team.key, &text).to_string()
}

fn right_statement() -> String {
    let line: Value = serde_json::from_str(&right_line()).unwrap();
    line["statement"].as_str().unwrap().to_owned()
}

fn right_file(of: fn(&Machine) -> std::path::PathBuf) -> String {
    let (_team, machine, _) = installed();
    std::fs::read_to_string(of(&machine)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_an_index_is_it_is_read_or_refused(bytes in prop_oneof![
        nearly(right_line()), prop::collection::vec(any::<u8>(), 0..400),
    ]) {
        match index::parse(&bytes) {
            Ok(releases) => for release in releases {
                let line = release.to_line();
                prop_assert_eq!(index::parse(line.as_bytes()).unwrap(), [release]);
            },
            Err(why) => prop_assert!(why.len() < 2_000),
        }
    }

    #[test]
    fn whatever_a_statement_is_it_is_read_or_refused(bytes in prop_oneof![
        nearly(right_statement()), prop::collection::vec(any::<u8>(), 0..400),
    ]) {
        if let Ok(statement) = Statement::parse(&String::from_utf8_lossy(&bytes)) {
            prop_assert_eq!(Statement::parse(&statement.to_text()).unwrap().to_text(), statement.to_text());
        }
    }

    #[test]
    fn whatever_a_lock_is_it_is_read_or_refused(bytes in prop_oneof![
        nearly(right_file(|machine| machine.places.lock.clone())), prop::collection::vec(any::<u8>(), 0..400),
    ]) {
        match Lock::from_toml(&String::from_utf8_lossy(&bytes)) {
            Ok(lock) => prop_assert_eq!(Lock::from_toml(&lock.to_toml()).unwrap(), lock),
            Err(error) => prop_assert!(error.to_string().len() < 5_000),
        }
    }

    #[test]
    fn whatever_is_trusted_is_read_or_refused(bytes in prop_oneof![
        nearly(right_file(|machine| machine.places.trust.clone())), prop::collection::vec(any::<u8>(), 0..400),
    ]) {
        match Trust::from_toml(&String::from_utf8_lossy(&bytes)) {
            Ok(trust) => prop_assert_eq!(Trust::from_toml(&trust.to_toml()).unwrap(), trust),
            Err(error) => prop_assert!(error.to_string().len() < 5_000),
        }
    }
}
