//! Key agreement, AES-GCM and JSON Web Encryption.

use portage_jose::{EncryptedMessage, EncryptionJwk, JwkError};
use portage_keys::{
    AgreementKey, AgreementPublicKey,
    aead::{self, Sealed},
    base64url,
    digest::sha256,
};
use portage_oid4vp::AuthorizationResponse;
use serde_json::Value;

use crate::book::{Book, Outcome, Row, hex, same};

pub(crate) fn run(book: &Book) {
    book.family("Wycheproof ECDH P-256", "keys", |row| {
        v37_agreement(row, &book.json("wycheproof/ecdh_secp256r1_webcrypto_test.json"));
    });
    book.family("Wycheproof AES-GCM", "keys", |row| aes_gcm(row, &book.json("wycheproof/aes_gcm_test.json")));
    book.family("Wycheproof JWE", "jose", |row| {
        v37_wycheproof(row, &book.lenient_json("wycheproof/json_web_encryption_test.json"));
    });
    book.family("JOSE cookbook: encryption", "jose", |row| cookbook(row, book));
    book.family("OpenID4VP encrypted response", "oid4vp", |row| response(row, book));
}

fn bytes(value: &Value) -> Vec<u8> {
    base64url::decode(value.as_str().unwrap_or_default()).unwrap_or_default()
}

fn private(jwk: &Value) -> Result<AgreementKey, String> {
    AgreementKey::from_secret_bytes(&bytes(&jwk["d"])).map_err(|error| error.reason().to_string())
}

/// The shared secret is not shown; the 32 bytes that the Concat KDF makes of it are one digest (NIST SP 800-56A §5.8.1).
fn v37_agreement(row: &mut Row, file: &Value) {
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            let run = || {
                let public = &test["public"];
                if public["crv"] != "P-256" {
                    return Err("alg_not_allowed".to_owned());
                }
                let public = AgreementPublicKey::from_coordinates(&bytes(&public["x"]), &bytes(&public["y"]));
                let public = public.map_err(|error| error.reason().to_string())?;
                let derived = private(&test["private"])?.derive(&public, b"info", 32).unwrap();
                let shared = hex(test["shared"].as_str().unwrap());
                let expected = sha256(&[&[0, 0, 0, 1], shared.as_slice(), b"info"].concat());
                same(derived.as_slice(), expected.as_slice())
            };
            let name = format!("tcId {}", test["tcId"]);
            let is_p256 = test["public"]["crv"] == "P-256";
            match (test["result"] == "valid", is_p256) {
                (true, _) => row.accepts(&name, run),
                (false, true) => row.refuses(&name, "malformed", run),
                (false, false) => row.refuses(&name, "alg_not_allowed", run),
            }
        }
    }
}

/// Keys of 192 bits and IVs of other lengths are not used here.
fn aes_gcm(row: &mut Row, file: &Value) {
    for group in file["testGroups"].as_array().unwrap() {
        let is_used = group["ivSize"] == 96 && (group["keySize"] == 128 || group["keySize"] == 256);
        for test in group["tests"].as_array().unwrap() {
            let text = |name: &str| hex(test[name].as_str().unwrap());
            let run = || {
                let iv = text("iv").try_into().map_err(|_| "unsupported".to_owned())?;
                let tag = text("tag").try_into().map_err(|_| "unsupported".to_owned())?;
                if ![16, 32].contains(&text("key").len()) {
                    return Err("unsupported".to_owned());
                }
                let sealed = Sealed { iv, ciphertext: text("ct"), tag };
                let opened = aead::open(&text("key"), &text("aad"), &sealed);
                same(opened.map_err(|_| "not opened".to_owned())?, text("msg"))
            };
            let name = format!("tcId {}", test["tcId"]);
            match (is_used, test["result"] == "valid") {
                (true, true) => row.accepts(&name, run),
                (true, false) => row.refuses(&name, "not opened", run),
                (false, _) => row.refuses(&name, "unsupported", run),
            }
        }
    }
}

fn decrypt(compact: &str, key: &AgreementKey) -> Result<Vec<u8>, String> {
    let message = EncryptedMessage::parse(compact).map_err(|error| error.reason().to_string())?;
    message.decrypt(key).map(|opened| opened.to_vec()).map_err(|error| error.reason().to_string())
}

