//! OCI registries that misbehave. Each attack is refused, and leaves the machine as it was, to the byte.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use driftless_plugin_api::digest::Digest;
use driftless_registry::{
    Error, HttpOptions, OciRegistry, OciSource, PluginId, Publication, Source, SourceError, Token, TreeError,
};
use serde_json::{Value, json};

use crate::attacks::{fails, refuses};
use crate::machine::{ID, Machine, Publisher, config};
use crate::misbehaving::{Answer, Asked, Server};

const SECRET: &str = "c2VjcmV0LW9mLXRoZS10ZWFt";
/// An answer, and what it is called.
type Said = (&'static str, fn() -> Answer);

const GREETER: &str = "/v2/team/main/greeter";

/// The artifacts of a registry of plugins, by the paths that they are asked for.
#[derive(Clone, Default)]
struct Artifacts {
    manifests: BTreeMap<String, Value>,
    blobs: BTreeMap<String, Vec<u8>>,
    tags: Vec<String>,
}

impl Artifacts {
    /// Those of a registry with these releases of `greeter`.
    fn of(releases: &[&Publication]) -> Self {
        let mut artifacts = Self::default();
        let registry = json!({"v": 1, "id": ID, "namespace": "main"}).to_string();
        let empty = json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::of(b"{}").to_string(), "size": 2});
        let document = json!({
            "schemaVersion": 2, "config": empty, "layers": [empty],
            "annotations": {"io.github.driftless.form": "1", "io.github.driftless.registry": registry},
        });
        artifacts.manifests.insert("/v2/team/driftless_registry/manifests/latest".to_owned(), document);
        for release in releases {
            let tag = release.statement().version.to_string();
            artifacts.manifests.insert(manifest_path(&tag), manifest(release));
            let digest = release.statement().digest;
            artifacts.blobs.insert(format!("{GREETER}/blobs/{digest}"), release.bytes().to_vec());
            artifacts.tags.push(tag);
        }
        artifacts
    }

    fn answer(&self, asked: &Asked) -> Answer {
        let path = asked.path.split('?').next().unwrap();
        if let Some(manifest) = self.manifests.get(path) {
            let bytes = manifest.to_string();
            let digest = Digest::of(bytes.as_bytes()).to_string();
            return Answer::ok(bytes).with("docker-content-digest", &digest);
        }
        if let Some(blob) = self.blobs.get(path) {
            return Answer::ok(blob.clone());
        }
        match path {
            "/v2/team/main/greeter/tags/list" => Answer::ok(json!({"tags": self.tags}).to_string()),
            "/v2/_catalog" => Answer::ok(json!({"repositories": ["team/main/greeter"]}).to_string()),
            _ => Answer::missing(),
        }
    }

    /// A server of them, but for what `instead` has another answer to.
    fn serve(self, instead: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Server {
        Server::new(move |asked| instead(asked).unwrap_or_else(|| self.answer(asked)))
    }
}

fn manifest_path(tag: &str) -> String {
    format!("{GREETER}/manifests/{tag}")
}

fn manifest(release: &Publication) -> Value {
    let statement = release.statement();
    json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.wasm.config.v0+json", "digest": Digest::of(b"{}").to_string(), "size": 2},
        "layers": [{"mediaType": "application/wasm", "digest": statement.digest.to_string(), "size": statement.size_bytes}],
        "annotations": {
            "io.github.driftless.form": "1", "io.github.driftless.statement": release.text(),
            "io.github.driftless.signature": release.signature(),
        },
    })
}

/// Where a server has a registry of plugins.
fn oci(url: &str) -> String {
    url.replace("http://", "oci://") + "/team"
}

fn id() -> PluginId {
    PluginId { namespace: "main".parse().unwrap(), name: "greeter".parse().unwrap() }
}

/// A release of `greeter`, its publisher, and a machine that trusts that.
fn published() -> (Publisher, Publication, Machine) {
    let publisher = Publisher::new();
    let release = publisher.signed("greeter", "1.0.0", json!({})).unwrap();
    let machine = Machine::trusting(publisher.key.public());
    (publisher, release, machine)
}

fn with_login() -> HttpOptions {
    HttpOptions { token: Some(Token(format!("user:{SECRET}"))), ..HttpOptions::default() }
}

/// The login of above as a header has it.
fn basic() -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("user:{SECRET}")))
}

