//! HTTP: real servers on this machine, which behave well, badly, or not at all.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use driftless_capabilities::Capabilities;
use driftless_plugin_api::cancel::CancelHandle;
use driftless_plugin_api::host_call::HostCallErrorKind::{Denied, Failed, Invalid, Limit};
use driftless_plugin_api::host_call::{Allowance, Capability, HostCallError, HttpAnswer, HttpRequest};

use crate::common::{PLENTY, ask, between, hosts, kind, with};

/// A server, and what was asked of it: heads and bodies as they came.
struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1", answer)
    }

    fn at(address: &str, answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let request = receive(&mut stream);
                    log.lock().unwrap().push(request.clone());
                    answer(&request, &mut stream);
                });
            }
        });
        Self { port, seen }
    }

    /// Sends the same response on each connection.
    fn saying(response: impl Into<String>) -> Self {
        let response = response.into();
        Self::new(move |_, stream| send(stream, &response))
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn plugin(&self) -> Capabilities {
        with(&[hosts(&[self.url("")])])
    }
}

fn receive(stream: &mut impl Read) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            break;
        }
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if body.len() < 1 << 20 {
        let _ = stream.read_exact(&mut body);
        request.extend(body);
    }
    String::from_utf8_lossy(&request).into_owned()
}

fn send(stream: &mut TcpStream, response: &str) {
    let _ = stream.write_all(response.as_bytes());
    let _ = stream.shutdown(Shutdown::Write);
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Go\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

type Got = Result<(HttpAnswer, Vec<u8>), HostCallError>;

fn request(
    plugin: &Capabilities,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    allowance: Allowance<'_>,
) -> Got {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let request = HttpRequest { method: method.to_owned(), url: url.to_owned(), headers };
    ask(plugin, Capability::Http, &request, body, allowance)
}

fn get(plugin: &Capabilities, url: &str) -> Got {
    request(plugin, "GET", url, &[], &[], PLENTY)
}

fn short(millis: u64) -> Allowance<'static> {
    Allowance::new(Duration::from_millis(millis), 1 << 20)
}

#[test]
fn requests_and_responses_arrive_in_full() {
    let server = Server::new(|request, stream| {
        if request.starts_with("HEAD") {
            send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
        } else {
            send(stream, "HTTP/1.1 404 Nope\r\nX-A: one\r\nx-a: two\r\nContent-Length: 5\r\n\r\nno\0pe");
        }
    });
    let plugin = server.plugin();
    let url = server.url("/a?b=c%20d");
    let (answer, body) =
        request(&plugin, "POST", &(url.clone() + "#part"), &[("X-Token", "ü")], b"{}\xff", PLENTY).unwrap();
    assert_eq!((answer.status, answer.url.as_str(), body.as_slice()), (404, url.as_str(), &b"no\0pe"[..]));
    let values: Vec<_> =
        answer.headers.iter().filter(|(name, _)| name == "x-a").map(|(_, value)| value).collect();
    assert_eq!(values, ["one", "two"]);
    let seen = &server.seen()[0];
    let lower = seen.to_lowercase();
    assert!(seen.starts_with("POST /a?b=c%20d HTTP/1.1\r\n"), "{seen}");
    assert!(lower.contains(&format!("host: 127.0.0.1:{}\r\n", server.port)), "{seen}");
    assert!(lower.contains("content-length: 3\r\n"), "{seen}");
    assert!(lower.contains("x-token: ü\r\n"), "{seen}");
    assert!(
        lower.contains(&format!("user-agent: driftless/{} (plugin probe)\r\n", env!("CARGO_PKG_VERSION"))),
        "{seen}"
    );
    assert!(!lower.contains("accept-encoding"), "{seen}");
    let (_, body) = request(&plugin, "HEAD", &url, &[("User-Agent", "mine")], &[], PLENTY).unwrap();
    assert!(body.is_empty());
    assert!(server.seen()[1].to_lowercase().contains("user-agent: mine\r\n"));
    assert!(!server.seen()[1].contains("driftless"));
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        assert_eq!(request(&plugin, method, &url, &[], &[], PLENTY).unwrap().0.status, 404, "{method}");
    }
    request(&plugin, "DELETE", &url, &[], b"body", PLENTY).unwrap();
    assert!(server.seen().last().unwrap().ends_with("\r\n\r\nbody"));
}

