//! Certificate chains (RFC 5280), as OpenID4VP 1.0 §5.9.3 and HAIP 1.0 use them: a leaf whose key signs, and the way from it up to an anchor that is
//! pinned here.
//!
//! `rustls-webpki` builds and checks the path: signatures, times, basic constraints, name constraints. Here stands what the profile adds: the
//! leaf comes first, is not an authority itself, and no anchor comes along (who brings the end of a chain would be believed because of it).
//! What a certificate says about keys of other kinds (RSA, P-521) is refused: the leaf's key is one of [`VerificationKey`].
//!
//! Not here: revocation (no list is fetched: it would tell the authority who asks whom), and what the host that a certificate names may ask.
//!
//! ```
//! use portage_x509::{CertificateChain, X509Error};
//! assert_eq!(CertificateChain::parse(vec![]).unwrap_err(), X509Error::Malformed("a chain of no certificate"));
//! ```

use std::time::Duration;

use jiff::Timestamp;
use portage_keys::{KeyError, VerificationKey, digest::sha256};
use portage_reason::Reason;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert,
    ring::{
        ECDSA_P256_SHA256, ECDSA_P256_SHA384, ECDSA_P384_SHA256, ECDSA_P384_SHA384, ED25519,
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    },
};

/// The most certificates of a chain.
const MAX_CERTIFICATES: usize = 8;
/// The longest of them, in bytes.
const MAX_CERTIFICATE: usize = 16 << 10;

/// What authorities sign certificates with.
const SIGNATURES: &[&dyn SignatureVerificationAlgorithm] = &[
    ECDSA_P256_SHA256,
    ECDSA_P256_SHA384,
    ECDSA_P384_SHA256,
    ECDSA_P384_SHA384,
    ED25519,
    RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512,
];

/// A chain as it arrived, the leaf first: nothing in it is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateChain(Vec<Vec<u8>>);

/// The leaf of a chain that holds up to a pinned anchor. Made by [`CertificateChain::verify`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedLeaf {
    key: VerificationKey,
    dns_names: Vec<String>,
    sha256: [u8; 32],
}

/// What a certificate says of itself: for whoever owns the key, proved by nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedLeaf(VerifiedLeaf);

impl UnverifiedLeaf {
    /// The key that it is about.
    pub fn key(&self) -> &VerificationKey {
        &self.0.key
    }

    /// Whether it names this host.
    pub fn names_host(&self, host: &str) -> bool {
        self.0.names_host(host)
    }
}

/// Why a chain was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum X509Error {
    /// Not certificates, or none, or too many.
    #[error("not a chain of certificates: {0}")]
    Malformed(&'static str),
    /// The leaf's key is of a kind that is not verified here.
    #[error("a certificate of a kind of key that is not supported")]
    Unsupported,
    /// An anchor stands in the chain itself, or the leaf is signed with its own key.
    #[error("a chain that brings its own anchor along")]
    AnchorCarried,
    /// The time of a certificate is over, or has not come.
    #[error("a certificate whose time is over or has not come")]
    NotNow,
    /// No way to a pinned anchor holds.
    #[error("no anchor that is trusted here vouches for the certificate")]
    NotTrusted,
}

impl X509Error {
    /// `malformed`, `alg_not_allowed` or `trust_chain_invalid`.
    pub fn reason(&self) -> Reason {
        match self {
            X509Error::Malformed(_) => Reason::Malformed,
            X509Error::Unsupported => Reason::AlgNotAllowed,
            X509Error::AnchorCarried | X509Error::NotNow | X509Error::NotTrusted => Reason::TrustChainInvalid,
        }
    }
}

impl CertificateChain {
    /// Takes the certificates in DER, the leaf first.
    ///
    /// # Errors
    /// [`X509Error::Malformed`].
    pub fn parse(certificates: Vec<Vec<u8>>) -> Result<Self, X509Error> {
        if certificates.is_empty() {
            return Err(X509Error::Malformed("a chain of no certificate"));
        }
        if certificates.len() > MAX_CERTIFICATES || certificates.iter().any(|der| der.len() > MAX_CERTIFICATE)
        {
            return Err(X509Error::Malformed("over the limit"));
        }
        Ok(CertificateChain(certificates))
    }

