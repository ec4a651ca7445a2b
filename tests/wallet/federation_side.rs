//! A province whose keys are pinned, a city that it lets vouch for others, and the market below the city.

use std::{cell::RefCell, collections::BTreeMap};

use jiff::{Timestamp, ToSpan as _};
use portage_catalog::{Purpose, PurposeId};
use portage_federation::{
    EntityConfiguration, EntityId, FEDERATION_ENTITY, FederationKeys, Jurisdiction, MemoryLog, Metadata,
    OPENID_CREDENTIAL_ISSUER, OPENID_CREDENTIAL_VERIFIER, PurposeStatement, ResolveResponse, Rights, Role,
    SubordinateStatement,
};
use portage_keys::{Algorithm, Signer as _, SigningKey};
use serde_json::{Value, json};

use crate::{
    stage::{FixedAnswer, Stage},
    verifier_side::{OTHER_PURPOSE, PURPOSE},
};

/// The key of a member, by its name.
pub(crate) fn key(of: &str) -> SigningKey {
    let seed = of.bytes().fold(9_u8, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte));
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[seed; 32]).unwrap()
}

pub(crate) fn keys(of: &str) -> FederationKeys {
    FederationKeys::of([key(of).verification_key().clone()])
}

/// The identifier of a member: the market is where it is reached, the others below it.
pub(crate) fn id(stage: &Stage, of: &str) -> EntityId {
    let origin = &stage.market.origin;
    EntityId::parse(&if of == "market" { origin.clone() } else { format!("{origin}/{of}") }).unwrap()
}

/// The entry of `anchors` in `trust.json`.
pub(crate) fn anchor(stage: &Stage) -> Value {
    json!({
        "id": id(stage, "province").as_str(),
        "name": { "en": "The Province", "fr": "La Province" },
        "jurisdiction": "CA-BC",
        "types": ["*"],
        "jwks": keys("province").to_value(),
        "log": log(stage, "province").address().to_value(),
    })
}

thread_local! {
    static LOGS: RefCell<BTreeMap<String, MemoryLog>> = RefCell::default();
}

/// Writes into the public log of a member, which lives as long as the test.
pub(crate) fn publish<T>(stage: &Stage, of: &str, write: impl FnOnce(&mut MemoryLog) -> T) -> T {
    let id = id(stage, of);
    let open = || MemoryLog::new(&id, key(of)).unwrap();
    LOGS.with_borrow_mut(|logs| write(logs.entry(id.to_string()).or_insert_with(open)))
}

/// The public log of a member begins anew, with another history.
pub(crate) fn rewrite(stage: &Stage, of: &str) {
    let mut other = MemoryLog::new(&id(stage, of), key(of)).unwrap();
    other.append("another history");
    publish(stage, of, |log| *log = other);
}

/// The public log of a member as it is now.
pub(crate) fn log(stage: &Stage, of: &str) -> MemoryLog {
    publish(stage, of, |log| log.clone())
}

fn says(
    stage: &Stage,
    issuer: &str,
    signed_by: &str,
    subject: &str,
    rights: Rights,
    end: Timestamp,
) -> String {
    let (by, about) = (id(stage, issuer), id(stage, subject));
    let mut statement = SubordinateStatement::new(by, about, keys(subject), end - 24.hours(), end);
    let name = |language: &str| json!(format!("{subject} in {language}"));
    statement.metadata = Metadata::new().with(
        FEDERATION_ENTITY,
        [("organization_name#en", name("English")), ("organization_name#fr", name("French"))],
    );
    if rights.roles.contains(&Role::Authority) {
        statement.metadata = statement.metadata.with_log(log(stage, subject).address());
    }
    statement.rights = Some(rights);
    publish(stage, issuer, |log| log.publish(&mut statement)).unwrap();
    statement.sign(&keys(signed_by), &key(signed_by)).unwrap()
}

/// The chain of the market that ends at a time; `anchor_key` signs for the province.
pub(crate) fn chain_until(stage: &Stage, end: Timestamp, anchor_key: &str) -> Vec<String> {
    let code = |code: &str| Rights::none_in(Jurisdiction::parse(code).unwrap());
    let market = code("CA-BC").acting_as([Role::Verifier]).identified_by(&stage.market.did).unwrap();
    let city = code("CA-BC").acting_as([Role::Authority, Role::Verifier]);
    let mut own = EntityConfiguration::new(id(stage, "market"), keys("market"), end - 24.hours(), end);
    own.authority_hints = vec![id(stage, "city")];
    own.metadata =
        Metadata::new().with(FEDERATION_ENTITY, []).with(OPENID_CREDENTIAL_VERIFIER, market_metadata(stage));
    vec![
        own.sign(&key("market")).unwrap(),
        says(stage, "city", "city", "market", market, end),
        says(stage, "province", anchor_key, "city", city, end),
    ]
}

