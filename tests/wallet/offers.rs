//! W-12 to W-16: what is offered, by whom, and what arrives. Each refusal beside its accepted twin.

use portage_catalog::Format;
use portage_keys::Signer;
use portage_testkit::world::Draft;
use serde_json::{Value, json};

use crate::{
    citizen::{Answer, Citizen, entry},
    federation_side::answers_about_issuer,
    issuer_side::{CODE, TOKEN, offer, offer_by_reference, offer_of, origin_of},
    stage::{Case, Change, Running, Seen, Twist},
};

/// The requests of `seen` that carry a code, a `tx_code` or a token.
fn secrets(seen: &[Seen]) -> Vec<&Seen> {
    seen.iter()
        .filter(|seen| [CODE, TOKEN, "493536"].iter().any(|secret| seen.body.contains(secret)))
        .collect()
}

/// Accepts the offer with one thing changed, which must be refused, and then unchanged.
async fn refused_then_accepted(
    citizen: &Citizen,
    stage: &Running,
    offer: &str,
    change: impl FnOnce(&mut Twist),
) -> Answer {
    let before = citizen.count().await;
    stage.twist(change);
    let refused = citizen.run(&["accept", offer, "--yes"]).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert_eq!(refused.out, "", "nothing is shown as stored");
    assert_eq!(citizen.count().await, before, "nothing is stored");
    let seen = stage.take_seen();
    stage.untwist();
    citizen.accept(offer).await;
    stage.take_seen();
    assert!(refused.err.lines().count() >= 3, "{}", refused.err);
    // Whoever wants to hear how it ended hears it, once something was issued.
    let issued = seen.iter().any(|seen| seen.url.ends_with("/credential"));
    let told = seen.iter().filter(|seen| seen.body.contains("credential_failure")).count();
    assert_eq!(told, usize::from(issued), "{seen:?}");
    refused
}

fn draft(change: impl Fn(&mut Draft) + Send + Sync + 'static) -> Option<Change<Draft>> {
    Some(Box::new(change))
}

#[tokio::test]
async fn w12_an_untrusted_issuer_gets_no_code_on_any_path() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    // Without an anchor, which would be asked about a stranger.
    let mut list = crate::citizen::trust(&stage, true);
    list["anchors"] = json!([]);
    citizen.trust(&list).await;
    let attacker = origin_of(&stage.world.attacker);
    stage.take_seen();
    for offer in [
        offer_of(&attacker, "person", Format::DcSdJwt, false),
        offer_of(&attacker, "person", Format::DcSdJwt, true),
        offer_by_reference(&attacker, "person", Format::DcSdJwt),
    ] {
        let refused = citizen.run(&["accept", &offer, "--yes", "--tx-code", "493536"]).await;
        assert_eq!((refused.code, refused.reason()), (1, "issuer_not_trusted"), "{refused:?}");
        assert!(stage.take_seen().is_empty(), "nobody is contacted whom the trust list does not know");
    }
    let history = citizen.run(&["history"]).await;
    let refused =
        history.objects().into_iter().filter(|event| event["reason"] == "issuer_not_trusted").count();
    assert_eq!(refused, 3, "each refusal stands in the history: {history:?}");
    let mut trust = crate::citizen::trust(&stage, true);
    entry(&mut trust, stage.world.province.did.as_str())["id"] = stage.world.attacker.did.as_str().into();
    citizen.trust(&trust).await;
    // The twin: the same offer of the same issuer, once it is trusted.
    let (did, kid) = (stage.world.attacker.did.to_string(), stage.world.attacker.method("key-1"));
    let list = stage.world.attacker.url("/status/token");
    stage.twist(|twist| {
        twist.forged = true;
        twist.draft = draft(move |draft| {
            draft.header["kid"] = kid.clone().into();
            draft.claims["iss"] = did.clone().into();
            draft.claims["status"]["status_list"]["uri"] = list.clone().into();
        });
    });
    citizen.accept(&offer_by_reference(&attacker, "person", Format::DcSdJwt)).await;
}

