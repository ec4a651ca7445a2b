//! What is sound is accepted, in every format, and says what was found.

use portage_catalog::Format;
use portage_data_integrity::Cryptosuite;
use portage_keys::Signer;
use portage_testkit::world::{ListForm, PRESENTED, StatusLists, World, accepted, verdict};
use portage_vc::Presentation;
use portage_verification::{InputFormat, Proof, StatusEvidence, StatusPolicy};
use serde_json::{Value, json};

#[test]
fn a_credential_alone_is_accepted_in_every_format() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let credential = accepted(world.check(&world.issue(type_id, format)));
        assert_eq!(credential.format().name(), format.name());
        assert_eq!(credential.catalog_type(), Some(type_id));
        assert!(credential.evidence().schema_matched);
        assert_eq!(credential.evidence().status, StatusEvidence::Valid { age_seconds: 0 });
        assert_eq!(credential.evidence().holder, None);
        assert_eq!(credential.evidence().issuer.id, world.issuer_of(type_id).did.as_str());
        assert_eq!(credential.evidence().verification_method, world.issuer_of(type_id).method("key-1"));
    }
}

#[test]
fn a_presentation_is_accepted_in_every_format_and_proves_the_holder() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let presentation = world.present(&world.issue(type_id, format), format);
        let credential = accepted(world.check_presented(&presentation));
        assert_eq!(credential.format().name(), format.name());
        let holder = credential.evidence().holder.as_ref().unwrap();
        assert_eq!(holder.key, *world.holder_key(format).verification_key());
        assert!(holder.is_subject, "{}", format.name());
        assert_eq!(credential.evidence().holder_is_subject(), Proof::Proved);
    }
}

#[test]
fn v38_an_enveloped_credential_or_presentation_is_its_secured_text() {
    let world = World::new();
    let jwt = world.issue("business-licence", Format::VcJwt);
    let mut envelope = Presentation::enveloped("application/vc+jwt", &jwt);
    envelope["credentialSubject"] = json!({ "trade_name": "forged" });
    let credential = accepted(world.check(&envelope.to_string()));
    assert_eq!(credential.claims(), accepted(world.check(&jwt)).claims());
    envelope["id"] = json!(format!("data:application/vp+jwt,{jwt}"));
    assert_eq!(verdict(&world.check(&envelope.to_string())), "rejected type_mismatch");

    let jwt = world.present(&jwt, Format::VcJwt);
    envelope["type"] = json!("EnvelopedVerifiablePresentation");
    envelope["id"] = json!(format!("data:application/vp+jwt,{jwt}"));
    accepted(world.check_presented(&envelope.to_string()));
    envelope["type"] = json!("EnvelopedVerifiableCredential");
    assert_eq!(verdict(&world.check_presented(&envelope.to_string())), "rejected type_mismatch");
}

#[test]
fn a_presentation_of_nothing_proves_its_holder_and_nothing_else() {
    let world = World::new();
    for format in [Format::LdpVc, Format::VcJwt] {
        let mut draft = world.vp_draft(&[], format, &world.holder);
        draft.claims.shift_remove("verifiableCredential");
        let outcome = world.check_presented(&world.sign_vp(&draft, &world.holder));
        let line = outcome.to_json();
        assert_eq!(line["decision"], "accepted", "{}", format.name());
        assert_eq!(
            (&line["credentials"], &line["evidence"]["holder_is_subject"]),
            (&json!([]), &json!("not_proved"))
        );
        assert_eq!(line["evidence"]["same_holder"], "not_proved");
        let forged = world.sign_vp(&draft, &world.attacker.key);
        assert_ne!(world.check_presented(&forged).decision.name(), "accepted");
    }
}

#[test]
fn a_credential_just_issued_is_accepted_for_the_key_it_is_bound_to() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let keys = [world.holder_key(format).verification_key().clone()];
        accepted(world.check_issued(&world.issue(type_id, format), &keys));
    }
}

