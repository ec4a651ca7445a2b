//! What every store of issuances must do, run on each back end.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::date};
use portage_catalog::Format;
use portage_issuer::{
    AssertionUse, Changed, Code, Forgotten, Inserted, IssuanceStore, Issued, Issuing, KeyedHash, ListKind,
    MAX_OPEN_CODES, MAX_TX_CODE_TRIES, NoticeChange, Notices, Offer, OfferDelivery, Opened, PublishedList,
    Redeemed, Redemption, Reference, StandingOffer, Status, StatusChange, StatusEntry, StoreFailure, Told,
};
use serde_json::{Map, json};

use super::{MemoryIssuances, SqliteIssuances};

pub(super) const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

fn later(seconds: i64) -> Timestamp {
    NOW.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn hash(name: &str) -> KeyedHash {
    let mut bytes = [0; 32];
    for (byte, letter) in bytes.iter_mut().zip(name.bytes()) {
        *byte = letter;
    }
    KeyedHash::from_bytes(bytes)
}

fn offer(reference: &str) -> Offer {
    Offer {
        reference: Reference::new(reference),
        credential_type: "person".into(),
        format: Format::DcSdJwt,
        claims: Map::from_iter([("family_name".to_owned(), json!("Canary"))]),
        content: hash("content"),
        valid_from: None,
        valid_until: later(1_000_000),
        open_until: later(10_000),
        tx_code: None,
        link: Some(hash(&format!("link {reference}"))),
        code: Some(Code { hash: hash(&format!("code {reference}")), until: later(600) }),
        standing: StandingOffer::Keep,
        salt: "salt".into(),
    }
}

/// Tried before, every time: the answer is the same, and nothing comes of it.
async fn insert(store: &impl IssuanceStore, offer: Offer, now: Timestamp) -> Result<Inserted, StoreFailure> {
    let tried = store.try_offers(vec![offer.clone(), offer.clone()], now).await?;
    assert_eq!(tried[0], tried[1], "each alone");
    let inserted = store.insert_offers(vec![offer], now).await?.remove(0);
    assert_eq!(tried[0], inserted);
    Ok(inserted)
}

fn redemption(reference: &str, token: &str, at: i64) -> Redemption {
    Redemption {
        code: hash(&format!("code {reference}")),
        tx_code: None,
        token: hash(token),
        token_until: later(at + 300),
        client_assertion: None,
        now: later(at),
    }
}

fn issuing(token: &str, nonce: &str, holder: &str, at: i64) -> Issuing {
    Issuing {
        token: hash(token),
        nonce: hash(nonce),
        nonce_until: later(at + 300),
        holder: hash(holder),
        indices: vec![7, 8, 9],
        list_capacity: 2,
        day: date(2026, 9, 21),
        now: later(at),
    }
}

/// The place, or what else came of it.
fn place(issued: Issued) -> Result<StatusEntry, &'static str> {
    match issued {
        Issued::Entry(entry) => Ok(entry.status),
        Issued::NonceUsed => Err("nonce used"),
        Issued::TokenGone => Err("token gone"),
        Issued::OtherKey => Err("other key"),
        Issued::NoPlace => Err("no place"),
    }
}

async fn delivered(store: &impl IssuanceStore, reference: &str) -> StatusEntry {
    insert(store, offer(reference), NOW).await.unwrap();
    assert_eq!(store.redeem(redemption(reference, reference, 1)).await.unwrap(), Redeemed::Token);
    let holder = format!("key {reference}");
    place(store.issue(issuing(reference, &format!("n {reference}"), &holder, 2)).await.unwrap()).unwrap()
}

/// A credential that was delivered under the reference.
pub(super) async fn deliver_for_tests(store: &impl IssuanceStore, reference: &str) {
    delivered(store, reference).await;
}

async fn an_offer_is_written_once(store: impl IssuanceStore) {
    assert_eq!(insert(&store, offer("a"), NOW).await.unwrap(), Inserted::New);
    let mut again = offer("a");
    again.open_until = later(20_000);
    again.salt = "another".into();
    let existing = Inserted::Existing {
        salt: "salt".into(),
        delivery: OfferDelivery::ByReference,
        tx_code: false,
        open_until: Some(offer("a").open_until),
    };
    assert_eq!(insert(&store, again.clone(), later(1)).await.unwrap(), existing);
    // Other content, not collected: corrected in place. Over: offered anew.
    again.content = hash("other");
    assert_eq!(insert(&store, again.clone(), later(2)).await.unwrap(), Inserted::Renewed);
    assert_eq!(insert(&store, again.clone(), later(30_000)).await.unwrap(), Inserted::Renewed);
    // Collected: the same content changes nothing, other content is told apart.
    delivered(&store, "b").await;
    let collected = insert(&store, offer("b"), later(9)).await.unwrap();
    assert!(matches!(collected, Inserted::Existing { open_until: None, .. }), "{collected:?}");
    let mut other = offer("b");
    other.content = hash("other");
    assert_eq!(insert(&store, other, later(9)).await.unwrap(), Inserted::OtherContent);
}

