//! The endpoints of OpenID Federation (§8, §9).

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use portage_authority::ListFilter;
use portage_federation::{ENTITY_STATEMENT_MEDIA_TYPE, EntityId, HISTORICAL_KEYS_MEDIA_TYPE};
use portage_web::Refusal;
use url::form_urlencoded;

use super::{
    Service, unavailable,
    wire::{invalid, signed, subject},
};

/// `/.well-known/openid-federation` (§9).
pub(super) async fn entity_configuration(State(service): State<Arc<Service>>) -> Result<Response, Refusal> {
    service
        .authority
        .entity_configuration(service.clock.now())
        .await
        .map(|jwt| signed(ENTITY_STATEMENT_MEDIA_TYPE, jwt))
        .map_err(unavailable)
}

/// `federation_fetch_endpoint` (§8.1). Whoever is suspended is not there.
pub(super) async fn fetch(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let subject = subject(query.as_deref().unwrap_or_default())?;
    if subject == service.authority.profile().id {
        // §8.1.1: what an entity says of itself stands at its well-known address.
        return Err(invalid("sub is the issuer itself"));
    }
    let published = service.published().await?;
    let fetched = service.authority.fetch(&subject, &published, service.clock.now());
    let fetched = fetched.await.map_err(unavailable)?;
    fetched.map(|jwt| signed(ENTITY_STATEMENT_MEDIA_TYPE, jwt)).ok_or(Refusal::not_found())
}

/// What a verifier may ask for, signed now: a JSON array of purpose statements. Ours; the verifier carries them in its requests.
pub(super) async fn purposes(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let subject = subject(query.as_deref().unwrap_or_default())?;
    let published = service.published().await?;
    let statements = service.authority.purpose_statements(&subject, &published, service.clock.now());
    let statements = statements.await.map_err(unavailable)?.ok_or(Refusal::not_found())?;
    Ok(Json(statements).into_response())
}

/// `federation_list_endpoint` (§8.2).
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let filter = filter(query.as_deref().unwrap_or_default())?;
    let listed = service.authority.list(&filter).await.map_err(unavailable)?;
    let ids: Vec<_> = listed.iter().map(EntityId::as_str).collect();
    Ok(Json(ids).into_response())
}

/// `federation_historical_keys_endpoint` (§8.7).
pub(super) async fn historical_keys(State(service): State<Arc<Service>>) -> Result<Response, Refusal> {
    let keys = service.authority.historical_keys(service.clock.now()).await.map_err(unavailable)?;
    Ok(signed(HISTORICAL_KEYS_MEDIA_TYPE, keys))
}

/// §8.2.1: a filter that is not supported is refused and not ignored.
fn filter(query: &str) -> Result<ListFilter, Refusal> {
    let mut filter = ListFilter::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match (name.as_ref(), value.as_ref()) {
            ("entity_type", entity_type) => filter.entity_types.push(entity_type.to_owned()),
            ("intermediate", "true") => filter.intermediate = Some(true),
            ("intermediate", "false") => filter.intermediate = Some(false),
            ("trust_marked" | "trust_mark_type", _) => {
                return Err(Refusal::bad_request("unsupported_parameter"));
            }
            ("intermediate", _) => {
                return Err(invalid("intermediate is true or false"));
            }
            _ => {}
        }
    }
    Ok(filter)
}
