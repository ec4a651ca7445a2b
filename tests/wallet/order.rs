//! What is written before what is sent, and a consent that is for one request alone.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use portage_catalog::{Catalog, Contexts, Format};
use portage_did::LoopbackOrigins;
use portage_fetch::Fetcher;
use portage_oid4vci::CredentialOfferUri;
use portage_oid4vp::AuthorizationRequest;
use portage_storage::wallet::MemoryWallet;
use portage_testkit::SeededEntropy;
use portage_trust::TrustList;
use portage_wallet::{
    Agreement, ConsentMissing, DataLeft, DisclosurePlan, EventKind, Outcome, PresentError, Presented, Review,
    Wallet, credentials, history,
    ports::{
        Batch, Http, HttpAnswer, HttpFailure, HttpRequest, RecordId, RecordKind, RequestBody, StoreFailure,
        WalletStore,
    },
};
use zeroize::Zeroizing;

use crate::{
    citizen::{origins, trust},
    issuer_side::offer,
    stage::{Running, Stage},
    story::answer_of,
    verifier_side::request,
};

/// A way out that looks into the wallet whenever a form or JSON leaves, and can be cut.
struct Watched {
    fetcher: Fetcher,
    store: Arc<Watching>,
    seen: Mutex<Vec<(EventKind, Outcome)>>,
    cut: Mutex<Option<HttpFailure>>,
}

/// A store that can be told to fail.
#[derive(Default)]
struct Watching {
    records: MemoryWallet,
    full: Mutex<bool>,
}

impl WalletStore for Watching {
    fn record(&self, id: &RecordId) -> Result<Option<Zeroizing<Vec<u8>>>, StoreFailure> {
        self.records.record(id)
    }

    fn ids(&self, kind: RecordKind) -> Result<Vec<RecordId>, StoreFailure> {
        self.records.ids(kind)
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreFailure> {
        if *self.full.lock().unwrap() {
            return Err(StoreFailure::Environment("disk full".into()));
        }
        self.records.commit(batch)
    }
}

impl Http for Watched {
    async fn send(&self, request: HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure> {
        if matches!(request.body, RequestBody::Form(_)) {
            let latest = history(self.store.as_ref()).unwrap().into_iter().next();
            self.seen.lock().unwrap().extend(latest.map(|event| (event.what, event.outcome)));
            if let Some(failure) = *self.cut.lock().unwrap() {
                return Err(failure);
            }
        }
        self.fetcher.send(request).await
    }
}

/// A wallet as a library, and all it stands on.
struct Bench {
    http: Watched,
    store: Arc<Watching>,
    catalog: Catalog,
    contexts: Contexts,
    trust: TrustList,
    loopback: LoopbackOrigins,
    entropy: SeededEntropy,
}

impl Bench {
    async fn with_person(stage: &Running) -> Self {
        let origins = origins(stage);
        let loopback = LoopbackOrigins::parse(origins.iter().map(String::as_str)).unwrap();
        let store = Arc::new(Watching::default());
        let fetcher = Fetcher::new(loopback.clone()).unwrap();
        let catalog = Catalog::bundled();
        let bench = Bench {
            http: Watched { fetcher, store: store.clone(), seen: Mutex::default(), cut: Mutex::default() },
            store,
            contexts: catalog.contexts(),
            catalog,
            trust: TrustList::parse(trust(stage, true).to_string().as_bytes()).unwrap(),
            loopback,
            entropy: SeededEntropy::new(9),
        };
        let wallet = bench.wallet();
        let uri = CredentialOfferUri::parse(&offer(stage, "person", Format::DcSdJwt)).unwrap();
        let review = wallet.receive_offer(uri, stage.world.now).await.unwrap();
        let arrived = wallet.accept_offer(&review, None, stage.world.now).await.unwrap();
        assert!(
            credentials(bench.store.as_ref()).unwrap().is_empty(),
            "nothing is kept before the person has seen it"
        );
        wallet.store(arrived, stage.world.now).await.unwrap();
        stage.take_seen();
        bench
    }

    fn wallet(&self) -> Wallet<'_, Watched, Watching> {
        Wallet {
            http: &self.http,
            store: self.store.as_ref(),
            catalog: &self.catalog,
            contexts: &self.contexts,
            authority: &self.trust,
            loopback: &self.loopback,
            entropy: &self.entropy,
            haip: false,
            list_interval: SignedDuration::from_secs(60),
        }
    }

