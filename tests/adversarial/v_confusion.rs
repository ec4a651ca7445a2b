//! One token in the place of another: V-30.

use portage_did::did_key;
use portage_jose::{Header, Jwk};
use portage_keys::{Algorithm, Signer};
use portage_oid4vci::{KeyBindingForm, KeyProofExpectation, UnverifiedKeyProof};
use portage_status_list::bitstring::StatusPurpose;
use portage_testkit::world::{AUDIENCE, ListForm, NONCE, StatusLists, World, decode_jwt};
use portage_vc::Presentation;
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    kinds::{DC_SD_JWT, JOSE, RDFC, SD_JWT, VC_JWT, VC_SD_JWT},
    tokens::{Token, key_binding},
};

/// `typ` of everything else that is signed in this world.
const OTHER_TYPES: [&str; 9] = [
    "kb+jwt",
    "openid4vci-proof+jwt",
    "statuslist+jwt",
    "entity-statement+jwt",
    "trust-mark+jwt",
    "oauth-authz-req+jwt",
    "at+jwt",
    "JWT",
    "",
];

#[test]
fn v30_a_credential_under_the_type_of_another_token() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in JOSE {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for typ in OTHER_TYPES {
            let other = Token::read(&sound).with(|token| token.header["typ"] = typ.into());
            bench.rejects(&format!("{} {typ}", kind.name), other.signed(kind.key(&world)), "type_mismatch");
        }
        let without = Token::read(&sound).with(|token| drop(token.header.shift_remove("typ")));
        bench.rejects(kind.name, without.signed(kind.key(&world)), "type_mismatch");
    }
    // The formats in each other's clothes.
    let (person, licence) = (DC_SD_JWT.issue(&world), VC_SD_JWT.issue(&world));
    let old_name = Token::read(&person).with(|token| token.header["typ"] = "vc+sd-jwt".into());
    bench.accepts("dc+sd-jwt under its older name", old_name.signed(&world.province.key));
    let swapped = Token::read(&licence).with(|token| token.header["typ"] = "dc+sd-jwt".into());
    bench.rejects("vc+sd-jwt as dc+sd-jwt", swapped.signed(&world.city.key), "type_mismatch");
    let swapped = Token::read(&VC_JWT.issue(&world)).with(|token| token.header["typ"] = "dc+sd-jwt".into());
    bench.rejects("vc+jwt as dc+sd-jwt", swapped.signed(&world.city.key) + "~", "type_mismatch");
    let vct = world.credential_type("person").vct.as_str();
    let both = Token::read(&licence).with(|token| drop(token.payload.insert("vct".into(), vct.into())));
    bench.rejects("vc+sd-jwt that is both", both.signed(&world.city.key), "type_mismatch");
    bench.run();
}

/// Tokens that somebody in this world soundly signed, each for what it is.
fn other_tokens(world: &World) -> Vec<(&'static str, String)> {
    let credential = DC_SD_JWT.issue(world);
    let sign = |typ: &str, claims: Value| {
        let header = Header::new(typ).with("kid", world.province.method("key-1"));
        portage_jose::sign(header, claims.as_object().unwrap(), &world.province.key).unwrap()
    };
    let province = world.province.did.as_str();
    let url = world.city.url("/status/revocation");
    let list = world.bitstring_list(&world.city, &url, StatusPurpose::Revocation, &[]);
    let now = world.now.as_second();
    vec![
        ("KB-JWT", key_binding(&DC_SD_JWT.present(world, &credential)).1.text()),
        (
            "key proof",
            sign(
                "openid4vci-proof+jwt",
                json!({ "aud": "https://issuer.example", "iat": now, "nonce": "n" }),
            ),
        ),
        (
            "Status List Token",
            world.token_list(&world.province, &world.province.url("/status/token"), &StatusLists::default()),
        ),
        ("status list credential", world.sign_list(&list, &world.city, ListForm::VcJwt)),
        ("status list document", world.sign_list(&list, &world.city, ListForm::LdpVc)),
        (
            "entity statement",
            sign(
                "entity-statement+jwt",
                json!({ "iss": province, "sub": province, "iat": now, "exp": now + 60 }),
            ),
        ),
        (
            "Request Object",
            sign("oauth-authz-req+jwt", json!({ "iss": province, "client_id": AUDIENCE, "nonce": NONCE })),
        ),
    ]
}

#[test]
fn v30_every_other_token_as_a_credential() {
    let world = World::new();
    let mut alone = Bench::credentials(&world);
    let mut presented = Bench::presentations(&world);
    alone.accepts("a credential", VC_JWT.issue(&world));
    presented.accepts("a presentation", VC_JWT.present(&world, &VC_JWT.issue(&world)));
    for (name, token) in other_tokens(&world) {
        alone.rejects(name, &token, "type_mismatch");
        presented.rejects(name, &token, "type_mismatch");
        if token.starts_with('{') {
            continue;
        }
        alone.rejects(&format!("{name} as SD-JWT"), format!("{token}~"), "type_mismatch");
        let inside = VC_JWT.present(&world, &token);
        presented.rejects(&format!("{name} inside"), inside, "type_mismatch");
    }
    alone.run();
    presented.run();
}

