//! No claim, code, token, nonce or key in a log, at the most verbose level.

use std::{
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use portage_keys::{Algorithm, Signer};
use portage_oid4vci::{
    CredentialOffer, CredentialOfferUri, IssuerIdentifier, KeyBindingForm, KeyProof, TokenResponse,
    TxCodeValue,
};
use serde_json::Value;

use crate::{
    forget::hits,
    program::{end, init, issuer, lines, run, write_person},
    wallet::{PERSON, Wallet, key, text},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_most_verbose_log_holds_no_secret_and_no_claim() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let mut served = issuer(folder.path(), &["serve"])
        .env("PORTAGE_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(served.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = serde_json::from_str::<Value>(&line).unwrap()["ready"].as_str().unwrap().to_owned();
    let mut stderr = served.stderr.take().unwrap();
    // Read all along, so that the program never waits for us.
    let log = std::thread::spawn(move || {
        let mut log = Vec::new();
        stderr.read_to_end(&mut log).unwrap();
        log
    });
    let identifier = IssuerIdentifier::parse(&url).unwrap();
    let (wallet, holder) = (Wallet::at(&identifier), key(1, Algorithm::Es256));

    let file = write_person(folder.path(), "Canaryfamily");
    let offered = run(folder.path(), &["offer", "--type", "person", "--claims", &file, "--tx-code"]);
    let made = lines(&offered).remove(0);
    let uri = CredentialOfferUri::parse(made["offer"].as_str().unwrap()).unwrap();
    let CredentialOfferUri::ByReference(address) = &uri else { panic!("by reference") };
    let offer = CredentialOffer::parse(&wallet.get(address.as_str()).await.body).unwrap();
    let code = offer.pre_authorized_code().unwrap().pre_authorized_code.clone();
    let tx_code = TxCodeValue::new(made["tx_code"].as_str().unwrap());
    let wrong = TxCodeValue::new("99999x");
    wallet.redeem(&code, Some(&wrong)).await.assert_refused(400, "invalid_grant", "wrong");
    let token = TokenResponse::parse(&wallet.redeem(&code, Some(&tx_code)).await.body).unwrap().access_token;
    let nonce = wallet.nonce().await;
    #[expect(clippy::disallowed_methods, reason = "the program runs on the machine's clock here")]
    let now = jiff::Timestamp::now();
    let sign = |nonce| {
        KeyProof { issuer: &identifier, nonce: Some(nonce), key: KeyBindingForm::Jwk, now }
            .sign(&holder)
            .unwrap()
    };
    let forged = format!("{}x", sign(&nonce));
    wallet.request(token.expose(), PERSON, vec![forged]).await.assert_refused(400, "invalid_proof", "forged");
    let sd_jwt = text(&wallet.request(token.expose(), PERSON, vec![sign(&nonce)]).await);

    let stopped = std::process::Command::new("kill").arg(served.id().to_string()).status().unwrap();
    assert!(stopped.success() && served.wait().unwrap().success(), "a clean stop on SIGTERM");
    let mut log = log.join().unwrap();
    assert!(hits(&log, &[("route", "credential issued".to_owned())]).len() == 1, "there is a log");
    log.extend_from_slice(&offered.stderr);
    assert_eq!(end(&offered).0, 0);
    let jwk = portage_jose::Jwk::from_key(holder.verification_key().clone());
    let secrets = [
        ("claim", "Canaryfamily".to_owned()),
        ("claim", "Canarygiven".to_owned()),
        ("claim", "19870623".to_owned()),
        ("code", code.expose().to_owned()),
        ("token", token.expose().to_owned()),
        ("nonce", nonce.expose().to_owned()),
        ("wrong tx_code", wrong.expose().to_owned()),
        ("offer link", address.path_segments().unwrap().next_back().unwrap().to_owned()),
        ("reference", made["ref"].as_str().unwrap().to_owned()),
        ("holder key", jwk.to_value()["x"].as_str().unwrap().to_owned()),
        ("thumbprint", jwk.thumbprint()),
        ("credential", sd_jwt.split('~').next().unwrap().to_owned()),
        ("disclosure", sd_jwt.split('~').nth(1).unwrap().to_owned()),
    ];
    assert_eq!(hits(&log, &secrets), Vec::<&str>::new());
}
