use std::sync::Arc;

use axum::{body::Bytes, extract::State, response::Response};
use portage_issuer::{IssuanceStore, RedeemError};
use portage_oid4vci::TokenRequest;
use portage_web::Refusal;

use super::{Service, json, unavailable};

/// The token endpoint (OpenID4VCI §6).
pub(super) async fn redeem<S: IssuanceStore>(
    State(service): State<Arc<Service<S>>>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let request = TokenRequest::from_form(&body).map_err(|code| Refusal::bad_request(code.code()))?;
    match service.issuer.redeem_code(&request, service.clock.now()).await {
        Ok(response) => {
            tracing::info!("code redeemed");
            Ok(json(response.to_value()))
        }
        Err(RedeemError::Refused(code)) => Err(Refusal::bad_request(code.code())),
        Err(RedeemError::Store(failure)) => Err(unavailable(failure)),
    }
}

/// The nonce endpoint (§7).
pub(super) async fn nonce<S: IssuanceStore>(State(service): State<Arc<Service<S>>>) -> Response {
    json(service.issuer.nonce(service.clock.now()).to_value())
}
