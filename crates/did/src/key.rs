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
    use portage_keys::Algorithm;
    use portage_reason::Reason;
    use serde_json::json;

    use super::*;
    use crate::{LoopbackOrigins, Relationship, Resolution, tests::vectors};

    fn resolve(did: &str) -> DidDocument {
        match Did::parse(did).unwrap().resolution(&LoopbackOrigins::default()).unwrap() {
            Resolution::Document(document) => *document,
            Resolution::Fetch(url) => panic!("{url}"),
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

    #[test]
    fn identifiers_of_the_method_s_own_vectors_are_read() {
        for (file, kind) in
            [("ed25519-x25519.json", Algorithm::EdDsa), ("nist-curves.json", Algorithm::Es256)]
        {
            let Some(entries) = vectors(&format!("did-key/{file}")) else { return };
            let mut read = 0;
            for did in entries.as_object().unwrap().keys() {
                match Did::parse(did) {
                    Ok(did) => {
                        let keys = resolve(did.as_str()).keys_for(Relationship::Authentication);
                        assert_eq!(keys.len(), 1);
                        assert_eq!(keys[0].1.algorithm(), kind);
                        assert_eq!(did_key(&keys[0].1).0, did);
                        read += 1;
                    }
                    Err(error) => {
                        assert_eq!(error, DidError::Unsupported, "{did}");
                        assert!(!did.starts_with("did:key:z6Mk") && !did.starts_with("did:key:zDn"), "{did}");
                    }
                }
            }
            assert!(read > 0, "{file}");
        }
    }

    #[test]
    fn key_bytes_of_the_method_s_own_vectors_come_out() {
        let Some(entries) = vectors("did-key/nist-curves.json") else { return };
        for (did, entry) in entries.as_object().unwrap() {
            let jwk = &entry["verificationMethod"]["publicKeyJwk"];
            if jwk["crv"] == "P-256" {
                let keys = resolve(did).keys_for(Relationship::AssertionMethod);
                let written = portage_jose::Jwk::from_key(keys[0].1.clone()).to_value();
                assert_eq!((&written["x"], &written["y"]), (&jwk["x"], &jwk["y"]));
            }
        }
    }

    #[test]
    fn t14_a_private_key_is_no_identifier() {
        let Some(table) = vectors("own/multikey/keys.json") else { return };
        for entry in table.as_array().unwrap() {
            let secret = entry["secretKeyMultibase"].as_str().unwrap();
            let error = Did::parse(&format!("did:key:{secret}")).unwrap_err();
            assert_eq!(error.reason(), Reason::Malformed);
            let public = Did::parse(entry["did_key"].as_str().unwrap());
            assert_eq!(public.is_ok(), entry["kty"] != "P-384");
        }
    }
}