#[test]
fn both_keys_of_an_issuer_sign_and_both_forms_of_a_list_serve() {
    let mut world = World::new();
    world.publish(&StatusLists { form: ListForm::LdpVc, ..StatusLists::default() });
    for (format, type_id) in World::EVERY_FORMAT {
        let issuer = world.issuer_of(type_id);
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        if format != Format::LdpVc {
            draft.header.insert("kid".into(), issuer.method("key-2").into());
            accepted(world.check(&world.sign(&draft, &issuer.key_p256)));
            draft.header.insert("kid".into(), "#key-2".into());
            accepted(world.check(&world.sign(&draft, &issuer.key_p256)));
        } else {
            accepted(world.check(&world.sign(&draft, &issuer.key)));
        }
    }
}

#[test]
fn only_what_was_disclosed_is_told_and_withholding_all_is_no_fault() {
    let world = World::new();
    let licence = world.issue("business-licence", Format::VcSdJwt);
    for (names, told) in [(&["credentialSubject.trade_name"][..], 1), (&[], 0)] {
        let shown = world.bind(&world.select(&licence, &world.city.key, names), &world.holder_p256);
        let credential = accepted(world.check_presented(&shown));
        assert_eq!(credential.claims()["credentialSubject"].as_object().unwrap().len(), told);
    }
    let person = world.issue("person", Format::DcSdJwt);
    let shown = world.bind(&world.select(&person, &world.province.key, &["age_over_19"]), &world.holder_p256);
    let credential = accepted(world.check_presented(&shown));
    assert_eq!(credential.claims()["age_over_19"], true);
    assert!(!credential.claims().contains_key("birthdate_dateint"));
}

#[test]
fn the_announced_format_of_a_presentation_is_that_of_its_credentials() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let presentation = world.present(&world.issue(type_id, format), format);
        for announced in [InputFormat::DcSdJwt, InputFormat::VcSdJwt, InputFormat::VcJwt, InputFormat::LdpVc]
        {
            let mut expectations = world.expectations(PRESENTED);
            expectations.format = Some(announced);
            let outcome = world.run(&presentation, &expectations);
            let fits = announced.name() == format.name();
            assert_eq!(verdict(&outcome), if fits { "accepted" } else { "rejected type_mismatch" });
        }
    }
}

#[test]
fn a_status_that_is_not_checked_is_told_and_asks_for_nothing() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        let mut expectations = world.expectations(portage_verification::HolderExpectation::NotAsked);
        expectations.status = StatusPolicy::NotChecked;
        let credential = accepted(world.run(&world.issue(type_id, format), &expectations));
        assert_eq!(credential.evidence().status, StatusEvidence::NotChecked);
        assert_eq!(world.sources.take_asked(), [world.issuer_of(type_id).did.as_str()]);

        draft.claims.shift_remove("status");
        draft.claims.shift_remove("credentialStatus");
        let none = world.sign(&draft, &world.issuer_of(type_id).key);
        assert_eq!(accepted(world.check(&none)).evidence().status, StatusEvidence::None);
        world.sources.take_asked();
    }
}

#[test]
fn whitespace_around_an_input_means_nothing() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        accepted(world.check(&format!(" \n{}\r\n", world.issue(type_id, format))));
    }
}

#[test]
fn json_may_be_laid_out_as_its_sender_likes() {
    let world = World::new();
    let mut draft = world.draft("operator-card", Format::LdpVc, world.holder.verification_key());
    for suite in [Cryptosuite::EddsaRdfc2022, Cryptosuite::EddsaJcs2022] {
        draft.proof.cryptosuite = suite;
        let signed: Value = serde_json::from_str(&world.sign(&draft, &world.federal.key)).unwrap();
        accepted(world.check(&serde_json::to_string_pretty(&signed).unwrap()));
    }
}

#[test]
fn unknown_members_of_headers_and_payloads_are_left_alone() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        if format == Format::LdpVc {
            continue; // Nothing unknown may stand in a document with an rdfc proof.
        }
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        draft.header.insert("x-unknown".into(), 1.into());
        draft.claims.insert("unknown".into(), "x".into());
        accepted(world.check(&world.sign(&draft, &world.issuer_of(type_id).key)));
    }
}
