//! What a decision costs beside the signatures it rests on: see `bench/decision.sh`.

use std::{collections::BTreeMap, error::Error, hint::black_box, time::Instant};

use jiff::{Timestamp, tz::TimeZone};
use portage_catalog::{Catalog, PurposeId};
use portage_federation::{
    EntityConfiguration, EntityId, FederationKeys, Jurisdiction, MemoryLog, Metadata,
    OPENID_CREDENTIAL_ISSUER, Rights, Role, SubordinateStatement,
};
use portage_keys::{Algorithm, OsEntropy, Signer, SigningKey};
use portage_policy::Policies;
use portage_trust::{Authorities, Authority, TrustList};
use portage_verification::{PolicyFacts, PolicyOutcome, Presented, PurposePolicies};
use serde_json::{Map, Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

const CITY: &str = "did:web:city-0.example";
/// Chains that the cache holds beside the one that is asked for.
const OTHERS: u32 = 1000;

struct Entity {
    id: EntityId,
    seed: [u8; 32],
    keys: FederationKeys,
}

impl Entity {
    /// The key is the number's.
    fn new(id: &str, number: u32) -> Outcome<Self> {
        let mut seed = [7; 32];
        seed.iter_mut().zip(number.to_le_bytes()).for_each(|(place, byte)| *place = byte);
        let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &seed)?;
        let keys = FederationKeys::of([key.verification_key().clone()]);
        Ok(Entity { id: EntityId::parse(id)?, seed, keys })
    }

    fn key(&self) -> Outcome<SigningKey> {
        Ok(SigningKey::from_secret_bytes(Algorithm::EdDsa, &self.seed)?)
    }

    /// What it says of all of them, published in one go: every proof is of one checkpoint.
    fn vouch(&self, log: &mut MemoryLog, mut all: Vec<SubordinateStatement>) -> Outcome<Vec<String>> {
        for statement in &mut all {
            log.publish(statement).ok_or("a log that holds it")?;
        }
        let mut signed = Vec::new();
        for (index, mut statement) in (0_u64..).zip(all) {
            let entry = statement.log_evidence.take().ok_or("published")?.entry;
            statement.log_evidence = log.prove(index, entry);
            signed.push(statement.sign(&self.keys, &self.key()?)?);
        }
        Ok(signed)
    }
}

/// Microseconds of one call, the fastest of several rounds: what disturbs a round only makes it slower.
fn time(calls: u32, mut call: impl FnMut()) -> f64 {
    let mut round = || {
        let start = Instant::now();
        (0..calls).for_each(|_| call());
        start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
    };
    (0..7).map(|_| round()).fold(f64::INFINITY, f64::min)
}

/// Canada, a province, a city, and the cities beside it, all of them known; and the city's key.
fn known_chains(now: Timestamp, [from, to]: [Timestamp; 2]) -> Outcome<(Authorities, SigningKey)> {
    let canada = Entity::new("https://canada.example", OTHERS + 1)?;
    let province = Entity::new("https://bc.example", OTHERS + 2)?;
    let mut log_of_canada = MemoryLog::new(&canada.id, canada.key()?)?;
    let mut log_of_province = MemoryLog::new(&province.id, province.key()?)?;
    let list = json!({ "anchors": [{
        "id": canada.id.as_str(), "name": { "en": "Canada", "fr": "Canada" }, "jurisdiction": "CA", "types": ["*"],
        "jwks": canada.keys.to_value(), "log": log_of_canada.address().to_value(),
    }] });
    let authorities = Authorities::new(TrustList::parse(list.to_string().as_bytes())?, move || now);
    let about = |superior: &Entity, subject: &Entity, rights: Rights| {
        let (issuer, subject, keys) = (superior.id.clone(), subject.id.clone(), subject.keys.clone());
        let mut statement = SubordinateStatement::new(issuer, subject, keys, from, to);
        statement.rights = Some(rights);
        statement
    };
    let roles = [Role::Authority, Role::Issuer];
    let below =
        Rights::none_in(Jurisdiction::parse("CA-BC")?).acting_as(roles).issuing(["business-licence"])?;
    let mut of_province = about(&canada, &province, below);
    of_province.metadata = Metadata::new().with_log(log_of_province.address());
    let province_vouched = canada.vouch(&mut log_of_canada, vec![of_province])?;

    let cities = (0..=OTHERS).map(|number| Entity::new(&format!("https://city-{number}.example"), number));
    let cities: Vec<Entity> = cities.collect::<Outcome<_>>()?;
    let mut of_cities = Vec::new();
    for (number, city) in cities.iter().enumerate() {
        let rights = Rights::none_in(Jurisdiction::parse("CA-BC-5915022")?)
            .acting_as([Role::Issuer])
            .issuing(["business-licence"])?
            .identified_by(&format!("did:web:city-{number}.example"))?;
        of_cities.push(about(&province, city, rights));
    }
    for (city, vouched) in cities.iter().zip(province.vouch(&mut log_of_province, of_cities)?) {
        let mut own = EntityConfiguration::new(city.id.clone(), city.keys.clone(), from, to);
        own.authority_hints = vec![province.id.clone()];
        own.metadata = Metadata::new().with(OPENID_CREDENTIAL_ISSUER, []);
        let chain = [&[own.sign(&city.key()?)?, vouched][..], &province_vouched].concat();
        authorities.learn_chain(&chain, now)?;
    }
    let city = cities.first().ok_or("a city")?;
    Ok((authorities, city.key()?))
}

