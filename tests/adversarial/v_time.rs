//! Dates and the form of JSON: V-25 to V-27.

use jiff::SignedDuration;
use portage_keys::{base64url, digest::sha256};
use portage_testkit::world::World;
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    kinds::{DATA_INTEGRITY, DC_SD_JWT, JOSE, KINDS, Kind, SD_JWT, VC_JWT},
    tokens::{Token, key_binding, sign_text},
    v_keys::{https_province, issued_under_https},
};

/// What is no NumericDate.
fn no_dates() -> Vec<Value> {
    vec![
        json!("1893456000"),
        json!(true),
        json!(null),
        json!(-1),
        json!(9_007_199_254_740_993_u64),
        json!(1e300),
        json!([1_893_456_000]),
        json!({}),
    ]
}

#[test]
fn v25_a_date_of_a_jwt_that_is_none_is_not_taken_for_absent() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in JOSE {
        let with = |name: &str, value: Value| {
            kind.issue_with(&world, |draft| drop(draft.claims.insert(name.into(), value)))
        };
        for name in ["exp", "nbf", "iat"] {
            let sound =
                if name == "exp" { world.now.as_second() + 1000 } else { world.now.as_second() - 1000 };
            bench.accepts(&format!("{} {name}", kind.name), with(name, sound.into()));
            for value in no_dates() {
                bench.rejects(&format!("{} {name} {value}", kind.name), with(name, value), "malformed");
            }
        }
    }
    bench.run();
}

#[test]
fn v25_a_date_of_a_presentation_that_is_none() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in SD_JWT {
        let credential = kind.issue(&world);
        let sound = world.bind(&credential, kind.holder(&world));
        bench.accepts(kind.name, &sound);
        for name in ["iat", "nbf", "exp"] {
            for value in no_dates() {
                let (before, binding) = key_binding(&sound);
                let case = format!("kb+jwt {name} {value}");
                let binding = binding.with(|token| drop(token.payload.insert(name.into(), value)));
                bench.rejects(&case, before + &binding.signed(kind.holder(&world)), "malformed");
            }
        }
    }
    let credential = VC_JWT.issue(&world);
    bench.accepts("vp+jwt", VC_JWT.present(&world, &credential));
    for name in ["iat", "nbf", "exp"] {
        for value in no_dates() {
            let case = format!("vp+jwt {name} {value}");
            let vp =
                VC_JWT.present_with(&world, &credential, |vp| drop(vp.claims.insert(name.into(), value)));
            bench.rejects(&case, vp, "malformed");
        }
    }
    bench.run();
}

#[test]
fn v25_a_date_of_the_data_model_that_is_none() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    let none = [
        json!("2026-02-30T00:00:00Z"),
        json!("2026-01-01"),
        json!("tomorrow"),
        json!(1_767_225_600),
        json!(null),
        json!(true),
        json!(["2026-01-01T00:00:00Z"]),
    ];
    for kind in KINDS.into_iter().filter(|kind| !kind.is_like(DC_SD_JWT)) {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for name in ["validFrom", "validUntil"] {
            for value in &none {
                let case = format!("{} {name} {value}", kind.name);
                // Linked data of such a form cannot even be signed; the form is looked at before the signature.
                let forged = if DATA_INTEGRITY.contains(&kind) {
                    let mut document: Value = serde_json::from_str(&sound).unwrap();
                    document[name] = value.clone();
                    document.to_string()
                } else {
                    kind.issue_with(&world, |draft| draft.claims[name] = value.clone())
                };
                bench.rejects(&case, forged, "malformed");
            }
        }
    }
    bench.run();
}

/// A credential valid between two instants, as its format says it.
fn valid(world: &World, kind: Kind, from: i64, until: i64) -> String {
    let at = |seconds: i64| world.now + SignedDuration::from_secs(seconds);
    kind.issue_with(world, |draft| {
        if kind.is_like(DC_SD_JWT) {
            draft.claims["iat"] = (world.now.as_second() - 1000).into();
            draft.claims.insert("nbf".into(), at(from).as_second().into());
            draft.claims["exp"] = at(until).as_second().into();
        } else {
            draft.claims["validFrom"] = at(from).to_string().into();
            draft.claims["validUntil"] = at(until).to_string().into();
        }
    })
}

#[test]
fn v26_expired_or_not_yet_valid() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in KINDS {
        bench.accepts(kind.name, valid(&world, kind, -1000, 1000));
        bench.accepts("inside the leeway", valid(&world, kind, -1000, -60));
        bench.rejects(&format!("{} expired", kind.name), valid(&world, kind, -1000, -61), "expired");
        bench.rejects(&format!("{} long ago", kind.name), valid(&world, kind, -9999, -5000), "expired");
        bench.accepts("inside the leeway", valid(&world, kind, 60, 1000));
        bench.rejects(&format!("{} to come", kind.name), valid(&world, kind, 61, 1000), "not_yet_valid");
        // The data model says that the first instant comes before the last; a JWT says no such thing.
        let never = if kind.is_like(DC_SD_JWT) { "expired" } else { "malformed" };
        bench.rejects(&format!("{} never", kind.name), valid(&world, kind, 1000, -1000), never);
    }
    // The other names for it in the formats that have both.
    for kind in JOSE {
        let with = |name: &str, seconds: i64| {
            let at = world.now.as_second() + seconds;
            kind.issue_with(&world, |draft| drop(draft.claims.insert(name.into(), at.into())))
        };
        bench.rejects(&format!("{} exp", kind.name), with("exp", -61), "expired");
        bench.rejects(&format!("{} nbf", kind.name), with("nbf", 61), "not_yet_valid");
        bench.rejects(&format!("{} iat", kind.name), with("iat", 61), "not_yet_valid");
    }
    for kind in DATA_INTEGRITY {
        let to_come = world.now + SignedDuration::from_secs(61);
        let ahead = kind.issue_with(&world, |draft| draft.proof.created = Some(to_come));
        bench.rejects(&format!("{} created", kind.name), ahead, "not_yet_valid");
    }
    bench.run();
}

