//! Disclosures: V-16 to V-20. The issuer signs whatever the row says, so that nothing but that is wrong.

use portage_keys::{base64url, digest::sha256};
use portage_testkit::world::World;
use serde_json::{Map, Value, json};

use crate::{
    bench::Bench,
    kinds::{DC_SD_JWT, Kind, SD_JWT, VC_SD_JWT},
    tokens::Token,
};

fn disclosure(content: &Value) -> String {
    base64url::encode(content.to_string().as_bytes())
}

fn digest(disclosure: &str) -> Value {
    base64url::encode(&sha256(disclosure.as_bytes())).into()
}

/// The content of a disclosure.
fn content(disclosure: &str) -> Value {
    serde_json::from_slice(&base64url::decode(disclosure).unwrap()).unwrap()
}

/// The object whose members are disclosable: the payload, or the subject.
fn level(kind: Kind, token: &mut Token) -> &mut Map<String, Value> {
    if kind.is_like(VC_SD_JWT) {
        token.payload["credentialSubject"].as_object_mut().unwrap()
    } else {
        &mut token.payload
    }
}

fn digests(kind: Kind, token: &mut Token) -> &mut Vec<Value> {
    level(kind, token)["_sd"].as_array_mut().unwrap()
}

/// An accepted SD-JWT with a change, signed by its issuer again.
fn changed(world: &World, kind: Kind, sound: &str, change: impl FnOnce(&mut Token)) -> String {
    Token::read(sound).with(change).signed(kind.key(world))
}

/// Adds a disclosure of this content, and the issuer's digest of it, to the level.
fn add(kind: Kind, token: &mut Token, what: &Value) {
    let added = disclosure(what);
    digests(kind, token).push(digest(&added));
    token.rest.push_str(&(added + "~"));
}

#[test]
fn v16_a_disclosure_that_is_not_the_issuers() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in SD_JWT {
        let sound = kind.issue(&world);
        let token = Token::read(&sound);
        let disclosures = token.disclosures();
        bench.accepts(kind.name, &sound);
        bench.accepts(kind.name, token.clone().disclosing(&[]).text());
        bench.accepts(kind.name, token.clone().disclosing(&disclosures[1..]).text());

        for (number, original) in disclosures.iter().enumerate() {
            let mut content = content(original);
            content[2] = json!("changed");
            let mut forged = disclosures.clone();
            forged[number] = disclosure(&content);
            let name = format!("{} {} changed", kind.name, content[1]);
            bench.rejects(&name, token.clone().disclosing(&forged).text(), "disclosure_invalid");
        }
        let mut more = disclosures.clone();
        more.push(disclosure(&json!(["salt", "is_admin", true])));
        bench.rejects(kind.name, token.clone().disclosing(&more).text(), "disclosure_invalid");
        let one = [disclosure(&json!(["salt", "is_admin", true]))];
        bench.rejects(kind.name, token.disclosing(&one).text(), "disclosure_invalid");
    }
    bench.run();
}

#[test]
fn v16_another_persons_disclosure() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in SD_JWT {
        let (mine, yours) = (kind.issue(&world), kind.issue(&world));
        bench.accepts(kind.name, &mine);
        bench.accepts(kind.name, &yours);
        let lent = Token::read(&mine).disclosing(&Token::read(&yours).disclosures()[..1]);
        bench.rejects(kind.name, lent.text(), "disclosure_invalid");
    }
    bench.run();
}

/// Puts a digest where it stands a second time.
type Change = fn(Kind, &mut Token, Value);

#[test]
fn v17_the_same_digest_twice() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in SD_JWT {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        let twice = |change: Change| {
            changed(&world, kind, &sound, |token| {
                let first = digest(&token.disclosures()[0]);
                change(kind, token, first);
            })
        };
        let rows: [(&str, Change); 5] = [
            ("in one _sd", |kind, token, first| digests(kind, token).push(first)),
            ("nested", |kind, token, first| {
                level(kind, token).insert("extra".into(), json!({ "inner": { "_sd": [first] } }));
            }),
            ("in an array", |kind, token, first| {
                level(kind, token).insert("extra".into(), json!([{ "...": first }]));
            }),
            ("through a disclosed object", |kind, token, first| {
                add(kind, token, &json!(["salt", "extra", { "_sd": [first] }]));
            }),
            ("the disclosure itself", |_, token, _| {
                let first = token.disclosures()[0].clone();
                token.rest.push_str(&(first + "~"));
            }),
        ];
        for (name, change) in rows {
            bench.rejects(&format!("{} {name}", kind.name), twice(change), "disclosure_invalid");
        }
        // Withheld or not: also a digest that nothing is disclosed for stands there once.
        let decoy = json!("-".repeat(43));
        let two_decoys = changed(&world, kind, &sound, |token| {
            digests(kind, token).extend([decoy.clone(), decoy]);
        });
        bench.rejects(&format!("{} a decoy", kind.name), two_decoys, "disclosure_invalid");
    }
    bench.run();
}

