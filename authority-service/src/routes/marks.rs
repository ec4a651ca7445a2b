//! The endpoints of trust marks (OpenID Federation 1.0 §8.4–8.6).

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use portage_federation::{EntityId, TRUST_MARK_MEDIA_TYPE, TRUST_MARK_STATUS_MEDIA_TYPE};
use portage_web::Refusal;

use super::{
    Service, unavailable,
    wire::{invalid, parameter, signed, subject},
};

/// Longest mark that is looked at.
const MAX_MARK: usize = 64 << 10;

/// `federation_trust_mark_endpoint` (§8.6).
pub(super) async fn trust_mark(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let query = query.unwrap_or_default();
    let (mark_type, subject) = (parameter(&query, "trust_mark_type")?, subject(&query)?);
    let mark_type = mark_type.ok_or_else(|| invalid("trust_mark_type must be there once"))?;
    let mark = service.authority.trust_mark(&mark_type, &subject, service.clock.now());
    let mark = mark.await.map_err(unavailable)?.ok_or(Refusal::not_found())?;
    Ok(signed(TRUST_MARK_MEDIA_TYPE, mark))
}

/// `federation_trust_mark_list_endpoint` (§8.5).
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let query = query.unwrap_or_default();
    let mark_type =
        parameter(&query, "trust_mark_type")?.ok_or_else(|| invalid("trust_mark_type must be there once"))?;
    let subject = match parameter(&query, "sub")? {
        None => None,
        Some(text) => Some(EntityId::parse(&text).map_err(|_| invalid("sub is not an Entity Identifier"))?),
    };
    if service.authority.mark_type(&mark_type).is_none() {
        return Err(Refusal::not_found());
    }
    let listed = service.authority.trust_marked(&mark_type, subject.as_ref(), service.clock.now());
    let listed = listed.await.map_err(unavailable)?;
    Ok(Json(listed.iter().map(EntityId::as_str).collect::<Vec<_>>()).into_response())
}

/// `federation_trust_mark_status_endpoint` (§8.4): by POST, so that the mark stands in no log of addresses.
pub(super) async fn status(State(service): State<Arc<Service>>, body: String) -> Result<Response, Refusal> {
    let mark = parameter(&body, "trust_mark")?.filter(|mark| mark.len() <= MAX_MARK);
    let mark = mark.ok_or_else(|| invalid("trust_mark must be there once"))?;
    let status = service.authority.trust_mark_status(&mark, service.clock.now()).await;
    let status = status.map_err(unavailable)?.ok_or(Refusal::not_found())?;
    Ok(signed(TRUST_MARK_STATUS_MEDIA_TYPE, status))
}