fn install(machine: &Machine, server: &Server, options: &HttpOptions) -> Result<Vec<String>, Error> {
    machine.install_with(&[config("team", &oci(&server.url()))], options, &["greeter"])
}

fn authorizations(asked: &[Asked]) -> Vec<&str> {
    asked.iter().filter_map(|asked| asked.header("authorization")).collect()
}

#[test]
fn what_is_as_it_should_be_is_installed() {
    let (_, release, machine) = published();
    let mut artifacts = Artifacts::of(&[&release]);
    // Tags of others beside it.
    artifacts.tags.extend(["latest", "sha256-0000.sig", "1.0", "v1.0.0"].map(str::to_owned));
    let server = artifacts.serve(|_| None);
    assert_eq!(install(&machine, &server, &HttpOptions::default()).unwrap(), ["+ greeter 1.0.0"]);
    // All is asked for once, and the tags of others are not asked for.
    let paths: Vec<_> = server.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths.len(), 4, "{paths:?}");
}

#[test]
fn another_file_than_the_one_that_was_signed_is_refused() {
    let (_, release, machine) = published();
    let artifacts = Artifacts::of(&[&release]);
    let (path, file) =
        artifacts.blobs.first_key_value().map(|(path, file)| (path.clone(), file.clone())).unwrap();
    let mut changed = file.clone();
    *changed.last_mut().unwrap() ^= 1;
    let mut longer = file.clone();
    longer.push(0);
    for bytes in [changed, longer] {
        let mut artifacts = artifacts.clone();
        artifacts.blobs.insert(path.clone(), bytes);
        let server = artifacts.serve(|_| None);
        let error = install_refused(&machine, &server);
        assert!(matches!(error, Error::WrongDigest { .. } | Error::TooLong { .. }), "{error}");
        assert!(error.to_string().contains(&release.statement().digest.to_string()), "{error}");
    }
    // A manifest that names another file than the statement.
    let other = Digest::of(b"other").to_string();
    for (pointer, value) in [("/layers/0/digest", json!(other)), ("/layers/0/size", json!(file.len() + 1))] {
        let mut artifacts = artifacts.clone();
        *artifacts.manifests.get_mut(&manifest_path("1.0.0")).unwrap().pointer_mut(pointer).unwrap() = value;
        let server = artifacts.serve(|_| None);
        let error = install_refused(&machine, &server);
        assert!(error.to_string().contains("not the file that was signed: expected sha256:"), "{error}");
    }
}

/// What was downloaded in vain is gone, as is all else that is new.
#[track_caller]
fn install_refused(machine: &Machine, server: &Server) -> Error {
    refuses(machine, || install(machine, server, &HttpOptions::default()))
}

