use std::path::Path;

use jiff::Timestamp;
use portage_catalog::PurposeId;
use portage_reason::Reason;
use portage_verifier::{
    AskedBy, Claim, Decided, Device, Expired, KeyedHash, Received, Requested, Session, Verdict,
    ports::{
        ClaimOutcome, DecideOutcome, Event, FetchOutcome, RememberedLog, SessionNames, SessionStore,
        StoreFailure, Swept,
    },
};
use rusqlite::{
    OptionalExtension, Row, Transaction, named_params,
    types::{FromSqlError, Type},
};
use serde_json::Value;

use crate::{Database, DatabaseError, Schema};

/// Sessions in a SQLite file, shared by any number of processes.
#[derive(Debug, Clone)]
pub struct SqliteSessions(Database);

/// The tables of `verifier.sqlite`. Instants are milliseconds since 1970; one-time values are keyed hashes.
const SCHEMA: Schema = Schema {
    application_id: 0x506f_5631,
    migrations: &[
        "
        CREATE TABLE session (
            transaction_hash BLOB NOT NULL PRIMARY KEY,
            request_hash BLOB NOT NULL UNIQUE,
            state_hash BLOB NOT NULL UNIQUE,
            response_code_hash BLOB UNIQUE,
            purpose TEXT NOT NULL,
            same_device INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('requested', 'received', 'decided', 'expired')),
            created_at INTEGER NOT NULL,
            -- requested: until when an answer counts; received: until when the verdict must be in
            deadline INTEGER,
            claim TEXT,
            decided_at INTEGER,
            verdict TEXT,
            fetched_at INTEGER,
            kept_until INTEGER,
            delete_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX session_deadline ON session (deadline) WHERE state IN ('requested', 'received');
        CREATE INDEX session_delete_at ON session (delete_at) WHERE delete_at IS NOT NULL;
        CREATE TABLE event (
            at INTEGER NOT NULL,
            purpose TEXT NOT NULL,
            decision TEXT NOT NULL,
            reasons TEXT NOT NULL
        ) STRICT;
        CREATE INDEX event_at ON event (at);
    ",
        "
        CREATE TABLE remembered_log (
            vkey TEXT NOT NULL PRIMARY KEY,
            checkpoint TEXT NOT NULL,
            as_of INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
    ",
        "
        ALTER TABLE session ADD COLUMN asked_by TEXT;
        ALTER TABLE event ADD COLUMN asked_by TEXT;
        CREATE INDEX event_asked_by ON event (asked_by, at) WHERE asked_by IS NOT NULL;
    ",
        // JSON: the checkpoints that do not fit.
        "ALTER TABLE remembered_log ADD COLUMN broken TEXT NOT NULL DEFAULT '[]';",
    ],
};

impl SqliteSessions {
    /// Makes the store of a new verifier.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn create(path: &Path) -> Result<Self, DatabaseError> {
        Database::create(path, SCHEMA).map(SqliteSessions)
    }

    /// Opens the store of a verifier.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        Database::open(path, SCHEMA).map(SqliteSessions)
    }

    #[cfg(test)]
    pub(crate) fn in_memory() -> Self {
        Self(Database::in_memory(SCHEMA).unwrap())
    }

    async fn one(&self, condition: &'static str, hash: KeyedHash) -> Result<Option<Session>, StoreFailure> {
        Ok(self.0.read(move |tx| find(tx, condition, hash)).await?)
    }
}

