//! The authority's registrations and its log ([`portage_authority::RegistryStore`]).

#[cfg(test)]
mod conformance;
mod memory;
mod sqlite;

pub use memory::MemoryRegistry;
pub use sqlite::SqliteRegistry;
