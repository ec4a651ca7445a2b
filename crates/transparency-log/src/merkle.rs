//! The Merkle tree of RFC 6962 §2.1 and RFC 9162 §2.1, with SHA-256.
//!
//! A proof is made from the rows of hashes that tiles hold ([`TileRows`]): whoever has them (the log's store, a client
//! that fetched some tiles) makes it with the same functions. Verifying needs the proof alone.

use std::{fmt, ops::Range};

use base64::{Engine, engine::general_purpose::STANDARD};
use portage_keys::digest::sha256;
use portage_reason::Reason;

/// Levels of the tree between two rows of tiles.
pub const TILE_HEIGHT: u32 = 8;
/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// A hash of the tree: of an entry, of two hashes, or the root.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TreeHash(pub [u8; 32]);

impl TreeHash {
    /// The root of the empty tree: SHA-256 of nothing.
    pub const EMPTY: TreeHash = TreeHash([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
        0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// The hash of an entry: `SHA-256(0x00 || entry)`.
    pub fn of_entry(entry: &[u8]) -> Self {
        TreeHash(sha256(&[&[0x00], entry].concat()))
    }

    /// The hash of two subtrees: `SHA-256(0x01 || left || right)`.
    pub fn of_children(left: TreeHash, right: TreeHash) -> Self {
        TreeHash(sha256(&[&[0x01], left.0.as_slice(), right.0.as_slice()].concat()))
    }

    /// As checkpoints and proofs write it.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads what [`TreeHash::to_base64`] writes, and nothing else.
    pub fn from_base64(text: &str) -> Option<Self> {
        Some(TreeHash(STANDARD.decode(text).ok()?.try_into().ok()?))
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

/// A proof about the log does not hold: always `log_proof_invalid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof of the public log does not hold: {0}")]
pub struct ProofInvalid(pub &'static str);

impl ProofInvalid {
    /// `log_proof_invalid`.
    pub const fn reason(self) -> Reason {
        Reason::LogProofInvalid
    }
}

/// Verifies that `leaf` is entry `index` of the tree of `size` entries with `root` (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`ProofInvalid`].
pub fn verify_inclusion(
    leaf: TreeHash,
    index: u64,
    size: u64,
    root: TreeHash,
    proof: &[TreeHash],
) -> Result<(), ProofInvalid> {
    if index >= size {
        return Err(ProofInvalid("the entry is not within the tree"));
    }
    let (mut place, mut last) = (index, size - 1);
    let mut hash = leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofInvalid("the path is too long"));
        }
        if place & 1 == 1 || place == last {
            hash = TreeHash::of_children(*sibling, hash);
            // The right edge has no siblings where its subtree is whole by itself.
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = TreeHash::of_children(hash, *sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofInvalid("the path is too short"));
    }
    if hash == root { Ok(()) } else { Err(ProofInvalid("the path leads to another root")) }
}

/// A tree: how large, and its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// How many entries.
    pub size: u64,
    /// The root.
    pub root: TreeHash,
}

/// Verifies that the tree `new` begins with all of `old` (RFC 9162 §2.1.4.2). Every tree begins with the empty one, and
/// with itself; both need no path and take none.
///
/// # Errors
/// [`ProofInvalid`].
pub fn verify_consistency(old: TreeHead, new: TreeHead, proof: &[TreeHash]) -> Result<(), ProofInvalid> {
    if old.size > new.size {
        return Err(ProofInvalid("the tree shrank"));
    }
    if old.size == new.size || old.size == 0 {
        if old.size == 0 && old.root != TreeHash::EMPTY {
            return Err(ProofInvalid("an empty tree with a root of its own"));
        }
        if old.size == new.size && old.root != new.root {
            return Err(ProofInvalid("two roots at one size"));
        }
        return if proof.is_empty() { Ok(()) } else { Err(ProofInvalid("a path where none is needed")) };
    }
    // A whole subtree proves itself: its root is the first of the path.
    let (first, path) = match proof.split_first() {
        _ if old.size.is_power_of_two() => (old.root, proof),
        Some((first, path)) => (*first, path),
        None => return Err(ProofInvalid("the path is too short")),
    };
    let (mut place, mut last) = (old.size - 1, new.size - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut of_old, mut of_new) = (first, first);
    for hash in path {
        if last == 0 {
            return Err(ProofInvalid("the path is too long"));
        }
        if place & 1 == 1 || place == last {
            of_old = TreeHash::of_children(*hash, of_old);
            of_new = TreeHash::of_children(*hash, of_new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            of_new = TreeHash::of_children(of_new, *hash);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofInvalid("the path is too short"));
    }
    if of_old != old.root {
        return Err(ProofInvalid("the path leads to another old root"));
    }
    if of_new == new.root { Ok(()) } else { Err(ProofInvalid("the path leads to another root")) }
}

/// The hashes that tiles hold: row `l` has, at `n`, the hash of entries `n * 256^l .. (n + 1) * 256^l`.
pub trait TileRows {
    /// Why a row could not be read.
    type Error;

    /// Hashes of a row, all within one tile.
    ///
    /// # Errors
    /// Whatever keeps the rows.
    fn hashes(&mut self, row: u8, range: Range<u64>) -> Result<Vec<TreeHash>, Self::Error>;
}

/// The root of the first `size` entries.
///
/// # Errors
/// What the rows answer.
pub fn root<R: TileRows>(rows: &mut R, size: u64) -> Result<TreeHash, R::Error> {
    if size == 0 { Ok(TreeHash::EMPTY) } else { hash_of_range(rows, 0..size) }
}

/// `PATH(index, D[size])` of RFC 6962 §2.1.1, from the leaf's sibling up. Empty where there is no such entry.
///
/// # Errors
/// What the rows answer.
pub fn inclusion_proof<R: TileRows>(rows: &mut R, index: u64, size: u64) -> Result<Vec<TreeHash>, R::Error> {
    let mut siblings = Vec::new();
    let mut range = 0..size;
    while index < size && range.end - range.start > 1 {
        let middle = split(&range);
        let (inside, sibling) = if index < middle {
            (range.start..middle, middle..range.end)
        } else {
            (middle..range.end, range.start..middle)
        };
        siblings.push(sibling);
        range = inside;
    }
    siblings.into_iter().rev().map(|range| hash_of_range(rows, range)).collect()
}

/// `PROOF(old, D[new])` of RFC 6962 §2.1.2. Empty where none is needed or there can be none.
///
/// # Errors
/// What the rows answer.
pub fn consistency_proof<R: TileRows>(rows: &mut R, old: u64, new: u64) -> Result<Vec<TreeHash>, R::Error> {
    if old == 0 || old >= new {
        return Ok(Vec::new());
    }
    let mut ranges = Vec::new();
    let mut range = 0..new;
    // Down to the subtree that ends where the old tree ends.
    while range.end != old {
        let middle = split(&range);
        let (inside, sibling) = if old <= middle {
            (range.start..middle, middle..range.end)
        } else {
            (middle..range.end, range.start..middle)
        };
        ranges.push(sibling);
        range = inside;
    }
    // From 0 it is the old tree itself, whose root the verifier knows.
    if range.start != 0 {
        ranges.push(range);
    }
    ranges.into_iter().rev().map(|range| hash_of_range(rows, range)).collect()
}

/// Where RFC 6962 splits more than one entry: at the largest power of two smaller than their number.
fn split(range: &Range<u64>) -> u64 {
    let count = range.end - range.start;
    range.start + (1 << (u64::BITS - 1 - (count - 1).leading_zeros()))
}

/// `MTH` of a range that the tree's own splits lead to.
fn hash_of_range<R: TileRows>(rows: &mut R, range: Range<u64>) -> Result<TreeHash, R::Error> {
    let mut peaks = Vec::new();
    for (level, index) in whole_subtrees(range) {
        peaks.push(subtree(rows, level, index)?);
    }
    Ok(join(peaks))
}

/// The whole subtrees that make a range, from the largest: (level, index within the level).
fn whole_subtrees(range: Range<u64>) -> impl Iterator<Item = (u32, u64)> {
    let mut start = range.start;
    (0..u64::BITS).rev().filter_map(move |level| {
        let width = 1_u64 << level;
        let fits = range.end - start >= width;
        let index = start >> level;
        start += if fits { width } else { 0 };
        fits.then_some((level, index))
    })
}

/// The root over subtrees that shrink to the right.
fn join(peaks: Vec<TreeHash>) -> TreeHash {
    let from_the_right = peaks.into_iter().rev();
    from_the_right.reduce(|right, left| TreeHash::of_children(left, right)).unwrap_or(TreeHash::EMPTY)
}

/// The hash of the whole subtree `index` at `level`, from the row below it.
fn subtree<R: TileRows>(rows: &mut R, level: u32, index: u64) -> Result<TreeHash, R::Error> {
    let (row, above) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
    let start = index << above;
    let row = u8::try_from(row).unwrap_or(u8::MAX);
    Ok(hash_whole(&rows.hashes(row, start..start + (1 << above))?))
}

/// The hash above a power of two of hashes: of a full tile, or of a part of one.
pub fn hash_whole(hashes: &[TreeHash]) -> TreeHash {
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => TreeHash::of_children(*left, *right),
                [one, ..] => *one,
                [] => TreeHash::EMPTY,
            })
            .collect();
    }
    level.first().copied().unwrap_or(TreeHash::EMPTY)
}

