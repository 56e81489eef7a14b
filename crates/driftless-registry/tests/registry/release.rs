//! Plugins that do nothing, with manifests that say much.

use serde_json::{Value, json};

/// The file of a plugin whose manifest has these keys besides its name and version.
pub(crate) fn plugin(name: &str, version: &str, more: Value) -> Vec<u8> {
    padded_plugin(name, version, more, "")
}

/// The same, with as much more in it, which does nothing.
pub(crate) fn padded_plugin(name: &str, version: &str, more: Value, padding: &str) -> Vec<u8> {
    let mut manifest = json!({"name": name, "version": version});
    manifest.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let manifest = manifest.to_string().replace('\\', "\\5c").replace('"', "\\22");
    let text = format!(
        r#"(module (@custom "driftless.manifest.v1" "{manifest}")
            (@custom "padding" "{padding}")
            (memory (export "memory") 4)
            (data (i32.const 0) "[{{\22name\22:\22greet\22}}]{{\22status\22:\22success\22,\22message\22:\22{version}\22}}")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 131072))
            (func (export "get_task_definitions") (result i64) (i64.const 18))
            (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
                (i64.or (i64.shl (i64.const 18) (i64.const 32)) (i64.const {length}))))"#,
        length = 33 + version.len(),
    );
    wat::parse_str(text).unwrap()
}
