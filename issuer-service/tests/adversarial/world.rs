//! An issuer in this process: seeded, its clock in the test's hand, its store a file.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use issuer_service::{Service, routes};
use jiff::{SignedDuration, Timestamp};
use portage_catalog::{Catalog, Contexts, Format, Text};
use portage_clock::Clock;
use portage_data_integrity::Cryptosuite;
use portage_did::did_web;
use portage_issuer::{
    ClientAuthentication, CreatedOffer, Issuer, IssuerKey, IssuerKeys, OfferData, OfferDelivery, OfferError,
    OneTimeSecret, Profile, Record, StandingOffer, StatusPolicy,
};
use portage_keys::{Algorithm, Entropy, Signer, SigningKey, VerificationKey, digest::sha256};
use portage_oid4vci::IssuerIdentifier;
use portage_storage::issuer::SqliteIssuances;
use portage_web::Readiness;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// The instant at which every world starts: 2025-10-01T16:00:00Z.
pub(crate) const START: i64 = 1_759_334_400;

/// A generator that gives the same bytes to every run.
pub(crate) struct Seeded {
    seed: u64,
    calls: AtomicU64,
}

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Seeded { seed, calls: AtomicU64::new(0) }
    }
}

impl Entropy for Seeded {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            let block = sha256(&[self.seed.to_le_bytes(), call.to_le_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

/// What a test may want otherwise.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) cryptosuite: Cryptosuite,
    pub(crate) cryptosuite_key: Algorithm,
    pub(crate) algorithm: Algorithm,
    pub(crate) notification: bool,
    pub(crate) clients: ClientAuthentication,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            seed: 1,
            cryptosuite: Cryptosuite::EddsaRdfc2022,
            cryptosuite_key: Algorithm::EdDsa,
            algorithm: Algorithm::EdDsa,
            notification: false,
            clients: ClientAuthentication::None,
        }
    }
}

/// A running issuer.
pub(crate) struct World {
    pub(crate) identifier: IssuerIdentifier,
    pub(crate) service: Arc<Service<SqliteIssuances>>,
    pub(crate) ed25519: VerificationKey,
    pub(crate) p256: VerificationKey,
    pub(crate) p384: VerificationKey,
    pub(crate) folder: TempDir,
    seconds: Arc<AtomicI64>,
    numbers: Mutex<u32>,
}

impl World {
    /// The public key that signs with this algorithm.
    pub(crate) fn public(&self, algorithm: Algorithm) -> &VerificationKey {
        match algorithm {
            Algorithm::EdDsa => &self.ed25519,
            Algorithm::Es256 => &self.p256,
            Algorithm::Es384 => &self.p384,
        }
    }

    pub(crate) async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    pub(crate) async fn start_with(settings: Settings) -> Self {
        let listener = portage_web::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let identifier = IssuerIdentifier::parse(&url).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let entropy = Arc::new(Seeded::new(settings.seed));
        let (ed25519, p256) = (
            SigningKey::generate(Algorithm::EdDsa, entropy.as_ref()),
            SigningKey::generate(Algorithm::Es256, entropy.as_ref()),
        );
        let p384 = SigningKey::generate(Algorithm::Es384, &Seeded::new(!settings.seed));
        let p384_public = p384.verification_key().clone();
        let public = (ed25519.verification_key().clone(), p256.verification_key().clone());
        let did = did_web(&url.parse().unwrap()).unwrap();
        let key = |signer: SigningKey, fragment: &str| IssuerKey {
            signer: Arc::new(signer),
            kid: format!("{did}#{fragment}"),
        };
        let mut secret = [0; 32];
        entropy.fill(&mut secret);
        let keys = IssuerKeys {
            signing: vec![key(ed25519, "key-1"), key(p256, "key-2"), key(p384, "key-3")],
            secret: OneTimeSecret::new(secret),
        };
        let catalog = Catalog::bundled();
        let profile = Profile {
            identifier: identifier.clone(),
            did,
            name: Text { en: "Province".into(), fr: "Province".into() },
            types: catalog.types().map(|credential_type| credential_type.id.clone()).collect(),
            cryptosuite: settings.cryptosuite,
            cryptosuite_key: settings.cryptosuite_key,
            algorithm: settings.algorithm,
            status: StatusPolicy::DEMO,
            validity_days: [].into(),
            notification: settings.notification,
            clients: settings.clients,
        };
        let store = SqliteIssuances::create(&folder.path().join("issuer.sqlite")).unwrap();
        let issuer = Issuer::new(profile, keys, catalog, Contexts::bundled(), entropy, store);
        let seconds = Arc::new(AtomicI64::new(START));
        let shown = seconds.clone();
        let clock = Clock::from_fn(move || Timestamp::from_second(shown.load(Ordering::SeqCst)).unwrap());
        let service = Arc::new(Service {
            issuer,
            clock,
            did_document: None,
            did_log: None,
            federation: None,
            clerk: None,
        });
        let router = routes(service.clone(), Readiness::ready());
        tokio::spawn(portage_web::serve(listener, router, Readiness::ready(), std::future::pending()));
        let numbers = Mutex::new(0);
        World {
            identifier,
            service,
            ed25519: public.0,
            p256: public.1,
            p384: p384_public,
            folder,
            seconds,
            numbers,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.service.clock.now()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Offers a Person nobody was offered before.
    pub(crate) async fn offer(&self) -> CreatedOffer {
        self.offer_as("person", None, false).await
    }

    pub(crate) async fn offer_as(&self, id: &str, format: Option<Format>, tx_code: bool) -> CreatedOffer {
        let number = {
            let mut number = self.numbers.lock().unwrap();
            *number += 1;
            *number
        };
        let example = self.service.issuer.catalog().credential_type(id).unwrap().example.clone();
        let data =
            OfferData { record: Record::Key(number.to_string()), format, tx_code, ..self.data(id, example) };
        self.create(data).await.unwrap()
    }

    pub(crate) fn data(&self, id: &str, claims: Map<String, Value>) -> OfferData {
        OfferData {
            credential_type: id.to_owned(),
            format: None,
            record: Record::Claims,
            claims,
            valid_from: None,
            valid_until: None,
            as_of: None,
            life: SignedDuration::from_hours(24 * 30),
            tx_code: false,
            delivery: OfferDelivery::ByReference,
            standing: StandingOffer::Keep,
        }
    }

    pub(crate) async fn create(&self, data: OfferData) -> Result<CreatedOffer, OfferError> {
        self.service.issuer.create_offer(data, self.now()).await
    }
}

/// Claims of a Person, with values that can be searched for.
pub(crate) fn person() -> Map<String, Value> {
    let Value::Object(claims) = json!({
        "given_names": "Canarygiven",
        "family_name": "Canaryfamily",
        "birthdate_dateint": 19_870_623,
        "street_address": "77 Canary Street",
        "locality": "Victoria",
        "region": "BC",
        "postal_code": "V8V 0A0",
        "country": "CA",
        "expiry_date_dateint": 20_301_231
    }) else {
        unreachable!("an object")
    };
    claims
}
