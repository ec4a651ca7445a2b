//! A credential of each format arrives and is shown, and the market's own checks accept it.

use jiff::SignedDuration;
use portage_catalog::Format;
use portage_data_integrity::Cryptosuite;
use portage_oid4vp::AuthorizationResponse;
use portage_testkit::world::{STATUS_INDEX, World, drive, verdict};
use portage_verification::{Expectations, HolderExpectation, Outcome, StatusPolicy, begin};
use serde_json::{Value, json};

use crate::{
    citizen::Citizen,
    issuer_side::{offer, offer_by_reference, origin_of},
    stage::{RequestDraft, Running, Stage},
    verifier_side::{NONCE, client_id, request},
};

/// The answer that the market got, if it got one.
pub(crate) fn answer_of(stage: &Stage) -> Option<Value> {
    let url = format!("{}/response", stage.market.origin);
    let post = stage.take_seen().into_iter().find(|seen| seen.method == "POST" && seen.url == url)?;
    match AuthorizationResponse::parse_form(post.body.as_bytes()).unwrap() {
        AuthorizationResponse::Success { vp_token, .. } => Some(vp_token.to_value()),
        AuthorizationResponse::Error(_) => None,
    }
}

/// What the pipeline says of one presentation for this stage's session.
pub(crate) fn check(stage: &Stage, presentation: &Value) -> Outcome {
    let text = presentation.as_str().map_or_else(|| presentation.to_string(), str::to_owned);
    let audience = client_id(stage);
    let expectations = Expectations {
        status: StatusPolicy::Required { max_age: SignedDuration::from_secs(300) },
        ..stage.world.expectations(HolderExpectation::Presented { audience: &audience, nonce: NONCE })
    };
    drive(begin(text.as_bytes(), &expectations), &expectations, &stage.world.sources)
}

fn query_for(stage: &Stage, type_id: &str, format: Format) -> Value {
    let credential_type = stage.world.credential_type(type_id);
    let meta = match format {
        Format::DcSdJwt => json!({ "vct_values": [credential_type.vct] }),
        _ => json!({ "type_values": [[credential_type.type_iri]] }),
    };
    let claims = match format {
        Format::DcSdJwt => json!([{ "path": ["age_over_19"] }]),
        Format::VcSdJwt | Format::VcJwt => json!([{ "path": ["credentialSubject", "trade_name"] }]),
        Format::LdpVc => Value::Null,
    };
    let mut query = json!({ "id": "asked", "format": format.name(), "meta": meta });
    if !claims.is_null() {
        query["claims"] = claims;
    }
    json!({ "credentials": [query] })
}

#[tokio::test]
async fn a_credential_of_every_format_is_accepted_shown_and_believed() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    for (format, type_id) in World::EVERY_FORMAT {
        let stored = citizen.run(&["accept", &offer(&stage, type_id, format), "--yes"]).await.object();
        assert_eq!(stored["type"], type_id);
        assert_eq!(stored["format"], format.name());
        assert_eq!(stored["issuer"]["id"], stage.world.issuer_of(type_id).did.as_str());
        assert!(!stored["claims"].as_array().unwrap().is_empty());

        let query = query_for(&stage, type_id, format);
        stage.twist(|twist| twist.query = Some(query));
        let review = citizen.run(&["review", &request(&stage)]).await.object();
        assert_eq!(review["warnings"], json!([]), "{review}");
        let answer = &review["answers"][0];
        assert_eq!(answer["shown_whole"], !format.is_selective());
        let learned: Vec<&Value> =
            answer["learned"].as_array().unwrap().iter().map(|claim| &claim["path"]).collect();
        match format {
            Format::DcSdJwt => assert_eq!(learned, [&json!(["age_over_19"])]),
            Format::VcSdJwt => assert_eq!(learned, [&json!(["credentialSubject", "trade_name"])]),
            _ => assert_eq!(answer["withheld"], json!([])),
        }

        stage.take_seen();
        let presented = citizen.run(&["present", &request(&stage), "--yes"]).await.object();
        assert_eq!(presented["delivered"], true);
        let vp_token = answer_of(&stage).unwrap();
        assert_eq!(verdict(&check(&stage, &vp_token["asked"][0])), "accepted", "{}", format.name());
    }
    assert_eq!(citizen.count().await, 4);
}

