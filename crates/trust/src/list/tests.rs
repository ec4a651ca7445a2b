use serde_json::json;

use super::*;
use crate::AnyIssuer;

const PROVINCE: &str = "did:web:province.example";
const CITY: &str = "did:web:city.example";
const MARKET: &str = "did:web:market.example";

fn file() -> Value {
    json!({
        "issuers": [
            {"id": PROVINCE, "name": {"en": "The Province", "fr": "La Province"}, "tier": "provincial",
             "types": ["person"]},
            {"id": CITY, "name": {"en": "The City", "fr": "La Ville"}, "tier": "municipal",
             "types": ["business-licence", "https://portage-identity.example/credentials/residency"]},
        ],
        "verifiers": [
            {"id": MARKET, "name": {"en": "The Market", "fr": "Le Marché"}, "purposes": ["market-vendor-permit"]},
        ],
    })
}

fn parse(file: &Value) -> Result<TrustList, TrustError> {
    TrustList::parse(file.to_string().as_bytes())
}

fn purpose(id: &str) -> PurposeId {
    PurposeId(id.to_owned())
}

#[test]
fn v31_a_trusted_issuer_may_issue_its_types_and_no_other() {
    let list = parse(&file()).unwrap();
    let authorized = list.may_issue(PROVINCE, &["PersonCredential", "person"]).unwrap();
    assert_eq!(authorized.id, PROVINCE);
    assert_eq!(authorized.name.map(|name| name.fr).as_deref(), Some("La Province"));
    assert_eq!(authorized.tier, Some(Tier::Provincial));
    assert_eq!(authorized.source, "trust.json");
    for types in [&["business-licence"][..], &["PersonCredential"], &["Person"], &[""], &[]] {
        assert_eq!(list.may_issue(PROVINCE, types), Err(Reason::IssuerNotAuthorizedForType), "{types:?}");
    }
    assert!(list.may_issue(CITY, &["https://portage-identity.example/credentials/residency"]).is_ok());
}

#[test]
fn v31_a_credential_of_two_types_needs_the_right_to_both() {
    let list = parse(&file()).unwrap();
    let licence: &[&str] = &["BusinessLicenceCredential", "business-licence"];
    let person: &[&str] = &["PersonCredential", "person"];
    assert!(list.may_issue_all(CITY, &[licence]).is_ok());
    assert_eq!(list.may_issue_all(CITY, &[licence, person]), Err(Reason::IssuerNotAuthorizedForType));
    assert_eq!(list.may_issue_all(CITY, &[person, licence]), Err(Reason::IssuerNotAuthorizedForType));
    assert_eq!(list.may_issue_all(CITY, &[]), Err(Reason::IssuerNotAuthorizedForType));
    assert_eq!(list.may_issue_all(MARKET, &[]), Err(Reason::IssuerNotTrusted));
}

#[test]
fn v32_an_empty_list_trusts_nobody() {
    for list in [TrustList::default(), parse(&json!({})).unwrap(), parse(&json!({"issuers": []})).unwrap()] {
        assert!(list.is_empty());
        assert_eq!(list.may_issue(PROVINCE, &["person"]), Err(Reason::IssuerNotTrusted));
        assert_eq!(list.may_ask(MARKET, Some(&purpose("market-vendor-permit"))), MayAsk::Unknown);
    }
    assert!(TrustList::parse(b"").is_err(), "an empty file is no list");
}

#[test]
fn an_id_is_compared_to_the_letter() {
    let list = parse(&file()).unwrap();
    for stranger in ["did:web:province.example#key-1", "did:web:PROVINCE.example", "province.example", ""] {
        assert_eq!(list.may_issue(stranger, &["person"]), Err(Reason::IssuerNotTrusted), "{stranger}");
    }
}

#[test]
fn a_verifier_may_ask_for_the_purposes_registered_for_it() {
    let list = parse(&file()).unwrap();
    assert!(matches!(list.may_ask(MARKET, Some(&purpose("market-vendor-permit"))), MayAsk::Registered(_)));
    assert!(matches!(list.may_ask(MARKET, Some(&purpose("boat-rental"))), MayAsk::NotRegistered(_)));
    assert!(matches!(list.may_ask(MARKET, None), MayAsk::NotRegistered(_)));
    assert_eq!(list.may_ask(CITY, Some(&purpose("market-vendor-permit"))), MayAsk::Unknown);
}

#[test]
fn a_typing_error_never_widens_trust() {
    let list = file();
    for (pointer, value) in [
        ("/issuers", json!({})),
        ("/issuers/0/id", json!("province.example")),
        ("/issuers/0/id", json!("http://province.example")),
        ("/issuers/0/id", json!("did:web:province.example#key-1")),
        ("/issuers/0/id", json!(CITY)),
        ("/issuers/0/name", json!({"en": "The Province"})),
        ("/issuers/0/name", json!({"en": "The Province", "fr": "La Province", "de": "Die Provinz"})),
        ("/issuers/0/tier", json!("Provincial")),
        ("/issuers/0/types", json!("person")),
        ("/issuers/0/types", json!(["person", "person"])),
        ("/issuers/0/types", json!([""])),
        ("/issuers/0/types", json!(["VerifiableCredential"])),
        ("/verifiers/0/purposes", json!([3])),
        ("/verifiers/0/purposes", json!(["market-vendor-permit", "market-vendor-permit"])),
    ] {
        let mut changed = list.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        let error = parse(&changed).unwrap_err().to_string();
        let place = pointer.trim_start_matches('/').split('/').next().unwrap();
        assert!(error.starts_with(&format!("trust.json: {place}")), "{pointer}: {error}");
    }
    for (pointer, member) in [("", "issuer"), ("/issuers/0", "typ"), ("/verifiers/0", "types")] {
        let mut changed = list.clone();
        changed.pointer_mut(pointer).unwrap()[member] = json!([]);
        assert!(parse(&changed).unwrap_err().0.contains(member), "{pointer}/{member}");
    }
}