#[tokio::test]
async fn w12_a_trusted_issuer_gets_no_code_for_a_type_it_may_not_issue() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let city = origin_of(&stage.world.city);
    stage.take_seen();
    let refused = citizen.run(&["accept", &offer_of(&city, "person", Format::DcSdJwt, false), "--yes"]).await;
    assert_eq!((refused.code, refused.reason()), (1, "issuer_not_authorized_for_type"), "{refused:?}");
    assert!(secrets(&stage.take_seen()).is_empty());
    citizen.accept(&offer_of(&city, "business-licence", Format::VcSdJwt, false)).await;
}

#[tokio::test]
async fn w12_a_right_to_one_type_of_what_is_offered_is_no_right_to_the_others() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let offer = offer_of(&origin_of(&stage.world.city), "business-licence", Format::VcSdJwt, false);
    let types = json!(["VerifiableCredential", "BusinessLicenceCredential", "StudentCardCredential"]);
    stage.twist(|twist| {
        let change: Change<Value> = Box::new(move |metadata| {
            let configurations = &mut metadata["credential_configurations_supported"];
            configurations["business-licence_vc+sd-jwt"]["credential_definition"]["type"] = types.clone();
        });
        twist.json.insert("/.well-known/openid-credential-issuer".into(), change);
    });
    stage.take_seen();
    let refused = citizen.run(&["accept", &offer, "--yes"]).await;
    assert_eq!((refused.code, refused.reason()), (1, "issuer_not_authorized_for_type"), "{refused:?}");
    assert!(secrets(&stage.take_seen()).is_empty());
    stage.untwist();
    citizen.accept(&offer).await;
}

#[tokio::test]
async fn w13_metadata_of_another_party_gets_no_code_and_no_token() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let offer = offer(&stage, "person", Format::DcSdJwt);
    let attacker = origin_of(&stage.world.attacker);
    let elsewhere = |path: &str| json!(format!("{attacker}{path}"));
    let issuer = "/.well-known/openid-credential-issuer";
    let server = "/.well-known/oauth-authorization-server";
    for (document, member, value) in [
        (issuer, "credential_issuer", elsewhere("")),
        (issuer, "credential_issuer", json!(format!("{}/", origin_of(&stage.world.province)))),
        (issuer, "credential_endpoint", elsewhere("/credential")),
        (issuer, "nonce_endpoint", elsewhere("/nonce")),
        (issuer, "notification_endpoint", elsewhere("/notification")),
        (issuer, "authorization_servers", json!([attacker])),
        (server, "issuer", elsewhere("")),
        (server, "token_endpoint", elsewhere("/token")),
    ] {
        stage.take_seen();
        stage.twist(|twist| {
            let change: Change<Value> = Box::new(move |metadata| metadata[member] = value.clone());
            twist.json.insert(document.into(), change);
        });
        let refused = citizen.run(&["accept", &offer, "--yes"]).await;
        assert_eq!(
            (refused.code, refused.reason()),
            (1, "issuer_metadata_mismatch"),
            "{member}: {refused:?}"
        );
        let seen = stage.take_seen();
        assert!(secrets(&seen).is_empty(), "{member}: {seen:?}");
        assert!(seen.iter().all(|seen| !seen.url.starts_with(&attacker)), "{member}: {seen:?}");
        stage.untwist();
    }
    assert_eq!(citizen.count().await, 0);
    citizen.accept(&offer).await;
}

/// A wallet that knows nobody but the province's anchor.
async fn citizen_of_the_anchor(stage: &Running) -> Citizen {
    let citizen = Citizen::new(stage).await;
    let mut list = crate::citizen::trust(stage, false);
    list["issuers"] = json!([]);
    citizen.trust(&list).await;
    citizen
}

