//! Who may redeem a code: T-12.

use portage_issuer::{ClientAuthentication, CreatedOffer};
use portage_jose::{Header, Jwk};
use portage_keys::{Algorithm, Signer, SigningKey};
use portage_oid4vci::{
    AuthorizationServerMetadata, CLIENT_ASSERTION_TYP, ClientAssertion, ClientAssertionJwt, IssuerIdentifier,
    PreAuthorizedCode, RegisteredClient, TokenRequest, TokenResponse,
};
use serde_json::{Map, Value, json};

use crate::{
    program::{init, serve_as_configured},
    wallet::{Answer, PERSON, Wallet, credential, key},
    world::{Settings, World},
};

const CLIENT: &str = "https://wallet.example";

fn client_key() -> SigningKey {
    key(70, Algorithm::Es256)
}

fn registered() -> Vec<RegisteredClient> {
    let other = key(71, Algorithm::EdDsa).verification_key().clone();
    vec![
        RegisteredClient { id: CLIENT.into(), key: client_key().verification_key().clone() },
        RegisteredClient { id: "other".into(), key: other },
    ]
}

async fn world(seed: u64, clients: ClientAuthentication) -> World {
    World::start_with(Settings { seed, clients, ..Settings::default() }).await
}

fn assertion(world: &World, jti: &str) -> ClientAssertionJwt {
    let assertion = ClientAssertion { client_id: CLIENT, server: &world.identifier, jti, now: world.now() };
    assertion.sign(&client_key()).unwrap()
}

/// The right assertion with one claim otherwise.
fn forged(world: &World, name: &str, value: Value, signer: &SigningKey) -> ClientAssertionJwt {
    let now = world.now().as_second();
    let claims = json!({
        "iss": CLIENT, "sub": CLIENT, "aud": world.identifier.as_str(), "jti": "forged", "iat": now, "exp": now + 60,
    });
    let Value::Object(mut claims) = claims else { unreachable!("an object") };
    claims.insert(name.into(), value);
    sign(&claims, signer)
}

fn sign(claims: &Map<String, Value>, signer: &SigningKey) -> ClientAssertionJwt {
    ClientAssertionJwt::new(portage_jose::sign(Header::new(CLIENT_ASSERTION_TYP), claims, signer).unwrap())
}

async fn redeem(
    wallet: &Wallet,
    code: &PreAuthorizedCode,
    client_id: Option<&str>,
    client_assertion: Option<&ClientAssertionJwt>,
) -> Answer {
    let request = TokenRequest {
        client_id: client_id.map(str::to_owned),
        client_assertion: client_assertion.cloned(),
        ..TokenRequest::anonymous(code.clone(), None)
    };
    wallet.post("token", None, "application/x-www-form-urlencoded", request.to_form()).await
}

async fn code_of(wallet: &Wallet, world: &World) -> PreAuthorizedCode {
    let offer: CreatedOffer = world.offer().await;
    wallet.code(&offer).await
}

