//! Requests that no client of this project sends.

use std::fs;
use std::io::Write;

use driftless_plugin_api::digest::Digest;
use serde_json::json;

use crate::served::{Answer, Served};

/// A registry with things in its folder that are none of its files.
fn served() -> Served {
    let served = Served::new();
    served.put("greeter", "1.0.0", json!({}));
    let root = served.root.path();
    fs::write(root.join("secret.txt"), "SECRET").unwrap();
    fs::write(root.join(".hidden"), "SECRET").unwrap();
    fs::write(root.join("index/secret.jsonl"), "SECRET").unwrap();
    fs::write(root.join("index/gr/main/secret.txt"), "SECRET").unwrap();
    fs::write(root.join("keys/secret.txt"), "SECRET").unwrap();
    fs::write(root.join("blobs/sha256/secret"), "SECRET").unwrap();
    fs::write(root.parent().unwrap().join("driftless-secret"), "SECRET").unwrap();
    served
}

#[test]
fn nothing_but_the_files_of_the_registry_is_handed_out() {
    let served = served();
    let root = served.root.path().display().to_string();
    let up = "../".repeat(12);
    let escaped = "%2e%2e%2f".repeat(12);
    for path in [
        "/.publishing",
        "/.hidden",
        "/secret.txt",
        "/index",
        "/index/",
        "/index/secret.jsonl",
        "/index/gr/main/secret.txt",
        "/index/gr/main",
        "/index/gr/main/",
        "/index/gr/main/.jsonl",
        "/index/gr/main/GREETER.jsonl",
        "/index/GR/main/greeter.jsonl",
        "/index/xx/main/greeter.jsonl",
        "/index/gr/Main/greeter.jsonl",
        "/index/gr/main/gree%74er.jsonl",
        "/index/gr/main/greeter.jsonl/",
        "/index/gr/main/../main/greeter.jsonl",
        "/index/gr/./main/greeter.jsonl",
        "//index/gr/main/greeter.jsonl",
        "/index//gr/main/greeter.jsonl",
        "/index/gr/main/..%2fsecret.jsonl",
        "/index/../main/secret.jsonl",
        "/index/gr/main/greeter.jsonl%00",
        "/index/gr/main/%00greeter.jsonl",
        "/index/gr\\main\\greeter.jsonl",
        "/index/co/main/con.jsonl",
        "/keys/secret.txt",
        "/keys/../config.json",
        "/keys/..%2fconfig.json",
        "/keys/MAIN.json",
        "/keys/main.json%2f",
        "/keys/",
        "/blobs/sha256/",
        "/blobs/sha256/secret",
        "/blobs/sha256/../../secret.txt",
        "/blobs/sha256/..%2f..%2fsecret.txt",
        "/blobs/sha256/%2e%2e/%2e%2e/secret.txt",
        "/blobs/sha512/00",
        "/blobs/",
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/%2e%2e/secret.txt",
        "/..;/secret.txt",
        "/....//secret.txt",
        "/%252e%252e/secret.txt",
        "/config.json/../secret.txt",
        "/config.json/",
        "/CONFIG.JSON",
        "/tokens.toml",
        &format!("/{up}etc/passwd"),
        &format!("/{escaped}etc/passwd"),
        &format!("/keys/{up}{root}/secret.txt"),
        &format!("/blobs/sha256//{root}/secret.txt"),
        &format!("/blobs/sha256/{}", "A".repeat(64)),
        &format!("/blobs/sha256/{}", "0".repeat(63)),
        &format!("/blobs/sha256/{}", "0".repeat(65)),
        &format!("/blobs/sha256/{}", "0".repeat(64)),
        "http://elsewhere.example.com/secret.txt",
    ] {
        let answer = served.ask(&format!("GET {path}"), &[]);
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
        let text = String::from_utf8_lossy(&answer.body);
        assert!(
            !text.contains("SECRET") && !text.contains("root:") && !text.contains(&root),
            "{path}: {text}"
        );
    }
    let _ = fs::remove_file(served.root.path().parent().unwrap().join("driftless-secret"));
}

