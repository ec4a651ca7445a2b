use portage_transparency_log::{MemoryTree, consistency_proof};

use super::*;
use crate::{Database, Schema};

pub(super) const SCHEMA: Schema = Schema {
    application_id: 0x506f_4c31,
    migrations: &["CREATE TABLE effect (what TEXT NOT NULL) STRICT;", TABLES],
};

pub(super) fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// Makes the log grow to that many entries.
pub(super) async fn grow_to(database: &Database, to: u64) {
    let append_all = move |tx: &Transaction<'_>| {
        (size(tx)?..to).try_for_each(|index| append(tx, &entry(index)).map(|at| assert_eq!(at, index)))
    };
    database.write(append_all).await.unwrap();
}

#[tokio::test]
async fn the_database_makes_the_same_tree_and_proofs_as_memory() {
    let database = Database::in_memory(SCHEMA).unwrap();
    grow_to(&database, 600).await;
    let tree = MemoryTree::over((0..600).map(entry));
    let compare = move |tx: &Transaction<'_>| {
        assert_eq!(size(tx)?, 600);
        for at in [0, 1, 255, 256, 257, 512, 600] {
            assert_eq!(root(&mut LogRows(tx), at)?, tree.head_at(at).root);
            let of_store = consistency_proof(&mut LogRows(tx), at, 600)?;
            assert_eq!(of_store, consistency_proof(&mut &tree, at, 600).unwrap());
        }
        assert_eq!(entries(tx, 255..258)?, [entry(255), entry(256), entry(257)]);
        assert!(entries(tx, 599..601).is_err());
        Ok(())
    };
    database.read(compare).await.unwrap();
}

#[tokio::test]
async fn an_entry_and_what_it_tells_about_are_there_together_or_not_at_all() {
    let database = Database::in_memory(SCHEMA).unwrap();
    let both = |fails: bool| {
        move |tx: &Transaction<'_>| {
            tx.execute("INSERT INTO effect VALUES ('a right')", [])?;
            append(tx, b"a right")?;
            if fails { Err(rusqlite::Error::QueryReturnedNoRows) } else { Ok(()) }
        }
    };
    let counts = |tx: &Transaction<'_>| {
        let effects: i64 = tx.query_row("SELECT count(*) FROM effect", [], |row| row.get(0))?;
        Ok((effects, size(tx)?))
    };
    assert!(database.write(both(true)).await.is_err());
    assert_eq!(database.read(counts).await, Ok((0, 0)));
    database.write(both(false)).await.unwrap();
    assert_eq!(database.read(counts).await, Ok((1, 1)));
}

#[tokio::test]
async fn the_tables_only_grow() {
    let database = Database::in_memory(SCHEMA).unwrap();
    grow_to(&database, 3).await;
    let run = async |sql: &'static str| database.write(move |tx| tx.execute(sql, [])).await;
    assert!(run("INSERT INTO log_entry VALUES (3, x'00')").await.is_ok());
    for sql in [
        "INSERT INTO log_entry VALUES (7, x'00')",
        "INSERT INTO log_entry VALUES (0, x'00')",
        "UPDATE log_entry SET bytes = x'00'",
        "DELETE FROM log_entry WHERE position = 3",
        "UPDATE log_hash SET hash = zeroblob(32)",
        "DELETE FROM log_hash",
    ] {
        assert!(run(sql).await.is_err(), "{sql}");
    }
    let database = Database::in_memory(SCHEMA).unwrap();
    let append_to = async |length: usize| database.write(move |tx| append(tx, &vec![0; length])).await;
    assert!(append_to(65_536).await.is_err());
    assert_eq!(append_to(65_535).await, Ok(0));
}
