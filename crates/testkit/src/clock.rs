use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;
use portage_clock::Clock;

/// A clock that stands still until it is moved. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct SteppedClock(Arc<AtomicI64>);

impl SteppedClock {
    /// Stands at this instant.
    pub fn at(instant: Timestamp) -> Self {
        SteppedClock(Arc::new(AtomicI64::new(instant.as_second())))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("an instant")
    }

    /// Moves on.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// For a program.
    pub fn clock(&self) -> Clock {
        let same = self.clone();
        Clock::from_fn(move || same.now())
    }
}
