//! The verifier's sessions ([`portage_verifier::ports::SessionStore`]).

#[cfg(test)]
mod conformance;
mod memory;

pub use memory::MemorySessions;
