//! The address space of this process: what it may have, and what it has.

/// The address space of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressSpace {
    /// The bytes that it may have; `None` where there is no limit, or where the system has none that it keeps to.
    pub(crate) allowed_bytes: Option<u64>,
    /// The bytes that it has.
    pub(crate) used_bytes: u64,
}

impl AddressSpace {
    /// As it is now.
    #[cfg(target_os = "linux")]
    pub(crate) fn of_this_process() -> Self {
        use rustix::process::{Resource, getrlimit};

        Self { allowed_bytes: getrlimit(Resource::As).current, used_bytes: used_bytes().unwrap_or(0) }
    }

    /// As it is now.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn of_this_process() -> Self {
        Self { allowed_bytes: None, used_bytes: 0 }
    }

    /// Whether it has room for so many bytes more.
    pub(crate) fn has_room_for(&self, bytes: u64) -> bool {
        self.allowed_bytes.is_none_or(|allowed| self.used_bytes.saturating_add(bytes) <= allowed)
    }
}

#[cfg(target_os = "linux")]
fn used_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes =
        status.lines().find_map(|line| line.strip_prefix("VmSize:")?.trim().strip_suffix(" kB"))?;
    kibibytes.parse::<u64>().ok()?.checked_mul(1 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_has_some_of_it() {
        let used = AddressSpace::of_this_process().used_bytes;
        assert!(used > 1 << 20, "{used}");
    }

    #[test]
    fn what_fits_is_what_is_left() {
        let space = AddressSpace { allowed_bytes: Some(100), used_bytes: 60 };
        assert!(space.has_room_for(40));
        assert!(!space.has_room_for(41));
        assert!(!space.has_room_for(u64::MAX));
        assert!(AddressSpace { allowed_bytes: None, ..space }.has_room_for(u64::MAX));
    }
}
