//! What the wallet needs from outside: somebody who speaks HTTP, and a place for its records.

mod http;
mod store;

pub use http::{Http, HttpAnswer, HttpFailure, HttpRequest, RequestBody};
pub use store::{Batch, RecordId, RecordKind, StoreFailure, WalletStore};
