use portage_reason::Reason;

use crate::{
    checkpoint::SignedCheckpoint,
    merkle::{TreeHash, verify_consistency},
    signed_note::{NoteError, VerifierKey},
    tile_check::TileCheck,
};

/// What a client remembers of one log: the newest checkpoint it has seen. A log that showed it one tree can show it
/// nothing but that tree, grown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedCheckpoint {
    checkpoint: SignedCheckpoint,
}

/// How a checkpoint stands to the remembered one, before it is believed.
#[derive(Debug, Clone)]
pub enum Comparison {
    /// The same tree: nothing to prove.
    Same,
    /// A larger tree. When the check says yes, [`RememberedCheckpoint::advance`] takes it with the check's proof.
    Newer(TileCheck),
    /// A smaller tree, as a proof that was made a while ago carries it. When the check says yes, it is sound, and there is nothing
    /// new to remember.
    Older(TileCheck),
}

impl RememberedCheckpoint {
    /// The first that is seen of a log: believed, and held against every later one.
    pub const fn first(checkpoint: SignedCheckpoint) -> Self {
        RememberedCheckpoint { checkpoint }
    }

    /// From where the client keeps it: the note of [`SignedCheckpoint::note`], verified again.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn restored(note: &[u8], log: &VerifierKey) -> Result<Self, NoteError> {
        SignedCheckpoint::verify(note, log).map(Self::first)
    }

    /// The checkpoint; its note is what to keep.
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// Holds another checkpoint of the log against this one.
    ///
    /// # Errors
    /// [`Misbehaviour`]: two roots at one size, or another log.
    pub fn compare(&self, seen: &SignedCheckpoint) -> Result<Comparison, Misbehaviour> {
        let known = &self.checkpoint;
        if seen.checkpoint().origin != known.checkpoint().origin {
            return Err(self.misbehaviour(Broken::OtherLog, seen));
        }
        if seen.size() > known.size() {
            return Ok(Comparison::Newer(TileCheck::consistency(known, seen)));
        }
        if seen.size() < known.size() {
            return Ok(Comparison::Older(TileCheck::consistency(seen, known)));
        }
        if seen.root() == known.root() {
            Ok(Comparison::Same)
        } else {
            Err(self.misbehaviour(Broken::Fork, seen))
        }
    }

    /// Remembers a checkpoint of the same or a larger tree that begins with this one.
    ///
    /// # Errors
    /// [`Misbehaviour`]; what is remembered stays.
    pub fn advance(&mut self, seen: SignedCheckpoint, proof: &[TreeHash]) -> Result<(), Misbehaviour> {
        match self.compare(&seen)? {
            Comparison::Same => return Ok(()),
            Comparison::Older(_) => return Err(self.misbehaviour(Broken::Shrink, &seen)),
            Comparison::Newer(_) => {}
        }
        verify_consistency(self.checkpoint.head(), seen.head(), proof)
            .map_err(|_| self.misbehaviour(Broken::Rewrite, &seen))?;
        self.checkpoint = seen;
        Ok(())
    }

    pub(crate) fn misbehaviour(&self, broken: Broken, seen: &SignedCheckpoint) -> Misbehaviour {
        let evidence = Evidence { known: self.checkpoint.note().into(), seen: seen.note().into() };
        Misbehaviour { broken, evidence: Box::new(evidence) }
    }
}

/// The log did what a log must not do: always `log_proof_invalid`. The evidence is for those who have to know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the public log {broken}")]
pub struct Misbehaviour {
    /// What it did.
    pub broken: Broken,
    /// Both checkpoints, as the log signed them.
    pub evidence: Box<Evidence>,
}

/// What a log did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Two roots at one size: two histories for two readers. The two notes prove it to anyone.
    Fork,
    /// A smaller tree than before. It may be an old copy: a second look decides.
    Shrink,
    /// A larger tree that was not shown to begin with the known one.
    Rewrite,
    /// A checkpoint of another log.
    OtherLog,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Broken::Fork => "forked: it signed two roots at one size",
            Broken::Shrink => "shrank: it shows fewer entries than before",
            Broken::Rewrite => "was rewritten: what it shows does not begin with what it showed before",
            Broken::OtherLog => "is another one",
        })
    }
}

impl Misbehaviour {
    /// `log_proof_invalid`.
    pub const fn reason(&self) -> Reason {
        Reason::LogProofInvalid
    }
}

