//! Servers that send too much, too little, too slowly, or something else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use driftless_plugin_api::digest::Digest;
use driftless_registry::{Error, ErrorKind, HttpOptions, Patience, Registry, SourceError, TreeError};

use super::{fails, id, installed, refuses};
use crate::machine::{ID, Machine, Publisher, config};
use crate::misbehaving::{Answer, Asked, Server, serve};

const BLOBS: &str = "/blobs/";

/// Patience that a test has.
fn impatient() -> HttpOptions {
    let patience = Patience { silence: Duration::from_millis(300), whole: Duration::from_secs(2) };
    HttpOptions { patience, ..HttpOptions::default() }
}

/// A registry with `greeter 1.0.0`, and the bytes and the digest of that.
fn published() -> (Publisher, Machine, Vec<u8>, Digest) {
    let (team, machine, _) = installed();
    let digest = machine.lock().plugins().next().unwrap().1.digest;
    let bytes = machine.places.store().read(&digest).unwrap();
    let machine = Machine::trusting(team.key.public());
    (team, machine, bytes, digest)
}

/// A server of the registry that answers so for the plugin's file.
fn serving(team: &Publisher, answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Server {
    Server::of(team.root.path(), move |asked| asked.path.starts_with(BLOBS).then(|| answer(asked)))
}

fn install(machine: &Machine, server: &Server) -> Result<Vec<String>, Error> {
    machine.install_with(&[config("team", &server.url())], &impatient(), &["greeter"])
}

#[test]
fn a_server_that_behaves_is_installed_from() {
    let (team, machine, bytes, _) = published();
    let server = serving(&team, move |_| Answer::split(&bytes));
    assert_eq!(install(&machine, &server).unwrap(), ["+ greeter 1.0.0"]);
    let paths: Vec<_> = server.asked().into_iter().map(|asked| asked.path).collect();
    assert!(paths.iter().filter(|path| path.starts_with(BLOBS)).count() == 1, "{paths:?}");
    assert!(server.asked().iter().all(|asked| asked.header("accept-encoding").is_none_or(str::is_empty)));
}

#[test]
fn other_bytes_than_were_signed_are_not_kept() {
    let (team, machine, bytes, digest) = published();
    let mut changed = bytes;
    *changed.last_mut().unwrap() ^= 1;
    let found = Digest::of(&changed);
    for at_once in [true, false] {
        let changed = changed.clone();
        let server =
            serving(
                &team,
                move |_| if at_once { Answer::ok(changed.clone()) } else { Answer::split(&changed) },
            );
        let error = refuses(&machine, || install(&machine, &server));
        assert!(matches!(error, Error::WrongDigest { .. }), "{error}");
        let told = error.to_string();
        assert!(told.contains(&digest.to_string()) && told.contains(&found.to_string()), "{told}");
    }
}

#[test]
fn a_body_without_end_is_cut_off_where_the_signed_size_ends() {
    let (team, machine, bytes, digest) = published();
    for begin in [Vec::new(), bytes] {
        let server = serving(&team, move |_| {
            if begin.is_empty() { Answer::endless(&[0; 1 << 16]) } else { Answer::endless(&begin) }
        });
        let error = refuses(&machine, || install(&machine, &server));
        assert!(matches!(error, Error::TooLong { .. }), "{error}");
        assert!(error.to_string().contains(&digest.to_string()), "{error}");
    }
    // What is not signed has bounds of its own.
    for (path, max_bytes) in [("/config.json", 64 << 10), ("/index/gr/main/greeter.jsonl", 16 << 20)] {
        let server = Server::of(team.root.path(), move |asked| {
            (asked.path == path).then(|| Answer::endless(&[b' '; 1 << 16]))
        });
        let error = refuses(&machine, || install(&machine, &server));
        assert!(error.to_string().contains(&format!("more than {max_bytes} bytes")), "{path}: {error}");
    }
}

#[test]
fn a_body_that_trickles_or_stops_is_not_waited_for() {
    let (team, machine, bytes, _) = published();
    let before = machine.files();
    for pause in [Duration::from_millis(100), Duration::from_secs(60)] {
        let bytes = bytes.clone();
        let server = serving(&team, move |_| Answer::trickling(&bytes, pause));
        let error = install(&machine, &server).unwrap_err();
        assert!(driftless_registry::is_unreachable(&error), "{pause:?}: {error}");
        assert_eq!(error.kind(), ErrorKind::Failed);
        let server = Server::new(move |_| Answer::trickling(b"{}", pause));
        // Two bytes come soon enough where the pause is short, and are no registry then.
        install(&machine, &server).unwrap_err();
    }
    assert!(machine.installed().is_empty());
    // What came of the file may be kept to go on with; nothing else is.
    let partial = machine.places.store.join("partial").display().to_string();
    let after: Vec<_> = machine.files().into_iter().filter(|(path, _)| !path.starts_with(&partial)).collect();
    assert!(after == before);
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for() {
    let (_, machine, _, _) = published();
    let server = Server::new(|_| {
        std::thread::sleep(Duration::from_secs(60));
        Answer::missing()
    });
    let error = fails(&machine, || install(&machine, &server));
    assert!(driftless_registry::is_unreachable(&error), "{error}");
}

#[test]
fn a_part_of_a_file_is_never_taken_for_the_whole() {
    let (team, machine, bytes, digest) = published();
    let half = bytes.len() / 2;
    let begin = bytes[..half].to_vec();
    let partial = machine.places.store.join("partial").join(digest.to_string().trim_start_matches("sha256:"));
    for (what, answer) in
        [("the connection ends", 0), ("the length is that of the half", 1), ("there is no length", 2)]
    {
        let begin = begin.clone();
        let length = bytes.len() as u64;
        let server = serving(&team, move |_| match answer {
            0 => Answer::ok(begin.clone()).with_length(length),
            1 => Answer::ok(begin.clone()),
            _ => Answer::ok(begin.clone()).without_length(),
        });
        let error = install(&machine, &server).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Failed, "{what}: {error}");
        assert!(machine.installed().is_empty(), "{what}");
        assert!(!machine.places.store().has(&digest), "{what}");
        assert!(machine.places.store().read(&digest).is_err(), "{what}");
        std::fs::remove_file(&partial).unwrap();
    }
    // It goes on where it was.
    let server = serving(&team, move |_| Answer::ok(begin.clone()));
    install(&machine, &server).unwrap_err();
    assert_eq!(std::fs::read(&partial).unwrap(), bytes[..half]);
    let server = Server::of(team.root.path(), |_| None);
    assert_eq!(install(&machine, &server).unwrap(), ["+ greeter 1.0.0"]);
    let ranges: Vec<_> = server.asked().iter().filter_map(Asked::from).collect();
    assert_eq!(ranges, [half]);
    assert!(!partial.exists());
}

#[test]
fn a_part_that_was_wrong_spoils_nothing() {
    let (team, machine, bytes, digest) = published();
    let partial = machine.places.store.join("partial").join(digest.to_string().trim_start_matches("sha256:"));
    std::fs::create_dir_all(partial.parent().unwrap()).unwrap();
    type Wrong = fn(&[u8]) -> Vec<u8>;
    let wrongs: [Wrong; 4] = [
        |bytes| vec![0; bytes.len() / 2],
        |bytes| vec![0; bytes.len() - 1],
        |bytes| vec![0; bytes.len()],
        |bytes| vec![0; bytes.len() * 2],
    ];
    for wrong in wrongs {
        std::fs::write(&partial, wrong(&bytes)).unwrap();
        let server = Server::of(team.root.path(), |_| None);
        assert_eq!(install(&machine, &server).unwrap(), ["+ greeter 1.0.0"]);
        machine.remove(&[config("team", &server.url())], "greeter").unwrap();
    }
    // Parts of something else than was asked for.
    let right = bytes.clone();
    for from in [0, 1, bytes.len() / 2 + 1] {
        std::fs::write(&partial, &bytes[..bytes.len() / 2]).unwrap();
        let right = right.clone();
        let server = serving(&team, move |asked| {
            let range = format!("bytes {from}-{}/{}", right.len() - 1, right.len());
            match asked.from() {
                Some(_) => Answer::new("206 Partial Content", &right[from..]).with("content-range", &range),
                None => Answer::ok(right.clone()),
            }
        });
        let error = install(&machine, &server).unwrap_err();
        assert!(matches!(error, Error::Registry { .. }), "{error}");
        assert!(machine.installed().is_empty());
    }
    // A server that says that it goes on, and begins anew.
    std::fs::write(&partial, &bytes[..bytes.len() / 2]).unwrap();
    let server = serving(&team, move |asked| match asked.from() {
        Some(from) => Answer::new("206 Partial Content", bytes[..bytes.len() - from].to_vec())
            .with("content-range", &format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len())),
        None => Answer::ok(bytes.clone()),
    });
    assert_eq!(install(&machine, &server).unwrap(), ["+ greeter 1.0.0"]);
}