async fn an_offer_that_waits_is_replaced_when_asked(store: impl IssuanceStore) {
    let anew = |reference: &str, until: i64| Offer {
        standing: StandingOffer::Replace,
        open_until: later(until),
        ..offer(reference)
    };
    insert(&store, offer("a"), NOW).await.unwrap();
    let answers =
        store.insert_offers(vec![anew("a", 20_000), offer("b"), offer("b")], later(1)).await.unwrap();
    assert_eq!(answers[..2], [Inserted::Renewed, Inserted::New], "an answer for each, in their order");
    assert!(matches!(answers[2], Inserted::Existing { .. }));
    // Withdrawn: only when asked. Collected: never.
    store.change_status(Reference::new("b"), StatusChange::Revoke, later(2)).await.unwrap();
    assert!(matches!(insert(&store, offer("b"), later(3)).await.unwrap(), Inserted::Existing { .. }));
    assert_eq!(insert(&store, anew("b", 20_000), later(3)).await.unwrap(), Inserted::Renewed);
    delivered(&store, "c").await;
    assert!(matches!(insert(&store, anew("c", 20_000), later(4)).await.unwrap(), Inserted::Existing { .. }));
}

async fn an_offer_by_reference_gives_a_bounded_number_of_codes(store: impl IssuanceStore) {
    let mut by_reference = offer("a");
    by_reference.code = None;
    insert(&store, by_reference, NOW).await.unwrap();
    let code =
        |number: u32| Code { hash: hash(&format!("c{number}")), until: later(i64::from(number) + 600) };
    assert_eq!(store.open_offer(hash("link x"), code(0), NOW).await.unwrap(), Opened::Absent);
    for number in 0..=MAX_OPEN_CODES {
        assert!(matches!(
            store.open_offer(hash("link a"), code(number), NOW).await.unwrap(),
            Opened::Open(_)
        ));
    }
    assert_eq!(store.reference_of_code(code(0).hash).await.unwrap(), None, "the oldest ended");
    assert_eq!(store.reference_of_code(code(1).hash).await.unwrap(), Some(Reference::new("a")));
    assert_eq!(store.open_offer(hash("link a"), code(99), later(10_000)).await.unwrap(), Opened::Ended);
    let redeem = Redemption { code: code(1).hash, ..redemption("a", "t", 5) };
    assert_eq!(store.redeem(redeem).await.unwrap(), Redeemed::Token);
    let second = Redemption { code: code(2).hash, ..redemption("a", "u", 5) };
    assert_eq!(store.redeem(second).await.unwrap(), Redeemed::Refused, "the first redemption ends the offer");
    assert!(store.grant(hash("t"), later(6)).await.unwrap().is_some(), "another code revokes nothing");
    assert_eq!(store.open_offer(hash("link a"), code(98), later(6)).await.unwrap(), Opened::Ended);
}

async fn a_code_is_redeemed_once_and_its_reuse_revokes(store: impl IssuanceStore) {
    insert(&store, offer("a"), NOW).await.unwrap();
    assert_eq!(store.redeem(redemption("a", "t", 601)).await.unwrap(), Redeemed::Refused, "600 s are over");
    assert_eq!(store.redeem(redemption("x", "t", 1)).await.unwrap(), Redeemed::Refused, "unknown");
    let unexpected = Redemption { tx_code: Some(hash("1")), ..redemption("a", "t", 1) };
    assert_eq!(store.redeem(unexpected).await.unwrap(), Redeemed::TxCodeUnexpected);
    assert_eq!(store.redeem(redemption("a", "t", 1)).await.unwrap(), Redeemed::Token);
    assert!(store.grant(hash("t"), later(300)).await.unwrap().is_some());
    assert!(store.grant(hash("t"), later(301)).await.unwrap().is_none(), "300 s are over");
    assert_eq!(store.redeem(redemption("a", "u", 2)).await.unwrap(), Redeemed::Refused);
    assert!(store.grant(hash("t"), later(3)).await.unwrap().is_none(), "revoked");
    assert!(store.grant(hash("u"), later(3)).await.unwrap().is_none());
}

