//! What would mend a file that a host refuses.

/// What would mend a file that a host refuses, for a program that tells its users how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// That plugins may use WASI, or that the plugin is built without it.
    Wasi,
    /// That its build is finished: it is what a compiler leaves for another tool.
    FinishedBuild,
}
