use jiff::ToSpan as _;
use portage_keys::Signer as _;
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::json;

use super::*;
use crate::{
    Constraints, Jurisdiction, MemoryLog, NamingConstraints, OPENID_CREDENTIAL_ISSUER,
    OPENID_CREDENTIAL_VERIFIER, Rights, Role, Tier,
    tests::{id, key, keys, now},
};

const CANADA: &str = "https://canada.example";
const PROVINCE: &str = "https://province.example";
const REGION: &str = "https://region.example";
const CITY: &str = "https://city.gov.example";
const CITY_DID: &str = "did:web:city.gov.example";
const LICENCE: &str = "https://types.example/business-licence";
const PERSON: &str = "https://types.example/person";
const ALL: [Role; 3] = [Role::Issuer, Role::Verifier, Role::Authority];

fn later() -> Timestamp {
    now() + 24.hours()
}

fn code(text: &str) -> Jurisdiction {
    Jurisdiction::parse(text).unwrap()
}

/// Canada → province → region → city, each with the key of its number: 1, 2, 3, 4.
struct Chain {
    city: EntityConfiguration,
    about_city: SubordinateStatement,
    about_region: SubordinateStatement,
    about_province: SubordinateStatement,
    canada: EntityConfiguration,
}

fn rights(jurisdiction: &str, roles: &[Role], tier: Tier) -> Rights {
    let rights =
        Rights::none_in(code(jurisdiction)).acting_as(roles.iter().copied()).issuing([LICENCE]).unwrap();
    Rights { tier: Some(tier), ..rights }
}

fn about(issuer: &str, subject: &str, number: u8, rights: Rights) -> SubordinateStatement {
    let mut statement = SubordinateStatement::new(id(issuer), id(subject), keys(number), now(), later());
    if rights.roles.contains(&Role::Authority) {
        statement.metadata = Metadata::new().with_log(log(subject, number).address());
    }
    statement.rights = Some(rights);
    statement
}

/// The log of whoever has the key of this number, which signs it, too.
fn log(of: &str, number: u8) -> MemoryLog {
    MemoryLog::new(&id(of), key(number)).unwrap()
}

/// The same with the proof that its issuer, which has the key of this number, published what it grants.
fn published(statement: &SubordinateStatement, number: u8) -> SubordinateStatement {
    let mut statement = statement.clone();
    if statement.rights.is_some() {
        log(statement.issuer.as_str(), number).publish(&mut statement).unwrap();
    }
    statement
}

fn chain() -> Chain {
    let mut city = EntityConfiguration::new(id(CITY), keys(4), now(), later());
    city.authority_hints = vec![id(REGION)];
    city.metadata = Metadata::new()
        .with(OPENID_CREDENTIAL_ISSUER, [("display", json!("city")), ("algs", json!(["EdDSA", "ES256"]))])
        .with(OPENID_CREDENTIAL_VERIFIER, []);
    let city_rights = rights("CA-BC-5915022", &[Role::Issuer, Role::Verifier], Tier::Municipal);
    let mut about_city = about(REGION, CITY, 4, city_rights.identified_by(CITY_DID).unwrap());
    about_city.metadata =
        Metadata::new().with("federation_entity", [("organization_name", json!("The City"))]);
    let mut canada = EntityConfiguration::new(id(CANADA), keys(1), now(), later());
    canada.metadata = Metadata::new().with("federation_entity", [("organization_name", json!("Canada"))]);
    Chain {
        city,
        about_city,
        about_region: about(PROVINCE, REGION, 3, rights("CA-BC-5915", &ALL, Tier::Municipal)),
        about_province: about(CANADA, PROVINCE, 2, rights("CA-BC", &ALL, Tier::Provincial)),
        canada,
    }
}

impl Chain {
    fn signed(&self) -> Vec<String> {
        vec![
            self.city.sign(&key(4)).unwrap(),
            published(&self.about_city, 3).sign(&keys(3), &key(3)).unwrap(),
            published(&self.about_region, 2).sign(&keys(2), &key(2)).unwrap(),
            published(&self.about_province, 1).sign(&keys(1), &key(1)).unwrap(),
            self.canada.sign(&key(1)).unwrap(),
        ]
    }

    fn validate(&self) -> Result<ResolvedEntity, ChainError> {
        TrustChain::validate(&self.signed(), &anchors(), now())
    }
}

fn anchor(of: &str, number: u8, jurisdiction: &str) -> TrustAnchor {
    let log = Some(log(of, number).address().clone());
    TrustAnchor {
        id: id(of),
        keys: keys(number),
        name: None,
        rights: Rights::all_in(code(jurisdiction)),
        log,
    }
}

