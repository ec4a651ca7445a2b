use jiff::ToSpan as _;
use portage_jose::Header;
use proptest::{prelude::*, test_runner::RngSeed};

use super::*;
use crate::{
    Jurisdiction, NamingConstraints, Role,
    tests::{id, key, keys, now},
};

const CITY: &str = "https://city.example";
const PROVINCE: &str = "https://province.example";

fn later() -> Timestamp {
    now() + 24.hours()
}

fn configuration() -> EntityConfiguration {
    let mut configuration = EntityConfiguration::new(id(CITY), keys(1), now(), later());
    configuration.authority_hints = vec![id(PROVINCE)];
    configuration.trust_anchor_hints = vec![id("https://canada.example")];
    configuration.metadata =
        Metadata::new().with("federation_entity", [("organization_name", "The City".into())]);
    configuration.trust_marks =
        vec![CarriedTrustMark { trust_mark_type: "https://mark.example".into(), trust_mark: "a.b.c".into() }];
    configuration.trust_mark_issuers = BTreeMap::from([("https://mark.example".into(), vec![id(PROVINCE)])]);
    configuration.trust_mark_owners =
        BTreeMap::from([("https://mark.example".into(), TrustMarkOwner { id: id(PROVINCE), keys: keys(2) })]);
    configuration
}

fn subordinate() -> SubordinateStatement {
    let mut statement = SubordinateStatement::new(id(PROVINCE), id(CITY), keys(1), now(), later());
    statement.metadata = Metadata::new().with("federation_entity", [("organization_name", "City".into())]);
    statement.metadata_policy = Some(
        MetadataPolicy::from_value(&json!({"openid_credential_issuer": {"a": {"essential": true}}})).unwrap(),
    );
    statement.constraints = Some(Constraints {
        max_path_length: Some(1),
        naming: Some(NamingConstraints { permitted: Some(vec![".example".into()]), excluded: vec![] }),
        allowed_entity_types: Some(vec!["openid_credential_issuer".into()]),
    });
    statement.rights =
        Some(Rights::none_in(Jurisdiction::parse("CA-BC-5915022").unwrap()).acting_as([Role::Issuer]));
    statement.source_endpoint = Some("https://province.example/fetch".parse().unwrap());
    statement
}

/// The claims of a statement, changed and signed again with key 1 (a configuration) or 2 (a subordinate statement).
fn forge(statement: &EntityStatement, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let (compact, number) = match statement {
        EntityStatement::Configuration(configuration) => (configuration.sign(&key(1)).unwrap(), 1),
        EntityStatement::Subordinate(statement) => (statement.sign(&keys(2), &key(2)).unwrap(), 2),
    };
    let mut claims = UnverifiedJwt::parse(&compact).unwrap().unverified_claims().clone();
    change(&mut claims);
    let kid = keys(number).iter().next().unwrap().kid().unwrap().to_owned();
    sign(&kid, &claims, &key(number)).unwrap()
}

#[test]
fn what_is_signed_is_read_and_verified() {
    let signed = configuration().sign(&key(1)).unwrap();
    let verified = UnverifiedStatement::parse(&signed).unwrap().verify_self_signed(now()).unwrap();
    assert_eq!(verified.statement(), &EntityStatement::Configuration(configuration()));

    let signed = subordinate().sign(&keys(2), &key(2)).unwrap();
    let unverified = UnverifiedStatement::parse(&signed).unwrap();
    assert_eq!(unverified.unverified().issuer(), &id(PROVINCE));
    let verified = unverified.verify(&keys(2), now()).unwrap();
    assert_eq!(verified.into_statement(), EntityStatement::Subordinate(subordinate()));

    assert!(configuration().sign(&key(2)).is_err(), "nobody signs with a key that is not their own");
    assert!(subordinate().sign(&keys(1), &key(2)).is_err());
}

