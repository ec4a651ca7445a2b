use portage_keys::{Algorithm, SigningKey};
use portage_transparency_log::{Monitor, TileCheck, TileStep};
use tempfile::TempDir;

use super::*;
use crate::log::{
    prove,
    tests::{SCHEMA, entry, grow_to},
};

const ORIGIN: &str = "log.bc.example/authority";

struct Authority {
    database: Database,
    key: SigningKey,
    folder: TempDir,
}

impl Authority {
    /// An authority whose log has that many entries, published.
    async fn published(size: u64) -> Self {
        let authority = Authority {
            database: Database::in_memory(SCHEMA).unwrap(),
            key: SigningKey::from_secret_bytes(Algorithm::EdDsa, &[7; 32]).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        grow_to(&authority.database, size).await;
        authority.publish().await.unwrap();
        authority
    }

    fn signer(&self) -> NoteSigner<'_> {
        NoteSigner::new(ORIGIN, &self.key).unwrap()
    }

    fn open(&self) -> LogFolder {
        LogFolder::open(&self.folder.path().join("log")).unwrap()
    }

    async fn publish(&self) -> Result<Published, PublishError> {
        self.open().publish(&self.database, &self.signer()).await
    }

    /// Reads the whole log as a stranger does, and verifies it; gives its size.
    fn read_as_a_stranger(&self, folder: &LogFolder) -> u64 {
        let vkey = self.signer().verifier_key().clone();
        let monitor = Monitor::new(vkey);
        let mut look = monitor.look(&folder.read(CHECKPOINT_PATH).unwrap().unwrap()).unwrap();
        while let Some(bundle) = look.next_bundle() {
            look.take(&fetch(folder, bundle)).unwrap();
        }
        let (monitor, entries) = look.finish().unwrap();
        assert!(entries.iter().all(|seen| seen.bytes == entry(seen.index)));
        let checkpoint = folder.checkpoint(monitor.log()).unwrap().unwrap();
        for seen in entries.iter().step_by(37).chain(entries.last()) {
            let mut check = TileCheck::inclusion(&seen.bytes, seen.index, &checkpoint);
            while let TileStep::Fetch(tiles) = check.step() {
                for tile in tiles {
                    check.take(tile, &fetch(folder, tile)).unwrap();
                }
            }
            assert!(matches!(check.step(), TileStep::Verdict(Ok(_))), "{}", seen.index);
        }
        monitor.size()
    }
}

/// The partial tile, or the full one where it was deleted.
fn fetch(folder: &LogFolder, tile: TilePath) -> Vec<u8> {
    let read = |tile: TilePath| folder.read(&tile.to_string()).unwrap();
    read(tile).or_else(|| read(tile.full())).unwrap()
}

#[tokio::test]
async fn what_is_published_is_read_and_verified_by_a_stranger() {
    let authority = Authority::published(0).await;
    for size in [0, 1, 2, 250, 256, 260, 520] {
        grow_to(&authority.database, size).await;
        let published = authority.publish().await.unwrap();
        assert_eq!(published.checkpoint.size(), size);
        // Again: nothing to write.
        let again = authority.publish().await.unwrap();
        assert_eq!(again, Published { files: 0, ..published });
        assert_eq!(authority.read_as_a_stranger(&authority.open()), size);
    }
    let log = authority.folder.path().join("log");
    assert!(log.join("tile/entries/001").is_file() && log.join("tile/0/002.p/8").is_file());
    assert!(!log.join("tile/entries/000.p").exists(), "partial tiles of a full one are deleted");
}

#[tokio::test]
async fn a_proof_for_a_statement_comes_from_the_published_checkpoint() {
    let authority = Authority::published(300).await;
    let vkey = authority.signer().verifier_key().clone();
    let checkpoint = authority.open().checkpoint(&vkey).unwrap().unwrap();
    grow_to(&authority.database, 310).await;
    let proof = authority.database.read(move |tx| prove(tx, 42, &checkpoint)).await.unwrap();
    assert!(proof.verify(&entry(42), &vkey).is_ok());
    assert!(proof.verify(&entry(43), &vkey).is_err());
}

#[tokio::test]
async fn publications_at_the_same_time_leave_one_sound_log() {
    let authority = Authority::published(0).await;
    let (folder, signer) = (authority.open(), authority.signer());
    for size in (5..=300).step_by(5) {
        grow_to(&authority.database, size - 3).await;
        let publish = || folder.publish(&authority.database, &signer);
        let (a, b, (), c) = tokio::join!(publish(), publish(), grow_to(&authority.database, size), publish());
        for published in [a, b, c] {
            let there = folder.checkpoint(signer.verifier_key()).unwrap().unwrap().size();
            assert!(published.unwrap().checkpoint.size() <= there, "the log does not shrink");
        }
        assert_eq!(folder.publish(&authority.database, &signer).await.unwrap().checkpoint.size(), size);
    }
    assert_eq!(authority.read_as_a_stranger(&folder), 300);
}

