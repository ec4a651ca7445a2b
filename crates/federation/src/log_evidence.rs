//! That an authority published what it says: the entry of its public log, carried beside the statement with its proof.

use portage_catalog::Text;
use portage_keys::base64url;
use portage_transparency_log::{
    Event, InclusionProof, LogEntry, ProofInvalid, ReadEntry, SignedCheckpoint, VerifierKey,
};
use serde_json::{Value, json};
use url::Url;

use crate::{FEDERATION_ENTITY, Metadata, Rights, SubordinateStatement, TypeName};

/// The claim of a Subordinate Statement with the evidence for its rights. Not critical: whoever does not know it checks no log.
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

/// Where an authority's log is, as its Entity Configuration says.
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

impl SubordinateStatement {
    /// Verifies that the issuer published these very rights of this very subject in its log.
    ///
    /// # Errors
    /// [`ProofInvalid`]: there is no evidence, it does not hold, or it is about something else.
    pub fn verify_log(&self, log: &VerifierKey) -> Result<SignedCheckpoint, ProofInvalid> {
        let evidence = self.log_evidence.as_ref().ok_or(ProofInvalid("no evidence of the log"))?;
        let (entry, checkpoint) = evidence.verify(log)?;
        if entry.authority.id != self.issuer.as_str() || entry.subject.id != self.subject.as_str() {
            return Err(ProofInvalid("the entry is about others"));
        }
        match &self.rights {
            Some(rights) if tells(&entry.event, rights) => Ok(checkpoint),
            _ => Err(ProofInvalid("the entry tells other rights")),
        }
    }
}

/// Whether an event tells these rights: the types, for whom, until when.
fn tells(event: &Event, rights: &Rights) -> bool {
    let same_types = |types: &[portage_transparency_log::Named]| {
        types.iter().map(|named| named.id.as_str()).eq(rights.types.iter().map(TypeName::as_str))
    };
    match event {
        Event::Right(right) => {
            let place = right.place.as_ref().map(|place| place.id.as_str());
            !rights.is_recognition()
                && same_types(&right.types)
                && place == Some(rights.jurisdiction.as_str())
                && right.until == rights.last_day()
        }
        Event::Recognition(recognition) => {
            let every = rights.types.iter().any(|name| name.as_str() == "*");
            rights.is_recognition()
                && recognition.types.as_deref().map_or(every, same_types)
                && recognition.until == rights.last_day()
        }
        _ => false,
    }
}

impl Rights {
    /// The last day of a right that ends.
    pub fn last_day(&self) -> Option<jiff::civil::Date> {
        let last = self.until?.checked_sub(jiff::SignedDuration::from_secs(1)).ok()?;
        Some(jiff::tz::TimeZone::UTC.to_datetime(last).date())
    }
}

impl Metadata {
    /// With the address of the authority's log.
    #[must_use]
    pub fn with_log(self, log: &LogAddress) -> Self {
        let value = json!({ "url": log.url, "vkey": log.key.to_string() });
        self.with(FEDERATION_ENTITY, [(LOG_PARAMETER, value)])
    }

    /// Where the authority's log is; `None` when it has none, or of a kind that is not known.
    pub fn log(&self) -> Option<LogAddress> {
        let value = self.of(FEDERATION_ENTITY)?.get(LOG_PARAMETER)?;
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
mod tests {
    use portage_transparency_log::{Checkpoint, Entity, MemoryTree, Named, NoteSigner, Right};

    use super::*;
    use crate::{
        EntityStatement, Jurisdiction, UnverifiedStatement,
        tests::{id, key, keys, now},
    };

    const TYPE: &str = "https://types.example/business-licence";

    fn text(text: &str) -> Text {
        Text { en: text.to_owned(), fr: text.to_owned() }
    }

    /// A statement of bc.example about city.example, whose log tells `types`, and which tells `TYPE`.
    fn statement(subject: &str, types: &[&str]) -> SubordinateStatement {
        let entity = |id: &str| Entity { id: id.to_owned(), name: text("Name") };
        let named = |id: &str| Named { id: id.to_owned(), name: text("Name") };
        let types = types.iter().map(|id| named(id)).collect();
        let until = "2027-03-31".parse().ok();
        let entry = LogEntry {
            at: now(),
            authority: entity("https://bc.example"),
            subject: entity(subject),
            event: Event::Right(Right { types, place: Some(named("CA-BC-5915022")), until }),
        };
        let entry = entry.to_bytes().unwrap();
        let tree = MemoryTree::over([b"another".to_vec(), entry.clone()]);
        let signing = key(9);
        let signer = NoteSigner::new("bc.example/log", &signing).unwrap();
        let head = tree.head();
        let checkpoint = Checkpoint::new("bc.example/log", head.size, head.root).sign(&signer).unwrap();
        let proof = InclusionProof::make(&mut &tree, 1, &checkpoint).unwrap();

        let (issuer, subject) = (id("https://bc.example"), id("https://city.example"));
        let end = "2026-06-02T00:00:00Z".parse().unwrap();
        let mut statement = SubordinateStatement::new(issuer, subject, keys(2), now(), end);
        let mut rights = Rights::none_in(Jurisdiction::parse("CA-BC-5915022").unwrap());
        rights = rights.issuing([TYPE]).unwrap();
        rights.until = Some("2027-04-01T00:00:00Z".parse().unwrap());
        statement.rights = Some(rights);
        statement.log_evidence = Some(LogEvidence { entry, proof });
        statement
    }

    fn log_key(number: u8) -> VerifierKey {
        let signing = key(number);
        NoteSigner::new("bc.example/log", &signing).unwrap().verifier_key().clone()
    }

    #[test]
    fn rights_count_with_the_entry_that_tells_them_and_with_no_other() {
        let good = statement("https://city.example", &[TYPE]);
        assert!(good.verify_log(&log_key(9)).is_ok());
        let jwt = good.sign(&keys(1), &key(1)).unwrap();
        let read = UnverifiedStatement::parse(&jwt).unwrap().verify(&keys(1), now()).unwrap();
        let EntityStatement::Subordinate(read) = read.into_statement() else { panic!("it is subordinate") };
        assert_eq!(read, good, "the evidence travels in the statement");

        let mut wider = good.clone();
        wider.rights = wider.rights.map(|rights| rights.issuing(["https://types.example/person"]).unwrap());
        let mut longer = good.clone();
        longer.rights = longer.rights.map(|rights| Rights { until: None, ..rights });
        let none = SubordinateStatement { log_evidence: None, ..good.clone() };
        for (refused, what) in [
            (statement("https://town.example", &[TYPE]), "the entry is about others"),
            (statement("https://city.example", &[]), "the entry tells other rights"),
            (wider, "the entry tells other rights"),
            (longer, "the entry tells other rights"),
            (none, "no evidence of the log"),
        ] {
            let error = refused.verify_log(&log_key(9)).unwrap_err();
            assert_eq!((error.0, error.reason().name()), (what, "log_proof_invalid"));
        }
        assert!(good.verify_log(&log_key(8)).is_err(), "the log of somebody else");
    }

    #[test]
    fn the_address_of_a_log_reads_back() {
        let log = LogAddress { url: "https://bc.example/log".to_owned(), key: log_key(9) };
        assert_eq!(Metadata::new().with_log(&log).log(), Some(log));
        assert_eq!(Metadata::new().log(), None);
    }
}
