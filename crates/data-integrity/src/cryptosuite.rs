//! The cryptosuites: their names, the form that they sign, the keys that sign under them.

use portage_keys::{Algorithm, digest::HashAlgorithm};

/// The cryptosuites (EdDSA and ECDSA cryptosuites 1.0 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cryptosuite {
    /// `eddsa-rdfc-2022`.
    EddsaRdfc2022,
    /// `eddsa-jcs-2022`.
    EddsaJcs2022,
    /// `ecdsa-rdfc-2019`, with P-256 or P-384.
    EcdsaRdfc2019,
    /// `ecdsa-jcs-2019`, with P-256 or P-384.
    EcdsaJcs2019,
}

/// The form of a document that is hashed and signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CanonicalForm {
    /// Canonical N-Quads (RDFC-1.0).
    Rdfc,
    /// Canonical JSON (RFC 8785).
    Jcs,
}

impl Cryptosuite {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::EddsaRdfc2022, Self::EddsaJcs2022, Self::EcdsaRdfc2019, Self::EcdsaJcs2019];

    /// The identifier.
    pub const fn name(self) -> &'static str {
        match self {
            Cryptosuite::EddsaRdfc2022 => "eddsa-rdfc-2022",
            Cryptosuite::EddsaJcs2022 => "eddsa-jcs-2022",
            Cryptosuite::EcdsaRdfc2019 => "ecdsa-rdfc-2019",
            Cryptosuite::EcdsaJcs2019 => "ecdsa-jcs-2019",
        }
    }

    /// Reads the identifier.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name() == name)
    }

    /// Whether a key of this algorithm signs under it.
    pub const fn takes(self, algorithm: Algorithm) -> bool {
        match self {
            Cryptosuite::EddsaRdfc2022 | Cryptosuite::EddsaJcs2022 => matches!(algorithm, Algorithm::EdDsa),
            Cryptosuite::EcdsaRdfc2019 | Cryptosuite::EcdsaJcs2019 => {
                matches!(algorithm, Algorithm::Es256 | Algorithm::Es384)
            }
        }
    }

    /// Those that a key of this algorithm signs under, the one over RDF first: it is the one that every verifier of the W3C's has.
    pub fn of(algorithm: Algorithm) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |suite| suite.takes(algorithm))
    }

    pub(crate) const fn canonical_form(self) -> CanonicalForm {
        match self {
            Cryptosuite::EddsaRdfc2022 | Cryptosuite::EcdsaRdfc2019 => CanonicalForm::Rdfc,
            Cryptosuite::EddsaJcs2022 | Cryptosuite::EcdsaJcs2019 => CanonicalForm::Jcs,
        }
    }
}

/// The hash function that goes with a key: of P-384 SHA-384, inside RDFC-1.0 as well (ECDSA cryptosuites §3.2.3, §3.2.4).
pub const fn hash_algorithm(key: Algorithm) -> HashAlgorithm {
    match key {
        Algorithm::EdDsa | Algorithm::Es256 => HashAlgorithm::Sha256,
        Algorithm::Es384 => HashAlgorithm::Sha384,
    }
}
