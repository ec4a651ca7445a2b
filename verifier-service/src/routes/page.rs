//! The page a person comes back to on the same device: the decision in words. No script, no style, nothing from elsewhere.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Response},
};
use portage_catalog::{Language, Purpose, message, reason_hint, reason_sentence};
use portage_verification::Sources;
use portage_verifier::{Verdict, ports::SessionStore};
use portage_web::{Refusal, escape, language_of};

use super::{Service, api::response_code, unavailable};

/// `GET /r/result?response_code=…`. Looking does not use the code up: a person may come back to the page.
pub(super) async fn result<S: SessionStore, Q: Sources>(
    State(service): State<Arc<Service<S, Q>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let language = language_of(&headers);
    let now = service.clock.now();
    let decided = match response_code(query.as_deref())? {
        Some(code) => service.verifier.decision_for_person(&code, now).await.map_err(unavailable)?,
        None => None,
    };
    Ok(match decided {
        Some(decided) => {
            let purpose = service.verifier.catalog.purpose(&decided.purpose);
            Html(decision_page(&decided.verdict, purpose, language)).into_response()
        }
        None => (StatusCode::NOT_FOUND, Html(over_page(language))).into_response(),
    })
}

fn decision_page(verdict: &Verdict, purpose: Option<&Purpose>, language: Language) -> String {
    let say = |key: &str, values: &[(&str, &str)]| escape(&message(key, language, values));
    let title = say(&format!("decision.{}", verdict.decision()), &[]);
    let mut body = String::new();
    if let Some(purpose) = purpose {
        body.push_str(&paragraph(&escape(purpose.name.in_language(language))));
    }
    for reason in verdict.reasons() {
        let because = say("decision.because", &[("sentence", reason_sentence(*reason, language))]);
        let todo = say("decision.todo", &[("hint", reason_hint(*reason, language))]);
        body.push_str(&paragraph(&format!("{because}<br>{todo}")));
    }
    if let (false, Some(purpose)) = (verdict.reasons().is_empty(), purpose) {
        let alternative = purpose.alternative.in_language(language);
        body.push_str(&paragraph(&say("consent.alternative", &[("text", alternative)])));
    }
    body.push_str(&paragraph(&say("decision.back", &[])));
    page(&title, &body, language)
}

fn over_page(language: Language) -> String {
    page(&escape(&message("verifier.expired", language, &[])), "", language)
}

/// `title` and `body` are HTML.
fn page(title: &str, body: &str, language: Language) -> String {
    let lang = match language {
        Language::En => "en-CA",
        Language::Fr => "fr-CA",
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         </head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn paragraph(html: &str) -> String {
    format!("<p>{html}</p>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_cannot_bring_markup_into_the_page() {
        let mut purpose: Purpose = portage_catalog::Catalog::bundled().purposes().next().unwrap().clone();
        purpose.name.fr = "<script>alert(1)</script>".to_owned();
        let verdict = Verdict::restored(serde_json::json!({
            "decision": "rejected", "reasons": ["revoked"], "evidence": {},
        }))
        .unwrap();
        let html = decision_page(&verdict, Some(&purpose), Language::Fr);
        assert!(html.contains("&lt;script&gt;"), "{html}");
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("lang=\"fr-CA\""));
    }
}
