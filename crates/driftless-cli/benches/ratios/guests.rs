//! The guests that are measured.

use std::path::{Path, PathBuf};

/// A configuration of `my_custom_task`.
pub(crate) const MESSAGE: &str = r#"{"message":"hello"}"#;

/// A configuration of `min_status`.
pub(crate) const MIN_STATUS: &str = r#"{"status":300}"#;

/// A configuration of `yaml_text`.
pub(crate) const YAML: &str =
    "{\"text\":\"server:\\n  port: 8080 # not below 1024\\n\",\"key\":\"server.port\",\"value\":9090}";

/// A line of an access log.
pub(crate) const LINE: &str = concat!(
    r#"203.0.113.7 - - [21/Nov/2026:21:16:50 +0000] "GET /assets/app.js?v=3 HTTP/1.1" 200 5316 "#,
    r#""https://example.com/" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0""#
);

/// The example plugins.
pub(crate) const EXAMPLES: [&str; 4] =
    ["custom-task-plugin", "facts-collector-plugin", "log-pipeline-plugin", "template-filter-plugin"];

/// An example plugin, as `cargo xtask examples` built it.
pub(crate) fn example(name: &str) -> Vec<u8> {
    let path = root().join("target/plugins").join(format!("{name}.wasm"));
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask examples` first", path.display()))
}

/// A plugin of another name, as large as an example.
pub(crate) fn renamed(number: usize) -> Vec<u8> {
    let name = b"custom-task-plugin";
    let other = format!("custom-task-{number:06}");
    let mut bytes = example("custom-task-plugin");
    let places: Vec<_> = (0..bytes.len() - name.len()).filter(|at| bytes[*at..].starts_with(name)).collect();
    places
        .into_iter()
        .for_each(|at| bytes[at..at + name.len()].copy_from_slice(&other.as_bytes()[..name.len()]));
    bytes
}

/// The access log that a real nginx wrote.
pub(crate) fn access_log() -> String {
    std::fs::read_to_string(root().join("examples/data/access.log")).expect("the examples have a log")
}

/// A guest that returns its argument: what is measured with it is the way there and back.
pub(crate) fn echo() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (memory (export "memory") 2)
            (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
            (func (export "before_task") (param i32 i32) (result i64)
                (i64.or
                    (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
                    (i64.extend_i32_u (local.get 1)))))"#,
    )
    .expect("the text is right")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
