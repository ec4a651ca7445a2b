//! What a relying party can rely on, over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use portage_catalog::{Catalog, Format, PurposeId};
use portage_jose::Header;
use portage_oid4vp::{AuthorizationResponse, Presentation, ResolvedRequest, VpToken};
use portage_reason::Reason;
use portage_storage::verifier::MemorySessions;
use portage_testkit::{
    RunningVerifier, SteppedClock, VerifierSetup,
    world::{MemorySources, World},
};
use portage_verifier::{Claim, Session, ports::SessionStore};
use serde_json::{Value, json};

const AGE: &str = "age-restricted-sale";
const MARKET: &str = "market-vendor-permit";
const DAY: i64 = 24 * 3600;

struct Scene {
    world: World,
    clock: SteppedClock,
    verifier: RunningVerifier<MemorySessions, MemorySources>,
}

impl Scene {
    async fn new() -> Self {
        Self::with(Catalog::bundled()).await
    }

    async fn with(catalog: Catalog) -> Self {
        let mut world = World::new();
        let clock = SteppedClock::at(world.now);
        let verifier = RunningVerifier::start(VerifierSetup::of(&mut world, &clock, catalog)).await;
        Scene { world, clock, verifier }
    }

    /// A `dc+sd-jwt` of the type, with this claim shown.
    fn show(&self, kind: &str, claim: &str, request: &ResolvedRequest) -> Presentation {
        let issuer = &self.world.issuer_of(kind).key;
        let selected = self.world.select(&self.world.issue(kind, Format::DcSdJwt), issuer, &[claim]);
        let mut binding = self.world.key_binding_claims(&selected);
        binding.insert("aud".into(), request.client_id().as_str().into());
        binding.insert("nonce".into(), request.nonce().as_str().into());
        binding.insert("iat".into(), self.clock.now().as_second().into());
        let header = Header::new("kb+jwt");
        Presentation::Text(self.world.bind_with(&selected, header, &binding, &self.world.holder_p256))
    }

    /// Asks for [`AGE`] and answers soundly: the transaction.
    async fn answered(&self) -> String {
        let (transaction, uri) = self.verifier.ask(AGE, false).await;
        let request = self.verifier.open(&uri).await;
        let vp_token = VpToken::default().with("person", vec![self.show("person", "age_over_19", &request)]);
        assert_eq!(self.verifier.post(form(&request, vp_token)).await.status, 200);
        transaction
    }

    async fn sweep(&self) {
        self.verifier.service.verifier.sweep(self.clock.now()).await.unwrap();
    }
}

fn form(request: &ResolvedRequest, vp_token: VpToken) -> String {
    let state = request.state().map(|state| state.as_str().to_owned());
    AuthorizationResponse::Success { vp_token, state }.to_form()
}

#[tokio::test]
async fn a_request_may_be_fetched_twice_and_says_the_same() {
    let scene = Scene::new().await;
    let (_, uri) = scene.verifier.ask(MARKET, false).await;
    let (first, second) = (scene.verifier.open(&uri).await, scene.verifier.open(&uri).await);
    assert_eq!(first.nonce(), second.nonce());
    assert_eq!(first.state(), second.state());
    assert_eq!(first.response_uri(), second.response_uri());
    let purpose = first.purpose().unwrap();
    assert_eq!(purpose.id, PurposeId(MARKET.into()));
    assert_eq!(first.query().credentials.len(), 3);
}

#[tokio::test]
async fn a_request_object_is_gone_once_it_was_answered_or_is_over_or_never_was() {
    let scene = Scene::new().await;
    let object = async |uri: &str| {
        let request = portage_oid4vp::AuthorizationRequest::parse(uri).unwrap();
        let portage_oid4vp::AuthorizationRequest::ByReference { request_uri, .. } = request else {
            unreachable!("our requests are by reference")
        };
        scene.verifier.client().get(request_uri.as_str(), None).await
    };
    let (_, uri) = scene.verifier.ask(AGE, false).await;
    let answer = object(&uri).await;
    assert_eq!((answer.status, answer.content_type.as_str()), (200, "application/oauth-authz-req+jwt"));
    let request = scene.verifier.open(&uri).await;
    let vp_token = VpToken::default().with("person", vec![scene.show("person", "age_over_19", &request)]);
    scene.verifier.post(form(&request, vp_token)).await;
    assert_eq!(object(&uri).await.status, 404);

    let (_, uri) = scene.verifier.ask(AGE, false).await;
    scene.clock.advance(300);
    assert_eq!(object(&uri).await.status, 404);
    let never = scene.verifier.at("/openid4vp/request/neverWas");
    assert_eq!(scene.verifier.client().get(&never, None).await.status, 404);
}

#[tokio::test]
async fn an_unknown_purpose_is_refused() {
    let scene = Scene::new().await;
    let verifier = &scene.verifier.service.verifier;
    let unknown = PurposeId("nobody-registered-this".into());
    let refused = verifier.create_request(&unknown, portage_verifier::Device::Cross, scene.clock.now()).await;
    assert_eq!(refused.unwrap_err().reason(), Some(Reason::PurposeNotRegistered));
}