#[tokio::test]
async fn t12_the_token_endpoint_takes_an_assertion_made_for_this_issuer_and_no_other() {
    let required = || ClientAuthentication::Required(registered());
    let (world, other) = (world(1, required()).await, world(2, required()).await);
    let wallet = Wallet::of(&world);
    let code = code_of(&wallet, &world).await;
    let (right, wrong) = (client_key(), key(72, Algorithm::Es256));
    let issuer = world.identifier.as_str();
    let now = world.now().as_second();

    // What the client made for another server, and that server took, and now somebody brings here.
    let elsewhere = assertion(&other, "elsewhere");
    let wallet_there = Wallet::of(&other);
    let code_there = code_of(&wallet_there, &other).await;
    assert_eq!(redeem(&wallet_there, &code_there, None, Some(&elsewhere)).await.status, 200);

    let forged = |name, value| forged(&world, name, value, &right);
    for (what, client_id, assertion) in [
        ("of another server", None, elsewhere),
        ("aud: the token endpoint", None, forged("aud", json!(world.identifier.endpoint("token")))),
        ("aud: a list of one", None, forged("aud", json!([issuer]))),
        ("aud: this server and another", None, forged("aud", json!([issuer, other.identifier.as_str()]))),
        ("aud: with a slash", None, forged("aud", json!(format!("{issuer}/")))),
        ("iss: another", None, forged("iss", json!("other"))),
        ("sub: another that is registered", None, forged("sub", json!("other"))),
        ("sub: nobody that is registered", None, forged("sub", json!("nobody"))),
        ("over", None, forged("exp", json!(now - 61))),
        ("for a day", None, forged("exp", json!(now + 86_400))),
        ("no jti", None, forged("jti", json!(null))),
        ("another key", None, self::forged(&world, "jti", json!("forged"), &wrong)),
        ("not a JWT", None, ClientAssertionJwt::new("nothing")),
        ("of another client than client_id", Some("other"), assertion(&world, "forged")),
    ] {
        let answer = redeem(&wallet, &code, client_id, Some(&assertion)).await;
        answer.assert_refused(400, "invalid_client", what);
        assert!(!String::from_utf8_lossy(&answer.body).contains("nothing"), "no echo");
    }
    redeem(&wallet, &code, None, None).await.assert_refused(400, "invalid_client", "nobody");
    redeem(&wallet, &code, Some(CLIENT), None).await.assert_refused(400, "invalid_client", "a name alone");

    // None of it burnt the code, and none of it used up the `jti` of the right one.
    let good = assertion(&world, "forged");
    let answer = redeem(&wallet, &code, Some(CLIENT), Some(&good)).await;
    assert_eq!(answer.error().0, 200, "{}", answer.error().1);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let token = TokenResponse::parse(&answer.body).unwrap().access_token;
    credential(&wallet.collect(&world, &token, PERSON, &key(1, Algorithm::Es256)).await);
}

#[tokio::test]
async fn t12_an_assertion_serves_once() {
    let world = world(1, ClientAuthentication::Required(registered())).await;
    let wallet = Wallet::of(&world);
    let (first, second) = (code_of(&wallet, &world).await, code_of(&wallet, &world).await);
    let used = assertion(&world, "one");
    let answer = redeem(&wallet, &first, None, Some(&used)).await;
    let token = TokenResponse::parse(&answer.body).unwrap().access_token;

    redeem(&wallet, &second, None, Some(&used)).await.assert_refused(400, "invalid_client", "another code");
    // The same request again is a replay before it is a code that comes twice: the token stays.
    redeem(&wallet, &first, None, Some(&used)).await.assert_refused(400, "invalid_client", "the same");
    // Up to the end of its time, with the minute by which clocks differ.
    world.advance(120);
    redeem(&wallet, &second, None, Some(&used)).await.assert_refused(400, "invalid_client", "later");
    credential(&wallet.collect(&world, &token, PERSON, &key(1, Algorithm::Es256)).await);

    // Another client may choose the same jti, and one that came with an unknown code is used, too.
    let now = world.now().as_second();
    let claims = json!({
        "iss": "other", "sub": "other", "aud": world.identifier.as_str(), "jti": "one", "exp": now + 60,
    });
    let of_the_other = sign(claims.as_object().unwrap(), &key(71, Algorithm::EdDsa));
    assert_eq!(redeem(&wallet, &second, None, Some(&of_the_other)).await.status, 200);
    let spent = assertion(&world, "two");
    let unknown = PreAuthorizedCode::new("unknown");
    redeem(&wallet, &unknown, None, Some(&spent)).await.assert_refused(400, "invalid_grant", "unknown code");
    let third = code_of(&wallet, &world).await;
    redeem(&wallet, &third, None, Some(&spent)).await.assert_refused(400, "invalid_client", "spent");
    assert_eq!(redeem(&wallet, &third, None, Some(&assertion(&world, "three"))).await.status, 200);
}

