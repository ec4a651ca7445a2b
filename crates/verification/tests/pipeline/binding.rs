//! V-07 to V-09, V-21 to V-24, V-38: who shows it, to whom, in which session.

use jiff::SignedDuration;
use portage_catalog::Format;
use portage_did::did_key;
use portage_jose::Header;
use portage_keys::{Signer, SigningKey};
use portage_testkit::world::{AUDIENCE, PRESENTED, VpDraft, World, accepted, verdict};
use portage_verification::HolderExpectation;
use serde_json::{Map, Value, json};

use crate::forge::{assert_verdict, edit, on_key_binding, with_header, with_part, with_signature};

const W3C: [(Format, &str); 2] = [World::EVERY_FORMAT[2], World::EVERY_FORMAT[3]];
const SD_JWT: [(Format, &str); 2] = [World::EVERY_FORMAT[0], World::EVERY_FORMAT[1]];

fn flip(mut signature: Vec<u8>) -> Vec<u8> {
    signature[10] ^= 1;
    signature
}

/// Names `key` as the signer and signs with it; `holder` stays as it is.
fn signed_by(world: &World, mut draft: VpDraft, key: &SigningKey) -> String {
    let method = did_key(key.verification_key()).1.to_string();
    if !draft.header.is_empty() {
        draft.header.insert("kid".into(), method.as_str().into());
    }
    draft.proof.verification_method = method;
    world.sign_vp(&draft, key)
}

#[test]
fn v07_a_presentation_whose_own_proof_does_not_hold_is_refused_whole() {
    let world = World::new();
    for (format, type_id) in W3C {
        let credential = world.issue(type_id, format);
        let draft = world.vp_draft(&[&credential], format, &world.holder);
        let presentation = world.sign_vp(&draft, &world.holder);
        accepted(world.check_presented(&presentation));
        world.sources.take_asked();

        let (stripped, altered) = match format {
            Format::LdpVc => (
                edit(&presentation, |vp| drop(vp.as_object_mut().unwrap().shift_remove("proof"))),
                edit(&presentation, |vp| vp["proof"]["created"] = "2026-01-15T11:59:58Z".into()),
            ),
            _ => (with_part(&presentation, 2, b""), with_signature(&presentation, flip)),
        };
        let missing = if format == Format::LdpVc { "proof_missing" } else { "signature_invalid" };
        assert_verdict(&world.check_presented(&stripped), &format!("rejected {missing}"));
        assert_verdict(&world.check_presented(&altered), "rejected signature_invalid");
        // The thief signs under the holder's method, or under a method of the thief's own.
        let forged = world.sign_vp(&draft, &world.thief);
        assert_verdict(&world.check_presented(&forged), "rejected signature_invalid");
        let forged = signed_by(&world, draft, &world.thief);
        assert_verdict(&world.check_presented(&forged), "rejected holder_binding_invalid");
        assert_eq!(world.sources.take_asked(), [""; 0], "nothing is fetched for a forged presentation");
    }
}

#[test]
fn v07_a_holder_who_is_not_the_subject_is_told_apart() {
    let world = World::new();
    for (format, type_id) in W3C {
        let credential = world.issue(type_id, format);
        for (key, is_subject) in [(&world.holder, true), (&world.thief, false)] {
            let draft = world.vp_draft(&[&credential], format, key);
            let shown = accepted(world.check_presented(&world.sign_vp(&draft, key)));
            assert_eq!(shown.evidence().holder.as_ref().unwrap().is_subject, is_subject);
        }
    }
}

