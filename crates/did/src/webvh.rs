//! did:webvh 1.0: a DID whose history is a log.
//!
//! A did:web is what its host says today. A did:webvh is a chain of entries from the first one on, whose hash (the SCID) stands in the DID
//! itself: each entry holds the hash of the one before it and is signed by a key that the one before it (or, with pre-rotation, a commitment in
//! it) allows. Whoever takes the host over cannot change who the DID is. [`Log::verify`] is the one way from the bytes of `did.jsonl` and
//! `did-witness.json` to a [`Log`]; [`Log::create`] and [`Log::append`] are the way back, and write nothing that `verify` would not read.
//!
//! The log says nothing about whether a newer one exists. Whoever keeps logs compares with [`Log::after`] and never goes back.
//!
//! ```
//! use jiff::Timestamp;
//! use portage_did::{DidDocument, Relationship, webvh::{Change, Log, VersionQuery, key_hash}};
//! use portage_keys::{Algorithm, Signer, SigningKey, multibase::to_multikey};
//!
//! let key = |seed: u8| SigningKey::from_secret_bytes(Algorithm::EdDsa, &[seed; 32]);
//! let (first, second, signing) = (key(1)?, key(2)?, key(9)?);
//! let at: Timestamp = "2026-01-15T12:00:00Z".parse()?;
//! let document = |did: &portage_did::Did| {
//!     DidDocument::of_keys(did, &[("key-1", signing.verification_key(), &[Relationship::AssertionMethod])])
//! };
//!
//! // The first entry is signed by `first` and promises that the next one is signed by `second`.
//! let mut change = Change::at(at);
//! change.update_keys = Some(vec![to_multikey(first.verification_key())]);
//! change.next_key_hashes = Some(vec![key_hash(&to_multikey(second.verification_key()))]);
//! let log = Log::create(&"https://city.example".parse()?, document, change, &first)?;
//! assert!(log.did().as_str().ends_with(":city.example"));
//!
//! // Somebody else reads it.
//! let read = Log::verify(log.did(), log.to_text().as_bytes(), None, at)?;
//! assert_eq!(read.version(VersionQuery::Latest).map(|version| version.number()), Some(1));
//! assert!(read.document().is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod entry;
mod log;
mod parallel;
mod parameters;
mod witness;
mod write;

pub use entry::key_hash;
pub use log::{Log, Succession, Version, VersionQuery, published_as};
pub use parameters::{Parameters, Witnesses};
pub use witness::{WitnessProofs, wants_witnesses};
pub use write::{Change, WriteError};

use portage_reason::Reason;
use url::Url;

use crate::{DidError, LoopbackOrigins, web};

/// Longest log, and longest file of witness proofs.
pub const MAX_BYTES: usize = 256 << 10;
/// Most entries of a log.
pub const MAX_ENTRIES: usize = 512;
/// Most keys, hashes, witnesses or watchers that one entry may list.
const MAX_LISTED: usize = 64;
/// How far ahead of our clock an entry may be dated.
const MAX_AHEAD_SECONDS: i64 = 300;

/// Where a log and the proofs of its witnesses stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogAddress {
    /// `did.jsonl`.
    pub log: Url,
    /// `did-witness.json`, which is there only where the log names witnesses.
    pub witness: Url,
}

/// Why a log was refused. `entry` counts from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// Not a did:webvh.
    #[error("not a did:webvh")]
    NotWebVh,
    /// Over 256 KiB, or over the number of entries.
    #[error("the log is over the limit")]
    TooLarge,
    /// Not the JSON of an entry, or a parameter that the method does not know or allow there.
    #[error("entry {entry} is no entry of a DID log: {what}")]
    Malformed {
        /// Which entry.
        entry: u32,
        /// What is wrong, without a value of the entry.
        what: &'static str,
    },
    /// A version of the method that is not known.
    #[error("entry {entry} is of another version of did:webvh")]
    Unsupported {
        /// Which entry.
        entry: u32,
    },
    /// Its place in the chain does not hold: number, hash, SCID, time.
    #[error("entry {entry} does not follow: {what}")]
    Broken {
        /// Which entry.
        entry: u32,
        /// What does not hold.
        what: &'static str,
    },
    /// Not signed, or not by a key that may change the DID here.
    #[error("entry {entry} is not signed by a key that may: {what}")]
    NotAuthorized {
        /// Which entry.
        entry: u32,
        /// What does not hold.
        what: &'static str,
    },
    /// The log is of another DID.
    #[error("entry {entry} speaks of another DID")]
    OtherSubject {
        /// Which entry.
        entry: u32,
    },
    /// Witnesses are named and their proofs were not given.
    #[error("the proofs of the witnesses are needed")]
    WitnessesNeeded,
    /// Fewer witnesses than the log itself asks for.
    #[error("entry {entry} has not the witnesses that it needs")]
    NotWitnessed {
        /// Which entry.
        entry: u32,
    },
    /// The DID was deactivated: it has no document any more.
    #[error("the DID is deactivated")]
    Deactivated,
}

impl LogError {
    /// The reason of the same meaning: `log_proof_invalid` for a chain that does not hold, `proof_missing` for missing witnesses,
    /// `key_not_found` for a DID that has no keys (any more) or whose witnesses could not be had.
    pub fn reason(&self) -> Reason {
        match self {
            LogError::NotWebVh | LogError::Malformed { .. } | LogError::OtherSubject { .. } => {
                Reason::Malformed
            }
            LogError::TooLarge => Reason::TooLarge,
            LogError::Unsupported { .. } => Reason::Unsupported,
            LogError::Broken { .. } | LogError::NotAuthorized { .. } => Reason::LogProofInvalid,
            LogError::NotWitnessed { .. } => Reason::ProofMissing,
            LogError::WitnessesNeeded | LogError::Deactivated => Reason::KeyNotFound,
        }
    }
}

/// `<scid>:<host>[:path]`.
pub(crate) fn split(identifier: &str) -> Result<(&str, &str), DidError> {
    let (scid, location) =
        identifier.split_once(':').ok_or(DidError::Malformed("a did:webvh without a host"))?;
    if !entry::is_hash(scid) {
        return Err(DidError::Malformed("a did:webvh without its SCID"));
    }
    Ok((scid, location))
}

/// The syntax of the method.
pub(crate) fn check(identifier: &str) -> Result<(), DidError> {
    web::document_url(split(identifier)?.1).map(drop)
}

/// Where the log stands, if that may be contacted.
pub(crate) fn address(identifier: &str, loopback: &LoopbackOrigins) -> Result<LogAddress, DidError> {
    let document = web::address(split(identifier)?.1, loopback)?;
    let beside = |name: &str| document.join(name).map_err(|_| DidError::Malformed("not a host"));
    Ok(LogAddress { log: beside("did.jsonl")?, witness: beside("did-witness.json")? })
}

#[cfg(test)]
mod tests;
