use proptest::{prelude::*, test_runner::RngSeed};

use super::*;

/// The inputs of the reference tree that Certificate Transparency's implementations share, and its roots.
const REFERENCE: [(&str, &str); 8] = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hash(hex: &str) -> TreeHash {
    TreeHash(bytes(hex).try_into().unwrap())
}

fn reference() -> MemoryTree {
    MemoryTree::over(REFERENCE.iter().map(|(input, _)| bytes(input)))
}

#[test]
fn the_roots_of_the_reference_tree_come_out() {
    let tree = reference();
    let mut frontier = Frontier::new();
    assert_eq!(frontier.head().root, TreeHash::EMPTY);
    assert_eq!(TreeHash::EMPTY.0, sha256(b""));
    for (size, (input, root)) in (1..).zip(REFERENCE) {
        assert_eq!(tree.head_at(size).root, hash(root), "{size}");
        frontier.append(TreeHash::of_entry(&bytes(input)));
        assert_eq!(frontier.head(), tree.head_at(size));
    }
}

#[test]
fn the_proofs_of_the_reference_tree_come_out() {
    let tree = reference();
    let inclusion = inclusion_proof(&mut &tree, 5, 8).unwrap();
    let expected = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(inclusion, expected.map(hash));
    let consistency = consistency_proof(&mut &tree, 6, 8).unwrap();
    let expected = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(consistency, expected.map(hash));
    assert_eq!(consistency_proof(&mut &tree, 1, 1).unwrap(), []);
}

/// `MTH`, `PATH`, `SUBPROOF` as RFC 6962 §2.1 defines them, word for word: the oracle.
mod rfc6962 {
    use super::*;

    fn k(n: usize) -> usize {
        let mut k = 1;
        while k * 2 < n {
            k *= 2;
        }
        k
    }

    pub(super) fn mth(d: &[TreeHash]) -> TreeHash {
        match d {
            [] => TreeHash::EMPTY,
            [one] => *one,
            _ => TreeHash::of_children(mth(&d[..k(d.len())]), mth(&d[k(d.len())..])),
        }
    }

    pub(super) fn path(m: usize, d: &[TreeHash]) -> Vec<TreeHash> {
        if d.len() == 1 {
            return Vec::new();
        }
        let k = k(d.len());
        let (mut inner, sibling) =
            if m < k { (path(m, &d[..k]), mth(&d[k..])) } else { (path(m - k, &d[k..]), mth(&d[..k])) };
        inner.push(sibling);
        inner
    }

    pub(super) fn subproof(m: usize, d: &[TreeHash], b: bool) -> Vec<TreeHash> {
        if m == d.len() {
            return if b { Vec::new() } else { vec![mth(d)] };
        }
        let k = k(d.len());
        let (mut inner, sibling) = if m <= k {
            (subproof(m, &d[..k], b), mth(&d[k..]))
        } else {
            (subproof(m - k, &d[k..], false), mth(&d[..k]))
        };
        inner.push(sibling);
        inner
    }
}

fn leaves(count: usize) -> Vec<TreeHash> {
    (0..count).map(|at| TreeHash::of_entry(&at.to_be_bytes())).collect()
}

fn tree(leaves: &[TreeHash]) -> MemoryTree {
    let mut tree = MemoryTree::default();
    leaves.iter().for_each(|leaf| tree.append(*leaf));
    tree
}

#[test]
fn every_proof_in_every_small_tree_is_the_rfcs_and_verifies() {
    let all = leaves(40);
    let tree = tree(&all);
    for size in 1..=all.len() {
        let head = tree.head_at(size as u64);
        assert_eq!(head.root, rfc6962::mth(&all[..size]));
        for index in 0..size {
            let proof = inclusion_proof(&mut &tree, index as u64, size as u64).unwrap();
            assert_eq!(proof, rfc6962::path(index, &all[..size]));
            verify_inclusion(all[index], index as u64, head.size, head.root, &proof).unwrap();
        }
        for old in 0..=size {
            let proof = consistency_proof(&mut &tree, old as u64, size as u64).unwrap();
            if old > 0 {
                assert_eq!(proof, rfc6962::subproof(old, &all[..size], true));
            }
            verify_consistency(tree.head_at(old as u64), head, &proof).unwrap();
        }
    }
}

#[test]
fn every_change_of_an_inclusion_proof_is_found() {
    let all = leaves(40);
    let tree = tree(&all);
    for (index, size) in [(0, 1), (0, 2), (6, 7), (39, 40), (11, 33), (32, 33)] {
        let head = tree.head_at(size);
        let leaf = all[usize::try_from(index).unwrap()];
        let proof = inclusion_proof(&mut &tree, index, size).unwrap();
        let check =
            |leaf, index, size, root, proof: &[TreeHash]| verify_inclusion(leaf, index, size, root, proof);
        assert_eq!(check(leaf, index, size, head.root, &proof), Ok(()));
        let other = TreeHash([9; 32]);
        assert!(check(other, index, size, head.root, &proof).is_err());
        assert!(check(leaf, index, size, other, &proof).is_err());
        for wrong in (0..50).filter(|wrong| *wrong != index) {
            assert!(check(leaf, wrong, size, head.root, &proof).is_err(), "{wrong} for {index} of {size}");
        }
        for wrong in [0, index, u64::MAX] {
            assert!(check(leaf, index, wrong, head.root, &proof).is_err(), "{index} of {wrong} for {size}");
        }
        assert!(check(leaf, index, size, head.root, &[proof.as_slice(), &[other]].concat()).is_err());
        for at in 0..proof.len() {
            let mut changed = proof.clone();
            changed[at].0[0] ^= 1;
            assert!(check(leaf, index, size, head.root, &changed).is_err());
            changed.remove(at);
            assert!(check(leaf, index, size, head.root, &changed).is_err());
        }
    }
}

