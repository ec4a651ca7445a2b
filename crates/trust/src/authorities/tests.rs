use jiff::ToSpan as _;
use portage_catalog::Text;
use portage_federation::{EntityConfiguration, FEDERATION_ENTITY, Metadata, ResolveResponse};
use serde_json::{Value, json};

use super::*;
use crate::{
    Tier, TrustedIssuer,
    federation::tests::{
        ALBERTA, CALGARY, DID, LICENCE, PERSON, calgary, city_rights, id, key, keys, later, log, now, says,
    },
};

pub(crate) fn list() -> TrustList {
    let list = json!({ "anchors": [{
        "id": ALBERTA,
        "name": { "en": "Alberta", "fr": "Alberta" },
        "jurisdiction": "CA-AB",
        "types": ["*"],
        "jwks": keys(ALBERTA).to_value(),
        "log": log(ALBERTA).address().to_value(),
    }] });
    TrustList::parse(list.to_string().as_bytes()).unwrap()
}

fn configuration() -> Vec<u8> {
    let mut alberta = EntityConfiguration::new(id(ALBERTA), keys(ALBERTA), now(), later());
    let endpoint: Value = format!("{ALBERTA}/resolve").into();
    alberta.metadata = Metadata::new().with(FEDERATION_ENTITY, [("federation_resolve_endpoint", endpoint)]);
    alberta.sign(&key(ALBERTA)).unwrap().into_bytes()
}

fn answer() -> Vec<u8> {
    let chain = vec![calgary(), says(ALBERTA, CALGARY, city_rights(&[LICENCE]))];
    let response = ResolveResponse {
        issuer: id(ALBERTA),
        subject: id(CALGARY),
        issued_at: now(),
        expires_at: later(),
        trust_chain: chain,
    };
    response.sign(&json!({}), &keys(ALBERTA), &key(ALBERTA)).unwrap().into_bytes()
}

/// Lets the authority read these answers; how many addresses it wanted.
fn learn(authority: &Authorities, id: &str, at: Timestamp, answers: &[Option<Vec<u8>>]) -> usize {
    let Some(mut inquiry) = authority.inquire(id, at) else { return 0 };
    let mut answers = answers.iter();
    let mut asked = 0;
    while !inquiry.wanted().is_empty() {
        asked += inquiry.wanted().len();
        inquiry.supply(vec![answers.next().cloned().flatten()]);
    }
    asked
}

#[test]
fn what_an_anchor_says_is_learned_once_and_good_until_it_ends() {
    let authority = Authorities::new(list(), now);
    assert_eq!(authority.may_issue(DID, &[LICENCE]).map(drop), Err(Reason::IssuerNotTrusted));
    assert_eq!(learn(&authority, DID, now(), &[Some(configuration()), Some(answer())]), 2);
    let authorized = authority.may_issue(DID, &[LICENCE]).unwrap();
    assert_eq!(authorized.chain.unwrap().links.len(), 2);
    assert_eq!(authority.may_issue(DID, &[PERSON]).map(drop), Err(Reason::IssuerNotAuthorizedForType));
    assert_eq!(learn(&authority, DID, now(), &[]), 0, "known");
    let others = authority.chains.read().unwrap().at(now()).may_issue("did:web:ministry.example", &[LICENCE]);
    assert_eq!(others.map(drop), Err(Reason::IssuerNotTrusted));
    assert_eq!(learn(&authority, CALGARY, now(), &[]), 0, "under its other name, too");

    let chains = authority.chains.clone();
    let afterwards = Authorities { now: Arc::new(|| later() + 1.hour()), chains, ..authority };
    assert_eq!(afterwards.may_issue(DID, &[LICENCE]).map(drop), Err(Reason::TrustChainInvalid));
    assert!(afterwards.inquire(DID, later() + 1.hour()).is_some(), "what is over is asked about again");
}

