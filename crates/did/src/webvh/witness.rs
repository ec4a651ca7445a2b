//! `did-witness.json`: who else has seen an entry.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portage_data_integrity::{ProofError, prove_json};
use portage_keys::{Signer, multibase};
use portage_strict_json::{JsonError, Limits, parse, parse_object};
use serde_json::{Map, Value, json};

use super::{
    LogError, Version, Witnesses,
    entry::{PURPOSE, holds, signer_of},
};
use crate::did_key;

/// Most signatures of witnesses that are verified for one log.
const MAX_PROOFS: usize = 1_024;

/// Whether a log, not verified yet, names witnesses: then their proofs have to be had, too.
pub fn wants_witnesses(log: &[u8]) -> bool {
    let text = str::from_utf8(log).unwrap_or_default();
    text.len() <= super::MAX_BYTES
        && text.lines().any(|line| {
            let entry = parse_object(line.as_bytes(), Limits::METADATA).unwrap_or_default();
            let witness = entry.get("parameters").and_then(|parameters| parameters.get("witness"));
            witness.is_some_and(|witness| {
                witness.as_object().is_none_or(|object| !object.is_empty()) && !witness.is_null()
            })
        })
}

/// Whether every entry that needs witnesses has them (§ Verifying Witness Proofs During Resolution).
pub(super) fn check(versions: &[Version], file: Option<&[u8]>, now: Timestamp) -> Result<(), LogError> {
    let needed: Vec<(u32, &Witnesses)> = versions
        .iter()
        .zip(std::iter::once(None).chain(versions.iter().map(Some)))
        .filter_map(|(version, before)| Some((version.number(), active(version, before)?)))
        .collect();
    if needed.is_empty() {
        return Ok(());
    }
    let file = file.ok_or(LogError::WitnessesNeeded)?;
    let approved = approvals(versions, &needed, file, now)?;
    for (number, witnesses) in needed {
        // A proof over a later entry is one over all before it.
        let has_approved = |key: &&String| approved.get(key.as_str()).is_some_and(|last| *last >= number);
        if witnesses.keys.iter().filter(has_approved).count() < witnesses.threshold {
            return Err(LogError::NotWitnessed { entry: number });
        }
    }
    Ok(())
}

/// Whoever was to witness before still does for the entry that changes it; where nobody was, the new ones do at once.
fn active<'v>(version: &'v Version, before: Option<&'v Version>) -> Option<&'v Witnesses> {
    let before = before.and_then(|before| before.parameters().witness.as_ref());
    before.or(version.parameters().witness.as_ref())
}

/// For each witness, the last entry that it has approved. Proofs that do not hold, or are about another entry or by nobody who is asked, count
/// for nothing.
fn approvals(
    versions: &[Version],
    needed: &[(u32, &Witnesses)],
    file: &[u8],
    now: Timestamp,
) -> Result<BTreeMap<String, u32>, LogError> {
    let malformed = || LogError::Malformed { entry: 0, what: "not a file of witness proofs" };
    let file = parse(file, Limits::METADATA).map_err(|error| match error {
        JsonError::TooLarge => LogError::TooLarge,
        JsonError::Malformed { .. } => malformed(),
    })?;
    let mut approved: BTreeMap<String, u32> = BTreeMap::new();
    let mut tried = 0;
    for record in file.as_array().ok_or_else(malformed)? {
        let version_id = record.get("versionId").and_then(Value::as_str).ok_or_else(malformed)?;
        let Some(version) = versions.iter().find(|version| version.version_id() == version_id) else {
            continue;
        };
        let statement = statement(version_id);
        for proof in record.get("proof").and_then(Value::as_array).into_iter().flatten() {
            let Some((proof, witness)) = proof.as_object().and_then(|proof| Some((proof, signer_of(proof)?)))
            else {
                continue;
            };
            let is_asked = needed.iter().any(|(_, witnesses)| witnesses.keys.contains(witness));
            let is_known = approved.get(witness).is_some_and(|last| *last >= version.number());
            if !is_asked || is_known {
                continue;
            }
            tried += 1;
            if tried > MAX_PROOFS {
                return Err(LogError::TooLarge);
            }
            let key = multibase::from_multikey(witness).ok();
            if key.is_some_and(|key| holds(&statement, proof, &key, now)) {
                approved.insert(witness.to_owned(), version.number());
            }
        }
    }
    Ok(approved)
}

/// What a witness signs.
fn statement(version_id: &str) -> Map<String, Value> {
    Map::from_iter([("versionId".to_owned(), version_id.into())])
}

/// Proofs of witnesses, as they come in: what `did-witness.json` is made of.
#[derive(Debug, Clone, Default)]
pub struct WitnessProofs(BTreeMap<String, Vec<Map<String, Value>>>);

impl WitnessProofs {
    /// A witness approves a version: it has verified the log that ends there.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn approve(
        &mut self,
        version: &Version,
        witness: &dyn Signer,
        at: Timestamp,
    ) -> Result<(), ProofError> {
        let method = did_key(witness.verification_key()).1.to_string();
        let proof = prove_json(&statement(version.version_id()), &method, PURPOSE, at, witness)?;
        self.0.entry(version.version_id().to_owned()).or_default().push(proof);
        Ok(())
    }

    pub(super) fn to_value(&self, is_of_log: impl Fn(&str) -> bool) -> Value {
        let records = self.0.iter().filter(|(version_id, _)| is_of_log(version_id));
        records.map(|(version_id, proofs)| json!({"versionId": version_id, "proof": proofs})).collect()
    }
}
