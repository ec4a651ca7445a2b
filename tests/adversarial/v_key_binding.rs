//! Key binding: V-21 to V-24.

use jiff::SignedDuration;
use portage_jose::{Header, Jwk};
use portage_keys::Signer;
use portage_testkit::world::{World, decode_jwt};
use serde_json::{Map, Value};

use crate::{
    bench::Bench,
    kinds::{DC_SD_JWT, KINDS, Kind, SD_JWT},
    tokens::Token,
};

/// An SD-JWT bound by its holder, with a change to the claims of the binding.
fn bound(world: &World, kind: Kind, sd_jwt: &str, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut claims = world.key_binding_claims(sd_jwt);
    change(&mut claims);
    world.bind_with(sd_jwt, Header::new("kb+jwt"), &claims, kind.holder(world))
}

#[test]
fn v21_a_presentation_from_which_the_key_binding_was_removed() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in KINDS {
        let credential = kind.issue(&world);
        bench.accepts(kind.name, kind.present(&world, &credential));
        // What is left is the credential, and whoever has a copy has that.
        bench.rejects(kind.name, &credential, "holder_binding_missing");
    }
    let unbound = |kind: Kind| {
        kind.issue_with(&world, |draft| {
            draft.claims.shift_remove("cnf");
        })
    };
    for kind in SD_JWT {
        bench.rejects(kind.name, unbound(kind), "holder_binding_missing");
        bench.rejects(kind.name, kind.present(&world, &unbound(kind)), "holder_binding_invalid");
    }
    bench.run();
}

#[test]
fn v22_disclosures_that_changed_after_the_holder_signed() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in SD_JWT {
        let credential = kind.issue(&world);
        let disclosures = Token::read(&credential).disclosures();
        let disclosing = |disclosures: &[String]| Token::read(&credential).disclosing(disclosures).text();
        let shown = disclosing(&disclosures[1..]);
        let sound = world.bind(&shown, kind.holder(&world));
        bench.accepts(kind.name, &sound);
        let binding = &sound[shown.len()..];
        let mut reordered = disclosures[1..].to_vec();
        reordered.swap(0, 1);
        for (name, disclosures) in [
            ("added", &disclosures[..]),
            ("removed", &disclosures[2..]),
            ("reordered", &reordered),
            ("none", &[]),
        ] {
            let forged = disclosing(disclosures) + binding;
            bench.rejects(&format!("{} {name}", kind.name), forged, "holder_binding_invalid");
        }
        let another = kind.issue(&world) + binding;
        bench.rejects(&format!("{} another credential", kind.name), another, "holder_binding_invalid");
        for hash in [Value::Null, "".into(), "x".into()] {
            let forged = bound(&world, kind, &shown, |claims| claims["sd_hash"] = hash);
            bench.rejects(&format!("{} sd_hash", kind.name), forged, "holder_binding_invalid");
        }
        let forged = bound(&world, kind, &shown, |claims| drop(claims.shift_remove("sd_hash")));
        bench.rejects(&format!("{} no sd_hash", kind.name), forged, "holder_binding_invalid");
    }
    bench.run();
}

#[test]
fn v23_a_key_binding_for_another_verifier_session_or_time() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    let day = SignedDuration::from_hours(24);
    let seconds = SignedDuration::from_secs;
    for kind in SD_JWT {
        let credential = kind.issue(&world);
        bench.accepts(kind.name, world.bind(&credential, kind.holder(&world)));
        for typ in ["JWT", "kb-jwt", "dc+sd-jwt", "openid4vci-proof+jwt", ""] {
            let claims = world.key_binding_claims(&credential);
            let forged = world.bind_with(&credential, Header::new(typ), &claims, kind.holder(&world));
            bench.rejects(&format!("{} typ {typ}", kind.name), forged, "type_mismatch");
        }
        let with = |name: &str, value: Value| bound(&world, kind, &credential, |claims| claims[name] = value);
        let at = |at: jiff::Timestamp| Value::from(at.as_second());
        for (name, value, reason) in [
            ("aud", "decentralized_identifier:did:web:elsewhere.example".into(), "audience_mismatch"),
            ("aud", "did:web:market.example".into(), "audience_mismatch"),
            ("aud", Value::Null, "audience_mismatch"),
            ("nonce", "of-another-session".into(), "nonce_mismatch"),
            ("nonce", Value::Null, "nonce_mismatch"),
            ("iat", at(world.now - day), "expired"),
            ("iat", at(world.now - seconds(361)), "expired"),
            ("iat", at(world.now + day), "not_yet_valid"),
            ("iat", at(world.now + seconds(61)), "not_yet_valid"),
        ] {
            bench.rejects(&format!("{} {name} {value}", kind.name), with(name, value), reason);
        }
        bench.accepts("as old as may be", with("iat", at(world.now - seconds(300))));
        bench.accepts("ahead within the leeway", with("iat", at(world.now + seconds(60))));
        for (name, reason) in
            [("aud", "audience_mismatch"), ("nonce", "nonce_mismatch"), ("iat", "holder_binding_invalid")]
        {
            let forged = bound(&world, kind, &credential, |claims| drop(claims.shift_remove(name)));
            bench.rejects(&format!("{} no {name}", kind.name), forged, reason);
        }
    }
    bench.run();
}

#[test]
fn v24_a_key_binding_by_a_key_that_it_brings_along() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in SD_JWT {
        let credential = kind.issue(&world);
        bench.accepts(kind.name, world.bind(&credential, kind.holder(&world)));
        bench.rejects(kind.name, world.bind(&credential, &world.thief), "holder_binding_invalid");
        for thief in [&world.thief, &world.attacker.key_p256] {
            let key = Jwk::from_key(thief.verification_key().clone()).to_value();
            let header = Header::new("kb+jwt").with("jwk", key);
            let claims = world.key_binding_claims(&credential);
            let forged = world.bind_with(&credential, header, &claims, thief);
            bench.rejects(kind.name, forged, "holder_binding_invalid");
        }
        let (before, binding) = crate::tokens::key_binding(&world.bind(&credential, kind.holder(&world)));
        let broken = before + &binding.with(|token| token.signature[10] ^= 1).text();
        bench.rejects(kind.name, broken, "holder_binding_invalid");
    }
    bench.run();
}

/// Whoever asks for no binding says so, and gets no answer about one: it is not passed over.
#[test]
fn v24_a_key_binding_that_nobody_asked_for() {
    let world = World::new();
    let bound = DC_SD_JWT.present(&world, &DC_SD_JWT.issue(&world));
    let mut bench = Bench::presentations(&world);
    bench.accepts("with a session", &bound);
    bench.run();
    let refused = Bench::credentials(&world).usage_error(&bound);
    assert!(refused.contains("--nonce and --audience"), "{refused}");
    assert!(!refused.contains(decode_jwt(bound.rsplit('~').next().unwrap()).1["sd_hash"].as_str().unwrap()));
}
