use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The verifier's own trust chain, as its requests carry it. Clones share it: whoever renews it renews it for all.
///
/// A chain that is over is not carried: a wallet would refuse it. One that ends sooner never takes the place of one that ends later.
#[derive(Debug, Clone, Default)]
pub struct CarriedChain {
    kept: Arc<RwLock<Option<Kept>>>,
}

#[derive(Debug, Clone)]
struct Kept {
    statements: Vec<String>,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

/// How it stands with the chain at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrying {
    /// There is none.
    Nothing,
    /// One that is good.
    Valid {
        /// How old its oldest statement is.
        age: SignedDuration,
        /// When its first statement ends.
        expires_at: Timestamp,
    },
    /// One that is over: requests go out without.
    Over {
        /// Since when.
        since: Timestamp,
    },
}

impl CarriedChain {
    /// Carries this chain from now on, its subject's own statement first, unless the one at hand ends later. Says whether it was taken.
    pub fn replace(&self, statements: Vec<String>, issued_at: Timestamp, expires_at: Timestamp) -> bool {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|kept| kept.expires_at > expires_at) {
            return false;
        }
        *kept = Some(Kept { statements, issued_at, expires_at });
        true
    }

    /// The statements, as long as they are good.
    pub fn statements(&self, now: Timestamp) -> Vec<String> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.iter().filter(|kept| now < kept.expires_at).flat_map(|kept| kept.statements.clone()).collect()
    }

    /// How it stands.
    pub fn carrying(&self, now: Timestamp) -> Carrying {
        match self.kept.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            None => Carrying::Nothing,
            Some(kept) if now < kept.expires_at => Carrying::Valid {
                age: now.duration_since(kept.issued_at).max(SignedDuration::ZERO),
                expires_at: kept.expires_at,
            },
            Some(kept) => Carrying::Over { since: kept.expires_at },
        }
    }

    /// When it should be renewed: half-way between its issue and its end, early enough to try again; at once where there is none.
    pub fn renewal_due(&self) -> Timestamp {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let half = |kept: &Kept| {
            let life = kept.expires_at.duration_since(kept.issued_at);
            kept.issued_at.checked_add(life / 2).unwrap_or(kept.expires_at)
        };
        kept.as_ref().map_or(Timestamp::MIN, half)
    }
}

impl Carrying {
    /// For output: `{"state","age_seconds"?,"expires_at"?}`.
    pub fn to_value(self) -> Value {
        match self {
            Carrying::Nothing => json!({ "state": "none" }),
            Carrying::Valid { age, expires_at } => {
                json!({ "state": "valid", "age_seconds": age.as_secs(), "expires_at": expires_at.to_string() })
            }
            Carrying::Over { since } => json!({ "state": "over", "expires_at": since.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_chain_is_carried_while_it_is_good_and_no_longer() {
        let chain = CarriedChain::default();
        assert_eq!((chain.carrying(at(0)), chain.statements(at(0))), (Carrying::Nothing, Vec::new()));
        assert!(chain.renewal_due() <= at(0));
        assert!(chain.replace(vec!["old".into()], at(0), at(100)));
        assert_eq!(chain.renewal_due(), at(50));
        assert_eq!(chain.statements(at(99)), ["old"]);
        let age = SignedDuration::from_secs(99);
        assert_eq!(chain.carrying(at(99)), Carrying::Valid { age, expires_at: at(100) });
        assert!(chain.statements(at(100)).is_empty(), "over");
        assert_eq!(chain.carrying(at(100)).to_value()["state"], "over");
    }

    #[test]
    fn a_renewed_chain_is_everybodys_and_never_an_older_one() {
        let chain = CarriedChain::default();
        let shared = chain.clone();
        assert!(chain.replace(vec!["old".into()], at(0), at(100)));
        assert!(chain.replace(vec!["new".into()], at(50), at(150)));
        assert!(!chain.replace(vec!["older".into()], at(10), at(110)));
        assert_eq!(shared.statements(at(120)), ["new"]);
    }
}
