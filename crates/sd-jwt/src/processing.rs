//! RFC 9901 §7.1 (3) to (5): puts disclosures in the place of their digests.

use std::collections::{HashMap, HashSet};

use portage_keys::{base64url, digest::HashAlgorithm};
use serde_json::{Map, Value};

use crate::{
    ClaimPath, Disclosure, MAX_DEPTH, MAX_NESTING, PathStep, SdJwtError,
    reserved::{ELLIPSIS, SD, SD_ALG},
};

/// What came out of processing.
pub(crate) struct Processed {
    /// The processed payload: disclosed claims in place, nothing of the mechanism left.
    pub(crate) claims: Map<String, Value>,
    /// Where each disclosure ended up in `claims`, in the order of the disclosures.
    pub(crate) places: Vec<ClaimPath>,
    /// `_sd_alg`, or its default.
    pub(crate) hash: HashAlgorithm,
}

/// Processes a payload whose signature was verified.
pub(crate) fn process(
    payload: &Map<String, Value>,
    disclosures: &[Disclosure],
) -> Result<Processed, SdJwtError> {
    let hash = hash_algorithm(payload)?;
    let mut walk = Walk::new(hash, disclosures)?;
    let claims = walk.object(payload)?;
    let places = walk.places.into_iter().collect::<Option<_>>();
    let places = places.ok_or(SdJwtError::DisclosureInvalid("no digest references it"))?;
    Ok(Processed { claims, places, hash })
}

/// `_sd_alg` at the root, `sha-256` when absent (RFC 9901 §4.1.1).
pub(crate) fn hash_algorithm(payload: &Map<String, Value>) -> Result<HashAlgorithm, SdJwtError> {
    match payload.get(SD_ALG) {
        None => Ok(HashAlgorithm::default()),
        Some(name) => {
            name.as_str().and_then(HashAlgorithm::from_named_information).ok_or(SdJwtError::HashNotAllowed)
        }
    }
}

/// base64url of the digest over the ASCII text as it was received (RFC 9901 §4.2.3).
pub(crate) fn digest_text(hash: HashAlgorithm, received: &str) -> String {
    base64url::encode(&hash.digest(received.as_bytes()))
}

/// One walk over payload and disclosures, depth first. Every digest is met here, referenced or not.
struct Walk<'a> {
    by_digest: HashMap<String, (usize, &'a Disclosure)>,
    met: HashSet<&'a str>,
    places: Vec<Option<ClaimPath>>,
    path: ClaimPath,
    nesting: usize,
}

impl<'a> Walk<'a> {
    fn new(hash: HashAlgorithm, disclosures: &'a [Disclosure]) -> Result<Self, SdJwtError> {
        let mut by_digest = HashMap::new();
        for entry in disclosures.iter().enumerate() {
            if by_digest.insert(digest_text(hash, &entry.1.encoded), entry).is_some() {
                return Err(SdJwtError::DisclosureInvalid("the same disclosure twice"));
            }
        }
        let places = vec![None; disclosures.len()];
        Ok(Walk { by_digest, met: HashSet::new(), places, path: Vec::new(), nesting: 0 })
    }

    fn value(&mut self, value: &'a Value) -> Result<Value, SdJwtError> {
        match value {
            Value::Object(members) => self.object(members).map(Value::Object),
            Value::Array(elements) => self.array(elements).map(Value::Array),
            scalar => Ok(scalar.clone()),
        }
    }

    fn object(&mut self, members: &'a Map<String, Value>) -> Result<Map<String, Value>, SdJwtError> {
        self.check_depth()?;
        let mut processed = Map::new();
        for (name, value) in members {
            match name.as_str() {
                SD => {}
                SD_ALG if self.path.is_empty() => {}
                SD_ALG => return Err(SdJwtError::HashNotAllowed),
                ELLIPSIS => return Err(SdJwtError::DisclosureInvalid("`...` outside an array")),
                _ => {
                    let value = self.at(PathStep::Name(name.clone()), |walk| walk.value(value))?;
                    processed.insert(name.clone(), value);
                }
            }
        }
        for digest in digests(members.get(SD))? {
            if let Some((index, disclosure)) = self.meet(digest)? {
                let name = member_name(disclosure)?;
                if processed.contains_key(name) {
                    return Err(SdJwtError::DisclosureInvalid("the name exists at that level"));
                }
                let value = self.disclosed(index, disclosure, PathStep::Name(name.to_owned()))?;
                processed.insert(name.to_owned(), value);
            }
        }
        Ok(processed)
    }

