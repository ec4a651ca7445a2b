//! The story of the main job at the wallet's pages: by keyboard alone and without scripts, in both languages.

use portage_catalog::Format;
use serde_json::json;

use super::{Hand, every_page::with_names};
use crate::{
    browser::Browser,
    citizen::{Citizen, PASSPHRASE},
    driver::{Tab, View, with_tab},
    issuer_side::{offer, offer_of, origin_of},
    stage::Running,
    verifier_side::{query_with_birth_date, request},
};

/// The passphrase of the copy.
const COPY: &str = "another passphrase";

#[tokio::test]
async fn the_main_story_is_told_by_pages_by_keyboard_without_scripts_in_english() {
    tell(View::ENGLISH.without_scripts()).await;
}

#[tokio::test]
async fn the_main_story_is_told_by_pages_by_keyboard_without_scripts_in_french() {
    tell(View::FRENCH.without_scripts()).await;
}

async fn tell(view: View) {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    citizen.trust(&with_names(&stage)).await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.portage");
    at_the_wallet(&citizen, view, async |hand| {
        hand.unlock().await;
        hand.must_say("home_empty").await;
        accept(hand, &stage, &folder.path().join("code.png")).await;
        present(hand, &stage).await;
        beyond(hand, &stage).await;
        refusals(hand, &stage, &citizen).await;
        afterwards(hand).await;
        hand.follow("menu_backup").await;
        hand.fill("copy_passphrase", COPY).await;
        hand.fill("passphrase_again", COPY).await;
        let made = hand.tab.download(&hand.say("copy_make")).await;
        std::fs::write(&copy, made).unwrap();
        hand.follow("lock").await;
        hand.must_say("unlock_title").await;
        hand.goto("/history").await;
        hand.must_say("unlock_title").await;
    })
    .await;
    at_the_wallet(&Citizen::without_wallet(&stage), view, async |hand| {
        hand.must_say("new_lead").await;
        hand.fill("new_passphrase", PASSPHRASE).await;
        hand.fill("passphrase_again", PASSPHRASE).await;
        hand.follow("new_make").await;
        hand.follow("menu_backup").await;
        hand.tab.choose_file(&hand.say("restore_file"), &copy).await;
        hand.fill("restore_passphrase", COPY).await;
        hand.follow("restore_make").await;
        hand.must_say("restored").await;
        hand.goto("").await;
        assert_eq!(hand.links_with("/credential/").await.len(), 2, "both credentials are back");
    })
    .await;
}

async fn at_the_wallet(citizen: &Citizen, view: View, story: impl AsyncFn(&Hand<'_>)) {
    citizen
        .with_pages(&[], async |browser: Browser| {
            with_tab(view, async |tab: &Tab| {
                let hand = Hand::at(tab, &browser);
                hand.arrive(&browser).await;
                story(&hand).await;
            })
            .await;
        })
        .await;
}

/// An offer by link with its code, and one by a picture of its QR code.
async fn accept(hand: &Hand<'_>, stage: &Running, picture: &std::path::Path) {
    stage.twist(|twist| twist.tx_code = Some("493536".to_owned()));
    hand.open_offer(&offer(stage, "person", Format::DcSdJwt)).await;
    hand.fill("code_field", "000000").await;
    hand.follow("offer_yes").await;
    hand.must_say("code_wrong").await;
    hand.fill("code_field", "493536").await;
    hand.follow("offer_yes").await;
    hand.must_say("arrived_checked").await;
    hand.follow("arrived_yes").await;
    hand.must_say("kept_title").await;
    stage.untwist();
    std::fs::write(picture, crate::qr::png(&offer(stage, "business-licence", Format::DcSdJwt))).unwrap();
    hand.follow("menu_link").await;
    hand.tab.choose_file(&hand.say("picture_field"), picture).await;
    hand.follow("link_read").await;
    hand.follow("found_offer_go").await;
    hand.follow("offer_yes").await;
    hand.follow("arrived_yes").await;
    hand.must_say("kept_title").await;
}

/// Yes and no.
async fn present(hand: &Hand<'_>, stage: &Running) {
    hand.open_request(&request(stage)).await;
    hand.must_say("not_learn").await;
    hand.follow("no").await;
    hand.must_say("declined_title").await;
    hand.open_request(&request(stage)).await;
    hand.follow("yes").await;
    hand.must_say("sent_title").await;
}

/// More than the purpose allows: a second page, and a tick for each.
async fn beyond(hand: &Hand<'_>, stage: &Running) {
    let query = query_with_birth_date(stage);
    stage.twist(|twist| {
        twist.query = Some(query);
        twist.beyond_purpose = true;
    });
    hand.open_request(&request(stage)).await;
    hand.must_say("warn_beyond").await;
    hand.follow("yes_beyond").await;
    hand.follow("beyond_yes").await;
    hand.must_say("beyond_missing").await;
    hand.tab.tick(&hand.say("beyond_tick")).await;
    hand.follow("beyond_yes").await;
    hand.must_say("sent_title").await;
    stage.untwist();
}

/// What a person reads where it does not hold.
async fn refusals(hand: &Hand<'_>, stage: &Running, citizen: &Citizen) {
    let stranger = offer_of(&origin_of(&stage.world.attacker), "person", Format::DcSdJwt, false);
    hand.open_offer(&stranger).await;
    hand.must_say("offer_refused").await;
    hand.must_say("offer_unknown_todo").await;
    // The list that the wallet has is over.
    citizen.wait(2);
    stage.twist(|twist| twist.revoked = vec![portage_testkit::world::STATUS_INDEX]);
    hand.open_request(&request(stage)).await;
    assert!(hand.tab.says(if hand.language.tag() == "fr" { "a été révoqué" } else { "was withdrawn" }).await);
    hand.follow("no").await;
    stage.untwist();
    stage.twist(|twist| {
        twist.request = Some(Box::new(|draft| {
            draft.claims["iat"] = json!(1_000);
            draft.claims["exp"] = json!(1_300);
        }));
    });
    hand.open_request(&request(stage)).await;
    hand.must_say("request_refused_title").await;
    stage.untwist();
}

/// History, receipt, letter, complaint.
async fn afterwards(hand: &Hand<'_>) {
    hand.follow("menu_history").await;
    hand.follow("receipt").await;
    hand.must_say("promised").await;
    hand.follow("erasure_go").await;
    hand.must_say("letter_why").await;
    hand.follow("back_receipt").await;
    hand.follow("complaint_go").await;
    hand.follow("complaint_choose").await;
    hand.must_say("complaint_lead").await;
}
