//! A server on loopback that counts what arrives.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, extract::Request, middleware, response::Response};
use portage_did::LoopbackOrigins;
use portage_fetch::Fetcher;
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

/// Ends with the value.
pub(crate) struct Server {
    pub(crate) origin: String,
    requests: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = requests.clone();
        let router = router.layer(middleware::from_fn(move |request: Request, next: middleware::Next| {
            let count = count.clone();
            async move {
                count.fetch_add(1, Ordering::SeqCst);
                let response: Response = next.run(request).await;
                response
            }
        }));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Server { origin, requests, task }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.origin)).unwrap()
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// A way out that may reach this server.
    pub(crate) fn fetcher(&self) -> Fetcher {
        Fetcher::new(LoopbackOrigins::parse([self.origin.as_str()]).unwrap()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
