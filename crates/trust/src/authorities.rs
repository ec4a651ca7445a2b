use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use portage_catalog::PurposeId;
use portage_federation::{AnchorInquiry, ChainError, Role, TrustAnchors, TrustChain};
use portage_keys::VerificationKey;
use portage_reason::Reason;

use crate::{
    Authority, FederationAuthority, Inquiry, IssuerAuthorized, KnownEntity, MayAsk, RememberedLog,
    ResolvedChains, TrustList, VouchedPurpose,
    learning::{Learning, Stage},
};

/// Both sources in one: `trust.json`, and what its anchors say about everybody else.
///
/// The list decides about the rights of whomever it names, so that a deployment can narrow what an anchor would allow; a key that a
/// superior took back is refused there, too, where a chain is at hand, and one that the list itself takes back (`retired_keys`) always. About anybody else the anchors are asked, once in the life of a chain ([`Authority::inquire`]); what they answered is kept until it ends. Without
/// anchors this is the list. Clones share what was learned.
#[derive(Clone)]
pub struct Authorities {
    list: Arc<TrustList>,
    anchors: Arc<TrustAnchors>,
    chains: Arc<RwLock<ResolvedChains>>,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// Chains that are kept at once; when there are more, they are forgotten and asked for again.
pub(crate) const MAX_CHAINS: usize = 10_000;

impl Authorities {
    /// The list and its anchors. `now` is the program's clock: a chain is good at the time of a question, not at the time it was read.
    pub fn new(list: TrustList, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let anchors = Arc::new(list.trust_anchors());
        Authorities { list: Arc::new(list), anchors, chains: Arc::default(), now: Arc::new(now) }
    }

    /// The list.
    pub fn list(&self) -> &TrustList {
        &self.list
    }

    /// The anchors that are pinned.
    pub fn anchors(&self) -> &TrustAnchors {
        &self.anchors
    }

    /// Takes in a chain that was carried here, its subject's own statement first, as good at `now`.
    ///
    /// # Errors
    /// [`ChainError`]: it does not hold up to one of the anchors.
    pub fn learn_chain(&self, statements: &[String], now: Timestamp) -> Result<(), ChainError> {
        let resolved = TrustChain::validate(statements, &self.anchors, now)?;
        self.keep(|chains| chains.insert(resolved));
        Ok(())
    }

    fn keep(&self, insert: impl FnOnce(&mut ResolvedChains)) {
        let mut chains = self.chains.write().unwrap_or_else(PoisonError::into_inner);
        chains.make_room(MAX_CHAINS);
        insert(&mut chains);
    }

    fn ask<T>(&self, question: impl FnOnce(FederationAuthority<'_>) -> T) -> T {
        let chains = self.chains.read().unwrap_or_else(PoisonError::into_inner);
        question(chains.at((self.now)()))
    }

    /// The other names of whoever goes by this one: what the list narrows under one of them is narrowed under all.
    fn other_names(&self, id: &str) -> Vec<String> {
        let chains = self.chains.read().unwrap_or_else(PoisonError::into_inner);
        chains.other_names(id).into_iter().filter(|name| name != id).collect()
    }

    fn lists_issuer(&self, id: &str) -> bool {
        self.list.may_issue(id, &[]) != Err(Reason::IssuerNotTrusted)
    }

    fn is_listed(&self, id: &str) -> bool {
        self.lists_issuer(id) || self.list.may_ask(id, None) != MayAsk::Unknown
    }
}

impl Authority for Authorities {
    fn may_issue(&self, issuer: &str, types: &[&str]) -> Result<IssuerAuthorized, Reason> {
        self.may_issue_all(issuer, &[types])
    }

    fn may_issue_all(&self, issuer: &str, types: &[&[&str]]) -> Result<IssuerAuthorized, Reason> {
        if self.lists_issuer(issuer) {
            return self.list.may_issue_all(issuer, types);
        }
        let own = self.ask(|chains| chains.may_issue_all(issuer, types))?;
        // Under another name of the same entity the list narrows what its chain allows, and adds nothing to it.
        for name in self.other_names(issuer).iter().filter(|name| self.lists_issuer(name)) {
            self.list.may_issue_all(name, types)?;
        }
        Ok(own)
    }

