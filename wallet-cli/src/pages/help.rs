//! How the wallet works, in a few questions.

use std::sync::Arc;

use axum::{Extension, extract::State, http::HeaderMap, response::Response};
use maud::html;
use portage_web::page::{Page, Words};

use super::{Desk, HELP, SITE, visit::lock_button};

/// Questions and answers: `page_wallet.help_<name>` and `page_wallet.help_<name>_answer`.
const QUESTIONS: [&str; 8] = ["what", "where", "add", "show", "who_knows", "lost", "wrong", "without"];

/// `GET /help`: for anybody who reaches the address.
pub(super) async fn page(
    State(desk): State<Arc<Desk>>,
    Extension(words): Extension<Words>,
    headers: HeaderMap,
) -> Response {
    let body = html! {
        @for question in QUESTIONS {
            h2 { (words.say(&format!("page_wallet.help_{question}"))) }
            p { (words.say(&format!("page_wallet.help_{question}_answer"))) }
        }
    };
    let page = Page::new(&SITE, &words, HELP.path, "page_wallet.help_title").with_body(body);
    let session = desk.sessions.of(&headers, desk.now());
    match session.filter(|_| desk.is_unlocked()) {
        Some(session) => page.with_menu(lock_button(&words, session.token())).answer(),
        None => page.answer(),
    }
}