async fn a_tx_code_is_guessed_five_times_at_most(store: impl IssuanceStore) {
    let with_tx_code = |reference: &str| Offer { tx_code: Some(hash("right")), ..offer(reference) };
    let guess = |reference: &str, text: &str, token: &str| Redemption {
        tx_code: Some(hash(text)),
        ..redemption(reference, token, 1)
    };
    insert(&store, with_tx_code("a"), NOW).await.unwrap();
    assert_eq!(store.redeem(redemption("a", "t", 1)).await.unwrap(), Redeemed::TxCodeMissing);
    for _ in 1..MAX_TX_CODE_TRIES {
        assert_eq!(store.redeem(guess("a", "wrong", "t")).await.unwrap(), Redeemed::Refused);
    }
    assert_eq!(
        store.redeem(guess("a", "right", "t")).await.unwrap(),
        Redeemed::Token,
        "a guess does not burn"
    );

    insert(&store, with_tx_code("b"), NOW).await.unwrap();
    for _ in 0..MAX_TX_CODE_TRIES {
        assert_eq!(store.redeem(guess("b", "wrong", "t2")).await.unwrap(), Redeemed::Refused);
    }
    assert_eq!(store.redeem(guess("b", "right", "t2")).await.unwrap(), Redeemed::Refused, "for ever");
    assert!(matches!(
        store.open_offer(hash("link b"), Code { hash: hash("n"), until: later(9) }, later(1)).await.unwrap(),
        Opened::Ended
    ));
}

async fn t12_a_client_assertion_serves_once_and_a_second_time_touches_nothing(store: impl IssuanceStore) {
    let by_client = |redemption: Redemption, jti: &str, until: i64| Redemption {
        client_assertion: Some(AssertionUse { jti: hash(jti), until: later(until) }),
        ..redemption
    };
    insert(&store, offer("a"), NOW).await.unwrap();
    insert(&store, offer("b"), NOW).await.unwrap();
    let first = by_client(redemption("a", "t", 1), "one", 120);
    assert_eq!(store.redeem(first).await.unwrap(), Redeemed::Token);
    assert_eq!(
        store.redeem(by_client(redemption("b", "u", 2), "one", 120)).await.unwrap(),
        Redeemed::AssertionUsed
    );
    // Neither is the other code burnt, nor does the first one's token end, as it would when that code came again.
    assert_eq!(store.redeem(first).await.unwrap(), Redeemed::AssertionUsed);
    assert!(store.grant(hash("t"), later(3)).await.unwrap().is_some());
    assert!(store.grant(hash("u"), later(3)).await.unwrap().is_none());
    let again = by_client(redemption("b", "u", 3), "two", 120);
    assert_eq!(store.redeem(again).await.unwrap(), Redeemed::Token, "its twin");

    // Used, whatever came of the code: an unknown one, and a guess at a tx_code, which a replay does not count again.
    let unknown = by_client(redemption("x", "v", 4), "three", 120);
    assert_eq!(store.redeem(unknown).await.unwrap(), Redeemed::Refused);
    assert_eq!(store.redeem(unknown).await.unwrap(), Redeemed::AssertionUsed);
    insert(&store, Offer { tx_code: Some(hash("right")), ..offer("c") }, NOW).await.unwrap();
    let wrong = Redemption { tx_code: Some(hash("wrong")), ..redemption("c", "w", 5) };
    assert_eq!(store.redeem(by_client(wrong, "four", 120)).await.unwrap(), Redeemed::Refused);
    for _ in 0..MAX_TX_CODE_TRIES {
        assert_eq!(store.redeem(by_client(wrong, "four", 120)).await.unwrap(), Redeemed::AssertionUsed);
    }
    let right = Redemption { tx_code: Some(hash("right")), ..redemption("c", "w", 6) };
    assert_eq!(store.redeem(by_client(right, "five", 120)).await.unwrap(), Redeemed::Token);

    // Remembered until no clock admits it.
    insert(&store, offer("d"), NOW).await.unwrap();
    store.forget(later(419)).await.unwrap();
    let late = |jti| by_client(redemption("d", "z", 420), jti, 480);
    assert_eq!(store.redeem(late("one")).await.unwrap(), Redeemed::AssertionUsed);
    store.forget(later(421)).await.unwrap();
    assert_eq!(store.redeem(late("one")).await.unwrap(), Redeemed::Token);
}

