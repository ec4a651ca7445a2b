//! Keys and signatures over bytes.

use portage_keys::{Algorithm, KeyError, Signer, SigningKey, VerificationKey, digest, multibase};
use serde_json::Value;

use crate::book::{Book, Outcome, Row, hex, reason, same};

pub(crate) fn run(book: &Book) {
    book.family("Wycheproof Ed25519", "keys", |row| {
        v15_wycheproof_ed25519(row, &book.json("wycheproof/ed25519_test.json"));
    });
    book.family("Wycheproof ECDSA P-256", "keys", |row| {
        wycheproof(row, &book.json("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json"), |key| {
            let point = hex(key["uncompressed"].as_str().unwrap());
            VerificationKey::p256(&point[1..33], &point[33..])
        });
    });
    book.family("Wycheproof ECDSA P-384", "keys", |row| {
        wycheproof(row, &book.json("wycheproof/ecdsa_secp384r1_sha384_p1363_test.json"), |key| {
            let point = hex(key["uncompressed"].as_str().unwrap());
            VerificationKey::p384(&point[1..49], &point[49..])
        });
    });
    book.family("Wycheproof HMAC SHA-256", "keys", |row| {
        macs(row, &book.json("wycheproof/hmac_sha256_test.json"))
    });
    book.family("Ed25519 sign.input", "keys", |row| {
        sign_input(row, &book.text("ed25519-signatures/sign.input"))
    });
    book.family("Multikey", "keys", |row| multikeys(row, &book.json("own/multikey/keys.json")));
    book.family("Multibase", "keys", |row| multibases(row, book));
}

fn verify(key: &VerificationKey, message: &[u8], signature: &[u8]) -> Outcome {
    key.verify(message, signature).map_err(|_| "signature_invalid".to_owned())
}

fn v15_wycheproof_ed25519(row: &mut Row, file: &Value) {
    wycheproof(row, file, |key| VerificationKey::ed25519(&hex(key["pk"].as_str().unwrap())));
}

fn wycheproof(row: &mut Row, file: &Value, read_key: impl Fn(&Value) -> Result<VerificationKey, KeyError>) {
    for group in file["testGroups"].as_array().unwrap() {
        let key = read_key(&group["publicKey"]);
        for test in group["tests"].as_array().unwrap() {
            let name = format!("tcId {}", test["tcId"]);
            let text = |member: &str| hex(test[member].as_str().unwrap());
            let run = || {
                verify(key.as_ref().map_err(|error| error.reason().to_string())?, &text("msg"), &text("sig"))
            };
            if test["result"] == "valid" {
                row.accepts(&name, run);
            } else if key.is_err() {
                row.refuses(&name, "malformed", run);
            } else {
                row.refuses(&name, "signature_invalid", run);
            }
        }
    }
}

/// A key has 32 bytes and a code is whole: other keys have no type here, and a code that is cut is another.
fn macs(row: &mut Row, file: &Value) {
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            let name = format!("tcId {}", test["tcId"]);
            let field = |member: &str| hex(test[member].as_str().unwrap());
            let run = || {
                let key = field("key").try_into().map_err(|_| "a key of another length")?;
                let is_same =
                    digest::constant_time_eq(&digest::hmac_sha256(&key, &field("msg")), &field("tag"));
                if is_same { Ok(()) } else { Err("another code".to_owned()) }
            };
            if test["result"] == "valid" {
                row.accepts(&name, run);
            } else {
                row.refuses(&name, "another code", run);
            }
        }
    }
}

