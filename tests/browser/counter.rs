//! The counter: somebody of a service's staff, and the person in front of them.
//!
//! The verifier runs in this process, so that its time can be moved; what stands on the other side of the counter is a wallet of the test world, or
//! nobody.

use portage_catalog::{Catalog, Format, Language, PurposeId, message, reason_sentence};
use portage_jose::Header;
use portage_keys::{OsEntropy, PasswordHash, Signer, vault::KdfParams};
use portage_oid4vp::{
    AuthorizationResponse, ErrorCode, ErrorResponse, Presentation, ResolvedRequest, VpToken,
};
use portage_reason::Reason;
use portage_storage::{
    staff::{Role, StaffName},
    verifier::MemorySessions,
};
use portage_testkit::{
    RunningVerifier, SteppedClock, VerifierSetup,
    world::{MemorySources, STATUS_INDEX, StatusLists, World},
};
use portage_trust::TrustList;
use serde_json::{Value, json};

use crate::{
    checks,
    driver::{Tab, View, with_tab},
};

const AGE: &str = "age-restricted-sale";
const SHIFT: &str = "liquor-service-shift";
const NAME: &str = "zoé";
const PASSWORD: &str = "four words of pine";

struct Counter {
    world: World,
    clock: SteppedClock,
    verifier: RunningVerifier<MemorySessions, MemorySources>,
}

impl Counter {
    async fn open() -> Self {
        Self::prepared(Catalog::bundled(), |_| ()).await
    }

    async fn prepared(catalog: Catalog, prepare: impl FnOnce(&mut World)) -> Self {
        let mut world = World::new();
        prepare(&mut world);
        let clock = SteppedClock::at(world.now);
        let verifier = RunningVerifier::start(VerifierSetup::of(&mut world, &clock, catalog)).await;
        let counter = Counter { world, clock, verifier };
        let password = PasswordHash::of(PASSWORD, KdfParams::MINIMUM, &OsEntropy).expect("a hash");
        let added = counter.staff().add(&name(), Role::Counter, Some(&password), counter.clock.now()).await;
        assert_eq!(added, Ok(true));
        counter
    }

    fn staff(&self) -> &portage_storage::staff::StaffStore {
        self.verifier.service.counter.as_ref().expect("a counter").door().store()
    }

    /// Opens the counter with a one-time link.
    async fn enter(&self, tab: &Tab) {
        let until = self.clock.now().checked_add(jiff::SignedDuration::from_hours(1)).expect("an hour");
        self.staff().keep_code(&name(), "code", until, self.clock.now()).await.expect("kept");
        tab.goto(&self.verifier.at("/counter/open/code")).await;
    }

    /// The request whose code is on the screen.
    async fn scan(&self, tab: &Tab) -> ResolvedRequest {
        let uri = tab.eval("return document.querySelector('main code').textContent", &[]).await;
        self.verifier.open(uri.as_str().expect("an address")).await
    }

    /// Answers with a claim of a credential that the world changed before it was signed.
    async fn answer(
        &self,
        tab: &Tab,
        (id, kind, claim): (&str, &str, &str),
        change: impl FnOnce(&mut Value),
    ) {
        let request = self.scan(tab).await;
        let holder = self.world.holder_p256.verification_key();
        let mut draft = self.world.draft(kind, Format::DcSdJwt, holder);
        let mut claims = Value::Object(std::mem::take(&mut draft.claims));
        change(&mut claims);
        draft.claims = portage_testkit::world::object(claims);
        let issuer = &self.world.issuer_of(kind).key;
        let selected = self.world.select(&self.world.sign(&draft, issuer), issuer, &[claim]);
        let mut binding = self.world.key_binding_claims(&selected);
        binding.insert("aud".into(), request.client_id().as_str().into());
        binding.insert("nonce".into(), request.nonce().as_str().into());
        binding.insert("iat".into(), self.clock.now().as_second().into());
        let header = Header::new("kb+jwt");
        let bound = self.world.bind_with(&selected, header, &binding, &self.world.holder_p256);
        let vp_token = VpToken::default().with(id, vec![Presentation::Text(bound)]);
        let state = request.state().map(|state| state.as_str().to_owned());
        let form = AuthorizationResponse::Success { vp_token, state }.to_form();
        assert_eq!(self.verifier.post(form).await.status, 200);
    }

    async fn answer_age(&self, tab: &Tab) {
        self.answer(tab, ("person", "person", "age_over_19"), |_| ()).await;
    }

    /// What a wallet answers for somebody who says no, who has nothing, or whom too much was asked of.
    async fn refuse(&self, tab: &Tab) {
        let state = self.scan(tab).await.state().map(|state| state.as_str().to_owned());
        let refused = AuthorizationResponse::Error(ErrorResponse { error: ErrorCode::AccessDenied, state });
        self.verifier.post(refused.to_form()).await;
    }
}

