//! Other people's vectors: Wycheproof, the Ed25519 reference's `sign.input`, multibase; and our Multikey table.

use serde_json::Value;

use crate::{Algorithm, KeyError, Signer, SigningKey, VerificationKey, multibase};

/// A file of `../shared/vectors`, which stands beside the project; without it the test says so and passes.
fn vectors(path: &str) -> Option<String> {
    let file = format!("{}/../../../shared/vectors/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).ok();
    if text.is_none() {
        println!("left out: {file} is not there");
    }
    text
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Runs each Wycheproof test of each group; a key that is refused counts as a signature that is refused.
fn assert_wycheproof(file: &Value, read_key: impl Fn(&Value) -> Option<VerificationKey>) -> [usize; 2] {
    let mut counts = [0, 0];
    for group in file["testGroups"].as_array().unwrap() {
        let key = read_key(&group["publicKey"]);
        for test in group["tests"].as_array().unwrap() {
            let message = hex(test["msg"].as_str().unwrap());
            let signature = hex(test["sig"].as_str().unwrap());
            let accepted = key.as_ref().is_some_and(|key| key.verify(&message, &signature).is_ok());
            assert_eq!(accepted, test["result"] == "valid", "tcId {}: {}", test["tcId"], test["comment"]);
            counts[usize::from(accepted)] += 1;
        }
    }
    counts
}

#[test]
fn v15_wycheproof_ed25519() {
    let Some(text) = vectors("wycheproof/ed25519_test.json") else { return };
    let counts = assert_wycheproof(&json(&text), |key| {
        VerificationKey::ed25519(&hex(key["pk"].as_str().unwrap())).ok()
    });
    assert_eq!(counts, [41, 59]);
}

#[test]
fn v14_wycheproof_p256_with_raw_r_and_s() {
    let Some(text) = vectors("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json") else { return };
    let counts = assert_wycheproof(&json(&text), |key| {
        let point = hex(key["uncompressed"].as_str().unwrap());
        VerificationKey::p256(&point[1..33], &point[33..]).ok()
    });
    assert_eq!(counts, [63, 121]);
}

#[test]
fn ed25519_signs_and_verifies_the_reference_inputs() {
    let Some(text) = vectors("ed25519-signatures/sign.input") else { return };
    for line in text.lines() {
        let fields: Vec<Vec<u8>> = line.split(':').map(hex).collect();
        let (secret, public, message) = (&fields[0][..32], &fields[1], &fields[2]);
        let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, secret.try_into().unwrap()).unwrap();
        let signature = key.sign(message).unwrap();

        assert_eq!(key.verification_key(), &VerificationKey::ed25519(public).unwrap());
        assert_eq!(signature, fields[3][..64]);
        assert_eq!(key.verification_key().verify(message, &signature), Ok(()));
        let mut longer = message.clone();
        longer.push(0);
        assert!(key.verification_key().verify(&longer, &signature).is_err());
    }
}

#[test]
fn multikeys_of_known_secrets() {
    let Some(text) = vectors("own/multikey/keys.json") else { return };
    let mut read = 0;
    for entry in json(&text).as_array().unwrap() {
        let public = entry["publicKeyMultibase"].as_str().unwrap();
        assert!(multibase::from_multikey(entry["secretKeyMultibase"].as_str().unwrap()).is_err());
        let algorithm = match entry["kty"].as_str().unwrap() {
            "Ed25519" => Algorithm::EdDsa,
            "P-256" => Algorithm::Es256,
            _ => {
                assert_eq!(multibase::from_multikey(public), Err(KeyError::Unsupported));
                continue;
            }
        };
        let secret = hex(entry["secret_hex"].as_str().unwrap());
        let key = SigningKey::from_secret_bytes(algorithm, &secret.try_into().unwrap()).unwrap();
        assert_eq!(multibase::to_multikey(key.verification_key()), public);
        assert_eq!(&multibase::from_multikey(public).unwrap(), key.verification_key());
        read += 1;
    }
    assert_eq!(read, 6);
}

#[test]
fn multibase_texts_of_the_multiformats_project() {
    for (file, bytes) in [("basic.csv", &b"yes mani !"[..]), ("leading_zero.csv", b"\0yes mani !")] {
        let Some(text) = vectors(&format!("multibase/{file}")) else { return };
        for line in text.lines().skip(1) {
            let (encoding, quoted) = line.split_once(", ").unwrap();
            let encoded = quoted.trim_matches('"');
            match encoding {
                "base58btc" => {
                    assert_eq!(multibase::encode_base58btc(bytes), encoded);
                    assert_eq!(multibase::decode_base58btc(encoded).unwrap(), bytes);
                }
                "base64url" => {
                    assert_eq!(multibase::encode_base64url(bytes), encoded);
                    assert_eq!(multibase::decode_base64url(encoded).unwrap(), bytes);
                }
                _ => {
                    assert!(multibase::decode_base58btc(encoded).is_err());
                    assert!(multibase::decode_base64url(encoded).is_err());
                }
            }
        }
    }
}
