//! The issuer's issuances ([`portage_issuer::IssuanceStore`]).

#[cfg(test)]
mod conformance;
mod memory;
mod sqlite;

pub use memory::MemoryIssuances;
pub use sqlite::SqliteIssuances;