fn name() -> StaffName {
    StaffName::parse(NAME).expect("a name")
}

/// The words of the page's language.
struct Says(Language);

impl Says {
    fn of(view: View) -> Self {
        Says(if view.language == "fr" { Language::Fr } else { Language::En })
    }

    fn counter(&self, key: &str) -> String {
        message(&format!("page_counter.{key}"), self.0, &[])
    }

    fn staff(&self, key: &str) -> String {
        message(&format!("page_staff.{key}"), self.0, &[])
    }

    fn purpose(&self, id: &str) -> String {
        let catalog = Catalog::bundled();
        let purpose = catalog.purpose(&PurposeId(id.to_owned())).expect("in the box");
        purpose.name.in_language(self.0).to_owned()
    }
}

/// One shift, by keyboard alone: signing in, an answer that is accepted, nobody, somebody who shows nothing, what was decided, signing out.
async fn a_shift(view: View) {
    let counter = Counter::open().await;
    let says = Says::of(view);
    with_tab(view, async |tab| {
        tab.goto(&counter.verifier.at(&format!("/counter/{}", view.language))).await;
        checks::page(tab, "the door").await;
        tab.fill(&says.staff("name"), NAME).await;
        tab.fill(&says.staff("password"), "not this one at all").await;
        tab.follow(&says.staff("sign_in")).await;
        tab.must_say(&says.staff("wrong")).await;
        checks::page(tab, "the door, with an error").await;
        tab.fill(&says.staff("password"), PASSWORD).await;
        tab.follow(&says.staff("sign_in")).await;

        tab.must_say(&says.counter("ask_title")).await;
        checks::page(tab, "what they came for").await;
        tab.follow(&says.counter("ask_go")).await;
        tab.must_say(&says.counter("ask_missing")).await;
        tab.choose(&says.purpose(AGE)).await;
        tab.follow(&says.counter("ask_go")).await;
        tab.must_say(&says.counter("nobody_yet")).await;
        checks::page(tab, "waiting").await;
        tab.follow(&says.counter("look_by_itself")).await;
        checks::page(tab, "waiting, looking by itself").await;
        tab.follow(&says.counter("look_no_more")).await;

        counter.answer_age(tab).await;
        tab.follow(&says.counter("look")).await;
        tab.must_say(&says.counter("accepted_what")).await;
        tab.must_say(&says.counter("not_bound")).await;
        tab.must_say(&says.counter("ages")).await;
        checks::page(tab, "accepted").await;

        tab.follow(&says.counter("next")).await;
        counter.clock.advance(300);
        tab.follow(&says.counter("look")).await;
        tab.must_say(&says.counter("expired")).await;
        checks::page(tab, "nobody answered").await;

        tab.follow(&says.counter("next")).await;
        counter.refuse(tab).await;
        tab.follow(&says.counter("look")).await;
        tab.must_say(&says.counter("nothing_what")).await;
        tab.must_say(&says.counter("no_phone")).await;
        checks::page(tab, "nothing was shown").await;

        tab.follow(&says.counter("menu_today")).await;
        for outcome in ["accepted", "nothing_shown"] {
            tab.must_say(&says.counter(outcome)).await;
        }
        checks::page(tab, "decided today").await;
        tab.follow(&says.staff("signed_in_as")).await;
        checks::page(tab, "the password").await;
        tab.follow(&says.staff("sign_out")).await;
        tab.must_say(&says.staff("password")).await;
    })
    .await;
}

#[tokio::test]
async fn a_shift_at_the_counter_in_english() {
    a_shift(View::ENGLISH).await;
}

#[tokio::test]
async fn a_shift_at_the_counter_in_french() {
    a_shift(View::FRENCH).await;
}

#[tokio::test]
async fn a_shift_at_the_counter_without_scripts_in_english() {
    a_shift(View::ENGLISH.without_scripts()).await;
}

#[tokio::test]
async fn a_shift_at_the_counter_without_scripts_in_french_on_a_small_screen() {
    a_shift(View::FRENCH.without_scripts().narrow()).await;
}

/// Asks for the age in a world that was changed, and reads why not.
async fn refused(view: View, sentence: &str, prepare: impl FnOnce(&mut World)) {
    let counter = Counter::prepared(Catalog::bundled(), prepare).await;
    let says = Says::of(view);
    with_tab(view, async |tab| {
        tab.goto(&counter.verifier.at(&format!("/counter/{}/sign-in", view.language))).await;
        counter.enter(tab).await;
        tab.choose(&says.purpose(AGE)).await;
        tab.follow(&says.counter("ask_go")).await;
        counter.answer_age(tab).await;
        tab.follow(&says.counter("look")).await;
        tab.must_say(&says.counter("rejected_what")).await;
        tab.must_say(sentence).await;
        tab.must_say(&says.counter("no_phone")).await;
        assert!(!tab.says(&says.counter("shown")).await, "nothing of what was shown is on the screen");
        checks::page(tab, sentence).await;
    })
    .await;
}