/// Two notes of one log that do not fit together. The log signed both and cannot deny it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The one that was known.
    pub known: String,
    /// The one that came.
    pub seen: String,
}

impl Evidence {
    /// Whether this proves a fork to somebody who has nothing but the log's key: both notes are signed, for one size, with two
    /// roots.
    ///
    /// # Errors
    /// [`NoteError`]: the log did not sign one of them.
    pub fn proves_a_fork(&self, log: &VerifierKey) -> Result<bool, NoteError> {
        let known = SignedCheckpoint::verify(self.known.as_bytes(), log)?;
        let seen = SignedCheckpoint::verify(self.seen.as_bytes(), log)?;
        Ok(known.size() == seen.size() && known.root() != seen.root())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Checkpoint, consistency_proof,
        testing::{ORIGIN, TestLog},
    };

    #[test]
    fn the_same_tree_or_a_larger_one_that_begins_with_it_is_remembered() {
        let log = TestLog::of_size(300);
        let mut remembered = RememberedCheckpoint::first(log.checkpoint_at(0));
        for size in [0, 1, 7, 7, 256, 300] {
            let known = remembered.checkpoint().size();
            let proof = consistency_proof(&mut &log.tree(), known, size).unwrap();
            remembered.advance(log.checkpoint_at(usize::try_from(size).unwrap()), &proof).unwrap();
            assert_eq!(remembered.checkpoint().size(), size);
        }
        let kept = remembered.checkpoint().note();
        assert_eq!(RememberedCheckpoint::restored(kept.as_bytes(), &log.vkey()), Ok(remembered.clone()));
        let damaged = kept.replace("300", "301");
        assert!(RememberedCheckpoint::restored(damaged.as_bytes(), &log.vkey()).is_err());
    }

    #[test]
    fn a_fork_a_shrunken_and_a_rewritten_log_are_told_apart_and_nothing_is_forgotten() {
        let log = TestLog::of_size(300);
        let mut hostile = TestLog::of_size(300);
        hostile.entries[3] = b"a right for a friend".to_vec();
        let remembered = RememberedCheckpoint::first(log.checkpoint_at(200));
        let advance = |seen: SignedCheckpoint, proof: &[TreeHash]| {
            let mut memory = remembered.clone();
            let answer = memory.advance(seen, proof);
            assert!(answer.is_ok() || memory == remembered);
            answer.map_err(|error| {
                assert_eq!(error.reason(), Reason::LogProofInvalid);
                (error.broken, error.evidence.proves_a_fork(&log.vkey()).unwrap())
            })
        };
        let proof = |log: &TestLog| consistency_proof(&mut &log.tree(), 200, 300).unwrap();
        assert_eq!(advance(log.checkpoint(), &proof(&log)), Ok(()));
        assert_eq!(advance(hostile.checkpoint_at(200), &[]), Err((Broken::Fork, true)));
        assert_eq!(advance(hostile.checkpoint(), &proof(&hostile)), Err((Broken::Rewrite, false)));
        assert_eq!(advance(log.checkpoint(), &proof(&hostile)), Err((Broken::Rewrite, false)));
        assert_eq!(advance(log.checkpoint(), &[]), Err((Broken::Rewrite, false)));
        assert_eq!(advance(log.checkpoint_at(199), &[]), Err((Broken::Shrink, false)));
        assert_eq!(advance(log.checkpoint_at(0), &[]), Err((Broken::Shrink, false)));
        let huge = Checkpoint::new(ORIGIN, u64::MAX, TreeHash([1; 32])).sign(&log.signer()).unwrap();
        assert_eq!(advance(huge, &[TreeHash([1; 32]); 64]), Err((Broken::Rewrite, false)));
    }

    #[test]
    fn an_older_checkpoint_is_asked_about_and_not_remembered() {
        let log = TestLog::of_size(300);
        let remembered = RememberedCheckpoint::first(log.checkpoint());
        assert!(matches!(remembered.compare(&log.checkpoint()), Ok(Comparison::Same)));
        assert!(matches!(remembered.compare(&log.checkpoint_at(42)), Ok(Comparison::Older(_))));
        let older = RememberedCheckpoint::first(log.checkpoint_at(42));
        assert!(matches!(older.compare(&log.checkpoint()), Ok(Comparison::Newer(_))));
    }
}