/// One assertion, many codes, at once: one token.
async fn t12_one_use_of_an_assertion_wins(stores: Vec<Arc<impl IssuanceStore + 'static>>) {
    for number in 0..16 {
        insert(stores[0].as_ref(), offer(&format!("j{number}")), NOW).await.unwrap();
    }
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let store = Arc::clone(&stores[number % stores.len()]);
            let redemption = Redemption {
                client_assertion: Some(AssertionUse { jti: hash("jti"), until: later(120) }),
                ..redemption(&format!("j{number}"), &format!("j{number}"), 1)
            };
            tokio::spawn(async move { store.redeem(redemption).await.unwrap() })
        })
        .collect();
    let mut won = Vec::new();
    for task in tasks {
        won.push(task.await.unwrap());
    }
    assert_eq!(won.iter().filter(|redeemed| **redeemed == Redeemed::Token).count(), 1);
    assert_eq!(won.iter().filter(|redeemed| **redeemed == Redeemed::AssertionUsed).count(), 15);
}

async fn issuing_binds_one_key_and_one_place(store: impl IssuanceStore) {
    let first = delivered(&store, "a").await;
    assert_eq!(first, StatusEntry { list: 1, index: 7 });
    assert_eq!(place(store.issue(issuing("a", "n a", "key a", 3)).await.unwrap()), Err("nonce used"));
    assert_eq!(place(store.issue(issuing("a", "n2", "key a", 3)).await.unwrap()), Ok(first), "lost answer");
    assert_eq!(place(store.issue(issuing("a", "n3", "key x", 3)).await.unwrap()), Err("other key"));
    assert_eq!(place(store.issue(issuing("a", "n3", "key a", 3)).await.unwrap()), Err("nonce used"));
    assert_eq!(place(store.issue(issuing("a", "n4", "key a", 301)).await.unwrap()), Err("token gone"));
    // A place is never given twice, and a full list is followed by another.
    assert_eq!(delivered(&store, "b").await, StatusEntry { list: 1, index: 8 });
    assert_eq!(delivered(&store, "c").await, StatusEntry { list: 2, index: 7 });
    insert(&store, offer("d"), NOW).await.unwrap();
    store.redeem(redemption("d", "d", 1)).await.unwrap();
    let one_place = Issuing { indices: vec![7], ..issuing("d", "n d", "key d", 2) };
    assert_eq!(place(store.issue(one_place).await.unwrap()), Err("no place"));
    assert_eq!(
        place(store.issue(issuing("d", "n d2", "key d", 2)).await.unwrap()),
        Ok(StatusEntry { list: 2, index: 8 })
    );
}

async fn revoked_is_for_ever(store: impl IssuanceStore) {
    use StatusChange::{Reinstate, Revoke, Suspend};
    let place = delivered(&store, "a").await;
    insert(&store, offer("b"), NOW).await.unwrap();
    let change = async |reference: &str, change| {
        store.change_status(Reference::new(reference), change, later(5)).await.unwrap()
    };
    assert_eq!(change("x", Revoke).await, Changed::Absent);
    assert_eq!(change("b", Suspend).await, Changed::NotIssued);
    assert_eq!(change("a", Reinstate).await, Changed::Unchanged(Status::Valid));
    assert_eq!(store.list_version(1).await.unwrap(), Some(1));
    assert_eq!(change("a", Suspend).await, Changed::Done(Status::Suspended));
    let listed = async || store.list(1).await.unwrap().unwrap();
    assert_eq!(listed().await.entries, [(place.index, Status::Suspended)]);
    assert_eq!(change("a", Reinstate).await, Changed::Done(Status::Valid));
    assert!(listed().await.entries.is_empty());
    assert_eq!(change("a", Revoke).await, Changed::Done(Status::Revoked));
    assert_eq!(change("a", Revoke).await, Changed::Unchanged(Status::Revoked));
    for not_any_more in [Suspend, Reinstate] {
        assert_eq!(change("a", not_any_more).await, Changed::RevokedForEver);
    }
    assert_eq!(listed().await.entries, [(place.index, Status::Revoked)]);
    assert_eq!(listed().await.version, 4);
    assert_eq!(store.list(2).await.unwrap(), None);
    // An offer that was not collected is withdrawn, and its record is not offered again.
    assert_eq!(change("b", Revoke).await, Changed::Withdrawn);
    assert_eq!(change("b", Reinstate).await, Changed::RevokedForEver);
    assert_eq!(store.redeem(redemption("b", "t", 6)).await.unwrap(), Redeemed::Refused);
    assert!(matches!(insert(&store, offer("b"), later(99_000)).await.unwrap(), Inserted::Existing { .. }));
}

