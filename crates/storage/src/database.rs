use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use portage_reason::Reason;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

/// One SQLite file. Cheap to clone; clones share the connection.
///
/// WAL with `synchronous = FULL`: what [`Database::write`] returned is durable. Several processes may have the file open: every write is one
/// `BEGIN IMMEDIATE` transaction and waits up to five seconds for the others.
#[derive(Clone)]
pub struct Database {
    connection: Arc<Mutex<Connection>>,
}

/// What a program keeps in its file.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Tells the files of different programs apart (`PRAGMA application_id`).
    pub application_id: i32,
    /// SQL that brings the file from version N to N+1. Only ever appended to.
    pub migrations: &'static [&'static str],
}

/// The file did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// `store_corrupt` or `store_newer`. The file was left as it is.
    #[error("{path} cannot be used: {reason}", path = .path.display())]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: Reason,
    },
    /// The machine: no such file, no permission, disk full, locked.
    #[error("{path} could not be read or written: {what}", path = .path.display())]
    Environment {
        /// Which file.
        path: PathBuf,
        /// What SQLite or the system says. Never holds a value of a statement.
        what: String,
    },
}

impl DatabaseError {
    /// The reason, where the file itself is the cause.
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            DatabaseError::Unusable { reason, .. } => Some(*reason),
            DatabaseError::Environment { .. } => None,
        }
    }
}

/// The first SQLite without the WAL-reset corruption of 3.7.0 to 3.51.2.
const MIN_SQLITE: i32 = 3_051_003;
/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(5);

impl Database {
    /// Makes a new file, readable by its owner alone. One that is there is an error: a store is never replaced.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn create(path: &Path, schema: Schema) -> Result<Self, DatabaseError> {
        create_private(path)
            .map_err(|error| DatabaseError::Environment { path: path.to_owned(), what: error.to_string() })?;
        Self::open_with(path, schema, Existing::Empty)
    }

    /// Opens a file that [`Database::create`] made, and brings it to the schema's version. One that is not there is an error: an empty store
    /// is never made in its place.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn open(path: &Path, schema: Schema) -> Result<Self, DatabaseError> {
        Self::open_with(path, schema, Existing::Filled)
    }

    /// A database in memory, gone when the last clone is.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn in_memory(schema: Schema) -> Result<Self, DatabaseError> {
        let path = Path::new(":memory:");
        let mut connection = Connection::open_in_memory().map_err(|error| failure(path, &error))?;
        migrate(&mut connection, path, schema, Existing::Empty)?;
        Ok(Database { connection: Arc::new(Mutex::new(connection)) })
    }

    fn open_with(path: &Path, schema: Schema, existing: Existing) -> Result<Self, DatabaseError> {
        assert_version(path)?;
        let failed = |error: rusqlite::Error| failure(path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        // Before anything is written: a file that is not ours, or is damaged, is left as it is.
        check(&connection, path, schema, existing)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                 PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON;",
            )
            .map_err(failed)?;
        migrate(&mut connection, path, schema, existing)?;
        Ok(Database { connection: Arc::new(Mutex::new(connection)) })
    }

    /// Runs `work` in one transaction that is durable when this returns, or of which nothing remains.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.with(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
        .await
    }

    /// Runs `work`, which only reads, on one state of the file.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.with(move |connection| work(&connection.transaction()?)).await
    }

    /// Writes the log back into the file and empties it, so that what was deleted stands nowhere any more. Left for the next time while
    /// somebody reads.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn empty_log(&self) -> Result<(), DatabaseError> {
        self.with(|connection| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))).await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let shared = self.connection.clone();
        let done = tokio::task::spawn_blocking(move || {
            // A panic while the lock was held rolled its transaction back: the connection is good.
            let mut connection = shared.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connection).map_err(|error| {
                let path = connection.path().filter(|path| !path.is_empty()).unwrap_or(":memory:");
                failure(Path::new(path), &error)
            })
        })
        .await;
        done.unwrap_or_else(|stopped| {
            let path = PathBuf::from("the store");
            Err(DatabaseError::Environment { path, what: stopped.to_string() })
        })
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database")
    }
}

/// What the file must hold when it is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Existing {
    Empty,
    Filled,
}

fn assert_version(path: &Path) -> Result<(), DatabaseError> {
    if rusqlite::version_number() >= MIN_SQLITE {
        return Ok(());
    }
    let what = format!("SQLite {} is too old: 3.51.3 or later is needed", rusqlite::version());
    Err(DatabaseError::Environment { path: path.to_owned(), what })
}

fn check(
    connection: &Connection,
    path: &Path,
    schema: Schema,
    existing: Existing,
) -> Result<(), DatabaseError> {
    if existing == Existing::Empty {
        return Ok(());
    }
    let failed = |error: rusqlite::Error| failure(path, &error);
    let unusable = |reason| DatabaseError::Unusable { path: path.to_owned(), reason };
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if number("application_id").map_err(failed)? != i64::from(schema.application_id) {
        return Err(unusable(Reason::StoreCorrupt));
    }
    let known = i64::try_from(schema.migrations.len()).unwrap_or(i64::MAX);
    if number("user_version").map_err(failed)? > known {
        return Err(unusable(Reason::StoreNewer));
    }
    let verdict: String =
        connection.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(failed)?;
    if verdict == "ok" { Ok(()) } else { Err(unusable(Reason::StoreCorrupt)) }
}

