//! What is remembered of the authorities' logs: a log that showed one history here can show no other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use portage_federation::{LEEWAY, LogAddress, Logged, ResolvedEntity};
use portage_keys::base64url;
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
/// Most checkpoints of one log that are remembered as broken. A log that was caught so often is believed for what is remembered, and nothing else.
const MAX_BROKEN: usize = 64;
/// Most checkpoints that wait for their files; above it, those that no chain at hand rests on are forgotten.
const MAX_UNPROVEN: usize = 100_000;

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
    /// The checkpoints that do not fit to it: what rests on them is refused, then as now.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub broken: BTreeSet<BrokenCheckpoint>,
}

/// A checkpoint of a log that forked, shrank or was rewritten.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokenCheckpoint {
    /// The size of its tree.
    pub size: u64,
    /// The root, in base64url.
    pub root: String,
}

impl RememberedLog {
    /// This and what another run or another copy kept of the same log: the later look counts, and what is broken stays so.
    #[must_use]
    pub fn with(self, other: RememberedLog) -> Self {
        let (mut later, earlier) = if self.as_of < other.as_of { (other, self) } else { (self, other) };
        later.broken.extend(earlier.broken);
        later
    }
}

/// The logs that were seen, and the checkpoints that do not fit to what was seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogMemory {
    known: BTreeMap<String, Known>,
    unproven: BTreeMap<Seen, Unproven>,
}

#[derive(Debug, Clone)]
struct Known {
    remembered: RememberedCheckpoint,
    as_of: Timestamp,
    broken: BTreeSet<BrokenCheckpoint>,
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

fn broken((_, size, root): &Seen) -> BrokenCheckpoint {
    BrokenCheckpoint { size: *size, root: base64url::encode(root) }
}

impl Known {
    fn first(remembered: RememberedCheckpoint, as_of: Timestamp) -> Self {
        Known { remembered, as_of, broken: BTreeSet::new() }
    }

    fn is_at(&self, (_, size, root): &Seen) -> bool {
        let checkpoint = self.remembered.checkpoint();
        checkpoint.size() == *size && checkpoint.root().0 == *root
    }

    fn note_broken(&mut self, name: &Seen) {
        if self.broken.len() < MAX_BROKEN {
            self.broken.insert(broken(name));
        }
    }

    fn is_broken(&self, name: &Seen) -> bool {
        let caught_too_often = self.broken.len() >= MAX_BROKEN && !self.is_at(name);
        !self.broken.is_empty() && (caught_too_often || self.broken.contains(&broken(name)))
    }
}

impl LogMemory {
    /// Takes up what was kept. What does not read back, or is older than what is here, is passed over.
    pub(crate) fn restore(&mut self, kept: &[RememberedLog]) {
        for log in kept {
            if let Some(known) = self.known.get_mut(&log.vkey) {
                known.broken.extend(log.broken.iter().cloned());
                // Most often nothing changed since the last look.
                if known.remembered.checkpoint().note() == log.checkpoint {
                    known.as_of = known.as_of.max(log.as_of);
                    continue;
                }
            }
            let Ok(key) = log.vkey.parse::<VerifierKey>() else { continue };
            let Ok(remembered) = RememberedCheckpoint::restored(log.checkpoint.as_bytes(), &key) else {
                continue;
            };
            match self.known.get_mut(&log.vkey) {
                Some(known) if known.remembered.checkpoint().size() >= remembered.checkpoint().size() => {}
                Some(known) => (known.remembered, known.as_of) = (remembered, log.as_of),
                None => {
                    let known = Known { broken: log.broken.clone(), ..Known::first(remembered, log.as_of) };
                    self.known.insert(log.vkey.clone(), known);
                }
            }
        }
    }

    /// What is to be kept.
    pub(crate) fn kept(&self) -> Vec<RememberedLog> {
        let kept = |(vkey, known): (&String, &Known)| RememberedLog {
            vkey: vkey.clone(),
            checkpoint: known.remembered.checkpoint().note().to_owned(),
            as_of: known.as_of,
            broken: known.broken.clone(),
        };
        self.known.iter().map(kept).collect()
    }

    /// Holds a checkpoint against what is remembered. The first of a log is believed.
    pub(crate) fn see(&mut self, logged: &Logged) {
        let name = seen(logged);
        let Some(known) = self.known.get_mut(&name.0) else {
            if self.known.len() < MAX_LOGS {
                let remembered = RememberedCheckpoint::first(logged.checkpoint.clone());
                self.known.insert(name.0, Known::first(remembered, logged.as_of));
            }
            return;
        };
        let apart = logged.as_of.duration_since(known.as_of);
        match known.remembered.compare(&logged.checkpoint) {
            Ok(Comparison::Same) => known.as_of = known.as_of.max(logged.as_of),
            // Said later, under a smaller tree: the log shrank.
            Ok(Comparison::Older(_)) if apart > LEEWAY => known.note_broken(&name),
            Ok(Comparison::Newer(_) | Comparison::Older(_)) => {
                let unproven = self.unproven.entry(name).or_insert(Unproven { late: false, asked: None });
                unproven.late = apart.abs() > GRACE;
            }
            Err(_) => known.note_broken(&name),
        }
    }

    /// Forgets the checkpoints that nothing at hand rests on, once there are too many.
    pub(crate) fn make_room<'c>(&mut self, chains: impl Iterator<Item = &'c ResolvedEntity>) {
        if self.unproven.len() > MAX_UNPROVEN {
            let used: BTreeSet<Seen> = chains.flat_map(ResolvedEntity::logged).map(seen).collect();
            self.unproven.retain(|name, _| used.contains(name));
        }
    }

    /// Whether nothing speaks against the logs that these rest on.
    ///
    /// # Errors
    /// [`Reason::LogProofInvalid`]: one of them forked, shrank or was rewritten, or did not show for long that it did not. A log that was caught
    /// once has no time to show it.
    pub(crate) fn check<'l>(&self, mut logged: impl Iterator<Item = &'l Logged>) -> Result<(), Reason> {
        let bad = |logged: &Logged| {
            let name = seen(logged);
            let Some(known) = self.known.get(&name.0) else { return false };
            let waits = self.unproven.get(&name);
            known.is_broken(&name) || waits.is_some_and(|waits| waits.late || !known.broken.is_empty())
        };
        if logged.any(bad) { Err(Reason::LogProofInvalid) } else { Ok(()) }
    }

    /// Whether there may be something to ask of a log: one of these was not seen, or some checkpoint waits for its files.
    pub(crate) fn has_news(&self, brought: &[Logged]) -> bool {
        let is_known = |logged: &Logged| {
            let name = seen(logged);
            self.known.get(&name.0).is_some_and(|known| known.is_at(&name) && known.as_of >= logged.as_of)
        };
        !self.unproven.is_empty() || !brought.iter().all(is_known)
    }

    /// The questions that the files of these logs answer; each is put at most once a minute.
    pub(crate) fn questions<'l>(
        &mut self,
        of: impl Iterator<Item = &'l Logged>,
        now: Timestamp,
    ) -> Vec<LogQuestion> {
        let mut questions = Vec::new();
        for logged in of {
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
        if !sound {
            known.note_broken(&name);
        }
        self.unproven.remove(&name);
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

#[cfg(test)]
mod tests;
