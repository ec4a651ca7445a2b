use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use portage_clock::Clock;
use portage_keys::base64url;
use portage_strict_json::{Limits, parse};
use portage_verification::{FetchedList, LEEWAY, Unavailable};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;

/// Lists kept at once.
const LISTS: usize = 256;
/// After a failure nobody is asked again for this long: no storm when a list comes back.
const RETRY: SignedDuration = SignedDuration::from_secs(5);

/// Status lists by address. A list is asked for at most once an interval, by one request at a time, and one that was issued before
/// the one already seen is not used.
pub(crate) struct ListCache {
    interval: SignedDuration,
    slots: StdMutex<HashMap<Url, Arc<Mutex<Slot>>>>,
}

#[derive(Default)]
struct Slot {
    list: Option<CachedList>,
    failed: Option<(Timestamp, Unavailable)>,
}

struct CachedList {
    bytes: Vec<u8>,
    fetched_at: Timestamp,
    issued_at: Option<Timestamp>,
}

impl ListCache {
    pub(crate) fn new(interval: SignedDuration) -> Self {
        ListCache { interval, slots: StdMutex::default() }
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
        let slot = self.slot(url);
        // Whoever comes second waits here and finds the list that the first one brought.
        let mut slot = slot.lock().await;
        if slot.is_due(clock.now(), max_age, self.interval) {
            match ask().await {
                Ok(bytes) => slot.take(bytes, clock.now()),
                Err(unavailable) => slot.failed = Some((clock.now(), unavailable)),
            }
        }
        slot.answer(clock.now(), max_age)
    }

    fn slot(&self, url: &Url) -> Arc<Mutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= LISTS && !slots.contains_key(url) {
            // Only those that nobody is waiting for.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry(url.clone()).or_default().clone()
    }
}

impl Slot {
    fn is_due(&self, now: Timestamp, max_age: SignedDuration, interval: SignedDuration) -> bool {
        if self.failed.is_some_and(|(at, _)| is_within(now, at, RETRY.min(interval))) {
            return false;
        }
        self.list.as_ref().is_none_or(|list| !is_within(now, list.fetched_at, max_age.min(interval)))
    }

    /// Takes a list that was just fetched, unless it is older than the one seen before.
    fn take(&mut self, bytes: Vec<u8>, now: Timestamp) {
        // A date ahead of our clock is nobody's to claim: it would lock out every list to come.
        let issued_at = issued_at(&bytes).filter(|at| now.duration_since(*at) >= -LEEWAY);
        let seen = self.list.as_ref().and_then(|list| list.issued_at);
        if seen.is_some() && issued_at < seen {
            tracing::warn!("a status list older than the one seen before was not used");
            self.failed = Some((now, Unavailable::Unreachable));
            return;
        }
        self.failed = None;
        self.list = Some(CachedList { bytes, fetched_at: now, issued_at });
    }

    fn answer(&self, now: Timestamp, max_age: SignedDuration) -> Result<FetchedList, Unavailable> {
        let failure = self.failed.map_or(Unavailable::Unreachable, |(_, unavailable)| unavailable);
        let list = self.list.as_ref().ok_or(failure)?;
        let age = now.duration_since(list.fetched_at).max(SignedDuration::ZERO);
        // One fetched for this very question is as fresh as can be had, whatever was asked for.
        if age <= max_age || self.failed.is_none() {
            Ok(FetchedList { bytes: list.bytes.clone(), age })
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
