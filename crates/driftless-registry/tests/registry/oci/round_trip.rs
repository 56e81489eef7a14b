//! The way of a plugin through `docker-registry`. skopeo, which knows nothing of plugins, reads what lies there.

use driftless_plugin_api::digest::Digest;
use driftless_registry::{
    Error, HttpOptions, OciRegistry, OciSource, PluginId, PublicKey, RegistryConfig, Rotation, SigningKey,
    Source, renewals,
};
use serde_json::{Value, json};

use super::server::{DockerRegistry, skopeo};
use crate::machine::{ID, Machine, Publisher, config};
use crate::release::plugin;

fn id(name: &str) -> PluginId {
    PluginId { namespace: "main".parse().unwrap(), name: name.parse().unwrap() }
}

/// A registry of plugins in an OCI registry, and who publishes there.
struct Team {
    server: DockerRegistry,
    registry: OciRegistry,
    publisher: Publisher,
}

impl Team {
    /// An empty one; `None` where `docker-registry` is missing.
    fn new() -> Option<Self> {
        Some(Self::at(DockerRegistry::start()?))
    }

    fn at(server: DockerRegistry) -> Self {
        let namespace = "main".parse().unwrap();
        let registry = OciRegistry::create(&server.url(), HttpOptions::default(), ID, namespace).unwrap();
        Self { server, registry, publisher: Publisher::new() }
    }

    fn key(&self) -> &PublicKey {
        self.publisher.key.public()
    }

    fn publish(&self, name: &str, version: &str, more: Value) -> Result<(), Error> {
        self.registry.publish(&self.publisher.signed(name, version, more)?, Some(self.key()))
    }

    fn config(&self) -> [RegistryConfig; 1] {
        [config("team", &self.server.url())]
    }

    /// The tags of a repository, as skopeo sees them, in order.
    fn tags(&self, repository: &str) -> Vec<String> {
        let reference = self.server.reference(repository, "");
        let told = skopeo(&["list-tags", "--tls-verify=false", reference.trim_end_matches(':')]);
        let told: Value = serde_json::from_str(&told).unwrap();
        let mut tags: Vec<String> = serde_json::from_value(told["Tags"].clone()).unwrap();
        tags.sort();
        tags
    }

    fn source(&self, options: &HttpOptions) -> OciSource {
        OciSource::new(&self.server.url(), options.clone()).unwrap()
    }
}

/// What is newer than what is installed, as `outdated` tells it.
fn newer(team: &Team, machine: &Machine) -> Vec<String> {
    let lock = machine.lock();
    let source = team.source(&HttpOptions::default());
    let mut newer = Vec::new();
    for (package, plugin) in lock.plugins() {
        let releases = source.releases(&package.id).unwrap();
        let open = releases.iter().filter(|release| !release.is_yanked && release.revoked.is_none());
        let versions = open.map(|release| &release.statement.version);
        newer.extend(versions.filter(|version| **version > plugin.version).map(ToString::to_string));
    }
    newer
}

