//! The story with a licence of a city's real register, on a day when it was valid.

use serde_json::json;
use xtask::story::{self, Plot};

/// The first record of the file that has a trade name and ends on this day: its key and its trade name.
fn record_ending_on(register: &str, day: &str) -> Option<(String, String)> {
    let mut lines = register.trim_start_matches('\u{feff}').lines();
    let columns: Vec<_> = lines.next()?.split(';').collect();
    let column = |name: &str| columns.iter().position(|column| *column == name);
    let (key, trade_name, until) =
        (column("LicenceRSN")?, column("BusinessTradeName")?, column("ExpiredDate")?);
    lines.find_map(|line| {
        let cells: Vec<_> = line.split(';').collect();
        (cells.get(until) == Some(&day) && !cells.get(trade_name)?.is_empty())
            .then(|| Some((cells.get(key)?.to_string(), cells.get(trade_name)?.to_string())))
            .flatten()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_is_told_with_a_licence_of_a_real_register() {
    let Some(file) = super::shared("data/vancouver-restaurant-licences.csv") else { return };
    let register = std::fs::read_to_string(&file).expect("the register");
    let (key, trade_name) = record_ending_on(&register, "2025-12-31").expect("a licence valid in 2025");
    let offer = ["--from", file.to_str().expect("a UTF-8 path"), "--record", &key, "--as-of", "2025-10-01"];
    let plot = Plot {
        clock: Some("2025-10-01T19:00:00Z".parse().expect("an instant")),
        licence_from_register: Some(offer.map(str::to_owned).to_vec()),
        ..Plot::default()
    };
    let (story, world) =
        story::play(&portage_tests::programs(), &plot, &|_| {}).await.expect("the story is told to its end");
    let decisions: Vec<_> = story.decisions.iter().map(|decision| decision.decision.as_str()).collect();
    assert_eq!(decisions, ["accepted", "rejected"]);
    assert_eq!(
        story.decisions.first().map(|decision| &decision.claims["licence"]),
        Some(&json!({"credentialSubject": {"trade_name": trade_name}}))
    );
    world.stop().await.expect("every service stops when asked");
}
