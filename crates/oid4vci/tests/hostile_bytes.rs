//! No reader panics on any bytes, and what is written reads back.

use portage_oid4vci::{
    AuthorizationServerMetadata, ClientAssertionJwt, CredentialIssuerMetadata, CredentialOffer,
    CredentialOfferUri, CredentialRequest, CredentialResponse, ErrorResponse, Grants, IssuerIdentifier,
    NonceResponse, NotificationRequest, PreAuthorizedCode, PreAuthorizedCodeGrant, TokenRequest,
    TokenResponse, TxCode, TxCodeValue, UnverifiedClientAssertion, UnverifiedKeyProof,
};
use proptest::prelude::*;

/// All readers; whether they refuse or not is their own tests' matter.
fn read_with_all(bytes: &[u8]) {
    let _ = CredentialOffer::parse(bytes);
    let _ = CredentialIssuerMetadata::parse(bytes);
    let _ = AuthorizationServerMetadata::parse(bytes);
    let _ = TokenRequest::from_form(bytes);
    let _ = TokenResponse::parse(bytes);
    let _ = NonceResponse::parse(bytes);
    let _ = CredentialRequest::parse(bytes);
    let _ = CredentialResponse::parse(bytes);
    let _ = NotificationRequest::parse(bytes);
    let _ = ErrorResponse::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = CredentialOfferUri::parse(text);
        let _ = IssuerIdentifier::parse(text);
        let _ = UnverifiedKeyProof::parse(text);
        let _ = UnverifiedClientAssertion::parse(&ClientAssertionJwt::new(text));
    }
}

/// Texts that look like messages: the readers get past the first byte.
fn near_misses() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "null",
            "true",
            "1",
            "-1",
            "1e400",
            "\"\"",
            "\"a\"",
            "\"\\ud800\"",
            "%7B",
            "%",
            "&",
            "=",
            "?",
            "#",
            ".",
            "://",
            "openid-credential-offer",
            "https",
            "credential_offer",
            "credential_offer_uri",
            "\"credential_issuer\"",
            "\"https://a.example\"",
            "\"credential_configuration_ids\"",
            "\"grants\"",
            "\"credential_endpoint\"",
            "\"credential_configurations_supported\"",
            "\"format\"",
            "\"path\"",
            "\"proofs\"",
            "\"jwt\"",
            "\"credentials\"",
            "\"credential\"",
            "eyJhbGciOiJFUzI1NiJ9",
            "grant_type",
            "\"event\"",
        ]),
        0..40,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        read_with_all(&bytes);
    }

    #[test]
    fn near_misses_are_read_or_refused(text in near_misses()) {
        read_with_all(text.as_bytes());
    }

    #[test]
    fn an_offer_reads_back_from_its_link(code in "\\PC{1,60}", id in "[a-z+_-]{1,20}", length in 1_u32..20, asks in any::<bool>()) {
        let grant = PreAuthorizedCodeGrant {
            pre_authorized_code: PreAuthorizedCode::new(code),
            tx_code: asks.then(|| TxCode { length: Some(length), ..TxCode::default() }),
            authorization_server: None,
        };
        let offer = CredentialOffer {
            credential_issuer: IssuerIdentifier::parse("https://a.example/tenant").unwrap(),
            credential_configuration_ids: vec![id],
            grants: Some(Grants { pre_authorized_code: Some(grant), authorization_code: None }),
        };
        let uri = CredentialOfferUri::ByValue(offer);
        prop_assert_eq!(CredentialOfferUri::parse(&uri.to_string()), Ok(uri));
    }

    #[test]
    fn a_token_request_reads_back(code in "\\PC{0,60}", tx_code in prop::option::of("\\PC{0,12}")) {
        let request = TokenRequest::anonymous(PreAuthorizedCode::new(code), tx_code.map(TxCodeValue::new));
        prop_assert_eq!(TokenRequest::from_form(request.to_form().as_bytes()), Ok(request));
    }
}
