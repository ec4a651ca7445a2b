//! The public log as this service keeps it: in the store first, then as static files under `/log/`.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use portage_federation::{EntityId, LogAddress};
use portage_keys::SigningKey;
use portage_storage::{
    authority::SqliteRegistry,
    log::{Keeper, LogFolder, PublishError},
};
use portage_transparency_log::{NoteError, NoteSigner, SignedCheckpoint};

use crate::commands::{CommandError, say};

/// Folder of the published files, in the service's folder.
pub(crate) const FOLDER: &str = "log";
/// Where they are served.
pub(crate) const PATH: &str = "/log";

/// How long a command that publishes may hold up another program.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);

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

    /// The same for `serve`, which publishes for as long as it holds the [`Keeper`]; waits for a command that publishes at the moment.
    ///
    /// # Errors
    /// [`PublishError::InUse`]: another `serve` runs; else as above.
    pub(crate) async fn open_to_keep(
        dir: &Path,
        identity: LogIdentity,
    ) -> Result<(Self, Keeper), PublishError> {
        // A command that looks whether somebody keeps the log holds it for an instant.
        let keeper = patiently(Duration::from_secs(1), || LogFolder::keep(&dir.join(FOLDER))).await?;
        let log = patiently(PATIENCE, || Self::open(dir, identity.clone())).await?;
        Ok((log, keeper))
    }

    /// The same for a command; `None` while `serve` runs, which publishes what is in the store now. Waits for another command: it may have
    /// looked into the store before this one wrote.
    ///
    /// # Errors
    /// As [`PublicLog::open`].
    pub(crate) async fn open_after_a_change(
        dir: &Path,
        identity: LogIdentity,
    ) -> Result<Option<Self>, PublishError> {
        patiently(PATIENCE, || match Self::open(dir, identity.clone()) {
            Err(PublishError::InUse(_)) if LogFolder::is_kept(&dir.join(FOLDER))? => Ok(None),
            opened => opened.map(Some),
        })
        .await
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

/// Tries until the log is in nobody's use, or for so long.
async fn patiently<T>(
    patience: Duration,
    mut open: impl FnMut() -> Result<T, PublishError>,
) -> Result<T, PublishError> {
    let start = Instant::now();
    loop {
        match open() {
            Err(PublishError::InUse(_)) if start.elapsed() < patience => tokio::time::sleep(PAUSE).await,
            done => return done,
        }
    }
}

/// What a failure to publish means for a command.
pub(crate) fn publish_failure(error: PublishError) -> CommandError {
    match (error.reason(), &error) {
        (Some(reason), _) => CommandError::Store(reason, error.to_string()),
        (None, PublishError::InUse(path)) => {
            let dir = path.parent().unwrap_or(path).display().to_string();
            CommandError::Fault(say("authority.in_use", &[("path", &dir)]))
        }
        (None, _) => CommandError::fault(error),
    }
}
