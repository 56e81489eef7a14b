//! Signatures of something else, by another key, or of another kind.

use driftless_plugin_api::digest::Digest;
use driftless_registry::{Error, ErrorKind, PublicKey, RegistryConfig, Rotation, SigningKey, Trust, layout};
use serde_json::{Value, json};

use super::{id, index_file, installed, lines, refuses, restate, signed_line, write_lines};
use crate::machine::{ID, Machine, Publisher, config};
use crate::release::plugin;

/// A registry with `greeter 1.0.0`, and a machine that trusts it and has nothing installed.
fn published() -> (Publisher, Machine, [RegistryConfig; 1]) {
    let (team, _, registries) = installed();
    let machine = Machine::trusting(team.key.public());
    (team, machine, registries)
}

fn statement(line: &Value) -> String {
    line["statement"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_not_signed_is_refused() {
    let (team, machine, registries) = published();
    let right = lines(&team, "greeter");
    let mut unsigned = right.clone();
    unsigned[0].as_object_mut().unwrap().remove("signature");
    write_lines(&team, "greeter", &unsigned);
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::Unsigned { .. }), "{error}");

    // Where nothing has to be signed, what is left out of a signed one is missed all the same.
    let lenient = [RegistryConfig { allow_unsigned: true, ..team.config() }];
    let error = refuses(&machine, || machine.install(&lenient, &["greeter"]));
    assert!(matches!(error, Error::Unsigned { .. }), "{error}");
    assert_eq!(Machine::new().install(&lenient, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
}

#[test]
fn a_key_that_is_not_trusted_signs_for_nothing() {
    let (team, machine, registries) = published();
    let other = SigningKey::generate().unwrap();
    let text = statement(&lines(&team, "greeter")[0]);
    write_lines(&team, "greeter", &[signed_line(&other, &text)]);
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::WrongSignature { .. }), "{error}");
    assert!(error.to_string().contains(team.key.public().as_str()), "it says which keys are: {error}");

    // Not even where the registry hands it out.
    let keys = json!({"keys": [other.public().as_str()]});
    std::fs::write(team.root.path().join("keys/main.json"), keys.to_string()).unwrap();
    refuses(&machine, || machine.install(&registries, &["greeter"]));
    let new = Machine::new();
    drop(new.places.exclusive(|| ()).unwrap());
    let error = refuses(&new, || new.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::NoTrustedKey { .. }), "{error}");

    // A key of another namespace, or of another registry, is another key.
    let elsewhere = Machine::new();
    let exclusive = elsewhere.places.exclusive(|| ()).unwrap();
    let pin = |trust: &mut Trust| {
        trust.pin("team", ID, &"other".parse().unwrap(), other.public())?;
        trust.pin("mirror", ID, &"main".parse().unwrap(), other.public())
    };
    elsewhere.places.change_trust(&exclusive, pin).unwrap();
    drop(exclusive);
    let error = refuses(&elsewhere, || elsewhere.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::NoTrustedKey { .. }), "{error}");
}

#[test]
fn a_signature_is_of_one_plugin_in_one_version_of_one_registry() {
    let (team, machine, registries) = published();
    team.publish("other", "2.0.0", json!({})).unwrap();
    let right = lines(&team, "greeter");
    let other = lines(&team, "other");

    // The signature of another plugin, or of another version, beside this one's text.
    team.publish("greeter", "1.1.0", json!({})).unwrap();
    for signature in [&other[0]["signature"], &lines(&team, "greeter")[1]["signature"]] {
        let mut swapped = right.clone();
        swapped[0]["signature"] = signature.clone();
        write_lines(&team, "greeter", &swapped);
        let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
        assert!(matches!(error, Error::WrongSignature { .. }), "{error}");
    }

    // Another plugin's line in this one's place: well signed, and about something else.
    write_lines(&team, "greeter", &other);
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::OtherStatement { .. }), "{error}");
    let told = error.to_string();
    assert!(told.contains("expected `main/greeter`, found `main/other`"), "{told}");

    // Another namespace, another registry.
    for (key, value) in [("namespace", "other"), ("registry", "https://elsewhere.example.com/")] {
        write_lines(&team, "greeter", &right);
        restate(&team, "greeter", |statement| statement[key] = json!(value));
        let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
        assert!(matches!(error, Error::OtherStatement { .. }), "{error}");
        assert!(error.to_string().contains(value), "{error}");
    }

    // A version that is offered as another: the line says nothing of it beside the statement.
    let mut renamed = right.clone();
    renamed[0]["version"] = json!("9.9.9");
    write_lines(&team, "greeter", &renamed);
    refuses(&machine, || machine.install(&registries, &["greeter"]));
}

