//! Pictures and colours that a page points to.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use portage_catalog::{CredentialType, Language, Logo};
use portage_keys::base64url;
use portage_wallet::{CredentialId, credential};
use portage_web::page::{card_style, problem};
use serde_json::Value;

use super::Desk;

/// Where a type's picture is served, if it has one.
pub(super) fn logo_of(definition: &CredentialType) -> Option<String> {
    definition.logo.as_ref().map(|_| format!("/logo/{}", definition.id))
}

/// `GET /cards.css`: the colours of the types' cards. What types somebody added is known inside only.
pub(super) async fn card_colours(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    let is_in = desk.sessions.of(&headers, desk.now()).is_some();
    let catalog = if is_in { desk.catalog() } else { portage_catalog::Catalog::bundled() };
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], card_style(catalog.types())).into_response()
}

/// `GET /logo/{id}`.
pub(super) async fn logo(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let is_in = desk.sessions.of(&headers, desk.now()).is_some();
    let catalog = desk.catalog();
    let logo = catalog.credential_type(&id).and_then(|definition| definition.logo.clone());
    match logo.filter(|_| is_in) {
        Some(logo) => picture(&logo),
        None => nothing(),
    }
}

/// `GET /picture/{id}/{claim}`: a picture that a credential in the wallet says.
pub(super) async fn of_claim(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Path((id, claim)): Path<(String, String)>,
) -> Response {
    let is_in = desk.sessions.of(&headers, desk.now()).is_some();
    let Some(inside) = desk.inside().filter(|_| is_in) else { return nothing() };
    let Ok(Some(held)) = credential(&inside.session.store, &CredentialId(id)) else { return nothing() };
    let claims = held.shown_claims(&inside.session.catalog);
    let found = claims.iter().find(|shown| shown.name.path.join(".") == claim);
    let text = found.and_then(|shown| shown.value.as_str().map(str::to_owned).map(Value::from));
    let bytes = text.and_then(|text| base64url::decode(text.as_str().unwrap_or_default()).ok());
    match bytes.and_then(|bytes| Logo::read(&bytes).ok()) {
        Some(logo) => picture(&logo),
        None => nothing(),
    }
}

/// PNG or JPEG, whose first bytes were looked at: never markup.
fn picture(logo: &Logo) -> Response {
    let media_type = HeaderValue::from_static(logo.media_type().name());
    ([(header::CONTENT_TYPE, media_type)], logo.bytes().to_vec()).into_response()
}

fn nothing() -> Response {
    problem(axum::http::StatusCode::NOT_FOUND, Language::En)
}
