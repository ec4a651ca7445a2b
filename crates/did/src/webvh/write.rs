//! The controller's side: the first entry, and each one after it.

use jiff::Timestamp;
use portage_data_integrity::{ProofError, prove_json};
use portage_keys::Signer;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    Log, LogError, VersionQuery, Witnesses,
    entry::{PURPOSE, SCID_PLACEHOLDER, entry_hash, hash_of},
    parameters::METHOD,
};
use crate::{Did, DidDocument, DidError, did_key, did_web};

/// What the next entry changes; what is `None` stays as it was.
#[derive(Debug, Clone)]
pub struct Change {
    /// `versionTime`.
    pub version_time: Timestamp,
    /// The new document.
    pub document: Option<Value>,
    /// `updateKeys`, as Multikeys.
    pub update_keys: Option<Vec<String>>,
    /// `nextKeyHashes`, made by [`super::key_hash`]; an empty list ends pre-rotation.
    pub next_key_hashes: Option<Vec<String>>,
    /// `witness`; `Some(None)` ends it.
    pub witness: Option<Option<Witnesses>>,
    /// `portable`: `true` in the first entry alone.
    pub portable: Option<bool>,
    /// `deactivated`: `true` ends the DID.
    pub deactivated: Option<bool>,
    /// `ttl`, in seconds.
    pub ttl: Option<u32>,
}

/// Why an entry was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The address is none of a did:webvh.
    #[error(transparent)]
    Did(#[from] DidError),
    /// The signature could not be made.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Nobody would read it.
    #[error("the entry would not be read: {0}")]
    Unreadable(#[from] LogError),
}

impl Change {
    /// An entry of this time that changes nothing yet.
    pub const fn at(version_time: Timestamp) -> Self {
        Change {
            version_time,
            document: None,
            update_keys: None,
            next_key_hashes: None,
            witness: None,
            portable: None,
            deactivated: None,
            ttl: None,
        }
    }

    fn parameters(&self) -> Map<String, Value> {
        let mut parameters = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                parameters.insert(name.to_owned(), value);
            }
        };
        set("updateKeys", self.update_keys.as_ref().map(|keys| json!(keys)));
        set("nextKeyHashes", self.next_key_hashes.as_ref().map(|hashes| json!(hashes)));
        let witness = |witness: &Option<Witnesses>| witness.as_ref().map_or(json!({}), Witnesses::to_value);
        set("witness", self.witness.as_ref().map(witness));
        set("portable", self.portable.map(Value::Bool));
        set("deactivated", self.deactivated.map(Value::Bool));
        set("ttl", self.ttl.map(Value::from));
        parameters
    }
}

impl Log {
    /// A new DID at `base` (a did:web base URL), with the document that `document` gives for it. `change` names the keys; `signer` is one of
    /// them (§ Create (Register)).
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn create(
        base: &Url,
        document: impl FnOnce(&Did) -> DidDocument,
        change: Change,
        signer: &dyn Signer,
    ) -> Result<Self, WriteError> {
        // A name that can be read while the real one is not known.
        const STAND_IN: &str = "1111111111111111111111111111111111111111111111";
        let web = did_web(base)?;
        let location = web.web_location().unwrap_or_default();
        let did = |scid: &str| Did::parse(&format!("did:webvh:{scid}:{location}"));
        let state = document(&did(STAND_IN)?).to_value().to_string().replace(STAND_IN, SCID_PLACEHOLDER);
        let unwritable = || LogError::Malformed { entry: 1, what: "no canonical form" };
        let state: Value = serde_json::from_str(&state).map_err(|_| unwritable())?;
        let mut parameters = Map::from_iter([
            ("method".to_owned(), Value::from(METHOD)),
            ("scid".to_owned(), Value::from(SCID_PLACEHOLDER)),
        ]);
        parameters.extend(change.parameters());
        let preliminary = members(SCID_PLACEHOLDER, change.version_time, parameters, state);
        let scid = hash_of(&preliminary).ok_or_else(unwritable)?;
        let text = Value::Object(preliminary).to_string().replace(SCID_PLACEHOLDER, &scid);
        let entry: Map<String, Value> = serde_json::from_str(&text).map_err(|_| unwritable())?;
        let line = sign(entry, 1, &scid, change.version_time, signer)?;
        Ok(Log::verify_unwitnessed(&did(&scid)?, line.as_bytes(), change.version_time)?)
    }

    /// This log with one entry more (§ Update (Rotate), § Deactivate (Revoke)).
    ///
    /// # Errors
    /// [`WriteError`]: among them, `signer` may not write this entry.
    pub fn append(&self, change: Change, signer: &dyn Signer) -> Result<Self, WriteError> {
        let last = self.version(VersionQuery::Latest).ok_or(LogError::NotWebVh)?;
        let parameters = change.parameters();
        let state = change.document.unwrap_or_else(|| Value::Object(last.state().clone()));
        let entry = members(last.version_id(), change.version_time, parameters, state);
        let line = sign(entry, last.number() + 1, last.version_id(), change.version_time, signer)?;
        // Nothing is written that would not be read; witnesses come after the entry.
        Ok(self.with_line(line, change.version_time)?)
    }
}

fn members(
    version_id: &str,
    version_time: Timestamp,
    parameters: Map<String, Value>,
    state: Value,
) -> Map<String, Value> {
    Map::from_iter([
        ("versionId".to_owned(), version_id.into()),
        ("versionTime".to_owned(), version_time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()),
        ("parameters".to_owned(), parameters.into()),
        ("state".to_owned(), state),
    ])
}

/// The line: with its `versionId`, and the proof over it.
fn sign(
    mut entry: Map<String, Value>,
    number: u32,
    previous: &str,
    at: Timestamp,
    signer: &dyn Signer,
) -> Result<String, WriteError> {
    let unwritable = LogError::Malformed { entry: number, what: "no canonical form" };
    let hash = entry_hash(&entry, previous).ok_or(unwritable)?;
    entry.insert("versionId".into(), format!("{number}-{hash}").into());
    let method = did_key(signer.verification_key()).1.to_string();
    let proof = prove_json(&entry, &method, PURPOSE, at, signer)?;
    entry.insert("proof".into(), json!([proof]));
    Ok(Value::Object(entry).to_string())
}
