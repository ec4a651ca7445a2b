//! The relying party's own API: a bearer token, and the reasons in full.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use portage_catalog::PurposeId;
use portage_strict_json::{Limits, parse};
use portage_verification::Sources;
use portage_verifier::{CreateError, Device, ports::SessionStore};
use portage_web::{Refusal, is_bearer};
use serde_json::Value;
use url::form_urlencoded;

use super::{Service, unavailable};
use crate::qr;

/// `POST /api/requests`: `{"purpose","same_device"?}` → 201 `{"transaction","request_uri","qr","expires"}`.
///
/// `request_uri` is what a person opens (`openid4vp://…`); `qr` is the same as a QR code in SVG.
pub(super) async fn create<S: SessionStore, Q: Sources>(
    State(service): State<Arc<Service<S, Q>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    authorize(&service, &headers)?;
    let (purpose, device) = read_order(&body)?;
    let created = service.verifier.create_request(&purpose, device, service.clock.now()).await;
    match created {
        Ok(created) => {
            let answer = created.to_value(&qr::svg(&created.request_uri));
            Ok((StatusCode::CREATED, Json(answer)).into_response())
        }
        Err(CreateError::PurposeNotRegistered) => Err(Refusal::bad_request("purpose_not_registered")),
        Err(CreateError::PurposeUnsupported(what)) => {
            Err(Refusal::bad_request("unsupported").describing(what).logging(what))
        }
        Err(CreateError::Request(error)) => Err(unavailable(error)),
        Err(CreateError::Store(failure)) => Err(unavailable(failure)),
    }
}

/// `GET /api/requests/{transaction}[?response_code=]` → `{"state","decision"?,"reasons"?,"claims"?,"evidence"?}`.
///
/// 404 for everything that is not there for this caller: on the same device that is everything without the right response code.
pub(super) async fn result<S: SessionStore, Q: Sources>(
    State(service): State<Arc<Service<S, Q>>>,
    Path(transaction): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    authorize(&service, &headers)?;
    let code = response_code(query.as_deref())?;
    let result = service.verifier.result(&transaction, code.as_deref(), service.clock.now()).await;
    match result.map_err(unavailable)? {
        Some(result) => Ok(Json(result.to_value())),
        None => Err(Refusal::not_found()),
    }
}

fn authorize<S, Q>(service: &Service<S, Q>, headers: &HeaderMap) -> Result<(), Refusal> {
    if is_bearer(headers, service.api_token.as_str()) { Ok(()) } else { Err(Refusal::invalid_token()) }
}

fn read_order(body: &[u8]) -> Result<(PurposeId, Device), Refusal> {
    let refused = || Refusal::bad_request("invalid_request").describing("a JSON object with purpose");
    let order = parse(body, Limits::MESSAGE).map_err(|_| refused())?;
    let purpose = order.get("purpose").and_then(Value::as_str).ok_or_else(refused)?;
    let device = match order.get("same_device") {
        None | Some(Value::Bool(false)) => Device::Cross,
        Some(Value::Bool(true)) => Device::Same,
        Some(_) => return Err(refused()),
    };
    Ok((PurposeId(purpose.to_owned()), device))
}

/// The response code of a query; the same parameter twice is refused.
pub(super) fn response_code(query: Option<&str>) -> Result<Option<String>, Refusal> {
    let mut codes = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .filter(|(name, _)| name == "response_code")
        .map(|(_, code)| code.into_owned());
    match (codes.next(), codes.next()) {
        (code, None) => Ok(code),
        (_, Some(_)) => Err(Refusal::not_found()),
    }
}
