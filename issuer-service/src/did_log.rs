//! The log of a did:webvh in the service's folder, and the keys that go with it.
//!
//! `did.jsonl` decides which keys are in use: it is put in place in one step, after the keys that it names. A key that is spent (each entry is
//! written by the one that the entry before promised) is deleted. Whoever dies in between leaves the old state, and keys that the next try takes.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use jiff::{SignedDuration, Timestamp};
use portage_catalog::message;
use portage_did::{
    Did, DidDocument, DidUrl, LoopbackOrigins, MAX_KEYS_TRIED, Relationship, did_web,
    webvh::{
        Change, Log, LogError, MAX_BYTES, MAX_ENTRIES, Version, VersionQuery, WriteError, key_hash,
        published_as,
    },
};
use portage_issuer::{IssuanceStore, Issuer, IssuerKey};
use portage_keys::{Algorithm, Entropy, Signer, SigningKey, VerificationKey, multibase::to_multikey};
use portage_reason::Reason;
use portage_service::replace_file;
use portage_storage::KeyFolder;
use portage_web::language_of_terminal;
use serde_json::Value;
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
    replace(dir, &log)?;
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

/// Whether the DID has ended.
pub(crate) fn has_ended(log: &Log) -> bool {
    log.version(VersionQuery::Latest).is_some_and(|last| last.parameters().deactivated)
}

/// The keys in use, under their DID URLs: of each algorithm the one with the highest number, as the file of its name holds it. None of a DID that
/// has ended.
pub(crate) fn keys_in_use(log: &Log, keys: &KeyFolder) -> Result<Vec<IssuerKey>, CommandError> {
    if has_ended(log) {
        return Ok(Vec::new());
    }
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
        Ok(IssuerKey { kid: newest.method.to_string(), signer: Arc::new(signing) })
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
    let log = still_going(read(dir, url, now)?)?;
    let named = named_keys(&log)?;
    let newest = newest_number(&named);
    let mut listed = match old {
        OldKeys::Keep => listed(named),
        OldKeys::Drop => Vec::new(),
    };
    for (number, algorithm) in (newest + 1..).zip(Algorithm::ALL) {
        listed.push(new_key(keys, number, algorithm, entropy)?);
    }
    write_keys(dir, url, keys, &log, &listed, entropy, now)
}

