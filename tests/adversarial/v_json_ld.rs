//! JSON-LD: V-10 to V-13.

use std::time::Instant;

use portage_testkit::world::World;
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    kinds::{DATA_INTEGRITY, DC_SD_JWT, JOSE, KINDS, OVER_JSON, OVER_QUADS, PRESENTED_WHOLE, RDFC, VC_JWT},
    silence::SilentListener,
    tokens::edited,
};

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
    for kind in JOSE.into_iter().filter(|kind| !kind.is_like(DC_SD_JWT)) {
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
            let with = if kind.is_like(VC_JWT) {
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
    let undefined = [
        ("isAdmin", json!(true), "data_loss"),
        ("isAdmin", json!(null), "data_loss"),
        ("_:admin", json!("yes"), "malformed"),
    ];
    for kind in OVER_QUADS {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for (name, value, reason) in &undefined {
            // RDF drops it, and the signature holds: that is the attack.
            let subject = edited(&sound, |vc| vc["credentialSubject"][*name] = value.clone());
            bench.rejects(&format!("{} {name} in the subject", kind.name), subject, reason);
            let document = edited(&sound, |vc| vc[*name] = value.clone());
            bench.rejects(&format!("{} {name} in the document", kind.name), document, reason);
            let proof = edited(&sound, |vc| vc["proof"][*name] = value.clone());
            bench.rejects(&format!("{} {name} in the proof", kind.name), proof, reason);
        }
        let of_type = edited(&sound, |vc| vc["type"].as_array_mut().unwrap().push("Admin".into()));
        bench.rejects(&format!("{} a type", kind.name), of_type, "data_loss");
    }
    // Without RDF nothing is dropped: the signature no longer holds.
    for kind in OVER_JSON {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        let more = edited(&sound, |vc| vc["credentialSubject"]["isAdmin"] = true.into());
        bench.rejects(kind.name, more, "signature_invalid");
    }
    bench.run();

    let mut bench = Bench::presentations(&world);
    for kind in OVER_QUADS {
        let sound = kind.present(&world, &kind.issue(&world));
        bench.accepts(kind.name, &sound);
        bench.rejects(kind.name, edited(&sound, |vp| vp["isAdmin"] = true.into()), "data_loss");
    }
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
    for kind in KINDS.into_iter().filter(|kind| !kind.is_like(DC_SD_JWT)) {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for url in &urls {
            let with = match kind.is_like(RDFC) {
                true => edited(&sound, |vc| vc["@context"].as_array_mut().unwrap().push(url.as_str().into())),
                false => kind.issue_with(&world, |draft| {
                    draft.claims["@context"].as_array_mut().unwrap().push(url.as_str().into());
                }),
            };
            bench.rejects(&format!("{} {url}", kind.name), with, "context_not_allowed");
        }
    }
    bench.run();
    listener.assert_silence();
}

/// A context by which people know each other.
const KNOWS: &str = "https://clique.example/v1";

/// The credential with `nodes` in it who all know each other: what takes RDF canonicalization longest (RDF-CANON §7.1).
fn clique(sound: &str, nodes: usize) -> String {
    edited(sound, |vc| {
        let known = |own: usize| (0..nodes).filter(move |node| *node != own).map(|node| format!("_:n{node}"));
        let node = |own| json!({ "id": format!("_:n{own}"), "knows": known(own).collect::<Vec<_>>() });
        vc["@context"].as_array_mut().unwrap().push(KNOWS.into());
        vc["credentialSubject"]["knows"] = (0..nodes).map(node).collect();
    })
}

#[test]
fn v13_a_clique_of_blank_nodes() {
    let world = World::new();
    let sound = RDFC.issue(&world);
    let knows =
        json!({ "@context": { "knows": { "@id": "https://clique.example/v1#knows", "@type": "@id" } } });
    let timed = |fill: &dyn Fn(&mut Bench)| {
        let mut bench = Bench::credentials(&world);
        bench.contexts.insert(KNOWS.to_owned(), knows.to_string().into_bytes());
        // Room for the program and 100 MB: one that took more would end without an answer.
        bench.address_space = Some(150 << 10);
        fill(&mut bench);
        let started = Instant::now();
        bench.run();
        started.elapsed()
    };
    let usual = timed(&|bench| {
        bench.accepts("sound", &sound);
        // Three are no poison; nobody signed them, that is all.
        bench.rejects("three", clique(&sound, 3), "signature_invalid");
    });
    for nodes in [8, 10, 12] {
        let took = timed(&|bench| bench.rejects(&format!("{nodes}"), clique(&sound, nodes), "too_complex"));
        let more = took.saturating_sub(usual);
        assert!(more.as_millis() < 1000, "{nodes} took {more:?} more than two usual credentials");
    }
    for kind in OVER_QUADS {
        let sound = kind.issue(&world);
        timed(&|bench| bench.rejects(kind.name, clique(&sound, 9), "too_complex"));
    }
    // As many nodes as a presentation has room for, each linked to the next and like it.
    timed(&|bench| bench.rejects("a chain", chain(&sound, 10_000), "too_complex"));
}

/// The credential with `nodes` in it, each of whom knows the next.
fn chain(sound: &str, nodes: usize) -> String {
    edited(sound, |vc| {
        let node = |own: usize| json!({ "id": format!("_:n{own}"), "knows": format!("_:n{}", own + 1) });
        vc["@context"].as_array_mut().unwrap().push(KNOWS.into());
        vc["credentialSubject"]["knows"] = (0..nodes).map(node).collect();
    })
}
