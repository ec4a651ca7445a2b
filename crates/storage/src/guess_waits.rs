//! How long somebody waits who guesses: each four wrong guesses cost a longer wait.

use std::time::Duration;

/// Wrong guesses after which the first wait comes, and each next one.
pub const GUESSES: u32 = 4;
/// The waits; the last one stays.
const WAITS: [Duration; 3] = [Duration::from_secs(60), Duration::from_secs(300), Duration::from_secs(3600)];

/// How long to wait before the next guess, after `wrong` of them of which the last was `elapsed` ago; `None`: it may be tried now.
pub fn wait_after(wrong: u32, elapsed: Duration) -> Option<Duration> {
    let rounds = wrong / GUESSES;
    if rounds == 0 || !wrong.is_multiple_of(GUESSES) {
        return None;
    }
    let index = usize::try_from(rounds - 1).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    let left = WAITS.get(index).copied().unwrap_or_default().saturating_sub(elapsed);
    (!left.is_zero()).then_some(left)
}
