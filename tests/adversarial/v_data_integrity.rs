//! Data Integrity: V-07 to V-13.

use std::time::Instant;

use jiff::SignedDuration;
use portage_catalog::Format;
use portage_did::did_key;
use portage_keys::Signer;
use portage_testkit::world::{World, decode_jwt};
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    kinds::{DATA_INTEGRITY, JCS, PRESENTED_WHOLE, RDFC, VC_JWT, VC_SD_JWT},
    silence::SilentListener,
    tokens::Token,
};

/// A document with a change; its proof stays as it is.
fn edited(document: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(document).unwrap();
    change(&mut document);
    document.to_string()
}

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
    let (thief, method) = did_key(world.thief.verification_key());
    let mut bench = Bench::presentations(&world);
    for kind in PRESENTED_WHOLE {
        let credential = kind.issue(&world);
        bench.accepts(kind.name, kind.present(&world, &credential));
        let mut vp = kind.presentation(&world, &credential);
        bench.rejects(kind.name, world.sign_vp(&vp, &world.thief), "signature_invalid");
        vp.proof.verification_method = method.to_string();
        vp.header.entry("kid").and_modify(|kid| *kid = method.to_string().into());
        bench.rejects(kind.name, world.sign_vp(&vp, &world.thief), "holder_binding_invalid");
        // The thief in his own name: whose credential it is, the evidence tells and the service's policy asks.
        vp.claims.insert("holder".into(), thief.as_str().into());
        bench.accepts(kind.name, world.sign_vp(&vp, &world.thief));
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
                vp.proof.domain = audience.map(str::to_owned);
                match (audience, kind.format) {
                    (_, Format::LdpVc) => {}
                    (Some(audience), _) => vp.claims["aud"] = audience.into(),
                    (None, _) => drop(vp.claims.shift_remove("aud")),
                }
            })
        };
        bench.rejects(kind.name, other(None), "audience_mismatch");
        bench.rejects(kind.name, other(Some("did:web:market.example")), "audience_mismatch");
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

/// Contexts that an attacker puts beside the ones of the document.
fn inline_contexts() -> Vec<Value> {
    let ours = "https://portage-identity.example/contexts/operator-card/v1#";
    vec![
        json!({ "card_class": format!("{ours}issued_by"), "issued_by": format!("{ours}card_class") }),
        json!({ "@vocab": "https://attacker.example/#" }),
        json!({ "@import": "https://www.w3.org/ns/credentials/v2" }),
        json!({}),
        json!(null),
        json!([{ "@vocab": "https://attacker.example/#" }]),
    ]
}

#[test]
fn v10_a_second_context_inline() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in DATA_INTEGRITY {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for context in inline_contexts() {
            let with = edited(&sound, |vc| vc["@context"].as_array_mut().unwrap().push(context.clone()));
            bench.rejects(&format!("{} {context}", kind.name), with, "context_not_allowed");
            let inside = edited(&sound, |vc| vc["credentialSubject"]["@context"] = context.clone());
            bench.rejects(&format!("{} {context} inside", kind.name), inside, "context_not_allowed");
        }
    }
    // Signed by its issuer, so that nothing but the context is wrong.
    for kind in [VC_JWT, VC_SD_JWT] {
        for context in inline_contexts() {
            let signed = kind.issue_with(&world, |draft| {
                draft.claims["@context"].as_array_mut().unwrap().push(context.clone());
            });
            bench.rejects(&format!("{} {context} signed", kind.name), signed, "context_not_allowed");
        }
    }
    bench.run();
}

#[test]
fn v10_a_second_context_inline_in_a_presentation() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in PRESENTED_WHOLE {
        let credential = kind.issue(&world);
        bench.accepts(kind.name, kind.present(&world, &credential));
        for context in inline_contexts() {
            let with = if kind == VC_JWT {
                kind.present_with(&world, &credential, |vp| {
                    vp.claims["@context"].as_array_mut().unwrap().push(context.clone());
                })
            } else {
                edited(&kind.present(&world, &credential), |vp| {
                    vp["@context"].as_array_mut().unwrap().push(context.clone());
                })
            };
            bench.rejects(&format!("{} {context}", kind.name), with, "context_not_allowed");
        }
    }
    bench.run();
}

