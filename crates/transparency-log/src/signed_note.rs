//! [C2SP signed-note]: a text that one or more keys signed.
//!
//! [C2SP signed-note]: https://c2sp.org/signed-note

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use portage_keys::{Algorithm, Signer, SigningFailure, VerificationKey, digest::sha256};
use portage_reason::Reason;

/// Longest note, in bytes: 16 signatures of 5 kB, as the specification warns of, and room to spare.
pub const MAX_NOTE_BYTES: usize = 256 << 10;
/// Most signatures on a note.
pub const MAX_SIGNATURES: usize = 100;

/// "Signature types": Ed25519 as signed-note specifies it, the only one we make or take.
const ED25519: u8 = 0x01;
const SIGNATURE_PREFIX: &str = "— ";

/// Why a note, a checkpoint or a verifier key was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not what the specification says it must be.
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// Over [`MAX_NOTE_BYTES`] or [`MAX_SIGNATURES`].
    #[error("the note is over the limit")]
    TooLarge,
    /// A verifier key of a kind that Portage does not use.
    #[error("a kind of key that is not supported")]
    AlgNotAllowed,
    /// No key that we know signed it.
    #[error("no known key signed the note")]
    NotSigned,
    /// A signature under the name and id of a known key does not hold.
    #[error("a signature under the name of a known key does not hold")]
    SignatureInvalid,
    /// The checkpoint speaks of another log than the one whose key was asked for.
    #[error("the checkpoint is of another log")]
    OtherOrigin,
}

impl NoteError {
    /// The verdict. Whoever checks a proof of the log answers `log_proof_invalid` for all of them ([`crate::ProofInvalid`]).
    pub const fn reason(self) -> Reason {
        match self {
            NoteError::Malformed(_) => Reason::Malformed,
            NoteError::TooLarge => Reason::TooLarge,
            NoteError::AlgNotAllowed => Reason::AlgNotAllowed,
            NoteError::NotSigned | NoteError::SignatureInvalid => Reason::SignatureInvalid,
            NoteError::OtherOrigin => Reason::LogProofInvalid,
        }
    }
}

/// A verifier key ("vkey"): a name, an Ed25519 key, and the id that follows from both.
///
/// ```
/// use portage_transparency_log::VerifierKey;
/// let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
/// assert_eq!(vkey.parse::<VerifierKey>()?.to_string(), vkey);
/// # Ok::<(), portage_transparency_log::NoteError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerificationKey,
}

impl VerifierKey {
    /// The key `key` under `name`, which should be the log's address without scheme: `log.bc.example/authority`.
    ///
    /// # Errors
    /// [`NoteError::Malformed`]: a name that is empty, or holds a space or `+`. [`NoteError::AlgNotAllowed`]: not an Ed25519 key.
    pub fn new(name: &str, key: VerificationKey) -> Result<Self, NoteError> {
        check_name(name)?;
        if key.algorithm() != Algorithm::EdDsa {
            return Err(NoteError::AlgNotAllowed);
        }
        let hashed = sha256(&[name.as_bytes(), b"\n", &[ED25519], key.as_bytes()].concat());
        let [a, b, c, d, ..] = hashed;
        Ok(VerifierKey { name: name.to_owned(), id: [a, b, c, d], key })
    }

    /// Its name, which for a log's key is the log's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of `SHA-256(name || 0x0A || 0x01 || key)`.
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    /// Reads `<key name>+hex(key ID)+base64(0x01 || key)`.
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Malformed("a verifier key is a name, an id and a key, joined by +"));
        };
        let key = STANDARD.decode(key).map_err(|_| NoteError::Malformed("the key is not base64"))?;
        let key = match key.as_slice() {
            [ED25519, key @ ..] => VerificationKey::ed25519(key)
                .map_err(|_| NoteError::Malformed("the key is not an Ed25519 key"))?,
            _ => return Err(NoteError::AlgNotAllowed),
        };
        let vkey = Self::new(name, key)?;
        if hex(vkey.id) == id { Ok(vkey) } else { Err(NoteError::Malformed("the id is not that of the key")) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[ED25519], self.key.as_bytes()].concat());
        write!(f, "{}+{}+{key}", self.name, hex(self.id))
    }
}

