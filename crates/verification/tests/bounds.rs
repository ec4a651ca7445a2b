//! What a trusted issuer may not make a verifier do, and whom a `cnf` that nobody here understands leaves a credential to.

use portage_catalog::Format;
use portage_keys::Signer;
use portage_testkit::world::{World, accepted, verdict};
use serde_json::{Value, json};

#[test]
fn a_credential_with_thousands_of_status_entries_asks_for_no_list() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT.into_iter().filter(|(format, _)| *format != Format::DcSdJwt)
    {
        let issuer = world.issuer_of(type_id);
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        accepted(world.check(&world.sign(&draft, &issuer.key)));
        world.sources.take_asked();
        let entry = |index: usize| {
            let mut entry = draft.claims["credentialStatus"][0].clone();
            entry["statusListCredential"] = issuer.url(&format!("/status/{index}")).into();
            entry
        };
        let entries: Vec<Value> = (0..500).map(entry).collect();
        draft.claims.insert("credentialStatus".into(), entries.into());
        assert_eq!(verdict(&world.check(&world.sign(&draft, &issuer.key))), "rejected too_complex");
        assert_eq!(world.sources.take_asked(), [issuer.did.as_str()]);
    }
}

#[test]
fn a_cnf_that_is_not_understood_is_not_passed_over_for_the_subject() {
    let world = World::new();
    let mut draft = world.draft("business-licence", Format::VcJwt, world.holder.verification_key());
    for (cnf, is_subject) in [(None, true), (Some(json!({ "jkt": "abc" })), false), (Some(json!({})), false)]
    {
        draft.claims.shift_remove("cnf");
        draft.claims.extend(cnf.map(|cnf| ("cnf".to_owned(), cnf)));
        let presented = world.present(&world.sign(&draft, &world.city.key), Format::VcJwt);
        let credential = accepted(world.check_presented(&presented));
        assert_eq!(credential.evidence().holder.as_ref().map(|holder| holder.is_subject), Some(is_subject));
    }
}
