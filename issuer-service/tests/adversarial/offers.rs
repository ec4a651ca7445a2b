//! Offers and codes: I-01 to I-04, I-17.

use portage_issuer::{OfferData, OfferDelivery, OfferError, Record};
use portage_keys::Algorithm;
use portage_oid4vci::{PreAuthorizedCode, TxCodeValue};
use portage_reason::Reason;
use serde_json::{Value, json};

use crate::{
    wallet::{PERSON, Wallet, credential, key},
    world::{Settings, World, person},
};

#[tokio::test]
async fn i01_a_code_is_redeemed_once() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let code = wallet.code(&world.offer().await).await;
    assert_eq!(wallet.redeem(&code, None).await.status, 200);
    wallet.redeem(&code, None).await.assert_refused(400, "invalid_grant", "the second time");
}

#[tokio::test]
async fn i01_a_code_that_comes_twice_revokes_what_it_gave() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    for is_seen_twice in [false, true] {
        let code = wallet.code(&world.offer().await).await;
        let answer = wallet.redeem(&code, None).await;
        let token = portage_oid4vci::TokenResponse::parse(&answer.body).unwrap().access_token;
        if is_seen_twice {
            wallet.redeem(&code, None).await.assert_refused(400, "invalid_grant", "again");
        }
        let answer = wallet.collect(&world, &token, PERSON, &key(1, Algorithm::Es256)).await;
        assert_eq!(answer.status, if is_seen_twice { 401 } else { 200 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i03_five_tx_codes_are_tested_and_no_more() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let wrong = |right: &TxCodeValue, number: u32| {
        let right: u32 = right.expose().parse().unwrap();
        TxCodeValue::new(format!("{:06}", (right + number) % 1_000_000))
    };

    // Four wrong guesses do not burn the code.
    let offer = world.offer_as("person", None, true).await;
    let (code, right) = (wallet.code(&offer).await, offer.tx_code.clone().unwrap());
    for number in 1..=4 {
        wallet.redeem(&code, Some(&wrong(&right, number))).await.assert_refused(
            400,
            "invalid_grant",
            "wrong",
        );
    }
    assert_eq!(wallet.redeem(&code, Some(&right)).await.status, 200);

    // A hundred at once, the right one in the middle or not: five are tested, and then nothing helps for ever.
    let offer = world.offer_as("person", None, true).await;
    let (code, right) = (wallet.code(&offer).await, offer.tx_code.clone().unwrap());
    let guesses: Vec<_> = (1..=100).map(|number| wrong(&right, number)).collect();
    let answers: Vec<_> = guesses.iter().map(|guess| wallet.redeem(&code, Some(guess))).collect();
    for answer in join_all(answers).await {
        answer.assert_refused(400, "invalid_grant", "wrong");
    }
    wallet.redeem(&code, Some(&right)).await.assert_refused(400, "invalid_grant", "right, and too late");
    let tries: u32 = rusqlite::Connection::open(world.folder.path().join("issuer.sqlite"))
        .unwrap()
        .query_row("SELECT tx_tries FROM issuance WHERE reference = ?1", [offer.reference.as_str()], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(tries, 5);
}

/// All at once.
async fn join_all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut pinned: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = pinned.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut is_pending = false;
        for (future, done) in pinned.iter_mut().zip(&mut done) {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *done = Some(value),
                    std::task::Poll::Pending => is_pending = true,
                }
            }
        }
        if is_pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn i04_a_tx_code_comes_when_it_is_asked_for_and_only_then() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let with = world.offer_as("person", None, true).await;
    let without = world.offer().await;
    assert!(wallet.open(&with).await.pre_authorized_code().unwrap().tx_code.is_some());
    let (code, tx_code) = (wallet.code(&with).await, with.tx_code.clone().unwrap());
    wallet.redeem(&code, None).await.assert_refused(400, "invalid_request", "missing");
    assert_eq!(wallet.redeem(&code, Some(&tx_code)).await.status, 200);

    assert!(wallet.open(&without).await.pre_authorized_code().unwrap().tx_code.is_none());
    let code = wallet.code(&without).await;
    wallet.redeem(&code, Some(&tx_code)).await.assert_refused(400, "invalid_request", "unexpected");
    assert_eq!(wallet.redeem(&code, None).await.status, 200);
}

#[tokio::test]
async fn i04_a_code_lives_600_seconds_and_at_its_own_issuer() {
    let world = World::start().await;
    let other = World::start_with(Settings { seed: 2, ..Settings::default() }).await;
    let wallet = Wallet::of(&world);
    let offer = world.offer().await;
    let code = wallet.code(&offer).await;
    Wallet::of(&other).redeem(&code, None).await.assert_refused(400, "invalid_grant", "of another issuer");
    let invented = PreAuthorizedCode::new("0123456789abcdefghijkl");
    wallet.redeem(&invented, None).await.assert_refused(400, "invalid_grant", "invented");
    world.advance(600);
    wallet.redeem(&code, None).await.assert_refused(400, "invalid_grant", "expired");

    // The offer by reference lives on, and each opening gives a fresh code.
    let (one, two) = (wallet.code(&offer).await, wallet.code(&offer).await);
    assert_ne!(one, two);
    world.advance(599);
    assert_eq!(wallet.redeem(&one, None).await.status, 200);
    wallet.redeem(&two, None).await.assert_refused(
        400,
        "invalid_grant",
        "the first redemption ends the offer",
    );
    let portage_oid4vci::CredentialOfferUri::ByReference(url) = &offer.uri else { panic!("by reference") };
    assert_eq!(wallet.get(url.as_str()).await.status, 410);
    let altered = format!("{}x", url.as_str());
    assert_eq!(wallet.get(&altered).await.status, 404);
}

