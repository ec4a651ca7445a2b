//! Which DIDs an entity says are its own: a proposal to its superior, and nothing more. What counts is what the superior says
//! ([`crate::Rights::identifiers`]).

use portage_did::Did;
use serde_json::Value;

use crate::{FEDERATION_ENTITY, Metadata};

/// The parameter of `federation_entity`: an array of DIDs.
pub const IDENTIFIERS_PARAMETER: &str = "https://portage-identity.example/federation/identifiers";

impl Metadata {
    /// With the DIDs that the entity signs credentials and requests with.
    #[must_use]
    pub fn proposing_identifiers<'d>(self, dids: impl IntoIterator<Item = &'d Did>) -> Self {
        let dids: Value = dids.into_iter().map(Did::as_str).collect();
        self.with(FEDERATION_ENTITY, [(IDENTIFIERS_PARAMETER, dids)])
    }

    /// The DIDs that it proposes.
    pub fn proposed_identifiers(&self) -> Vec<Did> {
        let proposed = self.of(FEDERATION_ENTITY).and_then(|members| members.get(IDENTIFIERS_PARAMETER));
        let proposed = proposed.and_then(Value::as_array).into_iter().flatten();
        proposed.filter_map(|did| Did::parse(did.as_str()?).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_proposed_reads_back_and_what_is_no_did_is_left_out() {
        let did = Did::parse("did:web:city.example").unwrap();
        let metadata = Metadata::new().proposing_identifiers([&did]);
        assert_eq!(metadata.proposed_identifiers(), [did]);
        assert!(Metadata::new().proposed_identifiers().is_empty());
        let odd = Metadata::new().with(FEDERATION_ENTITY, [(IDENTIFIERS_PARAMETER, json!(["city", 1]))]);
        assert!(odd.proposed_identifiers().is_empty());
    }
}
