//! Issuances in SQLite. Each verb of the port is one transaction in a file of its own kind; every one-time value is consumed by one
//! conditional statement, and what the statement changed decides.

mod clerk;
mod issue;
mod lists;
mod offers;
mod redeem;
mod retention;
mod rows;

use std::path::Path;

use jiff::Timestamp;
use portage_issuer::{
    Changed, Code, Forgotten, Grant, Inserted, IssuanceStore, Issued, Issuing, KeyedHash, ListKind,
    ListState, NoticeChange, Offer, Opened, PublishedList, Redeemed, Redemption, Reference, StatusChange,
    StoreFailure, Told,
};
use rusqlite::Transaction;

use crate::{Database, DatabaseError, Schema};

const SCHEMA: Schema = Schema {
    // "PtIs".
    application_id: 0x5074_4973,
    migrations: &[
        include_str!("version_1.sql"),
        include_str!("version_2.sql"),
        include_str!("version_3.sql"),
    ],
};

/// Issuances in one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteIssuances(Database);

impl SqliteIssuances {
    /// Makes a new, empty store.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn create(path: &Path) -> Result<Self, DatabaseError> {
        Database::create(path, SCHEMA).map(SqliteIssuances)
    }

    /// Opens the store.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        Database::open(path, SCHEMA).map(SqliteIssuances)
    }
}

impl IssuanceStore for SqliteIssuances {
    async fn insert_offers(&self, offers: Vec<Offer>, now: Timestamp) -> Result<Vec<Inserted>, StoreFailure> {
        let insert = move |transaction: &Transaction<'_>| {
            offers.iter().map(|offer| offers::insert(transaction, offer, now)).collect()
        };
        Ok(self.0.write(insert).await?)
    }

    async fn try_offers(&self, offers: Vec<Offer>, now: Timestamp) -> Result<Vec<Inserted>, StoreFailure> {
        let attempt = move |transaction: &Transaction<'_>| {
            offers.iter().map(|offer| offers::attempt(transaction, offer, now)).collect()
        };
        Ok(self.0.read(attempt).await?)
    }

    async fn open_offer(&self, link: KeyedHash, code: Code, now: Timestamp) -> Result<Opened, StoreFailure> {
        Ok(self.0.write(move |transaction| offers::open(transaction, link, code, now)).await?)
    }

    async fn reference_of_code(&self, code: KeyedHash) -> Result<Option<Reference>, StoreFailure> {
        Ok(self.0.read(move |transaction| redeem::reference_of_code(transaction, code)).await?)
    }

    async fn redeem(&self, redemption: Redemption) -> Result<Redeemed, StoreFailure> {
        Ok(self.0.write(move |transaction| redeem::redeem(transaction, &redemption)).await?)
    }

    async fn grant(&self, token: KeyedHash, now: Timestamp) -> Result<Option<Grant>, StoreFailure> {
        Ok(self.0.read(move |transaction| issue::grant(transaction, token, now)).await?)
    }

    async fn issue(&self, issuing: Issuing) -> Result<Issued, StoreFailure> {
        Ok(self.0.write(move |transaction| issue::issue(transaction, &issuing)).await?)
    }

    async fn change_status(
        &self,
        reference: Reference,
        change: StatusChange,
        now: Timestamp,
    ) -> Result<Changed, StoreFailure> {
        Ok(self
            .0
            .write(move |transaction| lists::change_status(transaction, &reference, change, now))
            .await?)
    }

    async fn change_notice(&self, reference: Reference, change: NoticeChange) -> Result<Told, StoreFailure> {
        Ok(self.0.write(move |transaction| lists::change_notice(transaction, &reference, change)).await?)
    }

    async fn list_version(&self, list: u32) -> Result<Option<u64>, StoreFailure> {
        Ok(self.0.read(move |transaction| lists::version(transaction, list)).await?)
    }

    async fn list(&self, list: u32) -> Result<Option<ListState>, StoreFailure> {
        Ok(self.0.read(move |transaction| lists::state(transaction, list)).await?)
    }

    async fn published(&self, list: u32, kind: ListKind) -> Result<Option<PublishedList>, StoreFailure> {
        Ok(self.0.read(move |transaction| lists::published(transaction, list, kind)).await?)
    }

    async fn publish(
        &self,
        list: u32,
        kind: ListKind,
        published: PublishedList,
    ) -> Result<PublishedList, StoreFailure> {
        Ok(self.0.write(move |transaction| lists::publish(transaction, list, kind, published)).await?)
    }

    async fn forget(&self, now: Timestamp) -> Result<Forgotten, StoreFailure> {
        let forgotten = self.0.write(move |transaction| retention::forget(transaction, now)).await?;
        if forgotten != Forgotten::default() {
            self.0.empty_log().await?;
        }
        Ok(forgotten)
    }
}

impl From<DatabaseError> for StoreFailure {
    fn from(failure: DatabaseError) -> Self {
        match failure.reason() {
            Some(reason) => StoreFailure::Unusable(reason),
            None => StoreFailure::Environment(failure.to_string()),
        }
    }
}
