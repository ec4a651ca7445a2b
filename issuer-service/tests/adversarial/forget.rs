//! What stays and what goes: S-10, D-05, retention, status lists.

use portage_issuer::{ListKind, Reference, Status, StatusChange, StatusError};
use portage_jose::UnverifiedJwt;
use portage_keys::{Algorithm, base64url};
use portage_reason::Reason;
use portage_status_list::{StatusValue, bitstring, token};
use portage_vc::jose::credential_of_claims;
use serde_json::Value;

use crate::{
    formats::processed,
    wallet::{PERSON, Wallet, key, text},
    world::{World, person},
};

/// What the three lists say of an entry, read as anybody would.
async fn listed(world: &World, index: usize) -> [StatusValue; 3] {
    let wallet = Wallet::of(world);
    let fetch = async |kind: ListKind, typ: &str| {
        let url = world.service.issuer.list_address(kind, 1);
        let answer = wallet.get(&url).await;
        assert_eq!(answer.headers["content-type"], kind.media_type());
        assert_eq!(answer.headers["cache-control"], "max-age=1");
        let jwt = String::from_utf8(answer.body).unwrap();
        (url, UnverifiedJwt::parse(&jwt).unwrap().verify(&world.ed25519, &[typ]).unwrap())
    };
    let (uri, list) = fetch(ListKind::Token, token::TYP).await;
    let by_token = token::Entry { uri, index }.value_in(&list).unwrap();
    let bitstrings = [
        (ListKind::Revocation, bitstring::StatusPurpose::Revocation),
        (ListKind::Suspension, bitstring::StatusPurpose::Suspension),
    ];
    let mut values = vec![by_token];
    for (kind, purpose) in bitstrings {
        let (list_url, list) = fetch(kind, "vc+jwt").await;
        let credential = credential_of_claims(list.claims()).unwrap();
        let Value::Object(entry) = bitstring::entry(&list_url, purpose, index) else { panic!("an object") };
        values.push(bitstring::Entry::parse(&entry).unwrap().value_in(credential.document()).unwrap());
    }
    values.try_into().unwrap()
}

#[tokio::test]
async fn s10_revoked_is_for_ever_and_the_lists_say_so() {
    use StatusChange::{Reinstate, Revoke, Suspend};
    use StatusValue::{Revoked, Suspended, Valid};
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let offer = world.offer().await;
    let token = wallet.token(&offer).await;
    let sd_jwt = text(&wallet.collect(&world, &token, PERSON, &key(1, Algorithm::Es256)).await);
    let index = processed(&world, &sd_jwt)["status"]["status_list"]["idx"].as_u64().unwrap() as usize;
    let change = async |change| {
        world.advance(1);
        world.service.issuer.change_status(&offer.reference, change, world.now()).await
    };
    assert_eq!(listed(&world, index).await, [Valid, Valid, Valid]);
    assert_eq!(change(Suspend).await, Ok(Status::Suspended));
    assert_eq!(listed(&world, index).await, [Suspended, Valid, Suspended]);
    assert_eq!(change(Reinstate).await, Ok(Status::Valid));
    assert_eq!(listed(&world, index).await, [Valid, Valid, Valid]);
    assert_eq!(change(Revoke).await, Ok(Status::Revoked));
    assert_eq!(listed(&world, index).await, [Revoked, Revoked, Valid]);
    for back in [Reinstate, Suspend] {
        let error = change(back).await.unwrap_err();
        assert_eq!((&error, error.reason()), (&StatusError::RevokedForEver, Some(Reason::Revoked)));
        assert_eq!(listed(&world, index).await, [Revoked, Revoked, Valid], "no change");
    }
    let nobody = Reference::new("00000000000000000000000000000000");
    assert_eq!(
        world.service.issuer.change_status(&nobody, Revoke, world.now()).await,
        Err(StatusError::Absent)
    );
    // A neighbour is untouched, and a list that is not there is not made up.
    assert_eq!(listed(&world, (index + 1) % 131_072).await, [Valid, Valid, Valid]);
    assert_eq!(wallet.get(&world.service.issuer.list_address(ListKind::Token, 2)).await.status, 404);
    assert_eq!(wallet.get(&format!("{}/status/refresh/1", world.identifier)).await.status, 404);
}