#[test]
fn what_is_compressed_is_not_unpacked() {
    let (team, machine, _, digest) = published();
    // 1 MB of zeros is a kilobyte of this; it is counted as what it is.
    let bomb = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03".repeat(20);
    let server = serving(&team, move |_| Answer::ok(bomb.clone()).with("content-encoding", "gzip"));
    let error = install(&machine, &server).unwrap_err();
    assert!(matches!(error, Error::Registry { .. } | Error::WrongDigest { .. }), "{error}");
    assert!(!machine.places.store().has(&digest));
    let server = Server::of(team.root.path(), |asked| {
        let bytes = b"\x1f\x8b\x08\x00".to_vec();
        asked.path.ends_with(".jsonl").then(|| Answer::ok(bytes).with("content-encoding", "gzip"))
    });
    let error = install(&machine, &server).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
}

#[test]
fn headers_and_answers_that_are_none_are_refused() {
    let (_, machine, _, _) = published();
    let escapes = "\u{1b}[2J\u{202e}\u{9b}31m";
    type Make = Box<dyn Fn() -> Answer + Send + Sync>;
    let answers: Vec<(&str, Make)> = vec![
        ("a huge header", Box::new(|| Answer::ok("{}").with("x", &"y".repeat(1 << 20)))),
        (
            "a thousand headers",
            Box::new(|| (0..1_000).fold(Answer::ok("{}"), |answer, n| answer.with(&format!("x-{n}"), "y"))),
        ),
        ("no status", Box::new(|| Answer::new("", ""))),
        ("a status of its own", Box::new(|| Answer::new("999 Whatever", ""))),
        ("a reason with escapes", Box::new(move || Answer::new(&format!("500 {escapes}"), escapes))),
        (
            "a header with escapes",
            Box::new(move || Answer::new("500 No", "").with(&format!("x{escapes}"), escapes)),
        ),
        ("a location with escapes", Box::new(move || Answer::redirect(&format!("ftp://{escapes}")))),
        (
            "two lengths",
            Box::new(|| Answer::ok("{}").with("content-length", "1").with("content-length", "2")),
        ),
        (
            "a length that is none",
            Box::new(|| Answer::ok("{}").without_length().with("content-length", "-1")),
        ),
        (
            "a length beyond all",
            Box::new(|| Answer::ok("{}").without_length().with("content-length", "99999999999999999999")),
        ),
        (
            "chunks that are none",
            Box::new(|| Answer::ok("zz\r\n{}\r\n").without_length().with("transfer-encoding", "chunked")),
        ),
        (
            "a chunk beyond all",
            Box::new(|| {
                Answer::ok("ffffffffffffffff\r\n{}").without_length().with("transfer-encoding", "chunked")
            }),
        ),
        ("not modified", Box::new(|| Answer::new("304 Not Modified", ""))),
        ("no content", Box::new(|| Answer::new("204 No Content", ""))),
        ("a part that was not asked for", Box::new(|| Answer::new("206 Partial Content", "{}"))),
    ];
    for (what, make) in answers {
        let server = Server::new(move |_| make());
        let error = fails(&machine, || install(&machine, &server));
        assert!(matches!(error, Error::Registry { .. }), "{what}: {error}");
    }
}

