use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use portage_clock::Clock;
use portage_keys::{base64url, digest::sha256};
use portage_strict_json::{Limits, parse};
use portage_verification::{FetchedList, LEEWAY, Unavailable};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;

/// Bytes of all lists kept at once; one list has at most 8 MiB.
const KEPT_BYTES: usize = 64 << 20;
/// What a kept list costs beside its bytes.
const KEPT_OVERHEAD: usize = 256;
/// Addresses of which something is remembered.
const ADDRESSES: usize = 4_096;
/// After a failure nobody is asked again for this long: no storm when a list comes back.
const RETRY: SignedDuration = SignedDuration::from_secs(5);

/// Status lists by address. A list is asked for at most once an interval, by one request at a time, and one that was issued before
/// the one already seen is not used, even when that one is no longer kept.
pub(crate) struct ListCache {
    interval: SignedDuration,
    places: StdMutex<HashMap<Address, Arc<Mutex<Place>>>>,
    kept: StdMutex<KeptLists>,
}

/// SHA-256 of a URL, however long that is.
type Address = [u8; 32];

/// What is remembered of an address.
#[derive(Default)]
struct Place {
    /// When the newest list seen there was issued.
    issued_at: Option<Timestamp>,
    failed: Option<(Timestamp, Unavailable)>,
}

/// The lists themselves: those fetched last, as far as there is room.
#[derive(Default)]
struct KeptLists(HashMap<Address, KeptList>);

#[derive(Clone)]
struct KeptList {
    bytes: Arc<[u8]>,
    fetched_at: Timestamp,
}

impl ListCache {
    pub(crate) fn new(interval: SignedDuration) -> Self {
        ListCache { interval, places: StdMutex::default(), kept: StdMutex::default() }
    }

    /// The list at `url`: fetched with `ask` when its turn has come, else, and when fetching fails, the one seen before, if it is not older
    /// than `max_age`.
    pub(crate) async fn list<F>(
        &self,
        url: &Url,
        max_age: SignedDuration,
        clock: &Clock,
        ask: impl FnOnce() -> F,
    ) -> Result<FetchedList, Unavailable>
    where
        F: Future<Output = Result<Vec<u8>, Unavailable>>,
    {
        let address = sha256(url.as_str().as_bytes());
        let place = self.place(address);
        // Whoever comes second waits here and finds the list that the first one brought.
        let mut place = place.lock().await;
        let mut list = self.kept().0.get(&address).cloned();
        let now = clock.now();
        let serves = |list: &KeptList| is_within(now, list.fetched_at, max_age.min(self.interval));
        if !list.as_ref().is_some_and(serves) && !place.rests(now, self.interval) {
            match ask().await {
                Ok(bytes) => {
                    if let Some(new) = place.take(bytes, clock.now()) {
                        self.kept().keep(address, new.clone());
                        list = Some(new);
                    }
                }
                Err(unavailable) => place.failed = Some((clock.now(), unavailable)),
            }
        }
        place.answer(list, clock.now(), max_age)
    }

    fn place(&self, address: Address) -> Arc<Mutex<Place>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= ADDRESSES && !places.contains_key(&address) {
            // Only those that nobody is waiting for.
            places.retain(|_, place| Arc::strong_count(place) > 1);
        }
        places.entry(address).or_default().clone()
    }

    fn kept(&self) -> MutexGuard<'_, KeptLists> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeptLists {
    /// Keeps a list in the place of those that were fetched longest ago.
    fn keep(&mut self, address: Address, list: KeptList) {
        self.0.remove(&address);
        while self.cost() + list.cost() > KEPT_BYTES {
            let oldest = self.0.iter().min_by_key(|(_, list)| list.fetched_at).map(|(address, _)| *address);
            if oldest.and_then(|oldest| self.0.remove(&oldest)).is_none() {
                break;
            }
        }
        self.0.insert(address, list);
    }

    fn cost(&self) -> usize {
        self.0.values().map(KeptList::cost).sum()
    }
}

impl KeptList {
    fn cost(&self) -> usize {
        self.bytes.len() + KEPT_OVERHEAD
    }
}

impl Place {
    /// Whether it failed so shortly ago that nobody is asked.
    fn rests(&self, now: Timestamp, interval: SignedDuration) -> bool {
        self.failed.is_some_and(|(at, _)| is_within(now, at, RETRY.min(interval)))
    }

    /// Takes a list that was just fetched, unless it is older than the one seen before.
    fn take(&mut self, bytes: Vec<u8>, now: Timestamp) -> Option<KeptList> {
        // A date ahead of our clock is nobody's to claim: it would lock out every list to come.
        let issued_at = issued_at(&bytes).filter(|at| now.duration_since(*at) >= -LEEWAY);
        if self.issued_at.is_some() && issued_at < self.issued_at {
            tracing::warn!("a status list older than the one seen before was not used");
            self.failed = Some((now, Unavailable::Unreachable));
            return None;
        }
        *self = Place { issued_at, failed: None };
        Some(KeptList { bytes: bytes.into(), fetched_at: now })
    }

