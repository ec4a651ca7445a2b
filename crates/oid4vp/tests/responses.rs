//! Responses as a verifier meets them.

use portage_oid4vp::{
    AuthorizationResponse, DirectPostAnswer, ErrorCode, ErrorResponse, Presentation, VpToken,
};
use portage_reason::Reason;
use proptest::prelude::*;
use serde_json::{Map, json};

fn object() -> Presentation {
    Presentation::Object(Map::from_iter([("n".to_owned(), json!(1.50))]))
}

#[test]
fn a_response_reads_back() {
    let vp_token = VpToken::default()
        .with("person", vec![Presentation::Text("a.b.c~d~".into())])
        .with("card", vec![object(), object()]);
    for response in [
        AuthorizationResponse::Success { vp_token: vp_token.clone(), state: Some("s".into()) },
        AuthorizationResponse::Success { vp_token, state: None },
        AuthorizationResponse::Error(ErrorResponse {
            error: ErrorCode::AccessDenied,
            state: Some("s".into()),
        }),
    ] {
        assert_eq!(AuthorizationResponse::parse_form(response.to_form().as_bytes()), Ok(response));
    }
}

#[test]
fn what_is_not_a_response_is_refused() {
    for (form, reason) in [
        ("", Reason::Malformed),
        ("state=s", Reason::Malformed),
        ("vp_token=%7B%22a%22%3A%5B%22b%22%5D%7D&error=access_denied", Reason::Malformed),
        ("vp_token=%7B%22a%22%3A%5B%22b%22%5D%7D&state=s&state=t", Reason::Malformed),
        ("vp_token=a.b.c", Reason::Malformed),
        ("vp_token=%7B%7D", Reason::Malformed),
        ("vp_token=%5B%22b%22%5D", Reason::Malformed),
        ("vp_token=%7B%22a%22%3A%22b%22%7D", Reason::Malformed),
        ("vp_token=%7B%22a%22%3A%5B%5D%7D", Reason::Malformed),
        ("vp_token=%7B%22a%22%3A%5B1%5D%7D", Reason::Malformed),
        ("vp_token=%7B%22a%22%3A%5B%22b%22%5D%2C%22a%22%3A%5B%22c%22%5D%7D", Reason::Malformed),
    ] {
        let error = AuthorizationResponse::parse_form(form.as_bytes()).expect_err(form);
        assert_eq!(error.reason(), reason, "{form}");
    }
    let long = format!("vp_token={}", "a".repeat(2 << 20));
    assert_eq!(AuthorizationResponse::parse_form(long.as_bytes()).unwrap_err().reason(), Reason::TooLarge);
}

#[test]
fn unknown_parameters_and_codes_are_not_refused() {
    let form = "vp_token=%7B%22a%22%3A%5B%22b%22%5D%7D&iss=somebody&state=s";
    assert!(AuthorizationResponse::parse_form(form.as_bytes()).is_ok());
    let error = AuthorizationResponse::parse_form(b"error=something_new&error_description=x");
    let expected = ErrorResponse { error: ErrorCode::Other, state: None };
    assert_eq!(error, Ok(AuthorizationResponse::Error(expected)));
}

#[test]
fn the_state_is_found_in_a_form_that_cannot_be_read() {
    let state = |form: &str| AuthorizationResponse::state_of_form(form.as_bytes());
    assert_eq!(state("vp_token=nonsense&state=s%20t").as_deref(), Some("s t"));
    assert_eq!(state("state=a&state=b"), None);
    assert_eq!(state("vp_token=x"), None);
}

#[test]
fn the_answer_to_a_direct_post_reads_back() {
    for answer in [
        DirectPostAnswer::default(),
        DirectPostAnswer { redirect_uri: Some("https://market.example/r?response_code=c".parse().unwrap()) },
    ] {
        assert_eq!(DirectPostAnswer::parse(answer.to_value().to_string().as_bytes()), Ok(answer));
    }
    assert!(DirectPostAnswer::parse(b"[]").is_err());
    assert!(DirectPostAnswer::parse(br#"{"redirect_uri":7}"#).is_err());
    assert!(DirectPostAnswer::parse(br#"{"redirect_uri":"nowhere"}"#).is_err());
}

#[test]
fn presentations_do_not_print() {
    let vp_token = VpToken::default().with("person", vec![Presentation::Text("a.b.c".into())]);
    assert!(!format!("{vp_token:?}").contains("a.b.c"));
}

proptest! {
    #[test]
    fn no_form_makes_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = AuthorizationResponse::parse_form(&bytes);
        let _ = AuthorizationResponse::state_of_form(&bytes);
        let _ = DirectPostAnswer::parse(&bytes);
    }

    #[test]
    fn no_link_makes_the_parser_panic(text in ".{0,200}") {
        let _ = portage_oid4vp::AuthorizationRequest::parse(&text);
        let _ = portage_oid4vp::AuthorizationRequest::parse(&format!("openid4vp://?client_id=a&{text}"));
    }
}
