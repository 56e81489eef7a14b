//! `Cargo.toml` of a crate of this repository, made to stand by itself: what it inherits from the workspace is filled in.

use toml::{Table, Value};

/// The manifest of a crate of the SDK, as a project has it. The crates that it depends on of those of this repository lie beside it.
///
/// Both texts are a part of this program.
pub(crate) fn standalone(manifest: &str, workspace: &str) -> String {
    let read = |text: &str| text.parse::<Table>().expect("cargo has read it");
    let mut manifest = read(manifest);
    let mut workspace = read(workspace);
    let mut inherited = |key: &str| match workspace.get_mut("workspace").and_then(|all| all.get_mut(key)) {
        Some(Value::Table(table)) => std::mem::take(table),
        _ => Table::new(),
    };
    let (package, dependencies) = (inherited("package"), inherited("dependencies"));
    for (key, value) in fields(&mut manifest, "package") {
        if is_inherited(value) {
            *value = package.get(key).cloned().expect("what is inherited is there");
        }
    }
    for (name, value) in fields(&mut manifest, "dependencies") {
        if is_inherited(value) {
            let from = dependencies.get(name).expect("what is inherited is there");
            *value = Value::Table(dependency(name, from, value));
        }
    }
    // Its tests stay here. What a newer compiler warns about is not for the author of a plugin to mend.
    manifest.remove("dev-dependencies");
    let allow = Table::from_iter([("warnings".to_owned(), Value::from("allow"))]);
    manifest.insert("lints".to_owned(), Table::from_iter([("rust".to_owned(), allow.into())]).into());
    manifest.to_string()
}

fn fields<'a>(manifest: &'a mut Table, key: &str) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    manifest.get_mut(key).and_then(Value::as_table_mut).into_iter().flat_map(Table::iter_mut)
}

fn is_inherited(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// A dependency of the workspace, with what the crate says besides.
fn dependency(name: &str, from: &Value, own: &Value) -> Table {
    let mut merged = match from {
        Value::Table(table) => table.clone(),
        version => Table::from_iter([("version".to_owned(), version.clone())]),
    };
    if merged.contains_key("path") {
        merged.insert("path".to_owned(), format!("../{name}").into());
    }
    for (key, value) in own.as_table().into_iter().flatten().filter(|(key, _)| *key != "workspace") {
        match (merged.get_mut(key), value) {
            (Some(Value::Array(all)), Value::Array(more)) => all.extend(more.iter().cloned()),
            _ => drop(merged.insert(key.clone(), value.clone())),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inherited_is_filled_in() {
        let workspace = r#"
            [workspace.package]
            version = "1.2.3"
            edition = "2024"
            [workspace.dependencies]
            near = { path = "crates/near", version = "1.0" }
            serde = { version = "1.0", features = ["derive"] }
            syn = "2.0"
            [workspace.lints.rust]
            missing_docs = "warn"
        "#;
        let manifest = r#"
            [package]
            name = "it"
            version.workspace = true
            edition.workspace = true
            [lints]
            workspace = true
            [dependencies]
            near.workspace = true
            serde = { workspace = true, features = ["rc"], optional = true }
            syn.workspace = true
            own = "0.1"
            [dev-dependencies]
            near.workspace = true
        "#;
        let expected = r#"
            [package]
            name = "it"
            version = "1.2.3"
            edition = "2024"
            [lints.rust]
            warnings = "allow"
            [dependencies]
            near = { path = "../near", version = "1.0" }
            serde = { version = "1.0", features = ["derive", "rc"], optional = true }
            syn = { version = "2.0" }
            own = "0.1"
        "#;
        let made: Table = standalone(manifest, workspace).parse().unwrap();
        assert_eq!(made, expected.parse::<Table>().unwrap());
    }
}
