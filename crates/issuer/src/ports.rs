//! What the issuer needs from outside: a place for its issuances.

use std::future::Future;

use jiff::{Timestamp, civil::Date};
use portage_reason::Reason;

use crate::{
    Code, Entry, Grant, KeyedHash, ListKind, ListState, NoticeChange, Notices, Offer, OfferDelivery,
    OfferTerms, PublishedList, Reference, Status, StatusChange, StatusEntry,
};

/// How many guesses at a `tx_code` are ever tested.
pub const MAX_TX_CODE_TRIES: u32 = 5;

/// How many codes of one offer by reference are open at once; a further opening ends the oldest.
pub const MAX_OPEN_CODES: u32 = 16;

/// The issuances. Each verb is one transaction, durable when it returns; in it every one-time value is consumed by one
/// conditional statement. Two processes on one store are as good as one.
pub trait IssuanceStore: Send + Sync {
    /// Writes each offer if its reference is new, or if what stands there was not delivered and is over, has other content, or is to be
    /// replaced. One transaction for all of them; an answer for each, in their order.
    fn insert_offers(
        &self,
        offers: Vec<Offer>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Inserted>, StoreFailure>> + Send;

    /// What [`IssuanceStore::insert_offers`] would answer for each of them alone, in their order. Nothing is written.
    fn try_offers(
        &self,
        offers: Vec<Offer>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Inserted>, StoreFailure>> + Send;

    /// Adds a code to the offer behind `link`, if it is open at `now`. Of [`MAX_OPEN_CODES`] the oldest ends.
    fn open_offer(
        &self,
        link: KeyedHash,
        code: Code,
        now: Timestamp,
    ) -> impl Future<Output = Result<Opened, StoreFailure>> + Send;

    /// The issuance a code belongs to, whatever became of the code. It never changes.
    fn reference_of_code(
        &self,
        code: KeyedHash,
    ) -> impl Future<Output = Result<Option<Reference>, StoreFailure>> + Send;

    /// Consumes the client's assertion, if there is one, and then redeems a code: offer open, code open, `tx_code` right. A wrong `tx_code` counts as one of [`MAX_TX_CODE_TRIES`], and the last
    /// ends the offer. A code that was redeemed before revokes the token it gave. Of any number of calls for one offer, in
    /// any number of processes, at most one is [`Redeemed::Token`]. An assertion that was used before changes nothing at all; one that was not counts
    /// as used whatever comes of the rest.
    fn redeem(&self, redemption: Redemption) -> impl Future<Output = Result<Redeemed, StoreFailure>> + Send;

    /// What a token that is live at `now` authorises.
    fn grant(
        &self,
        token: KeyedHash,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Grant>, StoreFailure>> + Send;

    /// Consumes the nonce, then binds the issuance of the token to the holder's key and allocates its status entry, all or nothing. For an
    /// issuance that is bound already: the same entry for the same key, else [`Issued::OtherKey`]. The nonce counts as
    /// used whatever comes of the rest.
    fn issue(&self, issuing: Issuing) -> impl Future<Output = Result<Issued, StoreFailure>> + Send;

    /// Changes the status; [`Status::Revoked`] is never left. Grows the version of the lists in the same transaction.
    fn change_status(
        &self,
        reference: Reference,
        change: StatusChange,
        now: Timestamp,
    ) -> impl Future<Output = Result<Changed, StoreFailure>> + Send;

    /// Changes what is told of a credential that was issued, whatever its status; [`Told::Nobody`] where there is none. Grows the version of the
    /// lists in the same transaction, where something changes.
    fn change_notice(
        &self,
        reference: Reference,
        change: NoticeChange,
    ) -> impl Future<Output = Result<Told, StoreFailure>> + Send;

    /// The version of the lists of that number, if there are any.
    fn list_version(&self, list: u32) -> impl Future<Output = Result<Option<u64>, StoreFailure>> + Send;

    /// The lists of that number as they should be, read at one moment.
    fn list(&self, list: u32) -> impl Future<Output = Result<Option<ListState>, StoreFailure>> + Send;

    /// The list last published.
    fn published(
        &self,
        list: u32,
        kind: ListKind,
    ) -> impl Future<Output = Result<Option<PublishedList>, StoreFailure>> + Send;

    /// Publishes a list, unless a newer one stands there; the one that stands there afterwards.
    fn publish(
        &self,
        list: u32,
        kind: ListKind,
        published: PublishedList,
    ) -> impl Future<Output = Result<PublishedList, StoreFailure>> + Send;

    /// Deletes what is over: of a delivered issurance claims, holder key and content as soon as its token is; undelivered ones, codes and
    /// tokens a day after their end; nonces once no clock admits them.
    fn forget(&self, now: Timestamp) -> impl Future<Output = Result<Forgotten, StoreFailure>> + Send;
}

/// What became of an offer to write down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// It was not there.
    New,
    /// It replaced one that was not collected.
    Renewed,
    /// It is there already, or was withdrawn: nothing changed.
    Existing {
        /// The salt of the one that stands there.
        salt: String,
        /// How it reaches the wallet.
        delivery: OfferDelivery,
        /// Whether it requires a `tx_code`.
        tx_code: bool,
        /// Until when it can be opened, where it waits for that.
        open_until: Option<Timestamp>,
    },
    /// Another content was delivered, or is being delivered, under the reference: nothing changed.
    OtherContent,
}

/// What was found behind an offer's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// An open offer; the code was added.
    Open(OfferTerms),
    /// An offer that was redeemed, withdrawn, or is over.
    Ended,
    /// Nothing.
    Absent,
}

/// A code to redeem.
#[derive(Debug, Clone, Copy)]
pub struct Redemption {
    /// The code.
    pub code: KeyedHash,
    /// The `tx_code` that came along.
    pub tx_code: Option<KeyedHash>,
    /// The token to give for it.
    pub token: KeyedHash,
    /// Until when the token lives.
    pub token_until: Timestamp,
    /// The assertion of the client that asks, if it is one that is known.
    pub client_assertion: Option<AssertionUse>,
    /// The time.
    pub now: Timestamp,
}

/// A client assertion to consume.
#[derive(Debug, Clone, Copy)]
pub struct AssertionUse {
    /// Its `jti`, of this client.
    pub jti: KeyedHash,
    /// Until when a clock may admit it.
    pub until: Timestamp,
}

/// What came of a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redeemed {
    /// The token stands.
    Token,
    /// A `tx_code` is required, and none came. Nothing was counted.
    TxCodeMissing,
    /// No `tx_code` is required, and one came. Nothing was counted.
    TxCodeUnexpected,
    /// The client's assertion was used before. Nothing was looked at, counted or consumed.
    AssertionUsed,
    /// Code unknown, over or used, offer over, or `tx_code` wrong.
    Refused,
}

