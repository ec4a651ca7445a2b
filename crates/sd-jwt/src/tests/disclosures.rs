//! Library-level refusals of threats V-16 to V-20 and V-27, each beside the accepted input it was made from.

use portage_reason::Reason::{
    AlgNotAllowed, DisclosureInvalid, Malformed, SignatureInvalid, TooLarge, TypeMismatch,
};
use serde_json::{Value, json};

use super::{accepted, claims_of, digest, disclosure, forged, issued, issuer, names, refused};
use crate::{MAX_BYTES, MAX_DISCLOSURES, MAX_NESTING, PathStep, UnverifiedSdJwt};

#[test]
fn v16_a_disclosure_that_no_digest_references_refuses_the_whole() {
    let (given, family) =
        (disclosure(json!(["s1", "given_names", "Raven"])), disclosure(json!(["s2", "family_name", "Lee"])));
    let payload = json!({ "_sd": [digest(&given)] });
    assert_eq!(claims_of(&forged(payload.clone(), &[&given])), json!({ "given_names": "Raven" }));
    assert_eq!(refused(&forged(payload.clone(), &[&given, &family])), DisclosureInvalid);
    assert_eq!(refused(&forged(payload, &[&family])), DisclosureInvalid);
}

#[test]
fn v16_a_disclosure_with_a_changed_value_refuses_the_whole() {
    let good = disclosure(json!(["s1", "age_over_19", false]));
    let payload = json!({ "_sd": [digest(&good)] });
    assert_eq!(claims_of(&forged(payload.clone(), &[&good])), json!({ "age_over_19": false }));
    let changed = disclosure(json!(["s1", "age_over_19", true]));
    assert_eq!(refused(&forged(payload, &[&changed])), DisclosureInvalid);
}

