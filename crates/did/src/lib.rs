//! DIDs, DID URLs and DID documents (DID Core 1.0, Controlled Identifiers 1.0): did:key, did:jwk, did:web.
//!
//! This crate says what to fetch and never fetches: [`Did::resolution`] is either a document that follows from the
//! identifier itself, or an address. A key is only ever handed out for a purpose ([`DidDocument::key_for`]).

pub mod address;
mod document;
mod identifier;
mod jwk;
mod key;
#[cfg(test)]
mod tests;
mod web;

pub use document::{DidDocument, DocumentError, Relationship};
pub use identifier::{Did, DidError, DidUrl, Resolution};
pub use jwk::did_jwk;
pub use key::did_key;
pub use web::{LoopbackOrigins, did_web};