fn anchors() -> TrustAnchors {
    [anchor(CANADA, 1, "CA")].into_iter().collect()
}

fn fault(outcome: Result<ResolvedEntity, ChainError>) -> (Option<usize>, ChainFault) {
    let error = outcome.map(|entity| entity.id).unwrap_err();
    assert_eq!(error.reason(), Reason::TrustChainInvalid);
    (error.statement, error.fault)
}

#[test]
fn a_chain_that_holds_resolves_its_subject_and_names_every_entity_on_the_way() {
    let city = chain().validate().unwrap();
    assert_eq!(city.id(), &id(CITY));
    let path: Vec<_> = city.path().iter().map(|entity| (entity.id.as_str(), entity.tier)).collect();
    assert_eq!(
        path,
        [
            (CITY, Some(Tier::Municipal)),
            (REGION, Some(Tier::Municipal)),
            (PROVINCE, Some(Tier::Provincial)),
            (CANADA, Some(Tier::Federal))
        ]
    );
    assert_eq!(city.name().map(|name| name.en).as_deref(), Some("The City"));
    assert_eq!(city.anchor(), Some(&id(CANADA)));
    assert!(city.goes_by(CITY) && city.goes_by(CITY_DID) && !city.goes_by("did:web:other.example"));
    assert_eq!(city.may_issue(&[LICENCE], now()), Ok(()));
    assert_eq!(city.may_issue(&[PERSON], now()), Err(Reason::IssuerNotAuthorizedForType));
    assert_eq!(city.may_verify(now()), Ok(()));
    assert_eq!(city.keys(), &keys(4));
    assert_eq!((city.issued_at(), city.expires_at()), (now(), later()));
}

#[test]
fn the_anchors_configuration_may_be_left_out_and_an_anchor_stands_for_itself() {
    let mut short = chain().signed();
    short.pop();
    assert!(TrustChain::validate(&short, &anchors(), now()).is_ok());

    let canada = chain().canada.sign(&key(1)).unwrap();
    let resolved = TrustChain::validate(&[&canada], &anchors(), now()).unwrap();
    assert_eq!(resolved.path().len(), 1);
    assert!(TrustChain::validate(&[&canada, &canada], &anchors(), now()).is_ok());
    let alone = chain().city.sign(&key(4)).unwrap();
    assert_eq!(fault(TrustChain::validate(&[alone], &anchors(), now())).1, ChainFault::NoAnchor);
}

#[test]
fn t01_one_intermediate_more_than_max_path_length_allows() {
    for (most, holds) in [(2, true), (1, false), (0, false)] {
        let mut chain = chain();
        chain.about_province.constraints =
            Some(Constraints { max_path_length: Some(most), ..Constraints::default() });
        match chain.validate() {
            Ok(_) => assert!(holds, "{most}"),
            refused => {
                assert!(!holds, "{most}");
                assert_eq!(fault(refused), (Some(3), ChainFault::PathLength));
            }
        }
    }
    let mut chain = chain();
    let none_below = Some(Constraints { max_path_length: Some(0), ..Constraints::default() });
    chain.about_city.constraints = none_below.clone();
    assert!(chain.validate().is_ok(), "between the region and the city stands nobody");
    chain.about_region.constraints = none_below;
    assert_eq!(fault(chain.validate()), (Some(2), ChainFault::PathLength));
}

#[test]
fn t02_an_entity_outside_the_names_that_a_superior_allows() {
    let with = |permitted: &[&str], excluded: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let mut chain = chain();
        chain.about_region.constraints = Some(Constraints {
            naming: Some(NamingConstraints { permitted: Some(owned(permitted)), excluded: owned(excluded) }),
            ..Constraints::default()
        });
        chain.validate()
    };
    assert!(with(&["region.example", ".gov.example"], &[]).is_ok());
    assert_eq!(fault(with(&["region.example"], &[])), (Some(2), ChainFault::Naming));
    assert_eq!(
        fault(with(&[".example"], &["city.gov.example"])),
        (Some(2), ChainFault::Naming),
        "excluded wins"
    );
    assert_eq!(
        fault(with(&[".gov.example"], &[])),
        (Some(2), ChainFault::Naming),
        "the region itself is held to it"
    );
}

