//! That an authority published what it says: the entry of its public log, carried beside the statement with its proof.

use jiff::{Timestamp, civil::Date};
use portage_catalog::{Purpose, Text};
use portage_keys::base64url;
use portage_transparency_log::{
    Event, InclusionProof, LogEntry, Named, ProofInvalid, ReadEntry, Recognition, RegisteredPurpose, Right,
    Role as LoggedRole, SignedCheckpoint, VerifierKey, purpose_digest,
};
use serde_json::{Value, json};
use url::Url;

use crate::{
    EntityId, FEDERATION_ENTITY, Jurisdiction, Metadata, PurposeStatement, Rights, Role,
    SubordinateStatement, TypeName,
};

/// The claim of a Subordinate Statement with the evidence for its rights, and of a purpose statement with the evidence for its purpose. Not critical: whoever does not know it checks no log.
pub const LOG_EVIDENCE_CLAIM: &str = "https://portage-identity.example/federation/log_evidence";
/// The parameter of `federation_entity` that says where an authority's log is and which key signs it.
pub const LOG_PARAMETER: &str = "https://portage-identity.example/federation/log";

/// An entry and the proof that it is in a log. Unverified until [`LogEvidence::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvidence {
    /// The entry's bytes.
    pub entry: Vec<u8>,
    /// The path from it to a signed checkpoint.
    pub proof: InclusionProof,
}

/// Where an authority's log is: as the statement of its superior says, and of an anchor as it is pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogAddress {
    /// What the log's paths are appended to, without a slash at its end.
    pub url: String,
    /// The key that signs its checkpoints.
    pub key: VerifierKey,
}

impl LogEvidence {
    /// Reads the claim: `{"entry": base64url, "proof": "c2sp.org/tlog-proof@v1 …"}`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn from_value(value: &Value) -> Result<Self, &'static str> {
        const WHAT: &str = "the evidence of the log is not an entry with its proof";
        let text = |name: &str| value.get(name).and_then(Value::as_str).ok_or(WHAT);
        let entry = base64url::decode(text("entry")?).map_err(|_| WHAT)?;
        Ok(LogEvidence { entry, proof: text("proof")?.parse().map_err(|_| WHAT)? })
    }

    /// The claim.
    pub fn to_value(&self) -> Value {
        json!({ "entry": base64url::encode(&self.entry), "proof": self.proof.to_string() })
    }

    /// Verifies the proof; gives what the entry says, and the checkpoint, which the caller holds against the one it remembers.
    ///
    /// # Errors
    /// [`ProofInvalid`]: always `log_proof_invalid`.
    pub fn verify(&self, log: &VerifierKey) -> Result<(LogEntry, SignedCheckpoint), ProofInvalid> {
        let checkpoint = self.proof.verify(&self.entry, log)?;
        match ReadEntry::read(&self.entry) {
            ReadEntry::Known(entry) => Ok((*entry, checkpoint)),
            ReadEntry::Unknown { .. } => Err(ProofInvalid("an entry of a kind that is not known")),
        }
    }
}

/// That something stands in a log: what a decision can tell about it, and what is held against the memory of that log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The log.
    pub log: LogAddress,
    /// The number of the entry.
    pub index: u64,
    /// The tree that it was proved in.
    pub checkpoint: SignedCheckpoint,
    /// When the statement with this proof was signed: the log was at least as large then.
    pub as_of: Timestamp,
}

impl SubordinateStatement {
    /// Verifies that the issuer published these rights of this subject in its log: the entry tells all that the statement grants, roles, types,
    /// jurisdiction, end, DIDs and the key of the subject's own log. A statement grants less than its entry tells when a right was narrowed since.
    ///
    /// # Errors
    /// [`ProofInvalid`]: there is no evidence, it does not hold, or it is about something else.
    pub fn verify_log(&self, log: &LogAddress) -> Result<Logged, ProofInvalid> {
        let evidence = self.log_evidence.as_ref().ok_or(ProofInvalid("no evidence of the log"))?;
        let (entry, checkpoint) = evidence.verify(&log.key)?;
        check_parties(&entry, &self.issuer, &self.subject)?;
        let rights = self.rights.as_ref().ok_or(ProofInvalid("the entry tells other rights"))?;
        if !tells(&entry.event, rights, self.metadata.log().as_ref()) {
            return Err(ProofInvalid("the entry tells other rights"));
        }
        let index = evidence.proof.index();
        Ok(Logged { log: log.clone(), index, checkpoint, as_of: self.issued_at })
    }
}

