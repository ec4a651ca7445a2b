//! Routes, answers, and the loop that takes connections: on the loopback interface alone.

use std::{
    error::Error,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use portage_catalog::Catalog;
use portage_clock::Clock;
use portage_data_integrity::Cryptosuite;
use portage_did::{Did, LoopbackOrigins, Resolution};
use portage_keys::Algorithm;
use portage_reason::{Fault, Reason};
use portage_strict_json::{Limits, parse_object};
use portage_verification::{Decision, Outcome};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

use crate::{
    contexts,
    issuer::{Issuer, Securing},
    tls,
    verifier::Verifier,
};

struct Harness {
    clock: Clock,
    issuer: Arc<Issuer>,
    verifier: Verifier,
}

type Shared = State<Arc<Harness>>;

/// Listens until it is ended; says `{"ready": URL, "did": DID}` on standard output when it does.
///
/// # Errors
/// The port is taken, or nobody reads the output.
pub(crate) fn run(port: u16, tls: bool, clock: Clock) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let scheme = if tls { "https" } else { "http" };
        let base = format!("{scheme}://localhost:{}", listener.local_addr()?.port());
        let harness = Harness::new(clock, &base).ok_or("the issuer's key cannot be made")?;
        let ready = json!({ "ready": base, "did": harness.issuer.did(Algorithm::EdDsa) });
        let routes = routes(Arc::new(harness));
        let acceptor = if tls { Some(tls::self_signed()?) } else { None };
        writeln!(io::stdout().lock(), "{ready}")?;
        io::stdout().lock().flush()?;
        loop {
            let (stream, _) = listener.accept().await?;
            let (routes, acceptor) = (routes.clone(), acceptor.clone());
            tokio::spawn(async move {
                match acceptor {
                    None => serve(stream, routes).await,
                    Some(acceptor) => match acceptor.accept(stream).await {
                        Ok(stream) => serve(stream, routes).await,
                        Err(error) => eprintln!("a connection without TLS: {error}"),
                    },
                }
            });
        }
    })
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, routes: Router) {
    let service = TowerToHyperService::new(routes);
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        eprintln!("a connection ended early: {error}");
    }
}

impl Harness {
    fn new(clock: Clock, base: &str) -> Option<Self> {
        let catalog = Catalog::bundled();
        let contexts = contexts::of_the_suites(&catalog);
        let issuer = Arc::new(Issuer::new(clock.clone(), contexts.clone(), base)?);
        let verifier = Verifier::new(catalog, contexts, Arc::clone(&issuer), base)?;
        Some(Harness { clock, issuer, verifier })
    }
}

fn routes(harness: Arc<Harness>) -> Router {
    let issue = |securing: Securing| {
        post(async move |State(harness): Shared, body: Bytes| issued(&harness, securing, &body))
    };
    let proof = Securing::Proof;
    let (p256, p384) = (Algorithm::Es256, Algorithm::Es384);
    let routes = Router::new()
        .route("/did", did(Algorithm::EdDsa))
        .route("/p256/did", did(Algorithm::Es256))
        .route("/p384/did", did(Algorithm::Es384))
        .route("/1.0/identifiers/{did}", get(resolve))
        .route("/status/{id}", get(status_list))
        .route("/credentials/issue", issue(proof(Cryptosuite::EddsaRdfc2022, Algorithm::EdDsa)))
        .route("/jcs/credentials/issue", issue(proof(Cryptosuite::EddsaJcs2022, Algorithm::EdDsa)))
        .route("/p256/credentials/issue", issue(proof(Cryptosuite::EcdsaRdfc2019, p256)))
        .route("/p384/credentials/issue", issue(proof(Cryptosuite::EcdsaRdfc2019, p384)))
        .route("/p256/jcs/credentials/issue", issue(proof(Cryptosuite::EcdsaJcs2019, p256)))
        .route("/p384/jcs/credentials/issue", issue(proof(Cryptosuite::EcdsaJcs2019, p384)))
        .route("/env/credentials/issue", issue(Securing::Enveloped))
        .route("/credentials/verify", post(verify_credential))
        .route("/presentations/verify", post(verify_presentation))
        .with_state(harness);
    portage_web::harden(routes)
}

/// The issuer's DID: as text, or as `{"did": …}` for whoever asks for JSON.
fn did(algorithm: Algorithm) -> MethodRouter<Arc<Harness>> {
    get(async move |State(harness): Shared, headers: HeaderMap| {
        let did = harness.issuer.did(algorithm);
        if asks_for_json(&headers) {
            answer(StatusCode::OK, &json!({ "did": did }))
        } else {
            did.to_owned().into_response()
        }
    })
}

/// DID Resolution, for the methods whose document follows from the identifier.
async fn resolve(Path(did): Path<String>) -> Response {
    let resolution = Did::parse(&did).and_then(|did| did.resolution(&LoopbackOrigins::default()));
    match resolution {
        Ok(Resolution::Document(document)) => answer(
            StatusCode::OK,
            &json!({
                "didDocument": document.to_value(),
                "didResolutionMetadata": { "contentType": "application/did" },
                "didDocumentMetadata": {},
            }),
        ),
        Ok(Resolution::Fetch(_) | Resolution::Log(_)) => not_resolved(StatusCode::NOT_FOUND, "notFound"),
        Err(_) => not_resolved(StatusCode::BAD_REQUEST, "invalidDid"),
    }
}