#[tokio::test]
async fn t12_whom_an_issuer_serves_is_its_setting_and_stands_in_its_metadata() {
    let algorithms = ["EdDSA", "ES256", "ES384"].as_slice();
    for (clients, methods, algorithms, anonymous, known) in [
        (ClientAuthentication::None, ["none"].as_slice(), [].as_slice(), true, false),
        (
            ClientAuthentication::Optional(registered()),
            ["none", "private_key_jwt"].as_slice(),
            algorithms,
            true,
            true,
        ),
        (
            ClientAuthentication::Required(registered()),
            ["private_key_jwt"].as_slice(),
            algorithms,
            false,
            true,
        ),
    ] {
        let what = format!("{methods:?}");
        let names_known = matches!(clients, ClientAuthentication::Optional(_));
        let world = world(1, clients).await;
        let wallet = Wallet::of(&world);
        let url = world.identifier.well_known(AuthorizationServerMetadata::WELL_KNOWN);
        let server = AuthorizationServerMetadata::parse(&wallet.get(url.as_str()).await.body).unwrap();
        assert_eq!(server.token_endpoint_auth_methods_supported, methods);
        assert_eq!(server.token_endpoint_auth_signing_alg_values_supported, algorithms);
        assert_eq!(server.pre_authorized_grant_anonymous_access_supported, anonymous);

        // By a method that nobody announces; the code stays.
        let code = code_of(&wallet, &world).await;
        let form = TokenRequest::anonymous(code.clone(), None).to_form();
        let answer = wallet.post("token", Some("x"), "application/x-www-form-urlencoded", form.clone()).await;
        answer.assert_refused(401, "invalid_client", &what);
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Basic "), "{what}");
        let secret = format!("{form}&client_id=other&client_secret=x");
        let answer = wallet.post("token", None, "application/x-www-form-urlencoded", secret).await;
        answer.assert_refused(400, "invalid_client", &what);

        if names_known {
            redeem(&wallet, &code, Some(CLIENT), None).await.assert_refused(400, "invalid_client", &what);
        }
        let answer = redeem(&wallet, &code, anonymous.then_some("nobody"), None).await;
        match anonymous {
            true => assert_eq!(answer.status, 200, "{what}"),
            false => answer.assert_refused(400, "invalid_client", &what),
        }
        let code = code_of(&wallet, &world).await;
        let answer = redeem(&wallet, &code, None, Some(&assertion(&world, "a"))).await;
        match known {
            true => assert_eq!(answer.status, 200, "{what}"),
            // An assertion that nobody can verify does not pass for none.
            false => answer.assert_refused(400, "invalid_client", &what),
        }
    }
}

#[tokio::test]
async fn t12_the_program_serves_the_clients_of_its_configuration() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let path = folder.path().join("issuer.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let jwk = Jwk::from_key(client_key().verification_key().clone()).to_value();
    let member = |name: &str| jwk[name].as_str().unwrap().to_owned();
    let clients = format!(
        "authentication = \"required\"\n[[clients.registered]]\nclient_id = \"{CLIENT}\"\n\
         jwk = {{ kty = \"EC\", crv = \"P-256\", x = \"{}\", y = \"{}\" }}\n",
        member("x"),
        member("y"),
    );
    let without = "authentication = \"none\"\n";
    assert!(text.contains(without), "{text}");
    std::fs::write(&path, text.replace(without, &clients)).unwrap();
    let url: toml::Table = toml::from_str(&text).unwrap();
    let issuer = IssuerIdentifier::parse(url["url"].as_str().unwrap()).unwrap();

    let _served = serve_as_configured(folder.path());
    let wallet = Wallet::at(&issuer);
    let code = PreAuthorizedCode::new("unknown");
    redeem(&wallet, &code, None, None).await.assert_refused(400, "invalid_client", "anonymous");
    let now = portage_clock::Clock::system().now();
    let assertion = ClientAssertion { client_id: CLIENT, server: &issuer, jti: "a", now };
    let assertion = assertion.sign(&client_key()).unwrap();
    // The client is known: what is wrong now is the code.
    redeem(&wallet, &code, None, Some(&assertion)).await.assert_refused(400, "invalid_grant", "known");
    redeem(&wallet, &code, None, Some(&assertion)).await.assert_refused(400, "invalid_client", "replayed");
}
