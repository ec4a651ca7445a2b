//! Trust marks beside a chain: evidence for people and for policies, never a right.

use jiff::Timestamp;
use portage_catalog::{PurposeId, Text};
use portage_federation::{CarriedTrustMark, EntityId, Role};
use portage_keys::VerificationKey;
use portage_reason::Reason;
use serde_json::{Value, json};

use crate::{Authority, Inquiry, IssuerAuthorized, KnownEntity, MayAsk, RememberedLog, VouchedPurpose};

/// A mark that an entity shows, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownMark {
    /// `trust_mark_type`.
    pub mark_type: String,
    /// What its issuer calls it; `None` when it does not hold.
    pub name: Option<Text>,
    /// Who gave it; `None` when it does not hold.
    pub issuer: Option<MarkIssuer>,
    /// Its end, when it has one.
    pub until: Option<Timestamp>,
}

/// Who gave a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkIssuer {
    /// Its identifier.
    pub id: EntityId,
    /// Its name, by its superior's word.
    pub name: Option<Text>,
}

impl ShownMark {
    /// One that does not hold: `trust_mark_invalid`.
    pub(crate) fn refused(carried: &CarriedTrustMark) -> Self {
        ShownMark { mark_type: carried.trust_mark_type.clone(), name: None, issuer: None, until: None }
    }

    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.issuer.is_some()
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut mark = json!({ "type": self.mark_type, "holds": self.holds() });
        if !self.holds() {
            mark["reason"] = json!(Reason::TrustMarkInvalid.name());
        }
        if let Some(name) = &self.name {
            mark["name"] = json!(name);
        }
        if let Some(issuer) = &self.issuer {
            mark["issuer"] = json!({ "id": issuer.id.as_str() });
            if let Some(name) = &issuer.name {
                mark["issuer"]["name"] = json!(name);
            }
        }
        if let Some(until) = self.until {
            mark["until"] = json!(until.to_string());
        }
        mark
    }
}

/// An authority whose word about an issuer is taken only when the chain shows these marks, and they hold: a policy of whoever relies on it.
#[derive(Debug, Clone)]
pub struct RequiringMarks<A> {
    inner: A,
    marks: Vec<String>,
}

impl<A: Authority> RequiringMarks<A> {
    /// The word of `inner`, and each of these types of marks beside it.
    pub fn new(inner: A, marks: impl IntoIterator<Item = String>) -> Self {
        RequiringMarks { inner, marks: marks.into_iter().collect() }
    }

    fn marked(&self, authorized: IssuerAuthorized) -> Result<IssuerAuthorized, Reason> {
        let shown = authorized.chain.as_ref().map(|chain| chain.marks.as_slice()).unwrap_or_default();
        let holds = |wanted: &String| shown.iter().any(|mark| mark.mark_type == *wanted && mark.holds());
        if self.marks.iter().all(holds) { Ok(authorized) } else { Err(Reason::TrustMarkInvalid) }
    }
}

impl<A: Authority> Authority for RequiringMarks<A> {
    fn may_issue(&self, issuer: &str, types: &[&str]) -> Result<IssuerAuthorized, Reason> {
        self.inner.may_issue(issuer, types).and_then(|authorized| self.marked(authorized))
    }

    fn may_issue_all(&self, issuer: &str, types: &[&[&str]]) -> Result<IssuerAuthorized, Reason> {
        self.inner.may_issue_all(issuer, types).and_then(|authorized| self.marked(authorized))
    }

    fn may_ask(&self, verifier: &str, purpose: Option<&PurposeId>) -> MayAsk {
        self.inner.may_ask(verifier, purpose)
    }

    fn vouched_purpose(&self, verifier: &str, statement: &str) -> Result<VouchedPurpose, Reason> {
        self.inner.vouched_purpose(verifier, statement)
    }

    fn check_logs(&self, verifier: &str) -> Result<(), Reason> {
        self.inner.check_logs(verifier)
    }

    fn entity(&self, id: &str, role: Role) -> Option<KnownEntity> {
        self.inner.entity(id, role)
    }

    fn take_chain(&self, of: &str, statements: &[String], now: Timestamp) {
        self.inner.take_chain(of, statements, now);
    }

    fn inquire(&self, id: &str, now: Timestamp) -> Option<Box<dyn Inquiry>> {
        self.inner.inquire(id, now)
    }

    fn did_webvh_beside(&self, names: &[String]) -> Vec<String> {
        self.inner.did_webvh_beside(names)
    }

    fn inquire_statement(&self, about: &str, statement: &str, now: Timestamp) -> Option<Box<dyn Inquiry>> {
        self.inner.inquire_statement(about, statement, now)
    }

    fn remembered_logs(&self) -> Vec<RememberedLog> {
        self.inner.remembered_logs()
    }

    fn restore_logs(&self, kept: &[RememberedLog]) {
        self.inner.restore_logs(kept);
    }

    fn check_key(
        &self,
        issuer: &str,
        key: &VerificationKey,
        signed_at: Option<Timestamp>,
    ) -> Result<(), Reason> {
        self.inner.check_key(issuer, key, signed_at)
    }
}
