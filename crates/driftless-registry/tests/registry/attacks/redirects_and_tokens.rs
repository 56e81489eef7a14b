//! Where a server leads, and who sees the token. What leads out of `https:` and to private addresses has its tests beside the policy, in `http.rs`:
//! here every server is on this machine.

use driftless_registry::{Error, ErrorKind, HttpOptions, SourceError, Token, TreeError};

use super::{fails, installed, refuses};
use crate::machine::{Machine, Publisher, config};
use crate::misbehaving::{Answer, Asked, Server};

const SECRET: &str = "secret-of-the-team";

fn with_token() -> HttpOptions {
    HttpOptions { token: Some(Token(SECRET.to_owned())), ..HttpOptions::default() }
}

fn published() -> (Publisher, Machine) {
    let (team, _, _) = installed();
    let machine = Machine::trusting(team.key.public());
    (team, machine)
}

/// Whether a request had the token anywhere.
fn had_token(asked: &Asked) -> bool {
    format!("{asked:?}").contains(SECRET)
}

#[test]
fn a_token_is_shown_to_the_server_that_it_was_made_for() {
    let (team, machine) = published();
    let server = Server::of(team.root.path(), |asked| {
        (asked.header("authorization") != Some("Bearer secret-of-the-team"))
            .then(|| Answer::new("401 No", ""))
    });
    let configs = [config("team", &server.url())];
    let error = refuses(&machine, || machine.install(&configs, &["greeter"]));
    assert!(error.to_string().contains("401"), "{error}");
    assert_eq!(machine.install_with(&configs, &with_token(), &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
}

#[test]
fn a_token_is_seen_by_no_other_host_and_no_other_port() {
    let (team, machine) = published();
    let other = Server::of(team.root.path(), |_| None);
    for (what, base) in [("another port", other.url()), ("another name", other.url_of_localhost())] {
        let server = Server::new(move |asked| Answer::redirect(&format!("{base}{}", asked.path)));
        let configs = [config("team", &server.url())];
        machine.install_with(&configs, &with_token(), &["greeter"]).unwrap();
        assert!(server.asked().iter().all(had_token), "{what}");
        machine.remove(&configs, "greeter").unwrap();
    }
    assert!(!other.asked().is_empty());
    assert!(!other.asked().iter().any(had_token), "{:?}", other.asked());
    // The same port by another name is another origin.
    let both = Server::of(team.root.path(), |asked| {
        let port = asked.header("host")?.strip_prefix("127.0.0.1:")?.to_owned();
        Some(Answer::redirect(&format!("http://localhost:{port}{}", asked.path)))
    });
    let configs = [config("team", &both.url())];
    machine.install_with(&configs, &with_token(), &["greeter"]).unwrap();
    for asked in both.asked() {
        let is_own = asked.header("host").unwrap().starts_with("127.0.0.1");
        assert_eq!(had_token(&asked), is_own, "{asked:?}");
    }
}

#[test]
fn a_token_stands_in_no_message() {
    let (_, machine) = published();
    let echo = |asked: &Asked| Answer::new("500 No", asked.header("authorization").unwrap_or_default());
    let server = Server::new(echo);
    let error = fails(&machine, || {
        machine.install_with(&[config("team", &server.url())], &with_token(), &["greeter"])
    });
    assert!(!format!("{error} {error:?} {:?}", with_token()).contains(SECRET), "{error:?}");
    // One that is no header at all.
    let http = HttpOptions { token: Some(Token(format!("{SECRET}\r\nx: y"))), ..HttpOptions::default() };
    let server = Server::new(|_| Answer::missing());
    let error =
        fails(&machine, || machine.install_with(&[config("team", &server.url())], &http, &["greeter"]));
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
    assert!(server.asked().is_empty(), "nothing was sent");
}

#[test]
fn a_redirect_leads_to_http_only() {
    let (_, machine) = published();
    for to in [
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1:70/",
        "data:application/json,{}",
        "javascript:alert(1)",
        "http://user:pass@127.0.0.1/",
        "http://",
        "//",
        "http://[::1",
        "http://127.0.0.1:99999/",
    ] {
        let server = Server::new(move |_| Answer::redirect(to));
        let error = refuses(&machine, || machine.install(&[config("team", &server.url())], &["greeter"]));
        assert!(is_refused_by_client(&error), "{to}: {error}");
        assert_eq!(server.asked().len(), 1, "{to}");
    }
}

#[test]
fn a_redirect_leads_to_no_link_local_address() {
    let (_, machine) = published();
    for to in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://[fe80::1]/",
    ] {
        let server = Server::new(move |_| Answer::redirect(to));
        let error = refuses(&machine, || machine.install(&[config("team", &server.url())], &["greeter"]));
        assert!(is_refused_by_client(&error), "{to}: {error}");
        assert!(error.to_string().contains("no public address"), "{to}: {error}");
    }
}

#[test]
fn redirects_without_end_are_given_up() {
    let (_, machine) = published();
    let server = Server::new(|asked| Answer::redirect(&format!("{}x", asked.path)));
    let error = refuses(&machine, || machine.install(&[config("team", &server.url())], &["greeter"]));
    assert!(is_refused_by_client(&error), "{error}");
    assert!(error.to_string().contains("it leads on after 5 redirects"), "{error}");
    assert_eq!(server.asked().len(), 6);
    // One that leads nowhere is no answer.
    let server = Server::new(|_| Answer::new("302 Found", ""));
    let error = fails(&machine, || machine.install(&[config("team", &server.url())], &["greeter"]));
    assert_eq!(error.kind(), ErrorKind::Failed, "{error}");
}

#[test]
fn where_a_redirect_leads_nothing_else_is_believed() {
    let (team, machine) = published();
    let evil = Publisher::new();
    evil.publish("greeter", "1.0.0", serde_json::json!({"description": "Owned"})).unwrap();
    let other = Server::of(evil.root.path(), |_| None);
    let base = other.url();
    let server = Server::of(team.root.path(), move |asked| {
        (asked.path != "/config.json").then(|| Answer::redirect(&format!("{base}{}", asked.path)))
    });
    let error = refuses(&machine, || machine.install(&[config("team", &server.url())], &["greeter"]));
    assert!(matches!(error, Error::WrongSignature { .. }), "{error}");
}

#[test]
fn without_network_no_server_is_asked() {
    let (team, machine) = published();
    let server = Server::of(team.root.path(), |_| None);
    let http = HttpOptions { is_offline: true, ..with_token() };
    let error =
        fails(&machine, || machine.install_with(&[config("team", &server.url())], &http, &["greeter"]));
    assert!(
        matches!(error, Error::Registry { source: SourceError::Tree(TreeError::Offline(_)), .. }),
        "{error}"
    );
    assert!(server.asked().is_empty());
}

fn is_refused_by_client(error: &Error) -> bool {
    matches!(error, Error::Registry { source: SourceError::Tree(TreeError::Refused { .. }), .. })
}
