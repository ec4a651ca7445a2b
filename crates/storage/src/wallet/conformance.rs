//! What every store of a wallet must do. One suite, every back end.

use std::sync::Arc;

use portage_keys::{OsEntropy, vault::KdfParams};
use portage_wallet::{
    CredentialId, EventId,
    ports::{Batch, RecordId, RecordKind, WalletStore},
};

use super::{MemoryWallet, SealedWallet};

fn credential(name: &str) -> RecordId {
    RecordId::Credential(CredentialId(name.into()))
}

fn key(name: &str) -> RecordId {
    RecordId::Key(CredentialId(name.into()))
}

fn event(name: &str) -> RecordId {
    RecordId::Event(EventId(name.into()))
}

fn suite(store: &impl WalletStore) {
    what_is_written_is_read_and_replaced(store);
    ids_are_of_one_kind_and_sorted(store);
    a_batch_writes_and_removes_together(store);
}

fn what_is_written_is_read_and_replaced(store: &impl WalletStore) {
    assert!(store.record(&RecordId::Trust).unwrap().is_none());
    store.commit(Batch::default().with(RecordId::Trust, b"one".to_vec())).unwrap();
    store.commit(Batch::default().with(RecordId::Trust, b"two".to_vec())).unwrap();
    assert_eq!(store.record(&RecordId::Trust).unwrap().unwrap().as_slice(), b"two");
}

fn ids_are_of_one_kind_and_sorted(store: &impl WalletStore) {
    let batch = Batch::default()
        .with(event("2"), vec![])
        .with(event("1"), vec![])
        .with(credential("b"), vec![])
        .with(credential("a"), vec![]);
    store.commit(batch).unwrap();
    assert_eq!(store.ids(RecordKind::Event).unwrap(), [event("1"), event("2")]);
    assert_eq!(store.ids(RecordKind::Credential).unwrap(), [credential("a"), credential("b")]);
    assert_eq!(store.ids(RecordKind::Document).unwrap(), []);
}

fn a_batch_writes_and_removes_together(store: &impl WalletStore) {
    store.commit(Batch::default().with(key("a"), vec![1])).unwrap();
    store
        .commit(Batch::default().without(key("a")).without(credential("a")).with(event("3"), vec![2]))
        .unwrap();
    assert!(store.record(&key("a")).unwrap().is_none());
    assert_eq!(store.ids(RecordKind::Credential).unwrap(), [credential("b")]);
    assert_eq!(store.record(&event("3")).unwrap().unwrap().as_slice(), [2]);
    store.commit(Batch::default().without(key("never there"))).unwrap();
}

#[test]
fn records_in_memory() {
    suite(&MemoryWallet::default());
}

#[test]
fn records_in_a_sealed_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet");
    suite(&SealedWallet::create(&path, "correct horse", KdfParams::MINIMUM, Arc::new(OsEntropy)).unwrap());
}