#[test]
fn a_statement_is_signed_to_the_byte() {
    let (team, machine, registries) = published();
    let right = lines(&team, "greeter");
    let text = statement(&right[0]);
    for changed in [
        text.replace("1.0.0", "1.0.1"),
        text.replacen('{', "{ ", 1),
        format!("{text}\n"),
        text.replacen("main", "\\u006dain", 1),
    ] {
        assert_ne!(changed, text);
        let mut lines = right.clone();
        lines[0]["statement"] = json!(changed);
        write_lines(&team, "greeter", &lines);
        let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
        assert!(matches!(error, Error::WrongSignature { .. }), "{changed}: {error}");
    }
}

#[test]
fn signatures_of_other_kinds_count_for_nothing() {
    let (team, machine, registries) = published();
    let right = lines(&team, "greeter");
    let signature = right[0]["signature"].as_str().unwrap();
    let legacy = legacy_signature(&team.key, &statement(&right[0]));
    let decoded = minisign_verify::Signature::decode(&legacy).unwrap();
    let key = minisign_verify::PublicKey::from_base64(team.key.public().as_str()).unwrap();
    let of = statement(&right[0]);
    assert!(key.verify(of.as_bytes(), &decoded, true).is_ok(), "it is a good one of the old kind");
    let parts: Vec<_> = signature.lines().collect();
    for (what, changed) in [
        ("the old kind", legacy),
        ("another comment", signature.replace("trusted comment: driftless", "trusted comment: newest")),
        ("no comment", [parts[0], parts[1]].join("\n")),
        ("no signature of the comment", [parts[0], parts[1], parts[2], parts[1]].join("\n")),
        ("half", signature[..signature.len() / 2].to_owned()),
        ("nothing", String::new()),
        ("too much", signature.replace("trusted comment: driftless", &"x".repeat(5_000))),
        ("no text", "\0\u{1b}[2J".to_owned()),
    ] {
        let mut lines = right.clone();
        lines[0]["signature"] = json!(changed);
        write_lines(&team, "greeter", &lines);
        let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
        assert!(matches!(error, Error::WrongSignature { .. }), "{what}: {error}");
    }
}

#[test]
fn a_revoked_key_counts_no_longer_under_any_number() {
    let (team, machine, registries) = published();
    let line = lines(&team, "greeter")[0].clone();
    // What minisign calls the number of a key is signed by nothing, so the holder of a key may write another.
    let (other, signature) = renumbered(&team.key, line["signature"].as_str().unwrap());
    assert_ne!(other.as_str(), team.key.public().as_str());
    assert!(other.has_signed(statement(&line).as_bytes(), &signature), "it is good under that number");
    assert_eq!(&other, team.key.public(), "and it is the same key");

    revoke(&machine, team.key.public());
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::KeyRevoked { .. }), "{error}");
    // With no key left, a registry that needs no signatures does not let it in by that.
    let lenient = [RegistryConfig { allow_unsigned: true, ..team.config() }];
    let error = refuses(&machine, || machine.install(&lenient, &["greeter"]));
    assert!(matches!(error, Error::KeyRevoked { .. }), "{error}");
    // It is not trusted again, however it is written.
    let exclusive = machine.places.exclusive(|| ()).unwrap();
    for key in [team.key.public(), &other] {
        let pinned = machine
            .places
            .change_trust(&exclusive, |trust| trust.pin("team", ID, &"main".parse().unwrap(), key));
        assert!(matches!(pinned, Err(Error::KeyRevoked { .. })), "{key}");
    }
    drop(exclusive);
    // A file that was written by hand trusts the other number: it is the revoked key still.
    let text = std::fs::read_to_string(&machine.places.trust).unwrap();
    let (before, after) = text.split_once("[team.keys]").unwrap();
    let after = after.replacen(team.key.public().as_str(), other.as_str(), 1);
    std::fs::write(&machine.places.trust, format!("{before}[team.keys]{after}")).unwrap();
    let mut renumbered_line = line.clone();
    renumbered_line["signature"] = json!(signature);
    write_lines(&team, "greeter", &[renumbered_line]);
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(!matches!(error, Error::WrongDigest { .. }), "{error}");
    assert!(machine.installed().is_empty());
}

#[test]
fn a_revoked_release_is_installed_nowhere() {
    let (team, machine, registries) = published();
    let version = "1.0.0".parse().unwrap();
    team.folder.revoke(&id("greeter"), &version, "it sends secrets away").unwrap();
    let error = machine.install(&registries, &["greeter"]).unwrap_err();
    assert!(error.to_string().contains("it is revoked: it sends secrets away"), "{error}");
    assert!(machine.installed().is_empty());
}

