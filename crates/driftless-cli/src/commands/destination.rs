//! The registry that a command writes to.

use driftless_host::Settings;
use driftless_plugin_api::text::listed;
use driftless_registry::{
    OciRegistry, PluginId, PublicKey, Publication, Registries, Registry, RegistryFolder, RegistryTree,
    RemoteRegistry, Renewal, S3Tree, SignedRotation, Slug,
};
use semver::Version;

use super::MAX_LISTED;
use crate::failure::Failure;
use crate::registries;

/// The registry that is named, or the only one.
pub(super) fn chosen<'r>(known: &'r Registries, named: Option<&str>) -> anyhow::Result<&'r Registry> {
    if let Some(name) = named {
        return Ok(known.get(name)?);
    }
    let all: Vec<_> = known.iter().collect();
    match &all[..] {
        [only] => Ok(*only),
        [] => Err(Failure::Usage(
            "no registry is in plugins.toml; `driftless registry add NAME URL` adds one".to_owned(),
        )
        .into()),
        several => {
            let names = several.iter().map(|registry| registry.name());
            Err(Failure::Usage(format!("say in which registry, --registry: {}", listed(names, MAX_LISTED)))
                .into())
        }
    }
}

/// What is written to.
pub(super) enum Destination {
    /// A folder of this machine.
    Folder(RegistryFolder),
    /// A bucket of S3.
    Bucket(Box<RegistryTree<S3Tree>>),
    /// A server.
    Server(Box<RemoteRegistry>),
    /// An OCI registry.
    Oci(Box<OciRegistry>),
}

impl Destination {
    pub(super) fn of(registry: &Registry, settings: &Settings) -> anyhow::Result<Self> {
        let config = registry.config();
        Ok(match config.folder() {
            Some(folder) => Self::Folder(RegistryFolder::open(folder)?),
            None if config.is_bucket() => {
                let tree = registries::bucket(settings, &config.url)?;
                Self::Bucket(Box::new(RegistryTree::open_in(tree)?))
            }
            None if config.is_oci() => Self::Oci(Box::new(registries::oci(settings, registry.name())?)),
            None => Self::Server(Box::new(registries::server(settings, registry.name())?)),
        })
    }

    pub(super) fn publish(
        &self,
        publication: &Publication,
        key: &PublicKey,
    ) -> Result<(), driftless_registry::Error> {
        match self {
            Self::Folder(folder) => folder.publish(publication, Some(key)),
            Self::Bucket(bucket) => bucket.publish(publication, Some(key)),
            Self::Server(server) => server.publish(publication, Some(key)),
            Self::Oci(registry) => registry.publish(publication, Some(key)),
        }
    }

    pub(super) fn yank(
        &self,
        id: &PluginId,
        version: &Version,
        is_yanked: bool,
    ) -> Result<(), driftless_registry::Error> {
        match self {
            Self::Folder(folder) => folder.yank(id, version, is_yanked),
            Self::Bucket(bucket) => bucket.yank(id, version, is_yanked),
            Self::Server(server) => server.yank(id, version, is_yanked),
            Self::Oci(registry) => registry.yank(id, version, is_yanked),
        }
    }

    pub(super) fn revoke(
        &self,
        id: &PluginId,
        version: &Version,
        why: &str,
    ) -> Result<(), driftless_registry::Error> {
        match self {
            Self::Folder(folder) => folder.revoke(id, version, why),
            Self::Bucket(bucket) => bucket.revoke(id, version, why),
            Self::Server(server) => server.revoke(id, version, why),
            Self::Oci(registry) => registry.revoke(id, version, why),
        }
    }

    pub(super) fn rotate(&self, signed: &SignedRotation) -> Result<(), driftless_registry::Error> {
        match self {
            Self::Folder(folder) => folder.rotate(signed),
            Self::Bucket(bucket) => bucket.rotate(signed),
            Self::Server(server) => server.rotate(signed),
            Self::Oci(registry) => registry.rotate(signed),
        }
    }

    pub(super) fn renew(
        &self,
        namespace: &Slug,
        renewals: &[Renewal],
    ) -> Result<(), driftless_registry::Error> {
        match self {
            Self::Folder(folder) => folder.renew(namespace, renewals),
            Self::Bucket(bucket) => bucket.renew(namespace, renewals),
            Self::Server(server) => server.renew(namespace, renewals),
            Self::Oci(registry) => registry.renew(namespace, renewals),
        }
    }
}
