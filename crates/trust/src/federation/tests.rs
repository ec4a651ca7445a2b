use std::cell::RefCell;

use jiff::ToSpan as _;
use portage_federation::{
    EntityConfiguration, EntityId, FederationKeys, Jurisdiction, MemoryLog, Metadata,
    OPENID_CREDENTIAL_ISSUER, OPENID_CREDENTIAL_VERIFIER, Relation, RetiredKey, RetiredReason, Role,
    SubordinateStatement, TrustAnchor, TrustAnchors, TrustChain,
};
use portage_keys::{Algorithm, Signer as _, SigningKey};

use super::*;

const BC: &str = "https://bc.example";
pub(crate) const ALBERTA: &str = "https://alberta.example";
pub(crate) const CALGARY: &str = "https://calgary.example";
pub(crate) const DID: &str = "did:web:calgary.example";
pub(crate) const LICENCE: &str = "https://types.example/business-licence";
const CARD: &str = "https://types.example/library-card";
pub(crate) const PERSON: &str = "https://types.example/person";
const ALL: [Role; 3] = [Role::Issuer, Role::Verifier, Role::Authority];

pub(crate) fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn later() -> Timestamp {
    now() + 24.hours()
}

pub(crate) fn id(text: &str) -> EntityId {
    EntityId::parse(text).unwrap()
}

pub(crate) fn key(of: &str) -> SigningKey {
    let seed = of.bytes().fold(7_u8, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte));
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[seed; 32]).unwrap()
}

pub(crate) fn keys(of: &str) -> FederationKeys {
    FederationKeys::of([key(of).verification_key().clone()])
}

thread_local! {
    static LOGS: RefCell<BTreeMap<String, MemoryLog>> = RefCell::default();
}

/// Writes into the log of an authority, which lives as long as the test.
pub(crate) fn publish<T>(of: &str, write: impl FnOnce(&mut MemoryLog) -> T) -> T {
    let open = || MemoryLog::new(&id(of), key(of)).unwrap();
    LOGS.with_borrow_mut(|logs| write(logs.entry(of.to_owned()).or_insert_with(open)))
}

/// The log of an authority as it is now.
pub(crate) fn log(of: &str) -> MemoryLog {
    publish(of, |log| log.clone())
}

fn code(text: &str) -> Jurisdiction {
    Jurisdiction::parse(text).unwrap()
}

fn rights(jurisdiction: &str, roles: &[Role], types: &[&str]) -> Rights {
    let rights = Rights::none_in(code(jurisdiction)).acting_as(roles.iter().copied());
    let rights = rights.issuing(types.iter().copied()).unwrap();
    Rights { tier: Some(code(jurisdiction).tier()), ..rights }
}

pub(crate) fn says(issuer: &str, subject: &str, rights: Rights) -> String {
    says_at(now(), issuer, subject, rights)
}

pub(crate) fn says_at(at: Timestamp, issuer: &str, subject: &str, rights: Rights) -> String {
    says_until(at, at + 24.hours(), issuer, subject, rights)
}

/// What an authority says at a time, and until when.
pub(crate) fn says_until(
    at: Timestamp,
    end: Timestamp,
    issuer: &str,
    subject: &str,
    rights: Rights,
) -> String {
    let mut statement = SubordinateStatement::new(id(issuer), id(subject), keys(subject), at, end);
    statement.metadata = Metadata::new()
        .with("federation_entity", [("organization_name#en", json!(format!("Name of {subject}")))]);
    if rights.roles.contains(&Role::Authority) {
        statement.metadata = statement.metadata.with_log(log(subject).address());
    }
    statement.rights = Some(rights);
    publish(issuer, |log| log.publish(&mut statement)).unwrap();
    statement.sign(&keys(issuer), &key(issuer)).unwrap()
}

pub(crate) fn calgary() -> String {
    let mut own = EntityConfiguration::new(id(CALGARY), keys(CALGARY), now(), later());
    own.authority_hints = vec![id(ALBERTA), id(BC)];
    own.metadata = Metadata::new()
        .with("federation_entity", [])
        .with(OPENID_CREDENTIAL_ISSUER, [])
        .with(OPENID_CREDENTIAL_VERIFIER, []);
    own.sign(&key(CALGARY)).unwrap()
}

pub(crate) fn city_rights(types: &[&str]) -> Rights {
    rights("CA-AB-4806016", &[Role::Issuer, Role::Verifier], types).identified_by(DID).unwrap()
}

