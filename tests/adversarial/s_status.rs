//! Status lists: S-01 to S-05. A list that does not hold is never read as "not revoked".

use std::io::Write;

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use portage_jose::Jwk;
use portage_keys::{Signer, base64url};
use portage_testkit::world::{ListForm, STATUS_INDEX, StatusLists, World};
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    kinds::{DC_SD_JWT, KINDS, Kind},
    lists::{FORMS, Form, PAIRS, list, naming, proved_by},
    tokens::{Token, edited},
};

/// What an attacker, or a mistake, publishes in the place of a sound list.
fn not_the_issuers(world: &World, pair: (Kind, Form), url: &str) -> Vec<(&'static str, String)> {
    let kind = pair.0;
    let sound = list(world, pair, url, |_| {});
    let (honest, attackers) = (kind.issuer(world).method("key-1"), world.attacker.method("key-1"));
    let key = &world.attacker.key;
    if pair.1 == Form::Bitstring(ListForm::LdpVc) {
        return vec![
            ("the attacker's signature", proved_by(world, kind, url, &honest, key)),
            ("the attacker's method", proved_by(world, kind, url, &attackers, key)),
            (
                "a key for authentication",
                proved_by(
                    world,
                    kind,
                    url,
                    &kind.issuer(world).method("key-3"),
                    &kind.issuer(world).authentication_key,
                ),
            ),
            ("no proof", edited(&sound, |list| drop(list.as_object_mut().unwrap().shift_remove("proof")))),
            ("altered", edited(&sound, |list| list["validFrom"] = "2026-01-15T00:00:00Z".into())),
        ];
    }
    let token = || Token::read(&sound);
    let jwk = Jwk::from_key(key.verification_key().clone()).to_value();
    vec![
        ("the attacker's signature", token().signed(key)),
        ("the attacker's kid", token().with(|token| token.header["kid"] = attackers.into()).signed(key)),
        ("its own jwk", token().with(|token| drop(token.header.insert("jwk".into(), jwk))).signed(key)),
        (
            "its own x5c",
            token().with(|token| drop(token.header.insert("x5c".into(), json!(["MIIB"])))).signed(key),
        ),
        (
            "alg none",
            token()
                .with(|token| {
                    token.header["alg"] = "none".into();
                    token.signature.clear();
                })
                .text(),
        ),
        ("typ JWT", token().with(|token| token.header["typ"] = "JWT".into()).signed(kind.key(world))),
        (
            "typ of a credential",
            token().with(|token| token.header["typ"] = "dc+sd-jwt".into()).signed(kind.key(world)),
        ),
        ("no typ", token().with(|token| drop(token.header.shift_remove("typ"))).signed(kind.key(world))),
    ]
}

#[test]
fn s01_a_list_that_the_issuer_did_not_sign() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for (number, pair) in PAIRS.into_iter().enumerate() {
        let kind = pair.0;
        let url = kind.issuer(&world).url(&format!("/status/{number}"));
        bench.lists.insert(url.clone(), list(&world, pair, &url, |_| {}).into_bytes());
        bench.accepts(kind.name, naming(&world, kind, &url, |_| {}));
        let count = not_the_issuers(&world, pair, &url).len();
        for forgery in 0..count {
            let url = format!("{url}/{forgery}");
            let (name, text) = not_the_issuers(&world, pair, &url).swap_remove(forgery);
            bench.lists.insert(url.clone(), text.into_bytes());
            let credential = naming(&world, kind, &url, |_| {});
            bench.rejects(&format!("{} {:?} {name}", kind.name, pair.1), credential, "status_list_invalid");
        }
    }
    bench.run();
}

#[test]
fn s02_a_list_from_another_address() {
    let world = World::new();
    for pair in PAIRS {
        let kind = pair.0;
        let url = kind.issuer(&world).url("/status/asked");
        let name = if pair.1 == Form::Token { "sub" } else { "id" };
        let suspension = kind.issuer(&world).url("/status/suspension");
        let other = kind.issuer(&world).url("/status/other");
        for (says, verdict) in [
            (Some(url.as_str()), None),
            (Some(other.as_str()), Some("status_list_invalid")),
            (None, Some("status_list_invalid")),
        ] {
            let text = list(&world, pair, &url, |claims| match says {
                Some(says) => claims[name] = says.into(),
                None => drop(claims.shift_remove(name)),
            });
            let mut bench = Bench::credentials(&world);
            bench.lists.retain(|known, _| *known == suspension);
            bench.lists.insert(url.clone(), text.into_bytes());
            let credential = naming(&world, kind, &url, |_| {});
            match verdict {
                None => bench.accepts(kind.name, credential),
                Some(reason) => bench.rejects(kind.name, credential, reason),
            }
            bench.run();
        }
    }
}

