//! Domain values in columns. Instants are milliseconds since 1970.

use jiff::Timestamp;
use portage_catalog::Format;
use portage_issuer::{KeyedHash, Status};
use rusqlite::{
    Row,
    types::{FromSqlError, Type},
};
use serde_json::{Map, Value};

pub(super) fn millis(instant: Timestamp) -> i64 {
    instant.as_millisecond()
}

pub(super) fn instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    let millis: i64 = row.get(column)?;
    Timestamp::from_millisecond(millis).map_err(|_| FromSqlError::OutOfRange(millis).into())
}

pub(super) fn optional_instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    match row.get::<_, Option<i64>>(column)? {
        None => Ok(None),
        Some(_) => instant(row, column).map(Some),
    }
}

pub(super) fn format(row: &Row<'_>) -> rusqlite::Result<Format> {
    named(row, "format", Format::from_name)
}

pub(super) fn status(row: &Row<'_>) -> rusqlite::Result<Status> {
    named(row, "status", Status::from_name)
}

pub(super) fn hash(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<KeyedHash>> {
    Ok(row.get::<_, Option<[u8; 32]>>(column)?.map(KeyedHash::from_bytes))
}

pub(super) fn claims(row: &Row<'_>) -> rusqlite::Result<Map<String, Value>> {
    let text: String = row.get("claims")?;
    serde_json::from_str(&text).map_err(|_| unreadable())
}

/// What stands there is not what we wrote. Does not say what stands there.
pub(super) fn unreadable() -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, "not what was written".into())
}

fn named<T>(row: &Row<'_>, column: &str, read: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let name: String = row.get(column)?;
    read(&name).ok_or_else(unreadable)
}
