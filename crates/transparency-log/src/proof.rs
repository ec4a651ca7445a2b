//! [C2SP tlog-proof]: what travels beside a statement, so that whoever gets it can see that it was published.
//!
//! [C2SP tlog-proof]: https://c2sp.org/tlog-proof

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    checkpoint::{SignedCheckpoint, read_decimal},
    merkle::{ProofInvalid, TileRows, TreeHash, inclusion_proof, verify_inclusion},
    signed_note::{MAX_NOTE_BYTES, NoteError, VerifierKey},
};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// A path is never longer than the bits of a size.
const MAX_HASHES: usize = 64;

/// That an entry is in the log, offline: its index, the path from it to the root, and the signed checkpoint.
/// Unverified until [`InclusionProof::verify`]. In JSON it is a string: its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    index: u64,
    hashes: Vec<TreeHash>,
    checkpoint: String,
}

impl InclusionProof {
    /// Makes the proof for entry `index` under a checkpoint.
    ///
    /// # Errors
    /// What the rows answer.
    pub fn make<R: TileRows>(
        rows: &mut R,
        index: u64,
        checkpoint: &SignedCheckpoint,
    ) -> Result<Self, R::Error> {
        let hashes = inclusion_proof(rows, index, checkpoint.size())?;
        Ok(Self::from_parts(index, hashes, checkpoint))
    }

    /// A proof from a path that is there already, as [`crate::TileCheck`] gives it.
    pub fn from_parts(index: u64, hashes: Vec<TreeHash>, checkpoint: &SignedCheckpoint) -> Self {
        InclusionProof { index, hashes, checkpoint: checkpoint.note().to_owned() }
    }

