use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Json, Router,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Map, Value, json};

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
    health_routes_telling(readiness, check, Map::new)
}

/// The same; `/readyz` tells more about the service: members beside `status`.
pub fn health_routes_telling<F>(
    readiness: Readiness,
    check: impl Fn() -> F + Clone + Send + Sync + 'static,
    tell: impl Fn() -> Map<String, Value> + Clone + Send + Sync + 'static,
) -> Router
where
    F: Future<Output = bool> + Send + 'static,
{
    let readyz = move || {
        let (readiness, check, tell) = (readiness.clone(), check.clone(), tell.clone());
        async move { if readiness.is_ready() && check().await { ok(tell()) } else { not_ready() } }
    };
    Router::new().route("/healthz", get(async || ok(Map::new()))).route("/readyz", get(readyz))
}

fn ok(told: Map<String, Value>) -> Response {
    let mut answer = json!({ "status": "ok" });
    for (name, value) in told {
        answer[name] = value;
    }
    Json(answer).into_response()
}

fn not_ready() -> Response {
    Refusal::unavailable().into_response()
}
