//! What the story tells: steps and decisions.

use serde_json::{Value, json};

/// One thing that somebody did, and what each party learned by it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Who acted.
    pub who: String,
    /// What they did, in plain words.
    pub did: String,
    /// `"<party>: <what>"`, computed from the messages that party received in this step.
    pub learned: Vec<String>,
}

/// A decision of the service.
#[derive(Debug, Clone)]
pub struct Decision {
    /// `accepted`, `rejected`, `indeterminate`.
    pub decision: String,
    /// Why, when not accepted.
    pub reasons: Vec<String>,
    /// What was asked, and nothing else.
    pub claims: Value,
}

/// The whole story.
#[derive(Debug, Clone, Default)]
pub struct Story {
    /// Its steps.
    pub steps: Vec<Step>,
    /// Its two decisions.
    pub decisions: Vec<Decision>,
    /// The reasons for which the wallet refused what it should refuse.
    pub refusals: Vec<String>,
}

impl Decision {
    /// Reads the answer of `GET /api/requests/{transaction}`.
    pub(crate) fn from_result(result: &Value) -> Self {
        Decision {
            decision: result["decision"].as_str().unwrap_or_default().to_owned(),
            reasons: result["reasons"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            claims: result.get("claims").cloned().unwrap_or_else(|| json!({})),
        }
    }
}

impl Story {
    /// `{"steps":[{"who","did","learned":[…]}],"decisions":[{"decision","reasons":[…],"claims":{…}}],"refusals":[…]}`.
    pub fn to_json(&self) -> Value {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| json!({"who": step.who, "did": step.did, "learned": step.learned}))
            .collect();
        let decisions: Vec<_> = self
            .decisions
            .iter()
            .map(|decision| {
                json!({"decision": decision.decision, "reasons": decision.reasons, "claims": decision.claims})
            })
            .collect();
        json!({"steps": steps, "decisions": decisions, "refusals": self.refusals})
    }
}
