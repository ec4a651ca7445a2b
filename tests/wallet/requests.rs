//! W-01 to W-05: who asks, and where to. Each refusal beside its accepted twin, and nothing sent to whoever is refused.

use portage_catalog::Format;
use serde_json::{Value, json};

use crate::{
    citizen::{Answer, Citizen, Scripted, trust},
    issuer_side::{offer, offer_by_reference, offer_of, origin_of},
    stage::{Case, RequestDraft, Running, Twist},
    story::answer_of,
    verifier_side::{client_id, query_with_birth_date, request, request_with},
};

/// Presents with one thing changed: nothing may reach the market's `response_uri`.
async fn refused(citizen: &Citizen, stage: &Running, link: &str, change: impl FnOnce(&mut Twist)) -> Answer {
    stage.twist(change);
    let answer = citizen.run(&["present", link, "--yes", "--unknown-verifier-too"]).await;
    stage.untwist();
    assert_eq!(answer.code, 1, "{answer:?}");
    assert_eq!(answer.out, "", "no consent screen");
    assert!(stage.take_seen().iter().all(|seen| seen.method == "GET"), "nothing is sent");
    answer
}

/// The unchanged request is answered.
async fn accepted(citizen: &Citizen, stage: &Running) {
    let answer = citizen.run(&["present", &request(stage), "--yes"]).await;
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer_of(stage).is_some());
}

fn claims(
    change: impl Fn(&mut serde_json::Map<String, Value>) + Send + Sync + 'static,
) -> impl FnOnce(&mut Twist) {
    move |twist| twist.request = Some(Box::new(move |draft: &mut RequestDraft| change(&mut draft.claims)))
}

const FORBIDDEN: [&str; 9] = [
    "http://market.example/x",
    "http://localhost:1/x",
    "https://127.0.0.1/x",
    "https://10.0.0.8/x",
    "https://169.254.169.254/latest",
    "https://[fd00::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://2130706433/x",
    "https://0177.0.0.1/x",
];

#[tokio::test]
async fn w01_a_request_uri_that_must_not_be_contacted_is_not() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    for address in FORBIDDEN {
        let link = request_with(&[("client_id", &client_id(&stage)), ("request_uri", address)]);
        let answer = refused(&citizen, &stage, &link, |_| {}).await;
        assert_eq!(answer.reason(), "address_not_allowed", "{address}");
    }
    accepted(&citizen, &stage).await;
}

#[tokio::test]
async fn w01_a_response_uri_that_must_not_be_contacted_is_not() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    for address in FORBIDDEN {
        let change = claims(move |claims| claims["response_uri"] = address.into());
        let answer = refused(&citizen, &stage, &request(&stage), change).await;
        assert_eq!(answer.reason(), "address_not_allowed", "{address}");
    }
    accepted(&citizen, &stage).await;
}

#[tokio::test]
async fn w01_offers_metadata_and_lists_that_must_not_be_contacted_are_not() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    // Trusted by name, so that it is the address that refuses.
    let mut list = trust(&stage, true);
    let name = json!({ "en": "x", "fr": "x" });
    if let Some(issuers) = list["issuers"].as_array_mut() {
        issuers.push(
            json!({ "id": "did:web:localhost%3A1", "name": name, "tier": "other", "types": ["person"] }),
        );
    }
    citizen.trust(&list).await;
    let nowhere = "http://localhost:1";
    for link in [
        offer_of(nowhere, "person", Format::DcSdJwt, false),
        offer_by_reference(nowhere, "person", Format::DcSdJwt),
    ] {
        let answer = citizen.run(&["accept", &link, "--yes"]).await;
        assert_eq!((answer.code, answer.reason()), (1, "address_not_allowed"), "{answer:?}");
    }
    let offer = offer(&stage, "person", Format::DcSdJwt);
    for address in FORBIDDEN {
        stage.twist(|twist| {
            twist.draft =
                Some(Box::new(move |draft| draft.claims["status"]["status_list"]["uri"] = address.into()));
        });
        let answer = citizen.run(&["accept", &offer, "--yes"]).await;
        assert_eq!((answer.code, answer.reason()), (1, "address_not_allowed"), "{address}: {answer:?}");
        stage.untwist();
    }
    citizen.accept(&offer).await;
}

