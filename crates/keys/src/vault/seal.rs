use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

use super::VaultError;
use crate::Entropy;

/// What a sealed piece is: part of its associated data, so that none stands in for another.
#[derive(Clone, Copy)]
pub(super) enum Label<'a> {
    DataKey,
    Index,
    Record { id: &'a str, version: u64 },
}

impl Label<'_> {
    /// A fixed 32 bytes, a kind, a version, and only then a text of any length: no two labels have one encoding.
    fn associated_data(self, bound_to: &[u8; 32]) -> Vec<u8> {
        let (kind, version, id) = match self {
            Label::DataKey => (1_u8, 0, ""),
            Label::Index => (2, 0, ""),
            Label::Record { id, version } => (3, version, id),
        };
        [bound_to.as_slice(), &[kind], &version.to_be_bytes(), id.as_bytes()].concat()
    }
}

const NONCE: usize = 24;

/// Appends a sealed piece: nonce, length, ciphertext with tag.
pub(super) fn write_sealed(
    out: &mut Vec<u8>,
    key: &[u8; 32],
    bound_to: &[u8; 32],
    label: Label<'_>,
    plaintext: &[u8],
    entropy: &dyn Entropy,
) {
    let mut nonce = [0; NONCE];
    entropy.fill(&mut nonce);
    let payload = Payload { msg: plaintext, aad: &label.associated_data(bound_to) };
    #[expect(
        clippy::expect_used,
        reason = "the cipher refuses texts of 256 GiB and more; ours are in memory"
    )]
    let ciphertext =
        XChaCha20Poly1305::new(key.into()).encrypt(&nonce.into(), payload).expect("under 256 GiB");
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&(ciphertext.len() as u64).to_be_bytes());
    out.extend_from_slice(&ciphertext);
}

/// Reads a file from the front.
#[derive(Clone, Copy)]
pub(super) struct Reader<'f> {
    rest: &'f [u8],
}

impl<'f> Reader<'f> {
    pub(super) fn new(bytes: &'f [u8]) -> Self {
        Reader { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn finish(self) -> Result<(), VaultError> {
        if self.is_empty() { Ok(()) } else { Err(VaultError::Corrupt("something after its last record")) }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], VaultError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(CUT_SHORT)?;
        self.rest = rest;
        Ok(*array)
    }

    /// Bytes after their number.
    pub(super) fn counted(&mut self) -> Result<&'f [u8], VaultError> {
        let length = usize::try_from(u64::from_be_bytes(self.array()?)).map_err(|_| CUT_SHORT)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(CUT_SHORT)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// What lies between here and the place that `later` reached.
    pub(super) fn up_to(&self, later: &Reader<'_>) -> &'f [u8] {
        let length = self.rest.len().saturating_sub(later.rest.len());
        self.rest.get(..length).unwrap_or_default()
    }

    pub(super) fn skip_sealed(&mut self) -> Result<(), VaultError> {
        self.array::<NONCE>()?;
        self.counted().map(drop)
    }

    /// Opens the next sealed piece as what it should be.
    pub(super) fn open(
        &mut self,
        key: &[u8; 32],
        bound_to: &[u8; 32],
        label: Label<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let nonce = self.array::<NONCE>()?;
        let payload = Payload { msg: self.counted()?, aad: &label.associated_data(bound_to) };
        XChaCha20Poly1305::new(key.into())
            .decrypt(&nonce.into(), payload)
            .map(Zeroizing::new)
            .map_err(|_| VaultError::Corrupt("a seal does not hold"))
    }
}

const CUT_SHORT: VaultError = VaultError::Corrupt("it is cut short");
