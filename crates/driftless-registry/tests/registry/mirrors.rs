//! Copies of registries.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use driftless_registry::{
    BlobStore, Error, ErrorKind, HttpOptions, Mirror, Mirrored, PluginId, Registry, RegistryConfig,
    RegistryFolder, Rotation, SigningKey, Trust, is_unreachable, layout, renewals,
};
use serde_json::json;
use tempfile::TempDir;

use crate::machine::{ID, Machine, Publisher, RULES, config, files};
use crate::misbehaving::{Answer, Asked, Server};

/// A folder that becomes a copy, and what is kept of downloads beside it.
struct Copy {
    root: TempDir,
    downloads: TempDir,
    folder: RegistryFolder,
}

impl Copy {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = RegistryFolder::create(root.path(), ID, "main".parse().unwrap()).unwrap();
        Self { root, downloads: tempfile::tempdir().unwrap(), folder }
    }

    fn of(&self, from: &RegistryConfig, trust: &Trust, plugins: &[PluginId]) -> Result<Mirrored, Error> {
        let from = Registry::new(from.clone(), HttpOptions::default()).unwrap();
        let mirror = Mirror {
            from: &from,
            to: &self.folder,
            trust,
            rules: RULES,
            downloads: &BlobStore::new(self.downloads.path()),
            progress: &|_, _| (),
        };
        mirror.copy(plugins)
    }

    fn config(&self) -> RegistryConfig {
        config("team", &format!("file://{}", self.root.path().display()))
    }
}

fn trusting(key: &SigningKey) -> Trust {
    let mut trust = Trust::default();
    trust.pin("team", ID, &"main".parse().unwrap(), key.public()).unwrap();
    trust
}

fn id(name: &str) -> PluginId {
    PluginId { namespace: "main".parse().unwrap(), name: name.parse().unwrap() }
}

/// What is in a registry's folder, by the paths in it, without its keys' layout and what is locked.
fn contents(root: &Path) -> Vec<(String, Vec<u8>)> {
    let relative = |(path, bytes): (String, Vec<u8>)| {
        (path.trim_start_matches(&root.display().to_string()).to_owned(), bytes)
    };
    files(root).into_iter().map(relative).filter(|(path, _)| !path.contains("/.")).collect()
}

fn blobs(server: &Server) -> usize {
    server.asked().iter().filter(|asked| asked.path.starts_with("/blobs/")).count()
}

#[test]
fn a_copy_has_the_same_bytes_and_is_as_good_as_what_it_is_a_copy_of() {
    let team = Publisher::new();
    team.publish("base", "1.0.0", json!({})).unwrap();
    team.publish("greeter", "1.0.0", json!({"dependencies": [{"name": "base", "version": "^1"}]})).unwrap();
    team.publish("greeter", "1.1.0", json!({})).unwrap();
    team.folder.yank(&id("greeter"), &"1.1.0".parse().unwrap(), true).unwrap();
    let server = Server::of(team.root.path(), |_| None);
    let (copy, from, trust) = (Copy::new(), config("team", &server.url()), trusting(&team.key));
    let mirrored = copy.of(&from, &trust, &[]).unwrap();
    assert_eq!(mirrored.copied, ["main/base 1.0.0", "main/greeter 1.0.0", "main/greeter 1.1.0"]);
    assert!(mirrored.refused.is_empty(), "{:?}", mirrored.refused);
    assert_eq!(contents(copy.root.path()), contents(team.root.path()));
    let machine = Machine::trusting(team.key.public());
    let added = machine.install(&[copy.config()], &["greeter"]).unwrap();
    assert_eq!(added, ["+ base 1.0.0", "+ greeter 1.0.0"]);

    // Again: nothing is fetched that is there. What has changed since comes, and what was revoked here stays revoked.
    let before = blobs(&server);
    copy.folder.revoke(&id("base"), &"1.0.0".parse().unwrap(), "not here").unwrap();
    team.folder.yank(&id("greeter"), &"1.1.0".parse().unwrap(), false).unwrap();
    team.publish("greeter", "1.2.0", json!({})).unwrap();
    let mirrored = copy.of(&from, &trust, &[id("greeter"), id("base")]).unwrap();
    assert_eq!((&*mirrored.copied, mirrored.present), (&["main/greeter 1.2.0".to_owned()][..], 3));
    assert_eq!(blobs(&server), before + 1);
    let index =
        |root: &Path, name: &str| std::fs::read_to_string(root.join(layout::index(&id(name)))).unwrap();
    assert_eq!(index(copy.root.path(), "greeter"), index(team.root.path(), "greeter"));
    assert!(index(copy.root.path(), "base").contains("not here"));
    let left = std::fs::read_dir(copy.downloads.path().join("partial")).unwrap().count();
    assert_eq!(left, 0, "no download stays behind");
    let error = copy.of(&from, &trust, &[id("nothing")]).unwrap_err();
    assert!(matches!(error, Error::UnknownPlugin { .. }), "{error}");
}

