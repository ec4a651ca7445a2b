use portage_issuer::{KeyedHash, MAX_TX_CODE_TRIES, Redeemed, Redemption, Reference};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    issue::consume_nonce,
    rows::{hash, millis},
};

pub(super) fn reference_of_code(
    transaction: &Transaction<'_>,
    code: KeyedHash,
) -> rusqlite::Result<Option<Reference>> {
    transaction
        .query_row("SELECT reference FROM code WHERE hash = ?1", [code.as_bytes()], |row| {
            row.get::<_, String>(0)
        })
        .optional()
        .map(|found| found.map(Reference::new))
}

pub(super) fn redeem(transaction: &Transaction<'_>, redemption: &Redemption) -> rusqlite::Result<Redeemed> {
    if let Some(assertion) = redemption.client_assertion
        && !consume_nonce(transaction, assertion.jti, assertion.until)?
    {
        return Ok(Redeemed::AssertionUsed);
    }
    let found = transaction
        .query_row(
            "SELECT code.reference, code.used, tx_code,
                    state = 'offered' AND open_until > ?2 AND code.until > ?2 AS is_open
             FROM code JOIN issuance USING (reference) WHERE code.hash = ?1",
            params![redemption.code.as_bytes(), millis(redemption.now)],
            |row| {
                let (used, is_open): (bool, bool) = (row.get("used")?, row.get("is_open")?);
                Ok((row.get::<_, String>("reference")?, used, hash(row, "tx_code")?, is_open))
            },
        )
        .optional()?;
    let Some((reference, used, expected, is_open)) = found else { return Ok(Redeemed::Refused) };
    if used {
        // RFC 6749 §4.1.2: a code that comes twice has been seen by two, and what it gave is not safe.
        transaction.execute("DELETE FROM token WHERE code = ?1", [redemption.code.as_bytes()])?;
        return Ok(Redeemed::Refused);
    }
    if !is_open {
        return Ok(Redeemed::Refused);
    }
    match (expected, redemption.tx_code) {
        (Some(_), None) => return Ok(Redeemed::TxCodeMissing),
        (None, Some(_)) => return Ok(Redeemed::TxCodeUnexpected),
        (Some(expected), Some(given)) => {
            if !test_tx_code(transaction, &reference, expected == given, redemption)? {
                return Ok(Redeemed::Refused);
            }
        }
        (None, None) => {}
    }
    if !consume(transaction, &reference, redemption)? {
        return Ok(Redeemed::Refused);
    }
    transaction.execute(
        "INSERT INTO token (hash, code, reference, until) VALUES (?1, ?2, ?3, ?4)",
        params![
            redemption.token.as_bytes(),
            redemption.code.as_bytes(),
            reference,
            millis(redemption.token_until)
        ],
    )?;
    Ok(Redeemed::Token)
}

/// Counts the guess before its result is told; the last wrong one ends the offer.
fn test_tx_code(
    transaction: &Transaction<'_>,
    reference: &str,
    is_right: bool,
    redemption: &Redemption,
) -> rusqlite::Result<bool> {
    let counted = transaction.execute(
        "UPDATE issuance SET tx_tries = tx_tries + 1 WHERE reference = ?1 AND state = 'offered' AND tx_tries < ?2",
        params![reference, MAX_TX_CODE_TRIES],
    )?;
    if counted == 1 && !is_right {
        transaction.execute(
            "UPDATE issuance SET state = 'ended', over_at = ?3 WHERE reference = ?1 AND tx_tries >= ?2",
            params![reference, MAX_TX_CODE_TRIES, millis(redemption.now)],
        )?;
    }
    Ok(counted == 1 && is_right)
}

/// Consumes the code and the offer: both or neither, by one conditional statement each.
fn consume(
    transaction: &Transaction<'_>,
    reference: &str,
    redemption: &Redemption,
) -> rusqlite::Result<bool> {
    let offer = transaction.execute(
        "UPDATE issuance SET state = 'redeemed', over_at = ?2
         WHERE reference = ?1 AND state = 'offered' AND open_until > ?3",
        params![reference, millis(redemption.token_until), millis(redemption.now)],
    )?;
    if offer == 0 {
        return Ok(false);
    }
    let code = transaction.execute(
        "UPDATE code SET used = 1 WHERE hash = ?1 AND used = 0 AND until > ?2",
        params![redemption.code.as_bytes(), millis(redemption.now)],
    )?;
    // Both rows were read in this transaction, which no other writer shares.
    if code == 1 { Ok(true) } else { Err(rusqlite::Error::StatementChangedRows(code)) }
}
