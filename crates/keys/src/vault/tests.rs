use std::sync::atomic::{AtomicU64, Ordering};

use proptest::{prelude::*, test_runner::RngSeed};

use super::*;

const PASSPHRASE: &str = "correct horse battery staple";

/// Another digest of a counter at each call.
struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let block = sha256(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

fn entropy() -> Counted {
    Counted(AtomicU64::new(0))
}

fn vault() -> Vault {
    let mut vault = Vault::create(PASSPHRASE, KdfParams::MINIMUM, &entropy()).unwrap();
    vault.put("credential/a", b"birthdate 1990-01-01");
    vault.put("credential/b", b"trade name Chez Zoe.");
    vault.put("trust", b"");
    vault
}

fn error(bytes: &[u8], passphrase: &str) -> VaultError {
    Vault::open(bytes, passphrase).err().expect("it does not open")
}

/// Where each sealed piece stands: the data key, the index, the records.
fn pieces(file: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut reader = Reader::new(file);
    let mut pieces = Vec::new();
    let at = |reader: &Reader<'_>| Reader::new(file).up_to(reader).len();
    reader.array::<54>().unwrap();
    while at(&reader) < file.len() - 32 {
        let start = at(&reader);
        reader.skip_sealed().unwrap();
        pieces.push(start..at(&reader));
        if pieces.len() == 1 {
            reader.array::<32>().unwrap();
        }
    }
    pieces
}

/// Writes both digests anew, as somebody who forges a file would.
fn with_digests(mut file: Vec<u8>) -> Vec<u8> {
    let header = pieces(&file)[0].end;
    let digest = sha256(&file[..header]);
    file[header..header + 32].copy_from_slice(&digest);
    let end = file.len() - 32;
    let digest = sha256(&file[..end]);
    file[end..].copy_from_slice(&digest);
    file
}

#[test]
fn what_is_sealed_opens_with_its_passphrase() {
    let file = vault().seal(&entropy());
    let opened = Vault::open(&file, PASSPHRASE).unwrap();
    assert_eq!(opened.record("credential/a"), Some(&b"birthdate 1990-01-01"[..]));
    assert_eq!(opened.record("trust"), Some(&b""[..]));
    assert_eq!(opened.record("credential/c"), None);
    assert_eq!(opened.ids("credential/").collect::<Vec<_>>(), ["credential/a", "credential/b"]);
    assert_eq!(opened.ids("").count(), 3);
}

#[test]
fn an_empty_vault_opens_and_a_changed_one_keeps_its_changes() {
    let empty = Vault::create(PASSPHRASE, KdfParams::MINIMUM, &entropy()).unwrap().seal(&entropy());
    assert_eq!(Vault::open(&empty, PASSPHRASE).unwrap().ids("").count(), 0);

    let mut vault = vault();
    assert!(vault.remove("credential/a"));
    assert!(!vault.remove("credential/a"));
    vault.put("trust", b"{}");
    let opened = Vault::open(&vault.seal(&entropy()), PASSPHRASE).unwrap();
    assert_eq!(opened.ids("").collect::<Vec<_>>(), ["credential/b", "trust"]);
    assert_eq!(opened.record("trust"), Some(&b"{}"[..]));
}

#[test]
fn a_wrong_passphrase_is_told_from_damage() {
    let file = vault().seal(&entropy());
    for passphrase in ["", "correct horse", "Correct horse battery staple", "correct horse battery staple "] {
        assert_eq!(error(&file, passphrase), VaultError::PassphraseWrong);
    }
    assert_eq!(error(&[], PASSPHRASE).reason(), Reason::VaultCorrupt);
}

#[test]
fn d01_every_flipped_byte_is_damage() {
    let file = vault().seal(&entropy());
    for at in 0..file.len() {
        for bit in [0x01, 0x80] {
            let mut damaged = file.clone();
            damaged[at] ^= bit;
            assert!(matches!(error(&damaged, PASSPHRASE), VaultError::Corrupt(_)), "byte {at}");
        }
    }
}

#[test]
fn d01_every_other_length_is_damage() {
    let file = vault().seal(&entropy());
    for length in 0..file.len() {
        assert!(matches!(error(&file[..length], PASSPHRASE), VaultError::Corrupt(_)), "{length}");
    }
    let longer = [&file, &[0][..]].concat();
    assert!(matches!(error(&longer, PASSPHRASE), VaultError::Corrupt(_)));
}

#[test]
fn a_file_cut_or_grown_with_a_digest_of_its_own_is_damage_or_not_opened() {
    let file = vault().seal(&entropy());
    let body = &file[..file.len() - 32];
    let forge = |body: &[u8]| [body, &sha256(body)].concat();
    for length in [0, 8, 10, 53, 100, 166, 200] {
        assert!(matches!(error(&forge(&body[..length]), PASSPHRASE), VaultError::Corrupt(_)), "{length}");
    }
    let last = pieces(&file).pop().unwrap();
    for forged in
        [forge(&body[..last.start]), forge(&[body, &[0]].concat()), forge(&[body, &body[last]].concat())]
    {
        assert!(matches!(error(&forged, PASSPHRASE), VaultError::Corrupt(_)));
    }
}

#[test]
fn a_header_forged_with_its_digests_opens_with_no_passphrase() {
    let file = vault().seal(&entropy());
    let salt = 22;
    let wrapped_key = pieces(&file)[0].end - 1;
    for at in [salt, wrapped_key] {
        let mut forged = file.clone();
        forged[at] ^= 1;
        assert_eq!(error(&with_digests(forged), PASSPHRASE), VaultError::PassphraseWrong);
    }
}

#[test]
fn a_later_version_is_told_from_damage() {
    let mut file = vault().seal(&entropy());
    file[9] = 2;
    assert_eq!(error(&with_digests(file), PASSPHRASE), VaultError::Newer);
}

#[test]
fn d02_parameters_outside_the_limits_are_refused_both_ways_and_before_memory_is_taken() {
    let file = vault().seal(&entropy());
    for (memory_kib, passes, lanes) in [
        (64 << 20, 3, 1), // 64 GiB
        (u32::MAX, u32::MAX, u32::MAX),
        (262_145, 3, 1),
        (19_456, 17, 1),
        (19_456, 2, 5),
        (19_455, 2, 1),
        (19_456, 1, 1),
        (19_456, 2, 0),
        (8, 1, 1),
        (0, 0, 0),
    ] {
        let mut forged = file.clone();
        for (place, number) in [memory_kib, passes, lanes].into_iter().enumerate() {
            forged[10 + 4 * place..14 + 4 * place].copy_from_slice(&u32::to_be_bytes(number));
        }
        assert_eq!(error(&with_digests(forged), PASSPHRASE), VaultError::ParamsNotAllowed);
        let params = KdfParams { memory_kib, passes, lanes };
        assert_eq!(Vault::create(PASSPHRASE, params, &entropy()).err(), Some(VaultError::ParamsNotAllowed));
    }
}

#[test]
fn d02_weaker_parameters_within_the_limits_do_not_fit_the_header_they_are_written_into() {
    let params = KdfParams { passes: 3, ..KdfParams::MINIMUM };
    let mut file = Vault::create(PASSPHRASE, params, &entropy()).unwrap().seal(&entropy());
    file[17] = 2;
    assert_eq!(error(&with_digests(file), PASSPHRASE), VaultError::PassphraseWrong);
}

#[test]
fn d03_a_record_copied_over_another_is_damage() {
    let file = vault().seal(&entropy());
    let pieces = pieces(&file);
    let (a, b) = (pieces[2].clone(), pieces[3].clone());
    assert_eq!(a.len(), b.len(), "records of one size, so that nothing else moves");
    let mut forged = file.clone();
    forged[b.clone()].copy_from_slice(&file[a.clone()]);
    assert!(matches!(error(&forged, PASSPHRASE), VaultError::Corrupt(_)));
    assert!(matches!(error(&with_digests(forged), PASSPHRASE), VaultError::Corrupt(_)));

    let mut swapped = file.clone();
    swapped[a.clone()].copy_from_slice(&file[b.clone()]);
    swapped[b].copy_from_slice(&file[a]);
    assert!(matches!(error(&with_digests(swapped), PASSPHRASE), VaultError::Corrupt(_)));
}

#[test]
fn d03_an_old_record_put_back_is_damage() {
    let mut vault = vault();
    let old = vault.seal(&entropy());
    vault.put("credential/a", b"birthdate 1991-02-02");
    let new = vault.seal(&entropy());
    put_back(&old, &new, &[2]);

    // The index put back with it: then the other records are not the ones it lists, or it is the old file as a whole.
    vault.put("credential/b", b"trade name Chez Zoo.");
    put_back(&old, &vault.seal(&entropy()), &[1, 2]);
}

#[test]
fn d03_a_record_deleted_and_written_again_gets_no_version_a_second_time() {
    let mut vault = vault();
    let old = vault.seal(&entropy());
    vault.remove("credential/a");
    let mut vault = Vault::open(&vault.seal(&entropy()), PASSPHRASE).unwrap();
    vault.put("credential/a", b"birthdate 1991-02-02");
    put_back(&old, &vault.seal(&entropy()), &[2]);
}

/// Puts these pieces of an old file into a new one, digests and all, and expects damage.
#[track_caller]
fn put_back(old: &[u8], new: &[u8], places: &[usize]) {
    let mut forged = new.to_vec();
    for place in places {
        forged[pieces(new)[*place].clone()].copy_from_slice(&old[pieces(old)[*place].clone()]);
    }
    assert!(matches!(error(&with_digests(forged), PASSPHRASE), VaultError::Corrupt(_)));
}

#[test]
fn d04_neither_contents_nor_ids_stand_in_the_file() {
    let file = vault().seal(&entropy());
    for text in ["1990", "birthdate", "Chez", "credential", "trust", PASSPHRASE] {
        assert!(!file.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
}

#[test]
fn no_two_seals_are_alike() {
    let vault = vault();
    let entropy = entropy();
    let (one, two) = (vault.seal(&entropy), vault.seal(&entropy));
    for (place, piece) in pieces(&one).into_iter().enumerate().skip(1) {
        assert_ne!(one[piece.clone()], two[piece], "piece {place}");
    }
}

#[test]
fn a_changed_passphrase_opens_what_is_sealed_after_it() {
    let mut vault = vault();
    let before = vault.seal(&entropy());
    assert!(
        vault.change_passphrase("new", KdfParams { lanes: 9, ..KdfParams::MINIMUM }, &entropy()).is_err()
    );
    vault.change_passphrase("new", KdfParams::MINIMUM, &OtherEntropy).unwrap();
    let after = vault.seal(&entropy());
    assert_eq!(Vault::open(&after, "new").unwrap().ids("").count(), 3);
    assert_eq!(error(&after, PASSPHRASE), VaultError::PassphraseWrong);
    assert_eq!(error(&before, "new"), VaultError::PassphraseWrong);
    // A record sealed under the old passphrase does not open in a file of the new one.
    put_back_under(&before, &after, "new");
}

struct OtherEntropy;

impl Entropy for OtherEntropy {
    fn fill(&self, out: &mut [u8]) {
        out.fill(0x5a);
    }
}

#[track_caller]
fn put_back_under(old: &[u8], new: &[u8], passphrase: &str) {
    let mut forged = new.to_vec();
    forged[pieces(new)[2].clone()].copy_from_slice(&old[pieces(old)[2].clone()]);
    assert!(matches!(error(&with_digests(forged), passphrase), VaultError::Corrupt(_)));
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_with_a_digest_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Vault::open(&bytes, PASSPHRASE);
        let _ = Vault::open(&[bytes.as_slice(), &sha256(&bytes)].concat(), PASSPHRASE);
        let _ = Index::read(&bytes);
    }

    #[test]
    fn any_header_after_the_magic_is_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [&b"PRTGVLT\n\0\x01"[..], &bytes].concat();
        let _ = Vault::open(&[bytes.as_slice(), &sha256(&bytes)].concat(), PASSPHRASE);
    }
}
