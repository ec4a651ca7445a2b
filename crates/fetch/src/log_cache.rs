use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use portage_did::{
    Did,
    webvh::{Log, Succession},
};
use portage_reason::Reason;
use portage_verification::{DidLog, Unavailable};
use tokio::sync::Mutex;

/// Logs kept at once; one has at most 256 KiB, and so have the proofs of its witnesses.
const LOGS: usize = 64;
/// DIDs of which the last version seen is remembered.
const REMEMBERED: usize = 4_096;

/// The logs of did:webvh. One that holds serves for its `ttl`, and no longer than documents do; one that lacks an entry already seen is not
/// used, even when that one is no longer kept. What does not hold is given to the pipeline, which says why, and is not kept.
#[derive(Default)]
pub(crate) struct LogCache(Mutex<Logs>);

#[derive(Default)]
struct Logs {
    kept: HashMap<Did, Kept>,
    /// SCID → the last `versionId` seen: a DID that moved keeps its SCID.
    seen: HashMap<String, String>,
}

struct Kept {
    files: DidLog,
    fetched_at: Timestamp,
    serves: SignedDuration,
}

impl LogCache {
    /// The log that was fetched lately.
    pub(crate) async fn kept(&self, did: &Did, now: Timestamp) -> Option<DidLog> {
        let logs = self.0.lock().await;
        logs.kept.get(did).filter(|kept| kept.serves_at(now)).map(|kept| kept.files.clone())
    }

    /// Takes a log that was just fetched: gives it back, unless it goes behind the one seen before.
    pub(crate) async fn take(
        &self,
        did: &Did,
        files: DidLog,
        document_age: SignedDuration,
        now: Timestamp,
    ) -> Result<DidLog, Unavailable> {
        let Ok(log) = Log::verify(did, &files.log, files.witness.as_deref(), now) else { return Ok(files) };
        let kept = Kept { files: files.clone(), fetched_at: now, serves: log.ttl().min(document_age) };
        self.0.lock().await.take(did, &log, kept)?;
        Ok(files)
    }
}

impl Logs {
    /// Keeps a log that holds, unless one that goes further was seen before.
    fn take(&mut self, did: &Did, log: &Log, kept: Kept) -> Result<(), Unavailable> {
        let scid = log.scid();
        match self.seen.get(scid).map(|seen| log.after(seen)) {
            Some(Succession::Older) => {
                tracing::warn!("the log of a DID that lacks an entry already seen was not used");
                return Err(Unavailable::Unreachable);
            }
            Some(Succession::Fork) => {
                tracing::warn!("the log of a DID that tells another history than the one seen was not used");
                return Err(Unavailable::Refused(Reason::LogProofInvalid));
            }
            Some(Succession::GoesOn) | None => {}
        }
        if self.kept.len() >= LOGS {
            let now = kept.fetched_at;
            self.kept.retain(|_, kept| kept.serves_at(now));
        }
        if self.kept.len() < LOGS {
            self.kept.insert(did.clone(), kept);
        }
        if self.seen.len() < REMEMBERED || self.seen.contains_key(scid) {
            self.seen.insert(scid.to_owned(), log.last_version_id().to_owned());
        }
        Ok(())
    }
}

impl Kept {
    fn serves_at(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.fetched_at);
        !age.is_negative() && age < self.serves
    }
}
