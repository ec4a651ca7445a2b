use jiff::ToSpan as _;
use portage_federation::{
    CarriedTrustMark, EntityConfiguration, EntityId, FederationKeys, Jurisdiction, MemoryLog, Metadata,
    OPENID_CREDENTIAL_ISSUER, Rights, Role, SubordinateStatement, TrustMark,
};
use portage_keys::{Algorithm, Signer as _, SigningKey};

use super::*;

const BC: &str = "https://bc.example";
const MARK: &str = "https://bc.example/marks/privacy-reviewed";

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
    marked_chain(world, types, None)
}

/// The same, where the City shows a mark signed with the key of this number, and British Columbia says that it may give such marks.
fn marked_chain(world: &World, types: &[&str], mark: Option<u8>) -> String {
    let (bc, city) = (EntityId::parse(BC).unwrap(), EntityId::parse("https://city.example").unwrap());
    let (from, until) = (world.now - 1.hour(), world.now + 24.hours());
    let mut own = EntityConfiguration::new(city.clone(), keys(2), from, until);
    own.authority_hints = vec![bc.clone()];
    own.metadata = Metadata::new().with(OPENID_CREDENTIAL_ISSUER, []);
    own.trust_marks.extend(mark.map(|number| {
        let mark = TrustMark {
            issuer: bc.clone(),
            subject: city.clone(),
            trust_mark_type: MARK.to_owned(),
            issued_at: from,
            expires_at: Some(until),
            delegation: None,
            name: Some(portage_catalog::Text {
                en: "Privacy reviewed".into(),
                fr: "Vie privée examinée".into(),
            }),
        };
        let trust_mark = mark.sign(&keys(number), &key(number)).unwrap();
        CarriedTrustMark { trust_mark_type: MARK.to_owned(), trust_mark }
    }));
    let mut anchor = EntityConfiguration::new(bc.clone(), keys(1), from, until);
    anchor.trust_mark_issuers.insert(MARK.to_owned(), vec![bc.clone()]);
    let rights = Rights::none_in(Jurisdiction::parse("CA-BC-5915022").unwrap()).acting_as([Role::Issuer]);
    let rights = rights.issuing(types.iter().copied()).unwrap();
    let mut about = SubordinateStatement::new(bc, city, keys(2), from, until);
    about.rights = Some(rights.identified_by(world.city.did.as_str()).unwrap());
    log().publish(&mut about).unwrap();
    json!([own.sign(&key(2)).unwrap(), about.sign(&keys(1), &key(1)).unwrap(), anchor.sign(&key(1)).unwrap()])
        .to_string()
}

/// With a regional district between British Columbia and the City; the keys of those who signed.
fn deep_chain(world: &World) -> (Vec<String>, [SigningKey; 3]) {
    let [bc, region, city] =
        [BC, "https://region.example", "https://city.example"].map(|id| EntityId::parse(id).unwrap());
    let (from, until) = (world.now - 1.hour(), world.now + 24.hours());
    let mut of_region = MemoryLog::new(&region, key(3)).unwrap();
    let rights = |roles: &[Role]| {
        let rights =
            Rights::none_in(Jurisdiction::parse("CA-BC-5915").unwrap()).acting_as(roles.iter().copied());
        rights.issuing(["business-licence"]).unwrap()
    };
    let mut own = EntityConfiguration::new(city.clone(), keys(2), from, until);
    own.authority_hints = vec![region.clone()];
    own.metadata = Metadata::new().with(OPENID_CREDENTIAL_ISSUER, []);
    let mut about_city = SubordinateStatement::new(region.clone(), city, keys(2), from, until);
    about_city.rights = Some(rights(&[Role::Issuer]).identified_by(world.city.did.as_str()).unwrap());
    of_region.publish(&mut about_city).unwrap();
    let mut about_region = SubordinateStatement::new(bc, region, keys(3), from, until);
    about_region.metadata = Metadata::new().with_log(of_region.address());
    about_region.rights = Some(rights(&[Role::Issuer, Role::Authority]));
    log().publish(&mut about_region).unwrap();
    let chain = vec![
        own.sign(&key(2)).unwrap(),
        about_city.sign(&keys(3), &key(3)).unwrap(),
        about_region.sign(&keys(1), &key(1)).unwrap(),
    ];
    (chain, [key(2), key(3), key(1)])
}

#[test]
fn t01_t02_t03_t04_t05_t06_a_chain_with_one_fault_is_none_to_the_verifier() {
    let world = World::new();
    let scene = Scene::at(world.now);
    let files = files(&scene, &world, Format::VcJwt, "business-licence");
    let pinned = scene.file("trust.json", trust(1));
    let check = |chain: &[String]| {
        let chain = scene.file("chain.json", json!(chain).to_string());
        let mut arguments = vec!["--no-status", "--did-document", &files.document, "--trust", &pinned];
        arguments.extend(["--trust-chain", &chain, &files.credential]);
        scene.check(&arguments)
    };
    let (chain, [city, region, bc]) = deep_chain(&world);
    assert_eq!(check(&chain).verdict(), "0 accepted");
    for (what, broken) in portage_testkit::faults_of_a_chain(&chain, [&city, &region, &bc]) {
        let refused = check(&broken);
        assert_eq!((refused.code, refused.lines.len()), (1, 0), "{what}: {}", refused.stderr);
        assert!(refused.stderr.contains("--trust-chain"), "{what}: {}", refused.stderr);
    }
    assert_eq!(check(&chain).verdict(), "0 accepted");
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

#[test]
fn t10_a_mark_that_is_required_must_hold_and_one_that_is_not_is_evidence_alone() {
    let world = World::new();
    let scene = Scene::at(world.now);
    let files = files(&scene, &world, Format::VcJwt, "business-licence");
    let pinned = scene.file("trust.json", trust(1));
    let check = |mark: Option<u8>, required: &[&str]| {
        let chain = scene.file("chain.json", marked_chain(&world, &["business-licence"], mark));
        let mut arguments = vec!["--no-status", "--did-document", &files.document, "--trust", &pinned];
        arguments.extend(["--trust-chain", &chain]);
        arguments.extend(required.iter().flat_map(|mark| ["--trust-mark", mark]));
        arguments.push(&files.credential);
        scene.check(&arguments)
    };
    let held = check(Some(1), &[MARK]);
    assert_eq!(held.verdict(), "0 accepted");
    let marks = &held.lines[0]["evidence"]["issuer"]["chain"]["marks"];
    assert_eq!((&marks[0]["holds"], &marks[0]["issuer"]["id"]), (&json!(true), &json!(BC)));

    assert_eq!(
        check(Some(2), &[MARK]).verdict(),
        "1 rejected trust_mark_invalid",
        "signed by the City itself"
    );
    assert_eq!(check(None, &[MARK]).verdict(), "1 rejected trust_mark_invalid", "none shown");
    assert_eq!(
        check(Some(1), &[MARK, "https://bc.example/marks/other"]).verdict(),
        "1 rejected trust_mark_invalid"
    );

    let forged = check(Some(2), &[]);
    assert_eq!(forged.verdict(), "0 accepted", "nobody required it: it gives no right, and takes none");
    let marks = &forged.lines[0]["evidence"]["issuer"]["chain"]["marks"];
    assert_eq!((&marks[0]["holds"], &marks[0]["reason"]), (&json!(false), &json!("trust_mark_invalid")));
}
