//! Which crate may depend on which, and which library only some crates may know.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

/// What a workspace is held against.
pub(super) struct Rules<'a> {
    /// A crate, and the crates of this workspace that it may depend on.
    pub(super) arrows: &'a [(&'a str, &'a [&'a str])],
    /// Crates of the table that the workspace need not have yet.
    pub(super) not_yet: &'a [&'a str],
    /// A library, and the crates that may depend on it.
    pub(super) known_to: &'a [(&'a str, &'a [&'a str])],
    /// A crate, and the libraries that it must not reach through anything it depends on.
    pub(super) free_of: &'a [(&'a str, &'a [&'a str])],
    /// Crates that are tests and nothing else: they may know what tests may know.
    pub(super) only_tests: &'a [&'a str],
    /// Where `anyhow` may live: libraries return typed errors.
    pub(super) may_use_anyhow: &'a [&'a str],
}

/// The rules of this workspace, by the table in ARCHITECTURE.md. A new crate is a line in `arrows`.
pub(super) const RULES: Rules<'_> = Rules {
    arrows: &[
        ("driftless-plugin-api", &[]),
        ("plugin-sdk-macros", &["driftless-plugin-api"]),
        ("plugin-sdk", &["driftless-plugin-api", "plugin-sdk-macros"]),
        ("driftless-permissions", &["driftless-plugin-api"]),
        ("driftless-capabilities", &["driftless-plugin-api", "driftless-permissions"]),
        ("driftless-transport", &["driftless-plugin-api"]),
        ("driftless-validator", &["driftless-plugin-api", "driftless-permissions"]),
        ("driftless-files", &[]),
        ("driftless-documents", &["driftless-plugin-api"]),
        ("driftless-schema", &["driftless-plugin-api"]),
        (
            "driftless-sandbox",
            &["driftless-files", "driftless-plugin-api", "driftless-transport", "driftless-validator"],
        ),
        (
            "driftless-registry",
            &["driftless-files", "driftless-permissions", "driftless-plugin-api", "driftless-validator"],
        ),
        (
            "driftless-registry-server",
            &["driftless-files", "driftless-plugin-api", "driftless-registry", "driftless-validator"],
        ),
        (
            "driftless-host",
            &[
                "driftless-files",
                "driftless-plugin-api",
                "driftless-permissions",
                "driftless-capabilities",
                "driftless-schema",
                "driftless-transport",
            ],
        ),
        ("driftless-builtin", &["driftless-plugin-api", "driftless-transport"]),
        (
            "driftless-templates",
            &["driftless-documents", "driftless-files", "driftless-plugin-api", "driftless-host"],
        ),
        ("driftless-logs", &["driftless-documents", "driftless-plugin-api", "driftless-host"]),
        (
            "driftless-runner",
            &["driftless-documents", "driftless-plugin-api", "driftless-host", "driftless-templates"],
        ),
        (
            "driftless-author",
            &[
                "driftless-files",
                "driftless-plugin-api",
                "driftless-permissions",
                "driftless-sandbox",
                "driftless-schema",
                "driftless-validator",
            ],
        ),
        (
            "driftless-conformance",
            &[
                "driftless-documents",
                "driftless-files",
                "driftless-plugin-api",
                "driftless-transport",
                "driftless-host",
            ],
        ),
        // The reference plugin as a part of a program, which its own tests are.
        ("conformance", &["plugin-sdk"]),
        (
            "driftless-cli",
            &[
                "driftless-author",
                "driftless-conformance",
                "driftless-documents",
                "driftless-files",
                "driftless-plugin-api",
                "driftless-permissions",
                "driftless-sandbox",
                "driftless-registry",
                "driftless-registry-server",
                "driftless-host",
                "driftless-templates",
                "driftless-logs",
                "driftless-runner",
                "driftless-transport",
                "driftless-validator",
            ],
        ),
        (
            "driftless-fuzzing",
            &[
                "driftless-author",
                "driftless-documents",
                "driftless-host",
                "driftless-logs",
                "driftless-permissions",
                "driftless-plugin-api",
                "driftless-sandbox",
                "driftless-templates",
                "driftless-validator",
            ],
        ),
        ("driftless-test-support", &[]),
        (
            "embedding",
            &[
                "driftless-builtin",
                "driftless-host",
                "driftless-sandbox",
                "driftless-templates",
                "plugin-sdk",
            ],
        ),
        ("xtask", &[]),
    ],
    not_yet: &[],
    known_to: &[
        ("wasmtime", &["driftless-sandbox"]),
        ("wasmtime-wasi", &["driftless-sandbox"]),
        // Rewriting a module goes through the types of both.
        ("wasmparser", &["driftless-validator", "driftless-author"]),
        ("wasm-encoder", &["driftless-author"]),
        ("wit-component", &["driftless-author"]),
        ("wit-parser", &["driftless-author"]),
        ("minijinja", &["driftless-templates"]),
        ("glob", &["driftless-logs"]),
        ("crossbeam-channel", &["driftless-logs"]),
        ("jsonschema", &["driftless-schema"]),
        ("clap", &["driftless-cli", "xtask"]),
        // The book and the workflows are held against what everybody's programs read.
        ("serde-saphyr", &["driftless-documents", "xtask"]),
        ("granit-parser", &["driftless-documents"]),
        ("url", &["driftless-permissions"]),
        ("ipnet", &["driftless-permissions"]),
        ("cap-std", &["driftless-capabilities"]),
        ("cap-fs-ext", &["driftless-capabilities"]),
        // What plugins ask for, and what the command asks registries for, are two clients: they trust and are trusted differently.
        ("ureq", &["driftless-capabilities", "driftless-registry"]),
        ("minisign", &["driftless-registry"]),
        ("minisign-verify", &["driftless-registry"]),
        ("pubgrub", &["driftless-registry"]),
        ("axum", &["driftless-registry-server"]),
        ("hyper", &["driftless-registry-server"]),
    ],
    free_of: &[
        ("driftless-plugin-api", &["wasmtime", "wasmparser"]),
        ("driftless-transport", &["wasmtime", "wasmparser"]),
        ("driftless-validator", &["wasmtime"]),
        ("driftless-host", &["minijinja", "glob", "crossbeam-channel"]),
        ("driftless-registry", &["wasmtime"]),
        ("driftless-registry-server", &["wasmtime"]),
    ],
    only_tests: &["driftless-fuzzing"],
    may_use_anyhow: &["driftless-cli", "xtask"],
};

