use std::{
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};

use axum::Router;
use serde_json::json;
use tokio::net::TcpListener;

use crate::Readiness;

/// How long requests in flight may take once the service was told to stop.
pub const GRACE: Duration = Duration::from_secs(10);

/// How a program says that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announce {
    /// `{"ready":URL}` on standard output.
    Json,
    /// A sentence on standard error.
    Text,
}

/// Listens on `address`; port 0 lets the system choose.
///
/// # Errors
/// The address is taken or not ours.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Says that the service answers under `url`.
///
/// # Errors
/// Nobody reads the output any more.
pub fn announce(how: Announce, url: &str) -> io::Result<()> {
    match how {
        Announce::Json => {
            let mut out = io::stdout().lock();
            writeln!(out, "{}", json!({ "ready": url }))?;
            out.flush()
        }
        Announce::Text => writeln!(io::stderr().lock(), "Ready at {url}"),
    }
}

/// Serves until `stop` resolves (see [`shutdown_signal`]); then is not ready, takes no new connection, and returns when the requests in
/// flight are answered, after [`GRACE`] at the latest.
///
/// # Errors
/// The listener failed.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    readiness: Readiness,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let stop = async move {
        stop.await;
        tracing::info!("stopping");
        readiness.withdraw();
        // Err: the server has ended by itself, and nobody waits.
        let _ = stopping.send(());
    };
    let out_of_time = async {
        match stopped.await {
            Ok(()) => tokio::time::sleep(GRACE).await,
            Err(_server_ended) => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = axum::serve(listener, routes).with_graceful_shutdown(stop).into_future() => ended,
        () = out_of_time => {
            tracing::warn!("requests in flight were cut off");
            Ok(())
        }
    }
}

/// Resolves on SIGTERM or SIGINT (Ctrl-C).
///
/// # Errors
/// The signals cannot be listened to.
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(async move {
            tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        // Err: no signal will ever come; then nothing stops the service but its end.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