async fn what_is_told_refuses_nothing_and_stands_beside_the_status(store: impl IssuanceStore) {
    let place = delivered(&store, "a").await;
    insert(&store, offer("b"), NOW).await.unwrap();
    let tell =
        async |reference: &str, change| store.change_notice(Reference::new(reference), change).await.unwrap();
    assert_eq!(tell("x", NoticeChange::Refresh(true)).await, Told::Nobody);
    assert_eq!(tell("b", NoticeChange::Message(1)).await, Told::NotIssued);
    let listed = async || store.list(1).await.unwrap().unwrap();
    assert_eq!(tell("a", NoticeChange::Message(0)).await, Told::Done(Notices::default()));
    assert_eq!((listed().await.version, listed().await.notices), (1, vec![]));
    let told = Notices { refresh: false, message: 255 };
    assert_eq!(tell("a", NoticeChange::Message(255)).await, Told::Done(told));
    let told = Notices { refresh: true, ..told };
    assert_eq!(tell("a", NoticeChange::Refresh(true)).await, Told::Done(told));
    assert_eq!(tell("a", NoticeChange::Refresh(true)).await, Told::Done(told));
    let list = listed().await;
    assert_eq!((list.version, list.entries, list.notices), (3, vec![], vec![(place.index, told)]));
    // Of a revoked one, too: it stays revoked.
    store.change_status(Reference::new("a"), StatusChange::Revoke, later(5)).await.unwrap();
    let told = Notices { refresh: false, ..told };
    assert_eq!(tell("a", NoticeChange::Refresh(false)).await, Told::Done(told));
    assert_eq!(listed().await.entries, [(place.index, Status::Revoked)]);
    assert_eq!(listed().await.notices, [(place.index, told)]);
}

async fn a_published_list_never_goes_back(store: impl IssuanceStore) {
    delivered(&store, "a").await;
    let list = |version, at| PublishedList {
        version,
        issued_at: later(at),
        valid_until: later(at + 100),
        jwt: format!("{version} {at}"),
    };
    let publish = async |list: PublishedList| store.publish(1, ListKind::Token, list).await.unwrap();
    assert_eq!(store.published(1, ListKind::Token).await.unwrap(), None);
    assert_eq!(publish(list(1, 1)).await, list(1, 1));
    assert_eq!(publish(list(2, 2)).await, list(2, 2));
    assert_eq!(publish(list(1, 3)).await, list(2, 2));
    assert_eq!(publish(list(3, 1)).await, list(2, 2));
    assert_eq!(publish(list(2, 3)).await, list(2, 3));
    assert_eq!(store.published(1, ListKind::Token).await.unwrap(), Some(list(2, 3)));
    assert_eq!(store.published(1, ListKind::Revocation).await.unwrap(), None);
}

async fn what_is_over_is_forgotten(store: impl IssuanceStore) {
    let first = delivered(&store, "a").await;
    insert(&store, offer("b"), NOW).await.unwrap();
    assert_eq!(store.forget(later(300)).await.unwrap(), Forgotten::default());
    let forgotten = store.forget(later(301)).await.unwrap();
    assert_eq!((forgotten.delivered, forgotten.undelivered), (1, 0));
    assert!(matches!(insert(&store, offer("a"), later(302)).await.unwrap(), Inserted::Existing { .. }));
    // The uncollected offer: a day after its end. The nonce and the code: with time.
    let forgotten = store.forget(later(10_000 + 86_400)).await.unwrap();
    assert_eq!((forgotten.delivered, forgotten.undelivered), (0, 1));
    assert_eq!(insert(&store, offer("b"), later(100_000)).await.unwrap(), Inserted::New);
    // The status stays.
    let changed =
        store.change_status(Reference::new("a"), StatusChange::Revoke, later(200_000)).await.unwrap();
    assert_eq!(changed, Changed::Done(Status::Revoked));
    assert_eq!(store.list(1).await.unwrap().unwrap().entries, [(first.index, Status::Revoked)]);
}

