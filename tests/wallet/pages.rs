//! The wallet's pages, as a browser without scripts sees them: the main story in both languages, and what each page refuses, beside its accepted
//! twin.

use portage_catalog::{Format, Language};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Shown},
    citizen::{Citizen, PASSPHRASE, trust},
    issuer_side::{CODE, offer, offer_by_reference, offer_of, origin_of},
    stage::{RequestDraft, Running},
    story::answer_of,
    verifier_side::{client_id, request, request_with, usual_query},
};

/// A citizen with a person credential.
async fn with_person(stage: &Running) -> Citizen {
    let citizen = Citizen::new(stage).await;
    citizen.accept(&offer(stage, "person", Format::DcSdJwt)).await;
    stage.take_seen();
    citizen
}

/// What was posted to the market.
fn sent(stage: &Running) -> usize {
    stage.take_seen().iter().filter(|seen| seen.url.ends_with("/response")).count()
}

async fn answered(browser: &Browser, page: &Shown, answer: &str) -> Shown {
    let at = page.at.clone();
    browser.submit(page, &at, &[("answer", answer)]).await
}

#[tokio::test]
async fn the_main_story_is_told_by_pages_in_english_and_in_french() {
    struct Told {
        lang: &'static str,
        offer: &'static str,
        code_wrong: &'static str,
        claim: &'static str,
        kept: &'static str,
        learn: [&'static str; 3],
        sent: &'static str,
        history: &'static str,
        letter: &'static str,
    }
    let english = Told {
        lang: "en",
        offer: "offers you a credential",
        code_wrong: "The code was not taken.",
        claim: "Date of birth",
        kept: "It is in your wallet",
        learn: ["Harbour Market asks you to show something", "19 or older yes", "Date of birth"],
        sent: "Sent to Harbour Market.",
        history: "showed Person (19 or older) to Harbour Market",
        letter: "Please delete what you still have of it",
    };
    let french = Told {
        lang: "fr",
        offer: "vous offre un justificatif",
        code_wrong: "Le code n’a pas été accepté.",
        claim: "Date de naissance",
        kept: "Il est dans votre portefeuille",
        learn: [
            "Marché du port vous demande de montrer quelque chose",
            "19 ans ou plus oui",
            "Date de naissance",
        ],
        sent: "Envoyé à Marché du port.",
        history: "montré Personne (19 ans ou plus) à Marché du port",
        letter: "Veuillez supprimer ce que vous en avez encore",
    };
    for told in [english, french] {
        let stage = Running::start().await;
        stage.twist(|twist| twist.tx_code = Some("493536".to_owned()));
        let citizen = Citizen::new(&stage).await;
        citizen
            .with_pages(&[], async |browser| {
                browser.enter().await;
                let page = browser.open(&offer(&stage, "person", Format::DcSdJwt), told.lang).await;
                assert!(page.says(told.offer) && page.says(told.claim), "{}", page.text());
                assert!(page.html.contains(&format!("<html lang=\"{}-CA\"", told.lang)));
                let at = page.at.clone();
                let wrong = browser.submit(&page, &at, &[("tx_code", "000000")]).await;
                assert_eq!(wrong.status, 422);
                assert!(wrong.says(told.code_wrong), "{}", wrong.text());
                let arrived = browser.submit(&wrong, &at, &[("tx_code", "493536")]).await;
                assert!(arrived.at.contains("/arrived/"), "{}", arrived.text());
                let kept = answered(&browser, &arrived, "yes").await;
                assert!(kept.says(told.kept), "{}", kept.text());

                let consent = browser.open(&request(&stage), told.lang).await;
                for part in told.learn {
                    assert!(consent.says(part), "{part}: {}", consent.text());
                }
                assert!(!consent.html.contains(" checked"), "nothing is ticked already");
                assert_eq!(sent(&stage), 0);
                let done = answered(&browser, &consent, "yes").await;
                assert!(done.says(told.sent), "{}", done.text());
                assert!(answer_of(&stage).is_some());

                let history = browser.get(&format!("/{}/history", told.lang)).await;
                assert!(history.says(told.history), "{}", history.text());
                let receipt =
                    history.links().into_iter().find(|link| link.contains("/history/")).unwrap().to_owned();
                let shown = browser.get(&receipt).await;
                assert_eq!(shown.status, 200);
                let letter = browser.get(&format!("{receipt}/erasure")).await;
                assert!(letter.says(told.letter), "{}", letter.text());
                let complaint = browser.get(&format!("{receipt}/complaint")).await;
                let chosen = browser.submit(&complaint, "/complaint", &[("place", "CA-BC")]).await;
                assert!(chosen.says("https://www.oipc.bc.ca/"), "{}", chosen.text());
            })
            .await;
    }
}

/// And each is there in both languages, light, and framed by nobody.
#[tokio::test]
async fn u07_every_page_says_no_store_and_no_referrer() {
    let stage = Running::start().await;
    let citizen = with_person(&stage).await;
    citizen
        .with_pages(&[], async |browser| {
            let home = browser.enter().await;
            let id = home
                .links()
                .into_iter()
                .find_map(|link| link.strip_prefix("/en/credential/"))
                .unwrap()
                .to_owned();
            stage.twist(|twist| twist.tx_code = None);
            let offered = browser.open(&offer(&stage, "person", Format::DcSdJwt), "en").await.at;
            let arrived = browser.open(&offer(&stage, "person", Format::DcSdJwt), "en").await;
            let arrived = answered(&browser, &arrived, "yes").await.at;
            let found = browser.get("/en/link").await;
            let found = browser.submit(&found, "/link", &[("link", &request(&stage))]).await.at;
            let consent = browser.open(&request(&stage), "en").await.at;
            stage.twist(|twist| {
                twist.query = Some(with_birth_date(&stage));
                twist.beyond_purpose = true;
            });
            let beyond = browser.open(&request(&stage), "en").await.at;
            stage.untwist();
            let result = browser.open(&request(&stage), "en").await;
            let result = answered(&browser, &result, "yes").await.at;
            let history = browser.get("/en/history").await;
            let event = history
                .links()
                .into_iter()
                .find_map(|link| link.strip_prefix("/en/history/"))
                .unwrap()
                .to_owned();
            let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
            let id_of = |name: &str| match name {
                "link-found" => last(&found),
                "offer" => last(&offered),
                "arrived" => last(&arrived),
                "consent" => last(&consent),
                "beyond" => last(&beyond),
                "result" => last(&result),
                "credential" | "explain" | "delete" => id.clone(),
                "receipt" | "erasure" | "complaint" => event.clone(),
                _ => String::new(),
            };
            let css = {
                let link = home.html.split("href=\"/static/portage").nth(1).unwrap();
                let name = link.split('"').next().unwrap();
                browser.get(&format!("/static/portage{name}")).await.html.len()
                    + browser.get("/cards.css").await.html.len()
            };
            let mut seen = 0;
            for page in wallet_cli::PAGES {
                // Whoever is inside is sent home from the door.
                if page.name == "unlock" {
                    continue;
                }
                for language in Language::ALL {
                    let address = page.address_of(&id_of(page.name), language);
                    let shown = browser.get(&address).await;
                    assert_eq!((shown.status, shown.at.as_str()), (200, address.as_str()), "{}", page.name);
                    holds_on_every_page(&shown, language);
                    assert!(shown.html.len() + css <= 40_000, "{}: {} + {css}", page.name, shown.html.len());
                    seen += 1;
                }
            }
            assert_eq!(seen, 2 * (wallet_cli::PAGES.len() - 1));
        })
        .await;
}

/// What every page owes: its language, one heading, a skip link, no message without its words, nothing inline, the headers.
fn holds_on_every_page(shown: &Shown, language: Language) {
    let lang = if language == Language::En { "en-CA" } else { "fr-CA" };
    assert!(shown.html.contains(&format!("<html lang=\"{lang}\"")), "{}", shown.at);
    assert_eq!(shown.html.matches("<h1>").count(), 1, "{}", shown.at);
    assert!(shown.html.contains("href=\"#main\""), "{}", shown.at);
    for missing in ["page_wallet.", "page.", "wallet.", "consent.", "offer."] {
        let words = shown.text();
        let is_key = |word: &str| word.strip_prefix(missing).is_some_and(|name| !name.is_empty());
        assert!(!words.split(' ').any(is_key), "{}: {missing} {words}", shown.at);
    }
    for inline in ["<script", "<style", " style=\"", " onclick", "javascript:"] {
        assert!(!shown.html.contains(inline), "{}: {inline}", shown.at);
    }
    let header = |name: &str| shown.headers[name].to_str().unwrap();
    assert_eq!(header("cache-control"), "no-store", "{}", shown.at);
    assert_eq!(header("referrer-policy"), "no-referrer", "{}", shown.at);
    let policy = header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
}

fn with_birth_date(stage: &Running) -> Value {
    let mut query = usual_query(stage);
    query["credentials"][0]["claims"] =
        json!([{ "path": ["age_over_19"], "values": [true] }, { "path": ["birthdate_dateint"] }]);
    query
}

#[tokio::test]
async fn u01_pages_answer_to_a_loopback_name_with_their_port_and_to_nothing_else() {
    let stage = Running::start().await;
    let citizen = with_person(&stage).await;
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
    let citizen = with_person(&stage).await;
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
    let citizen = with_person(&stage).await;
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
    let citizen = with_person(&stage).await;
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
    let citizen = with_person(&stage).await;
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            let consent = browser.open(&request(&stage), "en").await;
            citizen.wait(599);
            assert_eq!(browser.get(&consent.at).await.at, consent.at);
            citizen.wait(600);
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

#[tokio::test]
async fn w10_no_and_nothing_to_show_both_need_a_person_and_both_send_nothing() {
    let stage = Running::start().await;
    let citizen = with_person(&stage).await;
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
    let citizen = with_person(&stage).await;
    citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            stage.twist(|twist| {
                twist.query = Some(with_birth_date(&stage));
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
async fn an_unknown_service_is_answered_only_with_a_tick_of_its_own() {
    let stage = Running::start().await;
    let citizen = with_person(&stage).await;
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
    let citizen = with_person(&stage).await;
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

/// The text as a QR code in a PNG picture.
fn qr(text: &str) -> Vec<u8> {
    let code = qrcode::QrCode::new(text).unwrap();
    let (width, scale, quiet) = (code.width(), 6, 4);
    let side = (width + 2 * quiet) * scale;
    let dots = code.to_colors();
    let picture = image::GrayImage::from_fn(side as u32, side as u32, |x, y| {
        let (x, y) = (x as usize / scale, y as usize / scale);
        let inside = (quiet..quiet + width).contains(&x) && (quiet..quiet + width).contains(&y);
        let dark = inside && dots[(y - quiet) * width + x - quiet] == qrcode::Color::Dark;
        image::Luma([if dark { 0 } else { 255 }])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
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
    let citizen = with_person(&stage).await;
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

#[tokio::test]
async fn w18_an_address_that_is_not_the_services_own_is_not_offered() {
    let stage = Running::start().await;
    let citizen = with_person(&stage).await;
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

#[tokio::test]
async fn a_copy_is_made_and_taken_in_by_pages_and_a_new_wallet_is_made_by_them() {
    let stage = Running::start().await;
    let citizen = with_person(&stage).await;
    const COPY: &str = "another passphrase";
    let copy = citizen
        .with_pages(&[], async |browser| {
            browser.enter().await;
            let page = browser.get("/en/backup").await;
            let short =
                browser.submit(&page, "/backup/copy", &[("copy", "short"), ("copy_again", "short")]).await;
            assert_eq!(short.status, 422);
            let differs = browser.submit(&page, "/backup/copy", &[("copy", COPY), ("copy_again", "x")]).await;
            assert_eq!(differs.status, 422);
            let request = browser.form(&page, "/backup/copy", &[("copy", COPY), ("copy_again", COPY)]);
            let response = request.send().await.unwrap();
            let disposition = response.headers()["content-disposition"].to_str().unwrap().to_owned();
            assert!(disposition.starts_with("attachment; filename=\"portage-wallet-"), "{disposition}");
            response.bytes().await.unwrap().to_vec()
        })
        .await;
    let other = Citizen::without_wallet(&stage);
    other
        .with_pages(&[], async |browser| {
            let door = browser.get(&browser.opening).await;
            assert!(door.says("Make your wallet"), "{}", door.text());
            let differs = [("passphrase", PASSPHRASE), ("again", "something else")];
            assert_eq!(browser.submit(&door, "/unlock", &differs).await.status, 422);
            let same = [("passphrase", PASSPHRASE), ("again", PASSPHRASE)];
            let home = browser.submit(&door, "/unlock", &same).await;
            assert!(home.says("Your wallet is empty."), "{}", home.text());
            let page = browser.get("/en/backup").await;
            let wrong = [("restore_passphrase", "not this one")];
            let refused = browser.upload(&page, "/backup/restore", ("file", copy.clone()), &wrong).await;
            assert_eq!(refused.status, 422);
            let mut damaged = copy.clone();
            damaged[20] ^= 1;
            let right = [("restore_passphrase", COPY)];
            let refused = browser.upload(&page, "/backup/restore", ("file", damaged), &right).await;
            assert!(
                refused.says("vault_corrupt") || refused.says("vault_params_not_allowed"),
                "{}",
                refused.text()
            );
            let restored = browser.upload(&page, "/backup/restore", ("file", copy.clone()), &right).await;
            assert!(restored.says("Imported. New: 1; already there: 0."), "{}", restored.text());
            let home = browser.get("/en").await;
            let delete =
                home.links().into_iter().find(|link| link.contains("/credential/")).unwrap().to_owned();
            let page = browser.get(&format!("{delete}/delete")).await;
            let home = browser.submit(&page, "/delete", &[]).await;
            assert!(home.says("Your wallet is empty."), "{}", home.text());
        })
        .await;
}
