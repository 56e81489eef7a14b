//! What a plugin asks for, as commands print it.

use std::io::{self, Write};

use driftless_host::permissions::Permissions;
use driftless_plugin_api::text::printable_line;

/// Prints what a plugin asks for, as it will be granted.
pub(super) fn print_request(out: &mut impl Write, asked: &Permissions) -> io::Result<()> {
    for permission in asked.to_manifest() {
        let (kind, entries) = (permission.capability().permission(), permission.entries().join(", "));
        writeln!(out, "      asks for {kind}: {}", printable_line(&entries))?;
    }
    Ok(())
}
