//! Wrong passphrases at the door: each four of them cost a longer wait.
//!
//! The count is in a file beside the wallet's, written before a guess is tried, so that ending the program does not undo it. The wait is counted on a clock that only
//! runs while the program does: a changed clock of the machine shortens nothing, and a program that is started again waits the whole time again.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use portage_storage::{
    guess_waits::{GUESSES, wait_after},
    vault_file::{VaultFile, VaultFileError},
};

/// The guesses at one wallet.
pub(crate) struct Guesses {
    file: PathBuf,
    wrong: u32,
    /// When the last wait began, on the clock of this run.
    since: Duration,
}

impl Guesses {
    /// Those at the wallet of this file. `now` is the time since the program started: a wait that an earlier run began begins anew.
    pub(crate) fn beside(wallet: &Path, now: Duration) -> Self {
        let file = wallet.with_extension("guesses");
        let wrong = match VaultFile::open(&file) {
            Ok((_, bytes)) => read(&bytes),
            Err(VaultFileError::Absent(_)) => 0,
            // What cannot be read was not written by us: the first wait, at least.
            Err(_) => GUESSES,
        };
        Guesses { file, wrong, since: now }
    }

    /// How long to wait before the next guess; `None`: it may be tried now.
    pub(crate) fn wait(&self, now: Duration) -> Option<Duration> {
        wait_after(self.wrong, now.saturating_sub(self.since))
    }

    /// Counts a guess as wrong, durably, before it is tried.
    ///
    /// # Errors
    /// The file could not be written: the guess must not be tried.
    pub(crate) fn count(&mut self, now: Duration) -> Result<(), VaultFileError> {
        self.write(self.wrong.saturating_add(1))?;
        self.wrong = self.wrong.saturating_add(1);
        self.since = now;
        Ok(())
    }

    /// The guess was no guess: it opened the wallet, or it failed for another cause than the passphrase.
    pub(crate) fn forgive(&mut self, all: bool) {
        let wrong = if all { 0 } else { self.wrong.saturating_sub(1) };
        // A count that stays too high costs a wait and nothing else.
        if self.write(wrong).is_ok() {
            self.wrong = wrong;
        }
    }

    fn write(&self, wrong: u32) -> Result<(), VaultFileError> {
        let text = format!("{wrong}\n");
        match VaultFile::open(&self.file) {
            Ok((mut file, _)) => file.commit(text.as_bytes()),
            Err(VaultFileError::Absent(_)) => VaultFile::create(&self.file, text.as_bytes()).map(drop),
            Err(error) => Err(error),
        }
    }
}

fn read(bytes: &[u8]) -> u32 {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    text.trim().parse().unwrap_or(GUESSES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn u06_waits_grow_after_each_four_and_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let wallet = folder.path().join("wallet.vault");
        let mut guesses = Guesses::beside(&wallet, seconds(0));
        let mut now = 0;
        for wait in [60, 300, 3600, 3600] {
            for _ in 0..4 {
                assert_eq!(guesses.wait(seconds(now)), None);
                guesses.count(seconds(now)).unwrap();
            }
            assert_eq!(guesses.wait(seconds(now)), Some(seconds(wait)));
            assert_eq!(guesses.wait(seconds(now + wait - 1)), Some(seconds(1)));
            // Another run begins its own time, and the whole wait.
            guesses = Guesses::beside(&wallet, seconds(0));
            assert_eq!(guesses.wait(seconds(0)), Some(seconds(wait)));
            now = wait;
        }
        guesses.forgive(true);
        assert_eq!(Guesses::beside(&wallet, seconds(0)).wait(seconds(0)), None);
    }

    #[test]
    fn u06_a_file_that_cannot_be_read_is_no_way_round() {
        let folder = tempfile::tempdir().unwrap();
        let wallet = folder.path().join("wallet.vault");
        std::fs::write(wallet.with_extension("guesses"), b"\xff\xfe").unwrap();
        assert_eq!(Guesses::beside(&wallet, seconds(0)).wait(seconds(0)), Some(seconds(60)));
    }
}
