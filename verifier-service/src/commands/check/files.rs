use std::path::PathBuf;

use jiff::SignedDuration;
use portage_keys::base64url;
use portage_strict_json::{Limits, parse_object};
use portage_verification::{FetchedList, KeyWanted, ListWanted, Unavailable};
use serde_json::{Map, Value};

use super::CommandError;

/// Longest status list that is read.
const MAX_LIST: usize = 8 << 20;

/// What the pipeline gets instead of the network.
pub(super) struct Files {
    documents: Vec<Named>,
    lists: Vec<Named>,
}

/// A file, and whom or what it says it is: unverified, and only used to find it.
struct Named {
    name: Option<String>,
    bytes: Vec<u8>,
}

impl Files {
    pub(super) fn read(documents: &[PathBuf], lists: &[PathBuf]) -> Result<Self, CommandError> {
        let read = |paths: &[PathBuf], name: fn(&[u8]) -> Option<String>| {
            let files = paths.iter().map(|path| {
                let bytes = std::fs::read(path).map_err(|error| crate::wiring::unreadable(path, &error))?;
                Ok(Named { name: name(&bytes), bytes })
            });
            files.collect::<Result<Vec<_>, CommandError>>()
        };
        Ok(Files { documents: read(documents, document_name)?, lists: read(lists, list_name)? })
    }

    /// The document of each issuer that is wanted, if it was given. A file that cannot be read, and so names nobody, may be the one that is
    /// missing: that is for the pipeline to say.
    pub(super) fn keys(&self, wanted: &[KeyWanted]) -> Vec<Result<Vec<u8>, Unavailable>> {
        let answer = |wanted: &KeyWanted| {
            let name = match wanted {
                KeyWanted::DidDocument(did, _) => did.as_str(),
                // A URL without a path may be written with or without its last slash.
                KeyWanted::JwtVcIssuer(issuer) => issuer.as_str().trim_end_matches('/'),
            };
            let is_it = |file: &&Named| file.name.as_deref().map(|n| n.trim_end_matches('/')) == Some(name);
            let unreadable = || self.documents.iter().find(|file| file.name.is_none());
            let found = self.documents.iter().find(is_it).or_else(unreadable);
            found.map(|file| file.bytes.clone()).ok_or(Unavailable::Unreachable)
        };
        wanted.iter().map(answer).collect()
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
