//! The four formats, issued and verified; the metadata that announces them.

use portage_catalog::{Contexts, Format};
use portage_data_integrity::{Cryptosuite, UnverifiedProof};
use portage_did::did_key;
use portage_jose::{Jwk, UnverifiedJwt};
use portage_keys::{Algorithm, Signer, VerificationKey};
use portage_oid4vci::{AuthorizationServerMetadata, CredentialIssuerMetadata, IssuedCredential};
use portage_sd_jwt::UnverifiedSdJwt;
use portage_vc::{Credential, jose::credential_of_claims};
use serde_json::{Map, Value, json};

use crate::{
    wallet::{PERSON, Wallet, credential, key, text},
    world::{START, Settings, World},
};

/// The processed payload of a `dc+sd-jwt` that verifies with the issuer's key.
pub(crate) fn processed(world: &World, sd_jwt: &str) -> Map<String, Value> {
    verified(sd_jwt, &world.ed25519, "dc+sd-jwt").claims().clone()
}

fn verified(sd_jwt: &str, key: &VerificationKey, typ: &str) -> portage_sd_jwt::VerifiedSdJwt {
    UnverifiedSdJwt::parse(sd_jwt).unwrap().verify(key, &[typ]).unwrap()
}

async fn issued(world: &World, id: &str, format: Format, algorithm: Algorithm) -> IssuedCredential {
    let wallet = Wallet::of(world);
    let token = wallet.token(&world.offer_as(id, Some(format), false).await).await;
    let configuration = format!("{id}_{}", format.name());
    credential(&wallet.collect(world, &token, &configuration, &key(1, algorithm)).await)
}

#[tokio::test]
async fn a_person_as_dc_sd_jwt() {
    let world = World::start().await;
    let IssuedCredential::Text(sd_jwt) = issued(&world, "person", Format::DcSdJwt, Algorithm::Es256).await
    else {
        panic!("text")
    };
    let sd_jwt = verified(&sd_jwt, &world.ed25519, "dc+sd-jwt");
    let (signed, shown) = (sd_jwt.issuer_payload(), sd_jwt.claims());
    let did = world.service.issuer.profile().did.as_str();
    assert_eq!(sd_jwt.header().kid(), Some(format!("{did}#key-1").as_str()));
    assert_eq!(signed["iss"], did);
    assert_eq!(signed["vct"], "https://portage-identity.example/credentials/person");
    assert_eq!(shown["age_over_19"], json!(true), "derived");
    let holder = key(1, Algorithm::Es256);
    assert_eq!(signed["cnf"]["jwk"], Jwk::from_key(holder.verification_key().clone()).to_value());
    assert!(signed["status"]["status_list"]["uri"].as_str().unwrap().ends_with("/status/token/1"));
    assert!(signed.get("sub").is_none());
    for day in ["iat", "nbf"] {
        let seconds = signed[day].as_i64().unwrap();
        assert_eq!(seconds, START - 9 * 3600, "{day}: midnight in British Columbia");
    }
    // Each claim can be withheld, and the number of digests tells nothing.
    let catalog = world.service.issuer.catalog();
    let person = catalog.credential_type("person").unwrap();
    for claim in &person.claims {
        assert!(signed.get(&claim.name).is_none(), "{}", claim.name);
    }
    assert_eq!(signed["_sd"].as_array().unwrap().len(), person.claims.len());
    portage_sd_jwt::vc::check(&sd_jwt).unwrap();
}

#[tokio::test]
async fn a_licence_as_vc_sd_jwt() {
    let world = World::start().await;
    let IssuedCredential::Text(sd_jwt) =
        issued(&world, "business-licence", Format::VcSdJwt, Algorithm::Es256).await
    else {
        panic!("text")
    };
    let sd_jwt = verified(&sd_jwt, &world.ed25519, "vc+sd-jwt");
    let subject = &sd_jwt.issuer_payload()["credentialSubject"];
    assert!(subject.get("trade_name").is_none() && subject.get("_sd").is_some());
    let credential = credential_of_claims(sd_jwt.claims()).unwrap();
    assert_eq!(credential.types(), ["BusinessLicenceCredential"]);
    assert_eq!(credential.subject_id(), None);
    assert!(sd_jwt.issuer_payload()["cnf"]["jwk"].is_object());
    assert_statuses(&credential);
}

