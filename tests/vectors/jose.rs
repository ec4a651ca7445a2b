//! JSON Web Keys and Signatures.

use portage_jose::{Jwk, verify_jws};
use serde_json::Value;

use crate::book::{Book, Outcome, Row, reason, same};

pub(crate) fn run(book: &Book) {
    book.family("Wycheproof JWS", "jose", |row| {
        wycheproof(row, &book.json("wycheproof/json_web_signature_test.json"))
    });
    book.family("JOSE cookbook: signatures", "jose", |row| cookbook(row, book));
    book.family("JOSE cookbook: keys", "jose", |row| {
        for (name, reason) in [
            ("3_1.ec_public_key", "alg_not_allowed"),
            ("3_2.ec_private_key", "malformed"),
            ("3_4.rsa_private_key", "malformed"),
            ("3_5.symmetric_key_mac_computation", "malformed"),
        ] {
            let jwk = book.json(&format!("jose-cookbook/jwk/{name}.json"));
            row.refuses(name, reason, || reason!(Jwk::from_value(&jwk)));
        }
    });
}

fn verify(compact: &str, jwk: &Value) -> Outcome {
    let jwk = Jwk::from_value(jwk).map_err(|error| error.reason().to_string())?;
    reason!(verify_jws(compact, jwk.key()))
}

/// RSA, MACs and P-521 are not on our list: the key is refused before its signature is looked at.
fn wycheproof(row: &mut Row, file: &Value) {
    for group in file["testGroups"].as_array().unwrap() {
        let key = group.get("public").unwrap_or(&Value::Null);
        for test in group["tests"].as_array().unwrap() {
            let name = format!("tcId {}", test["tcId"]);
            let run = || verify(test["jws"].as_str().unwrap(), key);
            if test["result"] == "valid" {
                row.accepts(&name, run);
            } else {
                row.refuses(&name, expected(key, test), run);
            }
        }
    }
}

/// The reason that fits what the case is about.
fn expected(key: &Value, test: &Value) -> &'static str {
    match (key["crv"].as_str(), key["kty"].as_str(), test["comment"].as_str().unwrap_or_default()) {
        (Some("P-256"), _, comment) => match comment {
            "rejectsModifiedHeader" | "rejectsAttackerProvidedEmbeddedJwk" | "rejectsMissingPayload" => {
                "signature_invalid"
            }
            "rejectsSymmetryConfusionAttacks_aesKeyFromEcVerificationKeyBytes"
            | "rejectWrongUse"
            | "rejectWrongKeyOps" => "alg_not_allowed",
            comment if comment.starts_with("rejects") => "malformed",
            _ => "signature_invalid",
        },
        (_, Some("RSA"), _) => "alg_not_allowed",
        // A symmetric key is no public key at all.
        _ => "malformed",
    }
}

fn cookbook(row: &mut Row, book: &Book) {
    let file = book.json("jose-cookbook/curve25519/jws.json");
    let mut key = file["input"]["key"].clone();
    let compact = file["output"]["compact"].as_str().unwrap();
    row.refuses("RFC 8037 with the private key", "malformed", || verify(compact, &key));
    key.as_object_mut().unwrap().remove("d");
    row.accepts("RFC 8037", || {
        let jwk = Jwk::from_value(&key).map_err(|error| error.reason().to_string())?;
        let payload = verify_jws(compact, jwk.key()).map_err(|error| error.reason().to_string())?;
        same(payload.as_slice(), file["input"]["payload"].as_str().unwrap().as_bytes())
    });
    let (head, signature) = compact.rsplit_once('.').unwrap();
    let (header, _) = head.split_once('.').unwrap();
    let flipped = |text: &str| {
        let other = if text.starts_with('A') { "B" } else { "A" };
        format!("{other}{}", &text[1..])
    };
    row.refuses("RFC 8037, another signature", "signature_invalid", || {
        verify(&format!("{head}.{}", flipped(signature)), &key)
    });
    row.refuses("RFC 8037, another payload", "signature_invalid", || {
        verify(&format!("{header}.e30.{signature}"), &key)
    });
    let other = Jwk::from_key(
        portage_keys::multibase::from_multikey("z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK").unwrap(),
    );
    row.refuses("RFC 8037, another key", "signature_invalid", || verify(compact, &other.to_value()));
    for name in ["4_1.rsa_v15_signature", "4_3.ecdsa_signature", "4_4.hmac-sha2_integrity_protection"] {
        let file = book.json(&format!("jose-cookbook/jws/{name}.json"));
        let compact = file["output"]["compact"].as_str().unwrap();
        row.refuses(name, "alg_not_allowed", || verify(compact, &key));
    }
    v29_the_unencoded_payload_of_rfc_7797_is_refused(row, book, &key);
}

fn v29_the_unencoded_payload_of_rfc_7797_is_refused(row: &mut Row, book: &Book, key: &Value) {
    let file = book.json("jose-cookbook/rfc7797/4.2.hmac-sha2_b64_false.json");
    let header = file["signing"]["protected_b64u"].as_str().unwrap();
    row.refuses("RFC 7797", "malformed", || verify(&format!("{header}.e30."), key));
}
