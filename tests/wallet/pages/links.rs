//! Links and pictures that are read, and offers that do not hold.

use portage_catalog::Format;
use serde_json::{Value, json};

use super::answered;
use crate::{
    browser::Shown,
    citizen::{Citizen, trust},
    issuer_side::{CODE, offer, offer_by_reference, offer_of, origin_of},
    qr::png as qr,
    stage::Running,
    verifier_side::{client_id, request, request_with},
};

#[tokio::test]
async fn w12_an_untrusted_issuer_gets_no_code_by_paste_by_qr_code_and_by_link() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let mut list = trust(&stage, true);
    list["anchors"] = json!([]);
    citizen.trust(&list).await;
    stage.take_seen();
    let attacker = origin_of(&stage.world.attacker);
    let by_value = offer_of(&attacker, "person", Format::DcSdJwt, false);
    let by_reference = offer_by_reference(&attacker, "person", Format::DcSdJwt);
    let untrusted = |page: &Shown| {
        assert!(page.says("issuer_not_trusted"), "{}", page.text());
        assert!(page.says("No code was sent, and nothing was kept."), "{}", page.text());
        assert!(stage.take_seen().iter().all(|seen| !seen.body.contains(CODE)), "no code is sent");
    };
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            for link in [&by_value, &by_reference] {
                untrusted(&browser.open(link, "en").await);
            }
            let page = browser.get("/en/link").await;
            let found = browser.upload(&page, "/link", ("picture", qr(&by_reference)), &[]).await;
            let at = found.at.clone();
            untrusted(&browser.submit(&found, &at, &[]).await);
            // The twin: an issuer of the list, by its QR code.
            let offered = offer_by_reference(&origin_of(&stage.world.province), "person", Format::DcSdJwt);
            let found = browser.upload(&page, "/link", ("picture", qr(&offered)), &[]).await;
            let at = found.at.clone();
            let review = browser.submit(&found, &at, &[]).await;
            assert!(review.at.contains("/offer/"), "{}", review.text());
        })
        .await;
    citizen
        .with_pages(&[by_value.as_str()], async |browser| {
            let found = browser.enter().await;
            assert!(found.at.contains("/link/"), "{}", found.at);
            let at = found.at.clone();
            untrusted(&browser.submit(&found, &at, &[]).await);
        })
        .await;
}

#[tokio::test]
async fn a_picture_without_a_code_or_of_another_kind_is_told_as_such() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            let page = browser.get("/en/link").await;
            let mut blank = std::io::Cursor::new(Vec::new());
            image::GrayImage::new(64, 64).write_to(&mut blank, image::ImageFormat::Png).unwrap();
            let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#.to_vec();
            let sound = qr("openid4vp://?client_id=redirect_uri:https://a.example&request=x");
            for (picture, told) in [
                (blank.into_inner(), "There is no code to be found"),
                (svg, "This is not a PNG or JPEG picture."),
                (sound[..sound.len() / 2].to_vec(), "This picture cannot be read."),
                (qr("a text that is no link"), "This is not a link that your wallet knows."),
            ] {
                let refused = browser.upload(&page, "/link", ("picture", picture), &[]).await;
                assert_eq!(refused.status, 422);
                assert!(refused.says(told), "{told}: {}", refused.text());
            }
            let found = browser.upload(&page, "/link", ("picture", sound), &[]).await;
            assert!(found.says("A service asks you to show something"), "{}", found.text());
        })
        .await;
}

#[tokio::test]
async fn w13_w14_w15_what_does_not_hold_is_told_on_the_page_and_nothing_is_kept() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let offered = offer(&stage, "person", Format::DcSdJwt);
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            let metadata = "/.well-known/openid-credential-issuer".to_owned();
            let elsewhere = stage.market.origin.clone();
            stage.twist(|twist| {
                let change = move |value: &mut Value| {
                    value["credential_endpoint"] = format!("{elsewhere}/credential").into();
                };
                twist.json.insert(metadata, Box::new(change));
            });
            let refused = browser.open(&offered, "en").await;
            assert!(refused.says("issuer_metadata_mismatch"), "{}", refused.text());
            stage.untwist();

            stage.twist(|twist| twist.forged = true);
            let review = browser.open(&offered, "en").await;
            let forged = answered(&browser, &review, "yes").await;
            assert!(forged.says("What arrived was not kept."), "{}", forged.text());
            assert!(stage.take_seen().iter().any(|seen| seen.body.contains("credential_failure")));
            stage.untwist();

            stage.twist(|twist| {
                let twice = |value: &mut Value| {
                    let one = value["credentials"][0].clone();
                    if let Some(credentials) = value["credentials"].as_array_mut() {
                        credentials.push(one);
                    }
                };
                twist.json.insert("/credential".to_owned(), Box::new(twice));
            });
            let review = browser.open(&offered, "en").await;
            let two = answered(&browser, &review, "yes").await;
            assert!(two.says("credential_mismatch"), "{}", two.text());
            stage.untwist();
            assert!(browser.get("/en").await.says("Your wallet is empty."));

            let review = browser.open(&offered, "en").await;
            let arrived = answered(&browser, &review, "yes").await;
            answered(&browser, &arrived, "yes").await;
            assert!(!browser.get("/en").await.says("Your wallet is empty."));
        })
        .await;
}

#[tokio::test]
async fn w16_reading_a_link_asks_nobody_until_the_person_goes_on() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    citizen
        .with_pages(&[request(&stage).as_str()], async |browser| {
            let found = browser.enter().await;
            assert!(found.says("So far nobody was asked, and nothing was sent."), "{}", found.text());
            assert!(found.says(&stage.market.origin), "{}", found.text());
            for link in [
                offer(&stage, "person", Format::DcSdJwt),
                offer_by_reference(&origin_of(&stage.world.province), "person", Format::DcSdJwt),
                request_with(&[
                    ("client_id", &client_id(&stage)),
                    ("request_uri", "http://b\u{fc}cher.example/1"),
                ]),
            ] {
                let page = browser.get("/en/link").await;
                let found = browser.submit(&page, "/link", &[("link", &link)]).await;
                assert!(found.at.contains("/link/"), "{}", found.text());
                assert!(!found.html.contains("b\u{fc}cher"), "a host is shown in ASCII");
                browser.get(&found.at).await;
            }
            assert!(stage.take_seen().is_empty(), "nobody was asked");
            let at = found.at.clone();
            let consent = browser.submit(&found, &at, &[]).await;
            assert!(consent.at.contains("/consent/"));
            assert!(!stage.take_seen().is_empty());
        })
        .await;
}
