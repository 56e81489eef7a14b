//! What a server is asked for, and how often.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use driftless_plugin_api::cancel::CancelHandle;
use driftless_registry::{
    Client, Error, ErrorKind, HttpOptions, PluginId, RemoteRegistry, SourceError, TreeError,
};
use serde_json::json;

use crate::machine::{Machine, Publisher, config};
use crate::misbehaving::{Answer, Server};

#[test]
fn a_bare_name_asks_each_registry_once() {
    let (team, other) = (Publisher::new(), Publisher::new());
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let (having, lacking) = (Server::of(team.root.path(), |_| None), Server::of(other.root.path(), |_| None));
    let machine = Machine::trusting(team.key.public());
    let registries = [config("team", &having.url()), config("other", &lacking.url())];
    assert_eq!(machine.install(&registries, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    let asked = |server: &Server| {
        let paths = server.asked().into_iter().map(|asked| asked.path);
        paths.filter(|path| !path.starts_with("/blobs/")).collect::<Vec<_>>()
    };
    let expected = ["/config.json", "/index/gr/main/greeter.jsonl"];
    assert_eq!(asked(&having), expected);
    assert_eq!(asked(&lacking), expected);
}

/// Withdraws a release at a server.
fn yank(server: &Server, http: HttpOptions) -> Result<(), Error> {
    let remote = RemoteRegistry::new(Client::new(&server.url(), http).unwrap());
    let id = PluginId { namespace: "main".parse().unwrap(), name: "greeter".parse().unwrap() };
    remote.yank(&id, &"1.0.0".parse().unwrap(), true)
}

/// A server that answers so for as many times, and is content then.
fn busy(status: &'static str, after: &'static str, times: usize) -> Server {
    let count = AtomicUsize::new(0);
    Server::new(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        before if before < times => Answer::new(status, "").with("retry-after", after),
        _ => Answer::new("204 No Content", ""),
    })
}

#[test]
fn a_busy_server_is_sent_again_what_it_did_not_take() {
    for status in ["429 Too Many Requests", "503 Busy"] {
        let server = busy(status, "0", 2);
        yank(&server, HttpOptions::default()).unwrap();
        assert_eq!(server.asked().len(), 3);
        let server = busy(status, "0", 100);
        let error = yank(&server, HttpOptions::default()).unwrap_err();
        let code: u16 = status[..3].parse().unwrap();
        assert!(
            matches!(error, Error::Registry { source: SourceError::Tree(TreeError::Status { status, .. }), .. } if status == code),
            "{error}"
        );
        assert_eq!(server.asked().len(), 3);
    }
    // It may have begun: what stands before it answers so.
    let server = busy("502 Bad Gateway", "0", 1);
    yank(&server, HttpOptions::default()).unwrap_err();
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_server_that_wants_to_be_waited_for_too_long_is_not() {
    let begun = Instant::now();
    let server = busy("429 Too Many Requests", "3600", 1);
    yank(&server, HttpOptions::default()).unwrap_err();
    assert_eq!(server.asked().len(), 1);
    // As long as it may want, and the caller gives up.
    let server = busy("429 Too Many Requests", "30", 1);
    let cancel = CancelHandle::new();
    let http = HttpOptions { cancel: cancel.clone(), ..HttpOptions::default() };
    let error = std::thread::scope(|scope| {
        let yanked = scope.spawn(|| yank(&server, http));
        while server.asked().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        cancel.cancel();
        yanked.join().unwrap().unwrap_err()
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