fn resolve(statements: &[String], anchor: &str, jurisdiction: &str) -> ResolvedEntity {
    let name = Some(Text { en: "As pinned".to_owned(), fr: "Comme inscrit".to_owned() });
    let pinned: TrustAnchors = [TrustAnchor {
        id: id(anchor),
        keys: keys(anchor),
        name,
        rights: Rights::all_in(code(jurisdiction)),
        log: Some(log(anchor).address().clone()),
    }]
    .into_iter()
    .collect();
    TrustChain::validate(statements, &pinned, now()).unwrap()
}

/// Calgary under Alberta, its own anchor.
fn under_alberta(types: &[&str]) -> ResolvedEntity {
    resolve(&[calgary(), says(ALBERTA, CALGARY, city_rights(types))], ALBERTA, "CA-AB")
}

/// Calgary under Alberta, which British Columbia recognises for business licences.
fn recognised_by_bc(types: &[&str]) -> ResolvedEntity {
    let peer = Rights { relation: Relation::Peer, ..rights("CA-AB", &ALL, &[LICENCE]) };
    resolve(&[calgary(), says(ALBERTA, CALGARY, city_rights(types)), says(BC, ALBERTA, peer)], BC, "CA-BC")
}

#[test]
fn v31_an_issuer_issues_what_every_link_allows_and_the_chain_is_named() {
    let chains: ResolvedChains = [recognised_by_bc(&[LICENCE, PERSON])].into_iter().collect();
    let authority = chains.at(now() + 1.hour());
    let authorized = authority.may_issue(DID, &["business-licence", LICENCE]).unwrap();
    assert_eq!((authorized.source, authorized.tier), ("federation", Some(Tier::Municipal)));
    assert_eq!(authorized.name.unwrap().en, format!("Name of {CALGARY}"));
    let chain = authorized.chain.unwrap();
    let ids: Vec<_> = chain.links.iter().map(|link| link.id.as_str()).collect();
    assert_eq!(ids, [CALGARY, ALBERTA, BC]);
    assert_eq!((chain.age_seconds, chain.expires_at), (3600, later()));
    let json = chain.to_json();
    assert_eq!(json["links"][1]["recognised"], true);
    assert_eq!(json["links"][1]["types"], json!([LICENCE]));
    assert_eq!(json["links"][2]["name"]["fr"], "Comme inscrit");

    assert_eq!(authority.may_issue(DID, &[PERSON]).map(drop), Err(Reason::IssuerNotAuthorizedForType));
    assert_eq!(authority.may_issue(DID, &[]).map(drop), Err(Reason::IssuerNotAuthorizedForType));
    assert_eq!(
        authority.may_issue("did:web:other.example", &[LICENCE]).map(drop),
        Err(Reason::IssuerNotTrusted)
    );
    assert!(authority.may_issue(CALGARY, &[LICENCE]).is_ok(), "it goes by its identifier, too");
}

#[test]
fn t11_of_several_chains_each_answer_rests_on_one_and_on_the_shortest() {
    let chains: ResolvedChains =
        [recognised_by_bc(&[LICENCE]), under_alberta(&[LICENCE])].into_iter().collect();
    let authorized = chains.at(now()).may_issue(DID, &[LICENCE]).unwrap();
    assert_eq!(authorized.chain.unwrap().links.len(), 2);

    let chains: ResolvedChains =
        [recognised_by_bc(&[LICENCE, CARD]), under_alberta(&[CARD])].into_iter().collect();
    let authority = chains.at(now());
    assert!(authority.may_issue_all(DID, &[&[LICENCE]]).is_ok());
    assert!(authority.may_issue_all(DID, &[&[CARD]]).is_ok());
    assert_eq!(
        authority.may_issue_all(DID, &[&[LICENCE], &[CARD]]).map(drop),
        Err(Reason::IssuerNotAuthorizedForType),
        "no chain allows both"
    );
}

#[test]
fn t06_a_chain_that_is_over_answers_nothing() {
    let chains: ResolvedChains = [under_alberta(&[LICENCE])].into_iter().collect();
    assert!(chains.at(later()).may_issue(DID, &[LICENCE]).is_ok());
    let over = chains.at(later() + 60.seconds());
    assert_eq!(over.may_issue(DID, &[LICENCE]).map(drop), Err(Reason::TrustChainInvalid));
    assert_eq!(over.may_ask(DID, None), MayAsk::Unknown);
}

#[test]
fn t13_a_key_that_an_authority_declared_compromised_signs_no_more() {
    let compromised = key("compromised").verification_key().clone();
    let mut rights = city_rights(&[LICENCE]);
    rights.retired_keys = vec![RetiredKey {
        thumbprint: FederationKeys::of([compromised.clone()]).iter().next().unwrap().thumbprint(),
        at: now() + 1.hour(),
        reason: RetiredReason::Compromised,
    }];
    let chains: ResolvedChains =
        [resolve(&[calgary(), says(ALBERTA, CALGARY, rights)], ALBERTA, "CA-AB")].into_iter().collect();
    assert_eq!(chains.at(now()).check_key(DID, &compromised, Some(now())), Ok(()));
    let after = chains.at(now() + 1.hour());
    assert_eq!(after.check_key(DID, &compromised, Some(now())), Err(Reason::KeyNotFound));
    assert_eq!(after.check_key(DID, key("sound").verification_key(), Some(now())), Ok(()));
}