#[test]
fn v16_digests_are_taken_over_the_text_as_received() {
    // The same array with other whitespace is another disclosure; as the issuer wrote it, whitespace and all, it holds.
    let spaced = portage_keys::base64url::encode(br#"[ "s1",  "given_names", "Ra\u0076en" ]"#);
    let dense = disclosure(json!(["s1", "given_names", "Raven"]));
    let payload = json!({ "_sd": [digest(&spaced)] });
    assert_eq!(claims_of(&forged(payload.clone(), &[&spaced])), json!({ "given_names": "Raven" }));
    assert_eq!(refused(&forged(payload, &[&dense])), DisclosureInvalid);
}

#[test]
fn v16_a_child_whose_parent_is_withheld_is_referenced_by_nothing() {
    let child = disclosure(json!(["s1", "locality", "Vancouver"]));
    let parent = disclosure(json!(["s2", "address", { "_sd": [digest(&child)] }]));
    let payload = json!({ "_sd": [digest(&parent)] });
    assert_eq!(
        claims_of(&forged(payload.clone(), &[&parent, &child])),
        json!({ "address": { "locality": "Vancouver" } })
    );
    assert_eq!(claims_of(&forged(payload.clone(), &[&parent])), json!({ "address": {} }));
    assert_eq!(refused(&forged(payload, &[&child])), DisclosureInvalid);
}

#[test]
fn v17_a_digest_met_twice_refuses_the_whole_disclosed_or_not() {
    let name = disclosure(json!(["s1", "name", "Raven"]));
    let d = digest(&name);
    let holds_it = disclosure(json!(["s2", "inner", { "_sd": [d] }]));
    let element = disclosure(json!(["s3", { "_sd": [d] }]));
    assert_eq!(claims_of(&forged(json!({ "_sd": [d] }), &[&name])), json!({ "name": "Raven" }));
    for (what, payload, disclosures) in [
        ("twice in one _sd", json!({ "_sd": [d, d] }), vec![&name]),
        ("twice in one _sd, undisclosed", json!({ "_sd": [d, d] }), vec![]),
        ("root and nested", json!({ "_sd": [d], "a": { "b": { "_sd": [d] } } }), vec![&name]),
        ("root and nested, undisclosed", json!({ "_sd": [d], "a": { "b": { "_sd": [d] } } }), vec![]),
        ("root and array element", json!({ "_sd": [d], "a": [{ "...": d }] }), vec![]),
        ("two array elements", json!({ "a": [{ "...": d }, { "...": d }] }), vec![]),
        ("through a disclosed member", json!({ "_sd": [d, digest(&holds_it)] }), vec![&name, &holds_it]),
        (
            "through a disclosed member, itself undisclosed",
            json!({ "_sd": [d, digest(&holds_it)] }),
            vec![&holds_it],
        ),
        (
            "through a disclosed element",
            json!({ "_sd": [d], "a": [{ "...": digest(&element) }] }),
            vec![&name, &element],
        ),
    ] {
        let disclosures: Vec<&str> = disclosures.into_iter().map(String::as_str).collect();
        assert_eq!(refused(&forged(payload, &disclosures)), DisclosureInvalid, "{what}");
    }
}

#[test]
fn v17_the_same_disclosure_twice_refuses_the_whole() {
    let name = disclosure(json!(["s1", "name", "Raven"]));
    let payload = json!({ "_sd": [digest(&name)] });
    accepted(&forged(payload.clone(), &[&name]));
    assert_eq!(refused(&forged(payload, &[&name, &name])), DisclosureInvalid);
}

#[test]
fn v18_the_names_of_the_mechanism_are_forbidden() {
    for (name, reason) in [("_sd", DisclosureInvalid), ("...", DisclosureInvalid), ("_sd_alg", AlgNotAllowed)]
    {
        let bad = disclosure(json!(["s1", name, "x"]));
        let good = disclosure(json!(["s1", "_sd_", "x"]));
        accepted(&forged(json!({ "_sd": [digest(&good)] }), &[&good]));
        assert_eq!(refused(&forged(json!({ "_sd": [digest(&bad)] }), &[&bad])), reason, "{name}");
        assert_eq!(refused(&forged(json!({ "a": { "_sd": [digest(&bad)] } }), &[&bad])), reason, "{name}");
    }
}

#[test]
fn v18_a_name_that_exists_at_that_level_is_refused() {
    let (one, two) = (disclosure(json!(["s1", "name", "Raven"])), disclosure(json!(["s2", "name", "Lee"])));
    // The same name one level down is another claim.
    accepted(&forged(json!({ "_sd": [digest(&one)], "a": { "_sd": [digest(&two)] } }), &[&one, &two]));
    accepted(&forged(json!({ "_sd": [digest(&one), digest(&two)] }), &[&one]));
    assert_eq!(
        refused(&forged(json!({ "_sd": [digest(&one), digest(&two)] }), &[&one, &two])),
        DisclosureInvalid
    );
    assert_eq!(refused(&forged(json!({ "name": "Lee", "_sd": [digest(&one)] }), &[&one])), DisclosureInvalid);
    assert_eq!(refused(&forged(json!({ "_sd": [digest(&one)], "name": null }), &[&one])), DisclosureInvalid);
}

#[test]
fn v18_members_and_elements_do_not_take_each_others_place() {
    let (member, element) = (disclosure(json!(["s1", "name", "Raven"])), disclosure(json!(["s2", "CA"])));
    let payload = |sd: &str, dots: &str| json!({ "_sd": [digest(sd)], "list": [{ "...": digest(dots) }] });
    assert_eq!(
        claims_of(&forged(payload(&member, &element), &[&member, &element])),
        json!({ "list": ["CA"], "name": "Raven" })
    );
    assert_eq!(refused(&forged(payload(&element, &member), &[&element])), DisclosureInvalid);
    assert_eq!(refused(&forged(payload(&element, &member), &[&member])), DisclosureInvalid);
}

#[test]
fn v18_an_element_digest_stands_alone_and_is_a_string() {
    let element = disclosure(json!(["s1", "CA"]));
    let d = digest(&element);
    assert_eq!(
        claims_of(&forged(json!({ "list": ["US", { "...": d }] }), &[&element])),
        json!({ "list": ["US", "CA"] })
    );
    assert_eq!(claims_of(&forged(json!({ "list": ["US", { "...": d }] }), &[])), json!({ "list": ["US"] }));
    for list in [
        json!([{ "...": d, "x": 1 }]),
        json!([{ "...": [d] }]),
        json!([{ "...": null }]),
        json!({ "...": d }),
    ] {
        assert_eq!(refused(&forged(json!({ "list": list }), &[])), DisclosureInvalid, "{list}");
    }
    assert_eq!(refused(&forged(json!({ "...": d }), &[])), DisclosureInvalid);
}

#[test]
fn v18_sd_is_an_array_of_strings() {
    accepted(&forged(json!({ "_sd": [] }), &[]));
    for sd in [json!("x"), json!({}), json!(null), json!([1]), json!(["x", null]), json!([["x"]])] {
        assert_eq!(refused(&forged(json!({ "_sd": sd }), &[])), DisclosureInvalid, "{sd}");
        assert_eq!(refused(&forged(json!({ "a": [{ "_sd": sd }] }), &[])), DisclosureInvalid, "{sd}");
    }
}

#[test]
fn v20_only_strong_hashes_and_only_at_the_root() {
    use portage_keys::digest::HashAlgorithm::{Sha256, Sha384, Sha512};
    let name = disclosure(json!(["s1", "name", "Raven"]));
    for (alg, hash) in [("sha-256", Sha256), ("sha-384", Sha384), ("sha-512", Sha512)] {
        let digest = crate::processing::digest_text(hash, &name);
        let payload = json!({ "_sd": [digest], "_sd_alg": alg });
        assert_eq!(claims_of(&forged(payload, &[&name])), json!({ "name": "Raven" }), "{alg}");
    }
    for alg in [
        json!("sha-256-32"),
        json!("md5"),
        json!("sha-1"),
        json!("SHA-256"),
        json!("sha256"),
        json!(""),
        json!(null),
        json!(["sha-256"]),
    ] {
        assert_eq!(refused(&forged(json!({ "_sd_alg": alg }), &[])), AlgNotAllowed, "{alg}");
    }
    for payload in
        [json!({ "a": { "_sd_alg": "sha-256" } }), json!({ "a": [{ "b": { "_sd_alg": "sha-256" } }] })]
    {
        assert_eq!(refused(&forged(payload.clone(), &[])), AlgNotAllowed, "{payload}");
    }
    let nested = disclosure(json!(["s1", "a", { "_sd_alg": "sha-256" }]));
    assert_eq!(refused(&forged(json!({ "_sd": [digest(&nested)] }), &[&nested])), AlgNotAllowed);
}

#[test]
fn v27_a_disclosure_of_another_form_is_malformed() {
    let good = disclosure(json!(["s1", "a", { "b": 1 }]));
    accepted(&forged(json!({ "_sd": [digest(&good)] }), &[&good]));
    let padded = good.clone() + "=";
    let twice = portage_keys::base64url::encode(br#"["s1","a",{"b":1,"b":2}]"#);
    let trailing = portage_keys::base64url::encode(br#"["s1","a",1] x"#);
    for content in [
        json!([]),
        json!(["s1"]),
        json!(["s1", "a", 1, 2]),
        json!([1, "a", 1]),
        json!(["s1", 1, 1]),
        json!({}),
        json!("s1"),
        json!([null, 1]),
    ] {
        let bad = disclosure(content.clone());
        assert_eq!(refused(&forged(json!({ "_sd": [digest(&bad)] }), &[&bad])), Malformed, "{content}");
    }
    for bad in [padded.as_str(), &twice, &trailing, "", "€", "AAAA"] {
        assert_eq!(refused(&forged(json!({ "_sd": [digest(bad)] }), &[bad])), Malformed, "{bad}");
    }
}

#[test]
fn v28_limits_hold_at_their_edge() {
    let disclosures: Vec<String> =
        (0..=MAX_DISCLOSURES).map(|n| disclosure(json!([n.to_string(), n.to_string(), n]))).collect();
    let payload = json!({ "_sd": disclosures.iter().map(|d| digest(d)).collect::<Vec<_>>() });
    let mut all: Vec<&str> = disclosures.iter().map(String::as_str).collect();
    assert_eq!(refused(&forged(payload.clone(), &all)), TooLarge);
    all.pop();
    assert_eq!(accepted(&forged(payload, &all)).claims().len(), MAX_DISCLOSURES);

    let long = "~".repeat(MAX_BYTES);
    assert_eq!(UnverifiedSdJwt::parse(&(long + "~")).expect_err("too long").reason(), TooLarge);
}

#[test]
fn v28_disclosures_nest_sixteen_deep_and_no_deeper() {
    let nested = |levels: usize| {
        let mut disclosures = vec![disclosure(json!(["s0", "a", 1]))];
        for level in 1..levels {
            let inner = digest(&disclosures[level - 1]);
            disclosures.push(disclosure(json!([format!("s{level}"), "a", { "_sd": [inner] }])));
        }
        let payload = json!({ "_sd": [digest(&disclosures[levels - 1])] });
        forged(payload, &disclosures.iter().map(String::as_str).collect::<Vec<_>>())
    };
    accepted(&nested(MAX_NESTING));
    assert_eq!(refused(&nested(MAX_NESTING + 1)), TooLarge);
}

#[test]
fn v28_disclosures_cannot_add_up_to_a_deeper_payload_than_one_text_may_be() {
    let deep = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let with = |levels: usize| {
        let inner = disclosure(json!(["s1", deep(levels)]));
        let outer = (0..15).fold(json!([{ "...": digest(&inner) }]), |below, _| json!([below]));
        forged(json!({ "a": outer }), &[&inner])
    };
    // Root, sixteen arrays outside, fifteen inside: 32.
    accepted(&with(15));
    assert_eq!(refused(&with(16)), TooLarge);
}

#[test]
fn the_text_must_have_the_form_of_an_sd_jwt() {
    let good = issued(json!({ "name": "Raven" }), &[names(&["name"])]);
    accepted(&good);
    let (jwt, disclosures) = good.split_once('~').expect("an SD-JWT");
    assert_eq!(refused(jwt), Malformed, "no `~`");
    assert_eq!(refused(&format!("{jwt}~~{disclosures}")), Malformed, "an empty disclosure");
    assert_eq!(refused(&format!("~{jwt}~{disclosures}")), Malformed, "an empty JWT");
    assert_eq!(
        refused(&format!("{jwt}~{}", disclosures.trim_end_matches('~'))),
        Malformed,
        "no `~` at the end"
    );
    assert_eq!(refused(&format!(" {good}")), Malformed, "whitespace");
    assert_eq!(refused("~"), Malformed);
    assert_eq!(refused(""), Malformed);
}

#[test]
fn v30_another_typ_or_signer_is_refused() {
    let good = issued(json!({ "name": "Raven" }), &[]);
    accepted(&good);
    let parsed = || UnverifiedSdJwt::parse(&good).expect("parsed");
    let error =
        parsed().verify(portage_keys::Signer::verification_key(&issuer()), &["vc+sd-jwt"]).expect_err("typ");
    assert_eq!(error.reason(), TypeMismatch);
    let other =
        portage_keys::SigningKey::from_secret_bytes(portage_keys::Algorithm::EdDsa, &[1; 32]).expect("a key");
    let error =
        parsed().verify(portage_keys::Signer::verification_key(&other), super::TYP).expect_err("signer");
    assert_eq!(error.reason(), SignatureInvalid);
}

#[test]
fn decoys_and_undisclosed_claims_are_no_defect() {
    let payload =
        json!({ "_sd": ["decoy"], "a": { "_sd": ["another"] }, "list": [{ "...": "third" }], "vct": "x" });
    assert_eq!(claims_of(&forged(payload, &[])), json!({ "a": {}, "list": [], "vct": "x" }));
}

#[test]
fn the_places_of_disclosed_claims_are_told() {
    let text = issued(
        json!({ "list": ["US", "CA"], "address": { "locality": "Vancouver" } }),
        &[
            vec![PathStep::Name("list".into()), PathStep::Index(1)],
            names(&["address", "locality"]),
            names(&["address"]),
        ],
    );
    let verified = accepted(&text);
    assert_eq!(
        verified.disclosed_places(),
        [
            vec![PathStep::Name("list".into()), PathStep::Index(1)],
            names(&["address", "locality"]),
            names(&["address"]),
        ]
    );
    assert_eq!(
        Value::Object(verified.claims().clone()),
        json!({ "list": ["US", "CA"], "address": { "locality": "Vancouver" } })
    );
}

#[test]
fn debug_shows_no_claim() {
    let text = issued(json!({ "name": "CANARY-1", "open": "CANARY-2" }), &[names(&["name"])]);
    let unverified = UnverifiedSdJwt::parse(&text).expect("parsed");
    let shown = format!("{unverified:?} {:?} {:?}", unverified.disclosures(), accepted(&text));
    assert!(!shown.contains("CANARY"), "{shown}");
    assert!(!shown.contains(&unverified.disclosures()[0].encoded), "{shown}");
}
