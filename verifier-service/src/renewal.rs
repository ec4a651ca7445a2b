//! The pace at which what requests carry is renewed while the service runs.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use portage_clock::Clock;

/// The pause before the second attempt; it doubles with each one that fails.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause: between attempts, and between looks at what is not due.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Something that requests carry, and that ends.
pub(crate) trait Renew {
    /// From when on it is due.
    fn renewal_due(&self) -> Timestamp;

    /// One attempt, where it is due.
    async fn renew(&self);

    /// Says what was not renewed.
    fn tell(&self);
}

/// Renews it again and again.
pub(crate) async fn keep(renewed: &impl Renew, clock: &Clock) {
    let mut pause = FIRST_PAUSE;
    loop {
        renewed.renew().await;
        let wait = renewed.renewal_due().duration_since(clock.now());
        if wait.is_positive() {
            pause = FIRST_PAUSE;
            let longest = SignedDuration::try_from(LONGEST_PAUSE).unwrap_or(wait);
            tokio::time::sleep(wait.min(longest).unsigned_abs()).await;
        } else {
            renewed.tell();
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
