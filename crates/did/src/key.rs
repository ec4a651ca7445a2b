//! did:key v0.9: the identifier is the Multikey itself.

use portage_keys::{KeyError, VerificationKey, multibase};

use crate::{
    Did, DidDocument, DidError, DidUrl,
    document::{MULTIKEY_CONTEXT, MethodEntry, SIGNING_RELATIONSHIPS},
};

/// The did:key of a key, and the DID URL of its one verification method.
pub fn did_key(key: &VerificationKey) -> (Did, DidUrl) {
    let multikey = multibase::to_multikey(key);
    let did = Did::from_method("key", &multikey);
    let method = DidUrl::from_parts(did.clone(), multikey);
    (did, method)
}

pub(crate) fn read(identifier: &str) -> Result<VerificationKey, DidError> {
    multibase::from_multikey(identifier).map_err(|error| match error {
        KeyError::Malformed(what) => DidError::Malformed(what),
        KeyError::Unsupported => DidError::Unsupported,
    })
}

/// The document, with the key as a Multikey: of the formats that the draft leaves open the one that needs no other specification. No
/// X25519 key is derived.
pub(crate) fn document(did: &Did, identifier: &str) -> DidDocument {
    let method = MethodEntry {
        id: format!("{did}#{identifier}"),
        kind: "Multikey",
        material: ("publicKeyMultibase", identifier.into()),
        relationships: &SIGNING_RELATIONSHIPS,
    };
    DidDocument::of_methods(did, MULTIKEY_CONTEXT, &[method])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{LoopbackOrigins, Relationship, Resolution};

    fn resolve(did: &str) -> DidDocument {
        match Did::parse(did).unwrap().resolution(&LoopbackOrigins::default()).unwrap() {
            Resolution::Document(document) => *document,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_document_follows_from_the_identifier() {
        let did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
        let method = format!("{did}#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
        let document = resolve(did);
        assert_eq!(
            document.to_value(),
            &json!({
                "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
                "id": did,
                "verificationMethod": [{
                    "id": method,
                    "type": "Multikey",
                    "controller": did,
                    "publicKeyMultibase": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
                }],
                "authentication": [method],
                "assertionMethod": [method],
                "capabilityInvocation": [method],
                "capabilityDelegation": [method],
            })
        );
        let url = DidUrl::parse(&method).unwrap();
        let key = document.key_for(&url, Relationship::AssertionMethod).unwrap();
        assert_eq!(did_key(&key), (Did::parse(did).unwrap(), url));
    }
}