/// The right edge of a tree: all that is needed to append and to know the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// The whole subtrees, from the largest: one for each bit of the size.
    peaks: Vec<TreeHash>,
}

impl Default for Frontier {
    fn default() -> Self {
        Self::new()
    }
}

impl Frontier {
    /// The empty tree.
    pub const fn new() -> Self {
        Frontier { size: 0, peaks: Vec::new() }
    }

    /// The right edge of a tree of which only this is known; `None` unless there is one hash for each bit of the size.
    pub fn restored(size: u64, peaks: Vec<TreeHash>) -> Option<Self> {
        (u32::try_from(peaks.len()) == Ok(size.count_ones())).then_some(Frontier { size, peaks })
    }

    /// Appends one entry's hash.
    pub fn append(&mut self, leaf: TreeHash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = TreeHash::of_children(left, hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How large the tree is, and its root.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: join(self.peaks.clone()) }
    }

    /// The hashes of the right edge, from the largest subtree.
    pub fn peaks(&self) -> &[TreeHash] {
        &self.peaks
    }
}

/// A whole tree in memory: for tests, tools and small logs.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    rows: Vec<Vec<TreeHash>>,
}

impl MemoryTree {
    /// The tree over these entries.
    pub fn over<E: AsRef<[u8]>>(entries: impl IntoIterator<Item = E>) -> Self {
        let mut tree = Self::default();
        for entry in entries {
            tree.append(TreeHash::of_entry(entry.as_ref()));
        }
        tree
    }

