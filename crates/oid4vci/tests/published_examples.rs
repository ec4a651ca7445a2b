//! The examples of the specification and the metadata samples of the OpenID conformance suite, read from `../shared/vectors`.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and one that is left out says so"
)]

use std::{fs, path::PathBuf};

use portage_oid4vci::{
    AuthorizationServerMetadata, CredentialIssuerMetadata, CredentialOffer, CredentialResponse, InputMode,
};
use portage_strict_json::Limits;
use serde_json::{Value, json};

/// The file's text, or `None` with a word on what is left out.
fn shared(path: &str) -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    match fs::read_to_string(root.join(path)) {
        Ok(text) => Some(text),
        Err(_) => {
            println!("left out: ../shared/vectors/{path} is not there");
            None
        }
    }
}

/// The body of a printed HTTP message.
fn body(text: &str) -> &str {
    text.split_once("\n\n").map_or(text, |(_, body)| body)
}

fn metadata(name: &str) -> Option<Result<CredentialIssuerMetadata, portage_oid4vci::MessageError>> {
    let text = shared(&format!("openid-conformance-suite/issuer-metadata/{name}"))?;
    // One sample is larger than the 256 KiB that a wallet reads from the network: its shape counts here.
    let value = portage_strict_json::parse(text.as_bytes(), Limits::MESSAGE).expect("the samples are JSON");
    Some(CredentialIssuerMetadata::from_value(value))
}

#[test]
fn valid_issuer_metadata_is_read_and_written_back() {
    for name in [
        "valid-openid-credential-issuer-metadata-spec-DcSdJwt-claims-example.json",
        "valid-openid-credential-issuer-metadata-claims-path-pointer-null.json",
        "valid-openid-credential-issuer-metadata-spec-appendix-example.json",
        "valid-openid-credential-issuer-metadata-mock-minimal.json",
        "valid-openid-credential-issuer-metadata-eudiw.json",
        "valid-openid-credential-issuer-metadata-mock-full.json",
    ] {
        let Some(read) = metadata(name) else { return };
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(CredentialIssuerMetadata::from_value(read.to_value()).as_ref(), Ok(&read), "{name}");
    }
}

#[test]
fn invalid_issuer_metadata_is_refused() {
    for name in [
        "invalid-openid-credential-issuer-metadata-missing-required-property.json",
        "invalid-openid-credential-issuer-metadata-request-encryption-jwks-as-array.json",
        "invalid-openid-credential-issuer-metadata-invalid-type-for-authorization-servers.json",
        "invalid-openid-credential-issuer-metadata-missing-required-property-in-optional-property.json",
        "invalid-openid-credential-issuer-metadata-ebsi.json",
    ] {
        let Some(read) = metadata(name) else { return };
        assert!(read.is_err(), "{name}");
    }
}

/// The suite calls this sample invalid for members the specification does not know; a wallet ignores those (§12.2.4).
#[test]
fn unknown_members_of_metadata_are_ignored() {
    let Some(read) = metadata("invalid-openid-credential-issuer-metadata-bdr-example1.json") else { return };
    assert!(read.is_ok());
}

#[test]
fn authorization_server_metadata_is_read() {
    let name =
        "openid-conformance-suite/issuer-metadata/valid-oauth-authorization-server-metadata-mock-full.json";
    let Some(text) = shared(name) else { return };
    let read = AuthorizationServerMetadata::parse(text.as_bytes()).unwrap();
    assert_eq!(read.issuer.as_str(), "https://auth.example.com");
    assert!(!read.pre_authorized_grant_anonymous_access_supported);
}

#[test]
fn the_metadata_examples_of_the_specification_are_read() {
    let Some(text) = shared("openid4vci-1.0-examples/credential_issuer_metadata_sd_jwt_long.json") else {
        return;
    };
    CredentialIssuerMetadata::parse(text.as_bytes()).unwrap();
    for name in ["ldp_vc", "sd_jwt_vc", "mso_mdoc"] {
        let Some(text) = shared(&format!("openid4vci-1.0-examples/credential_metadata_{name}.json")) else {
            return;
        };
        let mut value: Value = serde_json::from_str(&text).unwrap();
        value["credential_issuer"] = json!("https://issuer.example");
        value["credential_endpoint"] = json!("https://issuer.example/credential");
        CredentialIssuerMetadata::from_value(value).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn the_offer_examples_of_the_specification_are_read() {
    let Some(text) = shared("openid4vci-1.0-examples/credential_offer_multiple_credentials.json") else {
        return;
    };
    let offer = CredentialOffer::parse(text.as_bytes()).unwrap();
    let tx_code = offer.pre_authorized_code().and_then(|grant| grant.tx_code.as_ref()).unwrap();
    assert_eq!((tx_code.length, tx_code.input_mode), (Some(4), InputMode::Numeric));
    let Some(text) = shared("openid4vci-1.0-examples/credential_offer_authz_code.txt") else { return };
    assert!(CredentialOffer::parse(body(&text).as_bytes()).unwrap().pre_authorized_code().is_none());
}

#[test]
fn the_response_examples_of_the_specification_are_read() {
    for name in ["credential_response_sd_jwt_vc.txt", "credential_response_ldp_vc.txt"] {
        let Some(text) = shared(&format!("openid4vci-1.0-examples/{name}")) else { return };
        // Line breaks inside strings are for display only.
        let joined: String = body(&text).lines().map(str::trim).collect();
        let response =
            CredentialResponse::parse(joined.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            matches!(response, CredentialResponse::Issued(issued) if issued.credentials.len() == 1),
            "{name}"
        );
    }
}
