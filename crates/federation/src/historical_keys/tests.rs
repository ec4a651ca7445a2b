use jiff::ToSpan as _;

use super::*;
use crate::tests::{id, key, keys, now};

const CITY: &str = "https://city.example";

fn historical(revoked: Option<(Timestamp, RetiredReason)>) -> HistoricalKeys {
    let jwk = Jwk::from_key(key(9).verification_key().clone()).with_kid("old");
    let (issued_at, expires_at) = (Some(now() - 100.hours()), now() - 10.hours());
    HistoricalKeys {
        issuer: id(CITY),
        issued_at: now(),
        keys: vec![HistoricalKey { jwk, issued_at, expires_at, revoked }],
    }
}

#[test]
fn t13_an_old_key_counts_for_what_it_signed_in_its_life_unless_it_was_compromised() {
    let expired = historical(None);
    let signed = expired.sign(&keys(1), &key(1)).unwrap();
    assert_eq!(HistoricalKeys::verify(&signed, &id(CITY), &keys(1)), Ok(expired.clone()));
    let in_its_life = now() - 50.hours();
    assert_eq!(expired.key_for("old", in_its_life, now()), Ok(key(9).verification_key()));
    for at in [now() - 101.hours(), now() - 10.hours(), now()] {
        assert_eq!(expired.key_for("old", at, now()), Err(Reason::KeyNotFound));
    }
    assert_eq!(expired.key_for("other", in_its_life, now()), Err(Reason::KeyNotFound));

    let superseded = historical(Some((now() - 60.hours(), RetiredReason::Superseded)));
    assert_eq!(superseded.key_for("old", in_its_life, now()), Err(Reason::KeyNotFound));
    assert!(superseded.key_for("old", now() - 70.hours(), now()).is_ok());
    let compromised = historical(Some((now() - 20.hours(), RetiredReason::Compromised)));
    assert_eq!(compromised.key_for("old", in_its_life, now()), Err(Reason::KeyNotFound));
    assert!(compromised.key_for("old", in_its_life, now() - 21.hours()).is_ok(), "its time has not come");
}

#[test]
fn t13_historical_keys_are_the_entitys_own_and_signed_by_it() {
    let signed = historical(None).sign(&keys(1), &key(1)).unwrap();
    assert!(HistoricalKeys::verify(&signed, &id("https://town.example"), &keys(1)).is_err());
    assert_eq!(HistoricalKeys::verify(&signed, &id(CITY), &keys(2)), Err(StatementError::KeyNotFound));
    assert!(historical(None).sign(&keys(2), &key(1)).is_err());
    for key in [json!({}), json!({"exp": "1"}), json!({"exp": 1, "revoked": {}}), json!(1)] {
        assert!(HistoricalKey::from_value(&key).is_err(), "{key}");
    }
    assert_eq!(HistoricalKey::from_value(&json!({"exp": 1, "kty": "RSA", "kid": "r"})), Ok(None));
}
