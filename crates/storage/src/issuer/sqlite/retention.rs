use jiff::{SignedDuration, Timestamp};
use portage_issuer::Forgotten;
use rusqlite::{Transaction, params};

use super::rows::millis;

/// How long after its end what was not delivered is kept, so that a clerk sees what became of it.
const AFTER_END: SignedDuration = SignedDuration::from_hours(24);
/// How long after its end a used nonce is remembered: further than two clocks are apart.
const NONCE_AFTER_END: SignedDuration = SignedDuration::from_secs(300);

pub(super) fn forget(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<Forgotten> {
    let before = |age: SignedDuration| millis(now.checked_sub(age).unwrap_or(Timestamp::MIN));
    // `over_at` tells the moment of delivery, `open_until` that of the offer: what stays is the day.
    let delivered = transaction.execute(
        "UPDATE issuance SET claims = NULL, holder = NULL, content = NULL, tx_code = NULL, valid_from = NULL,
                             valid_until = NULL, tx_tries = 0, over_at = 0, open_until = 0
         WHERE state = 'issued' AND claims IS NOT NULL AND over_at <= ?1",
        [millis(now)],
    )?;
    // Codes and tokens of what is deleted go with it. What was withdrawn stays: its record is not offered again unasked.
    let undelivered = transaction.execute(
        "DELETE FROM issuance WHERE state <> 'issued' AND claims IS NOT NULL AND over_at <= ?1",
        [before(AFTER_END)],
    )?;
    let codes = transaction.execute("DELETE FROM code WHERE until <= ?1", [before(AFTER_END)])?;
    let tokens = transaction.execute("DELETE FROM token WHERE until <= ?1", params![millis(now)])?;
    let nonces = transaction.execute("DELETE FROM nonce WHERE until <= ?1", [before(NONCE_AFTER_END)])?;
    Ok(Forgotten { delivered, undelivered, one_time_values: codes + tokens + nonces })
}
