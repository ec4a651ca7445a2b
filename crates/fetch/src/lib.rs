//! Outbound HTTP: the one guarded way out, and the caches behind it.
//!
//! Every request of every program leaves through [`Fetcher`]: https to public addresses only, or http to exactly the configured loopback
//! origins (`[network] allow`); the address is checked after the name was resolved, and the checked address is the one that is connected; no
//! redirect is followed; no cookies, no referrer, no proxy from the environment; 5 s to connect, 10 s in all; no more is read than the
//! caller allows.
//!
//! [`HttpSources`] gives the verification pipeline its documents: DID documents, issuer metadata and status lists, the latter from a
//! cache that asks at most once a minute, has one request in flight per list and never goes backward. Nor do the logs of did:webvh.

mod fetcher;
mod list_cache;
mod log_cache;
mod resolver;
mod sources;

pub use fetcher::{Fetcher, FetcherError};
pub use sources::{CacheSettings, HttpSources};