#[test]
fn the_word_of_a_server_that_says_no_is_told() {
    let (team, machine, _, digest) = published();
    for (status, kind) in
        [("401 No", ErrorKind::Refused), ("403 No", ErrorKind::Refused), ("500 No", ErrorKind::Failed)]
    {
        let server = serving(&team, move |_| Answer::new(status, ""));
        let error = fails_but_for_partial(&machine, &server);
        assert_eq!(error.kind(), kind, "{error}");
        let code: u16 = status[..3].parse().unwrap();
        assert!(
            matches!(error, Error::Registry { source: SourceError::Tree(TreeError::Status { status, .. }), .. } if status == code),
            "{error}"
        );
    }
    let server = serving(&team, |_| Answer::missing());
    let error = fails_but_for_partial(&machine, &server);
    assert!(matches!(error, Error::MissingFile { .. }), "{error}");
    assert!(error.to_string().contains(&digest.to_string()), "{error}");
}

/// An empty file of a download that has not begun is no harm.
fn fails_but_for_partial(machine: &Machine, server: &Server) -> Error {
    let error = install(machine, server).unwrap_err();
    assert!(machine.installed().is_empty());
    for (path, bytes) in machine.files() {
        assert!(!path.contains("partial") || bytes.is_empty(), "{path}");
    }
    error
}