#[test]
fn a_plugin_is_published_found_installed_updated_withdrawn_and_removed() {
    let Some(team) = Team::new() else { return };
    let registries = team.config();
    team.publish("greeter", "1.0.0", json!({"description": "Says hello"})).unwrap();
    team.publish("other", "0.1.0", json!({})).unwrap();

    let source = team.source(&HttpOptions::default());
    let search = |words: &[&str]| {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        let found = source.search(&words, 10).unwrap();
        found
            .plugins
            .into_iter()
            .map(|plugin| format!("{} {}", plugin.name, plugin.version))
            .collect::<Vec<_>>()
    };
    assert_eq!(search(&["HELLO"]), ["greeter 1.0.0"]);
    assert_eq!(search(&[]), ["greeter 1.0.0", "other 0.1.0"]);
    assert!(search(&["nothing"]).is_empty());

    let machine = Machine::trusting(team.key());
    assert_eq!(machine.install(&registries, &["greeter@^1"]).unwrap(), ["+ greeter 1.0.0"]);
    assert!(machine.update(&registries, &[]).unwrap().is_empty(), "there is no other");
    assert!(newer(&team, &machine).is_empty());
    for version in ["1.1.0+build.7", "2.0.0-rc.1", "2.0.0"] {
        team.publish("greeter", version, json!({})).unwrap();
    }
    assert_eq!(newer(&team, &machine), ["1.1.0+build.7", "2.0.0-rc.1", "2.0.0"]);
    assert_eq!(machine.update(&registries, &[]).unwrap(), ["greeter 1.0.0 -> 1.1.0+build.7"]);
    assert_eq!(search(&["greeter"]), ["greeter 2.0.0"]);

    // What is withdrawn stays where it is, comes to no other machine, and comes back.
    let newest = "2.0.0".parse().unwrap();
    team.registry.yank(&id("greeter"), &newest, true).unwrap();
    team.registry.yank(&id("greeter"), &"1.1.0".parse().unwrap(), true).unwrap();
    assert_eq!(search(&["greeter"]), ["greeter 1.0.0"], "a release candidate is not what is shown first");
    assert_eq!(machine.installed(), ["greeter 1.1.0+build.7"]);
    let second = Machine::trusting(team.key());
    assert_eq!(second.install(&registries, &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    team.registry.yank(&id("greeter"), &newest, false).unwrap();
    assert_eq!(second.install(&registries, &["greeter@^2"]).unwrap(), ["greeter 1.0.0 -> 2.0.0"]);
    team.registry.revoke(&id("greeter"), &newest, "it leaks").unwrap();
    let error = Machine::trusting(team.key()).install(&registries, &["greeter@=2.0.0"]).unwrap_err();
    assert!(error.to_string().contains("it is revoked: it leaks"), "{error}");
    let error = team.registry.yank(&id("greeter"), &"9.9.9".parse().unwrap(), true).unwrap_err();
    assert!(matches!(error, Error::UnknownPlugin { .. }), "{error}");

    assert_eq!(machine.remove(&registries, "greeter").unwrap(), ["- greeter 1.1.0+build.7"]);
    assert!(machine.installed().is_empty());
}

#[test]
fn others_read_the_artifact_too() {
    let Some(team) = Team::new() else { return };
    team.publish("greeter", "1.0.0+linux", json!({"description": "Says hello"})).unwrap();
    let reference = team.server.reference("main/greeter", "1.0.0_linux");
    let file = plugin("greeter", "1.0.0+linux", json!({"description": "Says hello"}));

    let before = skopeo(&["inspect", "--tls-verify=false", "--raw", &reference]);
    let manifest: Value = serde_json::from_str(&before).unwrap();
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    let layer = &manifest["layers"][0];
    assert_eq!(layer["mediaType"], "application/wasm");
    assert_eq!(layer["digest"], Digest::of(&file).to_string());
    let annotations = &manifest["annotations"];
    assert_eq!(annotations["org.opencontainers.image.version"], "1.0.0+linux");
    assert_eq!(annotations["org.opencontainers.image.description"], "Says hello");
    let statement = annotations["io.github.driftless.statement"].as_str().unwrap();
    let signature = annotations["io.github.driftless.signature"].as_str().unwrap();
    assert!(team.key().has_signed(statement.as_bytes(), signature), "byte for byte");

    // A copy has the file, and its config says what it is.
    let copy = team.server.folder().join("copy");
    skopeo(&["copy", "--src-tls-verify=false", &reference, &format!("dir:{}", copy.display())]);
    let blob = |digest: &Value| {
        let digits = digest.as_str().unwrap().trim_start_matches("sha256:");
        std::fs::read(copy.join(digits)).unwrap()
    };
    assert_eq!(blob(&layer["digest"]), file);
    let about: Value = serde_json::from_slice(&blob(&manifest["config"]["digest"])).unwrap();
    assert_eq!((&about["architecture"], &about["os"]), (&json!("wasm"), &json!("wasip1")));
    assert_eq!(about["layerDigests"], json!([Digest::of(&file).to_string()]));

    // Withdrawing writes the tag anew, and leaves all that was signed as it was.
    team.registry.yank(&id("greeter"), &"1.0.0".parse().unwrap(), true).unwrap();
    let after: Value =
        serde_json::from_str(&skopeo(&["inspect", "--tls-verify=false", "--raw", &reference])).unwrap();
    assert_eq!(after["layers"], manifest["layers"]);
    assert_eq!(
        after["annotations"]["io.github.driftless.statement"],
        annotations["io.github.driftless.statement"]
    );
    assert_eq!(after["annotations"]["io.github.driftless.yanked"], "true");
    team.registry.yank(&id("greeter"), &"1.0.0+linux".parse().unwrap(), false).unwrap();
    assert_eq!(skopeo(&["inspect", "--tls-verify=false", "--raw", &reference]), before, "to the byte");

    // A mirror that was made by copying serves as well as the first: what was signed names no place.
    let mirror = DockerRegistry::start().unwrap();
    for (repository, tag) in
        [("driftless_registry", "latest"), ("main/driftless_keys", "latest"), ("main/greeter", "1.0.0_linux")]
    {
        let (from, to) = (team.server.reference(repository, tag), mirror.reference(repository, tag));
        skopeo(&["copy", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to]);
    }
    drop(team.server);
    let machine = Machine::trusting(team.publisher.key.public());
    let installed = machine.install(&[config("team", &mirror.url())], &["greeter"]).unwrap();
    assert_eq!(installed, ["+ greeter 1.0.0+linux"]);
}

#[test]
fn a_version_is_published_once_by_a_key_of_its_namespace() {
    let Some(team) = Team::new() else { return };
    let error = OciRegistry::create(&team.server.url(), HttpOptions::default(), ID, "main".parse().unwrap());
    assert!(matches!(error.unwrap_err(), Error::RegistryExists { .. }));
    team.publish("greeter", "1.0.0", json!({})).unwrap();

    let there = Digest::of(&plugin("greeter", "1.0.0", json!({}))).to_string();
    for (version, more) in [("1.0.0", json!({"description": "Other"})), ("1.0.0+other", json!({}))] {
        let error = team.publish("greeter", version, more).unwrap_err();
        assert!(matches!(error, Error::Exists { .. }), "{error}");
        assert!(error.to_string().contains(&there), "{error}");
    }
    // A tag that others have put there is not written over either.
    let (from, to) =
        (team.server.reference("main/greeter", "1.0.0"), team.server.reference("main/fresh", "1.0.0"));
    skopeo(&["copy", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to]);
    let error = team.publish("fresh", "1.0.0", json!({})).unwrap_err();
    assert!(error.to_string().contains("it is that of main/greeter 1.0.0"), "{error}");

    let other = SigningKey::generate().unwrap();
    let stranger = Publisher { key: other, ..Publisher::new() };
    let signed = stranger.signed("greeter", "1.1.0", json!({})).unwrap();
    let error = team.registry.publish(&signed, Some(stranger.key.public())).unwrap_err();
    assert!(error.to_string().contains("none of these keys has signed it"), "{error}");
    for (name, version, more, why) in [
        ("gree-ter", "1.0.0", json!({}), "looks like that of `main/greeter`"),
        ("trailing-", "1.0.0", json!({}), "ends in a letter or digit"),
        (
            "greeter",
            "1.0.1",
            json!({"permissions": [{"FileSystem": {"paths": ["/srv"]}}]}),
            "asks for more than 1.0.0",
        ),
    ] {
        let error = team.publish(name, version, more).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    // Several at once lose nothing.
    let signed = ["2.0.0", "2.1.0", "3.0.0"]
        .map(|version| team.publisher.signed("greeter", version, json!({})).unwrap());
    std::thread::scope(|scope| {
        for release in &signed {
            scope.spawn(|| team.registry.publish(release, None).unwrap());
        }
    });
    assert_eq!(team.tags("main/greeter"), ["1.0.0", "2.0.0", "2.1.0", "3.0.0"]);
}

#[test]
fn what_is_listed_in_pages_is_found_as_a_whole() {
    let Some(server) = DockerRegistry::start_with_small_pages() else { return };
    let team = Team::at(server);
    for name in ["five", "four", "one", "three", "two"] {
        team.publish(name, "1.0.0", json!({})).unwrap();
    }
    let found = team.source(&HttpOptions::default()).search(&[], 10).unwrap();
    let names: Vec<_> = found.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    assert_eq!((names, found.more), (vec!["five", "four", "one", "three", "two"], false));
    let found = team.source(&HttpOptions::default()).search(&["f".to_owned()], 1).unwrap();
    assert_eq!((found.plugins.len(), found.more), (1, true));
    // The same stands in a set, for those who may not list all that the server has.
    assert_eq!(team.tags("driftless_namespaces"), ["main"]);
    assert_eq!(team.tags("main/driftless_plugins"), ["five", "four", "one", "three", "two"]);
}

#[test]
fn a_key_takes_the_place_of_another() {
    let Some(team) = Team::new() else { return };
    let registries = team.config();
    for version in ["1.0.0", "1.1.0"] {
        team.publish("greeter", version, json!({})).unwrap();
    }
    let machine = Machine::trusting(team.key());
    machine.install(&registries, &["greeter@=1.0.0"]).unwrap();

    let (old, new) = (&team.publisher.key, SigningKey::generate().unwrap());
    let namespace = "main".parse().unwrap();
    let rotation = |from: &SigningKey, to: &SigningKey| {
        let (registry, namespace) = (ID.to_owned(), "main".parse().unwrap());
        Rotation { registry, namespace, old: from.public().clone(), new: to.public().clone() }
    };
    let forged = rotation(old, &new).sign(&new).unwrap();
    assert!(matches!(team.registry.rotate(&forged).unwrap_err(), Error::NotPublished { .. }));
    team.registry.rotate(&rotation(old, &new).sign(old).unwrap()).unwrap();
    let source = team.source(&HttpOptions::default());
    let renewed = renewals(&source, &namespace, old.public(), &new).unwrap();
    assert_eq!(renewed.len(), 2);
    let mut wrong = renewed.clone();
    wrong[0].signature = old.sign(b"something else").unwrap();
    assert!(matches!(team.registry.renew(&namespace, &wrong).unwrap_err(), Error::NotPublished { .. }));
    team.registry.renew(&namespace, &renewed).unwrap();

    let keys = source.keys(&namespace).unwrap();
    assert_eq!((keys.keys, keys.rotations.len()), (vec![new.public().clone()], 1));
    assert!(matches!(team.publish("greeter", "1.2.0", json!({})).unwrap_err(), Error::NotPublished { .. }));
    // One who knew the old key follows, and one who knows the new one only takes what the old one had signed.
    assert_eq!(machine.install(&registries, &["greeter@=1.1.0"]).unwrap(), ["greeter 1.0.0 -> 1.1.0"]);
    let later = Machine::trusting(new.public());
    assert_eq!(later.install(&registries, &["greeter@=1.0.0"]).unwrap(), ["+ greeter 1.0.0"]);
}

#[test]
fn what_was_read_before_is_asked_for_in_one_request_each() {
    let Some(team) = Team::new() else { return };
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        team.publish("greeter", version, json!({})).unwrap();
    }
    let cache = tempfile::tempdir().unwrap();
    let options = HttpOptions { cache: Some(cache.path().to_owned()), ..HttpOptions::default() };
    let first = team.source(&options).releases(&id("greeter")).unwrap();
    let versions: Vec<_> = first.iter().map(|release| release.statement.version.to_string()).collect();
    assert_eq!(versions, ["1.0.0", "1.1.0", "1.2.0"]);
    // The tags, and of each whether it is what it was.
    let warm = team.source(&options);
    assert_eq!(warm.releases(&id("greeter")).unwrap(), first);
    assert_eq!(warm.http().requests(), 4);
    warm.info().unwrap();

    // Without a network what was read counts.
    let offline = team.source(&HttpOptions { is_offline: true, ..options.clone() });
    let server = team.server;
    drop(server);
    assert_eq!(offline.releases(&id("greeter")).unwrap(), first);
    assert_eq!(offline.info().unwrap().id, ID);
    assert_eq!(offline.http().requests(), 0);
    assert!(offline.releases(&id("other")).is_err());
}
