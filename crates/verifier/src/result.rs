use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::{
    Decided, Device, Session, Verdict, Verifier,
    one_time::Kind,
    ports::{FetchOutcome, SessionStore, StoreFailure, Swept},
};

/// How long events are kept.
const EVENTS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What the relying party gets for a transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct TransactionResult {
    /// `requested`, `received`, `decided`, `expired`.
    pub state: &'static str,
    /// The verdict, once decided.
    pub verdict: Option<Verdict>,
    /// Whether the answer came back to the session that asked.
    pub session_bound: bool,
}

impl TransactionResult {
    /// `{"state","decision"?,"reasons"?,"claims"?,"evidence"?}`.
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("state".into(), self.state.into());
        if let Some(verdict) = &self.verdict {
            object.extend(verdict.to_value());
            if let Some(Value::Object(evidence)) = object.get_mut("evidence") {
                evidence.insert("session_bound".into(), self.session_bound.into());
            }
        }
        Value::Object(object)
    }
}

impl<S: SessionStore> Verifier<S> {
    /// The state of a transaction and, once decided, its verdict.
    ///
    /// On the same device there is nothing without the response code that the person's browser brought back, and the code is good
    /// once. `None` says neither what is missing nor whether there is anything.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn result(
        &self,
        transaction: &str,
        response_code: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<TransactionResult>, StoreFailure> {
        let name = self.secret.hash(Kind::Transaction, transaction);
        let Some(session) = self.store.by_transaction(name).await? else { return Ok(None) };
        let session = session.at(now);
        let device = session.device();
        let code = response_code.map(|code| self.secret.hash(Kind::ResponseCode, code));
        if code.is_some() != (device == Device::Same) {
            return Ok(None);
        }
        let state = session.name();
        let decided = match session {
            Session::Decided(decided) if decided.delete_at > now => decided,
            Session::Decided(_) => return Ok(None),
            _ if device == Device::Same => return Ok(None),
            _ => return Ok(Some(TransactionResult { state, verdict: None, session_bound: false })),
        };
        let delete_at = decided.delete_at_if_fetched(now);
        let fetched = self.store.note_fetched(name, code, delete_at, now).await?;
        if device == Device::Same && fetched == FetchOutcome::NotFirst {
            return Ok(None);
        }
        let session_bound = device == Device::Same;
        Ok(Some(TransactionResult { state, verdict: Some(decided.verdict), session_bound }))
    }

    /// The decision that a response code belongs to, for the page its person comes back to. Does not use the code up.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn decision_for_person(
        &self,
        response_code: &str,
        now: Timestamp,
    ) -> Result<Option<Decided>, StoreFailure> {
        let code = self.secret.hash(Kind::ResponseCode, response_code);
        let decided = self.store.by_response_code(code).await?;
        Ok(decided.filter(|decided| decided.delete_at > now))
    }

    /// Ends what is over and deletes what is to be deleted by now: run at the start and at least once a minute.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, StoreFailure> {
        let events_before = now.checked_sub(EVENTS_KEPT).unwrap_or(Timestamp::MIN);
        self.store.sweep(now, events_before).await
    }
}