#[test]
fn t03_an_intermediate_that_widens_or_contradicts_a_policy() {
    let with = |superior, subordinate| {
        let policy = |operators| {
            let claim = json!({ OPENID_CREDENTIAL_ISSUER: { "algs": operators } });
            Some(MetadataPolicy::from_value(&claim).unwrap())
        };
        let mut chain = chain();
        chain.about_province.metadata_policy = policy(superior);
        chain.about_city.metadata_policy = policy(subordinate);
        chain.validate()
    };
    let city = with(json!({"subset_of": ["EdDSA"]}), json!({"subset_of": ["EdDSA", "ES256"]})).unwrap();
    assert_eq!(city.metadata().of(OPENID_CREDENTIAL_ISSUER).unwrap()["algs"], json!(["EdDSA"]));
    for (superior, subordinate) in [
        (json!({"subset_of": ["EdDSA"]}), json!({"add": ["RS256"]})),
        (json!({"value": ["EdDSA"]}), json!({"value": ["ES256"]})),
        (json!({"one_of": ["EdDSA"]}), json!({"superset_of": ["EdDSA"]})),
    ] {
        let (place, fault) = fault(with(superior, subordinate));
        assert_eq!(place, Some(1));
        assert!(matches!(fault, ChainFault::Policy(PolicyError::Policy { .. })), "{fault}");
    }
    let (place, fault) = fault(with(json!({"superset_of": ["RS256"]}), json!({})));
    assert_eq!(place, Some(0));
    assert!(matches!(fault, ChainFault::Policy(PolicyError::Metadata { .. })));
}

#[test]
fn t05_a_superior_that_the_subject_does_not_name_or_a_key_that_nobody_vouches_for() {
    let mut stranger = chain();
    stranger.city.authority_hints = vec![id(PROVINCE)];
    assert_eq!(fault(stranger.validate()), (Some(1), ChainFault::NotHinted));

    let mut other = chain();
    other.about_city.keys = keys(9);
    assert_eq!(fault(other.validate()), (Some(0), ChainFault::KeyNotVouched));

    let mut signed = chain().signed();
    signed[1] = chain().about_city.sign(&keys(9), &key(9)).unwrap();
    assert_eq!(
        fault(TrustChain::validate(&signed, &anchors(), now())),
        (Some(1), ChainFault::Statement(StatementError::KeyNotFound))
    );
    let mut signed = chain().signed();
    let (head, _) = signed[2].rsplit_once('.').unwrap();
    signed[2] = format!("{head}.{}", portage_keys::base64url::encode(&key(2).sign(b"another").unwrap()));
    assert!(matches!(
        fault(TrustChain::validate(&signed, &anchors(), now())),
        (Some(2), ChainFault::Statement(_))
    ));
}

#[test]
fn t05_statements_out_of_order_left_out_or_too_many() {
    let signed = chain().signed();
    let outcome = |places: &[usize]| {
        let picked: Vec<_> = places.iter().map(|&place| signed[place].as_str()).collect();
        TrustChain::validate(&picked, &anchors(), now())
    };
    assert!(outcome(&[0, 1, 2, 3, 4]).is_ok());
    assert_eq!(fault(outcome(&[])).1, ChainFault::Length);
    assert_eq!(fault(outcome(&[0, 1, 2, 3, 4, 4, 4, 4, 4])).1, ChainFault::Length);
    assert_eq!(fault(outcome(&[0, 1, 3, 4])), (Some(1), ChainFault::NotLinked));
    assert_eq!(fault(outcome(&[0, 4])), (Some(0), ChainFault::NotLinked));
    assert_eq!(fault(outcome(&[1, 2, 3, 4])), (Some(0), ChainFault::Kind));
    assert_eq!(fault(outcome(&[0, 0, 1])), (Some(1), ChainFault::Kind));
    assert_eq!(fault(outcome(&[0, 1, 2])).1, ChainFault::NoAnchor);
}

#[test]
fn t06_a_statement_that_expired_anywhere_ends_the_chain() {
    let short = now() + 1.hour();
    let mut chain = chain();
    chain.about_region.expires_at = short;
    let signed = chain.signed();
    let city = TrustChain::validate(&signed, &anchors(), now()).unwrap();
    assert_eq!(city.expires_at(), short);
    assert_eq!(city.may_issue(&[LICENCE], short + 59.seconds()), Ok(()));
    assert_eq!(city.may_issue(&[LICENCE], short + 60.seconds()), Err(Reason::TrustChainInvalid));
    assert_eq!(
        fault(TrustChain::validate(&signed, &anchors(), short + 60.seconds())),
        (Some(2), ChainFault::Statement(StatementError::Expired))
    );
}