#[tokio::test]
async fn a_list_is_signed_once_and_again_at_half_its_life_and_its_time_never_goes_back() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let token = wallet.token(&world.offer().await).await;
    wallet.collect(&world, &token, PERSON, &key(1, Algorithm::Es256)).await;
    let url = world.service.issuer.list_address(ListKind::Token, 1);
    let first = wallet.get(&url).await.body;
    world.advance(12 * 3600 - 1);
    assert_eq!(wallet.get(&url).await.body, first);
    world.advance(1);
    let second = wallet.get(&url).await.body;
    assert_ne!(second, first);
    world.advance(-3600);
    let offer = world.offer().await;
    let token = wallet.token(&offer).await;
    wallet.collect(&world, &token, PERSON, &key(2, Algorithm::Es256)).await;
    world.service.issuer.change_status(&offer.reference, StatusChange::Revoke, world.now()).await.unwrap();
    let issued_at = |jwt: &[u8]| {
        let jwt = UnverifiedJwt::parse(std::str::from_utf8(jwt).unwrap()).unwrap();
        jwt.unverified_claims()["iat"].as_i64().unwrap()
    };
    let third = wallet.get(&url).await.body;
    assert!(issued_at(&third) >= issued_at(&second));
}

/// Everything that stands in the folder of the store, the log too.
fn everything(world: &World) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    bytes
}

/// Which of the secrets stand there: raw, base64url, base64 without padding, hex, percent-encoded.
pub(crate) fn hits<'a>(bytes: &[u8], secrets: &[(&'a str, String)]) -> Vec<&'a str> {
    let is_in = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    let forms = |text: &str| {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let percent: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let base64url = base64url::encode(text.as_bytes());
        let base64 = base64url.replace('-', "+").replace('_', "/");
        [text.to_owned(), base64url, base64, hex, percent]
    };
    secrets
        .iter()
        .filter(|(_, text)| forms(text).iter().any(|form| is_in(form)))
        .map(|(name, _)| *name)
        .collect()
}

