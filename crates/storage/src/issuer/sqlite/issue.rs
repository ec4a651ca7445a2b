use jiff::Timestamp;
use portage_issuer::{Entry, Grant, Issued, Issuing, KeyedHash, Reference, StatusEntry};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::rows::{claims, format, hash, instant, millis, optional_instant, unreadable};

pub(super) fn grant(
    transaction: &Transaction<'_>,
    token: KeyedHash,
    now: Timestamp,
) -> rusqlite::Result<Option<Grant>> {
    transaction
        .query_row(
            "SELECT reference, credential_type, format FROM token JOIN issuance USING (reference)
             WHERE hash = ?1 AND until > ?2 AND state IN ('redeemed', 'issued') AND claims IS NOT NULL",
            params![token.as_bytes(), millis(now)],
            |row| {
                Ok(Grant {
                    reference: Reference::new(row.get::<_, String>("reference")?),
                    credential_type: row.get("credential_type")?,
                    format: format(row)?,
                })
            },
        )
        .optional()
}

pub(super) fn issue(transaction: &Transaction<'_>, issuing: &Issuing) -> rusqlite::Result<Issued> {
    if !consume_nonce(transaction, issuing.nonce, issuing.nonce_until)? {
        return Ok(Issued::NonceUsed);
    }
    let Some(grant) = grant(transaction, issuing.token, issuing.now)? else { return Ok(Issued::TokenGone) };
    let reference = grant.reference.as_str();
    if !is_bound(transaction, reference)? {
        let Some(place) = free_place(transaction, issuing)? else { return Ok(Issued::NoPlace) };
        bind(transaction, reference, place, issuing)?;
    }
    transaction.query_row(
        "SELECT holder, claims, list, position, day, valid_from, valid_until FROM issuance WHERE reference = ?1",
        [reference],
        |row| match hash(row, "holder")? {
            Some(holder) if holder == issuing.holder => entry(row).map(Issued::Entry),
            _ => Ok(Issued::OtherKey),
        },
    )
}

/// Whether the value was not used before; now it is.
pub(super) fn consume_nonce(
    transaction: &Transaction<'_>,
    nonce: KeyedHash,
    until: Timestamp,
) -> rusqlite::Result<bool> {
    let consumed = transaction.execute(
        "INSERT INTO nonce (hash, until) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![nonce.as_bytes(), millis(until)],
    )?;
    Ok(consumed == 1)
}

fn is_bound(transaction: &Transaction<'_>, reference: &str) -> rusqlite::Result<bool> {
    transaction.query_row("SELECT state = 'issued' FROM issuance WHERE reference = ?1", [reference], |row| {
        row.get(0)
    })
}

/// The first of the places tried that is free in the newest list with room; a new list when there is none.
fn free_place(transaction: &Transaction<'_>, issuing: &Issuing) -> rusqlite::Result<Option<StatusEntry>> {
    let open: Option<u32> = transaction
        .query_row(
            "SELECT list FROM status_list WHERE taken < ?1 ORDER BY list DESC LIMIT 1",
            [issuing.list_capacity],
            |row| row.get(0),
        )
        .optional()?;
    let list = match open {
        Some(list) => list,
        None => {
            transaction.execute("INSERT INTO status_list (taken, version) VALUES (0, 1)", [])?;
            u32::try_from(transaction.last_insert_rowid()).map_err(|_| unreadable())?
        }
    };
    let mut is_taken = transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM issuance WHERE list = ?1 AND position = ?2)")?;
    for index in &issuing.indices {
        if !is_taken.query_row([list, *index], |row| row.get::<_, bool>(0))? {
            return Ok(Some(StatusEntry { list, index: *index }));
        }
    }
    Ok(None)
}

fn bind(
    transaction: &Transaction<'_>,
    reference: &str,
    place: StatusEntry,
    issuing: &Issuing,
) -> rusqlite::Result<()> {
    let bound = transaction.execute(
        "UPDATE issuance SET state = 'issued', holder = ?2, list = ?3, position = ?4, day = ?5, status = 'valid'
         WHERE reference = ?1 AND state = 'redeemed'",
        params![reference, issuing.holder.as_bytes(), place.list, place.index, issuing.day.to_string()],
    )?;
    if bound == 1 {
        transaction.execute("UPDATE status_list SET taken = taken + 1 WHERE list = ?1", [place.list])?;
    }
    Ok(())
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let day: String = row.get("day")?;
    Ok(Entry {
        status: StatusEntry { list: row.get("list")?, index: row.get("position")? },
        claims: claims(row)?,
        day: day.parse().map_err(|_| unreadable())?,
        valid_from: optional_instant(row, "valid_from")?,
        valid_until: instant(row, "valid_until")?,
    })
}
