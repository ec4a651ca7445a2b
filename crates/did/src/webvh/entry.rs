//! One line of the log: its members, its hash, who signed it.

use jiff::Timestamp;
use portage_data_integrity::{ProofError, canonical_json, verify_json};
use portage_keys::{VerificationKey, digest::sha256, multibase};
use portage_strict_json::{JsonError, Limits, parse_object};
use serde_json::{Map, Value};

use super::LogError;

/// A placeholder in the first entry, where the SCID will stand.
pub(super) const SCID_PLACEHOLDER: &str = "{SCID}";
/// What log entries and witnesses sign for.
pub(super) const PURPOSE: &str = "assertionMethod";
/// Most proofs of one entry.
const MAX_PROOFS: usize = 8;

/// An entry as it stands, nothing about it verified.
pub(super) struct Entry {
    /// From 1.
    pub(super) number: u32,
    pub(super) version_id: String,
    pub(super) version_time: Timestamp,
    pub(super) parameters: Map<String, Value>,
    pub(super) state: Map<String, Value>,
    proofs: Vec<Map<String, Value>>,
    /// Everything but the proof, as it was signed.
    members: Map<String, Value>,
}

impl Entry {
    /// Reads the line that should be entry `number`.
    pub(super) fn read(number: u32, line: &str) -> Result<Self, LogError> {
        let malformed = |what| LogError::Malformed { entry: number, what };
        let mut members = parse_object(line.as_bytes(), Limits::METADATA).map_err(|error| match error {
            JsonError::TooLarge => LogError::TooLarge,
            JsonError::Malformed { .. } => malformed("not a JSON object"),
        })?;
        let proofs = match members.shift_remove("proof") {
            None => Vec::new(),
            Some(Value::Array(proofs)) => proofs,
            Some(proof) => vec![proof],
        };
        let proofs: Option<Vec<_>> = proofs
            .into_iter()
            .map(|proof| if let Value::Object(proof) = proof { Some(proof) } else { None })
            .collect();
        if !members.keys().all(|name| MEMBERS.contains(&name.as_str())) {
            return Err(malformed("a member that no entry has"));
        }
        let text = |name| members.get(name).and_then(Value::as_str);
        let object = |name| members.get(name).and_then(Value::as_object).cloned();
        Ok(Entry {
            number,
            version_id: text("versionId").ok_or(malformed("versionId"))?.to_owned(),
            version_time: text("versionTime").and_then(utc).ok_or(malformed("versionTime"))?,
            parameters: object("parameters").ok_or(malformed("parameters"))?,
            state: object("state").ok_or(malformed("state"))?,
            proofs: proofs.ok_or(malformed("proof"))?,
            members,
        })
    }

    /// `<number>-<hash>`, the hash over the entry with `previous` (the `versionId` before it, or the SCID) in the place of its own.
    pub(super) fn check_hash(&self, previous: &str) -> Result<(), LogError> {
        let broken = |what| LogError::Broken { entry: self.number, what };
        let (number, hash) = self.version_id.split_once('-').ok_or(broken("no versionId"))?;
        if number != self.number.to_string() {
            return Err(broken("the number is not the next one"));
        }
        let computed = entry_hash(&self.members, previous).ok_or(broken("no canonical form"))?;
        if hash == computed { Ok(()) } else { Err(broken("the hash is of another entry")) }
    }

    /// Whether `scid` is the hash of this, the first entry.
    pub(super) fn check_scid(&self, scid: &str) -> Result<(), LogError> {
        let broken = |what| LogError::Broken { entry: self.number, what };
        let text = Value::Object(with_version_id(&self.members, SCID_PLACEHOLDER)).to_string();
        if Value::Object(self.members.clone()).to_string().contains(SCID_PLACEHOLDER) {
            return Err(broken("the place of the SCID is still open"));
        }
        // Members whose names become one are refused: the hash would not say which of them counts.
        let computed = parse_object(text.replace(scid, SCID_PLACEHOLDER).as_bytes(), Limits::METADATA)
            .ok()
            .and_then(|preliminary| hash_of(&preliminary));
        if computed.as_deref() == Some(scid) { Ok(()) } else { Err(broken("the SCID is of another entry")) }
    }

