//! The address space that a transport reserves for instances, where the process may not have it.

use std::fmt;

/// What the process needs of address space, and may not have.
///
/// All of it is reserved before the first instance is made, so that no call fails for want of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressSpaceRefused {
    /// How many instances there may be at once.
    pub instances: u32,
    /// The bytes for each of them.
    pub instance_bytes: u64,
    /// The bytes for everything else in the process.
    pub other_bytes: u64,
    /// The bytes that the process may have; `None` where it has no limit of its own, and the system refuses what it cannot give.
    pub allowed_bytes: Option<u64>,
}

impl AddressSpaceRefused {
    /// The bytes that the process needs altogether.
    pub fn needed_bytes(&self) -> u64 {
        u64::from(self.instances).saturating_mul(self.instance_bytes).saturating_add(self.other_bytes)
    }

    /// How many instances fit into what the process may have; `None` where that is not known.
    pub fn fitting_instances(&self) -> Option<u32> {
        let left = self.allowed_bytes?.saturating_sub(self.other_bytes);
        let fitting = left.checked_div(self.instance_bytes)?;
        Some(u32::try_from(fitting).unwrap_or(u32::MAX).min(self.instances))
    }
}

impl fmt::Display for AddressSpaceRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
        match self.allowed_bytes {
            // Rounded down: what is said must not be more than there is.
            Some(allowed) => write!(f, "the process may have {} MiB of address space", allowed >> 20),
            None => f.write_str("the system refuses the process more address space"),
        }?;
        write!(
            f,
            ", and needs {} MiB: {} MiB for each of up to {} instances, and {} MiB for everything else",
            mebibytes(self.needed_bytes()),
            mebibytes(self.instance_bytes),
            self.instances,
            mebibytes(self.other_bytes)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn refused(allowed_bytes: Option<u64>) -> AddressSpaceRefused {
        AddressSpaceRefused {
            instances: 128,
            instance_bytes: 333 * MIB,
            other_bytes: 400 * MIB,
            allowed_bytes,
        }
    }

    #[test]
    fn what_is_needed_is_said_with_what_there_is() {
        assert_eq!(
            refused(Some(4000 * MIB)).to_string(),
            "the process may have 4000 MiB of address space, and needs 43024 MiB: 333 MiB for each of up to 128 instances, and 400 MiB \
             for everything else"
        );
        assert!(
            refused(None)
                .to_string()
                .starts_with("the system refuses the process more address space, and needs 43024 MiB")
        );
    }

    #[test]
    fn so_many_instances_fit() {
        assert_eq!(refused(Some(4000 * MIB)).fitting_instances(), Some(10));
        assert_eq!(refused(Some(300 * MIB)).fitting_instances(), Some(0));
        assert_eq!(refused(Some(u64::MAX)).fitting_instances(), Some(128));
        assert_eq!(refused(None).fitting_instances(), None);
    }
}
