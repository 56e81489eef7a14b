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

    /// The lines that are told of, where a file has many that cannot be read.
    const MAX_WARNINGS: usize = 10;

    /// Says which lines of a file, counted from 1, are left out of the facts.
    fn warn_of(file: &str, lines: &[usize], why: &str) {
        for line in lines.iter().take(MAX_WARNINGS) {
            log::warn!("{file}: line {line} {why} and is ignored");
        }
        if let Some(more) = lines.len().checked_sub(MAX_WARNINGS).filter(|more| *more > 0) {
            log::warn!("{file}: {more} more lines are ignored");
        }
    }

    /// Where the facts are read from.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Source {
        /// The text of the file, where it was read already. Without it the file of this machine is read.
        text: Option<String>,
    }

    impl Source {
        /// The text that is given, or else that of the file. A name in a file need not be UTF-8: what is not becomes U+FFFD.
        fn text(self, path: &str) -> Result<String> {
            if let Some(text) = self.text {
                return Ok(text);
            }
            let text = String::from_utf8(fs::read(path)?);
            Ok(text.unwrap_or_else(|error| {
                log::warn!("{path}: some bytes are no UTF-8, and stand in the facts as U+FFFD");
                String::from_utf8_lossy(error.as_bytes()).into_owned()
            }))
        }
    }

    /// The operating system, out of `/etc/os-release`.
    #[facts]
    fn os_release(source: Source) -> Result<Os> {
        let (os, ignored) = os_release::parse(&source.text("/etc/os-release")?)?;
        warn_of("os-release", &ignored, "is not an assignment");
        Ok(os)
    }

    /// Memory and swap in bytes, out of `/proc/meminfo`.
    #[facts]
    fn meminfo(source: Source) -> Result<Memory> {
        let (memory, ignored) = meminfo::parse(&source.text("/proc/meminfo")?)?;
        warn_of("meminfo", &ignored, "is not a name, a number and perhaps kB");
        Ok(memory)
    }

    /// Processors and what they can do, out of `/proc/cpuinfo`.
    #[facts]
    fn cpuinfo(source: Source) -> Result<Cpu> {
        let cpu = cpuinfo::parse(&source.text("/proc/cpuinfo")?)?;
        if !cpu.is_counted() {
            log::warn!("cpuinfo: it does not say how many processors there are");
        }
        Ok(cpu)
    }

    /// How busy the system is, out of `/proc/loadavg`.
    #[facts]
    fn loadavg(source: Source) -> Result<Load> {
        let load = loadavg::parse(&source.text("/proc/loadavg")?)?;
        if !load.is_whole() {
            log::warn!("loadavg: some of its numbers are missing");
        }
        Ok(load)
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
        fn name(self) -> &'static str {
            match self {
                Self::Mounts => "mounts",
                Self::Fstab => "fstab",
            }
        }

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
        let (mut mounts, ignored) = mounts::parse(&Source { text }.text(table.path())?);
        warn_of(table.name(), &ignored, "is not a device, a path, a type and options");
        mounts.retain(|mount| !exclude_types.contains(&mount.r#type));
        Ok(MountFacts { mounts })
    }
}
