//! Two processes of the shipped program on one store: I-02.

use std::sync::Arc;

use portage_oid4vci::{CredentialOffer, CredentialOfferUri, IssuerIdentifier};

use crate::{
    program::{init, lines, run, serve, write_person},
    wallet::Wallet,
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
