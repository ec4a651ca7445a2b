//! The public log: its entries in the authority's SQLite file, and the static files that everybody reads.
//!
//! [`append`] takes the authority's own transaction: what happens and what the log says of it are one. [`LogFolder::publish`] then
//! makes the files grow to what the database holds. Only ever forward: entries are never changed or deleted, the checkpoint is
//! written last and replaced as a whole, and a database that does not begin with what was published (an old backup) publishes
//! nothing: it would be a fork.

use std::ops::Range;

use portage_transparency_log::{
    InclusionProof, SignedCheckpoint, TILE_WIDTH, TileKind, TilePath, TileRows, TreeHash, TreeHead,
    bundled_entry, hash_whole, paths_between, root,
};
use rusqlite::{Transaction, params};

mod folder;

pub use folder::{Keeper, LogFolder, PublishError, Published};

/// The tables of the log, for the migrations of the program's [`crate::Schema`].
pub const TABLES: &str = "
    CREATE TABLE log_entry (
        position INTEGER NOT NULL PRIMARY KEY,
        bytes BLOB NOT NULL CHECK (length(bytes) <= 65535)
    ) STRICT;
    -- The rows of hashes that tiles hold: row r has, at n, the hash of the entries from n * 256^r on.
    CREATE TABLE log_hash (
        tile_row INTEGER NOT NULL,
        position INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (tile_row, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER log_entry_follows BEFORE INSERT ON log_entry
        WHEN NEW.position IS NOT (SELECT coalesce(max(position) + 1, 0) FROM log_entry)
        BEGIN SELECT raise(ABORT, 'an entry follows the last one'); END;
    CREATE TRIGGER log_entry_stays BEFORE UPDATE ON log_entry BEGIN SELECT raise(ABORT, 'the log only grows'); END;
    CREATE TRIGGER log_entry_is_kept BEFORE DELETE ON log_entry BEGIN SELECT raise(ABORT, 'the log only grows'); END;
    CREATE TRIGGER log_hash_stays BEFORE UPDATE ON log_hash BEGIN SELECT raise(ABORT, 'the log only grows'); END;
    CREATE TRIGGER log_hash_is_kept BEFORE DELETE ON log_hash BEGIN SELECT raise(ABORT, 'the log only grows'); END;
";

/// Appends an entry, in the transaction of what it tells about; gives its index. Nothing of it is there when the transaction is not
/// committed.
///
/// # Errors
/// SQLite's; an entry of more than 65,535 bytes breaks a constraint.
pub fn append(tx: &Transaction<'_>, entry: &[u8]) -> rusqlite::Result<u64> {
    let index = size(tx)?;
    tx.prepare_cached("INSERT INTO log_entry (position, bytes) VALUES (?1, ?2)")?
        .execute(params![position(index)?, entry])?;
    let (mut row, mut place, mut hash) = (0, index, TreeHash::of_entry(entry));
    loop {
        tx.prepare_cached("INSERT INTO log_hash (tile_row, position, hash) VALUES (?1, ?2, ?3)")?
            .execute(params![row, position(place)?, hash.0])?;
        if (place + 1) % TILE_WIDTH != 0 {
            return Ok(index);
        }
        // A tile is full: its hash goes into the row above.
        hash = hash_whole(&LogRows(tx).hashes(row, place + 1 - TILE_WIDTH..place + 1)?);
        (row, place) = (row + 1, place / TILE_WIDTH);
    }
}

/// How many entries there are.
///
/// # Errors
/// SQLite's.
pub fn size(tx: &Transaction<'_>) -> rusqlite::Result<u64> {
    let size: i64 = tx
        .prepare_cached("SELECT coalesce(max(position) + 1, 0) FROM log_entry")?
        .query_row([], |row| row.get(0))?;
    u64::try_from(size).map_err(|_| rusqlite::Error::QueryReturnedNoRows)
}

/// The entries of a range.
///
/// # Errors
/// SQLite's; a range beyond the end is an error.
pub fn entries(tx: &Transaction<'_>, range: Range<u64>) -> rusqlite::Result<Vec<Vec<u8>>> {
    let mut statement = tx.prepare_cached(
        "SELECT bytes FROM log_entry WHERE position >= ?1 AND position < ?2 ORDER BY position",
    )?;
    let found = statement.query_map([position(range.start)?, position(range.end)?], |row| row.get(0))?;
    whole(found.collect::<rusqlite::Result<Vec<_>>>()?, range)
}

/// The proof that entry `index` is in the log, under a published checkpoint ([`LogFolder::checkpoint`]).
///
/// # Errors
/// SQLite's.
pub fn prove(
    tx: &Transaction<'_>,
    index: u64,
    checkpoint: &SignedCheckpoint,
) -> rusqlite::Result<InclusionProof> {
    InclusionProof::make(&mut LogRows(tx), index, checkpoint)
}

/// The rows of hashes, as tiles and proofs are made of them.
#[derive(Debug)]
pub struct LogRows<'t>(pub &'t Transaction<'t>);

impl TileRows for LogRows<'_> {
    type Error = rusqlite::Error;

    fn hashes(&mut self, row: u8, range: Range<u64>) -> rusqlite::Result<Vec<TreeHash>> {
        let mut statement = self.0.prepare_cached(
            "SELECT hash FROM log_hash WHERE tile_row = ?1 AND position >= ?2 AND position < ?3 ORDER BY position",
        )?;
        let bounds = params![row, position(range.start)?, position(range.end)?];
        let found = statement.query_map(bounds, |row| row.get(0).map(TreeHash))?;
        whole(found.collect::<rusqlite::Result<Vec<_>>>()?, range)
    }
}

/// What a log of `from` entries lacks of the one in the database.
#[derive(Debug)]
struct Growth {
    /// The first `from` entries, as the database has them; `None` when it has fewer.
    old: Option<TreeHead>,
    /// What it grows to.
    new: TreeHead,
    files: Vec<(TilePath, Vec<u8>)>,
}

/// Most entries that are read at once: a longer growth is published in several steps.
const MAX_GROWTH: u64 = 4_096;

fn growth(tx: &Transaction<'_>, from: u64) -> rusqlite::Result<Growth> {
    let there = size(tx)?;
    let head = |size| root(&mut LogRows(tx), size).map(|root| TreeHead { size, root });
    if there < from {
        return Ok(Growth { old: None, new: head(there)?, files: Vec::new() });
    }
    let to = there.min(from.saturating_add(MAX_GROWTH));
    let files = paths_between(from, to).map(|path| Ok((path, file(tx, path)?)));
    Ok(Growth { old: Some(head(from)?), new: head(to)?, files: files.collect::<rusqlite::Result<_>>()? })
}

/// The bytes of a tile or bundle.
fn file(tx: &Transaction<'_>, path: TilePath) -> rusqlite::Result<Vec<u8>> {
    let start = path.index() * TILE_WIDTH;
    let range = start..start + u64::from(path.width());
    match path.kind() {
        TileKind::Hashes(row) => {
            Ok(LogRows(tx).hashes(row, range)?.into_iter().flat_map(|hash| hash.0).collect())
        }
        TileKind::Entries => {
            let bundled = entries(tx, range)?.into_iter().map(|entry| bundled_entry(&entry));
            let bundled: Option<Vec<_>> = bundled.collect();
            bundled.map(|entries| entries.concat()).ok_or(rusqlite::Error::QueryReturnedNoRows)
        }
    }
}

/// A gap is damage: it is an error, not a shorter answer.
fn whole<T>(found: Vec<T>, range: Range<u64>) -> rusqlite::Result<Vec<T>> {
    let expected = range.end.saturating_sub(range.start);
    if found.len() as u64 == expected { Ok(found) } else { Err(rusqlite::Error::QueryReturnedNoRows) }
}

fn position(index: u64) -> rusqlite::Result<i64> {
    i64::try_from(index).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, i64::MAX))
}

#[cfg(test)]
mod tests;
