use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::html;
use portage_catalog::Language;

use super::{Page, Site, Words};

/// What a page may load and who may frame it: our own stylesheet and pictures, forms to ourselves, nothing else and nobody.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// A page's answer with the headers of every page.
pub fn html_response(status: StatusCode, html: String) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (
            header::HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            header::HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
        ),
        (header::VARY, HeaderValue::from_static("Cookie, Accept-Language")),
    ];
    (status, headers, Html(html)).into_response()
}

/// `303 See Other`: what was posted is done, and this is the page to look at. Loading it again posts nothing.
pub fn see_other(path: &str) -> Response {
    // A path of ours is ASCII; anything else goes nowhere.
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    let headers =
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// The page for what went wrong before or beside any page of a program: not found, not allowed, too large, too slow, broken.
pub fn problem(status: StatusCode, language: Language) -> Response {
    static SITE: Site = Site { name: "page.service", base: "", menu: &[], extra_style: None };
    let words = Words::new(language);
    let key = match status {
        StatusCode::NOT_FOUND => "page.not_found",
        StatusCode::METHOD_NOT_ALLOWED => "page.wrong_method",
        StatusCode::FORBIDDEN => "page.forbidden",
        StatusCode::PAYLOAD_TOO_LARGE => "page.too_large",
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => "page.too_slow",
        _ => "page.broken",
    };
    let body = html! { p { (words.say(&format!("{key}_todo"))) } };
    Page::new(&SITE, &words, "/", key).without_switch().with_body(body).respond(status)
}