/// Holds what `cargo metadata` says of a workspace and of all that it depends on against the rules. Returns what is wrong.
pub(super) fn check(rules: &Rules<'_>, metadata: &Value) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let arrows: BTreeMap<_, _> = rules.arrows.iter().copied().collect();
    let mut seen = BTreeSet::new();
    for package in members(metadata)? {
        let name = text(package, "name")?;
        seen.insert(name);
        let Some(allowed) = arrows.get(name) else {
            complaints.push(format!(
                "the crate {name} is not in the table of arrows (xtask/src/tidy/arrows.rs, ARCHITECTURE.md)"
            ));
            continue;
        };
        for dependency in list(package, "dependencies")? {
            if dependency["kind"] == "dev" {
                continue;
            }
            let on = text(dependency, "name")?;
            if arrows.contains_key(on) && !allowed.contains(&on) {
                complaints.push(format!("{name} depends on {on}, which is an arrow drawn the wrong way"));
            }
            let known = rules.known_to.iter().find(|(library, _)| *library == on);
            if let Some((_, to)) = known
                && !to.contains(&name)
                && !rules.only_tests.contains(&name)
            {
                complaints.push(format!("{name} depends on {on}, which only {} may know", to.join(" and ")));
            }
            if on == "anyhow" && !rules.may_use_anyhow.contains(&name) {
                complaints.push(format!("{name} depends on anyhow; a library returns typed errors"));
            }
        }
    }
    let missing = rules.arrows.iter().map(|(name, _)| *name);
    let missing = missing.filter(|name| !seen.contains(name) && !rules.not_yet.contains(name));
    complaints.extend(
        missing.map(|name| format!("the crate {name} is in the table of arrows and not in the workspace")),
    );
    for (name, libraries) in rules.free_of {
        complaints.extend(reached(metadata, name, libraries)?);
    }
    Ok(complaints)
}

/// The packages of the workspace, without those that they depend on.
fn members(metadata: &Value) -> Result<impl Iterator<Item = &Value>> {
    let ids = list(metadata, "workspace_members")?;
    Ok(list(metadata, "packages")?.iter().filter(move |package| ids.contains(&package["id"])))
}

/// The libraries that a crate reaches and must not, each with the way there.
fn reached(metadata: &Value, name: &str, libraries: &[&str]) -> Result<Vec<String>> {
    let names: BTreeMap<&str, &str> = list(metadata, "packages")?
        .iter()
        .map(|package| Ok((text(package, "id")?, text(package, "name")?)))
        .collect::<Result<_>>()?;
    let nodes: BTreeMap<&str, &Value> = list(&metadata["resolve"], "nodes")?
        .iter()
        .map(|node| Ok((text(node, "id")?, node)))
        .collect::<Result<_>>()?;
    let Some(start) = members(metadata)?.find(|package| package["name"] == name) else {
        return Ok(Vec::new());
    };
    let mut ways = vec![vec![text(start, "id")?]];
    let mut seen = BTreeSet::new();
    let mut complaints = Vec::new();
    while let Some(way) = ways.pop() {
        let id = way.last().copied().unwrap_or_default();
        if !seen.insert(id) {
            continue;
        }
        if libraries.contains(&names[id]) {
            let way: Vec<&str> = way.iter().map(|id| names[id]).collect();
            complaints.push(format!("{name} reaches {}, which it must not: {}", names[id], way.join(" -> ")));
            continue;
        }
        for dependency in list(nodes.get(id).context("a package has a node")?, "deps")? {
            // The kind of an ordinary dependency is null.
            if list(dependency, "dep_kinds")?.iter().any(|kind| kind["kind"].is_null()) {
                ways.push(way.iter().copied().chain([text(dependency, "pkg")?]).collect());
            }
        }
    }
    Ok(complaints)
}

fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str> {
    value[key].as_str().with_context(|| format!("cargo metadata has no text `{key}`"))
}

fn list<'v>(value: &'v Value, key: &str) -> Result<&'v Vec<Value>> {
    value[key].as_array().with_context(|| format!("cargo metadata has no list `{key}`"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SMALL: Rules<'_> = Rules {
        arrows: &[("api", &[]), ("engine", &["api"]), ("command", &["engine"]), ("later", &[])],
        not_yet: &["later"],
        known_to: &[("wasmtime", &["engine"])],
        free_of: &[("api", &["wasmtime"])],
        only_tests: &[],
        may_use_anyhow: &["command"],
    };

    /// A workspace of these crates, each with the crates that it depends on. What is no crate of the workspace is a library.
    fn workspace(crates: &[(&str, &[&str])]) -> Value {
        let mut packages: Vec<Value> = Vec::new();
        let mut nodes: Vec<Value> = Vec::new();
        let libraries: [(&str, &[&str]); 2] = [("wasmtime", &[]), ("anyhow", &[])];
        for (name, on) in crates.iter().chain(&libraries) {
            let dependencies: Vec<Value> =
                on.iter().map(|name| json!({"name": name, "kind": null})).collect();
            packages.push(json!({"id": name, "name": name, "dependencies": dependencies}));
            let deps: Vec<Value> =
                on.iter().map(|name| json!({"pkg": name, "dep_kinds": [{"kind": null}]})).collect();
            nodes.push(json!({"id": name, "deps": deps}));
        }
        let members: Vec<&str> = crates.iter().map(|(name, _)| *name).collect();
        json!({"packages": packages, "workspace_members": members, "resolve": {"nodes": nodes}})
    }

    fn complaints(crates: &[(&str, &[&str])]) -> Vec<String> {
        check(&SMALL, &workspace(crates)).unwrap()
    }

    #[test]
    fn a_workspace_that_keeps_the_rules_passes() {
        let found =
            complaints(&[("api", &[]), ("engine", &["api", "wasmtime"]), ("command", &["engine", "anyhow"])]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn a_planted_arrow_fails() {
        let found = complaints(&[("api", &[]), ("engine", &["api", "command"]), ("command", &["engine"])]);
        assert_eq!(found, ["engine depends on command, which is an arrow drawn the wrong way"]);
    }

    #[test]
    fn a_library_that_a_crate_may_not_know_fails() {
        let found = complaints(&[("api", &[]), ("engine", &[]), ("command", &["wasmtime"])]);
        assert_eq!(found, ["command depends on wasmtime, which only engine may know"]);
        let found = complaints(&[("api", &["anyhow"]), ("engine", &[]), ("command", &[])]);
        assert_eq!(found, ["api depends on anyhow; a library returns typed errors"]);
    }

    #[test]
    fn a_library_that_is_reached_on_a_detour_fails() {
        let found = complaints(&[("api", &["engine"]), ("engine", &["wasmtime"]), ("command", &[])]);
        assert_eq!(
            found,
            [
                "api depends on engine, which is an arrow drawn the wrong way",
                "api reaches wasmtime, which it must not: api -> engine -> wasmtime",
            ]
        );
    }

    #[test]
    fn what_only_tests_need_is_no_arrow() {
        let mut workspace = workspace(&[("api", &["engine", "wasmtime"]), ("engine", &[]), ("command", &[])]);
        for dependency in workspace["packages"][0]["dependencies"].as_array_mut().unwrap() {
            dependency["kind"] = json!("dev");
        }
        for dependency in workspace["resolve"]["nodes"][0]["deps"].as_array_mut().unwrap() {
            dependency["dep_kinds"] = json!([{"kind": "dev"}]);
        }
        assert_eq!(check(&SMALL, &workspace).unwrap(), [""; 0]);
    }

    #[test]
    fn the_table_and_the_workspace_have_the_same_crates() {
        let found = complaints(&[("api", &[]), ("engine", &[]), ("stranger", &[])]);
        assert_eq!(
            found,
            [
                "the crate stranger is not in the table of arrows (xtask/src/tidy/arrows.rs, ARCHITECTURE.md)",
                "the crate command is in the table of arrows and not in the workspace",
            ]
        );
    }

    #[test]
    fn the_arrows_have_no_circle() {
        // Sorting topologically: each round takes the crates whose arrows all lead to crates that were taken before.
        let mut left: BTreeMap<_, _> = RULES.arrows.iter().copied().collect();
        while !left.is_empty() {
            let taken: Vec<_> = left
                .iter()
                .filter(|(_, on)| on.iter().all(|on| !left.contains_key(on)))
                .map(|(name, _)| *name)
                .collect();
            assert!(!taken.is_empty(), "the arrows of {:?} lead in a circle", left.keys());
            left.retain(|name, _| !taken.contains(name));
        }
    }
}
