//! Who may issue what, and who may ask what and why.
//!
//! Two questions, [`Authority::may_issue`] and [`Authority::may_ask`]; two sources: `trust.json` ([`TrustList`]), and the authorities' own
//! statements ([`FederationAuthority`], over chains that `portage-federation` validated). Empty or absent: nobody is trusted.
//!
//! A good signature says who; this crate says whether they may. It checks no signature and fetches nothing.
//!
//! ```
//! use portage_reason::Reason;
//! use portage_trust::{Authority, TrustList};
//! # fn main() -> Result<(), portage_trust::TrustError> {
//! let list = TrustList::parse(
//!     br#"{"issuers": [{"id": "did:web:city.example", "name": {"en": "The City", "fr": "La Ville"},
//!         "tier": "municipal", "types": ["business-licence"]}]}"#,
//! )?;
//! assert!(list.may_issue("did:web:city.example", &["business-licence"]).is_ok());
//! assert_eq!(list.may_issue("did:web:city.example", &["person"]), Err(Reason::IssuerNotAuthorizedForType));
//! assert_eq!(list.may_issue("did:web:town.example", &["person"]), Err(Reason::IssuerNotTrusted));
//! # Ok(())
//! # }
//! ```

mod anchor;
mod authorities;
mod federation;
mod inquiry;
mod learning;
mod list;
mod listed_key;
mod logs;
mod marks;

pub use anchor::TrustedAnchor;
pub use authorities::Authorities;
pub use federation::{ChainEvidence, ChainLink, FederationAuthority, LinkInLog, ResolvedChains};
pub use inquiry::{Inquiry, Wanted};
pub use list::{CertificateAnchor, TrustError, TrustList, TrustedIssuer, TrustedVerifier};
pub use listed_key::{ListedKey, ListedReason};
pub use logs::{BrokenCheckpoint, RememberedLog};
pub use marks::{MarkIssuer, RequiringMarks, ShownMark};

pub use portage_federation::{Role, Tier};

use jiff::Timestamp;
use portage_catalog::{Purpose, PurposeId, Text};
use portage_keys::VerificationKey;
use portage_reason::Reason;
use serde_json::{Map, Value};

/// An issuer that may issue the type: evidence for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerAuthorized {
    /// Its identifier: a DID or https URL.
    pub id: String,
    /// Its name; `None` only under [`AnyIssuer`].
    pub name: Option<Text>,
    /// Its tier.
    pub tier: Option<Tier>,
    /// Where this was found: `trust.json`, `federation`, `any`.
    pub source: &'static str,
    /// The chain it rests on, where it rests on one.
    pub chain: Option<ChainEvidence>,
}

/// A verifier as the authority knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownVerifier {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// The chain that it is known by, where it is by one.
    pub chain: Option<ChainEvidence>,
}

/// A purpose that an authority signed for a verifier, as one chain bears it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VouchedPurpose {
    /// The verifier.
    pub verifier: KnownVerifier,
    /// The authority's identifier.
    pub authority: String,
    /// The authority's name.
    pub authority_name: Text,
    /// The purpose: words, law, query, retention.
    pub purpose: Purpose,
    /// When the authority's word ends.
    pub until: Timestamp,
    /// Where in the authority's log it stands.
    pub log: LinkInLog,
    /// The chain that the authority and the verifier stand on.
    pub chain: ChainEvidence,
}

/// An entity in one of its roles, as one chain shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownEntity {
    /// Its Entity Identifier.
    pub id: String,
    /// The DIDs that its superior says are its own.
    pub identifiers: Vec<String>,
    /// Its metadata in that role, after every policy and constraint.
    pub metadata: Map<String, Value>,
    /// The chain.
    pub chain: ChainEvidence,
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

/// Where the two questions are answered.
///
/// A type goes by several names: its catalogue id, its `vct`, its VCDM type. [`Authority::may_issue`] is given every name of **one**
/// type, and one listed name suffices. A credential that claims to be of several types at once (VCDM 2.0 allows it) is asked about with
/// [`Authority::may_issue_all`]: the right to one of its types is no right to the others.
pub trait Authority: Send + Sync {
    /// May `issuer` issue the type that goes by these names?
    ///
    /// # Errors
    /// [`Reason::IssuerNotTrusted`], [`Reason::IssuerNotAuthorizedForType`].
    fn may_issue(&self, issuer: &str, types: &[&str]) -> Result<IssuerAuthorized, Reason>;

