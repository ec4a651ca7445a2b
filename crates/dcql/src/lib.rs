//! The Digital Credentials Query Language (OpenID4VP 1.0 §6, §7): parse, match against what a wallet holds, check an answer.
//!
//! One matcher serves both sides: the wallet finds what answers a query and what must be disclosed for it; the verifier checks the
//! processed claims of an answer against the same query. `values` are a hint to the wallet and a check here.

mod matching;
mod query;

pub use matching::{Candidate, Disclose, Match, MatchOutcome, check_claims, match_query, select_path};
pub use query::{ClaimQuery, CredentialQuery, CredentialSetQuery, DcqlError, Meta, Query, Step};