/// Brings the file to the schema's version, all of it or nothing.
fn migrate(
    connection: &mut Connection,
    path: &Path,
    schema: Schema,
    existing: Existing,
) -> Result<(), DatabaseError> {
    let failed = |error: rusqlite::Error| failure(path, &error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let version: u32 =
        transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    for migration in schema.migrations.iter().skip(version.try_into().unwrap_or(usize::MAX)) {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    if existing == Existing::Empty {
        transaction.pragma_update(None, "application_id", schema.application_id).map_err(failed)?;
    }
    let known = u32::try_from(schema.migrations.len()).unwrap_or(u32::MAX);
    if version < known {
        transaction.pragma_update(None, "user_version", known).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

fn failure(path: &Path, error: &rusqlite::Error) -> DatabaseError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            DatabaseError::Unusable { path, reason: Reason::StoreCorrupt }
        }
        Some(code) => DatabaseError::Environment { path, what: format!("{code:?}") },
        // A value of the wrong type in a row: the file does not hold what we write.
        None => DatabaseError::Unusable { path, reason: Reason::StoreCorrupt },
    }
}

fn create_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: Schema = Schema { application_id: 7, migrations: &["CREATE TABLE a (x INTEGER) STRICT;"] };
    const NEXT: Schema =
        Schema { application_id: 7, migrations: &[SCHEMA.migrations[0], "ALTER TABLE a ADD COLUMN y TEXT;"] };

    fn reason<T>(result: Result<T, DatabaseError>) -> Option<Reason> {
        result.err().and_then(|error| error.reason())
    }

    async fn count(database: &Database) -> i64 {
        database.read(|tx| tx.query_row("SELECT count(*) FROM a", [], |row| row.get(0))).await.unwrap()
    }

    #[tokio::test]
    async fn what_was_written_is_there_after_reopening_and_migrating() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let database = Database::create(&path, SCHEMA).unwrap();
        database.write(|tx| tx.execute("INSERT INTO a VALUES (1)", [])).await.unwrap();
        drop(database);
        let database = Database::open(&path, NEXT).unwrap();
        assert_eq!(count(&database).await, 1);
        assert_eq!(reason(Database::open(&path, SCHEMA)), Some(Reason::StoreNewer));
    }

    #[tokio::test]
    async fn a_transaction_that_fails_leaves_nothing() {
        let database = Database::in_memory(SCHEMA).unwrap();
        let failed = database
            .write(|tx| {
                tx.execute("INSERT INTO a VALUES (1)", [])?;
                tx.execute("INSERT INTO nowhere VALUES (1)", [])
            })
            .await;
        assert!(matches!(failed, Err(DatabaseError::Environment { .. })));
        assert_eq!(count(&database).await, 0);
    }

    #[test]
    fn a_store_is_neither_replaced_nor_made_in_the_place_of_a_lost_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        assert!(matches!(Database::open(&path, SCHEMA), Err(DatabaseError::Environment { .. })));
        assert!(!path.exists());
        Database::create(&path, SCHEMA).unwrap();
        assert!(matches!(Database::create(&path, SCHEMA), Err(DatabaseError::Environment { .. })));
    }

    #[test]
    fn a_damaged_or_foreign_file_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        Database::create(&path, SCHEMA).unwrap();
        let other = Schema { application_id: 8, ..SCHEMA };
        assert_eq!(reason(Database::open(&path, other)), Some(Reason::StoreCorrupt));
        for damage in [&b"not a database at all, but long enough to be read as one"[..], b""] {
            fs::write(&path, damage).unwrap();
            assert_eq!(reason(Database::open(&path, SCHEMA)), Some(Reason::StoreCorrupt));
            assert_eq!(fs::read(&path).unwrap(), damage);
        }
    }

    #[tokio::test]
    async fn flipped_and_cut_pages_are_found_when_the_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let database = Database::create(&path, SCHEMA).unwrap();
        let fill = |tx: &Transaction<'_>| {
            (0..5_000).try_for_each(|x| tx.execute("INSERT INTO a VALUES (?1)", [x]).map(drop))
        };
        database.write(fill).await.unwrap();
        database.empty_log().await.unwrap();
        drop(database);
        let sound = fs::read(&path).unwrap();
        let mut damaged: Vec<_> = [100, sound.len() / 2].map(|length| sound[..length].to_vec()).into();
        for place in [0..64, 4_096..4_200, sound.len() - 4_096..sound.len()] {
            let mut bytes = sound.clone();
            bytes[place].fill(0xff);
            damaged.push(bytes);
        }
        for bytes in damaged {
            fs::write(&path, &bytes).unwrap();
            assert_eq!(reason(Database::open(&path, SCHEMA)), Some(Reason::StoreCorrupt));
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        Database::create(&path, SCHEMA).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
