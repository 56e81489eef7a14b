//! The limits under which every call of a plugin runs: their names, units and settings.

use std::fmt;

/// The largest file that is looked at as a plugin, in bytes. A Python interpreter with its library is 18 MB.
pub const MAX_PLUGIN_BYTES: u64 = 64 << 20;

/// What a plugin can run out of, while it is compiled and while it is called.
///
/// ```
/// use driftless_plugin_api::limit::Limit;
///
/// assert_eq!(
///     Limit::Fuel.exceeded(1_000_000_000).to_string(),
///     "used up its 1,000,000,000 units of fuel",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Bytes of linear memory, all memories of an instance together.
    Memory,
    /// Units of fuel, about one for each instruction.
    Fuel,
    /// Milliseconds of wall time.
    Time,
    /// Bytes of stack.
    Stack,
    /// Bytes in one reply.
    Output,
    /// Elements in a table.
    Table,
    /// Instances alive at the same time, of all plugins together.
    Instances,
    /// Bytes of log messages in one call.
    Log,
    /// Milliseconds of wall time for making machine code of it.
    CompileTime,
}

impl Limit {
    /// The key of the host's settings that sets it, for a program that says so to its users.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Memory => "security.max_memory",
            Self::Fuel => "security.fuel_limit",
            Self::Time => "security.execution_timeout_secs",
            Self::Stack => "security.max_stack",
            Self::Output => "security.max_output",
            Self::Table => "security.max_table_elements",
            Self::Instances => "security.max_instances",
            Self::Log => "security.max_log",
            Self::CompileTime => "security.compile_timeout_secs",
        }
    }

    /// Says that a plugin reached this limit where it stood at `allowed`, in the limit's own unit.
    pub const fn exceeded(self, allowed: u64) -> Exceeded {
        Exceeded { limit: self, allowed }
    }
}

/// A limit that was reached, and where it stood. Its text goes behind the name of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// Which limit.
    pub limit: Limit,
    /// Where it stood, in its unit.
    pub allowed: u64,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = self.allowed;
        match self.limit {
            Limit::Memory => write!(f, "needed more than its {} of memory", Bytes(allowed)),
            Limit::Fuel => write!(f, "used up its {} units of fuel", Grouped(allowed)),
            Limit::Time => write!(f, "took longer than its {}", Milliseconds(allowed)),
            Limit::Stack => write!(f, "recursed deeper than its {} of stack", Bytes(allowed)),
            Limit::Output => write!(f, "returned more than the {} that a reply may have", Bytes(allowed)),
            Limit::Table => write!(f, "grew a table beyond its {} elements", Grouped(allowed)),
            Limit::Instances => write!(f, "found no free instance among the {}", Grouped(allowed)),
            Limit::Log => write!(f, "wrote more than its {} of log messages in one call", Bytes(allowed)),
            Limit::CompileTime => write!(f, "took longer than its {} to compile", Milliseconds(allowed)),
        }
    }
}

/// A number with its thousands apart.
struct Grouped(u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// A number of bytes, in the largest binary unit that divides it.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut number, mut unit) = (self.0, "bytes");
        for larger in ["KiB", "MiB", "GiB"] {
            if number == 0 || !number.is_multiple_of(1024) {
                break;
            }
            (number, unit) = (number / 1024, larger);
        }
        write!(f, "{} {unit}", Grouped(number))
    }
}

/// A time, in minutes or seconds where it is a whole number of them.
struct Milliseconds(u64);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1000 => f.write_str("1 second"),
            // A single minute reads better as 60 seconds: that is how it is written in the settings.
            minutes if minutes >= 120_000 && minutes.is_multiple_of(60_000) => {
                write!(f, "{} minutes", Grouped(minutes / 60_000))
            }
            whole if whole >= 1000 && whole.is_multiple_of(1000) => {
                write!(f, "{} seconds", Grouped(whole / 1000))
            }
            other => write!(f, "{} ms", Grouped(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_names_itself_its_value_and_its_setting() {
        let says = |limit: Limit, allowed| limit.exceeded(allowed).to_string();
        assert_eq!(says(Limit::Memory, 67_108_864), "needed more than its 64 MiB of memory");
        assert_eq!(says(Limit::Time, 30_000), "took longer than its 30 seconds");
        assert_eq!(says(Limit::Time, 500), "took longer than its 500 ms");
        assert_eq!(says(Limit::Stack, 524_288), "recursed deeper than its 512 KiB of stack");
        assert_eq!(says(Limit::Output, 1000), "returned more than the 1,000 bytes that a reply may have");
        assert_eq!(says(Limit::Table, 100_000), "grew a table beyond its 100,000 elements");
        assert_eq!(says(Limit::Instances, 128), "found no free instance among the 128");
        assert_eq!(says(Limit::Log, 1 << 20), "wrote more than its 1 MiB of log messages in one call");
        assert_eq!(says(Limit::CompileTime, 120_000), "took longer than its 2 minutes to compile");
        assert_eq!(says(Limit::CompileTime, 60_000), "took longer than its 60 seconds to compile");
    }
}