#[test]
fn t07_an_anchor_with_another_key_is_no_anchor() {
    let chain = chain();
    let mut forged = chain.signed();
    let mut canada = chain.canada.clone();
    canada.keys = keys(8);
    forged[3] = chain.about_province.sign(&keys(8), &key(8)).unwrap();
    forged[4] = canada.sign(&key(8)).unwrap();
    let refused = fault(TrustChain::validate(&forged, &anchors(), now()));
    assert_eq!(refused, (Some(4), ChainFault::Statement(StatementError::KeyNotFound)));

    // The same with the honest key's kid on the forged one.
    let kid = keys(1).iter().next().unwrap().kid().unwrap().to_owned();
    let jwk = portage_jose::Jwk::from_key(key(8).verification_key().clone()).with_kid(kid);
    canada.keys = FederationKeys::from_value(&json!({ "keys": [jwk.to_value()] })).unwrap();
    forged[3] = chain.about_province.sign(&canada.keys, &key(8)).unwrap();
    forged[4] = canada.sign(&key(8)).unwrap();
    let refused = fault(TrustChain::validate(&forged, &anchors(), now()));
    assert!(matches!(refused, (Some(4), ChainFault::Statement(StatementError::Jwt(_)))), "{refused:?}");
    assert!(TrustChain::validate(&chain.signed(), &TrustAnchors::default(), now()).is_err());
}

#[test]
fn t07_a_new_key_of_the_anchor_counts_when_a_pinned_one_vouches_for_it() {
    let mut chain = chain();
    chain.canada.keys = FederationKeys::of([1, 7].map(|number| key(number).verification_key().clone()));
    let mut signed = chain.signed();
    signed[3] = chain.about_province.sign(&chain.canada.keys, &key(7)).unwrap();
    assert!(TrustChain::validate(&signed, &anchors(), now()).is_ok());
}

#[test]
fn t09_a_municipality_that_may_only_verify_or_a_type_it_does_not_hold() {
    let mut verifier = chain();
    verifier.about_region.constraints = Some(Constraints {
        allowed_entity_types: Some(vec![OPENID_CREDENTIAL_VERIFIER.to_owned()]),
        ..Constraints::default()
    });
    let city = verifier.validate().unwrap();
    assert_eq!(city.may_issue(&[LICENCE], now()), Err(Reason::IssuerNotAuthorizedForType));
    assert_eq!(city.may_verify(now()), Ok(()));

    let mut greedy = chain();
    greedy.about_city.rights = Some(rights("CA-BC-5915022", &ALL, Tier::Federal).issuing([PERSON]).unwrap());
    let city = greedy.validate().unwrap();
    assert_eq!(city.may_issue(&[PERSON], now()), Err(Reason::IssuerNotAuthorizedForType));
    assert_eq!(city.may_issue(&[LICENCE], now()), Ok(()));
    assert_eq!(city.path()[0].tier, Some(Tier::Other), "a region makes nobody the federal government");

    let mut silent = chain();
    silent.about_region.rights = None;
    let city = silent.validate().unwrap();
    assert!(city.rights().is_none());
    assert_eq!(city.may_issue(&[LICENCE], now()), Err(Reason::IssuerNotAuthorizedForType));
}

#[test]
fn t11_what_one_chain_shows_does_not_serve_under_another_anchor() {
    let chain = chain();
    let under_region: TrustAnchors = [anchor(REGION, 3, "CA-BC-5915")].into_iter().collect();
    let signed = chain.signed();
    let city = TrustChain::validate(&signed[..2], &under_region, now()).unwrap();
    assert_eq!(city.anchor(), Some(&id(REGION)));
    assert!(city.path().iter().all(|entity| entity.id != id(CANADA)));
    assert_eq!(fault(TrustChain::validate(&signed, &under_region, now())).1, ChainFault::NoAnchor);
    let elsewhere: TrustAnchors = [anchor(REGION, 3, "CA-AB")].into_iter().collect();
    let city = TrustChain::validate(&signed[..2], &elsewhere, now()).unwrap();
    assert_eq!(
        city.may_issue(&[LICENCE], now()),
        Err(Reason::IssuerNotAuthorizedForType),
        "as it is pinned here"
    );
}