#[tokio::test]
async fn a_verification_that_crashed_ends_the_session_and_never_reopens_it() {
    let scene = Scene::new().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    // A process that claimed the answer and is not heard of again.
    let store = &scene.verifier.service.verifier.store;
    let state = scene.verifier.service.verifier.state_hash(request.state().unwrap().as_str());
    store.claim(state, Claim("crashed".into()), scene.clock.now()).await.unwrap();
    assert_eq!(scene.verifier.decided(&transaction).await, json!({ "state": "received" }));
    let vp_token = VpToken::default().with("person", vec![scene.show("person", "age_over_19", &request)]);
    assert_eq!(scene.verifier.post(form(&request, vp_token.clone())).await.status, 400);
    scene.clock.advance(60);
    assert_eq!(scene.verifier.decided(&transaction).await, json!({ "state": "expired" }));
    assert_eq!(scene.verifier.post(form(&request, vp_token)).await.status, 400);
}

#[tokio::test]
async fn a_result_is_deleted_when_its_purpose_says_so() {
    // Keeps nothing: ten minutes after it was fetched, a day if it never was.
    let scene = Scene::new().await;
    let (fetched, never) = (scene.answered().await, scene.answered().await);
    assert_eq!(scene.verifier.decided(&fetched).await["decision"], "accepted");
    scene.clock.advance(599);
    scene.sweep().await;
    assert_eq!(scene.verifier.decided(&fetched).await["decision"], "accepted");
    scene.clock.advance(1);
    assert_eq!(scene.verifier.result(&fetched, None).await.status, 404);
    scene.sweep().await;
    let events = scene.verifier.service.verifier.store.events().await.unwrap();
    assert_eq!(events.len(), 2);
    scene.clock.advance(DAY - 600);
    assert_eq!(scene.verifier.result(&never, None).await.status, 404);
    scene.sweep().await;
    scene.clock.advance(31 * DAY);
    scene.sweep().await;
    assert_eq!(scene.verifier.service.verifier.store.events().await.unwrap(), []);
}

#[tokio::test]
async fn what_was_not_asked_is_neither_told_nor_kept() {
    let scene = Scene::new().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    // A wallet that shows everything.
    let person = scene.world.issue("person", Format::DcSdJwt);
    let mut binding = scene.world.key_binding_claims(&person);
    binding.insert("aud".into(), request.client_id().as_str().into());
    binding.insert("nonce".into(), request.nonce().as_str().into());
    let shown = scene.world.bind_with(&person, Header::new("kb+jwt"), &binding, &scene.world.holder_p256);
    let vp_token = VpToken::default().with("person", vec![Presentation::Text(shown)]);
    assert_eq!(scene.verifier.post(form(&request, vp_token)).await.status, 200);
    let result = scene.verifier.decided(&transaction).await;
    assert_eq!(result["claims"], json!({ "person": { "age_over_19": true } }));
    let example = scene.world.example_claims("person");
    for name in ["family_name", "street_address"] {
        let value = example[name].as_str().expect("a text in the example");
        assert!(!result.to_string().contains(value), "{name}: {result}");
        assert!(!format!("{:?}", scene.verifier.service.verifier.store).contains(value), "{name}");
    }
}

/// A purpose that asks two credentials of one holder.
fn one_holder_for_all(catalog: &mut Catalog, same_holder: bool) {
    let market = catalog.purpose(&PurposeId(MARKET.into())).unwrap().clone();
    let mut purpose = serde_json::to_value(market).unwrap();
    let vct = |id: &str| catalog.credential_type(id).unwrap().vct.clone();
    purpose["id"] = "two-of-one".into();
    purpose["same_holder"] = same_holder.into();
    purpose.as_object_mut().unwrap().remove("policy");
    purpose["query"] = json!({ "credentials": [
        { "id": "person", "format": "dc+sd-jwt", "meta": { "vct_values": [vct("person")] },
          "claims": [{ "path": ["age_over_19"] }] },
        { "id": "card", "format": "dc+sd-jwt", "meta": { "vct_values": [vct("operator-card")] },
          "claims": [{ "path": ["card_class"] }] },
    ] });
    catalog.add_purpose("two-of-one.json", purpose.to_string().as_bytes()).unwrap();
}

