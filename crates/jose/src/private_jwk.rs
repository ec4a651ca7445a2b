use portage_keys::{Algorithm, Signer, SigningKey, base64url};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    JwkError,
    jwk::{Jwk, key_members},
};

/// The private JWK of a key as JSON text, for a key file with mode 0600.
pub fn private_jwk(key: &SigningKey) -> Zeroizing<String> {
    let d = Zeroizing::new(base64url::encode(key.dangerous_secret_bytes()));
    // Room for all of it: a text that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(512));
    text.push('{');
    for (name, value) in key_members(key.verification_key()) {
        text.extend(["\"", name, "\":\"", &value, "\","]);
    }
    text.extend(["\"d\":\"", &d, "\"}"]);
    text
}

/// Reads a private JWK; the public members must belong to `d`. The text is our own key file: escapes in it are not needed and
/// not read, so that no copy of the secret is made on the way.
///
/// # Errors
/// [`JwkError`].
pub fn signing_key_from_private_jwk(text: &str) -> Result<SigningKey, JwkError> {
    let jwk: PrivateJwk<'_> =
        serde_json::from_str(text).map_err(|_| JwkError::Malformed("not the JSON of a private JWK"))?;
    let algorithm = match (jwk.kty, jwk.crv) {
        ("OKP", "Ed25519") => Algorithm::EdDsa,
        ("EC", "P-256") => Algorithm::Es256,
        ("EC", "P-384") => Algorithm::Es384,
        _ => return Err(JwkError::Unsupported),
    };
    let d = base64url::decode(jwk.d).map(Zeroizing::new);
    let d = d.map_err(|_| JwkError::Malformed("d is not canonical base64url"))?;
    let key = SigningKey::from_secret_bytes(algorithm, &d)?;

    let public = Jwk::from_key(key.verification_key().clone()).to_value();
    if public["x"] != jwk.x || public.get("y").and_then(|y| y.as_str()) != jwk.y {
        return Err(JwkError::Malformed("the public members do not belong to d"));
    }
    Ok(key)
}

#[derive(Deserialize)]
struct PrivateJwk<'t> {
    kty: &'t str,
    crv: &'t str,
    x: &'t str,
    y: Option<&'t str>,
    d: &'t str,
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;

    #[test]
    fn a_key_written_is_the_key_read() {
        for algorithm in Algorithm::ALL {
            let key = SigningKey::from_secret_bytes(algorithm, &vec![9; algorithm.secret_length()]).unwrap();
            let read = signing_key_from_private_jwk(&private_jwk(&key)).unwrap();
            assert_eq!(read.dangerous_secret_bytes(), key.dangerous_secret_bytes());
            assert_eq!(read.verification_key(), key.verification_key());
        }
    }

    #[test]
    fn the_private_key_of_rfc_8037_is_read() {
        let text = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"sig"}"#;
        assert!(signing_key_from_private_jwk(text).is_ok());
    }

    #[test]
    fn members_that_do_not_belong_together_are_malformed() {
        let one = private_jwk(&SigningKey::from_secret_bytes(Algorithm::Es256, &[1; 32]).unwrap());
        let two = private_jwk(&SigningKey::from_secret_bytes(Algorithm::Es256, &[2; 32]).unwrap());
        let (public, _) = one.split_once("\"d\"").unwrap();
        let (_, secret) = two.split_once("\"d\"").unwrap();
        let mixed = format!("{public}\"d\"{secret}");
        assert!(matches!(signing_key_from_private_jwk(&mixed), Err(JwkError::Malformed(_))));

        for text in [
            "",
            "{}",
            "[]",
            &one.replace("P-256", "P-521"),
            &one.replace("P-256", "P-384"),
            &one.replace("\"d\":\"", "\"d\":\"A"),
        ] {
            assert!(signing_key_from_private_jwk(text).is_err(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn one_changed_character_is_read_without_a_panic(at in any::<prop::sample::Index>(), other in "[ -~é]") {
            let mut text = private_jwk(&SigningKey::from_secret_bytes(Algorithm::Es256, &[1; 32]).unwrap()).to_string();
            let at = at.index(text.len());
            text.replace_range(at..=at, &other);
            let _ = signing_key_from_private_jwk(&text);
        }
    }
}