#[test]
fn every_change_of_a_consistency_proof_is_found() {
    let all = leaves(40);
    let tree = tree(&all);
    for (old, new) in [(1, 2), (6, 7), (4, 8), (7, 40), (32, 33), (33, 40), (39, 40)] {
        let heads = (tree.head_at(old), tree.head_at(new));
        let proof = consistency_proof(&mut &tree, old, new).unwrap();
        assert_eq!(verify_consistency(heads.0, heads.1, &proof), Ok(()));
        let other = |head: TreeHead| TreeHead { root: TreeHash([9; 32]), ..head };
        assert!(verify_consistency(other(heads.0), heads.1, &proof).is_err());
        assert!(verify_consistency(heads.0, other(heads.1), &proof).is_err());
        assert!(verify_consistency(heads.1, heads.0, &proof).is_err());
        assert!(verify_consistency(heads.0, TreeHead { size: old, ..heads.1 }, &proof).is_err());
        let longer = [proof.as_slice(), &[TreeHash([9; 32])]].concat();
        assert!(verify_consistency(heads.0, heads.1, &longer).is_err());
        for at in 0..proof.len() {
            let mut changed = proof.clone();
            changed[at].0[31] ^= 1;
            assert!(verify_consistency(heads.0, heads.1, &changed).is_err());
            changed.remove(at);
            assert!(verify_consistency(heads.0, heads.1, &changed).is_err());
        }
    }
}

#[test]
fn the_ends_of_consistency_need_no_path_and_take_none() {
    let tree = tree(&leaves(5));
    let (empty, five) = (tree.head_at(0), tree.head_at(5));
    for (old, new) in [(empty, empty), (empty, five), (five, five)] {
        assert_eq!(verify_consistency(old, new, &[]), Ok(()));
        assert!(verify_consistency(old, new, &[five.root]).is_err());
    }
    let false_empty = TreeHead { root: five.root, ..empty };
    assert!(verify_consistency(false_empty, five, &[]).is_err());
    let fork = TreeHead { root: TreeHash([9; 32]), ..five };
    assert_eq!(verify_consistency(five, fork, &[]), Err(ProofInvalid("two roots at one size")));
    assert_eq!(verify_consistency(five, empty, &[]), Err(ProofInvalid("the tree shrank")));
}

#[test]
fn the_largest_sizes_do_not_overflow() {
    let hash = TreeHash([1; 32]);
    let path = vec![hash; 64];
    for (index, size) in [(0, u64::MAX), (u64::MAX - 1, u64::MAX), (u64::MAX, u64::MAX), (1 << 63, u64::MAX)]
    {
        assert!(verify_inclusion(hash, index, size, hash, &path).is_err());
        let (old, new) = (TreeHead { size: index, root: hash }, TreeHead { size, root: TreeHash([2; 32]) });
        assert!(verify_consistency(old, new, &path).is_err());
    }
    /// A tree of 2^64 entries that are all alike.
    struct Endless;
    impl TileRows for Endless {
        type Error = NotThere;
        fn hashes(&mut self, row: u8, range: Range<u64>) -> Result<Vec<TreeHash>, NotThere> {
            assert!(row < 8 && range.end - range.start <= TILE_WIDTH);
            assert_eq!(range.start / TILE_WIDTH, (range.end - 1) / TILE_WIDTH, "within one tile");
            let of_row = (0..row).fold(TreeHash([1; 32]), |below, _| hash_whole(&[below; 256]));
            Ok(vec![of_row; usize::try_from(range.end - range.start).unwrap()])
        }
    }
    let size = u64::MAX;
    let root = root(&mut Endless, size).unwrap();
    for index in [0, 1 << 63, size - 1] {
        let proof = inclusion_proof(&mut Endless, index, size).unwrap();
        assert!(proof.len() <= 64);
        let leaf = TreeHash([1; 32]);
        assert_eq!(verify_inclusion(leaf, index, size, root, &proof), Ok(()), "{index}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn larger_trees_agree_with_the_rfcs_definition(new in 1_usize..1400, old in 0_usize..1400, index in 0_usize..1400) {
        let (old, index) = (old % (new + 1), index % new);
        let all = leaves(new);
        let tree = tree(&all);
        let head = tree.head();
        prop_assert_eq!(head.root, rfc6962::mth(&all));
        let inclusion = inclusion_proof(&mut &tree, index as u64, new as u64).unwrap();
        prop_assert_eq!(&inclusion, &rfc6962::path(index, &all));
        prop_assert_eq!(verify_inclusion(all[index], index as u64, new as u64, head.root, &inclusion), Ok(()));
        let consistency = consistency_proof(&mut &tree, old as u64, new as u64).unwrap();
        prop_assert_eq!(verify_consistency(tree.head_at(old as u64), head, &consistency), Ok(()));
        let mut frontier = Frontier::new();
        all.iter().for_each(|leaf| frontier.append(*leaf));
        prop_assert_eq!(frontier.head(), head);
    }

    #[test]
    fn no_proof_of_random_bytes_is_taken(
        index in any::<u64>(), size in any::<u64>(), old in any::<u64>(),
        path in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let path: Vec<_> = path.into_iter().map(TreeHash).collect();
        let root = TreeHash([3; 32]);
        prop_assert!(verify_inclusion(TreeHash([4; 32]), index, size, root, &path).is_err());
        let (old, new) = (TreeHead { size: old, root: TreeHash([5; 32]) }, TreeHead { size, root });
        prop_assert!(verify_consistency(old, new, &path).is_err());
    }
}
