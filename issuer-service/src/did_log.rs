//! The log of a did:webvh in the service's folder, and the keys that go with it.
//!
//! `did.jsonl` decides which keys are in use: it is put in place in one step, after the keys that it names. A key that is spent (each entry is
//! written by the one that the entry before promised) is deleted. Whoever dies in between leaves the old state, and keys that the next try takes.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use portage_did::{
    Did, DidDocument, DidUrl, Relationship, did_web,
    webvh::{Change, Log, Version, VersionQuery, key_hash, published_as},
};
use portage_keys::{Algorithm, Entropy, Signer, SigningKey, VerificationKey, multibase::to_multikey};
use portage_storage::KeyFolder;
use url::Url;

use crate::{commands::CommandError, wiring};

/// The log.
pub(crate) const LOG: &str = "did.jsonl";
/// The proofs of its witnesses, where somebody put them there.
pub(crate) const WITNESS: &str = "did-witness.json";
/// What is locked while an entry is written.
const LOCK: &str = "did.jsonl.lock";

/// What becomes of the keys in use when new ones take their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OldKeys {
    /// They sign no more, and what they signed stays good.
    Keep,
    /// They leave the document: what they signed is refused from now on.
    Drop,
}

/// A key under its name in the document.
pub(crate) struct NamedKey {
    pub(crate) method: DidUrl,
    pub(crate) key: VerificationKey,
}