/// Writes what the registry says of the keys of `main`.
fn write_rotations(team: &Publisher, keys: &[&PublicKey], rotations: &[(String, String)]) {
    let keys: Vec<_> = keys.iter().map(|key| key.as_str()).collect();
    let rotations: Vec<_> =
        rotations.iter().map(|(text, signature)| json!({"text": text, "signature": signature})).collect();
    let file = json!({"keys": keys, "rotations": rotations});
    std::fs::write(team.root.path().join("keys/main.json"), file.to_string()).unwrap();
}

fn rotation(registry: &str, namespace: &str, old: &SigningKey, new: &PublicKey) -> (String, String) {
    let rotation = Rotation {
        registry: registry.to_owned(),
        namespace: namespace.parse().unwrap(),
        old: old.public().clone(),
        new: new.clone(),
    };
    let signed = rotation.sign(old).unwrap();
    (signed.text, signed.signature)
}

#[test]
fn a_rotation_is_followed_from_a_trusted_key_only() {
    let (team, machine, registries) = published();
    let (thief, next) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let text = statement(&lines(&team, "greeter")[0]);
    write_lines(&team, "greeter", &[signed_line(&thief, &text)]);
    let stolen = thief.public();

    let by_old = rotation(ID, "main", &team.key, stolen);
    let signed_by_thief = (by_old.0.clone(), thief.sign(by_old.0.as_bytes()).unwrap());
    let release_as_rotation = (text.clone(), lines(&team, "greeter")[0]["signature"].to_string());
    let changed = (by_old.0.replace(ID, "https://plugins.example.com//"), by_old.1.clone());
    let unknown = by_old.0.replacen('{', "{\"until\":\"never\",", 1);
    let twice = by_old.0.replacen('{', "{\"rotation\":true,", 1);
    let no_rotation = by_old.0.replace("\"rotation\":true", "\"rotation\":false");
    for (what, rotations) in [
        ("none", vec![]),
        ("signed by the new key", vec![signed_by_thief]),
        ("from a key that is not trusted", vec![rotation(ID, "main", &thief, next.public())]),
        ("of another namespace", vec![rotation(ID, "other", &team.key, stolen)]),
        ("of another registry", vec![rotation("https://elsewhere.example.com/", "main", &team.key, stolen)]),
        ("with another text", vec![changed]),
        ("a release", vec![release_as_rotation]),
        ("with a condition", vec![(unknown.clone(), team.key.sign(unknown.as_bytes()).unwrap())]),
        ("with a key twice", vec![(twice.clone(), team.key.sign(twice.as_bytes()).unwrap())]),
        ("none, it says", vec![(no_rotation.clone(), team.key.sign(no_rotation.as_bytes()).unwrap())]),
        ("far too many", vec![rotation(ID, "other", &thief, next.public()); 300]),
    ] {
        write_rotations(&team, &[stolen], &rotations);
        let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
        assert!(matches!(error, Error::WrongSignature { .. } | Error::Registry { .. }), "{what}: {error}");
    }

    // The way that it is meant: by a chain of keys, from the one that is trusted to the one that signs.
    let chain = [rotation(ID, "main", &next, stolen), rotation(ID, "main", &team.key, next.public())];
    write_rotations(&team, &[stolen], &chain);
    assert_eq!(machine.install(&registries, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    let trusted = machine.places.read_trust().unwrap().keys("team", &"main".parse().unwrap());
    assert!(matches!(&trusted[..], [only] if only == stolen), "{trusted:?}");
}

#[test]
fn a_rotation_to_a_revoked_key_is_not_followed() {
    let (team, machine, registries) = published();
    let thief = SigningKey::generate().unwrap();
    // Revoked before anything led to it.
    revoke(&machine, thief.public());
    let text = statement(&lines(&team, "greeter")[0]);
    write_lines(&team, "greeter", &[signed_line(&thief, &text)]);
    write_rotations(&team, &[thief.public()], &[rotation(ID, "main", &team.key, thief.public())]);
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::KeyRevoked { .. }), "{error}");
}

#[test]
fn a_circle_of_rotations_comes_to_an_end() {
    let (team, machine, registries) = published();
    let keys: Vec<_> = (0..3).map(|_| SigningKey::generate().unwrap()).collect();
    let thief = SigningKey::generate().unwrap();
    let text = statement(&lines(&team, "greeter")[0]);
    write_lines(&team, "greeter", &[signed_line(&thief, &text)]);
    let circle = [
        rotation(ID, "main", &team.key, keys[0].public()),
        rotation(ID, "main", &keys[0], keys[1].public()),
        rotation(ID, "main", &keys[1], keys[2].public()),
        rotation(ID, "main", &keys[2], team.key.public()),
        rotation(ID, "main", &team.key, team.key.public()),
    ];
    write_rotations(&team, &[], &circle);
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::WrongSignature { .. }), "{error}");
}

#[test]
fn a_rotation_is_no_release() {
    let (team, machine, registries) = published();
    let (text, signature) = rotation(ID, "main", &team.key, SigningKey::generate().unwrap().public());
    write_lines(&team, "greeter", &[json!({"v": 1, "statement": text, "signature": signature})]);
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::Registry { .. }), "{error}");
}

