//! Answering about somebody further below (§8.3), so that whoever pins this authority asks nobody else.
//!
//! Only entities that are registered here are asked in turn, never the stranger that the question names. A chain that comes from
//! below is lengthened by what this authority says itself, and validated whole before it is given on.

use jiff::Timestamp;
use portage_federation::{
    AnchorInquiry, EntityId, Relation, ResolveResponse, ResolvedEntity, Role, TrustAnchor, TrustAnchors,
    TrustChain, UnverifiedStatement,
};
use portage_transparency_log::SignedCheckpoint;

use crate::{Authority, Registration, RegistryStore, StatementFailure, StoreFailure, own_keys::Signing};

/// Path of the resolve endpoint (§8.3).
pub const RESOLVE_PATH: &str = "/federation/resolve";
/// Most authorities that are asked about one subject.
const MAX_ASKED: usize = 64;

/// Who can say more about a subject.
#[derive(Debug, Clone, PartialEq)]
pub enum WhoKnows {
    /// It is registered here: its own configuration is missing for the chain.
    Registered(Box<Registration>),
    /// One of these authorities, perhaps: those below, and those beside when the question was put to this one.
    Perhaps(Vec<Registration>),
}

impl<S: RegistryStore> Authority<S> {
    /// Who can say more about `subject`, an Entity Identifier or a DID. With `peers`, authorities beside are asked as well: they are not, when
    /// the question comes from an authority that asks on somebody's behalf, because recognition is not handed on.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn who_knows(&self, subject: &str, peers: bool) -> Result<WhoKnows, StoreFailure> {
        let mut registrations = self.store.registrations().await?;
        registrations.retain(Registration::is_active);
        let is_subject = |registration: &&Registration| {
            registration.id.as_str() == subject || registration.rights.identifiers.contains(subject)
        };
        if let Some(registration) = registrations.iter().find(is_subject) {
            return Ok(WhoKnows::Registered(Box::new(registration.clone())));
        }
        registrations.retain(|registration| {
            let is_below = registration.rights.relation == Relation::Below;
            registration.rights.roles.contains(&Role::Authority) && (is_below || peers)
        });
        registrations.truncate(MAX_ASKED);
        Ok(WhoKnows::Perhaps(registrations))
    }

    /// How a registered authority is asked, and how many levels further down it may ask: its registered keys are the ones that count.
    pub fn inquiry(
        &self,
        subject: &str,
        authority: &Registration,
        levels: u8,
        now: Timestamp,
    ) -> AnchorInquiry {
        let anchor = TrustAnchor {
            id: authority.id.clone(),
            keys: authority.keys.clone(),
            name: None,
            rights: authority.rights.clone(),
            log: authority.log.clone(),
        };
        AnchorInquiry::new(subject, &TrustAnchors::from_iter([anchor]), now).on_behalf(levels)
    }

    /// The answer about `subject`: `chain` ends with what `via`, registered here, says of itself or of whom it vouches for. None when the
    /// whole does not hold, or is about somebody else.
    ///
    /// # Errors
    /// [`StatementFailure`].
    pub async fn answer(
        &self,
        subject: &str,
        mut chain: Vec<String>,
        via: &EntityId,
        published: &SignedCheckpoint,
        now: Timestamp,
    ) -> Result<Option<String>, StatementFailure> {
        if chain.len() > 1 && chain.last().is_some_and(|last| is_configuration_of(last, via)) {
            chain.pop();
        }
        let Some(statement) = self.fetch(via, published, now).await? else { return Ok(None) };
        chain.extend([statement, self.entity_configuration(now).await?]);
        let signing = self.signing().await?;
        let own = TrustAnchor {
            id: self.profile.id.clone(),
            keys: signing.keys.clone(),
            name: Some(self.profile.name.clone()),
            rights: self.profile.own.clone(),
            log: Some(self.profile.log.clone()),
        };
        let resolved = TrustChain::validate(&chain, &TrustAnchors::from_iter([own]), now);
        let Some(resolved) = resolved.ok().filter(|resolved| resolved.goes_by(subject)) else {
            return Ok(None);
        };
        Ok(Some(self.resolve_response(&resolved, chain, &signing, now)?))
    }

    fn resolve_response(
        &self,
        resolved: &ResolvedEntity,
        trust_chain: Vec<String>,
        signing: &Signing,
        now: Timestamp,
    ) -> Result<String, StatementFailure> {
        let response = ResolveResponse {
            issuer: self.profile.id.clone(),
            subject: resolved.id().clone(),
            issued_at: now,
            expires_at: resolved.expires_at(),
            trust_chain,
        };
        Ok(response.sign(&resolved.metadata().to_value(), &signing.keys, signing.signer.as_ref())?)
    }
}

fn is_configuration_of(statement: &str, id: &EntityId) -> bool {
    let parsed = UnverifiedStatement::parse(statement);
    parsed.is_ok_and(|parsed| parsed.unverified().subject() == id && parsed.unverified().issuer() == id)
}