#[test]
fn a_chain_that_is_carried_is_validated_like_one_that_was_asked_for() {
    let authority = Authorities::new(list(), now);
    let carried =
        |signer: &str| vec![calgary(), says(ALBERTA, CALGARY, city_rights(&[LICENCE])).replace("e", signer)];
    assert!(authority.learn_chain(&carried("f"), now()).is_err());
    assert!(authority.may_issue(DID, &[LICENCE]).is_err());
    assert_eq!(authority.learn_chain(&carried("e"), now()), Ok(()));
    assert!(authority.may_issue(DID, &[LICENCE]).is_ok());
}

#[test]
fn an_anchor_that_does_not_answer_leaves_the_stranger_a_stranger() {
    let authority = Authorities::new(list(), now);
    for answers in [vec![None], vec![Some(configuration()), None], vec![Some(b"no".to_vec())]] {
        assert!(learn(&authority, DID, now(), &answers) <= 2);
        assert_eq!(authority.may_issue(DID, &[LICENCE]).map(drop), Err(Reason::IssuerNotTrusted));
    }
    assert_eq!(learn(&authority, DID, now(), &[Some(configuration()), Some(answer())]), 2);
    assert!(authority.may_issue(DID, &[LICENCE]).is_ok());
}

#[test]
fn the_list_decides_about_whomever_it_names_and_without_anchors_nobody_is_asked() {
    let mut narrowed = list();
    let name = Text { en: "Calgary".to_owned(), fr: "Calgary".to_owned() };
    let issuer =
        TrustedIssuer { id: DID.to_owned(), name, tier: Tier::Municipal, types: [PERSON.to_owned()].into() };
    narrowed.trust_issuer(issuer).unwrap();
    let authority = Authorities::new(narrowed, now);
    assert!(authority.inquire(DID, now()).is_none());
    assert_eq!(authority.may_issue(DID, &[PERSON]).unwrap().source, "trust.json");
    assert_eq!(learn(&authority, CALGARY, now(), &[Some(configuration()), Some(answer())]), 2);
    assert_eq!(authority.may_issue(DID, &[LICENCE]).map(drop), Err(Reason::IssuerNotAuthorizedForType));
    assert_eq!(
        authority.may_issue(CALGARY, &[LICENCE]).map(drop),
        Err(Reason::IssuerNotAuthorizedForType),
        "what is narrowed under one name of an entity is narrowed under its others"
    );
    let open = Authorities::new(list(), now);
    assert_eq!(learn(&open, CALGARY, now(), &[Some(configuration()), Some(answer())]), 2);
    assert!(open.may_issue(CALGARY, &[LICENCE]).is_ok());

    assert!(Authorities::new(TrustList::default(), now).inquire(DID, now()).is_none());
}

#[test]
fn a_chain_speaks_of_nobody_but_whom_it_was_asked_about() {
    const MINISTRY: &str = "did:web:ministry.example";
    let rights = city_rights(&[LICENCE]).identified_by(MINISTRY).unwrap();
    let chain = vec![calgary(), says(ALBERTA, CALGARY, rights)];
    let authority = Authorities::new(list(), now);
    authority.take_chain(DID, &chain, now());
    assert!(authority.may_issue(DID, &[LICENCE]).is_ok());
    assert_eq!(authority.may_issue(MINISTRY, &[LICENCE]).map(drop), Err(Reason::IssuerNotTrusted));
    assert!(authority.inquire(MINISTRY, now()).is_some(), "it is asked about for itself");
}

#[test]
fn a_right_that_was_narrowed_stays_narrowed_whichever_chain_comes_last() {
    let wide = vec![calgary(), says(ALBERTA, CALGARY, city_rights(&[LICENCE, PERSON]))];
    let narrow = vec![
        calgary(),
        crate::federation::tests::says_at(now() + 60.seconds(), ALBERTA, CALGARY, city_rights(&[LICENCE])),
    ];
    let later = now() + 120.seconds();
    for order in [[&wide, &narrow], [&narrow, &wide]] {
        let authority = Authorities::new(list(), move || later);
        order.iter().for_each(|chain| authority.take_chain(DID, chain, later));
        assert!(authority.may_issue(DID, &[LICENCE]).is_ok());
        assert_eq!(authority.may_issue(DID, &[PERSON]).map(drop), Err(Reason::IssuerNotAuthorizedForType));
    }
}
