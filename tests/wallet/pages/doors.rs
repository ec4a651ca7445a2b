//! Who gets in, from where, and what others wrote cannot do there: U-01 to U-06.

use portage_catalog::Format;
use reqwest::Method;
use serde_json::json;

use super::{answered, sent};
use crate::{
    browser::Browser,
    citizen::{Citizen, PASSPHRASE, trust},
    issuer_side::offer,
    stage::{RequestDraft, Running},
    verifier_side::request,
};

#[tokio::test]
async fn u01_pages_answer_to_a_loopback_name_with_their_port_and_to_nothing_else() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            let port = browser.host().rsplit(':').next().unwrap().to_owned();
            for host in [
                format!("evil.example:{port}"),
                format!("127.0.0.1.evil.example:{port}"),
                "127.0.0.1".to_owned(),
                "127.0.0.1:1".to_owned(),
                format!("192.168.1.2:{port}"),
            ] {
                let request = browser.request(Method::GET, "/en/history").header("host", &host);
                let shown = browser.send(request).await;
                assert_eq!(shown.status, 403, "{host}");
                assert!(!shown.says("Person"), "{host}");
            }
            for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
                let request = browser.request(Method::GET, "/en").header("host", &host);
                assert_eq!(browser.send(request).await.status, 200, "{host}");
            }
        })
        .await;
}

#[tokio::test]
async fn u02_a_form_from_elsewhere_or_without_its_token_changes_nothing() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            let consent = browser.open(&request(&stage), "en").await;
            let at = consent.at.clone();
            let yes = [("answer", "yes")];
            for origin in ["null", "http://evil.example", "http://127.0.0.1:1"] {
                let (action, token) = consent.form(&at);
                let forged = browser
                    .request(Method::POST, &action)
                    .header("origin", origin)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(format!("form-token={token}&answer=yes"));
                assert_eq!(browser.send(forged).await.status, 403, "{origin}");
            }
            let cross = browser.form(&consent, &at, &yes).header("sec-fetch-site", "cross-site");
            assert_eq!(browser.send(cross).await.status, 403);
            for body in ["answer=yes", "form-token=&answer=yes", "form-token=AAAA&answer=yes"] {
                let forged = browser
                    .request(Method::POST, &at)
                    .header("origin", &browser.origin)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(body);
                assert_eq!(browser.send(forged).await.status, 403, "{body}");
            }
            // A state change by GET is none.
            assert_eq!(browser.get(&format!("{at}?answer=yes")).await.status, 200);
            let stranger = browser.stranger();
            let unknown = stranger.form(&consent, &at, &yes);
            assert_eq!(stranger.send(unknown).await.status, 403);
            assert_eq!(sent(&stage), 0);
            let done = browser.submit(&consent, &at, &yes).await;
            assert!(done.says("Sent to Harbour Market."), "{}", done.text());
            assert_eq!(sent(&stage), 1);
            // The form sent again: the same answer page, and nothing is sent again.
            let again = browser.submit(&consent, &at, &yes).await;
            assert!(again.says("Sent to Harbour Market."));
            assert_eq!(sent(&stage), 0);
        })
        .await;
}

#[tokio::test]
async fn u03_w17_what_others_wrote_is_text_its_controls_are_gone_and_an_unknown_name_is_no_name() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let hostile = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>\u{202e}\u{200b}";
    stage.twist(|twist| {
        twist.draft = Some(Box::new(move |draft| {
            draft.claims["given_names"] = json!(hostile);
        }));
    });
    let mut list = trust(&stage, false);
    list["issuers"][0]["name"] = json!({ "en": hostile, "fr": hostile.repeat(400) });
    citizen.trust(&list).await;
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            let arrived = browser.open(&offer(&stage, "person", Format::DcSdJwt), "en").await;
            let arrived = answered(&browser, &arrived, "yes").await;
            let kept = answered(&browser, &arrived, "yes").await;
            stage.untwist();
            let words = json!({ "en": hostile, "fr": hostile });
            stage.twist(|twist| {
                twist.request = Some(Box::new(move |draft: &mut RequestDraft| {
                    draft.claims["verifier_info"] = json!([{ "format": "portage_purpose", "data": {
                        "id": "market-vendor-permit", "name": words, "text": words, "law": words, "alternative": words,
                        "retention_days": 3, "contact": "javascript:alert(3)",
                    } }]);
                }));
            });
            let consent = browser.open(&request(&stage), "en").await;
            let home = browser.get("/en").await;
            let french = browser.get("/fr/settings").await;
            for page in [&arrived, &kept, &consent, &home, &french] {
                for markup in ["<script", "<img src=x", "\u{202e}", "\u{200b}", "href=\"javascript:"] {
                    assert!(!page.html.contains(markup), "{}: {markup}", page.at);
                }
            }
            assert!(arrived.says("<script>alert(1)</script>"), "{}", arrived.text());
            assert!(french.text().len() < 20_000, "a name is cut");
            // Nobody vouches for the market: its address stands for it.
            let host = stage.market.origin.strip_prefix("http://").unwrap();
            assert!(consent.says(&format!("{host} asks you to show something")), "{}", consent.text());
            assert!(consent.says("Your wallet does not know who asks"), "{}", consent.text());
        })
        .await;
}