#[test]
fn v08_a_credential_without_its_proof_never_reaches_the_caller() {
    let world = World::new();
    let card = world.issue("operator-card", Format::LdpVc);
    let bare = edit(&card, |card| drop(card.as_object_mut().unwrap().shift_remove("proof")));
    for (credential, expected) in [(&card, "accepted"), (&bare, "rejected proof_missing")] {
        let draft = world.vp_draft(&[credential], Format::LdpVc, &world.holder);
        assert_verdict(&world.check_presented(&world.sign_vp(&draft, &world.holder)), expected);
    }
    assert_verdict(&world.check(&bare), "rejected proof_missing");

    let licence = world.issue("business-licence", Format::VcJwt);
    let mut draft = world.vp_draft(&[&licence], Format::VcJwt, &world.holder);
    accepted(world.check_presented(&world.sign_vp(&draft, &world.holder)));
    // Embedded in a JOSE presentation: covered by the holder's signature, by nobody else's.
    draft.claims["verifiableCredential"][0] = serde_json::from_str(&bare).unwrap();
    let forged = world.sign_vp(&draft, &world.holder);
    assert_verdict(&world.check_presented(&forged), "rejected proof_missing");
    draft.claims["verifiableCredential"] = json!([]);
    let empty = world.sign_vp(&draft, &world.holder);
    assert_verdict(&world.check_presented(&empty), "rejected query_not_satisfied");
}

#[test]
fn v08_one_refused_credential_refuses_the_presentation() {
    let world = World::new();
    let sound = world.issue("operator-card", Format::LdpVc);
    let broken = edit(&sound, |card| card["validFrom"] = "2026-01-14T12:00:01Z".into());
    for (second, expected) in [(&sound, "accepted"), (&broken, "rejected signature_invalid")] {
        let draft = world.vp_draft(&[&sound, second], Format::LdpVc, &world.holder);
        assert_verdict(&world.check_presented(&world.sign_vp(&draft, &world.holder)), expected);
    }
}

#[test]
fn v09_a_presentation_is_for_this_audience_and_this_session() {
    let world = World::new();
    let card = world.issue("operator-card", Format::LdpVc);
    let draft = world.vp_draft(&[&card], Format::LdpVc, &world.holder);
    accepted(world.check_presented(&world.sign_vp(&draft, &world.holder)));
    let check = |change: &dyn Fn(&mut VpDraft)| {
        let mut draft = draft.clone();
        change(&mut draft);
        verdict(&world.check_presented(&world.sign_vp(&draft, &world.holder)))
    };
    let audience = "rejected audience_mismatch";
    assert_eq!(check(&|draft| draft.proof.domain.clear()), audience);
    assert_eq!(check(&|draft| draft.proof.domain = vec!["did:web:market.example".into()]), audience);
    let among_others = vec![AUDIENCE.into(), "did:web:market.example".into()];
    assert_eq!(check(&|draft| draft.proof.domain = among_others.clone()), audience);
    assert_eq!(check(&|draft| draft.proof.challenge = None), "rejected nonce_mismatch");
    assert_eq!(check(&|draft| draft.proof.challenge = Some("other".into())), "rejected nonce_mismatch");
    let past = Some(world.now - SignedDuration::from_secs(61));
    assert_eq!(check(&|draft| draft.proof.expires = past), "rejected expired");
    let inside = Some(world.now - SignedDuration::from_secs(60));
    assert_eq!(check(&|draft| draft.proof.expires = inside), "accepted");
    let ahead = Some(world.now + SignedDuration::from_secs(61));
    assert_eq!(check(&|draft| draft.proof.created = ahead), "rejected not_yet_valid");
}

