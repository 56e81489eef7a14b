//! What a caller is told while templates are rendered.

/// Something that happens while templates are rendered, and that fails none of them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A plugin could not be asked for its filters and functions, so templates do not have them. One bad file is no reason that nothing
    /// else works.
    PluginLeftOut(&'a driftless_host::Error),
}
