//! Buckets of S3, as moto has them. It takes a second to start, so one test has all that is tried with it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use driftless_registry::{
    BlobStore, BucketCredentials, BucketOptions, Error, ErrorKind, Expected, HttpOptions, Mirror, Opened,
    PluginId, Publication, Registry, RegistryConfig, RegistryTree, Rotation, S3Tree, SigningKey, Target,
    Token, Tree, TreeError, Trust, Versioned, WritableTree, layout, renewals,
};
use serde_json::json;

use super::{Running, found, outdated};
use crate::machine::{ID, Machine, Publisher, RULES, config};
use crate::misbehaving::{Answer, Server, serve};
use crate::release::plugin;

/// The server, with buckets that tests make.
struct Moto(Running);

impl Moto {
    fn start() -> Option<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/moto-venv/bin/moto_server");
        if !program.is_file() {
            driftless_test_support::skip("moto is not installed; `cargo xtask test` installs it");
            return None;
        }
        Some(Self(Running::start(|_, port| {
            let mut command = Command::new(&program);
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            command
        })))
    }

    fn bucket(&self, name: &str) -> Bucket {
        let mut stream = TcpStream::connect(("127.0.0.1", self.0.port)).unwrap();
        let request = format!(
            "PUT /{name} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Bucket { url: format!("s3://{name}/team/plugins"), http: http(&self.0.url()) }
    }
}

/// How a bucket of a server is asked.
fn http(endpoint: &str) -> HttpOptions {
    let credentials =
        BucketCredentials { key_id: "key".to_owned(), secret: Token("hidden".to_owned()), session: None };
    let bucket = BucketOptions {
        endpoint: Some(endpoint.to_owned()),
        region: Some("us-east-1".to_owned()),
        credentials: Some(credentials),
    };
    HttpOptions { bucket, ..HttpOptions::default() }
}

/// A place for a registry in a bucket.
struct Bucket {
    url: String,
    http: HttpOptions,
}

impl Bucket {
    fn tree(&self) -> S3Tree {
        S3Tree::new(&self.url, self.http.clone()).unwrap()
    }

    fn init(&self) -> RegistryTree<S3Tree> {
        RegistryTree::create_in(self.tree(), ID, "main".parse().unwrap()).unwrap()
    }

    fn config(&self) -> [RegistryConfig; 1] {
        [config("team", &self.url)]
    }
}

fn id(name: &str) -> PluginId {
    PluginId { namespace: "main".parse().unwrap(), name: name.parse().unwrap() }
}

fn signed(key: &SigningKey, name: &str, version: &str) -> Publication {
    let namespace = "main".parse().unwrap();
    let published = std::time::SystemTime::now();
    let target = Target { registry: ID, namespace: &namespace, published, is_security_fix: false };
    Publication::sign(plugin(name, version, json!({"description": "Says hello"})), RULES, &target, key)
        .unwrap()
}

#[test]
fn a_bucket_is_a_registry() {
    let Some(moto) = Moto::start() else { return };
    a_plugin_goes_its_whole_way(&moto);
    two_that_publish_at_once_lose_nothing(&moto);
    many_that_publish_at_once_lose_nothing(&moto);
    keys_take_the_place_of_others(&moto);
    a_registry_is_copied_into_a_bucket(&moto);
    what_is_wrong_is_told(&moto);
}

