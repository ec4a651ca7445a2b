//! What holds on every page, whatever it is about.

use portage_catalog::{Format, Language};

use super::answered;
use crate::{
    browser::Shown,
    citizen::Citizen,
    issuer_side::offer,
    stage::Running,
    verifier_side::{query_with_birth_date, request},
};

/// And each is there in both languages, light, and framed by nobody.
#[tokio::test]
async fn u07_every_page_says_no_store_and_no_referrer() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
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
                twist.query = Some(query_with_birth_date(&stage));
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
