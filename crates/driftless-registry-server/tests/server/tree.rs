//! The files of the tree: what is there, as what, and what a client has already.

use std::fs;

use driftless_plugin_api::digest::Digest;
use driftless_registry::layout;
use serde_json::json;

use crate::served::Served;

#[test]
fn every_file_of_the_registry_is_there_as_it_is_in_the_folder() {
    let served = Served::new();
    let publication = served.put("greeter", "1.0.0", json!({"description": "Says hello"}));
    let blob = layout::blob(&publication.statement().digest);
    for (path, kind) in [
        ("config.json", "application/json"),
        ("search.jsonl", "application/jsonl"),
        ("index/gr/main/greeter.jsonl", "application/jsonl"),
        ("keys/main.json", "application/json"),
        (blob.as_str(), "application/wasm"),
    ] {
        let there = fs::read(served.root.path().join(path)).unwrap();
        let got = served.ask(&format!("GET /{path}"), &[]);
        assert_eq!((got.status, &got.body), (200, &there), "{path}");
        assert_eq!(got.header("content-type"), Some(kind), "{path}");
        assert_eq!(got.header("content-length"), Some(&*there.len().to_string()), "{path}");
        assert_eq!(got.header("etag"), Some(&*format!("\"{}\"", Digest::of(&there))), "{path}");
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"), "{path}");

        let head = served.ask(&format!("HEAD /{path}"), &[]);
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        for name in ["content-type", "content-length", "etag", "cache-control"] {
            assert_eq!(head.header(name), got.header(name), "{path}: {name}");
        }

        let condition = format!("if-none-match: {}", got.header("etag").unwrap());
        let known = served.ask(&format!("GET /{path}"), &[&condition]);
        assert_eq!((known.status, known.body.len()), (304, 0), "{path}");
        assert_eq!(known.header("etag"), got.header("etag"), "{path}");
        let other = served.ask(&format!("GET /{path}"), &["if-none-match: \"sha256:00\""]);
        assert_eq!((other.status, &other.body), (200, &there), "{path}");
    }
    let cached = served.ask(&format!("GET /{blob}"), &[]);
    assert_eq!(cached.header("cache-control"), Some("public, max-age=31536000, immutable"));
}

#[test]
fn a_registry_without_a_release_finds_nothing() {
    let served = Served::new();
    let answer = served.ask("GET /search.jsonl", &[]);
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(served.ask("GET /index/gr/main/greeter.jsonl", &[]).refusal(), (404, "not_found".to_owned()));
    assert_eq!(served.ask("GET /keys/main.json", &[]).status, 404);
}