#[tokio::test]
async fn w02_a_redirect_from_request_uri_is_not_followed() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    for status in [302, 307, 308] {
        let elsewhere = format!("{}/request/elsewhere", stage.market.origin);
        let answer = refused(&citizen, &stage, &request(&stage), |twist| {
            twist.answers.insert("/request/1".into(), (status, vec![("location", elsewhere)], String::new()));
        })
        .await;
        assert_eq!(answer.reason(), "redirect_not_allowed");
    }
    accepted(&citizen, &stage).await;
}

#[tokio::test]
async fn w02_a_redirect_from_response_uri_is_not_followed_and_nothing_is_posted_again() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    for status in [302, 307, 308] {
        citizen.wait(1);
        let attacker = origin_of(&stage.world.attacker);
        stage.twist(|twist| {
            let location = vec![("location", format!("{attacker}/response"))];
            twist.answers.insert("/response".into(), (status, location, String::new()));
        });
        let answer = citizen.run(&["present", &request(&stage), "--yes"]).await;
        assert_eq!((answer.code, answer.reason()), (1, "redirect_not_allowed"), "{answer:?}");
        assert!(answer.err.contains("had already left your wallet"), "{}", answer.err);
        let seen = stage.take_seen();
        assert_eq!(seen.iter().filter(|seen| seen.method == "POST").count(), 1, "{seen:?}");
        assert!(seen.iter().all(|seen| !seen.url.starts_with(&attacker)), "{seen:?}");
        stage.untwist();
        let latest = citizen.run(&["history"]).await.objects().remove(0);
        assert_eq!((&latest["what"], &latest["outcome"]), (&json!("presented"), &json!("unknown")));
    }
    accepted(&citizen, &stage).await;
}

#[tokio::test]
async fn w03_two_client_ids_or_a_prefix_that_is_not_spoken_is_refused() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let request_uri = format!("{}/request/1", stage.market.origin);
    let did = stage.market.did.clone();
    for outer in [
        format!("decentralized_identifier:{}", stage.world.city.did),
        did.clone(),
        format!("x509_san_dns:{did}"),
        "x509_hash:abc".to_owned(),
        format!("openid_federation:{}", stage.market.origin),
        "verifier_attestation:market".to_owned(),
        format!("origin:{}", stage.market.origin),
        format!("unknown:{did}"),
        "market".to_owned(),
    ] {
        let link = request_with(&[("client_id", &outer), ("request_uri", &request_uri)]);
        let answer = refused(&citizen, &stage, &link, |_| {}).await;
        assert_eq!(answer.reason(), "request_invalid", "{outer}");
    }
    let inner =
        claims(|claims| claims["client_id"] = "decentralized_identifier:did:web:elsewhere.example".into());
    assert_eq!(refused(&citizen, &stage, &request(&stage), inner).await.reason(), "request_invalid");
    let none = claims(|claims| drop(claims.remove("client_id")));
    assert_eq!(refused(&citizen, &stage, &request(&stage), none).await.reason(), "request_invalid");
    accepted(&citizen, &stage).await;
}

#[tokio::test]
async fn w04_a_request_object_that_does_not_hold_is_refused_and_nothing_is_sent() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let link = request(&stage);
    let cases: Vec<(&str, Case)> = vec![
        ("signature", Box::new(|twist| twist.forged_request = true)),
        ("alg none", Box::new(|twist| twist.signed_request = Some(Box::new(without_signature)))),
        ("typ", Box::new(|twist| twist.request = Some(Box::new(|draft| draft.header["typ"] = "JWT".into())))),
        ("no nonce", Box::new(claims(|claims| drop(claims.remove("nonce"))))),
        (
            "redirect_uri too",
            Box::new(claims(|claims| {
                drop(claims.insert("redirect_uri".into(), "https://market.example/".into()))
            })),
        ),
        ("scope too", Box::new(claims(|claims| drop(claims.insert("scope".into(), "person".into()))))),
        (
            "scope instead",
            Box::new(claims(|claims| {
                claims.remove("dcql_query");
                claims.insert("scope".into(), "person".into());
            })),
        ),
        ("no query", Box::new(claims(|claims| drop(claims.remove("dcql_query"))))),
    ];
    for (what, change) in cases {
        let answer = refused(&citizen, &stage, &link, change).await;
        assert_eq!(answer.reason(), "request_invalid", "{what}: {answer:?}");
    }
    accepted(&citizen, &stage).await;
}

