//! The trail: who did what to which record, and when. For the auditor.

use std::fmt::Write;

use axum::{
    extract::{Query, Request, State},
    response::Response,
};
use maud::{Markup, html};
use portage_issuer::{ClerkStore, TrailEntry};
use portage_service::staff::{Role, Visit};
use portage_web::page::{button, form};
use serde::Deserialize;

use super::{
    Desk, TRAIL, failed, made, only,
    record::{change_word, why_word},
};

/// Lines of a page.
const PAGE: u32 = 50;
/// Lines that an export reads at once, and most that it has.
const EXPORT: u32 = 1_000;
const MOST_EXPORTED: usize = 100_000;

/// Where a page of the trail begins: numbers of lines, nothing else.
#[derive(Deserialize)]
pub(super) struct From {
    before: Option<i64>,
}

/// `GET /trail`.
pub(super) async fn page<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Query(from): Query<From>,
) -> Result<Response, Response> {
    only(&visit, &[Role::Auditor])?;
    let words = &visit.words;
    let entries = desk.service.issuer.store().trail(None, from.before, PAGE).await;
    let entries = entries.map_err(|error| failed(&error, &visit))?;
    let older = entries.last().filter(|last| last.number > 1).map(|last| last.number);
    let body = html! {
        p class="lead" { (words.say("page_clerk.trail_lead")) }
        @if entries.is_empty() { p { (words.say("page_clerk.trail_none")) } }
        ol class="trail" reversed start=[entries.first().map(|first| first.number)] {
            @for entry in &entries { li { (one(entry, &visit)) } }
        }
        @if let Some(before) = older {
            p { a href={ (visit.href(TRAIL)) "?before=" (before) } { (words.say("page_clerk.trail_older")) } }
        }
        h2 { (words.say("page_clerk.export_title")) }
        p { (words.say("page_clerk.export_why")) }
        (form(&format!("{}/export", visit.href(TRAIL)), visit.token(), button(&words.say("page_clerk.export_go"))))
    };
    Ok(visit.page(TRAIL.path, "page_clerk.trail_title").with_body(body).answer())
}

fn one(entry: &TrailEntry, visit: &Visit) -> Markup {
    let words = &visit.words;
    html! {
        strong { (words.say(&format!("page_clerk.act_{}", entry.act.name()))) }
        @if let Some(change) = entry.change { ": " (change_word(change, visit)) }
        @if let Some(why) = entry.why { " (" (why_word(why, visit)) ")" }
        br;
        span translate="no" { (entry.who) } ", " (words.instant(entry.at))
        @if let Some(reference) = &entry.reference { br; code translate="no" { (reference.as_str()) } }
    }
}

/// `POST /trail/export`: a line of the trail, too.
pub(super) async fn export<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    request: Request,
) -> Result<Response, Response> {
    only(&visit, &[Role::Auditor])?;
    visit.form(request).await?;
    let store = desk.service.issuer.store();
    let who = visit.signed().name.as_str().to_owned();
    store.note_export(who, visit.now()).await.map_err(|error| failed(&error, &visit))?;
    let mut text = String::from("number,at,who,act,change,why,reference\r\n");
    let (mut before, mut count) = (None, 0);
    while count < MOST_EXPORTED {
        let entries = store.trail(None, before, EXPORT).await.map_err(|error| failed(&error, &visit))?;
        let Some(last) = entries.last() else { break };
        before = Some(last.number);
        count += entries.len();
        for entry in &entries {
            let change = entry.change.map_or("", |change| change.name());
            let why = entry.why.map_or("", |why| why.name());
            let reference = entry.reference.as_ref().map_or("", |reference| reference.as_str());
            // Names of accounts begin with a letter or digit and have no comma. Err: a String takes everything.
            let TrailEntry { number, at, who, act, .. } = entry;
            let _ = write!(text, "{number},{at},{who},{},{change},{why},{reference}\r\n", act.name());
        }
    }
    Ok(made::download(text.into(), "text/csv; charset=utf-8", "trail.csv"))
}