#[test]
fn t05_a_statement_without_signature_of_another_type_or_by_another_key_is_refused() {
    let claims = UnverifiedJwt::parse(&subordinate().sign(&keys(2), &key(2)).unwrap()).unwrap();
    let claims = claims.unverified_claims();
    let with = |header: Header| portage_jose::sign(header, claims, &key(2)).unwrap();
    let kid = keys(2).iter().next().unwrap().kid().unwrap().to_owned();
    let good = with(Header::new(ENTITY_STATEMENT_TYP).with("kid", kid.as_str()));
    let outcome = |compact: &str| {
        UnverifiedStatement::parse(compact).and_then(|statement| statement.verify(&keys(2), now())).map(drop)
    };
    assert_eq!(outcome(&good), Ok(()));

    let unsigned = {
        let header = json!({"typ": ENTITY_STATEMENT_TYP, "alg": "none", "kid": kid}).to_string();
        let payload = good.split('.').nth(1).unwrap();
        format!("{}.{payload}.", portage_keys::base64url::encode(header.as_bytes()))
    };
    assert_eq!(outcome(&unsigned), Err(JwtError::AlgNotAllowed.into()));
    for typ in ["JWT", "vc+jwt", "trust-mark+jwt", ""] {
        assert_eq!(
            outcome(&with(Header::new(typ).with("kid", kid.as_str()))),
            Err(JwtError::TypeMismatch.into())
        );
    }
    for header in [Header::new(ENTITY_STATEMENT_TYP), Header::new(ENTITY_STATEMENT_TYP).with("kid", "")] {
        assert_eq!(outcome(&with(header)), Err(StatementError::Malformed("kid is missing")));
    }
    let unknown = with(Header::new(ENTITY_STATEMENT_TYP).with("kid", "another"));
    assert_eq!(outcome(&unknown), Err(StatementError::KeyNotFound));
    let forged =
        portage_jose::sign(Header::new(ENTITY_STATEMENT_TYP).with("kid", kid.as_str()), claims, &key(3));
    assert_eq!(outcome(&forged.unwrap()), Err(JwtError::SignatureInvalid.into()));
    for name in ["trust_chain", "peer_trust_chain"] {
        let header = Header::new(ENTITY_STATEMENT_TYP).with("kid", kid.as_str()).with(name, json!([]));
        assert!(matches!(outcome(&with(header)), Err(StatementError::Malformed(_))));
    }
}

#[test]
fn t06_a_statement_counts_within_its_time_and_a_minute_around_it() {
    let outcome = |now: Timestamp| {
        let signed = configuration().sign(&key(1)).unwrap();
        UnverifiedStatement::parse(&signed).unwrap().verify_self_signed(now).map(drop)
    };
    for good in [now(), now() - 60.seconds(), later(), later() + 59.seconds()] {
        assert_eq!(outcome(good), Ok(()), "{good}");
    }
    assert_eq!(outcome(now() - 61.seconds()), Err(StatementError::NotYetValid));
    assert_eq!(outcome(later() + 60.seconds()), Err(StatementError::Expired));
}

#[test]
fn t04_what_crit_or_metadata_policy_crit_demands_must_be_known() {
    let statement = EntityStatement::Subordinate(subordinate());
    let outcome = |change: &dyn Fn(&mut Map<String, Value>)| {
        UnverifiedStatement::parse(&forge(&statement, change)).map(drop)
    };
    assert_eq!(outcome(&|_| {}), Ok(()));
    assert_eq!(
        outcome(&|claims| {
            claims.insert("unknown".into(), json!({"not": "critical"}));
        }),
        Ok(()),
        "a member that is not known harms nothing"
    );
    for crit in [json!([RIGHTS_CLAIM, "jti"]), json!(["jti"]), json!(["jwks"])] {
        assert_eq!(
            outcome(&|claims| {
                claims.insert("crit".into(), crit.clone());
            }),
            Err(StatementError::UnknownCritical)
        );
    }
    assert_eq!(
        outcome(&|claims| {
            claims.insert("metadata_policy_crit".into(), json!(["regexp"]));
        }),
        Err(StatementError::UnknownCritical)
    );
    for (name, value) in [("crit", json!([])), ("crit", json!("x")), ("metadata_policy_crit", json!([]))] {
        let refused = outcome(&|claims| {
            claims.insert(name.into(), value.clone());
        });
        assert!(matches!(refused, Err(StatementError::Malformed(_))), "{name} {value}");
    }
    for name in ["crit", RIGHTS_CLAIM] {
        let refused = outcome(&|claims| {
            claims.remove(name);
        });
        assert!(matches!(refused, Err(StatementError::Malformed(_))), "{name} alone is left out");
    }
    let configuration = forge(&EntityStatement::Configuration(configuration()), |claims| {
        claims.insert("crit".into(), json!([RIGHTS_CLAIM]));
        claims.insert(RIGHTS_CLAIM.into(), json!({}));
    });
    assert_eq!(UnverifiedStatement::parse(&configuration).err(), Some(StatementError::UnknownCritical));
}

