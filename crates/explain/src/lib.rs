//! A decision in plain words: who signed and how that is known, by what right, whose it is, until when, what was asked and shown, what
//! could not be known, and why not.
//!
//! The input is a **record**: the JSON of what was found, as `portage_verification::Evidence::to_json` writes it and as a verifier's store keeps
//! it. The output is a list of [`Sentence`]s, in English and in French. The crate finds out nothing by itself, so that it cannot say more than the record
//! does: a sentence is made of members that are there, and names each of them by its JSON Pointer (RFC 6901). Take one away and the
//! sentence is gone.
//!
//! No record holds a claim's value, and so no sentence does. Names and texts in a record are other people's words: they are shown on one
//! line, without control characters.
//!
//! ```
//! use portage_catalog::{Catalog, Language};
//! use portage_explain::{Explanation, Listener};
//! use serde_json::json;
//!
//! let catalog = Catalog::bundled();
//! let city = json!({ "id": "did:web:city.example", "name": { "en": "City of Vancouver", "fr": "Ville de Vancouver" },
//!     "roles": ["issuer"], "types": ["business-licence"], "until": "2027-03-31T23:59:59-07:00", "expires_at": "2026-11-25T00:00:00Z" });
//! let province = json!({ "id": "https://bc.example", "name": { "en": "Province of British Columbia", "fr": "Colombie-Britannique" } });
//! let record = json!({ "evidence": {
//!     "types": [catalog.credential_type("business-licence").expect("in the box").vct],
//!     "issuer": { "id": "did:web:city.example", "name": city["name"], "source": "federation", "chain": { "links": [city, province] } },
//! } });
//! let explained = Explanation::of_credential(record, &catalog, Listener::Person);
//! let lines = explained.lines(Language::En);
//! assert_eq!(lines[0], "City of Vancouver issued this: “Business Licence”.");
//! assert_eq!(lines[1], "Province of British Columbia lets City of Vancouver issue “Business Licence” until 2027-03-31.");
//! ```

mod credential;
mod decision;
mod reading;
mod request;
mod right;
mod sentence;
mod transaction;
mod word;

pub use sentence::{Explanation, Listener, Sentence};
