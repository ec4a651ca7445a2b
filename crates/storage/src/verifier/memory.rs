use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use portage_verifier::{
    AskedBy, Claim, Decided, KeyedHash, Requested, Session,
    ports::{
        ClaimOutcome, DecideOutcome, Event, FetchOutcome, RememberedLog, SessionNames, SessionStore,
        StoreFailure, Swept,
    },
};

/// Sessions in memory: for tests, and for a service that may forget them when it stops.
#[derive(Debug, Default)]
pub struct MemorySessions(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    records: Vec<Record>,
    events: Vec<Event>,
    logs: BTreeMap<String, RememberedLog>,
}

#[derive(Debug)]
struct Record {
    names: SessionNames,
    session: Session,
    fetched: bool,
}

impl MemorySessions {
    /// No sessions yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every change below is made by one assignment: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self, is_it: impl Fn(&SessionNames) -> bool) -> Option<Session> {
        self.kept().records.iter().find(|record| is_it(&record.names)).map(|record| record.session.clone())
    }
}

impl SessionStore for MemorySessions {
    async fn insert_new(&self, names: SessionNames, session: Requested) -> Result<(), StoreFailure> {
        let session = Session::Requested(session);
        self.kept().records.push(Record { names, session, fetched: false });
        Ok(())
    }

    async fn by_transaction(&self, transaction: KeyedHash) -> Result<Option<Session>, StoreFailure> {
        Ok(self.session(|names| names.transaction == transaction))
    }

    async fn by_request(&self, request: KeyedHash) -> Result<Option<Session>, StoreFailure> {
        Ok(self.session(|names| names.request == request))
    }

    async fn by_response_code(&self, code: KeyedHash) -> Result<Option<Decided>, StoreFailure> {
        let kept = self.kept();
        let mut decided = kept.records.iter().filter_map(|record| match &record.session {
            Session::Decided(decided) => Some(decided),
            _ => None,
        });
        Ok(decided.find(|decided| decided.response_code == Some(code)).cloned())
    }

    async fn claim(
        &self,
        state: KeyedHash,
        claim: Claim,
        now: Timestamp,
    ) -> Result<ClaimOutcome, StoreFailure> {
        let mut kept = self.kept();
        let Some(record) = kept.records.iter_mut().find(|record| record.names.state == state) else {
            return Ok(ClaimOutcome::Absent);
        };
        match record.session.clone().at(now) {
            Session::Requested(requested) => {
                let received = requested.receive(claim, now);
                record.session = Session::Received(received.clone());
                Ok(ClaimOutcome::Won(received))
            }
            other => Ok(ClaimOutcome::Lost(other)),
        }
    }

    async fn decide(
        &self,
        claim: Claim,
        decided: Decided,
        event: Event,
    ) -> Result<DecideOutcome, StoreFailure> {
        let mut kept = self.kept();
        let under_claim = |record: &&mut Record| match &record.session {
            Session::Received(received) => received.claim == claim && received.deadline > decided.decided_at,
            _ => false,
        };
        let Some(record) = kept.records.iter_mut().find(under_claim) else {
            return Ok(DecideOutcome::TooLate);
        };
        record.session = Session::Decided(decided);
        kept.events.push(event);
        Ok(DecideOutcome::Written)
    }

    async fn note_fetched(
        &self,
        transaction: KeyedHash,
        code: Option<KeyedHash>,
        delete_at: Timestamp,
        now: Timestamp,
    ) -> Result<FetchOutcome, StoreFailure> {
        let mut kept = self.kept();
        let record = kept.records.iter_mut().find(|record| record.names.transaction == transaction);
        match record {
            Some(Record { session: Session::Decided(decided), fetched, .. })
                if !*fetched && decided.response_code == code && decided.delete_at > now =>
            {
                *fetched = true;
                decided.delete_at = delete_at;
                Ok(FetchOutcome::First)
            }
            _ => Ok(FetchOutcome::NotFirst),
        }
    }

    async fn sweep(&self, now: Timestamp, events_before: Timestamp) -> Result<Swept, StoreFailure> {
        let mut kept = self.kept();
        let mut swept = Swept::default();
        for record in &mut kept.records {
            let before = record.session.name();
            record.session = record.session.clone().at(now);
            swept.expired += usize::from(record.session.name() != before);
        }
        let (sessions, events) = (kept.records.len(), kept.events.len());
        kept.records.retain(|record| match &record.session {
            Session::Decided(decided) => decided.delete_at > now,
            Session::Expired(expired) => expired.delete_at > now,
            Session::Requested(_) | Session::Received(_) => true,
        });
        kept.events.retain(|event| event.at >= events_before);
        swept.deleted = sessions - kept.records.len();
        swept.events = events - kept.events.len();
        Ok(swept)
    }

    async fn logs(&self) -> Result<Vec<RememberedLog>, StoreFailure> {
        Ok(self.kept().logs.values().cloned().collect())
    }

    async fn keep_logs(&self, logs: Vec<RememberedLog>) -> Result<(), StoreFailure> {
        let kept = &mut self.kept().logs;
        for log in logs {
            let log = match kept.remove(&log.vkey) {
                Some(known) => known.with(log),
                None => log,
            };
            kept.insert(log.vkey.clone(), log);
        }
        Ok(())
    }

    async fn events(&self) -> Result<Vec<Event>, StoreFailure> {
        Ok(self.kept().events.clone())
    }

    async fn events_asked_by(&self, asked_by: AskedBy, since: Timestamp) -> Result<Vec<Event>, StoreFailure> {
        let is_it = |event: &&Event| event.asked_by.as_ref() == Some(&asked_by) && event.at >= since;
        Ok(self.kept().events.iter().filter(is_it).cloned().collect())
    }
}
