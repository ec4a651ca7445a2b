use std::{
    io::{self, Write},
    net::SocketAddr,
    pin::pin,
    time::Duration,
};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    REQUEST_TIME, Readiness,
    page::{PageEntry, page_addresses},
};

/// How long requests in flight may take once the service was told to stop.
pub const GRACE: Duration = Duration::from_secs(10);

/// How a program says that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announce {
    /// `{"ready":URL}` on standard output, with `pages` where the program has some: `[{"name","en","fr"}]`.
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

/// Says that the service answers under `url`, and where its pages are: `base` is what stands before the language in each address.
///
/// # Errors
/// Nobody reads the output any more.
pub fn announce(how: Announce, url: &str, base: &str, pages: &[PageEntry]) -> io::Result<()> {
    match how {
        Announce::Json => {
            let mut out = io::stdout().lock();
            let mut told = json!({ "ready": url });
            if !pages.is_empty() {
                told["pages"] = page_addresses(pages, &format!("{url}{base}"));
            }
            writeln!(out, "{told}")?;
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
    serve_within(listener, routes, readiness, stop, REQUEST_TIME).await
}

/// A connection that sends no whole request header within `header_time` is closed: idle or slow, it holds nothing for long.
async fn serve_within(
    listener: TcpListener,
    routes: Router,
    readiness: Readiness,
    stop: impl Future<Output = ()> + Send + 'static,
    header_time: Duration,
) -> io::Result<()> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(header_time);
    let in_flight = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Err: the connection is slower and works all the same.
                    let _ = stream.set_nodelay(true);
                    let routes = TowerToHyperService::new(routes.clone());
                    let connection = in_flight.watch(http.serve_connection(TokioIo::new(stream), routes));
                    tokio::spawn(async move {
                        if let Err(error) = connection.await {
                            tracing::debug!(error = %error, "a connection ended early");
                        }
                    });
                }
                // One client's doing, or no file descriptor left: others are served when there is one.
                Err(error) => {
                    tracing::warn!(error = %error, "a connection was not taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            () = &mut stop => break,
        }
    }
    tracing::info!("stopping");
    readiness.withdraw();
    drop(listener);
    if tokio::time::timeout(GRACE, in_flight.shutdown()).await.is_err() {
        tracing::warn!("requests in flight were cut off");
    }
    Ok(())
}

/// Pause after a connection that could not be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

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

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::oneshot,
    };

    use super::*;
    use crate::harden;

    const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

    async fn served(
        routes: Router,
        header_time: Duration,
    ) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<io::Result<()>>, Readiness) {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let readiness = Readiness::ready();
        let stopped = async { drop(stopped.await) };
        let serving =
            tokio::spawn(serve_within(listener, harden(routes), readiness.clone(), stopped, header_time));
        (address, stop, serving, readiness)
    }

    #[tokio::test]
    async fn a_connection_that_says_nothing_or_half_a_header_is_closed_and_others_are_served() {
        let routes = Router::new().route("/", get(async || "here"));
        let (address, _stop, _serving, _) = served(routes, Duration::from_millis(100)).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(&GET[..20]).await.unwrap();
        let mut quick = TcpStream::connect(address).await.unwrap();
        quick.write_all(GET).await.unwrap();
        let mut answer = vec![0; 12];
        quick.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, b"HTTP/1.1 200");
        for connection in [&mut idle, &mut slow] {
            let mut rest = Vec::new();
            // Ends when the server closes; the test would hang if it did not.
            connection.read_to_end(&mut rest).await.unwrap();
            assert!(!rest.starts_with(b"HTTP/1.1 200"));
        }
    }

    #[tokio::test]
    async fn a_request_in_flight_is_answered_after_the_stop_and_new_ones_are_not_taken() {
        let (entered, mut enter) = tokio::sync::mpsc::channel::<()>(1);
        let (leave, left) = tokio::sync::watch::channel(false);
        let slow = move || {
            let (entered, mut left) = (entered.clone(), left.clone());
            async move {
                entered.send(()).await.unwrap();
                left.wait_for(|left| *left).await.unwrap();
                "done"
            }
        };
        let (address, stop, serving, readiness) =
            served(Router::new().route("/", get(slow)), Duration::from_secs(10)).await;
        let mut in_flight = TcpStream::connect(address).await.unwrap();
        in_flight.write_all(GET).await.unwrap();
        enter.recv().await.unwrap();
        stop.send(()).unwrap();
        while readiness.is_ready() {
            tokio::task::yield_now().await;
        }
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
        leave.send(true).unwrap();
        let mut answer = String::new();
        in_flight.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
        serving.await.unwrap().unwrap();
    }
}
