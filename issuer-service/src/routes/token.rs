use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use portage_issuer::{IssuanceStore, RedeemError};
use portage_oid4vci::{TokenErrorCode, TokenRequest};
use portage_web::Refusal;

use super::{Service, json, unavailable};

/// The token endpoint (OpenID4VCI §6). A client proves who it is in the body or not at all. Why an assertion did not hold is said in the
/// log alone.
pub(super) async fn redeem<S: IssuanceStore>(
    State(service): State<Arc<Service<S>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    if headers.contains_key(header::AUTHORIZATION) {
        return Err(no_such_authentication());
    }
    let request = TokenRequest::from_form(&body).map_err(|code| Refusal::bad_request(code.code()))?;
    match service.issuer.redeem_code(&request, service.clock.now()).await {
        Ok(response) => {
            tracing::info!("code redeemed");
            Ok(json(response.to_value()))
        }
        Err(RedeemError::Refused(code)) => Err(Refusal::bad_request(code.code())),
        Err(RedeemError::Client(refusal)) => {
            Err(Refusal::bad_request(TokenErrorCode::InvalidClient.code()).logging(refusal))
        }
        Err(RedeemError::Store(failure)) => Err(unavailable(failure)),
    }
}

/// RFC 6749 §5.2: whoever tried it by the header `Authorization` gets 401 and a challenge of that header's kind.
fn no_such_authentication() -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, TokenErrorCode::InvalidClient.code())
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"token\""))
}

/// The nonce endpoint (§7).
pub(super) async fn nonce<S: IssuanceStore>(State(service): State<Arc<Service<S>>>) -> Response {
    json(service.issuer.nonce(service.clock.now()).to_value())
}
