//! Lists that say nothing, or must not be asked for: S-06 to S-08.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use jiff::{SignedDuration, Timestamp};
use portage_keys::base64url;
use portage_testkit::world::World;
use serde_json::{Map, Value, json};

use crate::{
    bench::Bench,
    kinds::{DC_SD_JWT, KINDS, VC_JWT, VC_SD_JWT},
    lists::{FORMS, Form, PAIRS, list, naming},
    silence::SilentListener,
};

/// The list's first and last instant, as its form says them.
fn set_times(form: Form, claims: &mut Map<String, Value>, from: Timestamp, until: Timestamp) {
    match form {
        Form::Token => {
            claims["iat"] = from.as_second().into();
            claims["exp"] = until.as_second().into();
        }
        Form::Bitstring(_) => {
            claims["validFrom"] = from.to_string().into();
            claims["validUntil"] = until.to_string().into();
        }
    }
}

#[test]
fn s06_a_list_that_has_lapsed_or_comes_from_the_future() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    let at = |seconds: i64| world.now + SignedDuration::from_secs(seconds);
    for (number, pair) in PAIRS.into_iter().enumerate() {
        let kind = pair.0;
        for (name, from, until, holds) in [
            ("sound", -1000, 1000, true),
            ("just over", -1000, -60, true),
            ("lapsed", -1000, -61, false),
            ("long lapsed", -99_999, -9_999, false),
            ("to come", 61, 1000, false),
        ] {
            let url = kind.issuer(&world).url(&format!("/status/{number}/{from}/{until}"));
            let text = list(&world, pair, &url, |claims| set_times(pair.1, claims, at(from), at(until)));
            bench.lists.insert(url.clone(), text.into_bytes());
            let (name, credential) = (format!("{} {name}", kind.name), naming(&world, kind, &url, |_| {}));
            match holds {
                true => bench.accepts(&name, credential),
                false => bench.leaves_open(&name, credential, "status_unavailable"),
            }
        }
    }
    bench.run();
}

#[test]
fn s06_something_else_where_the_list_should_be_or_nothing() {
    let world = World::new();
    for (kind, _) in FORMS {
        let url = kind.issuer(&world).url(if kind.is_like(DC_SD_JWT) {
            "/status/token"
        } else {
            "/status/revocation"
        });
        let suspension = kind.issuer(&world).url("/status/suspension");
        let sound = world.sources.lists[&url].0.clone();
        let html = b"<!doctype html><title>Out of office</title>".to_vec();
        for (body, holds) in
            [(Some(sound), true), (Some(html), false), (Some(Vec::new()), false), (None, false)]
        {
            let mut bench = Bench::credentials(&world);
            // The only other list is one that the credential names too.
            bench.lists.retain(|known, _| *known == suspension && !kind.is_like(DC_SD_JWT));
            bench.lists.extend(body.map(|body| (url.clone(), body)));
            match holds {
                true => bench.accepts(kind.name, kind.issue(&world)),
                false => bench.leaves_open(kind.name, kind.issue(&world), "status_unavailable"),
            }
            bench.run();
        }
    }
}

#[test]
fn s07_a_list_at_an_address_that_must_not_be_contacted() {
    let world = World::new();
    let listener = SilentListener::new();
    let mut bench = Bench::credentials(&world);
    for kind in KINDS {
        bench.accepts(kind.name, kind.issue(&world));
        for url in [
            "http://city.example/status",
            "https://10.0.0.1/status",
            "https://192.168.1.1/status",
            "https://169.254.169.254/latest/meta-data",
            "https://[fd00::1]/status",
            "https://[::ffff:10.0.0.1]/status",
            "https://0x7f000001/status",
            "https://user@city.example/status",
            "ftp://city.example/status",
            "file:///etc/passwd",
        ] {
            let credential = naming(&world, kind, url, |_| {});
            bench.rejects(&format!("{} {url}", kind.name), credential, "address_not_allowed");
        }
    }
    bench.run();
    // On loopback, a name like any other for a program that asks nobody.
    let mut bench = Bench::credentials(&world);
    bench.lists.clear();
    for kind in KINDS {
        bench.leaves_open(
            kind.name,
            naming(&world, kind, &listener.url("/status"), |_| {}),
            "status_unavailable",
        );
    }
    bench.run();
    listener.assert_silence();
}

#[test]
fn s08_a_list_shorter_than_the_least() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for (number, pair) in PAIRS.into_iter().enumerate().skip(1) {
        for (bytes, holds) in [(131_072 / 8, true), (131_072 / 8 - 1, false), (1, false), (0, false)] {
            let url = pair.0.issuer(&world).url(&format!("/status/{number}/{bytes}"));
            let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
            gzip.write_all(&vec![0; bytes]).unwrap();
            let encoded = format!("u{}", base64url::encode(&gzip.finish().unwrap()));
            let text = list(&world, pair, &url, |list| {
                list["credentialSubject"]["encodedList"] = encoded.as_str().into();
            });
            bench.lists.insert(url.clone(), text.into_bytes());
            let credential = naming(&world, pair.0, &url, |_| {});
            match holds {
                true => bench.accepts(pair.0.name, credential),
                false => {
                    bench.rejects(&format!("{} {bytes}", pair.0.name), credential, "status_list_invalid")
                }
            }
        }
    }
    bench.run();
}

#[test]
fn s08_a_status_that_names_no_mechanism_we_know() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    bench.accepts("dc+sd-jwt", DC_SD_JWT.issue(&world));
    for status in [json!({}), json!({ "identifier_list": { "id": "1", "uri": "https://city.example/ids" } })]
    {
        let case = format!("dc+sd-jwt {status}");
        let credential = DC_SD_JWT.issue_with(&world, |draft| draft.claims["status"] = status);
        bench.rejects(&case, credential, "status_list_invalid");
    }
    let unknown = json!({ "id": "https://city.example/1", "type": "StatusList2021Entry" });
    for kind in [VC_SD_JWT, VC_JWT] {
        bench.accepts(kind.name, kind.issue(&world));
        let known = kind.draft(&world).claims["credentialStatus"][0].clone();
        for status in [unknown.clone(), json!([unknown]), json!([known, unknown])] {
            let case = format!("{} {status}", kind.name);
            let credential = kind.issue_with(&world, |draft| draft.claims["credentialStatus"] = status);
            bench.rejects(&case, credential, "status_list_invalid");
        }
        for status in [json!({}), json!([]), json!([{}]), json!(null), json!("valid")] {
            let case = format!("{} {status}", kind.name);
            let credential = kind.issue_with(&world, |draft| draft.claims["credentialStatus"] = status);
            bench.rejects(&case, credential, "malformed");
        }
    }
    bench.run();
}
