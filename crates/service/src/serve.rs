use std::{future::Future, net::SocketAddr};

use axum::Router;
use portage_web::{Announce, Readiness, page::PageEntry};
use url::Url;

use crate::{CommandError, ExitCode};

/// Listens on `address`, says that it is ready at `url` with its `pages` (below a base), and answers until told to stop; `retention` runs beside
/// it from the start.
///
/// # Errors
/// [`CommandError::Fault`]: signals, the address, standard output, the listener.
pub async fn serve_until_stopped(
    address: SocketAddr,
    url: &Url,
    (how, base, pages): (Announce, &str, &[PageEntry]),
    routes: impl FnOnce(Readiness) -> Router,
    retention: impl Future<Output = ()> + Send + 'static,
) -> Result<ExitCode, CommandError> {
    let stop = portage_web::shutdown_signal().map_err(CommandError::fault)?;
    let listener = portage_web::bind(address)
        .await
        .map_err(|error| CommandError::Fault(format!("{address} cannot be listened on: {error}")))?;
    let retention = tokio::spawn(retention);
    portage_web::announce(how, url.as_str().trim_end_matches('/'), base, pages)
        .map_err(CommandError::output)?;
    let readiness = Readiness::ready();
    let served = portage_web::serve(listener, routes(readiness.clone()), readiness, stop).await;
    retention.abort();
    served.map_err(CommandError::fault)?;
    Ok(ExitCode::Done)
}
