//! The verifier's sessions ([`portage_verifier::ports::SessionStore`]).

#[cfg(test)]
mod conformance;
mod memory;
mod sqlite;

pub use memory::MemorySessions;
pub use sqlite::SqliteSessions;
