use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use portage_catalog::Text;
use portage_jose::Jwk;
use portage_keys::VerificationKey;
use portage_reason::Reason;
use portage_transparency_log::ProofInvalid;
use serde_json::{Map, Value};

use crate::{
    CarriedTrustMark, EntityId, FEDERATION_ENTITY, FederationKeys, HeldRights, Jurisdiction, LogAddress,
    Logged, Metadata, OPENID_CREDENTIAL_ISSUER, OPENID_CREDENTIAL_VERIFIER, Rights, Role, Tier,
    TrustMarkOwner, trust_chain::is_over,
};

/// An entity as one chain shows it. [`crate::TrustChain::validate`] makes it, and nothing else; what belongs to it never mixes with
/// what another chain says of the same entity (T-11).
#[derive(Debug, Clone)]
pub struct ResolvedEntity {
    pub(crate) id: EntityId,
    pub(crate) metadata: Metadata,
    pub(crate) keys: FederationKeys,
    pub(crate) rights: HeldRights,
    pub(crate) path: Vec<PathEntity>,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) trust_marks: Vec<CarriedTrustMark>,
    pub(crate) trust_mark_issuers: BTreeMap<String, Vec<EntityId>>,
    pub(crate) trust_mark_owners: BTreeMap<String, TrustMarkOwner>,
}

/// An entity on the way from the subject to the anchor, as the one above it describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathEntity {
    /// Its identifier.
    pub id: EntityId,
    /// Its name, as its superior says it (the anchor's: as it is pinned); `None` when the superior says none.
    pub name: Option<Text>,
    /// Its tier, as far as its jurisdiction bears it out.
    pub tier: Option<Tier>,
    /// What is left of its jurisdiction.
    pub jurisdiction: Option<Jurisdiction>,
    /// What its superior grants it, before it is narrowed (the anchor's: what is pinned).
    pub granted: Option<Rights>,
    /// The federation keys that its superior vouches for (the anchor's: what is pinned, or what the pinned keys say).
    pub keys: FederationKeys,
    /// When its superior said so (the anchor's: when it said what it says of the one below).
    pub issued_at: Timestamp,
    /// When the word of its superior ends.
    pub expires_at: Timestamp,
    /// Its own log, as its superior says (the anchor's: as it is pinned).
    pub log: Option<LogAddress>,
    /// That its superior published what it grants, or why that is not shown; `None` where nothing is granted, and for the anchor.
    pub logged: Option<Result<Logged, ProofInvalid>>,
}

impl ResolvedEntity {
    /// Its identifier.
    pub fn id(&self) -> &EntityId {
        &self.id
    }

    /// Its name: what its superior says, else what it says of itself under the policies.
    pub fn name(&self) -> Option<Text> {
        let said = self.path.first().and_then(|first| first.name.clone());
        said.or_else(|| self.metadata.organization_name())
    }

    /// Its metadata after every policy and constraint.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The federation keys that its superior vouches for.
    pub fn keys(&self) -> &FederationKeys {
        &self.keys
    }

    /// What it may do.
    pub fn rights(&self) -> &HeldRights {
        &self.rights
    }

    /// The way to the anchor: the subject first, the anchor last.
    pub fn path(&self) -> &[PathEntity] {
        &self.path
    }

    /// The anchor.
    pub fn anchor(&self) -> Option<&EntityId> {
        self.path.last().map(|anchor| &anchor.id)
    }

