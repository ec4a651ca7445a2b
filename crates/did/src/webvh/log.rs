//! From bytes to a history that holds.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    LogError, MAX_AHEAD_SECONDS, MAX_BYTES, MAX_ENTRIES, Parameters, WitnessProofs, entry::Entry, split,
    witness,
};
use crate::{Did, DidDocument, DocumentError};

/// A log that was verified from its first entry to its last. Private constructor: [`Log::verify`] (and [`Log::create`], which calls it).
#[derive(Debug, Clone)]
pub struct Log {
    pub(super) did: Did,
    pub(super) versions: Vec<Version>,
    /// The lines as they stand, one a version.
    pub(super) lines: Vec<String>,
}

/// What the DID was from one entry to the next.
#[derive(Debug, Clone)]
pub struct Version {
    number: u32,
    version_id: String,
    version_time: Timestamp,
    did: Did,
    state: Map<String, Value>,
    parameters: Parameters,
}

/// Which version is wanted (§ Reading did:webvh DID URLs).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionQuery<'q> {
    /// The last one.
    Latest,
    /// `?versionId=`.
    Id(&'q str),
    /// `?versionNumber=`.
    Number(u32),
    /// `?versionTime=`: the one in force at that time.
    Time(Timestamp),
}

/// How a log stands to one seen before. Both hold: that is what makes a fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Succession {
    /// The same, or the same with entries more.
    GoesOn,
    /// An earlier state: entries are missing at its end.
    Older,
    /// Another history of the same DID: its controller signed both.
    Fork,
}

impl Version {
    /// From 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// `versionId`.
    pub fn version_id(&self) -> &str {
        &self.version_id
    }

    /// `versionTime`.
    pub fn version_time(&self) -> Timestamp {
        self.version_time
    }

    /// `state.id`: under which DID it was published.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// `state`: the DID document, as it stands.
    pub fn state(&self) -> &Map<String, Value> {
        &self.state
    }

    /// The parameters in force.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }
}

impl Log {
    /// Verifies `log` (`did.jsonl`) as the log of `did`, with the proofs of its witnesses (`did-witness.json`) where it names any: every
    /// entry's number, hash, time, signer, parameters and subject, from the first one on (§ Read (Resolve)).
    ///
    /// # Errors
    /// [`LogError`]; [`LogError::WitnessesNeeded`] when `witness` is `None` and the log names some.
    pub fn verify(did: &Did, log: &[u8], witness: Option<&[u8]>, now: Timestamp) -> Result<Self, LogError> {
        let log = Self::verify_unwitnessed(did, log, now)?;
        // Witnesses come last and stand in for nothing else.
        witness::check(&log.versions, witness, now)?;
        Ok(log)
    }

    /// Without its witnesses: they are asked once the entry is there.
    pub(super) fn verify_unwitnessed(did: &Did, log: &[u8], now: Timestamp) -> Result<Self, LogError> {
        let scid = scid_of(did)?;
        let lines = lines(log)?;
        let mut versions: Vec<Version> = Vec::with_capacity(lines.len());
        for (number, line) in (1_u32..).zip(&lines) {
            versions.push(next_version(number, line, versions.last(), scid, now)?);
        }
        if !versions.iter().any(|version| version.did == *did) {
            return Err(LogError::OtherSubject { entry: 1 });
        }
        Ok(Log { did: did.clone(), versions, lines: lines.into_iter().map(str::to_owned).collect() })
    }

    /// This log, which holds, with one line more, which is held against it. Its witnesses are asked once it is there.
    pub(super) fn with_line(&self, line: String, now: Timestamp) -> Result<Self, LogError> {
        let mut log = self.clone();
        let number = self.versions.last().map_or(1, |last| last.number + 1);
        log.versions.push(next_version(number, &line, self.versions.last(), scid_of(&self.did)?, now)?);
        log.lines.push(line);
        lines(log.to_text().as_bytes())?;
        Ok(log)
    }