impl SessionStore for SqliteSessions {
    async fn insert_new(&self, names: SessionNames, session: Requested) -> Result<(), StoreFailure> {
        let inserted = self.0.write(move |tx| {
            tx.execute(
                "INSERT INTO session (transaction_hash, request_hash, state_hash, purpose, same_device, state,
                     asked_by, created_at, deadline)
                 VALUES (:transaction, :request, :state_hash, :purpose, :same_device, 'requested',
                     :asked_by, :created_at, :deadline)",
                named_params! {
                    ":transaction": names.transaction.as_bytes(),
                    ":request": names.request.as_bytes(),
                    ":state_hash": names.state.as_bytes(),
                    ":purpose": session.purpose.0,
                    ":same_device": session.device == Device::Same,
                    ":asked_by": session.asked_by.map(|asked_by| asked_by.0),
                    ":created_at": session.created_at.as_millisecond(),
                    ":deadline": session.expires_at.as_millisecond(),
                },
            )
        });
        inserted.await?;
        Ok(())
    }

    async fn by_transaction(&self, transaction: KeyedHash) -> Result<Option<Session>, StoreFailure> {
        self.one("transaction_hash = ?1", transaction).await
    }

    async fn by_request(&self, request: KeyedHash) -> Result<Option<Session>, StoreFailure> {
        self.one("request_hash = ?1", request).await
    }

    async fn by_response_code(&self, code: KeyedHash) -> Result<Option<Decided>, StoreFailure> {
        match self.one("response_code_hash = ?1", code).await? {
            Some(Session::Decided(decided)) => Ok(Some(decided)),
            _ => Ok(None),
        }
    }

    async fn claim(
        &self,
        state: KeyedHash,
        claim: Claim,
        now: Timestamp,
    ) -> Result<ClaimOutcome, StoreFailure> {
        let outcome = self.0.write(move |tx| {
            let Some(session) = find(tx, "state_hash = ?1", state)? else { return Ok(ClaimOutcome::Absent) };
            let received = match session.at(now) {
                Session::Requested(requested) => requested.receive(claim, now),
                other => return Ok(ClaimOutcome::Lost(other)),
            };
            // The condition again in the statement that takes effect: the winner is whoever this changes a row for.
            let won = tx.execute(
                "UPDATE session SET state = 'received', claim = :claim, deadline = :deadline
                 WHERE state_hash = :state AND state = 'requested' AND deadline > :now",
                named_params! {
                    ":claim": received.claim.0,
                    ":deadline": received.deadline.as_millisecond(),
                    ":state": state.as_bytes(),
                    ":now": now.as_millisecond(),
                },
            )?;
            Ok(match won {
                1 => ClaimOutcome::Won(received),
                _ => ClaimOutcome::Lost(Session::Received(received)),
            })
        });
        Ok(outcome.await?)
    }

    async fn decide(
        &self,
        claim: Claim,
        decided: Decided,
        event: Event,
    ) -> Result<DecideOutcome, StoreFailure> {
        let outcome = self.0.write(move |tx| {
            let written = tx.execute(
                "UPDATE session SET state = 'decided', decided_at = :now, verdict = :verdict, claim = NULL,
                     deadline = NULL, response_code_hash = :code, kept_until = :kept_until, delete_at = :delete_at
                 WHERE claim = :claim AND state = 'received' AND deadline > :now",
                named_params! {
                    ":now": decided.decided_at.as_millisecond(),
                    ":verdict": Value::Object(decided.verdict.to_value()).to_string(),
                    ":code": decided.response_code.map(|code| *code.as_bytes()),
                    ":kept_until": decided.kept_until.as_millisecond(),
                    ":delete_at": decided.delete_at.as_millisecond(),
                    ":claim": claim.0,
                },
            )?;
            if written != 1 {
                return Ok(DecideOutcome::TooLate);
            }
            tx.execute(
                "INSERT INTO event (at, purpose, decision, reasons, asked_by) VALUES (?1, ?2, ?3, ?4, ?5)",
                (
                    event.at.as_millisecond(),
                    &event.purpose.0,
                    &event.decision,
                    reasons_text(&event.reasons),
                    event.asked_by.as_ref().map(|asked_by| &asked_by.0),
                ),
            )?;
            Ok(DecideOutcome::Written)
        });
        Ok(outcome.await?)
    }

    async fn note_fetched(
        &self,
        transaction: KeyedHash,
        code: Option<KeyedHash>,
        delete_at: Timestamp,
        now: Timestamp,
    ) -> Result<FetchOutcome, StoreFailure> {
        let noted = self.0.write(move |tx| {
            tx.execute(
                "UPDATE session SET fetched_at = :now, delete_at = :delete_at
                 WHERE transaction_hash = :transaction AND state = 'decided' AND response_code_hash IS :code
                     AND fetched_at IS NULL AND session.delete_at > :now",
                named_params! {
                    ":now": now.as_millisecond(),
                    ":delete_at": delete_at.as_millisecond(),
                    ":transaction": transaction.as_bytes(),
                    ":code": code.map(|code| *code.as_bytes()),
                },
            )
        });
        Ok(if noted.await? == 1 { FetchOutcome::First } else { FetchOutcome::NotFirst })
    }

    async fn sweep(&self, now: Timestamp, events_before: Timestamp) -> Result<Swept, StoreFailure> {
        let (now_ms, events_before) = (now.as_millisecond(), events_before.as_millisecond());
        let swept = self.0.write(move |tx| {
            let mut statement = tx.prepare(
                "SELECT * FROM session WHERE state IN ('requested', 'received') AND deadline <= ?1",
            )?;
            let over = statement
                .query_map([now_ms], |row| {
                    Ok((row.get::<_, [u8; 32]>("transaction_hash")?, session_of(row)?))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let mut swept = Swept::default();
            for (transaction, session) in over {
                if let Session::Expired(expired) = session.at(now) {
                    swept.expired += tx.execute(
                        "UPDATE session SET state = 'expired', deadline = NULL, claim = NULL, delete_at = ?1
                         WHERE transaction_hash = ?2",
                        (expired.delete_at.as_millisecond(), transaction),
                    )?;
                }
            }
            swept.deleted = tx.execute("DELETE FROM session WHERE delete_at <= ?1", [now_ms])?;
            swept.events = tx.execute("DELETE FROM event WHERE at < ?1", [events_before])?;
            Ok(swept)
        });
        let swept = swept.await?;
        if swept.deleted > 0 {
            // What was deleted must not stand in the write-ahead log either.
            self.0.empty_log().await?;
        }
        Ok(swept)
    }

    async fn logs(&self) -> Result<Vec<RememberedLog>, StoreFailure> {
        let logs = self.0.read(|tx| {
            let mut statement = tx.prepare("SELECT * FROM remembered_log ORDER BY vkey")?;
            let logs = statement.query_map([], log_of)?;
            logs.collect()
        });
        Ok(logs.await?)
    }

    async fn keep_logs(&self, logs: Vec<RememberedLog>) -> Result<(), StoreFailure> {
        let kept = self.0.write(move |tx| {
            let mut known = tx.prepare("SELECT * FROM remembered_log WHERE vkey = ?1")?;
            let mut statement = tx.prepare(
                "INSERT OR REPLACE INTO remembered_log (vkey, checkpoint, as_of, broken) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for log in logs {
                let known = known.query_row([&log.vkey], log_of).optional()?;
                let log = known.map_or_else(|| log.clone(), |known| known.with(log.clone()));
                let broken = serde_json::to_string(&log.broken).unwrap_or_default();
                statement.execute((log.vkey, log.checkpoint, log.as_of.as_millisecond(), broken))?;
            }
            Ok(())
        });
        Ok(kept.await?)
    }

    async fn events(&self) -> Result<Vec<Event>, StoreFailure> {
        let events = self.0.read(|tx| {
            let mut statement = tx.prepare("SELECT * FROM event ORDER BY at, rowid")?;
            let events = statement.query_map([], event_of)?;
            events.collect()
        });
        Ok(events.await?)
    }

    async fn events_asked_by(&self, asked_by: AskedBy, since: Timestamp) -> Result<Vec<Event>, StoreFailure> {
        let events = self.0.read(move |tx| {
            let mut statement =
                tx.prepare("SELECT * FROM event WHERE asked_by = ?1 AND at >= ?2 ORDER BY at, rowid")?;
            let events = statement.query_map((asked_by.0, since.as_millisecond()), event_of)?;
            events.collect()
        });
        Ok(events.await?)
    }
}

fn log_of(row: &Row<'_>) -> rusqlite::Result<RememberedLog> {
    let broken: String = row.get("broken")?;
    Ok(RememberedLog {
        vkey: row.get("vkey")?,
        checkpoint: row.get("checkpoint")?,
        as_of: instant(row, "as_of")?,
        broken: serde_json::from_str(&broken).map_err(|_| not_ours("broken"))?,
    })
}

impl From<DatabaseError> for StoreFailure {
    fn from(error: DatabaseError) -> Self {
        match error.reason() {
            Some(reason) => StoreFailure::Unusable(reason),
            None => StoreFailure::Environment(error.to_string()),
        }
    }
}

fn find(tx: &Transaction<'_>, condition: &str, hash: KeyedHash) -> rusqlite::Result<Option<Session>> {
    let mut statement = tx.prepare_cached(&format!("SELECT * FROM session WHERE {condition}"))?;
    statement.query_row([hash.as_bytes()], session_of).optional()
}

fn session_of(row: &Row<'_>) -> rusqlite::Result<Session> {
    let purpose = PurposeId(row.get("purpose")?);
    let device = if row.get("same_device")? { Device::Same } else { Device::Cross };
    Ok(match row.get::<_, String>("state")?.as_str() {
        "requested" => Session::Requested(Requested {
            purpose,
            device,
            asked_by: asked_by(row)?,
            created_at: instant(row, "created_at")?,
            expires_at: instant(row, "deadline")?,
        }),
        "received" => Session::Received(Received {
            purpose,
            device,
            asked_by: asked_by(row)?,
            claim: Claim(row.get("claim")?),
            deadline: instant(row, "deadline")?,
        }),
        "decided" => Session::Decided(Decided {
            purpose,
            device,
            decided_at: instant(row, "decided_at")?,
            verdict: verdict_of(&row.get::<_, String>("verdict")?).ok_or(not_ours("verdict"))?,
            response_code: row.get::<_, Option<[u8; 32]>>("response_code_hash")?.map(KeyedHash::from_bytes),
            kept_until: instant(row, "kept_until")?,
            delete_at: instant(row, "delete_at")?,
        }),
        _ => Session::Expired(Expired { purpose, device, delete_at: instant(row, "delete_at")? }),
    })
}

fn event_of(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        at: instant(row, "at")?,
        purpose: PurposeId(row.get("purpose")?),
        decision: row.get("decision")?,
        reasons: reasons_of(&row.get::<_, String>("reasons")?).ok_or(not_ours("reasons"))?,
        asked_by: asked_by(row)?,
    })
}