    /// Which entry it speaks of.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Verifies that `entry` is in the log whose key is `log`. Gives the checkpoint, which the caller holds against the one it
    /// remembers ([`crate::RememberedCheckpoint`]).
    ///
    /// # Errors
    /// [`ProofInvalid`], `log_proof_invalid`, for every cause.
    pub fn verify(&self, entry: &[u8], log: &VerifierKey) -> Result<SignedCheckpoint, ProofInvalid> {
        let checkpoint = SignedCheckpoint::verify(self.checkpoint.as_bytes(), log)?;
        let leaf = TreeHash::of_entry(entry);
        verify_inclusion(leaf, self.index, checkpoint.size(), *checkpoint.root(), &self.hashes)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for InclusionProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nindex {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", hash.to_base64())?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for InclusionProof {
    type Err = ProofInvalid;

    /// Reads the text. An `extra` line is skipped: nothing signs it.
    fn from_str(text: &str) -> Result<Self, ProofInvalid> {
        if text.len() > MAX_NOTE_BYTES {
            return Err(ProofInvalid("it is over the limit"));
        }
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(ProofInvalid("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(ProofInvalid("not a proof of the kind we know"));
        }
        if let Some(extra) = lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            STANDARD.decode(extra).map_err(|_| ProofInvalid("an extra line that is not base64"))?;
            lines.next();
        }
        let index = lines.next().and_then(|line| read_decimal(line.strip_prefix("index ")?));
        let index = index.ok_or(ProofInvalid("no index"))?;
        let hashes = lines.map(TreeHash::from_base64).collect::<Option<Vec<_>>>();
        let hashes = hashes.ok_or(ProofInvalid("a hash that is not 32 bytes in base64"))?;
        if hashes.len() > MAX_HASHES {
            return Err(ProofInvalid("the path is too long"));
        }
        Ok(InclusionProof { index, hashes, checkpoint: checkpoint.to_owned() })
    }
}

impl serde::Serialize for InclusionProof {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for InclusionProof {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl From<NoteError> for ProofInvalid {
    fn from(error: NoteError) -> Self {
        ProofInvalid(match error {
            NoteError::Malformed(what) => what,
            NoteError::TooLarge => "the note is over the limit",
            NoteError::AlgNotAllowed => "a kind of key that is not supported",
            NoteError::NotSigned => "the log did not sign the checkpoint",
            NoteError::SignatureInvalid => "the signature of the checkpoint does not hold",
            NoteError::OtherOrigin => "the checkpoint is of another log",
        })
    }
}

#[cfg(test)]
mod tests {
    use portage_keys::{Algorithm, SigningKey};

    use super::*;
    use crate::{
        Checkpoint, NoteSigner,
        testing::{ORIGIN, TestLog},
    };

    #[test]
    fn an_entry_with_its_proof_verifies_and_reads_back() {
        let log = TestLog::of_size(300);
        for index in [0, 255, 256, 299] {
            let proof = InclusionProof::make(&mut &log.tree(), index, &log.checkpoint()).unwrap();
            let text = proof.to_string();
            assert!(text.starts_with(&format!("{FIRST_LINE}\nindex {index}\n")));
            assert_eq!(text.parse(), Ok(proof.clone()));
            let json = serde_json::to_string(&proof).unwrap();
            assert_eq!(serde_json::from_str::<InclusionProof>(&json).unwrap(), proof);
            let entry = &log.entries[usize::try_from(index).unwrap()];
            assert_eq!(proof.verify(entry, &log.vkey()), Ok(log.checkpoint()));
            assert_eq!(
                proof.verify(b"another", &log.vkey()).unwrap_err().reason().name(),
                "log_proof_invalid"
            );
            let extra = text.replacen('\n', "\nextra AAAA\n", 1);
            assert_eq!(extra.parse(), Ok(proof));
        }
    }

    #[test]
    fn a_proof_under_another_key_size_root_or_place_does_not_hold() {
        let log = TestLog::of_size(300);
        let (entry, tree) = (&log.entries[42], log.tree());
        let good = InclusionProof::make(&mut &tree, 42, &log.checkpoint()).unwrap();
        assert!(good.verify(entry, &log.vkey()).is_ok());
        let refused = |proof: InclusionProof| proof.verify(entry, &log.vkey()).unwrap_err().0;

        let elsewhere = InclusionProof { index: 43, ..good.clone() };
        assert_eq!(refused(elsewhere), "the path leads to another root");
        let with = |size, root| InclusionProof {
            checkpoint: Checkpoint::new(ORIGIN, size, root).sign(&log.signer()).unwrap().note().to_owned(),
            ..good.clone()
        };
        assert_eq!(refused(with(300, TreeHash([1; 32]))), "the path leads to another root");
        assert_eq!(refused(with(42, tree.head().root)), "the entry is not within the tree");
        assert_eq!(refused(with(u64::MAX, tree.head().root)), "the path is too short");
        // The same name, another key.
        let thief = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[8; 32]).unwrap();
        let thief = NoteSigner::new(ORIGIN, &thief).unwrap();
        let note = log.checkpoint().checkpoint().sign(&thief).unwrap().note().to_owned();
        assert_eq!(
            refused(InclusionProof { checkpoint: note, ..good.clone() }),
            "the log did not sign the checkpoint"
        );
        // Signed by the log, but changed since.
        let note = good.checkpoint.replace("\n300\n", "\n301\n");
        assert_eq!(
            refused(InclusionProof { checkpoint: note, ..good.clone() }),
            "the signature of the checkpoint does not hold"
        );
    }

    #[test]
    fn what_is_not_a_proof_is_refused() {
        let log = TestLog::of_size(5);
        let text = InclusionProof::make(&mut &log.tree(), 4, &log.checkpoint()).unwrap().to_string();
        assert!(text.parse::<InclusionProof>().is_ok());
        for wrong in [
            text.replace("@v1", "@v2"),
            text.replace("index 4", "index 04"),
            text.replace("index 4", "index -4"),
            text.replace("index 4", "index 18446744073709551616"),
            text.replace("index 4\n", ""),
            text.replace("\n\n", "\n"),
            text.replacen("=\n", "\n", 1),
            text.replace(
                "index 4\n",
                &format!("index 4\n{}", format!("{}\n", TreeHash::EMPTY.to_base64()).repeat(65)),
            ),
            text.replacen('\n', "\nextra ?\n", 1),
            "x".repeat(MAX_NOTE_BYTES + 1),
            String::new(),
        ] {
            assert!(wrong.parse::<InclusionProof>().is_err(), "{wrong}");
        }
    }
}
