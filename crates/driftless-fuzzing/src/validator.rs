//! Files that say they are plugins: looked at, rewritten, compiled, and called where they are let in.

use std::sync::LazyLock;

use driftless_author::replace_imports;
use driftless_validator::{Abi, PluginFile, Rules, ValidatedPlugin, inspect, validate};

use crate::Coverage;
use crate::harness::{self, Harness, WASI};

/// Takes `data` for a plugin.
pub fn run(data: &[u8]) -> Coverage {
    static HARNESS: LazyLock<Harness> = LazyLock::new(|| Harness::new(20_000, false));

    let file = PluginFile::inspect(data);
    let listed = file.info();
    let strictly = file.validate(Rules::default());
    let allowing = Rules { allow_wasi: true };
    let with_wasi = file.validate(allowing);
    let replaced = replace_imports(data);

    for refused in [&strictly, &with_wasi].into_iter().filter_map(|result| result.as_ref().err()) {
        assert!(!refused.violations.is_empty(), "nothing is said against it");
        assert!(!refused.to_string().is_empty(), "nothing is said against it");
    }
    if let Ok(module) = &strictly {
        let other = with_wasi.as_ref().expect("where WASI is allowed, no less is let in");
        assert_eq!(module.digest(), other.digest(), "one file has two digests");
        assert!(!module.imports_wasi() && !other.imports_wasi(), "it imports nothing of WASI");
        let replaced = replaced.as_ref().expect("what is valid can be rewritten");
        assert_eq!(replaced, data, "there was nothing to replace");
    }
    let Ok(module) = &with_wasi else {
        return Coverage::Refused;
    };
    assert_eq!(listed.functions(), Some(module.functions()), "a list differs");
    assert_eq!(listed.manifest(), module.manifest(), "a list shows another manifest");
    assert_eq!(listed.abi(), Some(module.abi()), "a list shows another kind");
    let restored = PluginFile::inspect(data).restore(&module.record(), allowing);
    assert_eq!(
        restored.map(|restored| restored.record()),
        Some(module.record()),
        "its record is not its own"
    );
    let known = |import: &String| match module.abi() {
        Abi::WasmComponent => ["driftless:plugin/", "wasi:"].iter().any(|known| import.starts_with(known)),
        Abi::Bindgen if import.starts_with("wbg.") || import.contains("_bg.js.") => true,
        Abi::Sdk | Abi::Bindgen => import.starts_with("env.host_") || import.starts_with(WASI),
    };
    assert!(listed.imports().iter().all(known), "it imports {:?}", listed.imports());
    let reached = HARNESS.run(module, harness::repeats_itself(listed.imports()), "{}");
    // In a WebAssembly component there is nothing to rewrite: the tool that builds one leaves WASI out.
    if module.imports_wasi() && module.abi() != Abi::WasmComponent {
        without_wasi(module, &replaced.expect("what was let in can be rewritten"), &HARNESS);
    }
    reached
}

/// What is let in with WASI is let in without it once its imports are replaced, and is the same plugin.
fn without_wasi(module: &ValidatedPlugin, replaced: &[u8], harness: &Harness) {
    let again = validate(replaced).unwrap_or_else(|error| panic!("a rewritten module is refused: {error}"));
    assert_eq!(again.functions(), module.functions(), "rewriting changes what is exported");
    assert_eq!(again.manifest(), module.manifest(), "rewriting changes the manifest");
    let info = inspect(replaced);
    let imports = info.imports();
    assert!(!imports.iter().any(|import| import.starts_with(WASI)), "{imports:?}");
    let twice = replace_imports(replaced).expect("what was rewritten can be rewritten");
    assert_eq!(twice, replaced, "rewriting twice is not rewriting once");
    harness.run(&again, harness::repeats_itself(imports), "{}");
}
