//! Whom to believe: V-31 and V-32.

use portage_testkit::world::{TestIssuer, World};
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    kinds::{DATA_INTEGRITY, DC_SD_JWT, JOSE, KINDS, Kind},
};

/// The credential under the name and key of this issuer.
fn issued_by(world: &World, kind: Kind, issuer: &TestIssuer) -> String {
    let mut draft = kind.draft(world);
    let name = if kind.is_like(DC_SD_JWT) { "iss" } else { "issuer" };
    draft.claims[name] = issuer.did.as_str().into();
    draft.header["kid"] = kind.method_of(issuer).into();
    draft.proof.verification_method = kind.method_of(issuer);
    world.sign(&draft, kind.key_of(issuer))
}

#[test]
fn v31_a_trusted_issuer_of_another_type() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in KINDS {
        for issuer in [&world.province, &world.city, &world.federal] {
            let name = format!("{} by {}", kind.name, issuer.host);
            let credential = issued_by(&world, kind, issuer);
            if issuer.did == kind.issuer(&world).did {
                // Its status list is where it was: only who issued it changed, and here nothing did.
                bench.accepts(&name, credential);
            } else {
                bench.rejects(&name, credential, "issuer_not_authorized_for_type");
            }
        }
        let stranger = issued_by(&world, kind, &world.attacker);
        bench.rejects(&format!("{} by a stranger", kind.name), stranger, "issuer_not_trusted");
    }
    bench.run();
}

#[test]
fn v31_another_type_under_the_issuers_own_key() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in JOSE {
        bench.accepts(kind.name, kind.issue(&world));
        let other = kind.issue_with(&world, |draft| match kind.is_like(DC_SD_JWT) {
            true => draft.claims["vct"] = world.credential_type("operator-card").vct.as_str().into(),
            false => draft.claims["type"][1] = world.credential_type("operator-card").vc_type.as_str().into(),
        });
        bench.rejects(kind.name, other, "issuer_not_authorized_for_type");
    }
    bench.run();
}

#[test]
fn v31_a_second_type_beside_the_one_it_may_issue() {
    let world = World::new();
    let student = world.credential_type("student-card");
    let mut bench = Bench::credentials(&world);
    for kind in KINDS.into_iter().filter(|kind| !kind.is_like(DC_SD_JWT)) {
        bench.accepts(kind.name, kind.issue(&world));
        let both = kind.issue_with(&world, |draft| {
            draft.claims["type"].as_array_mut().unwrap().push(student.vc_type.as_str().into());
            // Linked data has no types that no context defines.
            if DATA_INTEGRITY.contains(&kind) {
                draft.claims["@context"].as_array_mut().unwrap().push(student.context_url.as_str().into());
            }
        });
        bench.rejects(kind.name, both, "issuer_not_authorized_for_type");
    }
    bench.run();
}

#[test]
fn v31_inside_a_presentation() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in KINDS {
        bench.accepts(kind.name, kind.present(&world, &kind.issue(&world)));
        let other = if kind.issuer(&world).did == world.province.did { &world.city } else { &world.province };
        let presented = kind.present(&world, &issued_by(&world, kind, other));
        bench.rejects(kind.name, presented, "issuer_not_authorized_for_type");
    }
    bench.run();
}

#[test]
fn v32_an_empty_trust_list_trusts_nobody() {
    let world = World::new();
    let rights_alone = |change: fn(&mut Value)| {
        let mut trust = world.trust.to_json();
        for issuer in trust["issuers"].as_array_mut().unwrap() {
            change(issuer);
        }
        trust
    };
    let rows = [
        (world.trust.to_json(), None),
        (json!({}), Some("issuer_not_trusted")),
        (json!({ "issuers": [], "verifiers": [] }), Some("issuer_not_trusted")),
        (rights_alone(|issuer| issuer["types"] = json!([])), Some("issuer_not_authorized_for_type")),
    ];
    for (trust, refusal) in rows {
        for presented in [false, true] {
            let mut bench = Bench::of(&world, presented).trusting(trust.clone());
            for kind in KINDS {
                let credential = kind.issue(&world);
                let input = if presented { kind.present(&world, &credential) } else { credential };
                match refusal {
                    None => bench.accepts(kind.name, input),
                    Some(reason) => bench.rejects(kind.name, input, reason),
                }
            }
            bench.run();
        }
    }
}
