use jiff::ToSpan as _;
use portage_federation::{
    EntityConfiguration, EntityId, FederationKeys, Jurisdiction, MemoryLog, Metadata,
    OPENID_CREDENTIAL_ISSUER, Rights, Role, SubordinateStatement,
};
use portage_keys::{Algorithm, Signer as _, SigningKey};

use super::*;

const BC: &str = "https://bc.example";

fn key(number: u8) -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[number; 32]).unwrap()
}

fn keys(number: u8) -> FederationKeys {
    FederationKeys::of([key(number).verification_key().clone()])
}

fn log() -> MemoryLog {
    MemoryLog::new(&EntityId::parse(BC).unwrap(), key(1)).unwrap()
}

/// What British Columbia says of the City: it may issue these types.
fn chain(world: &World, types: &[&str]) -> String {
    let (bc, city) = (EntityId::parse(BC).unwrap(), EntityId::parse("https://city.example").unwrap());
    let (from, until) = (world.now - 1.hour(), world.now + 24.hours());
    let mut own = EntityConfiguration::new(city.clone(), keys(2), from, until);
    own.authority_hints = vec![bc.clone()];
    own.metadata = Metadata::new().with(OPENID_CREDENTIAL_ISSUER, []);
    let rights = Rights::none_in(Jurisdiction::parse("CA-BC-5915022").unwrap()).acting_as([Role::Issuer]);
    let rights = rights.issuing(types.iter().copied()).unwrap();
    let mut about = SubordinateStatement::new(bc, city, keys(2), from, until);
    about.rights = Some(rights.identified_by(world.city.did.as_str()).unwrap());
    log().publish(&mut about).unwrap();
    json!([own.sign(&key(2)).unwrap(), about.sign(&keys(1), &key(1)).unwrap()]).to_string()
}

fn trust(pinned: u8) -> String {
    let name = json!({ "en": "British Columbia", "fr": "Colombie-Britannique" });
    json!({ "anchors": [{
        "id": BC, "name": name, "jurisdiction": "CA-BC", "types": ["*"], "jwks": keys(pinned).to_value(),
        "log": log().address().to_value(),
    }] })
    .to_string()
}

#[test]
fn v31_an_issuer_is_believed_by_the_chain_that_is_given_and_for_its_types_alone() {
    let world = World::new();
    let scene = Scene::at(world.now);
    let files = files(&scene, &world, Format::VcJwt, "business-licence");
    let check = |trust: &str, chain: Option<&str>| {
        let mut arguments = vec!["--no-status", "--did-document", &files.document, "--trust", trust];
        arguments.extend(chain.iter().flat_map(|chain| ["--trust-chain", chain]));
        arguments.push(&files.credential);
        scene.check(&arguments)
    };
    let pinned = scene.file("trust.json", trust(1));
    let may = scene.file("chain.json", chain(&world, &["business-licence"]));
    let accepted = check(&pinned, Some(&may));
    assert_eq!(accepted.verdict(), "0 accepted");
    let links = &accepted.lines[0]["evidence"]["issuer"]["chain"]["links"];
    assert_eq!(links[1]["id"], BC, "{}", accepted.lines[0]);

    assert_eq!(check(&pinned, None).verdict(), "1 rejected issuer_not_trusted");
    let may_not = scene.file("other.json", chain(&world, &["residency"]));
    assert_eq!(check(&pinned, Some(&may_not)).verdict(), "1 rejected issuer_not_authorized_for_type");

    let another_key = scene.file("copied.json", trust(9));
    let copied = check(&another_key, Some(&may));
    assert_eq!(copied.code, 1);
    assert!(copied.stderr.contains("--trust-chain"), "{}", copied.stderr);
    let nothing = scene.file("nothing", b"{}");
    assert_eq!(check(&pinned, Some(&nothing)).code, 1);
}
