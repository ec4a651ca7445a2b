use jiff::ToSpan as _;
use portage_catalog::Text;
use portage_federation::{
    CarriedTrustMark, EntityConfiguration, FEDERATION_ENTITY, HistoricalKey, HistoricalKeys, Metadata,
    PurposeStatement, ResolveResponse, RetiredKey, RetiredReason, Rights, TrustMark,
};
use portage_keys::Signer as _;
use serde_json::{Value, json};

use super::*;
use crate::{
    Tier, TrustedIssuer,
    federation::tests::{
        ALBERTA, CALGARY, DID, LICENCE, PERSON, calgary, city_rights, id, key, keys, later, log, now,
        purpose_statement, says,
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
    let issuer = TrustedIssuer {
        id: DID.to_owned(),
        name,
        tier: Tier::Municipal,
        types: [PERSON.to_owned()].into(),
        retired_keys: Vec::new(),
    };
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

#[test]
fn an_older_chain_does_not_come_back_for_living_longer() {
    let says = |minutes: i64, hours: i64, types: &[&str]| {
        let (at, end) = (now() + minutes.minutes(), now() + hours.hours());
        vec![calgary(), crate::federation::tests::says_until(at, end, ALBERTA, CALGARY, city_rights(types))]
    };
    let soon = now() + 10.minutes();
    let may = |chains: &[&Vec<String>]| {
        let authority = Authorities::new(list(), move || soon);
        chains.iter().for_each(|chain| authority.take_chain(DID, chain, soon));
        authority.may_issue(DID, &[PERSON]).map(drop)
    };
    let (older_and_longer, newer_and_shorter) = (says(0, 48, &[LICENCE, PERSON]), says(5, 1, &[LICENCE]));
    let refused = Err(Reason::IssuerNotAuthorizedForType);
    assert_eq!(may(&[&older_and_longer]), Ok(()), "by itself it holds");
    assert_eq!(may(&[&newer_and_shorter, &older_and_longer]), refused, "it does not come back");
    assert_eq!(may(&[&older_and_longer, &newer_and_shorter]), refused, "the newer one takes its place");
    let newer_and_wider = says(6, 1, &[LICENCE, PERSON]);
    assert_eq!(may(&[&newer_and_shorter, &newer_and_wider]), Ok(()), "the twin: a newer word widens");
}

#[test]
fn a_list_narrows_what_a_chain_allows_under_another_name_and_adds_nothing() {
    let name = || Text { en: "Calgary".to_owned(), fr: "Calgary".to_owned() };
    let listed = |id: &str, types: &[&str]| {
        let mut listed = list();
        let types = types.iter().map(|name| (*name).to_owned()).collect();
        listed
            .trust_issuer(TrustedIssuer {
                id: id.to_owned(),
                name: name(),
                tier: Tier::Municipal,
                types,
                retired_keys: Vec::new(),
            })
            .unwrap();
        let authority = Authorities::new(listed, now);
        assert_eq!(learn(&authority, CALGARY, now(), &[Some(configuration()), Some(answer())]), 2);
        authority
    };
    let refused = Err(Reason::IssuerNotAuthorizedForType);
    let both = listed(DID, &[LICENCE, PERSON]);
    assert_eq!(both.may_issue(CALGARY, &[PERSON]).map(drop), refused, "the chain does not allow it");
    assert_eq!(both.may_issue_all(CALGARY, &[&[LICENCE], &[PERSON]]).map(drop), refused);
    let licence = both.may_issue(CALGARY, &[LICENCE]).unwrap();
    assert_eq!(licence.source, "federation", "the twin: both allow it, and the chain is what it rests on");
    assert_eq!(listed(DID, &[PERSON]).may_issue(CALGARY, &[LICENCE]).map(drop), refused, "narrowed");

    // A purpose that is registered for one name is not registered for whoever a superior says goes by it.
    let mut listed = list();
    let purpose = PurposeId("stall".to_owned());
    let verifier =
        crate::TrustedVerifier { id: DID.to_owned(), name: name(), purposes: [purpose.clone()].into() };
    listed.trust_verifier(verifier).unwrap();
    let authority = Authorities::new(listed, now);
    assert_eq!(learn(&authority, CALGARY, now(), &[Some(configuration()), Some(answer())]), 2);
    assert!(matches!(authority.may_ask(DID, Some(&purpose)), MayAsk::Registered(_)));
    assert!(matches!(authority.may_ask(CALGARY, Some(&purpose)), MayAsk::NotRegistered(_)));
}

#[test]
fn t13_a_key_that_a_superior_took_back_is_refused_of_an_issuer_that_the_list_names_too() {
    let stolen = key("stolen").verification_key().clone();
    let thumbprint = keys("stolen").iter().next().unwrap().thumbprint();
    let retired = RetiredKey { thumbprint, at: now(), reason: RetiredReason::Compromised };
    let listed = || {
        let mut listed = list();
        let name = Text { en: "Calgary".to_owned(), fr: "Calgary".to_owned() };
        let types = [PERSON.to_owned()].into();
        listed
            .trust_issuer(TrustedIssuer {
                id: DID.to_owned(),
                name,
                tier: Tier::Municipal,
                types,
                retired_keys: Vec::new(),
            })
            .unwrap();
        Authorities::new(listed, now)
    };
    let chain = |retired_keys: Vec<RetiredKey>| {
        vec![calgary(), says(ALBERTA, CALGARY, Rights { retired_keys, ..city_rights(&[LICENCE]) })]
    };
    for (retired_keys, expected) in [(vec![retired], Err(Reason::KeyNotFound)), (Vec::new(), Ok(()))] {
        let authority = listed();
        assert_eq!(authority.learn_chain(&chain(retired_keys), now()), Ok(()));
        assert!(authority.may_issue(DID, &[PERSON]).is_ok(), "the list says what it may issue");
        assert_eq!(authority.check_key(DID, &stolen, Some(now())), expected);
        assert_eq!(authority.check_key(DID, key("sound").verification_key(), Some(now())), Ok(()));
    }
}

#[test]
fn t13_a_list_takes_a_key_back_under_every_name_of_its_issuer_and_without_a_chain() {
    let thumbprint = |of: &str| keys(of).iter().next().unwrap().thumbprint();
    let listed = json!({ "anchors": list().to_json()["anchors"], "issuers": [{
        "id": DID, "name": { "en": "Calgary", "fr": "Calgary" }, "tier": "municipal", "types": [LICENCE],
        "retired_keys": [
            { "thumbprint": thumbprint("stolen"), "at": now().to_string(), "reason": "compromised" },
            { "thumbprint": thumbprint("old"), "at": now().to_string(), "reason": "superseded" },
        ],
    }] });
    let parsed = TrustList::parse(listed.to_string().as_bytes()).unwrap();
    assert_eq!(TrustList::parse(parsed.to_json().to_string().as_bytes()).as_ref(), Ok(&parsed));
    let authority = Authorities::new(parsed.clone(), now);
    let (before, after) = (now() - 1.hour(), now() + 1.hour());
    let check = |id: &str, of: &str, at| authority.check_key(id, key(of).verification_key(), Some(at));
    assert_eq!(check(DID, "stolen", before), Err(Reason::KeyNotFound), "nothing that it signed");
    assert_eq!(check(DID, "old", after), Err(Reason::KeyNotFound));
    assert_eq!(check(DID, "old", before), Ok(()), "what it signed before stands");
    assert_eq!(check(DID, "sound", after), Ok(()), "the twin");
    assert_eq!(check(CALGARY, "stolen", before), Ok(()), "nobody says yet that it is the same issuer");
    assert_eq!(learn(&authority, CALGARY, now(), &[Some(configuration()), Some(answer())]), 2);
    assert_eq!(check(CALGARY, "stolen", before), Err(Reason::KeyNotFound), "a chain says it");
    let alone = |of: &str| parsed.check_key(DID, key(of).verification_key(), Some(before));
    assert_eq!((alone("stolen"), alone("sound")), (Err(Reason::KeyNotFound), Ok(())), "the list by itself");

    let mut broken = listed;
    broken["issuers"][0]["retired_keys"][0]["thumbprint"] = json!("short");
    let error = TrustList::parse(broken.to_string().as_bytes()).unwrap_err();
    assert!(error.0.contains("issuers[0]: retired_keys"), "{error}");
}

#[test]
fn t13_an_issuer_that_its_superior_removed_is_trusted_by_nobody_once_its_chain_is_over() {
    let authority = Authorities::new(list(), now);
    assert_eq!(learn(&authority, DID, now(), &[Some(configuration()), Some(answer())]), 2);
    assert!(authority.may_issue(DID, &[LICENCE]).is_ok(), "as long as the chain lives");
    let over = later() + 1.hour();
    let afterwards = Authorities { now: Arc::new(move || over), ..authority };
    assert_eq!(afterwards.may_issue(DID, &[LICENCE]).map(drop), Err(Reason::TrustChainInvalid));
    // Alberta is asked again, and speaks of it no more.
    assert_eq!(learn(&afterwards, DID, over, &[None]), 1);
    assert_eq!(afterwards.may_issue(DID, &[LICENCE]).map(drop), Err(Reason::IssuerNotTrusted));
}

/// Alberta changed its key: what it signed before is known by what it says now of its former keys.
#[test]
fn t13_a_mark_and_a_purpose_from_before_a_change_of_keys_count_by_the_former_keys_that_were_asked_for() {
    const FORMER: &str = "https://alberta.example/former";
    const MARK: &str = "https://alberta.example/marks/reviewed";
    let before = now() - 10.hours();
    let mark = TrustMark {
        issuer: id(ALBERTA),
        subject: id(CALGARY),
        trust_mark_type: MARK.to_owned(),
        issued_at: before,
        expires_at: None,
        delegation: None,
        name: None,
    };
    let trust_mark = mark.sign(&keys(FORMER), &key(FORMER)).unwrap();
    let mut city = EntityConfiguration::new(id(CALGARY), keys(CALGARY), now(), later());
    city.authority_hints = vec![id(ALBERTA)];
    city.metadata = Metadata::new()
        .with(FEDERATION_ENTITY, [])
        .with(portage_federation::OPENID_CREDENTIAL_ISSUER, [])
        .with(portage_federation::OPENID_CREDENTIAL_VERIFIER, []);
    city.trust_marks = vec![CarriedTrustMark { trust_mark_type: MARK.to_owned(), trust_mark }];
    let endpoint = |name: &str| Value::from(format!("{ALBERTA}/{name}"));
    let mut alberta = EntityConfiguration::new(id(ALBERTA), keys(ALBERTA), now(), later());
    alberta.trust_mark_issuers.insert(MARK.to_owned(), vec![id(ALBERTA)]);
    alberta.metadata = Metadata::new().with(
        FEDERATION_ENTITY,
        [
            ("federation_resolve_endpoint", endpoint("resolve")),
            ("federation_historical_keys_endpoint", endpoint("historical-keys")),
        ],
    );
    let alberta = alberta.sign(&key(ALBERTA)).unwrap();
    let chain = vec![
        city.sign(&key(CALGARY)).unwrap(),
        says(ALBERTA, CALGARY, city_rights(&[LICENCE])),
        alberta.clone(),
    ];
    let response = ResolveResponse {
        issuer: id(ALBERTA),
        subject: id(CALGARY),
        issued_at: now(),
        expires_at: later(),
        trust_chain: chain.clone(),
    };
    let response = response.sign(&json!({}), &keys(ALBERTA), &key(ALBERTA)).unwrap().into_bytes();
    let former = |reason| {
        let jwk = keys(FORMER).iter().next().unwrap().clone();
        let at = now() - 1.hour();
        let key_of = HistoricalKey { jwk, issued_at: None, expires_at: at, revoked: Some((at, reason)) };
        let former = HistoricalKeys { issuer: id(ALBERTA), issued_at: now(), keys: vec![key_of] };
        former.sign(&keys(ALBERTA), &key(ALBERTA)).unwrap().into_bytes()
    };
    let configuration = Some(alberta.clone().into_bytes());
    let asked = |last: Option<Vec<u8>>| {
        let authority = Authorities::new(list(), now);
        let answers = [configuration.clone(), Some(response.clone()), configuration.clone(), last];
        assert_eq!(learn(&authority, DID, now(), &answers), 4);
        let authorized = authority.may_issue(DID, &[LICENCE]).unwrap();
        (authorized.chain.unwrap().marks.remove(0).holds(), authority)
    };
    assert!(asked(Some(former(RetiredReason::Superseded))).0);
    assert!(!asked(Some(former(RetiredReason::Compromised))).0, "nothing that a stolen key signed counts");
    assert!(!asked(None).0, "what could not be had counts for nothing");
    let (_, authority) = asked(None);
    assert_eq!(learn(&authority, DID, now(), &[]), 0, "it is not asked again at once");

    let said = purpose_statement(ALBERTA, CALGARY, crate::federation::tests::purpose(&[LICENCE]));
    let statement = PurposeStatement { issued_at: before, ..said };
    let statement = statement.sign(&keys(FORMER), &key(FORMER)).unwrap();
    let authority = Authorities::new(list(), now);
    authority.take_chain(DID, &chain, now());
    let mut inquiry = authority.inquire_statement(DID, &statement, now()).expect("its signer is asked");
    inquiry.supply(vec![configuration]);
    inquiry.supply(vec![Some(former(RetiredReason::Superseded))]);
    assert!(matches!(inquiry.wanted().as_slice(), [crate::Wanted::LogFile(_)]), "then its log");
    while !inquiry.wanted().is_empty() {
        inquiry.supply(Vec::new());
    }
    assert!(authority.inquire_statement(DID, &statement, now()).is_none(), "known now");
    let chains = authority.chains.read().unwrap();
    let at = chains.at(now());
    let resolved = chains.iter().next().unwrap();
    let verified = |former: Option<&HistoricalKeys>| {
        PurposeStatement::verify_on(&statement, resolved, |_| former, now()).is_ok()
    };
    assert!(verified(at.former(&id(ALBERTA))));
    assert!(!verified(None), "the twin: nobody asked");
}
