//! The wallet: what arrives, what is asked, what is shown, what is kept.

mod identifiers;
pub mod ports;

pub use identifiers::{CredentialId, EventId};
