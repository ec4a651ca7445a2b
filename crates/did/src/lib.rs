//! DIDs, DID URLs and DID documents (DID Core 1.0, Controlled Identifiers 1.0): did:key, did:jwk, did:web, did:webvh.
//!
//! This crate says what to fetch and never fetches: [`Did::resolution`] is either a document that follows from the
//! identifier itself, or an address. What stands at the address of a did:webvh is a log, which [`webvh`] verifies. A key is only ever handed out for a purpose ([`DidDocument::key_for`]).
//!
//! ```
//! use portage_did::{Did, DidDocument, DidUrl, LoopbackOrigins, Relationship, Resolution};
//!
//! let method = DidUrl::parse("did:web:city.example:licences#key-1")?;
//! let Resolution::Fetch(url) = method.did().resolution(&LoopbackOrigins::default())? else { panic!() };
//! assert_eq!(url.as_str(), "https://city.example/licences/did.json");
//! // … somebody else fetches it …
//! # let fetched = br##"{"id": "did:web:city.example:licences",
//! #   "assertionMethod": [{"id": "#key-1", "type": "Multikey", "controller": "did:web:city.example:licences",
//! #   "publicKeyMultibase": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}]}"##;
//! let document = DidDocument::parse(method.did(), fetched)?;
//! assert!(document.key_for(&method, Relationship::AssertionMethod).is_ok());
//! assert!(document.key_for(&method, Relationship::Authentication).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod address;
mod document;
mod identifier;
mod jwk;
mod key;
mod web;
pub mod webvh;

pub use document::{ControllerDocument, DidDocument, DocumentError, MAX_KEYS_TRIED, Relationship};
pub use identifier::{Did, DidError, DidUrl, Resolution};
pub use jwk::did_jwk;
pub use key::did_key;
pub use web::{LoopbackOrigins, did_web};