#[test]
fn v30_every_other_token_as_a_key_binding() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in SD_JWT {
        let credential = kind.issue(&world);
        let sound = kind.present(&world, &credential);
        bench.accepts(kind.name, &sound);
        let (before, binding) = key_binding(&sound);
        for typ in OTHER_TYPES.into_iter().skip(1).chain(["dc+sd-jwt", "vc+jwt", "vp+jwt"]) {
            let other = binding.clone().with(|token| token.header["typ"] = typ.into());
            let forged = before.clone() + &other.signed(kind.holder(&world));
            bench.rejects(&format!("{} {typ}", kind.name), forged, "type_mismatch");
        }
    }
    bench.run();
}

#[test]
fn v30_a_presentation_inside_a_presentation_and_one_format_inside_another() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    let licence = VC_JWT.issue(&world);
    let sound = VC_JWT.present(&world, &licence);
    bench.accepts("vp+jwt", &sound);
    bench.rejects("vp+jwt inside", VC_JWT.present(&world, &sound), "type_mismatch");
    let enveloping = |media_type: &str, text: &str| {
        VC_JWT.present_with(&world, &licence, |vp| {
            vp.claims["verifiableCredential"] = json!([Presentation::enveloped(media_type, text)]);
        })
    };
    let (person, secured) = (DC_SD_JWT.issue(&world), VC_SD_JWT.issue(&world));
    bench.rejects(
        "a KB-JWT of its own",
        enveloping("application/vc+sd-jwt", &world.bind(&secured, &world.holder_p256)),
        "type_mismatch",
    );
    bench.rejects("an SD-JWT VC", enveloping("application/vc+sd-jwt", &person), "type_mismatch");
    bench.rejects("under a name of its own", enveloping("application/dc+sd-jwt", &person), "type_mismatch");
    bench.rejects("an SD-JWT as vc+jwt", enveloping("application/vc+jwt", &secured), "malformed");
    // What a document says is a credential is none because a presentation says so.
    let card = RDFC.issue(&world);
    bench.accepts("ldp_vp", RDFC.present(&world, &card));
    let typed = Token::read(&sound).with(|token| token.header["typ"] = "vc+jwt".into());
    bench.rejects("vp+jwt as vc+jwt", typed.signed(&world.holder), "malformed");
    bench.run();
}

#[test]
fn v30_every_other_token_as_a_status_list() {
    let world = World::new();
    let mut sound = Bench::credentials(&world);
    for kind in [DC_SD_JWT, VC_JWT] {
        sound.accepts(kind.name, kind.issue(&world));
    }
    sound.run();
    for (kind, url, typ) in [
        (DC_SD_JWT, world.province.url("/status/token"), "dc+sd-jwt"),
        (DC_SD_JWT, world.province.url("/status/token"), "kb+jwt"),
        (VC_JWT, world.city.url("/status/revocation"), "statuslist+jwt"),
        (VC_JWT, world.city.url("/status/revocation"), "vc+sd-jwt"),
    ] {
        let mut bench = Bench::credentials(&world);
        let list = String::from_utf8(bench.lists[&url].clone()).unwrap();
        let typed = Token::read(&list).with(|token| token.header["typ"] = typ.into());
        bench.lists.insert(url, typed.signed(kind.key(&world)).into_bytes());
        bench.rejects(&format!("{} {typ}", kind.name), kind.issue(&world), "status_list_invalid");
        bench.run();
    }
}

/// The reverse at the issuer: what is no key proof is not taken for one.
#[test]
fn v30_every_other_token_as_a_key_proof() {
    let world = World::new();
    let issuer = portage_oid4vci::IssuerIdentifier::parse("https://issuer.example").unwrap();
    let expected = KeyProofExpectation {
        issuer: &issuer,
        algorithms: &[Algorithm::EdDsa, Algorithm::Es256],
        key_forms: &[KeyBindingForm::Jwk, KeyBindingForm::DidKey],
        now: world.now,
    };
    let claims = json!({ "aud": "https://issuer.example", "iat": world.now.as_second(), "nonce": "n" });
    let proof = |typ: &str| {
        let key = Jwk::from_key(world.holder.verification_key().clone()).to_value();
        let header = Header::new(typ).with("jwk", key);
        portage_jose::sign(header, claims.as_object().unwrap(), &world.holder).unwrap()
    };
    let outcome =
        |text: &str| UnverifiedKeyProof::parse(text).and_then(|proof| proof.verify(&expected)).map(|_| ());
    assert_eq!(outcome(&proof("openid4vci-proof+jwt")), Ok(()));
    for typ in OTHER_TYPES.into_iter().filter(|typ| *typ != "openid4vci-proof+jwt") {
        assert!(outcome(&proof(typ)).is_err(), "{typ}");
    }
    // A presentation, with the holder's own `kid` in it.
    let vp = VC_JWT.present(&world, &VC_JWT.issue(&world));
    assert_eq!(decode_jwt(&vp).0["kid"], did_key(world.holder.verification_key()).1.to_string());
    assert!(outcome(&vp).is_err());
    for (name, token) in other_tokens(&world).into_iter().filter(|(name, _)| *name != "key proof") {
        assert!(outcome(&token).is_err(), "{name}");
    }
}
