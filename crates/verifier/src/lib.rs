//! The verifier: requests for a registered purpose, answers, decisions.
//!
//! A relying party names a purpose ([`Verifier::create_request`]); the wallet fetches the signed Request Object
//! ([`Verifier::request_object`]) and posts its answer ([`Verifier::receive_response`]); the relying party fetches the
//! [`Verdict`] ([`Verifier::result`]). In between stands one [`Session`], an enum of states: what may happen next is what the
//! state has a method for.
//!
//! - One answer wins a session, atomically, before anything in it is verified; a verification that crashed becomes
//!   [`Expired`], never [`Requested`] again.
//! - Every presentation goes through `portage_verification`; what the purpose asks beyond that (the query, its values, the
//!   holder, one holder for all, its own rules) is judged in one place, the module `policy`. [`Verdict::Accepted`] is made there and nowhere else.
//! - Presentations are never stored. An encrypted answer is opened with a key of its own request, which is derived again and not stored. What is stored of one-time values (request id, `state`, response code) is a keyed hash; the
//!   nonce is not stored at all, it follows from the `state`.
//!
//! Async over its ports ([`ports`]), without a runtime, a clock or a network of its own.

mod asking;
mod carried_chain;
mod carried_statements;
mod create_request;
mod explain;
mod one_time;
mod policy;
pub mod ports;
mod receive_response;
mod request_object;
mod result;
mod session;
mod shown_to_staff;
mod verdict;

use std::sync::Arc;

use portage_catalog::{Catalog, Contexts};
use portage_did::LoopbackOrigins;
use portage_keys::{Entropy, Signer};
use portage_oid4vp::ClientId;
use portage_trust::Authority;
use portage_verification::PurposePolicies;
use url::Url;

pub use asking::{Asking, Delivery};
pub use carried_chain::{CarriedChain, Carrying};
pub use carried_statements::CarriedStatements;
pub use create_request::{CreateError, CreatedRequest};
pub use portage_keys::one_time::{KeyedHash, OneTimeSecret};
pub use receive_response::WalletAnswer;
pub use request_object::RequestObjectError;
pub use result::TransactionResult;
pub use session::{AskedBy, Claim, Decided, Device, Expired, Received, Requested, Session};
pub use shown_to_staff::ShownToStaff;
pub use verdict::Verdict;

/// Who the verifier is, by what it judges, and where it keeps its sessions. Wiring builds one and shares it.
pub struct Verifier<S> {
    /// Its name and key.
    pub identity: Identity,
    /// How it asks.
    pub asking: Asking,
    /// Where wallets reach it.
    pub addresses: Addresses,
    /// Credential types and purposes.
    pub catalog: Arc<Catalog>,
    /// The rules of the purposes that have some. A purpose whose policy is not here is never accepted.
    pub policies: Arc<dyn PurposePolicies>,
    /// JSON-LD contexts.
    pub contexts: Arc<Contexts>,
    /// Who vouches for it and for its purposes.
    pub vouched: Vouched,
    /// Who may issue what.
    pub authority: Arc<dyn Authority>,
    /// Origins that use http.
    pub loopback: LoopbackOrigins,
    /// Makes and hashes one-time values.
    pub secret: OneTimeSecret,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The sessions.
    pub store: S,
}

/// What authorities gave the verifier to carry in its requests. Wallets judge it; without it a request is the verifier's word alone.
#[derive(Debug, Clone, Default)]
pub struct Vouched {
    /// The signed statement of each purpose that has one.
    pub statements: CarriedStatements,
    /// The trust chain of the verifier.
    pub trust_chain: CarriedChain,
}

/// The name that requests are signed under.
#[derive(Clone)]
pub struct Identity {
    /// The Client Identifier: the audience of every proof.
    pub client_id: ClientId,
    /// The name of its key: a DID URL listed under `authentication`, or a `kid` of the `jwks` in its metadata. Not used beside certificates.
    pub kid: String,
    /// The certificates of its key, DER, the leaf first, without the anchor: under `x509_san_dns:` and `x509_hash:`. Empty under every other prefix.
    pub certificates: Vec<Vec<u8>>,
    /// Signs with that key.
    pub signer: Arc<dyn Signer>,
}

/// The public addresses of the service. The paths are fixed here, so that messages and routes cannot differ.
#[derive(Debug, Clone)]
pub struct Addresses {
    base: Url,
}

impl Addresses {
    /// Path of a Request Object, before its id.
    pub const REQUEST_PATH: &'static str = "/openid4vp/request/";
    /// Path of `response_uri`.
    pub const RESPONSE_PATH: &'static str = "/openid4vp/response";
    /// Path of the page a person comes back to on the same device.
    pub const RETURN_PATH: &'static str = "/r/result";

    /// Addresses under the service's public URL (an origin; its path is not used).
    pub fn of(base: Url) -> Self {
        Addresses { base }
    }

    /// The public URL.
    pub fn base(&self) -> &Url {
        &self.base
    }

    pub(crate) fn request_uri(&self, id: &str) -> Url {
        self.at(&format!("{}{id}", Self::REQUEST_PATH))
    }

    /// Where answers go.
    pub fn response_uri(&self) -> Url {
        self.at(Self::RESPONSE_PATH)
    }

    pub(crate) fn return_uri(&self, response_code: &str) -> Url {
        let mut url = self.at(Self::RETURN_PATH);
        url.query_pairs_mut().append_pair("response_code", response_code);
        url
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url.set_query(None);
        url
    }
}