/// A credential to issue.
#[derive(Debug, Clone)]
pub struct Issuing {
    /// By which token.
    pub token: KeyedHash,
    /// The nonce of the key proof.
    pub nonce: KeyedHash,
    /// Until when a clock may admit that nonce.
    pub nonce_until: Timestamp,
    /// The holder's key.
    pub holder: KeyedHash,
    /// Random places to try, in this order.
    pub indices: Vec<u32>,
    /// Most entries of one list that are taken before a new one is opened.
    pub list_capacity: u32,
    /// The day, for a first issue.
    pub day: Date,
    /// The time.
    pub now: Timestamp,
}

/// What came of issuing.
#[derive(Clone)]
pub enum Issued {
    /// Sign this.
    Entry(Entry),
    /// The nonce was used before.
    NonceUsed,
    /// The token is not live any more.
    TokenGone,
    /// The token's credential went to another key.
    OtherKey,
    /// Every place tried was taken: try again with others.
    NoPlace,
}

/// What came of a change of status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It has this status now.
    Done(Status),
    /// It had this status before.
    Unchanged(Status),
    /// The offer was not collected and is withdrawn.
    Withdrawn,
    /// It is revoked, and that is for ever.
    RevokedForEver,
    /// There is an offer and no credential yet.
    NotIssued,
    /// No such reference.
    Absent,
}

/// What came of a change of what is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// This is told now.
    Done(Notices),
    /// There is an offer and no credential.
    NotIssued,
    /// No such reference.
    Nobody,
}

/// How much was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Delivered issuances whose claims and holder key went.
    pub delivered: usize,
    /// Undelivered issuances.
    pub undelivered: usize,
    /// Codes, tokens and nonces.
    pub one_time_values: usize,
}

/// The store did not do what was asked: a failure of ours, never a verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreFailure {
    /// The store says something is wrong with it: damage, a newer version.
    #[error("the store cannot be used: {0}")]
    Unusable(Reason),
    /// The machine: disk full, locked, no permission.
    #[error("the store could not be written or read: {0}")]
    Environment(String),
}

impl StatusEntry {
    /// Entries of a list, and the bound of an index: 2^17, the least that a Bitstring Status List has.
    pub const LIST_LENGTH: u32 = 131_072;
    /// Three quarters: with more the random search for a free place gets long.
    pub const LIST_CAPACITY: u32 = Self::LIST_LENGTH / 4 * 3;
}
