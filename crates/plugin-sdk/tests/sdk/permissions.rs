//! What `#[plugin]` says of permissions, as it stands in the manifest.

use plugin_sdk::api::manifest::{Permission, PluginManifest};
use plugin_sdk::serde_json;

mod some {
    #[plugin_sdk::plugin(
        commands("git"),
        name = "some",
        files("/etc/os-release", "/srv/app:rw"),
        network("https://*.example.com", "http://localhost:8080",),
        environment("TOKEN")
    )]
    mod plugin {
        use plugin_sdk::prelude::*;

        #[task]
        fn nothing() {}
    }
}

mod none {
    #[plugin_sdk::plugin(name = "none")]
    mod plugin {
        use plugin_sdk::prelude::*;

        #[task]
        fn nothing() {}
    }
}

fn texts(entries: &[&str]) -> Vec<String> {
    entries.iter().map(|entry| (*entry).to_owned()).collect()
}

#[test]
fn permissions_stand_in_the_manifest_in_one_order() {
    let manifest: PluginManifest = serde_json::from_str(&some::get_plugin_metadata()).unwrap();
    assert_eq!(
        manifest.permissions,
        [
            Permission::FileSystem { paths: texts(&["/etc/os-release", "/srv/app:rw"]) },
            Permission::Network { hosts: texts(&["https://*.example.com", "http://localhost:8080"]) },
            Permission::Environment { vars: texts(&["TOKEN"]) },
            Permission::Process { commands: texts(&["git"]) },
        ]
    );
}

#[test]
fn a_plugin_that_says_nothing_asks_for_nothing() {
    let manifest: PluginManifest = serde_json::from_str(&none::get_plugin_metadata()).unwrap();
    assert!(manifest.permissions.is_empty());
}
