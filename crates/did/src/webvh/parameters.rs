//! The parameters: what an entry sets, and what is in force behind it.

use std::collections::BTreeSet;

use portage_keys::{Algorithm, multibase};
use serde_json::{Map, Value};

use super::{
    LogError, MAX_LISTED,
    entry::{is_hash, key_hash},
};

/// The one version of the method that is read and written.
pub(super) const METHOD: &str = "did:webvh:1.0";
/// `ttl` where the log sets none.
const DEFAULT_TTL: u32 = 3_600;
/// Greatest `ttl`.
const MAX_TTL: u64 = 1 << 31;

/// What is in force after an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// `scid`.
    pub scid: String,
    /// `updateKeys`: Multikeys that may sign an entry.
    pub update_keys: Vec<String>,
    /// `nextKeyHashes`: not empty where pre-rotation is active.
    pub next_key_hashes: Vec<String>,
    /// `witness`; `None` for `{}`.
    pub witness: Option<Witnesses>,
    /// `watchers`.
    pub watchers: Vec<String>,
    /// `portable`.
    pub portable: bool,
    /// `deactivated`.
    pub deactivated: bool,
    /// `ttl`: for how many seconds the DID should be kept.
    pub ttl: u32,
}

/// Who has to approve an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnesses {
    /// How many of them.
    pub threshold: usize,
    /// The Multikeys of their did:keys.
    pub keys: BTreeSet<String>,
}

impl Witnesses {
    /// The value of `witness`.
    pub fn to_value(&self) -> Value {
        let witnesses: Vec<_> =
            self.keys.iter().map(|key| serde_json::json!({"id": format!("did:key:{key}")})).collect();
        serde_json::json!({"threshold": self.threshold, "witnesses": witnesses})
    }

    /// Both at least 1, the threshold no more than there are, each witness once and with a key of the suite: what does not hold is never
    /// taken for "no witnesses".
    fn read(value: &Value) -> Option<Self> {
        let object = value.as_object().filter(|object| object.len() == 2)?;
        let threshold = usize::try_from(object.get("threshold")?.as_u64()?).ok()?;
        let listed = object.get("witnesses")?.as_array().filter(|listed| listed.len() <= MAX_LISTED)?;
        let mut keys = BTreeSet::new();
        for witness in listed {
            let key = witness.get("id")?.as_str()?.strip_prefix("did:key:")?;
            let suits = multibase::from_multikey(key).is_ok_and(|key| key.algorithm() == Algorithm::EdDsa);
            if !suits || !keys.insert(key.to_owned()) {
                return None;
            }
        }
        (1..=keys.len()).contains(&threshold).then_some(Witnesses { threshold, keys })
    }
}

impl Parameters {
    /// What is in force after entry `number`, which sets `set`. While pre-rotation is active (`nextKeyHashes` of `before`), the keys have to be
    /// set anew, and to be the promised ones.
    pub(super) fn after(
        before: Option<&Parameters>,
        number: u32,
        set: &Map<String, Value>,
    ) -> Result<Self, LogError> {
        let malformed = |what| LogError::Malformed { entry: number, what };
        if let Some(method) = set.get("method")
            && method.as_str() != Some(METHOD)
        {
            return Err(LogError::Unsupported { entry: number });
        }
        let mut parameters = match before {
            Some(before) => {
                if set.contains_key("scid") {
                    return Err(malformed("scid after the first entry"));
                }
                if set.get("portable") == Some(&Value::Bool(true)) {
                    return Err(malformed("portable after the first entry"));
                }
                before.clone()
            }
            None => {
                Parameters::first(set).ok_or(malformed("the first entry sets method, scid and updateKeys"))?
            }
        };
        for (name, value) in set {
            parameters.set(name, value).ok_or(malformed("a parameter that the method does not allow"))?;
        }
        if let Some(before) = before.filter(|before| !before.next_key_hashes.is_empty()) {
            let broken = |what| LogError::NotAuthorized { entry: number, what };
            if !set.contains_key("updateKeys") || !set.contains_key("nextKeyHashes") {
                return Err(broken("pre-rotation is active, and the keys are not set anew"));
            }
            let promised = |key: &String| before.next_key_hashes.contains(&key_hash(key));
            if !parameters.update_keys.iter().all(promised) {
                return Err(broken("a key that the entry before did not promise"));
            }
        }
        Ok(parameters)
    }

    fn first(set: &Map<String, Value>) -> Option<Self> {
        let scid = set.get("scid")?.as_str().filter(|scid| is_hash(scid))?;
        (set.contains_key("method") && set.contains_key("updateKeys")).then(|| Parameters {
            scid: scid.to_owned(),
            update_keys: Vec::new(),
            next_key_hashes: Vec::new(),
            witness: None,
            watchers: Vec::new(),
            portable: false,
            deactivated: false,
            ttl: DEFAULT_TTL,
        })
    }

    /// Sets one; `null` is the default, as early implementations wrote it.
    fn set(&mut self, name: &str, value: &Value) -> Option<()> {
        match (name, value) {
            ("method", Value::String(_)) | ("scid", Value::String(_)) => {}
            ("updateKeys", value) => self.update_keys = strings(value)?,
            ("nextKeyHashes", value) => self.next_key_hashes = strings(value)?,
            ("watchers", value) => self.watchers = strings(value)?,
            ("witness", Value::Null) => self.witness = None,
            ("witness", Value::Object(empty)) if empty.is_empty() => self.witness = None,
            ("witness", value) => self.witness = Some(Witnesses::read(value)?),
            ("portable", value) => self.portable = boolean(value)?,
            ("deactivated", value) => self.deactivated = boolean(value)?,
            ("ttl", Value::Null) => self.ttl = DEFAULT_TTL,
            ("ttl", value) => {
                self.ttl =
                    value.as_u64().filter(|ttl| *ttl <= MAX_TTL).and_then(|ttl| ttl.try_into().ok())?;
            }
            _ => return None,
        }
        Some(())
    }
}

fn boolean(value: &Value) -> Option<bool> {
    if value.is_null() { Some(false) } else { value.as_bool() }
}

/// A list of texts, each once.
fn strings(value: &Value) -> Option<Vec<String>> {
    const MAX_LENGTH: usize = 512;
    if value.is_null() {
        return Some(Vec::new());
    }
    let listed = value.as_array().filter(|listed| listed.len() <= MAX_LISTED)?;
    let texts: Vec<String> = listed
        .iter()
        .map(|text| text.as_str().filter(|text| text.len() <= MAX_LENGTH).map(str::to_owned))
        .collect::<Option<_>>()?;
    let distinct: BTreeSet<&String> = texts.iter().collect();
    (distinct.len() == texts.len()).then_some(texts)
}
