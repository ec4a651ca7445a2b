//! What the verifier needs from outside: a place for its sessions. Keys, lists and documents come through
//! [`portage_verification::Sources`].

use std::future::Future;

use jiff::Timestamp;
use portage_catalog::PurposeId;
use portage_reason::Reason;
pub use portage_trust::{BrokenCheckpoint, RememberedLog};

use crate::{AskedBy, Claim, Decided, KeyedHash, Received, Requested, Session};

/// The sessions. Every hash names at most one of them; every change is one conditional statement, durable when it returns.
pub trait SessionStore: Send + Sync {
    /// Keeps a new session.
    fn insert_new(
        &self,
        names: SessionNames,
        session: Requested,
    ) -> impl Future<Output = Result<(), StoreFailure>> + Send;

    /// The session of a transaction, as it was last written.
    fn by_transaction(
        &self,
        transaction: KeyedHash,
    ) -> impl Future<Output = Result<Option<Session>, StoreFailure>> + Send;

    /// The session of a request id.
    fn by_request(
        &self,
        request: KeyedHash,
    ) -> impl Future<Output = Result<Option<Session>, StoreFailure>> + Send;

    /// The decided session of a response code, used or not.
    fn by_response_code(
        &self,
        code: KeyedHash,
    ) -> impl Future<Output = Result<Option<Decided>, StoreFailure>> + Send;

    /// Makes the session of `state` [`Received`] if it is [`Requested`] and not over at `now`. Of any number of calls, in any number of
    /// processes, exactly one wins.
    fn claim(
        &self,
        state: KeyedHash,
        claim: Claim,
        now: Timestamp,
    ) -> impl Future<Output = Result<ClaimOutcome, StoreFailure>> + Send;

    /// Writes the verdict and its event together, if the session is still under this claim and its deadline is not past at `decided.decided_at`.
    fn decide(
        &self,
        claim: Claim,
        decided: Decided,
        event: Event,
    ) -> impl Future<Output = Result<DecideOutcome, StoreFailure>> + Send;

    /// Notes the first fetch of a decided result and when it is deleted now; `code` must be the session's response code, `None` if it has none.
    /// Of any number of calls exactly one is [`FetchOutcome::First`].
    fn note_fetched(
        &self,
        transaction: KeyedHash,
        code: Option<KeyedHash>,
        delete_at: Timestamp,
        now: Timestamp,
    ) -> impl Future<Output = Result<FetchOutcome, StoreFailure>> + Send;

    /// Writes down what is [`Session::Expired`] at `now`, deletes what is to be deleted by then, and events older than `events_before`.
    fn sweep(
        &self,
        now: Timestamp,
        events_before: Timestamp,
    ) -> impl Future<Output = Result<Swept, StoreFailure>> + Send;

    /// What was seen of authorities' logs, as [`SessionStore::keep_logs`] kept it.
    fn logs(&self) -> impl Future<Output = Result<Vec<RememberedLog>, StoreFailure>> + Send;

    /// Keeps what was seen of authorities' logs. Of one log the later look stays, whichever process took it.
    fn keep_logs(&self, logs: Vec<RememberedLog>) -> impl Future<Output = Result<(), StoreFailure>> + Send;

    /// The events, oldest first.
    fn events(&self) -> impl Future<Output = Result<Vec<Event>, StoreFailure>> + Send;

    /// The events since an instant of what somebody asked at a counter, oldest first.
    fn events_asked_by(
        &self,
        asked_by: AskedBy,
        since: Timestamp,
    ) -> impl Future<Output = Result<Vec<Event>, StoreFailure>> + Send;
}

/// By what a session is found, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionNames {
    /// What the relying party holds.
    pub transaction: KeyedHash,
    /// What stands in `request_uri`.
    pub request: KeyedHash,
    /// `state`.
    pub state: KeyedHash,
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimOutcome {
    /// This answer won.
    Won(Received),
    /// The session is there and does not wait for an answer: as it stands at the claim's `now`.
    Lost(Session),
    /// There is no such session.
    Absent,
}

/// Whether a verdict was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecideOutcome {
    /// It stands.
    Written,
    /// The session is not under this claim any more, or the deadline is past.
    TooLate,
}

/// Whether a fetch was the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchOutcome {
    /// It was.
    First,
    /// It was fetched before, or the code is not the session's.
    NotFirst,
}

/// What the audit keeps of a decision: no value, nothing that names a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What for.
    pub purpose: PurposeId,
    /// `accepted`, `rejected`, `indeterminate`.
    pub decision: String,
    /// Why not.
    pub reasons: Vec<Reason>,
    /// Who asked, at a counter.
    pub asked_by: Option<AskedBy>,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Sessions that are over now.
    pub expired: usize,
    /// Sessions deleted.
    pub deleted: usize,
    /// Events deleted.
    pub events: usize,
}

/// The store did not do what was asked: a failure of ours, never a verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreFailure {
    /// The store says something is wrong with it: damage, a newer version.
    #[error("the store cannot be used: {0}")]
    Unusable(Reason),
    /// The machine: disk full, locked, no permission.
    #[error("the store could not be written or read: {0}")]
    Environment(String),
}
