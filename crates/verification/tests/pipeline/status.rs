//! S-01 to S-09: a status is only ever read from a list that holds.

use std::io::Write;

use jiff::SignedDuration;
use portage_catalog::Format;
use portage_jose::Header;
use portage_keys::{Signer, base64url};
use portage_reason::Reason;
use portage_status_list::bitstring::StatusPurpose;
use portage_testkit::world::{
    ListForm, STATUS_INDEX, StatusLists, World, accepted, decode_jwt, object, verdict,
};
use portage_verification::{HolderExpectation, StatusPolicy, Unavailable};
use serde_json::json;

use crate::forge::{assert_verdict, with_header, with_part};

const TOKEN: (Format, &str) = World::EVERY_FORMAT[0];
const BITSTRING: [(Format, &str); 3] =
    [World::EVERY_FORMAT[1], World::EVERY_FORMAT[2], World::EVERY_FORMAT[3]];

fn token_url(world: &World) -> String {
    world.province.url("/status/token")
}

fn revocation_url(world: &World, type_id: &str) -> String {
    world.issuer_of(type_id).url("/status/revocation")
}

/// The verdict about the Province's Person when its list is this one.
fn person_with(world: &mut World, list: String) -> String {
    world.sources.lists.insert(token_url(world), (list.into_bytes(), 0));
    verdict(&world.check(&world.issue(TOKEN.1, TOKEN.0)))
}

/// The verdict about a licence when its revocation list is this one.
fn licence_with(world: &mut World, list: String) -> String {
    let url = revocation_url(world, "business-licence");
    world.sources.lists.insert(url, (list.into_bytes(), 0));
    verdict(&world.check(&world.issue("business-licence", Format::VcJwt)))
}

fn list_text(world: &World, url: &str) -> String {
    String::from_utf8(world.sources.lists[url].0.clone()).unwrap()
}

#[test]
fn revoked_and_suspended_are_told_in_every_format_and_every_form_of_list() {
    for form in [ListForm::VcJwt, ListForm::LdpVc] {
        let mut world = World::new();
        for (revoked, suspended, expected) in [
            (vec![STATUS_INDEX - 1], vec![STATUS_INDEX + 1], "accepted"),
            (vec![STATUS_INDEX], vec![], "rejected revoked"),
            (vec![], vec![STATUS_INDEX], "rejected suspended"),
            (vec![STATUS_INDEX], vec![STATUS_INDEX], "rejected revoked"),
        ] {
            world.publish(&StatusLists { revoked, suspended, form });
            for (format, type_id) in World::EVERY_FORMAT {
                assert_verdict(&world.check(&world.issue(type_id, format)), expected);
            }
        }
    }
}

#[test]
fn s01_a_list_that_its_issuer_did_not_sign_is_invalid() {
    let mut world = World::new();
    let (url, clean) = (token_url(&world), StatusLists::default());
    let sound = world.token_list(&world.province, &url, &clean);
    assert_eq!(person_with(&mut world, sound.clone()), "accepted");
    let jwk = portage_jose::Jwk::from_key(world.attacker.key.verification_key().clone()).to_value();
    let forged = world.token_list_signed_by(&world.province, &url, &clean, &world.attacker.key);
    let own_key = with_header(&forged, |header| drop(header.insert("jwk".into(), jwk.clone())));
    let none = with_part(&with_header(&sound, |header| header["alg"] = "none".into()), 2, b"");
    let typ = {
        let (_, payload) = decode_jwt(&sound);
        let header = Header::new("JWT").with("kid", world.province.method("key-1"));
        portage_jose::sign(header, payload.as_object().unwrap(), &world.province.key).unwrap()
    };
    let by_another = world.token_list(&world.city, &url, &clean);
    for list in [forged, own_key, none, typ, by_another] {
        assert_eq!(person_with(&mut world, list), "rejected status_list_invalid");
    }
}

