//! A folder that nginx serves.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use driftless_plugin_api::cancel::CancelHandle;
use driftless_plugin_api::digest::Digest;
use driftless_registry::{
    Error, Event, HttpOptions, Installer, Policy, Registries, Registry, RegistryConfig, layout,
};
use semver::Version;
use serde_json::json;

use super::{Running, found, outdated, program};
use crate::machine::{Machine, Publisher, RULES, config};

/// What nginx is told: everything that it writes is in the folder `{0}`.
const CONFIGURATION: &str = r#"
daemon off;
master_process off;
pid {0}/pid;
error_log stderr;
events { worker_connections 64; }
http {
    log_format told escape=none '$request_method $uri $status range=$http_range if_range=$http_if_range if_none_match=$http_if_none_match';
    access_log {0}/access.log told;
    client_body_temp_path {0}/body;
    proxy_temp_path {0}/proxy;
    fastcgi_temp_path {0}/fastcgi;
    uwsgi_temp_path {0}/uwsgi;
    scgi_temp_path {0}/scgi;
    server {
        listen 127.0.0.1:{1};
        root "{2}";
    }
}
"#;

/// nginx, with a registry's folder behind it.
struct Nginx(Running);

impl Nginx {
    fn serving(registry: &Path) -> Option<Self> {
        let nginx = program("nginx")?;
        Some(Self(Running::start(|folder, port| {
            let text = CONFIGURATION
                .replace("{0}", &folder.display().to_string())
                .replace("{1}", &port.to_string())
                .replace("{2}", &registry.display().to_string());
            std::fs::write(folder.join("nginx.conf"), text).unwrap();
            let mut command = Command::new(&nginx);
            command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf"));
            command
        })))
    }

    fn config(&self) -> [RegistryConfig; 1] {
        [config("team", &self.0.url())]
    }

