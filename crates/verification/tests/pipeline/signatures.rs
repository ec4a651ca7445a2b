//! V-01 to V-03, V-14, V-15: algorithms and signatures.

use portage_catalog::Format;
use portage_keys::{Signer, digest::hmac_sha256, multibase};
use portage_testkit::world::{PRESENTED, World, accepted};
use serde_json::json;

use crate::forge::{
    JOSE_FORMATS, assert_verdict, edit, on_jwt, on_key_binding, with_header, with_part, with_signature,
};

#[test]
fn v01_no_spelling_of_none_is_an_algorithm() {
    let world = World::new();
    for (format, type_id) in JOSE_FORMATS {
        let credential = world.issue(type_id, format);
        let presentation = world.present(&credential, format);
        accepted(world.check(&credential));
        accepted(world.check_presented(&presentation));
        world.sources.take_asked();
        for none in ["none", "None", "NONE", "nOnE"] {
            let strip =
                |jwt: &str| with_part(&with_header(jwt, |header| header["alg"] = none.into()), 2, b"");
            assert_verdict(&world.check(&on_jwt(&credential, strip)), "rejected alg_not_allowed");
            let stripped = match format {
                Format::VcJwt => strip(&presentation),
                _ => on_key_binding(&presentation, strip),
            };
            assert_verdict(&world.check_presented(&stripped), "rejected alg_not_allowed");
        }
        assert_eq!(world.sources.take_asked(), [""; 0], "before any key is looked for");
    }
}

#[test]
fn v02_the_algorithm_follows_from_the_key_and_not_from_the_header() {
    let world = World::new();
    for (format, type_id) in JOSE_FORMATS {
        let issuer = world.issuer_of(type_id);
        let credential = world.issue(type_id, format);
        accepted(world.check(&credential));
        let mac = |jwt: &str| {
            let jwt = with_header(jwt, |header| header["alg"] = "HS256".into());
            let (input, _) = jwt.rsplit_once('.').unwrap();
            let key: [u8; 32] = issuer.key.verification_key().as_bytes().try_into().unwrap();
            with_part(&jwt, 2, &hmac_sha256(&key, input.as_bytes()))
        };
        assert_verdict(&world.check(&on_jwt(&credential, mac)), "rejected alg_not_allowed");
        // An algorithm on the list, for a key of the other kind.
        let other = |jwt: &str| with_header(jwt, |header| header["alg"] = "ES256".into());
        assert_verdict(&world.check(&on_jwt(&credential, other)), "rejected alg_not_allowed");
    }
}

#[test]
fn v03_a_key_in_the_header_is_never_used_and_no_address_in_it_is_asked() {
    let world = World::new();
    let jwk = portage_jose::Jwk::from_key(world.attacker.key.verification_key().clone()).to_value();
    for (format, type_id) in JOSE_FORMATS {
        let issuer = world.issuer_of(type_id);
        for with_kid in [true, false] {
            let mut draft = world.draft(type_id, format, world.holder.verification_key());
            if !with_kid {
                draft.header.shift_remove("kid");
            }
            draft.header.insert("jwk".into(), jwk.clone());
            draft.header.insert("jku".into(), "https://attacker.example/keys".into());
            draft.header.insert("x5u".into(), "https://attacker.example/chain".into());
            let forged = world.sign(&draft, &world.attacker.key);
            let reason = if with_kid { "signature_invalid" } else { "key_not_found" };
            assert_verdict(&world.check(&forged), &format!("rejected {reason}"));
            assert_eq!(world.sources.take_asked(), [issuer.did.as_str()]);
            if with_kid {
                accepted(world.check(&world.sign(&draft, &issuer.key)));
                world.sources.take_asked();
            }
        }
    }
}

#[test]
fn v14_a_p256_signature_is_r_and_s_and_nothing_else() {
    let world = World::new();
    for (format, type_id) in JOSE_FORMATS {
        let issuer = world.issuer_of(type_id);
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        draft.header.insert("kid".into(), issuer.method("key-2").into());
        let credential = world.sign(&draft, &issuer.key_p256);
        accepted(world.check(&credential));
        let forged: [fn(Vec<u8>) -> Vec<u8>; 7] = [
            |signature| vec![0; signature.len()],
            |signature| [&[0; 32], &signature[32..]].concat(),
            |signature| [&signature[..32], &[0xff; 32]].concat(),
            |signature| [&[0xff; 32], &signature[32..]].concat(),
            |signature| signature[..63].to_vec(),
            |signature| [&signature[..], b"x"].concat(),
            |signature| {
                let integer = |half: &[u8]| [&[2, 33, 0], half].concat();
                let (r, s) = (integer(&signature[..32]), integer(&signature[32..]));
                [&[0x30, 70], &r[..], &s[..]].concat()
            },
        ];
        for change in forged {
            let credential = on_jwt(&credential, |jwt| with_signature(jwt, change));
            assert_verdict(&world.check(&credential), "rejected signature_invalid");
        }
    }
}

/// The order of the group, little-endian.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The same signature with S + L in the place of S.
fn malleated(mut signature: Vec<u8>) -> Vec<u8> {
    let mut carry = 0_u16;
    for (byte, order) in signature[32..].iter_mut().zip(L) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    signature
}

#[test]
fn v15_an_ed25519_signature_is_verified_strictly() {
    let world = World::new();
    let small_order = |signature: Vec<u8>| [&[1; 1][..], &[0; 31], &signature[32..]].concat();
    for (format, type_id) in JOSE_FORMATS {
        let credential = world.issue(type_id, format);
        accepted(world.check(&credential));
        for change in [malleated as fn(Vec<u8>) -> Vec<u8>, small_order] {
            let credential = on_jwt(&credential, |jwt| with_signature(jwt, change));
            assert_verdict(&world.check(&credential), "rejected signature_invalid");
        }
    }
    let credential = world.issue("operator-card", Format::LdpVc);
    let presentation = world.present(&credential, Format::LdpVc);
    let forge = |proof: &mut serde_json::Value| {
        let signature = multibase::decode_base58btc(proof["proofValue"].as_str().unwrap()).unwrap();
        proof["proofValue"] = json!(multibase::encode_base58btc(&malleated(signature)));
    };
    let forged = edit(&credential, |document| forge(&mut document["proof"]));
    assert_verdict(&world.check(&forged), "rejected signature_invalid");
    let forged = edit(&presentation, |document| forge(&mut document["proof"]));
    assert_verdict(&world.run(&forged, &world.expectations(PRESENTED)), "rejected signature_invalid");
}
