//! The page a person comes back to on the same device: the decision in words.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};
use portage_verification::Sources;
use portage_verifier::{Addresses, Device, Session, ports::SessionStore};
use portage_web::page::{Page, Site, Words, in_both_languages, preferred_language, problem, static_routes};
use url::form_urlencoded;

use super::{Service, api::response_code};
use crate::counter::decision::Told;

/// Where the page stands in both languages.
pub(super) const BASE: &str = "/r";

static SITE: Site = Site { name: "page_counter.result_service", base: BASE, menu: &[], extra_style: None };

/// `GET /r/result?response_code=…`, and the same in a language at `/r/en` and `/r/fr`. Looking does not use the code up: a person may come back to the
/// page.
pub(super) fn routes<S, Q>(service: &Arc<Service<S, Q>>) -> Router
where
    S: SessionStore + 'static,
    Q: Sources + 'static,
{
    let pages = Router::new().route("/", get(in_language::<S, Q>)).with_state(service.clone());
    let pages = in_both_languages(&pages, Words::new).merge(static_routes());
    Router::new()
        .nest(BASE, pages)
        .route(Addresses::RETURN_PATH, get(preferred::<S, Q>).with_state(service.clone()))
}

async fn preferred<S: SessionStore, Q: Sources>(
    State(service): State<Arc<Service<S, Q>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    show(&service, query.as_deref(), &Words::new(preferred_language(&headers))).await
}

async fn in_language<S: SessionStore, Q: Sources>(
    State(service): State<Arc<Service<S, Q>>>,
    RawQuery(query): RawQuery,
    Extension(words): Extension<Words>,
) -> Response {
    show(&service, query.as_deref(), &words).await
}

async fn show<S: SessionStore, Q: Sources>(
    service: &Service<S, Q>,
    query: Option<&str>,
    words: &Words,
) -> Response {
    let (verifier, now) = (&service.verifier, service.clock.now());
    let code = response_code(query).ok().flatten().unwrap_or_default();
    let decided = match verifier.decision_for_person(&code, now).await {
        Ok(decided) => decided,
        Err(failure) => {
            tracing::error!(error = %failure, "the store cannot be used");
            return problem(StatusCode::SERVICE_UNAVAILABLE, words.language());
        }
    };
    let Some(decided) = decided else {
        let body = maud::html! { p { (words.say("verifier.expired")) } };
        let page = Page::new(&SITE, words, "/", "page_counter.over_title").without_home().without_switch();
        return page.with_body(body).respond(StatusCode::NOT_FOUND);
    };
    let explained = verifier.explain_session(&Session::Decided(decided.clone()), now);
    let told = Told {
        verdict: &decided.verdict,
        purpose: verifier.catalog.purpose(&decided.purpose),
        explained: explained.as_ref(),
        session_bound: decided.device == Device::Same,
    };
    let page = Page::new(&SITE, words, "/", told.title()).without_home();
    // The code comes along to the other language: the page is the same.
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("response_code", &code).finish();
    page.with_query(&query).with_body(told.for_person(words)).answer()
}

#[cfg(test)]
mod tests {
    use portage_catalog::{Language, Purpose};
    use portage_verifier::Verdict;

    use super::*;

    #[test]
    fn u03_a_purpose_cannot_bring_markup_into_the_page() {
        let mut purpose: Purpose = portage_catalog::Catalog::bundled().purposes().next().unwrap().clone();
        purpose.alternative.fr = "<script>alert(1)</script>".to_owned();
        let verdict = Verdict::restored(serde_json::json!({
            "decision": "rejected", "reasons": ["revoked"], "evidence": {},
        }))
        .unwrap();
        let told = Told { verdict: &verdict, purpose: Some(&purpose), explained: None, session_bound: true };
        let words = Words::new(Language::Fr);
        let html = told.for_person(&words).into_string();
        assert!(html.contains("&lt;script&gt;"), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }
}
