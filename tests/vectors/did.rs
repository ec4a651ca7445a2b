//! Decentralized identifiers that need no network: did:key and did:jwk; and the address of a did:web.

use portage_did::{Did, DidDocument, LoopbackOrigins, Relationship, Resolution, did_key};
use portage_jose::Jwk;
use portage_keys::{VerificationKey, multibase};
use serde_json::Value;

use crate::book::{Book, Outcome, Row, reason, same};

pub(crate) fn run(book: &Book) {
    book.family("did:key", "did", |row| {
        for file in ["ed25519-x25519", "nist-curves", "x25519"] {
            did_keys(row, &book.json(&format!("did-key/{file}.json")));
        }
        for entry in book.json("own/multikey/keys.json").as_array().unwrap() {
            let text = |member: &str| entry[member].as_str().unwrap();
            row.accepts(text("did_key"), || did_key_of(text("did_key"), &entry["publicKeyJwk"]));
            let secret = format!("did:key:{}", text("secretKeyMultibase"));
            row.refuses(&format!("{}, its secret", text("did_key")), "malformed", || {
                reason!(Did::parse(&secret))
            });
        }
    });
    book.family("did:jwk", "did", |row| {
        let example = book.json("did-jwk/example-0.json");
        let did = example["did"].as_str().unwrap();
        row.accepts(did, || same(resolve(did)?.to_value(), &example["didDocument"]));
        for entry in book.json("own/multikey/keys.json").as_array().unwrap() {
            let did = entry["did_jwk"].as_str().unwrap();
            row.accepts(did, || {
                same(did_key(&key_of(did)?).0.as_str(), entry["did_key"].as_str().unwrap())?;
                same(Jwk::from_key(key_of(did)?).thumbprint().into(), entry["jwk_thumbprint_sha256"].clone())
            });
            row.refuses(&format!("{did}, padded"), "malformed", || resolve(&format!("{did}=")).map(drop));
        }
    });
    book.family("did:web", "did", |row| {
        for entry in book.json("own/did-web/transform.json").as_array().unwrap() {
            let did = entry["did"].as_str().unwrap();
            match entry["url"].as_str() {
                Some(url) => row.accepts(did, || same(address(did)?.as_str(), url)),
                // An address by number is an identifier that leads nowhere we go; the others are no identifiers.
                None if did.contains("127.0.0.1") => {
                    row.refuses(did, "address_not_allowed", || address(did).map(drop))
                }
                None => row.refuses(did, "malformed", || address(did).map(drop)),
            }
        }
    });
}

fn resolve(did: &str) -> Result<DidDocument, String> {
    let did = Did::parse(did).map_err(|error| error.reason().to_string())?;
    match did.resolution(&LoopbackOrigins::default()).map_err(|error| error.reason().to_string())? {
        Resolution::Document(document) => Ok(*document),
        Resolution::Fetch(_) | Resolution::Log(_) => Err("an address".to_owned()),
    }
}

fn address(did: &str) -> Result<String, String> {
    let did = Did::parse(did).map_err(|error| error.reason().to_string())?;
    match did.resolution(&LoopbackOrigins::default()).map_err(|error| error.reason().to_string())? {
        Resolution::Document(_) | Resolution::Log(_) => Err("a document".to_owned()),
        Resolution::Fetch(url) => Ok(url.into()),
    }
}

fn key_of(did: &str) -> Result<VerificationKey, String> {
    let mut keys = resolve(did)?.keys_for(Relationship::AssertionMethod);
    Ok(keys.pop().ok_or("no key")?.1)
}

/// The key's bytes are those printed, and lead back to the identifier.
fn did_key_of(did: &str, jwk: &Value) -> Outcome {
    let key = key_of(did)?;
    same(did_key(&key).0.as_str(), did)?;
    let written = Jwk::from_key(key).to_value();
    same([&written["x"], &written["y"]], [&jwk["x"], &jwk["y"]])
}

/// The documents printed have an older shape: the identifiers and the key bytes count.
fn did_keys(row: &mut Row, entries: &Value) {
    let entries = entries.get("didDocument").filter(|inner| inner.get("id").is_none()).unwrap_or(entries);
    for (did, entry) in entries.as_object().unwrap() {
        let printed = [&entry["verificationMethod"], &entry["verificationKeyPair"]]
            .into_iter()
            .find(|key| key.is_object());
        row.accepts(did, || {
            let key = key_of(did)?;
            same(did_key(&key).0.as_str(), did)?;
            let printed = printed.ok_or("no key is printed")?;
            if let Some(jwk) = printed.get("publicKeyJwk") {
                return did_key_of(did, jwk);
            }
            let base58 = printed["publicKeyBase58"].as_str().ok_or("no key is printed")?;
            let bytes =
                multibase::decode_base58btc(&format!("z{base58}")).map_err(|error| error.to_string())?;
            // The Multikey is two bytes that say what it is, and then those printed.
            let multikey = multibase::decode_base58btc(&multibase::to_multikey(&key))
                .map_err(|error| error.to_string())?;
            same(&multikey[2..], bytes.as_slice())
        });
    }
}
