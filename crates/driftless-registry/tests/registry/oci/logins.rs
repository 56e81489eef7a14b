//! An OCI registry that wants to know who asks: what each server is shown.

use std::path::Path;

use driftless_registry::{Error, HttpOptions, OciRegistry, OciSource, PluginId, Source, Token};
use serde_json::json;

use super::server::{DockerRegistry, skopeo};
use crate::machine::{ID, Machine, Publisher, config};

fn token(text: &str) -> HttpOptions {
    HttpOptions { token: Some(Token(text.to_owned())), ..HttpOptions::default() }
}

fn docker(folder: &Path) -> HttpOptions {
    HttpOptions { docker_config: Some(folder.to_owned()), ..HttpOptions::default() }
}

#[test]
fn a_login_is_that_of_driftless_or_that_of_docker() {
    let Some(server) = DockerRegistry::start_with_login() else { return };
    let create = |options: &HttpOptions| {
        OciRegistry::create(&server.url(), options.clone(), ID, "main".parse().unwrap())
    };
    for options in [HttpOptions::default(), token("user:wrong"), token("pass:word"), token("a-bare-token")] {
        let error = create(&options).unwrap_err();
        assert!(error.to_string().contains("401"), "{error}");
        assert_eq!(error.kind(), driftless_registry::ErrorKind::Refused, "{error}");
        assert!(!format!("{error}{error:?}").contains("wrong"), "{error}");
    }
    let registry = create(&token("user:pass:word")).unwrap();
    let publisher = Publisher::new();
    let release = publisher.signed("greeter", "1.0.0", json!({})).unwrap();
    registry.publish(&release, Some(publisher.key.public())).unwrap();

    // Docker's settings: the file, as skopeo writes it, and a program that the file names.
    let folder = server.folder().join("docker");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("config.json");
    let authority = format!("127.0.0.1:{}", server.port());
    skopeo(&[
        "login",
        "--tls-verify=false",
        "--authfile",
        file.to_str().unwrap(),
        "-u",
        "user",
        "-p",
        "pass:word",
        &authority,
    ]);
    let configs = [config("team", &server.url())];
    let installs = |options: &HttpOptions| {
        let machine = Machine::trusting(publisher.key.public());
        machine.install_with(&configs, options, &["greeter"])
    };
    assert_eq!(installs(&docker(&folder)).unwrap(), ["+ greeter 1.0.0"]);
    let error = installs(&HttpOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Registry { .. }) && error.to_string().contains("401"), "{error}");

    std::fs::write(&file, json!({"credHelpers": {&authority: "missing-for-this-test"}}).to_string()).unwrap();
    let error = installs(&docker(&folder)).unwrap_err();
    assert!(error.to_string().contains("docker-credential-missing-for-this-test"), "{error}");

    // A login is asked for once.
    let source = OciSource::new(&server.url(), token("user:pass:word")).unwrap();
    let id = PluginId { namespace: "main".parse().unwrap(), name: "greeter".parse().unwrap() };
    assert_eq!(source.releases(&id).unwrap().len(), 1);
    assert_eq!(source.http().requests(), 3, "a challenge, the tags, a manifest");
}
