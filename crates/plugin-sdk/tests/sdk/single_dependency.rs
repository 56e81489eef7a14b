//! A plugin needs no dependency but `plugin-sdk`: one in a package of its own, as an author has it, with its tests.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

const MANIFEST: &str = r#"
[package]
name = "single-dependency"
version = "1.2.3"
edition = "2021"
license = "MIT"
authors = ["Ada", "Grace"]

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
plugin-sdk = { path = 'SDK' }

# It is no part of the workspace around it.
[workspace]
"#;

const LIBRARY: &str = r##"
#![deny(warnings)]

#[plugin_sdk::plugin]
mod single {
    use plugin_sdk::prelude::*;

    #[derive(Deserialize, JsonSchema)]
    pub struct Greet {
        name: String,
    }

    #[derive(Serialize)]
    struct Greeted {
        name: String,
    }

    #[facts]
    fn greeted(config: Greet) -> Greeted {
        Greeted { name: config.name }
    }
}

/// With nothing of the prelude but its attributes.
#[cfg(test)]
mod another {
    #[plugin_sdk::plugin]
    mod plain {
        use plugin_sdk::prelude::*;

        #[template_function]
        fn answer() -> u32 {
            42
        }
    }
}

#[test]
fn works() {
    assert_eq!(execute_facts_collector("greeted", r#"{"name": "Ada"}"#), r#"{"name":"Ada"}"#);
    let manifest = get_plugin_metadata();
    for part in [r#""name":"single-dependency""#, r#""version":"1.2.3""#, r#""author":"Ada, Grace""#, r#""license":"MIT""#] {
        assert!(manifest.contains(part), "{manifest}");
    }
}
"##;

#[test]
fn a_plugin_depends_on_the_sdk_alone() {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("single-dependency");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), MANIFEST.replace("SDK", &sdk.display().to_string())).unwrap();
    fs::write(folder.join("src/lib.rs"), LIBRARY).unwrap();
    // The versions that are there already, so that nothing is downloaded.
    fs::copy(sdk.join("../../Cargo.lock"), folder.join("Cargo.lock")).unwrap();

    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--offline", "--lib", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .expect("cargo runs this test as well");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
