//! The public log's files (C2SP tlog-tiles), as they stand in the folder.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use portage_transparency_log::CHECKPOINT_PATH;
use portage_web::Refusal;

use super::{Service, unavailable};

/// `/log/checkpoint`, `/log/tile/…`.
pub(super) async fn read(
    State(service): State<Arc<Service>>,
    Path(path): Path<String>,
) -> Result<Response, Refusal> {
    let is_checkpoint = path == CHECKPOINT_PATH;
    if is_checkpoint {
        service.published().await?;
    }
    let bytes = service.log.read(&path).map_err(unavailable)?.ok_or(Refusal::not_found())?;
    // "Checkpoints … text/plain; tiles … application/octet-stream", and a tile never changes.
    let (media_type, caching) = if is_checkpoint {
        ("text/plain; charset=utf-8", "no-cache")
    } else {
        ("application/octet-stream", "public, max-age=31536000, immutable")
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
    ];
    Ok((headers, bytes).into_response())
}