#[test]
fn a_mirror_that_changes_file_and_index_alike_is_found_out() {
    let (team, machine, registries) = published();
    let bytes = plugin("greeter", "1.0.0", json!({"description": "Owned"}));
    let digest = Digest::of(&bytes);
    std::fs::write(team.root.path().join(layout::blob(&digest)), &bytes).unwrap();
    let mut line = lines(&team, "greeter")[0].clone();
    let mut text: Value = serde_json::from_str(&statement(&line)).unwrap();
    text["digest"] = json!(digest.to_string());
    text["size"] = json!(bytes.len());
    text["description"] = json!("Owned");
    line["statement"] = json!(text.to_string());
    write_lines(&team, "greeter", &[line]);
    let error = refuses(&machine, || machine.install(&registries, &["greeter"]));
    assert!(matches!(error, Error::WrongSignature { .. }), "{error}");
}

#[test]
fn a_registry_that_takes_the_name_of_another_has_its_keys_to_bring() {
    let (team, machine, _) = published();
    let evil = Publisher::new();
    evil.publish("greeter", "9.0.0", json!({})).unwrap();
    // `plugins.toml` was changed, or the name was pointed elsewhere: the identity is a claim, the signature is none.
    let pointed = [config("team", &format!("file://{}", evil.root.path().display()))];
    let error = refuses(&machine, || machine.install(&pointed, &["greeter"]));
    assert!(matches!(error, Error::WrongSignature { .. }), "{error}");
    assert!(index_file(&team, "greeter").exists());
}

#[test]
fn only_keys_of_the_namespace_publish_in_it() {
    let team = Publisher::new();
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let before = crate::machine::files(team.root.path());
    let evil = Publisher { key: SigningKey::generate().unwrap(), ..Publisher::new() };
    let publication = evil.signed("greeter", "1.0.1", json!({})).unwrap();
    for key in [None, Some(evil.key.public())] {
        let error = team.folder.publish(&publication, key).unwrap_err();
        assert!(matches!(error, Error::NotPublished { .. }), "{error}");
        assert_eq!(error.kind(), ErrorKind::Refused);
    }
    assert_eq!(crate::machine::files(team.root.path()).len(), before.len());
    assert_eq!(lines(&team, "greeter").len(), 1);
}

fn revoke(machine: &Machine, key: &PublicKey) {
    let exclusive = machine.places.exclusive(|| ()).unwrap();
    machine.places.change_trust(&exclusive, |trust| Ok(trust.revoke(key))).unwrap();
}

/// A key and a signature of it, with another number before both.
fn renumbered(key: &SigningKey, signature: &str) -> (PublicKey, String) {
    let renumber = |text: &str| {
        let mut bytes = from_base64(text);
        bytes[2..10].copy_from_slice(b"12345678");
        to_base64(&bytes)
    };
    let mut lines: Vec<_> = signature.lines().map(str::to_owned).collect();
    lines[1] = renumber(&lines[1]);
    (renumber(key.public().as_str()).parse().unwrap(), lines.join("\n"))
}

/// A signature of the kind that minisign made before it hashed first: over the bytes themselves.
fn legacy_signature(key: &SigningKey, text: &str) -> String {
    let secret = from_base64(key.to_text().unwrap().lines().nth(1).unwrap());
    // Behind the names of the algorithms, the salt, the costs and the number of the key.
    let seed = &secret[62..94];
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(seed).unwrap();
    let signature = pair.sign(text.as_bytes());
    let comment = "driftless";
    let of_comment = pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
    let number = &from_base64(key.public().as_str())[2..10];
    let first = to_base64(&[b"Ed", number, signature.as_ref()].concat());
    format!("untrusted comment: x\n{first}\ntrusted comment: {comment}\n{}\n", to_base64(of_comment.as_ref()))
}

const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn from_base64(text: &str) -> Vec<u8> {
    let value = |digit: u8| DIGITS.iter().position(|known| *known == digit).unwrap() as u32;
    let digits: Vec<_> = text.bytes().filter(|byte| *byte != b'=').collect();
    let group = |digits: &[u8]| {
        let bits = digits.iter().fold(0, |bits, digit| bits << 6 | value(*digit)) << (6 * (4 - digits.len()));
        bits.to_be_bytes()[1..digits.len()].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}

fn to_base64(bytes: &[u8]) -> String {
    let group = |bytes: &[u8]| {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(*bytes.get(at).unwrap_or(&0)));
        let digits = (0..4).map(|at| char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]));
        let digits: String = digits.take(bytes.len() + 1).collect();
        format!("{digits:=<4}")
    };
    bytes.chunks(3).map(group).collect()
}
