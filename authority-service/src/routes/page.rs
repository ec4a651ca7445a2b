//! The page for people: what each service may issue and ask, and what changed.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
    routing::get,
};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use portage_authority::{Registration, RegistryStore};
use portage_catalog::{Catalog, Language};
use portage_transparency_log::{ReadEntry, diff_since};
use portage_web::{
    Refusal,
    page::{Page, PageEntry, Site, Words, in_both_languages, preferred_language, see_other, static_routes},
};
use url::form_urlencoded;

use super::{Service, unavailable};
use crate::words;

/// How far back the page tells what changed.
const RECENT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Most entries of the log on the page.
const MAX_ENTRIES: usize = 50;

const HOME: PageEntry = PageEntry::open("home", "/");

/// The paths that people look at, beside `/`.
pub(super) const PATHS: &[&str] = &["/en", "/fr"];

static SITE: Site = Site { name: "authority.page_service", base: "", menu: &[], extra_style: None };

/// `GET /en`, `GET /fr`, and `GET /` in the language of whoever asks.
pub(super) fn routes(service: &Arc<Service>) -> Router {
    let page = Router::new().route(HOME.path, get(in_language)).with_state(service.clone());
    in_both_languages(&page, Words::new)
        .merge(static_routes())
        .route("/", get(preferred).with_state(service.clone()))
}

async fn in_language(
    State(service): State<Arc<Service>>,
    Extension(words): Extension<Words>,
) -> Result<Response, Refusal> {
    show(&service, &words).await
}

/// `GET /`; `GET /?lang=fr` leads to the page in that language.
async fn preferred(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let asked = query.and_then(|query| {
        let mut members = form_urlencoded::parse(query.as_bytes());
        members.find(|(name, _)| name == "lang").and_then(|(_, tag)| Language::from_tag(&tag))
    });
    match asked {
        Some(language) => Ok(see_other(&HOME.address(language))),
        None => show(&service, &Words::new(preferred_language(&headers))).await,
    }
}

async fn show(service: &Service, words: &Words) -> Result<Response, Refusal> {
    let authority = &service.authority;
    let registrations = authority.registrations().await.map_err(unavailable)?;
    let entries = service.read_log.read_on(async |from| authority.store().log(from).await);
    let entries = entries.await.map_err(unavailable)?;
    let since = service.clock.now().checked_sub(RECENT).unwrap_or(Timestamp::MIN);
    let body = body(&registrations, &entries, since, authority.catalog(), words);
    Ok(Page::new(&SITE, words, HOME.path, words.name(&authority.profile().name)).with_body(body).answer())
}

fn body(
    registrations: &[Registration],
    entries: &[ReadEntry],
    since: Timestamp,
    catalog: &Catalog,
    words: &Words,
) -> Markup {
    let language = words.language();
    let services = diff_since(entries, since, language);
    let last: Vec<_> = (0..).zip(entries).collect();
    html! {
        h2 { (words.say("authority.page_who")) }
        @if registrations.is_empty() { p { (words.say("authority.nobody")) } }
        @for registration in registrations {
            @let lines = words::lines(registration, catalog, language);
            @if let Some((name, rights)) = lines.split_first() {
                h3 translate="no" { (name) }
                ul { @for right in rights { li translate="no" { (right) } } }
            }
        }
        // The words of `authority log diff`, and then every recent entry.
        h2 { (words.say("authority.page_asks")) }
        @if services.is_empty() { p { (words.say("authority.no_change")) } }
        @for service in &services {
            h3 translate="no" { (service.name) " (" (service.service) ")" }
            ul { @for (_, sentence) in &service.changes { li translate="no" { (sentence) } } }
        }
        h2 { (words.say("authority.page_log")) }
        ol { @for (index, entry) in last.into_iter().rev().take(MAX_ENTRIES) { li translate="no" { (entry.sentence(index, language)) } } }
    }
}

#[cfg(test)]
mod tests {
    use portage_catalog::Text;

    use super::*;

    #[test]
    fn a_name_cannot_bring_markup_into_the_page() {
        let name = Text { en: "<script>alert(1)</script>".into(), fr: "Ville d'ici".into() };
        let catalog = Catalog::bundled();
        let html = |language| {
            let words = Words::new(language);
            let body = body(&[], &[], Timestamp::UNIX_EPOCH, &catalog, &words);
            Page::new(&SITE, &words, HOME.path, words.name(&name)).with_body(body).to_html()
        };
        assert!(html(Language::En).contains("&lt;script&gt;") && !html(Language::En).contains("<script"));
        assert!(html(Language::Fr).contains("Ville d'ici") && html(Language::Fr).contains("lang=\"fr-CA\""));
    }
}
