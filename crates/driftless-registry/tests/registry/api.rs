//! Servers of the first design, that speak the HTTP API and have no index.

use std::sync::{Arc, Mutex};

use driftless_plugin_api::digest::Digest;
use driftless_registry::{
    Error, ErrorKind, Event, HttpOptions, Installer, Policy, Registries, Registry, RegistryConfig,
    SigningKey, SourceError, Token, TreeError,
};
use semver::Version;
use serde_json::{Value, json};

use crate::machine::{Machine, Publisher, RULES, config};
use crate::misbehaving::{Answer, Asked, Server};
use crate::release::plugin;

/// A file of the server, by its path.
type Files = Vec<(String, Vec<u8>)>;

/// A server that answers so for these paths, without what stands behind `?`.
fn serving(answers: Vec<(&'static str, Value)>, files: Files) -> Server {
    let answers: Vec<(String, Vec<u8>)> =
        answers.into_iter().map(|(path, value)| (path.to_owned(), value.to_string().into_bytes())).collect();
    Server::new(move |asked| {
        let path = asked.path.split('?').next().unwrap_or_default();
        let found = answers.iter().chain(&files).find(|(of, _)| of == path);
        found.map_or_else(Answer::missing, |(_, bytes)| Answer::ok(bytes.clone()))
    })
}

fn lenient(server: &Server) -> [RegistryConfig; 1] {
    [RegistryConfig { allow_unsigned: true, ..config("old", &server.url()) }]
}

fn checksum(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

fn paths(server: &Server) -> Vec<String> {
    server.asked().into_iter().map(|asked: Asked| asked.path).collect()
}

/// A server with `greeter 1.0.0` and `1.1.0`, which needs `base`, of which it does not tell.
fn usual() -> Server {
    let needs = json!({"dependencies": [{"name": "base", "version": "^1"}], "permissions": [{"Environment": {"vars": ["HOME"]}}]});
    let (old, new) = (plugin("greeter", "1.0.0", json!({})), plugin("greeter", "1.1.0", needs));
    let base = plugin("base", "1.2.0", json!({}));
    let digits = checksum(&base).trim_start_matches("sha256:").to_ascii_uppercase();
    serving(
        vec![
            (
                "/api/v1/plugins",
                json!([{"name": "greeter", "version": "1.1.0", "description": "Says hello"}, {"name": "../x"}]),
            ),
            (
                "/api/v1/plugins/greeter",
                json!({"name": "greeter", "author": "someone", "versions": ["1.0.0", "1.1.0"]}),
            ),
            (
                "/api/v1/plugins/greeter/1.0.0",
                json!({"download_url": "/f/old.wasm", "checksum": checksum(&old)}),
            ),
            (
                "/api/v1/plugins/greeter/1.1.0",
                json!({"download_url": "/f/new.wasm", "checksum": checksum(&new)}),
            ),
            (
                "/api/v1/plugins/base",
                json!({"version": "1.2.0", "download_url": "f/base.wasm", "checksum": digits}),
            ),
        ],
        vec![
            ("/f/old.wasm".to_owned(), old),
            ("/f/new.wasm".to_owned(), new),
            ("/f/base.wasm".to_owned(), base),
        ],
    )
}

#[test]
fn a_server_without_an_index_is_installed_from_where_nothing_has_to_be_signed() {
    let server = usual();
    let (registries, machine) = (lenient(&server), Machine::new());
    let found = machine.with(&registries, |installer, _| {
        let words = ["HELLO".to_owned()];
        installer
            .registries
            .search(&words, 9)
            .flat_map(|(_, found)| found.unwrap().plugins)
            .collect::<Vec<_>>()
    });
    assert_eq!((found.len(), &*found[0].name, &*found[0].version), (1, "greeter", "1.1.0"));
    assert_eq!(machine.install(&registries, &["greeter@=1.0.0"]).unwrap(), ["+ greeter 1.0.0"]);
    // What the newer one needs is in its file alone.
    assert!(machine.install(&registries, &["greeter@^1"]).unwrap().is_empty());
    let changes = machine.update(&registries, &[]).unwrap();
    assert_eq!(changes, ["+ base 1.2.0", "greeter 1.0.0 -> 1.1.0"]);
    let lock = machine.lock();
    let greeter = lock.named("greeter").next().unwrap().1;
    assert_eq!(
        (greeter.key.as_deref(), greeter.registry_id.as_str()),
        (None, &*format!("{}/", server.url()))
    );
    assert!(!greeter.permissions.is_empty(), "what it asks for is in the lock");
    assert!(machine.update(&registries, &[]).unwrap().is_empty());
    machine.with(&registries, |installer, exclusive| {
        assert!(installer.verify(&[]).unwrap().iter().all(|verdict| verdict.problem.is_none()));
        // What the lock names is fetched again to the byte.
        std::fs::remove_dir_all(&machine.places.store).unwrap();
        assert!(installer.fetch(exclusive).unwrap().iter().all(|(.., is_new)| *is_new));
    });
    assert_eq!(machine.installed(), ["base 1.2.0", "greeter 1.1.0"]);
    assert_eq!(machine.remove(&registries, "greeter").unwrap(), ["- base 1.2.0", "- greeter 1.1.0"]);
}

#[test]
fn that_nothing_is_signed_is_told() {
    let server = usual();
    let machine = Machine::new();
    let open = |config: &RegistryConfig| Registry::new(config.clone(), HttpOptions::default()).unwrap();
    let registries = Registries::new(lenient(&server).iter().map(open).collect());
    let told = Mutex::new(Vec::new());
    let events = |event: Event<'_>| {
        if let Event::Unsigned(package, statement) = event {
            told.lock().unwrap().push(format!("{package} {}", statement.version));
        }
    };
    let policy = Policy { host: Version::new(0, 1, 0), now: std::time::SystemTime::now() };
    let installer =
        Installer { places: &machine.places, registries: &registries, policy, rules: RULES, events: &events };
    let exclusive = machine.places.exclusive(|| ()).unwrap();
    installer.install(&exclusive, &["greeter".parse().unwrap()]).unwrap();
    assert_eq!(*told.lock().unwrap(), ["old/main/base 1.2.0", "old/main/greeter 1.1.0"]);
}

#[test]
fn where_everything_has_to_be_signed_the_api_is_not_asked() {
    let server = usual();
    let machine = Machine::new();
    let error = machine.install(&[config("old", &server.url())], &["greeter"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.to_string().contains("allow_unsigned = true"), "{error}");
    assert_eq!(paths(&server), ["/config.json"]);
    // A registry that was signed, and of which only the API is left, is another one.
    let key = SigningKey::generate().unwrap();
    let trusting = Machine::trusting(key.public());
    let registries = [RegistryConfig { allow_unsigned: true, ..config("team", &server.url()) }];
    let error = trusting.install(&registries, &["greeter@=1.0.0"]).unwrap_err();
    assert!(matches!(error, Error::OtherRegistry { .. }), "{error}");
    // One that has an index is asked for that.
    let team = Publisher::new();
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let server = Server::of(team.root.path(), |_| None);
    let registries = [RegistryConfig { allow_unsigned: true, ..config("team", &server.url()) }];
    let machine = Machine::trusting(team.key.public());
    assert_eq!(machine.install(&registries, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    assert!(machine.lock().plugins().all(|(_, plugin)| plugin.key.is_some()));
    assert!(!paths(&server).iter().any(|path| path.contains("/api/")));
}

#[test]
fn a_token_goes_to_the_api_and_not_to_where_a_file_is() {
    let bytes = plugin("greeter", "1.0.0", json!({}));
    let elsewhere = serving(Vec::new(), vec![("/greeter.wasm".to_owned(), bytes.clone())]);
    let url = format!("{}/greeter.wasm", elsewhere.url_of_localhost());
    let server = serving(
        vec![
            ("/api/v1/plugins", json!({"plugins": []})),
            (
                "/api/v1/plugins/greeter",
                json!({"version": "1.0.0", "download_url": url, "checksum": checksum(&bytes)}),
            ),
        ],
        Vec::new(),
    );
    let http = HttpOptions { token: Some(Token("hidden".to_owned())), ..HttpOptions::default() };
    let machine = Machine::new();
    assert_eq!(machine.install_with(&lenient(&server), &http, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    assert!(server.asked().iter().all(|asked| asked.header("authorization") == Some("Bearer hidden")));
    assert_eq!(elsewhere.asked().len(), 1);
    assert!(elsewhere.asked().iter().all(|asked| asked.header("authorization").is_none()));
}

#[test]
fn what_cannot_be_is_refused() {
    let bytes = plugin("greeter", "1.0.0", json!({}));
    let other = plugin("other", "1.0.0", json!({}));
    let right =
        json!({"name": "greeter", "version": "1.0.0", "download_url": "/f", "checksum": checksum(&bytes)});
    let with = |key: &str, value: Value| {
        let mut changed = right.clone();
        changed[key] = value;
        changed
    };
    let file = |bytes: &[u8]| vec![("/f".to_owned(), bytes.to_vec())];
    let install = |answer: &Value, files: Files| {
        let answers = vec![("/api/v1/plugins", json!([])), ("/api/v1/plugins/greeter", answer.clone())];
        let server = serving(answers, files);
        let machine = Machine::new();
        let result = machine.install(&lenient(&server), &["greeter"]);
        assert_eq!(machine.installed().len(), usize::from(result.is_ok()));
        result
    };
    assert_eq!(install(&right, file(&bytes)).unwrap(), ["+ greeter 1.0.0"]);
    // Other bytes than the checksum says: no plugin, and no word of what is in it.
    for wrong in [&b"\0asm no plugin"[..], &other] {
        let error = install(&right, file(wrong)).unwrap_err();
        assert!(matches!(&error, Error::WrongDigest { found, .. } if *found == Digest::of(wrong)), "{error}");
    }
    // The right checksum of something else.
    let error = install(&with("checksum", json!(checksum(&other))), file(&other)).unwrap_err();
    assert!(matches!(&error, Error::ManifestDiffers { why, .. } if why.contains("main/other")), "{error}");
    let error = install(&with("version", json!("1.0.1")), file(&bytes)).unwrap_err();
    assert!(matches!(error, Error::ManifestDiffers { .. }), "{error}");
    assert!(matches!(install(&right, Vec::new()).unwrap_err(), Error::MissingFile { .. }));
    for (key, value) in [
        ("name", json!("other")),
        ("name", json!("../greeter")),
        ("version", json!("1.0.0/../../x")),
        ("checksum", json!("md5:abc")),
        ("checksum", json!("")),
        ("driftless_version", json!("^^1")),
        ("dependencies", json!([{"name": "../x"}])),
        ("published", json!("yesterday")),
        ("size", json!(-1)),
        ("versions", json!([{"version": "\u{1b}[31m"}])),
    ] {
        let error = install(&with(key, value.clone()), file(&bytes)).unwrap_err();
        assert!(
            matches!(error, Error::Registry { source: SourceError::Malformed { .. }, .. }),
            "{key} {value}: {error}"
        );
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(!error.to_string().contains('\u{1b}') && error.to_string().len() < 1000, "{error}");
    }
    for url in
        ["file:///etc/passwd", "http://169.254.169.254/f", "http://user:x@127.0.0.1/f", "ftp://127.0.0.1/f"]
    {
        let error = install(&with("download_url", json!(url)), file(&bytes)).unwrap_err();
        assert!(
            matches!(error, Error::Registry { source: SourceError::Tree(TreeError::Refused { .. }), .. }),
            "{url}: {error}"
        );
    }
}

#[test]
fn what_a_server_says_without_end_is_cut_off() {
    let bytes = plugin("greeter", "1.0.0", json!({}));
    let right = json!({"version": "1.0.0", "download_url": "/f", "checksum": checksum(&bytes)}).to_string();
    for (path, max_bytes) in
        [("/api/v1/plugins", 4 << 20), ("/api/v1/plugins/greeter", 16 << 20), ("/f", 64u64 << 20)]
    {
        let right = right.clone();
        let server = Server::new(move |asked| match &*asked.path {
            asked if asked == path => Answer::endless(&[b' '; 1 << 16]),
            "/config.json" => Answer::missing(),
            "/api/v1/plugins" => Answer::ok("[]"),
            _ => Answer::ok(right.clone()),
        });
        let error = Machine::new().install(&lenient(&server), &["greeter"]).unwrap_err();
        assert!(error.to_string().contains(&format!("more than {max_bytes} bytes")), "{path}: {error}");
    }
    // Many versions, none of which is told more of.
    let versions: Vec<String> = (0..5_000).map(|number| format!("1.{number}.0")).collect();
    let asked = Arc::new(Mutex::new(0));
    let server = Server::new({
        let asked = Arc::clone(&asked);
        move |request| match &*request.path {
            "/api/v1/plugins" => Answer::ok("[]"),
            "/api/v1/plugins/greeter" => Answer::ok(json!({"versions": versions}).to_string()),
            path if path.starts_with("/api/v1/plugins/greeter/") => {
                *asked.lock().unwrap() += 1;
                Answer::missing()
            }
            _ => Answer::missing(),
        }
    });
    let error = Machine::new().install(&lenient(&server), &["greeter"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert_eq!(*asked.lock().unwrap(), 50);
    // A circle of files, each of which needs another.
    let server = Server::new(|asked| {
        let file = |name: &str, number: usize| {
            let next = json!({"dependencies": [{"name": format!("p{}", number + 1)}]});
            plugin(name, "1.0.0", next)
        };
        let number = |path: &str| path.rsplit('p').next().and_then(|number| number.parse::<usize>().ok());
        match (&*asked.path, number(&asked.path)) {
            ("/api/v1/plugins", _) => Answer::ok("[]"),
            (path, Some(number)) if path.starts_with("/f/") => {
                Answer::ok(file(&format!("p{number}"), number))
            }
            (path, Some(number)) if path.starts_with("/api/") => {
                let digest = checksum(&file(&format!("p{number}"), number));
                let url = format!("/f/p{number}");
                Answer::ok(json!({"version": "1.0.0", "download_url": url, "checksum": digest}).to_string())
            }
            _ => Answer::missing(),
        }
    });
    let error = Machine::new().install(&lenient(&server), &["p0"]).unwrap_err();
    assert!(matches!(error, Error::TooManyChoices(_)), "{error}");
}