#[test]
fn a_claim_that_is_missing_misplaced_or_of_another_shape_refuses_the_statement() {
    let own = EntityStatement::Configuration(configuration());
    let about = EntityStatement::Subordinate(subordinate());
    for (statement, name, value) in [
        (&own, "iss", json!("city")),
        (&own, "iat", json!("1759320000")),
        (&own, "exp", Value::Null),
        (&own, "jwks", json!({"keys": [{"kty": "OKP"}]})),
        (&own, "authority_hints", json!([])),
        (&own, "authority_hints", json!(["city"])),
        (&own, "trust_anchor_hints", json!([])),
        (&own, "metadata", json!({"openid_provider": {"issuer": null}})),
        (&own, "metadata", json!({"openid_provider": []})),
        (&own, "metadata_policy", json!({})),
        (&own, "constraints", json!({})),
        (&own, "trust_marks", json!([{"trust_mark_type": "a"}])),
        (&own, "trust_mark_issuers", json!({"a": "b"})),
        (&own, "trust_mark_owners", json!({"a": {"sub": CITY}})),
        (&own, "aud", json!(CITY)),
        (&about, "authority_hints", json!([PROVINCE])),
        (&about, "trust_marks", json!([])),
        (&about, "constraints", json!([])),
        (&about, "source_endpoint", json!("fetch")),
    ] {
        let refused = UnverifiedStatement::parse(&forge(statement, |claims| {
            claims.insert(name.into(), value.clone());
        }));
        let error = refused.err().unwrap_or_else(|| panic!("{name} {value}"));
        assert_eq!(error.reason(), Reason::Malformed, "{name} {value}: {error}");
    }
    for name in ["iss", "sub", "iat", "exp", "jwks"] {
        let refused = UnverifiedStatement::parse(&forge(&own, |claims| {
            claims.remove(name);
        }));
        assert!(refused.is_err(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_statement_or_refused(text in ".{0,200}") {
        prop_assert!(UnverifiedStatement::parse(&text).is_err());
    }

    #[test]
    fn any_claim_is_read_or_refused(
        which in 0..17_usize,
        value in prop_oneof![
            Just(json!(null)), Just(json!(-1)), Just(json!("x")), Just(json!([])), Just(json!({})), Just(json!([{}])),
            Just(json!({"a": {}})), Just(json!({"a": {"b": {"value": null}}})), Just(json!({"keys": [1]})), any::<u64>().prop_map(|n| json!(n)),
        ],
    ) {
        let names = ["iss", "sub", "iat", "exp", "jwks", "metadata", "crit", "authority_hints", "trust_anchor_hints", "trust_marks",
            "trust_mark_issuers", "trust_mark_owners", "metadata_policy", "metadata_policy_crit", "constraints", "source_endpoint", RIGHTS_CLAIM];
        for statement in [EntityStatement::Configuration(configuration()), EntityStatement::Subordinate(subordinate())] {
            let compact = forge(&statement, |claims| { claims.insert(names[which].into(), value.clone()); });
            let _ = UnverifiedStatement::parse(&compact).map(|statement| statement.verify(&keys(1), now()));
        }
    }
}