#[cfg(unix)]
#[test]
fn a_link_in_the_folder_is_no_file_of_it() {
    use std::os::unix::fs::symlink;
    let served = served();
    let root = served.root.path();
    let digest = Digest::of(b"SECRET");
    let blob = driftless_registry::layout::blob(&digest);
    symlink(root.join("secret.txt"), root.join(&blob)).unwrap();
    symlink(root.join("secret.txt"), root.join("index/gr/main/grown.jsonl")).unwrap();
    symlink(root.join("secret.txt"), root.join("keys/linked.json")).unwrap();
    fs::create_dir(root.join("keys/folder.json")).unwrap();
    assert!(
        std::process::Command::new("mkfifo").arg(root.join("keys/pipe.json")).status().unwrap().success()
    );
    for path in
        [&*blob, "index/gr/main/grown.jsonl", "keys/linked.json", "keys/folder.json", "keys/pipe.json"]
    {
        let answer = served.ask(&format!("GET /{path}"), &[]);
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()), "{path}");
    }
    fs::remove_file(root.join("search.jsonl")).unwrap();
    symlink(root.join("secret.txt"), root.join("search.jsonl")).unwrap();
    let answer = served.ask("GET /search.jsonl", &[]);
    assert!(answer.body.is_empty(), "{answer:?}");
}

#[test]
fn a_file_that_is_larger_than_it_may_be_is_not_read() {
    let served = served();
    let root = served.root.path().to_owned();
    for (path, bytes) in [
        ("config.json", 1 << 20),
        ("keys/main.json", 2 << 20),
        ("index/gr/main/greeter.jsonl", 17 << 20),
        ("search.jsonl", 65 << 20),
    ] {
        fs::File::options().write(true).open(root.join(path)).unwrap().set_len(bytes).unwrap();
        let answer = served.ask(&format!("GET /{path}"), &[]);
        assert_eq!(answer.refusal(), (500, "failed".to_owned()), "{path}");
        assert!(!answer.body_text().contains(&*root.to_string_lossy()));
    }
}

#[test]
fn what_is_no_http_is_refused_and_the_server_goes_on() {
    let served = served();
    let host = "host: x\r\nconnection: close\r\n";
    for request in [
        "GET /config.json\r\n\r\n".to_owned(),
        "\r\n\r\n\r\n\0\x01\x02\r\n\r\n".to_owned(),
        format!("GET /config.json HTTP/9.9\r\n{host}\r\n"),
        format!("GET /\u{e9} HTTP/1.1\r\n{host}\r\n"),
        format!("GET /config.json HTTP/1.1\r\n{host}bad header\r\n\r\n"),
        format!("GET /config.json HTTP/1.1\r\n{host} folded: x\r\n\r\n"),
        format!("POST /api/v1/plugins HTTP/1.1\r\n{host}content-length: 3\r\ncontent-length: 4\r\n\r\nabcd"),
        format!("POST /api/v1/plugins HTTP/1.1\r\n{host}content-length: 3, 4\r\n\r\nabcd"),
        format!("POST /api/v1/plugins HTTP/1.1\r\n{host}content-length: -1\r\n\r\n"),
        format!("POST /api/v1/plugins HTTP/1.1\r\n{host}content-length: +3\r\n\r\nabc"),
        format!("POST /api/v1/plugins HTTP/1.1\r\n{host}content-length: 99999999999999999999999\r\n\r\n"),
        format!(
            "POST /api/v1/plugins HTTP/1.1\r\n{host}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n"
        ),
        format!(
            "GET /config.json HTTP/1.1\r\n{host}authorization: Bearer a\r\nauthorization: Bearer b\r\nconnection: close\r\n\r\n"
        ),
    ] {
        let answer = served.raw(&request);
        assert!((400..500).contains(&answer.status), "{request:?}: {answer:?}");
    }
    assert_eq!(served.ask("GET /healthz", &[]).status, 200);
}

#[test]
fn a_second_request_is_not_hidden_in_the_body_of_the_first() {
    let served = served();
    let hidden = "GET /config.json HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let chunked = format!("0\r\n\r\n{hidden}");
    let (length, longer) = (hidden.len(), chunked.len());
    for (framing, body) in [
        (format!("connection: close\r\ncontent-length: {length}"), hidden),
        (format!("connection: close\r\ncontent-length: {length}\r\ncontent-length: {length}"), hidden),
        // A proxy may go by the length, for which the hidden one is a part of the body.
        (format!("content-length: {longer}\r\ntransfer-encoding: chunked"), &chunked),
        (format!("transfer-encoding: chunked\r\ncontent-length: {longer}"), &chunked),
    ] {
        for line in ["POST /healthz", "GET /healthz", "POST /api/v1/plugins"] {
            let answer = served.raw(format!("{line} HTTP/1.1\r\nhost: x\r\n{framing}\r\n\r\n{body}"));
            assert!(!answer.body_text().contains("HTTP/1.1"), "{line} {framing}: {answer:?}");
        }
    }
}

