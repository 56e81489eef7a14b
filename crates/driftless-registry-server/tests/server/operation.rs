//! Starting, watching and ending a server.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use driftless_registry::RegistryFolder;
use driftless_registry_server::{Error, Event, Server, ServerOptions, TokensFile};
use serde_json::json;

use crate::machine::ID;
use crate::served::{Answer, Served};

#[test]
fn what_cannot_be_served_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = |folder: &std::path::Path| ServerOptions::new(folder);
    let error = Server::new(options(folder.path())).unwrap_err();
    assert!(matches!(error, Error::Registry(_)), "{error}");
    RegistryFolder::create(folder.path(), ID, "main".parse().unwrap()).unwrap();
    let server = Server::new(options(folder.path())).unwrap();
    assert_eq!(server.info().id, ID);
    let error = Server::new(ServerOptions { is_private: true, ..options(folder.path()) }).unwrap_err();
    assert!(matches!(error, Error::NoTokens), "{error}");
    let missing = folder.path().join("none.toml");
    let error = Server::new(ServerOptions { tokens: Some(missing), ..options(folder.path()) }).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    let inside = folder.path().join("keys/../tokens.toml");
    std::fs::create_dir_all(folder.path().join("keys")).unwrap();
    TokensFile::new(&inside).make("a", Vec::new(), None).unwrap();
    let error = Server::new(ServerOptions { tokens: Some(inside), ..options(folder.path()) }).unwrap_err();
    assert!(matches!(error, Error::TokensInside(_)), "{error}");
    let error = Server::new(ServerOptions { public_url: Some("x".to_owned()), ..options(folder.path()) })
        .unwrap_err();
    assert!(matches!(error, Error::PublicUrl { .. }), "{error}");
}

#[test]
fn requests_that_are_under_way_are_ended_and_no_other_begins() {
    // Nothing ends by itself.
    let mut served = Served::limited(|limits| limits.header_timeout = Duration::from_secs(600));
    served.put("greeter", "1.0.0", json!({}));
    let token = served.token("publish:main");
    let release = served.signed("greeter", "1.1.0", json!({}));
    let (kind, body) = crate::served::form(&[
        ("statement", release.text().as_bytes()),
        ("signature", release.signature().as_bytes()),
        ("plugin", release.bytes()),
    ]);
    let mut upload = served.connect();
    let head = format!(
        "POST /api/v1/plugins HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n{kind}\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        token.0,
        body.len()
    );
    upload.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 25];
    upload.read_exact(&mut first).unwrap();
    let mut idle = served.connect();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut status = [0; 12];
    idle.read_exact(&mut status).unwrap();

    served.end();
    // A connection that waits for its next request is closed; so is the listener.
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).unwrap();
    let is_gone = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        TcpStream::connect(served.address).is_err()
    });
    assert!(is_gone, "it still listens");
    upload.write_all(&body).unwrap();
    assert_eq!(Answer::read(&mut upload).status, 201);
    served.wait();
    let releases = std::fs::read_to_string(served.root.path().join("index/gr/main/greeter.jsonl")).unwrap();
    assert_eq!(releases.lines().count(), 2);
    assert!(served.events().iter().any(|event| matches!(event, Event::Ending { connections: 1 | 2 })));
}

#[test]
fn a_server_that_is_told_to_end_does_not_wait_for_ever() {
    let mut served = Served::limited(|limits| limits.shutdown_timeout = Duration::from_millis(200));
    let token = served.token("publish:main");
    let mut stuck = served.connect();
    let head = format!(
        "POST /api/v1/plugins HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: multipart/form-data; boundary=XYZ\r\nexpect: 100-continue\r\ncontent-length: 1000\r\n\r\n",
        token.0
    );
    stuck.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    stuck.read_exact(&mut first).unwrap();
    served.end();
    served.wait();
}

#[test]
fn what_is_done_is_counted_and_told() {
    let served = Served::new();
    let publication = served.put("greeter", "1.0.0", json!({}));
    let token = served.token("read");
    let blob = format!("/{}", driftless_registry::layout::blob(&publication.statement().digest));
    served.ask(&format!("GET {blob}?x=secret"), &[&format!("authorization: Bearer {}", token.0)]);
    served.ask("GET /nothing/\u{7f}here", &[]);
    served.ask("GET /nothing/here", &[]);
    served.ask("POST /api/v1/plugins", &[]);
    let metrics = served.ask("GET /metrics", &[]);
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "driftless_registry_requests_total{route=\"/blobs/sha256/{digest}\",status=\"200\"} 1",
        "driftless_registry_requests_total{route=\"/api/v1/plugins\",status=\"401\"} 1",
        "driftless_registry_requests_total{route=\"other\",status=\"404\"} 1",
        "driftless_registry_rejections_total{kind=\"no_token\"} 1",
        "driftless_registry_request_duration_seconds_count{route=\"/blobs/sha256/{digest}\"} 1",
    ] {
        assert!(metrics.body_text().lines().any(|found| found == line), "{line}\n{}", metrics.body_text());
    }
    // Those of before are closed when their clients have left, and then there is the one that asks.
    assert!((0..1000).any(|_| served.metric("driftless_registry_connections") == 1));
    let sent = served.metric("driftless_registry_sent_bytes_total");
    assert!(sent > publication.bytes().len() as u64, "{sent}");
    let told = served.events().into_iter().find_map(|event| match event {
        Event::Answered { address, token, method, path, status: 200, .. } if token.is_some() => {
            Some((address.to_string(), token, method, path))
        }
        _ => None,
    });
    assert_eq!(told, Some(("127.0.0.1".to_owned(), Some("read".to_owned()), "GET".to_owned(), blob)));
}

#[test]
fn the_metrics_of_a_private_registry_want_a_scope_for_reading() {
    let served = Served::with(|options| options.is_private = true);
    let of = |scopes: &str| {
        let token = served.token(scopes);
        served.ask("GET /metrics", &[&format!("authorization: Bearer {}", token.0)]).status
    };
    assert_eq!((of("read"), of("admin"), of("publish:main")), (200, 200, 403));
}
