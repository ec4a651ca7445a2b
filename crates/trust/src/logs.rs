//! What is remembered of the authorities' logs: a log that showed one history here can show no other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use portage_federation::{LEEWAY, LogAddress, Logged, ResolvedEntity};
use portage_reason::Reason;
use portage_transparency_log::{
    Comparison, ProofInvalid, RememberedCheckpoint, TileCheck, TilePath, TileStep, TreeHash, VerifierKey,
};
use serde::{Deserialize, Serialize};
use url::Url;

/// How far apart two checkpoints may be while nobody could show that the one is the beginning of the other: a log whose files stay away longer
/// is believed no more.
const GRACE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The files of a log are asked for at most this often.
const ASK_AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// Most logs that are remembered.
const MAX_LOGS: usize = 10_000;

/// A log as it was seen last: what is kept from one run to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RememberedLog {
    /// Its verifier key.
    pub vkey: String,
    /// The newest checkpoint that was shown to be consistent with all before: the signed note.
    pub checkpoint: String,
    /// When an authority said something under that checkpoint.
    pub as_of: Timestamp,
}

/// The logs that were seen, and the checkpoints that do not fit to what was seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogMemory {
    known: BTreeMap<String, Known>,
    broken: BTreeSet<Seen>,
    unproven: BTreeMap<Seen, Unproven>,
}

#[derive(Debug, Clone)]
struct Known {
    remembered: RememberedCheckpoint,
    as_of: Timestamp,
}

/// A checkpoint: which log, how large, which root.
type Seen = (String, u64, [u8; 32]);

#[derive(Debug, Clone)]
struct Unproven {
    /// Whether it has been so for too long.
    late: bool,
    asked: Option<Timestamp>,
}

fn seen(logged: &Logged) -> Seen {
    (logged.log.key.to_string(), logged.checkpoint.size(), logged.checkpoint.root().0)
}

impl LogMemory {
    /// Takes up what was kept. What does not read back, or is older than what is here, is passed over.
    pub(crate) fn restore(&mut self, kept: &[RememberedLog]) {
        for log in kept {
            let Ok(key) = log.vkey.parse::<VerifierKey>() else { continue };
            let Ok(remembered) = RememberedCheckpoint::restored(log.checkpoint.as_bytes(), &key) else {
                continue;
            };
            let newer =
                |known: &Known| known.remembered.checkpoint().size() >= remembered.checkpoint().size();
            if !self.known.get(&log.vkey).is_some_and(newer) {
                self.known.insert(log.vkey.clone(), Known { remembered, as_of: log.as_of });
            }
        }
    }

    /// What is to be kept.
    pub(crate) fn kept(&self) -> Vec<RememberedLog> {
        let kept = |(vkey, known): (&String, &Known)| RememberedLog {
            vkey: vkey.clone(),
            checkpoint: known.remembered.checkpoint().note().to_owned(),
            as_of: known.as_of,
        };
        self.known.iter().map(kept).collect()
    }

    /// Holds the checkpoints of a chain against what is remembered. The first of a log is believed.
    pub(crate) fn see(&mut self, chain: &ResolvedEntity) {
        chain.logged().for_each(|logged| self.see_one(logged));
    }

    fn see_one(&mut self, logged: &Logged) {
        let name = seen(logged);
        let Some(known) = self.known.get_mut(&name.0) else {
            if self.known.len() < MAX_LOGS {
                let remembered = RememberedCheckpoint::first(logged.checkpoint.clone());
                self.known.insert(name.0, Known { remembered, as_of: logged.as_of });
            }
            return;
        };
        let apart = logged.as_of.duration_since(known.as_of);
        match known.remembered.compare(&logged.checkpoint) {
            Ok(Comparison::Same) => known.as_of = known.as_of.max(logged.as_of),
            // Said later, under a smaller tree: the log shrank.
            Ok(Comparison::Older(_)) if apart > LEEWAY => drop(self.broken.insert(name)),
            Ok(Comparison::Newer(_) | Comparison::Older(_)) => {
                let unproven = self.unproven.entry(name).or_insert(Unproven { late: false, asked: None });
                unproven.late = apart.abs() > GRACE;
            }
            Err(_) => drop(self.broken.insert(name)),
        }
    }

    /// Whether nothing speaks against the logs that a chain rests on.
    ///
    /// # Errors
    /// [`Reason::LogProofInvalid`]: one of them forked, shrank or was rewritten, or did not show for long that it did not.
    pub(crate) fn check(&self, chain: &ResolvedEntity) -> Result<(), Reason> {
        if self.broken.is_empty() && self.unproven.is_empty() {
            return Ok(());
        }
        let bad = |logged: &Logged| {
            let name = seen(logged);
            self.broken.contains(&name) || self.unproven.get(&name).is_some_and(|unproven| unproven.late)
        };
        if chain.logged().any(bad) { Err(Reason::LogProofInvalid) } else { Ok(()) }
    }