#[test]
fn a_large_head_is_refused() {
    let served = served();
    let long = "x".repeat(100 << 10);
    let many: String = (0..200).map(|number| format!("x-{number}: y\r\n")).collect();
    for request in [
        format!("GET /config.json HTTP/1.1\r\nhost: x\r\nx: {long}\r\n\r\n"),
        format!("GET /config.json HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
        format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
        format!("GET /config.json HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {long}\r\n\r\n"),
    ] {
        let answer = served.raw(&request);
        assert!(matches!(answer.status, 414 | 431), "{answer:?}");
    }
}

#[test]
fn what_is_refused_is_answered_before_it_is_sent() {
    let served = Served::limited(|limits| limits.max_plugin_bytes = 1 << 20);
    let token = served.token("publish:main");
    let head = |more: &str| {
        format!(
            "POST /api/v1/plugins HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=XYZ\r\nexpect: 100-continue\r\n{more}\r\n\r\n"
        )
    };
    let sent = |request: String| {
        let mut stream = served.connect();
        stream.write_all(request.as_bytes()).unwrap();
        Answer::read(&mut stream)
    };
    let none = sent(head("content-length: 100000"));
    assert_eq!(none.refusal(), (401, "no_token".to_owned()));
    let of = format!("authorization: Bearer {}", token.0);
    let large = sent(head(&format!("{of}\r\ncontent-length: 2000000")));
    assert_eq!(large.refusal(), (413, "too_large".to_owned()));
    // One that may come is asked for.
    let mut stream = served.connect();
    stream.write_all(head(&format!("{of}\r\ncontent-length: 1000\r\nconnection: close")).as_bytes()).unwrap();
    let mut first = [0; 25];
    std::io::Read::read_exact(&mut stream, &mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 100 Continue\r\n\r\n");
}

#[test]
fn an_answer_arrives_though_more_was_sent_than_is_read() {
    let served = Served::limited(|limits| limits.max_plugin_bytes = 1 << 20);
    let token = served.token("publish:main");
    let answer = served.send(
        "POST /api/v1/plugins",
        &token,
        &["content-type: multipart/form-data; boundary=XYZ"],
        &vec![b'x'; 2 << 20],
    );
    assert_eq!(answer.refusal(), (413, "too_large".to_owned()));
}

#[test]
fn parts_of_a_form_are_bounded_one_by_one() {
    let served = Served::limited(|limits| limits.max_plugin_bytes = 10_000);
    served.put("greeter", "1.0.0", json!({}));
    let token = served.token("publish:main");
    let release = served.signed("greeter", "1.1.0", json!({}));
    let (text, signature) = (release.text().as_bytes(), release.signature().as_bytes());
    let long = vec![b'x'; 70_000];
    for (what, parts, status) in [
        ("a long statement", vec![("statement", &long[..])], 413),
        ("a long signature", vec![("statement", text), ("signature", &long[..2000])], 413),
        ("a long key", vec![("statement", text), ("key", &long[..2000])], 413),
        (
            "more than was signed",
            vec![("statement", text), ("signature", signature), ("plugin", &long[..9000])],
            422,
        ),
    ] {
        let (kind, body) = crate::served::form(&parts);
        let answer = served.send("POST /api/v1/plugins", &token, &[kind], &body);
        assert_eq!(answer.status, status, "{what}: {answer:?}");
    }
    // Without a length the whole is bounded all the same.
    let mut request = format!(
        "POST /api/v1/plugins HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: multipart/form-data; boundary=XYZ\r\ntransfer-encoding: chunked\r\n\r\n",
        token.0
    );
    let chunk = "x".repeat(50_000);
    for _ in 0..10 {
        request += &format!("{:x}\r\n{chunk}\r\n", chunk.len());
    }
    let answer = served.raw(request + "0\r\n\r\n");
    assert_eq!(answer.refusal(), (413, "too_large".to_owned()));
}

#[test]
fn a_host_does_not_get_into_an_answer_that_is_none() {
    let served = served();
    for host in ["a b", "a/b", "user@elsewhere", "\"x", "<x>"] {
        let answer = served.raw(format!(
            "GET /api/v1/plugins/greeter HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        ));
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!text.contains(host), "{host}: {text}");
    }
}