    /// When the oldest of its statements was issued.
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// When the first of its statements ends, and the chain with it (§10.4).
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// How old the oldest of its statements is.
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.issued_at).max(SignedDuration::ZERO)
    }

    /// The marks it carries, not validated.
    pub fn trust_marks(&self) -> &[CarriedTrustMark] {
        &self.trust_marks
    }

    /// The DIDs that its superior says are its own.
    pub fn identifiers(&self) -> impl Iterator<Item = &str> {
        self.rights.links().last().into_iter().flat_map(|link| link.identifiers.iter().map(String::as_str))
    }

    /// Whether it goes by this name: its identifier, or a DID that its superior says is its own. What it says of itself does not count.
    pub fn goes_by(&self, name: &str) -> bool {
        self.id.as_str() == name || self.identifiers().any(|did| did == name)
    }

    /// Whether it may issue the type that goes by these names.
    ///
    /// # Errors
    /// [`Reason::TrustChainInvalid`]: the chain is over (§10.4). [`Reason::IssuerNotAuthorizedForType`]: some link does not allow it, or
    /// the entity type is not left to it. [`Reason::LogProofInvalid`]: some link does not show that it was published.
    pub fn may_issue(&self, names: &[&str], now: Timestamp) -> Result<(), Reason> {
        self.check_current(now)?;
        let acts = self.acts_as(Role::Issuer, OPENID_CREDENTIAL_ISSUER, now);
        if !(acts && self.rights.covers_type(names)) {
            return Err(Reason::IssuerNotAuthorizedForType);
        }
        self.check_logged()
    }

    /// Its metadata in a role that is left to it now; `None` where the role is not, the chain is over, or a proof of the
    /// log is missing.
    pub fn metadata_as(&self, role: Role, now: Timestamp) -> Option<&Map<String, Value>> {
        let entity_type = match role {
            Role::Issuer => OPENID_CREDENTIAL_ISSUER,
            Role::Verifier => OPENID_CREDENTIAL_VERIFIER,
            Role::Authority => FEDERATION_ENTITY,
        };
        let holds = self.check_current(now).and_then(|()| self.check_logged()).is_ok();
        let acts = holds && self.acts_as(role, entity_type, now);
        self.metadata.of(entity_type).filter(|_| acts)
    }

    /// Whether it may ask for presentations at all.
    ///
    /// # Errors
    /// [`Reason::TrustChainInvalid`], [`Reason::PurposeNotRegistered`], [`Reason::LogProofInvalid`].
    pub fn may_verify(&self, now: Timestamp) -> Result<(), Reason> {
        self.check_current(now)?;
        let acts = self.acts_as(Role::Verifier, OPENID_CREDENTIAL_VERIFIER, now);
        if acts { self.check_logged() } else { Err(Reason::PurposeNotRegistered) }
    }

    /// Whether every right on the way down was shown to stand in the log of whoever grants it.
    ///
    /// # Errors
    /// [`Reason::LogProofInvalid`].
    pub fn check_logged(&self) -> Result<(), Reason> {
        let mut proofs = self.path.iter().filter_map(|entity| entity.logged.as_ref());
        proofs.try_for_each(|logged| logged.as_ref().map(drop).map_err(|invalid| invalid.reason()))
    }

    /// Where each right on the way down stands in a log, as far as it is shown.
    pub fn logged(&self) -> impl Iterator<Item = &Logged> {
        self.path.iter().filter_map(|entity| entity.logged.as_ref()?.as_ref().ok())
    }

    /// Whether a key still signs for it, by the word of its superiors: a retired one does not from its time on, a compromised one
    /// then for nothing (T-13). `signed_at` is when the signature was made, as far as the signer tells.
    ///
    /// # Errors
    /// [`Reason::KeyNotFound`].
    pub fn check_key(
        &self,
        key: &VerificationKey,
        signed_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Reason> {
        let mut retired = self.rights.links().iter().flat_map(|link| &link.retired_keys).peekable();
        if retired.peek().is_none() {
            return Ok(());
        }
        let thumbprint = Jwk::from_key(key.clone()).thumbprint();
        let refused =
            retired.any(|retired| retired.thumbprint == thumbprint && retired.refuses(signed_at, now));
        if refused { Err(Reason::KeyNotFound) } else { Ok(()) }
    }

    /// Whether the chain is not over (§10.4).
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.check_current(now).is_ok()
    }

    pub(crate) fn check_current(&self, now: Timestamp) -> Result<(), Reason> {
        if is_over(self.expires_at, now) { Err(Reason::TrustChainInvalid) } else { Ok(()) }
    }

    fn acts_as(&self, role: Role, entity_type: &str, now: Timestamp) -> bool {
        self.rights.may_act_as(role, now) && self.metadata.of(entity_type).is_some()
    }
}