#[test]
fn s03_a_list_for_another_purpose() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for (number, pair) in PAIRS.into_iter().enumerate().skip(1) {
        for purpose in ["revocation", "suspension", "refresh", "message"] {
            let url = pair.0.issuer(&world).url(&format!("/status/{number}/{purpose}"));
            let text = list(&world, pair, &url, |list| {
                list["credentialSubject"]["statusPurpose"] = purpose.into();
            });
            bench.lists.insert(url.clone(), text.into_bytes());
            let credential = naming(&world, pair.0, &url, |_| {});
            match purpose {
                "revocation" => bench.accepts(pair.0.name, credential),
                _ => bench.rejects(&format!("{} {purpose}", pair.0.name), credential, "status_list_invalid"),
            }
        }
    }
    bench.run();
}

#[test]
fn s04_an_index_that_is_no_place_in_the_list() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in KINDS {
        let url = kind.issuer(&world).url(if kind.is_like(DC_SD_JWT) {
            "/status/token"
        } else {
            "/status/revocation"
        });
        let (name, sound, wrong): (_, Value, Vec<Value>) = if kind.is_like(DC_SD_JWT) {
            let wrong = vec![
                json!(131_072),
                json!(9_007_199_254_740_991_i64),
                json!(-1),
                json!(1.5),
                json!("7"),
                json!(null),
                json!([7]),
            ];
            ("idx", json!(131_071), wrong)
        } else {
            let wrong = ["131072", "99999999999999999999", "-1", "1.5", "1e3", "0x7", "", " 7", "seven"];
            ("statusListIndex", json!("131071"), wrong.into_iter().map(Value::from).collect())
        };
        bench.accepts(kind.name, naming(&world, kind, &url, |entry| entry[name] = sound));
        for index in wrong {
            let case = format!("{} {index}", kind.name);
            let credential = naming(&world, kind, &url, |entry| entry[name] = index);
            bench.rejects(&case, credential, "status_index_invalid");
        }
    }
    bench.run();
}

/// One gigabyte of zeros in a megabyte: the compressed form of one megabyte, again and again.
fn bomb(mut packed: Vec<u8>, header: usize) -> Vec<u8> {
    let megabyte = packed.split_off(header);
    [packed, megabyte.repeat(1024)].concat()
}

#[test]
fn s05_a_list_that_expands_to_a_gigabyte() {
    let world = World::new();
    let zeros = vec![0; 1 << 20];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&zeros).unwrap();
    gzip.flush().unwrap();
    let gzip = bomb(gzip.get_ref().clone(), 10);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&zeros).unwrap();
    zlib.flush().unwrap();
    let zlib = bomb(zlib.get_ref().clone(), 2);

    for pair in FORMS {
        let url = pair.0.issuer(&world).url("/status/bomb");
        let text = list(&world, pair, &url, |claims| match pair.1 {
            Form::Token => claims["status_list"]["lst"] = base64url::encode(&zlib).into(),
            Form::Bitstring(_) => {
                claims["credentialSubject"]["encodedList"] = format!("u{}", base64url::encode(&gzip)).into();
            }
        });
        let mut bench = Bench::credentials(&world);
        bench.address_space = Some(ROOM);
        bench.accepts(pair.0.name, pair.0.issue(&world));
        bench.run();
        let mut bench = Bench::credentials(&world);
        bench.address_space = Some(ROOM);
        bench.lists.insert(url.clone(), text.into_bytes());
        bench.rejects(pair.0.name, naming(&world, pair.0, &url, |_| {}), "too_large");
        bench.run();
    }
}

/// What the program may take, in KiB: a little for itself, 32 MiB for the list, 64 MB on top. One that took more would end without an answer.
const ROOM: u64 = 144 << 10;

#[test]
fn s01_twin_a_list_that_holds_is_believed() {
    let mut world = World::new();
    for form in [ListForm::VcJwt, ListForm::LdpVc] {
        world.publish(&StatusLists { revoked: vec![STATUS_INDEX], form, ..StatusLists::default() });
        let mut bench = Bench::credentials(&world);
        for kind in KINDS {
            bench.rejects(kind.name, kind.issue(&world), "revoked");
        }
        bench.run();
        world.publish(&StatusLists { suspended: vec![STATUS_INDEX], form, ..StatusLists::default() });
        let mut bench = Bench::credentials(&world);
        for kind in KINDS {
            bench.rejects(kind.name, kind.issue(&world), "suspended");
        }
        bench.run();
    }
}
