//! Responses to a verifier over HTTP: V-07, V-32 to V-37, S-06, S-07.

mod deliveries;
mod status;
mod v07_not_the_subject;
mod v32_nobody_trusted;
mod v33_not_what_was_asked;
mod v34_replayed;
mod v35_state;
mod v36_response_code;
mod v37_encrypted;

use portage_catalog::{Catalog, Format};
use portage_jose::Header;
use portage_keys::SigningKey;
use portage_oid4vp::{AuthorizationResponse, Presentation, ResolvedRequest, VpToken};
use portage_storage::verifier::MemorySessions;
use portage_testkit::{
    RunningVerifier, SteppedClock, VerifierSetup,
    world::{MemorySources, World},
};
use portage_trust::TrustList;
use portage_verifier::{Asking, ports::SessionStore};
use serde_json::Value;

/// Over 19, nothing else: a purpose with one credential.
const AGE: &str = "age-restricted-sale";
/// Person, licence and card.
const MARKET: &str = "market-vendor-permit";

/// The world of the testkit, and a verifier in it that listens.
struct Scene<S> {
    world: World,
    clock: SteppedClock,
    verifier: RunningVerifier<S, MemorySources>,
}

impl Scene<MemorySessions> {
    async fn new() -> Self {
        Self::on(MemorySessions::new()).await
    }

    /// Whose verifier asks in this way.
    async fn asking(asking: Asking) -> Self {
        Self::built(MemorySessions::new(), asking, |_| (), |world| world.trust.clone()).await
    }
}

impl<S: SessionStore + 'static> Scene<S> {
    async fn on(store: S) -> Self {
        Self::trusting(store, |world| world.trust.clone()).await
    }

    /// With a trust list of its own.
    async fn trusting(store: S, trust: impl FnOnce(&World) -> TrustList) -> Self {
        Self::prepared(store, |_| (), trust).await
    }

    /// In a world that was changed before the verifier started.
    async fn prepared(
        store: S,
        prepare: impl FnOnce(&mut World),
        trust: impl FnOnce(&World) -> TrustList,
    ) -> Self {
        Self::built(store, Asking::default(), prepare, trust).await
    }

    async fn built(
        store: S,
        asking: Asking,
        prepare: impl FnOnce(&mut World),
        trust: impl FnOnce(&World) -> TrustList,
    ) -> Self {
        let mut world = World::new();
        prepare(&mut world);
        let clock = SteppedClock::at(world.now);
        let verifier = RunningVerifier::start(VerifierSetup {
            seed: 7,
            trust: trust(&world),
            catalog: Catalog::bundled(),
            store,
            sources: std::mem::take(&mut world.sources),
            clock: clock.clone(),
            url: None,
            asking,
        })
        .await;
        Scene { world, clock, verifier }
    }

    /// Moves everybody's time.
    fn advance(&mut self, seconds: i64) {
        self.clock.advance(seconds);
        self.world.now = self.clock.now();
    }

    /// Shows claims of an SD-JWT to whoever made the request.
    fn show(&self, kind: &str, sd_jwt: &str, claims: &[&str], request: &ResolvedRequest) -> Presentation {
        self.show_of(&self.world.issuer_of(kind).key, sd_jwt, claims, request)
    }

    /// The same for an SD-JWT that this key signed.
    fn show_of(
        &self,
        issuer: &SigningKey,
        sd_jwt: &str,
        claims: &[&str],
        request: &ResolvedRequest,
    ) -> Presentation {
        let selected = self.world.select(sd_jwt, issuer, claims);
        let mut binding = self.world.key_binding_claims(&selected);
        binding.insert("aud".into(), request.client_id().as_str().into());
        binding.insert("nonce".into(), request.nonce().as_str().into());
        let bound = self.world.bind_with(&selected, Header::new("kb+jwt"), &binding, &self.world.holder_p256);
        Presentation::Text(bound)
    }

    /// Shows W3C credentials whole to whoever made the request.
    fn show_whole(&self, credentials: &[&str], format: Format, request: &ResolvedRequest) -> Presentation {
        let (audience, nonce) = (request.client_id().as_str(), request.nonce().as_str());
        let mut draft = self.world.vp_draft(credentials, format, &self.world.holder);
        draft.proof.domain = vec![audience.to_owned()];
        draft.proof.challenge = Some(nonce.to_owned());
        if format == Format::VcJwt {
            draft.claims.insert("aud".into(), audience.into());
            draft.claims.insert("nonce".into(), nonce.into());
        }
        let signed = self.world.sign_vp(&draft, &self.world.holder);
        match serde_json::from_str(&signed) {
            Ok(Value::Object(object)) => Presentation::Object(object),
            _ => Presentation::Text(signed),
        }
    }

    /// Proof of age, as asked.
    fn proof_of_age(&self, request: &ResolvedRequest) -> Presentation {
        let person = self.world.issue("person", Format::DcSdJwt);
        self.show("person", &person, &["age_over_19"], request)
    }

    /// A sound response to a request for [`AGE`].
    fn sound(&self, request: &ResolvedRequest) -> String {
        form(request, VpToken::default().with("person", vec![self.proof_of_age(request)]))
    }
}

/// The form a wallet posts.
fn form(request: &ResolvedRequest, vp_token: VpToken) -> String {
    let state = request.state().map(|state| state.as_str().to_owned());
    AuthorizationResponse::Success { vp_token, state }.to_form()
}

/// The reasons of a result.
fn reasons(result: &Value) -> Vec<&str> {
    result["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