#[test]
fn s01_a_list_credential_is_signed_by_the_issuer_of_the_credential() {
    for form in [ListForm::VcJwt, ListForm::LdpVc] {
        let mut world = World::new();
        let url = revocation_url(&world, "business-licence");
        let list = |issuer: &portage_testkit::world::TestIssuer, world: &World| {
            world.bitstring_list(issuer, &url, StatusPurpose::Revocation, &[])
        };
        let sound = world.sign_list(&list(&world.city, &world), &world.city, form);
        assert_eq!(licence_with(&mut world, sound), "accepted");
        // Of another issuer; in the City's name with the attacker's key, under either's method.
        let others = world.sign_list(&list(&world.province, &world), &world.province, form);
        let forged = world.sign_list(&list(&world.city, &world), &world.attacker, form);
        for list in [others, forged] {
            assert_eq!(licence_with(&mut world, list), "rejected status_list_invalid");
        }
    }
}

#[test]
fn s02_a_list_speaks_of_the_address_it_was_asked_at() {
    let mut world = World::new();
    let other =
        world.token_list(&world.province, &world.province.url("/status/other"), &StatusLists::default());
    assert_eq!(person_with(&mut world, other), "rejected status_list_invalid");
    let url = world.city.url("/status/other");
    let other = world.bitstring_list(&world.city, &url, StatusPurpose::Revocation, &[]);
    let other = world.sign_list(&other, &world.city, ListForm::VcJwt);
    assert_eq!(licence_with(&mut world, other), "rejected status_list_invalid");
}

#[test]
fn s03_a_list_of_another_purpose_is_invalid() {
    let mut world = World::new();
    let url = revocation_url(&world, "business-licence");
    for (purpose, expected) in
        [(StatusPurpose::Revocation, "accepted"), (StatusPurpose::Suspension, "rejected status_list_invalid")]
    {
        let list = world.bitstring_list(&world.city, &url, purpose, &[]);
        let list = world.sign_list(&list, &world.city, ListForm::VcJwt);
        assert_eq!(licence_with(&mut world, list), expected);
    }
}

#[test]
fn s04_an_index_is_a_place_in_the_list() {
    let world = World::new();
    let (format, type_id) = TOKEN;
    for index in
        [json!(131_072), json!(-1), json!(1.5), json!("1"), json!(null), json!(9_007_199_254_740_991_u64)]
    {
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        draft.claims["status"]["status_list"]["idx"] = index.clone();
        let credential = world.sign(&draft, &world.province.key);
        assert_eq!(verdict(&world.check(&credential)), "rejected status_index_invalid", "{index}");
    }
    for (format, type_id) in BITSTRING {
        for index in ["131072", "-5", "1.5", "x", "", "+1", " 1"] {
            let mut draft = world.draft(type_id, format, world.holder.verification_key());
            draft.claims["credentialStatus"][0]["statusListIndex"] = index.into();
            let credential = world.sign(&draft, &world.issuer_of(type_id).key);
            assert_eq!(verdict(&world.check(&credential)), "rejected status_index_invalid", "{index}");
        }
    }
}

#[test]
fn s05_a_list_that_expands_without_bound_is_too_large() {
    let mut world = World::new();
    let zeros = vec![0_u8; 1 << 20];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..33 {
        gzip.write_all(&zeros).unwrap();
        zlib.write_all(&zeros).unwrap();
    }
    let url = revocation_url(&world, "business-licence");
    let mut list = world.bitstring_list(&world.city, &url, StatusPurpose::Revocation, &[]);
    list["credentialSubject"]["encodedList"] =
        format!("u{}", base64url::encode(&gzip.finish().unwrap())).into();
    let list = world.sign_list(&list, &world.city, ListForm::VcJwt);
    assert!(list.len() < 100_000);
    assert_eq!(licence_with(&mut world, list), "rejected too_large");

    let sound = list_text(&world, &token_url(&world));
    let (_, mut payload) = decode_jwt(&sound);
    payload["status_list"]["lst"] = base64url::encode(&zlib.finish().unwrap()).into();
    let header = Header::new("statuslist+jwt").with("kid", world.province.method("key-1"));
    let bomb = portage_jose::sign(header, payload.as_object().unwrap(), &world.province.key).unwrap();
    assert_eq!(person_with(&mut world, bomb), "rejected too_large");
}

