//! How components are announced: names, types, descriptions and schemas, as snapshots.

use plugin_sdk::serde_json::{self, Value};

#[plugin_sdk::plugin(name = "announced", driftless = ">=0.1, <2")]
mod announced {
    use std::collections::BTreeMap;

    use plugin_sdk::prelude::*;

    /// Whom to notify, and how.
    ///
    /// This paragraph is part of the schema as well.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Notify {
        /// Who gets the message.
        #[schemars(length(min = 1))]
        to_whom: Vec<Person>,
        /// How often it is tried.
        #[serde(default = "three")]
        #[schemars(range(min = 1, max = 10))]
        tries: u8,
        /// How loud it is.
        #[serde(default)]
        volume: Volume,
        /// What the template may use.
        #[serde(default)]
        variables: BTreeMap<String, Value>,
        /// When, in seconds from now.
        delay: Option<f64>,
    }

    fn three() -> u8 {
        3
    }

    /// A person.
    #[derive(Deserialize, JsonSchema)]
    struct Person {
        name: String,
        #[schemars(email)]
        address: Option<String>,
        /// The people who stand in for them.
        #[serde(default)]
        deputies: Vec<Person>,
    }

    /// How loud something is.
    #[derive(Default, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Volume {
        #[default]
        Quiet,
        Loud,
    }

    /// Tells people that something
    /// happened.
    ///
    /// This part is for readers of the source.
    #[task]
    fn notify(config: &Notify) -> String {
        let people: Vec<_> = config
            .to_whom
            .iter()
            .map(|person| format!("{} {:?} {}", person.name, person.address, person.deputies.len()))
            .collect();
        let volume = matches!(config.volume, Volume::Loud);
        format!("{people:?} {} {volume} {:?} {:?}", config.tries, config.delay, config.variables)
    }

    #[task(name = "collect-logs", type = "logs")]
    fn collect_logs() {}

    /// A folder and what is in it.
    #[derive(Deserialize, JsonSchema)]
    struct Folder {
        name: String,
        folders: Vec<Folder>,
    }

    #[facts]
    fn folders(config: Folder) -> Value {
        json!({"name": config.name, "folders": config.folders.len()})
    }

    #[facts]
    fn anything(_config: Value) -> Value {
        json!({})
    }

    /// `{{ name | shout }}`
    #[template_filter]
    fn shout(value: String) -> String {
        value.to_uppercase()
    }

    #[doc = "A number that was chosen by a fair dice."]
    #[template_function]
    fn dice() -> u32 {
        4
    }
}

fn pretty(json: &str) -> String {
    let value: Value = serde_json::from_str(json).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn tasks() {
    insta::assert_snapshot!(pretty(&get_task_definitions()));
}

#[test]
fn facts_collectors() {
    insta::assert_snapshot!(pretty(&get_facts_collectors()));
}

#[test]
fn template_extensions() {
    insta::assert_snapshot!(pretty(&get_template_extensions()));
}

#[test]
fn the_manifest() {
    // The version is that of the package, which is this one.
    let manifest = pretty(&get_plugin_metadata()).replace(env!("CARGO_PKG_VERSION"), "[version]");
    insta::assert_snapshot!(manifest);
}

#[test]
fn definitions_are_the_protocols() {
    use plugin_sdk::api::component::{ComponentKind, Definition};

    let extensions: Vec<Definition> = serde_json::from_str(&get_template_extensions()).unwrap();
    let names = |kind: ComponentKind| {
        let of_kind = extensions.iter().filter(move |definition| kind.announces(definition));
        of_kind.map(|definition| definition.name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(names(ComponentKind::TemplateFilter), ["shout"]);
    assert_eq!(names(ComponentKind::TemplateFunction), ["dice"]);
}