    /// The questions that the files of the logs under these chains answer; each is put at most once a minute.
    pub(crate) fn questions<'c>(
        &mut self,
        chains: impl Iterator<Item = &'c ResolvedEntity>,
        now: Timestamp,
    ) -> Vec<LogQuestion> {
        let mut questions = Vec::new();
        for logged in chains.flat_map(ResolvedEntity::logged) {
            let Some(unproven) = self.unproven.get_mut(&seen(logged)) else { continue };
            if unproven.asked.is_some_and(|asked| now.duration_since(asked) < ASK_AGAIN) {
                continue;
            }
            let known = self.known.get(&logged.log.key.to_string());
            let compared = known.map(|known| (known, known.remembered.compare(&logged.checkpoint)));
            let Some((known, Ok(Comparison::Newer(check) | Comparison::Older(check)))) = compared else {
                continue;
            };
            unproven.asked = Some(now);
            questions.push(LogQuestion::new(logged.clone(), known.remembered.checkpoint().size(), check));
        }
        questions
    }

    /// Takes the answer to a question. None: the files could not be had, and nothing follows from that yet.
    pub(crate) fn settle(&mut self, question: LogQuestion) {
        let Some(verdict) = question.verdict else { return };
        let name = seen(&question.logged);
        let Some(known) = self.known.get_mut(&name.0) else { return };
        if known.remembered.checkpoint().size() != question.known_size {
            // Another answer came first; the next look asks anew.
            return;
        }
        let sound = match verdict {
            Err(_) => false,
            Ok(_) if question.logged.checkpoint.size() < question.known_size => true,
            Ok(proof) => {
                let grown = known.remembered.advance(question.logged.checkpoint.clone(), &proof).is_ok();
                if grown {
                    known.as_of = known.as_of.max(question.logged.as_of);
                }
                grown
            }
        };
        self.unproven.remove(&name);
        if !sound {
            self.broken.insert(name);
        }
    }
}

/// Whether one tree is the beginning of the other: answered by static files of the log, which tell it nothing but which tree is looked at.
#[derive(Debug, Clone)]
pub(crate) struct LogQuestion {
    logged: Logged,
    known_size: u64,
    check: TileCheck,
    wanted: Vec<TilePath>,
    verdict: Option<Result<Vec<TreeHash>, ProofInvalid>>,
}

impl LogQuestion {
    fn new(logged: Logged, known_size: u64, check: TileCheck) -> Self {
        let mut question = LogQuestion { logged, known_size, check, wanted: Vec::new(), verdict: None };
        question.step();
        question
    }

    fn step(&mut self) {
        match self.check.step() {
            TileStep::Fetch(tiles) => self.wanted = tiles,
            TileStep::Verdict(verdict) => self.verdict = Some(verdict),
        }
    }

    /// The files wanted now.
    pub(crate) fn wanted(&self) -> Vec<Url> {
        self.wanted.iter().filter_map(|tile| file_url(&self.logged.log, tile)).collect()
    }

    /// One answer for each of [`LogQuestion::wanted`], in order.
    pub(crate) fn supply(&mut self, answers: impl Iterator<Item = Option<Vec<u8>>>) {
        let wanted = std::mem::take(&mut self.wanted);
        let mut again = Vec::new();
        for (tile, answer) in wanted.into_iter().zip(answers) {
            match answer {
                Some(bytes) => {
                    if let Err(invalid) = self.take(tile, &bytes) {
                        self.verdict = Some(Err(invalid));
                        return;
                    }
                }
                // A partial tile is deleted once the full one is there.
                None if tile.is_partial() => again.push(tile.full()),
                None => return,
            }
        }
        if again.is_empty() { self.step() } else { self.wanted = again }
    }

    /// The check knows a tile by the path that it asked for.
    fn take(&mut self, tile: TilePath, bytes: &[u8]) -> Result<(), ProofInvalid> {
        let TileStep::Fetch(asked) = self.check.step() else { return Ok(()) };
        let asked = asked.into_iter().find(|asked| asked.full() == tile.full()).unwrap_or(tile);
        self.check.take(asked, bytes)
    }
}

fn file_url(log: &LogAddress, tile: &TilePath) -> Option<Url> {
    Url::parse(&format!("{}/{tile}", log.url)).ok()
}

/// Whether an address is that of a log's file and not of a statement: it holds bytes and no text.
pub fn is_log_file(url: &Url) -> bool {
    let path = url.path();
    path.rfind("/tile/")
        .and_then(|at| path.get(at + 1..))
        .is_some_and(|tile| tile.parse::<TilePath>().is_ok())
}

#[cfg(test)]
mod tests;