/// JSON with one of its members written twice, first with another value.
fn doubled(json: &str, name: &str, first: &str) -> String {
    let at = json.find('{').unwrap() + 1;
    let (open, rest) = json.split_at(at);
    format!("{open}\"{name}\":{first},{rest}")
}

#[test]
fn v27_a_member_twice_in_header_payload_or_disclosure() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in JOSE {
        let sound = kind.issue(&world);
        let token = Token::read(&sound);
        bench.accepts(kind.name, &sound);
        let header = serde_json::to_string(&token.header).unwrap();
        let payload = serde_json::to_string(&token.payload).unwrap();
        let issuer = kind.key(&world);
        bench.accepts(kind.name, sign_text(&header, &payload, issuer) + &token.rest);
        for (name, first) in [("alg", "\"none\""), ("kid", "\"x\""), ("typ", "\"JWT\"")] {
            let forged = sign_text(&doubled(&header, name, first), &payload, issuer) + &token.rest;
            bench.rejects(&format!("{} {name}", kind.name), forged, "malformed");
        }
        let name = if kind.is_like(DC_SD_JWT) { "iss" } else { "issuer" };
        let forged = sign_text(&header, &doubled(&payload, name, "\"did:web:attacker.example\""), issuer);
        bench.rejects(&format!("{} {name}", kind.name), forged + &token.rest, "malformed");
    }
    for kind in SD_JWT {
        let sound = kind.issue(&world);
        let with = |text: &str| {
            let disclosure = base64url::encode(text.as_bytes());
            let digest = json!(base64url::encode(&sha256(disclosure.as_bytes())));
            let token = Token::read(&sound).with(|token| {
                let level = if kind.is_like(DC_SD_JWT) {
                    &mut token.payload
                } else {
                    token.payload["credentialSubject"].as_object_mut().unwrap()
                };
                level["_sd"].as_array_mut().unwrap().push(digest);
                token.rest.push_str(&format!("{disclosure}~"));
            });
            token.signed(kind.key(&world))
        };
        bench.accepts(kind.name, with(r#"["salt","extra",{"a":1}]"#));
        bench.rejects(kind.name, with(r#"["salt","extra",{"a":1,"a":2}]"#), "malformed");
    }
    for kind in DATA_INTEGRITY {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        bench.rejects(kind.name, doubled(&sound, "issuer", "\"did:web:attacker.example\""), "malformed");
    }
    bench.run();
}

#[test]
fn v27_a_member_twice_in_a_presentation() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in SD_JWT {
        let sound = kind.present(&world, &kind.issue(&world));
        bench.accepts(kind.name, &sound);
        let (before, binding) = key_binding(&sound);
        let header = serde_json::to_string(&binding.header).unwrap();
        let payload = doubled(&serde_json::to_string(&binding.payload).unwrap(), "nonce", "\"x\"");
        bench.rejects(kind.name, before + &sign_text(&header, &payload, kind.holder(&world)), "malformed");
    }
    for kind in DATA_INTEGRITY {
        let sound = kind.present(&world, &kind.issue(&world));
        bench.accepts(kind.name, &sound);
        bench.rejects(kind.name, doubled(&sound, "holder", "\"did:web:attacker.example\""), "malformed");
    }
    bench.run();
}

#[test]
fn v27_a_member_twice_in_a_did_document_or_metadata() {
    let world = World::new();
    for kind in KINDS {
        let mut bench = Bench::credentials(&world);
        bench.accepts(kind.name, kind.issue(&world));
        bench.run();
        let of = kind.issuer(&world).did.as_str();
        let document = std::str::from_utf8(&world.sources.documents[of]).unwrap();
        let mut bench = Bench::credentials(&world);
        bench.documents = vec![doubled(document, "assertionMethod", "[]").into_bytes()];
        bench.rejects(kind.name, kind.issue(&world), "malformed");
        bench.run();
    }

    let credential = issued_under_https(&world, "https://province.example/1");
    let (mut bench, metadata) = https_province(&world);
    bench.documents.push(metadata.into_bytes());
    bench.accepts("metadata", &credential);
    bench.run();
    let (mut bench, metadata) = https_province(&world);
    bench.documents.push(doubled(&metadata, "jwks", "{\"keys\":[]}").into_bytes());
    bench.rejects("metadata", &credential, "malformed");
    bench.run();
}
