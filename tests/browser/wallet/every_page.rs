//! Every page of the wallet with something on it, and what each of them refuses: held to [`checks`].

use std::collections::BTreeSet;

use portage_catalog::Format;
use portage_testkit::world::STATUS_INDEX;
use serde_json::{Value, json};

use super::Hand;
use crate::{
    browser::Browser,
    checks,
    citizen::{Citizen, PASSPHRASE, entry, trust},
    driver::{View, with_tab},
    issuer_side::{offer, offer_of, origin_of},
    stage::Running,
    verifier_side::{query_with_birth_date, request, usual_query},
};

#[tokio::test]
async fn every_page_of_the_wallet_holds_in_english() {
    walk(View::ENGLISH).await;
}

#[tokio::test]
async fn every_page_of_the_wallet_holds_in_french() {
    walk(View { dark: true, ..View::FRENCH }).await;
}

/// What was looked at, and what is wrong with it.
struct Walk<'h> {
    hand: Hand<'h>,
    stage: &'h Running,
    citizen: &'h Citizen,
    found: Vec<String>,
    seen: BTreeSet<&'static str>,
}

async fn walk(view: View) {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    citizen.trust(&with_names(&stage)).await;
    for (kind, format) in [
        ("person", Format::DcSdJwt),
        ("business-licence", Format::VcSdJwt),
        ("operator-card", Format::LdpVc),
        ("person", Format::DcSdJwt),
    ] {
        citizen.accept(&offer(&stage, kind, format)).await;
    }
    citizen
        .with_pages(&[], async |browser| {
            with_tab(view, async |tab| {
                let hand = Hand::at(tab, &browser);
                let mut walk =
                    Walk { hand, stage: &stage, citizen: &citizen, found: Vec::new(), seen: BTreeSet::new() };
                walk.door(&browser).await;
                walk.offers().await;
                walk.refused_offers().await;
                walk.requests().await;
                walk.more_than_asked().await;
                walk.refused_requests().await;
                walk.credential().await;
                walk.afterwards().await;
                walk.rest().await;
                citizen.wait(601);
                walk.hand.goto("").await;
                walk.hand.must_say("timed_out").await;
                walk.see("unlock", "after the idle time").await;
                let unseen =
                    wallet_cli::PAGES.iter().map(|page| page.name).filter(|name| !walk.seen.contains(name));
                assert_eq!(unseen.collect::<Vec<_>>(), Vec::<&str>::new(), "pages that the walk left out");
                assert!(walk.found.is_empty(), "{}", walk.found.join("\n"));
            })
            .await;
        })
        .await;
    first_opening(view, &stage).await;
}

/// The trust list, its issuers under the names that people know them by.
pub(super) fn with_names(stage: &Running) -> Value {
    let mut list = trust(stage, true);
    for (who, en, fr) in [
        (&stage.world.province, "Province of British Columbia", "Province de la Colombie-Britannique"),
        (&stage.world.city, "City of Vancouver", "Ville de Vancouver"),
        (&stage.world.federal, "Transport Canada", "Transports Canada"),
    ] {
        entry(&mut list, who.did.as_str())["name"] = json!({ "en": en, "fr": fr });
    }
    list
}

/// Where there is no wallet yet.
async fn first_opening(view: View, stage: &Running) {
    Citizen::without_wallet(stage)
        .with_pages(&[], async |browser| {
            with_tab(view, async |tab| {
                let hand = Hand::at(tab, &browser);
                hand.arrive(&browser).await;
                let mut found = checks::look_at(tab, "unlock: make a wallet").await;
                hand.fill("new_passphrase", PASSPHRASE).await;
                hand.follow("new_make").await;
                found.extend(checks::look_at(tab, "unlock: the two differ").await);
                hand.fill("new_passphrase", PASSPHRASE).await;
                hand.fill("passphrase_again", PASSPHRASE).await;
                hand.follow("new_make").await;
                hand.must_say("home_empty").await;
                found.extend(checks::look_at(tab, "home: empty").await);
                assert!(found.is_empty(), "{}", found.join("\n"));
            })
            .await;
        })
        .await;
}

