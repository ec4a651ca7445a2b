use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use portage_issuer::{IssuanceStore, IssueError, NotificationError};
use portage_oid4vci::{CredentialRequest, NotificationRequest};
use portage_web::{Refusal, bearer_token};

use super::{Service, json, unavailable};

/// The credential endpoint (OpenID4VCI §8). The token is judged before the body is read.
pub(super) async fn issue<S: IssuanceStore>(
    State(service): State<Arc<Service<S>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let now = service.clock.now();
    let token = bearer_token(&headers).map_err(|_| Refusal::invalid_token())?;
    let grant = service.issuer.authorize(token, now).await.map_err(refuse)?;
    let request = CredentialRequest::parse(&body).map_err(|code| Refusal::bad_request(code.code()))?;
    let response = service.issuer.issue(token, &request, now).await.map_err(refuse)?;
    tracing::info!(
        credential_type = grant.credential_type,
        format = grant.format.name(),
        "credential issued"
    );
    Ok(json(response.to_value()))
}

/// The notification endpoint (§11).
pub(super) async fn notify<S: IssuanceStore>(
    State(service): State<Arc<Service<S>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    let now = service.clock.now();
    let token = bearer_token(&headers).map_err(|_| Refusal::invalid_token())?;
    service.issuer.authorize(token, now).await.map_err(refuse)?;
    let request = NotificationRequest::parse(&body).map_err(|code| Refusal::bad_request(code.code()))?;
    match service.issuer.notify(token, &request, now).await {
        Ok(()) => {
            tracing::info!(event = ?request.event, "notification");
            Ok(StatusCode::NO_CONTENT)
        }
        Err(NotificationError::Token(error)) => Err(refuse(error)),
        Err(NotificationError::Refused(code)) => Err(Refusal::bad_request(code.code())),
    }
}

/// A verdict becomes its code, a failure 503. Why a key proof did not hold is said in the log alone.
fn refuse(error: IssueError) -> Refusal {
    match (error.code(), &error) {
        (Some(code), _) => Refusal::bad_request(code.code()).logging(error),
        (None, IssueError::InvalidToken) => Refusal::invalid_token(),
        (None, _) => unavailable(error),
    }
}
