use std::{collections::BTreeMap, ops::Range};

use crate::{
    checkpoint::SignedCheckpoint,
    merkle::{
        ProofInvalid, TILE_WIDTH, TileRows, TreeHash, TreeHead, consistency_proof, inclusion_proof,
        verify_consistency, verify_inclusion,
    },
    tile::TilePath,
};

/// A question that a client answers for itself from tiles: is this entry in the tree, is this tree the beginning of that
/// one? It says which tiles it needs; whoever drives it fetches them. No tile is believed: what they give is verified
/// against the signed checkpoints.
#[derive(Debug, Clone)]
pub struct TileCheck {
    question: Question,
    tree: TreeHead,
    tiles: BTreeMap<TilePath, Vec<TreeHash>>,
}

#[derive(Debug, Clone, Copy)]
enum Question {
    Inclusion { leaf: TreeHash, index: u64 },
    Consistency { old: TreeHead },
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TileStep {
    /// These tiles are needed, in any order; give each to [`TileCheck::take`]. Where the log has deleted a partial one, the
    /// full one serves ([`TilePath::full`]).
    Fetch(Vec<TilePath>),
    /// The answer: yes, with the proof for those who have no tiles; or no.
    Verdict(Result<Vec<TreeHash>, ProofInvalid>),
}

impl TileCheck {
    /// Whether `entry` is at `index`.
    pub fn inclusion(entry: &[u8], index: u64, checkpoint: &SignedCheckpoint) -> Self {
        Self::new(Question::Inclusion { leaf: TreeHash::of_entry(entry), index }, checkpoint.head())
    }

    /// Whether the tree of `new` begins with all of the tree of `old`.
    pub fn consistency(old: &SignedCheckpoint, new: &SignedCheckpoint) -> Self {
        Self::new(Question::Consistency { old: old.head() }, new.head())
    }

    const fn new(question: Question, tree: TreeHead) -> Self {
        TileCheck { question, tree, tiles: BTreeMap::new() }
    }

    /// The tiles that are still needed, or the answer.
    pub fn step(&self) -> TileStep {
        let mut rows = Rows { check: self, missing: Vec::new() };
        let proof = match self.question {
            Question::Inclusion { index, .. } => inclusion_proof(&mut rows, index, self.tree.size),
            Question::Consistency { old } => consistency_proof(&mut rows, old.size, self.tree.size),
        };
        if !rows.missing.is_empty() {
            return TileStep::Fetch(rows.missing);
        }
        TileStep::Verdict(proof.and_then(|proof| self.verify(&proof).map(|()| proof)))
    }

    /// Takes a tile that was asked for.
    ///
    /// # Errors
    /// [`ProofInvalid`]: the bytes are not such a tile.
    pub fn take(&mut self, tile: TilePath, bytes: &[u8]) -> Result<(), ProofInvalid> {
        self.tiles.insert(tile, tile.read_hashes(bytes)?);
        Ok(())
    }

    fn verify(&self, proof: &[TreeHash]) -> Result<(), ProofInvalid> {
        let tree = self.tree;
        match self.question {
            Question::Inclusion { leaf, index } => verify_inclusion(leaf, index, tree.size, tree.root, proof),
            Question::Consistency { old } => verify_consistency(old, tree, proof),
        }
    }
}

/// The rows as far as they were fetched; the others are noted, and read as zeros that nobody will see.
struct Rows<'a> {
    check: &'a TileCheck,
    missing: Vec<TilePath>,
}

impl TileRows for Rows<'_> {
    type Error = ProofInvalid;

    fn hashes(&mut self, row: u8, range: Range<u64>) -> Result<Vec<TreeHash>, ProofInvalid> {
        let outside = ProofInvalid("a place outside of the tree");
        let tile = TilePath::hashes(row, range.start / TILE_WIDTH, self.check.tree.size).ok_or(outside)?;
        let count = usize::try_from(range.end - range.start).map_err(|_| outside)?;
        let Some(hashes) = self.check.tiles.get(&tile) else {
            if !self.missing.contains(&tile) {
                self.missing.push(tile);
            }
            return Ok(vec![TreeHash::EMPTY; count]);
        };
        let start = usize::try_from(range.start % TILE_WIDTH).map_err(|_| outside)?;
        hashes.get(start..start + count).map(<[_]>::to_vec).ok_or(outside)
    }
}

#[cfg(test)]
mod tests;