/// Makes the log of a new DID at `url`, with one key of each algorithm; those are in the folder already.
pub(crate) fn create(
    dir: &Path,
    url: &Url,
    keys: &KeyFolder,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<Log, CommandError> {
    let first =
        keys.signing_key_or_new(&update_key(1), Algorithm::EdDsa, entropy).map_err(CommandError::fault)?;
    let next =
        keys.signing_key_or_new(&update_key(2), Algorithm::EdDsa, entropy).map_err(CommandError::fault)?;
    let mut named = Vec::new();
    for name in Algorithm::ALL.map(wiring::key_name) {
        named.push((name, keys.signing_key(name).map_err(CommandError::fault)?.verification_key().clone()));
    }
    let mut change = Change::at(now);
    change.update_keys = Some(vec![to_multikey(first.verification_key())]);
    change.next_key_hashes = Some(vec![promise(&next)]);
    change.portable = Some(false);
    let web = did_web(url).map_err(CommandError::fault)?;
    let document = |did: &Did| {
        let keys: Vec<_> = named.iter().map(|(name, key)| (*name, key, ASSERTIONS)).collect();
        beside(DidDocument::of_keys(did, &keys), &web)
    };
    let log = Log::create(url, document, change, &first).map_err(CommandError::fault)?;
    replace(&dir.join(LOG), &log.to_text())?;
    keys.forget(&update_key(1)).map_err(CommandError::fault)?;
    Ok(log)
}

const ASSERTIONS: &[Relationship] = &[Relationship::AssertionMethod];

/// Reads the log of the folder, which must be whole and of this address.
pub(crate) fn read(dir: &Path, url: &Url, now: Timestamp) -> Result<Log, CommandError> {
    let path = dir.join(LOG);
    let unfit = |what: &dyn std::fmt::Display| CommandError::Fault(format!("{}: {what}", path.display()));
    let bytes = fs::read(&path).map_err(|error| unfit(&error))?;
    let witness = fs::read(dir.join(WITNESS)).ok();
    let did = published_as(&bytes).ok_or_else(|| unfit(&"not the log of a DID"))?;
    let own = did_web(url).map_err(CommandError::fault)?;
    if did.web_location() != own.web_location() {
        return Err(unfit(&format!("{did} is not of the address {url}")));
    }
    Log::verify(&did, &bytes, witness.as_deref(), now).map_err(|error| unfit(&error))
}

/// The keys in use, under their DID URLs: of each algorithm the one with the highest number, as the file of its name holds it.
pub(crate) fn keys_in_use(log: &Log, keys: &KeyFolder) -> Result<Vec<(String, SigningKey)>, CommandError> {
    let named = named_keys(log)?;
    let newest = Algorithm::ALL.into_iter().filter_map(|algorithm| {
        let of_it = named.iter().filter(|named| named.key.algorithm() == algorithm);
        of_it.max_by_key(|named| number(&named.method))
    });
    let read = |newest: &NamedKey| {
        let name = newest.method.fragment();
        let signing = keys.signing_key(name).map_err(CommandError::fault)?;
        if *signing.verification_key() != newest.key {
            return Err(CommandError::Fault(format!("keys/{name}.jwk is not the key that {LOG} names")));
        }
        Ok((newest.method.to_string(), signing))
    };
    newest.map(read).collect()
}

/// Every key that the document lists for credentials.
pub(crate) fn named_keys(log: &Log) -> Result<Vec<NamedKey>, CommandError> {
    let document = log.document().map_err(|error| CommandError::Fault(format!("{LOG}: {error}")))?;
    let keys = document.keys_for(Relationship::AssertionMethod);
    Ok(keys.into_iter().map(|(method, key)| NamedKey { method, key }).collect())
}

/// New keys take the place of those in use: the next entry, written by the key that the last one promised.
pub(crate) fn rotate(
    dir: &Path,
    url: &Url,
    keys: &KeyFolder,
    old: OldKeys,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<Log, CommandError> {
    let _lock = lock(dir)?;
    let log = read(dir, url, now)?;
    let last = last(&log)?;
    let named = named_keys(&log)?;
    let newest = named.iter().map(|named| number(&named.method)).max().unwrap_or_default();
    let mut listed: Vec<(String, VerificationKey)> = match old {
        OldKeys::Keep => {
            named.into_iter().map(|named| (named.method.fragment().to_owned(), named.key)).collect()
        }
        OldKeys::Drop => Vec::new(),
    };
    for (number, algorithm) in (newest + 1..).zip(Algorithm::ALL) {
        let name = format!("key-{number}");
        let made = keys.signing_key_or_new(&name, algorithm, entropy).map_err(CommandError::fault)?;
        listed.push((name, made.verification_key().clone()));
    }
    let listed: Vec<_> = listed.iter().map(|(name, key)| (name.as_str(), key, ASSERTIONS)).collect();
    let document =
        beside(DidDocument::of_keys(log.did(), &listed), &did_web(url).map_err(CommandError::fault)?);
    let mut change = Change::at(after(last, now));
    change.document = Some(document.to_value().clone());
    let written = last.number() + 1;
    let signer = keys.signing_key(&update_key(written)).map_err(CommandError::fault)?;
    let next = keys
        .signing_key_or_new(&update_key(written + 1), Algorithm::EdDsa, entropy)
        .map_err(CommandError::fault)?;
    change.update_keys = Some(vec![to_multikey(signer.verification_key())]);
    change.next_key_hashes = Some(vec![promise(&next)]);
    let log = log.append(change, &signer).map_err(CommandError::fault)?;
    replace(&dir.join(LOG), &log.to_text())?;
    forget_spent(keys, written)?;
    Ok(log)
}

/// The DID ends: pre-rotation first, then the DID, and no key may write another entry.
pub(crate) fn deactivate(
    dir: &Path,
    url: &Url,
    keys: &KeyFolder,
    now: Timestamp,
) -> Result<Log, CommandError> {
    let _lock = lock(dir)?;
    let log = read(dir, url, now)?;
    let written = last(&log)?.number() + 1;
    let signer = keys.signing_key(&update_key(written)).map_err(CommandError::fault)?;
    let mut change = Change::at(after(last(&log)?, now));
    change.update_keys = Some(vec![to_multikey(signer.verification_key())]);
    change.next_key_hashes = Some(Vec::new());
    let log = log.append(change, &signer).map_err(CommandError::fault)?;
    let mut end = Change::at(after(last(&log)?, now));
    end.update_keys = Some(Vec::new());
    end.deactivated = Some(true);
    let log = log.append(end, &signer).map_err(CommandError::fault)?;
    replace(&dir.join(LOG), &log.to_text())?;
    forget_spent(keys, written)?;
    Ok(log)
}

/// The did:web of the same address stands beside it, for those who read no logs.
fn beside(document: DidDocument, web: &Did) -> DidDocument {
    document.also_known_as(&[web])
}

fn last(log: &Log) -> Result<&Version, CommandError> {
    log.version(VersionQuery::Latest).ok_or_else(|| CommandError::Fault(format!("{LOG} is empty")))
}

/// Now, or a second after the last entry where that is later: whole seconds.
fn after(last: &Version, now: Timestamp) -> Timestamp {
    let next = last.version_time().checked_add(SignedDuration::from_secs(1)).unwrap_or(now);
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    now.max(next)
}

/// `key-7` → 7.
fn number(method: &DidUrl) -> u32 {
    method.fragment().strip_prefix("key-").and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// The key that writes entry `number`.
fn update_key(number: u32) -> String {
    format!("update-{number}")
}

fn promise(key: &SigningKey) -> String {
    key_hash(&to_multikey(key.verification_key()))
}

fn forget_spent(keys: &KeyFolder, written: u32) -> Result<(), CommandError> {
    (1..=written).try_for_each(|number| keys.forget(&update_key(number))).map_err(CommandError::fault)
}

/// One writer at a time; let go when it is dropped.
fn lock(dir: &Path) -> Result<File, CommandError> {
    let path = dir.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| CommandError::Fault(format!("{}: {error}", path.display())))?;
    file.try_lock().map_err(|_| {
        CommandError::Fault(format!("somebody else is writing {} now", dir.join(LOG).display()))
    })?;
    Ok(file)
}

/// A new text in the place of the file, in one step that survives a power cut.
fn replace(path: &Path, text: &str) -> Result<(), CommandError> {
    let write = || -> io::Result<()> {
        let new: PathBuf = path.with_extension("jsonl.new");
        fs::write(&new, text)?;
        File::open(&new)?.sync_all()?;
        fs::rename(&new, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(|error| CommandError::Fault(format!("{} could not be written: {error}", path.display())))
}