#[test]
fn who_keeps_the_folder_is_told_apart_from_who_holds_it_for_a_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let held = LogFolder::open(&path).unwrap();
    assert!(!LogFolder::is_kept(&path).unwrap(), "held and not kept");
    assert!(matches!(LogFolder::open(&path), Err(PublishError::InUse(_))));
    let keeper = LogFolder::keep(&path).unwrap();
    assert!(LogFolder::is_kept(&path).unwrap());
    assert!(matches!(LogFolder::keep(&path), Err(PublishError::InUse(_))), "one keeper");
    drop(keeper);
    assert!(!LogFolder::is_kept(&path).unwrap(), "the twin: it has ended");
    drop(held);
    assert!(LogFolder::open(&path).is_ok());
}

#[tokio::test]
async fn a_growth_longer_than_one_step_is_published_in_several() {
    let authority = Authority::published(3).await;
    let size = crate::log::MAX_GROWTH + 10;
    grow_to(&authority.database, size).await;
    assert_eq!(authority.publish().await.unwrap().checkpoint.size(), size);
    assert_eq!(authority.read_as_a_stranger(&authority.open()), size);
}

#[tokio::test]
async fn f05_killed_before_any_step_the_old_log_or_the_new_one_is_served_and_the_next_run_finishes() {
    let (old, new) = (250, 260);
    let mut steps = Vec::new();
    for kill_at in 0.. {
        let authority = Authority::published(old).await;
        grow_to(&authority.database, new).await;
        let folder = authority.open();
        let growth = authority.database.read(move |tx| growth(tx, old)).await.unwrap();
        let head = growth.new;
        let note = Checkpoint::new(ORIGIN, head.size, head.root).sign(&authority.signer()).unwrap();
        steps.clear();
        // Nothing is cleaned up after a failure, so that it leaves what a kill leaves.
        let killed = folder.0.grow(&growth, note.note(), &mut |step| {
            steps.push(step);
            if steps.len() > kill_at { Err(io::Error::other("killed")) } else { Ok(()) }
        });
        let renamed = steps.iter().filter(|step| **step == Step::Rename).count() == 6
            && !matches!(steps.last(), Some(Step::Rename));
        let served = authority.read_as_a_stranger(&folder);
        assert_eq!(
            served,
            if renamed { new } else { old },
            "killed before step {kill_at}: {:?}",
            steps.last()
        );
        drop(folder);
        assert_eq!(authority.publish().await.unwrap().checkpoint.size(), new);
        assert_eq!(authority.read_as_a_stranger(&authority.open()), new);
        if killed.is_ok() {
            break;
        }
    }
    for step in [
        Step::Create,
        Step::Write,
        Step::Sync,
        Step::Rename,
        Step::SyncFolder,
        Step::Prune,
        Step::Acknowledge,
    ] {
        assert!(steps.contains(&step), "{step:?} was not reached");
    }
}

#[tokio::test]
async fn an_old_backup_or_another_database_publishes_nothing() {
    let authority = Authority::published(300).await;
    let checkpoint = authority.open().read(CHECKPOINT_PATH).unwrap();
    let with = async |entries: Vec<Vec<u8>>| {
        let database = Database::in_memory(SCHEMA).unwrap();
        let append_all = move |tx: &rusqlite::Transaction<'_>| {
            entries.iter().try_for_each(|entry| crate::log::append(tx, entry).map(drop))
        };
        database.write(append_all).await.unwrap();
        let answer = authority.open().publish(&database, &authority.signer()).await;
        assert_eq!(authority.open().read(CHECKPOINT_PATH).unwrap() == checkpoint, answer.is_err());
        answer
    };
    let restored: Vec<_> = (0..299).map(entry).collect();
    let mut other: Vec<_> = (0..301).map(entry).collect();
    other[17] = b"another event".to_vec();
    for entries in [restored, other, Vec::new()] {
        let answer = with(entries).await;
        assert!(matches!(&answer, Err(PublishError::WouldFork)), "{answer:?}");
        assert_eq!(answer.unwrap_err().reason(), Some(Reason::StoreCorrupt));
    }
    assert!(with((0..301).map(entry).collect()).await.is_ok());
}

#[tokio::test]
async fn a_folder_of_another_log_and_one_in_use_are_left_alone() {
    let authority = Authority::published(3).await;
    let other = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[8; 32]).unwrap();
    let other = NoteSigner::new(ORIGIN, &other).unwrap();
    let folder = authority.open();
    let answer = folder.publish(&authority.database, &other).await;
    assert!(matches!(answer, Err(PublishError::Foreign(NoteError::NotSigned))), "{answer:?}");
    assert!(matches!(LogFolder::open(&authority.folder.path().join("log")), Err(PublishError::InUse(_))));
    drop(folder);
    assert!(authority.publish().await.is_ok());
}

#[tokio::test]
async fn a_request_reads_tiles_and_the_checkpoint_and_nothing_else() {
    let authority = Authority::published(3).await;
    let folder = authority.open();
    fs::write(authority.folder.path().join("secret"), b"secret").unwrap();
    fs::write(authority.folder.path().join("log/.new"), b"unfinished").unwrap();
    for path in ["checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"] {
        assert!(folder.read(path).unwrap().is_some(), "{path}");
    }
    for path in
        ["../secret", "/etc/passwd", ".new", "tile/0/000", "tile/0/000.p", "tile", "", "tile/0/../0/000.p/3"]
    {
        assert!(folder.read(path).unwrap().is_none(), "{path}");
    }
}
