//! Status lists: the bit strings of the W3C and the tokens of the IETF.

use portage_keys::{Algorithm, Signer, SigningKey};
use portage_status_list::{StatusError, StatusValue, bitstring, token};
use serde_json::{Value, json};

use crate::book::{Book, Row, same};

pub(crate) fn run(book: &Book) {
    book.family("Bitstring Status List", "status-list", |row| {
        s09_published_vectors_decode_exactly(row, &book.json("own/bitstring-status-list/cases.json"));
    });
    book.family("Token Status List", "status-list", |row| {
        s09_the_cases_of_all_widths_decode_exactly(row, &book.json("own/token-status-list/cases.json"));
        s09_the_lists_printed_in_the_draft_decode_exactly(row, book);
    });
}

fn says(error: StatusError) -> String {
    error.reason().to_string()
}

/// The reason, and what of the list is meant.
fn says_what(error: StatusError) -> String {
    match error {
        StatusError::ListInvalid(what) => format!("{}: {what}", error.reason()),
        other => says(other),
    }
}

fn number(value: StatusValue) -> u64 {
    match value {
        StatusValue::Valid => 0,
        StatusValue::Revoked | StatusValue::Suspended => 1,
        StatusValue::Unknown(value) | StatusValue::Informative(value) => value.into(),
    }
}

fn s09_published_vectors_decode_exactly(row: &mut Row, cases: &Value) {
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let (now, bits) = (jiff::Timestamp::UNIX_EPOCH, bitstring::Bitstring::new());
        let entry = &case["credentialStatus"];
        let url = entry["statusListCredential"].as_str().unwrap();
        let purpose = bitstring::StatusPurpose::Revocation;
        let mut list =
            bitstring::list_credential(url, "did:web:issuer.example", purpose, &bits, now, now, 60_000);
        list["credentialSubject"] = case["credentialSubject"].clone();
        let run = || {
            let entry = bitstring::Entry::parse(entry.as_object().unwrap()).map_err(says_what)?;
            entry.value_in(&list).map(number).map_err(says_what)
        };
        let expect = &case["expect"];
        match expect["status"].as_u64() {
            // A list that opens to more than we open may be refused.
            Some(_) if expect["may_refuse"] == true => row.refuses(name, "too_large", || run().map(drop)),
            Some(status) => row.accepts(name, || same(run()?, status)),
            None => {
                let reason = match expect["error"].as_str() {
                    Some("STATUS_LIST_LENGTH_ERROR") => "status_list_invalid: fewer entries than 131,072",
                    Some("RANGE_ERROR") => "status_index_invalid",
                    _ if name == "index-not-decimal" => "status_index_invalid",
                    _ => "status_list_invalid: encodedList",
                };
                row.refuses(name, reason, || run().map(drop));
            }
        }
    }
}

fn s09_the_cases_of_all_widths_decode_exactly(row: &mut Row, cases: &Value) {
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[7; 32]).unwrap();
        let run = || {
            let entry = token::Entry::parse(&case["referenced_token_status"]).map_err(says)?;
            let claims = case["status_list_token_payload"].as_object().unwrap();
            let jwt = portage_jose::sign(portage_jose::Header::new(token::TYP), claims, &key).unwrap();
            let jwt =
                portage_jose::UnverifiedJwt::parse_within(&jwt, portage_strict_json::Limits::STATUS_LIST);
            let jwt = jwt.and_then(|jwt| jwt.verify(key.verification_key(), &[token::TYP]));
            let list = jwt.map_err(|error| error.reason().to_string())?;
            entry.value_in(&list).map_err(says)?;
            let claim = claims["status_list"].as_object().unwrap();
            token::value_at(claim, entry.index).map(u64::from).map_err(says)
        };
        let expect = &case["expect"];
        match expect["status"].as_u64() {
            Some(_) if expect["may_refuse"] == true => row.refuses(name, "too_large", || run().map(drop)),
            Some(status) => row.accepts(name, || same(run()?, status)),
            None => {
                let reason =
                    if name.starts_with("index") { "status_index_invalid" } else { "status_list_invalid" };
                row.refuses(name, reason, || run().map(drop));
            }
        }
    }
}

/// The lists that the draft prints: each value, and beyond the last one nothing.
fn s09_the_lists_printed_in_the_draft_decode_exactly(row: &mut Row, book: &Book) {
    for file in ["draft-1bit", "draft-4bit", "draft-short-1bit"] {
        let vector = book.json(&format!("token-status-list/{file}.json"));
        let claim = json!({ "bits": vector["bits"], "lst": vector["lst"] });
        let claim = claim.as_object().unwrap();
        let values: Vec<(usize, u64)> = match &vector["statuses"] {
            Value::Array(all) => all.iter().map(|value| value.as_u64().unwrap()).enumerate().collect(),
            some => some
                .as_object()
                .unwrap()
                .iter()
                .map(|(index, value)| (index.parse().unwrap(), value.as_u64().unwrap()))
                .collect(),
        };
        for (index, value) in values {
            row.accepts(&format!("{file} at {index}"), || {
                same(token::value_at(claim, index).map(u64::from).map_err(says)?, value)
            });
        }
        row.refuses(&format!("{file} beyond its end"), "status_index_invalid", || {
            token::value_at(claim, 1 << 24).map(drop).map_err(says)
        });
        let mut longer = claim.clone();
        longer["lst"] = json!(format!("{}=", claim["lst"].as_str().unwrap()));
        row.refuses(&format!("{file} with padding"), "status_list_invalid", || {
            token::value_at(&longer, 0).map(drop).map_err(says)
        });
    }
}