#[test]
fn s06_a_list_that_cannot_be_had_or_has_lapsed_leaves_it_open() {
    let open = "indeterminate status_unavailable";
    let mut world = World::new();
    for body in ["<html>404</html>", "", "gateway timeout", "\u{0}"] {
        assert_eq!(person_with(&mut world, body.into()), open, "{body:?}");
        assert_eq!(licence_with(&mut world, body.into()), open, "{body:?}");
    }
    let mut world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let url = if format == Format::DcSdJwt { token_url(&world) } else { revocation_url(&world, type_id) };
        let credential = world.issue(type_id, format);
        assert_verdict(&world.check(&credential), "accepted");
        world.sources.failing.insert(url, Unavailable::Unreachable);
        assert_verdict(&world.check(&credential), open);
        world.sources.failing.clear();
    }
    for (hours, form) in
        [(48, ListForm::VcJwt), (-48, ListForm::VcJwt), (48, ListForm::LdpVc), (-48, ListForm::LdpVc)]
    {
        let mut world = World::new();
        let credentials = World::EVERY_FORMAT.map(|(format, type_id)| world.issue(type_id, format));
        let now = world.now;
        world.now = now + SignedDuration::from_hours(hours);
        world.publish(&StatusLists { form, ..StatusLists::default() });
        world.now = now;
        for credential in &credentials {
            assert_verdict(&world.check(credential), open);
        }
    }
}

#[test]
fn s06_how_old_a_list_may_be_is_the_verifiers_word() {
    let mut world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let credential = world.issue(type_id, format);
        for (_, age) in world.sources.lists.values_mut() {
            *age = 120;
        }
        let mut expectations = world.expectations(HolderExpectation::NotAsked);
        for (seconds, expected) in [(120, "accepted"), (119, "indeterminate status_unavailable")] {
            expectations.status = StatusPolicy::Required { max_age: SignedDuration::from_secs(seconds) };
            assert_verdict(&world.run(&credential, &expectations), expected);
        }
    }
}

#[test]
fn s07_an_address_that_must_not_be_contacted_is_never_asked() {
    let mut world = World::new();
    for url in
        ["http://city.example/list", "https://127.0.0.1/list", "https://10.0.0.1/list", "https://[::1]/list"]
    {
        for (format, type_id) in World::EVERY_FORMAT {
            let mut draft = world.draft(type_id, format, world.holder.verification_key());
            match format {
                Format::DcSdJwt => draft.claims["status"]["status_list"]["uri"] = url.into(),
                _ => draft.claims["credentialStatus"][1]["statusListCredential"] = url.into(),
            }
            let credential = world.sign(&draft, &world.issuer_of(type_id).key);
            world.sources.take_asked();
            assert_verdict(&world.check(&credential), "rejected address_not_allowed");
            assert_eq!(world.sources.take_asked(), [world.issuer_of(type_id).did.as_str()]);
        }
    }
    let refused = Unavailable::Refused(Reason::RedirectNotAllowed);
    world.sources.failing.insert(token_url(&world), refused);
    assert_verdict(&world.check(&world.issue(TOKEN.1, TOKEN.0)), "rejected redirect_not_allowed");
}

#[test]
fn s08_a_status_that_says_nothing_is_not_no_status() {
    let world = World::new();
    let (format, type_id) = TOKEN;
    for status in [json!({}), json!({ "other_mechanism": { "idx": 1 } }), json!({ "status_list": {} })] {
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        draft.claims.insert("status".into(), status);
        let credential = world.sign(&draft, &world.province.key);
        assert_verdict(&world.check(&credential), "rejected status_list_invalid");
    }
    for (format, type_id) in [BITSTRING[0], BITSTRING[1]] {
        let sound = world.draft(type_id, format, world.holder.verification_key());
        accepted(world.check(&world.sign(&sound, &world.issuer_of(type_id).key)));
        let other = json!({ "type": "StatusList2021Entry", "id": "https://city.example/1" });
        for status in
            [json!([]), json!({}), other.clone(), json!([sound.claims["credentialStatus"][0], other])]
        {
            let mut draft = sound.clone();
            draft.claims.insert("credentialStatus".into(), status.clone());
            let outcome = verdict(&world.check(&world.sign(&draft, &world.issuer_of(type_id).key)));
            let malformed = outcome == "rejected malformed" && (status == json!([]) || status == json!({}));
            assert!(malformed || outcome == "rejected status_list_invalid", "{status}: {outcome}");
        }
    }
}