    /// Undisclosed elements vanish, so the places count what is left.
    fn array(&mut self, elements: &'a [Value]) -> Result<Vec<Value>, SdJwtError> {
        self.check_depth()?;
        let mut processed = Vec::with_capacity(elements.len());
        for element in elements {
            let place = PathStep::Index(processed.len());
            match element_digest(element)? {
                None => processed.push(self.at(place, |walk| walk.value(element))?),
                Some(digest) => {
                    if let Some((index, disclosure)) = self.meet(digest)? {
                        if disclosure.name.is_some() {
                            return Err(SdJwtError::DisclosureInvalid("a member in the place of an element"));
                        }
                        processed.push(self.disclosed(index, disclosure, place)?);
                    }
                }
            }
        }
        Ok(processed)
    }

    /// Meets a digest; twice anywhere, disclosed or not, refuses the whole (§7.1 (4)).
    fn meet(&mut self, digest: &'a str) -> Result<Option<(usize, &'a Disclosure)>, SdJwtError> {
        if !self.met.insert(digest) {
            return Err(SdJwtError::DisclosureInvalid("the same digest twice"));
        }
        Ok(self.by_digest.get(digest).copied())
    }

    fn disclosed(
        &mut self,
        index: usize,
        disclosure: &'a Disclosure,
        step: PathStep,
    ) -> Result<Value, SdJwtError> {
        if self.nesting == MAX_NESTING {
            return Err(SdJwtError::TooLarge);
        }
        self.nesting += 1;
        let value = self.at(step, |walk| {
            if let Some(place) = walk.places.get_mut(index) {
                *place = Some(walk.path.clone());
            }
            walk.value(&disclosure.value)
        })?;
        self.nesting -= 1;
        Ok(value)
    }

    fn at<T>(
        &mut self,
        step: PathStep,
        below: impl FnOnce(&mut Self) -> Result<T, SdJwtError>,
    ) -> Result<T, SdJwtError> {
        self.path.push(step);
        let result = below(self);
        self.path.pop();
        result
    }

    fn check_depth(&self) -> Result<(), SdJwtError> {
        if self.path.len() < MAX_DEPTH { Ok(()) } else { Err(SdJwtError::TooLarge) }
    }
}

/// The digests of an object: `_sd` is an array of strings (RFC 9901 §4.2.4.1).
fn digests(sd: Option<&Value>) -> Result<Vec<&str>, SdJwtError> {
    const NOT_DIGESTS: SdJwtError = SdJwtError::DisclosureInvalid("`_sd` is not an array of strings");
    match sd {
        None => Ok(Vec::new()),
        Some(Value::Array(digests)) => {
            digests.iter().map(|digest| digest.as_str().ok_or(NOT_DIGESTS)).collect()
        }
        Some(_) => Err(NOT_DIGESTS),
    }
}

/// The digest that stands for an array element: `{"...": "<digest>"}` and no other key (RFC 9901 §4.2.4.2).
fn element_digest(element: &Value) -> Result<Option<&str>, SdJwtError> {
    let Some((members, digest)) =
        element.as_object().and_then(|members| Some((members, members.get(ELLIPSIS)?)))
    else {
        return Ok(None);
    };
    match digest.as_str() {
        Some(digest) if members.len() == 1 => Ok(Some(digest)),
        _ => Err(SdJwtError::DisclosureInvalid("`...` beside another key, or not a string")),
    }
}

/// The name under which a disclosure enters an object (§7.1 (3)(c)(ii)).
fn member_name(disclosure: &Disclosure) -> Result<&str, SdJwtError> {
    match disclosure.name.as_deref() {
        None => Err(SdJwtError::DisclosureInvalid("an element in the place of a member")),
        Some(SD | ELLIPSIS) => Err(SdJwtError::DisclosureInvalid("a forbidden name")),
        Some(SD_ALG) => Err(SdJwtError::HashNotAllowed),
        Some(name) => Ok(name),
    }
}
