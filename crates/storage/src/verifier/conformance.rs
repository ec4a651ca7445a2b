//! What every store of sessions must do. One suite, every back end.

use std::collections::BTreeSet;

use jiff::Timestamp;
use portage_catalog::PurposeId;
use portage_reason::Reason;
use portage_verifier::{
    AskedBy, Claim, Decided, Device, KeyedHash, Received, Requested, Session, Verdict,
    ports::{
        BrokenCheckpoint, ClaimOutcome, DecideOutcome, Event, FetchOutcome, RememberedLog, SessionNames,
        SessionStore, Swept,
    },
};
use serde_json::json;

use super::{MemorySessions, SqliteSessions};

const DAY: i64 = 24 * 3600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn hash(number: u8) -> KeyedHash {
    KeyedHash::from_bytes([number; 32])
}

fn names(number: u8) -> SessionNames {
    SessionNames { transaction: hash(number), request: hash(number + 1), state: hash(number + 2) }
}

fn requested(device: Device) -> Requested {
    Requested::new(PurposeId("market-vendor-permit".into()), device, at(0))
}

fn claim(name: &str) -> Claim {
    Claim(name.to_owned())
}

fn verdict() -> Verdict {
    let stored = json!({
        "decision": "accepted", "reasons": [], "evidence": { "session_bound": false },
        "claims": { "person": { "age_over_19": true, "height": 1.75, "big": 9_007_199_254_740_991_u64 } },
    });
    Verdict::restored(stored).unwrap()
}

fn event(now: i64) -> Event {
    Event {
        at: at(now),
        purpose: PurposeId("market-vendor-permit".into()),
        decision: "rejected".into(),
        reasons: vec![Reason::Revoked, Reason::Expired],
        asked_by: None,
    }
}

async fn won(store: &impl SessionStore, state: KeyedHash, name: &str, now: i64) -> Received {
    match store.claim(state, claim(name), at(now)).await.unwrap() {
        ClaimOutcome::Won(received) => received,
        other => panic!("the claim was not won: {other:?}"),
    }
}

/// A session that is decided at `now`.
async fn decided(store: &impl SessionStore, number: u8, code: Option<KeyedHash>, now: i64) -> Decided {
    let device = if code.is_some() { Device::Same } else { Device::Cross };
    store.insert_new(names(number), requested(device)).await.unwrap();
    let received = won(store, names(number).state, "winner", now).await;
    let decided = received.decide(verdict(), code, 0, at(now));
    let written = store.decide(claim("winner"), decided.clone(), event(now)).await;
    assert_eq!(written, Ok(DecideOutcome::Written));
    decided
}

async fn a_session_is_found_by_its_names_and_reads_back(store: &impl SessionStore) {
    store.insert_new(names(1), requested(Device::Same)).await.unwrap();
    let session = Some(Session::Requested(requested(Device::Same)));
    assert_eq!(store.by_transaction(hash(1)).await.unwrap(), session);
    assert_eq!(store.by_request(hash(2)).await.unwrap(), session);
    assert_eq!(store.by_transaction(hash(2)).await.unwrap(), None);
    assert_eq!(store.by_request(hash(3)).await.unwrap(), None);
}

async fn one_claim_wins_and_the_others_learn_what_is_there(store: &impl SessionStore) {
    store.insert_new(names(1), requested(Device::Cross)).await.unwrap();
    let received = won(store, hash(3), "first", 10).await;
    assert_eq!(received, requested(Device::Cross).receive(claim("first"), at(10)));
    let second = store.claim(hash(3), claim("second"), at(10)).await.unwrap();
    assert_eq!(second, ClaimOutcome::Lost(Session::Received(received.clone())));
    assert_eq!(store.by_transaction(hash(1)).await.unwrap(), Some(Session::Received(received)));
    assert_eq!(store.claim(hash(9), claim("third"), at(10)).await.unwrap(), ClaimOutcome::Absent);
}

