//! V-16 to V-20: an issuer's digests decide what a holder may disclose.

use portage_catalog::Format;
use portage_jose::Header;
use portage_keys::{Signer, base64url};
use portage_sd_jwt::PathStep;
use portage_testkit::world::{World, accepted, decode_jwt};
use serde_json::{Value, json};

use crate::forge::{assert_verdict, on_jwt};

const SD_JWT: [(Format, &str); 2] = [World::EVERY_FORMAT[0], World::EVERY_FORMAT[1]];

/// Disclosures changed, the issuer's JWT and the closing `~` left alone.
fn with_disclosures(sd_jwt: &str, change: impl Fn(&mut Vec<String>)) -> String {
    let mut parts: Vec<String> = sd_jwt.split('~').map(str::to_owned).collect();
    let mut disclosures = parts.drain(1..parts.len() - 1).collect();
    change(&mut disclosures);
    parts.splice(1..1, disclosures);
    parts.join("~")
}

fn disclosure(value: &Value) -> String {
    base64url::encode(value.to_string().as_bytes())
}

#[test]
fn v16_a_changed_or_invented_disclosure_refuses_the_whole() {
    let world = World::new();
    for (format, type_id) in SD_JWT {
        let credential = world.issue(type_id, format);
        accepted(world.check(&credential));
        let changed = with_disclosures(&credential, |all| {
            let mut first: Value = serde_json::from_slice(&base64url::decode(&all[0]).unwrap()).unwrap();
            first[2] = "another".into();
            all[0] = disclosure(&first);
        });
        let invented =
            with_disclosures(&credential, |all| all.push(disclosure(&json!(["salt", "is_admin", true]))));
        let twice = with_disclosures(&credential, |all| all.push(all[0].clone()));
        for forged in [changed, invented, twice] {
            assert_verdict(&world.check(&forged), "rejected disclosure_invalid");
        }
    }
}

/// The issuer signs another payload.
fn resigned(world: &World, type_id: &str, sd_jwt: &str, change: impl Fn(&mut Value)) -> String {
    on_jwt(sd_jwt, |jwt| {
        let (header, mut payload) = decode_jwt(jwt);
        change(&mut payload);
        let header = Header::new(header["typ"].as_str().unwrap()).with("kid", header["kid"].clone());
        portage_jose::sign(header, payload.as_object().unwrap(), &world.issuer_of(type_id).key).unwrap()
    })
}

#[test]
fn v17_a_digest_stands_in_one_place_only() {
    let world = World::new();
    let credential = world.issue("person", Format::DcSdJwt);
    accepted(world.check(&resigned(&world, "person", &credential, |_| ())));
    for change in [
        (|payload: &mut Value| {
            let again = payload["_sd"][0].clone();
            payload["_sd"].as_array_mut().unwrap().push(again);
        }) as fn(&mut Value),
        |payload| payload["nested"] = json!({ "_sd": [payload["_sd"][0]] }),
    ] {
        let forged = resigned(&world, "person", &credential, change);
        assert_verdict(&world.check(&forged), "rejected disclosure_invalid");
    }
}

#[test]
fn v18_a_disclosure_has_a_name_of_its_own_and_the_shape_of_its_place() {
    let world = World::new();
    let credential = world.issue("person", Format::DcSdJwt);
    let digest = |text: &str| base64url::encode(&portage_keys::digest::sha256(text.as_bytes()));
    let with = |disclosed: &Value, place: fn(&mut Value, String)| {
        let disclosed = disclosure(disclosed);
        let signed = resigned(&world, "person", &credential, |payload| place(payload, digest(&disclosed)));
        with_disclosures(&signed, |all| all.push(disclosed.clone()))
    };
    let member: fn(&mut Value, String) =
        |payload, digest| payload["_sd"].as_array_mut().unwrap().push(digest.into());
    let element: fn(&mut Value, String) = |payload, digest| payload["list"] = json!([{ "...": digest }]);
    accepted(world.check(&with(&json!(["salt", "nickname", "x"]), member)));
    accepted(world.check(&with(&json!(["salt", "x"]), element)));
    for forged in [
        with(&json!(["salt", "_sd", "x"]), member),
        with(&json!(["salt", "...", "x"]), member),
        with(&json!(["salt", "vct", "x"]), member),
        with(&json!(["salt", "x"]), member),
        with(&json!(["salt", "name", "x"]), element),
        with(&json!(["salt", "x"]), |payload, digest| payload["list"] = json!([{ "...": digest, "x": 1 }])),
    ] {
        assert_verdict(&world.check(&forged), "rejected disclosure_invalid");
    }
}

#[test]
fn v19_what_speaks_against_the_holder_is_never_the_holders_to_withhold() {
    let world = World::new();
    for (format, type_id, names) in [
        (Format::DcSdJwt, "person", &["iss", "nbf", "exp", "cnf", "vct", "status"][..]),
        (Format::VcSdJwt, "business-licence", &["issuer", "validUntil", "credentialStatus", "cnf", "type"]),
    ] {
        let key = &world.issuer_of(type_id).key;
        for name in names {
            let mut draft = world.draft(type_id, format, world.holder.verification_key());
            draft.claims.entry("nbf").or_insert_with(|| (world.now.as_second() - 60).into());
            accepted(world.check(&world.sign(&draft, key)));
            draft.disclosable.push(vec![PathStep::Name((*name).into())]);
            let disclosed = world.sign(&draft, key);
            assert_verdict(&world.check(&disclosed), "rejected disclosure_invalid");
        }
    }
    let mut draft = world.draft("person", Format::DcSdJwt, world.holder.verification_key());
    draft.disclosable.push(["status", "status_list"].map(|name| PathStep::Name(name.into())).to_vec());
    let nested = world.sign(&draft, &world.province.key);
    assert_verdict(&world.check(&nested), "rejected disclosure_invalid");
}

#[test]
fn v20_the_hash_function_is_on_the_list_and_named_at_the_root() {
    let world = World::new();
    for (format, type_id) in SD_JWT {
        let credential = world.issue(type_id, format);
        for alg in ["sha-256-32", "md5", "SHA-256", "sha3-256", ""] {
            let forged = resigned(&world, type_id, &credential, |payload| payload["_sd_alg"] = alg.into());
            assert_verdict(&world.check(&forged), "rejected alg_not_allowed");
        }
        let nested = resigned(&world, type_id, &credential, |payload| {
            payload["nested"] = json!({ "_sd_alg": "sha-256" });
        });
        assert_verdict(&world.check(&nested), "rejected alg_not_allowed");
    }
}
