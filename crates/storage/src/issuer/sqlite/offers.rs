use jiff::Timestamp;
use portage_issuer::{
    Code, Inserted, KeyedHash, MAX_OPEN_CODES, Offer, OfferDelivery, OfferTerms, Opened, StandingOffer,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::rows::{format, hash, instant, millis};

pub(super) fn insert(
    transaction: &Transaction<'_>,
    offer: &Offer,
    now: Timestamp,
) -> rusqlite::Result<Inserted> {
    let inserted = attempt(transaction, offer, now)?;
    match inserted {
        Inserted::Existing { .. } | Inserted::OtherContent => return Ok(inserted),
        Inserted::Renewed => {
            let mut delete = transaction.prepare_cached("DELETE FROM issuance WHERE reference = ?1")?;
            delete.execute([offer.reference.as_str()])?;
        }
        Inserted::New => {}
    }
    write(transaction, offer)?;
    Ok(inserted)
}

/// What would come of the offer. Writes nothing.
pub(super) fn attempt(
    transaction: &Transaction<'_>,
    offer: &Offer,
    now: Timestamp,
) -> rusqlite::Result<Inserted> {
    // Prepared once for the rows of a register.
    let standing = transaction
        .prepare_cached(
            "SELECT state, status, over_at, open_until, salt, content, link, tx_code FROM issuance WHERE reference = ?1",
        )?
        .query_row([offer.reference.as_str()], |row| standing(row, offer, now))
        .optional()?;
    Ok(standing.unwrap_or(Inserted::New))
}

/// What stands under the reference stays, or the new offer takes its place.
fn standing(row: &Row<'_>, offer: &Offer, now: Timestamp) -> rusqlite::Result<Inserted> {
    let (state, status): (String, Option<String>) = (row.get("state")?, row.get("status")?);
    let is_over = instant(row, "over_at")? <= now;
    // Once delivered the content is forgotten, and then any content counts as the same.
    let is_same = hash(row, "content")?.is_none_or(|content| content == offer.content);
    let was_withdrawn = state == "ended" && status.is_some();
    let is_taken = state == "issued" || (state == "redeemed" && !is_over);
    let is_waiting = state == "offered" && !is_over;
    let is_kept = offer.standing == StandingOffer::Keep && (was_withdrawn || (is_same && is_waiting));
    if is_kept || (is_same && is_taken) {
        let delivery = match hash(row, "link")? {
            Some(_) => OfferDelivery::ByReference,
            None => OfferDelivery::ByValue,
        };
        let tx_code = hash(row, "tx_code")?.is_some();
        let salt = row.get("salt")?;
        let open_until = is_waiting.then(|| instant(row, "open_until")).transpose()?;
        return Ok(Inserted::Existing { salt, delivery, tx_code, open_until });
    }
    Ok(if is_taken { Inserted::OtherContent } else { Inserted::Renewed })
}

fn write(transaction: &Transaction<'_>, offer: &Offer) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO issuance
           (reference, credential_type, format, state, over_at, open_until, link, tx_code, content, claims, valid_from,
            valid_until, salt)
         VALUES (?1, ?2, ?3, 'offered', ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    insert.execute(params![
        offer.reference.as_str(),
        offer.credential_type,
        offer.format.name(),
        millis(offer.open_until),
        offer.link.map(|link| *link.as_bytes()),
        offer.tx_code.map(|tx_code| *tx_code.as_bytes()),
        offer.content.as_bytes(),
        serde_json::to_string(&offer.claims)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?,
        offer.valid_from.map(millis),
        millis(offer.valid_until),
        offer.salt,
    ])?;
    match offer.code {
        Some(code) => add_code(transaction, offer.reference.as_str(), code),
        None => Ok(()),
    }
}

pub(super) fn open(
    transaction: &Transaction<'_>,
    link: KeyedHash,
    code: Code,
    now: Timestamp,
) -> rusqlite::Result<Opened> {
    let found = transaction
        .query_row(
            "SELECT reference, credential_type, format, tx_code, state = 'offered' AND open_until > ?2 AS is_open
             FROM issuance WHERE link = ?1",
            params![link.as_bytes(), millis(now)],
            |row| {
                let terms = OfferTerms {
                    credential_type: row.get("credential_type")?,
                    format: format(row)?,
                    tx_code: hash(row, "tx_code")?.is_some(),
                };
                Ok((row.get::<_, String>("reference")?, row.get::<_, bool>("is_open")?, terms))
            },
        )
        .optional()?;
    match found {
        None => Ok(Opened::Absent),
        Some((_, false, _)) => Ok(Opened::Ended),
        Some((reference, true, terms)) => {
            transaction.execute(
                "DELETE FROM code WHERE reference = ?1 AND hash NOT IN
                   (SELECT hash FROM code WHERE reference = ?1 ORDER BY until DESC, hash LIMIT ?2)",
                params![reference, MAX_OPEN_CODES - 1],
            )?;
            add_code(transaction, &reference, code)?;
            Ok(Opened::Open(terms))
        }
    }
}

fn add_code(transaction: &Transaction<'_>, reference: &str, code: Code) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO code (hash, reference, until) VALUES (?1, ?2, ?3)",
        params![code.hash.as_bytes(), reference, millis(code.until)],
    )?;
    Ok(())
}
