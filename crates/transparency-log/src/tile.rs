//! [C2SP tlog-tiles]: the tree and the entries as static files.
//!
//! [C2SP tlog-tiles]: https://c2sp.org/tlog-tiles

use std::{fmt, str::FromStr};

use crate::{
    checkpoint::read_decimal,
    merkle::{ProofInvalid, TILE_HEIGHT, TILE_WIDTH, TreeHash},
};

/// Longest entry: its length is two bytes in a bundle.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;
/// The path of the checkpoint below the log's prefix.
pub const CHECKPOINT_PATH: &str = "checkpoint";

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes of the tree, at this level.
    Hashes(u8),
    /// The entries themselves: an entry bundle.
    Entries,
}

/// Which tile or entry bundle: `tile/<L>/<N>[.p/<W>]`, `tile/entries/<N>[.p/<W>]`.
///
/// ```
/// use portage_transparency_log::TilePath;
/// assert!(TilePath::hashes(0, 273, 70_000).is_some_and(|tile| tile.to_string() == "tile/0/273.p/112"));
/// assert_eq!("tile/entries/x001/x234/067".parse::<TilePath>()?.index(), 1_234_067);
/// # Ok::<(), portage_transparency_log::NotATilePath>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    /// 1 to 256.
    width: u16,
}

impl TilePath {
    /// The hash tile at `level` and `index` in a tree of `size` entries, if it has one.
    pub fn hashes(level: u8, index: u64, size: u64) -> Option<Self> {
        Self::within(TileKind::Hashes(level), index, hashes_in_row(level, size))
    }

    /// The entry bundle `index` in a tree of `size` entries, if it has one.
    pub fn entries(index: u64, size: u64) -> Option<Self> {
        Self::within(TileKind::Entries, index, size)
    }

    fn within(kind: TileKind, index: u64, count: u64) -> Option<Self> {
        let rest = count.checked_sub(index.checked_mul(TILE_WIDTH)?)?;
        let width = u16::try_from(rest.min(TILE_WIDTH)).ok()?;
        (width > 0).then_some(TilePath { kind, index, width })
    }

    /// What it holds.
    pub const fn kind(self) -> TileKind {
        self.kind
    }

    /// Its place in its row.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many hashes or entries: 1 to 256.
    pub const fn width(self) -> u16 {
        self.width
    }

    /// Whether it is at the right edge and will be replaced by a wider one.
    pub const fn is_partial(self) -> bool {
        (self.width as u64) < TILE_WIDTH
    }

    /// The same tile, full: what to ask for where a log has deleted the partial one.
    pub const fn full(self) -> Self {
        TilePath { width: 1 << TILE_HEIGHT, ..self }
    }

    /// More bytes than this are not such a tile: where a fetch may stop.
    pub const fn max_bytes(self) -> usize {
        match self.kind {
            TileKind::Hashes(_) => 32 << TILE_HEIGHT,
            TileKind::Entries => (2 + MAX_ENTRY_BYTES) << TILE_HEIGHT,
        }
    }

    /// The hashes of a hash tile, from this file or from the full one.
    ///
    /// # Errors
    /// [`ProofInvalid`]: another length than such a tile has.
    pub fn read_hashes(self, bytes: &[u8]) -> Result<Vec<TreeHash>, ProofInvalid> {
        let (hashes, rest) = bytes.as_chunks();
        self.check_width(hashes.len(), rest.is_empty())?;
        Ok(hashes.iter().take(self.width.into()).copied().map(TreeHash).collect())
    }

    /// The entries of a bundle, from this file or from the full one.
    ///
    /// # Errors
    /// [`ProofInvalid`]: not that many entries.
    pub fn read_entries(self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, ProofInvalid> {
        let (mut entries, mut rest) = (Vec::new(), bytes);
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = usize::from(u16::from_be_bytes(*length));
            let (entry, after) =
                after.split_at_checked(length).ok_or(ProofInvalid("an entry that ends too early"))?;
            entries.push(entry.to_vec());
            rest = after;
            if entries.len() as u64 > TILE_WIDTH {
                break;
            }
        }
        self.check_width(entries.len(), rest.is_empty())?;
        entries.truncate(self.width.into());
        Ok(entries)
    }

    fn check_width(self, found: usize, whole: bool) -> Result<(), ProofInvalid> {
        let fits = found == usize::from(self.width) || found as u64 == TILE_WIDTH;
        if whole && fits { Ok(()) } else { Err(ProofInvalid("a tile of another width")) }
    }
}

/// The tiles and bundles that a tree of `new` entries has and one of `old` has not: what a log writes when it grows.
pub fn paths_between(old: u64, new: u64) -> impl Iterator<Item = TilePath> {
    let row = move |kind, old: u64, new: u64| {
        let tiles = if old < new { old / TILE_WIDTH..new.div_ceil(TILE_WIDTH) } else { 0..0 };
        tiles.filter_map(move |index| TilePath::within(kind, index, new))
    };
    let hashes = (0..8).flat_map(move |level| {
        row(TileKind::Hashes(level), hashes_in_row(level, old), hashes_in_row(level, new))
    });
    row(TileKind::Entries, old, new).chain(hashes)
}

/// `floor(size / 256^level)`.
fn hashes_in_row(level: u8, size: u64) -> u64 {
    size.checked_shr(TILE_HEIGHT * u32::from(level)).unwrap_or(0)
}

