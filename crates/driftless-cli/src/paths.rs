//! Where things are on a user's machine.

use std::path::PathBuf;

use etcetera::BaseStrategy;

/// `~/.driftless`
pub(crate) fn home() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join(".driftless"))
}

/// The folder of machine code: in the platform's folder for what can be made again, which is `~/.cache` where nothing else is set.
pub(crate) fn machine_code() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.cache_dir().join("driftless").join("machine-code"))
}

/// The folder of components that `plugin build` made, beside that.
pub(crate) fn made_components() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.cache_dir().join("driftless").join("made"))
}

/// The folder of what registries said, beside that.
pub(crate) fn registry_cache() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.cache_dir().join("driftless").join("registry"))
}

/// The folder of Docker's settings.
pub(crate) fn docker_config() -> Option<PathBuf> {
    let named = std::env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    named.or_else(|| std::env::home_dir().map(|home| home.join(".docker")))
}

/// The key that machine code is authenticated with: not in the cache folder, so that a program that may write there cannot read it.
pub(crate) fn machine_code_key() -> Option<PathBuf> {
    home().map(|home| home.join("machine-code.key"))
}
