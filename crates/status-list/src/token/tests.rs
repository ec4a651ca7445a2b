use portage_jose::UnverifiedJwt;
use portage_keys::{Algorithm, SigningKey};

use super::*;

const URI: &str = "https://issuer.example/statuslists/1";

fn key() -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[7; 32]).unwrap()
}

fn verified(claims: &Value) -> VerifiedJwt {
    let key = key();
    let jwt = portage_jose::sign(Header::new(TYP), claims.as_object().unwrap(), &key).unwrap();
    UnverifiedJwt::parse(&jwt).unwrap().verify(key.verification_key(), &[TYP]).unwrap()
}

fn published(list: &TokenList) -> VerifiedJwt {
    let claims = TokenListClaims {
        uri: URI,
        issued_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        expires_at: "2026-01-02T00:00:00Z".parse().unwrap(),
        ttl_seconds: 60,
        kid: "did:web:issuer.example#key-1",
    };
    let key = key();
    let jwt = list.sign(&claims, &key).unwrap();
    UnverifiedJwt::parse(&jwt).unwrap().verify(key.verification_key(), &[TYP]).unwrap()
}

fn entry_at(index: usize) -> Entry {
    Entry::parse(&entry(URI, index)).unwrap()
}

#[test]
fn what_is_published_is_read_back() {
    let mut list = TokenList::new();
    list.set(0, TokenStatus::Invalid).unwrap();
    list.set(5, TokenStatus::Suspended).unwrap();
    list.set(6, TokenStatus::Invalid).unwrap();
    list.set(6, TokenStatus::Valid).unwrap();
    list.set(ENTRIES - 1, TokenStatus::Suspended).unwrap();
    assert_eq!(list.set(ENTRIES, TokenStatus::Valid), Err(StatusError::IndexInvalid));
    let token = published(&list);
    assert_eq!(token.header().typ(), Some("statuslist+jwt"));
    assert_eq!(ttl_seconds(&token), Some(60));
    for (index, expected) in [
        (0, StatusValue::Revoked),
        (1, StatusValue::Valid),
        (5, StatusValue::Suspended),
        (6, StatusValue::Valid),
        (ENTRIES - 1, StatusValue::Suspended),
    ] {
        assert_eq!(entry_at(index).value_in(&token), Ok(expected), "{index}");
    }
}

#[test]
fn s02_a_list_at_another_address_does_not_hold() {
    let token = published(&TokenList::new());
    assert_eq!(entry_at(3).value_in(&token), Ok(StatusValue::Valid));
    let elsewhere = Entry { uri: "https://issuer.example/statuslists/2".into(), index: 3 };
    let wrong = StatusError::ListInvalid("sub is not the address asked");
    assert_eq!(elsewhere.value_in(&token), Err(wrong.clone()));
    let list = TokenList::new().encode();
    assert_eq!(entry_at(3).value_in(&verified(&json!({ "iat": 1, "status_list": list }))), Err(wrong));
    let without_iat = verified(&json!({ "sub": URI, "status_list": list }));
    assert_eq!(entry_at(3).value_in(&without_iat), Err(StatusError::ListInvalid("iat")));
}

#[test]
fn s04_an_index_that_is_not_one_is_never_valid() {
    for index in [json!(-1), json!(1.5), json!("1"), json!(null), json!([1]), json!(1e30)] {
        let status = json!({ "status_list": { "idx": index, "uri": URI } });
        assert_eq!(Entry::parse(&status), Err(StatusError::IndexInvalid), "{index}");
    }
    let token = published(&TokenList::new());
    for index in [ENTRIES, usize::MAX] {
        assert_eq!(entry_at(index).value_in(&token), Err(StatusError::IndexInvalid), "{index}");
    }
}

#[test]
fn s05_a_bomb_of_one_gigabyte_stops_at_the_cap() {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&vec![0; 1 << 20]).unwrap();
    zlib.flush().unwrap();
    let (header, megabyte) = zlib.get_ref().split_at(2);
    let packed = [header, &megabyte.repeat(1024)].concat();
    let claim = json!({ "bits": 1, "lst": base64url::encode(&packed) });
    assert_eq!(value_at(claim.as_object().unwrap(), 0), Err(StatusError::TooLarge));
}

#[test]
fn s08_an_empty_status_or_an_unknown_mechanism_alone_does_not_hold() {
    for status in [
        json!({}),
        json!(null),
        json!([]),
        json!("valid"),
        json!({ "identifier_list": { "id": "1", "uri": URI } }),
        json!({ "status_list": [] }),
        json!({ "status_list": { "idx": 1 } }),
        json!({ "status_list": { "idx": 1, "uri": 5 } }),
        json!({ "status_list": { "idx": 1, "uri": "relative" } }),
    ] {
        assert!(matches!(Entry::parse(&status), Err(StatusError::ListInvalid(_))), "{status}");
    }
    let beside = json!({ "other": {}, "status_list": { "idx": 1, "uri": URI } });
    assert!(Entry::parse(&beside).is_ok());
    for claim in [
        json!({ "bits": 3, "lst": "eNpjYBgFIxkAAAIAAAE" }),
        json!({ "bits": "1", "lst": "eNpjYBgFIxkAAAIAAAE" }),
        json!({ "lst": "eNpjYBgFIxkAAAIAAAE" }),
        json!({ "bits": 1 }),
        json!({ "bits": 1, "lst": "eNpjYBgFIxkAAAIAAAE=" }),
        json!({ "bits": 1, "lst": "" }),
    ] {
        assert!(value_at(claim.as_object().unwrap(), 0).is_err(), "{claim}");
    }
}

#[test]
fn s09_a_value_without_a_known_meaning_is_not_valid() {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&[0x0B, 0x03]).unwrap();
    let list = json!({ "bits": 8, "lst": base64url::encode(&zlib.finish().unwrap()) });
    let token = verified(&json!({ "sub": URI, "iat": 1, "status_list": list }));
    assert_eq!(entry_at(0).value_in(&token), Ok(StatusValue::Unknown(0x0B)));
    assert_eq!(entry_at(1).value_in(&token), Ok(StatusValue::Unknown(3)));
}
