use super::*;
use crate::{
    Checkpoint,
    testing::{ORIGIN, TestLog},
};

/// Drives a check with what `serve` answers.
fn drive(mut check: TileCheck, serve: impl Fn(TilePath) -> Vec<u8>) -> Result<Vec<TreeHash>, ProofInvalid> {
    loop {
        match check.step() {
            TileStep::Fetch(tiles) => {
                for tile in tiles {
                    check.take(tile, &serve(tile))?;
                }
            }
            TileStep::Verdict(verdict) => return verdict,
        }
    }
}

#[test]
fn tiles_answer_what_the_whole_tree_answers() {
    let log = TestLog::of_size(600);
    for size in [1, 2, 255, 256, 257, 512, 513, 600] {
        let served = TestLog::of_size(size);
        let checkpoint = served.checkpoint();
        for index in [0, size / 2, size - 1] {
            let check = TileCheck::inclusion(&log.entries[index], index as u64, &checkpoint);
            let proof = drive(check, |tile| served.file(tile)).unwrap();
            assert_eq!(proof, inclusion_proof(&mut &served.tree(), index as u64, size as u64).unwrap());
        }
        for old in [0, 1, 255, 256, 257, 599] {
            let check = TileCheck::consistency(&log.checkpoint_at(old), &checkpoint);
            assert_eq!(drive(check, |tile| served.file(tile)).is_ok(), old <= size, "{old} {size}");
        }
    }
}

#[test]
fn a_partial_tile_that_was_deleted_is_read_from_the_full_one() {
    let log = TestLog::of_size(600);
    let check = TileCheck::inclusion(&log.entries[100], 100, &log.checkpoint_at(200));
    let TileStep::Fetch(tiles) = check.step() else { panic!("no tile is needed") };
    assert!(tiles.iter().all(|tile| tile.is_partial()));
    assert!(drive(check, |tile| log.file(tile.full())).is_ok());
}

#[test]
fn a_tampered_tile_is_found() {
    let log = TestLog::of_size(600);
    let check = || TileCheck::inclusion(&log.entries[300], 300, &log.checkpoint());
    assert!(drive(check(), |tile| log.file(tile)).is_ok());
    let tampered = |tile| {
        let mut bytes = log.file(tile);
        bytes.iter_mut().for_each(|byte| *byte ^= 1);
        bytes
    };
    assert_eq!(drive(check(), tampered), Err(ProofInvalid("the path leads to another root")));
    let cut = |tile| log.file(tile)[32..].to_vec();
    assert_eq!(drive(check(), cut), Err(ProofInvalid("a tile of another width")));
    let other_entry = TileCheck::inclusion(&log.entries[301], 300, &log.checkpoint());
    assert!(drive(other_entry, |tile| log.file(tile)).is_err());
}

#[test]
fn another_history_is_no_beginning() {
    let (log, mut other) = (TestLog::of_size(600), TestLog::of_size(300));
    let check = TileCheck::consistency(&other.checkpoint(), &log.checkpoint());
    assert!(drive(check, |tile| log.file(tile)).is_ok());
    other.entries[17] = b"something else".to_vec();
    let check = TileCheck::consistency(&other.checkpoint(), &log.checkpoint());
    assert!(drive(check, |tile| log.file(tile)).is_err());
}

#[test]
fn a_size_that_nobody_can_hold_asks_for_few_tiles() {
    let log = TestLog::of_size(1);
    let huge = Checkpoint::new(ORIGIN, u64::MAX, TreeHash([1; 32])).sign(&log.signer()).unwrap();
    for check in [
        TileCheck::inclusion(b"entry", u64::MAX / 3, &huge),
        TileCheck::consistency(&log.checkpoint(), &huge),
    ] {
        let TileStep::Fetch(tiles) = check.step() else { panic!("tiles are needed") };
        assert!(tiles.len() <= 16, "{}", tiles.len());
        assert!(drive(check, |tile| vec![1; 32 * usize::from(tile.width())]).is_err());
    }
    let outside = TileCheck::inclusion(b"entry", u64::MAX, &huge);
    assert_eq!(outside.step(), TileStep::Verdict(Err(ProofInvalid("the entry is not within the tree"))));
}