    /// Appends one entry's hash.
    pub fn append(&mut self, leaf: TreeHash) {
        let width = usize::try_from(TILE_WIDTH).unwrap_or(256);
        let mut hash = leaf;
        for row in 0.. {
            if row == self.rows.len() {
                self.rows.push(Vec::new());
            }
            let Some(hashes) = self.rows.get_mut(row) else { return };
            hashes.push(hash);
            if hashes.len() % width != 0 {
                return;
            }
            hash = hash_whole(hashes.get(hashes.len() - width..).unwrap_or_default());
        }
    }

    /// How many entries.
    pub fn size(&self) -> u64 {
        self.rows.first().map_or(0, Vec::len) as u64
    }

    /// How large the tree is, and its root.
    pub fn head(&self) -> TreeHead {
        self.head_at(self.size())
    }

    /// The same for its first `size` entries.
    pub fn head_at(&self, size: u64) -> TreeHead {
        let root = root(&mut &*self, size).unwrap_or(TreeHash::EMPTY);
        TreeHead { size, root }
    }
}

/// A hash that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tree is smaller than that")]
pub struct NotThere;

impl TileRows for &MemoryTree {
    type Error = NotThere;

    fn hashes(&mut self, row: u8, range: Range<u64>) -> Result<Vec<TreeHash>, NotThere> {
        let place = |at| usize::try_from(at).map_err(|_| NotThere);
        let range = place(range.start)?..place(range.end)?;
        let row = self.rows.get(usize::from(row)).and_then(|row| row.get(range));
        row.map(<[_]>::to_vec).ok_or(NotThere)
    }
}

#[cfg(test)]
mod tests;