/// What the market says of itself: the key of its requests.
fn market_metadata(stage: &Stage) -> [(&'static str, Value); 1] {
    [("jwks", FederationKeys::of([stage.market.key.verification_key().clone()]).to_value())]
}

/// The name of that key.
pub(crate) fn market_kid(stage: &Stage) -> String {
    portage_jose::Jwk::from_key(stage.market.key.verification_key().clone()).thumbprint()
}

/// The chain that holds.
pub(crate) fn chain(stage: &Stage) -> Vec<String> {
    chain_until(stage, stage.world.now + 12.hours(), "province")
}

/// A purpose like the usual one that allows this query.
pub(crate) fn purpose(stage: &Stage, query: Value) -> Value {
    let usual = stage.world.catalog.purpose(&PurposeId(PURPOSE.into())).unwrap().clone();
    serde_json::to_value(Purpose { id: PurposeId(OTHER_PURPOSE.into()), query, ..usual }).unwrap()
}

/// What the city signs: that the market may ask for this purpose.
pub(crate) fn statement(stage: &Stage, query: Value) -> String {
    statement_of(stage, ("city", "city"), "market", query)
}

/// The same by an issuer, with the key of somebody, about somebody.
pub(crate) fn statement_of(
    stage: &Stage,
    (issuer, signed_by): (&str, &str),
    subject: &str,
    query: Value,
) -> String {
    let statement = purpose_statement(stage, issuer, subject, query);
    statement.sign(&keys(signed_by), &key(signed_by)).unwrap()
}

/// What an issuer says of somebody's purpose until the evening, published.
pub(crate) fn purpose_statement(
    stage: &Stage,
    issuer: &str,
    subject: &str,
    query: Value,
) -> PurposeStatement {
    let mut statement = PurposeStatement {
        issuer: id(stage, issuer),
        subject: id(stage, subject),
        // When the chain was.
        issued_at: stage.world.now - 12.hours(),
        expires_at: stage.world.now + 12.hours(),
        purpose: purpose(stage, query),
        log_evidence: None,
    };
    publish(stage, issuer, |log| log.publish_purpose(&mut statement)).unwrap();
    statement
}

/// What the province answers about an issuer that it lets issue persons itself: its own configuration and the chain, by path of the stage.
/// `dids` are the issuer's by the province's word; `metadata` is what the issuer says of itself.
pub(crate) fn answers_about_issuer(
    stage: &Stage,
    origin: &str,
    dids: &[&str],
    metadata: &[(&'static str, Value)],
) -> Vec<(String, FixedAnswer)> {
    let (now, end) = (stage.world.now, stage.world.now + 12.hours());
    let issuer = EntityId::parse(origin).unwrap();
    let province = id(stage, "province");
    let mut own = EntityConfiguration::new(issuer.clone(), keys("issuer"), now, end);
    own.authority_hints = vec![province.clone()];
    own.metadata = Metadata::new().with(OPENID_CREDENTIAL_ISSUER, metadata.to_vec());
    let rights = Rights::none_in(Jurisdiction::parse("CA-BC").unwrap()).acting_as([Role::Issuer]);
    let rights = dids.iter().fold(rights, |rights, did| rights.identified_by(did).unwrap());
    let mut said = SubordinateStatement::new(province.clone(), issuer.clone(), keys("issuer"), now, end);
    said.rights = Some(rights.issuing(["person"]).unwrap());
    publish(stage, "province", |log| log.publish(&mut said)).unwrap();
    let statement = said.sign(&keys("province"), &key("province")).unwrap();
    let trust_chain = vec![own.sign(&key("issuer")).unwrap(), statement];

    answers(stage, issuer, trust_chain)
}

/// What the province answers about the market.
pub(crate) fn answers_about_market(stage: &Stage) -> Vec<(String, FixedAnswer)> {
    answers(stage, id(stage, "market"), chain(stage))
}

/// The province's own configuration, and what it answers about somebody.
fn answers(stage: &Stage, subject: EntityId, trust_chain: Vec<String>) -> Vec<(String, FixedAnswer)> {
    let (issued_at, expires_at) = (stage.world.now, stage.world.now + 12.hours());
    let province = id(stage, "province");
    let mut anchor = EntityConfiguration::new(province.clone(), keys("province"), issued_at, expires_at);
    let resolve = json!(format!("{province}/resolve"));
    anchor.metadata = Metadata::new().with(FEDERATION_ENTITY, [("federation_resolve_endpoint", resolve)]);
    let path = province.configuration_url().unwrap().path().to_owned();
    let response = ResolveResponse { issuer: province, subject, issued_at, expires_at, trust_chain };
    let response = response.sign(&json!({}), &keys("province"), &key("province")).unwrap();
    let answer = |body: String| (200, Vec::new(), body);
    vec![
        (path, answer(anchor.sign(&key("province")).unwrap())),
        ("/province/resolve".to_owned(), answer(response)),
    ]
}