async fn a_session_that_is_over_is_not_claimed(store: &impl SessionStore) {
    store.insert_new(names(1), requested(Device::Cross)).await.unwrap();
    let late = store.claim(hash(3), claim("late"), at(300)).await.unwrap();
    assert_eq!(late, ClaimOutcome::Lost(Session::Expired(requested(Device::Cross).expire())));
    won(store, hash(3), "in time", 299).await;
}

async fn a_verdict_is_written_once_by_its_claim_and_in_time(store: &impl SessionStore) {
    store.insert_new(names(1), requested(Device::Cross)).await.unwrap();
    let received = won(store, hash(3), "winner", 10).await;
    let decided = |now| received.clone().decide(verdict(), None, 0, at(now));
    let too_late = Ok(DecideOutcome::TooLate);
    assert_eq!(store.decide(claim("other"), decided(11), event(11)).await, too_late);
    assert_eq!(store.decide(claim("winner"), decided(70), event(70)).await, too_late);
    assert_eq!(store.events().await.unwrap(), []);
    assert_eq!(store.decide(claim("winner"), decided(12), event(12)).await, Ok(DecideOutcome::Written));
    assert_eq!(store.decide(claim("winner"), decided(13), event(13)).await, too_late);
    assert_eq!(store.by_transaction(hash(1)).await.unwrap(), Some(Session::Decided(decided(12))));
    assert_eq!(store.events().await.unwrap(), [event(12)]);
    let replay = store.claim(hash(3), claim("replay"), at(14)).await.unwrap();
    assert_eq!(replay, ClaimOutcome::Lost(Session::Decided(decided(12))));
}

async fn what_somebody_asked_at_a_counter_is_found_by_their_name(store: &impl SessionStore) {
    let zoe = || Some(AskedBy("zoé".to_owned()));
    store.insert_new(names(1), requested(Device::Cross).asked_by(zoe())).await.unwrap();
    assert_eq!(
        store.by_transaction(hash(1)).await.unwrap(),
        Some(Session::Requested(requested(Device::Cross).asked_by(zoe())))
    );
    let received = won(store, hash(3), "winner", 10).await;
    assert_eq!(received.asked_by, zoe());
    let of_zoe = Event { asked_by: received.asked_by.clone(), ..event(12) };
    store.decide(claim("winner"), received.decide(verdict(), None, 0, at(12)), of_zoe.clone()).await.unwrap();
    decided(store, 11, None, 13).await;
    let events =
        async |name: &str, since| store.events_asked_by(AskedBy(name.to_owned()), at(since)).await.unwrap();
    assert_eq!(events("zoé", 12).await, std::slice::from_ref(&of_zoe));
    assert_eq!(events("zoé", 13).await, []);
    assert_eq!(events("ali", 0).await, []);
    assert_eq!(store.events().await.unwrap(), [of_zoe, event(13)]);
}

async fn a_response_code_is_good_once_and_finds_its_session(store: &impl SessionStore) {
    let expected = decided(store, 1, Some(hash(50)), 10).await;
    assert_eq!(store.by_response_code(hash(50)).await.unwrap(), Some(expected));
    assert_eq!(store.by_response_code(hash(51)).await.unwrap(), None);
    let fetch = async |code, now| store.note_fetched(hash(1), code, at(now + 600), at(now)).await.unwrap();
    assert_eq!(fetch(None, 20).await, FetchOutcome::NotFirst);
    assert_eq!(fetch(Some(hash(51)), 20).await, FetchOutcome::NotFirst);
    assert_eq!(fetch(Some(hash(50)), 20).await, FetchOutcome::First);
    assert_eq!(fetch(Some(hash(50)), 21).await, FetchOutcome::NotFirst);
    let kept = store.by_response_code(hash(50)).await.unwrap().unwrap();
    assert_eq!(kept.delete_at, at(620));
}

async fn a_session_without_a_code_is_fetched_without_one(store: &impl SessionStore) {
    decided(store, 1, None, 10).await;
    let fetch = async |code| store.note_fetched(hash(1), code, at(600), at(20)).await.unwrap();
    assert_eq!(fetch(Some(hash(50))).await, FetchOutcome::NotFirst);
    assert_eq!(fetch(None).await, FetchOutcome::First);
    assert_eq!(fetch(None).await, FetchOutcome::NotFirst);
}