/// Key wrapping, RSA, CBC and 192 bits are not on our list: what says so in its header is refused before a key is looked at.
fn v37_wycheproof(row: &mut Row, file: &Value) {
    let any = AgreementKey::from_secret_bytes(&[7; 32]).unwrap();
    for group in file["testGroups"].as_array().unwrap() {
        let jwk = &group["private"];
        let own = (jwk["alg"] == "ECDH-ES").then(|| private(jwk).unwrap());
        for test in group["tests"].as_array().unwrap() {
            let name = format!("tcId {}", test["tcId"]);
            let Some(jwe) = test["jwe"].as_str() else {
                row.refuses(&name, "not compact", || Err("not compact".to_owned()));
                continue;
            };
            let run = || {
                let opened = decrypt(jwe, own.as_ref().unwrap_or(&any))?;
                same(opened, hex(test["pt"].as_str().unwrap_or_default()))
            };
            if own.is_some() && test["result"] == "valid" && test["enc"] == "A256GCM" {
                row.accepts(&name, run);
            } else {
                let is_read = EncryptedMessage::parse(jwe).err().map(|error| error.reason().to_string());
                let reason = match is_read.as_deref() {
                    Some("malformed") => "malformed",
                    _ => "alg_not_allowed",
                };
                row.refuses(&name, reason, run);
            }
        }
    }
}

fn cookbook(row: &mut Row, book: &Book) {
    let any = AgreementKey::from_secret_bytes(&[7; 32]).unwrap();
    for name in book.names("jose-cookbook/jwe") {
        let file = book.json(&format!("jose-cookbook/jwe/{name}"));
        let compact = file["output"]["compact"].as_str();
        // The JSON serialization is not read at all.
        let reason = if compact.is_some() { "alg_not_allowed" } else { "malformed" };
        let text = compact.map_or_else(|| file["output"]["json"].to_string(), str::to_owned);
        row.refuses(&name, reason, || decrypt(&text, &any).map(drop));
    }
    let nested = book.json("jose-cookbook/6.nesting_signatures_and_encryption.json");
    let text = nested["encrypt"]["output"]["compact"].as_str().unwrap_or_default().to_owned();
    row.refuses("nested", "alg_not_allowed", || decrypt(&text, &any).map(drop));
}

fn response(row: &mut Row, book: &Book) {
    let example = book.json("openid4vp-1.0-examples/encrypted-response.json");
    let jwe = example["jwe"].as_str().unwrap();
    let key = private(&example["private_jwk"]).unwrap();
    row.accepts("8.3, the key", || {
        let mut jwk = example["private_jwk"].clone();
        jwk.as_object_mut().unwrap().remove("d");
        let read = EncryptionJwk::from_value(&jwk).map_err(|error| error.reason().to_string())?;
        same(read.key(), &key.public_key())
    });
    row.refuses("8.3, the private key", "malformed", || {
        EncryptionJwk::from_value(&example["private_jwk"])
            .map(drop)
            .map_err(|error: JwkError| error.reason().to_string())
    });
    row.accepts("8.3", || {
        let content = decrypt(jwe, &key)?;
        let read: Value = serde_json::from_slice(&content).unwrap();
        same(&read, &example["payload"])?;
        let response = AuthorizationResponse::parse_decrypted(&content);
        match response.map_err(|error| error.reason().to_string())? {
            AuthorizationResponse::Success { vp_token, .. } => {
                same(&vp_token.to_value(), &example["payload"]["vp_token"])
            }
            AuthorizationResponse::Error(_) => Err("an error".to_owned()),
        }
    });
    let other = AgreementKey::from_secret_bytes(&[7; 32]).unwrap();
    row.refuses("8.3, another key", "key_mismatch", || decrypt(jwe, &other).map(drop));
    let changed = |from: &str, to: &str| -> Outcome { decrypt(&jwe.replace(from, to), &key).map(drop) };
    row.refuses("8.3, one character", "key_mismatch", || changed("yVzlGSYG", "yVzlGSYH"));
    row.refuses("8.3, cut", "malformed", || changed(".1wR024_3-qtAlx1oFIUpQQ", ""));
}
