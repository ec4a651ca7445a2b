//! Two processes of the shipped program on one store: I-02, I-19.

use std::{collections::BTreeSet, sync::Arc};

use portage_clock::Clock;
use portage_jose::UnverifiedJwt;
use portage_keys::Algorithm;
use portage_oid4vci::{
    CredentialOffer, CredentialOfferUri, IssuerIdentifier, KeyBindingForm, KeyProof, TokenResponse,
};
use serde_json::Value;

use crate::{
    program::{init, lines, run, serve, write_person},
    wallet::{PERSON, Wallet, key, text},
    world::person,
};

#[tokio::test(flavor = "multi_thread")]
async fn i02_of_fifty_redemptions_at_two_processes_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let replicas = [serve(folder.path()), serve(folder.path())];
    let wallets: Vec<_> = replicas
        .iter()
        .map(|served| {
            Wallet::at(&IssuerIdentifier::parse(&format!("http://localhost:{}", served.1)).unwrap())
        })
        .map(Arc::new)
        .collect();
    for round in 0..3 {
        let file = write_person(folder.path(), &format!("Round{round}"));
        let made = lines(&run(folder.path(), &["offer", "--type", "person", "--claims", &file]));
        let CredentialOfferUri::ByReference(mut url) =
            CredentialOfferUri::parse(made[0]["offer"].as_str().unwrap()).unwrap()
        else {
            panic!("by reference")
        };
        url.set_port(Some(replicas[round % 2].1)).unwrap();
        let answer = wallets[0].get(url.as_str()).await;
        let offer = CredentialOffer::parse(&answer.body).unwrap();
        let code = offer.pre_authorized_code().unwrap().pre_authorized_code.clone();
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let (wallet, code) = (wallets[number % 2].clone(), code.clone());
                tokio::spawn(async move { wallet.redeem(&code, None).await })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            let answer = task.await.unwrap();
            if answer.status == 200 {
                won += 1;
            } else {
                answer.assert_refused(400, "invalid_grant", "lost");
            }
        }
        assert_eq!(won, 1, "round {round}");
    }
}

/// As many as take some seconds: the row says 10,000, and the store's own test races for one place.
#[tokio::test(flavor = "multi_thread")]
async fn i19_what_two_processes_issue_at_once_has_places_of_its_own_and_no_sequence() {
    const CREDENTIALS: usize = 100;
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let records: Vec<Value> = (0..CREDENTIALS)
        .map(|number| {
            let mut claims = person();
            claims.insert("family_name".into(), format!("Family{number}").into());
            claims.into()
        })
        .collect();
    let file = folder.path().join("claims.json");
    std::fs::write(&file, Value::from(records).to_string()).unwrap();
    let made = run(folder.path(), &["offer", "--type", "person", "--claims", file.to_str().unwrap()]);
    let links: Vec<_> = lines(&made)
        .iter()
        .filter_map(|line| match CredentialOfferUri::parse(line["offer"].as_str()?).unwrap() {
            CredentialOfferUri::ByReference(url) => Some(url),
            CredentialOfferUri::ByValue(_) => None,
        })
        .collect();
    assert_eq!(links.len(), CREDENTIALS);

    let replicas = [serve(folder.path()), serve(folder.path())];
    let tasks: Vec<_> = links
        .into_iter()
        .enumerate()
        .map(|(number, mut url)| {
            let issuer = IssuerIdentifier::parse(&url.origin().ascii_serialization()).unwrap();
            let port = replicas[number % 2].1;
            url.set_port(Some(port)).unwrap();
            let wallet = Wallet::at(&IssuerIdentifier::parse(&format!("http://localhost:{port}")).unwrap());
            tokio::spawn(async move {
                let offer = CredentialOffer::parse(&wallet.get(url.as_str()).await.body).unwrap();
                let code = offer.pre_authorized_code().unwrap().pre_authorized_code.clone();
                let token =
                    TokenResponse::parse(&wallet.redeem(&code, None).await.body).unwrap().access_token;
                let nonce = wallet.nonce().await;
                let now = Clock::system().now();
                let proof = KeyProof { issuer: &issuer, nonce: Some(&nonce), key: KeyBindingForm::Jwk, now };
                let proof = proof.sign(&key(number as u64, Algorithm::Es256)).unwrap();
                let sd_jwt = text(&wallet.request(token.expose(), PERSON, vec![proof]).await);
                let jwt = UnverifiedJwt::parse(sd_jwt.split('~').next().unwrap()).unwrap();
                let place = &jwt.unverified_claims()["status"]["status_list"];
                (place["uri"].as_str().unwrap().to_owned(), place["idx"].as_i64().unwrap())
            })
        })
        .collect();
    let mut places = Vec::new();
    for task in tasks {
        places.push(task.await.unwrap());
    }
    let distinct: BTreeSet<_> = places.iter().collect();
    assert_eq!(distinct.len(), CREDENTIALS, "a place twice");
    let steps: BTreeSet<i64> = places.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
    assert!(steps.len() > CREDENTIALS * 9 / 10, "{} different steps", steps.len());
    assert!(steps.iter().filter(|step| **step > 0).count() < CREDENTIALS * 3 / 4, "in ascending order");
}