fn a_plugin_goes_its_whole_way(moto: &Moto) {
    let bucket = moto.bucket("whole-way");
    let cache = tempfile::tempdir().unwrap();
    let (registries, key) = (bucket.config(), SigningKey::generate().unwrap());
    let http = HttpOptions { cache: Some(cache.path().to_owned()), ..bucket.http.clone() };
    let machine = Machine::trusting(key.public());
    let error = machine.install_with(&registries, &http, &["greeter"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let registry = bucket.init();
    let again = RegistryTree::create_in(bucket.tree(), "another", "main".parse().unwrap()).err().unwrap();
    assert!(matches!(&again, Error::RegistryExists { place } if *place == bucket.url), "{again}");
    assert_eq!(RegistryTree::open_in(bucket.tree()).unwrap().info(), registry.info());

    registry.publish(&signed(&key, "greeter", "1.0.0"), Some(key.public())).unwrap();
    assert_eq!(found(&machine, &registries, &http, "hello"), ["main/greeter 1.0.0"]);
    assert_eq!(machine.install_with(&registries, &http, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    assert!(outdated(&machine, &registries, &http).is_empty());
    registry.publish(&signed(&key, "greeter", "1.1.0"), None).unwrap();
    assert_eq!(outdated(&machine, &registries, &http), ["greeter 1.0.0 < 1.1.0"]);
    assert_eq!(machine.update_with(&registries, &http, &[]).unwrap(), ["greeter 1.0.0 -> 1.1.0"]);

    let again = registry.publish(&signed(&key, "greeter", "1.1.0"), None).unwrap_err();
    assert!(matches!(again, Error::Exists { .. }), "{again}");
    let stranger = SigningKey::generate().unwrap();
    let error =
        registry.publish(&signed(&stranger, "greeter", "1.2.0"), Some(stranger.public())).unwrap_err();
    assert!(matches!(error, Error::NotPublished { .. }), "{error}");
    let alike = registry.publish(&signed(&key, "gr-eeter", "1.0.0"), None).unwrap_err();
    assert!(alike.to_string().contains("looks like that of `main/greeter`"), "{alike}");

    registry.yank(&id("greeter"), &"1.1.0".parse().unwrap(), true).unwrap();
    let other = Machine::trusting(key.public());
    assert_eq!(other.install_with(&registries, &http, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    assert_eq!(found(&machine, &registries, &http, "hello"), ["main/greeter 1.0.0"]);
    registry.yank(&id("greeter"), &"1.1.0".parse().unwrap(), false).unwrap();
    registry.revoke(&id("greeter"), &"1.0.0".parse().unwrap(), "it leaks").unwrap();
    assert_eq!(other.update_with(&registries, &http, &[]).unwrap(), ["greeter 1.0.0 -> 1.1.0"]);
    let error = registry.yank(&id("greeter"), &"9.0.0".parse().unwrap(), true).unwrap_err();
    assert!(matches!(error, Error::UnknownPlugin { .. }), "{error}");
    let removed = machine.with_options(&registries, &http, |installer, exclusive| {
        installer.remove(exclusive, "greeter").unwrap().len()
    });
    assert_eq!((removed, machine.installed().len()), (1, 0));
    // What was read before is enough where there is no network.
    let offline = HttpOptions { is_offline: true, ..http };
    assert_eq!(found(&machine, &registries, &offline, "hello"), ["main/greeter 1.0.0"]);
}

/// A tree in which another one is quicker: before a file is written for the first time, something happens.
struct Interrupted<F> {
    tree: S3Tree,
    at: &'static str,
    first: Mutex<Option<F>>,
}

impl<F: FnOnce() + Send> Tree for Interrupted<F> {
    fn read(&self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, TreeError> {
        self.tree.read(path, max_bytes)
    }

    fn open(&self, path: &str, from: u64) -> Result<Option<Opened>, TreeError> {
        self.tree.open(path, from)
    }

    fn place(&self) -> String {
        self.tree.place()
    }
}

impl<F: FnOnce() + Send> WritableTree for Interrupted<F> {
    fn exclusive(&self) -> Result<Option<std::fs::File>, TreeError> {
        self.tree.exclusive()
    }

    fn current(&self, path: &str, max_bytes: u64) -> Result<Option<Versioned>, TreeError> {
        self.tree.current(path, max_bytes)
    }

    fn put(&self, path: &str, bytes: &[u8], expected: Expected<'_>) -> Result<bool, TreeError> {
        if path.starts_with(self.at)
            && let Some(first) = self.first.lock().unwrap().take()
        {
            first();
        }
        self.tree.put(path, bytes, expected)
    }
}

fn two_that_publish_at_once_lose_nothing(moto: &Moto) {
    let cases = [
        ("keys/", "greeter", "1.1.0"),
        ("index/", "greeter", "1.1.0"),
        ("search.jsonl", "greeter", "1.1.0"),
        ("search.jsonl", "another", "1.0.0"),
    ];
    for (number, (at, name, version)) in cases.into_iter().enumerate() {
        let bucket = moto.bucket(&format!("at-once-{number}"));
        let (first, key) = (bucket.init(), SigningKey::generate().unwrap());
        let slower = Interrupted {
            tree: bucket.tree(),
            at,
            first: Mutex::new(Some(|| {
                first.publish(&signed(&key, name, version), Some(key.public())).unwrap();
            })),
        };
        let slower = RegistryTree::open_in(slower).unwrap();
        slower.publish(&signed(&key, "greeter", "1.0.0"), Some(key.public())).unwrap();
        let machine = Machine::trusting(key.public());
        let registries = bucket.config();
        let mut expected = vec![format!("main/{name} {version}")];
        if name != "greeter" {
            expected.push("main/greeter 1.0.0".to_owned());
        }
        assert_eq!(found(&machine, &registries, &bucket.http, "hello"), expected, "{at}");
        let asked = [format!("{name}@={version}"), "greeter@=1.0.0".to_owned()];
        for asked in &asked {
            machine.install_with(&registries, &bucket.http, &[asked]).unwrap();
        }
    }
    // The same version twice: one of them is refused, and the first stays as it is. So is a key that is not the first one.
    let bucket = moto.bucket("at-once-same");
    let (first, key, other) =
        (bucket.init(), SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let quicker = signed(&key, "greeter", "1.0.0");
    let slower = Interrupted {
        tree: bucket.tree(),
        at: "keys/",
        first: Mutex::new(Some(|| first.publish(&quicker, Some(key.public())).unwrap())),
    };
    let slower = RegistryTree::open_in(slower).unwrap();
    let error = slower.publish(&signed(&other, "greeter", "1.0.0"), Some(other.public())).unwrap_err();
    assert!(error.to_string().contains("none of these keys has signed it"), "{error}");
    let error = first.publish(&signed(&key, "greeter", "1.0.0"), None).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error}");
}

fn many_that_publish_at_once_lose_nothing(moto: &Moto) {
    let bucket = moto.bucket("many-at-once");
    let key = SigningKey::generate().unwrap();
    bucket.init().publish(&signed(&key, "first", "1.0.0"), Some(key.public())).unwrap();
    let names = ["alpha", "bravo", "charlie", "delta"];
    std::thread::scope(|scope| {
        for name in names {
            let (bucket, key) = (&bucket, &key);
            scope.spawn(move || {
                let registry = RegistryTree::open_in(bucket.tree()).unwrap();
                registry.publish(&signed(key, name, "1.0.0"), None).unwrap();
            });
        }
    });
    let machine = Machine::trusting(key.public());
    for name in names {
        let added = machine.install_with(&bucket.config(), &bucket.http, &[name]).unwrap();
        assert_eq!(added, [format!("+ {name} 1.0.0")]);
    }
}

fn keys_take_the_place_of_others(moto: &Moto) {
    let bucket = moto.bucket("rotated");
    let (registry, old, new) =
        (bucket.init(), SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    registry.publish(&signed(&old, "greeter", "1.0.0"), Some(old.public())).unwrap();
    let rotation = Rotation {
        registry: ID.to_owned(),
        namespace: "main".parse().unwrap(),
        old: old.public().clone(),
        new: new.public().clone(),
    };
    registry.rotate(&rotation.sign(&old).unwrap()).unwrap();
    let source = driftless_registry::IndexSource::new(bucket.tree());
    let namespace = "main".parse().unwrap();
    registry.renew(&namespace, &renewals(&source, &namespace, old.public(), &new).unwrap()).unwrap();
    for key in [&old, &new] {
        let machine = Machine::trusting(key.public());
        let added = machine.install_with(&bucket.config(), &bucket.http, &["greeter"]).unwrap();
        assert_eq!(added, ["+ greeter 1.0.0"]);
    }
}

fn a_registry_is_copied_into_a_bucket(moto: &Moto) {
    let (team, bucket, downloads) = (Publisher::new(), moto.bucket("copy"), tempfile::tempdir().unwrap());
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let from = Registry::new(team.config(), HttpOptions::default()).unwrap();
    let mut trust = Trust::default();
    trust.pin("team", ID, &"main".parse().unwrap(), team.key.public()).unwrap();
    let to = bucket.init();
    let mirror = Mirror {
        from: &from,
        to: &to,
        trust: &trust,
        rules: RULES,
        downloads: &BlobStore::new(downloads.path()),
        progress: &|_, _| (),
    };
    assert_eq!(mirror.copy(&[]).unwrap().copied, ["main/greeter 1.0.0"]);
    assert_eq!(mirror.copy(&[]).unwrap().present, 1);
    let machine = Machine::trusting(team.key.public());
    let added = machine.install_with(&bucket.config(), &bucket.http, &["greeter"]).unwrap();
    assert_eq!(added, ["+ greeter 1.0.0"]);
}

fn what_is_wrong_is_told(moto: &Moto) {
    let bucket = moto.bucket("wrong");
    let key = SigningKey::generate().unwrap();
    bucket.init().publish(&signed(&key, "greeter", "1.0.0"), Some(key.public())).unwrap();
    let machine = Machine::trusting(key.public());
    // Without a key.
    let unsigned = BucketOptions { credentials: None, ..bucket.http.bucket.clone() };
    let unsigned = HttpOptions { bucket: unsigned, ..HttpOptions::default() };
    let error = machine.install_with(&bucket.config(), &unsigned, &["greeter"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    let told = error.to_string();
    assert!(told.contains("403 to a request without a key") && told.contains("AWS_ACCESS_KEY_ID"), "{told}");
    // A bucket that is not there.
    let elsewhere = Bucket { url: "s3://no-such-bucket/x".to_owned(), http: bucket.http.clone() };
    let error = machine.install_with(&elsewhere.config(), &elsewhere.http, &["greeter"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let error = RegistryTree::create_in(elsewhere.tree(), ID, "main".parse().unwrap()).err().unwrap();
    assert!(error.to_string().contains("there is no such bucket"), "{error}");
    // A file in the bucket that is not the signed one.
    let digest = signed(&key, "greeter", "1.0.0").statement().digest;
    let blob = layout::blob(&digest);
    bucket.tree().put(&blob, b"something else", Expected::Anything).unwrap();
    let error = machine.install_with(&bucket.config(), &bucket.http, &["greeter"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed, "it is shorter than what was signed: {error}");
    bucket.tree().put(&blob, &[0; 100_000], Expected::Anything).unwrap();
    let error = machine.install_with(&bucket.config(), &bucket.http, &["greeter"]).unwrap_err();
    assert!(matches!(error, Error::TooLong { .. }), "{error}");
    assert!(machine.installed().is_empty());
}

#[test]
fn a_server_that_is_not_there_or_says_no_is_told_without_a_signature() {
    let folder = tempfile::tempdir().unwrap();
    // Nothing listens there.
    let gone = Bucket { url: "s3://shelf/x".to_owned(), http: http("http://127.0.0.1:1") };
    let machine = Machine::new();
    let error = machine.install_with(&gone.config(), &gone.http, &["greeter"]).unwrap_err();
    assert!(driftless_registry::is_unreachable(&error), "{error}");
    let error = RegistryTree::create_in(gone.tree(), ID, "main".parse().unwrap()).err().unwrap();
    assert!(driftless_registry::is_unreachable(&error), "{error}");
    // A key that the server does not believe, as S3 says it.
    let body = "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code><Message>\u{1b}[2J</Message></Error>";
    let server = Server::new(move |_| Answer::new("403 Forbidden", body));
    let wrong = Bucket { url: "s3://shelf/x".to_owned(), http: http(&server.url()) };
    for error in [
        machine.install_with(&wrong.config(), &wrong.http, &["greeter"]).unwrap_err(),
        RegistryTree::create_in(wrong.tree(), ID, "main".parse().unwrap()).err().unwrap(),
    ] {
        let told = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Refused, "{told}");
        assert!(told.contains("403 (SignatureDoesNotMatch) to the key `key`"), "{told}");
        assert!(!told.contains("X-Amz") && !told.contains("hidden") && !told.contains('\u{1b}'), "{told}");
    }
    assert!(server.asked().iter().all(|asked| asked.path.contains("X-Amz-Signature=")));
    assert!(server.asked().iter().all(|asked| asked.header("authorization").is_none()));
    // A redirect leads to another server without what was signed.
    let root = folder.path().to_owned();
    let other = Server::new(move |asked| serve(&root, asked));
    let to = other.url();
    let server = Server::new(move |_| Answer::redirect(&format!("{to}/x")));
    let led = Bucket { url: "s3://shelf/x".to_owned(), http: http(&server.url()) };
    machine.install_with(&led.config(), &led.http, &["greeter"]).unwrap_err();
    assert!(!other.asked().is_empty());
    assert!(other.asked().iter().all(|asked| !asked.path.contains("X-Amz")));
}

#[test]
fn a_body_that_is_larger_than_it_may_be_is_cut_off() {
    let bucket = |server: &Server| Bucket { url: "s3://shelf/x".to_owned(), http: http(&server.url()) };
    let endless = Server::new(|_| Answer::endless(&[b' '; 1 << 16]).with("etag", "\"one\""));
    let endless = bucket(&endless);
    let error = Machine::new().install_with(&endless.config(), &endless.http, &["greeter"]).unwrap_err();
    assert!(error.to_string().contains("more than 65536 bytes"), "{error}");
    let error = endless.tree().current("keys/main.json", 1000).unwrap_err();
    assert!(matches!(error, TreeError::TooLarge { max_bytes: 1000, .. }), "{error}");
    // Without a tag nothing is written over what was read.
    let untagged = Server::new(|_| Answer::ok("{}"));
    let error = bucket(&untagged).tree().current("keys/main.json", 1000).unwrap_err();
    assert!(error.to_string().contains("no ETag"), "{error}");
    // A server that is busy is asked again, with what it was sent.
    let count = std::sync::atomic::AtomicUsize::new(0);
    let busy = Server::new(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0 => Answer::new("503 Slow Down", "").with("retry-after", "0"),
        _ => Answer::ok(""),
    });
    assert!(bucket(&busy).tree().put("config.json", b"{}", Expected::Missing).unwrap());
    assert_eq!(busy.asked().len(), 2);
    assert!(busy.asked().iter().all(|asked| asked.header("if-none-match") == Some("*")));
}
