//! What happened with whom: never a claim value.

use jiff::Timestamp;
use portage_catalog::{PurposeId, Text};
use portage_keys::Entropy;
use portage_reason::Reason;
use serde::{Deserialize, Serialize};

use crate::{
    CredentialId, EventId,
    credential::read_record,
    ports::{RecordId, RecordKind, StoreFailure, WalletStore},
};

/// The newest version of a record. One that an older wallet can read is written as it was then.
const RECORD_VERSION: u32 = 2;

/// An entry of the history. Only the wallet's owner reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    version: u32,
    /// Its name.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub what: EventKind,
    /// How it ended.
    pub outcome: Outcome,
    /// With whom.
    pub counterpart: Option<Counterpart>,
    /// What for, by the other side's word.
    pub purpose: Option<PurposeId>,
    /// The credentials it was about.
    pub credentials: Vec<EventCredential>,
    /// Why not, where it was refused.
    pub reason: Option<Reason>,
    /// What a person calls the type that was taken in or forgotten.
    #[serde(default)]
    pub type_name: Option<Text>,
    /// What went beyond the verifier's registered purpose, as query and claims path joined by dots: shown all the same where the outcome says
    /// that something was sent.
    #[serde(default)]
    pub beyond_purpose: Vec<String>,
    /// What whoever asked said in the request that was answered: what a receipt tells, and what they can be held to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<Promise>,
}

/// What a service said when it asked: what for, by what law, how long it keeps the answer. No claim value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The purpose, in a few words.
    pub name: Text,
    /// What for.
    pub text: Text,
    /// By what law.
    pub law: Text,
    /// How long answers are kept, in days; 0 is not at all.
    pub retention_days: u32,
    /// Whom to ask.
    pub contact: String,
    /// Who vouches for these words: the name of an authority. `None`: the trust list, or nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched_by: Option<Text>,
    /// Whether these are the service's own words alone.
    #[serde(default)]
    pub told: bool,
    /// The SHA-256 digest, in base64url, of the signed request as it arrived: what tells this request from any other. `None`: nobody signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_digest: Option<String>,
    /// Where whoever asks belongs, where a chain says so: a code such as `CA-BC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<String>,
}

impl Promise {
    /// Until when the answer may be kept, given when it was sent. `None`: it is not kept at all.
    pub fn kept_until(&self, sent: Timestamp) -> Option<Timestamp> {
        let days = i64::from(self.retention_days);
        let until = sent.saturating_add(jiff::SignedDuration::from_hours(24 * days)).ok()?;
        (days > 0).then_some(until)
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Credentials arrived and were kept, or were refused.
    Received,
    /// A request was answered, or was about to be.
    Presented,
    /// The person said no to a request.
    Declined,
    /// A credential was deleted.
    Deleted,
    /// The wallet was copied out.
    Exported,
    /// A copy was taken in.
    Imported,
    /// The trust list was replaced.
    TrustImported,
    /// A type that is not in the box was taken in, or its words were replaced: they are what is read before something is shown.
    TypeAdded,
    /// Such a type was forgotten.
    TypeRemoved,
}

impl EventKind {
    /// The version of the record that first had it.
    const fn record_version(self) -> u32 {
        match self {
            EventKind::TypeAdded | EventKind::TypeRemoved => 2,
            _ => 1,
        }
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was begun, and how it ended is not known: what was sent may have arrived.
    Unknown,
    /// Nothing left the wallet, or nothing was kept.
    NothingSent,
    /// It arrived, and the other side refused it.
    Refused,
}

/// With whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counterpart {
    /// Identifier: a DID, an https URL, a Client Identifier.
    pub id: String,
    /// Its name, where the trust list vouches for one.
    pub name: Option<Text>,
    /// The host that was spoken to.
    pub host: String,
}

/// One credential of an event, with claim names and no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCredential {
    /// Which.
    pub id: CredentialId,
    /// What a person calls it.
    pub name: Text,
    /// The claims that were received or sent, as paths joined by dots.
    pub claims: Vec<String>,
}

impl Event {
    /// An event of now.
    pub(crate) fn new(what: EventKind, outcome: Outcome, now: Timestamp, entropy: &dyn Entropy) -> Self {
        Event {
            version: what.record_version(),
            id: EventId::generate(now, entropy),
            at: now,
            what,
            outcome,
            counterpart: None,
            purpose: None,
            credentials: Vec::new(),
            reason: None,
            type_name: None,
            beyond_purpose: Vec::new(),
            promise: None,
        }
    }

    pub(crate) fn record_id(&self) -> RecordId {
        RecordId::Event(self.id.clone())
    }

    pub(crate) fn to_record(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, StoreFailure> {
        read_record(bytes, RECORD_VERSION)
    }
}

/// One entry of the history.
///
/// # Errors
/// [`StoreFailure`].
pub fn event(store: &impl WalletStore, id: &EventId) -> Result<Option<Event>, StoreFailure> {
    store.record(&RecordId::Event(id.clone()))?.map(|bytes| Event::read(&bytes)).transpose()
}

/// The history, the latest first.
///
/// # Errors
/// [`StoreFailure`].
pub fn history(store: &impl WalletStore) -> Result<Vec<Event>, StoreFailure> {
    let mut events = Vec::new();
    for id in store.ids(RecordKind::Event)?.into_iter().rev() {
        if let Some(bytes) = store.record(&id)? {
            events.push(Event::read(&bytes)?);
        }
    }
    Ok(events)
}

/// How often a credential was presented, an unknown outcome included: what may have arrived counts as shown.
pub fn times_presented(history: &[Event], id: &CredentialId) -> usize {
    history
        .iter()
        .filter(|event| event.what == EventKind::Presented && event.outcome != Outcome::NothingSent)
        .filter(|event| event.credentials.iter().any(|credential| credential.id == *id))
        .count()
}
