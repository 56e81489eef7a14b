//! What the host calls is called here as well, and what the plugin asks its host for is answered by the test.

use plugin_sdk::HostErrorKind;
use plugin_sdk::testing::{self, FakeHost};

use crate::execute_facts_collector;

#[test]
fn names_are_found() {
    let _host = testing::host(FakeHost::new().file("/etc/hosts", "127.0.0.1 localhost\n10.0.0.7 moon # far away\n"));
    let facts = execute_facts_collector("hosts", r#"{"skip": ["moon"]}"#);
    assert_eq!(facts, r#"{"names":{"localhost":["127.0.0.1"]}}"#);
}

#[test]
fn what_is_not_granted_is_told() {
    let _host = testing::host(FakeHost::new().fails("read /etc/hosts", HostErrorKind::Denied));
    assert!(execute_facts_collector("hosts", "{}").starts_with(r#"{"error":"#));
}