#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
fn main() -> Outcome<()> {
    let now: Timestamp = "2026-06-01T12:00:00Z".parse()?;
    let (authorities, key) =
        known_chains(now, ["2026-06-01T00:00:00Z".parse()?, "2026-06-02T00:00:00Z".parse()?])?;

    // The signatures of one decision on one SD-JWT: the issuer's over 1.5 kB, the holder's over the 300 bytes of the KB-JWT. Its
    // status list and the chain come from a cache.
    let (credential, binding) = (vec![b'a'; 1500], vec![b'b'; 300]);
    let mut signatures = BTreeMap::new();
    for (name, algorithm) in [("EdDSA", Algorithm::EdDsa), ("ES256", Algorithm::Es256)] {
        let key = SigningKey::generate(algorithm, &OsEntropy);
        let (over_credential, over_binding) = (key.sign(&credential)?, key.sign(&binding)?);
        let verify = |message: &[u8], signature: &[u8]| {
            assert!(key.verification_key().verify(message, signature).is_ok());
        };
        let both = time(500, || {
            verify(black_box(&credential), &over_credential);
            verify(black_box(&binding), &over_binding);
        });
        println!("{name}: the 2 signature checks of a credential    {both:8.2} µs");
        signatures.insert(name, both);
    }
    let fastest = signatures.values().copied().fold(f64::INFINITY, f64::min);

    let question = time(2000, || {
        assert!(authorities.inquire(black_box(CITY), now).is_none());
        assert!(authorities.may_issue_all(CITY, &[&["business-licence"]]).is_ok());
        assert!(authorities.check_key(CITY, key.verification_key(), None).is_ok());
    });
    let chains = OTHERS + 1;
    let ratio = question / fastest;
    println!(
        "the trust question, of {chains} known chains     {question:8.2} µs  {ratio:6.3} of the signature checks"
    );

    let catalog = Catalog::bundled();
    let compile = time(3, || drop(black_box(Policies::compile(&catalog, &TimeZone::UTC))));
    let policies = Policies::compile(&catalog, &TimeZone::UTC)?;
    let (purpose, evidence, answers) = market(&authorities)?;
    let credentials = answers
        .iter()
        .map(|(query, credential_type, claims)| {
            (*query, Presented { claims, evidence: &evidence, credential_type: Some(credential_type) })
        })
        .collect();
    let facts = PolicyFacts { now, session_bound: true, same_holder: true, credentials };
    let decide = time(300, || {
        let answer = policies.decide(&purpose, black_box(&facts));
        assert!(answer.is_some_and(|answer| answer.outcome == PolicyOutcome::Permitted));
    });
    // Three credentials: six signatures.
    let ratio = decide / (3.0 * fastest);
    println!(
        "the market's policy: 3 credentials, 3 rules   {decide:8.2} µs  {ratio:6.3} of the signature checks"
    );
    let all = 3.0 * question + decide;
    let ratio = all / (3.0 * fastest);
    println!(
        "one decision: 3 questions and the policy      {all:8.2} µs  {ratio:6.3} of the signature checks"
    );
    println!("all policies of the box, read at the start    {:8.2} ms", compile / 1000.0);
    Ok(())
}

/// The market's question, as the verifier puts it: purpose, evidence of each credential, query with type and claims.
type Market = (PurposeId, Map<String, Value>, [(&'static str, &'static str, Value); 3]);

fn market(authorities: &Authorities) -> Outcome<Market> {
    let issuer = authorities.may_issue(CITY, &["business-licence"]).map_err(|reason| reason.name())?;
    let chain = issuer.chain.as_ref().map(portage_trust::ChainEvidence::to_json);
    let evidence = json!({
        "issuer": { "id": issuer.id, "source": issuer.source, "tier": "municipal", "chain": chain },
        "status_age_seconds": 5, "holder_is_subject": "proved", "valid_from": "2026-01-01T00:00:00Z",
    });
    let evidence = evidence.as_object().cloned().ok_or("an object")?;
    let answers = [
        ("person", "person", json!({ "age_over_19": true })),
        (
            "licence",
            "business-licence",
            json!({ "credentialSubject": { "trade_name": "The Example Kitchen" } }),
        ),
        ("card", "operator-card", json!({})),
    ];
    Ok((PurposeId("market-vendor-permit".to_owned()), evidence, answers))
}
