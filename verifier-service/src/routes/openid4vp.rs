//! What wallets meet (OpenID4VP 1.0 §5.7, §8.2).

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use portage_oid4vp::{DirectPostAnswer, REQUEST_OBJECT_MEDIA_TYPE, RequestUriPost};
use portage_verification::Sources;
use portage_verifier::{RequestObjectError, WalletAnswer, ports::SessionStore};
use portage_web::Refusal;

use super::{Service, unavailable};

/// `GET` of a `request_uri`: the signed Request Object, as often as it is asked for until the answer is in.
pub(super) async fn request_object<S: SessionStore, Q: Sources>(
    State(service): State<Arc<Service<S, Q>>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    answer(&service, &id, &RequestUriPost::default()).await
}

/// `POST` of a `request_uri` (§5.10): the same, with the wallet's nonce in it.
pub(super) async fn request_object_by_post<S: SessionStore, Q: Sources>(
    State(service): State<Arc<Service<S, Q>>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let refused = || Refusal::bad_request("invalid_request");
    if !body.is_empty() && !is_form(&headers) {
        return Err(refused().describing("a form is expected here"));
    }
    let post = RequestUriPost::parse_form(&body).map_err(|error| refused().logging(error))?;
    answer(&service, &id, &post).await
}

async fn answer<S: SessionStore, Q>(
    service: &Service<S, Q>,
    id: &str,
    post: &RequestUriPost,
) -> Result<Response, Refusal> {
    match service.verifier.request_object(id, post, service.clock.now()).await {
        Ok(object) => Ok(([(header::CONTENT_TYPE, REQUEST_OBJECT_MEDIA_TYPE)], object).into_response()),
        Err(RequestObjectError::Absent) => Err(Refusal::not_found()),
        Err(error) => Err(unavailable(error)),
    }
}

/// `POST` to `response_uri`: 200 for a sound response, whatever was decided; 400 and the protocol's code for any other.
pub(super) async fn response<S: SessionStore, Q: Sources>(
    State(service): State<Arc<Service<S, Q>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    if !is_form(&headers) {
        return Err(Refusal::bad_request("invalid_request").describing("a form is expected here"));
    }
    let now = service.clock.now();
    match service.verifier.receive_response(&body, &service.sources, now).await.map_err(unavailable)? {
        WalletAnswer::Sound { redirect_uri } => {
            Ok(Json(DirectPostAnswer { redirect_uri }.to_value()).into_response())
        }
        WalletAnswer::Refused(reason) => {
            tracing::info!(reason = reason.name(), "response refused");
            Err(Refusal::bad_request("invalid_request"))
        }
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|text| text.split(';').next()).map(str::trim);
    media_type.is_some_and(|name| name.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}
