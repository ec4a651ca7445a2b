//! What clerks do, and the trail of it: every act that changes a record is written down in the transaction that does it.

use std::future::Future;

use jiff::Timestamp;
use portage_catalog::Format;

use crate::{
    Changed, CreatedOffer, Inserted, IssuanceStore, Issuer, Offer, OfferData, OfferError, Record, Reference,
    Status, StatusChange, StoreFailure,
};

/// Why a status is changed: one of a list, so that nothing about a person is typed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// What the record says is wrong.
    WrongRecord,
    /// The device is lost, or somebody else has it.
    Lost,
    /// What it attests is no more.
    NoLongerTrue,
    /// The person asked for it.
    Asked,
    /// The rules were broken.
    RulesBroken,
    /// What was in the way is settled.
    Settled,
}

impl Why {
    /// All of them.
    pub const ALL: [Why; 6] =
        [Why::WrongRecord, Why::Lost, Why::NoLongerTrue, Why::Asked, Why::RulesBroken, Why::Settled];

    /// Its name in the store, and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Why::WrongRecord => "wrong_record",
            Why::Lost => "lost",
            Why::NoLongerTrue => "no_longer_true",
            Why::Asked => "asked",
            Why::RulesBroken => "rules_broken",
            Why::Settled => "settled",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Why::ALL.into_iter().find(|why| why.name() == name)
    }
}

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Offered a record.
    Offered,
    /// Changed a status.
    Changed,
    /// Proposed a change that needs a second person.
    Proposed,
    /// Agreed to a change: it was made.
    Agreed,
    /// Declined a change.
    Declined,
    /// Took a copy of the trail.
    Exported,
}

impl Act {
    /// All of them.
    pub const ALL: [Act; 6] =
        [Act::Offered, Act::Changed, Act::Proposed, Act::Agreed, Act::Declined, Act::Exported];

    /// Its name in the store, and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Act::Offered => "offered",
            Act::Changed => "changed",
            Act::Proposed => "proposed",
            Act::Agreed => "agreed",
            Act::Declined => "declined",
            Act::Exported => "exported",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Act::ALL.into_iter().find(|act| act.name() == name)
    }
}

/// One line of the trail. A record is named by its reference: the trail holds no claim, and no number of a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailEntry {
    /// Its place, from 1.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// What.
    pub act: Act,
    /// The record, if it is about one.
    pub reference: Option<Reference>,
    /// The change of status, if it is about one.
    pub change: Option<StatusChange>,
    /// Why.
    pub why: Option<Why>,
}

/// A change of status that somebody makes or proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeBy {
    /// Of which record.
    pub reference: Reference,
    /// What.
    pub change: StatusChange,
    /// Why.
    pub why: Option<Why>,
    /// Who.
    pub who: String,
}

/// A change that waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its name.
    pub id: i64,
    /// What, and who proposed it.
    pub change: ChangeBy,
    /// The credential type.
    pub credential_type: String,
    /// When.
    pub at: Timestamp,
}

/// What a second person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Make the change.
    Agree,
    /// Leave it.
    Decline,
}

/// What came of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proposed {
    /// It waits.
    Waits,
    /// One about this record waits already.
    WaitsAlready,
    /// There is nothing that it could change.
    Absent,
}

/// What came of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// The change was made, or turned out to be no more possible.
    Agreed(Changed),
    /// Nothing was changed.
    Declined,
    /// Whoever proposed it is not the second person.
    OwnProposal,
    /// It waits no more.
    Absent,
}

/// How a record stands, without anything that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its reference.
    pub reference: Reference,
    /// The credential type.
    pub credential_type: String,
    /// The format.
    pub format: Format,
    /// How far it came.
    pub stage: Stage,
    /// The change that waits for a second person.
    pub proposal: Option<Proposal>,
}

/// How far a record came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Offered, and can be collected until then.
    Offered(Timestamp),
    /// The offer is over: its time, five wrong codes, or an answer that was never fetched.
    Over,
    /// Withdrawn before it was collected.
    Withdrawn,
    /// Collected.
    Issued(Status),
}

/// What clerks need of the store, beside the issuances. Each verb is one transaction, with its line in the trail.
pub trait ClerkStore: IssuanceStore {
    /// As [`IssuanceStore::insert_offers`], with a line in the trail for each offer that was written.
    fn insert_offers_by(
        &self,
        offers: Vec<Offer>,
        who: String,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Inserted>, StoreFailure>> + Send;

    /// How these records stand; those that are there, in the order asked.
    fn standing(
        &self,
        references: Vec<Reference>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Standing>, StoreFailure>> + Send;

    /// As [`IssuanceStore::change_status`], with a line in the trail where something changed.
    fn change_by(
        &self,
        change: ChangeBy,
        now: Timestamp,
    ) -> impl Future<Output = Result<Changed, StoreFailure>> + Send;

    /// Writes down a change for a second person to decide. One a record.
    fn propose(
        &self,
        change: ChangeBy,
        now: Timestamp,
    ) -> impl Future<Output = Result<Proposed, StoreFailure>> + Send;

    /// What waits, the oldest first.
    fn proposals(&self) -> impl Future<Output = Result<Vec<Proposal>, StoreFailure>> + Send;

    /// Decides a proposal: exactly one verdict counts, and never that of whoever proposed it. Agreement makes the change in the same transaction.
    fn decide(
        &self,
        id: i64,
        verdict: Verdict,
        who: String,
        now: Timestamp,
    ) -> impl Future<Output = Result<Decided, StoreFailure>> + Send;

    /// Lines of the trail, the newest first: of one record or of all, those before a number.
    fn trail(
        &self,
        reference: Option<Reference>,
        before: Option<i64>,
        most: u32,
    ) -> impl Future<Output = Result<Vec<TrailEntry>, StoreFailure>> + Send;

    /// That somebody took a copy of the trail.
    fn note_export(
        &self,
        who: String,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreFailure>> + Send;
}

impl<S: ClerkStore> Issuer<S> {
    /// As [`Issuer::create_offers`], by somebody whose name the trail keeps.
    ///
    /// # Errors
    /// [`StoreFailure`]; nothing was written.
    pub async fn create_offers_by(
        &self,
        data: Vec<OfferData>,
        who: &str,
        now: Timestamp,
    ) -> Result<Vec<Result<CreatedOffer, OfferError>>, StoreFailure> {
        let prepared: Vec<_> = data.into_iter().map(|data| self.prepare(data, now)).collect();
        let offers = prepared.iter().flatten().map(|prepared| prepared.offer.clone()).collect();
        let mut inserted = self.store.insert_offers_by(offers, who.to_owned(), now).await?.into_iter();
        Ok(prepared.into_iter().map(|prepared| self.created(prepared?, inserted.next())).collect())
    }

    /// How the record of this number stands, in every type and format that this issuer offers. The number itself is kept nowhere: what it is called in the
    /// store follows from it.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn find_record(&self, key: &str, now: Timestamp) -> Result<Vec<Standing>, StoreFailure> {
        let record = Record::Key(key.to_owned());
        let types = self.profile.types.iter().filter_map(|id| self.catalog.credential_type(id));
        let references = types
            .flat_map(|offered| offered.formats.iter().map(move |format| (offered, *format)))
            .map(|(offered, format)| self.reference_of(offered, format, &record))
            .collect();
        self.store.standing(references, now).await
    }
}
