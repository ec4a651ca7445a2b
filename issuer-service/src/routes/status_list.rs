use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use portage_issuer::{IssuanceStore, ListKind};
use portage_web::Refusal;

use super::{Service, unavailable};

/// A signed status list. The answer depends on the address alone: no query, no cookie, no session.
pub(super) async fn read<S: IssuanceStore + 'static>(
    State(service): State<Arc<Service<S>>>,
    Path((kind, list)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let (Some(kind), Ok(list)) = (ListKind::from_name(&kind), list.parse::<u32>()) else {
        return Err(Refusal::not_found());
    };
    service.follow_log().await;
    let published = service
        .issuer
        .status_list(list, kind, service.clock.now())
        .await
        .map_err(unavailable)?
        .ok_or(Refusal::not_found())?;
    let ttl = service.issuer.profile().status.ttl.as_secs();
    let max_age = HeaderValue::try_from(format!("max-age={ttl}")).map_err(unavailable)?;
    let media_type = HeaderValue::from_static(kind.media_type());
    Ok(([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, max_age)], published.jwt)
        .into_response())
}
