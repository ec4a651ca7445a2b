use std::collections::BTreeMap;

use jiff::Timestamp;
use portage_catalog::PurposeId;
use serde_json::{Map, Value};

/// Where a purpose's own rules are asked about an answer that held: a port, because what evaluates rules is large and a wallet has none.
pub trait PurposePolicies: Send + Sync {
    /// What the purpose's policy says; `None` when it is not at hand, which permits nothing.
    fn decide(&self, purpose: &PurposeId, facts: &PolicyFacts<'_>) -> Option<PolicyAnswer>;
}

/// What a policy decides on: verified, and cut to what was asked.
#[derive(Debug, Clone)]
pub struct PolicyFacts<'a> {
    /// The time of the decision.
    pub now: Timestamp,
    /// Whether only the session that asked can get the result.
    pub session_bound: bool,
    /// Whether one holder showed all of it.
    pub same_holder: bool,
    /// Credential Query id → what answered it.
    pub credentials: BTreeMap<&'a str, Presented<'a>>,
}

/// A credential that answered a query. Its claims do not print.
#[derive(Clone, Copy)]
pub struct Presented<'a> {
    /// The claims that were asked.
    pub claims: &'a Value,
    /// What the verification found, as [`crate::Evidence::to_json`] writes it.
    pub evidence: &'a Map<String, Value>,
    /// The catalogue's id of the type.
    pub credential_type: Option<&'a str>,
}

/// What a policy said.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyAnswer {
    /// Whether it permits. What could not be evaluated does not.
    pub outcome: PolicyOutcome,
    /// The rules that determined it and what each of them read, by name: no value of a claim.
    pub evidence: Value,
}

/// Whether a policy permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyOutcome {
    /// A rule permits and none forbids.
    Permitted,
    /// A rule forbids, or none permits.
    Forbidden,
    /// A rule could not be evaluated: nothing is permitted.
    Failed,
}

impl PolicyOutcome {
    /// `permitted`, `forbidden`, `failed`.
    pub const fn name(self) -> &'static str {
        match self {
            PolicyOutcome::Permitted => "permitted",
            PolicyOutcome::Forbidden => "forbidden",
            PolicyOutcome::Failed => "failed",
        }
    }
}

impl std::fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presented").field("credential_type", &self.credential_type).finish_non_exhaustive()
    }
}