#[tokio::test]
async fn w13_an_authorization_server_of_another_party_gets_the_code_when_the_chain_names_it() {
    let stage = Running::start().await;
    let issuer = origin_of(&stage.world.province);
    let did = stage.world.province.did.to_string();
    let (named, other) = (origin_of(&stage.world.city), origin_of(&stage.world.federal));
    let offer = offer(&stage, "person", Format::DcSdJwt);
    // What stands at the issuer's address, what its chain says, and how it ends.
    for (listed, vouched, ends) in [
        (&named, Some(&named), (0, "")),
        (&other, Some(&named), (1, "issuer_metadata_mismatch")),
        (&named, None, (1, "issuer_metadata_mismatch")),
    ] {
        // A chain is kept while it lasts: another wallet each time.
        let citizen = citizen_of_the_anchor(&stage).await;
        let servers: Vec<_> =
            vouched.map(|server| ("authorization_servers", json!([server]))).into_iter().collect();
        let answers = answers_about_issuer(&stage, &issuer, &[&did], &servers);
        let listed_there = listed.clone();
        stage.twist(|twist| {
            twist.answers.extend(answers);
            let change: Change<Value> =
                Box::new(move |metadata| metadata["authorization_servers"] = json!([listed_there]));
            twist.json.insert("/.well-known/openid-credential-issuer".into(), change);
        });
        stage.take_seen();
        let answer = citizen.run(&["accept", &offer, "--yes"]).await;
        assert_eq!((answer.code, answer.reason()), ends, "{answer:?}");
        let seen = stage.take_seen();
        let codes: Vec<_> = secrets(&seen).iter().map(|seen| seen.url.clone()).collect();
        if ends.0 == 0 {
            assert_eq!(codes, [format!("{named}/token")], "{seen:?}");
        } else {
            assert!(codes.is_empty() && seen.iter().all(|seen| !seen.url.starts_with(listed)), "{seen:?}");
        }
        stage.untwist();
    }
}

#[tokio::test]
async fn w13_the_token_endpoint_is_the_named_servers_own() {
    let stage = Running::start().await;
    let issuer = origin_of(&stage.world.province);
    let did = stage.world.province.did.to_string();
    let server = origin_of(&stage.world.city);
    let offer = offer(&stage, "person", Format::DcSdJwt);
    let citizen = citizen_of_the_anchor(&stage).await;
    for (token_endpoint, ends) in [
        (format!("{}/token", origin_of(&stage.world.attacker)), (1, "issuer_metadata_mismatch")),
        (format!("{server}/token"), (0, "")),
    ] {
        let answers =
            answers_about_issuer(&stage, &issuer, &[&did], &[("authorization_servers", json!([server]))]);
        let (servers, endpoint) = (json!([server]), json!(token_endpoint));
        stage.twist(|twist| {
            twist.answers.extend(answers);
            let change: Change<Value> =
                Box::new(move |metadata| metadata["authorization_servers"] = servers.clone());
            twist.json.insert("/.well-known/openid-credential-issuer".into(), change);
            let change: Change<Value> =
                Box::new(move |metadata| metadata["token_endpoint"] = endpoint.clone());
            twist.json.insert("/.well-known/oauth-authorization-server".into(), change);
        });
        stage.take_seen();
        let answer = citizen.run(&["accept", &offer, "--yes"]).await;
        assert_eq!((answer.code, answer.reason()), ends, "{answer:?}");
        assert_eq!(secrets(&stage.take_seen()).is_empty(), ends.0 != 0);
        stage.untwist();
    }
}

#[tokio::test]
async fn w14_a_did_key_is_the_issuers_when_its_chain_names_it() {
    let stage = Running::start().await;
    let issuer = origin_of(&stage.world.province);
    let offer = offer(&stage, "person", Format::DcSdJwt);
    let (did, kid) = portage_did::did_key(stage.world.province.key.verification_key());
    let web = stage.world.province.did.to_string();
    let (did, kid) = (did.to_string(), kid.to_string());
    // Its own list is signed with the same key, under the same name.
    let listed_key = |draft: &mut Draft, did: &str, kid: &str| {
        draft.header["kid"] = kid.into();
        draft.claims["iss"] = did.into();
        draft.claims.remove("status");
    };
    for (dids, listed, ends) in [
        (vec![did.as_str()], false, (0, "")),
        // Trusted by itself, and nobody says that it is this issuer's.
        (vec![web.as_str()], true, (1, "credential_mismatch")),
        (vec![web.as_str()], false, (1, "issuer_not_trusted")),
    ] {
        let citizen = citizen_of_the_anchor(&stage).await;
        if listed {
            let mut list = crate::citizen::trust(&stage, false);
            let mut entry = entry(&mut list, &web).clone();
            entry["id"] = json!(did);
            list["issuers"] = json!([entry]);
            citizen.trust(&list).await;
        }
        let answers = answers_about_issuer(&stage, &issuer, &dids, &[]);
        let (did, kid) = (did.clone(), kid.clone());
        stage.twist(|twist| {
            twist.answers.extend(answers);
            twist.draft = draft(move |draft| listed_key(draft, &did, &kid));
        });
        let answer = citizen.run(&["accept", &offer, "--yes"]).await;
        assert_eq!((answer.code, answer.reason()), ends, "{answer:?}");
        assert_eq!(citizen.count().await, usize::from(ends.0 == 0));
        stage.untwist();
    }
}

