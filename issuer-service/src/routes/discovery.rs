use std::{io, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use portage_issuer::IssuanceStore;
use portage_service::FederationMember;
use portage_web::Refusal;
use serde_json::Value;

use super::{Service, unavailable};
use crate::did_log;

/// Credential Issuer Metadata (OpenID4VCI §12.2.2).
pub(super) async fn issuer_metadata<S>(State(service): State<Arc<Service<S>>>) -> Response {
    public("application/json", &service.issuer.metadata().to_value())
}

/// Authorization Server Metadata (RFC 8414 §3).
pub(super) async fn authorization_server<S>(State(service): State<Arc<Service<S>>>) -> Response {
    public("application/json", &service.issuer.authorization_server_metadata().to_value())
}

/// The DID document of a did:web, and that of the did:web beside a did:webvh.
pub(super) async fn did_document<S: IssuanceStore + 'static>(
    State(service): State<Arc<Service<S>>>,
) -> Result<Response, Refusal> {
    let document = match &service.did_document {
        Some(document) => Some(document.clone()),
        None => service.follow_log().await,
    };
    Ok(public("application/did+json", &document.ok_or(Refusal::not_found())?))
}

/// The log of a did:webvh.
pub(super) async fn did_log<S>(State(service): State<Arc<Service<S>>>) -> Result<Response, Refusal> {
    file_of_log(&service, did_log::LOG, "text/jsonl").await
}

/// The proofs of its witnesses.
pub(super) async fn did_witness<S>(State(service): State<Arc<Service<S>>>) -> Result<Response, Refusal> {
    file_of_log(&service, did_log::WITNESS, "application/json").await
}

async fn file_of_log<S>(
    service: &Service<S>,
    name: &str,
    media_type: &'static str,
) -> Result<Response, Refusal> {
    let path = service.did_log.as_ref().ok_or(Refusal::not_found())?.folder().join(name);
    match tokio::task::spawn_blocking(move || std::fs::read(path)).await {
        Ok(Ok(bytes)) => {
            let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "max-age=60")];
            Ok((headers, bytes).into_response())
        }
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Err(Refusal::not_found()),
        Ok(Err(error)) => Err(unavailable(error)),
        Err(error) => Err(unavailable(error)),
    }
}

/// The logo of a type that it offers: the bytes that were checked, as what they are.
pub(super) async fn logo<S>(
    State(service): State<Arc<Service<S>>>,
    Path(credential_type): Path<String>,
) -> Result<Response, Refusal> {
    let logo = service.issuer.logo(&credential_type).ok_or(Refusal::not_found())?;
    let headers = [(header::CONTENT_TYPE, logo.media_type().name()), (header::CACHE_CONTROL, "max-age=3600")];
    Ok((headers, logo.bytes().to_vec()).into_response())
}

/// The Entity Configuration (OpenID Federation 1.0 §9).
pub(super) async fn entity_configuration<S>(
    State(service): State<Arc<Service<S>>>,
) -> Result<Response, Refusal> {
    FederationMember::answer(service.federation.as_ref(), service.clock.now())
}

/// Nothing in it is anybody's in particular.
fn public(media_type: &'static str, document: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "max-age=60")];
    (headers, Json(document)).into_response()
}