#[test]
fn v11_a_property_that_no_context_defines() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    let sound = RDFC.issue(&world);
    bench.accepts("rdfc", &sound);
    for (name, value) in [("isAdmin", json!(true)), ("isAdmin", json!(null)), ("_:admin", json!("yes"))] {
        // RDF drops it, and the signature holds: that is the attack.
        bench.rejects(
            "in the subject",
            edited(&sound, |vc| vc["credentialSubject"][name] = value.clone()),
            "data_loss",
        );
        bench.rejects("in the document", edited(&sound, |vc| vc[name] = value.clone()), "data_loss");
        bench.rejects("in the proof", edited(&sound, |vc| vc["proof"][name] = value.clone()), "data_loss");
    }
    bench.rejects(
        "a type",
        edited(&sound, |vc| vc["type"].as_array_mut().unwrap().push("Admin".into())),
        "data_loss",
    );
    // Without RDF nothing is dropped: the signature no longer holds.
    let sound = JCS.issue(&world);
    bench.accepts("jcs", &sound);
    bench.rejects(
        "jcs",
        edited(&sound, |vc| vc["credentialSubject"]["isAdmin"] = true.into()),
        "signature_invalid",
    );
    bench.run();

    let mut bench = Bench::presentations(&world);
    let sound = RDFC.present(&world, &RDFC.issue(&world));
    bench.accepts("ldp_vp", &sound);
    bench.rejects("ldp_vp", edited(&sound, |vp| vp["isAdmin"] = true.into()), "data_loss");
    bench.run();
}

#[test]
fn v12_a_context_that_would_have_to_be_fetched() {
    let world = World::new();
    let listener = SilentListener::new();
    let urls = [
        "https://unknown.example/context/v1".to_owned(),
        "http://www.w3.org/ns/credentials/v2".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "https://10.0.0.1/context".to_owned(),
        listener.url("/context"),
        "file:///etc/passwd".to_owned(),
    ];
    let mut bench = Bench::credentials(&world);
    for kind in [RDFC, JCS, VC_JWT, VC_SD_JWT] {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for url in &urls {
            let with = match kind {
                RDFC | JCS => {
                    edited(&sound, |vc| vc["@context"].as_array_mut().unwrap().push(url.as_str().into()))
                }
                _ => kind.issue_with(&world, |draft| {
                    draft.claims["@context"].as_array_mut().unwrap().push(url.as_str().into());
                }),
            };
            bench.rejects(&format!("{} {url}", kind.name), with, "context_not_allowed");
        }
    }
    bench.run();
    listener.assert_silence();
}

/// The credential about `nodes` who all know each other: what takes RDF canonicalization longest (RDF-CANON §7.1).
fn clique(sound: &str, nodes: usize) -> String {
    edited(sound, |vc| {
        let known =
            |a: usize| (0..nodes).filter(move |b| *b != a).map(|b| json!({ "id": format!("_:n{b}") }));
        let subject = |a| json!({ "id": format!("_:n{a}"), "knows": known(a).collect::<Vec<_>>() });
        vc["@context"]
            .as_array_mut()
            .unwrap()
            .push("https://www.w3.org/ns/credentials/undefined-terms/v2".into());
        vc["credentialSubject"]["members"] = (0..nodes).map(subject).collect();
    })
}

#[test]
fn v13_a_clique_of_blank_nodes() {
    let world = World::new();
    let sound = RDFC.issue(&world);
    let mut bench = Bench::credentials(&world);
    bench.accepts("sound", &sound);
    bench.rejects("three know each other", clique(&sound, 3), "signature_invalid");
    let started = Instant::now();
    bench.run();
    let usual = started.elapsed();

    let mut bench = Bench::credentials(&world);
    // Room for the program and 100 MB: one that took more would end without an answer.
    bench.address_space = Some(300 << 10);
    for nodes in [8, 10] {
        bench.rejects(&format!("{nodes} nodes"), clique(&sound, nodes), "too_complex");
    }
    let started = Instant::now();
    bench.run();
    let took = started.elapsed().saturating_sub(usual);
    assert!(took.as_millis() < 2000, "two cliques took {took:?} more than two sound credentials");
}