#[tokio::test]
async fn u04_a_logo_is_png_or_jpeg_and_never_markup() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let folder = tempfile::tempdir().unwrap();
    let with_logo = |logo: Option<(&str, Vec<u8>)>| {
        let card = folder.path().join("library-card");
        let _ = std::fs::remove_dir_all(&card);
        std::fs::create_dir_all(&card).unwrap();
        for (name, bytes) in crate::types::library_card("library-card") {
            std::fs::write(card.join(name), bytes).unwrap();
        }
        if let Some((name, bytes)) = logo {
            std::fs::write(card.join(name), bytes).unwrap();
        }
        card.to_str().unwrap().to_owned()
    };
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>"#
        .to_vec();
    for name in ["logo.svg", "logo.png"] {
        let refused = citizen.run(&["type", "add", &with_logo(Some((name, svg.clone()))), "--yes"]).await;
        let kept =
            citizen.run(&["type", "list"]).await.objects().iter().any(|known| known["id"] == "library-card");
        // A file that a type does not have is not read; one that is no picture refuses the type.
        assert_eq!(refused.code == 0, kept, "{refused:?}");
        citizen
            .with_pages(&[], async |browser| {
                browser.enter().await;
                assert_eq!(browser.get("/logo/library-card").await.status, 404, "{name}");
            })
            .await;
        citizen.run(&["type", "remove", "library-card", "--yes"]).await;
    }
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let added =
        citizen.run(&["type", "add", &with_logo(Some(("logo.png", png.into_inner()))), "--yes"]).await;
    assert_eq!(added.code, 0, "{added:?}");
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            let logo = browser.get("/logo/library-card").await;
            assert_eq!((logo.status, &logo.headers["content-type"]), (200, &"image/png".parse().unwrap()));
            assert_eq!(logo.headers["x-content-type-options"], "nosniff");
            assert_eq!(browser.stranger().get("/logo/library-card").await.status, 404);
        })
        .await;
}

#[tokio::test]
async fn u05_u07_nobody_is_in_without_the_link_which_is_good_once_and_no_secret_stays_in_an_address() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    citizen
        .with_pages(&[], async |browser| {
            let stranger = browser.stranger();
            for path in ["/en", "/fr/history", "/en/unlock", "/open/AAAA", "/en/backup"] {
                let shown = stranger.get(path).await;
                assert_eq!(shown.status, 403, "{path}");
                assert!(!shown.says("Person"), "{path}");
            }
            // What only looks ahead does not use the link up.
            let ahead = browser.request(Method::GET, &browser.opening).header("sec-purpose", "prefetch");
            assert_eq!(browser.send(ahead).await.status, 403);
            let home = browser.enter().await;
            assert_eq!((home.status, home.at.as_str()), (200, "/en"));
            assert_eq!(stranger.get(&stranger.opening).await.status, 403, "the link is good once");
            assert_eq!(browser.get("/en/history").await.status, 200);
            let consent = browser.open(&request(&stage), "en").await;
            for link in consent.links() {
                assert!(!link.contains('?') && !link.contains("token"), "{link}");
            }
        })
        .await;
}

#[tokio::test]
async fn u06_wrong_passphrases_cost_longer_waits_whatever_the_clock_and_a_restart_do() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let guess = async |browser: &Browser, passphrase: &str| {
        let door = browser.get(&browser.opening).await;
        let door =
            if door.html.contains("name=\"passphrase\"") { door } else { browser.get("/en/unlock").await };
        if !door.html.contains("name=\"passphrase\"") {
            return door;
        }
        browser.submit(&door, "/unlock", &[("passphrase", passphrase)]).await
    };
    citizen
        .with_pages(&[], async |browser| {
            for _ in 0..3 {
                assert_eq!(guess(&browser, "wrong one").await.status, 422);
            }
            let fourth = guess(&browser, "wrong one").await;
            assert_eq!(fourth.status, 429);
            assert!(fourth.says("Wait 1 minute before you try again"), "{}", fourth.text());
            // The right one is not even tried.
            assert_eq!(guess(&browser, PASSPHRASE).await.status, 429);
        })
        .await;
    // Started again, the wait is whole again.
    citizen
        .with_pages(&[], async |browser| {
            assert_eq!(guess(&browser, PASSPHRASE).await.status, 429);
            citizen.wait(59);
            assert_eq!(guess(&browser, PASSPHRASE).await.status, 429);
            citizen.wait(1);
            for _ in 0..3 {
                assert_eq!(guess(&browser, "wrong one").await.status, 422);
            }
            let eighth = guess(&browser, "wrong one").await;
            assert!(eighth.says("Wait 5 minutes before you try again"), "{}", eighth.text());
            citizen.wait(300);
            let inside = guess(&browser, PASSPHRASE).await;
            assert_eq!((inside.status, inside.at.as_str()), (200, "/en"), "{}", inside.text());
        })
        .await;
}

#[tokio::test]
async fn after_ten_minutes_without_anybody_the_wallet_is_locked_and_what_was_begun_is_gone() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            let consent = browser.open(&request(&stage), "en").await;
            // What is on the screen leaves it as the wallet locks itself; coming there by itself keeps nothing open.
            assert_eq!(consent.headers["refresh"], "605; url=/en/put-away");
            assert_eq!(consent.headers["cache-control"], "no-store");
            citizen.wait(599);
            assert_eq!(browser.get(&consent.at).await.at, consent.at);
            citizen.wait(400);
            let away = browser.get("/en/put-away").await;
            assert!(away.says("This page was put away") && !away.says("Person"), "{}", away.text());
            citizen.wait(200);
            assert_eq!(browser.get("/en/put-away").await.at, "/en/unlock");
            let locked = browser.submit(&consent, &consent.at.clone(), &[("answer", "yes")]).await;
            assert_eq!(locked.at, "/en/unlock");
            assert!(locked.says("Your wallet locked itself"), "{}", locked.text());
            assert_eq!(sent(&stage), 0);
            let inside = browser.submit(&locked, "/unlock", &[("passphrase", PASSPHRASE)]).await;
            assert_eq!(inside.at, "/en");
            assert_eq!(browser.get(&consent.at).await.status, 404);
        })
        .await;
}
