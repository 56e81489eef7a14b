//! Facts out of files that the kernel and the distribution write.
//!
//! A plugin cannot open a file. The host reads it, hands its text over in the configuration, and the collector makes
//! an object of it. So the collectors work on the text of another machine just as well.

mod cpuinfo;
mod loadavg;
mod meminfo;
mod mounts;
mod os_release;
#[cfg(test)]
mod tests;

/// The plugin.
#[plugin_sdk::plugin]
mod facts_collector_plugin {
    use plugin_sdk::prelude::*;

    use super::cpuinfo::{self, Cpu};
    use super::loadavg::{self, Load};
    use super::meminfo::{self, Memory};
    use super::mounts::{self, Mount};
    use super::os_release::{self, Os};

    /// A file that the host read.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct File {
        /// The text of the file: `"{{ lookup('file', '/proc/meminfo') }}"`.
        text: String,
    }

    /// The operating system, out of the text of `/etc/os-release`.
    #[facts]
    fn os_release(config: File) -> Result<Os> {
        let (os, ignored) = os_release::parse(&config.text)?;
        for line in ignored {
            log::warn!("os-release: line {line} is not an assignment and is ignored");
        }
        Ok(os)
    }

    /// Memory and swap in bytes, out of the text of `/proc/meminfo`.
    #[facts]
    fn meminfo(config: File) -> Result<Memory> {
        meminfo::parse(&config.text)
    }

    /// Processors and what they can do, out of the text of `/proc/cpuinfo`.
    #[facts]
    fn cpuinfo(config: File) -> Result<Cpu> {
        cpuinfo::parse(&config.text)
    }

    /// How busy the system is, out of the text of `/proc/loadavg`.
    #[facts]
    fn loadavg(config: File) -> Result<Load> {
        loadavg::parse(&config.text)
    }

    /// A table of mounts that the host read.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct MountTable {
        /// The text of `/proc/self/mounts` or `/etc/fstab`.
        text: String,
        /// File system types to leave out, such as `proc` and `tmpfs`.
        #[serde(default)]
        exclude_types: Vec<String>,
    }

    /// Facts are an object, so the list has a key.
    #[derive(Serialize)]
    struct MountFacts {
        mounts: Vec<Mount>,
    }

    /// Mounted file systems, out of the text of `/proc/self/mounts`.
    #[facts]
    fn mounts(config: MountTable) -> Result<MountFacts> {
        let mut mounts = mounts::parse(&config.text)?;
        mounts.retain(|mount| !config.exclude_types.contains(&mount.r#type));
        Ok(MountFacts { mounts })
    }
}