#[test]
fn a_verifier_of_the_federation_is_known_and_has_no_purpose_by_that() {
    let chains: ResolvedChains = [under_alberta(&[LICENCE])].into_iter().collect();
    let asked = chains.at(now()).may_ask(DID, Some(&PurposeId("market".to_owned())));
    assert!(matches!(asked, MayAsk::NotRegistered(known) if known.id == DID));
    assert_eq!(chains.at(now()).may_ask("did:web:other.example", None), MayAsk::Unknown);
}

const MARKET: &str = "https://market.example";
const MARKET_DID: &str = "did:web:market.example";

fn market(hint: &str) -> String {
    let mut own = EntityConfiguration::new(id(MARKET), keys(MARKET), now(), later());
    own.authority_hints = vec![id(hint)];
    own.metadata = Metadata::new().with("federation_entity", []).with(OPENID_CREDENTIAL_VERIFIER, []);
    own.sign(&key(MARKET)).unwrap()
}

fn market_rights() -> Rights {
    rights("CA-AB-4806016", &[Role::Verifier], &[]).identified_by(MARKET_DID).unwrap()
}

pub(crate) fn purpose(types: &[&str]) -> Value {
    let text = |text: &str| json!({ "en": text, "fr": text });
    json!({
        "id": "stall", "name": text("Stall"), "text": text("Why"), "law": text("By-law"), "alternative": text("Counter"),
        "query": { "credentials": [{ "id": "a", "format": "dc+sd-jwt", "meta": { "vct_values": types } }] },
        "retention_days": 3, "contact": "mailto:privacy@market.example", "max_status_age": 60, "paper": false,
    })
}

/// A statement of `issuer` about `subject`, with the key of `signer`.
fn signed(issuer: &str, signer: &str, subject: &str, purpose: Value) -> String {
    let statement = purpose_statement(issuer, subject, purpose);
    statement.sign(&keys(signer), &key(signer)).unwrap()
}

/// What an authority says of a verifier's purpose for a day, published where its log can hold it.
pub(crate) fn purpose_statement(issuer: &str, subject: &str, purpose: Value) -> PurposeStatement {
    let mut statement = PurposeStatement {
        issuer: id(issuer),
        subject: id(subject),
        issued_at: now(),
        expires_at: later(),
        purpose,
        log_evidence: None,
    };
    publish(issuer, |log| log.publish_purpose(&mut statement));
    statement
}

/// The market under Calgary, which acts in these roles under Alberta.
fn market_under_calgary(roles: &[Role]) -> ResolvedEntity {
    let city = rights("CA-AB-4806016", roles, &[]);
    let statements = [market(CALGARY), says(CALGARY, MARKET, market_rights()), says(ALBERTA, CALGARY, city)];
    resolve(&statements, ALBERTA, "CA-AB")
}

#[test]
fn w11_t11_a_purpose_counts_on_the_one_chain_of_the_authority_that_signed_it() {
    let chains: ResolvedChains =
        [market_under_calgary(&[Role::Authority, Role::Verifier])].into_iter().collect();
    let by_calgary = signed(CALGARY, CALGARY, MARKET, purpose(&[LICENCE]));
    let vouched = chains.at(now()).vouched_purpose(MARKET_DID, &by_calgary).unwrap();
    assert_eq!((vouched.authority.as_str(), vouched.purpose.retention_days), (CALGARY, 3));
    assert_eq!(vouched.authority_name.en, format!("Name of {CALGARY}"));
    assert_eq!(vouched.chain.links.len(), 3);
    let by_alberta = signed(ALBERTA, ALBERTA, MARKET, purpose(&[PERSON]));
    let vouched = chains.at(now()).vouched_purpose(MARKET_DID, &by_alberta).unwrap();
    assert_eq!(vouched.authority_name.en, "As pinned", "any authority above it may");

    let at = chains.at(now());
    for (refused, what) in [
        (signed(BC, BC, MARKET, purpose(&[LICENCE])), "an authority of another chain"),
        (signed(CALGARY, BC, MARKET, purpose(&[LICENCE])), "forged"),
        (signed(CALGARY, CALGARY, BC, purpose(&[LICENCE])), "about somebody else"),
        (signed(MARKET, MARKET, MARKET, purpose(&[LICENCE])), "of itself"),
        (signed(CALGARY, CALGARY, MARKET, json!({ "id": "stall" })), "half a purpose"),
        (market(CALGARY), "another kind of statement"),
    ] {
        assert_eq!(at.vouched_purpose(MARKET_DID, &refused), NONE, "{what}");
    }
    assert_eq!(at.vouched_purpose("did:web:other.example", &by_calgary), NONE);
    assert_eq!(chains.at(later() + 2.hours()).vouched_purpose(MARKET_DID, &by_calgary), NONE, "over");

    let chains: ResolvedChains = [market_under_calgary(&[Role::Verifier])].into_iter().collect();
    assert_eq!(chains.at(now()).vouched_purpose(MARKET_DID, &by_calgary), NONE, "no authority");
}