impl Walk<'_> {
    /// Looks at the page that is open.
    async fn see(&mut self, page: &'static str, what: &str) {
        self.seen.insert(page);
        let name = format!("{page}: {what}");
        self.found.extend(checks::look_at(self.hand.tab, &name).await);
        picture(&self.hand, &name).await;
    }

    async fn door(&mut self, browser: &Browser) {
        self.hand.goto("").await;
        self.hand.must_say("door_title").await;
        self.see("home", "without the link").await;
        self.hand.arrive(browser).await;
        self.see("unlock", "as it is").await;
        self.hand.fill("passphrase", "not this one").await;
        self.hand.follow("unlock").await;
        self.hand.must_say("unlock_wrong").await;
        self.see("unlock", "a wrong passphrase").await;
        self.hand.unlock().await;
        self.see("home", "several types").await;
        self.hand.goto("/nothing-here").await;
        self.see("home", "an address without a page").await;
        self.hand.goto("").await;
    }

    async fn offers(&mut self) {
        self.stage.twist(|twist| twist.tx_code = Some("493536".to_owned()));
        let link = offer(self.stage, "person", Format::DcSdJwt);
        self.hand.follow("menu_link").await;
        self.see("link", "empty").await;
        self.hand.follow("link_read").await;
        self.see("link", "nothing given").await;
        self.hand.paste(&link).await;
        self.see("link-found", "an offer").await;
        self.hand.follow("found_offer_go").await;
        self.see("offer", "with a code").await;
        self.hand.fill("code_field", "000000").await;
        self.hand.follow("offer_yes").await;
        self.hand.must_say("code_wrong").await;
        self.see("offer", "a wrong code").await;
        self.hand.fill("code_field", "493536").await;
        self.hand.follow("offer_yes").await;
        self.see("arrived", "a person").await;
        self.hand.follow("arrived_yes").await;
        self.see("result", "kept").await;
        self.stage.untwist();
        for (kind, format) in [("business-licence", Format::DcSdJwt), ("operator-card", Format::LdpVc)] {
            self.hand.open_offer(&offer(self.stage, kind, format)).await;
            self.see("offer", kind).await;
            self.hand.follow("offer_yes").await;
            self.see("arrived", kind).await;
            self.hand.follow("arrived_no").await;
        }
        self.see("result", "not kept").await;
    }

    async fn refused_offers(&mut self) {
        let stranger = offer_of(&origin_of(&self.stage.world.attacker), "person", Format::DcSdJwt, false);
        self.hand.open_offer(&stranger).await;
        self.see("result", "an issuer nobody knows").await;
        self.stage.twist(|twist| twist.forged = true);
        self.hand.open_offer(&offer(self.stage, "person", Format::DcSdJwt)).await;
        self.hand.follow("offer_yes").await;
        self.see("result", "a credential with another signature").await;
        self.stage.untwist();
    }

    async fn requests(&mut self) {
        let link = request(self.stage);
        self.hand.paste(&link).await;
        self.see("link-found", "a request").await;
        self.hand.follow("found_request_go").await;
        self.see("consent", "for a purpose that is known").await;
        self.hand.follow("yes").await;
        self.hand.must_say("sent_title").await;
        self.see("result", "sent").await;
        self.hand.open_request(&link).await;
        self.hand.follow("no").await;
        self.see("result", "the person said no").await;
    }

    async fn more_than_asked(&mut self) {
        let mut query = usual_query(self.stage);
        let licence = &self.stage.world.credential_type("business-licence").type_iri;
        let more = json!({ "id": "card", "format": "dc+sd-jwt", "meta": { "vct_values": [self.stage.world.credential_type("person").vct] },
            "claims": [{ "path": ["given_names"] }] });
        let other = json!({ "id": "licence", "format": "vc+sd-jwt", "meta": { "type_values": [[licence]] },
            "claims": [{ "path": ["credentialSubject", "trade_name"] }] });
        query["credentials"].as_array_mut().unwrap().extend([more, other]);
        query["credential_sets"] = json!([
            { "options": [["person"]] }, { "options": [["card"]], "required": false }, { "options": [["licence"]], "required": false }
        ]);
        self.stage.twist(|twist| {
            twist.query = Some(query);
            twist.unvouched = true;
        });
        self.hand.open_request(&request(self.stage)).await;
        self.see("consent", "optional claims").await;
        self.hand.follow("yes").await;
        self.see("consent", "an unknown purpose without its tick").await;
        self.hand.goto("").await;
        self.stage.untwist();
        let query = query_with_birth_date(self.stage);
        self.stage.twist(|twist| {
            twist.query = Some(query);
            twist.beyond_purpose = true;
        });
        self.hand.open_request(&request(self.stage)).await;
        self.see("consent", "beyond the purpose").await;
        self.hand.follow("yes_beyond").await;
        self.see("beyond", "as it is").await;
        self.hand.follow("beyond_yes").await;
        self.see("beyond", "without its ticks").await;
        self.hand.follow("no").await;
        self.stage.untwist();
    }

    async fn refused_requests(&mut self) {
        // The list that the wallet has is over.
        self.citizen.wait(2);
        self.stage.twist(|twist| twist.revoked = vec![STATUS_INDEX]);
        self.hand.open_request(&request(self.stage)).await;
        let withdrawn = if self.hand.language.tag() == "fr" { "a été révoqué" } else { "was withdrawn" };
        self.hand.tab.must_say(withdrawn).await;
        self.see("consent", "what was withdrawn").await;
        self.stage.untwist();
        let mut query = usual_query(self.stage);
        query["credentials"][0]["claims"] = json!([{ "path": ["age_over_19"], "values": [false] }]);
        self.stage.twist(|twist| {
            twist.query = Some(query);
            twist.beyond_purpose = true;
        });
        self.hand.open_request(&request(self.stage)).await;
        self.see("consent", "nothing fits").await;
        self.stage.untwist();
        self.stage.twist(|twist| twist.forged_request = true);
        self.hand.open_request(&request(self.stage)).await;
        self.see("result", "a request with another signature").await;
        self.stage.untwist();
        self.stage.twist(|twist| {
            twist.answers.insert("/response".to_owned(), (500, Vec::new(), String::new()));
        });
        self.hand.open_request(&request(self.stage)).await;
        self.hand.follow("yes").await;
        self.see("result", "the service failed").await;
        self.stage.untwist();
    }

    async fn credential(&mut self) {
        let all = self.hand.links_with("/credential/").await;
        for (at, path) in all.iter().enumerate() {
            self.hand.goto(path).await;
            self.see("credential", &format!("number {at}")).await;
        }
        let path = all.first().expect("a credential");
        self.hand.goto(&format!("{path}/explain")).await;
        self.see("explain", "as it is").await;
        self.hand.goto(&format!("{path}/delete")).await;
        self.see("delete", "as it is").await;
    }

    async fn afterwards(&mut self) {
        self.hand.follow("menu_history").await;
        self.see("history", "after all this").await;
        let receipts = self.hand.links_with("/history/").await;
        let receipt = receipts.last().expect("a receipt").clone();
        self.hand.goto(&receipt).await;
        self.see("receipt", "as it is").await;
        self.hand.follow("erasure_go").await;
        self.see("erasure", "as it is").await;
        self.hand.goto(&format!("{receipt}/complaint")).await;
        self.see("complaint", "as it is").await;
        self.hand.follow("complaint_choose").await;
        self.see("complaint", "chosen").await;
    }

    async fn rest(&mut self) {
        self.hand.follow("menu_backup").await;
        self.see("backup", "as it is").await;
        self.hand.follow("copy_make").await;
        self.see("backup", "without a passphrase").await;
        self.hand.follow("sheet_go").await;
        self.see("sheet", "as it is").await;
        self.hand.follow("menu_settings").await;
        self.see("settings", "as it is").await;
        self.hand.follow("menu_help").await;
        self.see("help", "as it is").await;
    }
}

/// Leaves a picture of the page in the folder that `PORTAGE_PICTURES` names, for somebody to look at.
async fn picture(hand: &Hand<'_>, name: &str) {
    let Some(folder) = std::env::var_os("PORTAGE_PICTURES") else { return };
    let name = format!("{}-{}.png", hand.language.tag(), name.replace([':', ' '], "-"));
    std::fs::write(std::path::Path::new(&folder).join(name), hand.tab.picture().await)
        .expect("a picture is written");
}
