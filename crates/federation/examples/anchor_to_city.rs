//! Canada vouches for a province, the province for a city; whoever pins Canada finds out what the city may issue.
//!
//! Here the statements lie in a map; a program publishes them over HTTP and fetches them.

use std::{cell::RefCell, collections::HashMap, error::Error};

use jiff::Timestamp;
use portage_did::LoopbackOrigins;
use portage_federation::{
    EntityConfiguration, EntityId, FEDERATION_ENTITY, FederationKeys, Jurisdiction, MemoryLog, Metadata,
    OPENID_CREDENTIAL_ISSUER, Resolver, Rights, Role, SubordinateStatement, TrustAnchor, TrustAnchors,
};
use portage_keys::{Algorithm, OsEntropy, Signer, SigningKey};

const LICENCE: &str = "https://types.example/business-licence";
const PERSON: &str = "https://types.example/person";

/// An authority or an issuer, with its key.
struct Entity {
    id: EntityId,
    key: SigningKey,
    keys: FederationKeys,
    log: RefCell<MemoryLog>,
}

impl Entity {
    fn new(id: &str) -> Result<Self, Box<dyn Error>> {
        let key = SigningKey::generate(Algorithm::EdDsa, &OsEntropy);
        let keys = FederationKeys::of([key.verification_key().clone()]);
        let id = EntityId::parse(id)?;
        let log = MemoryLog::new(&id, SigningKey::generate(Algorithm::EdDsa, &OsEntropy))?;
        Ok(Entity { id, key, keys, log: RefCell::new(log) })
    }

    /// What it says of itself.
    fn configuration(
        &self,
        superior: Option<&Entity>,
        metadata: Metadata,
        [from, to]: [Timestamp; 2],
    ) -> Result<String, Box<dyn Error>> {
        let mut own = EntityConfiguration::new(self.id.clone(), self.keys.clone(), from, to);
        own.authority_hints = superior.iter().map(|superior| superior.id.clone()).collect();
        let fetch = format!("{}/fetch", self.id);
        own.metadata = metadata.with(FEDERATION_ENTITY, [("federation_fetch_endpoint", fetch.into())]);
        Ok(own.sign(&self.key)?)
    }

    /// What it says of another, once it stands in its public log.
    fn vouch(
        &self,
        other: &Entity,
        rights: Rights,
        [from, to]: [Timestamp; 2],
    ) -> Result<String, Box<dyn Error>> {
        let (issuer, subject) = (self.id.clone(), other.id.clone());
        let mut statement = SubordinateStatement::new(issuer, subject, other.keys.clone(), from, to);
        if rights.roles.contains(&Role::Authority) {
            statement.metadata = Metadata::new().with_log(other.log.borrow().address());
        }
        statement.rights = Some(rights);
        self.log.borrow_mut().publish(&mut statement).ok_or("the log does not hold that")?;
        Ok(statement.sign(&self.keys, &self.key)?)
    }
}

#[expect(clippy::print_stdout, reason = "an example shows what it found")]
fn main() -> Result<(), Box<dyn Error>> {
    let now: Timestamp = "2026-06-01T00:00:00Z".parse()?;
    let day = [now, "2026-06-02T00:00:00Z".parse()?];
    let [canada, province, city] =
        ["https://canada.example", "https://bc.example", "https://city.example"].map(Entity::new);
    let (canada, province, city) = (canada?, province?, city?);

    let province_rights = Rights::none_in(Jurisdiction::parse("CA-BC")?)
        .acting_as([Role::Authority, Role::Issuer])
        .issuing([LICENCE])?;
    // The province may let nobody issue Person; that it says so changes nothing.
    let city_rights = Rights::none_in(Jurisdiction::parse("CA-BC-5915022")?)
        .acting_as([Role::Issuer])
        .issuing([LICENCE, PERSON])?
        .identified_by("did:web:city.example")?;
    let issuer = Metadata::new().with(OPENID_CREDENTIAL_ISSUER, []);
    let published = HashMap::from([
        (canada.id.configuration_url()?, canada.configuration(None, Metadata::new(), day)?),
        (province.id.configuration_url()?, province.configuration(Some(&canada), Metadata::new(), day)?),
        (city.id.configuration_url()?, city.configuration(Some(&province), issuer, day)?),
        (
            "https://canada.example/fetch?sub=https%3A%2F%2Fbc.example".parse()?,
            canada.vouch(&province, province_rights, day)?,
        ),
        (
            "https://bc.example/fetch?sub=https%3A%2F%2Fcity.example".parse()?,
            province.vouch(&city, city_rights, day)?,
        ),
    ]);

    let anchors: TrustAnchors = [TrustAnchor {
        id: canada.id.clone(),
        keys: canada.keys.clone(),
        name: None,
        rights: Rights::all_in(Jurisdiction::parse("CA")?),
        log: Some(canada.log.borrow().address().clone()),
    }]
    .into_iter()
    .collect();
    let mut resolver = Resolver::begin(city.id.clone(), &anchors, &LoopbackOrigins::default(), now);
    while let wanted = resolver.wanted()
        && !wanted.is_empty()
    {
        let answers = wanted.iter().map(|url| published.get(url).map(|text| text.clone().into_bytes()));
        resolver.supply(answers.collect(), now);
    }
    let resolution = resolver.resolve(now);
    let chain = resolution.chains.first().ok_or("no chain")?;
    for entity in chain.path() {
        println!("{} {}", entity.id, entity.jurisdiction.as_ref().map_or("", Jurisdiction::as_str));
    }
    assert_eq!(chain.may_issue(&[LICENCE], now), Ok(()));
    assert!(chain.may_issue(&[PERSON], now).is_err());
    assert!(chain.goes_by("did:web:city.example"));
    println!("business licence: yes; person: no");
    Ok(())
}