/// Signed again and verified; beside it, each signature over another message, with a bit changed, and of another key.
fn sign_input(row: &mut Row, text: &str) {
    let stranger = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[7; 32]).unwrap();
    for (number, line) in text.lines().enumerate() {
        let fields: Vec<Vec<u8>> = line.split(':').map(hex).collect();
        let (secret, public, message) = (&fields[0][..32], &fields[1], &fields[2]);
        let name = format!("line {}", number + 1);
        let key = VerificationKey::ed25519(public).unwrap();
        let signature = &fields[3][..64];
        row.accepts(&name, || {
            let signer = SigningKey::from_secret_bytes(Algorithm::EdDsa, secret).unwrap();
            same(signer.verification_key(), &key)?;
            same(signer.sign(message).unwrap().as_slice(), signature)?;
            verify(&key, message, signature)
        });
        let longer = [message.as_slice(), &[0]].concat();
        row.refuses(&format!("{name}, a longer message"), "signature_invalid", || {
            verify(&key, &longer, signature)
        });
        let mut changed = signature.to_vec();
        changed[number % 64] ^= 1;
        row.refuses(&format!("{name}, another signature"), "signature_invalid", || {
            verify(&key, message, &changed)
        });
        row.refuses(&format!("{name}, another key"), "signature_invalid", || {
            verify(stranger.verification_key(), message, signature)
        });
    }
}

fn multikeys(row: &mut Row, table: &Value) {
    for entry in table.as_array().unwrap() {
        let text = |member: &str| entry[member].as_str().unwrap();
        let public = text("publicKeyMultibase");
        let algorithm = match text("kty") {
            "Ed25519" => Some(Algorithm::EdDsa),
            "P-256" => Some(Algorithm::Es256),
            "P-384" => Some(Algorithm::Es384),
            _ => None,
        };
        row.refuses(&format!("{public}, its secret"), "malformed", || {
            reason!(multibase::from_multikey(text("secretKeyMultibase")))
        });
        row.refuses(&format!("{public}, a character less"), "malformed", || {
            reason!(multibase::from_multikey(&public[..public.len() - 1]))
        });
        row.accepts(public, || {
            let read = multibase::from_multikey(public).map_err(|error| error.reason().to_string())?;
            same(multibase::to_multikey(&read).as_str(), public)?;
            same(
                portage_jose::Jwk::from_key(read.clone()).thumbprint().as_str(),
                text("jwk_thumbprint_sha256"),
            )?;
            let jwk =
                portage_jose::Jwk::from_value(&entry["publicKeyJwk"]).map_err(|error| error.to_string())?;
            same(jwk.key(), &read)?;
            let secret = hex(text("secret_hex"));
            let key = SigningKey::from_secret_bytes(algorithm.ok_or("alg_not_allowed")?, &secret).unwrap();
            same(key.verification_key(), &read)
        });
    }
}

fn multibases(row: &mut Row, book: &Book) {
    for (file, bytes) in [
        ("basic.csv", &b"yes mani !"[..]),
        ("leading_zero.csv", b"\0yes mani !"),
        ("case_insensitivity.csv", b"hello world"),
    ] {
        let text = book.text(&format!("multibase/{file}"));
        for line in text.lines().skip(1) {
            let (encoding, quoted) = line.split_once(", ").unwrap();
            let encoded = quoted.trim_matches('"');
            let name = format!("{file} {encoding}");
            let base58 = || multibase::decode_base58btc(encoded).map_err(|error| error.reason().to_string());
            let base64 = || multibase::decode_base64url(encoded).map_err(|error| error.reason().to_string());
            if encoding == "base58btc" {
                row.accepts(&name, || {
                    same(multibase::encode_base58btc(bytes).as_str(), encoded)
                        .and(same(base58()?.as_slice(), bytes))
                });
                row.refuses(&format!("{name} as the other"), "malformed", || base64().map(drop));
            } else if encoding == "base64url" {
                row.accepts(&name, || {
                    same(multibase::encode_base64url(bytes).as_str(), encoded)
                        .and(same(base64()?.as_slice(), bytes))
                });
                row.refuses(&format!("{name} as the other"), "malformed", || base58().map(drop));
            } else {
                row.refuses(&name, "malformed", || base58().or_else(|_| base64()).map(drop));
            }
        }
    }
}
