use portage_keys::{OsEntropy, vault::KdfParams};

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn name(text: &str) -> StaffName {
    StaffName::parse(text).unwrap()
}

fn password(text: &str) -> PasswordHash {
    PasswordHash::of(text, KdfParams::MINIMUM, &OsEntropy).unwrap()
}

async fn wait(store: &StaffStore, typed: &str, seconds: i64) -> Option<u64> {
    match store.count_guess(typed, at(seconds)).await.unwrap().0 {
        Guess::Counted => None,
        Guess::Wait(wait) => Some(wait.as_secs()),
    }
}

#[test]
fn a_name_is_a_name() {
    assert_eq!(name(" Zoé.Côté-2 ").as_str(), "zoé.côté-2");
    for wrong in ["", " ", "-a", "?00", "a b", "a\u{202e}b", "<b>", &"a".repeat(65)] {
        assert!(StaffName::parse(wrong).is_none(), "{wrong}");
    }
}

#[tokio::test]
async fn an_account_is_added_once_and_gone_when_it_is_removed() {
    let store = StaffStore::in_memory().unwrap();
    let zoe = name("zoé");
    assert!(store.add(&zoe, Role::Counter, Some(&password("a")), at(0)).await.unwrap());
    assert!(!store.add(&zoe, Role::Clerk, None, at(1)).await.unwrap());
    let account = store.account(&zoe).await.unwrap().unwrap();
    assert_eq!((account.role, account.added_at), (Role::Counter, at(0)));
    assert!(account.password.unwrap().is("a"));
    let changed = store.choose_password(&zoe, &password("b"), at(2)).await.unwrap().unwrap();
    assert!(changed.password.unwrap().is("b"));
    assert_ne!(changed.version, account.version);
    assert!(store.remove(&zoe, at(3)).await.unwrap());
    assert!(!store.remove(&zoe, at(3)).await.unwrap());
    assert!(store.account(&zoe).await.unwrap().is_none());
    let kinds: Vec<_> = store.events().await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [StaffEventKind::Added, StaffEventKind::PasswordChosen, StaffEventKind::Removed]);
}

#[tokio::test]
async fn a_code_is_good_once_and_for_its_time() {
    let store = StaffStore::in_memory().unwrap();
    let zoe = name("zoé");
    store.add(&zoe, Role::Counter, None, at(0)).await.unwrap();
    assert!(!store.keep_code(&name("nobody"), "one", at(100), at(0)).await.unwrap());
    assert!(store.keep_code(&zoe, "one", at(100), at(0)).await.unwrap());
    let redeem = async |code, seconds| store.redeem_code(code, at(seconds)).await.unwrap().is_some();
    assert!(!redeem("other", 50).await);
    assert!(redeem("one", 50).await);
    assert!(!redeem("one", 51).await, "it was used");
    store.keep_code(&zoe, "two", at(100), at(0)).await.unwrap();
    assert!(!redeem("two", 100).await, "it is over");
    store.keep_code(&zoe, "three", at(100), at(0)).await.unwrap();
    store.choose_password(&zoe, &password("a"), at(1)).await.unwrap();
    assert!(!redeem("three", 50).await, "a password was chosen since");
}

#[tokio::test]
async fn u06_waits_grow_survive_a_restart_and_a_clock_set_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = StaffStore::open(folder.path()).unwrap();
    store.add(&name("zoé"), Role::Counter, Some(&password("a")), at(0)).await.unwrap();
    for typed in ["zoé", "nobody-at-all"] {
        let mut now = 10;
        for longest in [60, 300, 3600, 3600] {
            for _ in 0..4 {
                assert_eq!(wait(&store, typed, now).await, None);
            }
            assert_eq!(wait(&store, typed, now).await, Some(longest), "{typed}");
            store = StaffStore::open(folder.path()).unwrap();
            assert_eq!(wait(&store, typed, now + 1).await, Some(longest - 1));
            assert_eq!(wait(&store, typed, now - 5000).await, Some(longest), "the clock was set back");
            now += i64::try_from(longest).unwrap();
        }
    }
    store.note_signed_in(&name("zoé"), at(20_000)).await.unwrap();
    assert_eq!(wait(&store, "zoé", 20_000).await, None);
}

#[tokio::test]
async fn what_was_typed_as_a_name_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = StaffStore::open(folder.path()).unwrap();
    wait(&store, "my-secret-typed-into-the-wrong-field", 0).await;
    store.note(None, StaffEventKind::Refused, at(0)).await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"my-secret"));
    }
    store.forget(at(1)).await.unwrap();
    assert_eq!(store.events().await.unwrap(), []);
}