/// One key more, of an algorithm that the document has none of; a document that has one stays as it is.
pub(crate) fn add(
    dir: &Path,
    url: &Url,
    keys: &KeyFolder,
    algorithm: Algorithm,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<Log, CommandError> {
    let _lock = lock(dir)?;
    let log = still_going(read(dir, url, now)?)?;
    let named = named_keys(&log)?;
    if named.iter().any(|named| named.key.algorithm() == algorithm) {
        return Ok(log);
    }
    let newest = newest_number(&named);
    let mut listed = listed(named);
    listed.push(new_key(keys, newest + 1, algorithm, entropy)?);
    write_keys(dir, url, keys, &log, &listed, entropy, now)
}

/// The next entry, with a document of these keys, and with room left for the end.
fn write_keys(
    dir: &Path,
    url: &Url,
    keys: &KeyFolder,
    log: &Log,
    listed: &[(String, VerificationKey)],
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<Log, CommandError> {
    if listed.len() > MAX_KEYS_TRIED {
        return Err(no_room());
    }
    let last = last(log)?;
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
    let log = match log.append(change, &signer) {
        Err(WriteError::Unreadable(LogError::TooLarge)) => return Err(no_room()),
        written => written.map_err(CommandError::fault)?,
    };
    if log.to_text().len() + ROOM_FOR_THE_END > MAX_BYTES || log.versions().len() + 2 > MAX_ENTRIES {
        return Err(no_room());
    }
    replace(dir, &log)?;
    forget_spent(keys, written)?;
    Ok(log)
}

/// What the two entries that end a DID take, with a margin: no other entry takes this.
const ROOM_FOR_THE_END: usize = 8 << 10;

fn no_room() -> CommandError {
    CommandError::Refused(Reason::TooLarge, message("issuer.key_log_full", language_of_terminal(), &[]))
}

/// What is said of a DID that has ended, to whoever asks for more than to look at it.
pub(crate) fn ended() -> CommandError {
    CommandError::Refused(Reason::Unsupported, message("issuer.did_ended", language_of_terminal(), &[]))
}

fn still_going(log: Log) -> Result<Log, CommandError> {
    if has_ended(&log) { Err(ended()) } else { Ok(log) }
}

fn newest_number(named: &[NamedKey]) -> u32 {
    named.iter().map(|named| number(&named.method)).max().unwrap_or_default()
}

fn listed(named: Vec<NamedKey>) -> Vec<(String, VerificationKey)> {
    named.into_iter().map(|named| (named.method.fragment().to_owned(), named.key)).collect()
}

fn new_key(
    keys: &KeyFolder,
    number: u32,
    algorithm: Algorithm,
    entropy: &dyn Entropy,
) -> Result<(String, VerificationKey), CommandError> {
    let name = format!("key-{number}");
    let made = keys.signing_key_or_new(&name, algorithm, entropy).map_err(CommandError::fault)?;
    Ok((name, made.verification_key().clone()))
}

/// The DID ends: pre-rotation first, then the DID, and no key may write another entry. The document loses its keys with the first of the two.
pub(crate) fn deactivate(
    dir: &Path,
    url: &Url,
    keys: &KeyFolder,
    now: Timestamp,
) -> Result<Log, CommandError> {
    let _lock = lock(dir)?;
    let log = still_going(read(dir, url, now)?)?;
    let written = last(&log)?.number() + 1;
    let signer = keys.signing_key(&update_key(written)).map_err(CommandError::fault)?;
    let mut change = Change::at(after(last(&log)?, now));
    let web = did_web(url).map_err(CommandError::fault)?;
    change.document = Some(beside(DidDocument::of_keys(log.did(), &[]), &web).to_value().clone());
    change.update_keys = Some(vec![to_multikey(signer.verification_key())]);
    change.next_key_hashes = Some(Vec::new());
    let log = log.append(change, &signer).map_err(CommandError::fault)?;
    let mut end = Change::at(after(last(&log)?, now));
    end.update_keys = Some(Vec::new());
    end.deactivated = Some(true);
    let log = log.append(end, &signer).map_err(CommandError::fault)?;
    replace(dir, &log)?;
    forget_spent(keys, written)?;
    Ok(log)
}

/// The log as a running service shows it: read anew when another file stands there.
pub struct LiveLog {
    folder: PathBuf,
    url: Url,
    loopback: LoopbackOrigins,
    shown: Mutex<Shown>,
}

/// What was read last.
#[derive(Default)]
struct Shown {
    /// When the file was written, and how long it is.
    file: Option<(SystemTime, u64)>,
    /// The document of the did:web beside it; none once the DID has ended.
    document: Option<Value>,
}

impl LiveLog {
    /// The log in this folder, of an issuer at this address.
    pub(crate) fn at(folder: PathBuf, url: Url, loopback: LoopbackOrigins) -> Self {
        LiveLog { folder, url, loopback, shown: Mutex::default() }
    }

    /// Where `did.jsonl` is, and `did-witness.json` where there are witnesses.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the log is another one than at the last call, its keys sign for the issuer from now on. The document of the did:web beside it.
    /// A log that does not hold changes nothing: the keys of the last one that did go on.
    pub(crate) fn follow<S: IssuanceStore>(&self, issuer: &Issuer<S>, now: Timestamp) -> Option<Value> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let file = fs::metadata(self.folder.join(LOG)).ok();
        let file = file.and_then(|file| Some((file.modified().ok()?, file.len())));
        if file != shown.file {
            match self.read(now) {
                Ok((keys, document)) => {
                    issuer.sign_with(keys);
                    *shown = Shown { file, document };
                    tracing::info!("{LOG} is read: the keys that it names sign from now on");
                }
                Err(error) => tracing::error!(error = %error, "{LOG} does not serve"),
            }
        }
        shown.document.clone()
    }

    fn read(&self, now: Timestamp) -> Result<(Vec<IssuerKey>, Option<Value>), CommandError> {
        let log = read(&self.folder, &self.url, now)?;
        let keys = keys_in_use(&log, &KeyFolder::at(self.folder.join(wiring::KEYS)))?;
        if has_ended(&log) {
            return Ok((keys, None));
        }
        let document = log.did_web_document(&self.loopback).map_err(CommandError::fault)?;
        Ok((keys, Some(document)))
    }
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

/// The new log in the place of the one before.
fn replace(dir: &Path, log: &Log) -> Result<(), CommandError> {
    let path = dir.join(LOG);
    replace_file(&path, &log.to_text())
        .map_err(|error| CommandError::Fault(format!("{} could not be written: {error}", path.display())))
}