#[tokio::test]
async fn w05_the_rules_of_redirect_uri_and_x509_san_dns_hold() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let response_uri = format!("{}/response", stage.market.origin);
    let own = format!("redirect_uri:{response_uri}");
    let request_uri = format!("{}/request/1", stage.market.origin);

    // Signed under redirect_uri: it must not be.
    let link = request_with(&[("client_id", &own), ("request_uri", &request_uri)]);
    let id = own.clone();
    let signed = claims(move |claims| claims["client_id"] = id.clone().into());
    assert_eq!(refused(&citizen, &stage, &link, signed).await.reason(), "request_invalid");

    let query = crate::verifier_side::usual_query(&stage).to_string();
    let unsigned = |response_uri: &str| {
        request_with(&[
            ("client_id", &own),
            ("response_uri", response_uri),
            ("response_type", "vp_token"),
            ("response_mode", "direct_post"),
            ("nonce", crate::verifier_side::NONCE),
            ("dcql_query", &query),
        ])
    };
    let elsewhere = unsigned(&format!("{}/elsewhere", stage.market.origin));
    assert_eq!(refused(&citizen, &stage, &elsewhere, |_| {}).await.reason(), "request_invalid");

    // X.509 is not spoken yet: whatever the chain, there is no consent screen.
    let x509 = request_with(&[("client_id", "x509_san_dns:localhost"), ("request_uri", &request_uri)]);
    let chain = |twist: &mut Twist| {
        twist.request = Some(Box::new(|draft| {
            draft.header.insert("x5c".into(), json!(["MIIB"]));
            draft.claims["client_id"] = "x509_san_dns:localhost".into();
        }));
    };
    assert_eq!(refused(&citizen, &stage, &x509, chain).await.reason(), "request_invalid");

    // The twin: unsigned, the address is the identity, answered after a second consent.
    let twin = citizen.run(&["present", &unsigned(&response_uri), "--yes", "--unknown-verifier-too"]).await;
    assert_eq!(twin.code, 0, "{twin:?}");
    assert!(answer_of(&stage).is_some());
    accepted(&citizen, &stage).await;
}

#[tokio::test]
async fn an_unknown_verifier_is_answered_only_after_a_second_explicit_yes() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    citizen.trust(&trust(&stage, false)).await;
    let link = request(&stage);
    let review = citizen.run(&["review", &link]).await.object();
    assert_eq!(review["verifier"]["standing"], "unknown");
    assert_eq!(review["needs_second_agreement"], true);

    let once = citizen.run(&["present", &link, "--yes"]).await;
    assert_eq!((once.code, once.reason()), (1, "consent_required"), "{once:?}");
    let mut person = Scripted::saying(&[true, false]);
    let no = citizen.run_in_words(&["present", &link], Some(&mut person)).await;
    assert_eq!((no.code, no.reason()), (1, "consent_required"));
    assert_eq!(person.heard.len(), 2, "{:?}", person.heard);
    assert!(answer_of(&stage).is_none(), "nothing was sent");

    let mut person = Scripted::saying(&[true, true]);
    let yes = citizen.run_in_words(&["present", &link], Some(&mut person)).await;
    assert_eq!(yes.code, 0, "{yes:?}");
    assert!(answer_of(&stage).is_some());
    let twice = citizen.run(&["present", &link, "--yes", "--unknown-verifier-too"]).await;
    assert_eq!(twice.code, 0, "{twice:?}");
}

#[tokio::test]
async fn whoever_is_asked_sees_what_it_is_about_when_the_output_goes_into_a_file() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let mut person = Scripted::saying(&[false]);
    person.sees_output = false;
    let no = citizen.run_in_words(&["present", &request(&stage)], Some(&mut person)).await;
    assert_eq!((no.code, no.reason(), no.out.as_str()), (1, "consent_required", ""));
    assert!(no.err.contains("What they learn:"), "{no:?}");
}

