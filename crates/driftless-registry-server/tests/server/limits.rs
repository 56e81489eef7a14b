//! Clients that are slow, many, or quick.

use std::io::{Read, Write};
use std::time::Duration;

use driftless_plugin_api::digest::Digest;
use driftless_registry::layout;
use serde_json::json;

use crate::served::{Answer, Served};

/// Soon enough for a test, and late enough for a machine that is busy.
const SHORT: Duration = Duration::from_millis(500);

/// Whether the server closes the connection; it does not within the time that reading has otherwise.
fn is_closed(stream: &mut std::net::TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn a_head_that_does_not_end_is_not_waited_for() {
    let served = Served::limited(|limits| limits.header_timeout = SHORT);
    for begun in ["", "GET", "GET /config.json HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = served.connect();
        stream.write_all(begun.as_bytes()).unwrap();
        assert!(is_closed(&mut stream), "{begun:?}");
    }
    // A byte from time to time does not help.
    let mut stream = served.connect();
    let mut dripping = stream.try_clone().unwrap();
    let drip = std::thread::spawn(move || {
        for byte in b"GET /config.json HTTP/1.1\r\nhost: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" {
            if dripping.write_all(&[*byte]).is_err() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    });
    assert!(is_closed(&mut stream));
    drop(stream);
    assert!(drip.join().unwrap(), "it could send the whole head");
}

#[test]
fn a_client_that_says_nothing_more_is_let_go() {
    let served = Served::limited(|limits| limits.header_timeout = SHORT);
    let mut stream = served.connect();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let answer = Answer::read(&mut stream);
    assert_eq!((answer.status, answer.body_text()), (200, "ok\n"));
}

#[test]
fn a_body_that_does_not_end_is_not_waited_for() {
    let served = Served::limited(|limits| {
        limits.upload_timeout = SHORT;
        limits.request_timeout = SHORT;
    });
    served.put("greeter", "1.0.0", json!({}));
    let token = served.token("admin");
    let release = served.signed("greeter", "1.1.0", json!({}));
    let (kind, body) = crate::served::form(&[
        ("statement", release.text().as_bytes()),
        ("signature", release.signature().as_bytes()),
        ("plugin", release.bytes()),
    ]);
    for (path, kind, body, whole) in [
        ("", kind, &body[..body.len() - 100], body.len()),
        ("", kind, &body[..0], body.len()),
        ("/main/greeter/1.0.0/revoke", "x: y", &b"{\"why\":"[..], 20),
    ] {
        let mut stream = served.connect();
        let head = format!(
            "POST /api/v1/plugins{path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n{kind}\r\ncontent-length: {whole}\r\n\r\n",
            token.0
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        assert_eq!(Answer::read(&mut stream).refusal(), (408, "too_slow".to_owned()), "{path}");
    }
    assert_eq!(served.ask("GET /api/v1/plugins/greeter", &[]).json()["version"], "1.0.0");
}

#[test]
fn a_client_that_takes_nothing_is_let_go() {
    let served = Served::limited(|limits| limits.stall_timeout = SHORT);
    // More than all buffers between the two hold.
    let bytes = vec![7; 64 << 20];
    let path = layout::blob(&Digest::of(&bytes));
    std::fs::create_dir_all(served.root.path().join("blobs/sha256")).unwrap();
    std::fs::write(served.root.path().join(&path), &bytes).unwrap();
    let mut stream = served.connect();
    stream.write_all(format!("GET /{path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).unwrap();
    let name = "driftless_registry_connections_stalled_total";
    let stalled = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        served.metric(name) == 1
    });
    assert!(stalled, "the connection is still there");
    // What is read of it is cut off, and not taken for the whole.
    let mut got = Vec::new();
    let _ = stream.read_to_end(&mut got);
    assert!(got.len() < bytes.len());
    // One that takes it in its own time gets all of it.
    let mut stream = served.connect();
    stream
        .write_all(format!("GET /{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut got = 0;
    let mut part = vec![0; 1 << 20];
    loop {
        match stream.read(&mut part).unwrap() {
            0 => break,
            read => got += read,
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(got > bytes.len(), "{got}");
}

#[test]
fn requests_beyond_the_rate_of_an_address_are_refused() {
    let served = Served::limited(|limits| {
        limits.address_rate = 1;
        limits.address_burst = 5;
    });
    let answers: Vec<Answer> = (0..30).map(|_| served.ask("GET /config.json", &[])).collect();
    assert!(answers[..5].iter().all(|answer| answer.status == 200));
    let refused = answers.iter().find(|answer| answer.status != 200).unwrap();
    assert_eq!(refused.refusal(), (429, "too_many_requests".to_owned()));
    let after: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=2).contains(&after), "{after}");
}

#[test]
fn every_token_and_every_address_behind_a_proxy_has_a_rate_of_its_own() {
    let served = Served::with(|options| {
        options.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        options.limits.address_rate = 1;
        options.limits.address_burst = 1;
    });
    let of = |address: &str| served.ask("GET /config.json", &[&format!("x-forwarded-for: {address}")]).status;
    for number in 0..20 {
        assert_eq!(of(&format!("10.9.9.9, 192.0.2.{number}")), 200);
    }
    let again: Vec<u16> = (0..10).map(|_| of("198.51.100.1")).collect();
    assert_eq!(again[0], 200);
    assert!(again.contains(&429));
    // A network of IPv6 is one client.
    let one_network: Vec<u16> = (0..10).map(|number| of(&format!("2001:db8::{number}"))).collect();
    assert!(one_network.contains(&429));

    let served = Served::limited(|limits| {
        limits.token_rate = 1;
        limits.token_burst = 2;
    });
    let (one, two) = (served.token("read"), served.token("yank:*"));
    let of =
        |token: &str| served.ask("GET /config.json", &[&format!("authorization: Bearer {token}")]).status;
    assert!((0..10).any(|_| of(&one.0) == 429));
    assert_eq!(of(&two.0), 200);
    assert_eq!(served.ask("GET /config.json", &[]).status, 200);
}

#[test]
fn connections_of_an_address_are_bounded() {
    let served = Served::limited(|limits| {
        limits.max_connections_per_address = 3;
        limits.header_timeout = Duration::from_secs(600);
    });
    let mut held: Vec<_> = (0..3).map(|_| served.connect()).collect();
    for stream in &mut held {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
    }
    assert!(is_closed(&mut served.connect()), "there are three already");
    held.pop();
    let again = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let mut stream = served.connect();
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let mut all = Vec::new();
        stream.read_to_end(&mut all).is_ok() && all.starts_with(b"HTTP/1.1 200")
    });
    assert!(again, "there is room again");
}

#[test]
fn connections_beyond_all_wait_for_their_turn() {
    let served = Served::limited(|limits| {
        limits.max_connections = 1;
        limits.header_timeout = SHORT;
    });
    // This one holds the only place until its time is over.
    let mut silent = served.connect();
    assert_eq!(served.ask("GET /healthz", &[]).status, 200);
    assert!(is_closed(&mut silent));
}

#[test]
fn uploads_at_a_time_are_bounded() {
    let served = Served::limited(|limits| limits.max_uploads = 1);
    served.put("greeter", "1.0.0", json!({}));
    let token = served.token("publish:main");
    let head = format!(
        "POST /api/v1/plugins HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: multipart/form-data; boundary=XYZ\r\nexpect: 100-continue\r\ncontent-length: 1000\r\n\r\n",
        token.0
    );
    let mut held = served.connect();
    held.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    held.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 100");
    let release = served.signed("greeter", "1.1.0", json!({}));
    let (kind, body) = crate::served::form(&[
        ("statement", release.text().as_bytes()),
        ("signature", release.signature().as_bytes()),
        ("plugin", release.bytes()),
    ]);
    let busy = served.send("POST /api/v1/plugins", &token, &[kind], &body);
    assert_eq!(busy.refusal(), (503, "busy".to_owned()));
    assert!(busy.header("retry-after").is_some());
    drop(held);
    let again = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        served.send("POST /api/v1/plugins", &token, &[kind], &body).status == 201
    });
    assert!(again, "there is room again");
}
