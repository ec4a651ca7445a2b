use std::collections::BTreeSet;

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, EntityTypeName, EntityUid, Request,
};
use portage_catalog::{PurposeId, Text};
use portage_verification::{PolicyAnswer, PolicyFacts, PolicyOutcome, PurposePolicies};
use serde_json::{Value, json};

use crate::{Effect, Policies, Policy, Rule, context, schema::ACTION};

/// A decision and the rules that determined it. It holds no value of what the rules read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDecision {
    policy: String,
    outcome: PolicyOutcome,
    /// Each with whether it applied.
    rules: Vec<(Rule, bool)>,
}

impl PurposePolicies for Policies {
    fn decide(&self, purpose: &PurposeId, facts: &PolicyFacts<'_>) -> Option<PolicyAnswer> {
        let decision = self.of(purpose)?.decide(facts);
        Some(PolicyAnswer { outcome: decision.outcome(), evidence: decision.to_json() })
    }
}

impl Policy {
    /// Decides.
    pub fn decide(&self, facts: &PolicyFacts<'_>) -> PolicyDecision {
        let Some(request) = self.request(facts) else { return self.failed(&BTreeSet::new()) };
        let response = Authorizer::new().is_authorized(&request, &self.set, &Entities::empty());
        let failed: BTreeSet<String> = response.diagnostics().errors().map(rule_of).collect();
        if !failed.is_empty() {
            return self.failed(&failed);
        }
        let applied: BTreeSet<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        let (outcome, determining): (_, Vec<_>) = match response.decision() {
            Decision::Allow => {
                (PolicyOutcome::Permitted, self.those(|rule| applied.contains(&rule.id), true))
            }
            // No rule forbids it: it is what no rule permits.
            Decision::Deny if applied.is_empty() => {
                (PolicyOutcome::Forbidden, self.those(|rule| rule.effect == Effect::Permit, false))
            }
            Decision::Deny => (PolicyOutcome::Forbidden, self.those(|rule| applied.contains(&rule.id), true)),
        };
        PolicyDecision { policy: self.id.clone(), outcome, rules: determining }
    }

    fn those(&self, is_one: impl Fn(&Rule) -> bool, applied: bool) -> Vec<(Rule, bool)> {
        self.rules.iter().filter(|rule| is_one(rule)).map(|rule| (rule.clone(), applied)).collect()
    }

    fn failed(&self, rules: &BTreeSet<String>) -> PolicyDecision {
        let rules = self.those(|rule| rules.contains(&rule.id), false);
        PolicyDecision { policy: self.id.clone(), outcome: PolicyOutcome::Failed, rules }
    }

    /// The question, if what was found fits the schema.
    fn request(&self, facts: &PolicyFacts<'_>) -> Option<Request> {
        let today = self.time_zone.to_datetime(facts.now).date();
        let context = Context::from_pairs(context::pairs(facts, today, &self.context)?).ok()?;
        let entity = |kind: &str, id: &str| {
            let kind: EntityTypeName = kind.parse().ok()?;
            Some(EntityUid::from_type_name_and_id(kind, cedar_policy::EntityId::new(id)))
        };
        let (holder, action) = (entity("Holder", "presenter")?, entity("Action", ACTION)?);
        let purpose = entity("Purpose", &self.purpose.0)?;
        Request::new(holder, action, purpose, context, Some(&self.schema)).ok()
    }
}

/// The rule that could not be evaluated.
fn rule_of(error: &AuthorizationError) -> String {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    error.policy_id().to_string()
}

impl PolicyDecision {
    /// What the policy says.
    pub fn outcome(&self) -> PolicyOutcome {
        self.outcome
    }

    /// The rules that determined it: those that permitted; those that forbade; where none did either, those that would have permitted.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|(rule, _)| rule)
    }

    /// For a decision's evidence: `{"id","outcome","rules":[{"id","effect","applied","text","read":[{"at","name"}]}]}`.
    pub fn to_json(&self) -> Value {
        let named = |text: &Text| json!({ "en": text.en, "fr": text.fr });
        let rules: Vec<Value> = self
            .rules
            .iter()
            .map(|(rule, applied)| {
                let read: Vec<Value> = rule
                    .reads
                    .iter()
                    .map(|read| json!({ "at": read.at, "name": named(&read.name) }))
                    .collect();
                json!({
                    "id": rule.id,
                    "effect": rule.effect.name(),
                    "applied": applied,
                    "text": named(&rule.text),
                    "read": read,
                })
            })
            .collect();
        json!({ "id": self.policy, "outcome": self.outcome.name(), "rules": rules })
    }
}
