//! The main story in both languages, and a wallet that moves: told by pages alone.

use portage_catalog::Format;

use super::{answered, sent};
use crate::{
    citizen::{Citizen, PASSPHRASE},
    issuer_side::offer,
    stage::Running,
    story::answer_of,
    verifier_side::request,
};

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

#[tokio::test]
async fn a_copy_is_made_and_taken_in_by_pages_and_a_new_wallet_is_made_by_them() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
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
