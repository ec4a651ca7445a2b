//! An authority: what a tier of government runs to vouch for those below and beside it (OpenID Federation 1.0, §3 and §8).
//!
//! [`Authority`] holds who vouches and with which key; each use case is a method in a file of its own:
//!
//! 1. [`Authority::register`] registers an entity below, or recognises an authority beside. An authority hands on only what it holds
//!    ([`check_grant`]); whoever checks a chain narrows again and believes nobody for more.
//! 2. [`Authority::register_purpose`] lets a verifier ask for what a purpose's file says; [`Authority::purpose_statements`] signs that for a short
//!    time, again and again, as long as it stands.
//! 3. [`Authority::suspend`], [`Authority::reinstate`], [`Authority::retire_key`]; its own: [`Authority::announce_key`], [`Authority::change_over`].
//! 4. [`Authority::entity_configuration`], [`Authority::fetch`], [`Authority::list`]: what it says to others, signed when it is asked and
//!    for a short time. A suspended entity is spoken of no more.
//! 5. [`Authority::who_knows`], [`Authority::answer`]: the whole chain of somebody further below, for those who pin this authority.
//! 6. [`Authority::give_mark`], [`Authority::withdraw_mark`]: trust marks, which are evidence and never a right.
//!
//! Each change is one step of the store: what the registration is from now on, and the entry of the public log that tells it.
//!
//! Asynchronous over one port, [`RegistryStore`]; time is an argument of every call. Not here: HTTP and commands (`authority-service`), the
//! tables (`storage`), what others make of a chain (`trust`).

mod authority;
mod change;
mod mark;
mod own_keys;
mod ports;
mod record;
mod register;
mod register_purpose;
mod registration;
mod resolve;
mod retire_key;
mod rotate;
mod statements;
mod suspend;

pub use authority::{Authority, Profile};
pub use change::retired;
pub use mark::{GivenMark, MarkType, TRUST_MARK_LIST_PATH, TRUST_MARK_PATH, TRUST_MARK_STATUS_PATH};
pub use own_keys::{FIRST_KEY, KeyState, Keyring, OwnKey, OwnKeys};
pub use ports::{Kept, NewEntry, Recorded, Recording, RegistryStore, StoreFailure};
pub use record::{ChangeError, RecordFailure};
pub use register::{BeyondHeld, Candidate, RegisterError, Registered, check_grant};
pub use register_purpose::{PURPOSES_PATH, withdrawn};
pub use registration::{NotARegistration, Proves, RegisteredPurpose, Registration, Standing, entity_type_of};
pub use resolve::{RESOLVE_PATH, WhoKnows};
pub use statements::{
    FETCH_PATH, HISTORICAL_KEYS_PATH, LIST_PATH, ListFilter, StatementFailure, organization_name,
};