/// As though there were no statement.
const NONE: Result<VouchedPurpose, Reason> = Err(Reason::PurposeNotRegistered);

#[test]
fn w11_a_purpose_ends_with_its_statement_though_the_chain_lives_on() {
    let chains: ResolvedChains =
        [market_under_calgary(&[Role::Authority, Role::Verifier])].into_iter().collect();
    let short = PurposeStatement {
        expires_at: now() + 1.hour(),
        ..purpose_statement(CALGARY, MARKET, purpose(&[LICENCE]))
    };
    let signed = short.sign(&keys(CALGARY), &key(CALGARY)).unwrap();
    let vouched = chains.at(now() + 1.hour()).vouched_purpose(MARKET_DID, &signed).unwrap();
    assert_eq!(vouched.until, now() + 1.hour());
    assert_eq!(chains.at(now() + 2.hours()).vouched_purpose(MARKET_DID, &signed), NONE, "over");
    assert!(chains.at(now() + 2.hours()).asking_chain(MARKET_DID).is_ok(), "the chain is not");
}

#[test]
fn w11_a_purpose_counts_with_the_proof_that_its_authority_published_it() {
    let chains: ResolvedChains =
        [market_under_calgary(&[Role::Authority, Role::Verifier])].into_iter().collect();
    let judge = |said: &PurposeStatement| {
        let signed = said.sign(&keys(CALGARY), &key(CALGARY)).unwrap();
        chains.at(now()).vouched_purpose(MARKET_DID, &signed).map(|vouched| vouched.log)
    };
    let sound = purpose_statement(CALGARY, MARKET, purpose(&[LICENCE]));
    let log = judge(&sound).unwrap();
    assert_eq!((log.origin.as_str(), log.entry, log.as_of), ("calgary.example/log", 1, now()));
    let evidence = |of: PurposeStatement| PurposeStatement { log_evidence: of.log_evidence, ..sound.clone() };
    let elsewhere = purpose_statement(ALBERTA, MARKET, purpose(&[LICENCE]));
    let wider = purpose_statement(CALGARY, MARKET, purpose(&[LICENCE, PERSON]));
    let about_another = purpose_statement(CALGARY, BC, purpose(&[LICENCE]));
    for (refused, what) in [
        (PurposeStatement { log_evidence: None, ..sound.clone() }, "never published"),
        (evidence(elsewhere), "in the log of somebody else"),
        (evidence(wider.clone()), "an entry that tells another purpose"),
        (evidence(about_another), "an entry about another verifier"),
        (PurposeStatement { log_evidence: sound.log_evidence.clone(), ..wider }, "more than the entry tells"),
    ] {
        assert_eq!(judge(&refused), Err(Reason::LogProofInvalid), "{what}");
    }
}

#[test]
fn t11_a_recognised_authority_vouches_for_the_types_it_is_recognised_for() {
    let peer = Rights { relation: Relation::Peer, ..rights("CA-AB", &ALL, &[LICENCE]) };
    let statements = [market(ALBERTA), says(ALBERTA, MARKET, market_rights()), says(BC, ALBERTA, peer)];
    let chains: ResolvedChains = [resolve(&statements, BC, "CA-BC")].into_iter().collect();
    let asks = |types: &[&str]| {
        let said = signed(ALBERTA, ALBERTA, MARKET, purpose(types));
        chains.at(now()).vouched_purpose(MARKET_DID, &said).is_ok()
    };
    assert!(asks(&[LICENCE]));
    assert!(!asks(&[PERSON]));
    assert!(!asks(&[LICENCE, PERSON]));
    assert!(!asks(&[]), "what names no type asks for all");
}

#[test]
fn v32_without_chains_nobody_is_trusted() {
    let chains = ResolvedChains::default();
    assert_eq!(chains.at(now()).may_issue(DID, &[LICENCE]).map(drop), Err(Reason::IssuerNotTrusted));
}