    /// The certificates in DER, the leaf first.
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.0
    }

    /// The SHA-256 digest of the leaf's DER: the identifier of `x509_hash`.
    pub fn leaf_digest(&self) -> [u8; 32] {
        self.0.first().map(|leaf| sha256(leaf)).unwrap_or_default()
    }

    /// Verifies the chain at a time, up to one of the anchors, certificates in DER that the caller pinned.
    ///
    /// # Errors
    /// [`X509Error`].
    pub fn verify(&self, anchors: &[Vec<u8>], now: Timestamp) -> Result<VerifiedLeaf, X509Error> {
        if self.0.iter().any(|der| anchors.contains(der)) {
            return Err(X509Error::AnchorCarried);
        }
        let certificates: Vec<CertificateDer<'_>> =
            self.0.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let (first, intermediates) = certificates.split_first().ok_or(X509Error::Malformed("no leaf"))?;
        let leaf = EndEntityCert::try_from(first).map_err(|_| X509Error::Malformed("the leaf"))?;
        if leaf.subject() == leaf.issuer() {
            return Err(X509Error::AnchorCarried);
        }
        let pinned: Vec<CertificateDer<'_>> =
            anchors.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let pinned: Vec<_> = pinned.iter().filter_map(|der| anchor_from_trusted_cert(der).ok()).collect();
        let seconds = u64::try_from(now.as_second()).map_err(|_| X509Error::NotNow)?;
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        leaf.verify_for_usage(SIGNATURES, &pinned, intermediates, time, AnyUsage, None, None).map_err(
            |error| match error {
                Error::CertExpired { .. } | Error::CertNotValidYet { .. } => X509Error::NotNow,
                _ => X509Error::NotTrusted,
            },
        )?;
        self.read(&leaf)
    }

    /// What the leaf says of itself, to whoever owns its key.
    ///
    /// # Errors
    /// [`X509Error::Malformed`], [`X509Error::Unsupported`].
    pub fn unverified_leaf(&self) -> Result<UnverifiedLeaf, X509Error> {
        let first = self.0.first().ok_or(X509Error::Malformed("no leaf"))?;
        let der = CertificateDer::from(first.as_slice());
        let leaf = EndEntityCert::try_from(&der).map_err(|_| X509Error::Malformed("the leaf"))?;
        self.read(&leaf).map(UnverifiedLeaf)
    }

    fn read(&self, leaf: &EndEntityCert<'_>) -> Result<VerifiedLeaf, X509Error> {
        let key = VerificationKey::from_subject_public_key_info(&leaf.subject_public_key_info());
        let key = key.map_err(|error| match error {
            KeyError::Malformed(what) => X509Error::Malformed(what),
            KeyError::Unsupported => X509Error::Unsupported,
        })?;
        let dns_names = leaf.valid_dns_names().map(str::to_ascii_lowercase).collect();
        Ok(VerifiedLeaf { key, dns_names, sha256: self.leaf_digest() })
    }
}

impl VerifiedLeaf {
    /// The key that the certificate is about.
    pub fn key(&self) -> &VerificationKey {
        &self.key
    }

    /// Whether one of its `dNSName` entries is this host, letter for letter: a wildcard names no host.
    pub fn names_host(&self, host: &str) -> bool {
        self.dns_names.iter().any(|name| *name == host.to_ascii_lowercase())
    }

    /// The SHA-256 digest of its DER.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

/// The profiles name no extended key usage that a leaf must have.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    fn params(name: &str, hosts: &[&str]) -> CertificateParams {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        params
    }

    /// An anchor and a leaf below it, in DER.
    fn chain(change: impl FnOnce(&mut CertificateParams)) -> (Vec<u8>, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let mut of_anchor = params("Anchor", &[]);
        of_anchor.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let anchor = of_anchor.self_signed(&key).unwrap();
        let mut of_leaf = params("Market", &["market.example", "*.shops.example"]);
        change(&mut of_leaf);
        let leaf = of_leaf.signed_by(&KeyPair::generate().unwrap(), &Issuer::new(of_anchor, &key)).unwrap();
        (anchor.der().to_vec(), leaf.der().to_vec())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn verify(
        certificates: Vec<Vec<u8>>,
        anchors: &[Vec<u8>],
        time: &str,
    ) -> Result<VerifiedLeaf, X509Error> {
        CertificateChain::parse(certificates).unwrap().verify(anchors, at(time))
    }

    const NOW: &str = "2026-06-01T00:00:00Z";

    #[test]
    fn a_leaf_below_a_pinned_anchor_holds_for_its_hosts_alone() {
        let (anchor, leaf) = chain(|_| ());
        let held = verify(vec![leaf.clone()], std::slice::from_ref(&anchor), NOW).unwrap();
        assert!(held.names_host("market.example") && held.names_host("Market.Example"));
        for host in ["example", "x.market.example", "a.shops.example", "*.shops.example.", ""] {
            assert!(!held.names_host(host), "{host}");
        }
        assert_eq!(held.sha256(), &sha256(&leaf));
    }

    #[test]
    fn w05_another_anchor_time_a_carried_anchor_and_a_leaf_of_its_own_are_refused() {
        let (anchor, leaf) = chain(|_| ());
        let (other, _) = chain(|_| ());
        let pinned = std::slice::from_ref(&anchor);
        assert!(verify(vec![leaf.clone()], pinned, NOW).is_ok());
        assert_eq!(verify(vec![leaf.clone()], &[other], NOW), Err(X509Error::NotTrusted));
        assert_eq!(verify(vec![leaf.clone()], &[], NOW), Err(X509Error::NotTrusted));
        for time in ["2025-12-31T00:00:00Z", "2027-01-02T00:00:00Z"] {
            assert_eq!(verify(vec![leaf.clone()], pinned, time), Err(X509Error::NotNow));
        }
        assert_eq!(verify(vec![leaf.clone(), anchor.clone()], pinned, NOW), Err(X509Error::AnchorCarried));
        let own = params("Market", &["market.example"]).self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert_eq!(verify(vec![own.der().to_vec()], pinned, NOW), Err(X509Error::AnchorCarried));
        assert!(verify(vec![vec![0x30, 0x00]], pinned, NOW).is_err());
        assert!(verify(vec![leaf[..leaf.len() - 1].to_vec()], pinned, NOW).is_err());
        assert!(CertificateChain::parse(vec![leaf; 9]).is_err());
    }

    #[test]
    fn w05_an_authority_is_no_leaf() {
        let (anchor, ca) = chain(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
        assert!(verify(vec![ca], &[anchor], NOW).is_err());
    }
}
