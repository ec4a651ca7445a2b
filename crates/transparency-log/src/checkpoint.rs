//! [C2SP tlog-checkpoint]: what the log says its tree is, signed.
//!
//! [C2SP tlog-checkpoint]: https://c2sp.org/tlog-checkpoint

use crate::{
    merkle::{TreeHash, TreeHead},
    signed_note::{NoteError, NoteSigner, SignNoteError, UnverifiedNote, VerifierKey},
};

/// A tree: whose, how large, and its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: its address without scheme.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of the Merkle tree over them.
    pub root: TreeHash,
    /// Lines that we do not understand; we write none.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// The checkpoint of a tree.
    pub fn new(origin: &str, size: u64, root: TreeHash) -> Self {
        Checkpoint { origin: origin.to_owned(), size, root, extensions: Vec::new() }
    }

    /// Signs it; the key's name must be the origin.
    ///
    /// # Errors
    /// [`SignNoteError`].
    pub fn sign(&self, signer: &NoteSigner<'_>) -> Result<SignedCheckpoint, SignNoteError> {
        if signer.verifier_key().name() != self.origin {
            return Err(SignNoteError::Text(NoteError::OtherOrigin));
        }
        let text = self.text();
        // What we sign we can read.
        Self::parse_text(&text).map_err(SignNoteError::Text)?;
        Ok(SignedCheckpoint { note: signer.sign(&text)?, checkpoint: self.clone() })
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64());
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// "Note text".
    fn parse_text(text: &str) -> Result<Self, NoteError> {
        let body = text.strip_suffix('\n').unwrap_or(text);
        let lines: Vec<_> = body.split('\n').collect();
        let [origin, size, root, extensions @ ..] = lines.as_slice() else {
            return Err(NoteError::Malformed("a checkpoint has an origin, a size and a root"));
        };
        if lines.iter().any(|line| line.is_empty()) {
            return Err(NoteError::Malformed("an empty line in a checkpoint"));
        }
        let size = read_decimal(size).ok_or(NoteError::Malformed("the size is not a decimal number"))?;
        let root =
            TreeHash::from_base64(root).ok_or(NoteError::Malformed("the root is not 32 bytes in base64"))?;
        if size == 0 && root != TreeHash::EMPTY {
            return Err(NoteError::Malformed("an empty tree with a root of its own"));
        }
        let extensions = extensions.iter().map(|line| (*line).to_owned()).collect();
        Ok(Checkpoint { origin: (*origin).to_owned(), size, root, extensions })
    }
}

/// A decimal number as the specifications write it: no sign, no leading zero, within `u64`.
pub(crate) fn read_decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// A checkpoint that its log signed, with the note that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: String,
}

impl SignedCheckpoint {
    /// Reads a note and verifies that `log` signed it as a checkpoint of its own: origin and key name are one.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn verify(note: &[u8], log: &VerifierKey) -> Result<Self, NoteError> {
        let verified = UnverifiedNote::parse(note)?.verify(log)?;
        let checkpoint = Checkpoint::parse_text(verified.text())?;
        if checkpoint.origin != log.name() {
            return Err(NoteError::OtherOrigin);
        }
        // UTF-8, or it would not have been read.
        Ok(SignedCheckpoint { checkpoint, note: String::from_utf8_lossy(note).into_owned() })
    }

    /// What was signed.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// How many entries.
    pub const fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// The root of the tree.
    pub const fn root(&self) -> &TreeHash {
        &self.checkpoint.root
    }

    /// Size and root.
    pub const fn head(&self) -> TreeHead {
        TreeHead { size: self.checkpoint.size, root: self.checkpoint.root }
    }

    /// The note as it arrived: what is served, kept, and shown to others as evidence.
    pub fn note(&self) -> &str {
        &self.note
    }
}

#[cfg(test)]
mod tests {
    use portage_keys::{Algorithm, SigningKey};

    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_secret_bytes(Algorithm::EdDsa, &[seed; 32]).unwrap()
    }

    const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    fn read(text: &str) -> Result<SignedCheckpoint, NoteError> {
        let key = key(1);
        let signer = NoteSigner::new("log.example", &key).unwrap();
        SignedCheckpoint::verify(signer.sign(text).unwrap().as_bytes(), signer.verifier_key())
    }

    #[test]
    fn what_is_signed_reads_back() {
        let key = key(1);
        let signer = NoteSigner::new("log.example", &key).unwrap();
        for (size, root) in
            [(0, TreeHash::EMPTY), (20_852_163, TreeHash([7; 32])), (u64::MAX, TreeHash([7; 32]))]
        {
            let checkpoint = Checkpoint::new("log.example", size, root);
            let signed = checkpoint.sign(&signer).unwrap();
            let read = SignedCheckpoint::verify(signed.note().as_bytes(), signer.verifier_key()).unwrap();
            assert_eq!(read, signed);
            assert_eq!(read.checkpoint(), &checkpoint);
        }
        let other = Checkpoint::new("other.example", 0, TreeHash::EMPTY);
        assert_eq!(other.sign(&signer), Err(SignNoteError::Text(NoteError::OtherOrigin)));
    }

    #[test]
    fn extensions_are_kept() {
        let read = read(&format!("log.example\n5\n{ROOT}\nmore\nand more\n")).unwrap();
        assert_eq!(read.checkpoint().extensions, ["more", "and more"]);
        assert_eq!(read.size(), 5);
    }

    #[test]
    fn what_is_not_a_checkpoint_is_refused_though_it_is_signed() {
        assert!(read(&format!("log.example\n5\n{ROOT}\n")).is_ok());
        for text in [
            format!("log.example\n05\n{ROOT}\n"),
            format!("log.example\n+5\n{ROOT}\n"),
            format!("log.example\n-5\n{ROOT}\n"),
            format!("log.example\n\n{ROOT}\n"),
            format!("log.example\n18446744073709551616\n{ROOT}\n"),
            format!("log.example\n0\n{ROOT}\n"),
            format!("log.example\n5\n{}\n", ROOT.trim_end_matches('=')),
            format!("log.example\n5\n{}\n", &ROOT[4..]),
            format!("log.example\n5\n{ROOT}\n\nmore\n"),
            "log.example\n5\n".to_owned(),
            format!("\n5\n{ROOT}\n"),
        ] {
            assert!(matches!(read(&text), Err(NoteError::Malformed(_))), "{text}");
        }
        assert_eq!(read(&format!("other.example\n5\n{ROOT}\n")), Err(NoteError::OtherOrigin));
    }
}
