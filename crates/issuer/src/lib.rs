//! The issuer: from a claims object to a credential in a wallet, and afterwards only its status.
//!
//! [`Issuer`] holds who issues and with which keys; each use case is a method in a file of its own:
//!
//! 1. [`Issuer::create_offer`] checks claims and writes down what is authorised. The same record again changes nothing.
//! 2. [`Issuer::open_offer`] answers an offer by reference: a fresh pre-authorized code at each opening.
//! 3. [`Issuer::redeem_code`] makes an access token of a code, once; five wrong `tx_code`s end the offer.
//!    Before the code is looked at the client says who it is, where [`ClientAuthentication`] asks for it.
//! 4. [`Issuer::nonce`] makes a `c_nonce` that is written down only when it is used.
//! 5. [`Issuer::issue`] verifies the key proof, then consumes the nonce and allocates the status entry in one step of the
//!    store, then signs. Asked again with the same token and the same key, it answers the same claims and the same entry.
//! 6. [`Issuer::change_status`] and [`Issuer::status_list`]: revoked is for ever; lists are signed when they change.
//! 7. What clerks do goes through [`ClerkStore`]: each act has its line in the trail, and a change may need a second person.
//! 8. [`Issuer::forget`]: once a lost answer can no longer be asked for, claims and holder key go. What stays is reference,
//!    type, status entry and day.
//!
//! The issuer is asynchronous over one port, [`IssuanceStore`], and starts no task. Time is an argument of every call;
//! randomness is an [`Entropy`](portage_keys::Entropy) handed in. One-time values never reach the store: it sees a
//! [`KeyedHash`].
//!
//! Not here: HTTP (`issuer-service`), the tables (`storage`), who may issue what (`trust`).

mod authenticate_client;
mod clerk;
mod create_offer;
mod credential;
mod issuance;
mod issue;
mod issuer;
mod metadata;
mod nonce;
mod notification;
mod one_time;
mod open_offer;
mod ports;
mod redeem_code;
mod register;
mod retention;
mod status;

pub use authenticate_client::{ClientAuthentication, ClientRefusal};
pub use clerk::{
    Act, ChangeBy, ClerkStore, Decided, Proposal, Proposed, Stage, Standing, TrailEntry, Verdict, Why,
};
pub use create_offer::{CheckedOffer, CreatedOffer, OfferData, OfferError, Record};
pub use credential::{CheckedCredential, SigningError, UnsignedCredential};
pub use issuance::{
    Code, Entry, Grant, ListKind, ListState, NoticeChange, Notices, Offer, OfferDelivery, OfferTerms,
    PublishedList, Reference, StandingOffer, Status, StatusChange, StatusEntry,
};
pub use issue::IssueError;
pub use issuer::{Issuer, IssuerKey, IssuerKeys, Profile, StatusPolicy, ToldStatuses};
pub use metadata::configuration_id;
pub use notification::NotificationError;
pub use open_offer::OpenError;
pub use portage_keys::one_time::{KeyedHash, OneTimeSecret};
pub use ports::{
    AssertionUse, Changed, Forgotten, Inserted, IssuanceStore, Issued, Issuing, MAX_OPEN_CODES,
    MAX_TX_CODE_TRIES, Opened, Redeemed, Redemption, StoreFailure, Told,
};
pub use redeem_code::RedeemError;
pub use register::{
    OtherKind, Reading, Register, RegisterError, Row, RowRefusal, TextEncoding, column_names,
};
pub use status::StatusError;
