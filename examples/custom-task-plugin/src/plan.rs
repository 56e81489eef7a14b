//! The difference between what there should be and what there is.

use plugin_sdk::serde_json::{Map, Value, json};

/// What has to happen to make one map equal to another.
#[derive(Default)]
pub(crate) struct Plan {
    /// Only desired: key and value.
    pub(crate) added: Map<String, Value>,
    /// Different: key, and the value `from` which it changes `to` which.
    pub(crate) changed: Map<String, Value>,
    /// Only there: key and value.
    pub(crate) removed: Map<String, Value>,
    /// How many keys are as they should be.
    pub(crate) unchanged: usize,
}

impl Plan {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// One line for people.
    pub(crate) fn summary(&self) -> String {
        if self.is_empty() {
            return "nothing to change".to_owned();
        }
        let (added, changed, removed) = (self.added.len(), self.changed.len(), self.removed.len());
        format!("{added} to add, {changed} to change, {removed} to remove")
    }
}

/// Compares two maps: key by key, and with `deep` the maps inside them as well.
pub(crate) fn between(
    desired: &Map<String, Value>,
    actual: &Map<String, Value>,
    deep: bool,
    ignore: &[String],
) -> Plan {
    let mut plan = Plan::default();
    compare(&mut plan, "", desired, actual, deep, ignore);
    plan
}

fn compare(
    plan: &mut Plan,
    parent: &str,
    desired: &Map<String, Value>,
    actual: &Map<String, Value>,
    deep: bool,
    ignore: &[String],
) {
    let path_of = |key: &str| match deep {
        true => format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1")),
        false => key.to_owned(),
    };
    for (key, to) in desired {
        let path = path_of(key);
        if ignore.contains(&path) {
            continue;
        }
        match (actual.get(key), to) {
            (None, _) => {
                plan.added.insert(path, to.clone());
            }
            (Some(from), _) if from == to => plan.unchanged += 1,
            (Some(Value::Object(from)), Value::Object(to)) if deep => {
                compare(plan, &path, to, from, deep, ignore);
            }
            (Some(from), _) => {
                plan.changed.insert(path, json!({"from": from, "to": to}));
            }
        }
    }
    for (key, value) in actual {
        let path = path_of(key);
        if !desired.contains_key(key) && !ignore.contains(&path) {
            plan.removed.insert(path, value.clone());
        }
    }
}
