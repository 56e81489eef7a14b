//! Publishing, as `curl` does it, and everything that is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use driftless_registry::{SigningKey, Token};
use driftless_registry_server::Event;
use serde_json::json;

use crate::served::{Answer, Served, form};

const PUBLISH: &str = "POST /api/v1/plugins";

fn post(served: &Served, token: &Token, parts: &[(&str, &[u8])]) -> Answer {
    let (kind, body) = form(parts);
    served.send(PUBLISH, token, &[kind], &body)
}

/// All files of a registry but the lock.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !path.ends_with(".publishing") {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_form_publishes_a_release() {
    let served = Served::new();
    let release = served.signed("greeter", "1.0.0", json!({}));
    let answer = post(
        &served,
        &served.token("admin"),
        &[
            ("signature", release.signature().as_bytes()),
            ("key", format!("{}\n", served.key.public()).as_bytes()),
            ("statement", release.text().as_bytes()),
            ("plugin", release.bytes()),
        ],
    );
    assert_eq!(answer.status, 201, "{answer:?}");
    let checksum = release.statement().digest.to_string();
    assert_eq!(
        answer.json(),
        json!({"namespace": "main", "name": "greeter", "version": "1.0.0", "checksum": checksum})
    );
    assert_eq!(served.ask("GET /api/v1/plugins/greeter", &[]).json()["statement"], release.text());
}

#[test]
fn only_an_administrator_brings_the_first_key_of_a_namespace() {
    let served = Served::new();
    let release = served.signed("greeter", "1.0.0", json!({}));
    let key = served.key.public().to_string();
    let parts: Vec<(&str, &[u8])> = vec![
        ("statement", release.text().as_bytes()),
        ("signature", release.signature().as_bytes()),
        ("key", key.as_bytes()),
        ("plugin", release.bytes()),
    ];
    let before = files(served.root.path());
    let refused = post(&served, &served.token("publish:*"), &parts);
    assert_eq!(refused.refusal(), (403, "no_key".to_owned()));
    let admin = served.token("admin");
    let without: Vec<_> = parts.iter().copied().filter(|(name, _)| *name != "key").collect();
    assert_eq!(post(&served, &admin, &without).refusal(), (403, "no_key".to_owned()));
    let mut of_other = parts.clone();
    let other = SigningKey::generate().unwrap().public().to_string();
    of_other[2].1 = other.as_bytes();
    assert_eq!(post(&served, &admin, &of_other).refusal(), (422, "refused".to_owned()));
    assert_eq!(files(served.root.path()), before, "nothing was written");
    assert_eq!(post(&served, &admin, &parts).status, 201);
    // From now on a key that comes along says nothing.
    let next = served.signed("greeter", "1.1.0", json!({}));
    let answer = post(
        &served,
        &admin,
        &[
            ("statement", next.text().as_bytes()),
            ("signature", next.signature().as_bytes()),
            ("key", other.as_bytes()),
            ("plugin", next.bytes()),
        ],
    );
    assert_eq!(answer.status, 201);
    let keys = fs::read_to_string(served.root.path().join("keys/main.json")).unwrap();
    assert!(keys.contains(&key) && !keys.contains(&other));
}

#[test]
fn a_token_is_good_for_what_it_was_made_for() {
    let served = Served::new();
    served.put("greeter", "1.0.0", json!({}));
    let before = files(served.root.path());
    let release = served.signed("greeter", "1.1.0", json!({}));
    let (kind, body) = form(&[
        ("statement", release.text().as_bytes()),
        ("signature", release.signature().as_bytes()),
        ("plugin", release.bytes()),
    ]);
    for scopes in ["read", "yank:main", "publish:other", "yank:*"] {
        let token = served.token(scopes);
        let refused = served.send(PUBLISH, &token, &[kind], &body);
        assert_eq!(refused.refusal(), (403, "scope".to_owned()), "{scopes}");
    }
    let yank = "POST /api/v1/plugins/main/greeter/1.0.0/yank";
    let revoke = "POST /api/v1/plugins/main/greeter/1.0.0/revoke";
    let rotate = "POST /api/v1/keys/main/rotate";
    for (line, scopes) in
        [(yank, "publish:main"), (revoke, "publish:* read"), (rotate, "yank:main publish:other")]
    {
        let refused = served.send(line, &served.token(scopes), &[], b"{}");
        assert_eq!(refused.refusal(), (403, "scope".to_owned()), "{line}");
    }
    for line in [PUBLISH, yank, revoke, rotate] {
        assert_eq!(served.ask(line, &[]).refusal(), (401, "no_token".to_owned()), "{line}");
        let unknown = Token("drft_0000".to_owned());
        assert_eq!(served.send(line, &unknown, &[], b"").refusal(), (401, "no_token".to_owned()), "{line}");
        let basic = served.ask(line, &["authorization: Basic eDp5"]);
        assert_eq!(basic.refusal(), (401, "no_token".to_owned()), "{line}");
    }
    assert_eq!(files(served.root.path()), before, "nothing was written");
}

