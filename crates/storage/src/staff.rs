//! Who works at a service: accounts, guesses at their passwords, one-time codes, and what happened at the door.
//!
//! One SQLite file, `staff.sqlite` in the service's folder, shared by its processes and its command line. Of a password there is an Argon2id hash, of a
//! code a digest. A guess is counted, durably, before it is tried. What is typed as a name that nobody has is not kept: people type their
//! password there.

use std::{path::Path, time::Duration};

use jiff::{SignedDuration, Timestamp};
use portage_keys::{PasswordHash, digest::sha256};
use rusqlite::{OptionalExtension, Row, Transaction, named_params, types::Type};

use crate::{Database, DatabaseError, Schema, guess_waits::wait_after};

/// Name of the file in a service's folder.
pub const FILE: &str = "staff.sqlite";

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Asks people at a verifier's counter.
    Counter,
    /// Works on an issuer's registers, offers and records.
    Clerk,
    /// Agrees, as the second person, to what a clerk proposed.
    Approver,
    /// Reads what happened.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 4] = [Role::Counter, Role::Clerk, Role::Approver, Role::Auditor];

    /// `counter`, `clerk`, `approver`, `auditor`.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Counter => "counter",
            Role::Clerk => "clerk",
            Role::Approver => "approver",
            Role::Auditor => "auditor",
        }
    }

    /// Reads what [`Role::name`] wrote.
    pub fn from_name(name: &str) -> Option<Self> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// The name somebody signs in with: letters, digits, `.`, `-` and `_`; small letters, so that nobody has to remember which were large.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StaffName(String);

impl StaffName {
    /// Reads a name as somebody types it; `None` where it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_lowercase();
        let fits = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
        let length = name.chars().count();
        (name.starts_with(char::is_alphanumeric) && length <= 64 && name.chars().all(fits))
            .then_some(StaffName(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for StaffName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody's account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Their name.
    pub name: StaffName,
    /// What they may do.
    pub role: Role,
    /// Their password, once they have one.
    pub password: Option<PasswordHash>,
    /// Counts the changes of this account: whoever signed in under another number signs in again.
    pub version: i64,
    /// When it was added.
    pub added_at: Timestamp,
}

/// What happened at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffEventKind {
    /// The account was added.
    Added,
    /// The account was removed.
    Removed,
    /// A one-time code was made for it.
    CodeMade,
    /// Signed in with the password.
    SignedIn,
    /// Signed in with a one-time code.
    SignedInByCode,
    /// A wrong password or code.
    Refused,
    /// Signed out.
    SignedOut,
    /// Chose a new password.
    PasswordChosen,
}

impl StaffEventKind {
    const ALL: [StaffEventKind; 8] = [
        StaffEventKind::Added,
        StaffEventKind::Removed,
        StaffEventKind::CodeMade,
        StaffEventKind::SignedIn,
        StaffEventKind::SignedInByCode,
        StaffEventKind::Refused,
        StaffEventKind::SignedOut,
        StaffEventKind::PasswordChosen,
    ];

    /// `added`, `removed`, `code_made`, `signed_in`, `signed_in_by_code`, `refused`, `signed_out`, `password_chosen`.
    pub const fn name(self) -> &'static str {
        match self {
            StaffEventKind::Added => "added",
            StaffEventKind::Removed => "removed",
            StaffEventKind::CodeMade => "code_made",
            StaffEventKind::SignedIn => "signed_in",
            StaffEventKind::SignedInByCode => "signed_in_by_code",
            StaffEventKind::Refused => "refused",
            StaffEventKind::SignedOut => "signed_out",
            StaffEventKind::PasswordChosen => "password_chosen",
        }
    }
}

/// One line of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffEvent {
    /// When.
    pub at: Timestamp,
    /// Whose account; `None` for a name that nobody has.
    pub name: Option<StaffName>,
    /// What.
    pub kind: StaffEventKind,
}

/// Whether a guess may be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guess {
    /// It is counted: try it.
    Counted,
    /// There were too many. Nothing was counted.
    Wait(Duration),
}

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
        self.0.read(move |tx| find(tx, "name = ?1", &name.0)).await
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
            let account = find(tx, "name = ?1", &name.0)?;
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
        Some(name) => find(tx, "name = ?1", &name.0)?,
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

