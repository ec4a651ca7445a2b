//! V-27 to V-30: form, size and kind.

use portage_catalog::Format;
use portage_jose::Header;
use portage_keys::{Signer, base64url};
use portage_testkit::world::{ListForm, World, accepted, decode_jwt, object, verdict};
use serde_json::json;

use crate::forge::{JOSE_FORMATS, assert_verdict, on_jwt, with_header, with_part};

#[test]
fn v27_a_member_that_stands_twice_is_malformed_wherever_it_stands() {
    let mut world = World::new();
    let twice = |json: &str| format!("{{\"typ\":\"x\",{}", json.strip_prefix('{').unwrap());
    for (format, type_id) in JOSE_FORMATS {
        let credential = world.issue(type_id, format);
        accepted(world.check(&credential));
        let header = |jwt: &str| with_part(jwt, 0, twice(&decode_jwt(jwt).0.to_string()).as_bytes());
        assert_verdict(&world.check(&on_jwt(&credential, header)), "rejected malformed");
        let payload = |jwt: &str| {
            let (_, payload) = decode_jwt(jwt);
            let payload = payload.to_string();
            with_part(jwt, 1, format!("{},\"x\":1,\"x\":2}}", payload.strip_suffix('}').unwrap()).as_bytes())
        };
        assert_verdict(&world.check(&on_jwt(&credential, payload)), "rejected malformed");
    }
    let person = world.issue("person", Format::DcSdJwt);
    let disclosure = base64url::encode(br#"["salt","x",{"a":1,"a":2}]"#);
    let forged = person.replacen('~', &format!("~{disclosure}~"), 1);
    assert_verdict(&world.check(&forged), "rejected malformed");

    let card = world.issue("operator-card", Format::LdpVc);
    accepted(world.check(&card));
    let forged = card.replacen('{', r#"{"issuer":"did:web:attacker.example","#, 1);
    assert_verdict(&world.check(&forged), "rejected malformed");

    let document = String::from_utf8(world.federal.document_bytes()).unwrap();
    let document = document.replacen('{', r#"{"id":"did:web:attacker.example","#, 1);
    world.sources.documents.insert(world.federal.did.to_string(), document.into_bytes());
    assert_verdict(&world.check(&card), "rejected malformed");
}

#[test]
fn v28_size_and_depth_are_bounded() {
    let world = World::new();
    let card = world.issue("operator-card", Format::LdpVc);
    accepted(world.check(&card));
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!("\"{}\"", "x".repeat(5_000_000));
    let wide = format!("[{}1]", "1,".repeat(1_000_000));
    for value in [&deep, &long, &wide] {
        let forged = card.replacen('{', &format!("{{\"x\":{value},"), 1);
        assert_verdict(&world.check(&forged), "rejected too_large");
    }
    let licence = world.issue("business-licence", Format::VcJwt);
    let payload = format!("{{\"x\":{deep}}}");
    assert_verdict(&world.check(&with_part(&licence, 1, payload.as_bytes())), "rejected too_large");
    assert_verdict(&world.check(&"x".repeat(10 << 20)), "rejected too_large");
    let person = world.issue("person", Format::DcSdJwt);
    let disclosure = base64url::encode(br#"["salt","x",1]"#);
    let many = person.replacen('~', &format!("~{}", format!("{disclosure}~").repeat(501)), 1);
    assert_verdict(&world.check(&many), "rejected too_large");
}

#[test]
fn v29_doubtful_encodings_and_critical_headers_are_malformed() {
    let world = World::new();
    for (format, type_id) in JOSE_FORMATS {
        let credential = world.issue(type_id, format);
        accepted(world.check(&credential));
        let changes: [fn(&str) -> String; 6] = [
            |jwt| with_header(jwt, |header| drop(header.insert("crit".into(), json!(["x"])))),
            |jwt| with_header(jwt, |header| drop(header.insert("b64".into(), json!(false)))),
            |jwt| format!("{jwt}="),
            |jwt| jwt.replacen('.', ".\n", 1),
            |jwt| jwt.replacen('.', "+.", 1),
            // The last character of 64 bytes leaves four bits, which must be zero.
            |jwt| format!("{}{}", &jwt[..jwt.len() - 1], if jwt.ends_with('B') { 'C' } else { 'B' }),
        ];
        for change in changes {
            assert_verdict(&world.check(&on_jwt(&credential, change)), "rejected malformed");
        }
    }
}

#[test]
fn v30_no_other_kind_of_token_is_a_credential() {
    let world = World::new();
    let kinds = [
        "kb+jwt",
        "openid4vci-proof+jwt",
        "statuslist+jwt",
        "entity-statement+jwt",
        "oauth-authz-req+jwt",
        "vp+jwt",
        "JWT",
    ];
    for (format, type_id) in JOSE_FORMATS {
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        accepted(world.check(&world.sign(&draft, &world.issuer_of(type_id).key)));
        world.sources.take_asked();
        for typ in kinds {
            draft.header.insert("typ".into(), typ.into());
            let token = world.sign(&draft, &world.issuer_of(type_id).key);
            assert_verdict(&world.check(&token), "rejected type_mismatch");
        }
        assert_eq!(world.sources.take_asked(), [""; 0], "before any key is looked for");
    }
}

#[test]
fn v30_real_tokens_of_other_kinds_are_no_credentials_either() {
    let world = World::new();
    let list = &world.sources.lists[&world.province.url("/status/token")].0;
    assert_verdict(&world.check(std::str::from_utf8(list).unwrap()), "rejected type_mismatch");
    for form in [ListForm::VcJwt, ListForm::LdpVc] {
        let url = world.city.url("/status/revocation");
        let purpose = portage_status_list::bitstring::StatusPurpose::Revocation;
        let list = world.sign_list(&world.bitstring_list(&world.city, &url, purpose, &[]), &world.city, form);
        assert_verdict(&world.check(&list), "rejected type_mismatch");
    }
    let person = world.issue("person", Format::DcSdJwt);
    let bound = world.bind(&person, &world.holder_p256);
    let (_, key_binding) = bound.rsplit_once('~').unwrap();
    assert_verdict(&world.check(key_binding), "rejected type_mismatch");
    assert_verdict(&world.check_presented(key_binding), "rejected type_mismatch");
    let (jwt, _) = person.split_once('~').unwrap();
    assert_verdict(&world.check(jwt), "rejected malformed");
}

#[test]
fn v30_vc_sd_jwt_is_decided_by_content_and_dc_sd_jwt_is_not_for_both() {
    let world = World::new();
    let mut person = world.draft("person", Format::DcSdJwt, world.holder.verification_key());
    person.header.insert("typ".into(), "vc+sd-jwt".into());
    let outcome = world.check(&world.sign(&person, &world.province.key));
    assert_eq!(outcome.format.unwrap().name(), "dc+sd-jwt");
    accepted(outcome);
    let mut licence = world.draft("business-licence", Format::VcSdJwt, world.holder.verification_key());
    licence.header.insert("typ".into(), "application/vc+sd-jwt".into());
    accepted(world.check(&world.sign(&licence, &world.city.key)));
    licence.header.insert("typ".into(), "dc+sd-jwt".into());
    assert_verdict(&world.check(&world.sign(&licence, &world.city.key)), "rejected type_mismatch");
}

#[test]
fn the_older_vc_claim_and_another_iss_are_refused() {
    let world = World::new();
    let mut draft = world.draft("business-licence", Format::VcJwt, world.holder.verification_key());
    draft.claims.insert("iss".into(), world.city.did.as_str().into());
    accepted(world.check(&world.sign(&draft, &world.city.key)));
    draft.claims.insert("iss".into(), world.attacker.did.as_str().into());
    assert_verdict(&world.check(&world.sign(&draft, &world.city.key)), "rejected key_mismatch");
    draft.claims.insert("iss".into(), world.city.did.as_str().into());
    draft.claims.insert("vc".into(), json!({}));
    assert_verdict(&world.check(&world.sign(&draft, &world.city.key)), "rejected malformed");
}

#[test]
fn what_is_no_credential_at_all_is_malformed() {
    let world = World::new();
    for text in
        ["", " ", "x", "{}", "[]", "a.b.c", "~", "a~", "null", r#"{"type":"VerifiableThing"}"#, "\u{feff}{}"]
    {
        let outcome = world.check(text);
        assert!(verdict(&outcome).starts_with("rejected malformed"), "{text:?}: {}", verdict(&outcome));
    }
    let claims = object(json!({ "iss": "did:web:province.example", "vct": "" }));
    let header = Header::new("dc+sd-jwt").with("kid", world.province.method("key-1"));
    let empty = portage_jose::sign(header, &claims, &world.province.key).unwrap();
    assert_verdict(&world.check(&format!("{empty}~")), "rejected malformed");
}