#[tokio::test]
async fn i04_an_offer_by_reference_lives_as_long_as_it_says() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let offer = world.offer().await;
    world.advance(30 * 86_400 - 1);
    let code = wallet.code(&offer).await;
    world.advance(1);
    wallet.redeem(&code, None).await.assert_refused(400, "invalid_grant", "the offer is over");
}

#[tokio::test]
async fn i04_an_offer_by_value_holds_its_one_code() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let data = || OfferData { delivery: OfferDelivery::ByValue, ..world.data("person", person()) };
    let offer = world.create(data()).await.unwrap();
    let again = world.create(data()).await.unwrap();
    assert_eq!((again.is_new, &again.uri), (false, &offer.uri));
    let code = wallet.code(&offer).await;
    assert_eq!(wallet.redeem(&code, None).await.status, 200);
    wallet.redeem(&code, None).await.assert_refused(400, "invalid_grant", "twice");
}

#[tokio::test]
async fn i04_what_is_no_token_request_is_named_by_its_code() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let code = wallet.code(&world.offer().await).await;
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code";
    for (body, error) in [
        (String::new(), "invalid_request"),
        (grant.to_owned(), "invalid_request"),
        (
            format!("{grant}&pre-authorized_code={0}&pre-authorized_code={0}", code.expose()),
            "invalid_request",
        ),
        (format!("grant_type=password&pre-authorized_code={}", code.expose()), "unsupported_grant_type"),
    ] {
        let answer = wallet.post("token", None, "application/x-www-form-urlencoded", body).await;
        answer.assert_refused(400, error, error);
        assert!(!String::from_utf8_lossy(&answer.body).contains(code.expose()), "no echo");
    }
    assert_eq!(wallet.redeem(&code, None).await.status, 200);
}

#[tokio::test]
async fn i17_claims_outside_the_schema_are_refused_when_offered() {
    let world = World::start().await;
    let refused = |name: &'static str, value: Value| {
        let mut claims = person();
        claims.insert(name.to_owned(), value);
        world.create(world.data("person", claims))
    };
    let accepted = world.create(world.data("person", person())).await.unwrap();
    assert!(accepted.is_new);
    let reserved = ["iss", "exp", "nbf", "cnf", "vct", "status", "_sd", "_sd_alg", "...", "@context", "sub"];
    for (name, value) in reserved.map(|name| (name, json!("x"))).into_iter().chain([
        ("unknown_claim", json!("x")),
        ("family_name", json!(7)),
        ("birthdate_dateint", json!(19_870_631)),
        ("age_over_19", json!(true)),
    ]) {
        match refused(name, value).await {
            Err(error @ OfferError::Claims(_)) => {
                assert!(
                    matches!(error.reason(), Some(Reason::SchemaMismatch | Reason::ValueInvalid)),
                    "{name}"
                );
                assert!(!error.to_string().contains("Canary"), "{name}");
            }
            other => panic!("{name}: {:?}", other.map(|offer| offer.is_new)),
        }
    }
    let stored: u32 = rusqlite::Connection::open(world.folder.path().join("issuer.sqlite"))
        .unwrap()
        .query_row("SELECT count(*) FROM issuance", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stored, 1, "nothing stored of what was refused");
}

#[tokio::test]
async fn the_same_record_again_changes_nothing_and_is_never_issued_twice() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let data = |family_name: &str| {
        let mut claims = person();
        claims.insert("family_name".into(), family_name.into());
        OfferData { record: Record::Key("4528706".into()), tx_code: true, ..world.data("person", claims) }
    };
    let first = world.create(data("One")).await.unwrap();
    world.advance(1);
    let again = world.create(data("One")).await.unwrap();
    assert_eq!((again.is_new, &again.reference, &again.uri), (false, &first.reference, &first.uri));
    assert_eq!(again.tx_code, None, "told once");
    // Not collected and corrected: offered anew under the same reference.
    let corrected = world.create(data("Two")).await.unwrap();
    assert_eq!((corrected.is_new, &corrected.reference), (true, &first.reference));
    assert_ne!(corrected.uri, first.uri);

    let token = wallet.token(&corrected).await;
    credential(&wallet.collect(&world, &token, PERSON, &key(1, Algorithm::Es256)).await);
    assert!(matches!(world.create(data("Three")).await, Err(OfferError::OtherContent)));
    let collected = world.create(data("Two")).await.unwrap();
    assert_eq!((collected.is_new, &collected.uri), (false, &corrected.uri));
    let portage_oid4vci::CredentialOfferUri::ByReference(url) = &collected.uri else {
        panic!("by reference")
    };
    assert_eq!(wallet.get(url.as_str()).await.status, 410);
}
