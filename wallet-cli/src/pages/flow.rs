//! What takes several pages: where each of them stands.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use portage_keys::Entropy;
use portage_oid4vci::CredentialOfferUri;
use portage_oid4vp::AuthorizationRequest;
use portage_wallet::{Arrived, OfferReview, Review};
use portage_web::page::PageEntry;
use tokio::sync::Mutex as AsyncMutex;

use super::{ARRIVED, CONSENT, LINK_FOUND, OFFER, RESULT, result::Told};

/// Most that are remembered: the oldest is forgotten.
const MOST: usize = 32;

/// One step of a story. It goes forward only.
pub(crate) enum Flow {
    /// A link was read. Nobody was asked anything.
    Found(Link),
    /// An offer was reviewed: no code was sent.
    Offer(Box<OfferReview>),
    /// A credential arrived: nothing is kept.
    Arrived(Box<Arrived>),
    /// A request was reviewed: nothing was sent.
    Request(Box<Asked>),
    /// The end.
    Told(Told),
}

/// A link, as it was read.
#[derive(Clone)]
pub(crate) enum Link {
    /// Of an offer.
    Offer(CredentialOfferUri),
    /// Of a request.
    Request(AuthorizationRequest),
}

/// A request and its review.
pub(crate) struct Asked {
    /// The link, to look again with another choice of credentials.
    pub(crate) link: AuthorizationRequest,
    pub(crate) review: Review,
    /// The optional parts that the person ticked on the way to the second question.
    pub(crate) ticked: Vec<String>,
}

/// One story, one step at a time: whoever holds it is the only one to move it.
pub(crate) type Cell = Arc<AsyncMutex<Flow>>;

/// The stories that were begun since the wallet was unlocked.
#[derive(Default)]
pub(crate) struct Flows(Mutex<VecDeque<(String, Cell)>>);

impl Flow {
    /// The page of this step.
    pub(crate) const fn page(&self) -> PageEntry {
        match self {
            Flow::Found(_) => LINK_FOUND,
            Flow::Offer(_) => OFFER,
            Flow::Arrived(_) => ARRIVED,
            Flow::Request(_) => CONSENT,
            Flow::Told(_) => RESULT,
        }
    }
}

impl Flows {
    /// Begins one; its id.
    pub(crate) fn begin(&self, flow: Flow, entropy: &dyn Entropy) -> String {
        let id = entropy.token();
        let mut flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flows.push_back((id.clone(), Arc::new(AsyncMutex::new(flow))));
        if flows.len() > MOST {
            flows.pop_front();
        }
        id
    }

    /// The one of this id.
    pub(crate) fn of(&self, id: &str) -> Option<Cell> {
        let flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flows.iter().find(|(known, _)| known == id).map(|(_, cell)| cell.clone())
    }
}