/// One code, many redeemers at once: one token.
async fn one_of_many_wins<S: IssuanceStore + 'static>(stores: Vec<Arc<S>>) {
    for round in 0..20 {
        let reference = format!("r{round}");
        insert(stores[0].as_ref(), offer(&reference), NOW).await.unwrap();
        let tasks: Vec<_> = (0..16)
            .map(|number| {
                let store = Arc::clone(&stores[number % stores.len()]);
                let redemption = redemption(&reference, &format!("t{round} {number}"), 1);
                tokio::spawn(async move { store.redeem(redemption).await.unwrap() })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            won += usize::from(task.await.unwrap() == Redeemed::Token);
        }
        assert_eq!(won, 1, "round {round}");
    }
}

/// One token, many keys at once: one credential. Many tokens at once, few places: no place twice.
async fn one_key_and_one_place_win<S: IssuanceStore + 'static>(stores: Vec<Arc<S>>) {
    insert(stores[0].as_ref(), offer("shared"), NOW).await.unwrap();
    assert_eq!(stores[0].redeem(redemption("shared", "shared", 1)).await.unwrap(), Redeemed::Token);
    let issue = |number: usize, token: String, holder: String| {
        let store = Arc::clone(&stores[number % stores.len()]);
        let issuing = Issuing {
            indices: (0..40).collect(),
            list_capacity: 1_000,
            ..issuing(&token, &format!("{token} {number}"), &holder, 2)
        };
        tokio::spawn(async move { place(store.issue(issuing).await.unwrap()) })
    };
    let tasks: Vec<_> =
        (0..16).map(|number| issue(number, "shared".to_owned(), format!("key {number}"))).collect();
    let mut won = Vec::new();
    for task in tasks {
        won.extend(task.await.unwrap());
    }
    assert_eq!(won.len(), 1, "one key");

    for number in 0..32 {
        let reference = format!("p{number}");
        insert(stores[0].as_ref(), offer(&reference), NOW).await.unwrap();
        stores[0].redeem(redemption(&reference, &reference, 1)).await.unwrap();
    }
    let tasks: Vec<_> =
        (0..32).map(|number| issue(number, format!("p{number}"), format!("key {number}"))).collect();
    for task in tasks {
        won.push(task.await.unwrap().unwrap());
    }
    let count = won.len();
    won.sort_unstable();
    won.dedup();
    assert_eq!((won.len(), count), (33, 33), "no place twice");
}

macro_rules! on_every_back_end {
    ($($test:ident,)*) => {
        mod memory {
            use super::*;
            $(#[tokio::test] async fn $test() { super::$test(MemoryIssuances::new()).await; })*

            #[tokio::test(flavor = "multi_thread")]
            async fn one_of_many_wins() {
                super::one_of_many_wins(vec![Arc::new(MemoryIssuances::new())]).await;
                super::one_key_and_one_place_win(vec![Arc::new(MemoryIssuances::new())]).await;
                super::t12_one_use_of_an_assertion_wins(vec![Arc::new(MemoryIssuances::new())]).await;
            }
        }

        mod sqlite {
            use super::*;
            $(#[tokio::test] async fn $test() {
                let folder = tempfile::tempdir().unwrap();
                super::$test(SqliteIssuances::create(&folder.path().join("issuer.sqlite")).unwrap()).await;
            })*

            /// Two connections, as two processes have.
            #[tokio::test(flavor = "multi_thread")]
            async fn one_of_many_wins() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("issuer.sqlite");
                let one = SqliteIssuances::create(&path).unwrap();
                let other = SqliteIssuances::open(&path).unwrap();
                let stores = vec![Arc::new(one), Arc::new(other)];
                super::one_of_many_wins(stores.clone()).await;
                super::one_key_and_one_place_win(stores.clone()).await;
                super::t12_one_use_of_an_assertion_wins(stores).await;
            }
        }
    };
}

on_every_back_end! {
    an_offer_is_written_once,
    an_offer_that_waits_is_replaced_when_asked,
    an_offer_by_reference_gives_a_bounded_number_of_codes,
    a_code_is_redeemed_once_and_its_reuse_revokes,
    a_tx_code_is_guessed_five_times_at_most,
    t12_a_client_assertion_serves_once_and_a_second_time_touches_nothing,
    issuing_binds_one_key_and_one_place,
    revoked_is_for_ever,
    what_is_told_refuses_nothing_and_stands_beside_the_status,
    a_published_list_never_goes_back,
    what_is_over_is_forgotten,
}
