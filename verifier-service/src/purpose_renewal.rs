//! Keeps the purpose statements that requests carry good while the service runs.
//!
//! An authority signs a purpose for a short time, again and again, as long as it stands. Half-way through the life of the first statement that ends,
//! those who signed, and the authorities that the configuration names above the service, are asked for what they say now. A purpose that was
//! withdrawn is not said again: its statement is carried until its end, and then none. One that was registered meanwhile is found without a new start.

use std::collections::BTreeSet;

use jiff::Timestamp;
use portage_catalog::{Catalog, Purpose, PurposeId};
use portage_clock::Clock;
use portage_federation::{EntityId, PurposeStatement, PurposesInquiry};
use portage_service::FederationMember;
use portage_verification::Sources;
use portage_verifier::{CarriedStatements, Carrying};

use crate::renewal::Renew;

/// What a renewal needs.
pub(crate) struct PurposeRenewal<'s, Q> {
    /// The statements that requests carry.
    pub(crate) statements: CarriedStatements,
    /// The purposes that the service asks for.
    pub(crate) catalog: &'s Catalog,
    /// The service as a member of its federation.
    pub(crate) member: Option<&'s FederationMember>,
    pub(crate) sources: &'s Q,
    pub(crate) clock: &'s Clock,
}

impl<Q: Sources> Renew for PurposeRenewal<'_, Q> {
    fn renewal_due(&self) -> Timestamp {
        self.statements.renewal_due()
    }

    /// One attempt, where a statement at hand is due, or there is none.
    async fn renew(&self) {
        let now = self.clock.now();
        let Some(member) = self.member else { return };
        if now < self.statements.renewal_due() {
            return;
        }
        let signed = self.statements.issuers().into_iter().filter_map(|id| EntityId::parse(&id).ok());
        let asked: BTreeSet<EntityId> = signed.chain(member.superiors().iter().cloned()).collect();
        let mut inquiry = PurposesInquiry::new(member.id(), asked, now);
        loop {
            let wanted = inquiry.wanted();
            if wanted.is_empty() {
                break;
            }
            let mut answers = Vec::with_capacity(wanted.len());
            for url in &wanted {
                answers.push(self.sources.entity_statement(url).await.ok());
            }
            inquiry.supply(answers);
        }
        inquiry.into_found().into_iter().for_each(|(said, compact)| self.take(&said, compact));
    }

    /// Says what was not renewed.
    fn tell(&self) {
        for (purpose, carrying) in self.statements.carrying(self.clock.now()) {
            if let Carrying::Over { since } = carrying {
                tracing::warn!(purpose = %purpose.0, since = %since, "no authority vouches for the purpose any more: requests for it carry no statement");
            }
        }
    }
}

impl<Q: Sources> PurposeRenewal<'_, Q> {
    /// People are shown the authority's words, and wallets hold requests against its query: a statement of other words than the service's own is
    /// not carried.
    fn take(&self, said: &PurposeStatement, compact: String) {
        let id = said.purpose.get("id").and_then(|id| id.as_str()).unwrap_or_default();
        let id = PurposeId(id.to_owned());
        let Some(own) = self.catalog.purpose(&id) else { return };
        if !Purpose::from_value(&said.purpose).is_ok_and(|said| said == *own) {
            tracing::warn!(purpose = %id.0, "an authority signed another purpose than the one at hand; have it sign this one");
            return;
        }
        let (issuer, until) = (said.issuer.as_str(), said.expires_at);
        if self.statements.replace(&id, issuer, compact, said.issued_at, until) {
            tracing::info!(purpose = %id.0, expires_at = %until, "the purpose statement is renewed");
        }
    }
}

#[cfg(test)]
mod tests;
