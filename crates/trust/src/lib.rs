//! Who may issue what, and who may ask what and why.
//!
//! Two questions, [`Authority::may_issue`] and [`Authority::may_ask`]; two sources one day: today `trust.json` ([`TrustList`]), later the
//! authorities' statements. Empty or absent: nobody is trusted.

mod list;

pub use list::{TrustError, TrustList};

use portage_catalog::{PurposeId, Text};
use portage_reason::Reason;

/// The tier of government (or `other`) somebody issues for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Federal.
    Federal,
    /// Provincial.
    Provincial,
    /// Territorial.
    Territorial,
    /// Indigenous.
    Indigenous,
    /// Municipal.
    Municipal,
    /// Not a government.
    Other,
}

/// An issuer that may issue the type: evidence for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerAuthorized {
    /// Its identifier: a DID or https URL.
    pub id: String,
    /// Its name; `None` only under [`AnyIssuer`].
    pub name: Option<Text>,
    /// Its tier.
    pub tier: Option<Tier>,
    /// Where this was found: `trust.json`, `any`.
    pub source: &'static str,
}

/// A verifier as the authority knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownVerifier {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: Text,
}

/// The answer to `may_ask`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MayAsk {
    /// Known, and this purpose is registered for it.
    Registered(KnownVerifier),
    /// Known, but not for this purpose.
    NotRegistered(KnownVerifier),
    /// Unknown: shown as unknown, answered only after a second, explicit consent.
    Unknown,
}

/// Where the two questions are answered. Types are named by their catalogue id or `vct` or VCDM type: `types` holds every name the
/// credential goes by, and one listed name suffices.
pub trait Authority: Send + Sync {
    /// May `issuer` issue a credential that goes by these names?
    ///
    /// # Errors
    /// [`Reason::IssuerNotTrusted`], [`Reason::IssuerNotAuthorizedForType`].
    fn may_issue(&self, issuer: &str, types: &[&str]) -> Result<IssuerAuthorized, Reason>;

    /// May `verifier` ask for `purpose`?
    fn may_ask(&self, verifier: &str, purpose: Option<&PurposeId>) -> MayAsk;
}

/// `--trust any`: skips the trust list and nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyIssuer;

impl Authority for AnyIssuer {
    fn may_issue(&self, issuer: &str, _types: &[&str]) -> Result<IssuerAuthorized, Reason> {
        Ok(IssuerAuthorized { id: issuer.to_owned(), name: None, tier: None, source: "any" })
    }

    fn may_ask(&self, _verifier: &str, _purpose: Option<&PurposeId>) -> MayAsk {
        MayAsk::Unknown
    }
}
