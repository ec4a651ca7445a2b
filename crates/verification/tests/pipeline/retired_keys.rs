//! T-13 in the pipeline: what an authority says of a key counts after the signature.

use jiff::Timestamp;
use portage_catalog::PurposeId;
use portage_keys::{Signer as _, VerificationKey};
use portage_reason::Reason;
use portage_testkit::world::{World, accepted};
use portage_trust::{Authority, IssuerAuthorized, MayAsk, TrustList};
use portage_verification::HolderExpectation;

use crate::forge::assert_verdict;

/// Trusts whom the list trusts, but for what this key signed from a time on.
struct Retired<'a> {
    list: &'a TrustList,
    key: &'a VerificationKey,
    from: Timestamp,
}

impl Authority for Retired<'_> {
    fn may_issue(&self, issuer: &str, types: &[&str]) -> Result<IssuerAuthorized, Reason> {
        self.list.may_issue(issuer, types)
    }

    fn may_ask(&self, verifier: &str, purpose: Option<&PurposeId>) -> MayAsk {
        self.list.may_ask(verifier, purpose)
    }

    fn check_key(
        &self,
        _issuer: &str,
        key: &VerificationKey,
        signed_at: Option<Timestamp>,
    ) -> Result<(), Reason> {
        let refused = key == self.key && signed_at.is_none_or(|signed_at| signed_at >= self.from);
        if refused { Err(Reason::KeyNotFound) } else { Ok(()) }
    }
}

#[test]
fn t13_a_credential_under_a_key_that_an_authority_declared_retired() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let credential = world.issue(type_id, format);
        let key = world.issuer_of(type_id).key.verification_key();
        let verdict = |key, from| {
            let authority = Retired { list: &world.trust, key, from };
            let mut expectations = world.expectations(HolderExpectation::NotAsked);
            expectations.authority = &authority;
            world.run(&credential, &expectations)
        };
        accepted(verdict(world.holder.verification_key(), Timestamp::MIN));
        accepted(verdict(key, Timestamp::MAX));
        world.sources.take_asked();
        assert_verdict(&verdict(key, Timestamp::MIN), "rejected key_not_found");
    }
}
