//! What came of it: a code on the screen, a link, or files to print and post.

use std::{fmt::Write, sync::Arc};

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use portage_issuer::ClerkStore;
use portage_service::staff::{Role, Visit};
use portage_web::page::{Notice, link_button, notice, plain_link_button, problem, qr_code, summary_list};

use super::{Desk, HOME, How, MADE, Made, What, line, only};
use crate::paper::Paper;

/// `GET /made/{id}`.
pub(super) async fn page<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    only(&visit, &[Role::Clerk])?;
    let made = found(&desk, &visit, &id)?;
    let words = &visit.words;
    let count = u64::try_from(made.posted.len()).unwrap_or(u64::MAX);
    let done = words.count("page_clerk.made_count", count, &[]);
    let counts = [("page_clerk.rows_unchanged", made.unchanged), ("page_clerk.rows_refused", made.refused)];
    let counts: Vec<_> = counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(key, count)| (words.say(key), html! { (words.number(count)) }))
        .collect();
    let body = html! {
        (notice(if made.posted.is_empty() { Notice::Warning } else { Notice::Done }, &done, html! {
            @if made.posted.is_empty() { (line(&visit, "page_clerk.made_nothing")) }
            @if !counts.is_empty() { (summary_list(&counts)) }
        }, words))
        @if !made.posted.is_empty() { (handed_out(&made, &id, &visit)) }
        p { a href=(visit.href(HOME)) { (words.say("page_clerk.back_types")) } }
    };
    let path = MADE.path_of(&id);
    Ok(visit.page(&path, "page_clerk.made_title").with_body(body).answer())
}

fn found<S>(desk: &Desk<S>, visit: &Visit, id: &str) -> Result<Arc<Made>, Response> {
    match desk.clerk.kept(&visit.signed().name, id, visit.now()) {
        Some(What::Made(made)) => Ok(made),
        _ => Err(visit.not_here()),
    }
}

fn handed_out(made: &Made, id: &str, visit: &Visit) -> Markup {
    let words = &visit.words;
    let file = |name: &str| format!("{}/{name}", visit.href_of(MADE, id));
    let has_codes = made.posted.iter().any(|posted| posted.tx_code().is_some());
    match (made.how, made.posted.as_slice()) {
        (How::Letter, _) => html! {
            p { (words.say("page_clerk.letters_lead")) }
            div class="actions" {
                (link_button(&file("letters.pdf"), &words.say("page_clerk.letters_get")))
                @if has_codes { (plain_link_button(&file("codes.pdf"), &words.say("page_clerk.codes_get"))) }
            }
            @if has_codes { p { (words.say("page_clerk.codes_apart")) } }
        },
        (how, [one]) => html! {
            @if how == How::Screen {
                p { (words.say("page_clerk.screen_lead")) }
                @if let Some(code) = qr_code(one.link(), &words.say("page_clerk.qr_label")) { (code) }
            }
            h2 { (words.say("page_clerk.link")) }
            p class="link" translate="no" { code { (one.link()) } }
            @if let Some(code) = one.tx_code() {
                h2 { (words.say("page_clerk.tx_code")) }
                p class="big" translate="no" { (code) }
                p { (words.say("page_clerk.tx_code_once")) }
            } @else if one.asks_code() { p { (words.say("page_clerk.tx_code_before")) } }
        },
        _ => html! {
            p { (words.say("page_clerk.links_lead")) }
            div class="actions" {
                (link_button(&file("links.csv"), &words.say("page_clerk.links_get")))
                @if has_codes { (plain_link_button(&file("codes.csv"), &words.say("page_clerk.codes_list_get"))) }
            }
            @if has_codes { p { (words.say("page_clerk.codes_apart")) } }
        },
    }
}

/// `GET /made/{id}/letters.pdf`, `codes.pdf`, `links.csv`, `codes.csv`.
pub(super) async fn file<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, Response> {
    only(&visit, &[Role::Clerk])?;
    let made = found(&desk, &visit, &id)?;
    match name.as_str() {
        "links.csv" => Ok(download(
            table(&made, "link", |posted| Some(posted.link())).into(),
            "text/csv; charset=utf-8",
            &name,
        )),
        "codes.csv" => Ok(download(
            table(&made, "code", |posted| posted.tx_code()).into(),
            "text/csv; charset=utf-8",
            &name,
        )),
        "letters.pdf" | "codes.pdf" if made.how == How::Letter => {
            let clerk = desk.clerk.clone();
            let is_letters = name == "letters.pdf";
            let written = tokio::task::spawn_blocking(move || {
                let paper =
                    Paper { office: &clerk.office, credential_type: &made.credential_type, now: made.at };
                if is_letters {
                    paper.letters(&made.posted).map(Some)
                } else {
                    paper.code_sheets(&made.posted)
                }
            });
            match written.await {
                Ok(Ok(Some(pdf))) => Ok(download(pdf, "application/pdf", &name)),
                Ok(Ok(None)) => Err(visit.not_here()),
                Ok(Err(error)) => {
                    tracing::error!(error = %error, "the letters were not made");
                    Err(problem(StatusCode::INTERNAL_SERVER_ERROR, visit.words.language()))
                }
                Err(_panicked) => Err(problem(StatusCode::INTERNAL_SERVER_ERROR, visit.words.language())),
            }
        }
        _ => Err(visit.not_here()),
    }
}

/// References are hexadecimal, links and codes have no comma: nothing has to be quoted, and nothing is a formula.
fn table<'m>(
    made: &'m Made,
    column: &str,
    value: impl Fn(&'m crate::paper::Posted) -> Option<&'m str>,
) -> String {
    let mut text = format!("reference,{column}\r\n");
    for posted in &made.posted {
        if let Some(value) = value(posted) {
            // Err: a String takes everything.
            let _ = write!(text, "{},{value}\r\n", posted.reference());
        }
    }
    text
}

pub(super) fn download(content: Vec<u8>, kind: &'static str, name: &str) -> Response {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment"))),
    ];
    (headers, content).into_response()
}