#[tokio::test]
async fn w14_a_bad_credential_is_not_stored_and_the_issuer_hears_of_it() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let offer = offer(&stage, "person", Format::DcSdJwt);
    let thief = portage_jose::Jwk::from_key(stage.world.thief.verification_key().clone()).to_value();
    let attacker = stage.world.attacker.did.to_string();
    let city = stage.world.city.did.to_string();
    let student = stage.world.credential_type("student-card").vct.clone();
    let now = stage.world.now.as_second();

    let cases: Vec<(&str, Case)> = vec![
        ("signature_invalid", Box::new(|twist| twist.forged = true)),
        ("alg_not_allowed", Box::new(|twist| twist.issued = Some(Box::new(without_algorithm)))),
        (
            "issuer_not_authorized_for_type",
            Box::new(move |twist| {
                twist.draft = draft(move |draft| draft.claims["vct"] = student.clone().into());
            }),
        ),
        (
            "credential_mismatch",
            Box::new(move |twist| {
                twist.draft = draft(move |draft| draft.claims["cnf"] = json!({ "jwk": thief }));
            }),
        ),
        (
            "key_mismatch",
            Box::new(move |twist| {
                twist.draft = draft(move |draft| draft.claims["iss"] = attacker.clone().into());
            }),
        ),
        (
            "key_mismatch",
            Box::new(move |twist| {
                twist.draft = draft(move |draft| draft.claims["iss"] = city.clone().into());
            }),
        ),
        (
            "expired",
            Box::new(move |twist| {
                twist.draft = draft(move |draft| draft.claims["exp"] = (now - 3600).into());
            }),
        ),
        ("disclosure_invalid", Box::new(|twist| twist.issued = Some(Box::new(with_a_stray_disclosure)))),
        (
            "malformed",
            Box::new(|twist| {
                twist.issued = Some(Box::new(|text: &mut String| *text = text.replace('~', "!~")))
            }),
        ),
    ];
    for (reason, change) in cases {
        let refused = refused_then_accepted(&citizen, &stage, &offer, change).await;
        assert_eq!(refused.reason(), reason, "{refused:?}");
    }
    let history = citizen.run(&["history"]).await.objects();
    assert!(history.iter().any(|event| event["outcome"] == "refused" && event["reason"] == "expired"));
}

#[tokio::test]
async fn w14_a_sound_credential_of_another_type_or_issuer_than_the_offer_is_not_stored() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    // The Province may issue both; the offer was of one.
    let mut trust = crate::citizen::trust(&stage, true);
    entry(&mut trust, stage.world.province.did.as_str())["types"] = json!(["person", "student-card"]);
    citizen.trust(&trust).await;
    let person = offer(&stage, "person", Format::DcSdJwt);
    let student = stage.world.credential_type("student-card").clone();
    let claims = student.with_derived(&student.example, "2026-01-15".parse().unwrap()).unwrap();
    let refused = refused_then_accepted(&citizen, &stage, &person, move |twist| {
        twist.draft = draft(move |draft| {
            draft
                .claims
                .retain(|member, _| ["iss", "iat", "exp", "cnf", "status"].contains(&member.as_str()));
            draft.claims.insert("vct".into(), student.vct.clone().into());
            draft.claims.extend(claims.clone());
            draft.disclosable.clear();
        });
    })
    .await;
    assert_eq!(refused.reason(), "credential_mismatch", "{refused:?}");
}