    fn may_ask(&self, verifier: &str, purpose: Option<&PurposeId>) -> MayAsk {
        match self.list.may_ask(verifier, purpose) {
            // What the list registers for another name is registered for that name alone: a chain must not pass it on.
            MayAsk::Unknown => self.ask(|chains| chains.may_ask(verifier, purpose)),
            decided => decided,
        }
    }

    /// The list decides about whomever it names: where it does not register the purpose for a verifier, no authority does.
    fn vouched_purpose(&self, verifier: &str, statement: &str) -> Result<VouchedPurpose, Reason> {
        let vouched = self.ask(|chains| chains.vouched_purpose(verifier, statement))?;
        let names = [verifier.to_owned()].into_iter().chain(self.other_names(verifier));
        let refuses = |name: String| {
            matches!(self.list.may_ask(&name, Some(&vouched.purpose.id)), MayAsk::NotRegistered(_))
        };
        if names.into_iter().any(refuses) { Err(Reason::PurposeNotRegistered) } else { Ok(vouched) }
    }

    fn check_logs(&self, verifier: &str) -> Result<(), Reason> {
        self.ask(|chains| chains.check_logs(verifier))
    }

    fn certificate_anchors(&self) -> Vec<Vec<u8>> {
        self.list.certificate_anchors()
    }

    fn entity(&self, id: &str, role: Role) -> Option<KnownEntity> {
        self.ask(|chains| chains.entity(id, role))
    }

    fn take_chain(&self, of: &str, statements: &[String], now: Timestamp) {
        match TrustChain::validate(statements, &self.anchors, now) {
            Ok(chain) if chain.goes_by(of) => self.keep(|chains| chains.insert_about(chain, of)),
            _ => {}
        }
    }

    fn did_webvh_beside(&self, names: &[String]) -> Vec<String> {
        self.list.did_webvh_beside(names)
    }

    fn check_key(
        &self,
        issuer: &str,
        key: &VerificationKey,
        signed_at: Option<Timestamp>,
    ) -> Result<(), Reason> {
        let now = (self.now)();
        let names = [issuer.to_owned()].into_iter().chain(self.other_names(issuer));
        for name in names {
            self.list.check_key_at(&name, key, signed_at, now)?;
        }
        self.ask(|chains| chains.check_key(issuer, key, signed_at))
    }

    fn inquire(&self, id: &str, now: Timestamp) -> Option<Box<dyn Inquiry>> {
        if self.anchors.is_empty() || self.is_listed(id) {
            return None;
        }
        let is_known = self.ask(|chains| {
            let issues = chains.issuing_chain(id, &[]).err();
            let unknown = [Some(Reason::IssuerNotTrusted), Some(Reason::TrustChainInvalid)];
            !unknown.contains(&issues) || chains.asking_chain(id).is_ok()
        });
        let ask = || Stage::Chains(AnchorInquiry::new(id, &self.anchors, now));
        let stage = if is_known { Stage::Known } else { ask() };
        Learning::about(id, stage, now, &self.chains).open()
    }

    fn inquire_statement(&self, about: &str, statement: &str, now: Timestamp) -> Option<Box<dyn Inquiry>> {
        Learning::about_statement(about, statement, now, &self.chains).open()
    }

    fn remembered_logs(&self) -> Vec<RememberedLog> {
        self.chains.read().unwrap_or_else(PoisonError::into_inner).logs.kept()
    }

    fn restore_logs(&self, kept: &[RememberedLog]) {
        self.chains.write().unwrap_or_else(PoisonError::into_inner).logs.restore(kept);
    }
}

impl std::fmt::Debug for Authorities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authorities").field("anchors", &self.anchors.iter().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
