//! A recording reverse proxy on loopback: the address people use, and every message that passed.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use anyhow::{Context, Result};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// Largest message the story records.
const MAX_MESSAGE: usize = 16 << 20;

/// One message exchange as it passed.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// `POST /path?query`.
    pub(crate) request_line: String,
    /// What the service received.
    pub(crate) request: Bytes,
    /// What the caller received.
    pub(crate) response: Bytes,
}

/// A running proxy.
pub(crate) struct Proxy {
    /// The address people use.
    pub(crate) url: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Target {
    service: SocketAddr,
    client: reqwest::Client,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Proxy {
    /// Listens on a free loopback port and passes everything to `service`.
    pub(crate) async fn start(service: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("a free loopback port")?;
        let url = format!("http://localhost:{}", listener.local_addr()?.port());
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let target = Target { service, client, exchanges: Arc::clone(&exchanges) };
        let router = Router::new().fallback(pass_on).with_state(target);
        let server = tokio::spawn(async move {
            // The proxy lives as long as the story: an error here shows as a refused connection there.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Proxy { url, exchanges, server })
    }

    /// What passed since the last call.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        self.exchanges.lock().map(|mut exchanges| std::mem::take(&mut *exchanges)).unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass_on(State(target): State<Target>, request: Request) -> Response {
    match exchange(&target, request).await {
        Ok(response) => response,
        Err(_) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    }
}

async fn exchange(target: &Target, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_MESSAGE).await?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let answer = target
        .client
        .request(parts.method.clone(), format!("http://{}{path}", target.service))
        .headers(end_to_end(&parts.headers))
        .body(body.clone())
        .send()
        .await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = end_to_end(answer.headers());
    let answered = answer.bytes().await?;
    if let Ok(mut exchanges) = target.exchanges.lock() {
        exchanges.push(Exchange {
            request_line: format!("{} {path}", parts.method),
            request: body,
            response: answered.clone(),
        });
    }
    *response.body_mut() = Body::from(answered);
    Ok(response)
}

/// The headers that go on; `Host` goes on too, since the service knows itself by its public address.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for hop in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::UPGRADE] {
        kept.remove(hop);
    }
    kept
}
