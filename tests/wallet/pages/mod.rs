//! The wallet's pages, as a browser without scripts sees them: the main story in both languages, and what each page refuses, beside its accepted
//! twin.

mod consent;
mod doors;
mod every_page;
mod links;
mod story;

use crate::{
    browser::{Browser, Shown},
    stage::Running,
};

/// What was posted to the market.
fn sent(stage: &Running) -> usize {
    stage.take_seen().iter().filter(|seen| seen.url.ends_with("/response")).count()
}

async fn answered(browser: &Browser, page: &Shown, answer: &str) -> Shown {
    let at = page.at.clone();
    browser.submit(page, &at, &[("answer", answer)]).await
}
