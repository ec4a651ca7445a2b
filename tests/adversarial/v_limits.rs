//! Size and form, for every way to secure a credential and to present it: V-28 and V-29.

use portage_keys::{Signer, base64url};
use portage_testkit::world::World;
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    kinds::{DATA_INTEGRITY, JOSE, KINDS, PRESENTED_WHOLE, SD_JWT, VC_JWT},
    tokens::{Token, edited, key_binding, sign_text},
};

/// JSON values without end: too deep, too wide, too long.
fn endless() -> [(&'static str, String); 3] {
    [
        ("depth 10,000", format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))),
        ("1,000,000 elements", format!("[{}1]", "1,".repeat(999_999))),
        ("a string of 5 MB", format!("\"{}\"", "x".repeat(5_000_000))),
    ]
}

/// What signs a JWT says, with one more member, signed again.
fn with_member(text: &str, value: &str, signer: &dyn Signer) -> String {
    let token = Token::read(text);
    let header = Value::Object(token.header.clone()).to_string();
    let payload = Value::Object(token.payload.clone()).to_string();
    let payload = payload.replacen('{', &format!("{{\"x\":{value},"), 1);
    sign_text(&header, &payload, signer) + &token.rest
}

/// Bounded in memory too: the program gets 2 GiB of address space.
const ADDRESS_SPACE: Option<u64> = Some(2 << 20);

#[test]
fn v28_a_credential_without_end_is_too_large_in_every_format() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    bench.address_space = ADDRESS_SPACE;
    for kind in KINDS {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for (what, value) in endless() {
            let forged = if JOSE.contains(&kind) {
                with_member(&sound, &value, kind.key(&world))
            } else {
                sound.replacen('{', &format!("{{\"x\":{value},"), 1)
            };
            bench.rejects(&format!("{}: {what}", kind.name), forged, "too_large");
        }
        bench.rejects(&format!("{}: 10 MB before it", kind.name), " ".repeat(10 << 20) + &sound, "too_large");
        bench.rejects(&format!("{}: 10 MB after it", kind.name), sound + &" ".repeat(10 << 20), "too_large");
    }
    for kind in SD_JWT {
        let sound = kind.issue(&world);
        for (what, value) in endless() {
            let disclosure = base64url::encode(format!("[\"salt\",\"x\",{value}]").as_bytes());
            let forged = sound.replacen('~', &format!("~{disclosure}~"), 1);
            bench.rejects(&format!("{}: a disclosure, {what}", kind.name), forged, "too_large");
        }
    }
    bench.run();
}

#[test]
fn v28_a_presentation_without_end_is_too_large() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    bench.address_space = ADDRESS_SPACE;
    for kind in PRESENTED_WHOLE {
        let sound = kind.present(&world, &kind.issue(&world));
        bench.accepts(kind.name, &sound);
        for (what, value) in endless() {
            let forged = if kind.is_like(VC_JWT) {
                with_member(&sound, &value, kind.holder(&world))
            } else {
                sound.replacen('{', &format!("{{\"x\":{value},"), 1)
            };
            bench.rejects(&format!("{}: {what}", kind.name), forged, "too_large");
        }
    }
    for kind in SD_JWT {
        let sound = kind.present(&world, &kind.issue(&world));
        bench.accepts(kind.name, &sound);
        let (before, binding) = key_binding(&sound);
        for (what, value) in endless() {
            let forged = before.clone() + &with_member(&binding.text(), &value, kind.holder(&world));
            bench.rejects(&format!("{}: its key binding, {what}", kind.name), forged, "too_large");
        }
    }
    bench.run();
}

/// The same bytes in base64url, spelled as RFC 7515 §2 does not have it.
fn misspelt(part: &str) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("padding", format!("{part}=")),
        ("a space", format!("{part} ")),
        ("a line break", format!("{}\n{}", &part[..4], &part[4..])),
        ("+", format!("{part}+")),
        ("/", format!("{part}/")),
    ];
    // Bits that stand for nothing must be zero.
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if !part.len().is_multiple_of(4) {
        let (rest, last) = part.split_at(part.len() - 1);
        let at = ALPHABET.iter().position(|byte| last.as_bytes() == [*byte]).unwrap();
        all.push(("a bit at the end", format!("{rest}{}", char::from(ALPHABET[at + 1]))));
    }
    all
}

