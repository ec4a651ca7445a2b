//! The issuer killed between any two steps: nothing acknowledged is lost, nothing is issued twice.

use portage_keys::Algorithm;
use portage_oid4vci::{
    CredentialOffer, CredentialOfferUri, IssuerIdentifier, KeyBindingForm, KeyProof, TokenResponse,
};

use crate::{
    program::{Served, init, lines, run, serve_as_configured, write_person},
    wallet::{PERSON, Wallet, key, text},
};

/// Kills the process (SIGKILL) and starts another on the same folder.
fn restart(served: &mut Option<Served>, folder: &std::path::Path) {
    drop(served.take());
    *served = Some(serve_as_configured(folder));
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_killed_between_any_two_steps_the_issuer_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    init(folder);
    let file = write_person(folder, "Canary");
    let made = lines(&run(folder, &["offer", "--type", "person", "--claims", &file])).remove(0);
    let CredentialOfferUri::ByReference(address) =
        CredentialOfferUri::parse(made["offer"].as_str().unwrap()).unwrap()
    else {
        panic!("by reference")
    };
    let identifier = IssuerIdentifier::parse(&address.origin().ascii_serialization()).unwrap();
    let holder = key(1, Algorithm::Es256);
    let mut served = Some(serve_as_configured(folder));
    // A client of its own for each step: connections to a killed process are gone.
    let wallet = || Wallet::at(&identifier);

    let offer = CredentialOffer::parse(&wallet().get(address.as_str()).await.body).unwrap();
    let code = offer.pre_authorized_code().unwrap().pre_authorized_code.clone();
    restart(&mut served, folder);
    let token = TokenResponse::parse(&wallet().redeem(&code, None).await.body).unwrap().access_token;
    restart(&mut served, folder);
    let nonce = wallet().nonce().await;
    restart(&mut served, folder);
    let sign = |nonce| {
        #[expect(clippy::disallowed_methods, reason = "the program runs on the machine's clock here")]
        let now = jiff::Timestamp::now();
        KeyProof { issuer: &identifier, nonce: Some(nonce), key: KeyBindingForm::Jwk, now }
            .sign(&holder)
            .unwrap()
    };
    let first = text(&wallet().request(token.expose(), PERSON, vec![sign(&nonce)]).await);
    restart(&mut served, folder);
    wallet().request(token.expose(), PERSON, vec![sign(&nonce)]).await.assert_refused(
        400,
        "invalid_nonce",
        "used",
    );
    let nonce = wallet().nonce().await;
    let again = text(&wallet().request(token.expose(), PERSON, vec![sign(&nonce)]).await);
    let status = |sd_jwt: &str| {
        let jwt = sd_jwt.split('~').next().unwrap();
        portage_jose::UnverifiedJwt::parse(jwt).unwrap().unverified_claims()["status"].clone()
    };
    assert_eq!(status(&first), status(&again), "one place");
    restart(&mut served, folder);
    // The revocation is durable when it is acknowledged, and the next process publishes it.
    let list = status(&first)["status_list"]["uri"].as_str().unwrap().to_owned();
    let before = wallet().get(&list).await.body;
    assert_eq!(
        lines(&run(folder, &["status", made["ref"].as_str().unwrap(), "revoke"]))[0]["status"],
        "revoked"
    );
    restart(&mut served, folder);
    assert_ne!(wallet().get(&list).await.body, before);
    wallet().redeem(&code, None).await.assert_refused(400, "invalid_grant", "still used");
}
