use std::ops::Range;

use portage_strict_json::{Limits, parse_object};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    checkpoint::SignedCheckpoint,
    entry::ReadEntry,
    merkle::{Frontier, ProofInvalid, TILE_WIDTH, TreeHash},
    remembered::{Broken, Comparison, Misbehaviour, RememberedCheckpoint},
    signed_note::{NoteError, VerifierKey},
    tile::TilePath,
};

/// Somebody who watches a log from its first entry on: reads every entry, and knows that nothing it read was ever taken back.
///
/// It keeps the last checkpoint and the right edge of the tree. [`Monitor::look`] takes the log's checkpoint of today and says which
/// entry bundles to fetch; at the end the entries that came must make the root that the log signed.
#[derive(Debug, Clone)]
pub struct Monitor {
    log: VerifierKey,
    seen: Option<RememberedCheckpoint>,
    frontier: Frontier,
}

/// Why a look ended without new entries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MonitorError {
    /// The checkpoint is not one of this log.
    #[error(transparent)]
    Checkpoint(#[from] NoteError),
    /// A bundle is none: the log is broken, or what lies between.
    #[error(transparent)]
    Bundle(#[from] ProofInvalid),
    /// The log forked, shrank, or was rewritten. The evidence is inside.
    #[error(transparent)]
    Misbehaviour(#[from] Misbehaviour),
    /// What the monitor kept cannot be read.
    #[error("what was kept of the log cannot be used: {0}")]
    State(&'static str),
}

/// One entry that a monitor read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenEntry {
    /// Its place in the log.
    pub index: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What they say.
    pub entry: ReadEntry,
}

impl Monitor {
    /// A monitor that has seen nothing yet.
    pub const fn new(log: VerifierKey) -> Self {
        Monitor { log, seen: None, frontier: Frontier::new() }
    }

    /// The log's key.
    pub const fn log(&self) -> &VerifierKey {
        &self.log
    }

    /// How many entries it has seen.
    pub fn size(&self) -> u64 {
        self.seen.as_ref().map_or(0, |seen| seen.checkpoint().size())
    }

    /// Begins a look with the bytes at [`crate::CHECKPOINT_PATH`].
    ///
    /// # Errors
    /// [`MonitorError::Checkpoint`]; [`MonitorError::Misbehaviour`] for a fork and for a log that shrank.
    pub fn look(&self, checkpoint: &[u8]) -> Result<Look<'_>, MonitorError> {
        let new = SignedCheckpoint::verify(checkpoint, &self.log)?;
        if let Some(seen) = &self.seen
            && let Comparison::Older(_) = seen.compare(&new)?
        {
            return Err(seen.misbehaviour(Broken::Shrink, &new).into());
        }
        Ok(Look { monitor: self, new, entries: Vec::new() })
    }

    /// All at once: the new entries, from [`Monitor::size`] on, under the new checkpoint. Gives the monitor of after.
    ///
    /// # Errors
    /// As [`Monitor::look`], and [`Broken::Rewrite`] when these entries do not make the root that the log signed: it took something back,
    /// or serves other entries than it signs.
    pub fn observe(
        &self,
        checkpoint: &[u8],
        new_entries: Vec<Vec<u8>>,
    ) -> Result<(Monitor, Vec<SeenEntry>), MonitorError> {
        Look { entries: new_entries, ..self.look(checkpoint)? }.finish()
    }

    /// What to keep until the next look.
    pub fn to_json(&self) -> String {
        let kept = Kept {
            log: self.log.to_string(),
            checkpoint: self.seen.as_ref().map(|seen| seen.checkpoint().note().to_owned()),
            frontier: self.frontier.peaks().iter().map(|hash| hash.to_base64()).collect(),
        };
        serde_json::to_string(&kept).unwrap_or_default()
    }

    /// The monitor that [`Monitor::to_json`] was made of; checked again, as the file may have been changed.
    ///
    /// # Errors
    /// [`MonitorError::State`], [`MonitorError::Checkpoint`].
    pub fn restored(json: &[u8]) -> Result<Self, MonitorError> {
        let members =
            parse_object(json, Limits::MESSAGE).map_err(|_| MonitorError::State("not a JSON object"))?;
        let kept: Kept = serde_json::from_value(Value::Object(members))
            .map_err(|_| MonitorError::State("members are missing or unknown"))?;
        let log: VerifierKey = kept.log.parse()?;
        let Some(note) = kept.checkpoint else { return Ok(Monitor::new(log)) };
        let seen = RememberedCheckpoint::restored(note.as_bytes(), &log)?;
        let peaks = kept.frontier.iter().map(|hash| TreeHash::from_base64(hash)).collect::<Option<_>>();
        let frontier = peaks.and_then(|peaks| Frontier::restored(seen.checkpoint().size(), peaks));
        let frontier = frontier.filter(|frontier| frontier.head() == seen.checkpoint().head());
        let frontier = frontier.ok_or(MonitorError::State("the hashes do not make the checkpoint's root"))?;
        Ok(Monitor { log, seen: Some(seen), frontier })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    log: String,
    checkpoint: Option<String>,
    frontier: Vec<String>,
}

/// A look that has begun.
#[derive(Debug, Clone)]
pub struct Look<'m> {
    monitor: &'m Monitor,
    new: SignedCheckpoint,
    entries: Vec<Vec<u8>>,
}

impl Look<'_> {
    /// The entries that are new: their indices.
    pub fn new_entries(&self) -> Range<u64> {
        self.monitor.size()..self.new.size()
    }

    /// The next entry bundle to fetch, if there is one more. Where the log has deleted a partial one, the full one serves.
    pub fn next_bundle(&self) -> Option<TilePath> {
        let next = self.monitor.size() + self.entries.len() as u64;
        if next < self.new.size() { TilePath::entries(next / TILE_WIDTH, self.new.size()) } else { None }
    }

    /// Takes the bundle that [`Look::next_bundle`] named.
    ///
    /// # Errors
    /// [`ProofInvalid`]: not such a bundle; nothing was taken.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), ProofInvalid> {
        let bundle = self.next_bundle().ok_or(ProofInvalid("a bundle that nobody asked for"))?;
        let next = self.monitor.size() + self.entries.len() as u64;
        let known = usize::try_from(next % TILE_WIDTH).unwrap_or(0);
        self.entries.extend(bundle.read_entries(bytes)?.into_iter().skip(known));
        Ok(())
    }

    /// Ends the look: the monitor of after, and what is new.
    ///
    /// # Errors
    /// [`MonitorError::Misbehaviour`]: the entries do not make the root that the log signed.
    pub fn finish(self) -> Result<(Monitor, Vec<SeenEntry>), MonitorError> {
        let Look { monitor, new, entries } = self;
        let mut frontier = monitor.frontier.clone();
        entries.iter().for_each(|entry| frontier.append(TreeHash::of_entry(entry)));
        if frontier.head().size != new.size() {
            return Err(ProofInvalid("not all of the new entries are there").into());
        }
        if frontier.head() != new.head() {
            return Err(match &monitor.seen {
                Some(seen) => seen.misbehaviour(Broken::Rewrite, &new).into(),
                None => ProofInvalid("the entries do not make the root that the log signed").into(),
            });
        }
        let seen = (monitor.size()..)
            .zip(entries)
            .map(|(index, bytes)| SeenEntry { index, entry: ReadEntry::read(&bytes), bytes })
            .collect();
        let seen_to = Some(RememberedCheckpoint::first(new));
        Ok((Monitor { log: monitor.log.clone(), seen: seen_to, frontier }, seen))
    }
}

#[cfg(test)]
mod tests;
