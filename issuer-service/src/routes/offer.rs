use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use portage_issuer::{IssuanceStore, OpenError};
use portage_web::Refusal;

use super::{Service, json, unavailable};

/// `credential_offer_uri` (OpenID4VCI §4.1.3).
pub(super) async fn open<S: IssuanceStore>(
    State(service): State<Arc<Service<S>>>,
    Path(link): Path<String>,
) -> Result<Response, Refusal> {
    match service.issuer.open_offer(&link, service.clock.now()).await {
        Ok(offer) => Ok(json(offer.to_value())),
        Err(OpenError::Absent) => Err(Refusal::not_found()),
        Err(OpenError::Ended) => Err(Refusal::new(StatusCode::GONE, "invalid_grant")
            .describing("this offer was collected or withdrawn, or its time is over")),
        Err(OpenError::Store(failure)) => Err(unavailable(failure)),
    }
}
