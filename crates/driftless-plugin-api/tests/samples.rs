//! The samples of the protocol that every SDK's tests read: what they say is what these types say.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use driftless_plugin_api::arguments::Arguments;
use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::hook::{TaskContext, TaskError, TaskOutcome, Verdict};
use driftless_plugin_api::host_call::{
    EnvironmentAnswer, EnvironmentRequest, FileAnswer, FileRequest, FunctionRequest, HttpAnswer, HttpRequest,
    Outcome, ProcessAnswer, ProcessRequest,
};
use driftless_plugin_api::log::Level;
use driftless_plugin_api::manifest::PluginManifest;
use driftless_plugin_api::records::Records;
use driftless_plugin_api::result::TaskResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packages/protocol/samples")
}

fn samples(name: &str) -> Vec<Value> {
    let path = folder().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let samples: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!samples.is_empty(), "{name}: a file without samples shows nothing");
    samples
}

/// Reading and writing a sample gives the sample again.
fn check<T: DeserializeOwned + Serialize>(name: &'static str) -> &'static str {
    for sample in samples(name) {
        let read: T = serde_json::from_value(sample.clone())
            .unwrap_or_else(|error| panic!("{name}: {error}: {sample}"));
        assert_eq!(serde_json::to_value(read).unwrap(), sample, "{name}");
    }
    name
}

/// A manifest writes what has a default as well.
fn manifest() -> &'static str {
    for sample in samples("manifest") {
        let read: PluginManifest = serde_json::from_value(sample.clone()).unwrap();
        let written = serde_json::to_value(read).unwrap();
        for (key, value) in sample.as_object().unwrap() {
            assert_eq!(&written[key], value, "manifest: {key}");
        }
    }
    "manifest"
}

/// Records borrow their text.
fn records() -> &'static str {
    for sample in samples("records") {
        let text = sample.to_string();
        let read: Records<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), sample, "records");
    }
    "records"
}

/// A level is a word.
fn levels() -> &'static str {
    for sample in samples("level") {
        let word = sample.as_str().unwrap();
        assert_eq!(word.parse::<Level>().unwrap().as_str(), word);
    }
    "level"
}

#[test]
fn every_sample_is_what_the_protocol_says() {
    let checked = BTreeSet::from([
        check::<Definition>("definition"),
        check::<TaskResult>("task_result"),
        check::<Arguments>("arguments"),
        check::<ComponentKind>("component_kind"),
        check::<FileRequest>("file_request"),
        check::<Outcome<FileAnswer>>("file_answer"),
        check::<HttpRequest>("http_request"),
        check::<Outcome<HttpAnswer>>("http_answer"),
        check::<EnvironmentRequest>("environment_request"),
        check::<Outcome<EnvironmentAnswer>>("environment_answer"),
        check::<ProcessRequest>("process_request"),
        check::<Outcome<ProcessAnswer>>("process_answer"),
        check::<FunctionRequest>("functions_request"),
        check::<Outcome<Value>>("functions_answer"),
        check::<Outcome<()>>("error_answer"),
        check::<TaskContext>("task_context"),
        check::<TaskOutcome>("task_outcome"),
        check::<TaskError>("task_error"),
        check::<Verdict>("verdict"),
        manifest(),
        records(),
        levels(),
    ]);
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let there: BTreeSet<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(checked.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), there);
}