    /// Whether it is signed, and every proof is by one of `keys` (Multikeys) and holds at `now`.
    pub(super) fn check_proofs(&self, keys: &[String], now: Timestamp) -> Result<(), LogError> {
        let refused = |what| LogError::NotAuthorized { entry: self.number, what };
        if self.proofs.is_empty() || self.proofs.len() > MAX_PROOFS {
            return Err(refused("no proof, or too many"));
        }
        for proof in &self.proofs {
            let multikey = signer_of(proof).ok_or(refused("the signer is not a did:key"))?;
            if !keys.iter().any(|key| key == multikey) {
                return Err(refused("its key is not among the active ones"));
            }
            let key = multibase::from_multikey(multikey).map_err(|_| refused("not a key of the suite"))?;
            if !holds(&self.members, proof, &key, now) {
                return Err(refused("the proof does not hold"));
            }
        }
        Ok(())
    }
}

const MEMBERS: [&str; 4] = ["versionId", "versionTime", "parameters", "state"];

/// Whether a proof by this key holds over `document`, and has not expired.
pub(super) fn holds(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    key: &VerificationKey,
    now: Timestamp,
) -> bool {
    verify_json(document, proof, PURPOSE, key)
        .is_ok_and(|proof| proof.expires.is_none_or(|expires| expires > now))
}

/// The Multikey of `did:key:X#X`, where both are the same; nothing is looked up.
pub(super) fn signer_of(proof: &Map<String, Value>) -> Option<&str> {
    let method = proof.get("verificationMethod")?.as_str()?;
    let (did, fragment) = method.split_once('#')?;
    let multikey = did.strip_prefix("did:key:")?;
    (multikey == fragment).then_some(multikey)
}

/// The hash of an entry whose predecessor's `versionId` is `previous` (§ Entry Hash Generation and Verification).
pub(super) fn entry_hash(members: &Map<String, Value>, previous: &str) -> Option<String> {
    hash_of(&with_version_id(members, previous))
}

fn with_version_id(members: &Map<String, Value>, version_id: &str) -> Map<String, Value> {
    let mut members = members.clone();
    members.insert("versionId".into(), version_id.into());
    members
}

/// `base58btc(multihash(JCS(object)))`.
pub(super) fn hash_of(object: &Map<String, Value>) -> Option<String> {
    let canonical: Result<String, ProofError> = canonical_json(object).map_err(ProofError::from);
    Some(multihash(canonical.ok()?.as_bytes()))
}

/// The hash of a Multikey that the next entry may use (§ Pre-Rotation Key Hash Generation and Verification).
pub fn key_hash(multikey: &str) -> String {
    multihash(multikey.as_bytes())
}

/// SHA-256 with its prefix, in base58btc without the `z` of multibase.
fn multihash(bytes: &[u8]) -> String {
    let text = multibase::encode_base58btc(&[MULTIHASH_SHA256.as_slice(), &sha256(bytes)].concat());
    text.strip_prefix('z').map(str::to_owned).unwrap_or(text)
}

/// sha2-256, 32 bytes.
const MULTIHASH_SHA256: [u8; 2] = [0x12, 0x20];

/// Whether a text has the form of a hash of this method: 46 characters of base58btc.
pub(super) fn is_hash(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_alphanumeric() && !b"0OIl".contains(&b);
    text.len() == 46 && text.bytes().all(digit)
}

/// `2026-01-15T12:00:00Z`, with an optional fraction; `+00:00` says the same as `Z`, other offsets are refused.
pub(super) fn utc(text: &str) -> Option<Timestamp> {
    let local = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
    let (seconds, fraction) = local.split_once('.').unwrap_or((local, "0"));
    let shape = seconds.len() == 19
        && seconds.bytes().zip(b"0000-00-00T00:00:00").all(|(byte, expected)| match expected {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    let digits = !fraction.is_empty() && fraction.len() <= 9 && fraction.bytes().all(|b| b.is_ascii_digit());
    if shape && digits { format!("{seconds}.{fraction}Z").parse().ok() } else { None }
}
