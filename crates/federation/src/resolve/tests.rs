use jiff::ToSpan as _;

use super::*;
use crate::{
    EntityConfiguration, FEDERATION_ENTITY, Jurisdiction, MemoryLog, Metadata, OPENID_CREDENTIAL_ISSUER,
    Rights, Role, SubordinateStatement,
    tests::{id, key, keys, now},
};

const CANADA: &str = "https://canada.example";
const CITY: &str = "https://city.example";
const CITY_DID: &str = "did:web:city.example";

fn later() -> Timestamp {
    now() + 24.hours()
}

fn log() -> MemoryLog {
    MemoryLog::new(&id(CANADA), key(1)).unwrap()
}

fn anchors() -> TrustAnchors {
    let rights = Rights::all_in(Jurisdiction::parse("CA").unwrap());
    TrustAnchors::from_iter([TrustAnchor {
        id: id(CANADA),
        keys: keys(1),
        name: None,
        rights,
        log: Some(log().address().clone()),
    }])
}

/// What the anchor says of itself, signed with the key of this number.
fn configuration(number: u8) -> Vec<u8> {
    let mut canada = EntityConfiguration::new(id(CANADA), keys(number), now(), later());
    let endpoint = json!("https://canada.example/resolve");
    canada.metadata = Metadata::new().with(FEDERATION_ENTITY, [("federation_resolve_endpoint", endpoint)]);
    canada.sign(&key(number)).unwrap().into_bytes()
}

/// What it answers: the city's chain, the statement about the city signed with the key of this number.
fn answer(number: u8) -> Vec<u8> {
    let mut city = EntityConfiguration::new(id(CITY), keys(2), now(), later());
    city.authority_hints = vec![id(CANADA)];
    city.metadata = Metadata::new().with(OPENID_CREDENTIAL_ISSUER, []);
    let rights = Rights::none_in(Jurisdiction::parse("CA-BC-5915022").unwrap()).acting_as([Role::Issuer]);
    let mut about = SubordinateStatement::new(id(CANADA), id(CITY), keys(2), now(), later());
    about.rights = Some(rights.issuing(["business-licence"]).unwrap().identified_by(CITY_DID).unwrap());
    log().publish(&mut about).unwrap();
    let response = ResolveResponse {
        issuer: id(CANADA),
        subject: id(CITY),
        issued_at: now(),
        expires_at: later(),
        trust_chain: vec![city.sign(&key(2)).unwrap(), about.sign(&keys(number), &key(number)).unwrap()],
    };
    response.sign(&json!({}), &keys(number), &key(number)).unwrap().into_bytes()
}

/// The addresses asked, and how many chains were found.
fn ask(subject: &str, answers: [Vec<u8>; 2]) -> (Vec<String>, usize) {
    let mut inquiry = AnchorInquiry::new(subject, &anchors(), now());
    let mut asked = Vec::new();
    for answer in answers {
        asked.extend(inquiry.wanted().into_iter().map(String::from));
        inquiry.supply(vec![Some(answer)]);
    }
    assert!(inquiry.wanted().is_empty(), "it ends");
    (asked, inquiry.into_found().len())
}

#[test]
fn an_anchor_is_asked_for_its_configuration_and_then_for_the_chain() {
    for subject in [CITY, CITY_DID] {
        let (asked, found) = ask(subject, [configuration(1), answer(1)]);
        let query: Vec<_> = asked.iter().map(String::as_str).collect();
        assert_eq!(query.len(), 2);
        assert_eq!(query[0], "https://canada.example/.well-known/openid-federation");
        let pairs: Vec<_> = Url::parse(query[1]).unwrap().query_pairs().into_owned().collect();
        assert_eq!(pairs, [("sub".into(), subject.into()), ("trust_anchor".into(), CANADA.into())]);
        assert_eq!(found, 1);
    }
}

#[test]
fn t07_an_endpoint_is_used_only_by_the_word_of_a_pinned_key() {
    assert_eq!(ask(CITY, [configuration(1), answer(1)]).1, 1);
    let (asked, found) = ask(CITY, [configuration(9), answer(1)]);
    assert_eq!((asked.len(), found), (1, 0), "whoever copies the anchor's name is not asked further");
    assert_eq!(ask(CITY, [configuration(1), answer(9)]).1, 0, "the chain is validated here");
}

#[test]
fn an_endpoint_of_another_party_or_with_a_question_in_it_is_not_asked() {
    let with = |endpoint: &str| {
        let mut canada = EntityConfiguration::new(id(CANADA), keys(1), now(), later());
        canada.metadata =
            Metadata::new().with(FEDERATION_ENTITY, [("federation_resolve_endpoint", json!(endpoint))]);
        canada.sign(&key(1)).unwrap().into_bytes()
    };
    let (asked, found) = ask(CITY, [with("https://canada.example/elsewhere"), answer(1)]);
    assert_eq!((asked.len(), found), (2, 1));
    for endpoint in
        ["https://bc.example/resolve", "https://canada.example/resolve?trust_anchor=https%3A%2F%2Fbc.example"]
    {
        let (asked, found) = ask(CITY, [with(endpoint), answer(1)]);
        assert_eq!((asked.len(), found), (1, 0), "{endpoint}");
    }
}

#[test]
fn a_question_on_behalf_says_how_many_levels_are_left() {
    let mut inquiry = AnchorInquiry::new(CITY, &anchors(), now()).on_behalf(2);
    inquiry.supply(vec![Some(configuration(1))]);
    let asked = inquiry.wanted().into_iter().next().unwrap();
    assert!(asked.query().unwrap().ends_with("&below=2"), "{asked}");
}

#[test]
fn a_chain_about_somebody_else_answers_nothing() {
    assert_eq!(ask("https://town.example", [configuration(1), answer(1)]).1, 0);
    assert_eq!(ask("did:web:town.example", [configuration(1), answer(1)]).1, 0);
}

#[test]
fn v30_a_statement_in_the_place_of_the_answer_and_what_is_no_token_are_left_aside() {
    let statement = configuration(1);
    for wrong in [statement, b"{}".to_vec(), b"\xff".to_vec(), Vec::new()] {
        assert_eq!(ask(CITY, [configuration(1), wrong.clone()]).1, 0);
        assert_eq!(ask(CITY, [wrong, Vec::new()]).1, 0);
    }
}