    /// The DID that was asked for: one of those that the log was published under.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// All versions, the first one first.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The version that is asked for, if there is one.
    pub fn version(&self, query: VersionQuery<'_>) -> Option<&Version> {
        let mut newest_first = self.versions.iter().rev();
        match query {
            VersionQuery::Latest => newest_first.next(),
            VersionQuery::Id(id) => newest_first.find(|version| version.version_id == id),
            VersionQuery::Number(number) => newest_first.find(|version| version.number == number),
            VersionQuery::Time(time) => newest_first.find(|version| version.version_time <= time),
        }
    }

    /// The document in force, under the DID that was asked for: where the DID has moved since (portability), its keys are the keys of the
    /// earlier name, too, for the log shows that both are one.
    ///
    /// # Errors
    /// [`LogError::Deactivated`]; [`LogError::Malformed`]: the last state is no DID document.
    pub fn document(&self) -> Result<DidDocument, LogError> {
        let Some(last) = self.versions.last() else { return Err(LogError::NotWebVh) };
        if last.parameters.deactivated {
            return Err(LogError::Deactivated);
        }
        let mut state = Value::Object(last.state.clone());
        if last.did != self.did {
            rename(&mut state, last.did.as_str(), self.did.as_str());
        }
        DidDocument::parse(&self.did, state.to_string().as_bytes()).map_err(|error| match error {
            DocumentError::Malformed(what) => LogError::Malformed { entry: last.number, what },
            _ => LogError::Malformed { entry: last.number, what: "not a DID document" },
        })
    }

    /// For how long it should be kept before it is read again.
    pub fn ttl(&self) -> SignedDuration {
        let ttl = self.versions.last().map_or(0, |version| version.parameters.ttl);
        SignedDuration::from_secs(i64::from(ttl))
    }

    /// How this log stands to the last version seen before, given by its `versionId`.
    pub fn after(&self, seen: &str) -> Succession {
        if self.version(VersionQuery::Id(seen)).is_some() {
            return Succession::GoesOn;
        }
        let number = seen.split_once('-').and_then(|(number, _)| number.parse().ok()).unwrap_or(u32::MAX);
        let is_shorter = self.version(VersionQuery::Number(number)).is_none();
        if is_shorter { Succession::Older } else { Succession::Fork }
    }

    /// The SCID, which the DID keeps wherever it moves.
    pub fn scid(&self) -> &str {
        self.versions.first().map_or("", |version| version.parameters.scid.as_str())
    }

    /// The `versionId` of its last version.
    pub fn last_version_id(&self) -> &str {
        self.versions.last().map_or("", Version::version_id)
    }

    /// The DID document metadata of a version (§ Read (Resolve)).
    pub fn metadata(&self, version: &Version) -> Value {
        let (Some(first), Some(last)) = (self.versions.first(), self.versions.last()) else {
            return json!({});
        };
        let mut metadata = json!({
            "versionId": version.version_id,
            "versionNumber": version.number,
            "versionTime": version.version_time.to_string(),
            "created": first.version_time.to_string(),
            "updated": last.version_time.to_string(),
            "scid": last.parameters.scid,
            "portable": last.parameters.portable,
            "deactivated": last.parameters.deactivated,
            "ttl": last.parameters.ttl.to_string(),
            "watchers": last.parameters.watchers,
        });
        if let Some(witness) = &last.parameters.witness {
            metadata["witness"] = witness.to_value();
            metadata["witness"]["threshold"] = witness.threshold.to_string().into();
        }
        metadata
    }

    /// `did.jsonl`.
    pub fn to_text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Adds the proofs of witnesses to what was read, for [`Log::verify`] of somebody else: only those that belong to an entry of this log.
    pub fn witness_file(&self, proofs: &WitnessProofs) -> Value {
        proofs.to_value(|version_id| self.version(VersionQuery::Id(version_id)).is_some())
    }
}

/// Whom a log says it is about in its last entry: not verified, for whoever is to verify their own.
pub fn published_as(log: &[u8]) -> Option<Did> {
    let line = lines(log).ok()?.pop()?;
    let entry = Entry::read(1, line).ok()?;
    Did::parse(entry.state.get("id")?.as_str()?).ok()
}

