use std::{fmt, str::FromStr};

use portage_reason::Reason;
use zeroize::Zeroizing;

use crate::{CredentialId, EventId};

/// The records of one wallet, sealed at rest.
///
/// The port is not async: one person, one file, every record in memory once it is open. [`WalletStore::commit`] has written durably when it
/// returns, because the next line sends something.
pub trait WalletStore: Send + Sync {
    /// The record.
    ///
    /// # Errors
    /// [`StoreFailure`].
    fn record(&self, id: &RecordId) -> Result<Option<Zeroizing<Vec<u8>>>, StoreFailure>;

    /// The ids of one kind, sorted by their text.
    ///
    /// # Errors
    /// [`StoreFailure`].
    fn ids(&self, kind: RecordKind) -> Result<Vec<RecordId>, StoreFailure>;

    /// Does all of `batch` or nothing of it, whatever moment the process is killed at.
    ///
    /// # Errors
    /// [`StoreFailure`]; nothing of the batch was done.
    fn commit(&self, batch: Batch) -> Result<(), StoreFailure>;
}

/// Changes that are made together.
#[derive(Default)]
pub struct Batch {
    /// Records to write or replace.
    pub put: Vec<(RecordId, Zeroizing<Vec<u8>>)>,
    /// Records to remove; one that is not there is no error.
    pub remove: Vec<RecordId>,
}

impl Batch {
    /// Adds a record to write.
    #[must_use]
    pub fn with(mut self, id: RecordId, bytes: Vec<u8>) -> Self {
        self.put.push((id, Zeroizing::new(bytes)));
        self
    }

    /// Adds a record to remove.
    #[must_use]
    pub fn without(mut self, id: RecordId) -> Self {
        self.remove.push(id);
        self
    }
}

/// The name of a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordId {
    /// A credential.
    Credential(CredentialId),
    /// The private key a credential is bound to.
    Key(CredentialId),
    /// An entry of the history.
    Event(EventId),
    /// The imported trust list.
    Trust,
    /// The wallet's settings.
    Settings,
    /// What the wallet remembers of authorities' logs.
    Logs,
    /// A credential type that is not in the box.
    Type(String),
    /// A public document kept so that nobody has to be asked at a presentation: a DID document, a status list.
    Document(String),
}

/// The kinds of records that there are many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// [`RecordId::Credential`].
    Credential,
    /// [`RecordId::Key`].
    Key,
    /// [`RecordId::Event`].
    Event,
    /// [`RecordId::Document`].
    Document,
    /// [`RecordId::Type`].
    Type,
}

impl RecordKind {
    /// What the text of every id of this kind begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            RecordKind::Credential => "credential/",
            RecordKind::Key => "key/",
            RecordKind::Event => "event/",
            RecordKind::Document => "document/",
            RecordKind::Type => "type/",
        }
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordId::Credential(id) => write!(f, "{}{id}", RecordKind::Credential.prefix()),
            RecordId::Key(id) => write!(f, "{}{id}", RecordKind::Key.prefix()),
            RecordId::Event(id) => write!(f, "{}{id}", RecordKind::Event.prefix()),
            RecordId::Document(url) => write!(f, "{}{url}", RecordKind::Document.prefix()),
            RecordId::Type(id) => write!(f, "{}{id}", RecordKind::Type.prefix()),
            RecordId::Trust => f.write_str("trust"),
            RecordId::Settings => f.write_str("settings"),
            RecordId::Logs => f.write_str("logs"),
        }
    }
}

/// The text names no kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownRecord;

impl FromStr for RecordId {
    type Err = UnknownRecord;

    fn from_str(text: &str) -> Result<Self, UnknownRecord> {
        let after = |kind: RecordKind| text.strip_prefix(kind.prefix());
        if let Some(id) = after(RecordKind::Credential) {
            return Ok(RecordId::Credential(CredentialId(id.to_owned())));
        }
        if let Some(id) = after(RecordKind::Key) {
            return Ok(RecordId::Key(CredentialId(id.to_owned())));
        }
        if let Some(id) = after(RecordKind::Event) {
            return Ok(RecordId::Event(EventId(id.to_owned())));
        }
        if let Some(url) = after(RecordKind::Document) {
            return Ok(RecordId::Document(url.to_owned()));
        }
        if let Some(id) = after(RecordKind::Type) {
            return Ok(RecordId::Type(id.to_owned()));
        }
        match text {
            "trust" => Ok(RecordId::Trust),
            "settings" => Ok(RecordId::Settings),
            "logs" => Ok(RecordId::Logs),
            _ => Err(UnknownRecord),
        }
    }
}

/// The wallet's own file did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreFailure {
    /// The file says something is wrong with it: damage, a newer version.
    #[error("the wallet file cannot be used: {0}")]
    Unusable(Reason),
    /// The machine: disk full, no permission, another program holds the file.
    #[error("the wallet file could not be written or read: {0}")]
    Environment(String),
}

impl StoreFailure {
    /// The reason, where there is one.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            StoreFailure::Unusable(reason) => Some(*reason),
            StoreFailure::Environment(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_every_record_id_reads_back() {
        for id in [
            RecordId::Credential(CredentialId("a".into())),
            RecordId::Key(CredentialId("a".into())),
            RecordId::Event(EventId("b".into())),
            RecordId::Document("https://city.example/lists/1".into()),
            RecordId::Type("library-card".into()),
            RecordId::Trust,
            RecordId::Settings,
            RecordId::Logs,
        ] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert_eq!("elsewhere".parse::<RecordId>(), Err(UnknownRecord));
    }
}
