//! Signatures and headers of JWTs: V-01 to V-03, V-14, V-15.

use portage_keys::{Algorithm, Signer, VerificationKey, multibase};
use portage_testkit::world::World;
use serde_json::Value;

use crate::{
    bench::Bench,
    kinds::{DATA_INTEGRITY, JOSE, PRESENTED_WHOLE, SD_JWT, VC_JWT},
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
    let prefix: &[u8] = match key.algorithm() {
        Algorithm::EdDsa => b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00",
        Algorithm::Es256 => {
            b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"
        }
        Algorithm::Es384 => {
            b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00"
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
        let key = kind.key(&world).verification_key();
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

/// ECDSA signatures that are none, made from one that is.
fn broken_ecdsa(signature: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    const P256: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    const P384: [u8; 48] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a,
        0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
    ];
    let length = signature.len() / 2;
    let (r, s) = signature.split_at(length);
    let n: &[u8] = if length == 32 { &P256 } else { &P384 };
    let (zero, ones) = (vec![0; length], vec![0xff; length]);
    let integer = |number: &[u8]| {
        let sign: &[u8] = if number[0] >= 0x80 { &[0] } else { &[] };
        [&[2, (sign.len() + length) as u8], sign, number].concat()
    };
    let body = [integer(r), integer(s)].concat();
    vec![
        ("r=s=0", vec![0; 2 * length]),
        ("r=0", [&zero, s].concat()),
        ("s=0", [r, &zero].concat()),
        ("r=n", [n, s].concat()),
        ("s=n", [r, n].concat()),
        ("r>n", [&ones, s].concat()),
        ("DER", [&[0x30, body.len() as u8], body.as_slice()].concat()),
        ("truncated", signature[..2 * length - 1].to_vec()),
        ("with garbage", [signature, b"x"].concat()),
        ("empty", Vec::new()),
    ]
}

/// A document with each of them in the place of its proof's.
fn broken_proofs(document: &str) -> Vec<(&'static str, String)> {
    let document: Value = serde_json::from_str(document).unwrap();
    let signature = multibase::decode_base58btc(document["proof"]["proofValue"].as_str().unwrap()).unwrap();
    let with = |signature: Vec<u8>| {
        let mut document = document.clone();
        document["proof"]["proofValue"] = multibase::encode_base58btc(&signature).into();
        document.to_string()
    };
    broken_ecdsa(&signature).into_iter().map(|(name, signature)| (name, with(signature))).collect()
}

#[test]
fn v14_an_ecdsa_signature_that_is_none() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in JOSE.into_iter().filter(|kind| kind.algorithm != Algorithm::EdDsa) {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        let token = Token::read(&sound);
        for (name, signature) in broken_ecdsa(&token.signature) {
            let forged = token.clone().with(|token| token.signature = signature).text();
            bench.rejects(&format!("{} {name}", kind.name), forged, "signature_invalid");
        }
    }
    for kind in DATA_INTEGRITY.into_iter().filter(|kind| kind.algorithm != Algorithm::EdDsa) {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for (name, forged) in broken_proofs(&sound) {
            bench.rejects(&format!("{} {name}", kind.name), forged, "signature_invalid");
        }
    }
    bench.run();

    let mut bench = Bench::presentations(&world);
    for kind in PRESENTED_WHOLE.into_iter().filter(|kind| kind.algorithm != Algorithm::EdDsa) {
        let sound = kind.present(&world, &kind.issue(&world));
        bench.accepts(kind.name, &sound);
        let broken = if kind.is_like(VC_JWT) {
            let token = Token::read(&sound);
            let with = |signature| token.clone().with(|token| token.signature = signature).text();
            broken_ecdsa(&token.signature).into_iter().map(|(name, bytes)| (name, with(bytes))).collect()
        } else {
            broken_proofs(&sound)
        };
        for (name, forged) in broken {
            bench.rejects(&format!("{} {name}, of the holder", kind.name), forged, "signature_invalid");
        }
    }
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
