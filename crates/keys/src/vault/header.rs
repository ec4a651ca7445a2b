use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use super::{
    VaultError,
    seal::{Label, Reader, write_sealed},
};
use crate::{Entropy, digest::sha256};

/// Argon2id cost. Bounds are enforced both ways when opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfParams {
    /// Memory in KiB: 19,456 (19 MiB) to 262,144 (256 MiB).
    pub memory_kib: u32,
    /// Passes: 2 to 16.
    pub passes: u32,
    /// Lanes: 1 to 4.
    pub lanes: u32,
}

impl Default for KdfParams {
    /// OWASP's first choice with headroom: 64 MiB, 3 passes, 1 lane.
    fn default() -> Self {
        KdfParams { memory_kib: 64 << 10, passes: 3, lanes: 1 }
    }
}

impl KdfParams {
    /// The least that is accepted, OWASP's minimum: 19 MiB, 2 passes, 1 lane.
    pub const MINIMUM: KdfParams = KdfParams { memory_kib: 19_456, passes: 2, lanes: 1 };

    pub(crate) fn check(self) -> Result<Self, VaultError> {
        let within = (19_456..=262_144).contains(&self.memory_kib)
            && (2..=16).contains(&self.passes)
            && (1..=4).contains(&self.lanes);
        if within { Ok(self) } else { Err(VaultError::ParamsNotAllowed) }
    }

    /// The key that wraps the data key. Only called with checked parameters: this is where the memory is taken.
    pub(crate) fn derive_key(
        self,
        passphrase: &str,
        salt: &[u8; SALT],
    ) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let mut key = Zeroizing::new([0; 32]);
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .and_then(|params| {
                Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
                    passphrase.as_bytes(),
                    salt,
                    key.as_mut(),
                )
            })
            .map_err(|_| VaultError::ParamsNotAllowed)?;
        Ok(key)
    }
}

const MAGIC: &[u8; 8] = b"PRTGVLT\n";
const VERSION: u16 = 1;
const SALT: usize = 32;

/// The header as it stands in the file, and what was read of it.
pub(super) struct Header {
    bytes: Vec<u8>,
    digest: [u8; 32],
    params: KdfParams,
    salt: [u8; SALT],
}

impl Header {
    /// A header with a new salt around a new data key.
    pub(super) fn create(
        passphrase: &str,
        params: KdfParams,
        entropy: &dyn Entropy,
    ) -> Result<(Self, Zeroizing<[u8; 32]>), VaultError> {
        let mut salt = [0; SALT];
        entropy.fill(&mut salt);
        let mut data_key = Zeroizing::new([0; 32]);
        entropy.fill(data_key.as_mut());

        let wrapping_key = params.check()?.derive_key(passphrase, &salt)?;
        let mut bytes = plain_part(params, &salt);
        let bound_to = sha256(&bytes);
        write_sealed(&mut bytes, &wrapping_key, &bound_to, Label::DataKey, data_key.as_slice(), entropy);
        let digest = sha256(&bytes);
        bytes.extend_from_slice(&digest);
        Ok((Header { bytes, digest, params, salt }, data_key))
    }

    /// Reads a header; what it asks for is not yet done.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, VaultError> {
        let start = *reader;
        if reader.array()? != *MAGIC {
            return Err(VaultError::Corrupt("it is not a vault"));
        }
        if u16::from_be_bytes(reader.array()?) != VERSION {
            return Err(VaultError::Newer);
        }
        let params = KdfParams {
            memory_kib: u32::from_be_bytes(reader.array()?),
            passes: u32::from_be_bytes(reader.array()?),
            lanes: u32::from_be_bytes(reader.array()?),
        };
        let salt = reader.array()?;
        reader.skip_sealed()?;
        let covered = start.up_to(reader);
        let digest = reader.array()?;
        if sha256(covered) != digest {
            return Err(VaultError::Corrupt("the digest of its header does not fit"));
        }
        Ok(Header { bytes: start.up_to(reader).to_vec(), digest, params: params.check()?, salt })
    }

    pub(super) fn unwrap_data_key(&self, passphrase: &str) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let wrapping_key = self.params.derive_key(passphrase, &self.salt)?;
        let plain = plain_part(self.params, &self.salt);
        let mut reader = Reader::new(self.bytes.get(plain.len()..).unwrap_or_default());
        let data_key = reader
            .open(&wrapping_key, &sha256(&plain), Label::DataKey)
            .map_err(|_| VaultError::PassphraseWrong)?;
        let data_key =
            data_key.as_slice().try_into().map_err(|_| VaultError::Corrupt("a data key of another size"))?;
        Ok(Zeroizing::new(data_key))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What index and records are bound to.
    pub(super) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// Everything before the wrapped data key; the wrapping is bound to it.
fn plain_part(params: KdfParams, salt: &[u8; SALT]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&VERSION.to_be_bytes());
    for number in [params.memory_kib, params.passes, params.lanes] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.extend_from_slice(salt);
    bytes
}