#[test]
fn what_is_not_granted_is_not_connected_to() {
    let server = Server::saying(ok("x"));
    let other = Server::saying(ok("x"));
    let plugin = server.plugin();
    for url in [
        other.url("/"),
        format!("https://127.0.0.1:{}/", server.port),
        format!("http://localhost:{}/", server.port),
        format!("http://127.0.0.1.nip.io:{}/", server.port),
        "http://127.0.0.1/".to_owned(),
        "http://[::1]/".to_owned(),
    ] {
        assert_eq!(kind(get(&plugin, &url)), Denied, "{url}");
    }
    assert!(server.seen().is_empty() && other.seen().is_empty());
    let error = get(&between(&[hosts(&["https://*"])], &[]), "https://example.com/x").unwrap_err();
    assert_eq!(error.message, "it may not connect to https://example.com/x: it is not granted");
    // Another way to write the same address is the same.
    assert!(get(&plugin, &format!("http://0x7f.1:{}/", server.port)).is_ok());
    // A name that is granted, and leads to this machine. Only `localhost` may by itself.
    let local = with(&[hosts(&[format!("http://localhost:{}", server.port)])]);
    assert_eq!(get(&local, &format!("http://localhost:{}/", server.port)).unwrap().1, b"x");
    let all = with(&[hosts(&[format!("http://*:{}", server.port)])]);
    assert_eq!(kind(get(&all, &server.url("/"))), Denied);
    assert_eq!(kind(get(&all, &format!("http://localhost:{}/", server.port))), Denied);
    let six = Server::at("::1", |_, stream| send(stream, &ok("six")));
    let url = format!("http://[::1]:{}", six.port);
    assert_eq!(get(&with(&[hosts(&[&url])]), &url).unwrap().1, b"six");
}

#[test]
fn malformed_requests_never_leave() {
    let server = Server::saying(ok("x"));
    let plugin = server.plugin();
    for url in
        ["", "/x", "ftp://127.0.0.1/", "file:///etc/passwd", "http://u:p@127.0.0.1/", "http://", "data:,x"]
    {
        assert_eq!(kind(get(&plugin, url)), Invalid, "{url}");
    }
    assert_eq!(kind(get(&plugin, &server.url(&"/x".repeat(10_000)))), Invalid);
    let url = server.url("/");
    for method in ["CONNECT", "TRACE", "get", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "", "PROPFIND", "G T"] {
        assert_eq!(kind(request(&plugin, method, &url, &[], &[], PLENTY)), Invalid, "{method:?}");
    }
    for header in [
        ("X", "a\r\nHost: evil"),
        ("X", "a\nb"),
        ("X", "a\rb"),
        ("X", "a\0b"),
        ("X\r\nHost", "evil"),
        ("X:", "a"),
        ("X Y", "a"),
        ("", "a"),
        ("ü", "a"),
        ("Host", "evil"),
        ("Content-Length", "0"),
        ("content-length", "5"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "keep-alive"),
        ("Upgrade", "websocket"),
        ("Proxy-Authorization", "x"),
        ("Proxy-Anything", "x"),
        ("Expect", "100-continue"),
        ("TE", "trailers"),
        ("Trailer", "x"),
        ("Keep-Alive", "1"),
    ] {
        assert_eq!(kind(request(&plugin, "GET", &url, &[header], &[], PLENTY)), Invalid, "{header:?}");
    }
    assert_eq!(kind(request(&plugin, "GET", &url, &[("X", "y"); 65], &[], PLENTY)), Invalid);
    assert_eq!(kind(request(&plugin, "GET", &url, &[("X", &"y".repeat(40_000))], &[], PLENTY)), Invalid);
    assert_eq!(kind(request(&plugin, "GET", &url, &[], b"body", PLENTY)), Invalid);
    assert!(server.seen().is_empty());
    // A path cannot end the line that it stands in.
    get(&plugin, &server.url("/a\r\nHost: evil/ HTTP/1.1 b")).unwrap();
    assert_eq!(server.seen()[0].to_lowercase().matches("host:").count(), 2, "{}", server.seen()[0]);
    assert_eq!(server.seen()[0].to_lowercase().matches("\r\nhost:").count(), 1, "{}", server.seen()[0]);
}