impl PurposeStatement {
    /// Verifies that the issuer published this purpose of this subject in its log: the entry is about these very bytes of JSON, and tells people
    /// its name, why, by what law, and each type and claim that the query names.
    ///
    /// # Errors
    /// [`ProofInvalid`]: there is no evidence, it does not hold, or it is about something else.
    pub fn verify_log(&self, log: &LogAddress) -> Result<Logged, ProofInvalid> {
        let evidence = self.log_evidence.as_ref().ok_or(ProofInvalid("no evidence of the log"))?;
        let (entry, checkpoint) = evidence.verify(&log.key)?;
        check_parties(&entry, &self.issuer, &self.subject)?;
        let Event::Purpose(told) = &entry.event else {
            return Err(ProofInvalid("the entry tells no purpose"));
        };
        if !tells_purpose(told, &self.purpose, self.expires_at) {
            return Err(ProofInvalid("the entry tells another purpose"));
        }
        let index = evidence.proof.index();
        Ok(Logged { log: log.clone(), index, checkpoint, as_of: self.issued_at })
    }
}

/// Whether an entry tells all of a purpose that is stated until `end`.
fn tells_purpose(told: &RegisteredPurpose, purpose: &Value, end: Timestamp) -> bool {
    let Ok(read) = Purpose::from_value(purpose) else { return false };
    let digest = purpose_digest(purpose);
    let in_words = told.purpose.id == read.id.0
        && told.purpose.name == read.name
        && told.text == read.text
        && told.law == read.law;
    let in_time = told.until.is_none_or(|until| last_day_of(end).is_some_and(|last| last <= until));
    let asks = read.asked_by_name().is_some_and(|asked| {
        asked.iter().all(|query| {
            let claims_of = |types: &dyn Fn(&str) -> bool| {
                let asks = told.asks.iter().filter(|ask| types(&ask.credential_type.id));
                asks.flat_map(|ask| &ask.claims).map(|claim| claim.id.as_str()).collect::<Vec<_>>()
            };
            let tells = |claims: &[&str]| query.claims.iter().all(|claim| claims.contains(&claim.as_str()));
            let is_told = |vct: &String| told.asks.iter().any(|ask| ask.credential_type.id == *vct);
            match query.vcts.as_slice() {
                [] => tells(&claims_of(&|_| true)),
                vcts => vcts.iter().all(|vct| is_told(vct) && tells(&claims_of(&|ty| ty == vct))),
            }
        })
    });
    digest.is_some() && told.purpose_sha256 == digest && in_words && in_time && asks
}

fn check_parties(entry: &LogEntry, issuer: &EntityId, subject: &EntityId) -> Result<(), ProofInvalid> {
    let same = entry.authority.id == issuer.as_str() && entry.subject.id == subject.as_str();
    if same { Ok(()) } else { Err(ProofInvalid("the entry is about others")) }
}

/// Whether an event tells all of these rights.
fn tells(event: &Event, rights: &Rights, own_log: Option<&LogAddress>) -> bool {
    let told = match event {
        Event::Right(right) if !rights.is_recognition() => Told {
            types: Some(&right.types),
            roles: &right.roles,
            identifiers: &right.identifiers,
            log: right.log.as_deref(),
            place: right.place.as_ref(),
            until: right.until,
        },
        Event::Recognition(recognition) if rights.is_recognition() => Told {
            types: recognition.types.as_deref(),
            roles: &recognition.roles,
            identifiers: &recognition.identifiers,
            log: recognition.log.as_deref(),
            place: recognition.place.as_ref(),
            until: recognition.until,
        },
        _ => return false,
    };
    told.covers(rights, own_log)
}

/// What an entry tells, whichever of the two kinds it is.
struct Told<'e> {
    /// `None`: every type.
    types: Option<&'e [Named]>,
    roles: &'e [LoggedRole],
    identifiers: &'e [String],
    log: Option<&'e str>,
    place: Option<&'e Named>,
    until: Option<Date>,
}

