//! What a plugin announces, and a configuration for it: read and held against each other without any plugin.
//!
//! An input is a byte that says which kind of component is announced, the reply that announces it, and, behind a byte `0xff`, a configuration. The host
//! is given a transport that replies this and nothing else, so there is neither a compiler nor an engine between the input and what is looked
//! at.

use std::sync::Arc;

use driftless_host::api::component::{ComponentKind, Definition};
use driftless_host::api::function::Function;
use driftless_host::{Error, definitions};
use serde_json::{Map, Value};

use crate::Coverage;
use crate::says::{self, Said};

/// The violations that are told of a configuration, and the bytes of each.
const MAX_VIOLATIONS: usize = 100;
const MAX_VIOLATION_BYTES: usize = 500;

/// What parts of an input are apart by.
const APART: u8 = 0xff;

/// Takes `data` for a kind, definitions and a configuration.
pub fn run(data: &[u8]) -> Coverage {
    let Some((kind, rest)) = data.split_first() else { return Coverage::Refused };
    let kind = ComponentKind::ALL[usize::from(*kind) % ComponentKind::ALL.len()];
    let mut parts = rest.splitn(2, |byte| *byte == APART).map(std::str::from_utf8);
    let Some(Ok(announced)) = parts.next() else { return Coverage::Refused };
    let config = parts.next().and_then(Result::ok).unwrap_or_default();
    let config = serde_json::from_str(config).unwrap_or_default();
    announce(kind, announced, config)
}

/// Lets a plugin announce components of a kind, and gives each of them a configuration.
pub fn announce(kind: ComponentKind, announced: &str, config: Map<String, Value>) -> Coverage {
    let said = Said { text: Arc::from(announced), failed: false };
    let manager = says::manager(Function::ALL.iter().copied(), move |_, _| said.clone());
    let plugin = manager.plugin("p").expect("there is no file to be refused");
    let definitions: Vec<Definition> = match plugin.definitions(kind) {
        Ok(definitions) => definitions.into_iter().cloned().collect(),
        Err(Error::Protocol { defect, .. }) => {
            assert!(!defect.is_empty() && defect.len() <= 16 << 10, "it says {} bytes", defect.len());
            return Coverage::Refused;
        }
        Err(error) => panic!("{error}"),
    };
    assert!(announced.len() <= definitions::MAX_REPLY_BYTES, "a reply of {} bytes", announced.len());
    assert!(definitions.len() <= definitions::MAX_COMPONENTS, "{} components", definitions.len());
    let read: Vec<Definition> = serde_json::from_str(announced).expect("they were understood");
    let of_kind: Vec<_> = read.into_iter().filter(|definition| kind.announces(definition)).collect();
    assert_eq!(definitions, of_kind, "other components were announced");

    let mut reached = Coverage::Accepted;
    // One is like the other, and there may be hundreds.
    for definition in definitions.iter().take(4) {
        let component = manager.component(kind, &format!("p.{}", definition.name));
        match component.expect("what was announced is there").configure(config.clone()) {
            Ok(binding) => {
                let complete: Map<String, Value> =
                    serde_json::from_str(binding.config()).expect("a configuration is an object");
                assert!(
                    config.keys().all(|key| complete.contains_key(key)),
                    "{config:?} became {complete:?}"
                );
                reached = Coverage::Answered;
            }
            Err(Error::Configuration { violations, .. }) => {
                assert!(!violations.is_empty() && violations.len() <= MAX_VIOLATIONS, "{violations:?}");
                assert!(
                    violations.iter().all(|violation| violation.len() <= MAX_VIOLATION_BYTES),
                    "{violations:?}"
                );
                reached = reached.max(Coverage::Failed);
            }
            Err(error) => panic!("{error}"),
        }
    }
    reached
}
