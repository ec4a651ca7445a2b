//! The file with the accounts, the guesses and the trail.

use std::{path::Path, time::Duration};

use jiff::{SignedDuration, Timestamp};
use portage_keys::{PasswordHash, digest::sha256};
use rusqlite::{OptionalExtension, Row, Transaction, named_params, types::Type};

use super::{Account, FILE, Guess, Role, StaffEvent, StaffEventKind, StaffName};
use crate::{Database, DatabaseError, Schema, guess_waits::wait_after};

/// The accounts of one service.
#[derive(Debug, Clone)]
pub struct StaffStore(Database);

const SCHEMA: Schema = Schema {
    application_id: 0x506f_5331,
    migrations: &["
        CREATE TABLE account (
            name TEXT NOT NULL PRIMARY KEY,
            role TEXT NOT NULL,
            password TEXT,
            version INTEGER NOT NULL,
            added_at INTEGER NOT NULL,
            code_digest BLOB UNIQUE,
            code_until INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE guess (
            -- a name, or one of a few places that all unknown names share
            place TEXT NOT NULL PRIMARY KEY,
            wrong INTEGER NOT NULL,
            last_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE event (at INTEGER NOT NULL, name TEXT, kind TEXT NOT NULL) STRICT;
        CREATE INDEX event_at ON event (at);
    "],
};

impl StaffStore {
    /// Opens the store in a service's folder; made now where there is none yet.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn open(folder: &Path) -> Result<Self, DatabaseError> {
        let path = folder.join(FILE);
        if path.exists() { Database::open(&path, SCHEMA) } else { Database::create(&path, SCHEMA) }
            .map(StaffStore)
    }

    /// A store in memory: for tests.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn in_memory() -> Result<Self, DatabaseError> {
        Database::in_memory(SCHEMA).map(StaffStore)
    }

    /// Adds an account, with a password or without; `false` where the name is taken.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn add(
        &self,
        name: &StaffName,
        role: Role,
        password: Option<&PasswordHash>,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let (name, password) = (name.clone(), password.map(PasswordHash::to_text));
        let add = move |tx: &Transaction<'_>| {
            // A name that is given a second time does not go on where the first one was.
            let added = tx.execute(
                "INSERT INTO account (name, role, password, version, added_at)
                 VALUES (:name, :role, :password, :now, :now) ON CONFLICT DO NOTHING",
                named_params! {
                    ":name": name.0, ":role": role.name(), ":password": password, ":now": now.as_millisecond(),
                },
            )?;
            if added == 1 {
                tx.execute("DELETE FROM guess WHERE place = ?1", [&name.0])?;
                note(tx, now, Some(&name), StaffEventKind::Added)?;
            }
            Ok(added == 1)
        };
        self.0.write(add).await
    }

    /// Removes an account; `false` where there is none. Whoever is signed in under it is out.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn remove(&self, name: &StaffName, now: Timestamp) -> Result<bool, DatabaseError> {
        let name = name.clone();
        let remove = move |tx: &Transaction<'_>| {
            let removed = tx.execute("DELETE FROM account WHERE name = ?1", [&name.0])?;
            tx.execute("DELETE FROM guess WHERE place = ?1", [&name.0])?;
            if removed == 1 {
                note(tx, now, Some(&name), StaffEventKind::Removed)?;
            }
            Ok(removed == 1)
        };
        self.0.write(remove).await
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn accounts(&self) -> Result<Vec<Account>, DatabaseError> {
        self.0
            .read(|tx| {
                let mut statement = tx.prepare("SELECT * FROM account ORDER BY name")?;
                let accounts = statement.query_map([], account_of)?;
                accounts.collect()
            })
            .await
    }

    /// The account of a name.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn account(&self, name: &StaffName) -> Result<Option<Account>, DatabaseError> {
        let name = name.clone();
        self.0.read(move |tx| find(tx, &name.0)).await
    }

    /// Gives an account a new password: older sessions and codes of it are over. The account as it is then; `None` where there is none.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn choose_password(
        &self,
        name: &StaffName,
        password: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<Account>, DatabaseError> {
        let (name, password) = (name.clone(), password.to_text());
        let choose = move |tx: &Transaction<'_>| {
            tx.execute(
                "UPDATE account SET password = ?2, version = version + 1, code_digest = NULL, code_until = NULL
                 WHERE name = ?1",
                (&name.0, password),
            )?;
            let account = find(tx, &name.0)?;
            if account.is_some() {
                note(tx, now, Some(&name), StaffEventKind::PasswordChosen)?;
            }
            Ok(account)
        };
        self.0.write(choose).await
    }

    /// Keeps a one-time code for an account, in place of an older one; `false` where there is no such account.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn keep_code(
        &self,
        name: &StaffName,
        code: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let (name, digest) = (name.clone(), sha256(code.as_bytes()));
        let keep = move |tx: &Transaction<'_>| {
            let kept = tx.execute(
                "UPDATE account SET code_digest = ?2, code_until = ?3 WHERE name = ?1",
                (&name.0, digest, until.as_millisecond()),
            )?;
            if kept == 1 {
                note(tx, now, Some(&name), StaffEventKind::CodeMade)?;
            }
            Ok(kept == 1)
        };
        self.0.write(keep).await
    }

    /// Takes a one-time code: of any number of calls with it, in any number of processes, one gets the account. It also ends the waits
    /// that wrong passwords brought.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn redeem_code(&self, code: &str, now: Timestamp) -> Result<Option<Account>, DatabaseError> {
        let digest = sha256(code.as_bytes());
        let redeem = move |tx: &Transaction<'_>| {
            let mut statement =
                tx.prepare("SELECT * FROM account WHERE code_digest = ?1 AND code_until > ?2")?;
            let account = statement.query_row((digest, now.as_millisecond()), account_of).optional()?;
            tx.execute(
                "UPDATE account SET code_digest = NULL, code_until = NULL WHERE code_digest = ?1",
                [digest],
            )?;
            match &account {
                Some(account) => {
                    tx.execute("DELETE FROM guess WHERE place = ?1", [&account.name.0])?;
                    note(tx, now, Some(&account.name), StaffEventKind::SignedInByCode)?;
                }
                None => note(tx, now, None, StaffEventKind::Refused)?,
            }
            Ok(account)
        };
        self.0.write(redeem).await
    }

    /// Counts a guess at the password of whoever has the name `typed`, before it is tried, and gives the account there is. Names that nobody
    /// has are counted, too, so that they look the same.
    ///
    /// # Errors
    /// [`DatabaseError`]: the guess must not be tried.
    pub async fn count_guess(
        &self,
        typed: &str,
        now: Timestamp,
    ) -> Result<(Guess, Option<Account>), DatabaseError> {
        let typed = typed.to_owned();
        let count = move |tx: &Transaction<'_>| {
            let (place, account) = place_of(tx, &typed)?;
            let kept: Option<(u32, i64)> = tx
                .query_row("SELECT wrong, last_at FROM guess WHERE place = ?1", [&place], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            let now_ms = now.as_millisecond();
            let (wrong, last_at) = kept.unwrap_or_default();
            // A clock that was set back shortens no wait.
            let elapsed = Duration::from_millis(u64::try_from(now_ms.saturating_sub(last_at)).unwrap_or(0));
            if let Some(wait) = wait_after(wrong, elapsed) {
                return Ok((Guess::Wait(wait), None));
            }
            tx.execute(
                "INSERT INTO guess (place, wrong, last_at) VALUES (?1, 1, ?2)
                 ON CONFLICT (place) DO UPDATE SET wrong = wrong + 1, last_at = excluded.last_at",
                (&place, now_ms),
            )?;
            Ok((Guess::Counted, account))
        };
        self.0.write(count).await
    }

    /// The counted guess was right: nothing is counted any more.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn note_signed_in(&self, name: &StaffName, now: Timestamp) -> Result<(), DatabaseError> {
        let name = name.clone();
        let right = move |tx: &Transaction<'_>| {
            tx.execute("DELETE FROM guess WHERE place = ?1", [&name.0])?;
            note(tx, now, Some(&name), StaffEventKind::SignedIn)
        };
        self.0.write(right).await
    }

    /// Writes a line of the trail.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn note(
        &self,
        name: Option<&StaffName>,
        kind: StaffEventKind,
        now: Timestamp,
    ) -> Result<(), DatabaseError> {
        let name = name.cloned();
        self.0.write(move |tx| note(tx, now, name.as_ref(), kind)).await
    }

    /// The trail, oldest first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn events(&self) -> Result<Vec<StaffEvent>, DatabaseError> {
        self.0
            .read(|tx| {
                let mut statement = tx.prepare("SELECT at, name, kind FROM event ORDER BY at, rowid")?;
                let events = statement.query_map([], |row| {
                    let kind: String = row.get("kind")?;
                    let known = StaffEventKind::ALL.into_iter().find(|known| known.name() == kind);
                    Ok(StaffEvent {
                        at: instant(row, "at")?,
                        name: row.get::<_, Option<String>>("name")?.map(StaffName),
                        kind: known.ok_or_else(|| not_ours("kind"))?,
                    })
                })?;
                events.collect()
            })
            .await
    }

    /// Forgets what happened before `before`, and the guesses that were made then.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn forget(&self, before: Timestamp) -> Result<(), DatabaseError> {
        let before = before.as_millisecond();
        let forget = move |tx: &Transaction<'_>| {
            tx.execute("DELETE FROM event WHERE at < ?1", [before])?;
            tx.execute("DELETE FROM guess WHERE last_at < ?1", [before]).map(drop)
        };
        self.0.write(forget).await
    }
}