#[test]
fn a_server_that_is_busy_for_ever_is_given_up() {
    let (_, machine, _, _) = published();
    for after in ["0", "-1", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let server = Server::new(move |_| Answer::new("503 Busy", "").with("retry-after", after));
        let error = fails(&machine, || install(&machine, &server));
        assert!(driftless_registry::is_unreachable(&error), "{error}");
        assert_eq!(server.asked().len(), 3);
    }
}

#[test]
fn what_was_kept_of_a_server_is_not_believed_more_than_the_server() {
    let (team, machine, _, _) = published();
    let cache = tempfile::tempdir().unwrap();
    let http = HttpOptions { cache: Some(cache.path().to_owned()), ..impatient() };
    let server = Server::of(team.root.path(), {
        let root = team.root.path().to_owned();
        move |asked| match asked.header("if-none-match") {
            Some(_) => Some(Answer::new("304 Not Modified", "")),
            None if asked.path.starts_with(BLOBS) => None,
            None => Some(serve(&root, asked).with("etag", "\"one\"")),
        }
    });
    let configs = [config("team", &server.url())];
    machine.install_with(&configs, &http, &["greeter"]).unwrap();
    assert!(cache.path().read_dir().unwrap().next().is_some(), "something is kept");
    // Files of the cache that were changed are read within bounds, and are no more than what a registry says.
    let changes: [&[u8]; 5] = [b"", b"no line", b"\"one\"\n{}", b"\"one\"\n\xff", &[b'x'; 5_000]];
    for change in changes {
        let other = Machine::trusting(team.key.public());
        for (path, _) in crate::machine::files(cache.path()) {
            if path.ends_with(".jsonl") {
                std::fs::write(path, change).unwrap();
            }
        }
        let result = other.install_with(&configs, &http, &["greeter"]);
        match result {
            Ok(changes) => assert_eq!(changes, ["+ greeter 1.0.0"]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Refused, "{error}"),
        }
    }
}

#[test]
fn an_answer_that_is_wrong_takes_the_place_of_no_copy() {
    let (team, machine, _, _) = published();
    let cache = tempfile::tempdir().unwrap();
    let http = HttpOptions { cache: Some(cache.path().to_owned()), ..impatient() };
    let is_broken = Arc::new(AtomicBool::new(false));
    let server = Server::of(team.root.path(), {
        let is_broken = Arc::clone(&is_broken);
        move |asked| {
            let is_small = !asked.path.starts_with(BLOBS) && is_broken.load(Ordering::Relaxed);
            is_small.then(|| Answer::ok("broken"))
        }
    });
    let configs = [config("team", &server.url())];
    machine.install_with(&configs, &http, &["greeter"]).unwrap();
    is_broken.store(true, Ordering::Relaxed);
    let other = Machine::trusting(team.key.public());
    refuses(&other, || other.install_with(&configs, &http, &["greeter"]));
    // What was right is there still, for those that ask no server.
    let offline = HttpOptions { is_offline: true, ..http.clone() };
    let registry = Registry::new(configs[0].clone(), offline).unwrap();
    assert_eq!(registry.info().unwrap().id, ID);
    let releases = registry.source().releases(&id("greeter")).unwrap();
    assert_eq!(releases.len(), 1);
}

#[test]
fn a_search_without_end_is_cut_off() {
    let (team, _, _, _) = published();
    let piece = b"{\"namespace\":\"main\",\"name\":\"x\",\"version\":\"1.0.0\"}\n".repeat(2_000);
    let server = Server::of(team.root.path(), move |asked| {
        (asked.path == "/search.jsonl").then(|| Answer::endless(&piece))
    });
    let http = HttpOptions::default();
    let registry = Registry::new(config("team", &server.url()), http).unwrap();
    let error = registry.source().search(&[], 10).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
}