impl Told<'_> {
    fn covers(&self, rights: &Rights, own_log: Option<&LogAddress>) -> bool {
        let told = |name: &TypeName, named: &Named| {
            named.id == name.as_str()
                || TypeName::parse(&named.id).is_ok_and(|told| told.covers(name.as_str()))
        };
        let every_type = self
            .types
            .is_none_or(|types| rights.types.iter().all(|name| types.iter().any(|named| told(name, named))));
        let place = self.place.and_then(|place| Jurisdiction::parse(&place.id).ok());
        every_type
            && rights.roles.iter().all(|role| self.roles.contains(&logged_role(*role)))
            && rights.identifiers.iter().all(|did| self.identifiers.contains(did))
            && own_log.is_none_or(|own| self.log == Some(own.key.to_string().as_str()))
            && place.is_some_and(|place| place.contains(&rights.jurisdiction))
            && self.until.is_none_or(|end| rights.last_day().is_some_and(|last| last <= end))
    }
}

const fn logged_role(role: Role) -> LoggedRole {
    match role {
        Role::Issuer => LoggedRole::Issuer,
        Role::Verifier => LoggedRole::Verifier,
        Role::Authority => LoggedRole::Authority,
    }
}

impl Rights {
    /// The event of the log that tells these rights: names for people come from whoever knows them. `log` is the subject's own.
    pub fn to_event(
        &self,
        log: Option<&LogAddress>,
        name_of: impl Fn(&TypeName) -> Text,
        place: Text,
    ) -> Event {
        let types: Vec<_> = self
            .types
            .iter()
            .map(|name| Named { id: name.as_str().to_owned(), name: name_of(name) })
            .collect();
        let every_type = self.types.iter().any(|name| name.as_str() == "*");
        let mut roles: Vec<_> = self.roles.iter().map(|role| logged_role(*role)).collect();
        roles.sort();
        let identifiers = self.identifiers.iter().cloned().collect();
        let log = log.map(|log| log.key.to_string());
        let place = Some(Named { id: self.jurisdiction.as_str().to_owned(), name: place });
        let until = self.last_day();
        if self.is_recognition() {
            let types = (!every_type).then_some(types);
            Event::Recognition(Recognition { types, roles, identifiers, log, place, until })
        } else {
            Event::Right(Right { types, roles, identifiers, log, place, until })
        }
    }
}

impl Rights {
    /// The last day of a right that ends.
    pub fn last_day(&self) -> Option<jiff::civil::Date> {
        last_day_of(self.until?)
    }
}

/// The last day before a time at which something ends.
pub fn last_day_of(end: jiff::Timestamp) -> Option<jiff::civil::Date> {
    let last = end.checked_sub(jiff::SignedDuration::from_secs(1)).ok()?;
    Some(jiff::tz::TimeZone::UTC.to_datetime(last).date())
}

impl Metadata {
    /// With the address of the authority's log.
    #[must_use]
    pub fn with_log(self, log: &LogAddress) -> Self {
        self.with(FEDERATION_ENTITY, [(LOG_PARAMETER, log.to_value())])
    }

    /// Where the authority's log is; `None` when it has none, or of a kind that is not known.
    pub fn log(&self) -> Option<LogAddress> {
        LogAddress::from_value(self.of(FEDERATION_ENTITY)?.get(LOG_PARAMETER)?)
    }
}

impl LogAddress {
    /// `{"url": …, "vkey": …}`.
    pub fn to_value(&self) -> Value {
        json!({ "url": self.url, "vkey": self.key.to_string() })
    }

    /// Reads it; `None` when it is of a kind that is not known.
    pub fn from_value(value: &Value) -> Option<Self> {
        let url = Url::parse(value.get("url")?.as_str()?).ok()?;
        let key = value.get("vkey")?.as_str()?.parse().ok()?;
        Some(LogAddress { url: url.as_str().trim_end_matches('/').to_owned(), key })
    }
}

/// A name in both languages, the one for the other where it is missing: the log has both or nothing.
pub fn in_both_languages(text: &Text) -> Text {
    let or =
        |text: &str, other: &str| if text.trim().is_empty() { other.to_owned() } else { text.to_owned() };
    Text { en: or(&text.en, &text.fr), fr: or(&text.fr, &text.en) }
}

#[cfg(test)]
mod tests;