#[test]
fn t13_a_key_that_a_superior_declares_compromised_is_refused() {
    let mut chain = chain();
    let did_key = key(40).verification_key().clone();
    let unharmed = chain.validate().unwrap();
    assert_eq!(unharmed.check_key(&did_key, Some(now()), now()), Ok(()));
    let retired = crate::RetiredKey {
        thumbprint: portage_jose::Jwk::from_key(did_key.clone()).thumbprint(),
        at: now() + 1.hour(),
        reason: crate::RetiredReason::Compromised,
    };
    chain.about_city.rights.as_mut().unwrap().retired_keys = vec![retired];
    let city = chain.validate().unwrap();
    assert_eq!(city.check_key(&did_key, Some(now()), now()), Ok(()), "its time has not come");
    assert_eq!(city.check_key(&did_key, Some(now()), now() + 1.hour()), Err(Reason::KeyNotFound));
    assert_eq!(city.check_key(key(41).verification_key(), None, now() + 1.hour()), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_picked_statements_and_any_changed_byte_are_a_chain_or_refused(
        places in prop::collection::vec(0..5_usize, 0..9),
        flip in any::<(usize, usize, u8)>(),
    ) {
        let mut signed: Vec<_> = places.iter().map(|&place| chain().signed()[place].clone()).collect();
        if let Some(statement) = signed.get_mut(flip.0 % 9) {
            let mut bytes = statement.clone().into_bytes();
            let at = flip.1 % bytes.len();
            bytes[at] = b"AZaz09-_.=%"[usize::from(flip.2) % 11];
            *statement = String::from_utf8(bytes).unwrap();
        }
        let picked = TrustChain::validate(&signed, &anchors(), now());
        if let Ok(entity) = picked {
            prop_assert!([CITY, CANADA].contains(&entity.id().as_str()));
        }
    }
}

#[test]
fn a_right_counts_with_the_proof_that_its_authority_published_it() {
    let allowed = |statements: &[String]| {
        let city = TrustChain::validate(statements, &anchors(), now()).unwrap();
        (city.may_issue(&[LICENCE], now()), city.may_verify(now()))
    };
    let refused = (Err(Reason::LogProofInvalid), Err(Reason::LogProofInvalid));
    let good = chain();
    assert_eq!(allowed(&good.signed()), (Ok(()), Ok(())));
    let city = good.validate().unwrap();
    let logs: Vec<_> = city.logged().map(|logged| logged.log.url.as_str()).collect();
    assert_eq!(logs, [REGION, PROVINCE, CANADA].map(|of| format!("{of}/log")));

    let put = |place: usize, statement: String| {
        let mut signed = good.signed();
        signed[place] = statement;
        signed
    };
    let without = |place: usize| {
        let (statement, number) =
            [(&good.about_city, 3), (&good.about_region, 2), (&good.about_province, 1)][place - 1];
        put(place, statement.sign(&keys(number), &key(number)).unwrap())
    };
    for place in 1..=3 {
        assert_eq!(allowed(&without(place)), refused, "no proof in statement {place}");
    }
    // The entry of another statement of the same authority, and one that tells less.
    let mut of_another = good.about_city.clone();
    of_another.log_evidence =
        published(&about(REGION, PROVINCE, 2, rights("CA-BC-5915", &ALL, Tier::Municipal)), 3).log_evidence;
    assert_eq!(allowed(&put(1, of_another.sign(&keys(3), &key(3)).unwrap())), refused, "another entry");
    let mut wider = published(&good.about_city, 3);
    wider.rights = wider.rights.map(|rights| rights.issuing([PERSON]).unwrap());
    assert_eq!(allowed(&put(1, wider.sign(&keys(3), &key(3)).unwrap())), refused, "wider than its entry");
    // A checkpoint by a key that the superior does not state: the region's own federation key signed the statement all the same.
    let elsewhere = published(&good.about_city, 9);
    assert_eq!(allowed(&put(1, elsewhere.sign(&keys(3), &key(3)).unwrap())), refused, "another log");
    let mut silent = good.about_region.clone();
    silent.metadata = Metadata::new();
    let silent = published(&silent, 2).sign(&keys(2), &key(2)).unwrap();
    assert_eq!(allowed(&put(2, silent)), refused, "nobody says which log the region has");
    // Of the anchor what is pinned counts, and else what its configuration says.
    let unpinned: TrustAnchors = [TrustAnchor { log: None, ..anchor(CANADA, 1, "CA") }].into_iter().collect();
    let under = |chain: &Chain| {
        TrustChain::validate(&chain.signed(), &unpinned, now()).unwrap().may_issue(&[LICENCE], now())
    };
    assert_eq!(under(&good), Err(Reason::LogProofInvalid));
    let mut told = chain();
    told.canada.metadata = Metadata::new().with_log(log(CANADA, 1).address());
    assert_eq!(under(&told), Ok(()));
    // A chain without rights is a chain: it needs no proof, and allows nothing.
    let mut plain = chain();
    plain.about_city.rights = None;
    assert_eq!(plain.validate().unwrap().check_logged(), Ok(()));
    assert_eq!(allowed(&plain.signed()).0, Err(Reason::IssuerNotAuthorizedForType));
}