#[test]
fn a_manifest_of_something_else_is_refused() {
    let (publisher, release, machine) = published();
    let other = publisher.signed("other", "1.0.0", json!({})).unwrap();
    let later = publisher.signed("greeter", "2.0.0", json!({})).unwrap();
    let elsewhere = publisher.signed("greeter", "1.0.0", json!({})).unwrap();
    let right = manifest(&release);
    let changed = |pointer: &str, value: Value| {
        let mut changed = right.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    let layer = right["layers"][0].clone();
    let statement = "/annotations/io.github.driftless.statement";
    let restated = |key: &str, value: Value| {
        let mut text: Value = serde_json::from_str(elsewhere.text()).unwrap();
        text[key] = value;
        changed(statement, json!(text.to_string()))
    };
    let unsigned = {
        let mut unsigned = right.clone();
        unsigned["annotations"].as_object_mut().unwrap().remove("io.github.driftless.signature");
        unsigned
    };
    for (what, manifest, why) in [
        ("another plugin", manifest(&other), "it is that of main/other 1.0.0"),
        ("another version", manifest(&later), "it is that of main/greeter 2.0.0"),
        ("two layers", changed("/layers", json!([layer, layer])), "it has 2 layers"),
        ("no layer", changed("/layers", json!([])), "it has 0 layers"),
        (
            "another kind of layer",
            changed("/layers/0/mediaType", json!("application/x-tar")),
            "application/x-tar",
        ),
        (
            "an image",
            changed("/config/mediaType", json!("application/vnd.oci.image.config.v1+json")),
            "its config is",
        ),
        ("a list", changed("/mediaType", json!("application/vnd.oci.image.index.v1+json")), "no manifest"),
        ("no annotations", changed("/annotations", json!({})), "was not made by driftless"),
        (
            "no statement",
            changed("/annotations", json!({"io.github.driftless.form": "1"})),
            "it has no annotation",
        ),
        ("escapes", changed("/layers/0/mediaType", json!("\u{1b}[31m\u{202e}")), "that of a plugin is"),
        (
            "a long signature",
            changed("/annotations/io.github.driftless.signature", json!("x".repeat(5000))),
            "longer",
        ),
        (
            "another registry",
            restated("registry", json!("https://elsewhere.example.com/")),
            "elsewhere.example.com",
        ),
        ("another description", restated("description", json!("Owned")), "has signed it"),
        ("no signature", unsigned, "is not signed"),
    ] {
        let mut artifacts = Artifacts::of(&[&release]);
        artifacts.manifests.insert(manifest_path("1.0.0"), manifest);
        let server = artifacts.serve(|_| None);
        let error = install_refused(&machine, &server);
        assert!(error.to_string().contains(why), "{what}: {error}");
    }
    // One of a later form is left out.
    let mut artifacts = Artifacts::of(&[&release, &later]);
    let form = artifacts.manifests.get_mut(&manifest_path("2.0.0")).unwrap();
    form["annotations"]["io.github.driftless.form"] = json!("2");
    let server = artifacts.serve(|_| None);
    assert_eq!(install(&machine, &server, &HttpOptions::default()).unwrap(), ["+ greeter 1.0.0"]);
}

#[test]
fn what_has_no_end_is_cut_off() {
    let (_, release, machine) = published();
    let kinds: [Said; 3] = [
        ("without end", || Answer::endless(&[b' '; 8192])),
        ("deep", || Answer::ok("[".repeat(100_000))),
        ("no text", || Answer::ok([0xff; 100])),
    ];
    for path in [
        &manifest_path("1.0.0"),
        "/v2/team/main/greeter/tags/list",
        "/v2/team/driftless_registry/manifests/latest",
    ] {
        for (what, answer) in kinds {
            let path = path.to_owned();
            let server = Artifacts::of(&[&release])
                .serve(move |asked| (asked.path.split('?').next() == Some(&path)).then(answer));
            let error = install_refused(&machine, &server);
            assert!(matches!(error, Error::Registry { .. }), "{what}: {error}");
        }
    }
    let server = Artifacts::of(&[&release])
        .serve(|asked| asked.path.contains("/blobs/").then(|| Answer::endless(&[0; 8192])));
    assert!(matches!(install_refused(&machine, &server), Error::TooLong { .. }));
}

#[test]
fn a_manifest_that_is_not_what_the_server_calls_it_is_refused() {
    let (_, release, machine) = published();
    let artifacts = Artifacts::of(&[&release]);
    let manifest = artifacts.manifests[&manifest_path("1.0.0")].to_string();
    let server = artifacts.serve(move |asked| {
        let digest = Digest::of(b"another").to_string();
        asked
            .path
            .contains("/manifests/1.0.0")
            .then(|| Answer::ok(manifest.clone()).with("docker-content-digest", &digest))
    });
    let error = install_refused(&machine, &server);
    assert!(
        error.to_string().contains("expected sha256:") && error.to_string().contains("received sha256:"),
        "{error}"
    );
}

#[test]
fn lists_have_an_end() {
    let (_, release, machine) = published();
    let listed = |tags: Vec<String>| json!({"tags": tags}).to_string();
    let many = listed((0..2_001).map(|minor| format!("1.{minor}.0")).collect());
    let twice = listed(["1.0.0", "1.0.0_build"].map(str::to_owned).to_vec());
    type List = Box<dyn Fn(&Asked) -> Answer + Send + Sync>;
    let cases: [(&str, List); 5] = [
        ("more than 2000 tags", Box::new(move |_| Answer::ok(many.clone()))),
        ("is there twice", Box::new(move |_| Answer::ok(twice.clone()))),
        (
            "more than 200 pages",
            Box::new(|asked| {
                let link = format!("<{}x>; rel=\"next\"", asked.path);
                Answer::ok(r#"{"tags": []}"#).with("link", &link)
            }),
        ),
        (
            "one of something else",
            Box::new(|_| {
                Answer::ok(r#"{"tags": []}"#).with("link", "</v2/other/tags/list?n=1>; rel=\"next\"")
            }),
        ),
        (
            "one of something else",
            Box::new(|_| {
                let link = "<http://localhost:9/v2/team/main/greeter/tags/list?n=1>; rel=\"next\"";
                Answer::ok(r#"{"tags": []}"#).with("link", link)
            }),
        ),
    ];
    for (why, answer) in cases {
        let server = Artifacts::of(&[&release])
            .serve(move |asked| asked.path.contains("/tags/list").then(|| answer(asked)));
        let error = install_refused(&machine, &server);
        assert!(error.to_string().contains(why), "{why}: {error}");
        assert!(server.asked().len() < 250, "{}", server.asked().len());
    }
    // Pages that belong together are one list.
    let server = Artifacts::of(&[&release]).serve(|asked| {
        let next = "</v2/team/main/greeter/tags/list?n=1&last=a>; rel=\"next\"";
        (asked.path.contains("/tags/list") && !asked.path.contains("last="))
            .then(|| Answer::ok(r#"{"tags": null}"#).with("link", next))
    });
    assert_eq!(install(&machine, &server, &HttpOptions::default()).unwrap(), ["+ greeter 1.0.0"]);
}

#[test]
fn a_server_that_lists_nothing_is_told_of() {
    let (_, release, machine) = published();
    for status in ["401 Unauthorized", "403 Forbidden", "404 Not Found", "405 Method Not Allowed"] {
        let server = Artifacts::of(&[&release])
            .serve(move |asked| asked.path.starts_with("/v2/_catalog").then(|| Answer::new(status, "")));
        let source = OciSource::new(&oci(&server.url()), HttpOptions::default()).unwrap();
        let error = source.search(&["greeter".to_owned()], 10).unwrap_err();
        assert!(matches!(error, SourceError::NoListing { .. }), "{error}");
        assert!(error.to_string().contains("does not list its repositories"), "{error}");
        install(&machine, &server, &HttpOptions::default()).unwrap();
        machine.remove(&[config("team", &oci(&server.url()))], "greeter").unwrap();

        // What was noted counts in its place.
        let server =
            Artifacts::of(&[&release]).serve(move |asked| match asked.path.split('?').next().unwrap() {
                "/v2/_catalog" => Some(Answer::new(status, "")),
                "/v2/team/driftless_namespaces/tags/list" => {
                    Some(Answer::ok(r#"{"tags": ["main", "../x"]}"#))
                }
                "/v2/team/main/driftless_plugins/tags/list" => {
                    Some(Answer::ok(r#"{"tags": ["greeter", "gone", "Greeter", "a/b", "con"]}"#))
                }
                _ => None,
            });
        let source = OciSource::new(&oci(&server.url()), HttpOptions::default()).unwrap();
        let found = source.search(&["greeter".to_owned()], 10).unwrap();
        assert_eq!(found.plugins.len(), 1, "{found:?}");
        let names: Vec<_> =
            source.plugins(&id().namespace).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["main/gone", "main/greeter"]);
    }
}

/// A registry that wants a token of a server of tokens.
fn guarded(
    artifacts: Artifacts,
    realm: impl Fn() -> String + Send + Sync + 'static,
    token: &'static str,
) -> Server {
    artifacts.serve(move |asked| {
        if asked.path.starts_with("/token") {
            return Some(Answer::ok(json!({"token": token, "expires_in": 300}).to_string()));
        }
        let is_known = asked.header("authorization") == Some(&format!("Bearer {token}"));
        let challenge =
            format!("Bearer realm=\"{}\",service=\"the team's\",scope=\"repository:everything:*\"", realm());
        (!is_known).then(|| Answer::new("401 Unauthorized", "").with("www-authenticate", &challenge))
    })
}

#[test]
fn a_token_is_got_from_the_registry_itself_and_for_what_is_done() {
    let (_, release, machine) = published();
    let own = Arc::new(Mutex::new(String::new()));
    let realm = Arc::clone(&own);
    let server =
        guarded(Artifacts::of(&[&release]), move || realm.lock().unwrap().clone() + "/token", "granted");
    *own.lock().unwrap() = server.url();
    assert_eq!(install(&machine, &server, &with_login()).unwrap(), ["+ greeter 1.0.0"]);
    let asked = server.asked();
    let (tokens, others): (Vec<_>, Vec<_>) = asked.iter().partition(|asked| asked.path.starts_with("/token"));
    // One for each repository, and not for what the server says.
    let mut paths: Vec<_> = tokens.iter().map(|asked| &*asked.path).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "/token?service=the%20team%27s&scope=repository%3Ateam%2Fdriftless_registry%3Apull",
            "/token?service=the%20team%27s&scope=repository%3Ateam%2Fmain%2Fgreeter%3Apull",
        ]
    );
    assert!(tokens.iter().all(|asked| asked.header("authorization") == Some(&basic())));
    assert!(
        others.iter().all(|asked| asked.header("authorization") != Some(&basic())),
        "the password is for tokens"
    );
}

#[test]
fn a_login_is_not_shown_to_another_server_that_a_registry_names() {
    let (_, release, machine) = published();
    let other = Server::new(|_| Answer::ok(r#"{"access_token": "granted"}"#));
    for (what, realm) in [("another port", other.url()), ("another name", other.url_of_localhost())] {
        let (named, told) = (realm.clone() + "/token", realm.clone());
        let server = guarded(Artifacts::of(&[&release]), move || named.clone(), "granted");
        let error = refuses(&machine, || install(&machine, &server, &with_login()));
        assert!(error.to_string().contains("which is not shown your login"), "{what}: {error}");
        assert!(
            error.to_string().contains(&format!("token_server = \"{told}\"")),
            "it says what to write: {error}"
        );
        assert!(other.asked().is_empty(), "{what}: nothing was sent");

        // Where the user names it, it is.
        let named = HttpOptions { token_server: Some(realm.clone()), ..with_login() };
        assert_eq!(install(&machine, &server, &named).unwrap(), ["+ greeter 1.0.0"]);
        assert_eq!(authorizations(&other.asked()), [basic(), basic()], "{what}");
        machine.remove(&[config("team", &oci(&server.url()))], "greeter").unwrap();
        other.forget();
    }
    // Without a login there is nothing to show.
    let realm = other.url() + "/token";
    let server = guarded(Artifacts::of(&[&release]), move || realm.clone(), "granted");
    assert_eq!(install(&machine, &server, &HttpOptions::default()).unwrap(), ["+ greeter 1.0.0"]);
    assert!(authorizations(&other.asked()).is_empty());
}

#[test]
fn what_a_server_of_tokens_says_is_held_against_what_a_token_is() {
    let (_, release, machine) = published();
    let answers: [Said; 7] = [
        ("endless", || Answer::endless(&[b' '; 8192])),
        ("no token", || Answer::ok("{}")),
        ("no text", || Answer::ok(r#"{"token": 1}"#)),
        ("a second header", || Answer::ok(r#"{"token": "a\r\nx: y"}"#)),
        ("empty", || Answer::ok(r#"{"token": ""}"#)),
        ("long", || Answer::ok(json!({"token": "x".repeat(20_000)}).to_string())),
        ("no", || Answer::new("401 Unauthorized", SECRET).with("www-authenticate", "Basic realm=\"x\"")),
    ];
    for (what, answer) in answers {
        let own = Arc::new(Mutex::new(String::new()));
        let realm = Arc::clone(&own);
        let server = Artifacts::of(&[&release]).serve(move |asked| {
            Some(match asked.path.starts_with("/token") {
                true => answer(),
                false => {
                    let challenge = format!("Bearer realm=\"{}/token\"", realm.lock().unwrap());
                    Answer::new("401 Unauthorized", "").with("www-authenticate", &challenge)
                }
            })
        });
        *own.lock().unwrap() = server.url();
        let error = refuses(&machine, || install(&machine, &server, &with_login()));
        assert!(!format!("{error} {error:?}").contains(SECRET), "{what}: {error:?}");
        assert!(server.asked().len() < 6, "{what}");
    }
    for realm in [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://user:pass@127.0.0.1/",
        "",
        "http://169.254.169.254/",
    ] {
        let server = guarded(Artifacts::of(&[&release]), move || realm.to_owned(), "granted");
        refuses(&machine, || install(&machine, &server, &with_login()));
        refuses(&machine, || install(&machine, &server, &HttpOptions::default()));
    }
}

#[test]
fn a_token_is_not_seen_where_a_registry_leads() {
    let (_, release, machine) = published();
    let artifacts = Artifacts::of(&[&release]);
    // The other one wants to know, too.
    let file = artifacts.blobs.clone();
    let other = Server::new(move |asked| match file.get(&asked.path) {
        Some(file) => Answer::ok(file.clone()),
        None => Answer::new("401 Unauthorized", "").with("www-authenticate", "Basic realm=\"x\""),
    });
    for base in [other.url(), other.url_of_localhost()] {
        let base = base.clone();
        let server = artifacts.clone().serve(move |asked| {
            if asked.path.contains("/blobs/") {
                return Some(Answer::redirect(&format!("{base}{}", asked.path)));
            }
            asked
                .header("authorization")
                .is_none()
                .then(|| Answer::new("401 Unauthorized", "").with("www-authenticate", "Basic realm=\"x\""))
        });
        assert_eq!(install(&machine, &server, &with_login()).unwrap(), ["+ greeter 1.0.0"]);
        assert!(authorizations(&server.asked()).iter().all(|shown| *shown == basic()));
        assert!(!authorizations(&server.asked()).is_empty());
        assert!(authorizations(&other.asked()).is_empty(), "{:?}", other.asked());
        machine.remove(&[config("team", &oci(&server.url()))], "greeter").unwrap();
    }
    let leading = other.url();
    let server = artifacts.serve(move |asked| Some(Answer::redirect(&format!("{leading}/x{}", asked.path))));
    let error = fails(&machine, || install(&machine, &server, &with_login()));
    assert!(error.to_string().contains("401"), "{error}");
    assert!(authorizations(&other.asked()).is_empty());
}

#[test]
fn what_is_wrong_takes_the_place_of_no_copy() {
    let (_, release, _) = published();
    let cache = tempfile::tempdir().unwrap();
    let options = HttpOptions { cache: Some(cache.path().to_owned()), ..HttpOptions::default() };
    let is_wrong = Arc::new(Mutex::new(false));
    let wrong = Arc::clone(&is_wrong);
    let server = Artifacts::of(&[&release]).serve(move |asked| {
        (*wrong.lock().unwrap() && asked.path.contains("/manifests/")).then(|| Answer::ok("{}"))
    });
    let source = |options: &HttpOptions| OciSource::new(&oci(&server.url()), options.clone()).unwrap();
    let right = source(&options).releases(&id()).unwrap();
    assert_eq!(right.len(), 1);
    *is_wrong.lock().unwrap() = true;
    assert!(matches!(source(&options).releases(&id()).unwrap_err(), SourceError::Malformed { .. }));
    let offline = HttpOptions { is_offline: true, ..options };
    assert_eq!(source(&offline).releases(&id()).unwrap(), right);
    let error = source(&HttpOptions { cache: None, ..offline }).releases(&id()).unwrap_err();
    assert!(matches!(error, SourceError::Tree(TreeError::Offline(_))), "{error}");
}

#[test]
fn what_is_published_goes_to_no_other_server() {
    let (publisher, release, _) = published();
    let other = Server::new(|_| Answer::new("201 Created", ""));
    let next = publisher.signed("greeter", "1.1.0", json!({})).unwrap();
    for (what, location) in [
        ("another port", format!("{}/upload", other.url())),
        ("another name", format!("{}/upload", other.url_of_localhost())),
        ("another scheme", "ftp://127.0.0.1/upload".to_owned()),
        ("nowhere", String::new()),
    ] {
        let artifacts = Artifacts::of(&[&release]);
        let keys = json!({"keys": [publisher.key.public().as_str()]}).to_string();
        let mut document = artifacts.manifests["/v2/team/driftless_registry/manifests/latest"].clone();
        document["annotations"]["io.github.driftless.keys"] = json!(keys);
        let mut artifacts = artifacts;
        artifacts.manifests.insert("/v2/team/main/driftless_keys/manifests/latest".to_owned(), document);
        let server = artifacts.serve(move |asked| {
            if asked.path.ends_with("/uploads/") {
                return Some(Answer::new("202 Accepted", "").with("location", &location));
            }
            asked
                .header("authorization")
                .is_none()
                .then(|| Answer::new("401 Unauthorized", "").with("www-authenticate", "Basic realm=\"x\""))
        });
        let registry = OciRegistry::open(&oci(&server.url()), with_login()).unwrap();
        let error = registry.publish(&next, None).unwrap_err();
        assert!(error.to_string().contains("it wants the file at"), "{what}: {error}");
        assert!(other.asked().is_empty(), "{what}");
    }
}
