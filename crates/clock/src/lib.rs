//! The one clock of a program.
//!
//! Everything below the programs takes time as an argument. A program makes one [`Clock`] when it starts and hands
//! its readings down. `PORTAGE_CLOCK` starts it at another instant, for rehearsals and tests: whoever sets a
//! program's environment can already do worse, and the program says on standard error that it is set.

use std::{sync::Arc, time::Instant};

use jiff::{SignedDuration, Timestamp};

/// Tells the time. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

/// `PORTAGE_CLOCK` is not an instant like `2025-10-01T12:00:00Z`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("PORTAGE_CLOCK must be an instant like 2025-10-01T12:00:00Z")]
pub struct ClockError;

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
        Clock(Arc::new(Timestamp::now))
    }

    /// A clock of the caller's making: a test's.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Clock(Arc::new(now))
    }

    /// Starts at `instant` now and runs on.
    pub fn starting_at(instant: Timestamp) -> Self {
        let started = Instant::now();
        Clock::from_fn(move || {
            SignedDuration::try_from(started.elapsed())
                .ok()
                .and_then(|elapsed| instant.checked_add(elapsed).ok())
                .unwrap_or(Timestamp::MAX)
        })
    }

    /// The machine's clock, or the one that `PORTAGE_CLOCK` starts; whether it was set.
    ///
    /// # Errors
    /// [`ClockError`].
    pub fn from_environment() -> Result<(Self, bool), ClockError> {
        match std::env::var_os("PORTAGE_CLOCK") {
            None => Ok((Clock::system(), false)),
            Some(text) => {
                let instant = text.to_str().and_then(|text| text.parse().ok()).ok_or(ClockError)?;
                Ok((Clock::starting_at(instant), true))
            }
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}
