//! SHA-2 digests and constant-time comparison.

/// The hash functions Portage computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HashAlgorithm {
    /// `sha-256`, the default of RFC 9901.
    #[default]
    Sha256,
    /// `sha-384`.
    Sha384,
    /// `sha-512`.
    Sha512,
}

impl HashAlgorithm {
    /// Reads an IANA Named Information name (`sha-256`, `sha-384`, `sha-512`); everything else is `None`.
    pub fn from_named_information(name: &str) -> Option<Self> {
        match name {
            "sha-256" => Some(Self::Sha256),
            "sha-384" => Some(Self::Sha384),
            "sha-512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The digest of `bytes`.
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        let _ = bytes;
        todo!()
    }
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let _ = bytes;
    todo!()
}

/// HMAC-SHA-256, for keyed hashes of one-time values at rest.
pub fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let _ = (key, message);
    todo!()
}

/// Compares without a branch on the content.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    let _ = (a, b);
    todo!()
}
