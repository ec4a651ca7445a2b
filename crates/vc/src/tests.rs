//! What the tests share.

mod credential;
mod jose;
mod presentation;
mod properties;

use serde_json::{Map, Value, json};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => panic!("not an object"),
    }
}

fn credential() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://city.example/licence/v1"],
        "type": ["VerifiableCredential", "BusinessLicence"],
        "issuer": "did:web:city.example",
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2026-12-31T23:59:59-08:00",
        "credentialStatus": [
            { "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "7", "statusListCredential": "https://city.example/s/1" },
            { "type": "BitstringStatusListEntry", "statusPurpose": "suspension", "statusListIndex": "7", "statusListCredential": "https://city.example/s/2" },
        ],
        "credentialSubject": { "id": "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj", "trade_name": "Salt & Cedar" },
    })
}

/// A copy with the member at `pointer` set; `undefined()` removes it.
fn with(document: &Value, pointer: &str, value: Option<Value>) -> Map<String, Value> {
    let mut changed = document.clone();
    let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
    let parent = changed.pointer_mut(parent).expect("the parent").as_object_mut().expect("an object");
    match value {
        Some(value) => parent.insert(member.to_owned(), value),
        None => parent.remove(member),
    };
    object(changed)
}