#[test]
fn a_token_that_was_revoked_or_has_expired_is_none() {
    let served = Served::new();
    let token = served.token("read");
    let of = |token: &Token| served.ask("GET /config.json", &[&format!("authorization: Bearer {}", token.0)]);
    assert_eq!(of(&token).status, 200);
    assert!(served.tokens.revoke("read").unwrap());
    assert_eq!(of(&token).refusal(), (401, "no_token".to_owned()));
    let past = SystemTime::now() - Duration::from_secs(1);
    let expired = served.tokens.make("old", vec!["admin".parse().unwrap()], Some(past)).unwrap();
    assert_eq!(of(&expired).refusal(), (401, "no_token".to_owned()));

    let good = served.token("publish:main");
    fs::write(served.tokens_path(), "[[token").unwrap();
    assert_eq!(of(&good).refusal(), (500, "failed".to_owned()));
    assert_eq!(of(&good).status, 500);
    assert_eq!(served.ask("GET /config.json", &[]).status, 200, "who needs no token is not kept out");
    let told = served.events().iter().filter(|event| matches!(event, Event::TokensUnusable { .. })).count();
    assert_eq!(told, 1);
}

#[test]
fn no_event_and_no_answer_has_a_token() {
    let served = Served::new();
    let token = served.token("admin");
    served.put("greeter", "1.0.0", json!({}));
    let mut all =
        format!("{:?}", served.send("POST /api/v1/plugins/main/greeter/1.0.0/yank", &token, &[], b""));
    all += &format!("{:?}", served.ask("GET /metrics", &[&format!("authorization: Bearer {}", token.0)]));
    all += &format!("{:?}", served.send(PUBLISH, &Token("drft_wrong".to_owned()), &[], b""));
    all += &format!("{:?}", served.events());
    assert!(all.contains("Yanked") && !all.contains("drft_"), "{all}");
}

#[test]
fn without_tokens_nothing_is_changed() {
    let served = Served::with(|options| options.tokens = None);
    served.put("greeter", "1.0.0", json!({}));
    assert_eq!(served.ask(PUBLISH, &[]).refusal(), (403, "read_only".to_owned()));
    let token = served.token("admin");
    let line = "POST /api/v1/plugins/main/greeter/1.0.0/yank";
    assert_eq!(served.send(line, &token, &[], b"").refusal(), (401, "no_token".to_owned()));
    assert_eq!(served.ask(line, &[]).refusal(), (403, "read_only".to_owned()));
}

