use std::path::Path;

use portage_authority::{Kept, OwnKeys, Recorded, Recording, Registration, RegistryStore, StoreFailure};
use portage_federation::{EntityId, LogEvidence};
use portage_transparency_log::{NoteSigner, SignedCheckpoint};
use rusqlite::{
    OptionalExtension, Row, Transaction,
    types::{FromSqlError, Type},
};
use serde_json::Value;

use crate::{
    Database, DatabaseError, Schema,
    log::{self, LogFolder, PublishError, Published},
};

const SCHEMA: Schema = Schema {
    // "PtAu".
    application_id: 0x5074_4175,
    migrations: &[
        "
        CREATE TABLE registration (
            id TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL CHECK (version > 0),
            document TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
    ",
        log::TABLES,
        "
        CREATE TABLE own_keys (
            only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
            version INTEGER NOT NULL CHECK (version > 0),
            document TEXT NOT NULL
        ) STRICT;
    ",
    ],
};

/// Registrations and log in one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteRegistry(Database);

impl SqliteRegistry {
    /// Makes a new, empty store.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn create(path: &Path) -> Result<Self, DatabaseError> {
        Database::create(path, SCHEMA).map(SqliteRegistry)
    }

    /// Opens the store.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        Database::open(path, SCHEMA).map(SqliteRegistry)
    }

    /// Makes the published log grow to what is here.
    ///
    /// # Errors
    /// [`PublishError`].
    pub async fn publish(
        &self,
        folder: &LogFolder,
        signer: &NoteSigner<'_>,
    ) -> Result<Published, PublishError> {
        folder.publish(&self.0, signer).await
    }

    #[cfg(test)]
    pub(crate) fn in_memory() -> Self {
        Self(Database::in_memory(SCHEMA).unwrap())
    }
}

impl RegistryStore for SqliteRegistry {
    async fn registration(&self, id: &EntityId) -> Result<Option<Kept>, StoreFailure> {
        let id = id.clone();
        Ok(self.0.read(move |transaction| find(transaction, &id)).await?)
    }

    async fn registrations(&self) -> Result<Vec<Registration>, StoreFailure> {
        let all = self.0.read(|transaction| {
            let mut statement =
                transaction.prepare("SELECT version, document FROM registration ORDER BY id")?;
            let all = statement.query_map([], |row| Ok(kept(row)?.registration))?;
            all.collect()
        });
        Ok(all.await?)
    }

    async fn record(&self, recording: Recording) -> Result<Recorded, StoreFailure> {
        Ok(self.0.write(move |transaction| record(transaction, recording)).await?)
    }

    async fn own_keys(&self) -> Result<Option<(u32, OwnKeys)>, StoreFailure> {
        Ok(self.0.read(own_keys).await?)
    }

    async fn record_own_keys(
        &self,
        version: u32,
        keys: OwnKeys,
        entry: Vec<u8>,
    ) -> Result<Recorded, StoreFailure> {
        let recorded = self.0.write(move |transaction| {
            if own_keys(transaction)?.map_or(0, |(known, _)| known) != version {
                return Ok(Recorded::Overtaken);
            }
            log::append(transaction, &entry)?;
            transaction.execute(
                "INSERT INTO own_keys (only, version, document) VALUES (1, ?1, ?2)
                 ON CONFLICT (only) DO UPDATE SET version = ?1, document = ?2",
                (version + 1, keys.to_value().to_string()),
            )?;
            Ok(Recorded::Done)
        });
        Ok(recorded.await?)
    }

    async fn evidence(
        &self,
        index: u64,
        checkpoint: &SignedCheckpoint,
    ) -> Result<Option<LogEvidence>, StoreFailure> {
        if index >= checkpoint.size() {
            return Ok(None);
        }
        let checkpoint = checkpoint.clone();
        let evidence = self.0.read(move |transaction| {
            let entry = log::entries(transaction, index..index + 1)?.pop();
            let proof = log::prove(transaction, index, &checkpoint)?;
            Ok(entry.map(|entry| LogEvidence { entry, proof }))
        });
        Ok(evidence.await?)
    }

    async fn log(&self, from: u64) -> Result<Vec<Vec<u8>>, StoreFailure> {
        let entries = self.0.read(move |transaction| {
            let size = log::size(transaction)?;
            log::entries(transaction, from.min(size)..size)
        });
        Ok(entries.await?)
    }
}

fn own_keys(transaction: &Transaction<'_>) -> rusqlite::Result<Option<(u32, OwnKeys)>> {
    let mut statement = transaction.prepare_cached("SELECT version, document FROM own_keys")?;
    let read = |row: &Row<'_>| {
        let document: String = row.get("document")?;
        let document: Value = serde_json::from_str(&document).map_err(|_| not_ours())?;
        Ok((row.get("version")?, OwnKeys::restored(&document).map_err(|_| not_ours())?))
    };
    statement.query_row([], read).optional()
}

fn find(transaction: &Transaction<'_>, id: &EntityId) -> rusqlite::Result<Option<Kept>> {
    let mut statement =
        transaction.prepare_cached("SELECT version, document FROM registration WHERE id = ?1")?;
    statement.query_row([id.as_str()], kept).optional()
}

fn record(transaction: &Transaction<'_>, recording: Recording) -> rusqlite::Result<Recorded> {
    let Recording { version, mut registration, entries } = recording;
    let known = find(transaction, &registration.id)?.map_or(0, |kept| kept.version);
    if known != version {
        return Ok(Recorded::Overtaken);
    }
    for entry in entries {
        let place = log::append(transaction, &entry.bytes)?;
        registration.note_entry(&entry.proves, place);
    }
    transaction.execute(
        "INSERT INTO registration (id, version, document) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET version = ?2, document = ?3",
        (registration.id.as_str(), version + 1, registration.to_value().to_string()),
    )?;
    Ok(Recorded::Done)
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let document: String = row.get("document")?;
    let document: Value = serde_json::from_str(&document).map_err(|_| not_ours())?;
    let registration = Registration::restored(&document).map_err(|_| not_ours())?;
    Ok(Kept { version: row.get("version")?, registration })
}

/// A document that is not what we write. Never holds its content.
fn not_ours() -> rusqlite::Error {
    let cause = FromSqlError::Other("the column document".into());
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(cause))
}

impl From<DatabaseError> for StoreFailure {
    fn from(failure: DatabaseError) -> Self {
        match failure.reason() {
            Some(reason) => StoreFailure::Unusable(reason),
            None => StoreFailure::Environment(failure.to_string()),
        }
    }
}
