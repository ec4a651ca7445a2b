//! What leaves, what comes back, and what never does.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod support;

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::Redirect,
    routing::{get, post},
};
use portage_did::LoopbackOrigins;
use portage_fetch::Fetcher;
use portage_wallet::ports::{Http, HttpFailure, HttpRequest, RequestBody};
use support::Server;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use url::Url;

#[tokio::test]
async fn w01_an_address_that_is_not_allowed_is_never_connected() {
    let server = Server::start(Router::new().route("/", get("here"))).await;
    let closed = Fetcher::new(LoopbackOrigins::default()).unwrap();
    assert_eq!(server.fetcher().get(&server.url("/"), "*/*", 100).await.unwrap().body, b"here");

    let port = server.url("/").port().unwrap();
    for address in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://0177.0.0.1:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "https://[fd00::1]/".to_owned(),
    ] {
        let answer = closed.get(&Url::parse(&address).unwrap(), "*/*", 100).await;
        assert_eq!(answer.err(), Some(HttpFailure::AddressNotAllowed), "{address}");
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn w02_a_redirect_is_not_followed_and_nothing_is_posted_again() {
    let router = Router::new()
        .route("/302", get(|| async { (StatusCode::FOUND, [(header::LOCATION, "/target")]) }))
        .route("/307", post(|| async { Redirect::temporary("/target") }))
        .route("/308", post(|| async { Redirect::permanent("/target") }))
        .route("/target", get("target").post(|| async { "target" }));
    let server = Server::start(router).await;
    let fetcher = server.fetcher();
    assert_eq!(fetcher.get(&server.url("/target"), "*/*", 100).await.unwrap().body, b"target");

    assert_eq!(fetcher.get(&server.url("/302"), "*/*", 100).await.err(), Some(HttpFailure::Redirected));
    for path in ["/307", "/308"] {
        let answer = fetcher.post_form(&server.url(path), &[("vp_token", "x")], 100).await;
        assert_eq!(answer.err(), Some(HttpFailure::Redirected), "{path}");
    }
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn no_more_is_read_than_the_caller_allows_announced_or_not() {
    let router = Router::new()
        .route("/announced", get(|| async { vec![b'x'; 1001] }))
        .route("/exact", get(|| async { vec![b'x'; 1000] }));
    let server = Server::start(router).await;
    let fetcher = server.fetcher();
    assert_eq!(fetcher.get(&server.url("/exact"), "*/*", 1000).await.unwrap().body.len(), 1000);
    let answer = fetcher.get(&server.url("/announced"), "*/*", 1000).await;
    assert_eq!(answer.err(), Some(HttpFailure::TooLarge));

    let (origin, endless) = endless_server().await;
    let fetcher = Fetcher::new(LoopbackOrigins::parse([origin.as_str()]).unwrap()).unwrap();
    let answer = fetcher.get(&Url::parse(&origin).unwrap(), "*/*", 100_000).await;
    assert_eq!(answer.err(), Some(HttpFailure::TooLarge));
    endless.await.unwrap();
}

/// Answers once, with chunks that end only when the other side hangs up.
async fn endless_server() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = stream.read(&mut [0; 1024]).await.unwrap();
        assert!(request > 0);
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let chunk = [b"400\r\n".as_slice(), &[b'x'; 1024], b"\r\n"].concat();
        let mut sent = stream.write_all(head).await;
        while sent.is_ok() {
            sent = stream.write_all(&chunk).await;
        }
    });
    (origin, task)
}

#[tokio::test]
async fn the_request_carries_what_was_asked_and_nothing_about_us() {
    let echo = |headers: HeaderMap, body: String| async move {
        let mut names: Vec<_> = headers.keys().map(ToString::to_string).collect();
        names.sort();
        let agent = headers["user-agent"].to_str().unwrap().to_owned();
        format!("{names:?} {agent} {body}")
    };
    let server = Server::start(Router::new().route("/", get(echo).post(echo))).await;
    let fetcher = server.fetcher();
    let url = server.url("/");
    let text = |body: Vec<u8>| String::from_utf8(body).unwrap();

    let answer = fetcher.get(&url, "application/did+json", 1000).await.unwrap();
    let agent = format!("portage/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(text(answer.body), format!(r#"["accept", "host", "user-agent"] {agent} "#));

    let answer = fetcher.post_form(&url, &[("a", "b c"), ("d", "&")], 1000).await.unwrap();
    let body = text(answer.body);
    assert!(body.ends_with(" a=b+c&d=%26") && body.contains("content-type"), "{body}");

    let request = HttpRequest {
        url: &url,
        accept: "application/json",
        bearer: Some("token"),
        body: RequestBody::Json(&serde_json::json!({"a": 1})),
        max_bytes: 1000,
    };
    let answer = fetcher.send(request).await.unwrap();
    let body = text(answer.body);
    assert!(body.ends_with(r#" {"a":1}"#) && body.contains("authorization"), "{body}");
}

#[tokio::test]
async fn any_status_is_an_answer_and_nobody_there_is_not() {
    let router = Router::new().route("/gone", get(|| async { (StatusCode::GONE, "gone") }));
    let server = Server::start(router).await;
    let fetcher = server.fetcher();
    let answer = fetcher.get(&server.url("/gone"), "*/*", 100).await.unwrap();
    assert_eq!((answer.status, answer.content_type.as_deref()), (410, Some("text/plain")));

    let url = server.url("/");
    drop(server);
    tokio::task::yield_now().await;
    // The listener goes with its task.
    let mut answer = fetcher.get(&url, "*/*", 100).await;
    while answer.is_ok() {
        tokio::task::yield_now().await;
        answer = fetcher.get(&url, "*/*", 100).await;
    }
    assert!(matches!(answer.err(), Some(HttpFailure::Unreachable | HttpFailure::NoAnswer)));
}

#[test]
fn w01_every_loopback_origin_is_a_thing_of_offline_checks_and_opens_none_here() {
    let fetcher = Fetcher::new(LoopbackOrigins::dangerous_every_for_offline_use()).unwrap();
    let url = Url::parse("http://localhost:8080/").unwrap();
    assert!(LoopbackOrigins::dangerous_every_for_offline_use().contains(&url));
    assert!(!fetcher.loopback().contains(&url));
}