async fn a_sweep_ends_what_is_over_and_deletes_what_is_due(store: &impl SessionStore) {
    store.insert_new(names(1), requested(Device::Cross)).await.unwrap();
    store.insert_new(names(11), requested(Device::Cross)).await.unwrap();
    won(store, hash(13), "crashed", 10).await;
    decided(store, 21, None, 20).await;
    let nothing = store.sweep(at(69), at(0)).await.unwrap();
    assert_eq!(nothing, Swept::default());
    assert_eq!(store.sweep(at(70), at(0)).await.unwrap(), Swept { expired: 1, ..Swept::default() });
    assert_eq!(store.sweep(at(300), at(0)).await.unwrap(), Swept { expired: 1, ..Swept::default() });
    let received = requested(Device::Cross).receive(claim("crashed"), at(10));
    assert_eq!(store.by_transaction(hash(11)).await.unwrap(), Some(Session::Expired(received.expire())));
    let expired = requested(Device::Cross).expire();
    assert_eq!(store.by_transaction(hash(1)).await.unwrap(), Some(Session::Expired(expired)));
    let swept = store.sweep(at(DAY + 20), at(20)).await.unwrap();
    assert_eq!(swept, Swept { expired: 0, deleted: 1, events: 0 });
    let swept = store.sweep(at(DAY + 300), at(21)).await.unwrap();
    assert_eq!(swept, Swept { expired: 0, deleted: 2, events: 1 });
    assert_eq!(store.by_transaction(hash(21)).await.unwrap(), None);
    assert_eq!(store.events().await.unwrap(), []);
}

macro_rules! suite {
    ($back_end:ident, $new:expr, [$($case:ident),* $(,)?]) => {
        mod $back_end {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(&$new).await;
                }
            )*
        }
    };
}

async fn of_a_log_the_later_look_is_kept(store: &impl SessionStore) {
    assert_eq!(store.logs().await, Ok(Vec::new()));
    let log = |checkpoint: &str, seconds| RememberedLog {
        vkey: "bc.example/log+1+k".to_owned(),
        checkpoint: checkpoint.to_owned(),
        as_of: at(seconds),
        broken: BTreeSet::new(),
    };
    store.keep_logs(vec![log("first", 10)]).await.unwrap();
    store.keep_logs(vec![log("later", 20)]).await.unwrap();
    store.keep_logs(vec![log("of a slower process", 15)]).await.unwrap();
    assert_eq!(store.logs().await, Ok(vec![log("later", 20)]));

    // Whoever saw it break, it stays broken.
    let fork = BrokenCheckpoint { size: 3, root: "cm9vdA".to_owned() };
    let broken = BTreeSet::from([fork]);
    store.keep_logs(vec![RememberedLog { broken: broken.clone(), ..log("slower", 15) }]).await.unwrap();
    let seen = RememberedLog { broken, ..log("later", 20) };
    assert_eq!(store.logs().await, Ok(vec![seen.clone()]));
    store.keep_logs(vec![log("later still", 30)]).await.unwrap();
    let kept = RememberedLog { checkpoint: "later still".to_owned(), as_of: at(30), ..seen };
    assert_eq!(store.logs().await, Ok(vec![kept]));
}

macro_rules! every_case {
    ($back_end:ident, $new:expr) => {
        suite!(
            $back_end,
            $new,
            [
                a_session_is_found_by_its_names_and_reads_back,
                one_claim_wins_and_the_others_learn_what_is_there,
                a_session_that_is_over_is_not_claimed,
                a_verdict_is_written_once_by_its_claim_and_in_time,
                what_somebody_asked_at_a_counter_is_found_by_their_name,
                a_response_code_is_good_once_and_finds_its_session,
                a_session_without_a_code_is_fetched_without_one,
                a_sweep_ends_what_is_over_and_deletes_what_is_due,
                of_a_log_the_later_look_is_kept,
            ]
        );
    };
}

every_case!(memory, super::MemorySessions::new());
every_case!(sqlite, super::SqliteSessions::in_memory());
