use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;
use portage_catalog::PurposeId;
use serde_json::Value;

use crate::{CarriedChain, Carrying};

/// What authorities signed about the verifier's purposes, as its requests carry it. Clones share it: whoever renews it renews it for all.
///
/// Of one purpose it holds one statement at a time, by the rules of [`CarriedChain`]: one that is over is not carried, and one that ends sooner
/// never takes the place of one that ends later.
#[derive(Debug, Clone, Default)]
pub struct CarriedStatements {
    kept: Arc<RwLock<BTreeMap<PurposeId, Kept>>>,
}

#[derive(Debug, Clone)]
struct Kept {
    issuer: String,
    statement: CarriedChain,
}

impl CarriedStatements {
    /// Carries this statement of `issuer` for a purpose from now on, unless the one at hand ends later. Says whether it was taken.
    pub fn replace(
        &self,
        purpose: &PurposeId,
        issuer: &str,
        statement: String,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> bool {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Kept { issuer: issuer.to_owned(), statement: CarriedChain::default() };
        let kept = kept.entry(purpose.clone()).or_insert_with(fresh);
        let taken = kept.statement.replace(vec![statement], issued_at, expires_at);
        if taken {
            issuer.clone_into(&mut kept.issuer);
        }
        taken
    }

    /// The statement for a purpose, as long as it is good.
    pub fn statement(&self, purpose: &PurposeId, now: Timestamp) -> Option<String> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(purpose)?.statement.statements(now).pop()
    }

    /// Who signed those at hand, each once.
    pub fn issuers(&self) -> Vec<String> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let mut issuers: Vec<_> = kept.values().map(|kept| kept.issuer.clone()).collect();
        issuers.sort();
        issuers.dedup();
        issuers
    }

    /// How it stands with each purpose that has, or had, a statement.
    pub fn carrying(&self, now: Timestamp) -> BTreeMap<PurposeId, Carrying> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|(purpose, kept)| (purpose.clone(), kept.statement.carrying(now))).collect()
    }

    /// When the first of them should be renewed; at once where there is none.
    pub fn renewal_due(&self) -> Timestamp {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.values().map(|kept| kept.statement.renewal_due()).min().unwrap_or(Timestamp::MIN)
    }

    /// For output: an object, a member a purpose ([`Carrying::to_value`]).
    pub fn to_value(&self, now: Timestamp) -> Value {
        let carrying = self.carrying(now).into_iter();
        Value::Object(carrying.map(|(purpose, carrying)| (purpose.0, carrying.to_value())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_its_own_statement_with_its_own_end() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (stall, boat) = (PurposeId("stall".into()), PurposeId("boat".into()));
        let carried = CarriedStatements::default();
        assert!(carried.renewal_due() <= at(0) && carried.statement(&stall, at(0)).is_none());
        assert!(carried.replace(&stall, "https://bc.example", "a".into(), at(0), at(100)));
        assert!(carried.replace(&boat, "https://ab.example", "b".into(), at(0), at(40)));
        assert_eq!(carried.renewal_due(), at(20));
        assert_eq!(carried.issuers(), ["https://ab.example", "https://bc.example"]);
        assert_eq!(carried.statement(&boat, at(39)).as_deref(), Some("b"));
        assert_eq!(carried.statement(&boat, at(40)), None, "over");
        assert_eq!(carried.statement(&stall, at(40)).as_deref(), Some("a"), "the twin");
        assert!(!carried.replace(&stall, "https://bc.example", "older".into(), at(0), at(90)));
        assert!(carried.clone().replace(&stall, "https://bc.example", "newer".into(), at(50), at(150)));
        assert_eq!(carried.statement(&stall, at(120)).as_deref(), Some("newer"));
        let told = carried.to_value(at(120));
        assert_eq!((&told["stall"]["state"], &told["boat"]["state"]), (&"valid".into(), &"over".into()));
    }
}
