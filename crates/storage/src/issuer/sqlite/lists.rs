use jiff::Timestamp;
use portage_issuer::{
    Changed, ListKind, ListState, NoticeChange, Notices, PublishedList, Reference, Status, StatusChange, Told,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::rows::{instant, millis, status};

pub(super) fn change_status(
    transaction: &Transaction<'_>,
    reference: &Reference,
    change: StatusChange,
    now: Timestamp,
) -> rusqlite::Result<Changed> {
    let status = change.leads_to();
    let changed = transaction.execute(
        "UPDATE issuance SET status = ?2
         WHERE reference = ?1 AND state = 'issued' AND status <> 'revoked' AND status <> ?2",
        params![reference.as_str(), status.name()],
    )?;
    if changed == 1 {
        transaction.execute(
            "UPDATE status_list SET version = version + 1
             WHERE list = (SELECT list FROM issuance WHERE reference = ?1)",
            [reference.as_str()],
        )?;
        return Ok(Changed::Done(status));
    }
    if change == StatusChange::Revoke && withdraw(transaction, reference, now)? {
        return Ok(Changed::Withdrawn);
    }
    unchanged(transaction, reference, status)
}

/// An offer that was not collected: it ends, and its claims go. The row stays, so that the same record is not offered again.
fn withdraw(transaction: &Transaction<'_>, reference: &Reference, now: Timestamp) -> rusqlite::Result<bool> {
    let withdrawn = transaction.execute(
        "UPDATE issuance SET state = 'ended', status = 'revoked', over_at = ?2, claims = NULL, content = NULL
         WHERE reference = ?1 AND state <> 'issued' AND status IS NULL",
        params![reference.as_str(), millis(now)],
    )?;
    if withdrawn == 1 {
        transaction.execute("DELETE FROM token WHERE reference = ?1", [reference.as_str()])?;
        transaction.execute("DELETE FROM code WHERE reference = ?1", [reference.as_str()])?;
    }
    Ok(withdrawn == 1)
}

/// Why nothing changed.
fn unchanged(
    transaction: &Transaction<'_>,
    reference: &Reference,
    wanted: Status,
) -> rusqlite::Result<Changed> {
    let found = transaction
        .query_row("SELECT status FROM issuance WHERE reference = ?1", [reference.as_str()], |row| {
            match row.get::<_, Option<String>>("status")? {
                None => Ok(None),
                Some(_) => status(row).map(Some),
            }
        })
        .optional()?;
    Ok(match found {
        None => Changed::Absent,
        Some(None) => Changed::NotIssued,
        Some(Some(status)) if status == wanted => Changed::Unchanged(status),
        Some(Some(_)) => Changed::RevokedForEver,
    })
}

pub(super) fn change_notice(
    transaction: &Transaction<'_>,
    reference: &Reference,
    change: NoticeChange,
) -> rusqlite::Result<Told> {
    let found = transaction
        .query_row(
            "SELECT state, refresh, message FROM issuance WHERE reference = ?1",
            [reference.as_str()],
            |row| Ok((row.get::<_, String>("state")?, notices(row)?)),
        )
        .optional()?;
    let before = match found {
        None => return Ok(Told::Nobody),
        Some((state, notices)) if state == "issued" => notices,
        Some(_) => return Ok(Told::NotIssued),
    };
    let after = before.after(change);
    if after != before {
        transaction.execute(
            "UPDATE issuance SET refresh = ?2, message = ?3 WHERE reference = ?1",
            params![reference.as_str(), after.refresh, after.message],
        )?;
        transaction.execute(
            "UPDATE status_list SET version = version + 1
             WHERE list = (SELECT list FROM issuance WHERE reference = ?1)",
            [reference.as_str()],
        )?;
    }
    Ok(Told::Done(after))
}

fn notices(row: &Row<'_>) -> rusqlite::Result<Notices> {
    Ok(Notices { refresh: row.get("refresh")?, message: row.get("message")? })
}

pub(super) fn version(transaction: &Transaction<'_>, list: u32) -> rusqlite::Result<Option<u64>> {
    transaction
        .query_row("SELECT version FROM status_list WHERE list = ?1", [list], |row| row.get::<_, i64>(0))
        .optional()
        .map(|version| version.map(i64::unsigned_abs))
}

pub(super) fn state(transaction: &Transaction<'_>, list: u32) -> rusqlite::Result<Option<ListState>> {
    let Some(version) = version(transaction, list)? else { return Ok(None) };
    let mut entries = transaction.prepare_cached(
        "SELECT position, status FROM issuance WHERE list = ?1 AND status <> 'valid' ORDER BY position",
    )?;
    let entries = entries.query_map([list], |row| Ok((row.get("position")?, status(row)?)))?;
    let entries = entries.collect::<rusqlite::Result<_>>()?;
    let mut told = transaction.prepare_cached(
        "SELECT position, refresh, message FROM issuance
         WHERE list = ?1 AND (refresh <> 0 OR message <> 0) ORDER BY position",
    )?;
    let told = told.query_map([list], |row| Ok((row.get("position")?, notices(row)?)))?;
    Ok(Some(ListState { version, entries, notices: told.collect::<rusqlite::Result<_>>()? }))
}

pub(super) fn published(
    transaction: &Transaction<'_>,
    list: u32,
    kind: ListKind,
) -> rusqlite::Result<Option<PublishedList>> {
    transaction
        .query_row(
            "SELECT version, issued_at, valid_until, jwt FROM published_list WHERE list = ?1 AND kind = ?2",
            params![list, kind.name()],
            |row| {
                Ok(PublishedList {
                    version: row.get::<_, i64>("version")?.unsigned_abs(),
                    issued_at: instant(row, "issued_at")?,
                    valid_until: instant(row, "valid_until")?,
                    jwt: row.get("jwt")?,
                })
            },
        )
        .optional()
}

pub(super) fn publish(
    transaction: &Transaction<'_>,
    list: u32,
    kind: ListKind,
    new: PublishedList,
) -> rusqlite::Result<PublishedList> {
    transaction.execute(
        "INSERT INTO published_list (list, kind, version, issued_at, valid_until, jwt) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET
           version = excluded.version, issued_at = excluded.issued_at, valid_until = excluded.valid_until, jwt = excluded.jwt
         WHERE excluded.version >= version AND excluded.issued_at >= issued_at",
        params![
            list,
            kind.name(),
            i64::try_from(new.version).unwrap_or(i64::MAX),
            millis(new.issued_at),
            millis(new.valid_until),
            new.jwt
        ],
    )?;
    Ok(published(transaction, list, kind)?.unwrap_or(new))
}