/// Status code to the wallet, and result.
async fn two_of_one(
    same_holder: bool,
    second_holder: impl Fn(&Scene) -> &portage_keys::SigningKey,
) -> (u16, Value) {
    let mut catalog = Catalog::bundled();
    one_holder_for_all(&mut catalog, same_holder);
    let scene = Scene::with(catalog).await;
    let (transaction, uri) = scene.verifier.ask("two-of-one", false).await;
    let request = scene.verifier.open(&uri).await;
    let holder = second_holder(&scene);
    let key = portage_keys::Signer::verification_key(holder);
    let card =
        scene.world.sign(&scene.world.draft("operator-card", Format::DcSdJwt, key), &scene.world.federal.key);
    let card = scene.world.select(&card, &scene.world.federal.key, &["card_class"]);
    let mut binding = scene.world.key_binding_claims(&card);
    binding.insert("aud".into(), request.client_id().as_str().into());
    binding.insert("nonce".into(), request.nonce().as_str().into());
    let card = scene.world.bind_with(&card, Header::new("kb+jwt"), &binding, holder);
    let vp_token = VpToken::default()
        .with("person", vec![scene.show("person", "age_over_19", &request)])
        .with("card", vec![Presentation::Text(card)]);
    let answer = scene.verifier.post(form(&request, vp_token)).await;
    (answer.status, scene.verifier.decided(&transaction).await)
}

#[tokio::test]
async fn one_holder_for_all_is_told_and_required_only_where_the_purpose_says_so() {
    let (status, one) = two_of_one(true, |scene| &scene.world.holder_p256).await;
    assert_eq!(status, 200);
    assert_eq!((&one["decision"], &one["evidence"]["same_holder"]), (&json!("accepted"), &json!("proved")));
    let (_, two) = two_of_one(false, |scene| &scene.world.holder).await;
    assert_eq!(
        (&two["decision"], &two["evidence"]["same_holder"]),
        (&json!("accepted"), &json!("not_proved"))
    );
    // Sound, and not enough for this purpose: the person comes back to an answer.
    let (status, two) = two_of_one(true, |scene| &scene.world.holder).await;
    assert_eq!(status, 200);
    assert_eq!(two["decision"], "rejected");
    assert_eq!(two["reasons"], json!(["holder_binding_invalid"]));
}

#[tokio::test]
async fn the_evidence_says_what_the_decision_rests_on() {
    let scene = Scene::new().await;
    let transaction = scene.answered().await;
    let result = scene.verifier.decided(&transaction).await;
    let evidence = &result["evidence"];
    assert_eq!(
        (&evidence["session_bound"], &evidence["holder_is_subject"]),
        (&json!(false), &json!("proved"))
    );
    let person = &evidence["credentials"]["person"];
    assert_eq!(person["issuer"]["id"], "did:web:province.example");
    assert_eq!(person["issuer"]["source"], "trust.json");
    assert_eq!((&person["format"], &person["status"]), (&json!("dc+sd-jwt"), &json!("valid")));
    assert!(person["status_age_seconds"].is_i64());
}

#[tokio::test]
async fn every_state_of_a_session_has_its_name_on_the_wire() {
    let scene = Scene::new().await;
    let (transaction, _) = scene.verifier.ask(AGE, false).await;
    assert_eq!(scene.verifier.decided(&transaction).await, json!({ "state": "requested" }));
    scene.clock.advance(300);
    assert_eq!(scene.verifier.decided(&transaction).await, json!({ "state": "expired" }));
    scene.sweep().await;
    assert_eq!(scene.verifier.decided(&transaction).await, json!({ "state": "expired" }));
    scene.clock.advance(DAY);
    scene.sweep().await;
    assert_eq!(scene.verifier.result(&transaction, None).await.status, 404);
    let gone = scene
        .verifier
        .service
        .verifier
        .store
        .by_transaction(portage_verifier::KeyedHash::from_bytes([0; 32]));
    assert_eq!(gone.await.unwrap().as_ref().map(Session::name), None);
}

#[tokio::test]
async fn a_transaction_is_explained_without_a_value_and_its_result_stays_as_it_was() {
    let scene = Scene::new().await;
    let verifier = &scene.verifier.service.verifier;
    let keys = async |transaction: &str| -> Option<Vec<String>> {
        let explained = verifier.explain(transaction, scene.clock.now()).await.unwrap()?;
        assert!(!explained.record().to_string().contains("\"age_over_19\":true"));
        Some(explained.sentences().iter().map(|sentence| sentence.key().to_owned()).collect())
    };
    let (waiting, _) = scene.verifier.ask(AGE, false).await;
    assert_eq!(keys(&waiting).await.unwrap().first().map(String::as_str), Some("explain.waiting"));
    let transaction = scene.answered().await;
    let said = keys(&transaction).await.unwrap();
    for key in [
        "decision.accepted",
        "explain.asked_for",
        "explain.shown",
        "explain.listed_service",
        "explain.holder_proved",
    ] {
        assert!(said.iter().any(|one| one == key), "{key} is not in {said:?}");
    }
    // Explaining is no fetch: the result is there for as long as it would have been, and no longer.
    let result = verifier.result(&transaction, None, scene.clock.now()).await.unwrap().unwrap();
    assert_eq!(result.verdict.unwrap().decision(), "accepted");
    assert!(keys("elsewhere").await.is_none());
    scene.clock.advance(31 * DAY);
    assert!(keys(&transaction).await.is_none());
}
