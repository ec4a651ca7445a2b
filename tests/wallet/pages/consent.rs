//! Yes, no, and what needs a yes of its own.

use portage_catalog::Format;
use portage_federation::PurposeStatement;
use serde_json::json;

use super::{answered, sent};
use crate::{
    citizen::{Citizen, trust},
    federation_side::{key, keys, purpose_statement},
    issuer_side::offer,
    stage::Running,
    story::answer_of,
    verifier_side::{query_with_birth_date, request, usual_query},
    vouched::ask,
};

#[tokio::test]
async fn w10_no_and_nothing_to_show_both_need_a_person_and_both_send_nothing() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            let mut silences = Vec::new();
            let consent = browser.open(&request(&stage), "en").await;
            let no = answered(&browser, &consent, "no").await;
            assert!(no.says("Nothing about you was sent."), "{}", no.text());
            silences.push(stage.take_seen().iter().map(|seen| seen.url.clone()).collect::<Vec<_>>());
            stage.twist(|twist| {
                let mut query = usual_query(&stage);
                query["credentials"][0]["claims"] = json!([{ "path": ["age_over_19"], "values": [false] }]);
                twist.query = Some(query);
                twist.beyond_purpose = true;
            });
            let nothing = browser.open(&request(&stage), "en").await;
            assert!(nothing.says("Your wallet has nothing to show here"), "{}", nothing.text());
            silences.push(stage.take_seen().iter().map(|seen| seen.url.clone()).collect::<Vec<_>>());
            for seen in &silences {
                assert!(seen.iter().all(|url| !url.ends_with("/response")), "{seen:?}");
            }
            let market = |seen: &Vec<String>| seen.iter().filter(|url| url.contains("/request/")).count();
            assert_eq!(market(&silences[0]), market(&silences[1]), "the market sees the same");
        })
        .await;
}

#[tokio::test]
async fn w11_what_goes_beyond_the_purpose_is_named_one_by_one_and_needs_a_second_yes() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            stage.twist(|twist| {
                twist.query = Some(query_with_birth_date(&stage));
                twist.beyond_purpose = true;
            });
            let consent = browser.open(&request(&stage), "en").await;
            assert!(consent.says("They ask for more than they may"), "{}", consent.text());
            assert!(consent.says("Person: Date of birth is not part of the purpose."), "{}", consent.text());
            let second = answered(&browser, &consent, "yes").await;
            assert!(second.at.ends_with("/beyond"), "{}", second.at);
            assert!(!second.html.contains(" checked"));
            // Yes without a tick is no yes.
            let unticked = answered(&browser, &second, "yes").await;
            assert_eq!(unticked.status, 422);
            assert_eq!(sent(&stage), 0);
            let no = answered(&browser, &unticked, "no").await;
            assert!(no.says("You said no"), "{}", no.text());
            assert_eq!(sent(&stage), 0);

            let consent = browser.open(&request(&stage), "en").await;
            let second = answered(&browser, &consent, "yes").await;
            let at = second.at.clone();
            let all: Vec<String> =
                (0..second.html.matches("name=\"beyond\"").count()).map(|at| at.to_string()).collect();
            let mut fields: Vec<(&str, &str)> = all.iter().map(|at| ("beyond", at.as_str())).collect();
            fields.push(("answer", "yes"));
            let done = browser.submit(&second, &at, &fields).await;
            assert!(done.says("Sent to Harbour Market."), "{}", done.text());
            assert_eq!(sent(&stage), 1);
        })
        .await;
}

#[tokio::test]
async fn w11_a_request_whose_public_log_does_not_hold_is_told_as_that_on_the_page() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let usual = usual_query(&stage);
    let sound = purpose_statement(&stage, "city", "market", usual.clone());
    let unpublished = PurposeStatement { log_evidence: None, ..sound.clone() };
    let sign = |said: &PurposeStatement| said.sign(&keys("city"), &key("city")).unwrap();
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            for (said, is_told) in [(&unpublished, true), (&sound, false)] {
                ask(&stage, usual.clone(), sign(said));
                let consent = browser.open(&request(&stage), "en").await;
                let told = "A public record behind this request does not hold";
                assert_eq!(consent.says(told), is_told, "{}", consent.text());
                assert_eq!(consent.html.contains("name=\"unknown\""), is_told, "a yes of its own");
            }
            ask(&stage, usual.clone(), sign(&unpublished));
            let consent = browser.open(&request(&stage), "fr").await;
            let told = "Un registre public sur lequel repose cette demande ne tient pas";
            assert!(consent.says(told), "{}", consent.text());
        })
        .await;
}

#[tokio::test]
async fn an_unknown_service_is_answered_only_with_a_tick_of_its_own() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    citizen.trust(&trust(&stage, false)).await;
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            let consent = browser.open(&request(&stage), "en").await;
            let at = consent.at.clone();
            let unticked = answered(&browser, &consent, "yes").await;
            assert_eq!(unticked.status, 422);
            assert!(unticked.title().starts_with("Error:"), "{}", unticked.title());
            assert_eq!(sent(&stage), 0);
            let done = browser.submit(&unticked, &at, &[("unknown", "yes"), ("answer", "yes")]).await;
            assert!(done.says("Sent to"), "{}", done.text());
            assert_eq!(sent(&stage), 1);
        })
        .await;
}

#[tokio::test]
async fn what_is_optional_is_shown_only_when_it_is_ticked() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    citizen.accept(&offer(&stage, "business-licence", Format::DcSdJwt)).await;
    let mut query = usual_query(&stage);
    let card = &stage.world.credential_type("business-licence").vct;
    let more = json!({ "id": "card", "format": "dc+sd-jwt", "meta": { "vct_values": [card] } });
    query["credentials"].as_array_mut().unwrap().push(more);
    query["credential_sets"] =
        json!([{ "options": [["person"]] }, { "options": [["card"]], "required": false }]);
    stage.twist(|twist| twist.query = Some(query));
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            for (ticked, count) in [(false, 1), (true, 2)] {
                let consent = browser.open(&request(&stage), "en").await;
                assert!(consent.says("You may add"), "{}", consent.text());
                let at = consent.at.clone();
                let mut fields = vec![("unknown", "yes"), ("answer", "yes")];
                if ticked {
                    fields.push(("optional", "card"));
                }
                let done = browser.submit(&consent, &at, &fields).await;
                assert!(done.says("Sent to"), "{}", done.text());
                let answer = answer_of(&stage).unwrap();
                assert_eq!(answer.as_object().map(serde_json::Map::len), Some(count), "{answer}");
            }
        })
        .await;
}

#[tokio::test]
async fn w18_an_address_that_is_not_the_services_own_is_not_offered() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let market = stage.market.origin.clone();
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            for (address, is_opened) in [
                ("javascript:alert(1)".to_owned(), false),
                ("file:///etc/passwd".to_owned(), false),
                ("https://evil.example/".to_owned(), false),
                (format!("{market}/back"), true),
            ] {
                let answer = json!({ "redirect_uri": address }).to_string();
                let headers = vec![("content-type", "application/json".to_owned())];
                stage.twist(|twist| {
                    twist.answers.insert("/response".to_owned(), (200, headers, answer));
                });
                let consent = browser.open(&request(&stage), "en").await;
                let done = answered(&browser, &consent, "yes").await;
                assert_eq!(done.html.contains(&format!("href=\"{address}\"")), is_opened, "{}", done.html);
                assert_eq!(done.says("It was not opened."), !is_opened, "{}", done.text());
                stage.untwist();
            }
        })
        .await;
}
