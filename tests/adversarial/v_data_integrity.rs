//! Presentations and their proofs: V-07 to V-09.

use jiff::SignedDuration;
use portage_catalog::Format;
use portage_did::did_key;
use portage_keys::Signer;
use portage_testkit::world::{AUDIENCE, World, decode_jwt};
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    kinds::{DATA_INTEGRITY, PRESENTED_WHOLE, VC_JWT},
    tokens::{Token, edited},
};

#[test]
fn v07_a_presentation_without_its_own_proof() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in PRESENTED_WHOLE {
        let credential = kind.issue(&world);
        let sound = kind.present(&world, &credential);
        bench.accepts(kind.name, &sound);
        let unsecured = match kind.format {
            Format::LdpVc => edited(&sound, |vp| drop(vp.as_object_mut().unwrap().shift_remove("proof"))),
            _ => decode_jwt(&sound).1.to_string(),
        };
        bench.rejects(kind.name, unsecured, "proof_missing");
        if kind.format == Format::LdpVc {
            for (none, reason) in
                [(json!([]), "proof_missing"), (json!({}), "malformed"), (json!(null), "malformed")]
            {
                bench.rejects(kind.name, edited(&sound, |vp| vp["proof"] = none), reason);
            }
        } else {
            let empty = Token::read(&sound).with(|token| token.signature.clear()).text();
            bench.rejects(kind.name, empty, "signature_invalid");
        }
    }
    bench.run();
}

#[test]
fn v07_a_presentation_that_was_altered() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in PRESENTED_WHOLE {
        let sound = kind.present(&world, &kind.issue(&world));
        // As sound as the one shown, and not the one that was signed.
        let other = kind.issue_with(&world, |draft| {
            draft.claims["validFrom"] = "2026-01-02T00:00:00Z".into();
        });
        let other = kind.present(&world, &other);
        bench.accepts(kind.name, &sound);
        bench.accepts(kind.name, &other);
        let swapped = match kind.format {
            Format::LdpVc => {
                let other: Value = serde_json::from_str(&other).unwrap();
                edited(&sound, |vp| vp["verifiableCredential"] = other["verifiableCredential"].clone())
            }
            _ => {
                let signature = Token::read(&sound).signature;
                Token::read(&other).with(|token| token.signature = signature).text()
            }
        };
        bench.rejects(kind.name, swapped, "signature_invalid");
    }
    bench.run();
}

#[test]
fn v07_a_presentation_by_a_third_key() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in PRESENTED_WHOLE {
        let stolen = kind.key_of(&world.attacker);
        let (thief, method) = did_key(stolen.verification_key());
        let credential = kind.issue(&world);
        bench.accepts(kind.name, kind.present(&world, &credential));
        let mut vp = kind.presentation(&world, &credential);
        bench.rejects(kind.name, world.sign_vp(&vp, stolen), "signature_invalid");
        vp.proof.verification_method = method.to_string();
        vp.header.entry("kid").and_modify(|kid| *kid = method.to_string().into());
        bench.rejects(kind.name, world.sign_vp(&vp, stolen), "holder_binding_invalid");
        // The thief in his own name: whose credential it is, the evidence tells and the service's policy asks.
        vp.claims.insert("holder".into(), thief.as_str().into());
        bench.accepts(kind.name, world.sign_vp(&vp, stolen));
    }
    let lines = bench.run();
    for lines in lines.chunks(4) {
        assert_eq!(lines[0]["evidence"]["holder_is_subject"], "proved");
        assert_eq!(lines[3]["evidence"]["holder_is_subject"], "not_proved");
    }
}

#[test]
fn v08_a_credential_stripped_of_its_proof_inside_a_sound_presentation() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in DATA_INTEGRITY {
        let credential = kind.issue(&world);
        bench.accepts(kind.name, kind.present(&world, &credential));
        let stripped = edited(&credential, |vc| drop(vc.as_object_mut().unwrap().shift_remove("proof")));
        bench.rejects(kind.name, kind.present(&world, &stripped), "proof_missing");
    }
    let credential = VC_JWT.issue(&world);
    bench.accepts("vp+jwt", VC_JWT.present(&world, &credential));
    let decoded = VC_JWT.present_with(&world, &credential, |vp| {
        vp.claims["verifiableCredential"] = json!([decode_jwt(&credential).1]);
    });
    bench.rejects("vp+jwt", decoded, "proof_missing");
    bench.run();
}

#[test]
fn v09_a_presentation_for_nobody_or_somebody_else() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    let before = world.now - SignedDuration::from_secs(120);
    for kind in PRESENTED_WHOLE {
        let credential = kind.issue(&world);
        bench.accepts(kind.name, kind.present(&world, &credential));
        let other = |audience: Option<&str>| {
            kind.present_with(&world, &credential, |vp| {
                vp.proof.domain = audience.map(str::to_owned).into_iter().collect();
                match (audience, kind.format) {
                    (_, Format::LdpVc) => {}
                    (Some(audience), _) => vp.claims["aud"] = audience.into(),
                    (None, _) => drop(vp.claims.shift_remove("aud")),
                }
            })
        };
        bench.rejects(kind.name, other(None), "audience_mismatch");
        bench.rejects(kind.name, other(Some("did:web:market.example")), "audience_mismatch");
        // VC-DI §4.4 compares sets: this verifier among others is not this verifier alone.
        let among_others = kind.present_with(&world, &credential, |vp| {
            vp.proof.domain = vec![AUDIENCE.to_owned(), "did:web:market.example".to_owned()];
            if kind.format != Format::LdpVc {
                vp.claims["aud"] = json!([AUDIENCE, "did:web:market.example"]);
            }
        });
        bench.rejects(&format!("{} among others", kind.name), among_others, "audience_mismatch");
        let other = |nonce: Option<&str>| {
            kind.present_with(&world, &credential, |vp| {
                vp.proof.challenge = nonce.map(str::to_owned);
                match (nonce, kind.format) {
                    (_, Format::LdpVc) => {}
                    (Some(nonce), _) => vp.claims["nonce"] = nonce.into(),
                    (None, _) => drop(vp.claims.shift_remove("nonce")),
                }
            })
        };
        bench.rejects(kind.name, other(None), "nonce_mismatch");
        bench.rejects(kind.name, other(Some("of-another-session")), "nonce_mismatch");
        let expired = kind.present_with(&world, &credential, |vp| {
            vp.proof.expires = Some(before);
            if kind.format != Format::LdpVc {
                vp.claims.insert("exp".into(), before.as_second().into());
            }
        });
        bench.rejects(kind.name, expired, "expired");
    }
    bench.run();

    let mut bench = Bench::credentials(&world);
    for kind in DATA_INTEGRITY {
        bench.accepts(kind.name, kind.issue(&world));
        let expired = kind.issue_with(&world, |draft| draft.proof.expires = Some(before));
        bench.rejects(kind.name, expired, "expired");
    }
    bench.run();
}
