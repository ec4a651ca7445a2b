//! did:jwk: the identifier is base64url of a JWK, byte for byte as its maker wrote it.

use portage_jose::{Jwk, JwkError};
use portage_keys::{VerificationKey, base64url};
use portage_strict_json::{Limits, parse};
use serde_json::Value;

use crate::{
    Did, DidDocument, DidError, DidUrl,
    document::{JWS_2020_CONTEXT, MethodEntry, SIGNING_RELATIONSHIPS},
};

/// The did:jwk of a key (its minimal JWK), and `…#0`.
pub fn did_jwk(key: &VerificationKey) -> (Did, DidUrl) {
    let jwk = Jwk::from_key(key.clone()).to_value().to_string();
    let did = Did::from_method("jwk", &base64url::encode(jwk.as_bytes()));
    let method = DidUrl::from_parts(did.clone(), "0".to_owned());
    (did, method)
}

/// The JWK as it stands there, once it is known to be a public key for signatures.
pub(crate) fn read(identifier: &str) -> Result<Value, DidError> {
    let json = base64url::decode(identifier).map_err(|_| DidError::Malformed("not canonical base64url"))?;
    let jwk = parse(&json, Limits::METADATA).map_err(|_| DidError::Malformed("not the JSON of a JWK"))?;
    match Jwk::from_value(&jwk) {
        Ok(_) => Ok(jwk),
        Err(JwkError::Malformed(what)) => Err(DidError::Malformed(what)),
        Err(JwkError::Unsupported) => Err(DidError::Unsupported),
    }
}

/// The document; `use: sig` takes the key agreement away, a key without `use` and of a curve that can keeps it.
pub(crate) fn document(did: &Did, identifier: &str) -> Result<DidDocument, DidError> {
    const WITH_KEY_AGREEMENT: [&str; 5] =
        ["authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation", "keyAgreement"];
    let jwk = read(identifier)?;
    let agrees_on_keys = jwk.get("use").is_none() && jwk.get("kty").is_some_and(|kty| kty == "EC");
    let method = MethodEntry {
        id: format!("{did}#0"),
        kind: "JsonWebKey2020",
        material: ("publicKeyJwk", jwk),
        relationships: if agrees_on_keys { &WITH_KEY_AGREEMENT } else { &SIGNING_RELATIONSHIPS },
    };
    Ok(DidDocument::of_methods(did, JWS_2020_CONTEXT, &[method]))
}

#[cfg(test)]
mod tests {
    use portage_keys::{Algorithm, Signer, SigningKey};
    use portage_reason::Reason;
    use serde_json::json;

    use super::*;
    use crate::{DocumentError, LoopbackOrigins, Relationship, Resolution};

    fn did_of(json: &str) -> Result<Did, DidError> {
        Did::parse(&format!("did:jwk:{}", base64url::encode(json.as_bytes())))
    }

    fn resolve(did: &Did) -> DidDocument {
        match did.resolution(&LoopbackOrigins::default()).unwrap() {
            Resolution::Document(document) => *document,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_written_is_the_key_read() {
        for algorithm in Algorithm::ALL {
            let key = SigningKey::from_secret_bytes(algorithm, &vec![5; algorithm.secret_length()]).unwrap();
            let (did, method) = did_jwk(key.verification_key());
            assert_eq!(method.to_string(), format!("{did}#0"));
            let document = resolve(&Did::parse(did.as_str()).unwrap());
            let read = document.key_for(&method, Relationship::Authentication).unwrap();
            assert_eq!(&read, key.verification_key());
        }
    }

    #[test]
    fn the_kid_is_ignored_and_the_one_fragment_is_0() {
        let did = did_of(
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k","use":"sig"}"#,
        )
        .unwrap();
        let document = resolve(&did);
        assert!(document.key_for(&did.with_fragment("0").unwrap(), Relationship::AssertionMethod).is_ok());
        for fragment in ["k", "1", "key-1"] {
            let url = did.with_fragment(fragment).unwrap();
            assert_eq!(
                document.key_for(&url, Relationship::AssertionMethod),
                Err(DocumentError::KeyNotFound)
            );
        }
        assert_eq!(document.to_value().get("keyAgreement"), None);
    }

    #[test]
    fn t14_a_private_key_or_doubtful_json_is_malformed() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        for json in [
            json!({"kty": "OKP", "crv": "Ed25519", "x": x, "d": x}).to_string(),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","x":"{x}"}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}}}"#),
            "{}".to_owned(),
            "[]".to_owned(),
            "not json".to_owned(),
        ] {
            assert_eq!(did_of(&json).unwrap_err().reason(), Reason::Malformed, "{json}");
        }
        let encryption = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "use": "enc"}).to_string();
        assert_eq!(did_of(&encryption), Err(DidError::Unsupported));
        assert!(matches!(Did::parse("did:jwk:e30="), Err(DidError::Malformed(_))));
    }
}
