//! The client of this project against the server.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::SystemTime;

use driftless_plugin_api::digest::Digest;
use driftless_registry::{
    Client, Error, HttpOptions, PluginId, RemoteRegistry, Rotation, SignedRotation, SigningKey,
};
use driftless_registry_server::Event;
use serde_json::json;

use crate::machine::{ID, Machine};
use crate::release::plugin;
use crate::served::Served;

fn id(name: &str) -> PluginId {
    PluginId { namespace: "main".parse().unwrap(), name: name.parse().unwrap() }
}

/// How often a route was answered with a status.
fn answered(served: &Served, route: &str, status: u16) -> u64 {
    served.metric(&format!("driftless_registry_requests_total{{route=\"{route}\",status=\"{status}\"}}"))
}

#[test]
fn a_plugin_is_published_found_installed_and_updated() {
    let served = Served::new();
    let admin = served.token("admin");
    let first = served.signed("greeter", "1.0.0", json!({"description": "Says hello"}));
    served.remote(Some(&admin)).publish(&first, Some(served.key.public())).unwrap();
    let team = served.config();
    let machine = Machine::trusting(served.key.public());

    let found = machine.registry(&team).source().search(&["hello".to_owned()], 10).unwrap();
    assert_eq!(found.plugins.len(), 1);
    assert_eq!((&*found.plugins[0].name, &*found.plugins[0].version), ("greeter", "1.0.0"));
    assert_eq!(machine.install(&team, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);

    // The namespace has a key by now, so a token for it is enough.
    let token = served.token("publish:main");
    served.publish(&token, "greeter", "1.1.0", json!({})).unwrap();
    assert_eq!(machine.update(&team).unwrap(), ["greeter 1.0.0 -> 1.1.0"]);
    let digest = served.events().into_iter().find_map(|event| match event {
        Event::Published { digest, token, .. } if token == "admin" => Some(digest),
        _ => None,
    });
    assert_eq!(digest, Some(first.statement().digest));
    assert_eq!(served.metric("driftless_registry_published_total"), 2);
}

#[test]
fn an_interrupted_download_goes_on_where_it_was() {
    let served = Served::new();
    let publication = served.put("greeter", "1.0.0", json!({}));
    let machine = Machine::trusting(served.key.public());
    let digest = publication.statement().digest.to_string();
    let partial = machine.home.path().join("store/partial");
    fs::create_dir_all(&partial).unwrap();
    fs::write(partial.join(&digest[7..]), &publication.bytes()[..100]).unwrap();
    assert_eq!(machine.install(&served.config(), &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    assert_eq!(answered(&served, "/blobs/sha256/{digest}", 206), 1);
    assert_eq!(answered(&served, "/blobs/sha256/{digest}", 200), 0);
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let served = Served::new();
    served.put("greeter", "1.0.0", json!({}));
    let team = served.config();
    let machine = Machine::trusting(served.key.public());
    machine.install(&team, &["greeter"]).unwrap();
    let route = "/index/{prefix}/{namespace}/{file}";
    let (sent, known) = (answered(&served, route, 200), answered(&served, route, 304));
    assert!(machine.update(&team).unwrap().is_empty());
    assert_eq!(answered(&served, route, 200), sent);
    assert!(answered(&served, route, 304) > known);
    machine.registry(&team).info().unwrap();
    assert!(answered(&served, "/config.json", 304) > 0);
}

/// A plugin with a custom section that means nothing.
fn padded(mut plugin: Vec<u8>, bytes: usize) -> Vec<u8> {
    let name = b"\x03pad";
    plugin.push(0);
    let mut length = name.len() + bytes;
    while length > 0x7f {
        plugin.push(0x80 | (length & 0x7f) as u8);
        length >>= 7;
    }
    plugin.push(length as u8);
    plugin.extend_from_slice(name);
    plugin.resize(plugin.len() + bytes, 7);
    plugin
}

#[test]
fn a_large_plugin_is_sent_where_it_may_come_and_nowhere_else() {
    let served = Served::new();
    served.put("greeter", "1.0.0", json!({}));
    // Many times what a server still reads of a request that it refuses.
    let file = padded(plugin("greeter", "1.1.0", json!({})), 16 << 20);
    let release = served.signed_file(file, SystemTime::now());
    for _ in 0..3 {
        let error = served.remote(None).publish(&release, None).unwrap_err();
        assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    }
    served.remote(Some(&served.token("publish:main"))).publish(&release, None).unwrap();
    let machine = Machine::trusting(served.key.public());
    assert_eq!(machine.install(&served.config(), &["greeter"]).unwrap(), ["+ greeter 1.1.0"]);
}

#[test]
fn of_many_that_publish_one_version_at_a_time_one_does() {
    let served = Served::limited(|limits| limits.max_uploads = 8);
    served.put("greeter", "1.0.0", json!({}));
    let token = served.token("publish:main");
    let results: Vec<_> = std::thread::scope(|scope| {
        let (served, token) = (&served, &token);
        let publish = |number: usize| {
            let more = json!({"description": format!("of thread {number}")});
            scope.spawn(move || served.publish(token, "greeter", "1.1.0", more))
        };
        let threads: Vec<_> = (0..8).map(publish).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let refused = results.iter().filter(|result| matches!(result, Err(Error::Exists { .. })));
    assert_eq!(refused.count(), 7, "{results:?}");
    let machine = Machine::trusting(served.key.public());
    assert_eq!(machine.install(&served.config(), &["greeter"]).unwrap(), ["+ greeter 1.1.0"]);
}

#[test]
fn a_private_registry_is_installed_from_with_a_token() {
    let served = Served::with(|options| options.is_private = true);
    served.put("greeter", "1.0.0", json!({}));
    let mut machine = Machine::trusting(served.key.public());
    let error = machine.install(&served.config(), &["greeter"]).unwrap_err();
    assert_eq!(error.kind(), driftless_registry::ErrorKind::Refused, "{error}");
    machine.token = Some(served.token("read"));
    assert_eq!(machine.install(&served.config(), &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
}

#[test]
fn a_release_is_withdrawn_and_revoked() {
    let served = Served::new();
    served.put("greeter", "1.0.0", json!({}));
    served.put("greeter", "1.1.0", json!({}));
    let team = served.config();
    let token = served.token("yank:main");
    let remote = served.remote(Some(&token));
    let version = "1.1.0".parse().unwrap();
    let machine = || Machine::trusting(served.key.public());
    remote.yank(&id("greeter"), &version, true).unwrap();
    assert_eq!(machine().install(&team, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    remote.yank(&id("greeter"), &version, false).unwrap();
    assert_eq!(machine().install(&team, &["greeter"]).unwrap(), ["+ greeter 1.1.0"]);
    remote.revoke(&id("greeter"), &version, "it\u{1b}[31m leaks\nsecrets").unwrap();
    assert_eq!(machine().install(&team, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    let told = served.ask("GET /api/v1/plugins/greeter/1.1.0", &[]).json()["revoked"].clone();
    assert!(!told.as_str().unwrap().contains(['\u{1b}', '\n']), "{told}");

    let error = remote.yank(&id("greeter"), &"9.9.9".parse().unwrap(), true).unwrap_err();
    assert!(matches!(error, Error::UnknownPlugin { .. }), "{error}");
    assert!(!error.to_string().contains(&*served.root.path().to_string_lossy()), "{error}");
}

#[test]
fn a_key_takes_the_place_of_another() {
    let mut served = Served::new();
    served.put("greeter", "1.0.0", json!({}));
    let token = served.token("publish:main");
    let new = SigningKey::generate().unwrap();
    let rotation = |old: &SigningKey, signer: &SigningKey, registry: &str| -> SignedRotation {
        Rotation {
            registry: registry.to_owned(),
            namespace: "main".parse().unwrap(),
            old: old.public().clone(),
            new: new.public().clone(),
        }
        .sign(signer)
        .unwrap()
    };
    let remote = served.remote(Some(&token));
    for wrong in [
        rotation(&served.key, &new, ID),
        rotation(&new, &new, ID),
        rotation(&served.key, &served.key, "https://other.example.com/"),
    ] {
        let error = remote.rotate(&wrong).unwrap_err();
        assert!(matches!(error, Error::NotPublished { .. }), "{error}");
    }
    let elsewhere = Rotation {
        registry: ID.to_owned(),
        namespace: "other".parse().unwrap(),
        old: served.key.public().clone(),
        new: new.public().clone(),
    };
    let elsewhere = elsewhere.sign(&served.key).unwrap();
    let body = json!({"text": elsewhere.text, "signature": elsewhere.signature}).to_string();
    let refused = served.send("POST /api/v1/keys/main/rotate", &token, &[], body.as_bytes());
    assert_eq!(refused.refusal(), (422, "rotation".to_owned()), "a token is for its own namespace");
    let machine = Machine::trusting(served.key.public());
    remote.rotate(&rotation(&served.key, &served.key, ID)).unwrap();
    let error = served.publish(&token, "greeter", "1.1.0", json!({})).unwrap_err();
    assert!(matches!(error, Error::NotPublished { .. }), "the old key signs nothing any more: {error}");
    served.key = new;
    served.publish(&token, "greeter", "1.1.0", json!({})).unwrap();
    assert_eq!(machine.install(&served.config(), &["greeter"]).unwrap(), ["+ greeter 1.1.0"]);
}

#[test]
fn why_a_release_is_refused_comes_back_as_what_it_is() {
    let served = Served::new();
    let there = served.put("greeter", "1.0.0", json!({}));
    let token = served.token("publish:main");
    let error = served.remote(None).publish(&there, None).unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    let error = served.publish(&served.token("publish:other"), "greeter", "1.0.1", json!({})).unwrap_err();
    assert!(matches!(error, Error::Forbidden { .. }), "{error}");
    let error = served.publish(&token, "greeter", "1.0.0", json!({"description": "another"})).unwrap_err();
    assert!(matches!(error, Error::Exists { digest, .. } if digest == there.statement().digest), "{error}");
    let error = served.publish(&token, "gree-ter", "1.0.0", json!({})).unwrap_err();
    assert!(error.to_string().contains("looks like that of `main/greeter`"), "{error}");
    // Nothing of what was refused stays.
    let blobs = fs::read_dir(served.root.path().join("blobs/sha256")).unwrap().count();
    assert_eq!(blobs, 1);
    assert_eq!(
        Digest::of(&served.ask("GET /search.jsonl", &[]).body),
        Digest::of(&fs::read(served.root.path().join("search.jsonl")).unwrap())
    );
}

/// A server that gives one answer to everything. Returns its URL.
fn answering(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
            head.push(byte[0]);
        }
        let _ = stream.write_all(&answer);
    });
    url
}

#[test]
fn no_server_gets_the_client_to_believe_or_to_read_everything() {
    let served = Served::new();
    let release = served.signed("greeter", "1.0.0", json!({}));
    let own = release.statement().digest;
    let ask = |status: &str, body: &str| {
        let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\nlocation: {}\r\n\r\n", served.url());
        let url = answering([head.as_bytes(), body.as_bytes()].concat());
        let remote = RemoteRegistry::new(Client::new(&url, HttpOptions::default()).unwrap());
        let error = remote.publish(&release, None).unwrap_err();
        assert!(error.to_string().len() < 2000 && !error.to_string().contains('\u{1b}'), "{error}");
        error
    };
    let told = |kind: &str, more: &str| {
        format!(
            "{{\"error\": {{\"kind\": \"{kind}\", \"message\": \"\\u001b[31m{}\"{more}}}}}",
            "no ".repeat(5000)
        )
    };
    let error = ask("401", &"x".repeat(1 << 20));
    assert!(matches!(&error, Error::Unauthorized { why, .. } if why.contains("401")), "{error}");
    let error = ask("403", &told("scope", ""));
    assert!(matches!(&error, Error::Forbidden { why, .. } if why.contains("no no")), "{error}");
    let error = ask("409", &told("exists", &format!(", \"digest\": \"{own}\"")));
    assert!(matches!(error, Error::Exists { digest, .. } if digest == own), "{error}");
    let error = ask("409", &told("exists", ", \"digest\": \"nonsense\""));
    assert!(matches!(error, Error::NotPublished { .. }), "{error}");
    let error = ask("422", &told("refused", ""));
    assert!(matches!(error, Error::NotPublished { .. }), "{error}");
    // A server that is no registry, or none that can be published to.
    for (status, body) in [
        ("200", "<html>welcome</html>".to_owned()),
        ("302", String::new()),
        ("307", String::new()),
        ("404", "<html>not found</html>".to_owned()),
        ("404", "[".repeat(10_000)),
        ("405", String::new()),
        ("500", told("failed", "")),
        ("503", told("busy", "")),
    ] {
        let error = ask(status, &body);
        assert!(matches!(error, Error::Registry { .. }), "{status}: {error}");
    }
    assert!(
        !served.events().iter().any(|event| matches!(event, Event::Answered { .. })),
        "no redirect is followed"
    );
}