#[test]
fn v18_names_that_are_taken_and_places_that_do_not_fit() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in SD_JWT {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        let with = |what: Value| changed(&world, kind, &sound, |token| add(kind, token, &what));
        bench.accepts(kind.name, with(json!(["salt", "note", "x"])));
        for name in ["_sd", "..."] {
            let forbidden = with(json!(["salt", name, "x"]));
            bench.rejects(&format!("{} {name}", kind.name), forbidden, "disclosure_invalid");
        }
        let taken = content(&Token::read(&sound).disclosures()[0])[1].clone();
        bench.rejects(
            &format!("{} {taken} twice", kind.name),
            with(json!(["salt", taken, "x"])),
            "disclosure_invalid",
        );
        let in_the_clear = if kind.is_like(DC_SD_JWT) { "iat" } else { "extra" };
        let overwritten = changed(&world, kind, &sound, |token| {
            level(kind, token).entry("extra").or_insert("in the clear".into());
            add(kind, token, &json!(["salt", in_the_clear, 0]));
        });
        bench.rejects(&format!("{} over a member", kind.name), overwritten, "disclosure_invalid");
        bench.rejects(
            &format!("{} an element as a member", kind.name),
            with(json!(["salt", "x"])),
            "disclosure_invalid",
        );
    }
    bench.run();
}

#[test]
fn v18_elements_of_arrays() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in SD_JWT {
        let sound = kind.issue(&world);
        let (element, member) =
            (disclosure(&json!(["salt", "x"])), disclosure(&json!(["salt", "name", "x"])));
        let with = |array: Value, disclosed: &str| {
            changed(&world, kind, &sound, |token| {
                level(kind, token).insert("notes".into(), array);
                token.rest.push_str(&format!("{disclosed}~"));
            })
        };
        bench.accepts(kind.name, with(json!([{ "...": digest(&element) }]), &element));
        for (name, array, disclosed) in [
            ("a member as an element", json!([{ "...": digest(&member) }]), &member),
            ("beside another member", json!([{ "...": digest(&element), "x": 1 }]), &element),
            ("no array", json!({ "...": digest(&element) }), &element),
            ("no text", json!([{ "...": [digest(&element)] }]), &element),
        ] {
            bench.rejects(&format!("{} {name}", kind.name), with(array, disclosed), "disclosure_invalid");
        }
    }
    bench.run();
}

/// Moves a member of the payload into a disclosure.
fn hidden(world: &World, kind: Kind, sound: &str, name: &str) -> String {
    changed(world, kind, sound, |token| {
        let value = token.payload.shift_remove(name).unwrap();
        let moved = disclosure(&json!(["salt", name, value]));
        let digests = token.payload.entry("_sd").or_insert(json!([]));
        digests.as_array_mut().unwrap().push(digest(&moved));
        token.rest.push_str(&(moved + "~"));
    })
}

#[test]
fn v19_a_claim_of_the_mechanism_in_a_disclosure() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    let now = world.now.as_second();
    let sound = DC_SD_JWT.issue_with(&world, |draft| {
        draft.claims.insert("nbf".into(), (now - 100).into());
        draft.claims.insert("note".into(), "x".into());
    });
    bench.accepts("dc+sd-jwt", &sound);
    bench.accepts("another claim", hidden(&world, DC_SD_JWT, &sound, "note"));
    for name in ["iss", "nbf", "exp", "cnf", "vct", "status"] {
        bench.rejects(name, hidden(&world, DC_SD_JWT, &sound, name), "disclosure_invalid");
    }

    let sound = VC_SD_JWT.issue_with(&world, |draft| drop(draft.claims.insert("name".into(), "x".into())));
    bench.accepts("vc+sd-jwt", &sound);
    bench.accepts("another claim", hidden(&world, VC_SD_JWT, &sound, "name"));
    for name in ["validFrom", "validUntil", "credentialStatus", "cnf", "type"] {
        bench.rejects(name, hidden(&world, VC_SD_JWT, &sound, name), "disclosure_invalid");
    }
    bench.run();
}

#[test]
fn v19_a_part_of_such_a_claim_in_a_disclosure() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    let rows = [
        (DC_SD_JWT, "/status/status_list", "idx"),
        (DC_SD_JWT, "/cnf", "jwk"),
        (VC_SD_JWT, "/cnf", "jwk"),
        (VC_SD_JWT, "/credentialStatus/0", "statusListIndex"),
    ];
    for (kind, place, name) in rows {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        let forged = changed(&world, kind, &sound, |token| {
            let mut payload = Value::Object(std::mem::take(&mut token.payload));
            let parent = payload.pointer_mut(place).unwrap().as_object_mut().unwrap();
            let moved = disclosure(&json!(["salt", name, parent.shift_remove(name).unwrap()]));
            parent.insert("_sd".into(), json!([digest(&moved)]));
            token.rest.push_str(&(moved + "~"));
            token.payload = payload.as_object().unwrap().clone();
        });
        bench.rejects(&format!("{} {place}/{name}", kind.name), forged, "disclosure_invalid");
    }
    bench.run();
}

#[test]
fn v20_a_hash_function_that_is_weak_unknown_or_not_at_the_root() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in SD_JWT {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        let none = changed(&world, kind, &sound, |token| drop(token.payload.shift_remove("_sd_alg")));
        bench.accepts(&format!("{} the default", kind.name), none);
        for alg in ["sha-256-32", "md5", "sha-1", "SHA-256", "sha-3000", ""] {
            let other = changed(&world, kind, &sound, |token| token.payload["_sd_alg"] = alg.into());
            bench.rejects(&format!("{} {alg}", kind.name), other, "alg_not_allowed");
        }
        let nested = changed(&world, kind, &sound, |token| {
            level(kind, token).insert("extra".into(), json!({ "_sd_alg": "sha-256" }));
        });
        bench.rejects(&format!("{} nested", kind.name), nested, "alg_not_allowed");
        let disclosed = changed(&world, kind, &sound, |token| {
            add(kind, token, &json!(["salt", "extra", { "_sd_alg": "sha-256" }]));
        });
        bench.rejects(&format!("{} disclosed", kind.name), disclosed, "alg_not_allowed");
    }
    bench.run();
}