fn asked_by(row: &Row<'_>) -> rusqlite::Result<Option<AskedBy>> {
    Ok(row.get::<_, Option<String>>("asked_by")?.map(AskedBy))
}

fn instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(row.get(column)?).map_err(|_| not_ours(column))
}

fn verdict_of(text: &str) -> Option<Verdict> {
    Verdict::restored(serde_json::from_str(text).ok()?)
}

fn reasons_text(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| reason.name()).collect::<Vec<_>>().join(" ")
}

fn reasons_of(text: &str) -> Option<Vec<Reason>> {
    text.split_whitespace().map(|name| name.parse().ok()).collect()
}

/// A column that does not hold what we write there. Names the column, never its value.
fn not_ours(column: &str) -> rusqlite::Error {
    let cause = FromSqlError::Other(format!("the column {column}").into());
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(cause))
}

#[cfg(test)]
mod tests {
    use portage_verifier::ports::SessionNames;
    use serde_json::json;

    use super::*;

    fn folder_holds(folder: &Path, text: &str) -> bool {
        std::fs::read_dir(folder).unwrap().any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }

    #[tokio::test]
    async fn what_was_deleted_stands_in_no_file_any_more() {
        const CANARY: &str = "a claim like no other";
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteSessions::create(&folder.path().join("verifier.sqlite")).unwrap();
        let hash = |number| KeyedHash::from_bytes([number; 32]);
        let names = SessionNames { transaction: hash(1), request: hash(2), state: hash(3) };
        let now = Timestamp::UNIX_EPOCH;
        let requested = Requested::new(PurposeId("p".into()), Device::Cross, now);
        store.insert_new(names, requested).await.unwrap();
        let claim = Claim("c".into());
        let ClaimOutcome::Won(received) = store.claim(hash(3), claim.clone(), now).await.unwrap() else {
            panic!("nobody else claims")
        };
        let verdict =
            json!({ "decision": "accepted", "reasons": [], "evidence": {}, "claims": { "a": CANARY } });
        let decided = received.decide(Verdict::restored(verdict).unwrap(), None, 0, now);
        let delete_at = decided.delete_at;
        let event = Event {
            at: now,
            purpose: PurposeId("p".into()),
            decision: "accepted".into(),
            reasons: vec![],
            asked_by: None,
        };
        store.decide(claim, decided, event).await.unwrap();
        assert!(folder_holds(folder.path(), CANARY));
        store.sweep(delete_at, now).await.unwrap();
        assert!(!folder_holds(folder.path(), CANARY));
    }
}