#[test]
fn a_syntax_error_is_told_with_its_line_and_column() {
    let error = TrustList::parse(b"{\n  \"issuers\": [],\n  \"issuers\": []\n}").unwrap_err().to_string();
    assert!(error.starts_with("trust.json: not valid JSON at line 3, column "), "{error}");
    assert!(TrustList::parse(b"[]").is_err());
}

#[test]
fn what_is_written_is_read_back_and_fits_the_schema_published_for_it() {
    let list = parse(&file()).unwrap();
    assert_eq!(parse(&list.to_json()), Ok(list.clone()));
    let schema = include_str!("../../../../specs/schemas/trust.schema.json");
    let schema = jsonschema::draft202012::new(&serde_json::from_str(schema).unwrap()).unwrap();
    for document in [list.to_json(), TrustList::default().to_json(), file(), json!({})] {
        assert!(schema.is_valid(&document), "{document}");
    }
    assert!(!schema.is_valid(&json!({"issuer": []})));
}

#[test]
fn a_pinned_authority_of_certificates_fits_the_schema_and_one_that_holds_none_is_refused() {
    let list = |certificate: &str| json!({ "certificates": [{ "name": { "en": "The Root", "fr": "La racine" }, "certificate": certificate }] });
    let schema = include_str!("../../../../specs/schemas/trust.schema.json");
    let schema = jsonschema::draft202012::new(&serde_json::from_str(schema).unwrap()).unwrap();
    let parsed = parse(&list("MAMCAQE")).unwrap();
    assert!(schema.is_valid(&parsed.to_json()));
    assert_eq!(parse(&parsed.to_json()), Ok(parsed));
    for certificate in ["", "MAMCAQE="] {
        assert!(parse(&list(certificate)).is_err(), "{certificate}");
        assert!(!schema.is_valid(&list(certificate)), "{certificate}");
    }
}

#[test]
fn an_imported_list_is_added_and_its_word_counts_for_whoever_stands_in_both() {
    let mut list = parse(&file()).unwrap();
    let mut narrowed = TrustList::default();
    let city = TrustedIssuer {
        id: CITY.to_owned(),
        name: Text { en: "The City".to_owned(), fr: "La Ville".to_owned() },
        tier: Tier::Municipal,
        types: BTreeSet::from(["residency".to_owned()]),
        retired_keys: Vec::new(),
    };
    narrowed.trust_issuer(city.clone()).unwrap();
    assert!(narrowed.trust_issuer(city).is_err(), "an id twice");
    list.merge(narrowed);
    assert_eq!(list.issuers().len(), 2);
    assert_eq!(list.verifiers().len(), 1);
    assert_eq!(list.may_issue(CITY, &["business-licence"]), Err(Reason::IssuerNotAuthorizedForType));
    assert!(list.may_issue(CITY, &["residency"]).is_ok());
}

#[test]
fn an_anchor_is_pinned_with_its_keys_and_an_entry_that_does_not_hold_is_refused() {
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let list = json!({ "anchors": [{
        "id": "https://canada.example",
        "name": { "en": "Canada", "fr": "Canada" },
        "jurisdiction": "CA",
        "types": ["*"],
        "jwks": { "keys": [key] },
    }] });
    let parsed = parse(&list).unwrap();
    assert_eq!(parsed.trust_anchors().iter().len(), 1);
    assert!(!parsed.is_empty());
    assert_eq!(parse(&parsed.to_json()), Ok(parsed.clone()));
    let schema = include_str!("../../../../specs/schemas/trust.schema.json");
    let schema = jsonschema::draft202012::new(&serde_json::from_str(schema).unwrap()).unwrap();
    assert!(schema.is_valid(&parsed.to_json()));
    for (pointer, value) in [
        ("/anchors/0/id", json!("did:web:canada.example")),
        ("/anchors/0/id", json!("http://canada.example")),
        ("/anchors/0/name/fr", json!("")),
        ("/anchors/0/jurisdiction", json!("Canada")),
        ("/anchors/0/types", json!(["VerifiableCredential"])),
        ("/anchors/0/jwks", json!({ "keys": [] })),
        ("/anchors/0/jwks/keys/0/kid", json!(7)),
        ("/anchors/0/jwks/keys/0/x", json!("AAAA")),
    ] {
        let mut changed = list.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        let error = parse(&changed).unwrap_err().to_string();
        assert!(error.starts_with("trust.json: anchors[0]: "), "{pointer}: {error}");
    }
}

#[test]
fn trust_any_answers_for_every_issuer_and_for_no_verifier() {
    assert!(AnyIssuer.may_issue("did:web:stranger.example", &["anything"]).is_ok());
    assert!(AnyIssuer.may_issue_all("did:web:stranger.example", &[]).is_ok());
    assert_eq!(AnyIssuer.may_ask(MARKET, Some(&purpose("market-vendor-permit"))), MayAsk::Unknown);
}
