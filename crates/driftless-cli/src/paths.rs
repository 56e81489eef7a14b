//! Where things are on a user's machine.

use std::path::PathBuf;

/// `~/.driftless`
pub(crate) fn home() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join(".driftless"))
}

/// The folder of machine code: in the user's cache folder.
pub(crate) fn machine_code() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = cache.or_else(|| Some(std::env::home_dir()?.join(".cache")))?;
    Some(cache.join("driftless").join("machine-code"))
}

/// The key that machine code is authenticated with: not in the cache folder, so that whoever may write there cannot read it there.
pub(crate) fn machine_code_key() -> Option<PathBuf> {
    home().map(|home| home.join("machine-code.key"))
}
