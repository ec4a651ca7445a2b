//! `relatedResource` (VCDM 2.0 §5.3): what the issuer means by an address, by its digest.

use portage_keys::{digest::HashAlgorithm, multibase};
use serde_json::{Map, Value};

use crate::{CredentialError, rules};

const NO_DIGEST: CredentialError = CredentialError::Malformed("a digest that is none");

/// One related resource and its digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedResource {
    /// `id`: the address.
    pub id: String,
    digests: Vec<Digest>,
}

/// Any one of several fits (Subresource Integrity §3.3.4), all of the strongest function.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Digest {
    algorithm: HashAlgorithm,
    values: Vec<Vec<u8>>,
}

impl RelatedResource {
    /// Every `relatedResource` of a document.
    ///
    /// # Errors
    /// [`CredentialError::Malformed`]: no `id`, one `id` twice, no digest, or one that cannot be read.
    pub fn read_all(document: &Map<String, Value>) -> Result<Vec<Self>, CredentialError> {
        let mut read: Vec<Self> = Vec::new();
        for object in rules::objects(document, "relatedResource")? {
            let resource = Self::read(object)?;
            if read.iter().any(|other| other.id == resource.id) {
                return Err(CredentialError::Malformed("the same `relatedResource` twice"));
            }
            read.push(resource);
        }
        Ok(read)
    }

    /// One object with `id` and at least one digest.
    ///
    /// # Errors
    /// [`CredentialError::Malformed`].
    pub fn read(object: &Map<String, Value>) -> Result<Self, CredentialError> {
        rules::optional_id(object)?;
        let id = object.get("id").and_then(Value::as_str);
        let id = id.ok_or(CredentialError::Malformed("a `relatedResource` without `id`"))?.to_owned();
        let sri = digest(object, "digestSRI", sri)?;
        let multibase = digest(object, "digestMultibase", multihash)?;
        let digests: Vec<_> = sri.into_iter().chain(multibase).collect();
        if digests.is_empty() {
            return Err(CredentialError::Malformed("a `relatedResource` without its digest"));
        }
        Ok(RelatedResource { id, digests })
    }

    /// Whether these bytes are the resource: every digest fits.
    pub fn fits(&self, bytes: &[u8]) -> bool {
        self.digests.iter().all(|digest| digest.values.contains(&digest.algorithm.digest(bytes)))
    }
}

fn digest(
    object: &Map<String, Value>,
    name: &str,
    read: fn(&str) -> Option<Digest>,
) -> Result<Option<Digest>, CredentialError> {
    match object.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().and_then(read).map(Some).ok_or(NO_DIGEST),
    }
}

/// `sha384-<base64>`, one or several with white space between them (Subresource Integrity §3.5).
fn sri(text: &str) -> Option<Digest> {
    let mut strongest: Option<Digest> = None;
    for one in text.split_ascii_whitespace() {
        let (name, value) = one.split_once('-')?;
        let value = value.split_once('?').map_or(value, |(value, _)| value);
        let algorithm = match name {
            "sha256" => HashAlgorithm::Sha256,
            "sha384" => HashAlgorithm::Sha384,
            "sha512" => HashAlgorithm::Sha512,
            _ => return None,
        };
        let value = base64(value)?;
        if value.len() != algorithm.digest(b"").len() {
            return None;
        }
        match &mut strongest {
            Some(digest) if digest.algorithm == algorithm => digest.values.push(value),
            Some(digest) if value.len() < digest.values.first().map_or(0, Vec::len) => {}
            _ => strongest = Some(Digest { algorithm, values: vec![value] }),
        }
    }
    strongest
}

/// Base64 with its own alphabet, padded or not.
fn base64(text: &str) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    if text.len() - bare.len() > 2 || bare.contains(['-', '_']) {
        return None;
    }
    portage_keys::base64url::decode(&bare.replace('+', "-").replace('/', "_")).ok()
}

/// A multihash in multibase `z` or `u` (VC-DI 1.0 §2.6): the function's code, the length, the digest.
fn multihash(text: &str) -> Option<Digest> {
    let bytes = match text.as_bytes().first()? {
        // Decoding base58 costs the square of the length: 64 bytes and their head take 91.
        b'z' if text.len() <= 128 => multibase::decode_base58btc(text).ok()?,
        b'u' => multibase::decode_base64url(text).ok()?,
        _ => return None,
    };
    let (algorithm, length) = match bytes.get(..2)? {
        [0x12, 32] => (HashAlgorithm::Sha256, 32),
        [0x13, 64] => (HashAlgorithm::Sha512, 64),
        [0x20, 48] => (HashAlgorithm::Sha384, 48),
        _ => return None,
    };
    let value = bytes.get(2..)?.to_vec();
    (value.len() == length).then(|| Digest { algorithm, values: vec![value] })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// SHA-256 and SHA-384 of `hello`.
    const SHA256: &str = "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    const MULTIHASH: &str = "uEiAs8k26X7CjDiboOyrFueKeGxYeXB-nQl5zBDNik4uYJA";

    fn read(resource: Value) -> Result<Vec<RelatedResource>, CredentialError> {
        RelatedResource::read_all(&Map::from_iter([("relatedResource".to_owned(), resource)]))
    }

    fn one(members: Value) -> Result<RelatedResource, CredentialError> {
        let mut resource = json!({ "id": "https://city.example/logo" });
        for (name, value) in members.as_object().expect("members") {
            resource[name] = value.clone();
        }
        read(resource).map(|mut all| all.remove(0))
    }

    #[test]
    fn a_resource_fits_every_digest_that_its_issuer_gave() {
        for members in [
            json!({ "digestSRI": SHA256 }),
            json!({ "digestMultibase": MULTIHASH }),
            json!({ "digestSRI": SHA256, "digestMultibase": MULTIHASH }),
            json!({ "digestSRI": format!("sha256-{} {SHA256}", "A".repeat(43)) }),
        ] {
            let resource = one(members.clone()).expect("a resource");
            assert!(resource.fits(b"hello") && !resource.fits(b"hell0"), "{members}");
        }
        // The stronger function of several is the one that counts.
        let stronger = format!("{SHA256} sha384-{}", "A".repeat(64));
        assert!(!one(json!({ "digestSRI": stronger })).expect("a resource").fits(b"hello"));
    }

    #[test]
    fn a_digest_that_is_none_is_malformed_and_so_is_a_resource_without() {
        for members in [
            json!({}),
            json!({ "digestSRI": "" }),
            json!({ "digestSRI": "md5-XUFAKrxLKna5cZ2REBfFkg==" }),
            json!({ "digestSRI": "sha256-AAAA" }),
            json!({ "digestSRI": 1 }),
            json!({ "digestMultibase": "LPJNul" }),
            json!({ "digestMultibase": "uLPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ" }),
            json!({ "digestMultibase": "fEiAs" }),
        ] {
            assert!(matches!(one(members.clone()), Err(CredentialError::Malformed(_))), "{members}");
        }
        let resource = json!({ "id": "https://city.example/logo", "digestSRI": SHA256 });
        assert!(read(json!([resource])).is_ok());
        for resources in [json!([resource, resource]), json!(["https://city.example/logo"]), json!([])] {
            assert!(matches!(read(resources.clone()), Err(CredentialError::Malformed(_))), "{resources}");
        }
    }
}