/// A key that signs notes under a name.
#[derive(Clone)]
pub struct NoteSigner<'a> {
    key: VerifierKey,
    signer: &'a dyn Signer,
}

impl<'a> NoteSigner<'a> {
    /// As [`VerifierKey::new`].
    ///
    /// # Errors
    /// As [`VerifierKey::new`].
    pub fn new(name: &str, signer: &'a dyn Signer) -> Result<Self, NoteError> {
        Ok(NoteSigner { key: VerifierKey::new(name, signer.verification_key().clone())?, signer })
    }

    /// What others verify with.
    pub const fn verifier_key(&self) -> &VerifierKey {
        &self.key
    }

    /// The note: `text`, which ends in a newline, and this key's signature.
    ///
    /// # Errors
    /// [`SignNoteError`].
    pub fn sign(&self, text: &str) -> Result<String, SignNoteError> {
        check_text(text).map_err(SignNoteError::Text)?;
        let signature = self.signer.sign(text.as_bytes())?;
        let encoded = STANDARD.encode([self.key.id.as_slice(), &signature].concat());
        Ok(format!("{text}\n{SIGNATURE_PREFIX}{} {encoded}\n", self.key.name))
    }
}

impl fmt::Debug for NoteSigner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NoteSigner").field(&self.key).finish()
    }
}

/// Why a note was not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignNoteError {
    /// The text cannot be that of a note.
    #[error(transparent)]
    Text(NoteError),
    /// The key's keeper did not answer.
    #[error(transparent)]
    Key(#[from] SigningFailure),
}

/// A note as it arrived. Its text must not be looked at before [`UnverifiedNote::verify`].
#[derive(Debug, Clone)]
pub struct UnverifiedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