#[test]
fn redirects_are_judged_like_requests() {
    let secret = Server::saying(ok("secret"));
    let targets = [
        secret.url("/"),
        format!("//127.0.0.1:{}/", secret.port),
        format!("http://localhost:{}/", secret.port),
        "https://127.0.0.1/".to_owned(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://example.com/".to_owned(),
    ];
    for target in targets {
        let server = Server::saying(redirect(302, &target));
        let error = get(&server.plugin(), &server.url("/")).unwrap_err();
        assert_eq!(error.kind, Denied, "{target}: {error}");
    }
    for target in
        ["ftp://127.0.0.1/", "file:///etc/passwd", "http://u:p@127.0.0.1/", "http://[", "javascript:x"]
    {
        let server = Server::saying(redirect(302, target));
        assert_eq!(kind(get(&server.plugin(), &server.url("/"))), Failed, "{target}");
    }
    assert!(secret.seen().is_empty());
    // Without a place to go to, a redirect is a response.
    let server = Server::saying("HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhm");
    let (answer, body) = get(&server.plugin(), &server.url("/")).unwrap();
    assert_eq!((answer.status, body.as_slice()), (302, &b"hm"[..]));
    // So is what is no redirect.
    let server = Server::saying("HTTP/1.1 304 Same\r\nLocation: http://example.com/\r\n\r\n");
    assert_eq!(get(&server.plugin(), &server.url("/")).unwrap().0.status, 304);
}

#[test]
fn redirects_change_methods_by_the_rules() {
    for (status, method, then) in [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (307, "POST", "POST"),
        (308, "PATCH", "PATCH"),
        (308, "GET", "GET"),
    ] {
        let server = Server::new(move |request, stream| {
            let response = if request.contains(" /first ") { redirect(status, "next?x=1#y") } else { ok("") };
            send(stream, &response);
        });
        let body: &[u8] = if matches!(method, "GET" | "HEAD") { b"" } else { b"payload" };
        let headers = [("Content-Type", "text/x"), ("Authorization", "token"), ("X-Own", "kept")];
        let (answer, _) =
            request(&server.plugin(), method, &server.url("/first"), &headers, body, PLENTY).unwrap();
        assert_eq!(answer.url, server.url("/next?x=1"));
        let second = &server.seen()[1];
        assert!(second.starts_with(&format!("{then} /next?x=1 HTTP/1.1\r\n")), "{status} {method}: {second}");
        let keeps = then == method && !body.is_empty();
        assert_eq!(second.ends_with("payload"), keeps, "{status} {method}: {second}");
        let lower = second.to_lowercase();
        assert_eq!(lower.contains("content-type: text/x"), then == method, "{second}");
        // The same origin still may see everything.
        assert!(lower.contains("authorization: token") && lower.contains("x-own: kept"), "{second}");
    }
}

#[test]
fn secrets_do_not_leave_the_origin() {
    let other = Server::saying(ok("there"));
    let to = other.url("/");
    let server = Server::new(move |_, stream| send(stream, &redirect(307, &to)));
    let plugin = with(&[hosts(&[server.url(""), other.url("")])]);
    let headers = [
        ("Authorization", "secret"),
        ("Cookie", "secret"),
        ("X-Api-Key", "secret"),
        ("Accept", "text/a"),
        ("Accept", "text/b"),
        ("Content-Type", "text/c"),
    ];
    let (answer, body) = request(&plugin, "POST", &server.url("/"), &headers, b"payload", PLENTY).unwrap();
    assert_eq!((answer.url, body.as_slice()), (other.url("/"), &b"there"[..]));
    let (first, second) = (server.seen()[0].to_lowercase(), other.seen()[0].to_lowercase());
    assert_eq!(first.matches("secret").count(), 3, "{first}");
    assert!(!second.contains("secret") && !second.contains("x-api-key"), "{second}");
    for kept in ["accept: text/a\r\n", "accept: text/b\r\n", "content-type: text/c\r\n"] {
        assert!(second.contains(kept), "{kept}: {second}");
    }
    assert!(second.ends_with("payload"));
}

#[test]
fn redirects_come_to_an_end() {
    let server = Server::new(|request, stream| {
        let number: u32 = request.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
        let response = if number == 0 { ok("end") } else { redirect(302, &format!("/{}", number - 1)) };
        send(stream, &response);
    });
    let plugin = server.plugin();
    assert_eq!(get(&plugin, &server.url("/10")).unwrap().1, b"end");
    assert_eq!(server.seen().len(), 11);
    let error = get(&plugin, &server.url("/11")).unwrap_err();
    assert_eq!(error.kind, Limit);
    assert!(error.message.ends_with("leads on after 10 redirects"), "{error}");
    assert_eq!(server.seen().len(), 22);
    let circle = Server::saying(redirect(301, "/"));
    assert_eq!(kind(get(&circle.plugin(), &circle.url("/"))), Limit);
    // All of them share the time.
    let slow = Server::new(|_, stream| {
        thread::sleep(Duration::from_millis(150));
        send(stream, &redirect(302, "/"));
    });
    let begun = Instant::now();
    assert_eq!(kind(request(&slow.plugin(), "GET", &slow.url("/"), &[], &[], short(400))), Limit);
    assert!(begun.elapsed() < Duration::from_millis(1400));
    assert!(slow.seen().len() < 5);
}

#[test]
fn slow_servers_are_given_up() {
    type Behaviour = fn(&str, &mut TcpStream);
    let behaviours: [(&str, Behaviour); 6] = [
        ("silence", |_, _| thread::sleep(Duration::from_secs(5))),
        ("dripping head", |_, stream| drip(stream, "HTTP/1.1 200 OK\r\nX: ", "x")),
        ("dripping body", |_, stream| drip(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "x")),
        ("dripping chunks", |_, stream| {
            drip(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n")
        }),
        ("endless timeout", |_, stream| drip(stream, "", "HTTP/1.1 100 Continue\r\n\r\n")),
        ("a redirect that drips", |_, stream| drip(stream, "HTTP/1.1 302 Found\r\nX: ", "x")),
    ];
    for (name, behaviour) in behaviours {
        let server = Server::new(behaviour);
        let begun = Instant::now();
        let error = request(&server.plugin(), "GET", &server.url("/"), &[], &[], short(300)).unwrap_err();
        assert_eq!(error.kind, Limit, "{name}: {error}");
        assert!(error.message.ends_with("took longer than the 300 ms that were left of the call"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{name}: {:?}", begun.elapsed());
    }
    // A server that takes the request a little at a time.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut some = [0; 1000];
        while stream.read(&mut some).unwrap_or(0) > 0 {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let begun = Instant::now();
    let body = vec![0; 64 << 20];
    let got = request(&with(&[hosts(&[&url])]), "POST", &url, &[], &body, short(400));
    assert_eq!(kind(got), Limit);
    assert!(begun.elapsed() < Duration::from_secs(4));
    // TLS that never comes.
    let silent = Server::new(|_, _| thread::sleep(Duration::from_secs(5)));
    let url = format!("https://127.0.0.1:{}", silent.port);
    assert_eq!(kind(request(&with(&[hosts(&[&url])]), "GET", &url, &[], &[], short(500))), Limit);
}

fn drip(stream: &mut TcpStream, first: &str, drop: &str) {
    let _ = stream.write_all(first.as_bytes());
    for _ in 0..200 {
        if stream.write_all(drop.as_bytes()).is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn flood(stream: &mut TcpStream, first: &str, drop: &str) {
    let _ = stream.write_all(first.as_bytes());
    let drops = drop.repeat(1000);
    while stream.write_all(drops.as_bytes()).is_ok() {}
}

#[test]
fn large_responses_are_cut_off() {
    let allowed = Allowance::new(Duration::from_secs(20), 10_000);
    let sized = |size: usize| Server::saying(ok(&"x".repeat(size)));
    let server = sized(10_000);
    assert_eq!(
        request(&server.plugin(), "GET", &server.url("/"), &[], &[], allowed).unwrap().1.len(),
        10_000
    );
    let server = sized(10_001);
    let error = request(&server.plugin(), "GET", &server.url("/"), &[], &[], allowed).unwrap_err();
    assert_eq!(error.kind, Limit);
    let url = server.url("/");
    assert_eq!(
        error.message,
        format!("the response of {url} has more than the 10000 bytes that an answer may have")
    );
    type Behaviour = fn(&str, &mut TcpStream);
    let behaviours: [(&str, Behaviour); 5] = [
        ("body without end", |_, stream| flood(stream, "HTTP/1.1 200 OK\r\n\r\n", "x")),
        ("chunks without end", |_, stream| {
            flood(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nabcd\r\n");
        }),
        ("a length beyond all", |_, stream| {
            send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n")
        }),
        ("headers without end", |_, stream| flood(stream, "HTTP/1.1 200 OK\r\n", "X: y\r\n")),
        ("a header without end", |_, stream| flood(stream, "HTTP/1.1 200 OK\r\nX: ", "y")),
    ];
    let begun = Instant::now();
    for (name, behaviour) in behaviours {
        let server = Server::new(behaviour);
        let error = request(&server.plugin(), "GET", &server.url("/"), &[], &[], allowed).unwrap_err();
        let many_headers = name == "headers without end" && error.kind == Failed;
        assert!(error.kind == Limit || many_headers, "{name}: {error}");
    }
    assert!(begun.elapsed() < Duration::from_secs(15));
    // Headers count as well, as JSON.
    let server =
        Server::saying(format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 0\r\n\r\n", "y".repeat(10_000)));
    assert_eq!(kind(request(&server.plugin(), "GET", &server.url("/"), &[], &[], allowed)), Limit);
}

#[test]
fn broken_responses_are_failures() {
    for response in [
        "",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Len",
        "HTTP/1.1 99999 OK\r\n\r\n",
    ] {
        let server = Server::saying(response);
        let error = request(&server.plugin(), "GET", &server.url("/"), &[], &[], short(3000)).unwrap_err();
        assert_eq!(error.kind, Failed, "{response:?}: {error}");
    }
    // No server listens there.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(kind(get(&with(&[hosts(&[&url])]), &url)), Failed);
}

#[test]
fn a_proxy_in_the_environment_is_not_asked() {
    if std::env::var_os("CAPS_CHILD").is_none() {
        let proxy = Server::saying(ok("proxy"));
        let address = proxy.url("");
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "http::a_proxy_in_the_environment_is_not_asked", "--nocapture"])
            .env("CAPS_CHILD", "1")
            .envs(
                ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"]
                    .map(|name| (name, &address)),
            )
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        assert!(proxy.seen().is_empty());
        return;
    }
    let server = Server::saying(ok("direct"));
    assert_eq!(get(&server.plugin(), &server.url("/")).unwrap().1, b"direct");
}

#[test]
fn https_believes_the_authorities_of_the_machine() {
    if let Some(port) = std::env::var_os("CAPS_CHILD") {
        let port = port.to_str().unwrap();
        let url = format!("https://localhost:{port}/");
        let expected = std::env::var_os("SSL_CERT_FILE")
            .is_some_and(|file| file.to_str().unwrap().ends_with("ours.pem"));
        let got = get(&with(&[hosts(&[&url.trim_end_matches('/')])]), &url);
        if expected {
            assert_eq!(got.unwrap().1, b"over tls");
            // The same server under a name that its certificate does not have.
            let other = format!("https://127.0.0.1:{port}");
            assert_eq!(kind(get(&with(&[hosts(&[&other])]), &other)), Failed);
        } else {
            let error = got.unwrap_err();
            assert_eq!(error.kind, Failed);
            assert!(error.message.contains("certificate"), "{error}");
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let authority = |file: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, file);
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(folder.path().join(file), certificate.pem()).unwrap();
        rcgen::Issuer::new(params, key)
    };
    let ours = authority("ours.pem");
    authority("theirs.pem");
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &ours).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            receive(&mut stream);
            let _ = stream.write_all(ok("over tls").as_bytes());
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    for authorities in ["ours.pem", "theirs.pem"] {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "http::https_believes_the_authorities_of_the_machine", "--nocapture"])
            .env("CAPS_CHILD", port.to_string())
            .env("SSL_CERT_FILE", folder.path().join(authorities))
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
        assert!(child.status.success() && out.contains("1 passed"), "{authorities}: {out}{err}");
    }
}

#[test]
fn cancelling_the_call_ends_a_request_that_the_server_does_not_answer() {
    let handle = CancelHandle::new();
    let cancelled = handle.clone();
    // It has the request, and says nothing.
    let server = Server::new(move |_, stream| {
        cancelled.cancel();
        let _ = stream.read(&mut [0]);
    });
    let request = HttpRequest { method: "GET".to_owned(), url: server.url("/slow"), headers: Vec::new() };
    let allowance = Allowance { cancel: Some(&handle), ..Allowance::new(Duration::from_secs(3600), 1 << 16) };
    let error =
        ask::<_, HttpAnswer>(&server.plugin(), Capability::Http, &request, &[], allowance).unwrap_err();
    assert_eq!(error.message, format!("the response of {} was cancelled", server.url("/slow")));
}
