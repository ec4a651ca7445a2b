//! One change to something that is accepted.

use portage_catalog::Format;
use portage_keys::base64url;
use portage_testkit::world::{World, decode_jwt, verdict};
use portage_verification::Outcome;
use serde_json::{Map, Value};

/// Applies a change to the issuer's JWT of a compact credential, SD-JWT or not.
pub(crate) fn on_jwt(credential: &str, change: impl Fn(&str) -> String) -> String {
    match credential.split_once('~') {
        Some((jwt, rest)) => format!("{}~{rest}", change(jwt)),
        None => change(credential),
    }
}

/// Applies a change to the KB-JWT.
pub(crate) fn on_key_binding(presentation: &str, change: impl Fn(&str) -> String) -> String {
    let (sd_jwt, key_binding) = presentation.rsplit_once('~').unwrap();
    format!("{sd_jwt}~{}", change(key_binding))
}

/// Another header, the signature left as it is.
pub(crate) fn with_header(jwt: &str, change: impl Fn(&mut Map<String, Value>)) -> String {
    let (mut header, _) = decode_jwt(jwt);
    change(header.as_object_mut().unwrap());
    with_part(jwt, 0, header.to_string().as_bytes())
}

/// Another part of the three.
pub(crate) fn with_part(jwt: &str, place: usize, bytes: &[u8]) -> String {
    let encoded = base64url::encode(bytes);
    let mut parts: Vec<&str> = jwt.split('.').collect();
    parts[place] = &encoded;
    parts.join(".")
}

/// Another signature, made from the one that is there.
pub(crate) fn with_signature(jwt: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> String {
    let signature = base64url::decode(jwt.rsplit('.').next().unwrap()).unwrap();
    with_part(jwt, 2, &change(signature))
}

/// A change in JSON text.
pub(crate) fn edit(json: &str, change: impl Fn(&mut Value)) -> String {
    let mut value = serde_json::from_str(json).unwrap();
    change(&mut value);
    value.to_string()
}

/// The formats with a JOSE header.
pub(crate) const JOSE_FORMATS: [(Format, &str); 3] =
    [World::EVERY_FORMAT[0], World::EVERY_FORMAT[1], World::EVERY_FORMAT[2]];

#[track_caller]
pub(crate) fn assert_verdict(outcome: &Outcome, expected: &str) {
    assert_eq!(verdict(outcome), expected);
}