/// One entry as a bundle holds it, its length before it; `None` when it is too long.
pub fn bundled_entry(entry: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(entry.len()).ok()?;
    Some([&length.to_be_bytes(), entry].concat())
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut thousands = Vec::new();
        let mut rest = self.index / 1000;
        while rest > 0 {
            thousands.push(rest % 1000);
            rest /= 1000;
        }
        for element in thousands.iter().rev() {
            write!(f, "x{element:03}/")?;
        }
        write!(f, "{:03}", self.index % 1000)?;
        if self.is_partial() { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// Not the path of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile")]
pub struct NotATilePath;

impl FromStr for TilePath {
    type Err = NotATilePath;

    /// Reads the one spelling that `Display` writes: what a server takes from a request.
    fn from_str(text: &str) -> Result<Self, NotATilePath> {
        read_path(text).filter(|path| path.to_string() == text).ok_or(NotATilePath)
    }
}

fn read_path(text: &str) -> Option<TilePath> {
    let (kind, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes(read_decimal(level)?.try_into().ok().filter(|level| *level < 64)?),
    };
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, read_decimal(width)?.try_into().ok()?),
        None => (rest, TILE_WIDTH.try_into().ok()?),
    };
    let mut number = 0_u64;
    for element in index.split('/') {
        let element: u64 = element.strip_prefix('x').unwrap_or(element).parse().ok()?;
        number = number.checked_mul(1000)?.checked_add(element)?;
    }
    (1..=TILE_WIDTH).contains(&u64::from(width)).then_some(TilePath { kind, index: number, width })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_70000_has_the_tiles_of_the_specification() {
        let tiles: Vec<_> = paths_between(0, 70_000).collect();
        let count = |kind, partial| {
            tiles.iter().filter(|tile| tile.kind == kind && tile.is_partial() == partial).count()
        };
        let levels = |level| (count(TileKind::Hashes(level), false), count(TileKind::Hashes(level), true));
        assert_eq!([levels(0), levels(1), levels(2), levels(3)], [(273, 1), (1, 1), (0, 1), (0, 0)]);
        assert_eq!((count(TileKind::Entries, false), count(TileKind::Entries, true)), (273, 1));
        let widths: Vec<_> = tiles.iter().filter(|tile| tile.is_partial()).map(ToString::to_string).collect();
        assert_eq!(
            widths,
            ["tile/entries/273.p/112", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
        );
        let full: Vec<_> = paths_between(0, 256).map(|tile| tile.to_string()).collect();
        assert_eq!(full, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    }

    #[test]
    fn a_log_that_grows_writes_what_is_new_alone() {
        let grown = |old, new| paths_between(old, new).map(|tile| tile.to_string()).collect::<Vec<_>>();
        assert_eq!(grown(5, 5), <[&str; 0]>::default());
        assert_eq!(grown(5, 4), <[&str; 0]>::default());
        assert_eq!(grown(5, 7), ["tile/entries/000.p/7", "tile/0/000.p/7"]);
        assert_eq!(
            grown(255, 257),
            ["tile/entries/000", "tile/entries/001.p/1", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]
        );
        assert_eq!(grown(256, 257), ["tile/entries/001.p/1", "tile/0/001.p/1"]);
        assert_eq!(paths_between(u64::MAX - 1, u64::MAX).count(), 2);
    }

    #[test]
    fn a_path_has_one_spelling() {
        for path in [
            "tile/0/000",
            "tile/0/001.p/1",
            "tile/63/999.p/255",
            "tile/entries/x001/x234/067",
            "tile/7/x001/000",
            "tile/entries/x018/x446/x744/x073/x709/x551/615",
        ] {
            assert_eq!(path.parse::<TilePath>().unwrap().to_string(), path);
        }
        for path in [
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/0/0",
            "tile/0/1000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001/x002",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/+01",
            "tile/0/../0/000",
            "tile/0/000/",
            "/tile/0/000",
            "tile/0",
            "tile/entries/",
            "tile/entry/000",
            "",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/000.p/1.p/1",
        ] {
            assert_eq!(path.parse::<TilePath>(), Err(NotATilePath), "{path}");
        }
    }

    #[test]
    fn a_tile_is_read_at_its_width_or_from_the_full_one() {
        let tile = TilePath::hashes(0, 0, 3).unwrap();
        for (length, fits) in
            [(96, true), (8192, true), (95, false), (97, false), (64, false), (128, false), (0, false)]
        {
            assert_eq!(tile.read_hashes(&vec![7; length]).is_ok(), fits, "{length}");
        }
        assert_eq!(tile.read_hashes(&[7; 8192]).unwrap().len(), 3);
        assert_eq!(TilePath::hashes(1, 0, 255), None);
        assert_eq!(TilePath::hashes(0, u64::MAX, u64::MAX), None);
    }

    #[test]
    fn a_bundle_holds_as_many_entries_as_its_width() {
        let bundle = |entries: &[&[u8]]| {
            entries.iter().flat_map(|entry| bundled_entry(entry).unwrap()).collect::<Vec<_>>()
        };
        let path = TilePath::entries(0, 3).unwrap();
        let a = &b"a"[..];
        assert_eq!(path.read_entries(&bundle(&[b"a", b"", b"ccc"])).unwrap(), [&b"a"[..], b"", b"ccc"]);
        assert_eq!(path.read_entries(&bundle(&[a; 256])).unwrap().len(), 3);
        for entries in [&[a; 2][..], &[a; 4], &[a; 257], &[]] {
            assert!(path.read_entries(&bundle(entries)).is_err());
        }
        let whole = bundle(&[b"a", b"b", b"ccc"]);
        assert!(path.read_entries(&whole[..whole.len() - 1]).is_err());
        assert!(path.read_entries(&[whole.as_slice(), &[0]].concat()).is_err());
        assert!(bundled_entry(&vec![0; MAX_ENTRY_BYTES]).is_some());
        assert_eq!(bundled_entry(&vec![0; MAX_ENTRY_BYTES + 1]), None);
    }
}