#[test]
fn the_file_for_searching_is_another_after_a_release() {
    let served = Served::new();
    served.put("greeter", "1.0.0", json!({}));
    // Old enough for its tag to be kept.
    let path = served.root.path().join(layout::SEARCH);
    let an_hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    fs::File::options().write(true).open(&path).unwrap().set_modified(an_hour_ago).unwrap();
    let first = served.ask("GET /search.jsonl", &[]);
    let again = served.ask("GET /search.jsonl", &[]);
    assert_eq!(again.body, first.body, "from the kept tag");
    for name in ["etag", "content-type", "content-length", "cache-control"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    let condition = format!("if-none-match: {}", first.header("etag").unwrap());
    assert_eq!(served.ask("GET /search.jsonl", &[&condition]).status, 304);
    served.put("other", "1.0.0", json!({}));
    let second = served.ask("GET /search.jsonl", &[&condition]);
    assert_eq!(second.status, 200);
    assert_eq!(second.body, fs::read(&path).unwrap());
}

/// A file that is no plugin, and its path: the server does not look into it.
fn large(served: &Served) -> (Vec<u8>, String) {
    let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let path = layout::blob(&Digest::of(&bytes));
    fs::create_dir_all(served.root.path().join("blobs/sha256")).unwrap();
    fs::write(served.root.path().join(&path), &bytes).unwrap();
    (bytes, format!("/{path}"))
}

#[test]
fn a_part_of_a_blob_is_what_was_asked_for() {
    let served = Served::new();
    let (bytes, path) = large(&served);
    let length = bytes.len();
    assert_eq!(served.ask(&format!("GET {path}"), &[]).body, bytes);
    for (range, expected, told) in [
        ("bytes=1000000-", &bytes[1_000_000..], format!("bytes 1000000-{}/{length}", length - 1)),
        ("bytes=5-5", &bytes[5..6], format!("bytes 5-5/{length}")),
        ("bytes=-7", &bytes[length - 7..], format!("bytes {}-{}/{length}", length - 7, length - 1)),
        ("bytes=3-99999999", &bytes[3..], format!("bytes 3-{}/{length}", length - 1)),
    ] {
        let part = served.ask(&format!("GET {path}"), &[&format!("range: {range}")]);
        assert_eq!((part.status, &part.body[..]), (206, expected), "{range}");
        assert_eq!(part.header("content-range"), Some(&*told), "{range}");
        assert_eq!(part.header("content-length"), Some(&*expected.len().to_string()), "{range}");
        let head = served.ask(&format!("HEAD {path}"), &[&format!("range: {range}")]);
        assert_eq!(head.body.len(), 0);
    }
    for range in [format!("bytes={length}-"), "bytes=99999999999999999999999-".to_owned()] {
        let beyond = served.ask(&format!("GET {path}"), &[&format!("range: {range}")]);
        assert_eq!(beyond.refusal(), (416, "range".to_owned()), "{range}");
        assert_eq!(beyond.header("content-range"), Some(&*format!("bytes */{length}")), "{range}");
    }
    for range in ["bytes=1-2,4-5", "bytes=", "bytes=9-1", "octets=1-2", "-1", "bytes=a"] {
        let whole = served.ask(&format!("GET {path}"), &[&format!("range: {range}")]);
        assert_eq!((whole.status, whole.body.len()), (200, length), "{range}");
    }
}

#[test]
fn a_part_of_another_file_is_not_sent() {
    let served = Served::new();
    let (bytes, path) = large(&served);
    let tag = served.ask(&format!("HEAD {path}"), &[]).header("etag").unwrap().to_owned();
    let part = served.ask(&format!("GET {path}"), &["range: bytes=10-", &format!("if-range: {tag}")]);
    assert_eq!((part.status, &part.body[..]), (206, &bytes[10..]));
    for other in ["\"sha256:00\"", "Thu, 26 Nov 2026 00:00:00 GMT", &format!("W/{tag}")] {
        let whole = served.ask(&format!("GET {path}"), &["range: bytes=10-", &format!("if-range: {other}")]);
        assert_eq!((whole.status, whole.body.len()), (200, bytes.len()), "{other}");
    }
}

#[test]
fn a_private_registry_is_read_with_a_token_only() {
    let served = Served::with(|options| options.is_private = true);
    let publication = served.put("greeter", "1.0.0", json!({}));
    let blob = format!("/{}", layout::blob(&publication.statement().digest));
    let token = served.token("read");
    let of = format!("authorization: Bearer {}", token.0);
    for path in [
        "/config.json",
        "/search.jsonl",
        "/api/v1/plugins",
        "/api/v1/plugins/greeter",
        "/metrics",
        "/no",
        &blob,
    ] {
        let refused = served.ask(&format!("GET {path}"), &[]);
        assert_eq!(refused.refusal(), (401, "no_token".to_owned()), "{path}");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        let expected = if path == "/no" { 404 } else { 200 };
        assert_eq!(served.ask(&format!("GET {path}"), &[&of]).status, expected, "{path}");
    }
    let cached = served.ask(&format!("GET {blob}"), &[&of]);
    assert_eq!(cached.header("cache-control"), Some("private, max-age=31536000, immutable"));
    assert_eq!(served.ask("GET /healthz", &[]).status, 200);
}