    /// What was asked for since the last time. A line is written when the answer was sent, and before the next request is answered.
    fn asked(&self) -> Vec<String> {
        const END: &str = "/end-of-what-was-asked-for";
        let mut stream = TcpStream::connect(("127.0.0.1", self.0.port)).unwrap();
        write!(stream, "GET {END} HTTP/1.0\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        let log = self.0.folder.path().join("access.log");
        for _ in 0..500 {
            let text = std::fs::read_to_string(&log).unwrap();
            if text.contains(END) {
                std::fs::write(&log, "").unwrap();
                return text.lines().filter(|line| !line.contains(END)).map(str::to_owned).collect();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("nginx does not write what it was asked for");
    }
}

/// What keeps answers, as the command does.
fn keeping(cache: &Path) -> HttpOptions {
    HttpOptions { cache: Some(cache.to_owned()), ..HttpOptions::default() }
}

/// How many of these lines have a status.
fn of_status(lines: &[String], status: &str) -> usize {
    lines.iter().filter(|line| line.split(' ').nth(2) == Some(status)).count()
}

#[test]
fn a_folder_behind_nginx_is_a_registry() {
    let team = Publisher::new();
    let Some(nginx) = Nginx::serving(team.root.path()) else { return };
    let (registries, cache) = (nginx.config(), tempfile::tempdir().unwrap());
    let http = keeping(cache.path());
    team.publish("base", "1.0.0", json!({})).unwrap();
    let needs = json!({"description": "Says hello", "dependencies": [{"name": "base", "version": "^1"}]});
    team.publish("greeter", "1.0.0", needs.clone()).unwrap();
    let machine = Machine::trusting(team.key.public());

    assert_eq!(found(&machine, &registries, &http, "hello"), ["main/greeter 1.0.0"]);
    let installed = machine.install_with(&registries, &http, &["greeter@^1"]).unwrap();
    assert_eq!(installed, ["+ base 1.0.0", "+ greeter 1.0.0"]);
    assert!(outdated(&machine, &registries, &http).is_empty());
    assert_eq!(of_status(&nginx.asked(), "304"), 2, "the index of both was kept");

    // What has not changed is not sent again, and what has is.
    assert!(machine.update_with(&registries, &http, &[]).unwrap().is_empty());
    let asked = nginx.asked();
    assert_eq!((of_status(&asked, "304"), of_status(&asked, "200")), (2, 0), "{asked:?}");
    assert!(asked.iter().all(|line| line.contains("if_none_match=\"")), "{asked:?}");
    team.publish("greeter", "1.1.0", needs).unwrap();
    assert_eq!(outdated(&machine, &registries, &http), ["greeter 1.0.0 < 1.1.0"]);
    let asked = nginx.asked();
    assert_eq!((of_status(&asked, "304"), of_status(&asked, "200")), (1, 1), "{asked:?}");

    assert_eq!(machine.update_with(&registries, &http, &[]).unwrap(), ["greeter 1.0.0 -> 1.1.0"]);
    let id =
        driftless_registry::PluginId { namespace: "main".parse().unwrap(), name: "greeter".parse().unwrap() };
    team.folder.yank(&id, &"1.1.0".parse().unwrap(), true).unwrap();
    let other = Machine::trusting(team.key.public());
    let installed = other.install_with(&registries, &http, &["greeter"]).unwrap();
    assert_eq!(installed, ["+ base 1.0.0", "+ greeter 1.0.0"], "what is yanked comes to no other machine");
    let removed = machine.remove(&registries, "greeter").unwrap();
    assert_eq!(removed, ["- base 1.0.0", "- greeter 1.1.0"]);
}

/// A plugin of several hundred kilobytes, and its path in the registry.
fn large(team: &Publisher) -> (String, u64) {
    let description = "x".repeat(1000);
    let padding: String = (0..400_000u32).map(|at| char::from(b'a' + (at % 23) as u8)).collect();
    let publication = team.padded("large", "1.0.0", json!({"description": description}), &padding).unwrap();
    team.folder.publish(&publication, Some(team.key.public())).unwrap();
    let statement = publication.statement();
    (layout::blob(&statement.digest), statement.size_bytes)
}

/// Installs, and gives up when a part of the file has come. Returns how much of it is kept.
fn interrupted(machine: &Machine, registries: &[RegistryConfig], http: &HttpOptions, blob: &str) -> u64 {
    let cancel = CancelHandle::new();
    let http = HttpOptions { cancel: cancel.clone(), ..http.clone() };
    let open = |config: &RegistryConfig| Registry::new(config.clone(), http.clone()).unwrap();
    let registries = Registries::new(registries.iter().map(open).collect());
    let events = |event: Event<'_>| {
        if matches!(event, Event::Fetching(_, done) if done > 0) {
            cancel.cancel();
        }
    };
    let installer = Installer {
        places: &machine.places,
        registries: &registries,
        policy: Policy { host: Version::new(0, 1, 0), now: SystemTime::now() },
        rules: RULES,
        events: &events,
    };
    let exclusive = machine.places.exclusive(|| ()).unwrap();
    let error = installer.install(&exclusive, &["large".parse().unwrap()]).err().unwrap();
    assert_eq!(error.kind(), driftless_registry::ErrorKind::Cancelled, "{error}");
    let digits = blob.rsplit('/').next().unwrap();
    machine.places.store.join("partial").join(digits).metadata().unwrap().len()
}

#[test]
fn a_download_that_broke_goes_on_where_the_file_is_the_same() {
    let team = Publisher::new();
    let Some(nginx) = Nginx::serving(team.root.path()) else { return };
    let (registries, cache) = (nginx.config(), tempfile::tempdir().unwrap());
    let http = keeping(cache.path());
    let (blob, size) = large(&team);
    let file = team.root.path().join(&blob);
    for is_touched in [false, true] {
        let machine = Machine::trusting(team.key.public());
        let kept = interrupted(&machine, &registries, &http, &blob);
        assert!(0 < kept && kept < size, "{kept} of {size}");
        if is_touched {
            // nginx makes a tag of the time and the size.
            let time = SystemTime::now() - Duration::from_secs(1000);
            std::fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
        }
        nginx.asked();
        assert_eq!(machine.install_with(&registries, &http, &["large"]).unwrap(), ["+ large 1.0.0"]);
        let asked = nginx.asked();
        let of_blob: Vec<_> = asked.iter().filter(|line| line.contains("/blobs/")).collect();
        let expected = format!("range=bytes={kept}- if_range=\"");
        assert!(of_blob.len() == 1 && of_blob[0].contains(&expected), "{expected}: {of_blob:?}");
        assert_eq!(of_status(&asked, if is_touched { "200" } else { "206" }), 1, "{asked:?}");
    }
}

#[test]
fn a_file_that_nginx_has_and_that_is_not_the_signed_one_is_refused() {
    let team = Publisher::new();
    let Some(nginx) = Nginx::serving(team.root.path()) else { return };
    team.publish("greeter", "1.0.0", json!({})).unwrap();
    let machine = Machine::trusting(team.key.public());
    let published = team.signed("greeter", "1.0.0", json!({})).unwrap();
    let blob = team.root.path().join(layout::blob(&published.statement().digest));
    let mut bytes = std::fs::read(&blob).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::remove_file(&blob).unwrap();
    std::fs::write(&blob, &bytes).unwrap();
    let error = machine.install(&nginx.config(), &["greeter"]).unwrap_err();
    assert!(matches!(&error, Error::WrongDigest { found, .. } if *found == Digest::of(&bytes)), "{error}");
    // What is no registry says so.
    std::fs::remove_file(team.root.path().join(layout::CONFIG)).unwrap();
    let error = machine.install(&nginx.config(), &["greeter"]).unwrap_err();
    assert_eq!(error.kind(), driftless_registry::ErrorKind::NotFound, "{error}");
}