    /// May `issuer` issue a credential of all these types, each with its names? Of none is a type it may not issue.
    ///
    /// # Errors
    /// As [`Authority::may_issue`].
    fn may_issue_all(&self, issuer: &str, types: &[&[&str]]) -> Result<IssuerAuthorized, Reason> {
        let Some((first, others)) = types.split_first() else { return self.may_issue(issuer, &[]) };
        let authorized = self.may_issue(issuer, first)?;
        others.iter().try_for_each(|names| self.may_issue(issuer, names).map(drop))?;
        Ok(authorized)
    }

    /// May `verifier` ask for `purpose`?
    fn may_ask(&self, verifier: &str, purpose: Option<&PurposeId>) -> MayAsk;

    /// What an authority vouches for in a statement that the verifier brought along (a purpose statement, compact).
    ///
    /// # Errors
    /// [`Reason::LogProofInvalid`]: that it was published is not shown, or the log does not hold. [`Reason::PurposeNotRegistered`]: as though there
    /// were no statement: of a stranger, of another verifier, forged, over, on a chain that is over.
    fn vouched_purpose(&self, _verifier: &str, _statement: &str) -> Result<VouchedPurpose, Reason> {
        Err(Reason::PurposeNotRegistered)
    }

    /// Whether nothing speaks against the public logs under what is known of a verifier. One that is [`MayAsk::Unknown`] may be known by
    /// chains whose logs do not hold: people are told that.
    ///
    /// # Errors
    /// [`Reason::LogProofInvalid`].
    fn check_logs(&self, _verifier: &str) -> Result<(), Reason> {
        Ok(())
    }

    /// The entity of this Entity Identifier in a role, as the shortest chain shows it that leaves it that role now. `None` without such a
    /// chain; a list knows no metadata.
    fn entity(&self, _id: &str, _role: Role) -> Option<KnownEntity> {
        None
    }

    /// The certificates, in DER, of the authorities that are pinned for certificate chains; none: no certificate proves anything.
    fn certificate_anchors(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// Takes in a chain that somebody brought along about themselves, as far as it holds; then nothing has to be asked. What does not hold is passed
    /// over.
    fn take_chain(&self, _of: &str, _statements: &[String], _now: Timestamp) {}

    /// What has to be read from outside before the two questions can be answered about `id`, an issuer or verifier. `None` where nothing
    /// outside could change the answer, or what is known is still good at `now`.
    fn inquire(&self, _id: &str, _now: Timestamp) -> Option<Box<dyn Inquiry>> {
        None
    }

    /// Of whoever goes by these names: the did:webvh at the address of a did:web among them, as far as it is known. The address alone does
    /// not say which did:webvh it is.
    fn did_webvh_beside(&self, _names: &[String]) -> Vec<String> {
        Vec::new()
    }

    /// What is to be kept of the authorities' logs, so that a later run holds them to it.
    fn remembered_logs(&self) -> Vec<RememberedLog> {
        Vec::new()
    }

    /// Takes up what an earlier run kept.
    fn restore_logs(&self, _kept: &[RememberedLog]) {}

    /// What has to be read before a purpose statement about `about`, whose chains are known, can be judged: the former keys of its issuer, when it
    /// signed before it changed its key, and files of the log that it stands in. `None` where nothing has. What its log shows is remembered.
    fn inquire_statement(&self, _about: &str, _statement: &str, _now: Timestamp) -> Option<Box<dyn Inquiry>> {
        None
    }

    /// Does this key still sign for `issuer`? `signed_at` is when it signed, as far as the signer tells. Which keys there are stands in the issuer's
    /// DID document; which of them no longer count, an authority above says, or the list.
    ///
    /// # Errors
    /// [`Reason::KeyNotFound`]: it was declared retired or compromised.
    fn check_key(
        &self,
        _issuer: &str,
        _key: &VerificationKey,
        _signed_at: Option<Timestamp>,
    ) -> Result<(), Reason> {
        Ok(())
    }
}

/// `--trust any`: skips the trust list and nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyIssuer;

impl Authority for AnyIssuer {
    fn may_issue(&self, issuer: &str, _types: &[&str]) -> Result<IssuerAuthorized, Reason> {
        Ok(IssuerAuthorized { id: issuer.to_owned(), name: None, tier: None, source: "any", chain: None })
    }

    fn may_ask(&self, _verifier: &str, _purpose: Option<&PurposeId>) -> MayAsk {
        MayAsk::Unknown
    }
}
