use std::path::PathBuf;

use jiff::SignedDuration;
use portage_did::Did;
use portage_keys::base64url;
use portage_strict_json::{Limits, parse_object};
use portage_verification::{DidLog, FetchedList, KeyAnswer, KeyWanted, ListWanted, Unavailable};
use serde_json::{Map, Value};

use super::CommandError;

/// Longest status list that is read.
const MAX_LIST: usize = 8 << 20;

/// What the pipeline gets instead of the network.
pub(super) struct Files {
    documents: Vec<Named>,
    logs: Vec<Log>,
    witnesses: Vec<Vec<u8>>,
    lists: Vec<Named>,
}

/// The log of a did:webvh: every name it was published under, and its versions. Unverified, and only used to find it.
struct Log {
    names: Vec<String>,
    version_ids: Vec<String>,
    bytes: Vec<u8>,
}

/// A file, and whom or what it says it is: unverified, and only used to find it.
struct Named {
    name: Option<String>,
    bytes: Vec<u8>,
}

impl Files {
    pub(super) fn read(
        documents: &[PathBuf],
        witnesses: &[PathBuf],
        lists: &[PathBuf],
    ) -> Result<Self, CommandError> {
        let read = |paths: &[PathBuf], name: fn(&[u8]) -> Option<String>| {
            let files = paths.iter().map(|path| {
                let bytes = std::fs::read(path).map_err(|error| crate::wiring::unreadable(path, &error))?;
                Ok(Named { name: name(&bytes), bytes })
            });
            files.collect::<Result<Vec<_>, CommandError>>()
        };
        let (mut logs, mut others) = (Vec::new(), Vec::new());
        for file in read(documents, document_name)? {
            match Log::of(&file.bytes) {
                Some(log) => logs.push(log),
                None => others.push(file),
            }
        }
        let witnesses = read(witnesses, |_| None)?.into_iter().map(|file| file.bytes).collect();
        Ok(Files { documents: others, logs, witnesses, lists: read(lists, list_name)? })
    }

    /// The document of each issuer that is wanted, if it was given. A file that cannot be read, and so names nobody, may be the one that is
    /// missing: that is for the pipeline to say.
    pub(super) fn keys(&self, wanted: &[KeyWanted]) -> Vec<Result<KeyAnswer, Unavailable>> {
        let answer = |wanted: &KeyWanted| {
            let name = match wanted {
                KeyWanted::DidLog(did, _) => match self.log(did) {
                    Some(log) => return Ok(KeyAnswer::Log(log)),
                    // Whoever gives the document by hand vouches for it.
                    None => did.as_str(),
                },
                KeyWanted::DidDocument(did, _) => did.as_str(),
                // A URL without a path may be written with or without its last slash.
                KeyWanted::ControllerDocument(issuer) | KeyWanted::JwtVcIssuer(issuer) => {
                    issuer.as_str().trim_end_matches('/')
                }
            };
            let is_it = |file: &&Named| file.name.as_deref().map(|n| n.trim_end_matches('/')) == Some(name);
            let unreadable = || self.documents.iter().find(|file| file.name.is_none());
            let found = self.documents.iter().find(is_it).or_else(unreadable);
            found.map(|file| KeyAnswer::Document(file.bytes.clone())).ok_or(Unavailable::Unreachable)
        };
        wanted.iter().map(answer).collect()
    }

    fn log(&self, did: &Did) -> Option<DidLog> {
        let log = self.logs.iter().find(|log| log.names.iter().any(|name| name == did.as_str()))?;
        let is_about = |file: &&Vec<u8>| {
            let text = String::from_utf8_lossy(file);
            log.version_ids.iter().any(|id| text.contains(id.as_str()))
        };
        let witness = self.witnesses.iter().find(is_about).or(self.witnesses.first()).cloned();
        Some(DidLog { log: log.bytes.clone(), witness })
    }

    /// The list at each address that is wanted. A file that is named like none of them may be the one that is missing, under a wrong name:
    /// that is for the pipeline to say.
    pub(super) fn lists(&self, wanted: &[ListWanted]) -> Vec<Result<FetchedList, Unavailable>> {
        let named = |url: &str| self.lists.iter().find(|file| file.name.as_deref() == Some(url));
        let is_wanted =
            |file: &&Named| wanted.iter().any(|list| file.name.as_deref() == Some(list.url.as_str()));
        let mut strays = self.lists.iter().filter(|file| !is_wanted(file));
        let answer = |list: &ListWanted| {
            let file = named(list.url.as_str()).or_else(|| strays.next()).ok_or(Unavailable::Unreachable)?;
            Ok(FetchedList { bytes: file.bytes.clone(), age: SignedDuration::ZERO })
        };
        wanted.iter().map(answer).collect()
    }
}

impl Log {
    /// Where the first line has what an entry has.
    fn of(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut log = Log { names: Vec::new(), version_ids: Vec::new(), bytes: bytes.to_vec() };
        for line in text.lines() {
            let entry = parse_object(line.as_bytes(), Limits::METADATA).unwrap_or_default();
            log.version_ids.extend(string(&entry, "versionId"));
            let state = entry.get("state").and_then(Value::as_object);
            log.names.extend(state.and_then(|state| string(state, "id")));
        }
        (!log.names.is_empty() && !log.version_ids.is_empty()).then_some(log)
    }
}

/// `id` of a DID document, `issuer` of issuer metadata.
fn document_name(bytes: &[u8]) -> Option<String> {
    let document = parse_object(bytes, Limits::METADATA).ok()?;
    string(&document, "id").or_else(|| string(&document, "issuer"))
}

/// `sub` of a Status List Token, `id` of a list credential.
fn list_name(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_LIST)?.trim();
    let members = if text.starts_with('{') {
        parse_object(text.as_bytes(), Limits::STATUS_LIST).ok()?
    } else {
        let payload = base64url::decode(text.split('.').nth(1)?).ok()?;
        parse_object(&payload, Limits::STATUS_LIST).ok()?
    };
    string(&members, "sub").or_else(|| string(&members, "id"))
}

fn string(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name).and_then(Value::as_str).map(str::to_owned)
}