#[tokio::test]
async fn w10_no_match_and_no_consent_look_alike_to_the_verifier() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let link = request(&stage);
    let mut person = Scripted::saying(&[false]);
    let no = citizen.run_in_words(&["present", &link], Some(&mut person)).await;
    assert_eq!((no.code, no.reason()), (1, "consent_required"));
    let after_no = stage.take_seen();

    let mut query = crate::verifier_side::usual_query(&stage);
    query["credentials"][0]["claims"][0]["values"] = json!([false]);
    // Like the first one without an authority's word: a log is looked at for nobody's sake here.
    stage.twist(|twist| (twist.query, twist.unvouched) = (Some(query), true));
    let no_match = citizen.run(&["present", &link, "--yes"]).await;
    assert_eq!((no_match.code, no_match.reason()), (1, "query_not_satisfied"), "{no_match:?}");
    let market = |seen: Vec<crate::stage::Seen>| -> Vec<String> {
        let seen = seen.into_iter().filter(|seen| seen.url.starts_with(&stage.market.origin));
        seen.map(|seen| format!("{} {} {}", seen.method, seen.url, seen.body)).collect()
    };
    assert_eq!(market(after_no), market(stage.take_seen()));
}

/// The market asks for a birth date as well, for its usual purpose.
fn ask_beyond_the_purpose(stage: &Running) {
    let query = query_with_birth_date(stage);
    stage.twist(|twist| {
        twist.query = Some(query);
        twist.beyond_purpose = true;
    });
}

#[tokio::test]
async fn w11_more_than_the_registered_purpose_allows_is_named_and_needs_a_second_yes() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let link = request(&stage);
    ask_beyond_the_purpose(&stage);
    let review = citizen.run(&["review", &link]).await.object();
    let beyond = json!({ "reason": "beyond_purpose", "query": "person", "path": ["birthdate_dateint"], "kind": "claim" });
    assert_eq!(review["warnings"], json!([beyond]));
    // The second yes to an unknown service is not the one to more than the purpose allows.
    for flags in [&["--yes"][..], &["--yes", "--unknown-verifier-too"]] {
        let answer = citizen.run(&[&["present", &link], flags].concat()).await;
        assert_eq!((answer.code, answer.reason()), (1, "beyond_purpose"), "{answer:?}");
    }
    let mut person = Scripted::saying(&[true, false]);
    let no = citizen.run_in_words(&["present", &link], Some(&mut person)).await;
    assert_eq!((no.code, no.reason()), (1, "consent_required"));
    assert!(no.out.contains("Date of birth is not part of the purpose."), "{no:?}");
    assert!(answer_of(&stage).is_none());
    let refused = citizen.run(&["history"]).await;
    assert!(refused.out.contains("\"reason\":\"beyond_purpose\""), "{refused:?}");
    stage.untwist();
    accepted(&citizen, &stage).await;
}

#[tokio::test]
async fn w11_more_than_the_purpose_allows_is_sent_after_a_second_yes_that_the_history_keeps() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let link = request(&stage);
    ask_beyond_the_purpose(&stage);
    let sent = citizen.run(&["present", &link, "--yes", "--beyond-purpose-too"]).await;
    assert_eq!(sent.code, 0, "{sent:?}");
    assert!(answer_of(&stage).is_some());
    let mut person = Scripted::saying(&[true, true]);
    let sent = citizen.run_in_words(&["present", &link], Some(&mut person)).await;
    assert_eq!(sent.code, 0, "{sent:?}");
    let history = citizen.run(&["history"]).await;
    let presented =
        history.out.lines().filter(|line| line.contains("\"beyond_purpose\":[\"person.birthdate_dateint\"]"));
    assert_eq!(presented.count(), 2, "{history:?}");
    let words = citizen.run_in_words(&["history"], None).await;
    assert!(words.out.contains("beyond the service’s registered purpose: "), "{words:?}");
    assert!(!words.out.contains("dateint"), "the claim is named as people call it: {words:?}");
}

