//! Facts out of files that the kernel and the distribution write.
//!
//! Each collector reads the file of this machine, which its user has to grant. Where the configuration has a `text`, that is taken
//! instead: so the collectors work on what was read from another machine just as well, and then without any permission.

mod cpuinfo;
mod loadavg;
mod meminfo;
mod mounts;
mod os_release;
#[cfg(test)]
mod tests;

/// The plugin.
#[plugin_sdk::plugin(files(
    "/etc/os-release",
    "/proc/meminfo",
    "/proc/cpuinfo",
    "/proc/loadavg",
    "/proc/self/mounts",
    "/etc/fstab"
))]
mod facts_collector_plugin {
    use plugin_sdk::prelude::*;

    use super::cpuinfo::{self, Cpu};
    use super::loadavg::{self, Load};
    use super::meminfo::{self, Memory};
    use super::mounts::{self, Mount};
    use super::os_release::{self, Os};

    /// Where the facts are read from.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Source {
        /// The text of the file, where it was read already. Without it the file of this machine is read.
        text: Option<String>,
    }

    impl Source {
        /// The text that is given, or else that of the file.
        fn text(self, path: &str) -> Result<String> {
            match self.text {
                Some(text) => Ok(text),
                None => Ok(fs::read_to_string(path)?),
            }
        }
    }

    /// The operating system, out of `/etc/os-release`.
    #[facts]
    fn os_release(source: Source) -> Result<Os> {
        let (os, ignored) = os_release::parse(&source.text("/etc/os-release")?)?;
        for line in ignored {
            log::warn!("os-release: line {line} is not an assignment and is ignored");
        }
        Ok(os)
    }

    /// Memory and swap in bytes, out of `/proc/meminfo`.
    #[facts]
    fn meminfo(source: Source) -> Result<Memory> {
        meminfo::parse(&source.text("/proc/meminfo")?)
    }

    /// Processors and what they can do, out of `/proc/cpuinfo`.
    #[facts]
    fn cpuinfo(source: Source) -> Result<Cpu> {
        cpuinfo::parse(&source.text("/proc/cpuinfo")?)
    }

    /// How busy the system is, out of `/proc/loadavg`.
    #[facts]
    fn loadavg(source: Source) -> Result<Load> {
        loadavg::parse(&source.text("/proc/loadavg")?)
    }

    /// A table of mounts.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct MountTable {
        /// The text of `/proc/self/mounts` or `/etc/fstab`, where it was read already. Without it the file of this machine is read.
        text: Option<String>,
        /// Which file is read.
        #[serde(default)]
        table: Table,
        /// File system types to leave out, such as `proc` and `tmpfs`.
        #[serde(default)]
        exclude_types: Vec<String>,
    }

    /// A file that has a table of mounts.
    #[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Table {
        /// What is mounted now: `/proc/self/mounts`.
        #[default]
        Mounts,
        /// What is to be mounted: `/etc/fstab`.
        Fstab,
    }

    impl Table {
        fn path(self) -> &'static str {
            match self {
                Self::Mounts => "/proc/self/mounts",
                Self::Fstab => "/etc/fstab",
            }
        }
    }

    /// Facts are an object, so the list has a key.
    #[derive(Serialize)]
    struct MountFacts {
        mounts: Vec<Mount>,
    }

    /// Mounted file systems, out of `/proc/self/mounts` or `/etc/fstab`.
    #[facts]
    fn mounts(config: MountTable) -> Result<MountFacts> {
        let MountTable { text, table, exclude_types } = config;
        let mut mounts = mounts::parse(&Source { text }.text(table.path())?)?;
        mounts.retain(|mount| !exclude_types.contains(&mount.r#type));
        Ok(MountFacts { mounts })
    }
}