/// The SCID in a did:webvh.
pub(super) fn scid_of(did: &Did) -> Result<&str, LogError> {
    let identifier = did.as_str().strip_prefix("did:webvh:").ok_or(LogError::NotWebVh)?;
    split(identifier).map(|(scid, _)| scid).map_err(|_| LogError::NotWebVh)
}

/// The lines, within the limits. The last one may, and should, end with a line feed.
fn lines(log: &[u8]) -> Result<Vec<&str>, LogError> {
    if log.len() > MAX_BYTES {
        return Err(LogError::TooLarge);
    }
    let text =
        str::from_utf8(log).map_err(|_| LogError::Malformed { entry: 1, what: "not UTF-8" })?.trim_end();
    let lines: Vec<&str> = text.split('\n').collect();
    if lines.len() > MAX_ENTRIES { Err(LogError::TooLarge) } else { Ok(lines) }
}

/// One entry, behind those that hold.
fn next_version(
    number: u32,
    line: &str,
    before: Option<&Version>,
    scid: &str,
    now: Timestamp,
) -> Result<Version, LogError> {
    let entry = Entry::read(number, line)?;
    if before.is_some_and(|before| before.parameters.deactivated) {
        return Err(LogError::Broken { entry: number, what: "the DID was deactivated before" });
    }
    let parameters = Parameters::after(before.map(Version::parameters), number, &entry.parameters)?;
    if parameters.scid != scid {
        return Err(LogError::OtherSubject { entry: number });
    }
    entry.check_hash(before.map_or(scid, Version::version_id))?;
    if before.is_none() {
        entry.check_scid(scid)?;
    }
    let keys = match before.map(Version::parameters) {
        Some(before) if before.next_key_hashes.is_empty() => &before.update_keys,
        _ => &parameters.update_keys,
    };
    entry.check_proofs(keys, now)?;
    check_time(&entry, before, now)?;
    let did = subject(&entry, before, &parameters)?;
    Ok(Version {
        number,
        version_id: entry.version_id,
        version_time: entry.version_time,
        did,
        state: entry.state,
        parameters,
    })
}

fn check_time(entry: &Entry, before: Option<&Version>, now: Timestamp) -> Result<(), LogError> {
    let broken = |what| LogError::Broken { entry: entry.number, what };
    if before.is_some_and(|before| entry.version_time <= before.version_time) {
        return Err(broken("not later than the entry before"));
    }
    let ahead = entry.version_time.duration_since(now);
    if ahead > SignedDuration::from_secs(MAX_AHEAD_SECONDS) { Err(broken("in the future")) } else { Ok(()) }
}

/// `state.id`: a bare did:webvh of this SCID, the same as before unless the DID may move, and then with its earlier name beside it.
fn subject(entry: &Entry, before: Option<&Version>, parameters: &Parameters) -> Result<Did, LogError> {
    let other = LogError::OtherSubject { entry: entry.number };
    let id = entry.state.get("id").and_then(Value::as_str).ok_or(other.clone())?;
    let did = Did::parse(id).map_err(|_| other.clone())?;
    if scid_of(&did) != Ok(&parameters.scid) {
        return Err(other);
    }
    let Some(before) = before.filter(|before| before.did != did) else { return Ok(did) };
    let also = entry.state.get("alsoKnownAs").and_then(Value::as_array);
    let names = also.is_some_and(|also| also.iter().any(|name| name.as_str() == Some(before.did.as_str())));
    if parameters.portable && names { Ok(did) } else { Err(other) }
}

/// Puts one name of the DID in the place of another, alone and before a fragment, path or query.
fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(from)
                && (rest.is_empty() || rest.starts_with(['#', '/', '?']))
            {
                *text = format!("{to}{rest}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, from, to)),
        Value::Object(members) => members.values_mut().for_each(|member| rename(member, from, to)),
        _ => {}
    }
}