#[tokio::test]
async fn d05_the_store_holds_no_secret_and_after_delivery_no_claim() {
    let world = World::start().await;
    let (wallet, holder) = (Wallet::of(&world), key(1, Algorithm::Es256));
    let offer = world
        .create(portage_issuer::OfferData { tx_code: true, ..world.data("person", person()) })
        .await
        .unwrap();
    let code = wallet.code(&offer).await;
    let answer = wallet.redeem(&code, offer.tx_code.as_ref()).await;
    let token = portage_oid4vci::TokenResponse::parse(&answer.body).unwrap().access_token;
    let nonce = wallet.nonce().await;
    let proof = wallet.proof(&world, &holder, portage_oid4vci::KeyBindingForm::Jwk, &nonce);
    let sd_jwt = text(&wallet.request(token.expose(), PERSON, vec![proof.clone()]).await);
    let portage_oid4vci::CredentialOfferUri::ByReference(url) = &offer.uri else { panic!("by reference") };
    let jwk = portage_jose::Jwk::from_key(portage_keys::Signer::verification_key(&holder).clone());
    let disclosure = sd_jwt.split('~').nth(1).unwrap().to_owned();

    let never: Vec<(&str, String)> = vec![
        ("code", code.expose().into()),
        ("token", token.expose().into()),
        ("nonce", nonce.expose().into()),
        ("offer link", url.path_segments().unwrap().next_back().unwrap().into()),
        ("key proof", proof.rsplit('.').next().unwrap().into()),
        ("credential", sd_jwt.split('~').next().unwrap().into()),
        ("signature", sd_jwt.split('~').next().unwrap().rsplit('.').next().unwrap().into()),
        ("disclosure", disclosure),
        ("holder key", jwk.to_value()["x"].as_str().unwrap().into()),
        ("holder thumbprint", jwk.thumbprint()),
    ];
    let claims: Vec<(&str, String)> = ["Canarygiven", "Canaryfamily", "19870623", "77 Canary Street"]
        .map(|value| ("claim", value.to_owned()))
        .into();

    // While a lost answer may be asked for again, the claims must be there, and nothing else.
    assert_eq!(hits(&everything(&world), &never), Vec::<&str>::new());
    assert_eq!(hits(&everything(&world), &claims).len(), claims.len());
    assert_eq!(world.service.issuer.forget(world.now()).await.unwrap().delivered, 0);

    world.advance(300);
    assert_eq!(world.service.issuer.forget(world.now()).await.unwrap().delivered, 1);
    let left = everything(&world);
    assert_eq!(hits(&left, &never), Vec::<&str>::new());
    assert_eq!(hits(&left, &claims), Vec::<&str>::new(), "overwritten, in the log too");
    wallet.collect(&world, &token, PERSON, &holder).await.assert_refused(401, "invalid_token", "over");

    // What stays: reference, type, format, status entry, status, day.
    let store = rusqlite::Connection::open(world.folder.path().join("issuer.sqlite")).unwrap();
    let row: (String, String, u32, String, String, Option<Vec<u8>>, Option<String>) = store
        .query_row(
            "SELECT reference, credential_type, list, day, status, holder, claims FROM issuance",
            [],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                ))
            },
        )
        .unwrap();
    let reference = offer.reference.as_str().to_owned();
    assert_eq!(row, (reference, "person".into(), 1, "2025-10-01".into(), "valid".into(), None, None));
    let moment: i64 = store.query_row("SELECT over_at FROM issuance", [], |row| row.get(0)).unwrap();
    assert_eq!(moment, 0, "the day of delivery is kept, the moment is not");
    let revoked =
        world.service.issuer.change_status(&offer.reference, StatusChange::Revoke, world.now()).await;
    assert_eq!(revoked, Ok(Status::Revoked), "and its status can still be changed");
}

#[tokio::test]
async fn an_offer_that_nobody_collects_is_forgotten_a_day_after_its_end() {
    let world = World::start().await;
    world.create(world.data("person", person())).await.unwrap();
    let claims = [("claim", "Canaryfamily".to_owned())];
    world.advance(31 * 86_400 - 1);
    assert_eq!(world.service.issuer.forget(world.now()).await.unwrap().undelivered, 0);
    assert_eq!(hits(&everything(&world), &claims).len(), 1);
    world.advance(1);
    assert_eq!(world.service.issuer.forget(world.now()).await.unwrap().undelivered, 1);
    assert_eq!(hits(&everything(&world), &claims).len(), 0);
}

/// Strings that mean something to a database, a shell, a template, a terminal or C.
#[tokio::test]
async fn d07_hostile_text_is_stored_and_issued_literally() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let hostile = [
        "Robert'); DROP TABLE issuance;--",
        "$(reboot) `reboot` ; reboot",
        "{{7*7}} ${7*7} <%= 7 %>",
        "../../etc/passwd",
        "a\u{0}b",
        "\u{202e}txet\u{feff} <script>alert(1)</script>",
        "~a~b.c",
    ];
    for (number, text_given) in hostile.into_iter().enumerate() {
        let mut claims = person();
        claims.insert("family_name".into(), text_given.into());
        let offer = match world.create(world.data("person", claims)).await {
            Ok(offer) => offer,
            Err(error) => {
                assert!(error.reason().is_some(), "refused with a reason, not with a failure: {error}");
                continue;
            }
        };
        let token = wallet.token(&offer).await;
        let sd_jwt =
            text(&wallet.collect(&world, &token, PERSON, &key(number as u64, Algorithm::Es256)).await);
        assert_eq!(processed(&world, &sd_jwt)["family_name"], text_given);
    }
    for path in
        ["offers/%27%20OR%201=1--", "offers/%00", "offers/..%2f..%2fissuer.sqlite", "status/token/1%27"]
    {
        assert_eq!(wallet.get(&format!("{}/{path}", world.identifier)).await.status, 404, "{path}");
    }
}
