//! What the store keeps of one issuance, from the offer to the status entry.

use jiff::{Timestamp, civil::Date};
use portage_catalog::Format;
use serde_json::{Map, Value};

use crate::KeyedHash;

/// How the issuer's people name an issuance (`ref`): 128 bits that follow from type, format and record under the issuer's secret,
/// so that the same record has the same reference and the reference says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference(String);

impl Reference {
    /// The text as it was typed or stored.
    pub fn new(text: impl Into<String>) -> Self {
        Reference(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How an offer reaches the wallet (OpenID4VCI 1.0 §4.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OfferDelivery {
    /// As an address that gives a fresh code at each opening: for letters and registers.
    #[default]
    ByReference,
    /// Whole, with one code: for a wallet that is there now.
    ByValue,
}

/// An offer to write down.
#[derive(Clone)]
pub struct Offer {
    /// Its name.
    pub reference: Reference,
    /// The credential type.
    pub credential_type: String,
    /// The format.
    pub format: Format,
    /// The claims, without derived ones. Dropped once delivered.
    pub claims: Map<String, Value>,
    /// Keyed hash of claims and validity: tells the same content from other content.
    pub content: KeyedHash,
    /// First instant of validity, when the record says one.
    pub valid_from: Option<Timestamp>,
    /// Last instant of validity.
    pub valid_until: Timestamp,
    /// Until when the offer can be opened and its code redeemed.
    pub open_until: Timestamp,
    /// Random: with the reference and the issuer's secret, what the offer's address or code follows from.
    pub salt: String,
    /// Keyed hash of the `tx_code`, if one is required.
    pub tx_code: Option<KeyedHash>,
    /// Keyed hash of the last part of the offer's address, by reference.
    pub link: Option<KeyedHash>,
    /// The one code, by value.
    pub code: Option<Code>,
    /// What to do with one that stands under the reference and waits.
    pub standing: StandingOffer,
}

impl Offer {
    /// How it reaches the wallet.
    pub fn delivery(&self) -> OfferDelivery {
        match self.link {
            Some(_) => OfferDelivery::ByReference,
            None => OfferDelivery::ByValue,
        }
    }
}

/// What to do with an offer of the same record that waits to be collected, or was withdrawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StandingOffer {
    /// Leave it: the same file again changes nothing.
    #[default]
    Keep,
    /// End it and offer anew: a letter or a code was lost, or a withdrawal is over. What was collected stays as it is.
    Replace,
}

/// A pre-authorized code as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Its keyed hash.
    pub hash: KeyedHash,
    /// Until when it can be redeemed.
    pub until: Timestamp,
}

/// What an opened offer tells the wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferTerms {
    /// The credential type.
    pub credential_type: String,
    /// The format.
    pub format: Format,
    /// Whether a `tx_code` is required.
    pub tx_code: bool,
}

/// What an access token authorises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Which issuance.
    pub reference: Reference,
    /// The credential type.
    pub credential_type: String,
    /// The format.
    pub format: Format,
}

/// What the issuance holds once its status entry is allocated: all that signing needs.
#[derive(Clone)]
pub struct Entry {
    /// Its place in the lists.
    pub status: StatusEntry,
    /// The claims, without derived ones.
    pub claims: Map<String, Value>,
    /// The day of the first issue: a repeated answer has the same.
    pub day: Date,
    /// First instant of validity, when the record says one.
    pub valid_from: Option<Timestamp>,
    /// Last instant of validity.
    pub valid_until: Timestamp,
}

/// A place in the status lists: the same index in each list of that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatusEntry {
    /// Number of the lists, from 1.
    pub list: u32,
    /// Index in them.
    pub index: u32,
}

/// The status of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Good.
    Valid,
    /// Not good for now.
    Suspended,
    /// Not good for ever.
    Revoked,
}

impl Status {
    /// Its name, on the command line and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Valid => "valid",
            Status::Suspended => "suspended",
            Status::Revoked => "revoked",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Status::Valid, Status::Suspended, Status::Revoked].into_iter().find(|status| status.name() == name)
    }
}

/// A change of status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChange {
    /// For ever. Of an offer that was not collected: it is withdrawn.
    Revoke,
    /// Until reinstated.
    Suspend,
    /// Ends a suspension, nothing else.
    Reinstate,
}

impl StatusChange {
    /// All of them.
    pub const ALL: [StatusChange; 3] = [StatusChange::Suspend, StatusChange::Reinstate, StatusChange::Revoke];

    /// Its name, in the data of a type, in the store and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            StatusChange::Revoke => "revoke",
            StatusChange::Suspend => "suspend",
            StatusChange::Reinstate => "reinstate",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        StatusChange::ALL.into_iter().find(|change| change.name() == name)
    }

    /// The status it leads to.
    pub const fn leads_to(self) -> Status {
        match self {
            StatusChange::Revoke => Status::Revoked,
            StatusChange::Suspend => Status::Suspended,
            StatusChange::Reinstate => Status::Valid,
        }
    }
}

/// What is told of a credential that refuses nothing (Bitstring Status List 1.0 §2.1, purposes `refresh` and `message`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Notices {
    /// A newer credential is there to be collected.
    pub refresh: bool,
    /// Which of the issuer's messages; 0 is the first.
    pub message: u8,
}

/// A change of what is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeChange {
    /// Whether a newer one is there.
    Refresh(bool),
    /// Another message.
    Message(u8),
}

impl Notices {
    /// With this change.
    #[must_use]
    pub const fn after(self, change: NoticeChange) -> Self {
        match change {
            NoticeChange::Refresh(refresh) => Notices { refresh, ..self },
            NoticeChange::Message(message) => Notices { message, ..self },
        }
    }
}

/// The lists of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ListKind {
    /// Bitstring Status List of purpose `revocation`.
    Revocation,
    /// Bitstring Status List of purpose `suspension`.
    Suspension,
    /// Token Status List.
    Token,
    /// Bitstring Status List of purpose `refresh`.
    Refresh,
    /// Bitstring Status List of purpose `message`.
    Message,
}

impl ListKind {
    const ALL: [ListKind; 5] =
        [ListKind::Revocation, ListKind::Suspension, ListKind::Token, ListKind::Refresh, ListKind::Message];

    /// The last part but one of its address, and its name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            ListKind::Revocation => "revocation",
            ListKind::Suspension => "suspension",
            ListKind::Token => "token",
            ListKind::Refresh => "refresh",
            ListKind::Message => "message",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The media type of the signed list. A Bitstring list is published as `vc+jwt`: one signature over the bytes, cheap to
    /// verify, no canonicalization.
    pub const fn media_type(self) -> &'static str {
        match self {
            ListKind::Token => "application/statuslist+jwt",
            _ => "application/vc+jwt",
        }
    }
}

/// The lists of one number as they should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListState {
    /// Grows with each change.
    pub version: u64,
    /// Every entry that is not valid.
    pub entries: Vec<(u32, Status)>,
    /// Every entry of which something is told.
    pub notices: Vec<(u32, Notices)>,
}

/// A signed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedList {
    /// The version it shows.
    pub version: u64,
    /// When it was signed.
    pub issued_at: Timestamp,
    /// Until when it holds.
    pub valid_until: Timestamp,
    /// The JWT.
    pub jwt: String,
}