fn not_resolved(status: StatusCode, error: &str) -> Response {
    let metadata = json!({ "error": error });
    answer(
        status,
        &json!({ "didDocument": null, "didResolutionMetadata": metadata, "didDocumentMetadata": {} }),
    )
}

/// `application/vc`, or JSON for whoever asks for that: the suites' client reads no other media type.
async fn status_list(State(harness): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let Some(list) = harness.issuer.list(&id) else { return StatusCode::NOT_FOUND.into_response() };
    let media_type = if asks_for_json(&headers) { "application/json" } else { "application/vc" };
    ([(header::CONTENT_TYPE, media_type)], Value::Object(list).to_string()).into_response()
}

fn asks_for_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("json"))
}

fn issued(harness: &Harness, securing: Securing, body: &[u8]) -> Response {
    match read(body).and_then(|body| harness.issuer.issue(securing, &body)) {
        Ok(secured) => answer(StatusCode::CREATED, &secured),
        Err(reason) => refused(&[reason]),
    }
}

async fn verify_credential(State(harness): Shared, body: Bytes) -> Response {
    match read(&body) {
        Ok(body) => verdict(harness.verifier.credential(&body, harness.clock.now()).await),
        Err(reason) => refused(&[reason]),
    }
}

async fn verify_presentation(State(harness): Shared, body: Bytes) -> Response {
    match read(&body) {
        Ok(body) => verdict(harness.verifier.presentation(&body, harness.clock.now()).await),
        Err(reason) => refused(&[reason]),
    }
}

fn read(body: &[u8]) -> Result<Map<String, Value>, Reason> {
    parse_object(body, Limits::MESSAGE).map_err(|error| error.reason())
}

fn verdict(outcome: Result<Outcome, Reason>) -> Response {
    match outcome {
        Ok(outcome) if matches!(outcome.decision, Decision::Accepted(_)) => {
            let mut line = outcome.to_json();
            line.insert("verified".to_owned(), true.into());
            line.insert("errors".to_owned(), json!([]));
            line.insert("warnings".to_owned(), json!([]));
            answer(StatusCode::OK, &Value::Object(line))
        }
        Ok(outcome) => refused(outcome.decision.reasons()),
        Err(reason) => refused(&[reason]),
    }
}

/// 400 for what breaks the data model or could not be read, 422 for what was read and is not accepted; the reasons as problem details
/// (VCDM 2.0 §7.1, RFC 9457).
fn refused(reasons: &[Reason]) -> Response {
    let errors: Vec<_> = reasons.iter().map(problem).collect();
    let unreadable = reasons.contains(&Reason::Malformed);
    let status = if unreadable { StatusCode::BAD_REQUEST } else { StatusCode::UNPROCESSABLE_ENTITY };
    eprintln!("refused: {reasons:?}");
    answer(status, &json!({ "verified": false, "errors": errors, "warnings": [] }))
}

/// `type` as the specification that knows the error has it (VCDM 2.0 §7.2, VC-DI 1.0 §4.7, Bitstring Status List §3.5); `about:blank` where none
/// does, as RFC 9457 §4.2.1 says.
fn problem(reason: &Reason) -> Value {
    const DATA_MODEL: &str = "https://www.w3.org/TR/vc-data-model#";
    const SECURITY: &str = "https://w3id.org/security#";
    const STATUS: &str = "https://www.w3.org/ns/credentials/status-list#";
    let (vocabulary, name) = match (reason, reason.fault()) {
        (Reason::Malformed, _) => (DATA_MODEL, "MALFORMED_VALUE_ERROR"),
        (Reason::ProofMissing | Reason::PurposeMismatch | Reason::SignatureInvalid, _) => {
            (SECURITY, "PROOF_VERIFICATION_ERROR")
        }
        (Reason::DataLoss, _) => (SECURITY, "DATA_LOSS_DETECTION_ERROR"),
        (Reason::AudienceMismatch, _) => (SECURITY, "INVALID_DOMAIN_ERROR"),
        (Reason::NonceMismatch, _) => (SECURITY, "INVALID_CHALLENGE_ERROR"),
        (Reason::StatusIndexInvalid, _) => (DATA_MODEL, "RANGE_ERROR"),
        (Reason::StatusListInvalid, _) => (STATUS, "STATUS_VERIFICATION_ERROR"),
        (Reason::StatusUnavailable, _) => (STATUS, "STATUS_RETRIEVAL_ERROR"),
        (_, Fault::Sender) => (DATA_MODEL, "CRYPTOGRAPHIC_SECURITY_ERROR"),
        _ => ("about:", "blank"),
    };
    json!({ "type": format!("{vocabulary}{name}"), "title": reason.name() })
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
