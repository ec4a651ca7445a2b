//! The authority's page: for a journalist or a privacy commissioner.

use crate::{
    checks,
    driver::{View, with_tab},
    scene::Party,
};

#[tokio::test]
async fn what_services_may_ask_is_read_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "--name-en",
        "Province of British Columbia",
        "--name-fr",
        "Province de la Colombie-Britannique",
        "--jurisdiction",
        "CA-BC",
    ];
    let province = Party::init("authority", folder.path(), "province", &arguments);
    let _served = province.serve();
    for (view, heading) in [
        (View::ENGLISH, "Province of British Columbia"),
        (View::FRENCH.without_scripts().narrow(), "Province de la Colombie-Britannique"),
    ] {
        with_tab(view, async |tab| {
            tab.goto(&province.url()).await;
            tab.must_say(heading).await;
            checks::page(tab, "the authority's page").await;
            // The other language is one link away, by keyboard, with scripts or without.
            tab.follow(if view.language == "en" { "Français" } else { "English" }).await;
            assert!(!tab.says(heading).await);
        })
        .await;
    }
}