#[tokio::test]
async fn sd_jwts_signed_with_each_key_for_a_holder_of_its_kind() {
    for algorithm in Algorithm::ALL {
        let world = World::start_with(Settings { algorithm, ..Settings::default() }).await;
        for (id, format) in [("person", Format::DcSdJwt), ("business-licence", Format::VcSdJwt)] {
            let IssuedCredential::Text(sd_jwt) = issued(&world, id, format, algorithm).await else {
                panic!("text")
            };
            let sd_jwt = verified(&sd_jwt, world.public(algorithm), format.name());
            assert_eq!(sd_jwt.header().alg(), Some(algorithm.jose_name()));
            let holder = Jwk::from_key(key(1, algorithm).verification_key().clone()).to_value();
            assert_eq!(sd_jwt.issuer_payload()["cnf"]["jwk"], holder);
        }
    }
}

#[tokio::test]
async fn a_licence_as_vc_jwt_signed_with_each_key_for_a_holder_of_its_kind() {
    for algorithm in Algorithm::ALL {
        let world = World::start_with(Settings { algorithm, ..Settings::default() }).await;
        let IssuedCredential::Text(jwt) = issued(&world, "business-licence", Format::VcJwt, algorithm).await
        else {
            panic!("text")
        };
        let jwt = UnverifiedJwt::parse(&jwt).unwrap();
        assert_eq!(jwt.header().alg(), Some(algorithm.jose_name()));
        let jwt = jwt.verify(world.public(algorithm), &["vc+jwt"]).unwrap();
        let credential = credential_of_claims(jwt.claims()).unwrap();
        let holder = did_key(key(1, algorithm).verification_key()).0;
        assert_eq!(credential.subject_id(), Some(holder.as_str()));
        assert!(jwt.claims()["cnf"]["jwk"].is_object());
        assert_statuses(&credential);
    }
}

#[tokio::test]
async fn a_card_as_ldp_vc_with_each_cryptosuite_and_key() {
    for (cryptosuite, cryptosuite_key) in [
        (Cryptosuite::EddsaRdfc2022, Algorithm::EdDsa),
        (Cryptosuite::EddsaJcs2022, Algorithm::EdDsa),
        (Cryptosuite::EcdsaRdfc2019, Algorithm::Es256),
        (Cryptosuite::EcdsaJcs2019, Algorithm::Es256),
        (Cryptosuite::EcdsaRdfc2019, Algorithm::Es384),
        (Cryptosuite::EcdsaJcs2019, Algorithm::Es384),
    ] {
        let world = World::start_with(Settings { cryptosuite, cryptosuite_key, ..Settings::default() }).await;
        let IssuedCredential::Document(document) =
            issued(&world, "operator-card", Format::LdpVc, cryptosuite_key).await
        else {
            panic!("a document")
        };
        let proof = UnverifiedProof::read_all(&document).unwrap().remove(0);
        assert_eq!((proof.cryptosuite, proof.proof_purpose.as_str()), (cryptosuite, "assertionMethod"));
        proof.verify(&document, world.public(cryptosuite_key), &Contexts::bundled()).unwrap();
        let announced = world.service.issuer.metadata().to_value();
        let announced = &announced["credential_configurations_supported"]["operator-card_ldp_vc"];
        assert_eq!(announced["credential_signing_alg_values_supported"], json!([cryptosuite.name()]));
        assert_eq!(
            announced["proof_types_supported"]["jwt"]["proof_signing_alg_values_supported"],
            json!(["EdDSA", "ES256", "ES384"])
        );
        let credential = Credential::parse(document).unwrap();
        let holder = did_key(key(1, cryptosuite_key).verification_key()).0;
        assert_eq!(credential.subject_id(), Some(holder.as_str()));
        assert_statuses(&credential);
    }
}

#[tokio::test]
async fn every_type_of_the_box_is_issued_in_every_format_it_names() {
    let world = World::start().await;
    let types: Vec<_> =
        world.service.issuer.catalog().types().map(|t| (t.id.clone(), t.formats.clone())).collect();
    for (id, formats) in types {
        for format in formats {
            issued(&world, &id, format, Algorithm::EdDsa).await;
        }
    }
}

