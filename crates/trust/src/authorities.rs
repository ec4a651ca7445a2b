use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use portage_catalog::PurposeId;
use portage_federation::{AnchorInquiry, ChainError, Role, TrustAnchors, TrustChain};
use portage_keys::VerificationKey;
use portage_reason::Reason;
use url::Url;

use crate::{
    Authority, Inquiry, IssuerAuthorized, KnownEntity, MayAsk, RememberedLog, ResolvedChains, TrustList,
    VouchedPurpose, logs::LogQuestion,
};

/// Both sources in one: `trust.json`, and what its anchors say about everybody else.
///
/// The list decides about whomever it names, so that a deployment can narrow what an anchor would allow. About anybody else the anchors
/// are asked, once in the life of a chain ([`Authority::inquire`]); what they answered is kept until it ends. Without
/// anchors this is the list. Clones share what was learned.
#[derive(Clone)]
pub struct Authorities {
    list: Arc<TrustList>,
    anchors: Arc<TrustAnchors>,
    chains: Arc<RwLock<ResolvedChains>>,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// Chains that are kept at once; when there are more, they are forgotten and asked for again.
const MAX_CHAINS: usize = 10_000;

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

    fn ask<T>(&self, question: impl FnOnce(&dyn Authority) -> T) -> T {
        let chains = self.chains.read().unwrap_or_else(PoisonError::into_inner);
        question(&chains.at((self.now)()))
    }

    /// Another name of the same entity under which the list speaks of it: what it narrows there holds here, too.
    fn listed_elsewhere(&self, id: &str) -> Option<String> {
        let chains = self.chains.read().unwrap_or_else(PoisonError::into_inner);
        chains.other_names(id).into_iter().find(|name| name != id && self.is_listed(name))
    }

    fn is_listed(&self, id: &str) -> bool {
        self.list.may_issue(id, &[]) != Err(Reason::IssuerNotTrusted)
            || self.list.may_ask(id, None) != MayAsk::Unknown
    }
}

impl Authority for Authorities {
    fn may_issue(&self, issuer: &str, types: &[&str]) -> Result<IssuerAuthorized, Reason> {
        self.may_issue_all(issuer, &[types])
    }

    fn may_issue_all(&self, issuer: &str, types: &[&[&str]]) -> Result<IssuerAuthorized, Reason> {
        match self.list.may_issue_all(issuer, types) {
            Err(Reason::IssuerNotTrusted) => match self.listed_elsewhere(issuer) {
                Some(name) => self.list.may_issue_all(&name, types),
                None => self.ask(|chains| chains.may_issue_all(issuer, types)),
            },
            decided => decided,
        }
    }

    fn may_ask(&self, verifier: &str, purpose: Option<&PurposeId>) -> MayAsk {
        match self.list.may_ask(verifier, purpose) {
            MayAsk::Unknown => match self.listed_elsewhere(verifier) {
                Some(name) => self.list.may_ask(&name, purpose),
                None => self.ask(|chains| chains.may_ask(verifier, purpose)),
            },
            decided => decided,
        }
    }

    /// The list decides about whomever it names: where it does not register the purpose for a verifier, no authority does.
    fn vouched_purpose(&self, verifier: &str, statement: &str) -> Option<VouchedPurpose> {
        let vouched = self.ask(|chains| chains.vouched_purpose(verifier, statement))?;
        let name = self.listed_elsewhere(verifier).unwrap_or_else(|| verifier.to_owned());
        match self.list.may_ask(&name, Some(&vouched.purpose.id)) {
            MayAsk::NotRegistered(_) => None,
            MayAsk::Registered(_) | MayAsk::Unknown => Some(vouched),
        }
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
        self.ask(|chains| chains.check_key(issuer, key, signed_at))
    }

    fn inquire(&self, id: &str, now: Timestamp) -> Option<Box<dyn Inquiry>> {
        let is_known = || {
            let unknown = [Err(Reason::IssuerNotTrusted), Err(Reason::TrustChainInvalid)];
            self.ask(|chains| {
                !unknown.contains(&chains.may_issue(id, &[])) || chains.may_ask(id, None) != MayAsk::Unknown
            })
        };
        if self.anchors.is_empty() || self.is_listed(id) {
            return None;
        }
        let mut learning = Learning {
            asked: id.to_owned(),
            now,
            anchors: None,
            questions: Vec::new(),
            chains: self.chains.clone(),
        };
        if is_known() {
            learning.ask_the_logs();
            return if learning.questions.is_empty() { None } else { Some(Box::new(learning)) };
        }
        learning.anchors = Some(AnchorInquiry::new(id, &self.anchors, now));
        Some(Box::new(learning))
    }

    fn remembered_logs(&self) -> Vec<RememberedLog> {
        self.chains.read().unwrap_or_else(PoisonError::into_inner).logs.kept()
    }

    fn restore_logs(&self, kept: &[RememberedLog]) {
        self.chains.write().unwrap_or_else(PoisonError::into_inner).logs.restore(kept);
    }
}

/// An inquiry whose answers are kept when it ends: the anchors first, then the logs that their answers rest on.
struct Learning {
    asked: String,
    now: Timestamp,
    anchors: Option<AnchorInquiry>,
    questions: Vec<LogQuestion>,
    chains: Arc<RwLock<ResolvedChains>>,
}

impl Learning {
    fn ask_the_logs(&mut self) {
        let mut chains = self.chains.write().unwrap_or_else(PoisonError::into_inner);
        self.questions = chains.log_questions(&self.asked, self.now);
        drop(chains);
        self.settle();
    }

    /// Takes the answers of those questions that want nothing more.
    fn settle(&mut self) {
        let (open, ended) = std::mem::take(&mut self.questions)
            .into_iter()
            .partition(|question| !question.wanted().is_empty());
        self.questions = open;
        let ended: Vec<LogQuestion> = ended;
        let mut chains = self.chains.write().unwrap_or_else(PoisonError::into_inner);
        ended.into_iter().for_each(|question| chains.logs.settle(question));
    }
}

impl Inquiry for Learning {
    fn wanted(&self) -> Vec<Url> {
        match &self.anchors {
            Some(inquiry) => inquiry.wanted(),
            None => self.questions.iter().flat_map(LogQuestion::wanted).collect(),
        }
    }

    fn supply(&mut self, answers: Vec<Option<Vec<u8>>>) {
        let Some(mut inquiry) = self.anchors.take() else {
            let mut answers = answers.into_iter();
            for question in &mut self.questions {
                let wanted = question.wanted().len();
                let its_own: Vec<_> = (0..wanted).map(|_| answers.next().flatten()).collect();
                question.supply(its_own.into_iter());
            }
            return self.settle();
        };
        inquiry.supply(answers);
        if !inquiry.wanted().is_empty() {
            self.anchors = Some(inquiry);
            return;
        }
        let mut chains = self.chains.write().unwrap_or_else(PoisonError::into_inner);
        chains.make_room(MAX_CHAINS);
        inquiry.into_found().into_iter().for_each(|found| chains.insert_about(found.resolved, &self.asked));
        drop(chains);
        self.ask_the_logs();
    }
}

impl std::fmt::Debug for Authorities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authorities").field("anchors", &self.anchors.iter().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
