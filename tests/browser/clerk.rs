//! An issuer's clerks, the approver beside them and the auditor: by keyboard alone, in both languages, with scripts and without.

use portage_catalog::{Language, message};
use serde_json::Value;

use crate::{
    checks,
    driver::{Tab, View, with_tab},
    scene::Party,
};

const COLUMNS: &str = "LicenceRSN,LicenceNumber,BusinessName,BusinessTradeName,IssuedDate,ExpiredDate,BusinessType,House,Street,City,Province,PostalCode,Country";

struct Office {
    city: Party,
    language: Language,
}

impl Office {
    /// Somebody new of this role, who comes in with a link.
    async fn enter(&self, tab: &Tab, role: &str) {
        let name = format!("{role}-{}", self.language.tag());
        let told = self.city.does(&["staff", "add", &name, "--role", role, "--code"]);
        let told: Value = serde_json::from_str(&told).expect("JSON");
        tab.goto(told["open"].as_str().expect("a link")).await;
    }

    fn say(&self, key: &str) -> String {
        message(&format!("page_clerk.{key}"), self.language, &[])
    }
}

#[tokio::test]
async fn a_register_with_faults_becomes_offers_and_the_trail_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("register.csv");
    let row = |key: &str, until: &str| {
        format!(
            "{key},24-{key},Canary Books,Trade,2024-01-02,{until},Restaurant,1,A ST,Vancouver,BC,V5Y 1V4,CA"
        )
    };
    let rows = [row("1", "2027-12-31"), row("2", "2020-12-31")].join("\n");
    std::fs::write(&file, format!("{COLUMNS}\n{rows}\n")).expect("written");
    let city = Party::init("issuer", folder.path(), "city", &["--types", "business-licence"]);
    let _served = city.serve();
    let mut office = Office { city, language: Language::En };
    for (view, language) in [(View::ENGLISH, Language::En), (View::FRENCH.without_scripts(), Language::Fr)] {
        office.language = language;
        let say = |key: &str| office.say(key);
        with_tab(view, async |tab| {
            office.enter(tab, "clerk").await;
            checks::page(tab, "the types").await;
            let type_name = if language == Language::En {
                "Business Licence"
            } else {
                "Permis d’exploitation d’entreprise"
            };
            tab.follow(&message("page_clerk.offer_go", language, &[("type", type_name)])).await;
            checks::page(tab, "an offer to one person").await;
            tab.follow(&say("offer_make")).await;
            tab.must_say(&say("record_missing")).await;
            checks::page(tab, "an offer with errors").await;
            tab.follow(&say("menu_types")).await;
            tab.follow(&message("page_clerk.register_go", language, &[("type", type_name)])).await;
            checks::page(tab, "a register").await;
            tab.fill(&say("file"), file.to_str().expect("a path")).await;
            tab.follow(&say("file_look")).await;
            tab.must_say("ExpiredDate").await;
            checks::page(tab, "what is in a register").await;
            tab.tick(&say("how_links")).await;
            tab.follow(&say("offer_rows_make")).await;
            tab.must_say("credential_offer_uri").await;
            checks::page(tab, "what was offered").await;
            tab.follow(&say("menu_find")).await;
            tab.fill(&say("record"), "1").await;
            tab.follow(&say("find_go")).await;
            checks::page(tab, "a record found").await;
            tab.follow(type_name).await;
            checks::page(tab, "a record").await;
        })
        .await;
        with_tab(view, async |tab| {
            office.enter(tab, "approver").await;
            tab.follow(&say("menu_waiting")).await;
            tab.must_say(&say("waiting_none")).await;
            checks::page(tab, "what waits").await;
            tab.follow(&say("menu_trail")).await;
            tab.must_say(&message("page_staff.not_yours", language, &[])).await;
        })
        .await;
        with_tab(view, async |tab| {
            office.enter(tab, "auditor").await;
            tab.follow(&say("menu_trail")).await;
            tab.must_say(&say("act_offered")).await;
            checks::page(tab, "the trail").await;
        })
        .await;
    }
}
