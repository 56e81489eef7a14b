//! Environment variables. They are set in a process of their own: this one has threads.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use driftless_capabilities::Capabilities;
use driftless_plugin_api::host_call::HostCallErrorKind::{Denied, Failed, Limit};
use driftless_plugin_api::host_call::{
    Allowance, Capability, EnvironmentAnswer, EnvironmentRequest, HostCallError,
};

use crate::common::{PLENTY, ask, between, variables};

fn value(plugin: &Capabilities, name: &str, bytes: usize) -> Result<Option<String>, HostCallError> {
    let request = EnvironmentRequest { name: name.to_owned() };
    let allowance = Allowance { bytes, ..PLENTY };
    let (answer, body) =
        ask::<_, EnvironmentAnswer>(plugin, Capability::Environment, &request, &[], allowance)?;
    assert!(body.is_empty());
    Ok(answer.value)
}

#[test]
fn variables_are_read_by_their_exact_names() {
    if std::env::var_os("CAPS_CHILD").is_none() {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "environment::variables_are_read_by_their_exact_names", "--nocapture"])
            .env("CAPS_CHILD", "1")
            .env("CAPS_TOKEN", "to\nken")
            .env("CAPS_OTHER", "other")
            .env("CAPS_BYTES", OsStr::from_bytes(b"\xff\xfe"))
            .env("CAPS_LONG", "x".repeat(1000))
            .env_remove("CAPS_UNSET")
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        return;
    }
    let asked = variables(&["CAPS_TOKEN", "CAPS_BYTES", "CAPS_UNSET", "CAPS_LONG", "CAPS_OTHER"]);
    let granted = variables(&["CAPS_TOKEN", "CAPS_BYTES", "CAPS_UNSET", "CAPS_LONG", "HOME"]);
    let plugin = between(&[asked], &[granted]);
    assert_eq!(value(&plugin, "CAPS_TOKEN", 1000), Ok(Some("to\nken".into())));
    assert_eq!(value(&plugin, "CAPS_UNSET", 1000), Ok(None));
    assert_eq!(value(&plugin, "CAPS_BYTES", 1000).unwrap_err().kind, Failed);
    assert_eq!(value(&plugin, "CAPS_LONG", 2000), Ok(Some("x".repeat(1000))));
    assert_eq!(value(&plugin, "CAPS_LONG", 999).unwrap_err().kind, Limit);
    // The value fits, and the JSON around it does not.
    assert_eq!(value(&plugin, "CAPS_LONG", 1001).unwrap_err().kind, Limit);
    let error = value(&plugin, "CAPS_OTHER", 1000).unwrap_err();
    assert_eq!(error.message, "it may not read the environment variable CAPS_OTHER: it is not granted");
    for name in ["HOME", "PATH", "CAPS_TOKE", "caps_token", "CAPS_TOKEN=x", "", "CAPS_TOKEN\0", "*"] {
        assert_eq!(value(&plugin, name, 1000).unwrap_err().kind, Denied, "{name:?}");
    }
}