#[tokio::test]
async fn w14_the_w3c_formats_are_held_to_the_same() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    for (format, type_id) in [
        (Format::VcSdJwt, "business-licence"),
        (Format::VcJwt, "business-licence"),
        (Format::LdpVc, "operator-card"),
    ] {
        let offer = offer(&stage, type_id, format);
        let forged = refused_then_accepted(&citizen, &stage, &offer, |twist| twist.forged = true).await;
        assert_eq!(forged.reason(), "signature_invalid", "{}", format.name());
        let over = refused_then_accepted(&citizen, &stage, &offer, |twist| {
            twist.draft = draft(|draft| draft.claims["validUntil"] = "2026-01-14T12:00:00Z".into());
        })
        .await;
        assert_eq!(over.reason(), "expired", "{}", format.name());
    }
}

#[tokio::test]
async fn w15_more_credentials_than_keys_are_not_stored() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let offer = offer(&stage, "person", Format::DcSdJwt);
    let refused = refused_then_accepted(&citizen, &stage, &offer, |twist| {
        let twice: Change<Value> = Box::new(|response| {
            let first = response["credentials"][0].clone();
            if let Some(credentials) = response["credentials"].as_array_mut() {
                credentials.push(first);
            }
        });
        twist.json.insert("/credential".into(), twice);
    })
    .await;
    assert_eq!(refused.reason(), "credential_mismatch", "{refused:?}");
}

#[tokio::test]
async fn w15_an_sd_jwt_with_key_binding_is_no_issued_credential() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let offer = offer(&stage, "person", Format::DcSdJwt);
    let kb = stage.world.issue("person", Format::DcSdJwt);
    let kb = stage.world.bind(&kb, &stage.world.holder_p256);
    let kb = kb.rsplit('~').next().unwrap().to_owned();
    let refused = refused_then_accepted(&citizen, &stage, &offer, move |twist| {
        twist.issued = Some(Box::new(move |text: &mut String| text.push_str(&kb)));
    })
    .await;
    assert_eq!(refused.reason(), "credential_mismatch", "{refused:?}");
}

#[tokio::test]
async fn w16_reading_a_link_asks_nobody_and_without_a_yes_no_code_is_sent() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    stage.take_seen();
    let by_reference = offer_by_reference(&origin_of(&stage.world.province), "person", Format::DcSdJwt);
    let offer = offer(&stage, "person", Format::DcSdJwt);
    for link in [&by_reference, &offer] {
        portage_oid4vci::CredentialOfferUri::parse(link).unwrap();
        assert!(stage.take_seen().is_empty(), "a link is read without asking anybody");
        let before = citizen.wallet_bytes();
        let answer = citizen.run(&["accept", link]).await;
        assert_eq!((answer.code, answer.reason()), (1, "consent_required"), "{answer:?}");
        assert!(secrets(&stage.take_seen()).is_empty());
        assert_eq!(citizen.wallet_bytes(), before, "nothing is stored");
        assert_eq!(citizen.run(&["accept", link, "--yes"]).await.code, 0);
        assert!(!secrets(&stage.take_seen()).is_empty());
    }
    let request = crate::verifier_side::request(&stage);
    portage_oid4vp::AuthorizationRequest::parse(&request).unwrap();
    assert!(stage.take_seen().is_empty(), "a link is read without asking anybody");
}

/// The header says `none`, and there is no signature.
fn without_algorithm(text: &mut String) {
    let (jwt, rest) = text.split_once('~').unwrap();
    let mut parts = jwt.split('.');
    let header = parts.next().unwrap();
    let payload = parts.next().unwrap();
    let mut header: Value =
        serde_json::from_slice(&portage_keys::base64url::decode(header).unwrap()).unwrap();
    header["alg"] = "none".into();
    let header = portage_keys::base64url::encode(header.to_string().as_bytes());
    *text = format!("{header}.{payload}.~{rest}");
}

/// A disclosure that no digest is for.
fn with_a_stray_disclosure(text: &mut String) {
    let disclosure = json!(["c2FsdHNhbHRzYWx0c2FsdA", "is_admin", true]).to_string();
    text.push_str(&portage_keys::base64url::encode(disclosure.as_bytes()));
    text.push('~');
}