#[test]
fn what_is_no_release_is_refused() {
    let served = Served::new();
    let there = served.put("greeter", "1.0.0", json!({}));
    let token = served.token("publish:main");
    let before = files(served.root.path());
    let good = served.signed("greeter", "1.1.0", json!({}));
    let (text, signature, bytes) = (good.text().as_bytes(), good.signature().as_bytes(), good.bytes());
    let hour = Duration::from_secs(3600);
    let now = SystemTime::now();
    let early = served.signed_at("greeter", "1.1.0", json!({}), now - 25 * hour);
    let late = served.signed_at("greeter", "1.1.0", json!({}), now + hour);
    let elsewhere = good.text().replace("plugins.example.com", "other.example.com");
    let foreign = SigningKey::generate().unwrap().sign(text).unwrap();
    let renamed = good.text().replace("1.1.0", "1.2.0");
    let resigned = served.key.sign(renamed.as_bytes()).unwrap();
    let no_plugin = b"\0asm\x01\0\0\0";
    let digest = driftless_plugin_api::digest::Digest::of(no_plugin).to_string();
    let empty = good
        .text()
        .replace(&good.statement().digest.to_string(), &digest)
        .replace(&format!("\"size\":{}", bytes.len()), "\"size\":8");
    let of_empty = served.key.sign(empty.as_bytes()).unwrap();
    let mut changed = bytes.to_vec();
    changed[40] ^= 1;
    for (what, parts, expected) in [
        (
            "signed by another",
            vec![("statement", text), ("signature", foreign.as_bytes()), ("plugin", bytes)],
            (422, "refused"),
        ),
        ("no signature", vec![("statement", text), ("signature", b""), ("plugin", bytes)], (422, "refused")),
        (
            "for another registry",
            vec![("statement", elsewhere.as_bytes()), ("signature", signature), ("plugin", bytes)],
            (422, "refused"),
        ),
        (
            "another manifest",
            vec![("statement", renamed.as_bytes()), ("signature", resigned.as_bytes()), ("plugin", bytes)],
            (422, "manifest"),
        ),
        (
            "no plugin in it",
            vec![("statement", empty.as_bytes()), ("signature", of_empty.as_bytes()), ("plugin", no_plugin)],
            (422, "invalid"),
        ),
        (
            "changed bytes",
            vec![("statement", text), ("signature", signature), ("plugin", &changed)],
            (422, "plugin"),
        ),
        (
            "too few bytes",
            vec![("statement", text), ("signature", signature), ("plugin", &bytes[1..])],
            (422, "plugin"),
        ),
        (
            "no statement",
            vec![("statement", b"{}"), ("signature", signature), ("plugin", bytes)],
            (422, "statement"),
        ),
        (
            "signed long ago",
            vec![
                ("statement", early.text().as_bytes()),
                ("signature", early.signature().as_bytes()),
                ("plugin", early.bytes()),
            ],
            (422, "time"),
        ),
        (
            "signed in the future",
            vec![
                ("statement", late.text().as_bytes()),
                ("signature", late.signature().as_bytes()),
                ("plugin", late.bytes()),
            ],
            (422, "time"),
        ),
        (
            "there already",
            vec![
                ("statement", there.text().as_bytes()),
                ("signature", there.signature().as_bytes()),
                ("plugin", there.bytes()),
            ],
            (409, "exists"),
        ),
        (
            "the plugin first",
            vec![("plugin", bytes), ("statement", text), ("signature", signature)],
            (400, "malformed"),
        ),
        ("without a plugin", vec![("statement", text), ("signature", signature)], (400, "malformed")),
        (
            "a part twice",
            vec![("statement", text), ("statement", text), ("signature", signature), ("plugin", bytes)],
            (400, "malformed"),
        ),
        (
            "an unknown part",
            vec![("statement", text), ("secret", b"x"), ("plugin", bytes)],
            (400, "malformed"),
        ),
        (
            "no text",
            vec![("statement", b"\xff"), ("signature", signature), ("plugin", bytes)],
            (400, "malformed"),
        ),
        (
            "a key that is none",
            vec![("statement", text), ("signature", signature), ("key", b"RW"), ("plugin", bytes)],
            (400, "malformed"),
        ),
    ] {
        let refused = post(&served, &token, &parts);
        assert_eq!(refused.refusal(), (expected.0, expected.1.to_owned()), "{what}: {refused:?}");
        let path = served.root.path().to_string_lossy().into_owned();
        assert!(!refused.body_text().contains(&path), "{what}");
    }
    let exists =
        post(&served, &token, &[("statement", there.text().as_bytes()), ("signature", b""), ("plugin", b"")]);
    assert_eq!(exists.json()["error"]["digest"], there.statement().digest.to_string());
    for kind in ["content-type: application/json", "content-type: multipart/form-data", "x: y"] {
        assert_eq!(served.send(PUBLISH, &token, &[kind], b"{}").refusal(), (400, "malformed".to_owned()));
    }
    assert_eq!(files(served.root.path()), before, "nothing was written");
    let told = served.events().into_iter().filter(|event| matches!(event, Event::Refused { .. })).count();
    assert!(told >= 17, "{told}");
    assert_eq!(
        post(&served, &token, &[("statement", text), ("signature", signature), ("plugin", bytes)]).status,
        201
    );
}

#[test]
fn a_new_permission_does_not_come_in_a_patch() {
    let served = Served::new();
    served.put("greeter", "1.0.0", json!({}));
    let token = served.token("publish:main");
    let more = json!({"permissions": [{"Environment": {"vars": ["HOME"]}}]});
    let wider = served.signed("greeter", "1.0.1", more);
    let parts: [(&str, &[u8]); 3] = [
        ("statement", wider.text().as_bytes()),
        ("signature", wider.signature().as_bytes()),
        ("plugin", wider.bytes()),
    ];
    let refused = post(&served, &token, &parts);
    assert_eq!(refused.refusal(), (422, "refused".to_owned()));
    assert!(refused.body_text().contains("publish it as 1.1.0"), "{refused:?}");
}

#[test]
fn bodies_of_json_are_bounded_and_read_strictly() {
    let served = Served::new();
    served.put("greeter", "1.0.0", json!({}));
    let token = served.token("admin");
    let revoke = "POST /api/v1/plugins/main/greeter/1.0.0/revoke";
    let long = json!({"why": "x".repeat(20_000)}).to_string();
    assert_eq!(served.send(revoke, &token, &[], long.as_bytes()).refusal(), (413, "too_large".to_owned()));
    for body in ["", "{}", "[]", r#"{"why": 1}"#, r#"{"why": "x", "more": 1}"#, r#"{"why": "x", "why": "y"}"#]
    {
        assert_eq!(
            served.send(revoke, &token, &[], body.as_bytes()).refusal(),
            (400, "malformed".to_owned()),
            "{body}"
        );
    }
    let rotate = "POST /api/v1/keys/main/rotate";
    let no_rotation = json!({"text": "{}", "signature": ""}).to_string();
    assert_eq!(
        served.send(rotate, &token, &[], no_rotation.as_bytes()).refusal(),
        (422, "rotation".to_owned())
    );
    for path in [
        "main/greeter/1.0.0/other",
        "main/greeter/latest/yank",
        "MAIN/greeter/1.0.0/yank",
        "main/..%2fx/1.0.0/yank",
    ] {
        let refused = served.send(&format!("POST /api/v1/plugins/{path}"), &token, &[], b"");
        assert_eq!(refused.refusal(), (404, "not_found".to_owned()), "{path}");
    }
    assert!(served.ask("GET /api/v1/plugins/greeter", &[]).json()["revoked"].is_null());
}
