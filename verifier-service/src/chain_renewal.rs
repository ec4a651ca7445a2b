//! Keeps the trust chain that requests carry good while the service runs.
//!
//! Half-way through the life of the chain at hand a new one is looked for: in the file `trust-chain.json`, which an operator may have
//! replaced, and with the superiors, up to an anchor that is pinned in the trust list. Until there is one the old one is carried as long
//! as it is good, and then none.

use std::path::Path;

use jiff::Timestamp;
use portage_clock::Clock;
use portage_did::LoopbackOrigins;
use portage_federation::{Found, Resolver, TrustAnchors};
use portage_service::FederationMember;
use portage_verification::Sources;
use portage_verifier::{CarriedChain, Carrying};

use crate::{renewal::Renew, vouched};

/// What a renewal needs.
pub(crate) struct Renewal<'s, Q> {
    /// The chain that requests carry.
    pub(crate) chain: CarriedChain,
    /// The service's folder.
    pub(crate) dir: &'s Path,
    /// The service as a member of its federation.
    pub(crate) member: Option<&'s FederationMember>,
    /// The anchors that are pinned.
    pub(crate) anchors: &'s TrustAnchors,
    pub(crate) loopback: &'s LoopbackOrigins,
    pub(crate) sources: &'s Q,
    pub(crate) clock: &'s Clock,
}

impl<Q: Sources> Renew for Renewal<'_, Q> {
    fn renewal_due(&self) -> Timestamp {
        self.chain.renewal_due()
    }

    async fn renew(&self) {
        if self.clock.now() < self.chain.renewal_due() {
            return;
        }
        match vouched::own_chain(self.dir) {
            Ok(Some(found)) => _ = self.chain.replace(found.statements, found.issued_at, found.expires_at),
            Ok(None) => {}
            Err(error) => tracing::warn!(error = %error, "the file of the trust chain is left aside"),
        }
        if self.clock.now() < self.chain.renewal_due() {
            return;
        }
        if let Some(found) = self.ask_superiors().await {
            let (issued_at, expires_at) = (found.resolved.issued_at(), found.resolved.expires_at());
            if self.chain.replace(found.statements, issued_at, expires_at) {
                tracing::info!(expires_at = %expires_at, "the trust chain is renewed");
            }
        }
    }

    /// Says that it was not renewed, where anybody could have.
    fn tell(&self) {
        match self.chain.carrying(self.clock.now()) {
            Carrying::Valid { expires_at, .. } => {
                tracing::warn!(expires_at = %expires_at, "the trust chain could not be renewed yet");
            }
            Carrying::Over { since } => {
                tracing::error!(since = %since, "the trust chain is over: requests carry none");
            }
            Carrying::Nothing if self.member.is_some_and(FederationMember::has_superiors) => {
                tracing::warn!(
                    "no superior leads to an anchor of the trust list: requests carry no trust chain"
                );
            }
            Carrying::Nothing => {}
        }
    }
}

impl<Q: Sources> Renewal<'_, Q> {
    /// The shortest chain over the superiors to a pinned anchor. Within the limits of a resolution: 64 fetches, 10 s.
    async fn ask_superiors(&self) -> Option<Found> {
        let member = self.member.filter(|member| member.has_superiors())?;
        let now = self.clock.now();
        let own = member.entity_configuration(now).ok()?;
        let resolver = Resolver::begin(member.id().clone(), self.anchors, self.loopback, now);
        let mut resolver = resolver.with_carried(&[own]);
        loop {
            let wanted = resolver.wanted();
            if wanted.is_empty() {
                return resolver.found(self.clock.now()).into_iter().next();
            }
            let mut answers = Vec::with_capacity(wanted.len());
            for url in &wanted {
                answers.push(self.sources.entity_statement(url).await.ok());
            }
            resolver.supply(answers, self.clock.now());
        }
    }
}

#[cfg(test)]
mod tests;