#[test]
fn s08_a_list_shorter_than_the_least_is_invalid() {
    let mut world = World::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&vec![0; 131_072 / 8 - 1]).unwrap();
    let url = revocation_url(&world, "business-licence");
    let mut list = world.bitstring_list(&world.city, &url, StatusPurpose::Revocation, &[]);
    list["credentialSubject"]["encodedList"] =
        format!("u{}", base64url::encode(&gzip.finish().unwrap())).into();
    let list = world.sign_list(&list, &world.city, ListForm::VcJwt);
    assert_eq!(licence_with(&mut world, list), "rejected status_list_invalid");
}

#[test]
fn s09_a_value_without_a_meaning_is_not_valid_and_a_message_is_no_refusal() {
    let mut world = World::new();
    let sound = list_text(&world, &token_url(&world));
    for (value, expected) in [
        (0_u8, "accepted"),
        (1, "rejected revoked"),
        (2, "rejected suspended"),
        (3, "indeterminate status_unavailable"),
    ] {
        let (_, mut payload) = decode_jwt(&sound);
        let mut bytes = vec![0_u8; 131_072 / 4];
        bytes[STATUS_INDEX / 4] = value << (STATUS_INDEX % 4 * 2);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        zlib.write_all(&bytes).unwrap();
        payload["status_list"]["lst"] = base64url::encode(&zlib.finish().unwrap()).into();
        let header = Header::new("statuslist+jwt").with("kid", world.province.method("key-1"));
        let list = portage_jose::sign(header, payload.as_object().unwrap(), &world.province.key).unwrap();
        assert_eq!(person_with(&mut world, list), expected, "{value}");
    }

    let mut world = World::new();
    let url = world.city.url("/status/refresh");
    let list = world.bitstring_list(&world.city, &url, StatusPurpose::Refresh, &[STATUS_INDEX]);
    let list = world.sign_list(&list, &world.city, ListForm::VcJwt);
    world.sources.lists.insert(url.clone(), (list.into_bytes(), 0));
    let mut draft = world.draft("business-licence", Format::VcJwt, world.holder.verification_key());
    let entry = portage_status_list::bitstring::entry(&url, StatusPurpose::Refresh, STATUS_INDEX);
    draft.claims["credentialStatus"].as_array_mut().unwrap().push(entry);
    accepted(world.check(&world.sign(&draft, &world.city.key)));
}

#[test]
fn v30_a_credential_is_no_status_list() {
    let mut world = World::new();
    let licence = world.issue("business-licence", Format::VcJwt);
    assert_eq!(licence_with(&mut world, licence.clone()), "rejected status_list_invalid");
    assert_eq!(person_with(&mut world, licence), "rejected status_list_invalid");
    let other = object(json!({ "iss": world.province.did.as_str() }));
    let header = Header::new("kb+jwt").with("kid", world.province.method("key-1"));
    let other = portage_jose::sign(header, &other, &world.province.key).unwrap();
    assert_eq!(person_with(&mut world, other), "rejected status_list_invalid");
}

#[test]
fn each_list_is_asked_for_once_and_last_of_all() {
    let world = World::new();
    let credential = world.issue("business-licence", Format::VcJwt);
    accepted(world.check(&credential));
    assert_eq!(
        world.sources.take_asked(),
        [
            world.city.did.to_string(),
            world.city.url("/status/revocation"),
            world.city.url("/status/suspension")
        ]
    );
}

#[test]
fn the_status_of_another_kind_of_credential_is_not_read_as_none() {
    let world = World::new();
    let url = world.federal.url("/status/token");
    let entry = portage_status_list::token::entry(&url, STATUS_INDEX);
    let mut card = world.draft("operator-card", Format::LdpVc, world.holder.verification_key());
    card.proof.cryptosuite = portage_data_integrity::Cryptosuite::EddsaJcs2022;
    let mut person = world.draft("person", Format::DcSdJwt, world.holder_p256.verification_key());
    accepted(world.check(&world.sign(&card, &world.federal.key)));
    accepted(world.check(&world.sign(&person, &world.province.key)));

    let of_person = person.claims.insert("credentialStatus".into(), card.claims["credentialStatus"].clone());
    assert_eq!(of_person, None);
    assert_verdict(&world.check(&world.sign(&person, &world.province.key)), "rejected status_list_invalid");
    card.claims.insert("status".into(), entry);
    assert_verdict(&world.check(&world.sign(&card, &world.federal.key)), "rejected status_list_invalid");
    card.claims.remove("credentialStatus");
    assert_verdict(&world.check(&world.sign(&card, &world.federal.key)), "rejected status_list_invalid");
}
