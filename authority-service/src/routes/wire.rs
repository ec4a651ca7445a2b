//! How questions are read and answers are written, whichever the endpoint.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use portage_federation::EntityId;
use portage_web::Refusal;
use url::form_urlencoded;

/// A parameter that may stand once.
pub(super) fn parameter(form: &str, name: &str) -> Result<Option<String>, Refusal> {
    let mut values = form_urlencoded::parse(form.as_bytes()).filter(|(other, _)| other == name);
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(|(_, value)| value.into_owned())),
        _ => Err(invalid("a parameter that stands twice")),
    }
}

/// `sub`: an entity.
pub(super) fn subject(query: &str) -> Result<EntityId, Refusal> {
    let subject = parameter(query, "sub")?.ok_or_else(|| invalid("sub must be there once"))?;
    EntityId::parse(&subject).map_err(|_| invalid("sub is not an Entity Identifier"))
}

/// `invalid_request`.
pub(super) fn invalid(what: &'static str) -> Refusal {
    Refusal::bad_request("invalid_request").describing(what)
}

/// A signed answer of this media type.
pub(super) fn signed(media_type: &'static str, jwt: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], jwt).into_response()
}