#[tokio::test]
async fn w11_a_protected_type_is_shown_for_a_registered_purpose_alone() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let mut list = trust(&stage, true);
    let federal = crate::citizen::entry(&mut list, stage.world.federal.did.as_str());
    federal["types"].as_array_mut().unwrap().push(json!("accessible-parking-permit"));
    list["verifiers"][0]["purposes"].as_array_mut().unwrap().push(json!("accessible-space-check"));
    citizen.trust(&list).await;
    citizen.accept(&offer(&stage, "accessible-parking-permit", Format::DcSdJwt)).await;
    stage.take_seen();
    let vct = &stage.world.credential_type("accessible-parking-permit").vct;
    let ask = |claims: Option<Value>| {
        let mut query = json!({ "credentials": [{
            "id": "permit", "format": "dc+sd-jwt", "meta": { "vct_values": [vct] },
        }] });
        if let Some(claims) = claims {
            query["credentials"][0]["claims"] = claims;
        }
        query
    };
    let for_purpose = |purpose: &'static str, query: Value| {
        stage.twist(|twist| {
            twist.query = Some(query);
            twist.request = Some(Box::new(move |draft: &mut RequestDraft| {
                draft.claims["verifier_info"][0]["data"]["id"] = purpose.into();
            }));
        });
    };
    // Nobody's word beside the trust list: what an authority signs is in `vouched.rs`.
    stage.twist(|twist| twist.unvouched = true);
    let link = request(&stage);
    let all_flags = ["--yes", "--unknown-verifier-too", "--beyond-purpose-too"];
    for (purpose, query) in [
        ("not-registered", ask(None)),
        // Registered by name, and the wallet does not know what it allows.
        (crate::verifier_side::OTHER_PURPOSE, ask(None)),
        ("market-vendor-permit", ask(None)),
        ("accessible-space-check", ask(Some(json!([{ "path": ["family_name"] }])))),
    ] {
        for_purpose(purpose, query);
        let review = citizen.run(&["review", &link]).await.object();
        assert!(review["warnings"].to_string().contains("protected_type"), "{purpose} {review}");
        let answer = citizen.run(&[&["present", &link][..], &all_flags].concat()).await;
        assert_eq!((answer.code, answer.reason()), (1, "protected_type"), "{purpose} {answer:?}");
        // W-10: it looks as though there were no such credential.
        assert!(stage.take_seen().iter().all(|seen| seen.method == "GET"), "nothing is sent");
    }
    for_purpose("accessible-space-check", ask(None));
    let answer = citizen.run(&["present", &link, "--yes"]).await;
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer_of(&stage).is_some());
}

#[tokio::test]
async fn w18_a_page_that_is_not_the_verifiers_own_is_not_opened() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let answered = |page: String| {
        (
            200,
            vec![("content-type", "application/json".to_owned())],
            json!({ "redirect_uri": page }).to_string(),
        )
    };
    for page in [
        "javascript:alert(1)".to_owned(),
        "file:///etc/passwd".to_owned(),
        "market-app://done".to_owned(),
        "http://market.example/done".to_owned(),
        "https://elsewhere.example/done".to_owned(),
        "http://localhost:1/done".to_owned(),
    ] {
        stage.twist(|twist| drop(twist.answers.insert("/response".into(), answered(page.clone()))));
        let answer = citizen.run(&["present", &request(&stage), "--yes"]).await.object();
        assert_eq!((&answer["delivered"], &answer["redirect_uri"]), (&json!(true), &Value::Null), "{page}");
    }
    let page = format!("{}/done?response_code=x", stage.market.origin);
    stage.twist(|twist| drop(twist.answers.insert("/response".into(), answered(page.clone()))));
    let answer = citizen.run(&["present", &request(&stage), "--yes"]).await.object();
    assert_eq!(answer["redirect_uri"], page);
}

/// The header says `none`, and there is no signature.
fn without_signature(text: &mut String) {
    let mut parts = text.split('.');
    let header = parts.next().unwrap();
    let payload = parts.next().unwrap();
    let mut header: Value =
        serde_json::from_slice(&portage_keys::base64url::decode(header).unwrap()).unwrap();
    header["alg"] = "none".into();
    *text = format!("{}.{payload}.", portage_keys::base64url::encode(header.to_string().as_bytes()));
}