    async fn plan(&self, stage: &Stage) -> DisclosurePlan {
        let request = AuthorizationRequest::parse(&request(stage)).unwrap();
        match self.wallet().review_request(request, &[], stage.world.now).await.unwrap() {
            Review::Answerable(plan) => *plan,
            Review::Unanswerable { .. } => panic!("the wallet holds what is asked"),
        }
    }
}

#[tokio::test]
async fn a_credential_and_its_key_are_kept_together_or_not_at_all_and_the_issuer_hears_which() {
    let stage = Running::start().await;
    let bench = Bench::with_person(&stage).await;
    let link = offer(&stage, "operator-card", Format::LdpVc);
    let wallet = bench.wallet();
    for (full, told, kept) in [(true, "credential_failure", 1), (false, "credential_accepted", 2)] {
        let review =
            wallet.receive_offer(CredentialOfferUri::parse(&link).unwrap(), stage.world.now).await.unwrap();
        let arrived = wallet.accept_offer(&review, None, stage.world.now).await.unwrap();
        stage.take_seen();
        *bench.store.full.lock().unwrap() = full;
        assert_eq!(wallet.store(arrived, stage.world.now).await.is_err(), full);
        let seen = stage.take_seen();
        assert!(seen.iter().any(|seen| seen.body.contains(told)), "{told}: {seen:?}");
        assert_eq!(bench.store.ids(RecordKind::Credential).unwrap().len(), kept);
        assert_eq!(bench.store.ids(RecordKind::Key).unwrap().len(), kept);
    }
}

#[tokio::test]
async fn the_history_knows_before_the_first_byte_leaves() {
    let stage = Running::start().await;
    let bench = Bench::with_person(&stage).await;
    bench.http.seen.lock().unwrap().clear();
    let plan = bench.plan(&stage).await;
    let consent = plan.consent(Agreement::ToThis).unwrap();
    let later = stage.world.now + SignedDuration::from_secs(1);
    let presented = bench.wallet().present(plan, consent, later).await.unwrap();
    assert!(matches!(presented, Presented::Delivered { .. }));
    assert_eq!(*bench.http.seen.lock().unwrap(), [(EventKind::Presented, Outcome::Unknown)]);
    let latest = history(bench.store.as_ref()).unwrap().remove(0);
    assert_eq!((latest.what, latest.outcome), (EventKind::Presented, Outcome::Done));
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_sent() {
    let stage = Running::start().await;
    let bench = Bench::with_person(&stage).await;
    let plan = bench.plan(&stage).await;
    let consent = plan.consent(Agreement::ToThis).unwrap();
    *bench.store.full.lock().unwrap() = true;
    let error = bench.wallet().present(plan, consent, stage.world.now).await.unwrap_err();
    assert_eq!(error.data_left(), DataLeft::No);
    assert!(answer_of(&stage).is_none());

    *bench.store.full.lock().unwrap() = false;
    let plan = bench.plan(&stage).await;
    let consent = plan.consent(Agreement::ToThis).unwrap();
    bench.wallet().present(plan, consent, stage.world.now).await.unwrap();
    assert!(answer_of(&stage).is_some());
}

#[tokio::test]
async fn a_failure_says_whether_data_had_left_and_the_history_says_the_same() {
    let stage = Running::start().await;
    let bench = Bench::with_person(&stage).await;
    for (second, failure, left, outcome) in [
        (1, HttpFailure::Unreachable, DataLeft::No, Outcome::NothingSent),
        (2, HttpFailure::AddressNotAllowed, DataLeft::No, Outcome::NothingSent),
        (3, HttpFailure::NoAnswer, DataLeft::Perhaps, Outcome::Unknown),
        (4, HttpFailure::Redirected, DataLeft::Perhaps, Outcome::Unknown),
    ] {
        let plan = bench.plan(&stage).await;
        let consent = plan.consent(Agreement::ToThis).unwrap();
        *bench.http.cut.lock().unwrap() = Some(failure);
        let later = stage.world.now + SignedDuration::from_secs(second);
        let error = bench.wallet().present(plan, consent, later).await.unwrap_err();
        assert_eq!(error.data_left(), left, "{failure}");
        assert_eq!(history(bench.store.as_ref()).unwrap().remove(0).outcome, outcome, "{failure}");
    }
}

#[tokio::test]
async fn a_consent_is_for_one_request_and_these_claims_alone() {
    let stage = Running::start().await;
    let bench = Bench::with_person(&stage).await;
    let this = bench.plan(&stage).await;
    stage.twist(|twist| {
        twist.request = Some(Box::new(|draft| draft.claims["nonce"] = "n-of-another-session-0123".into()))
    });
    let other = bench.plan(&stage).await;
    let consent = other.consent(Agreement::ToThis).unwrap();
    let error = bench.wallet().present(this, consent, stage.world.now).await.unwrap_err();
    assert!(matches!(error, PresentError::Consent(ConsentMissing::ToSomethingElse)));
    assert_eq!(error.data_left(), DataLeft::No);
    assert!(answer_of(&stage).is_none());
    let consent = other.consent(Agreement::ToThis).unwrap();
    bench.wallet().present(other, consent, stage.world.now).await.unwrap();
}
