//! What a wallet takes from an issuer: W-14, W-15 as far as the pipeline goes.

use portage_catalog::Format;
use portage_keys::Signer;
use portage_testkit::world::{World, accepted};

use crate::forge::{assert_verdict, on_jwt, with_signature};

#[test]
fn w14_a_credential_for_another_key_is_not_the_one_that_was_offered() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let key = world.holder_key(format).verification_key().clone();
        let credential = world.issue(type_id, format);
        accepted(world.check_issued(&credential, std::slice::from_ref(&key)));
        let others = [world.thief.verification_key().clone()];
        assert_verdict(&world.check_issued(&credential, &others), "rejected credential_mismatch");
        assert_verdict(&world.check_issued(&credential, &[]), "rejected credential_mismatch");

        let mut draft = world.draft(type_id, format, &key);
        draft.claims.shift_remove("cnf");
        if let Some(subject) = draft.claims.get_mut("credentialSubject") {
            subject.as_object_mut().unwrap().shift_remove("id");
        }
        let unbound = world.sign(&draft, &world.issuer_of(type_id).key);
        assert_verdict(&world.check_issued(&unbound, &[key]), "rejected credential_mismatch");
    }
}

#[test]
fn w14_every_tie_must_lead_to_the_holder() {
    let world = World::new();
    let key = world.holder.verification_key().clone();
    let mut draft = world.draft("business-licence", Format::VcJwt, &key);
    accepted(world.check_issued(&world.sign(&draft, &world.city.key), std::slice::from_ref(&key)));
    let thief = portage_did::did_key(world.thief.verification_key()).0;
    draft.claims["credentialSubject"]["id"] = thief.as_str().into();
    let forged = world.sign(&draft, &world.city.key);
    assert_verdict(&world.check_issued(&forged, &[key]), "rejected credential_mismatch");
}

#[test]
fn w14_a_signature_that_does_not_hold_is_refused_on_receipt_as_anywhere() {
    let world = World::new();
    let keys = [world.holder_p256.verification_key().clone()];
    let person = world.issue("person", Format::DcSdJwt);
    accepted(world.check_issued(&person, &keys));
    let broken =
        on_jwt(&person, |jwt| with_signature(jwt, |signature| signature.into_iter().rev().collect()));
    assert_verdict(&world.check_issued(&broken, &keys), "rejected signature_invalid");
}

#[test]
fn w15_an_sd_jwt_with_key_binding_is_not_an_issued_credential() {
    let world = World::new();
    for (format, type_id) in [World::EVERY_FORMAT[0], World::EVERY_FORMAT[1]] {
        let keys = [world.holder_p256.verification_key().clone()];
        let credential = world.issue(type_id, format);
        accepted(world.check_issued(&credential, &keys));
        let bound = world.bind(&credential, &world.holder_p256);
        assert_verdict(&world.check_issued(&bound, &keys), "rejected credential_mismatch");
    }
    let licence = world.present(&world.issue("business-licence", Format::VcJwt), Format::VcJwt);
    let keys = [world.holder.verification_key().clone()];
    assert_verdict(&world.check_issued(&licence, &keys), "rejected type_mismatch");
}

#[test]
fn a_claim_that_does_not_fit_its_type_is_refused() {
    let world = World::new();
    for (format, type_id, name) in [
        (Format::DcSdJwt, "person", "age_over_19"),
        (Format::VcSdJwt, "business-licence", "trade_name"),
        (Format::VcJwt, "business-licence", "trade_name"),
    ] {
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        let claims = match format {
            Format::DcSdJwt => &mut draft.claims,
            _ => draft.claims["credentialSubject"].as_object_mut().unwrap(),
        };
        claims.insert(name.into(), 7.into());
        let forged = world.sign(&draft, &world.issuer_of(type_id).key);
        accepted(world.check(&world.issue(type_id, format)));
        assert_verdict(&world.check(&forged), "rejected schema_mismatch");
    }
}