#[tokio::test]
async fn an_offer_by_reference_and_one_with_a_code_are_accepted() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let province = origin_of(&stage.world.province);
    citizen.accept(&offer_by_reference(&province, "person", Format::DcSdJwt)).await;

    stage.twist(|twist| twist.tx_code = Some("493536".into()));
    let offer = offer(&stage, "person", Format::DcSdJwt);
    let without = citizen.run(&["accept", &offer, "--yes"]).await;
    assert_eq!((without.code, without.reason()), (1, "value_missing"));
    let wrong = citizen.run(&["accept", &offer, "--yes", "--tx-code", "000000"]).await;
    assert_eq!((wrong.code, wrong.reason()), (1, "invalid_grant"));
    let stored = citizen.run(&["accept", &offer, "--yes", "--tx-code", "493536"]).await;
    assert_eq!(stored.code, 0, "{stored:?}");
    assert_eq!(citizen.count().await, 2);
}

#[tokio::test]
async fn a_revoked_credential_is_warned_about_at_review_and_shown_when_the_person_says_so() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let id = citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    let sound = citizen.run(&["review", &request(&stage)]).await.object();
    assert_eq!(sound["warnings"], json!([]));

    stage.twist(|twist| twist.revoked = vec![STATUS_INDEX]);
    citizen.wait(2);
    let review = citizen.run(&["review", &request(&stage)]).await.object();
    assert_eq!(review["warnings"], json!([{ "reason": "revoked", "query": "person", "credential": id }]));
    let words = citizen.run_in_words(&["review", &request(&stage)], None).await;
    assert!(words.out.contains("was withdrawn by its issuer"), "{}", words.out);
}

#[tokio::test]
async fn of_two_that_would_do_the_latest_is_shown_unless_the_person_chooses() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let older = citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    citizen.wait(60);
    let later = citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    let review = citizen.run(&["review", &request(&stage)]).await.object();
    assert_eq!(review["answers"][0]["credential"], later);
    assert_eq!(review["answers"][0]["others"], json!([older]));
    let chosen = format!("person={older}");
    let review = citizen.run(&["review", "--use", &chosen, &request(&stage)]).await.object();
    assert_eq!(review["answers"][0]["credential"], older);
    for impossible in ["person=elsewhere", "nobody=elsewhere"] {
        let answer = citizen.run(&["present", "--yes", "--use", impossible, &request(&stage)]).await;
        assert_eq!(answer.code, 2, "{answer:?}");
    }
}

#[tokio::test]
async fn eddsa_jcs_2022_serves_for_the_credential_and_for_the_presentation() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    stage.twist(|twist| {
        twist.draft = Some(Box::new(|draft| draft.proof.cryptosuite = Cryptosuite::EddsaJcs2022));
    });
    citizen.accept(&offer(&stage, "operator-card", Format::LdpVc)).await;
    for suite in ["eddsa-jcs-2022", "eddsa-rdfc-2022"] {
        let query = query_for(&stage, "operator-card", Format::LdpVc);
        stage.twist(|twist| {
            twist.query = Some(query);
            twist.request = Some(Box::new(move |draft| {
                takes(draft, json!({ "ldp_vc": { "cryptosuite_values": [suite] } }))
            }));
        });
        stage.take_seen();
        citizen.run(&["present", &request(&stage), "--yes"]).await.object();
        let presentation = answer_of(&stage).unwrap()["asked"][0].clone();
        assert_eq!(presentation["proof"]["cryptosuite"], suite);
        assert_eq!(presentation["verifiableCredential"][0]["proof"]["cryptosuite"], "eddsa-jcs-2022");
        assert_eq!(verdict(&check(&stage, &presentation)), "accepted", "{suite}");
    }
}

