//! From the service's folder to an authority: one readable function.

use std::{path::Path, sync::Arc};

use portage_authority::{Authority, Profile};
use portage_catalog::Catalog;
use portage_fetch::Fetcher;
use portage_storage::{KeyFolder, authority::SqliteRegistry, catalog_folder};

use crate::{LogIdentity, commands::CommandError, config::Config};

/// Folder of the keys.
pub(crate) const KEYS: &str = "keys";
/// What signs statements.
pub(crate) const FEDERATION_KEY: &str = "federation";
/// What signs the log's checkpoints.
pub(crate) const LOG_KEY: &str = "log";
/// Name of the store in the service's folder.
pub(crate) const STORE: &str = "authority.sqlite";

/// A service as its folder describes it.
pub(crate) struct Deployment {
    pub(crate) config: Config,
    pub(crate) authority: Authority<SqliteRegistry>,
    pub(crate) log: LogIdentity,
}

/// Opens the folder: configuration, keys, types, store.
pub(crate) fn open(dir: &Path) -> Result<Deployment, CommandError> {
    let config = Config::read(dir).map_err(CommandError::fault)?;
    let keys = KeyFolder::at(dir.join(KEYS));
    let signer = keys.signing_key(FEDERATION_KEY).map_err(CommandError::fault)?;
    let store = SqliteRegistry::open(&dir.join(STORE)).map_err(CommandError::database)?;
    let catalog = catalog(&config.types_folder)?;
    let log = LogIdentity::new(&config.id, keys.signing_key(LOG_KEY).map_err(CommandError::fault)?);
    let profile = Profile {
        id: config.id.clone(),
        name: config.name.clone(),
        tier: config.tier,
        own: config.own.clone(),
        superiors: config.superiors.clone(),
        log: log.address(&config.id).map_err(CommandError::fault)?,
        statement_lifetime: config.statement_lifetime,
    };
    Ok(Deployment { config, authority: Authority::new(profile, Arc::new(signer), catalog, store), log })
}

/// The way out, to public addresses and the configured loopback origins.
pub(crate) fn fetcher(config: &Config) -> Result<Fetcher, CommandError> {
    Fetcher::new(config.loopback.clone()).map_err(CommandError::fault)
}

/// The bundled catalogue and the types of the folder, if there is one.
pub(crate) fn catalog(folder: &Path) -> Result<Catalog, CommandError> {
    let mut catalog = Catalog::bundled();
    catalog_folder::add_types(&mut catalog, folder).map_err(CommandError::fault)?;
    Ok(catalog)
}