fn find(tx: &Transaction<'_>, condition: &str, name: &str) -> rusqlite::Result<Option<Account>> {
    let mut statement = tx.prepare_cached(&format!("SELECT * FROM account WHERE {condition}"))?;
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

#[cfg(test)]
mod tests {
    use portage_keys::{OsEntropy, vault::KdfParams};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn name(text: &str) -> StaffName {
        StaffName::parse(text).unwrap()
    }

    fn password(text: &str) -> PasswordHash {
        PasswordHash::of(text, KdfParams::MINIMUM, &OsEntropy).unwrap()
    }

    async fn wait(store: &StaffStore, typed: &str, seconds: i64) -> Option<u64> {
        match store.count_guess(typed, at(seconds)).await.unwrap().0 {
            Guess::Counted => None,
            Guess::Wait(wait) => Some(wait.as_secs()),
        }
    }

    #[test]
    fn a_name_is_a_name() {
        assert_eq!(name(" Zoé.Côté-2 ").as_str(), "zoé.côté-2");
        for wrong in ["", " ", "-a", "?00", "a b", "a\u{202e}b", "<b>", &"a".repeat(65)] {
            assert!(StaffName::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn an_account_is_added_once_and_gone_when_it_is_removed() {
        let store = StaffStore::in_memory().unwrap();
        let zoe = name("zoé");
        assert!(store.add(&zoe, Role::Counter, Some(&password("a")), at(0)).await.unwrap());
        assert!(!store.add(&zoe, Role::Clerk, None, at(1)).await.unwrap());
        let account = store.account(&zoe).await.unwrap().unwrap();
        assert_eq!((account.role, account.added_at), (Role::Counter, at(0)));
        assert!(account.password.unwrap().is("a"));
        let changed = store.choose_password(&zoe, &password("b"), at(2)).await.unwrap().unwrap();
        assert!(changed.password.unwrap().is("b"));
        assert_ne!(changed.version, account.version);
        assert!(store.remove(&zoe, at(3)).await.unwrap());
        assert!(!store.remove(&zoe, at(3)).await.unwrap());
        assert!(store.account(&zoe).await.unwrap().is_none());
        let kinds: Vec<_> = store.events().await.unwrap().into_iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [StaffEventKind::Added, StaffEventKind::PasswordChosen, StaffEventKind::Removed]);
    }

    #[tokio::test]
    async fn a_code_is_good_once_and_for_its_time() {
        let store = StaffStore::in_memory().unwrap();
        let zoe = name("zoé");
        store.add(&zoe, Role::Counter, None, at(0)).await.unwrap();
        assert!(!store.keep_code(&name("nobody"), "one", at(100), at(0)).await.unwrap());
        assert!(store.keep_code(&zoe, "one", at(100), at(0)).await.unwrap());
        let redeem = async |code, seconds| store.redeem_code(code, at(seconds)).await.unwrap().is_some();
        assert!(!redeem("other", 50).await);
        assert!(redeem("one", 50).await);
        assert!(!redeem("one", 51).await, "it was used");
        store.keep_code(&zoe, "two", at(100), at(0)).await.unwrap();
        assert!(!redeem("two", 100).await, "it is over");
        store.keep_code(&zoe, "three", at(100), at(0)).await.unwrap();
        store.choose_password(&zoe, &password("a"), at(1)).await.unwrap();
        assert!(!redeem("three", 50).await, "a password was chosen since");
    }

    #[tokio::test]
    async fn u06_waits_grow_survive_a_restart_and_a_clock_set_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = StaffStore::open(folder.path()).unwrap();
        store.add(&name("zoé"), Role::Counter, Some(&password("a")), at(0)).await.unwrap();
        for typed in ["zoé", "nobody-at-all"] {
            let mut now = 10;
            for longest in [60, 300, 3600, 3600] {
                for _ in 0..4 {
                    assert_eq!(wait(&store, typed, now).await, None);
                }
                assert_eq!(wait(&store, typed, now).await, Some(longest), "{typed}");
                store = StaffStore::open(folder.path()).unwrap();
                assert_eq!(wait(&store, typed, now + 1).await, Some(longest - 1));
                assert_eq!(wait(&store, typed, now - 5000).await, Some(longest), "the clock was set back");
                now += i64::try_from(longest).unwrap();
            }
        }
        store.note_signed_in(&name("zoé"), at(20_000)).await.unwrap();
        assert_eq!(wait(&store, "zoé", 20_000).await, None);
    }

    #[tokio::test]
    async fn what_was_typed_as_a_name_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = StaffStore::open(folder.path()).unwrap();
        wait(&store, "my-secret-typed-into-the-wrong-field", 0).await;
        store.note(None, StaffEventKind::Refused, at(0)).await.unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(9).any(|window| window == b"my-secret"));
        }
        store.forget(at(1)).await.unwrap();
        assert_eq!(store.events().await.unwrap(), []);
    }
}