/// Each misspelling of each of the three parts of a JWT; what follows the JWT stays.
fn misspelt_parts(text: &str) -> Vec<(String, String)> {
    let end = text.find('~').unwrap_or(text.len());
    let (jwt, rest) = text.split_at(end);
    let parts: Vec<&str> = jwt.split('.').collect();
    let mut all = Vec::new();
    for (at, name) in ["header", "payload", "signature"].into_iter().enumerate() {
        for (what, part) in misspelt(parts[at]) {
            let mut parts = parts.clone();
            parts[at] = &part;
            all.push((format!("{name}, {what}"), parts.join(".") + rest));
        }
    }
    all
}

#[test]
fn v29_critical_headers_and_misspelt_base64url_in_every_format() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in JOSE {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for (name, value) in [("crit", json!(["exp"])), ("crit", json!([])), ("b64", json!(false))] {
            let signed = Token::read(&sound)
                .with(|token| drop(token.header.insert(name.to_owned(), value.clone())))
                .signed(kind.key(&world));
            bench.rejects(&format!("{}: {name} {value}", kind.name), signed, "malformed");
        }
        for (what, forged) in misspelt_parts(&sound) {
            // A space or a line break around the whole of a file is no part of a token.
            if !(what == "signature, a space" && kind.is_like(VC_JWT)) {
                bench.rejects(&format!("{}: {what}", kind.name), forged, "malformed");
            }
        }
    }
    for kind in SD_JWT {
        let sound = kind.issue(&world);
        let disclosure = sound.split('~').nth(1).unwrap();
        for (what, part) in misspelt(disclosure) {
            let forged = sound.replacen(disclosure, &part, 1);
            bench.rejects(&format!("{}: a disclosure, {what}", kind.name), forged, "malformed");
        }
    }
    for kind in DATA_INTEGRITY {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for (what, change) in [("padding", "="), ("a space", " "), ("+", "+"), ("/", "/"), ("a zero", "0")] {
            let forged = edited(&sound, |vc| {
                let value = vc["proof"]["proofValue"].as_str().unwrap().to_owned() + change;
                vc["proof"]["proofValue"] = value.into();
            });
            bench.rejects(&format!("{}: {what}", kind.name), forged, "malformed");
        }
    }
    bench.run();
}

#[test]
fn v29_critical_headers_and_misspelt_base64url_in_presentations() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    let sound = VC_JWT.present(&world, &VC_JWT.issue(&world));
    bench.accepts(VC_JWT.name, &sound);
    let signed = |text: &str, name: &str, value: Value, signer: &dyn Signer| {
        let change = |token: &mut Token| drop(token.header.insert(name.to_owned(), value));
        Token::read(text).with(change).signed(signer)
    };
    for (name, value) in [("crit", json!(["exp"])), ("b64", json!(false))] {
        let forged = signed(&sound, name, value.clone(), VC_JWT.holder(&world));
        bench.rejects(&format!("{}: {name}", VC_JWT.name), forged, "malformed");
        for kind in SD_JWT {
            let (before, binding) = key_binding(&kind.present(&world, &kind.issue(&world)));
            let forged = before + &signed(&binding.text(), name, value.clone(), kind.holder(&world));
            bench.rejects(&format!("{}: its key binding, {name}", kind.name), forged, "malformed");
        }
    }
    for (what, forged) in misspelt_parts(&sound) {
        if what != "signature, a space" {
            bench.rejects(&format!("{}: {what}", VC_JWT.name), forged, "malformed");
        }
    }
    for kind in SD_JWT {
        let sound = kind.present(&world, &kind.issue(&world));
        bench.accepts(kind.name, &sound);
        let (before, binding) = key_binding(&sound);
        for (what, forged) in misspelt_parts(&binding.text()) {
            if what != "signature, a space" {
                bench.rejects(
                    &format!("{}: its key binding, {what}", kind.name),
                    before.clone() + &forged,
                    "malformed",
                );
            }
        }
    }
    bench.run();
}