/// Each kind of key, in each format: what it signs is accepted, and a verifier that takes other kinds alone gets nothing.
#[tokio::test]
async fn a_holders_key_of_any_kind_serves_in_every_format() {
    let stage = Running::start().await;
    for (type_id, format) in [
        ("person", Format::DcSdJwt),
        ("business-licence", Format::VcSdJwt),
        ("business-licence", Format::VcJwt),
        ("operator-card", Format::LdpVc),
    ] {
        for (algorithm, suites) in [
            ("EdDSA", ["eddsa-rdfc-2022", "eddsa-jcs-2022"]),
            ("ES256", ["ecdsa-rdfc-2019", "ecdsa-jcs-2019"]),
            ("ES384", ["ecdsa-rdfc-2019", "ecdsa-jcs-2019"]),
        ] {
            let citizen = Citizen::new(&stage).await;
            let link = offer(&stage, type_id, format);
            citizen.run(&["accept", &link, "--key", algorithm, "--yes"]).await.object();
            for suite in suites {
                let taken = json!({
                    "kb-jwt_alg_values": [algorithm],
                    "alg_values": [algorithm],
                    "cryptosuite_values": [suite],
                });
                let query = query_for(&stage, type_id, format);
                stage.twist(|twist| {
                    twist.query = Some(query);
                    twist.request =
                        Some(Box::new(move |draft| takes(draft, json!({ format.name(): taken }))));
                });
                stage.take_seen();
                citizen.run(&["present", &request(&stage), "--yes"]).await.object();
                let presentation = answer_of(&stage).unwrap()["asked"][0].clone();
                assert_eq!(verdict(&check(&stage, &presentation)), "accepted", "{algorithm} {suite}");
                if format == Format::LdpVc {
                    assert_eq!(presentation["proof"]["cryptosuite"], suite);
                }
            }
            let other = if algorithm == "EdDSA" { "ES256" } else { "EdDSA" };
            let other_suite = if algorithm == "EdDSA" { "ecdsa-rdfc-2019" } else { "eddsa-rdfc-2022" };
            let taken = json!({
                "kb-jwt_alg_values": [other],
                "alg_values": [other],
                "cryptosuite_values": [other_suite],
            });
            stage.twist(|twist| {
                twist.request = Some(Box::new(move |draft| takes(draft, json!({ format.name(): taken }))));
            });
            let answer = citizen.run(&["review", &request(&stage)]).await;
            assert_eq!((answer.code, answer.reason()), (1, "query_not_satisfied"), "{algorithm}");
        }
    }
}

#[tokio::test]
async fn a_kind_of_key_that_nobody_has_is_wrong_usage() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let link = offer(&stage, "person", Format::DcSdJwt);
    assert_eq!(citizen.run(&["accept", &link, "--key", "RS256", "--yes"]).await.code, 2);
    assert_eq!(citizen.count().await, 0);
}

#[tokio::test]
async fn what_the_verifier_does_not_take_counts_as_absent() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    for (formats, code) in [
        (json!({ "dc+sd-jwt": { "kb-jwt_alg_values": ["ES256"] } }), 0),
        (json!({ "dc+sd-jwt": {} }), 0),
        (json!({ "dc+sd-jwt": { "kb-jwt_alg_values": ["EdDSA"] } }), 1),
        (json!({ "ldp_vc": {} }), 1),
    ] {
        let shown = formats.to_string();
        stage.twist(|twist| twist.request = Some(Box::new(move |draft| takes(draft, formats.clone()))));
        let answer = citizen.run(&["review", &request(&stage)]).await;
        assert_eq!(answer.code, code, "{shown}: {answer:?}");
        if code == 1 {
            assert_eq!(answer.reason(), "query_not_satisfied");
            assert_eq!(answer.objects()[0]["answerable"], false);
        }
    }
}

/// The request says which formats it takes.
fn takes(draft: &mut RequestDraft, formats: Value) {
    draft.claims.insert("client_metadata".into(), json!({ "vp_formats_supported": formats }));
}
