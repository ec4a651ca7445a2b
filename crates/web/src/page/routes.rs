use axum::{
    Router,
    extract::{Path, Request},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use portage_catalog::Language;

use super::{Words, problem, see_other, style};
use crate::language_of;

/// The cookie that remembers the language: not a secret.
const LANGUAGE_COOKIE: &str = "portage-language";

/// `routes` under `/en` and under `/fr`. Handlers take `Extension<Words>`; whoever looked at a page in a language gets it again at [`preferred_language`].
pub fn in_both_languages(routes: &Router, words: impl Fn(Language) -> Words) -> Router {
    Language::ALL.into_iter().fold(Router::new(), |all, language| {
        let words = words(language);
        let under = routes.clone().layer(from_fn(move |mut request: Request, next: Next| {
            let words = words.clone();
            async move {
                let remembered = cookie(request.headers(), LANGUAGE_COOKIE) == Some(language.tag());
                request.extensions_mut().insert(words);
                let mut response = next.run(request).await;
                if !remembered {
                    remember(&mut response, language);
                }
                response
            }
        }));
        let missing = async move |uri: Uri| match uri.path() {
            // Somebody typed a slash at the end: the same page, one level up.
            "/" => see_other(&format!("../{}", language.tag())),
            _ => problem(StatusCode::NOT_FOUND, language),
        };
        all.nest(&format!("/{}", language.tag()), under.fallback(missing))
    })
}

fn remember(response: &mut Response, language: Language) {
    let cookie = format!("{LANGUAGE_COOKIE}={}; Path=/; SameSite=Lax; Max-Age=31536000", language.tag());
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The language of somebody who names none in the path: what they looked at last, else what their browser asks for.
pub fn preferred_language(headers: &HeaderMap) -> Language {
    match cookie(headers, LANGUAGE_COOKIE) {
        Some("en") => Language::En,
        Some("fr") => Language::Fr,
        _ => language_of(headers),
    }
}

/// Whether a browser only looks ahead (a preview, a prefetch): what is good once is not used up by that.
pub fn looks_ahead(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-moz"].iter().any(|name| headers.contains_key(*name))
}

/// The value of a cookie.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    pairs
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// `GET /static/…`: the stylesheet under a name made of its content, kept for a year.
pub fn static_routes() -> Router {
    Router::new().route(
        "/static/{file}",
        get(async |Path(file): Path<String>| match style::named(&file) {
            Some((media_type, content)) => {
                let headers = [
                    (header::CONTENT_TYPE, media_type),
                    (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                ];
                (headers, content).into_response()
            }
            None => problem(StatusCode::NOT_FOUND, Language::En),
        }),
    )
}

#[cfg(test)]
mod tests {
    use axum::{
        Extension,
        body::{Body, to_bytes},
    };
    use maud::html;
    use tower::ServiceExt;

    use super::*;
    use crate::{
        Audience, Limits, harden_within,
        page::{Page, Site, stylesheet_path},
    };

    static SITE: Site = Site { name: "page.service", base: "", menu: &[], extra_style: None };

    fn routes() -> Router {
        let here = async |Extension(words): Extension<Words>| {
            Page::new(&SITE, &words, "/here", "page.go_on").with_body(html! { p { "<b>" } }).answer()
        };
        let pages = in_both_languages(&Router::new().route("/here", get(here)), Words::new);
        harden_within(
            pages.merge(static_routes()),
            Limits { audience: Audience::Person, ..Limits::default() },
        )
    }

    async fn load(path: &str, cookies: &str) -> (Response, String) {
        let request = Request::get(path).header("cookie", cookies).body(Body::empty()).unwrap();
        let (parts, body) = routes().oneshot(request).await.unwrap().into_parts();
        let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        (Response::from_parts(parts, Body::empty()), text)
    }

    #[tokio::test]
    async fn a_page_is_there_in_both_languages_and_leads_to_itself_in_the_other() {
        for (path, lang, other, title) in [
            (
                "/en/here",
                "en-CA",
                "<a class=\"switch\" lang=\"fr\" hreflang=\"fr\" href=\"/fr/here\">",
                "Go on",
            ),
            (
                "/fr/here",
                "fr-CA",
                "<a class=\"switch\" lang=\"en\" hreflang=\"en\" href=\"/en/here\">",
                "Continuer",
            ),
        ] {
            let (response, html) = load(path, "").await;
            assert_eq!(response.status(), 200);
            assert!(html.starts_with(&format!("<!DOCTYPE html><html lang=\"{lang}\"")), "{html}");
            for part in
                [other, &format!("<h1>{title}</h1>"), "&lt;b&gt;", stylesheet_path(), "href=\"#main\""]
            {
                assert!(html.contains(part), "{part} in {html}");
            }
        }
        let (response, html) = load("/fr/none", "").await;
        assert_eq!(response.status(), 404);
        assert!(html.contains("<html lang=\"fr-CA\"") && html.contains("Il n’y a pas de page ici"), "{html}");
        assert_eq!(load("/none", "portage-language=fr").await.0.status(), 404);
    }

    #[tokio::test]
    async fn u05_u07_a_page_is_not_kept_not_framed_and_says_nothing_about_where_somebody_came_from() {
        let (response, html) = load("/en/here", "").await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-frame-options"), "DENY");
        let policy = header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.starts_with("default-src 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        for inline in ["<script", "<style", " style=", " onclick", "javascript:", "http://", "https://"] {
            assert!(!html.contains(inline), "{inline} in {html}");
        }
    }

    #[tokio::test]
    async fn the_language_is_remembered_once_and_the_stylesheet_is_light() {
        let (response, _) = load("/fr/here", "").await;
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.starts_with("portage-language=fr;"), "{cookie}");
        let (response, _) = load("/fr/here", "a=b; portage-language=fr").await;
        assert!(!response.headers().contains_key("set-cookie"));
        let mut headers = HeaderMap::new();
        headers.insert("cookie", "portage-language=fr".parse().unwrap());
        assert_eq!(preferred_language(&headers), Language::Fr);

        let (response, css) = load(stylesheet_path(), "").await;
        assert_eq!(response.headers()["content-type"], "text/css; charset=utf-8");
        assert!(css.len() < 20_000, "{}", css.len());
        for from_elsewhere in ["url(", "@import", "http"] {
            assert!(!css.contains(from_elsewhere), "{from_elsewhere}");
        }
        assert_eq!(load("/static/other.css", "").await.0.status(), 404);
    }
}