/// How long the trail is kept.
pub const TRAIL_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Where guesses at a name are counted: at its account, or in one of 256 places for the names that nobody has, so that nobody fills the file.
fn place_of(tx: &Transaction<'_>, typed: &str) -> rusqlite::Result<(String, Option<Account>)> {
    let name = StaffName::parse(typed);
    let account = match &name {
        Some(name) => find(tx, &name.0)?,
        None => None,
    };
    let place = match &account {
        Some(account) => account.name.0.clone(),
        None => {
            let typed = name.map_or_else(|| typed.to_owned(), |name| name.0);
            // No name begins so.
            format!("?{:02x}", sha256(typed.as_bytes()).first().copied().unwrap_or_default())
        }
    };
    Ok((place, account))
}

fn note(
    tx: &Transaction<'_>,
    at: Timestamp,
    name: Option<&StaffName>,
    kind: StaffEventKind,
) -> rusqlite::Result<()> {
    let name = name.map(StaffName::as_str);
    tx.execute(
        "INSERT INTO event (at, name, kind) VALUES (?1, ?2, ?3)",
        (at.as_millisecond(), name, kind.name()),
    )
    .map(drop)
}

fn find(tx: &Transaction<'_>, name: &str) -> rusqlite::Result<Option<Account>> {
    let mut statement = tx.prepare_cached("SELECT * FROM account WHERE name = ?1")?;
    statement.query_row([name], account_of).optional()
}

fn account_of(row: &Row<'_>) -> rusqlite::Result<Account> {
    let password = row.get::<_, Option<String>>("password")?;
    let password = password.map(|text| PasswordHash::parse(&text).ok_or_else(|| not_ours("password")));
    Ok(Account {
        name: StaffName(row.get("name")?),
        role: Role::from_name(&row.get::<_, String>("role")?).ok_or_else(|| not_ours("role"))?,
        password: password.transpose()?,
        version: row.get("version")?,
        added_at: instant(row, "added_at")?,
    })
}

fn instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(row.get(column)?).map_err(|_| not_ours(column))
}

/// A column that does not hold what we write there.
fn not_ours(column: &str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(0, column.to_owned(), Type::Text)
}
