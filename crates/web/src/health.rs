use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Json, Router,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::Refusal;

/// Whether the service wants requests. Cheap to clone; every clone is the same switch.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Ready from the start.
    pub fn ready() -> Self {
        Readiness(Arc::new(AtomicBool::new(true)))
    }

    /// Whether it is ready.
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Not ready any more: stopping, or the store or a key is gone.
    pub fn withdraw(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// `GET /healthz` (the process answers) and `GET /readyz` (it wants requests, and `check` found what it needs).
pub fn health_routes<F>(readiness: Readiness, check: impl Fn() -> F + Clone + Send + Sync + 'static) -> Router
where
    F: Future<Output = bool> + Send + 'static,
{
    let readyz = move || {
        let (readiness, check) = (readiness.clone(), check.clone());
        async move { if readiness.is_ready() && check().await { ok() } else { not_ready() } }
    };
    Router::new().route("/healthz", get(async || ok())).route("/readyz", get(readyz))
}

fn ok() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

fn not_ready() -> Response {
    Refusal::unavailable().into_response()
}