fn revoke(world: &mut World) {
    world.publish(&StatusLists { revoked: vec![STATUS_INDEX], ..StatusLists::default() });
}

fn trust_nobody(world: &mut World) {
    world.trust = TrustList::parse(br#"{ "issuers": [], "verifiers": [] }"#).expect("a list");
}

#[tokio::test]
async fn each_refusal_reads_as_a_person_would_say_it() {
    for view in [View::ENGLISH, View::FRENCH.without_scripts()] {
        let language = Says::of(view).0;
        refused(view, reason_sentence(Reason::Revoked, language), revoke).await;
        refused(view, reason_sentence(Reason::IssuerNotTrusted, language), trust_nobody).await;
    }
}

/// A certificate number that staff have to read, in a world that is not friendly.
#[tokio::test]
async fn u03_staff_see_what_the_purpose_shows_them_as_text_and_nothing_else() {
    let poison = "<img src=x onerror=alert(1)>";
    let mut catalog = Catalog::bundled();
    let mut purpose =
        serde_json::to_value(catalog.purpose(&PurposeId(SHIFT.to_owned())).expect("in the box"))
            .expect("JSON");
    purpose["id"] = json!("a-shift");
    purpose["policy"] = Value::Null;
    purpose["name"] = json!({ "en": format!("Shift {poison}"), "fr": format!("Quart {poison}") });
    catalog.add_purpose("a-shift.json", purpose.to_string().as_bytes()).expect("a purpose");
    let counter = Counter::prepared(catalog, |world| {
        let federal = world.federal.did.as_str().to_owned();
        let list = json!({ "issuers": [{ "id": federal, "name": { "en": poison, "fr": poison },
            "tier": "federal", "types": ["serving-it-right"] }], "verifiers": [] });
        world.trust = TrustList::parse(list.to_string().as_bytes()).expect("a list");
    })
    .await;
    let says = Says::of(View::ENGLISH);
    with_tab(View::ENGLISH, async |tab| {
        counter.enter(tab).await;
        tab.must_say(&format!("Shift {poison}")).await;
        tab.choose("Shift").await;
        tab.follow(&says.counter("ask_go")).await;
        let claim = ("certification", "serving-it-right", "certification_number");
        counter.answer(tab, claim, |claims| claims["certification_number"] = json!(poison)).await;
        tab.follow(&says.counter("look")).await;
        tab.must_say(&says.counter("accepted_what")).await;
        tab.must_say(&says.counter("shown")).await;
        tab.must_say(poison).await;
        let pictures = tab.eval("return document.querySelectorAll('img').length", &[]).await;
        assert_eq!(pictures, json!(0));
        checks::page(tab, "what staff may read").await;
    })
    .await;
}

/// The page that a person comes back to with the wallet on the same device.
#[tokio::test]
async fn the_same_device_tells_the_same_and_says_that_it_is_tied_to_the_browser() {
    for view in [View::ENGLISH, View::FRENCH.without_scripts()] {
        let counter = Counter::open().await;
        let says = Says::of(view);
        let (_, uri) = counter.verifier.ask(AGE, true).await;
        let request = counter.verifier.open(&uri).await;
        let state = request.state().map(|state| state.as_str().to_owned());
        let person = counter.world.issue("person", Format::DcSdJwt);
        let issuer = &counter.world.issuer_of("person").key;
        let selected = counter.world.select(&person, issuer, &["age_over_19"]);
        let mut binding = counter.world.key_binding_claims(&selected);
        binding.insert("aud".into(), request.client_id().as_str().into());
        binding.insert("nonce".into(), request.nonce().as_str().into());
        let header = Header::new("kb+jwt");
        let bound = counter.world.bind_with(&selected, header, &binding, &counter.world.holder_p256);
        let vp_token = VpToken::default().with("person", vec![Presentation::Text(bound)]);
        let answer =
            counter.verifier.post(AuthorizationResponse::Success { vp_token, state }.to_form()).await;
        let back = answer.json()["redirect_uri"].as_str().expect("an address").to_owned();
        with_tab(view, async |tab| {
            tab.goto(&back).await;
            tab.must_say(&says.counter("accepted_what")).await;
            tab.must_say(&says.counter("bound")).await;
            checks::page(tab, "back on the same device").await;
            let other = if view.language == "fr" { "English" } else { "Français" };
            tab.follow(other).await;
            assert!(!tab.says(&says.counter("accepted_what")).await);
            tab.goto(&counter.verifier.at(&format!("/r/{}?response_code=rNone", view.language))).await;
            checks::page(tab, "a result that is not there").await;
        })
        .await;
    }
}
