//! From the service's folder to an authority: one readable function.

use std::{path::Path, sync::Arc};

use portage_authority::{Authority, Keyring, Profile};
use portage_catalog::Catalog;
use portage_fetch::Fetcher;
use portage_keys::{Signer, SigningFailure};
use portage_storage::{KeyFolder, authority::SqliteRegistry, catalog_folder};

use crate::{LogIdentity, commands::CommandError, config::Config};

/// Folder of the keys.
pub(crate) const KEYS: &str = "keys";
/// What signs statements.
pub(crate) const FEDERATION_KEY: &str = portage_authority::FIRST_KEY;
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

/// The folder of keys as the authority knows it: a key is read when it signs, so that one that was changed over needs no new start.
struct Keys(KeyFolder);

impl Keyring for Keys {
    fn signer(&self, name: &str) -> Result<Arc<dyn Signer>, SigningFailure> {
        let key = self.0.signing_key(name).map_err(|error| {
            tracing::error!(error = %error, "a key could not be read");
            SigningFailure
        })?;
        Ok(Arc::new(key))
    }
}

/// Opens the folder: configuration, keys, types, store.
pub(crate) fn open(dir: &Path) -> Result<Deployment, CommandError> {
    let config = Config::read(dir).map_err(CommandError::fault)?;
    let keys = KeyFolder::at(dir.join(KEYS));
    // Before anything is served: a key that cannot be read is told at the start.
    keys.signing_key(FEDERATION_KEY).map_err(CommandError::fault)?;
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
        marks: config.marks.clone(),
        statement_lifetime: config.statement_lifetime,
    };
    Ok(Deployment { config, authority: Authority::new(profile, Arc::new(Keys(keys)), catalog, store), log })
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