#[test]
fn v09_a_jose_presentation_is_for_this_audience_and_this_session() {
    let world = World::new();
    let licence = world.issue("business-licence", Format::VcJwt);
    let draft = world.vp_draft(&[&licence], Format::VcJwt, &world.holder);
    let with = |name: &str, value: Value| {
        let mut draft = draft.clone();
        draft.claims.insert(name.into(), value);
        if draft.claims[name].is_null() {
            draft.claims.shift_remove(name);
        }
        verdict(&world.check_presented(&world.sign_vp(&draft, &world.holder)))
    };
    let now = world.now.as_second();
    for (name, value, expected) in [
        ("aud", json!(AUDIENCE), "accepted"),
        ("aud", json!([AUDIENCE]), "accepted"),
        ("aud", json!([AUDIENCE, "another"]), "rejected audience_mismatch"),
        ("aud", json!("did:web:market.example"), "rejected audience_mismatch"),
        ("aud", json!(null), "rejected audience_mismatch"),
        ("nonce", json!("other"), "rejected nonce_mismatch"),
        ("nonce", json!(null), "rejected nonce_mismatch"),
        ("iat", json!(now - 360), "accepted"),
        ("iat", json!(now - 361), "rejected expired"),
        ("iat", json!(now + 60), "accepted"),
        ("iat", json!(now + 61), "rejected not_yet_valid"),
        ("iat", json!("now"), "rejected malformed"),
        ("exp", json!(now - 61), "rejected expired"),
        ("holder", json!("did:web:attacker.example"), "rejected holder_binding_invalid"),
        ("iss", json!("did:web:attacker.example"), "rejected key_mismatch"),
    ] {
        assert_eq!(with(name, value.clone()), expected, "{name} {value}");
    }
}

#[test]
fn v21_binding_is_required_whatever_was_sent() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let credential = world.issue(type_id, format);
        accepted(world.check_presented(&world.present(&credential, format)));
        assert_verdict(&world.check_presented(&credential), "rejected holder_binding_missing");
        // And where nobody asked for one, none is looked at.
        let presentation = world.present(&credential, format);
        assert_verdict(&world.check(&presentation), "rejected type_mismatch");
    }
}

#[test]
fn v22_disclosures_are_those_that_the_holder_signed() {
    let world = World::new();
    for (format, type_id) in SD_JWT {
        let whole = world.issue(type_id, format);
        let presentation = world.bind(&whole, &world.holder_p256);
        accepted(world.check_presented(&presentation));
        let parts: Vec<&str> = presentation.split('~').collect();
        let last = parts.len() - 1;
        let mut removed = parts.clone();
        removed.remove(1);
        let mut swapped = parts.clone();
        swapped.swap(1, 2);
        let mut fewer = parts[..last].to_vec();
        fewer.remove(2);
        fewer.push("");
        let bound = world.bind(&fewer.join("~"), &world.holder_p256);
        accepted(world.check_presented(&bound));
        let mut added: Vec<&str> = bound.split('~').collect();
        added.insert(2, parts[2]);
        for forged in [removed, swapped, added] {
            assert_verdict(&world.check_presented(&forged.join("~")), "rejected holder_binding_invalid");
        }
    }
}

#[test]
fn v23_a_key_binding_is_for_this_audience_this_session_and_this_moment() {
    let world = World::new();
    let day = 86_400;
    for (format, type_id) in SD_JWT {
        let credential = world.issue(type_id, format);
        let check = |typ: &str, change: &dyn Fn(&mut Map<String, Value>)| {
            let mut claims = world.key_binding_claims(&credential);
            change(&mut claims);
            let shown = world.bind_with(&credential, Header::new(typ), &claims, &world.holder_p256);
            verdict(&world.check_presented(&shown))
        };
        let now = world.now.as_second();
        let with = |name: &'static str, value: Value| {
            check("kb+jwt", &|claims| drop(claims.insert(name.into(), value.clone())))
        };
        assert_eq!(check("kb+jwt", &|_| ()), "accepted");
        assert_eq!(check("JWT", &|_| ()), "rejected type_mismatch");
        assert_eq!(check("openid4vci-proof+jwt", &|_| ()), "rejected type_mismatch");
        assert_eq!(with("aud", json!("https://other.example")), "rejected audience_mismatch");
        assert_eq!(with("aud", json!([AUDIENCE])), "rejected audience_mismatch");
        assert_eq!(with("nonce", json!("other")), "rejected nonce_mismatch");
        assert_eq!(with("iat", json!(now - day)), "rejected expired");
        assert_eq!(with("iat", json!(now + day)), "rejected not_yet_valid");
        for name in ["iat", "aud", "nonce", "sd_hash"] {
            let without = check("kb+jwt", &|claims| drop(claims.shift_remove(name)));
            assert!(without.starts_with("rejected "), "{name}: {without}");
        }
    }
}