    fn answer(
        &self,
        list: Option<KeptList>,
        now: Timestamp,
        max_age: SignedDuration,
    ) -> Result<FetchedList, Unavailable> {
        let failure = self.failed.map_or(Unavailable::Unreachable, |(_, unavailable)| unavailable);
        let list = list.ok_or(failure)?;
        let age = now.duration_since(list.fetched_at);
        // One fetched for this very question is as fresh as can be had, whatever was asked for. How old one from before the clock went back
        // is, nobody knows.
        if !age.is_negative() && (age <= max_age || self.failed.is_none()) {
            Ok(FetchedList { bytes: list.bytes.to_vec(), age })
        } else {
            Err(failure)
        }
    }
}

/// Whether `now` is less than `span` after `at`; a clock that went back is not within anything.
fn is_within(now: Timestamp, at: Timestamp, span: SignedDuration) -> bool {
    let age = now.duration_since(at);
    !age.is_negative() && age < span
}

/// When a list says it was issued, read without any check: `iat` or `validFrom` of a JWT's payload, `validFrom` of a credential.
fn issued_at(bytes: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let object = if text.starts_with('{') { object(text.as_bytes())? } else { payload(text)? };
    let date = object.get("validFrom").and_then(Value::as_str).and_then(|date| date.parse().ok());
    let seconds = object.get("iat").and_then(Value::as_i64);
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).or(date)
}

fn payload(compact: &str) -> Option<Map<String, Value>> {
    object(&base64url::decode(compact.split('.').nth(1)?).ok()?)
}

fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match parse(bytes, Limits { max_bytes: 8 << 20, max_depth: 32 }) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_768_478_400 + second).unwrap()
    }

    fn url(number: i64) -> Url {
        format!("https://city.example/{number}").parse().unwrap()
    }

    /// A list of 8 MiB, less the room that the cache counts for each.
    fn list(issued: i64) -> Vec<u8> {
        let payload = base64url::encode(format!(r#"{{"iat":{}}}"#, at(issued).as_second()).as_bytes());
        let mut text = format!("e30.{payload}.");
        text.push_str(&"A".repeat((8 << 20) - KEPT_OVERHEAD - text.len()));
        text.into_bytes()
    }

    /// Asks at a second, with a list to be had or none; whether it was asked for, and what came.
    async fn ask(
        cache: &ListCache,
        number: i64,
        second: i64,
        answer: Option<Vec<u8>>,
    ) -> (bool, Result<FetchedList, Unavailable>) {
        let mut asked = false;
        let clock = Clock::from_fn(move || at(second));
        let result = cache
            .list(&url(number), SignedDuration::from_secs(3_600), &clock, || {
                asked = true;
                async { answer.ok_or(Unavailable::Unreachable) }
            })
            .await;
        (asked, result)
    }

    #[tokio::test]
    async fn lists_give_way_by_their_bytes_and_their_dates_stay_known() {
        let cache = ListCache::new(SignedDuration::from_secs(3_600));
        for number in 0..8 {
            assert!(ask(&cache, number, number, Some(list(0))).await.1.is_ok());
        }
        assert_eq!(cache.kept().cost(), KEPT_BYTES);
        assert!(matches!(ask(&cache, 0, 8, None).await, (false, Ok(_))));
        assert!(ask(&cache, 8, 9, Some(list(0))).await.1.is_ok());
        assert_eq!(cache.kept().cost(), KEPT_BYTES);
        // The one fetched longest ago went. One issued before it does not come in its place, the same does.
        let older = ask(&cache, 0, 10, Some(list(-1))).await;
        assert_eq!((older.0, older.1.err()), (true, Some(Unavailable::Unreachable)));
        assert!(matches!(ask(&cache, 0, 20, Some(list(0))).await, (true, Ok(_))));
        assert!(matches!(ask(&cache, 8, 20, None).await, (false, Ok(_))));
    }

    #[tokio::test]
    async fn f16_the_age_of_a_list_is_unknown_once_the_clock_went_back() {
        let cache = ListCache::new(SignedDuration::from_secs(60));
        assert!(ask(&cache, 0, 0, Some(list(-10))).await.1.is_ok());
        assert_eq!(ask(&cache, 0, 100, None).await.1.unwrap().age, SignedDuration::from_secs(100));
        let back = ask(&cache, 0, -1, None).await;
        assert_eq!((back.0, back.1.err()), (true, Some(Unavailable::Unreachable)));
        assert_eq!(ask(&cache, 0, -10, Some(list(-10))).await.1.unwrap().age, SignedDuration::ZERO);
    }
}
