use portage_reason::Reason;
use serde_json::{Map, Value, json};

/// What the relying party gets.
///
/// The accepted one is made by the policy alone; [`Verdict::restored`] reads back what it once wrote. Claims do not print.
#[derive(Clone, PartialEq)]
pub enum Verdict {
    /// Every check held.
    Accepted {
        /// Credential Query id → exactly what was asked of it.
        claims: Map<String, Value>,
        /// What it rests on.
        evidence: Map<String, Value>,
    },
    /// A check refused it.
    Rejected {
        /// First failure first, one per credential.
        reasons: Vec<Reason>,
        /// What was found.
        evidence: Map<String, Value>,
    },
    /// It could not be found out: nothing is granted.
    Indeterminate {
        /// First failure first, one per credential.
        reasons: Vec<Reason>,
        /// What was found.
        evidence: Map<String, Value>,
    },
}

impl Verdict {
    /// `accepted`, `rejected`, `indeterminate`.
    pub const fn decision(&self) -> &'static str {
        match self {
            Verdict::Accepted { .. } => "accepted",
            Verdict::Rejected { .. } => "rejected",
            Verdict::Indeterminate { .. } => "indeterminate",
        }
    }

    /// The reasons; empty when accepted.
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Verdict::Accepted { .. } => &[],
            Verdict::Rejected { reasons, .. } | Verdict::Indeterminate { reasons, .. } => reasons,
        }
    }

    /// What it rests on.
    pub fn evidence(&self) -> &Map<String, Value> {
        match self {
            Verdict::Accepted { evidence, .. }
            | Verdict::Rejected { evidence, .. }
            | Verdict::Indeterminate { evidence, .. } => evidence,
        }
    }

    /// `{"decision","reasons","claims"?,"evidence"}`: what is stored and what the relying party reads.
    pub fn to_value(&self) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("decision".into(), self.decision().into());
        object.insert("reasons".into(), json!(self.reasons()));
        if let Verdict::Accepted { claims, .. } = self {
            object.insert("claims".into(), Value::Object(claims.clone()));
        }
        object.insert("evidence".into(), Value::Object(self.evidence().clone()));
        object
    }

    /// Reads back what [`Verdict::to_value`] wrote; `None` when the store holds something else.
    pub fn restored(stored: Value) -> Option<Self> {
        let Value::Object(mut stored) = stored else { return None };
        let object = |value: Option<Value>| match value {
            Some(Value::Object(object)) => Some(object),
            _ => None,
        };
        let evidence = object(stored.remove("evidence"))?;
        let reasons: Vec<Reason> = serde_json::from_value(stored.remove("reasons")?).ok()?;
        match stored.get("decision")?.as_str()? {
            "accepted" if reasons.is_empty() => {
                Some(Verdict::Accepted { claims: object(stored.remove("claims"))?, evidence })
            }
            "rejected" => Some(Verdict::Rejected { reasons, evidence }),
            "indeterminate" => Some(Verdict::Indeterminate { reasons, evidence }),
            _ => None,
        }
    }

    #[cfg(test)]
    pub(crate) fn rejected_for_tests() -> Self {
        Verdict::Rejected { reasons: vec![Reason::Revoked], evidence: Map::new() }
    }
}

impl std::fmt::Debug for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({:?})", self.decision(), self.reasons())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_reads_back_and_nothing_else_does() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let accepted = Verdict::Accepted {
            claims: map(json!({ "person": { "age_over_19": true } })),
            evidence: map(json!({ "session_bound": false })),
        };
        let evidence = Map::new();
        let reasons = vec![Reason::Revoked, Reason::Expired];
        for verdict in [
            accepted.clone(),
            Verdict::Rejected { reasons: reasons.clone(), evidence: evidence.clone() },
            Verdict::Indeterminate { reasons, evidence },
        ] {
            assert_eq!(Verdict::restored(Value::Object(verdict.to_value())), Some(verdict));
        }
        for bad in [
            json!({}),
            json!({ "decision": "accepted", "reasons": ["revoked"], "claims": {}, "evidence": {} }),
            json!({ "decision": "accepted", "reasons": [], "evidence": {} }),
            json!({ "decision": "granted", "reasons": [], "claims": {}, "evidence": {} }),
        ] {
            assert_eq!(Verdict::restored(bad), None);
        }
        assert_eq!(format!("{accepted:?}"), "accepted([])");
    }
}