#[test]
fn keys_that_took_the_place_of_others_are_copied_and_do_not_come_back() {
    let (team, new) = (Publisher::new(), SigningKey::generate().unwrap());
    let (old_root, copy) = (tempfile::tempdir().unwrap(), Copy::new());
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    for (path, bytes) in contents(team.root.path()) {
        let path = old_root.path().join(path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let namespace = "main".parse().unwrap();
    let rotation = Rotation {
        registry: ID.to_owned(),
        namespace: "main".parse().unwrap(),
        old: team.key.public().clone(),
        new: new.public().clone(),
    };
    team.folder.rotate(&rotation.sign(&team.key).unwrap()).unwrap();
    let from = Registry::new(team.config(), HttpOptions::default()).unwrap();
    let renewed = renewals(from.source(), &namespace, team.key.public(), &new).unwrap();
    team.folder.renew(&namespace, &renewed).unwrap();
    for trusted in [&team.key, &new] {
        let mirrored = copy.of(&team.config(), &trusting(trusted), &[]).unwrap();
        assert!(mirrored.refused.is_empty(), "{:?}", mirrored.refused);
        assert_eq!(contents(copy.root.path()), contents(team.root.path()));
        let machine = Machine::trusting(trusted.public());
        assert_eq!(machine.install(&[copy.config()], &["greeter"]).unwrap(), ["+ greeter 1.0.0"]);
    }
    // A copy from before the rotation does not bring the old key back.
    let old = config("team", &format!("file://{}", old_root.path().display()));
    copy.of(&old, &trusting(&team.key), &[]).unwrap();
    let keys = |root: &Path| std::fs::read(root.join(layout::keys(&namespace))).unwrap();
    assert_eq!(keys(copy.root.path()), keys(team.root.path()));
}

#[test]
fn a_copy_that_was_interrupted_goes_on() {
    let team = Publisher::new();
    team.publish("base", "1.0.0", json!({})).unwrap();
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let is_broken = Arc::new(AtomicBool::new(true));
    let digest = team.signed("greeter", "1.0.0", json!({})).unwrap().statement().digest;
    let blob = team.root.path().join(layout::blob(&digest));
    let bytes = std::fs::read(&blob).unwrap();
    let (half, path) = (bytes[..bytes.len() / 2].to_vec(), format!("/{}", layout::blob(&digest)));
    let length = bytes.len() as u64;
    let server = Server::of(team.root.path(), {
        let is_broken = Arc::clone(&is_broken);
        let (half, path) = (half.clone(), path.clone());
        move |asked| {
            let breaks = asked.path == path && is_broken.load(Ordering::Relaxed);
            breaks.then(|| Answer::ok(half.clone()).with_length(length))
        }
    });
    let (copy, from, trust) = (Copy::new(), config("team", &server.url()), trusting(&team.key));
    let error = copy.of(&from, &trust, &[]).unwrap_err();
    assert!(is_unreachable(&error), "{error}");
    assert!(
        !copy.root.path().join(layout::index(&id("greeter"))).exists(),
        "nothing names what is not there"
    );
    is_broken.store(false, Ordering::Relaxed);
    let mirrored = copy.of(&from, &trust, &[]).unwrap();
    assert_eq!((&*mirrored.copied, mirrored.present), (&["main/greeter 1.0.0".to_owned()][..], 1));
    let asked = server.asked();
    let last = asked.iter().rfind(|asked| asked.path == path).and_then(Asked::from);
    assert_eq!(last, Some(half.len()));
    assert_eq!(contents(copy.root.path()), contents(team.root.path()));
}

#[test]
fn what_does_not_verify_is_not_copied() {
    let (team, stranger) = (Publisher::new(), SigningKey::generate().unwrap());
    team.publish("base", "1.0.0", json!({})).unwrap();
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    team.publish("greeter", "1.1.0", json!({})).unwrap();
    let index = team.root.path().join(layout::index(&id("greeter")));
    let right = std::fs::read_to_string(&index).unwrap();
    let lines: Vec<&str> = right.lines().collect();
    let trust = trusting(&team.key);
    let refused = |copy: &Copy, trust: &Trust| {
        let mirrored = copy.of(&team.config(), trust, &[]).unwrap();
        let refused = mirrored.refused.into_iter().map(|refusal| {
            assert!(!refusal.error.to_string().contains('\u{1b}'));
            (refusal.what, refusal.error)
        });
        (mirrored.copied, refused.collect::<Vec<_>>())
    };
    // A stranger's signature, and none.
    let line: serde_json::Value = serde_json::from_str(lines[1]).unwrap();
    let text = line["statement"].as_str().unwrap();
    let forged = json!({"v": 1, "statement": text, "signature": stranger.sign(text.as_bytes()).unwrap()});
    for (wrong, is_expected) in [
        (forged, (|error| matches!(error, Error::WrongSignature { .. })) as fn(&Error) -> bool),
        (json!({"v": 1, "statement": text}), |error| matches!(error, Error::Unsigned { .. })),
    ] {
        std::fs::write(&index, format!("{}\n{wrong}\n", lines[0])).unwrap();
        let copy = Copy::new();
        let (copied, refused) = refused(&copy, &trust);
        assert_eq!(copied, ["main/base 1.0.0", "main/greeter 1.0.0"]);
        assert!(refused.len() == 1 && refused[0].0 == "main/greeter 1.1.0", "{refused:?}");
        assert!(is_expected(&refused[0].1), "{refused:?}");
        let there = std::fs::read_to_string(copy.root.path().join(layout::index(&id("greeter")))).unwrap();
        assert_eq!(there, format!("{}\n", lines[0]));
    }
    std::fs::write(&index, &right).unwrap();
    // Other bytes, and none.
    let digest = team.signed("greeter", "1.1.0", json!({})).unwrap().statement().digest;
    let blob = team.root.path().join(layout::blob(&digest));
    let bytes = std::fs::read(&blob).unwrap();
    std::fs::remove_file(&blob).unwrap();
    let copy = Copy::new();
    let (_, refusals) = refused(&copy, &trust);
    assert!(matches!(&refusals[..], [(_, Error::MissingFile { .. })]), "{refusals:?}");
    std::fs::write(&blob, vec![0; bytes.len()]).unwrap();
    let (_, refusals) = refused(&copy, &trust);
    assert!(matches!(&refusals[..], [(_, Error::WrongDigest { .. })]), "{refusals:?}");
    assert!(!copy.root.path().join(layout::blob(&digest)).exists());
    std::fs::write(&blob, &bytes).unwrap();
    let (copied, refusals) = refused(&copy, &trust);
    assert_eq!((&*copied, refusals.len()), (&["main/greeter 1.1.0".to_owned()][..], 0));
    // What was there and is lost, or is another thing.
    let before = contents(copy.root.path());
    std::fs::write(&index, format!("{}\n", lines[0])).unwrap();
    let (_, refusals) = refused(&copy, &trust);
    assert!(matches!(&refusals[..], [(_, Error::Replayed { .. })]), "{refusals:?}");
    let changed = text.replace("\"published\":\"20", "\"published\":\"21");
    assert_ne!(changed, text);
    let restated =
        json!({"v": 1, "statement": changed, "signature": team.key.sign(changed.as_bytes()).unwrap()});
    std::fs::write(&index, format!("{}\n{restated}\n", lines[0])).unwrap();
    let (_, refusals) = refused(&copy, &trust);
    assert!(matches!(&refusals[..], [(_, Error::Exists { .. })]), "{refusals:?}");
    assert_eq!(contents(copy.root.path()), before);
}

#[test]
fn what_is_not_trusted_is_not_copied() {
    let team = Publisher::new();
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let copy = Copy::new();
    let before = contents(copy.root.path());
    let mirrored = copy.of(&team.config(), &Trust::default(), &[]).unwrap();
    assert!(matches!(mirrored.refused[0].error, Error::NoTrustedKey { .. }), "{:?}", mirrored.refused);
    let mirrored = copy.of(&team.config(), &trusting(&SigningKey::generate().unwrap()), &[]).unwrap();
    assert!(matches!(mirrored.refused[0].error, Error::WrongSignature { .. }), "{:?}", mirrored.refused);
    let mut revoking = trusting(&team.key);
    revoking.revoke(team.key.public());
    assert_eq!(copy.of(&team.config(), &revoking, &[]).unwrap().refused.len(), 1);
    assert_eq!(contents(copy.root.path()), before);
    // Another registry.
    let other = tempfile::tempdir().unwrap();
    let other = RegistryFolder::create(other.path(), "another", "main".parse().unwrap()).unwrap();
    let from = Registry::new(team.config(), HttpOptions::default()).unwrap();
    let heard = Mutex::new(0);
    let mirror = Mirror {
        from: &from,
        to: &other,
        trust: &trusting(&team.key),
        rules: RULES,
        downloads: &BlobStore::new(copy.downloads.path()),
        progress: &|_, _| *heard.lock().unwrap() += 1,
    };
    let error = mirror.copy(&[]).unwrap_err();
    assert!(matches!(error, Error::OtherRegistry { .. }), "{error}");
    assert_eq!((error.kind(), *heard.lock().unwrap()), (ErrorKind::Refused, 0));
}
