//! The public log as this service keeps it: in the store first, then as static files under `/log/`.

use std::{path::Path, sync::Arc};

use portage_federation::{EntityId, LogAddress};
use portage_keys::SigningKey;
use portage_storage::{
    authority::SqliteRegistry,
    log::{LogFolder, PublishError},
};
use portage_transparency_log::{NoteError, NoteSigner, SignedCheckpoint};

use crate::commands::CommandError;

/// Folder of the published files, in the service's folder.
pub(crate) const FOLDER: &str = "log";
/// Where they are served.
pub(crate) const PATH: &str = "/log";

/// The log's key and name.
#[derive(Clone)]
pub struct LogIdentity {
    origin: String,
    key: Arc<SigningKey>,
}

/// The log, published by this process and no other.
#[derive(Clone)]
pub struct PublicLog {
    identity: LogIdentity,
    folder: LogFolder,
}

impl LogIdentity {
    /// The log of an authority: its name is its address without the scheme.
    pub(crate) fn new(authority: &EntityId, key: SigningKey) -> Self {
        let address = authority.as_str().trim_end_matches('/');
        let host = address.split_once("://").map_or(address, |(_, host)| host);
        LogIdentity { origin: format!("{host}{PATH}"), key: Arc::new(key) }
    }

    /// What the Entity Configuration says of it.
    pub(crate) fn address(&self, authority: &EntityId) -> Result<LogAddress, NoteError> {
        let url = format!("{}{PATH}", authority.as_str().trim_end_matches('/'));
        Ok(LogAddress { url, key: self.signer()?.verifier_key().clone() })
    }

    fn signer(&self) -> Result<NoteSigner<'_>, NoteError> {
        NoteSigner::new(&self.origin, self.key.as_ref())
    }
}

impl PublicLog {
    /// Takes hold of the folder; fails while another process has it.
    ///
    /// # Errors
    /// [`PublishError`].
    pub fn open(dir: &Path, identity: LogIdentity) -> Result<Self, PublishError> {
        Ok(PublicLog { identity, folder: LogFolder::open(&dir.join(FOLDER))? })
    }

    /// Publishes what is in the store; the checkpoint that everybody sees then.
    ///
    /// # Errors
    /// [`PublishError`].
    pub async fn publish(&self, store: &SqliteRegistry) -> Result<SignedCheckpoint, PublishError> {
        let signer = self.identity.signer().map_err(PublishError::Foreign)?;
        Ok(store.publish(&self.folder, &signer).await?.checkpoint)
    }

    /// A file of the log.
    ///
    /// # Errors
    /// [`PublishError`].
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, PublishError> {
        self.folder.read(path)
    }
}

/// What a failure to publish means for a command.
pub(crate) fn publish_failure(error: PublishError) -> CommandError {
    match error.reason() {
        Some(reason) => CommandError::Store(reason, error.to_string()),
        None => CommandError::fault(error),
    }
}