#[test]
fn v24_a_key_binding_is_by_the_key_of_the_credential() {
    let world = World::new();
    for (format, type_id) in SD_JWT {
        let credential = world.issue(type_id, format);
        accepted(world.check_presented(&world.bind(&credential, &world.holder_p256)));
        let jwk = portage_jose::Jwk::from_key(world.thief.verification_key().clone()).to_value();
        let header = Header::new("kb+jwt").with("jwk", jwk);
        let claims = world.key_binding_claims(&credential);
        let forged = world.bind_with(&credential, header, &claims, &world.thief);
        assert_verdict(&world.check_presented(&forged), "rejected holder_binding_invalid");
        let altered =
            on_key_binding(&world.bind(&credential, &world.holder_p256), |jwt| with_signature(jwt, flip));
        assert_verdict(&world.check_presented(&altered), "rejected holder_binding_invalid");

        // A credential that is bound to nobody is nobody's to show.
        let mut draft = world.draft(type_id, format, world.holder_p256.verification_key());
        draft.claims.shift_remove("cnf");
        let unbound = world.sign(&draft, &world.issuer_of(type_id).key);
        let shown = world.bind(&unbound, &world.holder_p256);
        assert_verdict(&world.check_presented(&shown), "rejected holder_binding_invalid");
    }
}

#[test]
fn v38_only_what_was_signed_is_read() {
    let world = World::new();
    let licence = world.issue("business-licence", Format::VcJwt);
    let mut draft = world.vp_draft(&[&licence], Format::VcJwt, &world.holder);
    let sound = accepted(world.check_presented(&world.sign_vp(&draft, &world.holder)));
    let claims = sound.claims().clone();
    // A copy beside the envelope says something else.
    let envelope = &mut draft.claims["verifiableCredential"][0];
    envelope["credentialSubject"] = json!({ "trade_name": "Another" });
    envelope["issuer"] = world.attacker.did.as_str().into();
    let outcome = world.check_presented(&world.sign_vp(&draft, &world.holder));
    assert_eq!(*accepted(outcome).claims(), claims);

    let payload = with_header(&licence, |header| drop(header.insert("claims".into(), json!({ "a": 1 }))));
    assert_verdict(&world.check(&payload), "rejected signature_invalid");
}

#[test]
fn an_enveloped_sd_jwt_is_bound_by_the_presentation_and_by_nothing_else() {
    let world = World::new();
    let licence = {
        let draft = world.draft("business-licence", Format::VcSdJwt, world.holder.verification_key());
        world.sign(&draft, &world.city.key)
    };
    let vp = |credential: &str| {
        let draft = world.vp_draft(&[credential], Format::VcSdJwt, &world.holder);
        world.check_presented(&world.sign_vp(&draft, &world.holder))
    };
    let shown = accepted(vp(&licence));
    assert!(shown.evidence().holder.as_ref().unwrap().is_subject);
    assert_verdict(&vp(&world.bind(&licence, &world.holder)), "rejected type_mismatch");
}

#[test]
fn the_session_is_the_verifiers_and_not_the_messages() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let presentation = world.present(&world.issue(type_id, format), format);
        assert_verdict(&world.run(&presentation, &world.expectations(PRESENTED)), "accepted");
        let other = HolderExpectation::Presented { audience: AUDIENCE, nonce: "another-session" };
        let outcome = world.run(&presentation, &world.expectations(other));
        assert_verdict(&outcome, "rejected nonce_mismatch");
    }
}