/// Revocation and suspension at the same index.
fn assert_statuses(credential: &Credential) {
    let statuses = credential.statuses();
    let purposes: Vec<_> =
        statuses.iter().map(|status| status.object["statusPurpose"].as_str().unwrap()).collect();
    assert_eq!(purposes, ["revocation", "suspension"]);
    assert_eq!(statuses[0].object["statusListIndex"], statuses[1].object["statusListIndex"]);
}

#[tokio::test]
async fn indices_are_no_sequence_and_salts_no_repetition() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let (mut indices, mut disclosures) = (Vec::new(), std::collections::BTreeSet::new());
    for number in 0..8 {
        let token = wallet.token(&world.offer().await).await;
        let sd_jwt = text(&wallet.collect(&world, &token, PERSON, &key(number, Algorithm::Es256)).await);
        let count = sd_jwt.matches('~').count() - 1;
        let before = disclosures.len();
        disclosures.extend(sd_jwt.split('~').skip(1).filter(|part| !part.is_empty()).map(str::to_owned));
        assert_eq!(disclosures.len(), before + count);
        indices.push(processed(&world, &sd_jwt)["status"]["status_list"]["idx"].as_i64().unwrap());
    }
    let steps: Vec<_> = indices.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.windows(2).all(|pair| pair[0] != pair[1]), "{indices:?}");
}

#[tokio::test]
async fn the_metadata_is_what_the_specification_asks_for() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let url = world.identifier.well_known(CredentialIssuerMetadata::WELL_KNOWN);
    let answer = wallet.get(url.as_str()).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    let metadata = CredentialIssuerMetadata::parse(&answer.body).unwrap();
    assert_eq!(metadata.credential_issuer, world.identifier);
    assert_eq!(metadata.authorization_server(None).unwrap(), &world.identifier);
    let person = &metadata.credential_configurations_supported[PERSON];
    assert_eq!(person.jwt_proof_algorithms(), ["ES256", "EdDSA", "ES384"]);
    let claims = &person.credential_metadata.as_ref().unwrap().claims;
    assert!(
        claims
            .iter()
            .any(|claim| claim.display.iter().any(|display| display.locale.as_deref() == Some("fr-CA")))
    );
    assert!(
        metadata.credential_configurations_supported["operator-card_ldp_vc"].credential_definition.is_some()
    );

    let url = world.identifier.well_known(AuthorizationServerMetadata::WELL_KNOWN);
    let server = AuthorizationServerMetadata::parse(&wallet.get(url.as_str()).await.body).unwrap();
    assert_eq!(server.issuer, world.identifier);
    assert!(server.pre_authorized_grant_anonymous_access_supported);
}

#[tokio::test]
async fn what_the_issuer_publishes_fits_the_conformance_suites_schemas() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/vectors/openid-conformance-suite/json-schemas");
    if !folder.exists() {
        eprintln!("left out: {} is not there", folder.display());
        return;
    }
    let world = World::start_with(Settings { notification: true, ..Settings::default() }).await;
    let wallet = Wallet::of(&world);
    let offer = wallet.open(&world.offer_as("person", None, true).await).await;
    let url = |name| world.identifier.well_known(name).to_string();
    let get = async |url: String| serde_json::from_slice::<Value>(&wallet.get(&url).await.body).unwrap();
    let mut metadata = get(url(CredentialIssuerMetadata::WELL_KNOWN)).await;
    // Of ours the suite's schema knows the members of one format.
    let configurations = metadata["credential_configurations_supported"].as_object_mut().unwrap();
    configurations.retain(|_, configuration| configuration["format"] == "dc+sd-jwt");
    assert!(!configurations.is_empty());
    let published = [
        ("oid4vci/credential_issuer_metadata-1_0.json", metadata),
        (
            "rfc8414/oauth_authorization_server_metadata.json",
            get(url(AuthorizationServerMetadata::WELL_KNOWN)).await,
        ),
        ("oid4vci/credential_offer-1_0.json", offer.to_value()),
    ];
    for (name, document) in published {
        let schema: Value = serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        let validator =
            jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}
