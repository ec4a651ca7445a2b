//! Signatures and headers of JWTs: V-01 to V-03, V-14, V-15.

use portage_keys::{Signer, VerificationKey};
use portage_testkit::world::World;

use crate::{
    bench::Bench,
    kinds::{JOSE, SD_JWT, VC_JWT},
    tokens::{Token, key_binding},
};

/// `alg` replaced by a name, the signature empty.
fn unsigned(token: Token, alg: &str) -> String {
    let alg = alg.to_owned();
    token
        .with(|token| {
            token.header.insert("alg".into(), alg.into());
            token.signature.clear();
        })
        .text()
}

const NONE: [&str; 4] = ["none", "None", "NONE", "nOnE"];

#[test]
fn v01_a_credential_without_a_signature() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    let mut without_keys = Bench::credentials(&world);
    without_keys.documents.clear();
    for kind in JOSE {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        without_keys.leaves_open(kind.name, &sound, "key_not_found");
        for alg in NONE {
            let forged = unsigned(Token::read(&sound), alg);
            bench.rejects(&format!("{} {alg}", kind.name), &forged, "alg_not_allowed");
            // Before any key is looked up.
            without_keys.rejects(&format!("{} {alg}", kind.name), &forged, "alg_not_allowed");
        }
    }
    bench.run();
    without_keys.run();
}

#[test]
fn v01_a_presentation_without_a_signature() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in SD_JWT {
        let sound = kind.present(&world, &kind.issue(&world));
        bench.accepts(kind.name, &sound);
        for alg in NONE {
            let (before, binding) = key_binding(&sound);
            let forged = before + &unsigned(binding, alg);
            bench.rejects(&format!("kb+jwt {alg}"), forged, "alg_not_allowed");
        }
    }
    let credential = VC_JWT.issue(&world);
    let sound = VC_JWT.present(&world, &credential);
    bench.accepts("vp+jwt", &sound);
    for alg in NONE {
        bench.rejects(&format!("vp+jwt {alg}"), unsigned(Token::read(&sound), alg), "alg_not_allowed");
        let inner = unsigned(Token::read(&credential), alg);
        bench.rejects(&format!("vc+jwt {alg} inside"), VC_JWT.present(&world, &inner), "alg_not_allowed");
    }
    bench.run();
}

/// The key as an attacker would write it into a file: SubjectPublicKeyInfo in PEM (RFC 8410 §4, RFC 5480 §2).
fn pem(key: &VerificationKey) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let prefix: &[u8] = match key.coordinates() {
        None => b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00",
        Some(_) => {
            b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"
        }
    };
    let body = STANDARD.encode([prefix, key.as_bytes()].concat());
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

/// `alg` HS256, the MAC keyed with a public key.
fn with_mac(token: Token, key: &[u8]) -> String {
    let mut token = token;
    token.header.insert("alg".into(), "HS256".into());
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
    token.signature = ring::hmac::sign(&key, token.signing_input().as_bytes()).as_ref().to_vec();
    token.text()
}

#[test]
fn v02_a_mac_keyed_by_the_public_key() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in JOSE {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        let key = kind.issuer(&world).key.verification_key();
        for key in [pem(key).as_bytes(), key.as_bytes()] {
            bench.rejects(kind.name, with_mac(Token::read(&sound), key), "alg_not_allowed");
        }
    }
    bench.run();

    let mut bench = Bench::presentations(&world);
    for kind in SD_JWT {
        let sound = kind.present(&world, &kind.issue(&world));
        bench.accepts(kind.name, &sound);
        let (before, binding) = key_binding(&sound);
        let key = pem(kind.holder(&world).verification_key());
        bench.rejects("kb+jwt", before + &with_mac(binding, key.as_bytes()), "alg_not_allowed");
    }
    let sound = VC_JWT.present(&world, &VC_JWT.issue(&world));
    bench.accepts("vp+jwt", &sound);
    let key = pem(VC_JWT.holder(&world).verification_key());
    bench.rejects("vp+jwt", with_mac(Token::read(&sound), key.as_bytes()), "alg_not_allowed");
    bench.run();
}

/// ES256 signatures that are none, made from one that is.
fn broken_ecdsa(signature: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    const N: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let (r, s) = signature.split_at(32);
    let integer = |number: &[u8]| {
        let sign: &[u8] = if number[0] >= 0x80 { &[0] } else { &[] };
        [&[2, (sign.len() + 32) as u8], sign, number].concat()
    };
    let body = [integer(r), integer(s)].concat();
    vec![
        ("r=s=0", vec![0; 64]),
        ("r=0", [&[0; 32], s].concat()),
        ("s=0", [r, &[0; 32]].concat()),
        ("r=n", [&N, s].concat()),
        ("s=n", [r, &N].concat()),
        ("r>n", [&[0xff; 32], s].concat()),
        ("DER", [&[0x30, body.len() as u8], body.as_slice()].concat()),
        ("truncated", signature[..63].to_vec()),
        ("with garbage", [signature, b"x"].concat()),
        ("empty", Vec::new()),
    ]
}

#[test]
fn v14_an_ecdsa_signature_that_is_none() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in JOSE {
        let issuer = kind.issuer(&world);
        let mut draft = kind.draft(&world);
        draft.header.insert("kid".into(), issuer.method("key-2").into());
        let sound = world.sign(&draft, &issuer.key_p256);
        bench.accepts(kind.name, &sound);
        let token = Token::read(&sound);
        for (name, signature) in broken_ecdsa(&token.signature) {
            let forged = token.clone().with(|token| token.signature = signature).text();
            bench.rejects(&format!("{} {name}", kind.name), forged, "signature_invalid");
        }
    }
    bench.run();

    let mut bench = Bench::presentations(&world);
    for kind in SD_JWT {
        let sound = kind.present(&world, &kind.issue(&world));
        bench.accepts(kind.name, &sound);
        let (before, binding) = key_binding(&sound);
        for (name, signature) in broken_ecdsa(&binding.signature) {
            let forged = before.clone() + &binding.clone().with(|token| token.signature = signature).text();
            // Of a holder, the reason says whose signature it is.
            bench.rejects(&format!("kb+jwt {name}"), forged, "holder_binding_invalid");
        }
    }
    bench.run();
}
