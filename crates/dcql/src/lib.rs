//! The Digital Credentials Query Language (OpenID4VP 1.0 §6, §7): parse, match against what a wallet holds, check an answer.
//!
//! One matcher serves both sides: the wallet finds what answers a query and what must be disclosed for it
//! ([`match_query`]); the verifier checks the processed claims of an answer against the same query ([`check_claims`],
//! [`check_answer`]) and keeps exactly what was asked ([`project`]). `values` are a hint to the wallet and a check here.
//!
//! A query is also a permission: [`asks_more_than`] says what a request asks beyond a query that was registered.
//!
//! Not here: whether a `trusted_authorities` entry matches (a hint that the wallet may leave aside), and the formats
//! themselves: a format is compared as text.
//!
//! ```
//! use portage_dcql::{Candidate, Query, check_claims, match_query, project};
//! use serde_json::json;
//!
//! # fn main() -> Result<(), portage_dcql::DcqlError> {
//! let query = Query::parse(&json!({ "credentials": [{
//!     "id": "person", "format": "dc+sd-jwt", "meta": { "vct_values": ["https://province.example/person"] },
//!     "claims": [{ "path": ["age_over_19"], "values": [true] }],
//! }] }))?;
//! let held = json!({ "age_over_19": true, "given_names": "Raven" });
//! let outcome = match_query(&query, &[Candidate {
//!     id: "7", format: "dc+sd-jwt", vct: Some("https://province.example/person"), types: &[], doctype: None,
//!     holder_binding: true, claims: &held,
//! }]);
//! assert_eq!(outcome.answer, Some(vec!["person".to_owned()]));
//!
//! let person = &query.credentials[0];
//! let satisfied = check_claims(person, &held).unwrap_or_default();
//! assert_eq!(project(person, &held, &satisfied), json!({ "age_over_19": true }));
//! # Ok(()) }
//! ```

mod answer;
mod matching;
mod path;
mod permission;
mod projection;
mod query;
mod reading;
mod subset;

#[cfg(test)]
mod tests;

pub use answer::{check_answer, check_claims};
pub use matching::{Candidate, Disclose, Match, MatchOutcome, match_query};
pub use path::{Step, select_path};
pub use projection::project;
pub use query::{ClaimQuery, CredentialQuery, CredentialSetQuery, DcqlError, MAX_ITEMS, Meta, Query};
pub use subset::{Excess, ExcessKind, asks_more_than};