#[derive(Debug, Clone)]
struct NoteSignature {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl UnverifiedNote {
    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError::Malformed`], [`NoteError::TooLarge`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge);
        }
        let note = str::from_utf8(bytes).map_err(|_| NoteError::Malformed("it is not UTF-8"))?;
        check_characters(note)?;
        // "The text is separated from the signatures by the last empty line in the note."
        let (text, signatures) =
            note.rsplit_once("\n\n").ok_or(NoteError::Malformed("no empty line before the signatures"))?;
        let signatures = signatures
            .strip_suffix('\n')
            .ok_or(NoteError::Malformed("the last line does not end, or there is no signature"))?;
        let lines = signatures.split('\n');
        if lines.clone().count() > MAX_SIGNATURES {
            return Err(NoteError::TooLarge);
        }
        let signatures = lines.map(read_signature).collect::<Result<_, _>>()?;
        Ok(UnverifiedNote { text: format!("{text}\n"), signatures })
    }

    /// The text, once `key` is known to have signed it. Signatures of keys that are not `key` are ignored; every one
    /// under its name and id must hold.
    ///
    /// # Errors
    /// [`NoteError::NotSigned`], [`NoteError::SignatureInvalid`].
    pub fn verify(self, key: &VerifierKey) -> Result<VerifiedNote, NoteError> {
        let mut holds = Err(NoteError::NotSigned);
        for line in self.signatures.iter().filter(|line| line.name == key.name && line.id == key.id) {
            key.key.verify(self.text.as_bytes(), &line.signature).map_err(|_| NoteError::SignatureInvalid)?;
            holds = Ok(());
        }
        holds.map(|()| VerifiedNote { text: self.text })
    }
}

/// The text of a note that a known key signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedNote {
    text: String,
}

impl VerifiedNote {
    /// The text, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn read_signature(line: &str) -> Result<NoteSignature, NoteError> {
    let (name, encoded) = line
        .strip_prefix(SIGNATURE_PREFIX)
        .and_then(|line| line.split_once(' '))
        .ok_or(NoteError::Malformed("a signature line is a dash, a name and base64"))?;
    check_name(name)?;
    let bytes =
        STANDARD.decode(encoded).map_err(|_| NoteError::Malformed("a signature that is not base64"))?;
    match bytes.split_first_chunk() {
        Some((id, signature)) if !signature.is_empty() => {
            Ok(NoteSignature { name: name.to_owned(), id: *id, signature: signature.to_owned() })
        }
        _ => Err(NoteError::Malformed("a signature without an id or without bytes")),
    }
}

fn check_name(name: &str) -> Result<(), NoteError> {
    if name.is_empty() || name.contains(|c: char| c == '+' || c.is_whitespace() || c.is_control()) {
        return Err(NoteError::Malformed("a key name is not empty and has no spaces and no +"));
    }
    Ok(())
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::Malformed("a control character"));
    }
    Ok(())
}

fn check_text(text: &str) -> Result<(), NoteError> {
    check_characters(text)?;
    if text.len() > MAX_NOTE_BYTES / 2 {
        return Err(NoteError::TooLarge);
    }
    if text.ends_with('\n') {
        Ok(())
    } else {
        Err(NoteError::Malformed("the text does not end in a newline"))
    }
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

#[cfg(test)]
mod tests {
    use portage_keys::SigningKey;

    use super::*;

    /// "Example" of the specification.
    const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    fn verify(note: &str, vkey: &str) -> Result<String, NoteError> {
        let verified = UnverifiedNote::parse(note.as_bytes())?.verify(&vkey.parse()?)?;
        Ok(verified.text().to_owned())
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_secret_bytes(Algorithm::EdDsa, &[seed; 32]).unwrap()
    }

    #[test]
    fn the_example_of_the_specification_verifies_and_a_changed_one_does_not() {
        assert_eq!(verify(NOTE, VKEY).unwrap(), "This is an example message.\n");
        assert_eq!(verify(&NOTE.replace("example m", "another m"), VKEY), Err(NoteError::SignatureInvalid));
    }

    /// The example of golang.org/x/mod/sumdb/note: Ed25519 is deterministic, so the whole note comes out.
    #[test]
    fn the_note_of_the_go_package_comes_out() {
        let skey = STANDARD.decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz").unwrap();
        let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &skey[1..]).unwrap();
        let signer = NoteSigner::new("PeterNeumann", &key).unwrap();
        assert_eq!(
            signer.verifier_key().to_string(),
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        );
        let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let signed = signer.sign(text).unwrap();
        assert_eq!(
            signed,
            format!(
                "{text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
            )
        );
    }

    #[test]
    fn signatures_of_unknown_keys_are_ignored_and_one_of_ours_is_needed() {
        let (ours, theirs) = (key(1), key(2));
        let ours = NoteSigner::new("log.example", &ours).unwrap();
        let same_name = NoteSigner::new("log.example", &theirs).unwrap();
        let witness = NoteSigner::new("witness.example", &theirs).unwrap();
        let vkey = ours.verifier_key().to_string();
        let line = |signer: &NoteSigner<'_>| signer.sign("text\n").unwrap().split_off("text\n\n".len());
        let both = format!("text\n\n{}{}{}", line(&witness), line(&same_name), line(&ours));
        assert_eq!(verify(&both, &vkey).unwrap(), "text\n");
        // The same without ours: another key of that name is nobody we know.
        let without = both.replace(&line(&ours), "");
        assert_eq!(verify(&without, &vkey), Err(NoteError::NotSigned));
        // A signature under our name and our id, made by somebody else.
        let (_, encoded) =
            line(&same_name).trim_end().rsplit_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let mut bytes = STANDARD.decode(encoded).unwrap();
        bytes[..4].copy_from_slice(&ours.verifier_key().id());
        let collision = format!("text\n\n{SIGNATURE_PREFIX}log.example {}\n", STANDARD.encode(bytes));
        assert_eq!(verify(&collision, &vkey), Err(NoteError::SignatureInvalid));
        // Beside a good one it refuses the note, too.
        let beside = format!("{both}{}", collision.trim_start_matches("text\n\n"));
        assert_eq!(verify(&beside, &vkey), Err(NoteError::SignatureInvalid));
    }

    #[test]
    fn a_text_may_hold_empty_lines() {
        let key = key(1);
        let signer = NoteSigner::new("log.example", &key).unwrap();
        let note = signer.sign("a\n\n\nb\n").unwrap();
        assert_eq!(verify(&note, &signer.verifier_key().to_string()).unwrap(), "a\n\n\nb\n");
    }

    #[test]
    fn what_is_not_a_note_is_malformed() {
        let line = NOTE.split_once("\n\n").unwrap().1;
        for (what, note) in [
            ("no empty line", NOTE.replace("\n\n", "\n")),
            ("no signature", "This is an example message.\n\n".to_owned()),
            ("no newline at the end", NOTE.trim_end().to_owned()),
            ("an empty line at the end", format!("{NOTE}\n")),
            ("a carriage return", NOTE.replace("message.\n", "message.\r\n")),
            ("a tab", NOTE.replace("an example", "an\texample")),
            ("a hyphen for the dash", NOTE.replace('—', "-")),
            ("a name with a plus", NOTE.replace("example.com/foo", "example.com+foo")),
            ("a name with a no-break space", NOTE.replace("example.com/foo", "example.com\u{a0}foo")),
            ("no name", NOTE.replace("example.com/foo ", " ")),
            ("two spaces", NOTE.replace("foo Uw2", "foo  Uw2")),
            ("no padding", NOTE.replace("aQM=", "aQM")),
            ("bits after the end", NOTE.replace("aQM=", "aQN=")),
            ("an id alone", format!("text\n\n{SIGNATURE_PREFIX}a AAAAAA==\n")),
            ("something after the signatures", format!("{NOTE}more\n")),
        ] {
            assert!(matches!(verify(&note, VKEY), Err(NoteError::Malformed(_))), "{what}");
        }
        assert!(matches!(UnverifiedNote::parse(b"\xff\n\n"), Err(NoteError::Malformed(_))));
        let many = |count| format!("text\n\n{}", line.repeat(count));
        assert!(UnverifiedNote::parse(many(MAX_SIGNATURES).as_bytes()).is_ok());
        assert!(matches!(
            UnverifiedNote::parse(many(MAX_SIGNATURES + 1).as_bytes()),
            Err(NoteError::TooLarge)
        ));
        let long = NOTE.replace("example", &"e".repeat(MAX_NOTE_BYTES));
        assert!(matches!(UnverifiedNote::parse(long.as_bytes()), Err(NoteError::TooLarge)));
    }

    #[test]
    fn what_is_not_a_verifier_key_is_refused() {
        assert!(VKEY.parse::<VerifierKey>().is_ok());
        for vkey in [
            VKEY.replace("530d903a", "530D903A"),
            VKEY.replace("530d903a", "530d903b"),
            VKEY.replace("example.com/foo", "example.com/fop"),
            VKEY.replace("example.com/foo", ""),
            VKEY.replace("U2k", "U2l"),
            VKEY.replace("3U2k", ""),
            "example.com/foo".to_owned(),
            String::new(),
        ] {
            assert!(matches!(vkey.parse::<VerifierKey>(), Err(NoteError::Malformed(_))), "{vkey}");
        }
        // Type 0x04, a cosignature.
        let cosignature = VKEY.replace("+Aeky", "+BOky");
        assert_eq!(cosignature.parse::<VerifierKey>(), Err(NoteError::AlgNotAllowed));
        let p256 = SigningKey::from_secret_bytes(Algorithm::Es256, &[7; 32]).unwrap();
        assert_eq!(NoteSigner::new("log.example", &p256).err(), Some(NoteError::AlgNotAllowed));
    }

    #[test]
    fn a_text_that_cannot_be_a_note_is_not_signed() {
        let key = key(1);
        let signer = NoteSigner::new("log.example", &key).unwrap();
        assert!(signer.sign("text\n").is_ok());
        for text in ["text", "", "te\rxt\n"] {
            assert!(matches!(signer.sign(text), Err(SignNoteError::Text(_))), "{text:?}");
        }
    }
}
